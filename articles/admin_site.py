"""The admin site: Django's own, whose first page is the desk, and whose every page leads to the others of the desk."""

from django.contrib import admin
from django.urls import reverse
from django.utils.http import urlencode

from articles import bulk, desk

# box of the desk: the address of all that it shows the first of
_ALL = {
    "returned": ("articles_article_queue", {"stage": "returned"}),
    "review": ("articles_article_queue", {"stage": "review"}),
    "confirm": ("articles_article_queue", {"stage": "confirm"}),
    "publish": ("articles_article_queue", {"stage": "publish"}),
    "drafts": ("articles_article_queue", {"stage": "drafts"}),
    "scheduled": ("articles_article_calendar", {}),
    "again": ("articles_article_changelist", {"ending": "review_soon"}),
    "expiring": ("articles_article_changelist", {"ending": "expiring"}),
    "expired": ("articles_article_changelist", {"ending": "expired"}),
    "searches": ("stats_searchday_changelist", {"days": "7"}),
    "duplicates": ("articles_duplicatepair_changelist", {}),
}


# The pages between which a day's work goes to and fro: address, label, who may open it.
_PAGES = [
    ("index", "工作台", lambda user: True),
    ("articles_article_queue", "待办队列", lambda user: user.has_perm("articles.view_article") and desk.stages_of(user)),
    ("articles_article_changelist", "文章", lambda user: user.has_perm("articles.view_article")),
    ("articles_article_calendar", "日历", lambda user: user.has_perm("articles.view_article")),
    ("articles_openwarning_changelist", "提醒", lambda user: user.has_perm("articles.view_article")),
    ("articles_duplicatepair_changelist", "疑似重复", lambda user: user.has_perm("articles.view_article")),
    ("articles_bulkaction_changelist", "批量操作", bulk.operations_for),
    ("stats_searchday_changelist", "搜索统计", lambda user: user.has_perm("stats.view_searchday")),
    ("articles_article_add", "写文章", lambda user: user.has_perm("articles.add_article")),
]


class DeskSite(admin.AdminSite):
    index_template = "admin/desk.html"

    def each_context(self, request):
        return super().each_context(request) | {"desk_pages": _pages(request) if self.has_permission(request) else []}

    def index(self, request, extra_context=None):
        shown = [(box, _address(box.name)) for box in desk.boxes(request.user)]
        return super().index(request, {"boxes": shown} | (extra_context or {}))


def _pages(request) -> list[tuple[str, str, bool]]:
    """Address and label of each page of the desk that this person may open, and whether it is this one."""
    here = request.resolver_match and request.resolver_match.view_name
    names = [(f"admin:{name}", label) for name, label, allowed in _PAGES if allowed(request.user)]
    return [(reverse(name), label, name == here) for name, label in names]


def _address(name: str) -> str:
    if name not in _ALL:
        return ""
    view, query = _ALL[name]
    return reverse(f"admin:{view}") + (f"?{urlencode(query)}" if query else "")
