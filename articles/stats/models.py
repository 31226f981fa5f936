"""One row for each query of each day: how often it was searched, how many results there were, which were opened.

No reader, no time of day, no address. Rows are written by log.flush() alone.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from django.db import connections, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.stats.log import QUERY_LENGTH

DAY_LIMIT = 20_000  # different queries a day: whoever sends made-up ones cannot fill the disk

# Counts are added to whatever another process has written meanwhile; SQLite and PostgreSQL speak the same words here.
_ADD = """
INSERT INTO stats_searchday (day, query, searches, results, clicks, rank_sum) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (day, query) DO UPDATE SET
    searches = stats_searchday.searches + excluded.searches,
    results = CASE WHEN excluded.searches > 0 THEN excluded.results ELSE stats_searchday.results END,
    clicks = stats_searchday.clicks + excluded.clicks,
    rank_sum = stats_searchday.rank_sum + excluded.rank_sum
"""


class Counted(NamedTuple):
    """What is to be added to one row."""

    day: date
    query: str
    searches: int
    results: int  # of the last search
    clicks: int
    rank_sum: int


class SearchDayQuerySet(models.QuerySet):
    def within(self, days: int):
        """Searches of the last `days` days, today included."""
        return self.filter(day__gt=timezone.localdate() - timedelta(days=days), searches__gt=0)

    def most_searched(self):
        """The queries, most frequent first."""
        totals = self.values("query").annotate(total=models.Sum("searches"))
        return totals.order_by("-total", "query").values_list("query", flat=True)

    def in_vain(self):
        """(query, number of searches) of those that found nothing, most frequent first."""
        totals = self.filter(results=0).values("query").annotate(total=models.Sum("searches"))
        return totals.order_by("-total", "query").values_list("query", "total")

    def add(self, counted: Iterable[Counted]) -> None:
        """Add all or nothing. Sorted, so that two processes never wait for each other's rows crosswise."""
        with transaction.atomic(using=self.db):
            rows = self._within_limit(sorted(counted))
            with connections[self.db].cursor() as cursor:
                cursor.executemany(_ADD, rows)

    def _within_limit(self, rows: list[Counted]) -> list[Counted]:
        """On a day that is full, only rows that are there already."""
        kept = []
        for day in sorted({row.day for row in rows}):
            there, today = self.filter(day=day), [row for row in rows if row.day == day]
            if there.count() + len(today) > DAY_LIMIT:
                known = set(there.values_list("query", flat=True))
                today = [row for row in today if row.query in known]
            kept += today
        return kept


class SearchDay(models.Model):
    day = models.DateField(_("日期"))
    query = models.CharField(_("搜索词"), max_length=QUERY_LENGTH)
    searches = models.PositiveIntegerField(_("搜索次数"), default=0)
    results = models.PositiveIntegerField(_("结果数"), default=0)
    clicks = models.PositiveIntegerField(_("点开次数"), default=0)
    rank_sum = models.PositiveBigIntegerField(_("点开名次之和"), default=0)

    objects = SearchDayQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("搜索统计")
        default_permissions = ["view"]
        constraints = [models.UniqueConstraint(fields=["day", "query"], name="one_row_a_day_and_query")]

    def __str__(self):
        return f"{self.day} {self.query}"
