"""Related articles: computed from the search index after a publication, stored, and read with one query.

The only writer of RelatedArticle rows besides the workflow, which takes withdrawn articles out of every list.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from django.db import transaction

from articles import search
from articles.models import Article, Cursor, Event, RelatedArticle
from articles.search.documents import text_fields
from articles.search.engine import Clause, Hits, SearchEngine
from articles.search.follower import exclusive, read_position
from articles.text import question

STORED = 30
TERMS = 30  # weighted terms a part; fewer loses the subject, more brings in chatter
CANDIDATES = 80
NEIGHBOURS = 20  # whose lists are refreshed with an article's own
# part of the article: (fields that it is looked for in, weight)
PARTS = {
    "title_words": (("title_words", 2.0), ("body_words", 1.0)),
    "title_pairs": (("title_pairs", 1.0),),
    "body_words": (("body_words", 1.0), ("title_words", 1.0)),
}
SHARED_TAG = 0.15  # of the best candidate's score, for each tag in common
BATCH = 200


def sync(seconds: float = 1.0) -> None:
    """Refresh the lists that the events since the last call touch, for about `seconds`; the next call goes on from there.

    Leaves at once where another process is at it.
    """
    position = read_position()
    if position is None or _cursor().event >= position.event:
        return
    with exclusive("related") as mine:
        cursor = _cursor()  # again: another process may have moved it on before it gave the lock back
        deadline = time.monotonic() + seconds
        fresh: dict[int, list[int]] = {}  # the index is ahead of all these events, so one look at a list serves them all
        while mine and time.monotonic() < deadline and (events := _next_events(cursor, position.event)):
            for event, article in events:
                if article:  # tags that were renamed or merged change no list
                    refresh(article, fresh)
                cursor.event = event
                if time.monotonic() >= deadline:
                    break
            cursor.save()


def skip() -> None:
    """Take the events so far as done, without computing a list: after a load that rebuild() is to follow."""
    if position := read_position():
        Cursor.objects.update_or_create(name="related", defaults={"event": position.event})


def _cursor() -> Cursor:
    return Cursor.objects.get_or_create(name="related")[0]


def _next_events(cursor: Cursor, until: int) -> list[tuple[int, int]]:
    events = Event.objects.to_follow(after=cursor.event).filter(pk__lte=until)
    return list(events.values_list("pk", "article_id")[:BATCH])


def refresh(id: int, fresh: dict[int, list[int]]) -> None:
    """Compute the list of one article anew, and of those that it may now stand beside.

    `fresh`: articles that are done already, with their neighbours. One that was done as a neighbour still has its own to do.
    """
    if id not in fresh:
        fresh[id] = _refresh_one(id)
    for other in fresh[id]:
        if other not in fresh:
            fresh[other] = _refresh_one(other)


def rebuild(progress: Callable[[Iterable], Iterable] = iter) -> int:
    """Compute every list anew. Safe to run at any time."""
    ids = Article.objects.published().order_by("pk").values_list("pk", flat=True)
    return sum(1 for id in progress(ids.iterator()) if _refresh_one(id) is not None)


def _refresh_one(id: int) -> list[int]:
    """Store the list of one article. Returns the articles that it may now stand beside."""
    article = Article.objects.filter(pk=id, live=True).prefetch_related("tag_links", "region_links").first()
    hits = _similar(article) if article else Hits([], [], 0, [])
    found = _chosen(article, hits) if article else []
    with transaction.atomic():
        Article.objects.select_for_update().filter(pk=id).first()  # another machine may be at the same list
        RelatedArticle.objects.filter(article_id=id).delete()
        # The articles found may have been withdrawn since; the row would then point at nothing visible, which is harmless.
        RelatedArticle.objects.bulk_create(
            RelatedArticle(article_id=id, related=other, rank=rank, score=score, reason=reason)
            for rank, (other, score, reason) in enumerate(found, 1)
        )
    return hits.ids[:NEIGHBOURS]


def _similar(article: Article) -> Hits:
    engine = search.engine()
    # Scheduled articles are stored too: nothing happens at their time that could add them, and pages show none before it.
    return engine.search(_clauses(article, engine), search.filters_now(exclude=article.pk, scheduled=True), limit=CANDIDATES)


def _chosen(article: Article, hits: Hits) -> list[tuple[Article, float, str]]:
    found = Article.objects.filter(live=True).prefetch_related("tag_links__tag", "region_links").in_bulk(hits.ids)
    best = hits.scores[0] if hits.scores else 0
    tags = {link.tag_id for link in article.tag_links.all()}
    scored = [
        (other, score + best * SHARED_TAG * len(shared), f"同标签：{shared[0]}" if shared else "")
        for id, score in zip(hits.ids, hits.scores, strict=True)
        if (other := found.get(id)) and _fits(other, article)
        for shared in [[link.tag.name for link in other.tag_links.all() if link.tag_id in tags]]
    ]
    scored.sort(key=lambda item: (-item[1], item[0].pk))
    return list(_without_twins(article, scored))[:STORED]


def _clauses(article: Article, engine: SearchEngine) -> list[Clause]:
    """The article's rarest and most frequent terms, weighted by tf × idf."""
    parts = text_fields(article.title, f"{article.short_answer}\n{article.plain_text}")
    total = engine.count()
    clauses: dict[tuple[str, str], float] = {}
    for part, fields in PARTS.items():
        counts = Counter(term for term in parts[part] if len(term) > 1)
        weighted = []
        for term, count in counts.items():
            frequency = max(engine.frequency(field, term) for field, _ in fields)
            weighted.append((math.sqrt(count) * math.log((total + 1) / (frequency + 0.5)), term))
        for weight, term in sorted(weighted, reverse=True)[:TERMS]:
            for field, factor in fields:
                clauses[field, term] = clauses.get((field, term), 0) + max(weight, 0.01) * factor
    return [Clause(field, term, weight) for (field, term), weight in clauses.items()]


def _fits(other: Article, article: Article) -> bool:
    """Valid now, and for a place that this article's readers live in."""
    if other.expired:
        return False
    theirs = {link.region_id for link in other.region_links.all()} - {"100000"}
    ours = {link.region_id for link in article.region_links.all()}
    return not theirs or any(a[:2] == b[:2] and ("0000" in (a[2:], b[2:]) or a == b) for a in theirs for b in ours)


def _without_twins(article: Article, scored: Iterable[tuple[Article, float, str]]) -> Iterator[tuple[Article, float, str]]:
    """Without those that ask the same in the same words as the article or as one before them."""
    seen = {question(article.title)}
    for item in scored:
        asked = question(item[0].title)
        if asked not in seen:
            seen.add(asked)
            yield item
