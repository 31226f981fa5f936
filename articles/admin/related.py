"""The page 相关推荐 of an article: what stands beside it, why, and what editors change about that."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from articles import related, workflow
from articles.models import Article, RelatedArticle, RelatedChoice
from articles.workflow import NotAllowed

ACTIONS = ("pin", "up", "down", "block", "release")


class ChoiceForm(forms.Form):
    action = forms.ChoiceField(choices=[(action, action) for action in ACTIONS])
    other = forms.IntegerField(
        label="文章编号",
        min_value=1,
        max_value=2**53,
        error_messages={
            "required": "请填写文章编号",
            "invalid": "文章编号应是一个数",
            "min_value": "没有这个编号的文章",
            "max_value": "没有这个编号的文章",
        },
    )
    position = forms.IntegerField(
        label="位置",
        min_value=1,
        max_value=related.STORED,
        required=False,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), f"位置应在 1 到 {related.STORED} 之间"),
    )


def related_view(model_admin, request, id):
    """The list with scores and reasons; a POST changes one place of it."""
    article = get_object_or_404(Article, pk=id)
    if not model_admin.has_view_permission(request, article):
        raise PermissionDenied
    if request.method == "POST":
        return _change(request, article)
    context = model_admin.admin_site.each_context(request) | {
        "title": f"相关推荐：{article.title}",
        "opts": model_admin.opts,
        "article": article,
        "rows": _rows(article),
        "blocked": article.related_choices.filter(kind=RelatedChoice.Kind.BLOCK).select_related("other", "by"),
        "absent": _absent(article),
        "reasons": workflow.why_not_choose_related(article, request.user),
        "stored": related.STORED,
        "shown": related.SHOWN,
    }
    return render(request, "admin/articles/article/related.html", context)


def _rows(article: Article) -> list[RelatedArticle]:
    """The stored places; `place` of those that readers see now is their number there."""
    rows = list(article.related_links.select_related("related__category"))
    visible = [row for row in rows if row.related.visible and not row.related.expired]
    for number, row in enumerate(visible[: related.SHOWN], 1):
        row.place = number
    return rows


def _absent(article: Article):
    """Pins that stand nowhere, because the other article is not live."""
    pins = article.related_choices.filter(kind=RelatedChoice.Kind.PIN).select_related("other")
    return pins.exclude(other__in=article.related_links.values("related"))


def _change(request, article: Article) -> HttpResponseRedirect:
    form = ChoiceForm(request.POST)
    page = reverse("admin:articles_article_related", args=[article.pk])
    if not form.is_valid():
        messages.error(request, "；".join(error for errors in form.errors.values() for error in errors))
        return HttpResponseRedirect(page)
    other = Article.objects.filter(pk=form.cleaned_data["other"]).first()
    try:
        if other is None:
            raise NotAllowed("没有这个编号的文章")
        said = _do(form.cleaned_data["action"], article, other, form.cleaned_data["position"], request.user)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return HttpResponseRedirect(f"{page}#related-{form.cleaned_data['other']}")


def _do(action: str, article: Article, other: Article, position: int | None, by) -> str:
    if action == "block":
        workflow.block_related(article, other, by=by)
        return f"已屏蔽“{other}”，它不会再出现在这一篇旁边。"
    if action == "release":
        workflow.release_related(article, other, by=by)
        return f"已取消对“{other}”的调整，它按分数排列。"
    if action in ("up", "down"):
        position = _swapped(article, other, -1 if action == "up" else 1, by)
    if position is None:
        raise NotAllowed("请填写要固定的位置")
    workflow.pin_related(article, other, position=position, by=by)
    return f"“{other}”固定在第 {position} 位。"


def _swapped(article: Article, other: Article, step: int, by) -> int:
    """The place next to the present one. A pinned article that stands there changes places with it."""
    rows = {row.rank: row for row in article.related_links.select_related("related")}
    rank = next((rank for rank, row in rows.items() if row.related_id == other.pk), None)
    if rank is None:
        raise NotAllowed("这一篇已经不在推荐里，请刷新页面")
    neighbour = rows.get(rank + step)
    if neighbour and neighbour.pinned:
        workflow.pin_related(article, neighbour.related, position=rank, by=by)
    return rank + step if neighbour else rank
