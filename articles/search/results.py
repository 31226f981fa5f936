"""What readers see of a search: a page of results with marks, and the filters with their counts."""

import logging
from typing import NamedTuple

from django.db.models import Q

from articles.models import Article, Category, Region, Tag
from articles.search.documents import NATIONAL, filters_now
from articles.search.engine import FACETS, Filters, Place, SearchEngine
from articles.search.follower import IndexUnavailable, doubt, engine
from articles.search.promotions import promoted
from articles.search.queries import Query, understand
from articles.search.ranking import needed, ranked
from articles.text import Segment, highlight, passage, strip_controls, terms, with_stop

logger = logging.getLogger(__name__)

FALLBACK_TITLES = 20_000


class Result(NamedTuple):
    article: Article
    title: list[Segment]
    passage: list[Segment]
    promoted: bool = False


class Option(NamedTuple):
    value: str  # of the query parameter
    label: str
    count: int
    chosen: bool


class Facet(NamedTuple):
    name: str  # the query parameter
    label: str
    options: list[Option]


class SearchPage(NamedTuple):
    results: list[Result]
    total: int
    facets: list[Facet] = []
    respelt: str = ""  # the query as it was probably meant; its results are in it
    missing: list[str] = []
    cut: bool = False  # the query was longer than what is searched
    complete: bool = True  # False: the index is missing, only the newest titles were looked at


class Chosen(NamedTuple):
    """The filters that a reader has set."""

    category: Category | None = None
    region: Region | None = None
    tag: Tag | None = None
    year: int | None = None
    valid: bool | None = None

    def filters(self) -> Filters:
        return filters_now(
            category=self.category and self.category.pk,
            place=self.region and _place(self.region),
            tag=self.tag and self.tag.pk,
            year=self.year,
            expired=None if self.valid is None else not self.valid,
        )


def _place(region: Region) -> Place:
    around = {code for code in (region.parent_id, str(NATIONAL)) if code} - {region.pk}
    return Place(int(region.pk), tuple(sorted(map(int, around))))


def search(text: str, *, offset: int = 0, limit: int = 20, newest: bool = False, with_facets: bool = False, **chosen) -> SearchPage:
    """One page of visible articles with what to mark. `chosen`: the fields of Chosen.

    `with_facets`: the filters with their counts too, which at a million articles take longer than the search.
    """
    wanted = Chosen(**chosen)
    try:
        found = engine()
        query, filters = understand(text, found), wanted.filters()
        hits = ranked(query, filters, found, offset=offset, limit=limit, newest=newest)
        counts = _counts(query, filters, found, newest) if with_facets else None
    except IndexUnavailable:
        return _search_titles(text, offset, limit, wanted)
    except Exception:  # a damaged index raises whatever its engine raises; the page still answers
        logger.exception("the search index failed")
        doubt()
        return _search_titles(text, offset, limit, wanted)
    first = promoted(text, wanted.region) if not newest and wanted._replace(region=None) == Chosen() else []
    return SearchPage(
        _results(query, hits.ids, first, offset == 0),
        hits.total,
        _facets(counts, wanted, hits.total) if counts else [],
        query.respelt,
        query.missing,
        query.cut,
    )


def _results(query: Query, hits: list[int], first: list[int], first_page: bool) -> list[Result]:
    """Those that are promoted stand before the first page, and nowhere else."""
    ids = first * first_page + [id for id in hits if id not in first]
    found, marked = _cards().in_bulk(ids), _marked(query)
    return [_result(found[id], marked, id in first) for id in ids if id in found]


def _cards():
    return (
        Article.objects.published()
        .select_related("category")
        .only("title", "short_answer", "plain_text", "go_live_at", "valid_until", "category__name", "category__slug")
    )


def _result(article: Article, wanted: list[str], is_promoted: bool = False) -> Result:
    text = with_stop(article.short_answer) + article.plain_text
    return Result(article, highlight(article.title, wanted), passage(text, wanted), is_promoted)


def _marked(query: Query) -> list[str]:
    """What to mark: the terms of what was typed and of what was meant, and whole synonyms."""
    splits = [terms(side) for side in (query.text, query.respelt)]
    found = [term for split in splits for term in (split.pairs + _long(split.words) if split.pairs else split.chars)]
    return list(dict.fromkeys(found + query.alternatives))


def _long(words: list[str]) -> list[str]:
    return [word for word in words if len(word) > 1]


# name of the facet in an engine: (query parameter, label, filter that it sets)
_PARAMETERS = {
    "category": ("category", "栏目", "category"),
    "region": ("region", "地区", "place"),
    "within": ("region", "地区", "place"),
    "tag": ("tag", "标签", "tag"),
    "year": ("year", "发布年份", "year"),
    "expired": ("valid", "有效性", "expired"),
}


