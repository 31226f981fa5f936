"""While a reader types: words and questions, by characters, pinyin or initials. And a way on from a search without a result."""

import logging
from collections import Counter
from itertools import chain
from typing import NamedTuple

from django.urls import reverse
from django.utils.http import urlencode

from articles.models import Article, Tag
from articles.search.documents import filters_now
from articles.search.engine import Clause, SearchEngine
from articles.search.follower import IndexUnavailable, doubt, engine
from articles.search.queries import clauses, public_words, respell
from articles.text import normalise, terms

logger = logging.getLogger(__name__)

LIMIT = 8
WORDS = 3
LENGTH = 24  # characters that are looked at
NEAREST = 5
ASKED = ("question", "title_pairs", "title_chars", "phrasing_pairs")


class Suggestion(NamedTuple):
    text: str
    url: str


class Nearest(NamedTuple):
    """Where to go on from a search without a result."""

    tags: list[Tag]
    articles: list[Article]
    near: bool  # they share something with the query; else they are simply the newest


def suggest(text: str) -> list[Suggestion]:
    """At most LIMIT words and questions that continue `text`; none where the index is away."""
    typed = normalise(text[: LENGTH * 4])[:LENGTH]
    try:
        found = engine()
        words = _words(typed.replace(" ", ""), found)
        titles = _titles(typed, words, found)
    except IndexUnavailable:
        return []
    except Exception:  # whatever a damaged index makes its engine raise
        logger.exception("the search index failed")
        doubt()
        return []
    found = {suggestion.text: suggestion for suggestion in reversed(_of_words(words) + _of_articles(titles))}
    return list(reversed(found.values()))[:LIMIT]


def _words(typed: str, engine: SearchEngine) -> list[str]:
    """Words of titles and tags that are written, said or abbreviated as it was typed so far, whole ones first."""
    if len(typed) < 2:
        return []
    found: list[str] = []
    for word in chain(public_words(f"{typed}|", engine), public_words(typed, engine, limit=50)):
        if word not in found:
            found.append(word)
        if len(found) == WORDS:
            break
    return found


def _titles(typed: str, words: list[str], engine: SearchEngine) -> list[int]:
    meant = respell(typed, engine) or typed
    if meant.isascii() and words and not engine.frequency("title_words", meant):
        meant = words[0]
    return engine.best([clause for clause in clauses(meant) if clause.field in ASKED], 3 * LIMIT)


def _of_words(words: list[str]) -> list[Suggestion]:
    tags = {tag.name: tag for tag in Tag.objects.in_use().filter(name__in=words)} if words else {}
    search = reverse("search")
    return [Suggestion(word, tags[word].get_absolute_url() if word in tags else f"{search}?{urlencode({'q': word})}") for word in words]


def _of_articles(ids: list[int]) -> list[Suggestion]:
    # The database decides what is visible; the index was only asked for what fits.
    titles = dict(Article.objects.published().filter(pk__in=ids).values_list("pk", "title"))
    return [Suggestion(titles[id], reverse("article", args=[id])) for id in ids if id in titles][:LIMIT]


def nearest(text: str) -> Nearest:
    """Articles that share at least characters with `text`, else the newest; and the tags that they carry."""
    ids = _sharing_characters(text)
    cards = Article.objects.published().with_card_fields()
    near = list(cards.in_bulk(ids).values())
    found = near or list(cards.newest()[:NEAREST])
    links = Counter(Tag.objects.filter(article_links__content_object__in=found).values_list("pk", flat=True))
    tags = Tag.objects.in_bulk(pk for pk, _ in links.most_common(LIMIT))
    return Nearest([tags[pk] for pk, _ in links.most_common(LIMIT)], found, bool(near))


def _sharing_characters(text: str) -> list[int]:
    wanted = [Clause("title_chars", char, 1.0) for char in dict.fromkeys(terms(text[:LENGTH]).chars)]
    try:
        return engine().search(wanted, filters_now(), limit=NEAREST).ids
    except Exception:  # a missing index has been noticed by the search that found nothing
        return []
