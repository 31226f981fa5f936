"""Promoted results: for exactly this question, now, here, and only what readers may see."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from articles import workflow
from articles.models import Promotion, Region
from articles.search.promotions import promoted
from tests.html_page import HtmlPage

ADD = "/admin/articles/promotion/add/"


@pytest.fixture
def promote(publish):
    """promote("医保卡余额") -> an article that is promoted for it."""

    def make(query="医保卡余额怎么查", article=None, region=None, **fields):
        article = article or publish(f"第{Promotion.objects.count()}篇？")
        Promotion.objects.create(query=query, article=article, region_id=region, **fields)
        return article

    return make


@pytest.mark.parametrize("typed", ["医保卡余额怎么查", " 醫保卡余额，怎么查？", "医保卡余额 怎么查呢"])
def test_it_stands_first_however_the_question_is_typed(promote, typed):
    article = promote()
    assert promoted(typed, None) == [article.pk]


@pytest.mark.parametrize("typed", ["医保卡余额", "医保卡余额怎么查询", "", "？！", "\x00", "吗", "医" * 5000])
def test_it_does_so_for_this_question_alone(promote, typed):
    promote()
    assert promoted(typed, None) == []


def test_at_most_three_in_the_order_of_their_positions(promote):
    articles = [promote(position=position) for position in (4, 2, 3, 1)]
    assert promoted("医保卡余额怎么查", None) == [articles[3].pk, articles[1].pk, articles[2].pk]


def test_an_article_that_is_promoted_twice_stands_there_once(promote):
    first = promote(position=2, region="330900")
    promote(article=first, position=3)
    second = promote(position=1)
    assert promoted("医保卡余额怎么查", Region.objects.get(pk="330900")) == [second.pk, first.pk]


@pytest.mark.parametrize(
    ("starts", "ends", "shown"),
    [(-1, None, True), (-2, 1, True), (1, None, False), (1, 2, False), (-2, -1, False)],
)
def test_only_in_its_time(promote, starts, ends, shown):
    now = timezone.now()
    promote(starts_at=now + timedelta(days=starts), ends_at=ends and now + timedelta(days=ends))
    assert bool(promoted("医保卡余额怎么查", None)) is shown


def test_it_begins_and_ends_by_itself(promote, time_passes):
    promote(starts_at=timezone.now() + timedelta(hours=1), ends_at=timezone.now() + timedelta(hours=3))
    assert not promoted("医保卡余额怎么查", None)
    time_passes(hours=2)
    assert promoted("医保卡余额怎么查", None)
    time_passes(hours=2)
    assert not promoted("医保卡余额怎么查", None)


@pytest.mark.parametrize(
    ("promoted_in", "chosen", "shown"),
    [
        (None, None, True),
        (None, "330900", True),
        ("330900", "330900", True),
        ("330000", "330900", True),
        ("330000", "330000", True),
        ("330900", "330000", False),
        ("330900", "330100", False),
        ("330900", None, False),
        ("330900", "310000", False),
        (None, "100000", True),
    ],
)
def test_for_everybody_or_for_the_chosen_region_and_those_around_it(promote, promoted_in, chosen, shown):
    promote(region=promoted_in)
    assert bool(promoted("医保卡余额怎么查", chosen and Region.objects.get(pk=chosen))) is shown


def test_nothing_that_readers_may_not_see(promote, editor, approved):
    withdrawn, merged, kept = promote(), promote(), promote()
    workflow.unpublish(withdrawn, by=editor, reason="有误")
    workflow.merge(merged, into=kept, by=editor)
    scheduled = approved("定时的问题？")
    workflow.schedule(scheduled, by=editor, at=timezone.now() + timedelta(days=1))
    promote(article=scheduled.article)
    assert promoted("医保卡余额怎么查", None) == [kept.pk]


def test_it_costs_one_query_and_without_a_question_none(promote, django_assert_num_queries):
    promote()
    region = Region.objects.get(pk="330900")
    with django_assert_num_queries(1) as captured:
        assert promoted("医保卡余额怎么查", region)
    assert "LIMIT 3" in captured.captured_queries[0]["sql"]
    with django_assert_num_queries(0):
        assert promoted("……", region) == []


def test_the_database_refuses_what_makes_no_sense(promote):
    promote()
    now = timezone.now()
    for values in ({"starts_at": now, "ends_at": now}, {"key": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Promotion.objects.update(**values)


# The desk


@pytest.fixture
def form_data(publish):
    def make(**changes):
        data = {"query": "医保卡余额怎么查？", "region": "", "position": "1", "starts_at_0": "2026-01-01", "starts_at_1": "08:00:00"}
        data |= {"ends_at_0": "", "ends_at_1": "", "article": changes.get("article") or publish().pk}
        return data | changes

    return make


def test_an_editor_promotes_an_article(client, editor, form_data, time_passes):
    client.force_login(editor)
    data = form_data(region="330900", starts_at_0="2020-01-01")
    assert client.post(ADD, data).status_code == 302
    promotion = Promotion.objects.get()
    assert promotion.key == "医保卡余额怎么查"
    assert promoted("医保卡余额怎么查", Region.objects.get(pk="330900")) == [promotion.article_id]


def test_a_changed_question_counts_from_then_on(promote, client, editor, form_data):
    article = promote()
    client.force_login(editor)
    url = reverse("admin:articles_promotion_change", args=[Promotion.objects.get().pk])
    assert client.post(url, form_data(query="余额是多少？", article=article.pk, starts_at_0="2020-01-01")).status_code == 302
    assert promoted("医保卡余额怎么查", None) == []
    assert promoted("余额是多少", None) == [article.pk]


def test_the_whole_country_means_everybody(client, editor, form_data):
    client.force_login(editor)
    client.post(ADD, form_data(region="100000"))
    assert Promotion.objects.get().region is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"query": ""}, "这个字段是必填项"),
        ({"query": "？！"}, "不能只有标点"),
        ({"query": "\u200b"}, "不能只有标点"),
        ({"query": "㍿" * 200}, "这句话太长"),
        ({"query": "医" * 201}, "200"),
        ({"ends_at_0": "2025-12-31", "ends_at_1": "08:00:00"}, "结束时间要晚于开始时间"),
        ({"starts_at_0": "昨天"}, "输入一个有效的日期"),
        ({"article": "999999"}, "选择一个有效的选项"),
        ({"article": "x"}, "选择一个有效的选项"),
        ({"article": "9" * 40}, "选择一个有效的选项"),
        ({"article": "\x00"}, "选择一个有效的选项"),
        ({"region": "999999"}, "选择一个有效的选项"),
        ({"region": "\x00"}, "选择一个有效的选项"),
        ({"position": "-1"}, "0"),
        ({"position": "1000"}, "999"),
        ({"position": "9" * 30}, "999"),
    ],
    ids=str,
)
def test_what_cannot_be_promoted_comes_back_with_a_sentence(client, editor, form_data, changes, message):
    client.force_login(editor)
    response = client.post(ADD, form_data(**changes))
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not Promotion.objects.exists()


def at(*numbers):
    return datetime(*numbers, tzinfo=timezone.get_current_timezone())


def test_the_same_twice_at_one_time_is_refused(promote, client, editor, form_data):
    noon = at(2026, 1, 1, 12)
    article = promote("医保卡余额怎么查", region="330900", starts_at=noon, ends_at=noon + timedelta(days=30))
    client.force_login(editor)
    data = form_data(query="医保卡余额，怎么查呢？", article=article.pk, region="330900", starts_at_0="2026-01-31")
    page = client.post(ADD, data).content.decode()
    assert "这篇文章已经推荐给这句话和这个地区（2026年1月1日 12:00 到 2026年1月31日 12:00）。请改那一条，或者错开时间。" in page
    assert Promotion.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_at_0": "2026-01-31", "starts_at_1": "12:00:00"},  # the moment the other ends
        {"starts_at_0": "2025-12-01", "ends_at_0": "2026-01-01", "ends_at_1": "12:00:00"},  # and begins
        {"query": "余额是多少"},
        {"region": ""},
        {"region": "330000"},
        {"article": ""},  # another one
    ],
    ids=str,
)
def test_another_time_question_place_or_article_is_not_the_same(promote, client, editor, form_data, changes):
    noon = at(2026, 1, 1, 12)
    article = promote(region="330900", starts_at=noon, ends_at=noon + timedelta(days=30))
    client.force_login(editor)
    data = form_data(**{"article": article.pk, "region": "330900", "starts_at_0": "2026-01-15", **changes})
    data["article"] = data["article"] or form_data()["article"]
    assert client.post(ADD, data).status_code == 302


@pytest.mark.parametrize("region", ["", "100000"])
def test_one_without_end_for_everybody_overlaps_whatever_comes_later(promote, client, editor, form_data, region):
    article = promote(starts_at=at(2020, 1, 1, 8))
    client.force_login(editor)
    page = client.post(ADD, form_data(article=article.pk, region=region)).content.decode()
    assert "（2020年1月1日 08:00 起，一直有效）" in page


def test_a_promotion_does_not_stand_in_its_own_way(promote, client, editor, form_data):
    article = promote(starts_at=at(2020, 1, 1, 8))
    client.force_login(editor)
    url = reverse("admin:articles_promotion_change", args=[Promotion.objects.get().pk])
    assert client.post(url, form_data(article=article.pk, position="5")).status_code == 302


# The article of a promotion is looked up by its title, or by its number


@pytest.fixture
def lookup(client, editor, promote):
    """lookup("医保") -> the ids that the field for the article offers."""

    def ask(term, status=200):
        client.force_login(editor)
        page = HtmlPage(client.get(ADD).content.decode())
        field = next(select for select in page.all("select") if select.attrs["name"] == "article")
        query = {"app_label": "articles", "model_name": "promotion", "field_name": "article", "term": term}
        response = client.get(field.attrs["data-ajax--url"], query)
        assert response.status_code == status
        return [int(found["id"]) for found in response.json()["results"]]

    return ask


def test_articles_are_found_by_number_and_by_title(publish, lookup):
    wanted = publish("医保卡怎么补办？")
    other = publish(f"满{wanted.pk}岁怎么参保？")
    assert lookup(f"#{wanted.pk}") == lookup(f" ＃{wanted.pk} ") == [wanted.pk]
    assert lookup(str(wanted.pk)) == [wanted.pk, other.pk]  # the number first
    assert lookup("补办") == [wanted.pk]


@pytest.mark.parametrize("term", ["#", "#x", "#0", "9" * 40, "#" + "9" * 40, "%", "-1", "#独角兽"])
def test_what_is_no_number_finds_nothing_by_it(publish, lookup, term):
    publish("医保卡怎么补办？")
    assert lookup(term) == []


def test_only_who_may_look_at_articles_looks_them_up(client, django_user_model):
    url = reverse("admin:articles_promotion_articles")
    query = {"app_label": "articles", "model_name": "promotion", "field_name": "article", "term": "#1"}
    assert client.get(url, query).status_code == 302
    client.force_login(django_user_model.objects.create_user("person", is_staff=True))
    assert client.get(url, query).status_code == 403


def test_an_article_that_is_not_public_is_refused(client, editor, approved, form_data):
    article = approved("还没有发布的问题？").article
    client.force_login(editor)
    page = client.post(ADD, form_data(article=article.pk)).content.decode()
    assert f"#{article.pk}“还没有发布的问题？”现在没有公开，不能推荐" in page


def test_a_fourth_one_is_told_that_readers_see_three(promote, client, editor, form_data):
    for _ in range(3):
        promote()
    client.force_login(editor)
    page = client.post(ADD, form_data(starts_at_0="2020-01-01"), follow=True).content.decode()
    assert "现在有 4 条推荐，读者只看到位置最前的 3 篇" in page


def test_the_question_of_a_link_stands_in_the_form(client, editor):
    client.force_login(editor)
    assert 'value="医保卡余额"' in client.get(ADD, {"query": "医保卡余额"}).content.decode()
    for name in ("query", "article", "region", "position", "starts_at", "ends_at", "x"):
        for value in ("x", "9" * 40, "\u202e"):
            assert client.get(ADD, {name: value}).status_code == 200, (name, value)


def test_the_list_says_what_is_running(promote, client, editor, django_assert_max_num_queries):
    now, day = timezone.now(), timedelta(days=1)
    promote("甲甲")
    promote("乙乙", starts_at=now + day)
    promote("丙丙", starts_at=now - 2 * day, ends_at=now - day)
    workflow.unpublish(promote("丁丁"), by=editor, reason="有误")
    client.force_login(editor)
    with django_assert_max_num_queries(10):
        page = client.get("/admin/articles/promotion/").content.decode()
    assert all(state in page for state in ("进行中", "未开始", "已结束", "文章未公开，不显示"))
    for state, shown in {"running": {"甲甲", "丁丁"}, "waiting": {"乙乙"}, "over": {"丙丙"}, "x": {"甲甲", "乙乙", "丙丙", "丁丁"}}.items():
        page = client.get("/admin/articles/promotion/", {"state": state}).content.decode()
        assert {query for query in ("甲甲", "乙乙", "丙丙", "丁丁") if query in page} == shown, state


def test_a_promotion_has_a_name(promote):
    article = promote()
    assert str(Promotion.objects.get()) == f"医保卡余额怎么查 → {article.title}"


@pytest.mark.parametrize("field", ["starts_at", "ends_at"])
@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31"])
def test_a_time_before_the_calendar_of_computers_is_refused(client, editor, publish, field, day):
    client.force_login(editor)
    data = {
        "query": "医保卡",
        "article": publish("医保卡丢了怎么办？").pk,
        "position": 1,
        "starts_at_0": "2026-01-01",
        "starts_at_1": "00:00:00",
    }
    answer = client.post(ADD, data | {f"{field}_0": day, f"{field}_1": "00:00:00"})
    assert answer.status_code == 200
    assert not Promotion.objects.exists()
