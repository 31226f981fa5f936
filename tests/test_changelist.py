"""The list of articles: filters along indexes, search in drafts, pages by position, filters that people keep."""

import shutil
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import desk, drafts, search, workflow
from articles.desk import Position, listing
from articles.models import Article, OpenWarning, Region, SavedFilter, Tag
from tests.test_queries import explain

pytestmark = pytest.mark.django_db
PAGE = "/admin/articles/article/"


def ids(**chosen):
    return [article.pk for article in desk.listing(chosen, Position()).articles]


class TestFilters:
    def test_a_draft_is_found_by_what_it_is_filed_under(self, writer, content, category):
        tag = Tag.objects.create(name="断缴")
        values = {"tags": (tag.pk,), "regions": ("330900",), "kind": "clinical"}
        article = workflow.save_draft(content("没发布的？", **values), by=writer).article
        workflow.save_draft(content("另一篇？", category=None), by=writer)
        for chosen in ({"category": category}, {"kind": "clinical"}, {"tag": tag}, {"region": Region.objects.get(pk="330900")}):
            assert ids(**chosen) == [article.pk], chosen
        assert not Tag.objects.in_use().exists()
        assert not Article.objects.published().exists()

    def test_by_state_author_and_reviewer(self, writer, reviewer, editor, content, approved, publish):
        draft = workflow.save_draft(content("草稿？"), by=editor).article
        passed, live = approved("通过？").article, publish("线上？")
        assert ids(state="draft") == [draft.pk]
        assert ids(state="approved") == [passed.pk]
        assert ids(state="published") == [live.pk]
        assert ids(author=editor) == [draft.pk]
        assert ids(reviewer=reviewer) == [live.pk, passed.pk]
        assert ids(author=writer, state="approved") == [passed.pk]
        assert ids() == [live.pk, passed.pk, draft.pk]

    def test_by_what_readers_see(self, editor, approved, publish, writer, content):
        now = timezone.now()
        found = {name: publish(f"{name}？").pk for name in ("public", "ended", "withdrawn", "merged")}
        found["never"] = workflow.save_draft(content("never？"), by=writer).article_id
        found["later"] = approved("later？").article_id
        workflow.schedule(Article.objects.get(pk=found["later"]).latest_revision, by=editor, at=now + timedelta(days=1))
        gone = Article.objects.filter(pk=found["ended"])
        gone.update(go_live_at=now - timedelta(days=2), expire_at=now - timedelta(days=1))
        workflow.unpublish(Article.objects.get(pk=found["withdrawn"]), by=editor, reason="有误")
        workflow.merge(Article.objects.get(pk=found["merged"]), into=Article.objects.get(pk=found["public"]), by=editor)
        assert set(found) == set(desk.PUBLIC_STATES)
        for name, pk in found.items():
            assert ids(public=name) == [pk], name

    def test_by_dates_and_warnings(self, publish):
        today = timezone.localdate()
        dates = {
            "review": {"next_review_on": today},
            "review_soon": {"next_review_on": today + timedelta(days=30)},
            "expiring": {"valid_until": today + timedelta(days=60)},
            "expired": {"valid_until": today - timedelta(days=1)},
        }
        assert set(dates) == set(desk.ENDINGS)
        for name, values in dates.items():
            article = publish(f"{name}？")
            Article.objects.filter(pk=article.pk).update(**values)
            assert ids(ending=name) == ids(ending=name, public="public") == ids(ending=name, state="published") == [article.pk]
        OpenWarning.objects.all().delete()  # those that the checks have found in these short texts
        OpenWarning.objects.create(article=article, code="x", level="warns", message="缺来源")
        OpenWarning.objects.create(article=article, code="y", level="warns", message="缺标签")
        assert ids(warnings=True) == [article.pk]

    def test_all_at_once(self, publish, reviewer, writer, category):
        tag, region = Tag.objects.create(name="断缴"), Region.objects.get(pk="330900")
        article = publish("都符合？", tags=(tag.pk,), regions=("330900",))
        chosen = {"state": "published", "public": "public", "category": category, "kind": "policy", "region": region, "tag": tag}
        assert ids(**chosen, author=writer, reviewer=reviewer) == [article.pk]
        assert ids(**chosen | {"kind": "clinical"}) == []

    def test_a_tag_by_another_name_and_one_that_was_merged(self, client, visit, editor, publish):
        old, kept = Tag.objects.create(name="停保"), Tag.objects.create(name="断缴")
        kept.aliases.create(name="断保")
        article = publish(tags=(kept.pk,))
        workflow.merge_tags(old, into=kept, by=editor)
        client.force_login(editor)
        for name in ("断缴", "断保", "停保", " 断缴 "):
            assert visit(PAGE, tag=name).texts("tbody span.work-quiet") == [f"#{article.pk}"]

    @pytest.mark.parametrize("query", ["tag=没有的", "state=x", "category=999999", "author=x", "region=1", f"q={'长' * 201}", "ending=%27"])
    def test_what_is_no_filter_gets_a_sentence(self, client, editor, query):
        client.force_login(editor)
        response = client.get(f"{PAGE}?{query}")
        assert response.status_code == 400
        assert "<table" not in response.content.decode()

    @pytest.mark.parametrize("query", ["before=x", "after=-1", "p=0", "p=999", "end=1&before=0", f"before={'9' * 40}"])
    def test_a_strange_position_is_the_first_page(self, client, editor, publish, query):
        publish()
        client.force_login(editor)
        assert client.get(f"{PAGE}?{query}").status_code == 200


