"""Every change to an article, one function per verb.

Each function locks the article, reads its state again, checks the rules, changes the rows and records an
Event, in one transaction; search and the related lists follow after the commit. Nothing else in the project
writes articles, revisions, events or their links.

`by` is the person who acts; None means the software itself or an operator's command.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import connection, transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from articles import duplicates, related, search
from articles.content import LIMITS, ArticleContent
from articles.models import (
    NEVER,
    Article,
    ArticleRegion,
    Category,
    Event,
    Promotion,
    Region,
    RelatedArticle,
    RelatedChoice,
    Revision,
    Tag,
    TagAlias,
    TaggedArticle,
    take_event_lock,
)
from articles.rendering import clean
from articles.text import question, strip_controls

logger = logging.getLogger(__name__)

State = Revision.State
WORKING = {State.DRAFT, State.IN_REVIEW, State.APPROVED, State.REJECTED}


class NotAllowed(Exception):
    """The rules forbid this change; str() says why, in words for the editor."""


class Verb(NamedTuple):
    label: str
    starts: set[State]  # states of the revision that the verb may start from
    permission: str
    needs_reason: bool = False


VERBS = {
    "submit": Verb("提交审核", {State.DRAFT, State.REJECTED}, "articles.change_article"),
    "approve": Verb("审核通过", {State.IN_REVIEW}, "articles.review_article"),
    "reject": Verb("退回修改", {State.IN_REVIEW}, "articles.review_article", needs_reason=True),
    "publish": Verb("发布", {State.APPROVED}, "articles.publish_article"),
    "schedule": Verb("定时发布", {State.APPROVED}, "articles.publish_article"),
    "force_publish": Verb("紧急发布", WORKING, "articles.force_publish_article", needs_reason=True),
    "confirm": Verb("复核确认", {State.PUBLISHED}, "articles.review_article"),
    "unpublish": Verb("撤回", {State.PUBLISHED}, "articles.publish_article", needs_reason=True),
    "merge": Verb("合并到其他文章", set(State), "articles.publish_article"),
    "unmerge": Verb("撤销合并", {State.SUPERSEDED}, "articles.publish_article"),
    "revert": Verb("恢复此版本", {State.PUBLISHED, State.SUPERSEDED, State.REJECTED}, "articles.change_article"),
}


def why_not(verb: str, revision: Revision, user: User | None) -> list[str]:
    """Reasons why `user` may not do `verb` now; empty means go ahead. The admin greys out buttons with it."""
    rule = VERBS[verb]
    reasons = []
    if revision.state not in rule.starts:
        reasons.append(f"“{revision.get_state_display()}”状态下不能{rule.label}")
    if user and not (user.is_active and user.has_perm(rule.permission)):
        reasons.append(f"您没有“{rule.label}”的权限")
    return reasons + _CHECKS.get(verb, lambda revision, user: [])(revision, user)


def _why_not_approve(revision, user):
    # Superusers too: a second pair of eyes is the point.
    return ["作者不能审核自己写的稿件"] if user and user.pk in _writers(revision) else []


def _why_not_merge(revision, user):
    return ["文章已合并到其他文章"] if revision.article.merged_into_id else []


def _why_not_revert(revision, user):
    return ["文章已合并到其他文章，不能再编辑"] if revision.article.merged_into_id else []


def _why_not_unmerge(revision, user):
    article = revision.article
    if not article.merged_into_id:
        return ["文章没有合并到其他文章"]
    merged = _last_merge(article)
    if merged is None:
        return ["合并以前的状态没有记录（文章是从导出文件恢复的），不能撤销"]
    return _unresolved(article.live_revision.content) if merged.data["was"]["live"] else []


def _why_not_force(revision, user):
    reasons = _unresolved(revision.content)
    if revision.article.merged_into_id:
        reasons.append("文章已合并到其他文章，不能再发布")
    if revision.article.live_revision_id != revision.base_revision_id:
        reasons.append("线上版本在此稿保存之后已更改，请在新版本上重新修改")
    return reasons


def _why_not_publish(revision, user):
    changed = revision.state == State.APPROVED and revision.approved_digest != revision.content.digest()
    return _why_not_force(revision, user) + (["内容在审核通过后有改动，须重新审核"] if changed else [])


def _why_not_confirm(revision, user):
    reasons = [] if revision.needs_confirmation else ["此版本不需要复核"]
    if user and user.pk in {*_writers(revision), revision.forced_by_id}:
        reasons.append("作者和紧急发布人不能复核自己的稿件")
    return reasons


_CHECKS = {
    "approve": _why_not_approve,
    "reject": _why_not_approve,
    "publish": _why_not_publish,
    "schedule": _why_not_publish,
    "force_publish": _why_not_force,
    "confirm": _why_not_confirm,
    "revert": _why_not_revert,
    "merge": _why_not_merge,
    "unmerge": _why_not_unmerge,
}


def _writers(revision: Revision) -> set[int]:
    """Whose words may be in this revision unreviewed.

    Of all who saved since the live version; who wrote what was reverted to; and who wrote the live version, where it was
    published by force and nobody has confirmed it.
    """
    base = revision.base_revision
    saved = Revision.objects.filter(article=revision.article_id, pk__gt=base.pk if base else 0, pk__lte=revision.pk)
    earlier = [each.reverted_from for each in saved.select_related("reverted_from") if each.reverted_from]
    if base and not base.reviewed_at:
        earlier.append(base)
    return {each.author_id for each in saved}.union(*map(_writers, earlier)) - {None}


def _unresolved(content: ArticleContent) -> list[str]:
    """What the content refers to and the vocabularies no longer hold."""
    reasons = content.problems()
    if content.category is None:
        reasons.append("请选择栏目")
    elif not Category.objects.filter(pk=content.category).exists():
        reasons.append("所选栏目已不存在，请重新选择")
    if Tag.objects.filter(pk__in=content.tags).count() < len(set(content.tags)):
        reasons.append("有标签已不存在，请检查标签")
    if Region.objects.filter(pk__in=content.regions).count() < len(set(content.regions)):
        reasons.append("有地区代码无效，请检查适用地区")
    return reasons


# Writing


def why_not_save(content: ArticleContent, article: Article | None, by: User | None, parent: int | None = None) -> list[str]:
    """Reasons why `content` may not become the newest revision of `article` (None: of a new one)."""
    reasons = content.problems()
    if by and not by.has_perm("articles.change_article" if article else "articles.add_article"):
        reasons.append("您没有编辑文章的权限")
    if article and article.merged_into_id:
        reasons.append("文章已合并到其他文章，不能再编辑")
    if article and by and not by.has_perm(VERBS["schedule"].permission) and _scheduled(article).exists():
        reasons.append("此文有已定时发布的改动，请能发布的人先处理")
    if article and parent is not None and article.latest_revision_id != parent:
        reasons.append("在您编辑期间，其他人保存了新的版本。您的文字仍在下面的表单里，请先与历史中的新版本对照；再次保存即以您的文字为准")
    return reasons


def _scheduled(article: Article):
    return article.revisions.filter(state=State.APPROVED, publish_at__isnull=False)


@transaction.atomic
def save_draft(
    content: ArticleContent,
    *,
    by: User | None,
    article: Article | None = None,
    parent: int | None = None,
    note: str = "",
    reverted_from: Revision | None = None,
) -> Revision:
    """Keep `content` as a new revision; earlier unpublished ones become history.

    `parent` is the id of the revision that the editor started from: a save on top of somebody
    else's newer one is refused. Raises NotAllowed with the reasons of why_not_save().
    """
    content = tidy(content)
    article = article and _locked(article.pk)
    if reasons := why_not_save(content, article, by, parent):
        raise NotAllowed("；".join(reasons))
    article = article or Article.objects.create(title=content.title)
    for scheduled in _scheduled(article):
        _record("unschedule", scheduled, by, "保存了新的草稿")
    article.revisions.filter(state__in=WORKING).update(state=State.SUPERSEDED, publish_at=None)
    revision = article.revisions.create(
        content_json=content.to_json(), author=by, base_revision_id=article.live_revision_id, note=note, reverted_from=reverted_from
    )
    article.latest_revision = revision
    if not article.go_live_at:
        article.title = content.title  # never public yet: the lists of the admin show the working title
    article.save(update_fields=["latest_revision", "title"])
    _record("save_draft", revision, by, note)
    return revision


def tidy(content: ArticleContent) -> ArticleContent:
    """`content` as it is stored: sanitised, without control characters and stray space."""
    line = lambda text: " ".join(strip_controls(text).split())  # noqa: E731
    return replace(
        content,
        title=line(content.title),
        short_answer=line(content.short_answer),
        body=clean(content.body).html,
        phrasings=tuple(dict.fromkeys(filter(None, map(line, content.phrasings)))),
        sources=tuple(
            replace(source, **{name: line(getattr(source, name)) for name in ("title", "number", "issuer", "url")})
            for source in content.sources
        ),
    )


@transaction.atomic
def revert(revision: Revision, *, by: User | None) -> Revision:
    """Make a new draft with the content of an earlier revision."""
    article = _locked(revision.article_id)
    revision.refresh_from_db()
    _require("revert", revision, by)
    return save_draft(revision.content, by=by, article=article, note=f"恢复自版本 #{revision.pk}", reverted_from=revision)


# Reviewing


def submit(revision: Revision, *, by: User | None, not_duplicate_because: str = "") -> None:
    """Hand in for review. A question that live articles probably ask already needs a reason, which is kept with each of them."""
    with _changing("submit", revision, by, not_duplicate_because.strip()) as entry:
        if found := twins(revision.content, revision.article):
            if not not_duplicate_because.strip():
                raise NotAllowed(_says(found))
            entry.data["not_duplicate_of"] = [twin.pk for twin in found]
            duplicates.dismiss(revision.article_id, entry.data["not_duplicate_of"], by=by, because=not_duplicate_because)
        revision.state = State.IN_REVIEW


def why_ask_again(content: ArticleContent, article: Article | None) -> list[str]:
    """Why `content` is not submitted without a reason: live articles that probably ask the same."""
    found = twins(content, article)
    return [_says(found)] if found else []


def twins(content: ArticleContent, article: Article | None) -> list[Article]:
    """Live articles that probably ask what `content` asks; none for a page whose question readers see already."""
    if article and article.live and article.title == content.title:
        return []
    asked = duplicates.Question(content.title, content.phrasings, f"{content.short_answer} {content.body}", content.regions)
    try:
        return [each.article for each in duplicates.twins(asked, of=article.pk if article else None)]
    except search.IndexUnavailable:
        return []  # no index, no warning: writing goes on


def _says(found: list[Article]) -> str:
    named = "、".join(f"#{article.pk}“{article.title}”" for article in found[:3])
    return f"很可能与已发布的 {named} 重复，请合并到那一篇，或填写不重复的理由"


def approve(revision: Revision, *, by: User, note: str = "") -> None:
    with _changing("approve", revision, by, note):
        revision.state = State.APPROVED
        revision.reviewer, revision.reviewed_at = by, timezone.now()
        revision.approved_digest = revision.content.digest()


def reject(revision: Revision, *, by: User, reason: str) -> None:
    _require_reason(reason)
    with _changing("reject", revision, by, reason):
        revision.state = State.REJECTED
        revision.reviewer, revision.reviewed_at = by, timezone.now()


# Publishing


def publish(revision: Revision, *, by: User | None) -> Article:
    """Make an approved revision what the public sees."""
    with _changing("publish", revision, by, indexed=True):
        article = _make_live(revision)
    return article


def schedule(revision: Revision, *, by: User, at: datetime) -> None:
    """Publish an approved revision at a later time.

    An article that has never been public is published ahead and appears by itself at `at`; a change to a page
    that has been public waits for publish_due().
    """
    if not timezone.now() < at < NEVER:
        raise NotAllowed("定时发布的时间须晚于现在，也不能太远")
    with _changing("schedule", revision, by, timezone.localtime(at).strftime("%Y-%m-%d %H:%M"), indexed=True):
        if not revision.article.has_been_public:
            _make_live(revision, go_live_at=at)
        else:
            revision.publish_at = at


def publish_due(now: datetime | None = None) -> int:
    """Publish the scheduled revisions whose time has come. Safe to run in any number of processes at once.

    One that the rules no longer allow is taken off the schedule with an Event that says why. Returns how many went live.
    """
    due = Revision.objects.filter(state=State.APPROVED, publish_at__lte=now or timezone.now()).order_by("publish_at", "pk")
    return sum(_publish_one_due(revision) for revision in due)


def _publish_one_due(revision: Revision) -> bool:
    try:
        publish(revision, by=None)
    except NotAllowed as refusal:
        with transaction.atomic():
            if Revision.objects.filter(pk=revision.pk, state=State.APPROVED, publish_at__isnull=False).update(publish_at=None):
                _record("schedule_failed", revision, None, str(refusal))
        return False
    return True


def force_publish(
    revision: Revision, *, by: User | None, reason: str, go_live_at: datetime | None = None, follow_now: bool = True
) -> Article:
    """Publish without a review, for emergencies and imports. Needs a reason; flagged until confirm()."""
    _require_reason(reason)
    with _changing("force_publish", revision, by, reason, indexed=True, follow_now=follow_now):
        revision.forced_by, revision.forced_because = by, reason[:500]
        revision.reviewer = revision.reviewed_at = None
        revision.approved_digest = ""
        article = _make_live(revision, go_live_at=go_live_at)
    return article


def confirm(revision: Revision, *, by: User) -> None:
    """A second person stands behind a forced publication."""
    with _changing("confirm", revision, by):
        revision.reviewer, revision.reviewed_at = by, timezone.now()
        revision.approved_digest = revision.content.digest()
        article = revision.article
        article.reviewed_by, article.reviewed_at = _name(by), revision.reviewed_at
        article.save(update_fields=["reviewed_by", "reviewed_at"])


def _make_live(revision: Revision, go_live_at: datetime | None = None) -> Article:
    """Copy the revision to its article; the one road from a draft to a live page. Inside _changing() only."""
    article, content, now = revision.article, revision.content, timezone.now()
    article.revisions.filter(state=State.PUBLISHED).exclude(pk=revision.pk).update(state=State.SUPERSEDED)
    revision.state, revision.published_at, revision.publish_at = State.PUBLISHED, now, None
    revision.save()  # before the article, which the database wants to see pointing at a published revision
    article.take(content)
    article.phrasings = _questions(article, content)
    already_public = article.has_been_public
    article.go_live_at = go_live_at or (article.go_live_at if already_public else now)
    article.updated_at = max(now, article.go_live_at) if already_public else article.go_live_at
    if article.expire_at <= max(now, article.go_live_at):
        article.expire_at = NEVER  # publishing what has expired opens it again
    article.live, article.withdrawn_at, article.live_revision = True, None, revision
    article.reviewed_by, article.reviewed_at = (_name(revision.reviewer), revision.reviewed_at) if revision.reviewer else ("", None)
    article.save()
    _link(article, content)
    return article


def _link(article: Article, content: ArticleContent) -> None:
    article.tag_links.all().delete()
    article.region_links.all().delete()
    at = article.go_live_at
    TaggedArticle.objects.bulk_create(
        TaggedArticle(content_object=article, tag=tag, go_live_at=at, position=i)
        for i, tag in enumerate(Tag.objects.resolved(content.tags))
    )
    ArticleRegion.objects.bulk_create(
        ArticleRegion(article=article, region_id=code, go_live_at=at) for code in dict.fromkeys(content.regions)
    )


# Taking away


def unpublish(article: Article, *, by: User | None, reason: str) -> None:
    """Withdraw: the address answers 410 from now on."""
    _require_reason(reason)
    revision = Revision.objects.filter(live_article=article.pk).first()
    if revision is None:
        raise NotAllowed("文章还没有发布过")
    with _changing("unpublish", revision, by, reason, indexed=True):
        _take_down(revision.article)
        revision.state = State.SUPERSEDED


def _take_down(article: Article) -> None:
    article.live, article.withdrawn_at = False, timezone.now()
    article.save(update_fields=["live", "withdrawn_at"])
    article.tag_links.update(go_live_at=None)
    article.region_links.update(go_live_at=None)
    article.revisions.update(publish_at=None)  # a change that was scheduled must not bring the page back
    RelatedArticle.objects.filter(related=article).delete()


# Merging


@dataclass(frozen=True, slots=True)
class Combination:
    """What an editor chose to keep of two pages.

    `content`: that of the page that stays; None leaves it as it is. `phrasings`: those that come along with the retired question;
    None: all. `seen`: the newest revisions, of the retired and of the kept page, that the editor had before their eyes.
    """

    content: ArticleContent | None = None
    phrasings: tuple[str, ...] | None = None
    seen: tuple[int, int] | None = None


def merge(article: Article, *, into: Article, by: User | None, combination: Combination | None = None) -> Revision | None:
    """Retire `article` in favour of `into`: its address redirects there for ever, without chains, and its questions find that page.

    That much takes effect now. What changes the kept page's content is a revision that waits for its review like any other;
    it is returned. Without a `combination` the kept page takes the retired one's tags. unmerge() undoes all of it.
    """
    revision = Revision.objects.filter(latest_article=article.pk).first()
    if revision is None:
        raise NotAllowed("文章还没有任何版本")
    with transaction.atomic():
        take_event_lock()
        end = _end_of_redirects(into)
        with _changing("merge", revision, by, indexed=True, beside=end) as entry:
            article, kept = revision.article, Article.objects.get(pk=end)
            if reasons := _why_not_into(article, kept, asked=into, seen=combination and combination.seen):
                raise NotAllowed("；".join(reasons))
            entry.note = f"合并到 #{kept.pk}"
            entry.data = {"into": kept.pk, "was": _standing(article)}
            combined = _save_combined(article, kept, combination, by)
            entry.data |= {"revision": combined and combined.pk} | _hand_over(article, kept)
            _retire(article, kept, _questions_to_bring(article, combination))
            _refresh_questions(kept)
            revision.state, revision.publish_at = State.SUPERSEDED, None
            _record("absorb", kept.live_revision, by, f"#{article.pk} 合并到本文", {"from": article.pk}, to_follow=True)
    return combined


def why_not_merge(article: Article, into: Article, user: User | None) -> list[str]:
    """Reasons why `user` may not retire `article` in favour of `into` now; empty means go ahead."""
    kept = Article.objects.get(pk=_end_of_redirects(into))
    return why_not("merge", article.latest_revision, user) + _why_not_into(article, kept, asked=into)


def _why_not_into(article: Article, kept: Article, *, asked: Article, seen: tuple[int, int] | None = None) -> list[str]:
    if asked.pk == article.pk:
        return ["不能合并到自己"]
    if kept.pk == article.pk:
        return [f"#{asked.pk} 已经合并到 #{article.pk}，反过来合并会绕成一圈；如要换一篇保留，请先撤销那次合并"]
    reasons = [] if kept.visible else ["只能合并到读者现在能看到的文章"]
    if seen and seen != (article.latest_revision_id, kept.latest_revision_id):
        reasons.append("在您对照期间，有人保存了新的版本，请重新对照")
    return reasons


def _end_of_redirects(article: Article) -> int:
    """Where the address of `article` leads. One step, for redirects are kept without chains."""
    return Article.objects.values_list("merged_into", flat=True).get(pk=article.pk) or article.pk


def _standing(article: Article) -> dict[str, Any]:
    """What unmerge() needs to put the article back as it was."""
    moment = lambda value: value and value.isoformat()  # noqa: E731
    current = article.revisions.filter(state__in=WORKING | {State.PUBLISHED})
    return {
        "live": article.live,
        "go_live_at": moment(article.go_live_at),
        "withdrawn_at": moment(article.withdrawn_at),
        "revisions": {str(each.pk): [each.state, moment(each.publish_at)] for each in current},
    }


def shown_revision(article: Article) -> Revision:
    """The text that a merge offers: what readers have seen, or else the newest draft."""
    return article.live_revision or article.latest_revision


def _save_combined(article: Article, kept: Article, combination: Combination | None, by: User | None) -> Revision | None:
    """The kept page's combined content as a revision that waits for review; None where nothing changes."""
    live = replace(kept.live_revision.content, tags=_resolved(kept.live_revision.content))
    content = combination.content if combination else _with_tags_of(article, kept, live, by)
    if content is None or tidy(content) == tidy(live):
        return None
    if _unfinished(kept):
        raise NotAllowed(f"#{kept.pk} 有未完成的改稿，请先发布或退回它，或者只保留 #{kept.pk} 原有的内容")
    # Whoever wrote what comes from the retired page unreviewed must not approve it here.
    revision = save_draft(content, by=by, article=kept, note=f"合并 #{article.pk}", reverted_from=shown_revision(article))
    with _changing("submit", revision, by):  # without asking whether it is a duplicate: this merge is the answer
        revision.state = State.IN_REVIEW
    return revision


