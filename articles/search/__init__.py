"""Full-text search over published articles.

search("医保断了半年里面的钱还能用吗") -> SearchPage

rank() alone turns text into article ids, for pages and for evaluation; engines see clauses and
documents, never models, so another engine is one file and one setting.
"""

import logging
from typing import NamedTuple

from django.utils import timezone

from articles.models import Article
from articles.search.engine import Clause, Filters, Hits, SearchEngine
from articles.search.follower import IndexUnavailable, doubt, engine, rebuild, sync
from articles.text import Segment, highlight, passage, question, strip_controls, terms, with_stop

__all__ = ["Filters", "Hits", "IndexUnavailable", "SearchPage", "engine", "filters_now", "rank", "rebuild", "search", "sync"]

logger = logging.getLogger(__name__)

QUERY_LIMIT = 200  # characters; more is cut
TERM_LIMIT = 120  # different terms a field
WEIGHTS = {
    "title_pairs": 2.0, "title_words": 1.0, "phrasing_pairs": 1.0, "phrasing_words": 0.5, "body_pairs": 1.0, "body_words": 0.5,
}  # fmt: skip
WHOLE_QUESTION = 10.0  # a title or phrasing typed as it stands comes first
FALLBACK_TITLES = 20_000
FALLBACK_COLUMNS = {"category": "category", "region": "region_links__region", "tag": "tag_links__tag"}


class Result(NamedTuple):
    article: Article
    title: list[Segment]
    passage: list[Segment]


class SearchPage(NamedTuple):
    results: list[Result]
    total: int
    complete: bool = True  # False: the index is missing, only the newest titles were looked at


def filters_now(**chosen) -> Filters:
    return Filters(now=int(timezone.now().timestamp()), **chosen)


def rank(text: str, filters: Filters, engine: SearchEngine, *, offset: int = 0, limit: int = 20) -> Hits:
    """Ids of the documents that answer `text`, best first, and how many there are in all."""
    return engine.search(clauses(text), filters, offset=offset, limit=limit)


def clauses(text: str) -> list[Clause]:
    """`text` as weighted terms: character pairs and dictionary words, in title and body; any of them may match."""
    text = strip_controls(text)[:QUERY_LIMIT]
    split = terms(text)
    if not split.pairs:
        chars = dict.fromkeys(split.chars)
        return [Clause("title_chars", char, 2.0) for char in chars] + [Clause("body_words", char, 0.5) for char in chars]
    found = [Clause("question", question(text), WHOLE_QUESTION)]
    for field, weight in WEIGHTS.items():
        kind = split.pairs if field.endswith("pairs") else split.words
        found += [Clause(field, term, weight) for term in list(dict.fromkeys(kind))[:TERM_LIMIT]]
    return found


def search(text: str, *, offset: int = 0, limit: int = 20, **chosen) -> SearchPage:
    """One page of visible articles with what to mark. `chosen`: the fields of Filters."""
    try:
        hits = rank(text, filters_now(**chosen), engine(), offset=offset, limit=limit)
    except IndexUnavailable:
        return _search_titles(text, offset, limit, **chosen)
    except Exception:  # a damaged index raises whatever its engine raises; the page still answers
        logger.exception("the search index failed")
        doubt()
        return _search_titles(text, offset, limit, **chosen)
    found = _cards().in_bulk(hits.ids)
    return SearchPage(_results(text, [found[id] for id in hits.ids if id in found]), hits.total)


def _cards():
    return Article.objects.published().select_related("category").defer("body_html", "headings", "sources")


def _results(text: str, articles: list[Article]) -> list[Result]:
    split = terms(text[:QUERY_LIMIT])
    wanted = split.pairs + [word for word in split.words if len(word) > 1] if split.pairs else split.chars
    return [
        Result(article, highlight(article.title, wanted), passage(with_stop(article.short_answer) + article.plain_text, wanted))
        for article in articles
    ]


def _search_titles(text: str, offset: int, limit: int, **chosen) -> SearchPage:
    """Without an index: the newest titles that share character pairs with the query."""
    wanted = set(terms(text[:QUERY_LIMIT]).pairs or terms(text[:QUERY_LIMIT]).chars)
    conditions = {FALLBACK_COLUMNS[name]: value for name, value in chosen.items() if value is not None}
    titles = Article.objects.published().filter(**conditions).newest().values_list("pk", "title")[:FALLBACK_TITLES]
    scored = [(sum(term in title.lower() for term in wanted), pk) for pk, title in titles]
    found = [pk for score, pk in sorted(scored, reverse=True) if score]
    page = _cards().in_bulk(found[offset : offset + limit])
    return SearchPage(_results(text, [page[pk] for pk in found[offset : offset + limit] if pk in page]), len(found), False)
