"""What two editors changed differently: both and the text that they began with, part by part, for the one who saves later.

The page works on the editor's slot, so it can be closed and come back to; what is chosen goes through the same check as any save.
"""

from typing import Any, NamedTuple

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from articles import autosave, workflow
from articles.admin.saving import merge_note, save
from articles.content import BOTH, KINDS, PROVENANCES
from articles.difference import Paragraph, difference
from articles.forms import ArticleForm, as_sent, as_typed
from articles.models import Article, Autosave, Category, Region
from articles.rendering import clean
from articles.threeway import MINE, THEIRS, Conflict

CHOICES = {MINE: "用我的", THEIRS: "用对方的", BOTH: "两个都要"}


class Row(NamedTuple):
    """One question of the page."""

    key: str
    label: str
    base: list[Paragraph]
    mine: list[Paragraph]
    theirs: list[Paragraph]
    choices: list[tuple[str, str]]
    chosen: str


@transaction.atomic
def conflict_view(request: HttpRequest, article: Article, form_class: type[ArticleForm], context: dict[str, Any]) -> HttpResponse:
    form_address = reverse("admin:articles_article_change", args=[article.pk])
    waiting = autosave.slot(request.user, article)
    if waiting is None:
        messages.info(request, "没有等待合并的文字。")
        return HttpResponseRedirect(form_address)
    form = form_class(as_sent(waiting.fields, parent=waiting.parent or ""), instance=article)
    restored = HttpResponseRedirect(f"{form_address}?restore=1")
    # Refused for nothing but the conflict: then there is content to compare.
    if not form.is_valid() and not form.in_conflict:
        messages.info(request, "自动保存的文字还不能合并，先放回表单里；保存时会与新的版本合并。")
        return restored
    if request.method == "POST":
        reconciled = workflow.reconcile(form.content(), article, waiting.parent)
        chosen = {conflict.key: request.POST.get(conflict.key, "") for conflict in reconciled.merged.conflicts}
        if request.POST.get("seen") != _stamp(waiting, article):
            messages.warning(request, "您选择期间又有人保存了新的版本，或者您在另一个窗口改了文字。请再看一遍。")
            return HttpResponseRedirect(request.path)
        if all(chosen[conflict.key] in conflict.choices for conflict in reconciled.merged.conflicts):
            _keep_answered(waiting, article, form, reconciled, chosen)
            return restored if "_form" in request.POST else _save(request, article, form_class, restored)
        return _page(request, article, waiting, form, context, chosen)
    return _page(request, article, waiting, form, context, {})


def _stamp(waiting: Autosave, article: Article) -> str:
    return f"{article.latest_revision_id} {waiting.saved_at.isoformat()}"


def _keep_answered(waiting: Autosave, article: Article, form: ArticleForm, reconciled: workflow.Reconciled, chosen: dict[str, str]) -> None:
    """From here on the slot holds the merged words, begun from the newest revision."""
    note = merge_note(form.cleaned_data["note"], reconciled.since)
    fields = waiting.fields | as_typed(reconciled.merged.content(chosen)) | {"note": [note]}
    autosave.keep(fields, by=waiting.user, article=article, parent=article.latest_revision_id, window=waiting.window)


def _save(request: HttpRequest, article: Article, form_class: type[ArticleForm], restored: HttpResponse) -> HttpResponse:
    waiting = autosave.slot(request.user, article)
    verb = {"_submit": "1"} if "_submit" in request.POST else {}
    form = form_class(as_sent(waiting.fields, parent=waiting.parent, window=waiting.window, **verb), instance=article)
    if not form.is_valid():
        messages.error(request, "还没有保存：" + "；".join(error for errors in form.errors.values() for error in errors))
        return restored
    save(request, form, article)
    return HttpResponseRedirect(f"{reverse('admin:articles_article_change', args=[article.pk])}?saved={waiting.window}")


def _page(
    request: HttpRequest, article: Article, waiting: Autosave, form: ArticleForm, context: dict[str, Any], chosen: dict[str, str]
) -> HttpResponse:
    reconciled = form.reconciled
    labels = {name: field.label for name, field in form.fields.items()}
    rows = [_row(conflict, labels, chosen) for conflict in reconciled.merged.conflicts]
    context |= {
        "title": "合并两边的改动",
        "article": article,
        "waiting": waiting,
        "latest": article.latest_revision,
        "their_name": autosave.name_of(article.latest_revision.author) if article.latest_revision.author else "系统",
        "rows": rows,
        "open": [row.label for row in rows if row.key in chosen and not row.chosen],
        "stamp": _stamp(waiting, article),
    }
    response = render(request, "admin/articles/article/conflict.html", context, status=400 if chosen else 200)
    transaction.set_rollback(True)  # only looked at: no new tags
    return response


def _row(conflict: Conflict, labels: dict[str, str], chosen: dict[str, str]) -> Row:
    base, mine, theirs = (_in_words(conflict.field, value) for value in conflict[2:])
    choice = chosen.get(conflict.key, "")
    return Row(
        conflict.key,
        labels[conflict.field],
        difference(base, base)[0],
        difference(base, mine)[1],
        difference(base, theirs)[1],
        [(name, CHOICES[name]) for name in conflict.choices],
        choice if choice in conflict.choices else "",
    )


def _in_words(field: str, value: Any) -> str:
    """A value as an editor reads it; empty for nothing."""
    if not value:
        return "全国" if field == "regions" else ""
    return _WORDS.get(field, str)(value)


_WORDS = {
    "body": lambda html: clean(html).plain_text,
    "category": lambda pk: str(Category.objects.filter(pk=pk).first() or f"#{pk}"),
    "regions": lambda codes: "、".join(Region.objects.filter(pk__in=codes).values_list("name", flat=True)),
    "kind": lambda kind: KINDS.get(kind, kind),
    "provenance": lambda provenance: PROVENANCES.get(provenance, provenance),
    "sources": lambda sources: "\n".join(
        " ".join(filter(None, (each.title, each.number, each.issuer, str(each.date or ""), each.url))) for each in sources
    ),
    "successor": lambda pk: str(Article.objects.filter(pk=pk).first() or f"#{pk}"),
}
