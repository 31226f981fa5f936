"""The second pair of eyes: handing in, the verdict, and the confirmation of what was published without one."""

from datetime import date, datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser as User
from django.utils import timezone

from articles import duplicates, search
from articles.content import ArticleContent
from articles.models import Article, Revision
from articles.workflow.frame import changing
from articles.workflow.live import sign
from articles.workflow.rules import NotAllowed, State, require_reason

LONGEST_INTERVAL = timedelta(days=5 * 366)


def submit(revision: Revision, *, by: User | None, not_duplicate_because: str = "") -> None:
    """Hand in for review. A question that live articles probably ask already needs a reason, which is kept with each of them."""
    with changing("submit", revision, by, not_duplicate_because.strip()) as entry:
        if found := twins(revision.content, revision.article):
            if not not_duplicate_because.strip():
                raise NotAllowed(_says(found))
            entry.data["not_duplicate_of"] = [twin.pk for twin in found]
            duplicates.dismiss(revision.article_id, entry.data["not_duplicate_of"], by=by, because=not_duplicate_because)
        revision.state = State.IN_REVIEW


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


def approve(revision: Revision, *, by: User, note: str = "") -> None:
    with changing("approve", revision, by, note):
        revision.state = State.APPROVED
        revision.reviewer, revision.reviewed_at = by, timezone.now()
        revision.approved_digest = revision.content.digest()


def reject(revision: Revision, *, by: User, reason: str) -> None:
    require_reason(reason)
    with changing("reject", revision, by, reason):
        revision.state = State.REJECTED
        revision.reviewer, revision.reviewed_at = by, timezone.now()


def confirm(revision: Revision, *, by: User) -> None:
    """A second person stands behind a forced publication."""
    with changing("confirm", revision, by):
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
    article.save(update_fields=["reviewed_by", "reviewed_at", "next_review_on"])
