"""The stored lists: loaded, computed, written in batches, and kept up with the Event log.

The only writer of RelatedArticle rows besides the workflow, which takes withdrawn articles out of every list.
Editors' choices are rows of their own: every list that is written is arranged by them.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from django.db import transaction
from django.db.models import BooleanField, CharField, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Concat, Substr

from articles import following, search
from articles.models import Article, ArticleRegion, Cursor, RelatedArticle, RelatedChoice, Tag, TaggedArticle, take_event_lock
from articles.related.choice import STORED, Entry, fits, related_to, together
from articles.related.features import Item, places
from articles.related.retrieval import Index, Subject
from articles.search.documents import FOREVER, days
from articles.search.engine import Hits
from articles.search.follower import exclusive

logger = logging.getLogger(__name__)

NEIGHBOURS = 12  # nearest articles whose lists are refreshed with an article's own
MUTUAL = 8  # and the first of its own list
STALE = 10  # lists that hold it although it is no more near them
BATCH = 50  # lists computed and written at a time
PINNED = "编辑固定"
FOLLOWER, REBUILD = "related", "rebuild_related"  # cursors: the last event followed, the last article that a rebuild has done


class List(NamedTuple):
    """The computed list of one article, before editors' choices; `near`: the articles that it may now stand beside."""

    entries: list[Entry]
    near: list[int]


# Following the Event log


def sync(seconds: float = 1.0) -> None:
    """Refresh the lists that the events since the last call touch, for about `seconds`; the next call goes on from there."""
    fresh: dict[int, list[int]] = {}  # the index is ahead of all these events, so one look at a list serves them all
    following.follow(FOLLOWER, lambda article: refresh(article, fresh), seconds)


def skip() -> None:
    """Take the events so far as done, without computing a list: after a load that rebuild() is to follow."""
    following.skip(FOLLOWER)


def refresh(id: int, fresh: dict[int, list[int]]) -> None:
    """Compute the list of one article anew, and those that it may now stand in or must leave.

    `fresh`: articles that are done already, with those near them. One that was done as a neighbour still has its own to do.
    """
    if id not in fresh:
        fresh |= _refresh([id])
    holders = _leave_lists_that_it_no_longer_fits(id)
    touched = dict.fromkeys([*fresh[id], *_pinned_beside(id), *[holder for holder in holders if holder not in fresh[id]][:STALE]])
    fresh |= _refresh([other for other in touched if other not in fresh])


def recompute(id: int) -> None:
    """Compute one list anew, as far as that is possible now; what was stored stays where it is not. Never raises."""
    try:
        _refresh([id])
    except Exception:
        logger.exception("the related list of %s could not be computed anew", id)


def _leave_lists_that_it_no_longer_fits(id: int) -> list[int]:
    """Returns whose lists still hold it, those where it stands highest first."""
    holders = list(RelatedArticle.objects.filter(related=id, pinned=False).order_by("rank").values_list("article_id", flat=True))
    items = _items([id, *holders])
    today = search.filters_now().today
    gone = [holder for holder in holders if id not in items or (holder in items and not fits(items[id], items[holder], today))]
    if gone:
        with transaction.atomic():
            take_event_lock()
            RelatedArticle.objects.filter(related=id, pinned=False, article__in=gone).delete()
    return [holder for holder in holders if holder not in gone]


def _pinned_beside(id: int) -> Iterable[int]:
    """Published again, it comes back to where editors put it."""
    return RelatedChoice.objects.filter(other=id, kind=RelatedChoice.Kind.PIN).values_list("article_id", flat=True)


# All of them


def rebuild(progress: Callable[[Iterable], Iterable] = iter, *, restart: bool = False, spread: Callable = map) -> int | None:
    """Compute every list anew, from where a run that was killed has come to. Returns how many; None where another process is at it.

    `spread`: a map() that may compute in other processes; all is written in this one.
    """
    with exclusive(REBUILD) as mine:
        if not mine:
            return None
        if restart:
            _rebuilding().delete()
        done = sum(1 for _ in progress(_rebuilt(spread)))
        RelatedArticle.objects.filter(article__live=False).delete()
        _rebuilding().delete()
        return done


def to_rebuild(*, restart: bool = False) -> int:
    """How many lists rebuild() has before it."""
    return _live_after(0 if restart else _rebuilt_until()).count()


def _rebuilding():
    return Cursor.objects.filter(name=REBUILD)


def _rebuilt_until() -> int:
    return _rebuilding().values_list("event", flat=True).first() or 0


def _live_after(id: int):
    return Article.objects.filter(live=True, pk__gt=id).order_by("pk").values_list("pk", flat=True)


def _rebuilt(spread: Callable) -> Iterator[int]:
    for lists in spread(_computed, _batches(_rebuilt_until())):
        with transaction.atomic():
            _write(lists)
            Cursor.objects.update_or_create(name=REBUILD, defaults={"event": max(lists)})
        yield from lists


def _batches(last: int) -> Iterator[list[int]]:
    while ids := list(_live_after(last)[:BATCH]):
        last = ids[-1]
        yield ids


# Computing


def _refresh(ids: Iterable[int]) -> dict[int, list[int]]:
    """Compute and store the lists of `ids`. Returns, for each, the articles that it may now stand beside."""
    found: dict[int, list[int]] = {}
    rest = iter(ids)
    while batch := list(islice(rest, BATCH)):
        lists = _computed(batch)
        _write(lists)
        found |= {id: list.near for id, list in lists.items()}
    return found


