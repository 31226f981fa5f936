"""Two pages on one question become one: nothing is lost, every address leads somewhere, and all of it can be undone."""

import json
import os
import random
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from articles import search, workflow
from articles.content import BOTH, RETIRED, combine
from articles.difference import difference
from articles.models import Article, Promotion, RelatedArticle, Revision, Tag
from articles.workflow import Combination, NotAllowed, merging

State = Revision.State
HOUR = timedelta(hours=1)
FAR = 10**9
pytestmark = pytest.mark.django_db


@pytest.fixture
def merge(editor, django_capture_on_commit_callbacks):
    def do(article, into, **options):
        with django_capture_on_commit_callbacks(execute=True):
            combined = workflow.merge(article, into=into, by=editor, **options)
        article.refresh_from_db()
        into.refresh_from_db()
        return combined

    return do


@pytest.fixture
def unmerge(editor, django_capture_on_commit_callbacks):
    def do(article, *others):
        with django_capture_on_commit_callbacks(execute=True):
            workflow.unmerge(article, by=editor)
        for each in (article, *others):
            each.refresh_from_db()

    return do


@pytest.fixture
def pair(publish):
    """The one that will be retired, and the one that stays."""
    return publish("打零工从哪儿办医保？", phrasings=("失业了医保怎么办",)), publish("灵活就业人员如何参保？")


def everything(article):
    """All that an article and its versions hold, to compare before and after."""
    article = Article.objects.get(pk=article.pk)
    row = {field.attname: getattr(article, field.attname) for field in Article._meta.concrete_fields}
    return {
        **row,
        "tags": list(article.tag_links.order_by("position").values_list("tag", "go_live_at")),
        "regions": list(article.region_links.order_by("region").values_list("region", "go_live_at")),
        "revisions": {each.pk: (each.state, each.publish_at, each.content) for each in article.revisions.all()},
        "promotions": list(article.promotions.order_by("pk").values_list("pk", flat=True)),
        "merged": list(article.merged.order_by("pk").values_list("pk", flat=True)),
    }


def found_by(text):
    return [result.article.pk for result in search.search(text, limit=5).results]


