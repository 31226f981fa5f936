"""From candidates to a list: score, filter, variety, and a reason for each. Pure functions; the same for pages and for evaluation."""

import heapq
import math
from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

from articles.related.features import Item, compare, key_of, reaches, region_name, same_question, understood
from articles.related.retrieval import CANDIDATES, DEEPEST, Index, Subject
from articles.search.engine import Hits

STORED, SHOWN = 30, 20
# What adds to the share of the best candidate's BM25 score, each for the most that there can be of it.
TAGS, PLACE, CATEGORY, RECENT = 1.0, 0.1, 0.4, 0.03
HALF_LIFE = 2 * 365  # days in which an article's recency halves
SAMENESS = 0.1  # what a question loses that is worded like one before it
POOL = 50  # different questions that are weighed against each other
FAMILY = 2  # of one template; more only where a list would else be short
TELLING_TAG, TELLING_WORD = 0.2, 1.0  # how much a tag and a word must say to be a reason


class Entry(NamedTuple):
    other: int
    score: float
    reason: str
    pinned: bool = False


class Wanted(NamedTuple):
    """Items that a list needs; `whole`: with their openings and phrasings, which few of them are looked at for."""

    ids: list[int]
    whole: bool = False


Items = dict[int, Item]


def related_to(subject: Subject, index: Index, hits: Hits | None = None) -> Generator[Wanted, Items, list[Entry]]:
    """The list of `subject`, best first. Yields what it wants and is sent the items, so that many lists are loaded at once.

    `hits`: of index.nearest(), where that is done.
    """
    hits = hits or index.nearest(subject)
    found = _scored(subject, hits, index, (yield Wanted(hits.ids)))
    few = hits.total < CANDIDATES
    if len(_questions(found)) < STORED:
        more = index.around(subject, few=few)
        found = _scored(subject, more, index, (yield Wanted(more.ids))) | found
    chosen = yield from _chosen(subject.item, found)
    if len(chosen) < SHOWN <= len(found) and not few:
        more = index.around(subject, few=few, limit=DEEPEST)
        found = _scored(subject, more, index, (yield Wanted(more.ids))) | found
        chosen = yield from _chosen(subject.item, found)
    return [Entry(item.id, round(score, 4), _reason(subject, item, index)) for score, item in chosen]


def together(lists: dict[int, Generator], load: Callable[[set[int], bool], Items]) -> dict[int, list[Entry]]:
    """Run several related_to() side by side; `load` is asked for the items of all of them, whole ones or not."""
    found, sent = {}, dict.fromkeys(lists)
    while sent:
        wanted: dict[int, Wanted] = {}
        for id in sent:
            try:
                wanted[id] = lists[id].send(sent[id])
            except StopIteration as done:
                found[id] = done.value
        items = {}
        for whole in {want.whole for want in wanted.values()}:
            items[whole] = load({id for want in wanted.values() if want.whole == whole for id in want.ids}, whole)
        sent = {id: items[want.whole] for id, want in wanted.items()}
    return found


def fits(other: Item, subject: Item, today: int) -> bool:
    """Valid now, and for a place that the subject's readers live in."""
    return other.valid_until >= today and reaches(other.places, subject.places)


def _scored(subject: Subject, hits: Hits, index: Index, items: dict[int, Item]) -> dict[int, tuple[float, Item]]:
    """What fits."""
    best, weights = max(hits.scores, default=1), _tag_weights(subject, index)
    return {
        id: (score / best + _bonus(items[id], subject.item, weights, index.filters.today), items[id])
        for id, score in zip(hits.ids, hits.scores, strict=True)
        if id in items and fits(items[id], subject.item, index.filters.today)
    }


def _tag_weights(subject: Subject, index: Index) -> dict[int, float]:
    """How much a tag in common says: nothing for one that all have, 1 for one that no other has."""
    return {tag: index.rarity("tag", tag) / index.rarity("tag", 0) for tag in subject.tags}  # there is no tag 0


