"""Full-text search over published articles.

search("医保断了半年里面的钱还能用吗") -> SearchPage

A text becomes weighted terms (queries.py), the terms an order of ids (ranking.py), the ids a page (results.py).
Engines see clauses and documents, never models, so another engine is one file and one setting.
"""

from articles.search.documents import filters_now
from articles.search.engine import Filters, Hits
from articles.search.follower import IndexUnavailable, engine, rebuild, sync
from articles.search.queries import QUERY_LIMIT, TERM_LIMIT, clauses, understand
from articles.search.ranking import rank
from articles.search.results import Facet, Option, Result, SearchPage, search
from articles.search.suggestions import Nearest, Suggestion, nearest, suggest

__all__ = [
    "QUERY_LIMIT",
    "TERM_LIMIT",
    "Facet",
    "Filters",
    "Hits",
    "IndexUnavailable",
    "Nearest",
    "Option",
    "Result",
    "SearchPage",
    "Suggestion",
    "clauses",
    "engine",
    "filters_now",
    "nearest",
    "rank",
    "rebuild",
    "search",
    "suggest",
    "sync",
    "understand",
]
