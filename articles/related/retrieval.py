"""Candidates for a related list: what the search index holds that shares the article's weightiest terms."""

import heapq
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from articles.related.features import ASKING, BOILERPLATE, NATIONAL, Item
from articles.search.engine import Clause, Filters, Hits, Place, SearchEngine
from articles.text import normalise, terms

CANDIDATES = 50
DEEPER, DEEPEST = 60, 300  # where too few of these are left
POSTINGS, AT_LEAST = 50_000, 6  # a search reads about so many, if so few terms are not more
# part of the article: (at most so many of its terms, fields that they are looked for in, weight)
PARTS = {
    "title words": (12, (("title_words", 2.0), ("body_words", 1.0), ("phrasing_words", 0.7))),
    "title pairs": (16, (("title_pairs", 1.0),)),
    "phrasing words": (8, (("title_words", 0.7), ("phrasing_words", 0.4))),
    "tags": (8, (("spelling", 1.0),)),  # which holds 断缴|断缴 for a tag, and for a word of a title
    "tag words": (8, (("title_words", 0.7), ("body_words", 0.7))),
    "body words": (16, (("body_words", 0.8), ("title_words", 0.8))),
}
ANSWER = ("tags", "tag words", "body words")
WIDER = 4  # times as many terms


class Subject(NamedTuple):
    """The article that a list is for."""

    item: Item
    text: str  # short answer and body
    tags: dict[int, str]  # names of its tags


class Index:
    """The search index as it is now, for some lists; remembers how rare the terms are that they share."""

    def __init__(self, engine: SearchEngine, filters: Filters):
        self.engine, self.filters, self.total = engine, filters, engine.count()
        self._known: dict[tuple[str, str | int], float] = {}

    def rarity(self, field: str, term: str | int) -> float:
        """Inverse document frequency; hardly more than nothing for what stands everywhere."""
        if (field, term) not in self._known:
            frequency = self.engine.frequency(field, term)
            self._known[field, term] = max(math.log((self.total + 1) / (frequency + 0.5)), 0.01)
        return self._known[field, term]

    def nearest(self, subject: Subject) -> Hits:
        """The articles with most of its weight in common, whoever they are for."""
        filters = self.filters._replace(exclude=subject.item.id)
        return self.engine.search(self.clauses(subject), filters, limit=CANDIDATES)

    def around(self, subject: Subject, *, few: bool, limit: int = DEEPER) -> Hits:
        """What else there is, in force and for the same place.

        By more of its terms where it shares them with `few`; else the nearest ask one question again and again, or for other
        places: then by its answer and its tags alone.
        """
        clauses = self.clauses(subject, wider=WIDER) if few else self.clauses(subject, ANSWER)
        filters = self.filters._replace(exclude=subject.item.id, place=_place(subject.item), expired=False)
        return self.engine.search(clauses, filters, limit=limit)

    def clauses(self, subject: Subject, parts: Collection[str] = tuple(PARTS), wider: int = 1) -> list[Clause]:
        """The rarest and most frequent terms of each part, weighted by tf × idf; BM25 multiplies by idf once more."""
        found: Counter[tuple[str, str]] = Counter()
        for part, counts in _counts(subject):
            limit, fields = PARTS[part] if part in parts else (0, ())
            weighted = ((math.sqrt(count) * self.rarity(PARTS[part][1][0][0], term), term) for term, count in counts.items())
            for weight, term in heapq.nlargest(limit * wider, weighted):
                for field, factor in fields:
                    found[field, term] += weight * factor
        return [Clause(field, term, found[field, term]) for field, term in self._affordable(found)]

    def _affordable(self, terms: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """The rarest, as many as POSTINGS allow: what a search costs is how often its terms stand in the index."""
        left = POSTINGS
        for number, (field, term) in enumerate(sorted(terms, key=lambda term: -self.rarity(*term))):
            left -= (self.total + 1) * math.exp(-self.rarity(field, term))
            if left < 0 and number >= AT_LEAST:
                return
            yield field, term


def _place(item: Item) -> Place | None:
    if not item.places:
        return Place(int(NATIONAL))
    if len(item.places) > 1:
        return None  # the engine knows one place at a time; who chooses looks at them all
    code = next(iter(item.places))
    return Place(int(code), tuple({int(code[:2] + "0000"), int(NATIONAL)} - {int(code)}))


@lru_cache(maxsize=64)  # a list looks up to three times, in turn with the others of its batch
def _split(title: str, phrasings: tuple[str, ...], tags: tuple[str, ...], text: str) -> list[tuple[str, Counter[str]]]:
    asked = terms(ASKING.sub(" ", normalise(title)))
    return [
        ("title words", _counted(asked.words)),
        ("title pairs", _counted(asked.pairs)),
        ("phrasing words", _counted(terms(ASKING.sub(" ", "\n".join(phrasings))).words)),
        ("tags", Counter(f"{name}|{name}" for name in map(normalise, tags))),
        ("tag words", _counted(terms("\n".join(tags)).words)),
        ("body words", _counted(terms(ASKING.sub(" ", BOILERPLATE.sub("", text))).words)),
    ]


def _counts(subject: Subject) -> list[tuple[str, Counter[str]]]:
    """The terms of each part, with how often they stand there."""
    return _split(subject.item.title, subject.item.phrasings, tuple(subject.tags.values()), subject.text)


def _counted(found: Iterable[str]) -> Counter[str]:
    # Numbers meet by chance.
    return Counter(term for term in found if len(term) > 1 and not term[0].isdigit())
