"""Two articles on one question become one: side by side, part by part. The change itself is workflow.merge()."""

import logging
from dataclasses import replace
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from articles import search, workflow
from articles.content import BOTH, KEPT, KINDS, LIST_PARTS, PROVENANCES, RETIRED, SINGLE_PARTS, ArticleContent, combine
from articles.difference import Paragraph, difference
from articles.models import Article, Category, Region, Tag
from articles.rendering import clean
from articles.text import strip_controls

logger = logging.getLogger(__name__)

LABELS = {
    "title": "问题",
    "short_answer": "简短回答",
    "body": "正文",
    "category": "栏目",
    "validity": "政策有效期",
    "tags": "标签",
    "regions": "适用地区",
    "sources": "来源",
    "phrasings": "其他问法",
}
ONE_OF = {KEPT: "用保留的一篇的", RETIRED: "用退下的一篇的"}
SUGGESTED = {"tags": BOTH, "sources": BOTH, "phrasings": BOTH}
CANDIDATES = 20


class Side(NamedTuple):
    """One of the two pages, with the text that a merge offers of it."""

    article: Article
    content: ArticleContent

    @classmethod
    def of(cls, article: Article) -> "Side":
        content = workflow.shown_revision(article).content
        return cls(article, replace(content, tags=tuple(tag.pk for tag in Tag.objects.resolved(content.tags))))


class Part(NamedTuple):
    """One line of the comparison: what stands on each side, and the field that chooses."""

    name: str
    label: str
    sides: tuple[list[Paragraph], list[Paragraph]]
    same: bool
    field: Any


