"""Articles that come in from outside: restored from an export, or made by the thousand for a load test."""

from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import connection, transaction
from django.db.models import OuterRef, Subquery

from articles.content import ArticleContent
from articles.models import Article, ArticleRegion, Event, Revision, Tag, TaggedArticle, take_event_lock
from articles.workflow.editing import tidy
from articles.workflow.frame import follow_in_request, lock_article, record
from articles.workflow.live import link, refresh_questions
from articles.workflow.rules import NotAllowed, State, require_reason, unresolved


class Restored(NamedTuple):
    """What an exported article carries besides its content."""

    id: int
    go_live_at: datetime
    expire_at: datetime
    updated_at: datetime
    reviewed_by: str
    reviewed_at: datetime | None
    withdrawn_at: datetime | None
    merged_into: int | None
    forced_because: str
    next_review_on: date | None = None
    changes: tuple[dict[str, str], ...] = ()
    questions: tuple[str, ...] = ()  # of a merged one: those that it brings to the page it leads to


@transaction.atomic
def restore(content: ArticleContent, was: Restored, *, by: User | None, follow_now: bool = True) -> Article:
    """Put an exported article back under its own id, with its dates, review, redirect or withdrawal."""
    take_event_lock()
    if Article.objects.filter(pk=was.id).exists():
        raise NotAllowed(f"编号 {was.id} 已被另一篇文章使用")
    if was.merged_into and not Article.objects.filter(pk=was.merged_into, merged_into=None).exists():
        raise NotAllowed(f"合并目标 #{was.merged_into} 不存在")
    if problems := unresolved(replace(content := tidy(content), successor=None)):
        raise NotAllowed("；".join(problems))
    live = not (was.withdrawn_at or was.merged_into)
    article = Article.objects.create(pk=was.id, title=content.title)
    revision = article.revisions.create(
        content_json=content.to_json(),
        author=by,
        state=State.PUBLISHED if live else State.SUPERSEDED,
        published_at=was.go_live_at,
        reviewed_at=was.reviewed_at,
        approved_digest=content.digest() if was.reviewed_at else "",
        forced_because=was.forced_because or ("从导出文件恢复" if live and not was.reviewed_at else ""),
        note="从导出文件恢复",
    )
    article.take(content)
    for name in ("go_live_at", "expire_at", "updated_at", "reviewed_by", "reviewed_at", "next_review_on", "withdrawn_at"):
        setattr(article, name, getattr(was, name))
    article.changes = list(was.changes)
    article.merged_into_id = was.merged_into
    article.phrasings = list(was.questions) if was.merged_into else article.phrasings
    article.live, article.live_revision, article.latest_revision = live, revision, revision
    article.save()
    link(article, content)
    if not live:
        article.tag_links.update(go_live_at=None)
        article.region_links.update(go_live_at=None)
    _skip_id(was.id)
    record("restore", revision, by, "从导出文件恢复", to_follow=True)
    if was.questions and was.merged_into:
        kept = lock_article(was.merged_into)
        refresh_questions(kept)
        record("absorb", kept.latest_revision, by, f"#{was.id} 合并到本文", {"from": was.id}, to_follow=True)
    if follow_now:
        transaction.on_commit(follow_in_request, robust=True)
    return article


def _skip_id(id: int) -> None:
    """No new article may get this id; SQLite sees to that by itself. Never backwards: others may hold ids not committed yet."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval(s, GREATEST(nextval(s), %s)) FROM pg_get_serial_sequence('articles_article', 'id') AS s", [id])


def record_import(note: str, outcomes: dict[str, int], *, by: User | None) -> None:
    """One row for a whole run of import_articles: what was read, and what came of it."""
    Event.objects.create(verb="import", by=by, note=note[:500], data=outcomes)


def publish_in_bulk(contents: list[ArticleContent], *, reason: str, at: list[datetime]) -> None:
    """Forced publication of many new articles in one transaction and a handful of statements, for load tests."""
    require_reason(reason)
    contents = [tidy(content) for content in contents]
    articles = [Article(go_live_at=when, updated_at=when) for when in at]
    for article, content in zip(articles, contents, strict=True):
        article.take(content)
    with transaction.atomic():
        take_event_lock()
        Article.objects.bulk_create(articles)
        revisions = Revision.objects.bulk_create(
            Revision(
                article=article,
                content_json=content.to_json(),
                state=State.PUBLISHED,
                published_at=article.go_live_at,
                forced_because=reason,
            )
            for article, content in zip(articles, contents, strict=True)
        )
        own_revision = Subquery(Revision.objects.filter(article=OuterRef("pk")).values("pk")[:1])
        Article.objects.filter(pk__in=[article.pk for article in articles]).update(
            live=True, live_revision=own_revision, latest_revision=own_revision
        )
        _link_in_bulk(articles, contents)
        Event.objects.bulk_create(
            Event(verb="force_publish", article=article, revision=revision, note=reason, to_follow=True)
            for article, revision in zip(articles, revisions, strict=True)
        )


def _link_in_bulk(articles, contents) -> None:
    merged = dict(Tag.objects.exclude(merged_into=None).values_list("pk", "merged_into"))
    TaggedArticle.objects.bulk_create(
        TaggedArticle(content_object=article, tag_id=tag, go_live_at=article.go_live_at, position=i)
        for article, content in zip(articles, contents, strict=True)
        for i, tag in enumerate(dict.fromkeys(merged.get(tag, tag) for tag in content.tags))
    )
    ArticleRegion.objects.bulk_create(
        ArticleRegion(article=article, region_id=code, go_live_at=article.go_live_at)
        for article, content in zip(articles, contents, strict=True)
        for code in content.regions
    )