def _computed(ids: list[int]) -> dict[int, List]:
    # Scheduled articles are stored too: nothing happens at their time that could add them, and pages show none before it.
    index = Index(search.engine(), search.filters_now(scheduled=True))
    subjects, known, looked_at = _subjects(ids), {}, {}

    def load(wanted: set[int], whole: bool) -> dict[int, Item]:
        known.update(_items(wanted - known.keys()))
        if whole:
            looked_at.update(_whole([known[id] for id in wanted - looked_at.keys() if id in known]))
        return looked_at if whole else known

    hits = {id: index.nearest(subject) for id, subject in subjects.items()}
    found = together({id: related_to(subject, index, hits[id]) for id, subject in subjects.items()}, load)
    lists = {id: List(found[id], _near(subjects[id].item, hits[id], found[id], known, index)) for id in subjects}
    return {id: lists.get(id, List([], [])) for id in ids}


def _near(item: Item, hits: Hits, entries: list[Entry], known: dict[int, Item], index: Index) -> list[int]:
    """Of which articles it could be the neighbour: those that it is nearest to, and the first of its own list."""
    near = [id for id in hits.ids[:NEIGHBOURS] if id in known and fits(item, known[id], index.filters.today)]
    return list(dict.fromkeys([*near, *(entry.other for entry in entries[:MUTUAL])]))


TEXT = Concat("short_answer", Value("\n"), "plain_text", output_field=TextField())


def _subjects(ids: Iterable[int]) -> dict[int, Subject]:
    texts = dict(Article.objects.filter(pk__in=ids, live=True).values_list("pk", TEXT))
    items = _whole(_items(texts).values())
    names = dict(Tag.objects.filter(pk__in={tag for item in items.values() for tag in item.tags}).values_list("pk", "name"))
    return {id: Subject(item, texts[id], {tag: names[tag] for tag in item.tags}) for id, item in items.items()}


# The day alone, as text: thousands of times are slow to make.
DAY = Substr(Cast("go_live_at", CharField()), 1, 10)


def _items(ids: Iterable[int]) -> dict[int, Item]:
    """Those of live articles, without what they say."""
    live = Article.objects.filter(_among("articles_article.id", ids), live=True)
    rows = live.values_list("pk", "title", "category_id", DAY, "valid_until")
    tags, regions = defaultdict(list), defaultdict(list)
    for id, tag in TaggedArticle.objects.filter(_among("content_object_id", ids)).values_list("content_object_id", "tag_id"):
        tags[id].append(tag)
    for id, code in ArticleRegion.objects.filter(_among("article_id", ids)).values_list("article_id", "region_id"):
        regions[id].append(code)
    return {
        id: Item(
            id,
            title,
            tuple(tags[id]),
            places(regions[id], title),
            category,
            _day_number(day),
            days(valid_until) if valid_until else FOREVER,
        )
        for id, title, category, day, valid_until in rows
    }


@lru_cache(maxsize=10_000)
def _day_number(day: str) -> int:
    return days(date.fromisoformat(day))


def _whole(items: Collection[Item]) -> dict[int, Item]:
    """The same with what they say."""
    rows = Article.objects.filter(_among("articles_article.id", (item.id for item in items))).values_list("pk", "excerpt", "phrasings")
    said = {id: (opening, tuple(phrasings)) for id, opening, phrasings in rows}
    return {item.id: Item(*item[:-2], *said[item.id]) for item in items if item.id in said}


def _among(column: str, ids: Iterable[int]) -> RawSQL:
    """The condition that `column` is one of `ids`, written out: as parameters, thousands of them take Django longer than the database."""
    numbers = ",".join(str(int(id)) for id in ids) or "NULL"
    return RawSQL(f"{column} IN ({numbers})", (), BooleanField())  # noqa: S611


# Writing


def _write(lists: dict[int, List]) -> None:
    """Replace the stored lists, arranged by what editors have chosen."""
    with transaction.atomic():
        # Who withdraws holds this lock too: a row that points at an article waits for nobody who waits for this.
        take_event_lock()
        choices = _choices(lists)
        RelatedArticle.objects.filter(article__in=lists).delete()
        _insert({id: _arranged(list.entries, choices[id]) for id, list in lists.items()})


def arrange(id: int) -> None:
    """Bring the stored list into the order that editors have chosen, without computing anything."""
    with transaction.atomic():
        stored = RelatedArticle.objects.filter(article=id).order_by("rank")
        entries = [Entry(row.related_id, row.score, row.reason) for row in stored if row.score]  # a pin alone has none
        stored.delete()
        _insert({id: _arranged(entries, _choices([id])[id])})


def _insert(lists: dict[int, list[Entry]]) -> None:
    RelatedArticle.objects.bulk_create(
        RelatedArticle(article_id=id, related_id=entry.other, rank=rank, score=entry.score, reason=entry.reason, pinned=entry.pinned)
        for id, entries in lists.items()
        for rank, entry in enumerate(entries, 1)
    )


def _choices(ids: Iterable[int]) -> dict[int, list[tuple[int, str, int | None]]]:
    """Of each article: (other, kind, position), by place, the last decision about one place last; without pins of what is not live."""
    found = defaultdict(list)
    rows = RelatedChoice.objects.filter(article__in=ids).order_by("position", "at", "pk")
    for id, other, kind, position, live in rows.values_list("article_id", "other_id", "kind", "position", "other__live"):
        if live or kind == RelatedChoice.Kind.BLOCK:
            found[id].append((other, kind, position))
    return found


def _arranged(entries: list[Entry], choices: list[tuple[int, str, int | None]]) -> list[Entry]:
    known = {entry.other: entry for entry in entries}
    chosen = {other for other, _, _ in choices}
    arranged = [entry for entry in entries if entry.other not in chosen]
    for other, kind, position in choices:
        if kind == RelatedChoice.Kind.PIN:
            entry = known.get(other, Entry(other, 0.0, PINNED))
            arranged.insert(position - 1, entry._replace(pinned=True))
    return arranged[:STORED]