class TestTheRedirect:
    def test_the_retired_address_answers_301_and_its_questions_find_the_page_that_stays(self, client, pair, merge):
        old, kept = pair
        merge(old, kept)
        answer = client.get(old.get_absolute_url())
        assert (answer.status_code, answer["Location"]) == (301, kept.get_absolute_url())
        assert answer["Cache-Control"] == "no-cache"  # a browser that kept it would go in a circle after an undone merge
        assert kept.phrasings == ["打零工从哪儿办医保？", "失业了医保怎么办"]
        assert "失业了医保怎么办" in client.get(kept.get_absolute_url()).content.decode()
        for text in ("打零工从哪儿办医保", "失业了医保怎么办"):
            assert found_by(text)[0] == kept.pk

    def test_no_redirect_leads_to_another_and_the_questions_travel_along(self, publish, merge):
        a, b, c = publish("甲问？"), publish("乙问？"), publish("丙问？")
        merge(a, b)
        merge(b, c)
        assert set(Article.objects.filter(pk__in=[a.pk, b.pk]).values_list("merged_into", flat=True)) == {c.pk}
        assert c.phrasings == ["甲问？", "乙问？"]

    def test_merging_into_what_was_merged_leads_to_its_end(self, publish, merge):
        a, b, c = publish("甲问？"), publish("乙问？"), publish("丙问？")
        merge(b, c)
        merge(a, b)
        assert a.merged_into == c

    def test_the_other_way_round_is_refused_with_the_reason(self, pair, merge, editor):
        old, kept = pair
        merge(old, kept)
        with pytest.raises(NotAllowed, match="绕成一圈"):
            workflow.merge(kept, into=old, by=editor)
        with pytest.raises(NotAllowed, match="不能合并到自己"):
            workflow.merge(kept, into=kept, by=editor)

    def test_links_in_other_articles_are_not_touched(self, publish, merge, client, pair):
        old, kept = pair
        other = publish("别处说到的？", body=f'<p>见<a href="/articles/{old.pk}/">这里</a>。</p>')
        merge(old, kept)
        other.refresh_from_db()
        assert f'href="/articles/{old.pk}/"' in other.body_html
        assert client.get(f"/articles/{old.pk}/", follow=True).status_code == 200

    def test_a_question_that_says_the_same_is_not_listed_twice(self, publish, merge):
        old, kept = publish("医保断了怎么办"), publish("断缴以后呢？", phrasings=("医保断了怎么办？",))
        merge(old, kept)
        assert kept.phrasings == ["医保断了怎么办？"]

    def test_a_later_version_of_the_kept_page_still_has_the_questions(self, pair, merge, approved, editor):
        old, kept = pair
        pending = approved(body="<p>新的正文。</p>", article=kept)
        merge(old, kept)
        workflow.publish(pending, by=editor)
        kept.refresh_from_db()
        assert (kept.body_html, kept.phrasings[0]) == ("<p>新的正文。</p>", "打零工从哪儿办医保？")

    @pytest.mark.parametrize("state", ["draft", "withdrawn"])
    def test_words_that_readers_cannot_read_do_not_come_along(self, state, publish, writer, content, editor, merge):
        kept = publish()
        if state == "draft":
            old = workflow.save_draft(content("保密的草稿？", phrasings=("保密",)), by=writer).article
        else:
            old = publish("撤回的说法？", phrasings=("保密",))
            workflow.unpublish(old, by=editor, reason="有误")
        merge(old, kept)
        assert kept.phrasings == []

    def test_promotions_and_places_in_related_lists_move(self, publish, merge):
        old, kept, other, both = publish("甲问？"), publish("乙问？"), publish("丙问？"), publish("丁问？")
        RelatedArticle.objects.all().delete()
        promotion = Promotion.objects.create(query="甲", article=old)
        RelatedArticle.objects.create(article=other, related=old, rank=3, score=1)
        RelatedArticle.objects.create(article=both, related=old, rank=1, score=2)
        RelatedArticle.objects.create(article=both, related=kept, rank=2, score=1)
        RelatedArticle.objects.create(article=kept, related=old, rank=1, score=2)
        workflow.merge(old, into=kept, by=None)
        promotion.refresh_from_db()
        assert promotion.article == kept
        rows = RelatedArticle.objects.exclude(article=old).values_list("article", "related", "rank")
        assert sorted(rows) == sorted([(other.pk, kept.pk, 3), (both.pk, kept.pk, 2)])

    def test_an_export_brings_redirect_and_questions_to_another_site(self, pair, merge, run, tmp_path):
        old, kept = pair
        merge(old, kept, combination=Combination(phrasings=()))
        records = [json.loads(line) for line in run("export_articles").splitlines()]
        for record in records:  # as that site has them: other ids
            record["id"] += FAR
            record["merged_into"] = record["merged_into"] and record["merged_into"] + FAR
        file = tmp_path / "site.jsonl"
        file.write_text("\n".join(map(json.dumps, records)))
        run("import_articles", file, publish=True)
        assert Article.objects.get(pk=kept.pk + FAR).phrasings == ["打零工从哪儿办医保？"]
        again = [json.loads(line) for line in run("export_articles").splitlines()]
        assert [record for record in again if record["id"] >= FAR] == records


