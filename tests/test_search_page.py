"""/search/: what readers type, what they see, page after page."""

import re
import shutil
from datetime import date

import pytest
from django.utils import timezone

from articles import search, stats, workflow
from articles.models import Article, Category, Promotion, Region, Tag
from articles.search.follower import public
from articles.stats.models import SearchDay

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
        shutil.rmtree(public.directory())
        page = visit("/search/", q="独角兽")
        assert ids(page) == [article.pk]
        assert "不全" in page.one("main").text

    def test_without_an_index_a_search_in_vain_says_so_too(self, publish, visit):
        publish()
        shutil.rmtree(public.directory())
        assert "不全" in visit("/search/", q="独角兽").one("main").text

    def test_an_expired_policy_says_so(self, publish, visit):
        old, new = publish("医保甲？", valid_until=date(2020, 1, 1)), publish("医保乙？", valid_until=date(2999, 1, 1))
        page = visit("/search/", q="医保")
        labels = {id: "已过有效期" in item.text for id, item in zip(ids(page), page.all("ol.results li"), strict=True)}
        assert labels == {old.pk: True, new.pk: False}

    def test_a_promoted_article_stands_first_and_says_so(self, publish, visit):
        publish("医保断缴怎么办？")
        promoted = publish("哪里可以补缴？")
        Promotion.objects.create(query="医保断缴怎么办", article=promoted)
        page = visit("/search/", q="医保断缴怎么办？")
        assert ids(page)[0] == promoted.pk
        assert ["推荐" in item.text for item in page.all("ol.results li")] == [True, False]
        assert page.texts("ol.results a")[0] == promoted.title

    def test_a_promoted_article_alone_comes_with_all_the_help_of_an_empty_page(self, publish, visit):
        other = publish("医保断缴怎么办？", tags=(Tag.objects.named(["断缴"])[0].pk,))
        promoted = publish("哪里可以补缴？")
        Promotion.objects.create(query="zzzz", article=promoted)
        page = visit("/search/", q="zzzz")
        assert ids(page) == [promoted.pk]
        assert page.one(".search-promoted").text == "推荐给您："
        assert page.all(".search-sort") == page.all(".filters") == page.all(".pager") == []
        assert page.one(".total").text == "0"
        assert page.texts(".nearest-tags a") == ["断缴"]
        assert page.links(".nearest-articles a") == [other.get_absolute_url()]  # the promoted one stands above
        assert len(page.all(".categories a")) == Category.objects.count()

    def test_what_the_script_needs_to_report_a_click_stands_on_the_list(self, publish_many, visit):
        publish_many(25)
        search.sync()
        for number, start in [(1, "1"), (2, "21")]:
            results = visit("/search/", q=" 医保 ", page=number).one("ol.results")
            assert results.attrs["start"] == start
            assert (results.attrs["data-query"], results.attrs["data-clicks"]) == ("医保", "/search/click/")

    def test_it_is_not_for_other_search_engines(self, visit):
        robots = [element.attrs["content"] for element in visit("/search/", q="医保").all("meta") if element.attrs.get("name") == "robots"]
        assert "noindex" in robots[0]


def option(page, facet, label):
    """The link of a filter: facet and label as they stand on the page."""
    headings = {element.parent: element.text for element in page.all(".filters-panel h2")}
    section = next(element for element, text in headings.items() if text == facet)
    return next(link for link in page.all(".filters-panel a") if section in link.ancestors() and link.text.startswith(f"{label} "))


def option_of(link):
    """Which filter a link of the panel sets or takes off."""
    return next(node for node in link.ancestors() if node.tag == "section").attrs["aria-labelledby"].removeprefix("filter-")


