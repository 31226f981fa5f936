"""The list of articles and the filters that people keep of it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from articles.admin.panel import public_state
from articles.desk import Listing, Position, listing
from articles.forms.desk import KeepForm, ListForm, PositionForm
from articles.models import SavedFilter

KEPT = 50  # filters of one person


def list_view(model_admin, request):
    """The list: what the address asks for, a page of it."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    form, position = ListForm(request.GET), PositionForm(request.GET).position()
    found = listing(form.cleaned_data, position) if form.is_valid() else Listing([])
    query = form.kept()
    context = model_admin.admin_site.each_context(request) | {
        "title": "文章",
        "opts": model_admin.opts,
        "form": form,
        "found": found,
        "rows": [(article, public_state(article)) for article in found.articles],
        "pages": _pages(found, position, query),
        "query": query,
        "kept": _kept_by(request.user, query),
        "may_add": model_admin.has_add_permission(request),
    }
    return TemplateResponse(request, "admin/articles/article/list.html", context, status=200 if form.is_valid() else 400)


def _pages(found: Listing, position: Position, query: str) -> list[tuple[str, str, str]]:
    """(label, rel, address) of the pages around this one."""
    if found.total is not None:
        around = [("上一页", "prev", {"p": position.page - 1}, found.newer), ("下一页", "next", {"p": position.page + 1}, found.older)]
    elif found.articles:
        first, last = found.articles[0].pk, found.articles[-1].pk
        around = [
            ("最新", "first", {}, found.newer),
            ("上一页", "prev", {"after": first}, found.newer),
            ("下一页", "next", {"before": last}, found.older),
            ("最早", "last", {"end": 1}, found.older),
        ]
    else:
        around = []
    return [(label, rel, _address(query, place)) for label, rel, place, there in around if there]


def _address(query: str, place: dict) -> str:
    address = QueryDict(query, mutable=True)
    address.update(place)
    return f"?{address.urlencode()}"


def _kept_by(user, query: str) -> list[tuple[SavedFilter, bool, bool]]:
    """Filters that `user` sees: each with whether it is theirs, and whether it is the one that is looked at."""
    found = SavedFilter.objects.filter(Q(user=user) | Q(shared=True)).select_related("user")[: 2 * KEPT]
    return [(each, each.user_id == user.pk, each.query == query) for each in found]


def keep_filter(model_admin, request):
    """Keep the filter that is looked at, under a name; the same name again replaces it."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    form = KeepForm(request.POST)
    if not form.is_valid():
        messages.error(request, "；".join(error for errors in form.errors.values() for error in errors))
        return _back(request.POST.get("query", "")[:500])
    name, query = form.cleaned_data["name"], _known(form.cleaned_data["query"])
    own = SavedFilter.objects.filter(user=request.user)
    if not query:
        messages.error(request, "请先选一个条件，再保存筛选。")
    elif not own.filter(name=name).exists() and own.count() >= KEPT:
        messages.error(request, f"一个人最多保存 {KEPT} 个筛选，请先删去不用的。")
    else:
        own.update_or_create(user=request.user, name=name, defaults={"query": query, "shared": form.cleaned_data["shared"]})
        messages.success(request, f"已保存筛选“{name}”。")
    return _back(query)


def change_filter(model_admin, request, id):
    """Share a filter of one's own, take that back, or delete it."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    kept = get_object_or_404(SavedFilter, pk=id, user=request.user)
    if request.POST.get("action") == "delete":
        kept.delete()
        messages.success(request, f"已删除筛选“{kept.name}”。")
    else:
        kept.shared = not kept.shared
        kept.save(update_fields=["shared"])
        messages.success(request, f"筛选“{kept.name}”{'大家都能看到了' if kept.shared else '现在只有您能看到'}。")
    return _back(kept.query)


def _known(query: str) -> str:
    """Only what the list understands, in its own order."""
    form = ListForm(QueryDict(query))
    return form.kept() if form.is_valid() else ""


def _back(query: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:articles_article_changelist") + (f"?{_known(query)}" if query else ""))