class TestTheContent:
    def test_what_changes_the_kept_page_waits_for_a_second_person(self, pair, merge, editor, reviewer):
        old, kept = pair
        changed = combine(kept.live_revision.content, old.live_revision.content, {"body": RETIRED, "title": RETIRED})
        before = kept.title
        combined = merge(old, kept, combination=Combination(content=changed))
        assert (combined.state, combined.author, kept.title) == (State.IN_REVIEW, editor, before)
        workflow.approve(combined, by=reviewer)
        workflow.publish(combined, by=editor)
        kept.refresh_from_db()
        assert kept.title == "打零工从哪儿办医保？"
        assert kept.phrasings == ["灵活就业人员如何参保？", "失业了医保怎么办"]

    def test_who_wrote_the_unreviewed_text_of_the_retired_page_does_not_approve_it_here(self, publish, merge, editor, content):
        boss = User.objects.create_superuser("boss")
        forced = workflow.save_draft(content("甲问？", body="<p>未审的话。</p>"), by=boss)
        old = workflow.force_publish(forced, by=editor, reason="紧急更正")
        kept = publish("乙问？")
        combined = merge(old, kept, combination=Combination(content=combine(kept.live_revision.content, forced.content, {"body": RETIRED})))
        with pytest.raises(NotAllowed, match="作者不能审核自己写的稿件"):
            workflow.approve(combined, by=boss)

    def test_keeping_the_page_as_it_is_makes_no_version(self, pair, merge):
        old, kept = pair
        count = kept.revisions.count()
        assert merge(old, kept, combination=Combination(content=kept.live_revision.content)) is None
        assert kept.revisions.count() == count

    def test_without_a_choice_the_tags_come_along(self, publish, merge):
        tags = [Tag.objects.create(name=name).pk for name in ("断缴", "灵活就业")]
        old, kept = publish("甲问？", tags=tuple(tags)), publish("乙问？", tags=(tags[1],))
        assert merge(old, kept).content.tags == (tags[1], tags[0])

    def test_a_version_that_somebody_works_on_is_not_pushed_aside(self, pair, merge, writer, content, editor):
        old, kept = pair
        draft = workflow.save_draft(content("改到一半？"), by=writer, article=kept)
        changed = combine(kept.live_revision.content, old.live_revision.content, {"body": RETIRED, "title": RETIRED})
        with pytest.raises(NotAllowed, match="未完成的改稿"):
            workflow.merge(old, into=kept, by=editor, combination=Combination(content=changed))
        merge(old, kept)
        assert kept.latest_revision == draft

    def test_what_changed_while_it_was_looked_at_has_to_be_looked_at_again(self, pair, editor, approved):
        old, kept = pair
        seen = (old.latest_revision_id, kept.latest_revision_id)
        workflow.publish(approved(body="<p>又改了。</p>", article=kept), by=editor)
        with pytest.raises(NotAllowed, match="重新对照"):
            workflow.merge(old, into=kept, by=editor, combination=Combination(seen=seen))

    def test_both_of_a_list_and_the_whole_country_over_a_place(self, content):
        kept, other = content("甲", tags=(1, 2), regions=()), content("乙", tags=(2, 3), regions=("310000",))
        both = combine(kept, other, {"tags": BOTH, "regions": BOTH})
        assert (both.tags, both.regions) == ((1, 2, 3), ())


