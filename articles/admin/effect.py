"""What a change of the synonyms would do to searches, seen before it is saved."""

import logging
import time
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from articles import search, stats
from articles.models import Article, SynonymGroup
from articles.search.synonyms import Groups

logger = logging.getLogger(__name__)

LOGGED, TYPED = 20, 3  # queries that are compared: from the log, and of the editor's own
SHOWN = 5  # results of each
SECONDS = 10.0  # an editor waits that long, and a worker thread with them


class Place(NamedTuple):
    """One line of a result list."""

    title: str
    changed: bool  # it is in this list alone
    moved: int = 0  # by how many places it rises; of a line in the list after

    @property
    def steps(self) -> int:
        return abs(self.moved)


class Comparison(NamedTuple):
    query: str
    rows: list[tuple[Place | None, Place | None]]  # before and after, rank by rank
    totals: tuple[int, int]

    @property
    def changed(self) -> bool:
        """What stands there; how many there are below does not count."""
        return any(before != after for before, after in self.rows)


class Effect(NamedTuple):
    """`missing`: there is no index to ask. `skipped`: queries for which the time was not enough."""

    comparisons: list[Comparison]
    missing: bool = False
    skipped: int = 0


def effect(changed: SynonymGroup, typed: list[str]) -> Effect:
    """The first results of queries with a word of `changed`, with the groups as they are and as `changed` would make them."""
    rows = dict(SynonymGroup.objects.order_by("pk").values_list("pk", "words"))
    before, after = (Groups(map(SynonymGroup.split, words.values())) for words in (rows, rows | {changed.pk: changed.words}))
    touched = Groups([SynonymGroup.split(rows.get(changed.pk, "") + "、" + changed.words)])
    queries = list(dict.fromkeys(typed[:TYPED] + list(_logged(touched))))
    try:
        return _compare(queries, before, after)
    except Exception:  # no index, or a damaged one, which raises whatever its engine raises
        logger.exception("synonyms could not be tried out")
        return Effect([], missing=True)


def _logged(touched: Groups) -> Iterator[str]:
    asked = (query for query in stats.frequent(days=90, limit=500) if touched.variants(query, limit=1))
    return (query for query, _ in zip(asked, range(LOGGED), strict=False))


def _compare(queries: list[str], before: Groups, after: Groups) -> Effect:
    engine, filters, end = search.engine(), search.filters_now(), time.monotonic() + SECONDS
    found = []
    for query in queries:
        if time.monotonic() > end:
            break
        found.append([search.rank(query, filters, engine, limit=SHOWN, groups=groups) for groups in (before, after)])
    ids = {id for pair in found for hits in pair for id in hits.ids}
    titles = dict(Article.objects.published().filter(pk__in=ids).values_list("pk", "title"))
    compared = [_comparison(query, old, new, titles) for query, (old, new) in zip(queries, found, strict=False)]
    return Effect(compared, skipped=len(queries) - len(compared))


def _comparison(query: str, old: search.Hits, new: search.Hits, titles: dict[int, str]) -> Comparison:
    before, after = ([id for id in hits.ids if id in titles] for hits in (old, new))
    places = {id: place for place, id in enumerate(before)}
    rows = zip_longest(
        [Place(titles[id], id not in after) for id in before],
        [Place(titles[id], id not in places, places.get(id, place) - place) for place, id in enumerate(after)],
    )
    return Comparison(query, list(rows), (old.total, new.total))
