"""The findings in what is live, stored for the editors' list. The only writer of OpenWarning rows.

They follow the Event log. What a day or another article brings about without an event (a date that passes, a page that
is withdrawn, a qualification that ends) is found by the daily round, which looks at every live article again in short slices.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from django.db import transaction
from django.utils import timezone

from articles import following
from articles.checklist.findings import of_live
from articles.checklist.rules import Finding
from articles.models import Article, Cursor, OpenWarning
from articles.search.follower import exclusive

BATCH = 50  # articles that are looked at together
FOLLOWER, ROUND, DAY = "checklist", "check_articles", "checked_on"  # cursors: last event, last article of a round, its day

_checked_on = 0  # the day for which this process knows the round to be done: asking costs nothing then


def sync(seconds: float = 1.0) -> None:
    """Look again at the articles of the events since the last call, for about `seconds`; the next call goes on from there."""
    following.follow(FOLLOWER, lambda article: refresh([article]), seconds)


def skip() -> None:
    """Take the events so far as done: after a load that check_all() is to follow."""
    following.skip(FOLLOWER)


def check_all(progress: Callable[[Iterable], Iterable] = iter, *, restart: bool = False) -> int | None:
    """Look at every live article, from where the last round was interrupted. Returns how many; None where another process is at it."""
    with exclusive(ROUND) as mine:
        if not mine:
            return None
        if restart:
            Cursor.objects.filter(name=ROUND).delete()
        return sum(1 for _ in progress(_round()))


def remaining(*, restart: bool = False) -> int:
    """How many articles check_all() has before it."""
    return _live_after(0 if restart else _read(ROUND)).count()


def daily(seconds: float = 0.2) -> None:
    """Once a day the same, `seconds` at a call."""
    global _checked_on
    today = timezone.localdate().toordinal()
    if _checked_on == today:
        return
    with exclusive(ROUND) as mine:
        deadline = time.monotonic() + seconds
        if mine and _read(DAY) != today:
            for _ in _round():
                if time.monotonic() >= deadline:
                    return
        _checked_on = _read(DAY)


def refresh(ids: Iterable[int]) -> None:
    """Store what the checks find now in the public texts of these articles, and drop what was found before and holds no more."""
    ids = list(ids)
    rows = Article.objects.filter(pk__in=ids, live=True, expire_at__gt=timezone.now()).select_related(
        "live_revision__reviewer__qualification"
    )
    articles = list(rows.defer("body_html", "headings", "excerpt", "sources", "changes"))
    fresh = {
        (article.pk, code): _as_row(article, list(findings))
        for article, found in zip(articles, of_live(articles), strict=True)
        for code, findings in groupby(found, key=lambda finding: finding.code)
    }
    with transaction.atomic():
        stored = {(row.article_id, row.code): row for row in OpenWarning.objects.filter(article__in=ids)}
        OpenWarning.objects.filter(pk__in=[row.pk for key, row in stored.items() if key not in fresh]).delete()
        changed = [row for key, row in fresh.items() if key not in stored or _said(stored[key]) != _said(row)]
        OpenWarning.objects.bulk_create(changed, update_conflicts=True, unique_fields=["article", "code"], update_fields=SAID)


SAID = ["level", "message", "part", "quote", "places", "category"]


def _said(row: OpenWarning) -> tuple:
    return row.level, row.message, row.part, row.quote, row.places, row.category_id


def _as_row(article: Article, findings: list[Finding]) -> OpenWarning:
    first = findings[0]
    return OpenWarning(
        article_id=article.pk,
        category_id=article.category_id,
        code=first.code,
        level=first.check.level,
        message=first.message,
        part=first.part,
        quote=first.quote,
        places=len(findings),
    )


def _round() -> Iterator[int]:
    """Ids of the articles as they are done; at the end the day counts as done."""
    last = _read(ROUND)
    while ids := list(_live_after(last)[:BATCH]):
        refresh(ids)
        last = ids[-1]
        _write(ROUND, last)
        yield from ids
    Cursor.objects.filter(name=ROUND).delete()
    _write(DAY, timezone.localdate().toordinal())


def _live_after(id: int):
    return Article.objects.filter(live=True, pk__gt=id).order_by("pk").values_list("pk", flat=True)


def _read(name: str) -> int:
    return Cursor.objects.filter(name=name).values_list("event", flat=True).first() or 0


def _write(name: str, value: int) -> None:
    Cursor.objects.update_or_create(name=name, defaults={"event": value})