class TestUndoing:
    def test_everything_is_as_it_was(self, publish, approved, editor, merge, unmerge):
        tag = Tag.objects.create(name="断缴")
        first, old, kept = publish("甲问？"), publish("乙问？", tags=(tag.pk,), regions=("310000",)), publish("丙问？")
        workflow.merge(first, into=old, by=editor)
        pending = approved("乙问？", body="<p>改稿。</p>", article=old)
        workflow.schedule(pending, by=editor, at=timezone.now() + HOUR)
        Promotion.objects.create(query="乙", article=old)
        before = everything(old), everything(kept), everything(first)
        merge(old, kept)
        assert everything(old) != before[0]
        unmerge(old, kept, first)
        after = everything(old), everything(kept), everything(first)
        gone = {id: text for id, text in after[1]["revisions"].items() if id not in before[1]["revisions"]}
        assert {state for state, _, _ in gone.values()} == {State.SUPERSEDED}  # the combined text stays in the history
        for id in gone:
            del after[1]["revisions"][id]
        assert after == before
        assert found_by("乙问")[0] == old.pk

    def test_the_address_is_the_article_s_own_again_and_the_phrasing_is_taken_back(self, client, pair, merge, unmerge):
        old, kept = pair
        merge(old, kept)
        unmerge(old, kept)
        assert client.get(old.get_absolute_url()).status_code == 200
        assert kept.phrasings == []
        assert found_by("失业了医保怎么办")[0] == old.pk

    def test_every_step_stands_in_the_histories_of_both(self, pair, merge, unmerge):
        old, kept = pair
        merge(old, kept)
        unmerge(old, kept)
        assert list(old.events.order_by("pk").values_list("verb", flat=True))[-2:] == ["merge", "unmerge"]
        assert list(kept.events.order_by("pk").values_list("verb", flat=True))[-2:] == ["absorb", "release"]

    def test_merge_undo_and_merge_the_other_way(self, client, pair, merge, unmerge):
        old, kept = pair
        merge(old, kept)
        unmerge(old, kept)
        merge(kept, old)
        assert client.get(kept.get_absolute_url())["Location"] == old.get_absolute_url()
        assert client.get(old.get_absolute_url()).status_code == 200

    def test_a_combined_text_that_was_reviewed_and_published_stays(self, pair, merge, unmerge, reviewer, editor):
        old, kept = pair
        changed = combine(kept.live_revision.content, old.live_revision.content, {"title": RETIRED})
        combined = merge(old, kept, combination=Combination(content=changed))
        workflow.approve(combined, by=reviewer)
        workflow.publish(combined, by=editor)
        unmerge(old, kept)
        assert kept.live_revision == combined
        assert old.visible

    def test_a_withdrawn_article_is_withdrawn_again(self, publish, editor, merge, unmerge, client):
        old, kept = publish("甲问？"), publish("乙问？")
        workflow.unpublish(old, by=editor, reason="有误")
        merge(old, kept)
        unmerge(old)
        assert client.get(old.get_absolute_url()).status_code == 410

    def test_a_change_whose_time_has_passed_waits_for_a_new_one(self, pair, approved, editor, merge, unmerge, time_passes):
        old, kept = pair
        pending = approved(body="<p>改稿。</p>", article=old)
        workflow.schedule(pending, by=editor, at=timezone.now() + HOUR)
        merge(old, kept)
        time_passes(hours=2)
        unmerge(old)
        pending.refresh_from_db()
        assert (pending.state, pending.publish_at) == (State.APPROVED, None)

    def test_after_the_kept_page_itself_was_merged_elsewhere(self, publish, merge, unmerge):
        a, b, c = publish("甲问？"), publish("乙问？"), publish("丙问？")
        merge(a, b)
        merge(b, c)
        unmerge(a, b, c)
        assert (a.visible, b.merged_into, c.phrasings) == (True, c, ["乙问？"])
        unmerge(b, c)
        assert (b.visible, b.phrasings, c.phrasings) == (True, [], [])

    def test_and_in_the_other_order(self, publish, merge, unmerge):
        a, b, c = publish("甲问？"), publish("乙问？"), publish("丙问？")
        merge(a, b)
        merge(b, c)
        unmerge(b, a, c)
        assert (a.merged_into, b.phrasings, c.phrasings) == (b, ["甲问？"], [])

    def test_what_was_not_merged_or_has_no_record_is_refused(self, pair, merge, unmerge, editor):
        old, kept = pair
        with pytest.raises(NotAllowed, match="没有合并"):
            workflow.unmerge(old, by=editor)
        Article.objects.filter(pk=old.pk).update(live=False, merged_into=kept)  # as an import leaves it
        old.refresh_from_db()
        old.latest_revision.state = State.SUPERSEDED
        assert workflow.why_not("unmerge", old.latest_revision, editor) == ["合并以前的状态没有记录（文章是从导出文件恢复的），不能撤销"]

    def test_twice_is_refused(self, pair, merge, unmerge, editor):
        old, kept = pair
        merge(old, kept)
        unmerge(old)
        with pytest.raises(NotAllowed, match="没有合并"):
            workflow.unmerge(old, by=editor)


