"""Bringing a page before the readers, now, later or by force, and withdrawing it."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction
from django.utils import timezone

from articles.models import NEVER, Article, Revision
from articles.workflow.frame import changing, record
from articles.workflow.live import make_live, take_down
from articles.workflow.rules import NotAllowed, State, require_reason


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


def unpublish(article: Article, *, by: User | None, reason: str) -> None:
    """Withdraw: the address answers 410 from now on."""
    require_reason(reason)
    revision = Revision.objects.filter(live_article=article.pk).first()
    if revision is None:
        raise NotAllowed("文章还没有发布过")
    with changing("unpublish", revision, by, reason, indexed=True):
        take_down(revision.article)
        revision.state = State.SUPERSEDED
