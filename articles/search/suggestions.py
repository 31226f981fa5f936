"""While a reader types: words and questions, by characters, pinyin or initials. And a way on from a search without a result."""

import logging
from collections import Counter
from typing import NamedTuple

from django.urls import reverse
from django.utils.http import urlencode

from articles.models import Article, Tag
from articles.search.engine import Clause, SearchEngine
from articles.search.follower import IndexUnavailable, doubt, engine
from articles.search.queries import clauses, respell
from articles.search.ranking import filters_now
from articles.text import normalise, terms

logger = logging.getLogger(__name__)

LIMIT = 8
WORDS = 3
LENGTH = 24  # characters that are looked at
SURELY_VISIBLE = 10_000  # that many titles do not all wait for their time; counting them would take longer than the rest
NEAREST = 5
ASKED = ("question", "title_pairs", "title_chars", "phrasing_pairs")


class Suggestion(NamedTuple):
    text: str
    url: str


class Nearest(NamedTuple):
    """Where to go on from a search without a result."""

    tags: list[Tag]
    articles: list[Article]


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
    found = [(term.partition("|"), count) for term, count in engine.vocabulary("spelling", typed, 50) if "|" in term]
    found.sort(key=lambda item: (item[0][0] != typed, -item[1]))
    best = [("".join(parts), count) for parts, count in _once_each(found)[:WORDS]]
    return [term.partition("|")[2] for term, count in best if count > SURELY_VISIBLE or _is_visible(term, engine)]


def _once_each(found):
    return list({parts[2]: (parts, count) for parts, count in reversed(found)}.values())[::-1]


def _is_visible(term: str, engine: SearchEngine) -> bool:
    # An article that is scheduled for later is in the index, and must not give itself away.
    return bool(engine.search([Clause("spelling", term, 1.0)], filters_now(), limit=1).ids)


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
    return [Suggestion(titles[id], Article(pk=id).get_absolute_url()) for id in ids if id in titles]


def nearest(text: str) -> Nearest:
    """Articles that share at least characters with `text`, else the newest; and the tags that they carry."""
    ids = _sharing_characters(text)
    cards = Article.objects.published().with_card_fields()
    found = [articles[id] for articles in [cards.in_bulk(ids)] for id in ids if id in articles] or list(cards.newest()[:NEAREST])
    links = Counter(Tag.objects.filter(article_links__content_object__in=found).values_list("pk", flat=True))
    tags = Tag.objects.in_bulk(pk for pk, _ in links.most_common(LIMIT))
    return Nearest([tags[pk] for pk, _ in links.most_common(LIMIT)], found)


def _sharing_characters(text: str) -> list[int]:
    wanted = [Clause("title_chars", char, 1.0) for char in dict.fromkeys(terms(text[:LENGTH]).chars)]
    try:
        return engine().search(wanted, filters_now(), limit=NEAREST).ids
    except Exception:  # a missing index has been noticed by the search that found nothing
        return []
