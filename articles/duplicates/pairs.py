"""The pairs found over the whole site, and what editors said about them.

The only writer of DuplicatePair rows. A dismissed pair stays dismissed, whatever is computed anew.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from articles import following, stats
from articles.duplicates.comparison import DUPLICATE, Comparison, Question, compare
from articles.duplicates.finding import Candidate, candidates, question_of, rows, vocabulary
from articles.models import Article, Cursor, DuplicatePair
from articles.text import question

SCANNED = 25  # articles of a scan that are written down together
TWINS = 20  # of one article that are stored
LISTED = 5000  # pairs that the editors' list looks at, the most similar first
FREQUENT = 2000  # of the most searched questions, which the list puts first
FOLLOWER, SCAN = "duplicates", "find_duplicates"  # cursors: the last event followed, the last article that a scan has done


def sync(seconds: float = 1.0) -> None:
    """Look again at the articles of the events since the last call, for about `seconds`; the next call goes on from there."""
    following.follow(FOLLOWER, refresh, seconds)


def skip() -> None:
    """Take the events so far as done: after a load that find_all() is to follow."""
    following.skip(FOLLOWER)


def find_all(progress: Callable[[Iterable], Iterable] = iter, *, anew: bool = False) -> int:
    """Look at every article, from where the last call was interrupted, or `anew`. Returns how many were looked at."""
    cursor, count = _scan(), 0
    if anew:
        cursor.event = 0
    ids = iter(progress(remaining(cursor.event).iterator()))
    while batch := list(islice(ids, SCANNED)):
        refresh(*batch)
        cursor.event, count = batch[-1], count + len(batch)
        cursor.save()
    cursor.event = 0
    cursor.save()
    return count


def _scan() -> Cursor:
    return Cursor.objects.get_or_create(name=SCAN)[0]


def remaining(after: int | None = None):
    """Ids of the articles that a scan has yet to look at."""
    after = _scan().event if after is None else after
    return Article.objects.filter(live=True, pk__gt=after).order_by("pk").values_list("pk", flat=True)


def refresh(*ids: int) -> None:
    """Store the duplicates of these articles among the live ones, and drop what was found before and holds no more."""
    similar = {id: _similar(id) for id in ids}  # outside of the transaction: looking takes longer than writing down
    with transaction.atomic():
        list(Article.objects.select_for_update().filter(pk__in=ids).order_by("pk"))  # another machine may be at the same ones
        for id, found in similar.items():
            _store(id, found)


def _similar(id: int) -> dict[int, float]:
    article = rows([id]).filter(live=True).first()
    found = _duplicates(candidates(question_of(article), exclude=id, drafts=False)) if article else []
    return {each.article.pk: each.comparison.similarity for each in found[:TWINS]}


def _duplicates(found: Iterable[Candidate]) -> list[Candidate]:
    return [each for each in found if each.comparison.label == DUPLICATE]


def _store(id: int, similar: dict[int, float]) -> None:
    ours = {pair.a_id + pair.b_id - id: pair for pair in DuplicatePair.objects.filter(Q(a=id) | Q(b=id))}
    gone = [pair.pk for other, pair in ours.items() if other not in similar and pair.dismissed_at is None]
    DuplicatePair.objects.filter(pk__in=gone).delete()
    for other in similar.keys() & ours.keys():
        if abs(ours[other].similarity - similar[other]) > 1e-6:
            DuplicatePair.objects.filter(pk=ours[other].pk).update(similarity=similar[other])
    DuplicatePair.objects.bulk_create(
        (
            DuplicatePair(a_id=min(id, other), b_id=max(id, other), similarity=similarity)
            for other, similarity in similar.items()
            if other not in ours
        ),
        ignore_conflicts=True,  # the other of the two may be refreshed at the same moment
    )


def dismiss(article: int, others: Iterable[int], *, by: User | None, because: str) -> None:
    """Note that these do not ask the same, whatever it looks like. Raises ValueError without a reason."""
    if not because.strip():
        raise ValueError("a reason is needed")
    said = {"dismissed_by": by, "dismissed_at": timezone.now(), "dismissed_because": because.strip()[:500]}
    for other in others:
        a, b = sorted((article, other))
        DuplicatePair.objects.update_or_create(a_id=a, b_id=b, defaults=said, create_defaults=said | {"similarity": 0.0})


def twins(asked: Question, *, of: int | None = None) -> list[Candidate]:
    """Live articles that probably ask the same as `asked`, the question of article `of`, and were not dismissed."""
    found = _duplicates(candidates(asked, exclude=of, drafts=False))
    return [each for each in found if each.article.pk not in _dismissed(of)] if found else []


def _dismissed(id: int | None) -> set[int]:
    pairs = DuplicatePair.objects.filter(Q(a=id) | Q(b=id), dismissed_at__isnull=False) if id else []
    return {pair.a_id + pair.b_id - id for pair in pairs}


class Pair(NamedTuple):
    a: Article
    b: Article
    comparison: Comparison
    pk: int


class Group(NamedTuple):
    """Articles that ask the same, directly or over a third."""

    articles: list[Article]
    pairs: list[Pair]


def groups(start: int = 0, count: int = 20) -> tuple[list[Group], int]:
    """`count` groups from number `start` on, the most searched first, then the most similar; and how many there are."""
    undecided = DuplicatePair.objects.filter(dismissed_at=None, a__live=True, b__live=True)
    pairs = list(undecided.values_list("pk", "a", "b")[:LISTED])
    by_group: dict[int, list[tuple[int, int, int]]] = {}
    together = _joined((a, b) for _, a, b in pairs)
    for pair in pairs:
        by_group.setdefault(together[pair[1]], []).append(pair)
    ranks = _search_ranks({id for pair in pairs for id in pair[1:]})
    ordered = sorted(by_group.values(), key=lambda found: min(ranks.get(id, FREQUENT) for pair in found for id in pair[1:]))
    return [_group(found) for found in ordered[start : start + count]], len(ordered)


def _joined(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """id: the id that stands for all that are connected with it."""
    above: dict[int, int] = {}

    def top(id: int) -> int:
        while above.setdefault(id, id) != id:
            above[id] = above[above[id]]
            id = above[id]
        return id

    for a, b in pairs:
        above[top(a)] = top(b)
    return {id: top(id) for id in list(above)}


def _search_ranks(ids: set[int]) -> dict[int, int]:
    """Of articles whose question is searched often: its place among all searches."""
    places = {query: place for place, query in reversed(list(enumerate(map(question, stats.frequent(days=90, limit=FREQUENT)))))}
    if not places:
        return {}
    wordings = Article.objects.filter(pk__in=ids).values_list("pk", "title", "phrasings")
    ranks = {id: min(places.get(question(text), FREQUENT) for text in (title, *phrasings)) for id, title, phrasings in wordings}
    return {id: rank for id, rank in ranks.items() if rank < FREQUENT}


def _group(found: list[tuple[int, int, int]]) -> Group:
    articles = {article.pk: article for article in rows({id for pair in found for id in pair[1:]})}
    words = vocabulary()
    compared = [
        Pair(articles[a], articles[b], compare(question_of(articles[a]), question_of(articles[b]), words), pk) for pk, a, b in found
    ]
    return Group(sorted(articles.values(), key=lambda article: article.pk), compared)
