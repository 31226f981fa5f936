"""What is to happen on which day, on the site's clock: publications, pages that appear or end, policies that run out, reviews."""

from calendar import Calendar
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import Count, DateTimeField, F, QuerySet, Window
from django.db.models.functions import RowNumber, TruncDate
from django.utils import timezone

from articles.models import NEVER, Article, Revision

SHOWN = 4  # of a day in the month
LISTED = 200  # of each kind on the page of a day

KINDS = {"publish": "定时发布", "appear": "定时上线", "end": "下线", "expire": "政策到期", "review": "再审核"}


class Entry(NamedTuple):
    kind: str
    label: str
    article: int
    title: str
    at: str  # “14:30” where it has a time


class Day(NamedTuple):
    date: date
    entries: list[Entry]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.entries)


def month(first: date) -> list[list[Day | None]]:
    """The weeks of the month that begins on `first`, Monday first; None for the days of its neighbours."""
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    found = _days(first, _next_month(first), SHOWN)
    return [[found.get(each, Day(each, [], 0)) if each.month == first.month else None for each in week] for week in weeks]


def day(on: date) -> Day:
    """All of a day, at most LISTED of each kind."""
    return _days(on, on + timedelta(days=1), LISTED).get(on, Day(on, [], 0))


def _next_month(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def _days(since: date, until: date, limit: int) -> dict[date, Day]:
    """At most `limit` entries a day and kind are read, and of a month as many a day shown."""
    entries: dict[date, list[tuple[str, int, date | datetime]]] = {}
    totals: dict[date, dict[str, int]] = {}
    for kind, rows, article, moment in _sources(since, until):
        for id, at, total in _first_of_each_day(rows, article, moment, limit):
            on = timezone.localdate(at) if isinstance(at, datetime) else at
            entries.setdefault(on, []).append((kind, id, at))
            totals.setdefault(on, {})[kind] = total
    shown = {on: found if limit > SHOWN else found[:SHOWN] for on, found in entries.items()}
    titles = dict(Article.objects.filter(pk__in={id for found in shown.values() for _, id, _ in found}).values_list("pk", "title"))
    return {on: Day(on, [_entry(*each, titles) for each in found], sum(totals[on].values())) for on, found in shown.items()}


def _first_of_each_day(rows: QuerySet, article: str, moment: str, limit: int) -> QuerySet:
    """(article, moment, how many there are that day), in order."""
    timed = isinstance(rows.model._meta.get_field(moment), DateTimeField)
    days = {"partition_by": [TruncDate(moment) if timed else F(moment)]}
    numbered = rows.annotate(place=Window(RowNumber(), **days, order_by=[F(moment), F("pk")]), total=Window(Count("pk"), **days))
    return numbered.filter(place__lte=limit).order_by(moment, "pk").values_list(article, moment, "total")


def _entry(kind: str, article: int, moment: date | datetime, titles: dict[int, str]) -> Entry:
    clock = timezone.localtime(moment).strftime("%H:%M") if isinstance(moment, datetime) else ""
    return Entry(kind, KINDS[kind], article, titles.get(article, ""), clock)


def _sources(since: date, until: date) -> list[tuple[str, QuerySet, str, str]]:
    """Of each kind: its rows of that time, where their article's id is, and their moment. What has been published is history."""
    start, end = _midnight(since), _midnight(until)
    live = Article.objects.filter(live=True)
    changes = Revision.objects.filter(state=Revision.State.APPROVED, publish_at__gte=start, publish_at__lt=end)
    ending = live.filter(expire_at__lt=NEVER).filter(expire_at__gte=start, expire_at__lt=end)  # the first names the index
    return [
        ("publish", changes, "article", "publish_at"),
        ("appear", live.filter(go_live_at__gte=max(start, timezone.now()), go_live_at__lt=end), "pk", "go_live_at"),
        ("end", ending, "pk", "expire_at"),
        ("expire", live.filter(valid_until__gte=since, valid_until__lt=until), "pk", "valid_until"),
        ("review", live.filter(next_review_on__gte=since, next_review_on__lt=until), "pk", "next_review_on"),
    ]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
