"""Tags are a vocabulary: one name for one thing, other names lead to it, and nothing is lost when two become one."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles import search, workflow
from articles.models import Article, Event, Tag, TagAlias, TaggedArticle
from articles.search.engine import Clause
from articles.search.follower import public
from articles.tagging import suggested
from articles.workflow import NotAllowed

pytestmark = pytest.mark.django_db
LIST = "/admin/articles/tag/"


@pytest.fixture
def tag():
    def make(name, *aliases):
        found = Tag.objects.create(name=name)
        for alias in aliases:
            TagAlias.objects.create(name=alias, tag=found)
        return found

    return make


def names(article):
    return [link.tag.name for link in article.tag_links.order_by("position").select_related("tag")]


def indexed_with(tag):
    """Ids of the documents that the index files under the tag."""
    hits = search.engine().search([Clause("title_words", "医保", 1.0)], search.filters_now(tag=tag.pk), limit=5000)
    return sorted(hits.ids)


class TestAliases:
    def test_an_alias_that_is_typed_becomes_the_tag(self, tag):
        known = tag("断缴", "断保", "停保")
        assert Tag.objects.named(["停保", "ＸＹＺ", "断保", "断缴"]) == [known, Tag.objects.get(name="XYZ")]

    def test_in_the_form(self, tag, client, writer, category):
        known = tag("断缴", "断保")
        client.force_login(writer)
        data = {"title": "断保怎么办？", "body": "<p>甲</p>", "category": category.pk, "kind": "policy", "provenance": "human"}
        client.post("/admin/articles/article/add/", data | {"tags": ["new:断保"]})
        assert Article.objects.get().latest_revision.content.tags == (known.pk,)

    def test_and_in_an_import(self, tag, run, tmp_path):
        tag("断缴", "断保")
        file = tmp_path / "one.jsonl"
        file.write_text(json.dumps({"title": "断保怎么办？", "body": "<p>甲</p>", "tags": ["断保", "补缴"]}))
        run("import_articles", file, publish=True)
        assert names(Article.objects.get()) == ["断缴", "补缴"]

    def test_the_widget_finds_the_tag_by_its_alias_and_offers_no_merged_one(self, tag, client, writer):
        known, old = tag("断缴", "断保"), tag("停保")
        workflow.merge_tags(old, into=known, by=None)
        client.force_login(writer)
        url = reverse("admin:autocomplete")
        query = {"app_label": "articles", "model_name": "taggedarticle", "field_name": "tag"}
        for term in ("断保", "停保", "断缴"):
            results = client.get(url, query | {"term": term}).json()["results"]
            assert [each["text"] for each in results] == ["断缴"], term

    @pytest.mark.parametrize(("name", "said"), [("补缴", "已经是一个标签"), ("ＶＩＰ", "已经是一个标签"), ("断保", "已存在")])
    def test_a_name_is_either_a_tag_or_an_alias_of_one(self, tag, client, editor, name, said):
        known = tag("断缴", "断保")
        tag("补缴")
        tag("VIP")
        client.force_login(editor)
        data = {"name": "断缴", "slug": known.slug, "aliases-TOTAL_FORMS": 2, "aliases-INITIAL_FORMS": 1}
        data |= {"aliases-0-id": known.aliases.get().pk, "aliases-0-tag": known.pk, "aliases-0-name": "断保"}
        data |= {"aliases-1-tag": known.pk, "aliases-1-name": name}
        page = client.post(reverse("admin:articles_tag_change", args=[known.pk]), data).content.decode()
        assert said in page or "重复" in page
        assert TagAlias.objects.count() == 1

    def test_and_no_new_tag_takes_the_name_of_an_alias(self, tag, client, editor):
        tag("断缴", "断保")
        client.force_login(editor)
        data = {"name": "断保", "slug": "x", "aliases-TOTAL_FORMS": 0, "aliases-INITIAL_FORMS": 0}
        assert "已经是标签“断缴”的别名" in client.post(f"{LIST}add/", data).content.decode()


class TestMerging:
    def test_articles_names_aliases_and_addresses_lead_to_the_one_that_stays(self, tag, publish, client):
        old, kept = tag("断保", "停保"), tag("断缴")
        article, both = publish("医保甲？", tags=(old.pk,)), publish("医保乙？", tags=(old.pk, kept.pk))
        workflow.merge_tags(old, into=kept, by=None)
        assert names(article) == names(both) == ["断缴"]
        assert Tag.objects.named(["断保", "停保"]) == [kept]
        for name in ("tag", "tag-feed"):
            answer = client.get(reverse(name, args=["断保"]))
            assert (answer.status_code, answer["Location"]) == (301, reverse(name, args=["断缴"]))
        assert client.get("/search/", {"q": "医保", "tag": "断保"}).context["form"].cleaned_data["tag"] == kept

    def test_no_redirect_leads_to_another(self, tag, publish, client):
        a, b, c = tag("甲"), tag("乙"), tag("丙")
        publish(tags=(a.pk,))
        workflow.merge_tags(a, into=b, by=None)
        workflow.merge_tags(b, into=c, by=None)
        assert client.get("/tags/甲/")["Location"] == c.get_absolute_url()

    def test_merging_into_what_was_merged_leads_to_its_end(self, tag):
        a, b, c = tag("甲"), tag("乙"), tag("丙")
        workflow.merge_tags(b, into=c, by=None)
        assert workflow.merge_tags(a, into=b, by=None) == c

    def test_circles_and_strangers_are_refused(self, tag, writer):
        a, b = tag("甲"), tag("乙")
        with pytest.raises(NotAllowed, match="没有更改标签的权限"):
            workflow.merge_tags(a, into=b, by=writer)
        workflow.merge_tags(a, into=b, by=None)
        for one, other, why in [(b, a, "绕成一圈"), (a, b, "已经并入"), (b, b, "并入自己")]:
            with pytest.raises(NotAllowed, match=why):
                workflow.merge_tags(one, into=other, by=None)

    def test_a_draft_and_an_approved_version_with_the_old_tag_are_published_under_the_other(self, tag, approved, editor):
        old, kept = tag("断保"), tag("断缴")
        revision = approved(tags=(old.pk, kept.pk))
        workflow.merge_tags(old, into=kept, by=None)
        assert workflow.why_not("publish", revision, editor) == []
        assert names(workflow.publish(revision, by=editor)) == ["断缴"]

    def test_the_form_and_the_preview_open_with_the_one_that_stays(self, tag, writer, content, client):
        old, kept = tag("断保"), tag("断缴")
        revision = workflow.save_draft(content(tags=(old.pk,)), by=writer)
        workflow.merge_tags(old, into=kept, by=None)
        client.force_login(writer)
        form = client.get(reverse("admin:articles_article_change", args=[revision.article_id])).context["adminform"].form
        assert form["tags"].value() == [kept.pk]
        page = client.get(reverse("admin:articles_article_preview", args=[revision.article_id, revision.pk])).content.decode()
        assert ">断缴<" in page
        assert ">断保<" not in page

    def test_an_export_names_the_one_that_stays(self, tag, publish, run):
        old, kept = tag("断保"), tag("断缴")
        publish(tags=(old.pk,))
        workflow.merge_tags(old, into=kept, by=None)
        assert json.loads(run("export_articles"))["tags"] == ["断缴"]

    def test_a_tag_that_no_reader_ever_saw_does_not_give_itself_away(self, tag, publish, writer, content, client):
        secret, kept = tag("独角兽"), tag("断缴")
        publish(tags=(kept.pk,))
        workflow.save_draft(content(tags=(secret.pk,)), by=writer)
        workflow.merge_tags(secret, into=kept, by=None)
        assert client.get("/tags/独角兽/").status_code == 404
        assert client.get("/tags/独角兽/feed/").status_code == 404

    def test_a_withdrawn_article_does_not_come_into_the_list_by_it(self, tag, publish, editor):
        old, kept = tag("断保"), tag("断缴")
        article = publish(tags=(old.pk,))
        workflow.unpublish(article, by=editor, reason="有误")
        workflow.merge_tags(old, into=kept, by=None)
        assert not TaggedArticle.objects.published().filter(tag=kept).exists()

    def test_a_merge_stands_in_the_log(self, tag, editor):
        old, kept = tag("断保"), tag("断缴")
        workflow.merge_tags(old, into=kept, by=editor)
        event = Event.objects.get(verb="merge_tags")
        assert (event.by, event.note, event.tag) == (editor, "“断保”并入“断缴”", kept)

    def test_a_merge_costs_the_same_number_of_statements_for_50_and_for_2000_articles(self, tag, publish_many):
        counts = []
        for number in (50, 2000):
            old, kept = tag(f"旧{number}"), tag(f"新{number}")
            publish_many(number, title="医保第{}问？", tags=(old.pk,))
            publish_many(number // 10, title="医保又第{}问？", tags=(old.pk, kept.pk))
            with CaptureQueriesContext(connection) as captured:
                workflow.merge_tags(old, into=kept, by=None)
            counts.append(len([query for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]))
            assert TaggedArticle.objects.filter(tag=kept).count() == number + number // 10
        assert counts[0] == counts[1] <= 16


class TestTheIndex:
    def test_follows_a_merge_in_batches(self, tag, publish_many, monkeypatch):
        monkeypatch.setattr(public, "TAG_BATCH", 7)
        old, kept = tag("断保"), tag("断缴")
        articles = publish_many(20, tags=(old.pk,))
        assert search.sync()
        assert indexed_with(old) != []
        workflow.merge_tags(old, into=kept, by=None)
        assert search.sync()
        assert (indexed_with(old), indexed_with(kept)) == ([], sorted(article.pk for article in articles))
        assert public.read_position().event == Event.objects.to_follow().last().pk

    def test_no_click_waits_for_it(self, tag, publish_many):
        old, kept = tag("断保"), tag("断缴")
        publish_many(2, tags=(old.pk,))
        search.sync()
        workflow.merge_tags(old, into=kept, by=None)
        assert not search.sync(may_rebuild=False)
        assert indexed_with(old) != []
        assert search.sync()
        assert indexed_with(old) == []

    def test_what_is_published_meanwhile_does_not_wait_for_a_large_tag(self, tag, publish_many, monkeypatch):
        monkeypatch.setattr(public, "TAG_BATCH", 5)
        old, kept = tag("断保"), tag("断缴")
        publish_many(12, tags=(old.pk,))
        search.sync()
        workflow.merge_tags(old, into=kept, by=None)
        written, write = [], public._write

        def publish_after_the_first_batch(position, ids):
            write(position, ids)
            written.append(ids)
            if len(written) == 2:  # the first writes the articles that the events name: none
                written.append({article.pk for article in publish_many(1, title="医保新{}问？")})

        monkeypatch.setattr(public, "_write", publish_after_the_first_batch)
        search.sync()
        assert written[2] <= written[3]

    def test_a_kill_between_two_batches_repeats_and_loses_nothing(self, tag, publish_many, monkeypatch):
        monkeypatch.setattr(public, "TAG_BATCH", 5)
        old, kept = tag("断保"), tag("断缴")
        articles = publish_many(12, tags=(old.pk,))
        search.sync()
        workflow.merge_tags(old, into=kept, by=None)
        write, written = public._write, []

        def killed_at_the_third(position, ids):
            if len(written) == 2:
                raise SystemExit
            write(position, ids)
            written.append(ids)

        with monkeypatch.context() as patch:
            patch.setattr(public, "_write", killed_at_the_third)
            with pytest.raises(SystemExit):
                search.sync()
        assert search.sync() or search.sync()
        assert indexed_with(kept) == sorted(article.pk for article in articles)

    def test_a_new_name_of_a_tag_is_suggested_while_typing(self, tag, publish_many, client, editor):
        known = tag("断保")
        publish_many(2, tags=(known.pk,))
        search.sync()
        client.force_login(editor)
        data = {"name": "生育津贴", "slug": known.slug, "aliases-TOTAL_FORMS": 0, "aliases-INITIAL_FORMS": 0}
        assert client.post(reverse("admin:articles_tag_change", args=[known.pk]), data).status_code == 302
        search.sync()
        assert "生育津贴" in [each.text for each in search.suggest("shengyujin")]
        assert "断保" not in [each.text for each in search.suggest("duanbao")]


class TestTheList:
    def test_says_how_many_public_articles_each_has_and_sorts_by_it(self, tag, publish_many, client, editor):
        for name, count in (("甲", 1), ("乙", 3), ("丙", 2)):
            publish_many(count, tags=(tag(name).pk,))
        client.force_login(editor)
        found = client.get(LIST, {"o": "-2"}).context["cl"].result_list
        assert [(each.name, each.uses) for each in found] == [("乙", 3), ("丙", 2), ("甲", 1)]

    def test_costs_the_same_number_of_statements_for_any_number_of_tags(self, tag, client, editor):
        client.force_login(editor)
        counts = []
        for start in (0, 40):
            for i in range(start, start + 40):
                tag(f"标签{i}", f"别名{i}")
            with CaptureQueriesContext(connection) as captured:
                client.get(LIST, {"o": "-2"})
            counts.append(len(captured.captured_queries))
        assert counts[0] == counts[1]

    def test_hides_merged_ones_and_shows_them_on_demand(self, tag, client, editor):
        workflow.merge_tags(tag("断保"), into=tag("断缴"), by=None)
        client.force_login(editor)
        assert [each.name for each in client.get(LIST).context["cl"].result_list] == ["断缴"]
        assert [each.name for each in client.get(LIST, {"use": "merged"}).context["cl"].result_list] == ["断保"]

    def test_two_are_merged_by_choosing_the_one_that_stays(self, tag, publish, client, editor):
        old, kept = tag("断保"), tag("断缴")
        article = publish(tags=(old.pk,))
        client.force_login(editor)
        data = {"action": "merge_selected", "_selected_action": [old.pk, kept.pk]}
        assert "保留哪个标签" in client.post(LIST, data).content.decode()
        assert client.post(LIST, data | {"_confirmed": 1}).status_code == 400
        page = client.post(LIST, data | {"_confirmed": 1, "into": kept.pk}, follow=True).content.decode()
        assert "已并入“断缴”" in page
        assert names(article) == ["断缴"]

    def test_one_alone_cannot_be_merged(self, tag, client, editor):
        client.force_login(editor)
        data = {"action": "merge_selected", "_selected_action": [tag("甲").pk]}
        assert "请选 2 到" in client.post(LIST, data, follow=True).content.decode()

    def test_who_may_not_change_tags_has_no_actions(self, tag, client, writer):
        one, two = tag("甲"), tag("乙")
        client.force_login(writer)
        client.post(LIST, {"action": "merge_selected", "_selected_action": [one.pk, two.pk], "_confirmed": 1, "into": one.pk})
        assert not Tag.objects.exclude(merged_into=None).exists()


class TestCleaningUp:
    @pytest.fixture
    def used(self, tag, publish, content, writer, approved, editor):
        """Tags that something rests on, each in another way."""
        live, gone, draft, waiting, target = (tag(name) for name in ("公开", "撤回", "草稿", "定时", "目标"))
        workflow.unpublish(publish("甲？", tags=(gone.pk,)), by=editor, reason="有误")
        publish("乙？", tags=(live.pk,))
        workflow.save_draft(content("丙？", tags=(draft.pk,)), by=writer)
        revision = approved("乙？", tags=(waiting.pk,), article=Article.objects.get(title="乙？"))
        workflow.schedule(revision, by=editor, at=timezone.now() + timedelta(hours=1))
        workflow.merge_tags(tag("旧"), into=target, by=None)
        return [live, gone, draft, waiting, target]

    def test_only_what_nothing_rests_on_is_unused(self, used, tag):
        idle = tag("没人用", "别名")
        assert list(Tag.objects.unused()) == [idle]

    def test_they_are_deleted_after_asking_and_the_others_stay(self, used, tag, client, editor):
        idle = tag("没人用", "别名")
        client.force_login(editor)
        assert [each.name for each in client.get(LIST, {"use": "unused"}).context["cl"].result_list] == ["没人用"]
        data = {"action": "delete_selected_unused", "_selected_action": [idle.pk, *(each.pk for each in used)]}
        page = client.post(LIST, data).content.decode()
        assert "将删除下面 1 个标签" in page
        assert "另外 5 个正在使用" in page
        assert "已删除 1 个" in client.post(LIST, data | {"_confirmed": 1}, follow=True).content.decode()
        assert not Tag.objects.filter(pk=idle.pk).exists()
        assert Tag.objects.filter(pk__in=[each.pk for each in used]).count() == 5
        assert Event.objects.get(verb="delete_tags").data == {"names": ["没人用"]}

    def test_nothing_to_delete_says_so(self, used, client, editor):
        client.force_login(editor)
        data = {"action": "delete_selected_unused", "_selected_action": [used[0].pk]}
        assert "都在使用" in client.post(LIST, data, follow=True).content.decode()

    def test_a_deleted_tag_leaves_the_log_readable(self, tag, client, editor):
        old = tag("断保")
        workflow.record_vocabulary(old, by=editor)
        workflow.delete_unused_tags([old], by=editor)
        client.force_login(editor)
        assert client.get("/admin/articles/event/").status_code == 200
        assert search.sync()


class TestSuggestions:
    def test_what_the_text_names_by_name_or_alias_comes_first(self, tag):
        known, other = tag("断缴", "断保"), tag("异地就医")
        tag("无关")
        found = suggested("断保怎么办？", "", "也说到異地就醫。")
        assert [(each.tag, each.why) for each in found] == [(known, "文中提到"), (other, "文中提到")]

    def test_then_what_similar_articles_carry(self, tag, publish_many):
        known = tag("年底清零")
        publish_many(3, title="医保卡里的钱会没有吗{}？", tags=(known.pk,))
        search.sync()
        assert [each.tag for each in suggested("医保卡里的钱会没有吗？", "", "")] == [known]

    def test_a_merged_name_suggests_the_one_that_stays_and_a_chosen_one_is_left_out(self, tag):
        old, kept = tag("断保"), tag("断缴")
        workflow.merge_tags(old, into=kept, by=None)
        assert [each.tag for each in suggested("断保怎么办？", "", "")] == [kept]
        assert suggested("断保怎么办？", "", "", exclude={kept.pk}) == []

    def test_the_form_asks_by_post_and_only_for_those_who_write(self, tag, client, writer, reviewer):
        known = tag("断缴")
        url = reverse("admin:articles_tag_suggest")
        client.force_login(writer)
        answer = client.post(url, {"title": "断缴怎么办？", "chosen": ["x", "9" * 30]})
        assert answer.json() == {"tags": [{"id": known.pk, "name": "断缴", "why": "文中提到"}]}
        assert client.get(url).status_code == 405
        client.force_login(reviewer)
        assert client.post(url, {"title": "断缴"}).status_code == 403

    def test_a_missing_index_takes_nothing_from_what_the_text_says(self, tag, settings):
        known = tag("断缴")
        settings.SEARCH_ENGINE = "articles.search.memory.MemoryEngine"
        assert [each.tag for each in suggested("断缴怎么办？", "", "")] == [known]
