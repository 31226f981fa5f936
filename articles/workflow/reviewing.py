"""The second pair of eyes: handing in, the verdict, and the confirmation of what was published without one."""

from django.contrib.auth.models import AbstractBaseUser as User
from django.utils import timezone

from articles import duplicates, search
from articles.content import ArticleContent
from articles.models import Article, Revision
from articles.workflow.frame import changing
from articles.workflow.live import shown_name
from articles.workflow.rules import NotAllowed, State, require_reason


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


def claim(revision: Revision, *, by: User) -> None:
    """Say that one is going to review it, also in the place of somebody who said so before."""
    with changing("claim", revision, by):
        revision.reviewer, revision.reviewed_at = by, None


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
        article = revision.article
        article.reviewed_by, article.reviewed_at = shown_name(by), revision.reviewed_at
        article.save(update_fields=["reviewed_by", "reviewed_at"])
