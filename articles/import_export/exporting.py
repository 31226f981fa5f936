"""From articles to lines of JSON."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from articles.models import NEVER, Article, ArticleQuerySet


def export_lines() -> Iterator[str]:
    """Every article that has been public, one JSON line each; redirects after the articles they lead to."""
    for merged in (False, True):
        found = exportable().filter(live_revision__isnull=False, merged_into__isnull=not merged).order_by("pk")
        for article in found.iterator(chunk_size=500):
            yield export_line(article)


def exportable() -> ArticleQuerySet:
    rows = Article.objects.select_related("live_revision", "category")
    return rows.prefetch_related("tag_links__tag", "import_records")


def export_line(article: Article) -> str:
    """The canonical line of one article; importing it into an empty site and exporting again gives the same bytes."""
    content = article.live_revision.content
    origin = next(iter(article.import_records.all()), None)
    edited = origin and origin.revision_id != article.latest_revision_id  # no digest then: the source must not overwrite it
    record = {
        "id": article.pk,
        "source_id": origin and origin.source_id,
        "source_digest": (origin and not edited and origin.digest) or None,
        **content.to_json(),
        "category": article.category.slug,
        "category_name": article.category.name,
        "tags": [link.tag.name for link in sorted(article.tag_links.all(), key=lambda link: link.position)],
        "published_at": _iso(article.go_live_at),
        "updated_at": _iso(article.updated_at),
        "expire_at": None if article.expire_at == NEVER else _iso(article.expire_at),
        "reviewed_by": article.reviewed_by,
        "reviewed_at": _iso(article.reviewed_at),
        "next_review_on": article.next_review_on and article.next_review_on.isoformat(),
        "changes": article.changes,
        "forced_because": article.live_revision.forced_because,
        "withdrawn_at": _iso(article.withdrawn_at),
        "merged_into": article.merged_into_id,
    }
    if article.merged_into_id:
        record["questions"] = article.phrasings
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _iso(moment: datetime | None) -> str | None:
    return moment and moment.astimezone(UTC).isoformat()