def _with_tags_of(article: Article, kept: Article, live: ArticleContent, by: User | None) -> ArticleContent | None:
    tags = tuple(dict.fromkeys(live.tags + _resolved(shown_revision(article).content)))[: LIMITS["tags"]]
    content = replace(live, tags=tags)
    return None if _unfinished(kept) or why_not_save(content, kept, by) else content


def _resolved(content: ArticleContent) -> tuple[int, ...]:
    return tuple(tag.pk for tag in Tag.objects.resolved(content.tags))


def _unfinished(article: Article) -> bool:
    return article.latest_revision.state in {State.DRAFT, State.IN_REVIEW, State.APPROVED}


def _questions_to_bring(article: Article, combination: Combination | None) -> list[str]:
    """Only words that readers can read: those of a draft, or of what was withdrawn, stay where they are."""
    if not article.visible:
        return []
    live = article.live_revision.content
    chosen = combination.phrasings if combination and combination.phrasings is not None else live.phrasings
    return [live.title, *(phrasing for phrasing in live.phrasings if phrasing in chosen)]


def _hand_over(article: Article, kept: Article) -> dict[str, Any]:
    """Earlier merges, promotions and places in related lists; which ones, for unmerge()."""
    moved = {
        "followed": list(article.merged.values_list("pk", flat=True)),
        "promotions": list(article.promotions.values_list("pk", flat=True)),
        "choices": list(_choices_to_move(article, kept).values_list("pk", flat=True)),
    }
    RelatedChoice.objects.filter(pk__in=moved["choices"]).update(other=kept)
    article.merged.update(merged_into=kept)
    article.promotions.update(article=kept)
    # Until the lists are computed again the kept page stands where the retired one did; _take_down() removes the rest.
    having = RelatedArticle.objects.filter(related=kept).values("article")
    RelatedArticle.objects.filter(related=article).exclude(article__in=having).exclude(article=kept).update(related=kept)
    return moved