def test_a_merge_that_fails_half_way_leaves_nothing_behind(pair, editor, monkeypatch):
    before = everything(pair[0]), everything(pair[1])
    monkeypatch.setattr(merging, "refresh_questions", lambda article: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        workflow.merge(pair[0], into=pair[1], by=editor)
    assert (everything(pair[0]), everything(pair[1])) == before


class TestTheScreen:
    @pytest.fixture
    def address(self, pair):
        return f"{reverse('admin:articles_article_merge_pair')}?a={pair[0].pk}&b={pair[1].pk}"

    @pytest.fixture
    def data(self, pair):
        def make(**changes):
            return {"keep": pair[1].pk, "seen": "-".join(str(article.latest_revision_id) for article in pair), **changes}

        return make

    def test_both_pages_stand_side_by_side_with_the_differences_marked(self, client, editor, pair, address):
        client.force_login(editor)
        page = client.get(address).content.decode()
        for words in (
            "<mark>打零工从哪儿办医</mark>",
            "<mark>灵活就业人员如何参</mark>",
            "<mark>失业了医保怎么办</mark>",
            "余额会转到下一年",
        ):
            assert words in page
        assert "两篇相同" in page

    def test_pressing_the_button_merges_and_says_what_waits_for_review(self, client, editor, pair, address, data):
        client.force_login(editor)
        page = client.post(address, data(title="retired", phrasings="both"), follow=True).content.decode()
        assert f"#{pair[0].pk} 已合并到 #{pair[1].pk}" in page
        assert "已提交审核" in page
        kept = Article.objects.get(pk=pair[1].pk)
        assert kept.latest_revision.content.title == "打零工从哪儿办医保？"
        assert kept.title == "灵活就业人员如何参保？"

    @pytest.mark.parametrize("choice", ["kept", "both", "retired"])
    def test_the_phrasings_that_are_chosen_come_along_and_the_question_always(self, client, editor, pair, address, data, choice):
        client.force_login(editor)
        client.post(address, data(phrasings=choice))
        wanted = ["打零工从哪儿办医保？"] + ([] if choice == "kept" else ["失业了医保怎么办"])
        assert Article.objects.get(pk=pair[1].pk).phrasings == wanted

    def test_the_question_of_a_draft_is_offered_for_review(self, client, editor, writer, content, publish, data):
        draft, kept = workflow.save_draft(content("还没发布的问法？"), by=writer).article, publish("已发布的？")
        client.force_login(editor)
        url = f"{reverse('admin:articles_article_merge_pair')}?a={draft.pk}&b={kept.pk}"
        seen = f"{draft.latest_revision_id}-{kept.latest_revision_id}"
        client.post(url, {"keep": kept.pk, "seen": seen, "phrasings": "both"})
        kept.refresh_from_db()
        assert kept.phrasings == []
        assert kept.latest_revision.content.phrasings == ("还没发布的问法？",)
        assert kept.latest_revision.state == State.IN_REVIEW

    def test_a_refusal_keeps_the_choices_and_gives_the_reason(self, client, writer, pair, address, data):
        client.force_login(writer)
        answer = client.post(address, data(body="retired"))
        assert answer.status_code == 409
        assert "您没有“合并到其他文章”的权限" in answer.content.decode()
        assert Article.objects.get(pk=pair[0].pk).visible

    @pytest.mark.parametrize("changes", [{"keep": "x"}, {"keep": "999"}, {"seen": ""}, {"seen": "1"}, {"body": "other"}])
    def test_a_malformed_choice_gets_a_sentence(self, client, editor, pair, address, data, changes):
        client.force_login(editor)
        answer = client.post(address, data(**changes))
        assert answer.status_code == 400
        assert "没有合并" in answer.content.decode()

    @pytest.mark.parametrize("query", ["", "?a=x", "?a=999", "?a={a}&b=999", "?a={a}&b={a}", "?a={a}&b=" + "9" * 40])
    def test_a_malformed_address_gets_a_sentence(self, client, editor, pair, query):
        client.force_login(editor)
        answer = client.get(reverse("admin:articles_article_merge_pair") + query.format(a=pair[0].pk))
        assert answer.status_code in (400, 404)
        assert "没有这个编号" in answer.content.decode() or "不能和自己合并" in answer.content.decode()

    def test_the_chooser_offers_what_is_alike_and_what_is_looked_for(self, client, editor, publish):
        one, two = publish("打零工从哪儿办医保？"), publish("打零工的人从哪儿办医保？")
        client.force_login(editor)
        url = reverse("admin:articles_article_merge_pair")
        assert two.title in client.get(url, {"a": one.pk}).content.decode()
        assert two.title in client.get(url, {"a": one.pk, "q": "的人从哪"}).content.decode()
        assert "没有找到" in client.get(url, {"a": one.pk, "q": "zzz"}).content.decode()

    def test_what_was_merged_already_leads_to_where_it_went(self, client, editor, publish, merge):
        a, b, c = publish("甲问？"), publish("乙问？"), publish("丙问？")
        merge(a, b)
        client.force_login(editor)
        url = reverse("admin:articles_article_merge_pair")
        assert client.get(url, {"a": a.pk, "b": c.pk})["Location"] == f"{url}?a={b.pk}&b={c.pk}"
        assert "已经合并" in client.get(url, {"a": a.pk, "b": b.pk}).content.decode()

    def test_the_article_s_page_leads_there_and_undoes_it(self, client, editor, pair, address, data):
        client.force_login(editor)
        change = reverse("admin:articles_article_change", args=[pair[0].pk])
        assert "对照合并" in client.get(change).content.decode()
        client.post(address, data())
        assert (
            f"#{pair[0].pk} 打零工从哪儿办医保" in client.get(reverse("admin:articles_article_change", args=[pair[1].pk])).content.decode()
        )
        url = reverse("admin:articles_article_verb", args=[pair[0].pk, "unmerge"])
        old = Article.objects.get(pk=pair[0].pk)
        page = client.post(url, {"revision": old.latest_revision_id}, follow=True).content.decode()
        assert "恢复为合并以前的状态（公开）" in page

    def test_a_person_without_a_role_does_not_see_it(self, client, address):
        client.force_login(User.objects.create_user("stranger", is_staff=True))
        assert client.get(address).status_code == 403


class TestDifferences:
    def test_only_what_differs_is_marked(self):
        left, right = difference("报销比例是70%。\n第二段。", "报销比例是85%。\n第二段。")
        assert [(segment.text, segment.marked) for segment in left[0]] == [("报销比例是", False), ("70%", True), ("。", False)]
        assert [segment.text for paragraph in right for segment in paragraph if segment.marked] == ["85%"]

    @pytest.mark.parametrize("seed", range(20))
    def test_no_character_is_lost_or_invented(self, seed):
        chance = random.Random(seed)
        texts = ["".join(chance.choices("医保断缴了怎么办70%。\n", k=chance.randrange(200))) for _ in range(2)]
        for text, side in zip(texts, difference(*texts), strict=True):
            assert "".join(segment.text for paragraph in side for segment in paragraph) == text.replace("\n", "")

    def test_two_texts_of_2000_characters_take_a_tenth_of_a_second_and_no_text_takes_long(self):
        chance = random.Random(1)
        texts = ["".join(chance.choices("医保卡的钱报销比例是什么不一样断缴补缴怎么办理流程材料时间", k=2000)) for _ in range(2)]
        start = time.process_time()
        difference(*texts)
        assert time.process_time() - start < 0.1
        difference("医\n" * 20_000, "甲\n" + "医\n" * 19_000)
        difference("医保" * 100_000, "保医" * 100_000)
        assert time.process_time() - start < 3


# Merges the same pair in both directions and undoes it, as fast as it can, until it is killed or has done it often enough.
BUSY = """
import random
from articles import workflow
from articles.models import Article
from articles.workflow import frame
frame.follow = lambda *args, **kwargs: None  # here the database alone matters
print("ready", flush=True)
for _ in range({times}):
    a, b = random.sample(range(1, {articles} + 1), 2)
    try:
        if random.random() < 0.6:
            workflow.merge(Article.objects.get(pk=a), into=Article.objects.get(pk=b), by=None)
        else:
            workflow.unmerge(Article.objects.get(pk=a), by=None)
    except workflow.NotAllowed:
        pass
"""

SET_UP = """
from django.utils import timezone
from articles import workflow
from articles.content import ArticleContent
from articles.models import Article, Category, Promotion, Tag
category = Category.objects.first().pk
tags = [Tag.objects.create(name=f"标签{{i}}").pk for i in range({articles})]
contents = [
    ArticleContent(f"医保第{{i}}问？", body=f"<p>正文{{i}}</p>", category=category, tags=(tags[i],), phrasings=(f"问法{{i}}",))
    for i in range({articles})
]
workflow.publish_in_bulk(contents, reason="测试", at=[timezone.now()] * {articles})
for article in Article.objects.all():
    Promotion.objects.create(query=f"推荐{{article.pk}}", article=article)
"""

# Undoes every merge, one by one, and says what is wrong before and after.
CHECK = """
from articles import workflow
from articles.models import Article, Event, Promotion, Revision
from articles.workflow import frame
frame.follow = lambda *args, **kwargs: None
wrong = []
def look(when):
    for article in Article.objects.select_related("merged_into", "live_revision"):
        if article.live == bool(article.merged_into_id):
            wrong.append((when, article.pk, "neither live nor merged"))
        if article.merged_into_id and (article.merged_into.merged_into_id or not article.merged_into.live):
            wrong.append((when, article.pk, "a chain"))
        if article.live and article.live_revision.state != "published":
            wrong.append((when, article.pk, "live without a published revision"))
        brought = sorted(text for other in article.merged.all() for text in other.phrasings)
        own = list(article.live_revision.content.phrasings)
        if article.live and sorted(article.phrasings) != sorted(own + brought):
            wrong.append((when, article.pk, "questions lost", article.phrasings))
        merges = Event.objects.filter(article=article, verb="merge").count() - Event.objects.filter(article=article, verb="unmerge").count()
        if merges != bool(article.merged_into_id):
            wrong.append((when, article.pk, "history incomplete"))
    if Promotion.objects.exclude(article__live=True).exists():
        wrong.append((when, "a promotion of what is not public"))
look("before")
while (article := Article.objects.exclude(merged_into=None).order_by("?").first()):
    workflow.unmerge(article, by=None)
look("after")
for i, article in enumerate(Article.objects.order_by("pk")):
    tagged = article.tag_links.filter(go_live_at__isnull=False).exists()
    if (article.title, article.phrasings, tagged) != (f"医保第{i}问？", [f"问法{i}"], True):
        wrong.append(("after", article.pk, article.title, article.phrasings))
print(Event.objects.filter(verb="merge").count(), Event.objects.filter(verb="unmerge").count(), wrong)
"""


@pytest.mark.once
class TestManyAtOnce:
    """Here processes are killed in the middle of a transaction."""

    ARTICLES = 4

    @pytest.fixture
    def site(self, installation):
        installation.run_code(SET_UP.format(articles=self.ARTICLES))
        return installation

    def start(self, site, times):
        return site.start_code(BUSY.format(times=times, articles=self.ARTICLES))

    def test_editors_who_merge_the_same_pages_in_all_directions_lose_nothing(self, site):
        for process in [self.start(site, times=60) for _ in range(2)]:
            _, errors = process.communicate()
            assert process.returncode == 0, errors
        self.nothing_is_wrong(site)

    def test_kills_in_the_middle_lose_nothing(self, site):
        for _ in range(int(os.environ.get("KILLS", "5"))):
            process = self.start(site, times=10**6)
            time.sleep(random.uniform(0.05, 0.6))
            process.kill()
            process.communicate()
            assert process.returncode == -9
        self.nothing_is_wrong(site)

    def nothing_is_wrong(self, site):
        merges, undone, wrong = site.run_code(CHECK).strip().split(" ", 2)
        assert wrong == "[]"
        assert int(merges) == int(undone) > 0