class MergeForm(forms.Form):
    """Which page stays, and what of each part."""

    keep = forms.TypedChoiceField(coerce=int, widget=forms.RadioSelect, label="保留哪一篇", error_messages={"required": "请选择保留哪一篇"})
    seen = forms.RegexField(r"^[0-9]{1,18}-[0-9]{1,18}\Z", widget=forms.HiddenInput)

    def __init__(self, pair: tuple[Side, Side], *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["keep"].choices = [(side.article.pk, f"#{side.article.pk} {side.article.title}") for side in pair]
        for name in (*SINGLE_PARTS, *LIST_PARTS):
            choices = ONE_OF | ({BOTH: "两篇都要"} if name in LIST_PARTS else {})
            self.fields[name] = forms.ChoiceField(
                choices=choices.items(), widget=forms.RadioSelect, required=False, label=LABELS[name], initial=SUGGESTED.get(name, KEPT)
            )


def merge_pair(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The screen of one pair, ?a=<id>&b=<id>. Without a second article: those to choose from."""
    first, second = (_article(request.GET.get(name, "")) for name in ("a", "b"))
    if first is None:
        return _choose(request, context, None, "没有这个编号的文章：" + request.GET.get("a", "")[:20])
    if second is None or first == second:
        asked = request.GET.get("b", "").strip()
        return _choose(request, context, first, asked and ("不能和自己合并" if first == second else f"没有这个编号的文章：{asked[:20]}"))
    ends = tuple(article.merged_into or article for article in (first, second))
    if ends[0] == ends[1]:
        return _choose(request, context, first, f"#{first.pk} 和 #{second.pk} 已经合并；如要换一篇保留，请先撤销那次合并")
    if ends != (first, second):
        messages.info(request, "其中一篇已经合并到别处，这里对照的是它现在转到的文章。")
        return HttpResponseRedirect(address(*ends))
    return _compare(request, context, (Side.of(first), Side.of(second)))


def address(first: Article, second: Article | None = None) -> str:
    query = {"a": first.pk} | ({"b": second.pk} if second else {})
    return f"{reverse('admin:articles_article_merge_pair')}?{urlencode(query)}"


def _article(typed: str) -> Article | None:
    typed = strip_controls(typed).strip().removeprefix("#")
    known = typed.isascii() and typed.isdigit() and len(typed) < 16
    rows = Article.objects.select_related("live_revision", "latest_revision", "merged_into", "category")
    return rows.filter(pk=typed, latest_revision__isnull=False).first() if known else None


# Choosing the other one


def _choose(request: HttpRequest, context: dict[str, Any], article: Article | None, error: str = "") -> HttpResponse:
    typed = strip_controls(request.GET.get("q", "")).strip()[:120]
    found = _candidates(article, typed) if article else []
    context |= {
        "title": f"#{article.pk} 和哪一篇合并" if article else "合并文章",
        "article": article,
        "error": error,
        "typed": typed,
        "found": [(other, address(article, other)) for other in found],
    }
    return render(request, "admin/articles/article/choose_merge.html", context, status=404 if error else 200)


def _candidates(article: Article, typed: str) -> list[Article]:
    others = Article.objects.filter(merged_into=None, latest_revision__isnull=False).exclude(pk=article.pk).select_related("live_revision")
    if typed:
        return list(others.filter(Q(title__icontains=typed)).order_by("-pk")[:CANDIDATES])
    ids = _alike(article)
    rows = others.in_bulk(ids)
    return [rows[id] for id in ids if id in rows]


def _alike(article: Article) -> list[int]:
    try:
        return search.rank(article.title, search.filters_now(exclude=article.pk), search.engine(), limit=CANDIDATES).ids
    except search.IndexUnavailable:
        return []
    except Exception:  # whatever a damaged index raises; one can still look by words
        logger.exception("no articles to merge with could be looked up")
        return []


# Comparing


def _compare(request: HttpRequest, context: dict[str, Any], pair: tuple[Side, Side]) -> HttpResponse:
    seen = "-".join(str(side.article.latest_revision_id) for side in pair)
    form = MergeForm(pair, request.POST or None, initial={"keep": _better(pair).article.pk, "seen": seen})
    refusals = []
    if request.method == "POST" and form.is_valid():
        try:
            return _merge(request, pair, form.cleaned_data)
        except workflow.NotAllowed as refusal:
            refusals = str(refusal).split("；")
    left, right = (side.article for side in pair)
    context |= {
        "title": f"合并 #{left.pk} 和 #{right.pk}",
        "form": form,
        "pair": pair,
        "columns": [(side, _facts(side), form["keep"][place]) for place, side in enumerate(pair)],
        "parts": _parts(pair, form),
        "refusals": refusals,
        "choices": _choices(pair, request.user),
    }
    status = 409 if refusals else 400 if form.errors else 200
    return render(request, "admin/articles/article/merge_pair.html", context, status=status)


def _choices(pair: tuple[Side, Side], user) -> list[tuple[Side, Any, list[str]]]:
    """Each page with the reasons why it cannot be the one that stays."""
    return [(stays, workflow.why_not_merge(goes.article, stays.article, user)) for stays, goes in (pair, pair[::-1])]


def _merge(request: HttpRequest, pair: tuple[Side, Side], chosen: dict[str, Any]) -> HttpResponse:
    kept, retired = pair if pair[0].article.pk == chosen["keep"] else pair[::-1]
    seen = dict(zip((side.article.pk for side in pair), map(int, chosen["seen"].split("-")), strict=True))
    combined = workflow.merge(
        retired.article,
        into=kept.article,
        by=request.user,
        combination=workflow.Combination(
            content=combine(kept.content, _offered(retired), chosen),
            phrasings=() if chosen["phrasings"] == KEPT else None,
            seen=(seen[retired.article.pk], seen[kept.article.pk]),
        ),
    )
    messages.success(request, f"完成：#{retired.article.pk} 已合并到 #{kept.article.pk}，它的地址和问法现在都转到这里。")
    if combined:
        messages.info(
            request, f"合并后的内容是版本 #{combined.pk}，已提交审核；审核通过并发布以前，读者看到的仍是 #{kept.article.pk} 原来的内容。"
        )
    return HttpResponseRedirect(reverse("admin:articles_article_change", args=[kept.article.pk]))


def _offered(retired: Side) -> ArticleContent:
    """What of the retired page may become content of the other one.

    The redirect of a public page brings its questions along by itself, and takes them back when it is undone. Those of a draft
    were never public: they are offered as phrasings, for review.
    """
    content = retired.content
    return replace(content, phrasings=() if retired.article.visible else (content.title, *content.phrasings))


def _better(pair: tuple[Side, Side]) -> Side:
    """The one that is suggested to stay: public, reviewed, and the older address."""
    return min(pair, key=lambda side: (not side.article.visible, side.article.reviewed_at is None, side.article.pk))


def _facts(side: Side) -> list[tuple[str, str]]:
    article, revision = side.article, workflow.shown_revision(side.article)
    day = lambda moment: f"{moment:%Y-%m-%d}" if moment else "—"  # noqa: E731
    return [
        ("对外", "公开" if article.visible else "未公开或已撤回"),
        ("稿件", article.latest_revision.get_state_display()),
        ("发布", day(article.go_live_at)),
        ("内容更新", day(article.updated_at or revision.created_at)),
        ("审核", f"{article.signed_by} {day(article.reviewed_at)}" if article.reviewed_at else "尚未经医学审核"),
        ("类型", f"{KINDS.get(side.content.kind, '—')}，{PROVENANCES.get(side.content.provenance, '—')}"),
    ]


def _parts(pair: tuple[Side, Side], form: MergeForm) -> list[Part]:
    texts = [_as_text(side.content) for side in pair]
    return [
        Part(name, label, difference(texts[0][name], texts[1][name]), texts[0][name] == texts[1][name], form[name])
        for name, label in LABELS.items()
    ]


def _as_text(content: ArticleContent) -> dict[str, str]:
    """Every part in words, to compare."""
    names = {
        "category": Category.objects.filter(pk=content.category).values_list("name", flat=True),
        "tags": [tag.name for tag in Tag.objects.resolved(content.tags)],
        "regions": Region.objects.filter(pk__in=content.regions).values_list("name", flat=True) if content.regions else ["全国"],
        "sources": [
            " ".join(filter(None, (each.title, each.number, each.issuer, str(each.date or ""), each.url))) for each in content.sources
        ],
        "phrasings": content.phrasings,
        "validity": [f"{content.valid_from or '…'} 至 {content.valid_until or '…'}"] if content.valid_from or content.valid_until else [],
    }
    lines = {name: "\n".join(values) for name, values in names.items()}
    return {"title": content.title, "short_answer": content.short_answer, "body": clean(content.body).plain_text} | lines
