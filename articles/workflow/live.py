"""What readers see: the article's copy of a revision, its links to tags and regions, the questions that it answers.

These functions check and record nothing; they stand inside the frame of a verb that brings a page up or takes it down.
"""

from datetime import date, datetime

from django.contrib.auth.models import AbstractBaseUser as User
from django.utils import timezone

from articles.content import ArticleContent, next_review
from articles.models import NEVER, Article, ArticleRegion, Qualification, RelatedArticle, Revision, Tag, TaggedArticle
from articles.text import question
from articles.workflow.rules import State

UNEXPLAINED = "内容有更新"  # what readers are told of a change that was forced, or imported, without a note for them
CHANGES = 50  # the newest that a page remembers


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
    if not already_public:
        article.updated_at = article.go_live_at
    elif not revision.minor:
        article.updated_at = max(now, article.go_live_at)
        change = {"on": timezone.localdate(article.updated_at).isoformat(), "note": revision.public_note or UNEXPLAINED}
        article.changes = [change, *article.changes][:CHANGES]
    if article.expire_at <= max(now, article.go_live_at):
        article.expire_at = NEVER  # publishing what has expired opens it again
    article.live, article.withdrawn_at, article.live_revision = True, None, revision
    if not revision.keeps_review:  # else the page is signed already, perhaps by who looked at it since
        sign(article, revision.reviewer, revision.reviewed_at)
    article.save()
    link(article, content)
    return article


def make_live_refiled(revision: Revision, before: ArticleContent) -> None:
    """The same words in another category or under other tags: nothing is rendered anew, and every date stays."""
    article, content = revision.article, revision.content
    if article.latest_revision_id == article.live_revision_id:
        article.latest_revision = revision
    article.live_revision, article.category_id = revision, content.category
    article.save(update_fields=["live_revision", "latest_revision", "category"])
    if content.tags != before.tags:
        link_tags(article, content)


def link(article: Article, content: ArticleContent) -> None:
    link_tags(article, content)
    article.region_links.all().delete()
    ArticleRegion.objects.bulk_create(
        ArticleRegion(article=article, region_id=code, go_live_at=article.go_live_at) for code in dict.fromkeys(content.regions)
    )


def link_tags(article: Article, content: ArticleContent) -> None:
    article.tag_links.all().delete()
    TaggedArticle.objects.bulk_create(
        TaggedArticle(content_object=article, tag=tag, go_live_at=article.go_live_at, position=i)
        for i, tag in enumerate(Tag.objects.resolved(content.tags))
    )


SIGNATURE = ["reviewed_by", "reviewer_title", "reviewer_institution", "reviewed_at", "next_review_on"]


def sign(article: Article, reviewer: User | None, at: datetime | None, again_on: date | None = None) -> None:
    """Say who has checked the page, when, and when it is due again; nobody, where it is published by force. Saves nothing."""
    article.reviewer_title = article.reviewer_institution = ""
    if not (reviewer and at):
        article.reviewed_by, article.reviewed_at, article.next_review_on = "", None, None
        return
    article.reviewed_by, article.reviewed_at = shown_name(reviewer), at
    if held := Qualification.objects.filter(user=reviewer).first():
        article.reviewer_title, article.reviewer_institution = held.title, held.institution
    article.next_review_on = again_on or next_review(article.kind, timezone.localdate(at), article.valid_until)


def take_down(article: Article) -> None:
    article.live, article.withdrawn_at = False, timezone.now()
    article.save(update_fields=["live", "withdrawn_at"])
    article.tag_links.update(go_live_at=None)
    article.region_links.update(go_live_at=None)
    article.revisions.update(publish_at=None)  # a change that was scheduled must not bring the page back
    RelatedArticle.objects.filter(related=article).delete()


def show_links_again(article: Article) -> None:
    """What take_down() took out of the lists of tags and regions comes back to them."""
    article.tag_links.update(go_live_at=article.go_live_at)
    article.region_links.update(go_live_at=article.go_live_at)


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
    return f"{user.last_name}{user.first_name}".strip()[:150] or "本站审核人员"