class TestFilters:
    @pytest.fixture
    def two(self, publish):
        tag = Tag.objects.named(["家庭共济"])[0]
        other = Category.objects.exclude(slug="personal-account").first()
        return (
            publish("医保甲？", tags=(tag.pk,), regions=("330900",), valid_until=date(2020, 1, 1)),
            publish("医保乙？", category=other.pk),
        )

    def test_each_of_them_narrows_the_results(self, two, visit):
        first, second = two
        both = [second.pk, first.pk]
        year = timezone.localtime(first.go_live_at).year
        for query, found in [
            ({"category": "personal-account"}, [first.pk]),
            ({"category": second.category.slug}, [second.pk]),
            ({"region": "330000"}, both),  # what is for the whole country is for every place
            ({"region": "110000"}, [second.pk]),
            ({"tag": "家庭共济"}, [first.pk]),
            ({"year": year}, both),
            ({"year": year - 1}, []),
            ({"valid": "0"}, [first.pk]),
            ({"valid": "1"}, [second.pk]),
            ({"tag": "家庭共济", "region": "330900", "category": "personal-account", "year": year, "valid": "0"}, [first.pk]),
            ({"tag": "家庭共济", "category": second.category.slug}, []),
        ]:
            page = visit("/search/", q="医保", **query)
            assert sorted(ids(page)) == sorted(found), query
            assert page.one(".total").text == str(len(found))

    @pytest.mark.parametrize("before", [{}, {"category": "personal-account"}, {"valid": "1"}, {"region": "330000"}])
    def test_every_link_finds_as_many_as_it_says(self, two, visit, before):
        links = [link for link in visit("/search/", q="医保", **before).all(".filters-panel a") if "aria-current" not in link.attrs]
        assert len({option_of(link) for link in links}) >= (1 if before else 4)
        for link in links:
            assert visit(link.attrs["href"]).one(".total").text == link.text.split()[-1], link.text

    def test_one_tap_sets_a_filter_and_another_takes_it_off(self, two, visit):
        page = visit(option(visit("/search/", q="医保"), "地区", "浙江").attrs["href"])
        chosen = option(page, "地区", "浙江")
        assert chosen.attrs["aria-current"] == "true"
        assert [link.attrs["href"] for link in page.all(".filters-panel a") if "aria-current" in link.attrs] == [chosen.attrs["href"]]
        assert chosen.attrs["href"] == page.links(".chosen-filters a")[0] == page.links(".chosen-filters a")[1]
        assert option(visit(chosen.attrs["href"]), "地区", "浙江").attrs.get("aria-current") is None

    def test_they_add_up_and_go_together(self, two, visit):
        page = visit(option(visit("/search/", q="医保", sort="date"), "地区", "舟山").attrs["href"])
        page = visit(option(page, "栏目", "个人账户").attrs["href"])
        assert [link.text for link in page.all(".chosen-filters a")] == ["去掉条件： 个人账户 ✕", "去掉条件： 舟山 ✕", "清除全部筛选"]
        bare = visit(page.links(".chosen-filters a")[-1])
        assert bare.all(".chosen-filters") == []
        assert len(ids(bare)) == 2
        assert [link.text for link in bare.all(".search-sort a") if "aria-current" in link.attrs] == ["按时间"]

    def test_a_filter_without_results_can_be_taken_off(self, two, visit):
        page = visit("/search/", q="医保", year=1999)
        assert page.texts(".chosen-filters a")[0] == "去掉条件： 1999 年 ✕"
        assert [visit(link).one(".total").text for link in page.links(".search-empty a")[:1]] == ["2"]

    def test_a_value_that_all_results_share_is_not_offered(self, two, visit):
        assert "发布年份" not in visit("/search/", q="医保").texts(".filters-panel h2")

    def test_another_question_keeps_the_place_alone(self, two, visit):
        query = {"region": "330900", "tag": "家庭共济", "category": "personal-account", "year": 2026, "valid": "0", "sort": "date"}
        for page in (visit("/search/", q="医保", **query), visit("/search/", status=400, q="医保", page="0", **query)):
            hidden = {element.attrs["name"]: element.attrs["value"] for element in page.all("form.search-form input")}
            assert hidden == {"q": "医保", "region": "330900"}

    def test_few_results_under_a_filter_lead_to_all_of_them(self, two, visit):
        page = visit("/search/", q="医保", category="personal-account", region="330900", sort="date")
        assert page.one(".search-widen").text == "在全部内容中搜索"
        wider = visit(page.links(".search-widen a")[0])
        assert [len(ids(page)), len(ids(wider))] == [1, 2]
        assert wider.texts(".chosen-filters a")[0] == "去掉条件： 舟山 ✕"  # the place is the reader's own
        assert "sort=date" in page.links(".search-widen a")[0]

    @pytest.mark.parametrize("query", [{}, {"region": "330900"}, {"sort": "date"}])
    def test_without_such_a_filter_there_is_no_wider_search(self, two, visit, query):
        assert visit("/search/", q="医保", **query).all(".search-widen") == []

    @pytest.mark.parametrize(("count", "offered"), [(4, 1), (5, 0)])
    def test_enough_results_need_no_wider_search(self, publish_many, visit, count, offered):
        publish_many(count)
        search.sync()
        assert len(visit("/search/", q="医保", category="personal-account").all(".search-widen")) == offered

    def test_before_there_is_a_question_the_page_says_where_it_would_search(self, two, visit):
        page = visit("/search/", tag="家庭共济", category="personal-account")
        assert page.texts(".chosen-filters a") == ["去掉条件： 个人账户 ✕", "去掉条件： 家庭共济 ✕", "清除全部筛选"]
        assert page.links(".chosen-filters a")[-1] == "/search/"

    def test_many_regions_are_chosen_from_a_list(self, publish, visit):
        codes = [region.pk for region in Region.objects.filter(level="province")[:12]]
        for code in codes:
            publish(f"医保在{code}？", regions=(code,))
        page = visit("/search/", q="医保", category="personal-account")
        assert len([link for link in page.links(".filters-panel a") if "region=" in link]) == 8
        assert [element.attrs["value"] for element in page.all("form.region-choice option")] == ["", *codes]
        fields = {element.attrs["name"]: element.attrs["value"] for element in page.all("form.region-choice input")}
        assert ids(visit("/search/", **fields, region=codes[-1])) == [Article.objects.latest("pk").pk]

    def test_a_chosen_value_is_never_hidden_among_many(self, publish, visit):
        codes = [region.pk for region in Region.objects.filter(level="province")[:10]]
        tags = Tag.objects.named([f"标签{number}" for number in range(10)])
        for code, tag in zip(codes, tags, strict=True):
            publish(f"医保在{code}？", regions=(code,), tags=(tag.pk,))
        page = visit("/search/", q="医保", region=codes[-1])
        assert [option_of(link) for link in page.all(".filters-panel a") if "aria-current" in link.attrs] == ["region"]
        more = [visit("/search/", q="医保", tag=tag.slug).one("details.filters-more") for tag in tags]
        for details, tag in zip(more, tags, strict=True):
            assert ("open" in details.attrs) == (tag.name in details.text)

    def test_an_unpublished_tag_cannot_be_asked_for(self, approved, visit):
        approved("医保丙？", tags=(Tag.objects.named(["独角兽"])[0].pk,))
        visit("/search/", status=400, q="医保", tag="独角兽")

    @pytest.mark.parametrize(
        "query",
        [
            {"category": "none"},
            {"region": "999999"},
            {"region": "1234567"},
            {"tag": "没有"},
            {"year": "abc"},
            {"year": "0"},
            {"year": "10000"},
            {"year": "2026.5"},
            {"valid": "7"},
            {"valid": "true"},
            {"sort": "x"},
            {"page": "0"},
            {"page": "-1"},
            {"page": "51"},
            {"page": str(10**18)},
            {"page": "x"},
            {"page": "1" * 5000},
        ],
    )
    def test_what_cannot_be_400_with_a_sentence(self, visit, query):
        page = visit("/search/", status=400, q="医保", **query)
        assert page.all(".total") == []
        assert len(page.one(".notice").text) > 20
        assert not re.search("[a-z]{3}", page.one(".notice").text.replace("relevance", "").replace("date", ""))
        assert "医保" in {element.attrs.get("value") for element in page.all("input")}
        assert page.links(".notice a") == ["/search/?q=%E5%8C%BB%E4%BF%9D"]  # what was right stays

    @pytest.mark.parametrize(
        ("query", "sentence"),
        [
            ({"page": "0"}, "页码应是 1 到 50 的整数"),
            ({"page": "-1"}, "页码应是 1 到 50 的整数"),
            ({"page": "x"}, "页码应是 1 到 50 的整数"),
            ({"year": "5"}, "发布年份应写成 2026 的样子"),
            ({"year": "99999"}, "发布年份应写成 2026 的样子"),
            ({"region": "1234567"}, "没有这个地区"),
            ({"tag": "长" * 101}, "没有这个标签"),
            ({"tag": "\x00"}, "标签里有不能用的字符"),
            ({"region": "\x00"}, "地区里有不能用的字符"),
            ({"q": "\x00"}, "问题里有不能用的字符"),
        ],
    )
    def test_the_sentence_says_what_it_should_be(self, visit, query, sentence):
        assert visit("/search/", status=400, **{"q": "医保", **query}).texts(".notice li") == [sentence]

    def test_empty_parameters_are_none(self, two, visit):
        page = visit("/search/?q=医保&page=&category=&region=&tag=&year=&valid=&sort=")
        assert len(ids(page)) == 2
        assert page.all(".chosen-filters") == []


