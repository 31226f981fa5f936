"""The page that the words of the form would make; the frame beside the form shows it. Nothing is stored, nothing checked."""

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import render

from articles.content import LIMITS, ArticleContent
from articles.forms import UnsavedForm
from articles.pages import preview_context


def unsaved_preview(request):
    if len(request.POST.get("body", "")) > LIMITS["body"]:
        message = f"正文太长，无法预览：连同格式最多 {LIMITS['body']} 个字符。"
        return HttpResponse(message, status=400, content_type="text/plain; charset=utf-8")
    form = UnsavedForm(request.POST)
    form.full_clean()
    content = _presentable(form.content())
    return render(request, "articles/article.html", preview_context(content) | {"tags": form.tags()})


def _presentable(content: ArticleContent) -> ArticleContent:
    """`content` without what it could not be saved with: a page without a question, a source whose address is none."""
    sources = (source if source.url.startswith(("https://", "http://")) else replace(source, url="") for source in content.sources)
    return replace(content, title=content.title or "（还没有写问题）", sources=tuple(sources))
