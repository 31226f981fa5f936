"""What is wrong with a revision: the rules of the text, and what only the database knows, asked once for a whole batch."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.urls import Resolver404, resolve
from django.utils import timezone

from articles import duplicates, search
from articles.checklist.rules import CHECKS, Finding, Page, found_in, limited, links
from articles.content import KINDS, ArticleContent
from articles.models import Article, DuplicatePair, Revision

SHOWN_TWINS = 3


class Subject(NamedTuple):
    """One revision to look at."""

    revision: Revision
    page: Page
    twins: tuple[tuple[int, str], ...]  # id and question of live articles that probably ask the same


def of(revision: Revision) -> list[Finding]:
    """All that the checks find in this revision, what blocks first."""
    page = Page.of(revision.content)
    subject = Subject(revision, page, _twins(revision, page.content))
    return _found([subject])[0]


def of_live(articles: Iterable[Article]) -> list[list[Finding]]:
    """The same for the public text of each article, in a handful of queries. Rows come with their live revision and its reviewer."""
    articles = list(articles)
    twins = _stored_twins([article.pk for article in articles])
    return _found([Subject(each.live_revision, Page.of(each.live_revision.content, each.plain_text), twins[each.pk]) for each in articles])


def _found(subjects: list[Subject]) -> list[list[Finding]]:
    today = timezone.localdate()
    wanted = {id for subject in subjects for id, _ in _linked(subject.page)}
    targets = {article.pk: article for article in Article.objects.filter(pk__in=wanted).select_related("merged_into")} if wanted else {}
    return [
        sorted(
            limited(
                [
                    *found_in(subject.page, today),
                    *_dead_links(subject.page, targets),
                    *_asked_before(subject.twins),
                    *_signature(subject.revision, subject.page.content.kind, today),
                ]
            ),
            key=lambda finding: ORDER[finding.code],
        )
        for subject in subjects
    ]


ORDER = {code: place for place, code in enumerate(CHECKS)}

# Links

_ARTICLE = re.compile(r"/articles/([1-9][0-9]{0,15})/?")


def _linked(page: Page) -> Iterator[tuple[int, str]]:
    """Id and address of each article that the text leads to."""
    for href in links(page.html):
        if match := _ARTICLE.fullmatch(_own_path(href)):
            yield int(match[1]), href


def _own_path(href: str) -> str:
    """The path of an address of this site; "" for any other."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    own = not parts.netloc or (settings.SITE_URL and parts.netloc == urlsplit(settings.SITE_URL).netloc)
    return parts.path if own and parts.scheme in ("", "http", "https") and parts.path.startswith("/") else ""


def _dead_links(page: Page, targets: dict[int, Article]) -> Iterator[Finding]:
    for id, href in _linked(page):
        if advice := _why_dead(id, targets.get(id)):
            yield Finding("dead_link", advice, "body", href)
    for href in links(page.html):
        if (path := _own_path(href)) and not _ARTICLE.fullmatch(path) and not _leads_somewhere(path):
            yield Finding("dead_link", "本站没有这个网址：请改正或删去链接", "body", href)


def _why_dead(id: int, target: Article | None) -> str:
    if target is None:
        return f"链接所指的文章 #{id} 不存在：请改正或删去链接"
    if kept := target.merged_into:
        return f"链接所指的文章 #{id} 已合并到 #{kept.pk}“{kept.title[:30]}”：请改为 {kept.get_absolute_url()}"
    return "" if target.visible else f"链接所指的文章 #{id}“{target.title[:30]}”读者看不到：请改正或删去链接"


def _leads_somewhere(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return path.startswith(settings.STATIC_URL)
    return True


# Duplicates


def _asked_before(twins: tuple[tuple[int, str], ...]) -> Iterator[Finding]:
    for id, title in twins[:SHOWN_TWINS]:
        yield Finding("duplicate", f"很可能与 #{id}“{title[:60]}”问的是同一件事：请合并，或写明为什么不重复", "title", title)


def _twins(revision: Revision, content: ArticleContent) -> tuple[tuple[int, str], ...]:
    if revision.pk == revision.article.live_revision_id:
        return _stored_twins([revision.article_id])[revision.article_id]
    asked = duplicates.Question(content.title, content.phrasings, f"{content.short_answer} {content.body}", content.regions)
    try:
        return tuple((each.article.pk, each.article.title) for each in duplicates.twins(asked, of=revision.article_id))
    except search.IndexUnavailable:
        return ()


def _stored_twins(ids: list[int]) -> dict[int, tuple[tuple[int, str], ...]]:
    found: dict[int, tuple[tuple[int, str], ...]] = dict.fromkeys(ids, ())
    undecided = DuplicatePair.objects.filter(Q(a__in=ids) | Q(b__in=ids), dismissed_at=None, a__live=True, b__live=True)
    for a, b, a_title, b_title in undecided.values_list("a", "b", "a__title", "b__title"):
        for id, twin in ((a, (b, b_title)), (b, (a, a_title))):
            if id in found:
                found[id] += (twin,)
    return found


# Who signed it


def _signature(revision: Revision, kind: str, today: date) -> Iterator[Finding]:
    """What is wrong with the review. Nothing can be said of a text that waits for one."""
    if revision.needs_confirmation:
        yield Finding("reviewer", "未经审核就发布了：请作者以外有资质的人复核确认")
    if revision.state in _SIGNED and revision.reviewer and (advice := _why_not_signed_by(revision.reviewer, kind, today)):
        yield Finding("reviewer", advice)


_SIGNED = {Revision.State.APPROVED, Revision.State.PUBLISHED}


def _why_not_signed_by(reviewer, kind: str, today: date) -> str:
    held = getattr(reviewer, "qualification", None)
    if held is None:
        return "审核人没有登记资质，不能审核临床内容：请管理员登记，或请有资质的人复核" if kind == "clinical" else ""
    if kind not in held.kinds:
        return f"审核人的资质（{held.title}）不含“{KINDS[kind]}”：请有这类资质的人复核"
    if held.expires_on and held.expires_on < today:
        return f"审核人的资质已于 {held.expires_on:%Y-%m-%d} 到期：请管理员更新，或请资质有效的人复核"
    return ""
