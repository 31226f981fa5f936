"""Home, category, tag, region and archive: which articles, in which order, page after page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from articles import workflow
from articles.content import ArticleContent
from articles.models import Article, Category, Region, Tag

pytestmark = pytest.mark.django_db

MONTH = "/archive/2026/3/"


@pytest.fixture
def tag():
    return Tag.objects.named(["断缴"])[0]


@pytest.fixture
def shelves(publish_many, tag):
    """shelves(45): articles that stand in one category, under one tag, in one region; and the lists' addresses."""

    def make(count):
        articles = publish_many(count, tags=(tag.pk,), regions=("330900",))
        month = timezone.localtime(articles[-1].go_live_at)
        return articles, [
            "/categories/personal-account/",
            f"/tags/{tag.slug}/",
            "/regions/330900/",
            f"/archive/{month.year}/{month.month}/",
        ]

    return make


def ids(page):
    return [int(link.split("/")[2]) for link in page.links("ul.cards h2 a")]


def walk(visit, address, rel="next"):
    """The ids on every page from `address` on, and the address of the last."""
    pages = []
    while True:
        page = visit(address)
        pages.append(ids(page))
        links = [link.attrs["href"] for link in page.all("nav.pager a") if link.attrs["rel"] == rel]
        if not links:
            return pages, address
        address = address.split("?")[0] + links[0]


class TestWhatStandsThere:
    def test_every_list_shows_what_belongs_there_newest_first(self, shelves, visit, publish):
        articles, addresses = shelves(5)
        publish("别处的问题？", category=Category.objects.exclude(slug="personal-account").first().pk, regions=("110000",))
        wanted = [article.pk for article in articles]
        for address in addresses[:3]:
            assert ids(visit(address)) == wanted, address

    def test_home_shows_the_newest_and_all_categories(self, publish_many, visit):
        articles = publish_many(25)
        page = visit("/")
        assert page.links("ul.cards h3 a") == [article.get_absolute_url() for article in articles[:20]]
        assert {category.get_absolute_url() for category in Category.objects.all()} <= set(page.links("main a"))

    def test_a_card_shows_title_excerpt_category_and_date(self, publish, visit):
        article = publish(short_answer="还在。")
        card = visit("/categories/personal-account/").one("article.card")
        assert article.title in card.text
        assert article.excerpt in card.text
        assert article.category.name in card.text
        assert "datetime" in visit("/").all("article.card time")[0].attrs

    @pytest.mark.parametrize("take_away", ["unpublish", "merge"])
    def test_what_is_taken_away_leaves_every_list_at_once(self, shelves, visit, editor, take_away):
        articles, addresses = shelves(3)
        if take_away == "unpublish":
            workflow.unpublish(articles[0], by=editor, reason="内容有误")
        else:
            workflow.merge(articles[0], into=articles[1], by=editor)
        for address in addresses:
            assert ids(visit(address)) == [article.pk for article in articles[1:]]
        assert articles[0].get_absolute_url() not in visit("/").links()

    def test_a_scheduled_article_appears_in_every_list_by_itself(self, shelves, visit, approved, editor, tag, time_passes):
        _, addresses = shelves(2)
        revision = approved("定时的医保问题？", tags=(tag.pk,), regions=("330900",))
        workflow.schedule(revision, by=editor, at=timezone.now() + timedelta(seconds=30))
        for address in ["/", *addresses]:
            assert "定时的医保问题" not in visit(address).response.content.decode()
        time_passes(seconds=31)
        for address in addresses[:3]:
            assert ids(visit(address))[0] == revision.article_id

    def test_an_expired_article_leaves_every_list_by_itself(self, content, visit, tag, time_passes):
        was = workflow.Restored(
            5000, timezone.now() - timedelta(days=1), timezone.now() + timedelta(hours=1), None, "", None, None, None, ""
        )
        workflow.restore(content("限时的医保问题？", tags=(tag.pk,), regions=("330900",)), was, by=None)
        addresses = ["/", "/categories/personal-account/", f"/tags/{tag.slug}/", "/regions/330900/"]
        for address in addresses:
            assert "限时的医保问题" in visit(address).response.content.decode()
        time_passes(hours=1)
        for address in addresses:
            assert "限时的医保问题" not in visit(address).response.content.decode()

    def test_an_article_moved_to_another_category_moves_with_its_publication(self, publish, approved, editor, visit):
        article = publish()
        other = Category.objects.exclude(pk=article.category_id).first()
        workflow.publish(approved(article=article, category=other.pk), by=editor)
        assert ids(visit("/categories/personal-account/")) == []
        assert ids(visit(other.get_absolute_url())) == [article.pk]

    def test_an_empty_list_is_a_page_with_words(self, visit):
        for address in ("/", "/categories/personal-account/", "/regions/330900/", MONTH):
            assert "还没有文章" in visit(address).one("main").text

    @pytest.mark.parametrize(
        "path",
        [
            "/categories/none/",
            "/tags/没有/",
            "/regions/999999/",
            "/archive/2026/13/",
            "/archive/2026/0/",
            "/archive/0/1/",
            "/archive/99999/1/",
        ],
    )
    def test_what_there_is_not_404(self, visit, path):
        visit(path, status=404)


