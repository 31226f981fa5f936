"""What every search engine must do. tests/test_search_engines.py holds each one to it.

An engine knows documents and clauses, never models: text arrives split by articles.text.terms().
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

# Text fields. `question` holds the whole title and the whole phrasings, each as one term, for questions typed as they stand;
# `title_chars` exists for queries of a single character; `spelling` holds “yibao|医保” and “yb|医保” for the words of titles.
TEXT_FIELDS = (
    "question", "title_pairs", "title_words", "title_chars", "phrasing_pairs", "phrasing_words", "body_pairs", "body_words", "spelling",
)  # fmt: skip
NEVER = -(2**62)  # a time before which nothing has expired
FACETS = ("category", "region", "within", "tag", "year", "expired")


class SearchDocument(NamedTuple):
    id: int
    text: dict[str, list[str]]  # text field: its terms, repeats kept
    category: int
    tags: tuple[int, ...]
    regions: tuple[int, ...]  # codes of the article's own regions, none within another; 100000 where it is for the whole country
    within: tuple[int, ...]  # `regions` and the provinces around them, without the country
    year: int  # of publication, on the site's clock
    go_live: int  # seconds since 1970, as all times here
    expires: int
    valid_until: int  # days since 1970-01-01


class Clause(NamedTuple):
    """One term to look for in one field; a document scores the sum of weight × BM25 over its clauses."""

    field: str
    term: str
    weight: float


class Place(NamedTuple):
    """A region to read for: what is for it or lies in it, and, with `around`, what is for a larger one around it."""

    region: int
    around: tuple[int, ...] = ()


class Filters(NamedTuple):
    """What a hit must be. `now` decides visibility; None elsewhere means any."""

    now: int
    today: int = 0  # days since 1970-01-01, for `expired`
    category: int | None = None
    place: Place | None = None
    tag: int | None = None
    year: int | None = None
    expired: bool | None = None  # the policy has run out before today
    exclude: int | None = None
    scheduled: bool = False  # True: also what goes live later
    among: frozenset[int] | None = None  # only these ids, some thousands at most


class Hits(NamedTuple):
    ids: list[int]  # best first
    scores: list[float]
    total: int
    valid_until: list[int]


class SearchEngine(ABC):
    """One index in one directory. A single process writes at a time (follower.py sees to it); any number read.

    What goes wrong is an Exception of any class, never a bare BaseException.
    """

    @abstractmethod
    def __init__(self, directory: Path, *, new: bool = False):
        """Open the index in `directory`; with `new`, make an empty one there. Raises where there is none to open."""

    @abstractmethod
    def write(self, documents: Iterable[SearchDocument], removed: Iterable[int] = ()) -> None:
        """Add or replace `documents` and drop `removed`, all at once: a reader sees all of it or nothing.

        No two of `documents` have the same id. Nothing of it stays where `documents` raises.
        """

    @abstractmethod
    def search(self, clauses: Sequence[Clause], filters: Filters, *, offset: int = 0, limit: int = 20) -> Hits:
        """Documents that match at least one clause and every filter, best first."""

    def best(self, clauses: Sequence[Clause], limit: int) -> list[int]:
        """Ids of the best documents in the quickest way: not counted, and some of them perhaps not visible."""
        return self.search(clauses, Filters(now=NEVER, scheduled=True), limit=limit).ids

    @abstractmethod
    def newest(self, clauses: Sequence[Clause], filters: Filters, *, needed: int = 1, offset: int = 0, limit: int = 20) -> Hits:
        """Documents that hold at least `needed` different terms of the clauses, each in any of its fields, the newest first.

        Their scores are 0.
        """

    @abstractmethod
    def facets(self, clauses: Sequence[Clause], filters: Filters, names: Collection[str], *, needed: int = 1) -> dict[str, dict[int, int]]:
        """For each of `names` (FACETS): {value: how many of all hits have it}; hits of newest(), where more than one term is needed.

        The tags are the 20 most frequent; `expired` has the keys 0 and 1. A value that no hit has is left out.
        """

    @abstractmethod
    def vocabulary(self, field: str, prefix: str, limit: int = 100) -> list[tuple[str, int]]:
        """The terms in `field` that begin so, with their frequency, the most frequent first."""

    @abstractmethod
    def frequency(self, field: str, term: str | int) -> int:
        """How many documents hold `term` in the text field `field`, or the tag `term` where that is “tag”."""

    @abstractmethod
    def count(self) -> int:
        """How many documents there are, visible or not."""

    @abstractmethod
    def refresh(self) -> None:
        """See what other processes have written since."""

    @abstractmethod
    def intact(self) -> bool:
        """Every byte on disk is as it was written; False or an Exception where not. Slow: reads the whole index."""
