"""搜索统计: what editors learn from the search log, and what they can do about it from there."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group, User
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import stats
from articles.stats import admin, reports
from articles.stats.models import Counted, SearchDay
from tests.html_page import HtmlPage

pytestmark = pytest.mark.django_db

PAGE = "/admin/stats/searchday/"
ROLES = ["作者", "医学审核", "主编", "管理员"]


@pytest.fixture
def log(db):
    """log("断缴", 5, results=0, days_ago=3): a row of the log."""

    def add(query, searches=1, *, results=1, clicks=0, rank_sum=0, days_ago=0):
        SearchDay.objects.add([Counted(timezone.localdate() - timedelta(days=days_ago), query, searches, results, clicks, rank_sum)])

    return add


@pytest.fixture
def person(db):
    """person("主编"): somebody with that role."""

    def make(role=None):
        found = User.objects.create_user(f"p{User.objects.count()}", is_staff=True)
        found.groups.set(Group.objects.filter(name=role))
        return found

    return make


@pytest.fixture
def dashboard(client, person):
    """dashboard(days=90): the page as an editor sees it."""

    def get(role="主编", **query):
        client.force_login(person(role))
        response = client.get(PAGE, query)
        assert response.status_code == 200
        page = HtmlPage(response.content.decode())
        page.text, page.report = response.content.decode(), response.context_data.get("report")
        return page

    return get


def queries(rows):
    return [row.query for row in rows]


class TestTables:
    def test_the_most_searched_come_first(self, log, dashboard):
        log("断缴", 2)
        log("新生儿", 3)
        log("断缴", 4, days_ago=3)
        assert queries(dashboard().report.most) == ["断缴", "新生儿"]

    def test_of_equal_counts_the_newest_comes_first(self, log):
        log("前天", 5, results=0, days_ago=2)
        log("今天", 5, results=0)
        log("昨天", 5, results=0, days_ago=1)
        log("多些", 6, results=0, days_ago=3)
        found = reports.report(30)
        assert queries(found.most) == queries(found.empty) == ["多些", "今天", "昨天", "前天"]

    def test_a_row_adds_up_its_days(self, log):
        log("断缴", 6, results=9, clicks=1, rank_sum=5, days_ago=2)
        log("断缴", 4, results=7, clicks=3, rank_sum=3)
        [row] = reports.report(30).most
        assert row == ("断缴", 10, 7, 4, 8)
        assert (row.share, row.rank) == (40, 2.0)

    def test_what_nobody_opened_has_no_average_place(self, log, dashboard):
        log("断缴", 6)
        page = dashboard()
        assert page.report.most[0].rank is None
        assert "—" in page.text

    def test_more_clicks_than_searches_are_all(self, log):
        log("断缴", 2, clicks=7, rank_sum=7)
        assert reports.report(30).most[0].share == 100

    def test_without_results_is_what_found_none_the_last_time(self, log):
        log("后来有了", 5, results=0, days_ago=2)
        log("后来有了", 1, results=3)
        log("后来没了", 1, results=3, days_ago=2)
        log("后来没了", 1, results=0)
        log("从来没有", 7, results=0)
        found = reports.report(30)
        assert queries(found.empty) == ["从来没有", "后来没了"]
        assert found.empty[0].results == 0

    def test_a_late_click_does_not_make_a_query_one_without_results(self, log):
        log("断缴", 5, results=4, days_ago=1)
        log("断缴", 0, results=0, clicks=1, rank_sum=1)
        assert reports.report(30).empty == []

    def test_seldom_opened_is_searched_often_with_results_and_few_clicks(self, log):
        log("很少点", 10, results=5, clicks=1, rank_sum=1)
        log("从不点", 5, results=5)
        log("正好两成", 10, results=5, clicks=2, rank_sum=2)
        log("搜得太少", 4, results=5)
        log("没有结果", 50, results=0)
        assert queries(reports.report(30).seldom) == ["很少点", "从不点"]

    def test_a_query_that_was_only_clicked_is_in_no_table(self, log):
        log("编造的", 0, results=0, clicks=1000, rank_sum=1000)
        assert reports.report(30) == (0, 0, [], [], [])

    def test_each_table_has_at_most_fifty_rows(self, log):
        for number in range(60):
            log(f"没有第{number}", 9, results=0)
            log(f"很少第{number}", 9, results=3)
        found = reports.report(30)
        assert [len(rows) for rows in (found.most, found.empty, found.seldom)] == [50, 50, 50]
        assert found.searches == 1080

    @pytest.mark.parametrize(("days", "shown"), [("7", 7), ("30", 30), ("90", 90), (None, 30)])
    def test_a_period_starts_so_many_days_ago(self, log, dashboard, days, shown):
        log("里面", 1, days_ago=shown - 1)
        log("外面", 1, days_ago=shown)
        page = dashboard(**({"days": days} if days else {}))
        assert queries(page.report.most) == ["里面"]
        assert [link.text.strip() for link in page.all(".report-periods a") if "aria-current" in link.attrs] == [f"{shown} 天"]

    @pytest.mark.parametrize("days", ["", "0", "-7", "365", "9" * 5000, "３０", "x", "30.0"])
    def test_another_period_is_the_usual_one(self, log, dashboard, days):
        log("断缴")
        assert "最近 30 天" in dashboard(days=days).text

    def test_the_statements_are_two_however_many_rows(self, log, dashboard):
        for count in (3, 200):
            for number in range(count):
                log(f"医保第{number}问", 9, results=number % 2)
            with CaptureQueriesContext(connections["stats"]) as captured:
                dashboard()
            assert len([query for query in captured.captured_queries if "SELECT" in query["sql"]]) == 2


class TestActions:
    def links(self, page, label):
        return [urlsplit(link.attrs["href"]) for link in page.all("a") if link.text.strip() == label]

    def test_each_row_leads_to_the_public_search(self, log, dashboard, client):
        log("医保 & 断缴?", 3)
        [link] = self.links(dashboard(), "看结果")
        assert (link.path, parse_qs(link.query)) == ("/search/", {"q": ["医保 & 断缴?"]})
        assert client.get(f"{link.path}?{link.query}").status_code == 200

    def test_an_article_starts_with_the_query_as_its_question(self, log, dashboard, client):
        log('停保"三个月"<以后>怎么恢复', 3, results=0)
        link = self.links(dashboard("作者"), "写这篇文章")[0]
        page = HtmlPage(client.get(f"{link.path}?{link.query}").content.decode())
        [title] = [field for field in page.all("input") if field.attrs.get("name") == "title"]
        assert title.attrs["value"] == '停保"三个月"<以后>怎么恢复'

    def form(self, client, link):
        """Name and content of every field on the page behind `link`."""
        page = HtmlPage(client.get(f"{link.path}?{link.query}").content.decode())
        return {field.attrs.get("name"): field.attrs.get("value") or field.text for field in page.all("input") + page.all("textarea")}

    def test_a_promotion_starts_with_the_query(self, log, dashboard, client):
        log("社保卡", 3)
        assert self.form(client, self.links(dashboard(), "推荐结果")[0])["query"] == "社保卡"

    @pytest.mark.parametrize("query", ["社保", "社保卡", "hpv疫苗", "城乡居民医保门诊"])
    def test_a_word_starts_a_group_of_synonyms(self, log, dashboard, client, query):
        log(query, 3)
        form = self.form(client, self.links(dashboard(), "加同义词")[0])
        assert (form["words"], form["trial"]) == (query, "")

    @pytest.mark.parametrize("query", ["停保三个月以后怎么恢复", "社保 补缴", "停保怎么办?", "卡＃号", "城乡居民医保门诊费", "a&b<c>"])
    def test_a_question_is_only_tried_with_it(self, log, dashboard, client, query):
        log(query, 3)
        form = self.form(client, self.links(dashboard(), "加同义词")[0])
        assert (form["words"], form["trial"]) == ("", query)

    def test_one_character_has_no_synonyms(self, log, dashboard):
        log("卡", 3)
        page = dashboard()
        assert not self.links(page, "加同义词")
        assert self.links(page, "推荐结果")

    def test_nobody_is_offered_what_they_may_not_do(self, log, dashboard):
        log("断缴", 3)
        page = dashboard("医学审核")
        assert self.links(page, "看结果")
        assert not self.links(page, "写这篇文章")

    def test_an_action_whose_page_is_not_there_is_left_out(self, log, dashboard, monkeypatch):
        monkeypatch.setattr(
            admin, "ACTIONS", [("另一件事", "articles_nothing_add", admin.as_field("q"), "articles.add_article"), *admin.ACTIONS]
        )
        log("断缴", 3)
        page = dashboard()
        assert not self.links(page, "另一件事")
        assert self.links(page, "写这篇文章")

    def test_what_readers_type_stays_text(self, log, dashboard):
        log("<script>alert(1)</script>", 9, results=0)
        page = dashboard()
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text

    def test_a_link_says_for_which_query_it_is(self, log, dashboard):
        log("断缴", 3)
        labels = [link.attrs["aria-label"] for link in dashboard().all("a") if "aria-label" in link.attrs]
        assert "看结果：断缴" in labels


class TestStates:
    def test_before_the_first_search(self, dashboard):
        page = dashboard()
        assert "还没有记录" in page.text
        assert page.all("table") == []

    def test_with_the_log_switched_off(self, dashboard, settings):
        settings.SEARCH_LOG_DAYS = 0
        assert "没有打开搜索记录" in dashboard().text

    def test_while_its_database_is_broken(self, dashboard, caplog):
        with connections["stats"].cursor() as cursor:
            cursor.execute("ALTER TABLE stats_searchday RENAME TO elsewhere")
        assert "搜索统计暂时读不到" in dashboard().text
        assert "the search log cannot be read" in caplog.text

    def test_an_empty_table_says_so(self, log, dashboard):
        log("断缴", 1, results=3)
        assert dashboard().text.count("没有这样的搜索词") == 2

    def test_what_a_reader_searches_stands_there_after_the_next_round(self, visit, publish, dashboard):
        publish()
        visit("/search/", q="医保卡 13800138000")
        stats.flush()
        page = dashboard()
        assert "医保卡 ＃" in page.text
        assert "13800138000" not in page.text

    def test_it_holds_no_inline_code(self, log, dashboard):
        log("断缴", 9)
        for element in dashboard().all("script"):
            assert element.attrs.get("src")


class TestPermissions:
    @pytest.mark.parametrize("role", ROLES)
    def test_every_role_reads_it_and_finds_it_on_the_first_page(self, client, person, role):
        client.force_login(person(role))
        assert client.get(PAGE).status_code == 200
        assert PAGE in client.get("/admin/").content.decode()

    def test_staff_without_a_role_does_not(self, client, person):
        client.force_login(person())
        assert client.get(PAGE).status_code == 403

    def test_readers_are_asked_to_sign_in(self, client, log):
        log("断缴")
        response = client.get(PAGE)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")

    def test_nobody_adds_changes_or_deletes_a_row(self, client, log):
        log("断缴")
        client.force_login(User.objects.create_superuser("root"))
        pk = SearchDay.objects.get().pk
        for path in (f"{PAGE}add/", f"{PAGE}{pk}/change/", f"{PAGE}{pk}/delete/", f"{PAGE}{pk}/"):
            assert client.get(path).status_code == client.post(path).status_code == 404, path
        client.post(PAGE, {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})
        assert SearchDay.objects.count() == 1
