"""At the door: what an editor sees while typing, and what submitting a question that is there already asks for."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import duplicates, search, workflow
from articles.duplicates import Question, candidates
from articles.models import Article, DuplicatePair, SynonymGroup
from articles.workflow import NotAllowed

pytestmark = pytest.mark.django_db

LOST, LOST_TOO = "医保卡丢了怎么补办", "社保卡遗失如何补办？"
ADDRESS = "/admin/articles/article/duplicates/"


@pytest.fixture
def live(content):
    def make(*titles, **fields):
        workflow.publish_in_bulk([content(title, **fields) for title in titles], reason="测试", at=[timezone.now()] * len(titles))
        search.sync()
        return Article.objects.get(title=titles[-1])

    return make


@pytest.fixture
def draft(writer, content):
    return lambda title=LOST_TOO, **fields: workflow.save_draft(content(title, body="<p></p>", **fields), by=writer)


def found(title, **options):
    return [(each.article.title, each.comparison.label) for each in candidates(Question(title), **options)]


class TestCandidates:
    def test_duplicates_come_first_then_siblings_and_strangers_never(self, live):
        live(LOST, "舟山医保卡丢了怎么补办", "胃镜前要空腹几小时")
        assert found(LOST_TOO) == [(LOST, "duplicate"), ("舟山医保卡丢了怎么补办", "sibling")]

    def test_a_draft_of_somebody_else_is_named_to_editors(self, draft, live):
        live("胃镜前要空腹几小时")
        draft(LOST)
        assert found(LOST_TOO) == [(LOST, "duplicate")]
        assert found(LOST_TOO, drafts=False) == []

    def test_an_article_is_no_duplicate_of_itself(self, live, draft):
        article = live(LOST)
        own = draft(LOST_TOO).article
        assert found(LOST, exclude=article.pk) == [(LOST_TOO, "duplicate")]
        assert found(LOST, exclude=own.pk) == [(LOST, "duplicate")]

    def test_merged_articles_are_out_of_it(self, live, editor):
        kept = live("医保卡丢了去哪里补办")
        gone = live(LOST)
        workflow.merge(gone, into=kept, by=editor)
        search.sync()
        assert LOST not in dict(found(LOST_TOO))

    def test_synonyms_of_editors_are_used_at_once(self, live):
        live("滚雪球险要交多少钱")
        assert found("雪球保障计划要交多少钱") != [("滚雪球险要交多少钱", "duplicate")]
        SynonymGroup.objects.create(words="滚雪球险、雪球保障计划")
        assert found("雪球保障计划要交多少钱") == [("滚雪球险要交多少钱", "duplicate")]

    def test_the_number_of_queries_does_not_grow_with_what_is_found(self, live):
        live(*(f"{place}医保卡丢了怎么补办" for place in ("舟山", "宁波")))
        found(LOST)  # the synonyms are compiled once
        with CaptureQueriesContext(connection) as few:
            found(LOST)
        live(*(f"{place}医保卡丢了怎么补办" for place in ("杭州", "温州", "绍兴", "嘉兴", "湖州", "金华", "台州", "丽水", "衢州")))
        with CaptureQueriesContext(connection) as many:
            found(LOST)
        assert len(many) == len(few) <= 6  # on PostgreSQL two of them are a savepoint


class TestSubmitting:
    def test_a_likely_duplicate_is_refused_in_words_that_say_what_to_do(self, live, draft, writer):
        article, revision = live(LOST), draft()
        with pytest.raises(NotAllowed, match=f"很可能与已发布的 #{article.pk}“{LOST}” 重复，请合并到那一篇，或填写不重复的理由"):
            workflow.submit(revision, by=writer)
        revision.refresh_from_db()
        assert revision.state == revision.State.DRAFT
        assert not DuplicatePair.objects.exists()

    def test_with_a_reason_it_goes_through_and_the_reason_is_kept(self, live, draft, writer):
        article, revision = live(LOST), draft()
        workflow.submit(revision, by=writer, not_duplicate_because="那篇讲实体卡")
        event = revision.article.events.latest("pk")
        assert (event.verb, event.note, event.data) == ("submit", "那篇讲实体卡", {"not_duplicate_of": [article.pk]})
        pair = DuplicatePair.objects.get()
        assert (pair.dismissed_because, pair.dismissed_by) == ("那篇讲实体卡", writer)

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_an_empty_reason_is_none(self, live, draft, writer, reason):
        live(LOST)
        with pytest.raises(NotAllowed, match="不重复的理由"):
            workflow.submit(draft(), by=writer, not_duplicate_because=reason)

    def test_it_is_asked_once_not_after_every_rejection(self, live, draft, writer, reviewer):
        live(LOST)
        revision = draft()
        workflow.submit(revision, by=writer, not_duplicate_because="那篇讲实体卡")
        workflow.reject(revision, by=reviewer, reason="缺来源")
        workflow.submit(revision, by=writer)
        assert revision.state == revision.State.IN_REVIEW

    def test_a_sibling_goes_through_without_a_word(self, live, draft, writer):
        live(LOST)
        workflow.submit(draft("舟山医保卡丢了怎么补办"), by=writer)

    def test_so_does_a_draft_beside_a_draft(self, live, draft, writer):
        live("胃镜前要空腹几小时")
        draft(LOST)
        workflow.submit(draft(LOST_TOO), by=writer)

    def test_and_a_new_version_of_a_page_whose_question_stays(self, live, writer, content):
        live(LOST)
        page = live(LOST_TOO)
        revision = workflow.save_draft(content(LOST_TOO, body="<p>改过。</p>"), by=writer, article=page)
        workflow.submit(revision, by=writer, public_note="改了说法。")
        changed = workflow.save_draft(content("医保卡不见了怎么补办"), by=writer, article=page)
        with pytest.raises(NotAllowed, match="重复"):
            workflow.submit(changed, by=writer, public_note="改了问题。")

    def test_without_an_index_writing_goes_on(self, draft, writer):
        workflow.submit(draft(), by=writer)

    def test_imports_and_bulk_loads_are_not_held_up(self, live, draft, editor):
        live(LOST)
        workflow.force_publish(draft(), by=editor, reason="导入：x")


class TestTheForm:
    def fields(self, title, **more):
        data = {"title": title, "body": "<p>正文。</p>", "kind": "policy", "provenance": "human", **more}
        return data | {f"sources-{name}": "" for name in ("title", "number", "issuer", "url", "date")}

    def test_submitting_from_the_form_asks_for_the_reason_and_keeps_the_words(self, live, client, writer, category):
        live(LOST)
        client.force_login(writer)
        refused = client.post("/admin/articles/article/add/", self.fields(LOST_TOO, category=category.pk, _submit="1"))
        assert "很可能与已发布的" in refused.content.decode()
        assert LOST_TOO in refused.content.decode()
        assert not Article.objects.filter(title=LOST_TOO).exists()
        data = self.fields(LOST_TOO, category=category.pk, _submit="1", not_duplicate_because="那篇讲实体卡")
        assert client.post("/admin/articles/article/add/", data).status_code == 302
        article = Article.objects.get(title=LOST_TOO)
        assert article.events.get(verb="submit").note == "那篇讲实体卡"

    def test_saving_a_draft_asks_nothing(self, live, client, writer, category):
        live(LOST)
        client.force_login(writer)
        assert client.post("/admin/articles/article/add/", self.fields(LOST_TOO, category=category.pk, _save="1")).status_code == 302

    def test_the_panel_asks_too(self, live, draft, client, writer):
        live(LOST)
        article = draft().article
        client.force_login(writer)
        page = client.get(f"/admin/articles/article/{article.pk}/change/").content.decode()
        assert "不重复的理由 <input" in page
        verb = f"/admin/articles/article/{article.pk}/submit/do/"
        assert "请合并到那一篇" in client.post(verb, {"revision": article.latest_revision_id}, follow=True).content.decode()
        client.post(verb, {"revision": article.latest_revision_id, "reason": "那篇讲实体卡"})
        article.latest_revision.refresh_from_db()
        assert article.latest_revision.state == "in_review"


class TestTheAddress:
    def test_it_tells_state_similarity_and_what_differs(self, live, draft, client, writer):
        one = live(LOST, "舟山医保卡丢了怎么补办")
        draft("医保卡弄丢了怎么补办")
        client.force_login(writer)
        told = client.get(ADDRESS, {"title": LOST_TOO}).json()
        assert told["reason"] is True
        by_title = {each["title"]: each for each in told["nearest"]}
        assert (by_title[LOST]["state"], by_title[LOST]["duplicate"]) == ("公开", True)
        assert by_title["医保卡弄丢了怎么补办"]["state"] == "未发布的草稿"
        sibling = by_title[one.title]
        assert (sibling["duplicate"], sibling["differing"], sibling["url"]) == (
            False,
            "地区：无 / 舟山",
            f"/admin/articles/article/{one.pk}/change/",
        )

    def test_a_twin_that_is_only_a_draft_needs_no_reason(self, live, draft, client, writer):
        live("胃镜前要空腹几小时")
        draft(LOST)
        client.force_login(writer)
        told = client.get(ADDRESS, {"title": LOST_TOO}).json()
        assert (told["reason"], len(told["nearest"])) == (False, 1)

    def test_it_is_for_the_desk_alone(self, live, client, django_user_model):
        live(LOST)
        assert client.get(ADDRESS, {"title": LOST}).status_code == 302
        client.force_login(django_user_model.objects.create_user("nobody", is_staff=True))
        assert client.get(ADDRESS, {"title": LOST}).status_code == 403

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ({}, 400), ({"title": ""}, 400), ({"title": "x" * 5000}, 400), ({"title": "医保", "article": "x"}, 400),
            ({"title": "医保", "article": "9" * 40}, 400), ({"title": "\u200b\x01"}, 200), ({"title": "医保", "phrasings": "\n" * 50}, 200),
            ({"title": "？" * 100}, 200), ({"title": "医保卡丢了", "phrasings": "x" * 99999}, 400), ({"title": "a\x00b"}, 400),
        ],
    )  # fmt: skip
    def test_odd_input_gets_a_plain_answer(self, live, client, writer, query, status):
        live(LOST)
        client.force_login(writer)
        assert client.get(ADDRESS, query).status_code == status

    def test_without_an_index_there_is_nothing_near(self, client, writer):
        client.force_login(writer)
        assert client.get(ADDRESS, {"title": LOST}).json() == {"nearest": [], "reason": False}


def test_dismissing_twice_keeps_the_last_word(live, editor):
    one, two = live(LOST), live(LOST_TOO)
    for reason in ("甲", "乙"):
        duplicates.dismiss(one.pk, [two.pk], by=editor, because=reason)
    assert DuplicatePair.objects.get().dismissed_because == "乙"