def _choices_to_move(article: Article, kept: Article):
    """Pins and blocks of the retired page beside others, where nothing is decided about the kept one."""
    decided = RelatedChoice.objects.filter(other=kept).values("article")
    return article.chosen_beside.exclude(article=kept).exclude(article__in=decided)


def _retire(article: Article, kept: Article, questions: list[str]) -> None:
    _take_down(article)
    article.withdrawn_at, article.merged_into, article.phrasings = None, kept, questions
    article.go_live_at = article.go_live_at or timezone.now()
    article.save(update_fields=["withdrawn_at", "merged_into", "go_live_at", "phrasings"])
    article.revisions.filter(state__in=WORKING | {State.PUBLISHED}).update(state=State.SUPERSEDED, publish_at=None)


def _questions(article: Article, content: ArticleContent) -> list[str]:
    """Other ways to ask what the page answers: its own phrasings, and what the articles merged into it bring."""
    if article.pk is None:
        return list(content.phrasings)
    brought = [text for texts in article.merged.order_by("pk").values_list("phrasings", flat=True) for text in texts]
    known = {question(content.title), *map(question, content.phrasings)}
    fresh = {key: text for text in reversed(brought) if (key := question(text)) not in known}  # of two that are alike the first
    return [*content.phrasings, *(text for text in brought if fresh.pop(question(text), None))]


