"""The list of all articles: filtered, searched, and cut into pages without counting what there is or skipping over it.

Pages are in the order of ids, the newest article first, and begin at a position. So that a filter reads only what fits, the
list walks along the index of one of its filters: each of those ends in the article's id, and is in this order too.
"""

import re
from datetime import timedelta
from functools import reduce
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from articles import drafts
from articles.models import NEVER, Article, OpenWarning
from articles.text import normalise

PAGE = 50
REACHED = 1000  # results of a search that can be paged through
FEW = 20_000  # articles that a search is told to look among
BEST = 2000  # hits that are looked at where more fit the filters

PUBLIC_STATES = {
    "public": "公开",
    "later": "定时上线",
    "ended": "已下线",
    "never": "从未公开",
    "withdrawn": "已撤回",
    "merged": "已合并",
}
ENDINGS = {
    "review": "再审核已到期",
    "review_soon": "30 天内要再审核",
    "expiring": "60 天内过期",
    "expired": "政策已过期",
}

# filter: (where its value is found, the column that its index is in the order of), the one that leaves fewest first
_COLUMNS = {
    "author": ("latest_revision__author", "latest_revision__article_id"),
    "reviewer": ("latest_revision__reviewer", "latest_revision__article_id"),
    "state": ("latest_revision__state", "latest_revision__article_id"),
    "tag": ("tag_links__tag", "tag_links__content_object_id"),
    "region": ("region_links__region", "region_links__article_id"),
    "category": ("category", "pk"),
    "kind": ("kind", "pk"),
}
_FEW = ("review", "review_soon", "expiring", "expired", "later", "ended")  # found by an index of another order


class Position(NamedTuple):
    """Where a page begins: below the article `before`, above `after`, at the very `end`; or the number of a page of a search."""

    before: int | None = None
    after: int | None = None
    end: bool = False
    page: int = 1


class Listing(NamedTuple):
    articles: list[Article]
    newer: bool = False
    older: bool = False
    total: int | None = None  # of a search; None where nobody counts
    partial: bool = False  # of a search: only the best hits were held against the filters
    unavailable: bool = False  # there is no index to search


def chosen_articles(chosen: dict[str, Any], **bounds: int) -> tuple[QuerySet, str]:
    """The articles that fit every filter of `chosen`, unordered, and the column to walk along: their id by another way.

    `bounds`: “lt” or “gt” an id.
    """
    conditions = _conditions(chosen)
    first = next(iter(conditions), None)
    walk = _COLUMNS.get(first, ("", "pk"))[1]
    condition = conditions.pop(first, Q())
    if chosen.get(first) in _FEW:
        condition = Q(pk__in=Article.objects.filter(condition).values("pk"))
    # In one call with the condition, for of several links of an article both mean the same one.
    found = Article.objects.filter(condition, **{f"{walk}__{side}": id for side, id in bounds.items()})
    return (found.filter(_fits(conditions)) if conditions else found), walk


def _conditions(chosen: dict[str, Any]) -> dict[str, Q]:
    """One for each filter that is set, in the order of _COLUMNS."""
    found = {name: Q(**{column: chosen[name]}) for name, (column, _) in _COLUMNS.items() if chosen.get(name)}
    if chosen.get("warnings"):
        found["warnings"] = Q(pk__in=OpenWarning.objects.values("article"))
    for name, states in (("ending", _endings()), ("public", _public_states())):
        if chosen.get(name):
            found[name] = states[chosen[name]]
    return found


def _fits(conditions: dict[str, Q]) -> Exists:
    """Asked of one article after the other: no database may start from these, and then walk all of another index for each."""
    return Exists(reduce(lambda found, condition: found.filter(condition), conditions.values(), Article.objects.filter(pk=OuterRef("pk"))))


def _public_states() -> dict[str, Q]:
    now = timezone.now()
    # Said by what is not, so that no database sets out along the index of these times, which is another order.
    running = ~Q(go_live_at__gt=now) & ~Q(expire_at__lte=now)
    return {
        "public": Q(live=True) & running,
        "later": Q(live=True, go_live_at__gt=now),
        "ended": Q(live=True, expire_at__lt=NEVER) & Q(expire_at__lte=now),  # the first names the index
        "never": Q(live=False, go_live_at=None),
        "withdrawn": Q(live=False, withdrawn_at__isnull=False),
        "merged": Q(live=False, merged_into__isnull=False),
    }