class TestPages:
    @pytest.fixture
    def many(self, publish_many):
        tag = Tag.objects.create(name="断缴")
        publish_many(120, tags=(tag.pk,))
        return list(Article.objects.values_list("pk", flat=True))

    @pytest.mark.parametrize("chosen", [{}, {"state": "published"}, {"tag": 1}, {"kind": "policy"}])
    def test_pages_follow_each_other_both_ways(self, many, chosen):
        chosen = chosen | ({"tag": Tag.objects.get()} if "tag" in chosen else {})
        first = listing(chosen, Position())
        second = listing(chosen, Position(before=first.articles[-1].pk))
        last = listing(chosen, Position(before=second.articles[-1].pk))
        pages = [first, second, last]
        assert [article.pk for page in pages for article in page.articles] == many
        assert [(page.newer, page.older) for page in pages] == [(False, True), (True, True), (True, False)]
        assert listing(chosen, Position(after=last.articles[0].pk)).articles == second.articles
        assert [article.pk for article in listing(chosen, Position(end=True)).articles] == many[-50:]
        assert listing(chosen, Position(after=second.articles[0].pk)).articles == first.articles

    def test_no_page_counts_or_skips_and_each_walks_along_an_index(self, many):
        tag = Tag.objects.get()
        for chosen in ({}, {"state": "published"}, {"tag": tag}, {"kind": "policy"}, {"author": 1}, {"reviewer": 1}, {"region": "330900"}):
            for position in (Position(), Position(before=many[60]), Position(end=True)):
                with CaptureQueriesContext(connection) as captured:
                    listing(chosen, position)
                statement = captured.captured_queries[0]["sql"]
                assert len(captured) <= 2
                assert "COUNT(" not in statement
                assert "OFFSET" not in statement
                plan = explain(statement)
                assert "TEMP B-TREE" not in plan, (chosen, plan)
                assert "Sort" not in plan, (chosen, plan)

    def test_the_page_costs_the_same_at_any_length(self, client, editor, many, publish_many):
        client.force_login(editor)
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(PAGE).status_code == 200
            counts.append(len(captured))
            publish_many(30)
        assert counts[0] == counts[1] <= 10

    def test_links_keep_the_filters(self, client, visit, editor, many):
        client.force_login(editor)
        page = visit(PAGE, kind="policy")
        assert page.texts("nav.work-pages a") == ["下一页", "最早"]
        assert page.links("nav.work-pages a") == [f"?kind=policy&before={many[49]}", "?kind=policy&end=1"]