class TestOrder:
    @pytest.fixture
    def three(self, publish_many):
        newest, middle, oldest = publish_many(3, title="医保断缴第{}问怎么办？")
        search.sync()
        return newest, middle, oldest

    def test_by_date_the_newest_comes_first(self, three, publish, visit):
        publish("医保卡丢了？")  # shares a word alone
        page = visit("/search/", q="医保断缴怎么办", sort="date")
        assert ids(page) == [article.pk for article in three]
        assert "最新的排在前面" in page.one(".search-count").text

    def test_the_links_say_which_it_is(self, three, visit):
        for sort, label in [("", "按相关"), ("relevance", "按相关"), ("date", "按时间")]:
            links = visit("/search/", q="医保断缴", sort=sort).all(".search-sort a")
            assert [link.text for link in links] == ["按相关", "按时间"]
            assert [link.text for link in links if link.attrs.get("aria-current") == "true"] == [label]
            assert ["sort=date" in link.attrs["href"] for link in links] == [False, True]

    def test_both_orders_are_told_apart_in_words(self, three, visit):
        assert "最相关的排在前面" in visit("/search/", q="医保断缴").one(".search-count").text


class TestMeaning:
    def test_what_was_probably_meant_is_named_and_can_be_asked_alone(self, publish, visit):
        article = publish("医保卡丢了怎么办？")
        page = visit("/search/", q="yibaoka", category="personal-account")
        assert ids(page) == [article.pk]
        assert page.one(".search-respelt").text == "已包含“医保卡”的结果。"
        assert visit(page.links(".search-respelt a")[0]).one("h1").text == "搜索“医保卡”"

    def test_without_a_result_it_is_asked(self, publish, visit):
        publish("医保卡丢了怎么办？")
        page = visit("/search/", q="yibaoka", year=1999)
        assert page.one(".search-respelt").text == "您是不是要找：医保卡"
        assert visit(page.links(".search-respelt a")[0]).one(".total").text == "1"

    def test_what_is_spelt_right_needs_no_word(self, publish, visit):
        publish("医保卡丢了怎么办？")
        assert visit("/search/", q="医保卡").all(".search-respelt") == []


