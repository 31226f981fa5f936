"""Any two versions of an article, in one column."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode

from articles import workflow
from articles.changes import changes
from articles.models import Article, Revision


def compare_address(old: Revision, new: Revision) -> str:
    return f"{reverse('admin:articles_article_compare', args=[new.article_id])}?{urlencode({'old': old.pk, 'new': new.pk})}"


def compare_view(model_admin, request, id):
    """?old=<revision>&new=<revision>; without them the newest version and what it was written on."""
    article = get_object_or_404(Article.objects.select_related("latest_revision", "live_revision"), pk=id)
    if not model_admin.has_view_permission(request, article):
        raise PermissionDenied
    old, new = _pair(article, request.GET)
    context = model_admin.admin_site.each_context(request) | {
        "title": f"对照 #{old.pk} 和 #{new.pk}",
        "opts": model_admin.opts,
        "article": article,
        "old": old,
        "new": new,
        "changes": changes(old.content, new.content),
        "swapped": compare_address(new, old),
        "revert": [(each, workflow.why_not("revert", each, request.user)) for each in dict.fromkeys((old, new))],
    }
    return render(request, "admin/articles/article/compare.html", context)


def _pair(article: Article, query) -> tuple[Revision, Revision]:
    new = _named(article, query.get("new", "")) or article.latest_revision
    old = _named(article, query.get("old", "")) or (new and article.revisions.filter(pk__lt=new.pk).first())
    if new is None:
        raise Http404("这篇文章还没有版本")
    return old or new, new


def _named(article: Article, typed: str) -> Revision | None:
    if not typed:
        return None
    known = typed.isascii() and typed.isdigit() and len(typed) < 17
    found = article.revisions.select_related("article", "author").filter(pk=typed).first() if known else None
    if found is None:
        raise Http404("这篇文章没有这个版本")
    return found
