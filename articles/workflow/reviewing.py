"""The second pair of eyes: handing in, the verdict, and the confirmation of what was published without one."""

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction
from django.utils import timezone

from articles import duplicates, search
from articles.content import ArticleContent
from articles.models import Article, Revision
from articles.text import strip_controls
from articles.workflow.frame import changing, lock_article, record
from articles.workflow.live import SIGNATURE, sign
from articles.workflow.rules import VERBS, NotAllowed, State, may, require_reason, review_still_stands, why_not_declare

REVIEW_DAYS = 3  # from the submission to the day when the review is due, unless the submitter says another
LATEST_DUE = 365
NOTE = Revision._meta.get_field("public_note").max_length

LONGEST_INTERVAL = timedelta(days=5 * 366)


def submit(
    revision: Revision,
    *,
    by: User | None,
    not_duplicate_because: str = "",
    minor: bool = False,
    public_note: str = "",
    due_on: date | None = None,
) -> None:
    """Hand in for review. A question that live articles probably ask already needs a reason, which is kept with each of them.

    A change to a page that readers know is `minor`, or has a `public_note` for them. A minor one whose words are those of the reviewed
    page keeps its review, where `by` may publish; everything else waits for a second person until `due_on`.
    """
    with changing("submit", revision, by, not_duplicate_because.strip()) as entry:
        if reasons := why_not_declare(revision.content, revision.article, minor=minor, public_note=public_note):
            raise NotAllowed("；".join(reasons))
        if found := twins(revision.content, revision.article):
            if not not_duplicate_because.strip():
                raise NotAllowed(_says(found))
            entry.data["not_duplicate_of"] = [twin.pk for twin in found]
            duplicates.dismiss(revision.article_id, entry.data["not_duplicate_of"], by=by, because=not_duplicate_because)
        hand_in(revision, minor=minor, public_note=public_note, due_on=due_on)
        if revision.minor and review_still_stands(revision, by):
            _keep_review(revision, revision.article.live_revision)
            entry.data["review_of"] = revision.base_revision_id
            entry.note = "；".join(filter(None, (entry.note, f"文字与审核过的线上版本 #{revision.base_revision_id} 相同，沿用其审核")))


def hand_in(revision: Revision, *, minor: bool, public_note: str, due_on: date | None = None) -> None:
    """Inside changing() only. What a change weighs is kept where readers know the page."""
    today = timezone.localdate()
    due_on = due_on or today + timedelta(days=REVIEW_DAYS)
    if not today <= due_on <= today + timedelta(days=LATEST_DUE):
        raise NotAllowed("审核期限须在今天以后的一年以内")
    public_note = " ".join(strip_controls(public_note).split())
    if len(public_note) > NOTE:
        raise NotAllowed(f"给读者的更新说明太长：最多 {NOTE} 字")
    known = revision.article.has_been_public
    revision.minor, revision.public_note = known and minor, public_note if known and not minor else ""
    revision.submitted_at, revision.due_on = timezone.now(), due_on
    revision.state = State.IN_REVIEW


def _keep_review(revision: Revision, reviewed: Revision) -> None:
    revision.state = State.APPROVED
    revision.reviewer, revision.reviewed_at = reviewed.reviewer, reviewed.reviewed_at
    revision.approved_digest = revision.content.digest()


def why_ask_again(content: ArticleContent, article: Article | None) -> list[str]:
    """Why `content` is not submitted without a reason: live articles that probably ask the same."""
    found = twins(content, article)
    return [_says(found)] if found else []


def twins(content: ArticleContent, article: Article | None) -> list[Article]:
    """Live articles that probably ask what `content` asks; none for a page whose question readers see already."""
    if article and article.live and article.title == content.title:
        return []
    asked = duplicates.Question(content.title, content.phrasings, f"{content.short_answer} {content.body}", content.regions)
    try:
        return [each.article for each in duplicates.twins(asked, of=article.pk if article else None)]
    except search.IndexUnavailable:
        return []  # no index, no warning: writing goes on


