"""Writing: drafts, and the way back to an earlier version."""

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction
from django.utils import timezone

from articles.content import ArticleContent
from articles.models import Article, Category, Region, Revision, Tag
from articles.rendering import clean
from articles.text import strip_controls
from articles.threeway import Merged, merge
from articles.workflow.frame import lock_article, record
from articles.workflow.live import link
from articles.workflow.rules import VERBS, WORKING, NotAllowed, State, as_stored, require


def why_not_save(content: ArticleContent, article: Article | None, by: User | None, parent: int | None = None) -> list[str]:
    """Reasons why `content` may not become the newest revision of `article` (None: of a new one)."""
    reasons = content.problems()
    if by and not by.has_perm("articles.change_article" if article else "articles.add_article"):
        reasons.append("您没有编辑文章的权限")
    if article and article.merged_into_id:
        reasons.append("文章已合并到其他文章，不能再编辑")
    if article and by and not by.has_perm(VERBS["schedule"].permission) and _scheduled(article).exists():
        reasons.append("此文有已定时发布的改动，请能发布的人先处理")
    if article and parent is not None and article.latest_revision_id != parent:
        reasons.append("在您编辑期间，其他人保存了新的版本")
    return reasons


class Reconciled(NamedTuple):
    """What a save would store: the editor's words, merged with what was saved since they began."""

    merged: Merged
    since: list[Revision]  # oldest first; empty: nobody has saved
    saved: Revision | None  # it is stored already: sent twice, or others came to the same


def reconcile(content: ArticleContent, article: Article, parent: int | None) -> Reconciled:
    """Carry `content`, which was begun from the revision `parent`, over to the newest revision of `article`.

    Under the lock of the article, or somebody may save before save_draft() does. Without a parent there is nothing to tell
    one's changes by: everything that differs is a conflict.
    """
    latest, content = article.latest_revision, tidy(content)
    if latest is None or latest.pk == parent:
        return Reconciled(merge(content, content, content), [], None)
    began = article.revisions.filter(pk=parent).first()
    base, newest = (_as_now(revision.content) if revision else ArticleContent("") for revision in (began, latest))
    merged = merge(base, content, newest)
    since = article.revisions.filter(pk__gt=began.pk if began else 0).select_related("author").order_by("pk")
    same = not merged.conflicts and merged.content() == newest
    return Reconciled(merged, list(since), latest if same else None)


def _as_now(content: ArticleContent) -> ArticleContent:
    """As the form shows it, so that nothing counts as a change that no editor made."""
    return replace(tidy(content), tags=tuple(tag.pk for tag in Tag.objects.resolved(content.tags)))


SENT_TWICE = timedelta(minutes=1)


def just_saved(content: ArticleContent, by: User) -> Revision | None:
    """The new article that `by` has made of the same words a moment ago: its form was sent twice.

    Locks the person, so that the second of two at once waits for the first.
    """
    get_user_model().objects.select_for_update().get(pk=by.pk)
    recent = Revision.objects.filter(author=by, created_at__gte=timezone.now() - SENT_TWICE, latest_article__isnull=False)
    return next((revision for revision in recent.select_related("article")[:20] if revision.content == tidy(content)), None)


def _scheduled(article: Article):
    return article.revisions.filter(state=State.APPROVED, publish_at__isnull=False)


@transaction.atomic
def save_draft(
    content: ArticleContent,
    *,
    by: User | None,
    article: Article | None = None,
    parent: int | None = None,
    note: str = "",
    reverted_from: Revision | None = None,
) -> Revision:
    """Keep `content` as a new revision; earlier unpublished ones become history.

    `parent` is the id of the revision that the editor started from: a save on top of somebody
    else's newer one is refused. Raises NotAllowed with the reasons of why_not_save().
    """
    content = tidy(content)
    article = article and lock_article(article.pk)
    if reasons := why_not_save(content, article, as_stored(by), parent):
        raise NotAllowed("；".join(reasons))
    article = article or Article.objects.create(title=content.title)
    for scheduled in _scheduled(article):
        record("unschedule", scheduled, by, "保存了新的草稿")
    article.revisions.filter(state__in=WORKING).update(state=State.SUPERSEDED, publish_at=None)
    revision = article.revisions.create(
        content_json=content.to_json(), author=by, base_revision_id=article.live_revision_id, note=note, reverted_from=reverted_from
    )
    article.latest_revision = revision
    if not article.go_live_at:
        _show_on_the_desk(article, content)
    article.save(update_fields=["latest_revision", "title", "category", "kind"])
    record("save_draft", revision, by, note)
    return revision


def _show_on_the_desk(article: Article, content: ArticleContent) -> None:
    """Never public yet: the lists of the desk show the working title, and find it by what it is filed under. Its links have no time."""
    article.title, article.kind = content.title, content.kind
    article.category = Category.objects.filter(pk=content.category).first()
    known = Region.objects.filter(pk__in=content.regions).values_list("pk", flat=True)
    link(article, replace(content, regions=tuple(known)))


def tidy(content: ArticleContent) -> ArticleContent:
    """`content` as it is stored: sanitised, without control characters and stray space."""
    line = lambda text: " ".join(strip_controls(text).split())  # noqa: E731
    return replace(
        content,
        title=line(content.title),
        short_answer=line(content.short_answer),
        body=clean(content.body).html,
        phrasings=tuple(dict.fromkeys(filter(None, map(line, content.phrasings)))),
        sources=tuple(
            replace(source, **{name: line(getattr(source, name)) for name in ("title", "number", "issuer", "url")})
            for source in content.sources
        ),
    )


@transaction.atomic
def revert(revision: Revision, *, by: User | None) -> Revision:
    """Make a new draft with the content of an earlier revision."""
    article = lock_article(revision.article_id)
    revision.refresh_from_db()
    require("revert", revision, by)
    return save_draft(revision.content, by=by, article=article, note=f"恢复自版本 #{revision.pk}", reverted_from=revision)
