"""The editors' page on what readers search: read, then write the article that is missing."""

import logging
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse

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

# What can be done about a query: label, admin address, the field of that form that takes the query, the permission.
ACTIONS = [
    ("写这篇文章", "articles_article_add", "title", "articles.add_article"),
    ("加同义词", "articles_synonymgroup_add", "words", "articles.add_synonymgroup"),
    ("推荐结果", "articles_promotion_add", "query", "articles.add_promotion"),
]


@admin.register(SearchDay)
class SearchDayAdmin(admin.ModelAdmin):
    """One page, to look at. Rows are counted, never edited."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

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


def _shown(days: int, links: list[tuple[str, str]]) -> dict:
    """The report as the template takes it; `broken` where the log cannot be read."""
    try:
        found = report(days)
    except Exception:  # the search log may be missing or damaged; the rest of the desk is not
        logger.exception("the search log cannot be read")
        return {"broken": True}
    tables = [(part, heading, meaning, _rows(getattr(found, part), links)) for part, heading, meaning in TABLES]
    return {"report": found, "tables": tables}


def _rows(rows, links):
    return [(row, [(label, f"{address}{urlencode({field: row.query})}") for label, address, field in links]) for row in rows]


def _links(user) -> list[tuple[str, str, str]]:
    """Of every action open to this person: its label, its address up to the query, and the field that takes it."""
    found = [("看结果", f"{reverse('search')}?", "q")]
    for label, name, field, permission in ACTIONS:
        if user.has_perm(permission):
            try:
                found.append((label, f"{reverse(f'admin:{name}')}?", field))
            except NoReverseMatch:  # a part of the desk that is not installed
                continue
    return found