def _says(found: list[Article]) -> str:
    named = "、".join(f"#{article.pk}“{article.title}”" for article in found[:3])
    return f"很可能与已发布的 {named} 重复，请合并到那一篇，或填写不重复的理由"


def claim(revision: Revision, *, by: User) -> None:
    """Say that one is going to review it, also in the place of somebody who said so before."""
    with changing("claim", revision, by):
        revision.reviewer, revision.reviewed_at = by, None


def approve(revision: Revision, *, by: User, note: str = "", seen: str = "") -> None:
    """`seen`: the digest of what the reviewer read; another content is not approved."""
    with changing("approve", revision, by, note):
        _require_seen(revision, seen)
        revision.state = State.APPROVED
        revision.reviewer, revision.reviewed_at = by, timezone.now()
        revision.approved_digest = revision.content.digest()


def reject(revision: Revision, *, by: User, reason: str, seen: str = "") -> None:
    require_reason(reason)
    with changing("reject", revision, by, reason):
        _require_seen(revision, seen)
        revision.state = State.REJECTED
        revision.reviewer, revision.reviewed_at = by, timezone.now()


def _require_seen(revision: Revision, seen: str) -> None:
    if seen and seen != revision.content.digest():
        raise NotAllowed("内容在您打开页面以后有改动，请重新阅读再决定")


def confirm(revision: Revision, *, by: User) -> None:
    """A second person stands behind a forced publication."""
    with changing("confirm", revision, by, indexed=True):  # the open warnings follow
        revision.reviewer, revision.reviewed_at = by, timezone.now()
        revision.approved_digest = revision.content.digest()
        _sign(revision.article, by, revision.reviewed_at)


def recheck(article: Article, *, by: User, note: str = "", next_review_on: date | None = None) -> None:
    """Somebody has looked at a live page again and found nothing to change.

    `next_review_on`: when it is due the next time; by default after the interval of its kind.
    """
    if next_review_on and not timezone.localdate() < next_review_on <= timezone.localdate() + LONGEST_INTERVAL:
        raise NotAllowed("下次审核的日期须在明天以后、五年以内")
    revision = Revision.objects.filter(live_article=article.pk).first()
    if revision is None:
        raise NotAllowed("文章还没有发布过")
    with changing("recheck", revision, by, note) as entry:
        _sign(revision.article, by, timezone.now(), next_review_on)
        entry.data |= {"sha256": revision.content.digest(), "next_review_on": revision.article.next_review_on.isoformat()}


def _sign(article: Article, by: User, at: datetime, again_on: date | None = None) -> None:
    sign(article, by, at, again_on)
    article.save(update_fields=SIGNATURE)


def why_not_plan_review(article: Article, user: User | None, on: date | None) -> list[str]:
    """Reasons why the next review of `article` may not be set to `on` now; None takes the date away."""
    reasons = [] if may(user, VERBS["confirm"].permission, VERBS["publish"].permission) else ["您没有更改下次审核日期的权限"]
    if not article.live:
        reasons.append("文章没有发布，还不用安排下次审核")
    elif article.next_review_on == on:
        reasons.append(f"下次审核已经是 {on}" if on else "本来就没有下次审核的日期")
    return reasons


@transaction.atomic
def plan_review(
    article: Article, on: date | None, *, by: User | None, note: str = "", data: dict[str, Any] | None = None
) -> dict[str, str | None]:
    """Say when a live page is to be looked at again. Returns the date before and the one now."""
    article = lock_article(article.pk)
    if reasons := why_not_plan_review(article, by, on):
        raise NotAllowed("；".join(reasons))
    was = {"before": _written(article.next_review_on), "now": _written(on)}
    article.next_review_on = on
    article.save(update_fields=["next_review_on"])
    record("plan_review", article.live_revision, by, note or f"下次审核：{on or '无'}", {**(data or {}), **was})
    return was


def _written(day: date | None) -> str | None:
    return day and day.isoformat()
