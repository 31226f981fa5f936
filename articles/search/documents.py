"""From article rows to search documents, a batch at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import prefetch_related_objects

from articles.models import ArticleQuerySet, Region
from articles.search.engine import SearchDocument
from articles.text import question, terms, with_stop

SCHEMA = 3  # raise it when documents change shape: every index is then rebuilt
BATCH = 500
NATIONAL = "100000"
FOREVER = 2_932_896  # 9999-12-31 in days since 1970


def documents(articles: ArticleQuerySet) -> Iterator[SearchDocument]:
    """A document for every live article among `articles`; those not live have none."""
    parents = dict(Region.objects.values_list("code", "parent_id"))
    rows = articles.filter(live=True).order_by("pk").iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        prefetch_related_objects(batch, "tag_links", "region_links")
        for article in batch:
            yield _document(article, parents)


def _document(article, parents) -> SearchDocument:
    return SearchDocument(
        id=article.pk,
        text=text_fields(article.title, with_stop(article.short_answer) + article.plain_text, article.phrasings),
        category=article.category_id,
        tags=tuple(link.tag_id for link in article.tag_links.all()),
        regions=tuple(_with_ancestors((link.region_id for link in article.region_links.all()), parents)),
        go_live=int(article.go_live_at.timestamp()),
        expires=int(article.expire_at.timestamp()),
        valid_until=(article.valid_until.toordinal() - 719_163) if article.valid_until else FOREVER,
    )


def text_fields(title: str, body: str, phrasings: Iterable[str] = ()) -> dict[str, list[str]]:
    """The text fields of a document."""
    phrasings = list(phrasings)
    in_title, in_phrasings, in_body = terms(title), terms("\n".join(phrasings)), terms(body)
    return {
        "question": list(filter(None, map(question, [title, *phrasings]))),
        "phrasing_pairs": in_phrasings.pairs,
        "phrasing_words": in_phrasings.words,
        "title_pairs": in_title.pairs,
        "title_words": in_title.words,
        "title_chars": in_title.chars,
        "body_pairs": in_body.pairs,
        "body_words": in_body.words,
    }


def _with_ancestors(codes, parents) -> set[str]:
    """The article's regions and the provinces around them; the country stands for “everywhere” alone."""
    found = set()
    for code in codes:
        while code and code not in found and (code != NATIONAL or not found):
            found.add(code)
            code = parents.get(code)
    return found or {NATIONAL}
