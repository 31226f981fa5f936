"""The transaction that every verb works in, and what follows it: `with changing(verb, revision, by): …`."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction

from articles import checklist, drafts, duplicates, related, search
from articles.models import Article, Event, Revision, take_event_lock
from articles.workflow.rules import require

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Entry:
    """What the Event will say."""

    note: str
    data: dict[str, Any]


@contextmanager
def changing(
    verb: str,
    revision: Revision,
    by: User | None,
    note: str = "",
    *,
    indexed: bool = False,
    follow_now: bool = True,
    beside: int | None = None,
) -> Iterator[Entry]:
    """Lock, read again, check, let the body change the revision, save, record; all or nothing.

    `beside`: the id of another article that the body changes.
    """
    with transaction.atomic():
        if indexed:
            take_event_lock()
        article = lock_article(revision.article_id, beside)
        revision.refresh_from_db()
        revision.article = article
        require(verb, revision, by)
        entry = Entry(note, {})
        yield entry
        revision.save()
        record(verb, revision, by, entry.note, entry.data, to_follow=indexed)
        if indexed and follow_now:
            transaction.on_commit(follow_in_request, robust=True)


def lock_article(article_id: int, beside: int | None = None) -> Article:
    # Two in the order of their ids, or two transactions that need both wait for each other.
    rows = Article.objects.select_for_update().filter(pk__in={article_id, beside or article_id}).order_by("pk")
    return {row.pk: row for row in rows}[article_id]


def record(
    verb: str, revision: Revision, by: User | None, note: str = "", data: dict[str, Any] | None = None, *, to_follow: bool = False
) -> None:
    Event.objects.create(
        verb=verb, article_id=revision.article_id, revision=revision, by=by, note=note[:500], data=data or {}, to_follow=to_follow
    )


def follow(seconds: float = 1.0) -> None:
    """Bring the search index up to the Event log, and what else is derived as far as `seconds` allow for each.

    Never raises: the next call, of the background thread at the latest, repairs what this one could not.
    """
    _follow_articles(seconds, may_rebuild=True)
    _quietly(drafts.sync)


def follow_in_request() -> None:
    """What a click brings about. Making an index anew is for the background thread; that of drafts follows when it is asked."""
    _follow_articles(1.0, may_rebuild=False)


def _follow_articles(seconds: float, *, may_rebuild: bool) -> None:
    if _quietly(search.sync, may_rebuild=may_rebuild):  # the others look things up there
        for derived in (related, duplicates, checklist):  # the last warns of duplicates
            _quietly(derived.sync, seconds)


def _quietly(sync: Callable, *arguments, **options) -> Any:
    try:
        return sync(*arguments, **options)
    except Exception:
        logger.exception("%s could not be brought up to date; it will be tried again", sync.__module__)
        return None