def _refresh_questions(article: Article) -> None:
    if article.live_revision:
        article.phrasings = _questions(article, article.live_revision.content)
        article.save(update_fields=["phrasings"])


def _last_merge(article: Article) -> Event | None:
    event = article.events.filter(verb="merge").order_by("-pk").first()
    return event if event and "was" in event.data else None


def unmerge(article: Article, *, by: User | None) -> Article:
    """Undo merge(): the article stands as it did before, and the page that it led to gives back what came from it."""
    revision = Revision.objects.filter(latest_article=article.pk).first()
    if revision is None or not revision.article.merged_into_id:
        raise NotAllowed("文章没有合并到其他文章")
    with transaction.atomic():
        take_event_lock()
        kept = _end_of_redirects(article)
        with _changing("unmerge", revision, by, indexed=True, beside=kept) as entry:
            article, kept = revision.article, Article.objects.get(pk=kept)
            data = _last_merge(article).data
            entry.note, entry.data = f"不再转到 #{kept.pk}", {"from": kept.pk}
            _put_back(article, data["was"])
            Article.objects.filter(pk__in=data["followed"], merged_into=kept).update(merged_into=article)
            Promotion.objects.filter(pk__in=data["promotions"], article=kept).update(article=article)
            RelatedChoice.objects.filter(pk__in=data.get("choices", ()), other=kept).update(other=article)
            _drop_combined(data["revision"], by)
            for page in (article, kept):
                _refresh_questions(page)
            revision.refresh_from_db(fields=["state", "publish_at"])
            _record("release", kept.live_revision, by, f"#{article.pk} 不再合并到本文", {"from": article.pk}, to_follow=True)
    return article