def _endings() -> dict[str, Q]:
    today = timezone.localdate()
    return {
        "review": Q(live=True, next_review_on__lte=today),
        "review_soon": Q(live=True, next_review_on__gt=today, next_review_on__lte=today + timedelta(days=30)),
        "expiring": Q(live=True, valid_until__gte=today, valid_until__lte=today + timedelta(days=60)),
        "expired": Q(live=True, valid_until__lt=today),
    }


def listing(chosen: dict[str, Any], position: Position) -> Listing:
    """One page of the articles that fit `chosen`, whose `q` is searched for in their newest texts."""
    text = (chosen.get("q") or "").strip()
    if text:
        return _searched(text, chosen, position.page)
    return _walked(chosen, position)


def _walked(chosen: dict[str, Any], position: Position) -> Listing:
    upwards = position.before is None and (position.after is not None or position.end)
    places = {"lt": position.before} if not upwards else {"gt": position.after}
    found, walk = chosen_articles(chosen, **{side: id for side, id in places.items() if id is not None})
    ids = list(found.order_by(walk if upwards else f"-{walk}").values_list("pk", flat=True)[: PAGE + 1])
    another, ids = len(ids) > PAGE, ids[:PAGE]
    if upwards:
        return Listing(_rows(ids[::-1]), newer=another, older=not position.end)
    return Listing(_rows(ids), newer=position.before is not None, older=another)


def _searched(text: str, chosen: dict[str, Any], page: int) -> Listing:
    drafts.sync(may_rebuild=False)  # what was saved a moment ago is found
    try:
        ids, total, partial = _hits(text, chosen)
    except drafts.IndexUnavailable:
        return Listing([], unavailable=True)
    ids = _numbered(text) + [id for id in ids if id not in _numbered(text)]
    start = (page - 1) * PAGE
    return Listing(_rows(ids[start : start + PAGE]), page > 1, len(ids) > start + PAGE, max(total, len(ids)), partial)


def _hits(text: str, chosen: dict[str, Any]) -> tuple[list[int], int, bool]:
    """Ids, best first, how many there are, and whether only the best were looked at.

    The smaller side decides: where few fit the filters, only those are searched.
    """
    if not any(value for name, value in chosen.items() if name != "q"):
        found = drafts.find(text, limit=REACHED)
        return found.ids, found.total, False
    fitting = chosen_articles(chosen)[0]
    few = list(fitting.order_by().values_list("pk", flat=True)[: FEW + 1])
    if len(few) <= FEW:
        found = drafts.find(text, among=few, limit=REACHED)
        return found.ids, found.total, False
    best = drafts.find(text, limit=BEST).ids
    kept = set(Article.objects.filter(_fits(_conditions(chosen)), pk__in=best).values_list("pk", flat=True))
    return [id for id in best if id in kept][:REACHED], len(kept), True


_NUMBER = re.compile(r"#?([1-9][0-9]{0,15})")


def _numbered(text: str) -> list[int]:
    """The article whose number was typed."""
    number = _NUMBER.fullmatch(normalise(text))
    return list(Article.objects.filter(pk=number[1]).values_list("pk", flat=True)) if number else []


def _rows(ids: list[int]) -> list[Article]:
    shown = Article.objects.select_related("category", "live_revision", "latest_revision__author", "latest_revision__reviewer").only(
        *("title", "live", "go_live_at", "expire_at", "withdrawn_at", "merged_into", "valid_until", "next_review_on", "category__name"),
        *(f"live_revision__{name}" for name in ("state", "forced_because", "reviewed_at")),
        *(f"latest_revision__{name}" for name in ("state", "publish_at", "created_at", "due_on")),
        *(f"latest_revision__{who}__{name}" for who in ("author", "reviewer") for name in ("username", "last_name", "first_name")),
    )
    found = shown.in_bulk(ids)
    return [found[id] for id in ids if id in found]