def _bonus(item: Item, subject: Item, weights: dict[int, float], today: int) -> float:
    tags = min(sum(weights.get(tag, 0.0) for tag in item.tags), 1.0)
    place = bool(item.places) and item.places == subject.places
    age = max(today - item.go_live, 0)
    return TAGS * tags + PLACE * place + CATEGORY * (item.category == subject.category) + RECENT * 0.5 ** (age / HALF_LIFE)


class _Waiting:
    """A candidate, and what it has lost to those chosen before it."""

    def __init__(self, score: float, item: Item):
        self.score = self.worth = score
        self.item = item
        self.alike = 0.0  # like the one chosen that it is most like
        self.family = 0  # so many of its template are chosen
        self.seen = 0  # so many of the chosen are compared
        self.twin = False

    def __lt__(self, other: "_Waiting") -> bool:
        return (-self.worth, self.item.id) < (-other.worth, other.item.id)

    def compare(self, chosen: list[Item]) -> None:
        for other in chosen[self.seen :]:
            found = compare(self.item, other)
            self.alike = max(self.alike, found.alike)
            self.family += found.siblings
            if found.same:
                self.twin = True
                return
        self.seen = len(chosen)
        self.worth = self.score - SAMENESS * self.alike


def _chosen(subject: Item, found: dict[int, tuple[float, Item]]) -> Generator[Wanted, Items, list[tuple[float, Item]]]:
    pool = _questions(found)[:POOL]
    whole = yield Wanted([item.id for _, item in pool], whole=True)
    return list(_varied(subject, [(score, whole[item.id]) for score, item in pool if item.id in whole]))


def _varied(subject: Item, pool: list[tuple[float, Item]]) -> Iterator[tuple[float, Item]]:
    """At most STORED, each time the one of most worth beside those chosen (maximal marginal relevance; Carbonell & Goldstein, 1998).

    Worth only falls, so one that is still the best after a fresh look is the best of all.
    """
    chosen: list[Item] = []
    worth = math.inf
    further: list[_Waiting] = []  # of templates that have enough
    heap = [_Waiting(score, item) for score, item in pool if not same_question(item, subject)]
    heapq.heapify(heap)
    while heap and len(chosen) < STORED:
        one = heapq.heappop(heap)
        if one.seen < len(chosen):
            one.compare(chosen)
            if not one.twin:
                further.append(one) if one.family >= FAMILY else heapq.heappush(heap, one)
        else:
            chosen.append(one.item)
            worth = one.worth
            yield worth, one.item
    yield from _filled(chosen, further, worth)


def _filled(chosen: list[Item], further: list[_Waiting], lowest: float) -> Iterator[tuple[float, Item]]:
    """More of what there is enough of, as far as a list would else be short."""
    for one in sorted(further):
        if len(chosen) >= SHOWN:
            return
        one.compare(chosen)
        if not one.twin:
            chosen.append(one.item)
            lowest = min(lowest, one.worth)  # scores fall along a list
            yield lowest, one.item


def _questions(found: dict[int, tuple[float, Item]]) -> list[tuple[float, Item]]:
    """The best of each question, best first."""
    best: dict[str, tuple[float, Item]] = {}
    for score, item in sorted(found.values(), key=lambda pair: (-pair[0], pair[1].id)):
        best.setdefault(key_of(item.title), (score, item))
    return list(best.values())


def _reason(subject: Subject, item: Item, index: Index) -> str:
    """Why it stands there, for people."""
    weights = _tag_weights(subject, index)
    shared = max((tag for tag in item.tags if tag in weights), key=weights.__getitem__, default=0)
    if weights.get(shared, 0) > TELLING_TAG:
        return f"同标签：{subject.tags[shared]}"
    if together := item.places & subject.item.places:
        return f"同地区：{region_name(min(together))}"
    return _subject_in_common(subject, item, index)


def _subject_in_common(subject: Subject, item: Item, index: Index) -> str:
    """A word of its question: of ours too, or one that our answer leads to."""
    asked, words = understood(subject.item.title).words, understood(item.title).words
    for label, found in (("同主题", words & asked), ("接着问", {word for word in words - asked if word in subject.text})):
        rarest = max(((index.rarity("title_words", word), word) for word in found), default=(0.0, ""))
        if rarest[0] > TELLING_WORD:
            return f"{label}：{rarest[1]}"
    return ""