class TestMissing:
    """Words of the question that no article mentions."""

    def test_the_page_names_them_above_what_is_near(self, publish, visit):
        article = publish("医保断缴怎么办？")
        page = visit("/search/", q="医保 白内障 青光眼")
        assert ids(page) == [article.pk]
        assert page.one(".search-missing").text == "没有文章提到“白内障”、“青光眼”，下面是比较接近的内容。"

    def test_it_names_at_most_three(self, publish, visit):
        publish("医保断缴怎么办？")
        page = visit("/search/", q="医保 白内障 青光眼 糖尿病 高血压")
        assert page.one(".search-missing").text == "没有文章提到“白内障”、“青光眼”、“糖尿病”，下面是比较接近的内容。"

    def test_nothing_is_said_where_all_are_known_or_nothing_is_near(self, publish, visit):
        publish("医保断缴怎么办？")
        for query in ("医保断缴", "独角兽", ""):
            assert visit("/search/", q=query).all(".search-missing") == []

    def test_they_are_text(self, publish, visit):
        publish("医保断缴怎么办？")
        page = visit("/search/", q="医保 <script>alert</script>")
        assert [element for element in page.all("script") if "src" not in element.attrs] == []


class TestLongQuestions:
    STORY = "我去年在老家交了居民医保，" + "今年换了工作，单位还没有给我办手续，" * 20 + "请问医保断缴了怎么办？"

    def test_they_stay_whole_and_the_page_says_what_is_searched(self, publish, visit):
        article = publish("医保断缴怎么办？")
        page = visit("/search/", q=self.STORY)
        assert article.pk in ids(page)
        assert page.one(".search-cut").text == "问题较长，只按开头和结尾查找。"
        assert page.all("form.search-form input")[0].attrs["value"] == self.STORY
        assert self.STORY in page.one("h1").text

    def test_a_thousand_characters_are_looked_at(self, visit):
        assert visit("/search/", q="医" * 5000).one("h1").text == f"搜索“{'医' * 1000}”"

    def test_an_ordinary_one_is_not_cut(self, publish, visit):
        publish("医保断缴怎么办？")
        assert visit("/search/", q="医保断缴了" * 40).all(".search-cut") == []

    def test_what_fits_into_the_box_fits_into_an_address(self, visit):
        box = visit("/search/", region="330900").all("form.search-form input")[0]
        longest = len("GET /search/?q= HTTP/1.1") + int(box.attrs["maxlength"]) * len("%E5%8C%BB") + len("&region=330900")
        assert longest < 8190  # gunicorn's limit

    def test_its_links_search_for_the_same(self, publish_many, visit):
        publish_many(25)
        search.sync()
        page = visit("/search/", q=self.STORY)
        down = next(link.attrs["href"] for link in page.all("nav.pager a"))
        assert len(down) < 2000
        assert ids(visit("/search/" + down)) == [result.article.pk for result in search.search(self.STORY, offset=20).results]


