"""What the article's form sends while somebody writes: the words to keep, and that it is open. static/autosave.js is the other end."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone

from articles import autosave
from articles.forms import ArticleForm
from articles.models import Article


class SentForm(forms.Form):
    """What comes beside the fields of an article."""

    user = forms.IntegerField(required=False)
    parent = forms.IntegerField(required=False, min_value=1, max_value=10**15)
    window = forms.RegexField(r"^[0-9a-f]{1,32}\Z", required=False)


def addresses(article: Article | None) -> tuple[str, str]:
    """Of the form, and of what it sends while somebody writes."""
    if article is None:
        return reverse("admin:articles_article_add"), reverse("admin:articles_article_autosave_new")
    return reverse("admin:articles_article_change", args=[article.pk]), reverse("admin:articles_article_autosave", args=[article.pk])


def autosave_view(request: HttpRequest, article: Article | None) -> HttpResponse:
    """GET: who is signed in. POST: keep the words, or (heartbeat) say that the form is open, or (discard) empty the slot."""
    sent = SentForm(request.POST)
    if not sent.is_valid():
        return JsonResponse({"error": "请求有误，没有自动保存"}, status=400)
    if request.method == "GET":
        return JsonResponse({"user": request.user.pk, "token": get_token(request)})
    window = sent.cleaned_data["window"]
    if "discard" in request.POST:
        autosave.empty(request.user, article, window)
        messages.info(request, "自动保存的文字已经丢弃。")
        return HttpResponseRedirect(addresses(article)[0])
    if sent.cleaned_data["user"] != request.user.pk:
        return JsonResponse({"error": f"现在登录的是 {request.user}，这些文字不是此人写的，没有自动保存"}, status=409)
    if "heartbeat" in request.POST:
        return _heartbeat(request, article)
    try:
        row = autosave.keep(
            ArticleForm.typed(request.POST), by=request.user, article=article, parent=sent.cleaned_data["parent"], window=window
        )
    except autosave.NotKept as refusal:
        return JsonResponse({"error": str(refusal)}, status=409)
    return JsonResponse({"saved": f"{timezone.localtime(row.saved_at):%H:%M}"})


def _heartbeat(request: HttpRequest, article: Article | None) -> JsonResponse:
    if article is None:
        return JsonResponse({"others": []})
    autosave.seen(request.user, article)
    return JsonResponse({"others": others_said(request.user, article)})


def others_said(user, article: Article) -> list[str]:
    return [f"{other.name} 正在编辑此文{_since(other.changed)}" for other in autosave.others(user, article)]


def _since(changed) -> str:
    if changed is None:
        return ""
    minutes = int(changed.total_seconds() // 60)
    when = "刚才" if not minutes else f"{minutes} 分钟前" if minutes < 60 else f"{minutes // 60} 小时前"
    return f"（{when}有改动）"


def form_context(request: HttpRequest, article: Article | None) -> dict[str, Any]:
    """What the form shows of it: words that wait in the slot, and who else has the form open."""
    autosave.forget_closed_forms(request.user)
    waiting = autosave.slot(request.user, article)
    if article:
        autosave.seen(request.user, article)
    own = (waiting and "restore" in request.GET) or (waiting and request.POST.get("window") == waiting.window)
    return {
        "form_address": addresses(article)[0],
        "address": addresses(article)[1],
        "article": article.pk if article else "new",
        "waiting": None if own else waiting,
        "stale": bool(waiting and article and waiting.parent != article.latest_revision_id),
        "others": others_said(request.user, article) if article else [],
    }
