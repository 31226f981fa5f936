"""The calendar: every kind of date on its day, by the clock of Beijing, and busy days cut short."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import desk, workflow
from articles.models import Article
from tests.test_queries import explain

pytestmark = pytest.mark.django_db
PAGE = "/admin/articles/article/calendar/"
BEIJING = ZoneInfo("Asia/Shanghai")
MONTH = date(2031, 5, 1)


def entries(day):
    return [(entry.kind, entry.title, entry.at) for entry in desk.day(day).entries]


@pytest.fixture
def dated(publish):
    """dated("问题？", valid_until=…): a live article with these dates."""

    def make(title, **dates):
        article = publish(title)
        Article.objects.filter(pk=article.pk).update(**dates)
        return article

    return make


def test_each_kind_stands_on_its_day(dated, publish, approved, editor):
    day, at = date(2031, 5, 7), datetime(2031, 5, 7, 14, 30, tzinfo=BEIJING)
    workflow.schedule(approved("改稿？", article=publish("原稿？")), by=editor, at=at)
    workflow.schedule(approved("新文章？"), by=editor, at=at)
    dated("要下线？", expire_at=at)
    dated("政策到期？", valid_until=day)
    dated("再审核？", next_review_on=day)
    dated("别的日子？", next_review_on=day + timedelta(days=1))
    assert entries(day) == [
        ("publish", "原稿？", "14:30"),
        ("appear", "新文章？", "14:30"),
        ("end", "要下线？", "14:30"),
        ("expire", "政策到期？", ""),
        ("review", "再审核？", ""),
    ]


def test_midnight_is_that_of_beijing(dated):
    dated("零点前？", expire_at=datetime(2031, 5, 7, 23, 59, tzinfo=BEIJING))
    dated("零点整？", expire_at=datetime(2031, 5, 8, 0, 0, tzinfo=BEIJING))
    assert [title for _, title, _ in entries(date(2031, 5, 7))] == ["零点前？"]
    assert [title for _, title, _ in entries(date(2031, 5, 8))] == ["零点整？"]


def test_a_busy_day_shows_some_and_says_how_many_more(publish_many, client, visit, editor):
    many = [article.pk for article in publish_many(30)]
    Article.objects.filter(pk__in=many).update(valid_until=date(2031, 5, 31))
    Article.objects.filter(pk__in=many[:11]).update(next_review_on=date(2031, 5, 31))
    busy = next(day for week in desk.month(MONTH) for day in week if day and day.entries)
    assert (busy.date, len(busy.entries), busy.total, busy.more) == (date(2031, 5, 31), 4, 41, 37)
    client.force_login(editor)
    assert visit(PAGE, month="2031-05").texts("p.calendar-more") == ["还有 37 项"]
    assert len(visit(PAGE, day="2031-05-31").all("ul.calendar-day li")) == 41


def test_a_month_begins_on_its_weekday_and_ends_where_it_ends():
    weeks = desk.month(date(2031, 2, 1))
    assert [day and day.date.day for day in weeks[0]] == [None] * 5 + [1, 2]
    assert max(day.date for week in weeks for day in week if day) == date(2031, 2, 28)


def test_what_was_published_is_history(publish):
    publish()
    assert entries(timezone.localdate()) == []


def test_one_goes_from_month_to_month(client, visit, editor):
    client.force_login(editor)
    assert visit(PAGE, month="2031-12").links("nav.work-filters a") == ["?month=2031-11", "?", "?month=2032-01"]


@pytest.mark.parametrize("query", ["month=2031", "month=0001-01", "month=9999-12", "day=2031-02-30", "day=%27"])
def test_what_is_no_month_gets_a_sentence(client, editor, query):
    client.force_login(editor)
    response = client.get(f"{PAGE}?{query}")
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()


def test_a_month_takes_six_queries_each_along_an_index(publish_many):
    publish_many(30)
    Article.objects.update(valid_until=MONTH)
    with CaptureQueriesContext(connection) as captured:
        desk.month(MONTH)
    assert len(captured) == 6
    plans = " ".join(explain(query["sql"]) for query in captured.captured_queries)
    for name in ("article_newest", "articles_ending", "articles_running_out", "articles_to_review"):
        assert name in plans