class TestNothingFound:
    def test_it_leads_to_tags_articles_and_categories(self, publish, visit):
        article = publish(tags=(Tag.objects.named(["家庭共济"])[0].pk,))
        page = visit("/search/", q="独角兽")
        assert page.texts(".nearest-tags a") == ["家庭共济"]
        assert page.links(".nearest-articles a") == [article.get_absolute_url()]
        assert len(page.all(".categories a")) == Category.objects.count()
        for link in page.links("main a"):
            assert visit(link)

    def test_what_is_near_is_called_so_and_what_is_only_new_is_not(self, publish, visit):
        publish("医保卡怎么补办？", tags=(Tag.objects.named(["家庭共济"])[0].pk,))
        for query, headings in [("卡麦拉", ["相近的标签", "看看这些问题"]), ("独角兽", ["常用标签", "最近的文章"])]:
            page = visit("/search/", q=query, year=1999)
            assert page.texts(".section-title")[:2] == headings

    def test_even_where_there_is_nothing_yet(self, visit):
        assert len(visit("/search/", q="独角兽").all(".categories a")) == Category.objects.count()

    def test_what_is_not_public_is_no_way_on(self, approved, visit):
        approved("独角马？", tags=(Tag.objects.named(["独角"])[0].pk,))
        assert "独角马" not in visit("/search/", q="独角兽").one("main").text