def _put_back(article: Article, was: dict[str, Any]) -> None:
    moment = lambda value: value and datetime.fromisoformat(value)  # noqa: E731
    for id, (state, at) in was["revisions"].items():
        # A change whose time has passed meanwhile would go live behind everybody's back: it waits for a new time.
        later = moment(at) if at and moment(at) > timezone.now() else None
        article.revisions.filter(pk=id).update(state=state, publish_at=later)
    article.merged_into, article.live = None, was["live"]
    article.go_live_at, article.withdrawn_at = moment(was["go_live_at"]), moment(was["withdrawn_at"])
    article.save(update_fields=["merged_into", "live", "go_live_at", "withdrawn_at"])
    if article.live:
        article.tag_links.update(go_live_at=article.go_live_at)
        article.region_links.update(go_live_at=article.go_live_at)


def _drop_combined(id: int | None, by: User | None) -> None:
    """The combined text, where it is not public yet, becomes history; a published one was reviewed and stays."""
    revision = Revision.objects.filter(pk=id, state__in=WORKING, latest_article__isnull=False).first()
    if revision:
        if revision.publish_at:
            _record("unschedule", revision, by, "撤销了合并")
        Revision.objects.filter(pk=id).update(state=State.SUPERSEDED, publish_at=None)
        Article.objects.filter(latest_revision=id).update(latest_revision=F("live_revision"))


