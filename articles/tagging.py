"""Which tags a text might carry: those it names, and those of the articles it resembles."""

import logging
from collections import Counter
from typing import NamedTuple

from articles import search
from articles.models import Tag, TagAlias, TaggedArticle
from articles.text import normalise

logger = logging.getLogger(__name__)

LOOKED_AT = 20_000  # characters of a body
LIMIT = 12
NEAREST = 10  # articles whose tags are looked at
SHARED = 2  # so many of them must carry a tag

NAMED, NEAR = "文中提到", "相近的文章常用"


class Suggested(NamedTuple):
    tag: Tag
    why: str


def suggested(title: str, short_answer: str, body: str, *, exclude: set[int] = frozenset()) -> list[Suggested]:
    """At most LIMIT tags, those in the question first, then by length: the longer name says more. Three statements and a search."""
    named = _named(normalise(title), normalise(f"{short_answer}\n{body[:LOOKED_AT]}"))
    near = _near(f"{title} {short_answer}".strip())
    reasons = {**dict.fromkeys(near, NEAR), **dict.fromkeys(named, NAMED)}
    ids = [id for id in dict.fromkeys([*named, *near]) if id not in exclude][:LIMIT]
    rows = Tag.objects.in_bulk(ids)
    return [Suggested(rows[id], reasons[id]) for id in ids if id in rows]


def _named(title: str, text: str) -> list[int]:
    names = [*Tag.objects.values_list("name", "pk", "merged_into"), *TagAlias.objects.values_list("name", "tag", "tag__merged_into")]
    found: dict[int, tuple[bool, int]] = {}
    for name, tag, merged_into in names:
        if len(name) > 1 and ((key := normalise(name)) in title or key in text):
            id = merged_into or tag
            found[id] = max(found.get(id, (False, 0)), (key in title, len(key)))
    return sorted(found, key=lambda id: found[id], reverse=True)


def _near(text: str) -> list[int]:
    try:
        ids = search.rank(text, search.filters_now(), search.engine(), limit=NEAREST).ids if text else []
    except search.IndexUnavailable:
        return []
    except Exception:  # whatever a damaged index raises; the text itself still suggests
        logger.exception("tags of similar articles could not be looked up")
        return []
    counts = Counter(TaggedArticle.objects.published().filter(content_object__in=ids).values_list("tag", flat=True))
    return [tag for tag, count in counts.most_common(LIMIT) if count >= SHARED]
