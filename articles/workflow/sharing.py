"""Preview links: one version, readable for some days by whoever holds the link, without an account.

A link is signed and says which version, until when, and which entry of the log made it. Nothing else is stored: revoking an article's links
is an entry of the log too, and a link holds only while no such entry is newer than its own.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser as User
from django.core import signing
from django.db import transaction
from django.utils import timezone

from articles.models import Article, Event, Revision
from articles.workflow.frame import lock_article
from articles.workflow.rules import VERBS, NotAllowed, State

PREVIEW_DAYS = (1, 7, 30)
_SHARED, _REVOKED = "share_preview", "revoke_previews"
_signer = signing.Signer(salt="articles.preview")
_NEEDS_ONE_OF = {VERBS[verb].permission for verb in ("submit", "approve", "publish")}


class PreviewEnded(Exception):
    """The link was good once: it has run out or was revoked, or its text was rejected or withdrawn."""


class SharedPreview(NamedTuple):
    revision: Revision
    until: datetime
    by: User | None
    token: str


def why_not_share(revision: Revision, user: User | None) -> list[str]:
    """Reasons why `user` may not make a preview link to `revision` now."""
    reasons = _why_not_person(user)
    if revision.state == State.PUBLISHED or _has_ended(revision):
        reasons.append(f"“{revision.get_state_display()}”状态下不能分享预览")
    return reasons


@transaction.atomic
def share_preview(revision: Revision, *, by: User | None, days: int = 7) -> SharedPreview:
    """A new link to `revision`, good for `days` (one of PREVIEW_DAYS)."""
    revision.article = lock_article(revision.article_id)
    revision.refresh_from_db(fields=["state", "published_at"])
    reasons = why_not_share(revision, by) + ([] if days in PREVIEW_DAYS else ["请选择链接的有效天数"])
    if reasons:
        raise NotAllowed("；".join(reasons))
    until = timezone.now().replace(microsecond=0) + timedelta(days=days)
    event = Event.objects.create(
        verb=_SHARED,
        article=revision.article,
        revision=revision,
        by=by,
        note=f"有效期到 {timezone.localtime(until):%Y-%m-%d %H:%M}",
        data={"until": until.timestamp()},
    )
    return _shared(event, revision)


@transaction.atomic
def revoke_previews(article: Article, *, by: User | None) -> None:
    """No link to any version of `article` that was made until now opens any more."""
    if reasons := _why_not_person(by):
        raise NotAllowed("；".join(reasons))
    Event.objects.create(verb=_REVOKED, article=lock_article(article.pk), by=by)


def shared_previews(revision: Revision) -> list[SharedPreview]:
    """The links to `revision` that open now."""
    made = Event.objects.filter(article=revision.article_id, revision=revision, verb=_SHARED, pk__gt=_last_revoked(revision.article_id))
    shared = [_shared(event, revision) for event in made.select_related("by")[:20]]
    return [each for each in shared if each.until > timezone.now() and not _has_ended(revision)]


def open_preview(token: str) -> SharedPreview:
    """What the link leads to. Raises signing.BadSignature for one that we did not make, PreviewEnded for one that is over."""
    revision_id, until, event_id = _signer.unsign_object(token)
    revision = Revision.objects.select_related("article").filter(pk=revision_id).first()
    if revision is None or until <= timezone.now().timestamp() or event_id <= _last_revoked(revision.article_id) or _has_ended(revision):
        raise PreviewEnded
    return SharedPreview(revision, datetime.fromtimestamp(until, UTC), None, token)


def _why_not_person(user: User | None) -> list[str]:
    allowed = user is None or any(user.has_perm(permission) for permission in _NEEDS_ONE_OF)
    return [] if allowed else ["您没有分享预览的权限"]


def _shared(event: Event, revision: Revision) -> SharedPreview:
    until = int(event.data["until"])
    return SharedPreview(revision, datetime.fromtimestamp(until, UTC), event.by, _signer.sign_object([revision.pk, until, event.pk]))


def _last_revoked(article_id: int) -> int:
    return Event.objects.filter(article=article_id, verb=_REVOKED).values_list("pk", flat=True).first() or 0


def _has_ended(revision: Revision) -> bool:
    """What was found wrong does not circulate: a rejected text, one that was public and is not any more, any text of a merged article."""
    withdrawn = revision.published_at is not None and revision.state != State.PUBLISHED
    return revision.state == State.REJECTED or withdrawn or bool(revision.article.merged_into_id)
