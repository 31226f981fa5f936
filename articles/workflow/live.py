"""What readers see: the article's copy of a revision, its links to tags and regions, the questions that it answers.

These functions check and record nothing; they stand inside the frame of a verb that brings a page up or takes it down.
"""

from datetime import date, datetime

from django.contrib.auth.models import AbstractBaseUser as User
from django.utils import timezone

from articles.content import ArticleContent, next_review
from articles.models import NEVER, Article, ArticleRegion, RelatedArticle, Revision, Tag, TaggedArticle
from articles.text import question
from articles.workflow.rules import State


def make_live(revision: Revision, go_live_at: datetime | None = None) -> Article:
    """Copy the revision to its article; the one road from a draft to a live page. Inside changing() only."""
    article, content, now = revision.article, revision.content, timezone.now()
    article.revisions.filter(state=State.PUBLISHED).exclude(pk=revision.pk).update(state=State.SUPERSEDED)
    revision.state, revision.published_at, revision.publish_at = State.PUBLISHED, now, None
    revision.save()  # before the article, which the database wants to see pointing at a published revision
    article.take(content)
    article.phrasings = _questions(article, content)
    already_public = article.has_been_public
    article.go_live_at = go_live_at or (article.go_live_at if already_public else now)
    article.updated_at = max(now, article.go_live_at) if already_public else article.go_live_at
    if article.expire_at <= max(now, article.go_live_at):
        article.expire_at = NEVER  # publishing what has expired opens it again
    article.live, article.withdrawn_at, article.live_revision = True, None, revision
    sign(article, revision.reviewer, revision.reviewed_at)
    article.save()
    link(article, content)
    return article


def link(article: Article, content: ArticleContent) -> None:
    article.tag_links.all().delete()
    article.region_links.all().delete()
    at = article.go_live_at
    TaggedArticle.objects.bulk_create(
        TaggedArticle(content_object=article, tag=tag, go_live_at=at, position=i)
        for i, tag in enumerate(Tag.objects.resolved(content.tags))
    )
    ArticleRegion.objects.bulk_create(
        ArticleRegion(article=article, region_id=code, go_live_at=at) for code in dict.fromkeys(content.regions)
    )


def sign(article: Article, reviewer: User | None, at: datetime | None, again_on: date | None = None) -> None:
    """Say who has checked the page, when, and when it is due again; nobody, where it is published by force. Saves nothing."""
    if not (reviewer and at):
        article.reviewed_by, article.reviewed_at, article.next_review_on = "", None, None
        return
    article.reviewed_by, article.reviewed_at = shown_name(reviewer), at
    article.next_review_on = again_on or next_review(article.kind, timezone.localdate(at), article.valid_until)


def take_down(article: Article) -> None:
    article.live, article.withdrawn_at = False, timezone.now()
    article.save(update_fields=["live", "withdrawn_at"])
    article.tag_links.update(go_live_at=None)
    article.region_links.update(go_live_at=None)
    article.revisions.update(publish_at=None)  # a change that was scheduled must not bring the page back
    RelatedArticle.objects.filter(related=article).delete()


def _questions(article: Article, content: ArticleContent) -> list[str]:
    """Other ways to ask what the page answers: its own phrasings, and what the articles merged into it bring."""
    if article.pk is None:
        return list(content.phrasings)
    brought = [text for texts in article.merged.order_by("pk").values_list("phrasings", flat=True) for text in texts]
    known = {question(content.title), *map(question, content.phrasings)}
    fresh = {key: text for text in reversed(brought) if (key := question(text)) not in known}  # of two that are alike the first
    return [*content.phrasings, *(text for text in brought if fresh.pop(question(text), None))]


def refresh_questions(article: Article) -> None:
    if article.live_revision:
        article.phrasings = _questions(article, article.live_revision.content)
        article.save(update_fields=["phrasings"])


def shown_name(user: User) -> str:
    """The name that readers see; a sign-in name is not for them."""
    return f"{user.last_name}{user.first_name}".strip() or "本站审核人员"