class TestStatistics:
    @pytest.fixture
    def counted(self):
        stats.flush()
        SearchDay.objects.all().delete()

        def count():
            stats.flush()
            return list(SearchDay.objects.values_list("query", "searches", "results"))

        return count

    pytestmark = pytest.mark.django_db(databases=["default", "stats"])

    def test_a_question_is_counted_with_what_it_found(self, publish, visit, counted):
        publish("医保断缴怎么办？")
        visit("/search/", q="医保断缴")
        visit("/search/", q="独角兽")
        assert sorted(counted()) == [("医保断缴", 1, 1), ("独角兽", 1, 0)]

    def test_a_question_with_a_word_that_no_article_mentions_found_nothing(self, publish, visit, counted):
        publish("医保断缴怎么办？")
        visit("/search/", q="白内障医保")
        assert counted() == [("白内障医保", 1, 0)]

    def test_what_is_promoted_was_found(self, publish, visit, counted):
        Promotion.objects.create(query="怎么办", article=publish("哪里可以补缴？", body="<p>大厅。</p>"))
        assert visit("/search/", q="怎么办").one(".total").text == "0"
        assert counted() == [("怎么办", 1, 1)]

    def test_turning_the_same_results_over_is_not_asking_again(self, publish_many, client, counted):
        publish_many(25)
        search.sync()
        for query in ("page=2", "category=personal-account", "valid=1", "year=1999", "sort=date", "page=0"):
            client.get(f"/search/?q=医保&{query}")
        client.head("/search/?q=医保")
        client.get("/search/")
        assert counted() == []


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

    def test_its_links_keep_every_filter_and_the_order(self, fifty, visit):
        year = timezone.localtime(fifty[0].go_live_at).year
        page = visit("/search/", q="医保", category="personal-account", region="330900", year=year, valid="1", sort="date")
        down = next(link.attrs["href"] for link in page.all("nav.pager a"))
        assert down == f"?q=%E5%8C%BB%E4%BF%9D&category=personal-account&region=330900&year={year}&valid=1&sort=date&page=2"
        assert not {*ids(visit("/search/" + down))} & {*ids(page)}

    def test_a_filter_leads_back_to_the_first_page(self, fifty, visit):
        page = visit("/search/", q="医保", page=2, category="personal-account")
        assert [link for link in page.links("main .filters a") + page.links(".chosen-filters a") if "page=" in link] == []

    def test_a_later_page_says_which(self, fifty, visit):
        assert "第 2 页" in visit("/search/", q="医保", page=2).one(".search-count").text

    def test_beyond_the_last_page_the_question_is_not_lost(self, fifty, visit):
        page = visit("/search/", status=404, q="医保", category="personal-account", page=5)
        assert page.all("form.search-form input")[0].attrs["value"] == "医保"
        assert "没有第 5 页" in page.one("main").text
        back = page.one(".no-such-page a")
        assert back.text == "回到第 1 页"
        assert ids(visit(back.attrs["href"])) == ids(visit("/search/", q="医保", category="personal-account"))
        assert page.all("ol.results") == page.all("nav.pager") == []

    def test_so_it_is_where_nothing_is_found_at_all(self, visit):
        assert "没有第 2 页" in visit("/search/", status=404, q="独角兽", page=2).one("main").text

    def test_the_last_page_says_so(self, fifty, visit):
        ends = ["已经是最后一页" in visit("/search/", q="医保", page=number).one("nav.pager").text for number in (1, 2, 3)]
        assert ends == [False, False, True]

    def test_an_only_page_need_not(self, publish, visit):
        publish()
        assert "已经是最后一页" not in visit("/search/", q="医保").one("main").text

    def test_a_thousand_results_can_be_reached(self, publish_many, visit):
        publish_many(1030)
        search.sync()
        page = visit("/search/", q="医保", page=50)
        assert len(ids(page)) == 20
        assert [link.attrs["rel"] for link in page.all("nav.pager a")] == ["prev"]
        assert page.one(".total").text == "1030"
        assert page.one(".notice").text == "只显示前 1000 条，请加筛选条件或换个说法。"
        assert "已经是最后一页" not in page.one("main").text
        assert "只显示前 1000 条" in visit("/search/", status=400, q="医保", page=51).one(".notice").text

    def test_a_very_long_question_makes_no_very_long_links(self, fifty, visit):
        page = visit("/search/", q="医保" * 1000)
        assert all(len(link) < 4000 for link in page.links())