class TestSearch:
    @pytest.fixture
    def three(self, writer, content, publish):
        live = publish("住院押金能退吗？", body="<p>出院结算以后退回余下的押金。</p>")
        draft = workflow.save_draft(content("护工费能报销吗？", body="<p>独角兽正文。</p>"), by=writer).article
        other = workflow.save_draft(content("配眼镜能用医保卡吗？"), by=writer).article
        return live, draft, other

    def test_drafts_are_found_by_title_and_body_as_soon_as_they_are_saved(self, three):
        _, draft, _ = three
        assert ids(q="护工费报销")[0] == draft.pk
        assert ids(q="独角兽") == [draft.pk]

    def test_the_newest_text_is_searched_and_not_the_live_one(self, three, writer, content):
        live = three[0]
        workflow.save_draft(content("住院押金能退吗？", body="<p>麒麟正文。</p>"), by=writer, article=live)
        assert ids(q="麒麟") == [live.pk]
        assert ids(q="余下") == []

    def test_readers_find_nothing_of_it(self, three, client):
        assert ids(q="独角兽")
        assert search.sync()
        assert search.search("独角兽").total == 0
        assert "护工费" not in client.get("/search/suggest/?q=护工").content.decode()

    def test_search_and_filters_together(self, three, writer, editor):
        live, draft, other = three
        assert set(ids(q="医保卡 护工费", state="draft")) == {draft.pk, other.pk}
        assert ids(q="医保卡 护工费 押金", state="published") == [live.pk]
        assert ids(q="护工费", author=editor) == []

    def test_filters_that_many_fit_narrow_the_best_hits(self, three, monkeypatch):
        monkeypatch.setattr("articles.desk.lists.FEW", 1)
        _, draft, other = three
        assert set(ids(q="医保卡 护工费 押金", state="draft")) == {draft.pk, other.pk}
        assert listing({"q": "医保卡", "state": "draft"}, Position()).partial

    def test_a_number_finds_its_article_first(self, three):
        live, draft, _ = three
        assert ids(q=f"#{draft.pk}")[0] == ids(q=str(draft.pk))[0] == draft.pk
        assert ids(q=f"＃{live.pk}")[0] == live.pk
        assert live.pk not in ids(q="#999999")

    def test_a_merged_and_a_reverted_text_are_followed(self, three, writer, content):
        draft = three[1]
        first = draft.latest_revision
        second = workflow.save_draft(content("护工费能报销吗？", body="<p>改过了。</p>"), by=writer, article=draft)
        assert ids(q="独角兽") == []
        workflow.submit(second, by=writer)
        workflow.revert(first, by=writer)
        assert ids(q="独角兽") == [draft.pk]

    def test_results_come_in_bounded_pages(self, publish_many, client, visit, editor):
        publish_many(60)
        client.force_login(editor)
        page = visit(PAGE, q="医保怎么办")
        assert len(page.all("tbody tr")) == 50
        assert page.texts("nav.work-pages a") == ["下一页"]
        assert len(visit(PAGE, q="医保怎么办", p="2").all("tbody tr")) == 10
        assert "找到 60 篇" in page.texts("p.work-quiet")[0]

    def test_a_deleted_index_is_made_anew(self, three):
        assert ids(q="独角兽")
        shutil.rmtree(drafts.index.directory())
        assert ids(q="独角兽") == [three[1].pk]

    def test_without_an_index_the_page_says_so_and_filters_go_on(self, three, client, editor, monkeypatch):
        monkeypatch.setattr(drafts, "sync", lambda **_: False)
        shutil.rmtree(drafts.index.directory(), ignore_errors=True)
        client.force_login(editor)
        assert "搜索索引正在建立" in client.get(f"{PAGE}?q=护工").content.decode()
        assert len(ids(state="draft")) == 2

    def test_rebuild_search_makes_both_anew(self, three, run):
        assert run("rebuild_search").split() == ["索引了", "1", "篇", "索引了", "3", "篇"]
        assert drafts.index.engine().count() == 3

    def test_it_lies_apart_from_what_readers_search(self, three, settings):
        ids(q="护工")
        assert drafts.index.directory() == settings.DATA_DIR / "drafts"
        assert search.follower.public.directory() == settings.DATA_DIR / "search"


class TestKeptFilters:
    def keep(self, client, name="我的", query="state=draft", **data):
        return client.post(f"{PAGE}filters/", {"name": name, "query": query, **data}, follow=True)

    def test_a_filter_is_kept_used_and_deleted(self, client, visit, writer):
        client.force_login(writer)
        assert "已保存筛选“我的”" in self.keep(client).content.decode()
        kept = SavedFilter.objects.get()
        assert visit(PAGE).links("section.list-kept a") == ["?state=draft"]
        client.post(f"{PAGE}filters/{kept.pk}/", {"action": "delete"})
        assert not SavedFilter.objects.exists()

    def test_the_same_name_replaces_and_positions_are_not_kept(self, client, writer):
        client.force_login(writer)
        self.keep(client)
        self.keep(client, query="before=5&kind=policy&p=3&x=1")
        assert SavedFilter.objects.get().query == "kind=policy"

    def test_a_shared_filter_is_seen_by_all_and_changed_by_its_owner(self, client, visit, writer, editor):
        client.force_login(writer)
        self.keep(client, shared="on")
        self.keep(client, name="只给自己", query="kind=policy")
        kept = SavedFilter.objects.get(name="我的")
        client.force_login(editor)
        assert visit(PAGE).texts("section.list-kept li a") == ["我的"]
        assert client.post(f"{PAGE}filters/{kept.pk}/", {"action": "delete"}).status_code == 404
        client.force_login(writer)
        client.post(f"{PAGE}filters/{kept.pk}/", {"action": "share"})
        assert not SavedFilter.objects.get(pk=kept.pk).shared

    @pytest.mark.parametrize("data", [{"name": ""}, {"query": ""}, {"query": "x=1"}, {"name": "名" * 41}, {"query": "q=" + "长" * 500}])
    def test_what_cannot_be_kept_is_said(self, client, writer, data):
        client.force_login(writer)
        response = self.keep(client, **data)
        assert response.status_code == 200
        assert "messagelist" in response.content.decode()
        assert not SavedFilter.objects.exists()

    def test_nobody_keeps_more_than_fifty(self, client, writer):
        SavedFilter.objects.bulk_create(SavedFilter(user=writer, name=str(n), query="state=draft") for n in range(50))
        client.force_login(writer)
        assert "最多保存 50 个" in self.keep(client).content.decode()

    def test_who_may_not_see_articles_keeps_nothing(self, client):
        client.force_login(User.objects.create_user("nobody", is_staff=True))
        assert client.post(f"{PAGE}filters/", {"name": "x", "query": "state=draft"}).status_code == 403
        assert client.get(PAGE).status_code == 403
