"""/search/: what readers type, what they see, page after page."""

import shutil

import pytest

from articles import search, workflow
from articles.models import Tag
from articles.search import follower

pytestmark = pytest.mark.django_db


def ids(page):
    return [int(link.split("/")[2]) for link in page.links("ol.results a")]


class TestResults:
    def test_a_hit_shows_title_marked_passage_category_and_date(self, publish, visit):
        article = publish("医保卡里的钱会清零吗？", body="<p>不会清零。余额结转到下一年。</p>")
        page = visit("/search/", q="清零")
        assert ids(page) == [article.pk]
        assert page.one("ol.results a").text == article.title  # the link's text is the title alone
        assert page.texts("ol.results mark") == ["清零", "清零"]
        assert "余额结转到下一年" in page.one("ol.results li").text
        assert article.category.name in page.one("ol.results li").text
        assert len(page.all("ol.results time")) == 1
        assert page.one(".total").text == "1"

    def test_nothing_found_says_so(self, publish, visit):
        publish()
        page = visit("/search/", q="独角兽")
        assert page.one(".total").text == "0"
        assert page.all("ol.results") == []
        assert "没有找到" in page.one("main").text

    def test_nothing_asked(self, publish, visit):
        publish()
        for query in ({}, {"q": ""}, {"q": "   "}, {"q": "\u200b"}):
            page = visit("/search/", **query)
            assert page.all("ol.results") == page.all(".total") == []

    def test_the_question_stands_in_the_field_again_and_is_never_markup(self, visit):
        typed = '"><script>alert(1)</script>'
        page = visit("/search/", q=typed)
        assert typed in {element.attrs.get("value") for element in page.all("input")}
        assert [element for element in page.all("script") if "src" not in element.attrs] == []

    def test_a_marked_passage_is_never_markup(self, publish, visit):
        publish("医保<b>问题</b>？", body="<p>先&lt;script&gt;看&lt;/script&gt;医保</p>")
        page = visit("/search/", q="医保 script")
        assert [element for element in page.all("script") if "src" not in element.attrs] == []
        assert page.one("ol.results a").text == "医保<b>问题</b>？"

    def test_withdrawn_while_the_index_lags(self, publish, editor, visit):
        article = publish("独角兽的医保？")
        workflow.unpublish(article, by=editor, reason="内容有误")
        assert ids(visit("/search/", q="独角兽")) == []

    def test_without_an_index_titles_answer_and_the_page_says_so(self, publish, visit):
        article = publish("独角兽的医保？")
        shutil.rmtree(follower.directory())
        page = visit("/search/", q="独角兽")
        assert ids(page) == [article.pk]
        assert "不全" in page.one("main").text

    def test_it_is_not_for_other_search_engines(self, visit):
        robots = [element.attrs["content"] for element in visit("/search/", q="医保").all("meta") if element.attrs.get("name") == "robots"]
        assert "noindex" in robots[0]


class TestFilters:
    @pytest.fixture
    def two(self, publish):
        tag = Tag.objects.named(["家庭共济"])[0]
        from articles.models import Category

        other = Category.objects.exclude(slug="personal-account").first()
        return publish("医保甲？", tags=(tag.pk,), regions=("330900",)), publish("医保乙？", category=other.pk)

    def test_category_region_and_tag(self, two, visit):
        first, second = two
        assert ids(visit("/search/", q="医保", category="personal-account")) == [first.pk]
        assert ids(visit("/search/", q="医保", category=second.category.slug)) == [second.pk]
        assert ids(visit("/search/", q="医保", region="330000")) == [first.pk]
        assert ids(visit("/search/", q="医保", tag="家庭共济")) == [first.pk]
        assert ids(visit("/search/", q="医保", tag="家庭共济", region="330900", category="personal-account")) == [first.pk]
        assert ids(visit("/search/", q="医保", tag="家庭共济", category=second.category.slug)) == []

    def test_the_page_names_what_is_filtered_and_keeps_it(self, two, visit):
        page = visit("/search/", q="医保", region="330900", tag="家庭共济", category="personal-account")
        hidden = {element.attrs.get("name"): element.attrs.get("value") for element in page.all("form input")}
        assert hidden["region"] == "330900"
        assert hidden["tag"] == "家庭共济"
        assert [option.attrs["value"] for option in page.all("select option") if "selected" in option.attrs] == ["personal-account"]
        assert "家庭共济" in page.one("main").text
        assert "舟山" in page.one("main").text

    @pytest.mark.parametrize(
        "query",
        [
            {"category": "none"},
            {"region": "999999"},
            {"region": "1234567"},
            {"tag": "没有"},
            {"page": "0"},
            {"page": "-1"},
            {"page": "51"},
            {"page": "x"},
            {"page": "1" * 5000},
        ],
    )
    def test_what_cannot_be_400_with_a_sentence(self, visit, query):
        page = visit("/search/", status=400, q="医保", **query)
        assert page.all(".total") == []
        assert len(page.one("main").text) > 20


class TestPages:
    @pytest.fixture
    def fifty(self, publish_many):
        articles = publish_many(50)
        search.sync()
        return articles

    def test_twenty_a_page_to_the_end(self, fifty, visit):
        pages = [visit("/search/", q="医保", page=number) for number in (1, 2, 3)]
        assert [len(ids(page)) for page in pages] == [20, 20, 10]
        assert len({id for page in pages for id in ids(page)}) == 50
        assert {page.one(".total").text for page in pages} == {"50"}

    def test_its_links_lead_down_and_up_again_with_the_filters(self, fifty, visit):
        page = visit("/search/", q="医保", category="personal-account")
        seen = [ids(page)]
        while down := [link.attrs["href"] for link in page.all("nav.pager a") if link.attrs["rel"] == "next"]:
            assert "category=personal-account" in down[0]
            page = visit("/search/" + down[0])
            seen.append(ids(page))
        assert len(seen) == 3
        up = next(link.attrs["href"] for link in page.all("nav.pager a") if link.attrs["rel"] == "prev")
        assert ids(visit("/search/" + up)) == seen[1]

    def test_a_later_page_says_which(self, fifty, visit):
        assert "第 2 页" in visit("/search/", q="医保", page=2).one(".search-count").text

    def test_beyond_the_last_page_404(self, fifty, visit):
        visit("/search/", status=404, q="医保", page=4)

    def test_a_thousand_results_can_be_reached(self, publish_many, visit):
        publish_many(1030)
        search.sync()
        page = visit("/search/", q="医保", page=50)
        assert len(ids(page)) == 20
        assert [link.attrs["rel"] for link in page.all("nav.pager a")] == ["prev"]
        assert page.one(".total").text == "1030"

    def test_a_very_long_question_makes_no_very_long_links(self, fifty, visit):
        page = visit("/search/", q="医保" * 1000)
        assert all(len(link) < 4000 for link in page.links())
