"""Who may do what, when: the table of the verbs and the reasons against each.

A rule answers with its reasons, which both refuse and explain: why_not() greys out a button, require() raises them.
"""

from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser as User

from articles.content import ArticleContent
from articles.models import Article, Category, Event, Region, Revision, Tag

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
    "recheck": Verb("核对无变化", {State.PUBLISHED}, "articles.review_article"),
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
    merged = last_merge(article)
    if merged is None:
        return ["合并以前的状态没有记录（文章是从导出文件恢复的），不能撤销"]
    return unresolved(article.live_revision.content) if merged.data["was"]["live"] else []


def _why_not_force(revision, user):
    reasons = unresolved(revision.content)
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


def _why_not_recheck(revision, user):
    if revision.needs_confirmation:
        return ["紧急发布的版本请先复核确认"]
    return ["作者不能核对自己写的稿件"] if user and user.pk in _writers(revision) else []


_CHECKS = {
    "approve": _why_not_approve,
    "reject": _why_not_approve,
    "publish": _why_not_publish,
    "schedule": _why_not_publish,
    "force_publish": _why_not_force,
    "confirm": _why_not_confirm,
    "recheck": _why_not_recheck,
    "revert": _why_not_revert,
    "merge": _why_not_merge,
    "unmerge": _why_not_unmerge,
}


def require(verb: str, revision: Revision, by: User | None) -> None:
    if reasons := why_not(verb, revision, by):
        raise NotAllowed("；".join(reasons))


def require_reason(reason: str) -> None:
    if not reason.strip():
        raise NotAllowed("请写明原因")


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


def unresolved(content: ArticleContent) -> list[str]:
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
    if content.successor and not Article.objects.filter(pk=content.successor).exists():
        reasons.append("“新的规定见”所选的文章不存在，请重新选择")
    return reasons


def last_merge(article: Article) -> Event | None:
    event = article.events.filter(verb="merge").order_by("-pk").first()
    return event if event and "was" in event.data else None