# What stands beside an article

RELATED_CHOICES = {
    "pin_related": "固定相关推荐",
    "block_related": "屏蔽相关推荐",
    "release_related": "取消相关推荐的调整",
}


def why_not_choose_related(article: Article, user: User | None) -> list[str]:
    """Reasons why `user` may not pin or block in the related list of `article`."""
    reasons = [] if article.live else ["文章没有发布，还没有相关推荐"]
    if user and not (user.is_active and user.has_perm("articles.publish_article")):
        reasons.append("您没有调整相关推荐的权限")
    return reasons


def pin_related(article: Article, other: Article, *, position: int, by: User | None) -> None:
    """Let `other` stand at `position` (from 1) in the related list of `article`, whatever its score."""
    if not 1 <= position <= related.STORED:
        raise NotAllowed(f"位置应在 1 到 {related.STORED} 之间")
    if other.pk == article.pk:
        raise NotAllowed("不能把文章推荐在它自己旁边")
    with _choosing("pin_related", article, by, f"第 {position} 位：#{other.pk} {other}", {"other": other.pk, "position": position}):
        if not _locked(other.pk).live:
            raise NotAllowed(f"#{other.pk}“{other}”没有发布，不能固定")
        _choose(article, other, by, kind=RelatedChoice.Kind.PIN, position=position)


def block_related(article: Article, other: Article, *, by: User | None) -> None:
    """Keep `other` out of the related list of `article` for good."""
    if other.pk == article.pk:
        raise NotAllowed("文章本来就不会出现在它自己旁边")
    with _choosing("block_related", article, by, f"#{other.pk} {other}", {"other": other.pk}):
        _choose(article, other, by, kind=RelatedChoice.Kind.BLOCK, position=None)


def release_related(article: Article, other: Article, *, by: User | None) -> None:
    """Take back a pin or a block: `other` stands again where its score puts it, or nowhere."""
    with _choosing("release_related", article, by, f"#{other.pk} {other}", {"other": other.pk}):
        if not article.related_choices.filter(other=other).delete()[0]:
            raise NotAllowed("这一篇没有固定或屏蔽，可能其他人刚刚取消了")


def _choose(article: Article, other: Article, by: User | None, **what) -> None:
    RelatedChoice.objects.update_or_create(article=article, other=other, defaults={"by": by, "at": timezone.now(), **what})


@contextmanager
def _choosing(verb: str, article: Article, by: User | None, note: str, data: dict[str, Any]) -> Iterator[None]:
    """Lock, check, let the body change the choices, arrange the stored list by them, record; afterwards compute it anew."""
    with transaction.atomic():
        take_event_lock()
        if reasons := why_not_choose_related(locked := _locked(article.pk), by):
            raise NotAllowed("；".join(reasons))
        yield
        related.arrange(article.pk)
        Event.objects.create(verb=verb, article=locked, by=by, note=note[:500], data=data)
        transaction.on_commit(lambda: related.recompute(article.pk), robust=True)


# Restoring from an export


class Restored(NamedTuple):
    """What an exported article carries besides its content."""

    id: int
    go_live_at: datetime
    expire_at: datetime
    updated_at: datetime
    reviewed_by: str
    reviewed_at: datetime | None
    withdrawn_at: datetime | None
    merged_into: int | None
    forced_because: str
    questions: tuple[str, ...] = ()  # of a merged one: those that it brings to the page it leads to


