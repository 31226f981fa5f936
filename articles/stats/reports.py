"""What the log tells editors about one period: what is searched most, what finds nothing, what is seldom opened."""

from datetime import timedelta
from typing import NamedTuple

from django.db import connections, router
from django.db.models import Sum
from django.utils import timezone

from articles.stats.models import SearchDay

ROWS = 50  # of each table
OFTEN = 5  # searches from which a small share of clicks means something
SELDOM = 0.2  # a smaller share of clicks is a small one

# One walk over the period for all three tables: grouping is what costs, about a second for half a million rows.
_TABLES = """
WITH totals AS (
    SELECT query, SUM(searches) AS searches, SUM(clicks) AS clicks, SUM(rank_sum) AS rank_sum,
           MAX(day) AS last_day, MAX(CASE WHEN results = 0 THEN day END) AS last_empty
    FROM stats_searchday WHERE day > %(after)s AND searches > 0 GROUP BY query
), picked AS (
    SELECT * FROM (SELECT 'most' AS part, totals.* FROM totals ORDER BY searches DESC, last_day DESC, query LIMIT %(rows)s) AS most
    UNION ALL
    SELECT * FROM (SELECT 'empty' AS part, totals.* FROM totals WHERE last_empty = last_day
                   ORDER BY searches DESC, last_day DESC, query LIMIT %(rows)s) AS empty
    UNION ALL
    SELECT * FROM (SELECT 'seldom' AS part, totals.* FROM totals
                   WHERE searches >= %(often)s AND clicks < searches * %(seldom)s AND (last_empty IS NULL OR last_empty < last_day)
                   ORDER BY searches DESC, last_day DESC, query LIMIT %(rows)s) AS seldom
)
SELECT picked.part, picked.query, picked.searches, found.results, picked.clicks, picked.rank_sum
FROM picked JOIN stats_searchday AS found ON found.day = picked.last_day AND found.query = picked.query
ORDER BY picked.searches DESC, picked.last_day DESC, picked.query
"""


class Row(NamedTuple):
    query: str
    searches: int
    results: int  # of the last search
    clicks: int
    rank_sum: int

    @property
    def share(self) -> int:
        """Clicks in per cent of the searches; who opens several results counts several times, so 100 is the most."""
        return min(100, round(100 * self.clicks / self.searches))

    @property
    def rank(self) -> float | None:
        """At which place, on average, the opened results stood."""
        return self.rank_sum / self.clicks if self.clicks else None


class Report(NamedTuple):
    searches: int
    clicks: int
    most: list[Row]
    empty: list[Row]
    seldom: list[Row]


def report(days: int) -> Report:
    """The last `days` days, today included. Two statements, at most ROWS rows a table."""
    totals = SearchDay.objects.within(days).aggregate(searches=Sum("searches", default=0), clicks=Sum("clicks", default=0))
    after = timezone.localdate() - timedelta(days=days)
    tables = {"most": [], "empty": [], "seldom": []}
    with connections[router.db_for_read(SearchDay)].cursor() as cursor:
        cursor.execute(_TABLES, {"after": after, "rows": ROWS, "often": OFTEN, "seldom": SELDOM})
        for part, query, *numbers in cursor.fetchall():
            tables[part].append(Row(query, *map(int, numbers)))
    return Report(**totals, **tables)
