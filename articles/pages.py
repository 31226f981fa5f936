"""What public pages show: the context of an article page, and lists that cost the same at any length."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from articles.content import ArticleContent
from articles.models import Article, Region, Tag

PAGE_SIZE = 20
RELATED_SHOWN = 20
TOC_FROM = 3  # headings
INSTANT = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadPosition(ValueError):
    """A position in a list that none of our links carries."""


class ListPage(NamedTuple):
    articles: list[Article]
    newer: str | None  # position for ?after=
    older: str | None  # position for ?before=


def site_context(request) -> dict[str, Any]:
    """Template context of every page."""
    return {"SITE_NAME": settings.SITE_NAME}


def article_context(article: Article) -> dict[str, Any]:
    """Everything the article template prints, in three queries."""
    return {
        "article": article,
        "tags": list(Tag.objects.filter(article_links__content_object=article).order_by("article_links__position")),
        "regions": list(Region.objects.filter(article_links__article=article)),
        "related": list(Article.objects.published().in_force().related_to(article).with_card_fields()[:RELATED_SHOWN]),
        "toc": article.headings if len(article.headings) >= TOC_FROM else [],
    }


def preview_context(content: ArticleContent) -> dict[str, Any]:
    """The same for content that is not live yet."""
    article = Article(go_live_at=timezone.now())
    article.take(content)
    return {
        "article": article,
        "tags": Tag.objects.resolved(content.tags),
        "regions": list(Region.objects.filter(pk__in=content.regions)),
        "related": [],
        "toc": article.headings if len(article.headings) >= TOC_FROM else [],
    }


def list_page(
    source: QuerySet,
    article_key: str = "pk",
    *,
    before: str = "",
    after: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cards: QuerySet | None = None,
) -> ListPage:
    """One page of what is published of `source`, newest first, reached by position and not by number.

    `source`: articles, or their links to a tag or region, where `article_key` names the article. An index on
    go_live_at and that key makes every page, however deep, one short scan. `since` and `until` bound the time of
    publication; `cards`: articles with the fields to show. Two queries. Raises BadPosition.
    """
    if after:
        found = list(_after(source, article_key, _parse(after), since, until)[: PAGE_SIZE + 1])
        more_newer, more_older = len(found) > PAGE_SIZE, True
        found = found[:PAGE_SIZE][::-1]
    else:
        found = list(_before(source, article_key, _parse(before) if before else None, since, until)[: PAGE_SIZE + 1])
        more_newer, more_older = bool(before), len(found) > PAGE_SIZE
        found = found[:PAGE_SIZE]
    cards = Article.objects.published().with_card_fields() if cards is None else cards
    cards = cards.in_bulk([id for _, id in found])
    return ListPage(
        articles=[cards[id] for _, id in found if id in cards],
        newer=_position(*found[0]) if found and more_newer else None,
        older=_position(*found[-1]) if found and more_older else None,
    )


def neighbour_months(start: datetime, end: datetime) -> dict[str, datetime | None]:
    """A moment in the nearest month with articles before `start`, and in the nearest after `end`."""
    earlier = Article.objects.published(until=start - INSTANT).order_by("-go_live_at")
    later = Article.objects.published(since=end + INSTANT).order_by("go_live_at")
    return {name: found.values_list("go_live_at", flat=True).first() for name, found in (("earlier", earlier), ("later", later))}


def _before(source, key, position, since, until):
    if position:
        at, id = position
        until = min(at, until or at)
        source = source.filter(Q(go_live_at__lt=at) | Q(**{f"{key}__lt": id}))
    return source.published(since=since, until=until).order_by("-go_live_at", f"-{key}").values_list("go_live_at", key)


def _after(source, key, position, since, until):
    at, id = position
    since = max(at, since or at)
    source = source.filter(Q(go_live_at__gt=at) | Q(**{f"{key}__gt": id}))
    return source.published(since=since, until=until).order_by("go_live_at", key).values_list("go_live_at", key)


def _position(at: datetime, id: int) -> str:
    return f"{(at - EPOCH) // INSTANT}-{id}"


def _parse(position: str) -> tuple[datetime, int]:
    stamp, _, id = position.partition("-")
    if not (stamp.isdecimal() and stamp.isascii() and id.isdecimal() and id.isascii() and len(stamp) < 17 and len(id) < 17):
        raise BadPosition(position)
    return EPOCH + timedelta(microseconds=int(stamp)), int(id)
