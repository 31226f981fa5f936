"""Public pages. Each view finds its row, asks pages.py or search for what to show, and renders."""

import shutil
from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from articles import search, stats, workflow
from articles.addresses import site_url
from articles.forms import SearchForm, typed_query
from articles.models import Article, Category, Region, Tag
from articles.pages import INSTANT, BadPosition, article_context, list_page, neighbour_months, preview_context
from articles.structured_data import article_json_ld

MIN_FREE_BYTES = 100_000_000


@require_safe
def home(request):
    page = list_page(Article.objects.all())
    return render(request, "articles/home.html", {"page": page, "categories": Category.objects.all()})


@require_safe
def article(request, id):
    found = get_object_or_404(Article.objects.select_related("category"), pk=id)
    if found.merged_into_id:
        # Browsers keep a permanent redirect; after an undone merge, and one the other way round, theirs would be a circle.
        address = Article(pk=found.merged_into_id).get_absolute_url()
        return HttpResponsePermanentRedirect(address, headers={"Cache-Control": "no-cache"})
    if found.gone:
        return render(request, "articles/gone.html", {"title": found.title}, status=410)
    if not found.visible:
        raise Http404("此文章尚未发布")
    context = article_context(found)
    return render(request, "articles/article.html", context | {"json_ld": article_json_ld(context, request)})


PRIVATE = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}


@require_safe
def preview(request, token):
    """A version that is not public, for whoever holds a link that somebody at the desk has signed; see workflow/sharing.py."""
    try:
        shared = workflow.open_preview(token)
    except BadSignature:
        raise Http404("没有这个预览") from None
    except workflow.PreviewEnded:
        return render_privately(request, "articles/preview_ended.html", {}, status=410)
    article = shared.revision.article
    if article.live_revision_id == shared.revision.pk and article.visible:
        return HttpResponseRedirect(article.get_absolute_url(), headers=PRIVATE)
    return render_privately(request, "articles/article.html", preview_context(shared.revision.content) | {"shared": shared})


def render_privately(request, template, context, status=200):
    response = render(request, template, context, status=status)
    for name, value in PRIVATE.items():
        response[name] = value
    return response


@require_safe
def category(request, slug):
    found = get_object_or_404(Category, slug=slug)
    return _list(request, found, found.name, Article.objects.in_category(found), feed="category-feed", key=slug)


@require_safe
def tag(request, slug):
    found = get_object_or_404(Tag.objects.on_pages(), slug=slug)
    if found.merged_into:
        return HttpResponsePermanentRedirect(found.merged_into.get_absolute_url())
    return _list(request, found, f"标签：{found.name}", found.article_links, "content_object_id", feed="tag-feed", key=slug)


@require_safe
def region(request, code):
    found = get_object_or_404(Region, pk=code)
    return _list(request, found, f"{found.name}的政策与就医", found.article_links, "article_id")


@require_safe
def archive(request, year, month):
    start, end = _month(year, month)
    heading = f"{year} 年 {month} 月"
    return _list(request, None, heading, Article.objects.all(), months=neighbour_months(start, end), since=start, until=end)


def _month(year, month):
    if not (1 <= month <= 12 and 1970 <= year <= 9998):
        raise Http404("没有这个月份")
    zone = timezone.get_current_timezone()
    return datetime(year, month, 1, tzinfo=zone), datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone) - INSTANT


def _list(request, subject, heading, source, article_key="pk", *, feed=None, key=None, months=None, **bounds):
    position = {name: request.GET.get(name, "") for name in ("before", "after")}
    try:
        page = list_page(source, article_key, **position, **bounds)
    except BadPosition:
        raise Http404("没有这一页") from None
    context = {"subject": subject, "heading": heading, "page": page, "feed": feed, "feed_key": key, "months": months}
    return render(request, "articles/list.html", context)


@require_safe
def search_page(request):
    form = SearchForm(request.GET)
    if not form.is_valid():
        return render(request, "articles/search.html", {"form": form}, status=400)
    query = form.cleaned_data["q"]
    found = search.search(query, with_facets=True, **form.options()) if query else None
    if found and not found.results and form.page_number > 1:
        return render(request, "articles/search.html", {"form": form, "found": found, "no_such_page": True}, status=404)
    if found and found.complete and request.method == "GET" and form.is_plain:
        stats.searched(query, 0 if found.missing else max(found.total, len(found.results)))
    nearest = _nearest(query, found) if found and not (found.total and found.results) else None
    return render(request, "articles/search.html", {"form": form, "found": found, "nearest": nearest})


def _nearest(query, found):
    """A way on from nothing, or from what is promoted alone, which need not be named twice."""
    shown = {result.article for result in found.results}
    nearest = search.nearest(query)
    return nearest._replace(articles=[article for article in nearest.articles if article not in shown])


@require_safe
@cache_control(public=True, max_age=60)
def suggest(request):
    """What the search box offers while someone types; static/site.js asks."""
    found = search.suggest(typed_query(request.GET.get("q", "")))
    suggestions = [{"text": suggestion.text, "url": suggestion.url} for suggestion in found]
    return JsonResponse({"suggestions": suggestions}, json_dumps_params={"ensure_ascii": False})


@require_safe
def robots(request):
    lines = ["User-agent: *", "Disallow: /admin/", "Disallow: /search/", "Disallow: /preview/", f"Sitemap: {site_url(request)}/sitemap.xml"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def healthz(request):
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request):
    """The site can do its work: database, migrations, index, disk. 503 names what is missing."""
    checks = {"database": _database_answers, "migrations": _migrations_applied, "index": _index_answers, "disk": _disk_has_room}
    results = {name: _passes(check) for name, check in checks.items()}
    return JsonResponse(
        {"status": "ok" if all(results.values()) else "unready", "checks": results}, status=200 if all(results.values()) else 503
    )


def _passes(check) -> bool:
    try:
        return bool(check())
    except Exception:  # whatever is wrong with a part, the answer is that it is not ready
        return False


def _database_answers():
    Article.objects.exists()  # raises where it does not
    return True


def _migrations_applied():
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _index_answers():
    return search.engine().count() >= 0


def _disk_has_room():
    return shutil.disk_usage(settings.DATA_DIR).free > MIN_FREE_BYTES


def not_found(request, exception=None):
    return render(request, "404.html", status=404)


def server_error(request):
    # No context processors: whatever broke may be what they need.
    return render(None, "500.html", status=500)


def csrf_failure(request, reason=""):
    return render(request, "403_csrf.html", status=403)