class TestTags:
    @pytest.mark.parametrize("name", ["医保", "A B", "C++", "新冠-19", "＋", "1.5万", "a/b", "50%", "?", "Łódź", "𠮷"])
    def test_every_name_has_an_address_that_works(self, publish, visit, name):
        tag = Tag.objects.named([name])[0]
        article = publish(tags=(tag.pk,))
        page = visit(tag.get_absolute_url())
        assert ids(page) == [article.pk]
        assert tag.name in page.one("h1").text

    def test_two_names_with_one_slug_have_two_addresses(self):
        first, second = Tag.objects.named(["A B", "A-B"])
        assert first.get_absolute_url() != second.get_absolute_url()


class TestArchive:
    @pytest.fixture
    def publish_at(self, content):
        def make(*moments):
            contents = [content(f"医保第{i}问？") for i in range(len(moments))]
            workflow.publish_in_bulk(contents, reason="测试", at=list(moments))
            return list(Article.objects.order_by("pk"))

        return make

    def test_a_month_begins_and_ends_at_midnight_in_shanghai(self, publish_at, visit):
        articles = publish_at(
            datetime(2026, 2, 28, 15, 59, 59, tzinfo=UTC),
            datetime(2026, 2, 28, 16, 0, tzinfo=UTC),
            datetime(2026, 3, 31, 15, 59, 59, 999_999, tzinfo=UTC),
            datetime(2026, 3, 31, 16, 0, tzinfo=UTC),
        )
        assert ids(visit(MONTH)) == [articles[2].pk, articles[1].pk]
        assert ids(visit("/archive/2026/2/")) == [articles[0].pk]
        assert ids(visit("/archive/2026/4/")) == [articles[3].pk]

    def test_december_has_an_end(self, publish_at, visit):
        article = publish_at(datetime(2025, 12, 31, 12, tzinfo=UTC))[0]
        assert ids(visit("/archive/2025/12/")) == [article.pk]
        assert ids(visit("/archive/2026/1/")) == []

    def test_the_years_have_bounds(self, visit):
        for year in (1970, 9998):
            visit(f"/archive/{year}/12/")
        for year in (1969, 9999):
            visit(f"/archive/{year}/12/", status=404)


