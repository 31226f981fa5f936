"""The admin site: Django's own, whose first page is the desk."""

from django.contrib import admin
from django.urls import reverse
from django.utils.http import urlencode

from articles import desk

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


class DeskSite(admin.AdminSite):
    index_template = "admin/desk.html"

    def index(self, request, extra_context=None):
        shown = [(box, _address(box.name)) for box in desk.boxes(request.user)]
        return super().index(request, {"boxes": shown} | (extra_context or {}))


def _address(name: str) -> str:
    if name not in _ALL:
        return ""
    view, query = _ALL[name]
    return reverse(f"admin:{view}") + (f"?{urlencode(query)}" if query else "")
