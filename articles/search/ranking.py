"""The order of results. rank() alone turns text into article ids, for pages and for evaluation."""

import re

from articles.search.engine import Filters, Hits, Place, SearchEngine
from articles.search.queries import Query, understand
from articles.search.synonyms import Groups

_YEAR = re.compile(r"20\d\d")  # whoever names a year may well mean one that is over
BLOCK = 100  # hits that are weighed against each other by validity and place: a whole number of pages
EXPIRED = 0.5  # of its score is left to an article whose policy has run out
ELSEWHERE = 0.8  # and to one that is not for the chosen place in particular


def rank(
    text: str,
    filters: Filters,
    engine: SearchEngine,
    *,
    offset: int = 0,
    limit: int = 20,
    newest: bool = False,
    groups: Groups | None = None,
) -> Hits:
    """Ids of the documents that answer `text`, best first, and how many there are in all.

    `newest`: by date, and only those that hold most of the words. `groups`: synonyms; None means those in force.
    """
    return ranked(understand(text, engine, groups), filters, engine, offset=offset, limit=limit, newest=newest)


def ranked(query: Query, filters: Filters, engine: SearchEngine, *, offset: int = 0, limit: int = 20, newest: bool = False) -> Hits:
    """rank() for a query that is understood already."""
    return (_newest if newest else _best)(query, filters, engine, offset, limit)


def _newest(query: Query, filters: Filters, engine: SearchEngine, offset: int, limit: int) -> Hits:
    return engine.newest(query.plain, filters, needed=needed(query, filters, engine), offset=offset, limit=limit)


def needed(query: Query, filters: Filters, engine: SearchEngine) -> int:
    """How many of its terms an article must hold in the list by date: more than half, and fewer only where none does.

    By date, what shares one word with a question would else stand before what answers it.
    """
    count = query.needed
    while count > 1 and not engine.newest(query.plain, filters, needed=count, limit=1).total:
        count //= 2
    return count


def _best(query: Query, filters: Filters, engine: SearchEngine, offset: int, limit: int) -> Hits:
    blocks = [_weighed(query, filters, engine, start) for start in range(offset - offset % BLOCK, offset + limit, BLOCK)]
    found = [hit for block in blocks for hit in zip(block.ids, block.scores, block.valid_until, strict=True)]
    page = found[offset % BLOCK :][:limit]
    ids, scores, valid_until = map(list, zip(*page, strict=True)) if page else ([], [], [])
    return Hits(ids, scores, blocks[0].total, valid_until)


def _weighed(query: Query, filters: Filters, engine: SearchEngine, start: int) -> Hits:
    """One block in its final order. Blocks never mix, so that pages neither repeat nor lose an article."""
    hits = engine.search(query.clauses, filters, offset=start, limit=BLOCK)
    local = _local(query, filters, engine, start + BLOCK)
    expired = 1.0 if _YEAR.search(query.text) else EXPIRED
    factors = [
        (expired if valid_until < filters.today else 1.0) * (1.0 if local is None or id in local else ELSEWHERE)
        for id, valid_until in zip(hits.ids, hits.valid_until, strict=True)
    ]
    scores = [score * factor for score, factor in zip(hits.scores, factors, strict=True)]
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    return Hits([hits.ids[i] for i in order], [scores[i] for i in order], hits.total, [hits.valid_until[i] for i in order])


def _local(query: Query, filters: Filters, engine: SearchEngine, depth: int) -> set[int] | None:
    """Those of the first `depth` hits that are for the chosen place in particular; None where there is no difference."""
    if filters.place is None or not filters.place.around:
        return None
    return set(engine.search(query.clauses, filters._replace(place=Place(filters.place.region)), limit=depth).ids)