class TestPages:
    @pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 40, 41])
    def test_walking_down_shows_everything_once(self, shelves, visit, count):
        articles, addresses = shelves(count) if count else ([], ["/categories/personal-account/"])
        for address in addresses[:3]:
            pages, _ = walk(visit, address)
            assert [id for page in pages for id in page] == [article.pk for article in articles]
            assert all(len(page) == 20 for page in pages[:-1])
            assert pages[-1] or not count

    def test_walking_up_again_shows_the_same_pages(self, shelves, visit):
        _, addresses = shelves(55)
        for address in addresses[:3]:
            down, last = walk(visit, address)
            up, _ = walk(visit, last, rel="prev")  # from the last page, which holds 15
            assert up[0] == down[-1]
            assert [id for page in reversed(up) for id in page] == [id for page in down for id in page]

    def test_articles_of_the_same_moment_are_neither_lost_nor_repeated(self, content, visit):
        moment = timezone.now() - timedelta(hours=1)
        contents = [content(f"医保第{i}问？") for i in range(45)]
        workflow.publish_in_bulk(contents, reason="测试", at=[moment] * 45)
        pages, _ = walk(visit, "/categories/personal-account/")
        assert [id for page in pages for id in page] == sorted(Article.objects.values_list("pk", flat=True), reverse=True)

    def test_an_article_published_between_two_pages_shifts_nothing(self, shelves, visit, publish):
        articles, addresses = shelves(25)
        older = next(link.attrs["href"] for link in visit(addresses[0]).all("nav.pager a"))
        publish("医保插进来的问题？")
        assert ids(visit(addresses[0] + older)) == [article.pk for article in articles[20:]]

    def test_the_first_page_has_no_newer_and_the_last_no_older(self, shelves, visit):
        _, addresses = shelves(25)
        first = visit(addresses[0])
        assert [link.attrs["rel"] for link in first.all("nav.pager a")] == ["next"]
        second = visit(addresses[0] + first.links("nav.pager a")[0])
        assert [link.attrs["rel"] for link in second.all("nav.pager a")] == ["prev"]

    def test_an_archive_stays_within_its_month(self, content, visit):
        start = datetime(2026, 3, 30, tzinfo=UTC)
        contents = [content(f"医保第{i}问？") for i in range(50)]
        workflow.publish_in_bulk(contents, reason="测试", at=[start + timedelta(hours=2 * i) for i in range(50)])
        pages, _ = walk(visit, MONTH)
        assert sum(map(len, pages)) == len([1 for i in range(50) if start + timedelta(hours=2 * i) < datetime(2026, 3, 31, 16, tzinfo=UTC)])

    @pytest.mark.parametrize("name", ["before", "after"])
    @pytest.mark.parametrize(
        "position",
        [
            "x",
            "1",
            "-",
            "1-",
            "-1",
            "1-x",
            "x-1",
            "1-2-3",
            "-1-1",
            "９-９",
            "1e9-1",
            " 1-1",
            "1-1\x00",
            "9" * 17 + "-1",
            "1-" + "9" * 17,
            "9" * 5000 + "-1",
        ],
    )
    def test_a_position_that_is_none_404(self, visit, name, position):
        visit("/categories/personal-account/", status=404, **{name: position})

    @pytest.mark.parametrize("position", ["0-0", "1-1", "9999999999999999-9999999999999999"])
    def test_the_furthest_positions_are_pages(self, visit, position):
        for name in ("before", "after"):
            visit("/categories/personal-account/", **{name: position})


def test_a_region_page_names_the_region(visit):
    assert Region.objects.get(pk="330900").name in visit("/regions/330900/").one("h1").text


def test_content_without_a_category_cannot_break_a_list(writer, visit):
    workflow.save_draft(ArticleContent("没有栏目的草稿？", body="<p>正文</p>"), by=writer)
    assert "没有栏目的草稿" not in visit("/").response.content.decode()


def test_a_month_leads_to_the_nearest_months_that_have_articles(content, visit):
    months = [(2025, 3), (2025, 6), (2025, 10)]
    at = [datetime(year, month, 5, 9, tzinfo=UTC) for year, month in months]
    workflow.publish_in_bulk([content(f"{month} 月的问题？") for _, month in months], reason="测试", at=at)
    links = [link.attrs["href"] for link in visit("/archive/2025/6/").all("nav.pager a")]
    assert links == ["/archive/2025/10/", "/archive/2025/3/"]


def test_a_tag_that_only_drafts_carry_does_not_show_that_it_exists(writer, content, tag, client):
    workflow.save_draft(content(tags=(tag.pk,)), by=writer)
    assert client.get("/tags/断缴/").status_code == 404
    assert client.get("/tags/断缴/").content == client.get("/tags/没有这个/").content
    assert client.get("/tags/断缴/feed/").status_code == 404
    assert client.get("/search/?q=医保&tag=断缴").status_code == 400