@transaction.atomic
def restore(content: ArticleContent, was: Restored, *, by: User | None, follow_now: bool = True) -> Article:
    """Put an exported article back under its own id, with its dates, review, redirect or withdrawal."""
    take_event_lock()
    if Article.objects.filter(pk=was.id).exists():
        raise NotAllowed(f"编号 {was.id} 已被另一篇文章使用")
    if was.merged_into and not Article.objects.filter(pk=was.merged_into, merged_into=None).exists():
        raise NotAllowed(f"合并目标 #{was.merged_into} 不存在")
    if problems := _unresolved(content := tidy(content)):
        raise NotAllowed("；".join(problems))
    live = not (was.withdrawn_at or was.merged_into)
    article = Article.objects.create(pk=was.id, title=content.title)
    revision = article.revisions.create(
        content_json=content.to_json(),
        author=by,
        state=State.PUBLISHED if live else State.SUPERSEDED,
        published_at=was.go_live_at,
        reviewed_at=was.reviewed_at,
        approved_digest=content.digest() if was.reviewed_at else "",
        forced_because=was.forced_because or ("从导出文件恢复" if live and not was.reviewed_at else ""),
        note="从导出文件恢复",
    )
    article.take(content)
    for name in ("go_live_at", "expire_at", "updated_at", "reviewed_by", "reviewed_at", "withdrawn_at"):
        setattr(article, name, getattr(was, name))
    article.merged_into_id = was.merged_into
    article.phrasings = list(was.questions) if was.merged_into else article.phrasings
    article.live, article.live_revision, article.latest_revision = live, revision, revision
    article.save()
    _link(article, content)
    if not live:
        article.tag_links.update(go_live_at=None)
        article.region_links.update(go_live_at=None)
    _skip_id(was.id)
    _record("restore", revision, by, "从导出文件恢复", to_follow=True)
    if was.questions and was.merged_into:
        kept = _locked(was.merged_into)
        _refresh_questions(kept)
        _record("absorb", kept.latest_revision, by, f"#{was.id} 合并到本文", {"from": was.id}, to_follow=True)
    if follow_now:
        transaction.on_commit(_follow_in_request, robust=True)
    return article


