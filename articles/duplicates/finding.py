"""What a question is compared with: what the search index finds for it, and the newest articles that are not public.

For editors alone: candidates() names drafts.
"""

import heapq
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from django.db.models import QuerySet
from django.db.models.functions import Left

from articles import search
from articles.duplicates.comparison import ANSWER, DIFFERENT, DUPLICATE, Comparison, Question, compare
from articles.models import Article
from articles.search.synonyms import Groups, current
from articles.slots import Dictionary, dictionary
from articles.text import question

INDEXED, UNPUBLISHED = 40, 10  # at most so many are compared
DRAFTS = 2000  # of the newest that are looked at
PAIRS = 60  # pairs of characters of a question that are looked for in drafts


class Candidate(NamedTuple):
    article: Article
    comparison: Comparison


@lru_cache(maxsize=2)
def _extended(groups: Groups) -> Dictionary:
    return dictionary().extended(groups)


def vocabulary(groups: Groups | None = None) -> Dictionary:
    """The words of slots with the synonyms in force."""
    return _extended(current() if groups is None else groups)


def question_of(article: Article) -> Question:
    """Of a row fetched by rows()."""
    regions = tuple(link.region_id for link in article.region_links.all())
    return Question(article.title, tuple(article.phrasings), f"{article.short_answer} {article.beginning}", regions)


def rows(ids: Iterable[int]) -> QuerySet:
    fields = ("title", "phrasings", "short_answer", "live", "go_live_at", "expire_at", "withdrawn_at", "merged_into")
    found = Article.objects.filter(pk__in=list(ids), merged_into=None).only(*fields)
    return found.annotate(beginning=Left("plain_text", ANSWER)).prefetch_related("region_links")


def candidates(asked: Question, *, exclude: int | None = None, drafts: bool = True) -> list[Candidate]:
    """Articles that ask something near, duplicates first, then the most similar; `drafts`: unpublished ones too.

    Raises search.IndexUnavailable.
    """
    groups = current()
    ids = _in_index(asked, exclude, groups) + (_not_live(asked, exclude, groups) if drafts else [])
    words = vocabulary(groups)
    compared = [Candidate(article, compare(asked, question_of(article), words)) for article in rows(ids)]
    near = [each for each in compared if each.comparison.label != DIFFERENT]
    return sorted(near, key=lambda each: (each.comparison.label != DUPLICATE, -each.comparison.similarity, each.article.pk))


def _in_index(asked: Question, exclude: int | None, groups: Groups) -> list[int]:
    engine, filters = search.engine(), search.filters_now(exclude=exclude, scheduled=True)
    ids: dict[int, None] = {}
    for wording in (asked.title, *asked.phrasings[:2]):
        clauses = [each for each in search.understand(wording, engine, groups).clauses if not each.field.startswith("body")]
        ids |= dict.fromkeys(engine.search(clauses, filters, limit=INDEXED).ids[: INDEXED if not ids else INDEXED // 4])
    return list(ids)[:INDEXED]


def _not_live(asked: Question, exclude: int | None, groups: Groups) -> list[int]:
    """The newest that share most pairs of characters with the question or a wording of it with synonyms."""
    wordings = [question(asked.title), *groups.variants(asked.title, limit=4)]
    pairs = list(dict.fromkeys(text[i : i + 2] for text in wordings for i in range(len(text) - 1)))[:PAIRS]
    # With no other condition, so that the database takes the index made for this; merged ones leave later.
    titles = Article.objects.filter(live=False).order_by("-pk").values_list("pk", "title")[:DRAFTS]
    scored = ((sum(pair in title for pair in pairs), pk) for pk, title in titles if pk != exclude)
    return [pk for shared, pk in heapq.nlargest(UNPUBLISHED, scored) if shared >= 2]
