"""The editors' page on what readers search: read, then write the article that is missing."""

import logging
import re
from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse

from articles.read_only import ReadOnlyAdmin
from articles.stats.models import SearchDay
from articles.stats.reports import OFTEN, SELDOM, report

logger = logging.getLogger(__name__)

PERIODS = [7, 30, 90]
PERIOD = 30

# The part of a report, its heading, and what it means.
TABLES = [
    ("most", "搜得最多", "读者最常问的话。"),
    ("empty", "没有结果", "最近一次搜索什么也没找到：缺一篇文章，或缺一个同义词。"),
    ("seldom", "很少点开", f"搜了至少 {OFTEN} 次，有结果，点开的不到 {SELDOM:.0%}：标题不合读者的意，或要找的不在前面。"),
]

_WORD = re.compile(r"[^\W_]{2,8}")
Prefill = Callable[[str], dict[str, str]]  # what a link tells the form about a query; {}: that form is not for it


def as_field(name: str) -> Prefill:
    return lambda query: {name: query}


def _as_synonym(query: str) -> dict[str, str]:
    """A word begins a group; a whole question is none, but shows what a group does. One character has no synonyms."""
    return {"words" if _WORD.fullmatch(query) else "trial": query} if len(query) > 1 else {}


# What can be done about a query: label, admin address, what that form begins with, the permission.
ACTIONS = [
    ("写这篇文章", "articles_article_add", as_field("title"), "articles.add_article"),
    ("加同义词", "articles_synonymgroup_add", _as_synonym, "articles.add_synonymgroup"),
    ("推荐结果", "articles_promotion_add", as_field("query"), "articles.add_promotion"),
]


@admin.register(SearchDay)
class SearchDayAdmin(ReadOnlyAdmin):
    """One page, to look at. Rows are counted, never edited."""

    def get_urls(self):
        return [path("", self.admin_site.admin_view(self.changelist_view), name="stats_searchday_changelist")]

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        days = _period(request.GET.get("days"))
        context = self.admin_site.each_context(request) | {
            "title": "搜索统计",
            "opts": self.opts,
            "days": days,
            "periods": PERIODS,
            "kept": settings.SEARCH_LOG_DAYS,
            **_shown(days, _links(request.user)),
        }
        return TemplateResponse(request, "admin/stats/searchday/change_list.html", context)


def _period(typed: str | None) -> int:
    return next((days for days in PERIODS if typed == str(days)), PERIOD)


def _shown(days: int, links: list[tuple[str, str, Prefill]]) -> dict:
    """The report as the template takes it; `broken` where the log cannot be read."""
    try:
        found = report(days)
    except Exception:  # the search log may be missing or damaged; the rest of the desk is not
        logger.exception("the search log cannot be read")
        return {"broken": True}
    tables = [(part, heading, meaning, _rows(getattr(found, part), links)) for part, heading, meaning in TABLES]
    return {"report": found, "tables": tables}


def _rows(rows, links):
    return [(row, list(_links_of(row.query, links))) for row in rows]


def _links_of(query, links):
    for label, address, prefill in links:
        if fields := prefill(query):
            yield label, f"{address}?{urlencode(fields)}"


def _links(user) -> list[tuple[str, str, Prefill]]:
    """Of every action open to this person: its label, its address, and what that page is told about the query."""
    found = [("看结果", reverse("search"), as_field("q"))]
    for label, name, prefill, permission in ACTIONS:
        if user.has_perm(permission):
            try:
                found.append((label, reverse(f"admin:{name}"), prefill))
            except NoReverseMatch:  # a part of the desk that is not installed
                continue
    return found
