"""Bringing a page before the readers, now, later or by force, and withdrawing it."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction
from django.utils import timezone

from articles.models import NEVER, Article, Revision, take_event_lock
from articles.workflow.frame import changing, lock_article, record
from articles.workflow.live import make_live, show_links_again, take_down
from articles.workflow.rules import VERBS, NotAllowed, State, may, require_reason, unresolved


def publish(revision: Revision, *, by: User | None, follow_now: bool = True) -> Article:
    """Make an approved revision what the public sees."""
    with changing("publish", revision, by, indexed=True, follow_now=follow_now):
        article = make_live(revision)
    return article


def schedule(revision: Revision, *, by: User, at: datetime) -> None:
    """Publish an approved revision at a later time.

    An article that has never been public is published ahead and appears by itself at `at`; a change to a page
    that has been public waits for publish_due().
    """
    if not timezone.now() < at < NEVER:
        raise NotAllowed("定时发布的时间须晚于现在，也不能太远")
    with changing("schedule", revision, by, timezone.localtime(at).strftime("%Y-%m-%d %H:%M"), indexed=True):
        if not revision.article.has_been_public:
            make_live(revision, go_live_at=at)
        else:
            revision.publish_at = at


def publish_due(now: datetime | None = None) -> int:
    """Publish the scheduled revisions whose time has come. Safe to run in any number of processes at once.

    One that the rules no longer allow is taken off the schedule with an Event that says why. Returns how many went live.
    The caller lets search follow; after each of a thousand, that would hold up those behind.
    """
    due = Revision.objects.filter(state=State.APPROVED, publish_at__lte=now or timezone.now()).order_by("publish_at", "pk")
    return sum(_publish_one_due(revision) for revision in due)


def _publish_one_due(revision: Revision) -> bool:
    try:
        publish(revision, by=None, follow_now=False)
    except NotAllowed as refusal:
        with transaction.atomic():
            if Revision.objects.filter(pk=revision.pk, state=State.APPROVED, publish_at__isnull=False).update(publish_at=None):
                record("schedule_failed", revision, None, str(refusal))
        return False
    return True


def force_publish(
    revision: Revision, *, by: User | None, reason: str, go_live_at: datetime | None = None, follow_now: bool = True
) -> Article:
    """Publish without a review, for emergencies and imports. Needs a reason; flagged until confirm()."""
    require_reason(reason)
    with changing("force_publish", revision, by, reason, indexed=True, follow_now=follow_now):
        revision.forced_by, revision.forced_because = by, reason[:500]
        revision.reviewer = revision.reviewed_at = None
        revision.approved_digest = ""
        article = make_live(revision, go_live_at=go_live_at)
    return article


def unpublish(
    article: Article, *, by: User | None, reason: str, data: dict[str, Any] | None = None, follow_now: bool = True
) -> dict[str, Any]:
    """Withdraw: the address answers 410 from now on. Returns what republish() needs to undo it."""
    require_reason(reason)
    revision = Revision.objects.filter(live_article=article.pk).first()
    if revision is None:
        raise NotAllowed("文章还没有发布过")
    with changing("unpublish", revision, by, reason, indexed=True, follow_now=follow_now) as entry:
        scheduled = revision.article.revisions.filter(publish_at__isnull=False).values_list("pk", "publish_at")
        was = {"revision": revision.pk, "scheduled": {str(pk): at.isoformat() for pk, at in scheduled}}
        entry.data = {**(data or {}), "was": was}
        take_down(revision.article)
        revision.state, revision.publish_at = State.SUPERSEDED, None
    return was


def republish(article: Article, was: dict[str, Any], *, by: User | None, note: str = "", data: dict[str, Any] | None = None) -> None:
    """Undo unpublish(): the page stands as it did, where nobody has changed it since. Search follows in the background."""
    with transaction.atomic():
        take_event_lock()
        article = lock_article(article.pk)
        revision = article.live_revision
        if reasons := _why_not_republish(article, was, by):
            raise NotAllowed("；".join(reasons))
        revision.state = State.PUBLISHED
        revision.save(update_fields=["state"])
        article.live, article.withdrawn_at = True, None
        article.save(update_fields=["live", "withdrawn_at"])
        show_links_again(article)
        for id, at in was["scheduled"].items():
            # A change whose time has passed meanwhile would go live behind everybody's back: it waits for a new time.
            if datetime.fromisoformat(at) > timezone.now():
                article.revisions.filter(pk=id, state=State.APPROVED).update(publish_at=at)
        record("republish", revision, by, note, data, to_follow=True)


def _why_not_republish(article: Article, was: dict[str, Any], by: User | None) -> list[str]:
    if not may(by, VERBS["unpublish"].permission):
        return ["您没有“撤回”的权限，也就不能取消它"]
    if article.withdrawn_at is None or article.live_revision_id != was["revision"]:
        return ["撤回以后又有人发布或合并过，保持现状"]
    return unresolved(article.live_revision.content)