def _skip_id(id: int) -> None:
    """No new article may get this id; SQLite sees to that by itself. Never backwards: others may hold ids not committed yet."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval(s, GREATEST(nextval(s), %s)) FROM pg_get_serial_sequence('articles_article', 'id') AS s", [id])


# The frame that all verbs share


@dataclass(slots=True)
class _Entry:
    """What the Event will say."""

    note: str
    data: dict[str, Any]


@contextmanager
def _changing(
    verb: str,
    revision: Revision,
    by: User | None,
    note: str = "",
    *,
    indexed: bool = False,
    follow_now: bool = True,
    beside: int | None = None,
) -> Iterator[_Entry]:
    """Lock, read again, check, let the body change the revision, save, record; all or nothing.

    `beside`: the id of another article that the body changes.
    """
    with transaction.atomic():
        if indexed:
            take_event_lock()
        article = _locked(revision.article_id, beside)
        revision.refresh_from_db()
        revision.article = article
        _require(verb, revision, by)
        entry = _Entry(note, {})
        yield entry
        revision.save()
        _record(verb, revision, by, entry.note, entry.data, to_follow=indexed)
        if indexed and follow_now:
            transaction.on_commit(_follow_in_request, robust=True)


def _require(verb: str, revision: Revision, by: User | None) -> None:
    if reasons := why_not(verb, revision, by):
        raise NotAllowed("；".join(reasons))


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise NotAllowed("请写明原因")


def _locked(article_id: int, beside: int | None = None) -> Article:
    # Two in the order of their ids, or two transactions that need both wait for each other.
    rows = Article.objects.select_for_update().filter(pk__in={article_id, beside or article_id}).order_by("pk")
    return {row.pk: row for row in rows}[article_id]


def _record(
    verb: str, revision: Revision, by: User | None, note: str = "", data: dict[str, Any] | None = None, *, to_follow: bool = False
) -> None:
    Event.objects.create(
        verb=verb, article_id=revision.article_id, revision=revision, by=by, note=note[:500], data=data or {}, to_follow=to_follow
    )


def record_import(note: str, outcomes: dict[str, int], *, by: User | None) -> None:
    """One row for a whole run of import_articles: what was read, and what came of it."""
    Event.objects.create(verb="import", by=by, note=note[:500], data=outcomes)


def record_vocabulary(changed: Category | Tag, *, by: User | None) -> None:
    """A category or tag got another name or address: whatever prints these can follow the log. The index holds names of tags."""
    tag = changed if isinstance(changed, Tag) else None
    note = f"{changed._meta.verbose_name}：{changed}"[:500]
    Event.objects.create(verb="vocabulary", by=by, note=note, data={changed._meta.model_name: changed.pk}, tag=tag, to_follow=bool(tag))


# The vocabulary of tags


def why_not_merge_tags(tag: Tag, into: Tag, user: User | None) -> list[str]:
    """Reasons why `tag` may not be merged into `into` now."""
    reasons = [] if user is None or user.has_perm("articles.change_tag") else ["您没有更改标签的权限"]
    if tag.merged_into_id:
        reasons.append(f"“{tag}”已经并入“{tag.merged_into}”")
    elif tag.pk == into.pk:
        reasons.append("不能并入自己")
    elif tag.pk == into.merged_into_id:
        reasons.append(f"“{into}”已经并入“{tag}”，反过来合并会绕成一圈")
    return reasons


@transaction.atomic
def merge_tags(tag: Tag, *, into: Tag, by: User | None) -> Tag:
    """File under `into` whatever is filed under `tag`; its name, aliases and address lead there from now on, for ever.

    The same number of statements for any number of articles. The index follows in the background.
    """
    take_event_lock()
    rows = {row.pk: row for row in Tag.objects.select_for_update().filter(pk__in={tag.pk, into.pk}).order_by("pk")}
    if reasons := why_not_merge_tags(tag := rows[tag.pk], rows[into.pk], by):
        raise NotAllowed("；".join(reasons))
    into = rows[into.pk].survivor
    links = TaggedArticle.objects.filter(tag=tag)
    tag.redirects = links.filter(content_object__live_revision__isnull=False).exists()
    links.filter(content_object__in=TaggedArticle.objects.filter(tag=into).values("content_object")).delete()
    links.update(tag=into)
    TagAlias.objects.filter(tag=tag).update(tag=into)
    tag.absorbed.update(merged_into=into)
    tag.merged_into = into
    tag.save(update_fields=["merged_into", "redirects"])
    data = {"tag": tag.pk, "into": into.pk}
    Event.objects.create(verb="merge_tags", by=by, note=f"“{tag}”并入“{into}”", data=data, tag=into, to_follow=True)
    return into


@transaction.atomic
def delete_unused_tags(tags: Iterable[Tag], *, by: User | None) -> list[str]:
    """Delete those of `tags` that nothing rests on; returns their names, which stand in the log."""
    if by and not by.has_perm("articles.change_tag"):
        raise NotAllowed("您没有更改标签的权限")
    take_event_lock()  # nothing is published, and so linked to one of them, meanwhile
    unused = list(Tag.objects.unused().filter(pk__in=[tag.pk for tag in tags]))
    Tag.objects.filter(pk__in=[tag.pk for tag in unused]).delete()
    names = [tag.name for tag in unused]
    if names:
        Event.objects.create(verb="delete_tags", by=by, note=f"删除未使用的标签：{'、'.join(names)}"[:500], data={"names": names})
    return names


def _name(user: User) -> str:
    """The name that readers see; a sign-in name is not for them."""
    return f"{user.last_name}{user.first_name}".strip() or "本站审核人员"


def follow(seconds: float = 1.0, *, may_rebuild: bool = True) -> None:
    """Bring the search index up to the Event log, and related lists as far as `seconds` allow.

    Never raises: the next call, of the background thread at the latest, repairs what this one could not.
    """
    try:
        if search.sync(may_rebuild=may_rebuild):
            related.sync(seconds)
            duplicates.sync(seconds)
    except Exception:
        logger.exception("derived data could not be brought up to date; it will be tried again")


def _follow_in_request() -> None:
    # Making an index anew is for the background thread and for commands; a click does not wait for it.
    follow(may_rebuild=False)


# In bulk


def publish_in_bulk(contents: list[ArticleContent], *, reason: str, at: list[datetime]) -> None:
    """Forced publication of many new articles in one transaction and a handful of statements, for load tests."""
    _require_reason(reason)
    contents = [tidy(content) for content in contents]
    articles = [Article(go_live_at=when, updated_at=when) for when in at]
    for article, content in zip(articles, contents, strict=True):
        article.take(content)
    with transaction.atomic():
        take_event_lock()
        Article.objects.bulk_create(articles)
        revisions = Revision.objects.bulk_create(
            Revision(
                article=article,
                content_json=content.to_json(),
                state=State.PUBLISHED,
                published_at=article.go_live_at,
                forced_because=reason,
            )
            for article, content in zip(articles, contents, strict=True)
        )
        own_revision = Subquery(Revision.objects.filter(article=OuterRef("pk")).values("pk")[:1])
        Article.objects.filter(pk__in=[article.pk for article in articles]).update(
            live=True, live_revision=own_revision, latest_revision=own_revision
        )
        _link_in_bulk(articles, contents)
        Event.objects.bulk_create(
            Event(verb="force_publish", article=article, revision=revision, note=reason, to_follow=True)
            for article, revision in zip(articles, revisions, strict=True)
        )


def _link_in_bulk(articles, contents) -> None:
    merged = dict(Tag.objects.exclude(merged_into=None).values_list("pk", "merged_into"))
    TaggedArticle.objects.bulk_create(
        TaggedArticle(content_object=article, tag_id=tag, go_live_at=article.go_live_at, position=i)
        for article, content in zip(articles, contents, strict=True)
        for i, tag in enumerate(dict.fromkeys(merged.get(tag, tag) for tag in content.tags))
    )
    ArticleRegion.objects.bulk_create(
        ArticleRegion(article=article, region_id=code, go_live_at=article.go_live_at)
        for article, content in zip(articles, contents, strict=True)
        for code in content.regions
    )
