"""From article rows to search documents, a batch at a time."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import prefetch_related_objects
from django.utils import timezone

from articles.models import Article, ArticleQuerySet, Region
from articles.pinyin import spell
from articles.search.engine import Filters, SearchDocument
from articles.text import HAN, normalise, question, terms, with_stop

SCHEMA = 5  # raise it when documents change shape: every index is then rebuilt
BATCH = 500
NATIONAL = 100_000
FOREVER = 2_932_896  # 9999-12-31 in days since 1970


def documents(articles: ArticleQuerySet) -> Iterator[SearchDocument]:
    """A document for every live article among `articles`; those not live have none."""
    parents = {int(code): parent and int(parent) for code, parent in Region.objects.values_list("code", "parent_id")}
    rows = articles.filter(live=True).order_by("pk").iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        prefetch_related_objects(batch, "tag_links__tag", "region_links")
        for article in batch:
            yield _document(article, parents)


def _document(article: Article, parents: dict[int, int | None]) -> SearchDocument:
    links = article.tag_links.all()
    regions = _outermost({int(link.region_id) for link in article.region_links.all()} or {NATIONAL}, parents)
    return SearchDocument(
        id=article.pk,
        text=text_fields(article.title, _body(article), article.phrasings, [link.tag.name for link in links], _numbers(article)),
        category=article.category_id,
        tags=tuple(link.tag_id for link in links),
        regions=tuple(regions),
        within=tuple(_with_provinces(regions, parents)),
        year=timezone.localtime(article.go_live_at).year,
        go_live=int(article.go_live_at.timestamp()),
        expires=int(article.expire_at.timestamp()),
        valid_until=days(article.valid_until) if article.valid_until else FOREVER,
    )


def filters_now(**chosen) -> Filters:
    """Filters for what is visible at this moment."""
    return Filters(now=int(timezone.now().timestamp()), today=days(timezone.localdate()), **chosen)


def days(date) -> int:
    """Days since 1970-01-01."""
    return date.toordinal() - 719_163


def _body(article: Article) -> str:
    sources = [f"{source.title} {source.number}" for source in article.source_list]
    return "\n".join([with_stop(article.short_answer) + article.plain_text, *sources])


def _numbers(article: Article) -> list[str]:
    """The numbers of the documents that it cites: typed as they stand, they find it as a whole question does."""
    return [source.number for source in article.source_list if source.number]


def text_fields(
    title: str, body: str, phrasings: Iterable[str] = (), tags: Iterable[str] = (), numbers: Iterable[str] = ()
) -> dict[str, list[str]]:
    """The text fields of a document."""
    phrasings = list(phrasings)
    in_title, in_phrasings, in_body = terms(title), terms("\n".join(phrasings)), terms(body)
    return {
        "question": list(filter(None, map(question, [title, *phrasings, *numbers]))),
        "phrasing_pairs": in_phrasings.pairs,
        "phrasing_words": in_phrasings.words,
        "title_pairs": in_title.pairs,
        "title_words": in_title.words,
        "title_chars": in_title.chars,
        "body_pairs": in_body.pairs,
        "body_words": in_body.words,
        "spelling": _spellings(
            [*in_title.words, *in_phrasings.words, *map(normalise, tags)], [*in_title.pairs, *in_phrasings.pairs, *in_title.chars]
        ),
    }


_HAN_WORD = re.compile(f"[{HAN}]{{2,8}}")


def _spellings(words: Iterable[str], parts: Iterable[str]) -> list[str]:
    """Words by how they are typed, said and abbreviated; pairs and single characters, which may be no words, only by how they are said.

    >>> _spellings(["医保"], ["医保", "医"])
    ['医保|医保', 'yibao|医保', 'yb|医保', 'yi+医']
    """
    words = {word for word in words if _HAN_WORD.fullmatch(word)}
    by_key = [f"{key}|{word}" for word in sorted(words) for key in (word, spell(word).full, spell(word).initials)]
    rest = sorted({part for part in parts if not part[0].isascii()} - words)
    return by_key + [f"{spell(part).full}+{part}" for part in rest]


def _outermost(codes: set[int], parents: dict[int, int | None]) -> set[int]:
    """Without those that lie in another: what is for the whole country is not for a city in particular."""
    return {code for code in codes if not codes & set(_around(code, parents))}


def _with_provinces(codes: set[int], parents: dict[int, int | None]) -> set[int]:
    """The regions and those around them; the country only where it is named itself."""
    return codes | {around for code in codes for around in _around(code, parents)} - {NATIONAL}


def _around(code: int, parents: dict[int, int | None]) -> Iterator[int]:
    while (code := parents.get(code)) is not None:
        yield code
