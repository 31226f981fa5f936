"""Search over the newest text of every article, published or not: for the desk alone, never for readers.

An index of its own under DATA_DIR/drafts, which follows every event of the log by the rules of search/follower.py. It holds
words and nothing of where an article stands: the database says that, and hands over which articles may be found.
"""

import logging
from collections.abc import Collection, Iterator
from typing import NamedTuple

from articles.models import Article, ArticleQuerySet, Event
from articles.rendering import clean
from articles.search import IndexUnavailable, filters_now, understand
from articles.search.documents import FOREVER, text_fields
from articles.search.engine import SearchDocument
from articles.search.follower import Follower
from articles.text import with_stop

logger = logging.getLogger(__name__)

ALWAYS = 2**52  # seconds: a draft never stops being one by itself
BATCH = 200


class Found(NamedTuple):
    ids: list[int]  # best first
    total: int


def find(text: str, *, among: Collection[int] | None = None, limit: int) -> Found:
    """Articles whose newest text answers `text`, best first. `among`: only these, some thousands at most.

    Raises IndexUnavailable where there is no index yet, or a damaged one, which the next sync makes anew.
    """
    try:
        engine = index.engine()
        query, filters = understand(text, engine), filters_now(among=None if among is None else frozenset(among))
        hits = engine.search(query.clauses, filters, limit=limit)
    except IndexUnavailable:
        raise
    except Exception as error:  # a damaged index raises whatever its engine raises
        logger.exception("the index of drafts failed")
        index.doubt()
        raise IndexUnavailable from error
    return Found(hits.ids, hits.total)


def documents(articles: ArticleQuerySet) -> Iterator[SearchDocument]:
    """A document for every article that has a text at all."""
    rows = articles.filter(latest_revision__isnull=False).select_related("latest_revision").order_by("pk")
    return map(_document, rows.iterator(chunk_size=BATCH))


def _document(article: Article) -> SearchDocument:
    content = article.latest_revision.content
    published = article.latest_revision_id == article.live_revision_id
    body = with_stop(content.short_answer) + (article.plain_text if published else clean(content.body).plain_text)
    sources = [f"{source.title} {source.number}" for source in content.sources]
    return SearchDocument(
        id=article.pk,
        text=text_fields(content.title, "\n".join([body, *sources]), content.phrasings),
        category=0,
        tags=(),
        regions=(),
        within=(),
        year=0,
        go_live=0,
        expires=ALWAYS,
        valid_until=FOREVER,
    )


index = Follower("drafts", Event.objects.of_articles, documents)
sync, rebuild = index.sync, index.rebuild