def _counts(query: Query, filters: Filters, engine: SearchEngine, newest: bool) -> dict[str, dict[int, int]]:
    """Each facet under all filters but its own, so that another value can be seen and chosen."""
    wanted = {"clauses": query.plain, "needed": needed(query, filters, engine)} if newest else {"clauses": query.clauses}
    free = [name for name in FACETS if getattr(filters, _PARAMETERS[name][2]) is None]
    counts = engine.facets(filters=filters, names=free, **wanted)
    for field in {_PARAMETERS[name][2] for name in set(FACETS) - set(free)}:
        own = [name for name in FACETS if _PARAMETERS[name][2] == field]
        counts |= engine.facets(filters=filters._replace(**{field: None}), names=own, **wanted)
    return counts


def _facets(counts: dict[str, dict[int, int]], chosen: Chosen, total: int) -> list[Facet]:
    options = {
        "category": [(row.slug, row.name, counts["category"].get(row.pk, 0)) for row in Category.objects.all()],
        "region": [(row.pk, row.name, _applying(row, counts)) for row in _regions(counts["within"], chosen.region)],
        "tag": [(row.slug, row.name, counts["tag"].get(row.pk, 0)) for row in _tags(counts["tag"], chosen.tag)],
        "year": [(str(year), f"{year} 年", counts["year"].get(year, 0)) for year in _years(counts["year"], chosen.year)],
        "expired": [(value, label, counts["expired"].get(key, 0)) for value, label, key in (("1", "现行有效", 0), ("0", "已过有效期", 1))],
    }  # fmt: skip
    current = {
        "category": chosen.category and chosen.category.slug,
        "region": chosen.region and chosen.region.pk,
        "tag": chosen.tag and chosen.tag.slug,
        "year": chosen.year and str(chosen.year),
        "expired": None if chosen.valid is None else str(int(chosen.valid)),
    }
    # A chosen value has as many as there are results, whether or not it was among the most frequent.
    found = [
        (name, [Option(value, label, total if value == current[name] else count, value == current[name]) for value, label, count in rows])
        for name, rows in options.items()
    ]
    kept = [(name, [option for option in rows if option.count or option.chosen]) for name, rows in found]
    return [Facet(*_PARAMETERS[name][:2], rows) for name, rows in kept if rows]


def _years(counts: dict[int, int], chosen: int | None) -> list[int]:
    return sorted({*counts, *filter(None, [chosen])}, reverse=True)


def _applying(region: Region, counts: dict[str, dict[int, int]]) -> int:
    """How many are for the region or lie in it, or are for a larger one around it; no article is two of these (documents.py)."""
    place = _place(region)
    return counts["within"].get(place.region, 0) + sum(counts["region"].get(code, 0) for code in place.around)


def _regions(counts: dict[int, int], chosen: Region | None) -> list[Region]:
    codes = {str(code) for code in counts if code != NATIONAL} | {row.pk for row in [chosen] if row}
    return list(Region.objects.filter(pk__in=codes))


def _tags(counts: dict[int, int], chosen: Tag | None) -> list[Tag]:
    rows = Tag.objects.filter(pk__in={*counts, *(row.pk for row in [chosen] if row)})
    return sorted(rows, key=lambda tag: (-counts.get(tag.pk, 0), tag.name))


def _search_titles(text: str, offset: int, limit: int, chosen: Chosen) -> SearchPage:
    """Without an index: the newest titles that share character pairs with the query."""
    query = Query(strip_controls(text), False, "", [], [], [], [])
    wanted = set(_marked(query))
    titles = _chosen_articles(chosen).newest().values_list("pk", "title")[:FALLBACK_TITLES]
    scored = [(sum(term in title.lower() for term in wanted), pk) for pk, title in titles]
    found = [pk for score, pk in sorted(scored, reverse=True) if score]
    page = _cards().in_bulk(found[offset : offset + limit])
    results = [_result(page[pk], list(wanted)) for pk in found[offset : offset + limit] if pk in page]
    return SearchPage(results, len(found), complete=False)


def _chosen_articles(chosen: Chosen):
    found = Article.objects.published()
    conditions = {"category": chosen.category, "tag_links__tag": chosen.tag, "go_live_at__year": chosen.year}
    found = found.filter(**{column: value for column, value in conditions.items() if value is not None})
    if chosen.region:
        found = found.filter(_applies_in(chosen.region)).distinct()
    return found if chosen.valid is None else found.in_force() if chosen.valid else found.exclude(pk__in=Article.objects.in_force())


def _applies_in(region: Region) -> Q:
    codes = [region.pk, *map(str, _place(region).around)]
    return Q(region_links=None) | Q(region_links__region__in=codes) | Q(region_links__region__parent=region)
