"""Where a text stands: its category and its tags, which change without a review, because the words don't.

What is filed of a page is a copy of its live revision, so another filing is another revision of the same words
(`Revision.refiled_from`). It takes the place of the one before in every respect: state, author, review, schedule, dates.

A working copy is refiled along with the page, or its publication would undo the change. Its approval is carried over to
the new digest, for what was approved are the words, and who changed the filing stands in the log; an approval that did not
fit its text before fits none after. Its base becomes the new live revision, or nobody could publish it any more.
It is a new revision, not the old one changed: who has the old one open in a form is told so when they save.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction
from django.utils import timezone

from articles.content import ArticleContent
from articles.models import Article, Category, Revision, Tag, take_event_lock
from articles.workflow.frame import lock_article, record
from articles.workflow.live import make_live_refiled
from articles.workflow.rules import VERBS, WORKING, NotAllowed, State, may

Parts = dict[str, Revision]
Refiled = dict[str, list[int]]  # "live", "working" -> ids of the revision before and of the one now


@dataclass(frozen=True)
class Filing:
    """One change: into a category, under a tag, or from under a tag."""

    category: Category | None = None
    add_tag: Tag | None = None
    remove_tag: Tag | None = None

    @cached_property
    def _tag(self) -> tuple[int | None, set[int]]:
        """The id of the tag, and all under which it may stand in a text: texts keep the ids that their author saved."""
        tag = self.add_tag or self.remove_tag
        return (tag.survivor.pk, {tag.survivor.pk, *tag.survivor.absorbed.values_list("pk", flat=True)}) if tag else (None, set())

    def of(self, content: ArticleContent) -> ArticleContent:
        tag, same = self._tag
        tags = content.tags
        if self.add_tag and not same.intersection(tags):
            tags = (*tags, tag)
        if self.remove_tag:
            tags = tuple(id for id in tags if id not in same)
        return replace(content, tags=tags, category=self.category.pk if self.category else content.category)

    def __str__(self):
        if self.category:
            return f"栏目改为“{self.category}”"
        return f"加标签“{self.add_tag}”" if self.add_tag else f"去掉标签“{self.remove_tag}”"


def why_not_refile(article: Article, user: User | None, filing: Filing) -> list[str]:
    """Reasons why `article` may not be filed so now."""
    reasons = [] if may(user, VERBS["publish"].permission) else ["您没有更改归类的权限"]
    contents = [revision.content for revision in _parts(article).values()]
    filed = [filing.of(content) for content in contents]
    if article.merged_into_id:
        reasons.append("文章已合并到其他文章")
    elif not contents:
        reasons.append("文章没有发布，也没有在写的稿件")
    elif filed == contents:
        reasons.append("不用改：已经是这样")
    return reasons + [problem for content in filed for problem in content.problems()]


def refile(article: Article, filing: Filing, *, by: User | None, note: str = "", data: dict[str, Any] | None = None) -> Refiled:
    """File the page, and the text under way to it, otherwise. Search follows in the background.

    Returns what refile_back() needs.
    """

    def filed(article: Article, parts: Parts) -> dict[str, ArticleContent]:
        if reasons := why_not_refile(article, by, filing):
            raise NotAllowed("；".join(reasons))
        return {part: filing.of(revision.content) for part, revision in parts.items()}

    return _file("refile", article, filed, by, str(filing), note, data)


def refile_back(article: Article, was: Refiled, *, by: User | None, note: str = "", data: dict[str, Any] | None = None) -> Refiled:
    """Undo refile(): file the texts as they were filed before, where nobody has saved or published another since."""

    def filed(article: Article, parts: Parts) -> dict[str, ArticleContent]:
        if not may(by, VERBS["publish"].permission):
            raise NotAllowed("您没有更改归类的权限")
        if {part: revision.pk for part, revision in parts.items()} != {part: now for part, (_, now) in was.items()}:
            raise NotAllowed("此后又有新的版本或状态变化，保持现状")
        before = Revision.objects.in_bulk([id for id, _ in was.values()])
        contents = {part: before[was[part][0]].content for part in parts}
        return {part: replace(parts[part].content, category=old.category, tags=old.tags) for part, old in contents.items()}

    return _file("refile_back", article, filed, by, "恢复原来的归类", note, data)


def _file(
    verb: str,
    article: Article,
    filed: Callable[[Article, Parts], dict[str, ArticleContent]],
    by: User | None,
    how: str,
    note: str,
    data: dict[str, Any] | None,
) -> Refiled:
    with transaction.atomic():
        take_event_lock()
        article = lock_article(article.pk)
        parts = _parts(article)
        contents = filed(article, parts)
        now = {part: _refiled(revision, contents[part], how) for part, revision in parts.items()}
        _put_in_place(article, parts, now)
        refiled = {part: [parts[part].pk, now[part].pk] for part in parts}
        live_changes = "live" in parts and now["live"] != parts["live"]
        changed = now["live" if live_changes else "working"]
        record(verb, changed, by, note or how, {**(data or {}), "revisions": refiled}, to_follow=live_changes)
    return refiled


def _parts(article: Article) -> Parts:
    """What readers see, and what is under way to them."""
    parts = {"live": article.live_revision} if article.live else {}
    # Mostly they are one and the same, which need not be read twice.
    under_way = article.latest_revision if article.latest_revision_id != article.live_revision_id else None
    if under_way and under_way.state in WORKING:
        parts["working"] = under_way
    for revision in parts.values():
        revision.article = article
    return parts


def _put_in_place(article: Article, parts: Parts, now: Parts) -> None:
    if "live" in parts and now["live"] != parts["live"]:
        make_live_refiled(now["live"], parts["live"].content)
    if "working" in parts:
        # Never of one that was based on an older page: what bars its publication still does.
        if "live" in parts and parts["working"].base_revision_id == parts["live"].pk:
            now["working"].base_revision = now["live"]
            now["working"].save(update_fields=["base_revision"])
        article.latest_revision = now["working"]
        article.save(update_fields=["latest_revision"])


def _refiled(revision: Revision, content: ArticleContent, how: str) -> Revision:
    """The same words, filed as `content` says, in the place of `revision`, which becomes history; itself where it is filed so."""
    if content == revision.content:
        return revision
    approved = revision.approved_digest == revision.content.digest()
    new = copy.copy(revision)
    new.pk, new._state.adding = None, True
    new.content_json = content.to_json()
    new.approved_digest = content.digest() if approved else revision.approved_digest
    new.refiled_from_id = revision.refiled_from_id or revision.pk
    new.reverted_from = None
    new.note = f"{revision.note}（{how}）"[-500:] if revision.note else how[:500]
    new.created_at = timezone.now()
    revision.state, revision.publish_at = State.SUPERSEDED, None
    revision.save(update_fields=["state", "publish_at"])
    new.save()
    return new
