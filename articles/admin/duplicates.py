"""Questions that are asked twice: shown beside a question that is being typed, and listed over the whole site."""

from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from articles import duplicates
from articles.content import LIMITS, PHRASING_LIMIT
from articles.duplicates import DUPLICATE, KINDS, WORDS, Candidate, Comparison, Question
from articles.models import Article, DuplicatePair, Region
from articles.read_only import ReadOnlyAdmin
from articles.search import IndexUnavailable
from articles.text import strip_controls

SHOWN = 5  # beside a question that is being typed
GROUPS = 20  # a page of the list
LAST_PAGE = 250  # there are no more pairs than that
TYPED_PHRASINGS = 3


class TypedForm(forms.Form):
    """What the article's form says so far."""

    title = forms.CharField(max_length=1000)
    phrasings = forms.CharField(required=False, max_length=LIMITS["phrasings"] * PHRASING_LIMIT * 2)
    article = forms.IntegerField(required=False, min_value=1, max_value=10**15)

    def question(self) -> Question:
        title, lines = (strip_controls(self.cleaned_data[name]) for name in ("title", "phrasings"))
        phrasings = tuple(line.strip()[:PHRASING_LIMIT] for line in lines.splitlines()[:TYPED_PHRASINGS] if line.strip())
        return Question(title.strip()[: LIMITS["title"]], phrasings)


def nearest(form: TypedForm) -> dict:
    """What static/duplicates.js shows: at most SHOWN articles that ask something near, drafts among them."""
    asked, article = form.question(), form.cleaned_data["article"]
    try:
        found = duplicates.candidates(asked, exclude=article)[:SHOWN] if asked.title else []
    except IndexUnavailable:
        found = []
    twins = [each for each in found if each.comparison.label == DUPLICATE and each.article.live]
    return {"nearest": [_shown(each) for each in found], "reason": bool(twins)}


def _shown(candidate: Candidate) -> dict:
    article, comparison = candidate
    return {
        "id": article.pk,
        "title": article.title,
        "url": reverse("admin:articles_article_change", args=[article.pk]),
        "state": state(article),
        "duplicate": comparison.label == DUPLICATE,
        "similarity": round(comparison.similarity * 100),
        "differing": differing(comparison),
    }


def state(article: Article) -> str:
    """How a list of possible duplicates names where an article stands."""
    if article.visible:
        return "公开"
    if article.live:
        return "已下线" if article.gone else "定时上线"
    return "已撤回" if article.withdrawn_at else "未发布的草稿"


def differing(comparison: Comparison) -> str:
    """What tells the two apart: “地区：舟山 / 宁波；年份：无 / 2026年”."""
    names = {**KINDS, **WORDS}
    return "；".join(f"{names[kind]}：{_values(left)} / {_values(right)}" for kind, (left, right) in comparison.differing.items())


def _values(values: tuple[str, ...]) -> str:
    return "、".join(_named(value) for value in values) or "无"


def _named(value: str) -> str:
    """A place that is known by the article's regions alone comes as a code."""
    region = Region.objects.filter(pk=value).first() if len(value) == 6 and value.isdigit() else None
    return region.name if region else value


class DismissForm(forms.Form):
    reason = forms.CharField(max_length=500, label="理由", error_messages={"required": "请写明为什么不是重复"})


@admin.register(DuplicatePair)
class DuplicatePairAdmin(ReadOnlyAdmin):
    """One page of groups. Merging is the articles' business; what is said here is that two are none."""

    def has_module_permission(self, request):
        return request.user.has_perm("articles.view_article")

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("articles.view_article")

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name="articles_duplicatepair_changelist"),
            path("<int:id>/dismiss/", view(require_POST(self.dismiss_view)), name="articles_duplicatepair_dismiss"),
        ]

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = _page(request.GET.get("p", ""))
        groups, total = duplicates.groups((page - 1) * GROUPS, GROUPS)
        context = self.admin_site.each_context(request) | {
            "title": "疑似重复",
            "opts": self.opts,
            "groups": [_rows(group) for group in groups],
            "total": total,
            "page": page,
            "newer": page - 1,
            "older": page + 1 if total > page * GROUPS else 0,
            "may_dismiss": request.user.has_perm("articles.change_article"),
        }
        return TemplateResponse(request, "admin/articles/duplicatepair/change_list.html", context)

    def dismiss_view(self, request, id):
        """Say that two articles do not ask the same."""
        if not request.user.has_perm("articles.change_article"):
            raise PermissionDenied
        pair, form = get_object_or_404(DuplicatePair, pk=id), DismissForm(request.POST)
        if form.is_valid():
            duplicates.dismiss(pair.a_id, [pair.b_id], by=request.user, because=strip_controls(form.cleaned_data["reason"]))
            messages.success(request, f"已记下：#{pair.a_id} 和 #{pair.b_id} 不是重复，以后不再列出。")
        else:
            messages.error(request, "；".join(error for errors in form.errors.values() for error in errors))
        page = _page(request.POST.get("p", ""))
        return HttpResponseRedirect(f"{reverse('admin:articles_duplicatepair_changelist')}?{urlencode({'p': page})}")


def _page(typed: str) -> int:
    return min(int(typed), LAST_PAGE) if typed.isascii() and typed.isdigit() and len(typed) < 9 and int(typed) else 1


def _rows(group: duplicates.Group) -> dict:
    return {
        "size": len(group.articles),
        "pairs": [
            {
                "pk": pair.pk,
                "sides": [(article, state(article)) for article in (pair.a, pair.b)],
                "similarity": round(pair.comparison.similarity * 100),
                "differing": differing(pair.comparison),
                "merge": _merge_address(pair.a, pair.b),
            }
            for pair in group.pairs
        ],
    }


def _merge_address(a: Article, b: Article) -> str:
    return f"{reverse('admin:articles_article_merge_pair')}?{urlencode({'a': a.pk, 'b': b.pk})}"
