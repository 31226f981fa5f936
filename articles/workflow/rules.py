"""Who may do what, when: the table of the verbs and the reasons against each.

A rule answers with its reasons, which both refuse and explain: why_not() greys out a button, require() raises them.
"""

from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser as User

from articles import checklist
from articles.changes import same_words, why_not_minor
from articles.content import KINDS, ArticleContent
from articles.models import Article, Category, Event, Qualification, Region, Revision, Tag

State = Revision.State
WORKING = {State.DRAFT, State.IN_REVIEW, State.APPROVED, State.REJECTED}
OPEN_KINDS = {"policy", "guide"}  # what a reviewer without a recorded qualification may sign


class NotAllowed(Exception):
    """The rules forbid this change; str() says why, in words for the editor."""


class Verb(NamedTuple):
    label: str
    starts: set[State]  # states of the revision that the verb may start from
    permission: str
    needs_reason: bool = False
    signs: bool = False  # who does it answers for the text, by name: not without the qualification


VERBS = {
    "submit": Verb("提交审核", {State.DRAFT, State.REJECTED}, "articles.change_article"),
    "claim": Verb("认领", {State.IN_REVIEW}, "articles.review_article"),
    "approve": Verb("审核通过", {State.IN_REVIEW}, "articles.review_article", signs=True),
    "reject": Verb("退回修改", {State.IN_REVIEW}, "articles.review_article", needs_reason=True),
    "publish": Verb("发布", {State.APPROVED}, "articles.publish_article"),
    "schedule": Verb("定时发布", {State.APPROVED}, "articles.publish_article"),
    "force_publish": Verb("紧急发布", WORKING, "articles.force_publish_article", needs_reason=True),
    "confirm": Verb("复核确认", {State.PUBLISHED}, "articles.review_article", signs=True),
    "recheck": Verb("核对无变化", {State.PUBLISHED}, "articles.review_article", signs=True),
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
    if rule.signs and not reasons:
        reasons += why_not_sign(revision.content.kind, user)
    return reasons + _CHECKS.get(verb, lambda revision, user: [])(revision, user)


def why_not_sign(kind: str, user: User | None) -> list[str]:
    """Reasons why the qualification of `user` does not cover a text of this kind. Superusers too; nor does a command sign."""
    if user is None:
        return ["审核须由一个人来做，并记在这个人名下"]
    held, label = Qualification.objects.filter(user=user.pk).first(), KINDS.get(kind, kind)
    if held is None:
        return [] if kind in OPEN_KINDS else [f"审核“{label}”须有资质，请管理员先在“用户”里登记您的资质、机构和可审核的内容类型"]
    if held.expired:
        return [f"您的审核资质已于 {held.expires_on} 到期，请管理员在“用户”里更新后再审核"]
    return [] if kind in held.kinds else [f"您的审核资质不包括“{label}”，请交给有此资质的人审核，或请管理员在“用户”里补充"]


def _why_not_approve(revision, user):
    # Superusers too: a second pair of eyes is the point.
    return ["作者不能审核自己写的稿件"] if user and user.pk in _writers(revision) else []


def _why_not_claim(revision, user):
    return _why_not_approve(revision, user) + (["您已经认领了此稿"] if user and revision.reviewer_id == user.pk else [])


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
    reasons = _why_not_force(revision, user) + (["内容在审核通过后有改动，须重新审核"] if changed else [])
    return reasons + checklist.blocking(revision.content)


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
    "claim": _why_not_claim,
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


def why_not_declare(content: ArticleContent, article: Article | None, *, minor: bool, public_note: str) -> list[str]:
    """Reasons why `content` may not be handed in as the small change, or without the note to readers, that the editor says.

    Asked only where readers know the page: there a change is small because of what it changes, never because somebody says so.
    """
    if article is None or not article.has_been_public:
        return []
    if minor:
        reasons = why_not_minor(article.live_revision.content, content)
        return [f"不能算小改动：{'；'.join(reasons)}。请选“实质改动”，并写给读者的更新说明"] if reasons else []
    return [] if public_note.strip() else ["请选择这是小改动还是实质改动；实质改动要写给读者的更新说明"]


def review_still_stands(revision: Revision, by: User | None) -> bool:
    """The review of the live version holds for `revision` too: its words are the same, and somebody else than its writers read them.

    Only for whoever may publish, who would have to see that nothing but layout and filing differs.
    """
    live = revision.article.live_revision
    if not (live and live.pk == revision.base_revision_id and live.reviewer_id and live.approved_digest == live.content.digest()):
        return False
    if by is None or not by.has_perm(VERBS["publish"].permission) or live.reviewer_id in {by.pk, *_writers(revision)}:
        return False
    return same_words(live.content, revision.content)


def require(verb: str, revision: Revision, by: User | None) -> None:
    if reasons := why_not(verb, revision, as_stored(by)):
        raise NotAllowed("；".join(reasons))


def as_stored(by: User | None) -> User | None:
    """The person with the roles of this moment: whoever holds the object may have held it for long."""
    found = get_user_model().objects.filter(pk=by.pk).first() if by else None
    if by and found is None:
        raise NotAllowed("没有这个用户")
    return found


def require_reason(reason: str) -> None:
    if not reason.strip():
        raise NotAllowed("请写明原因")


def may(user: User | None, *permissions: str) -> bool:
    """Somebody active who has one of `permissions`, or the software itself."""
    return user is None or (user.is_active and any(map(user.has_perm, permissions)))


def _writers(revision: Revision) -> set[int]:
    """Whose words may be in this revision unreviewed.

    Of all who saved since the live version; who wrote what was reverted to; and who wrote the live version, where it was
    published by force and nobody has confirmed it. Who files a text elsewhere writes nothing: its first revision counts.
    """
    base, words = revision.base_revision, revision.refiled_from or revision
    since = words.base_revision and (words.base_revision.refiled_from_id or words.base_revision_id)
    saved = Revision.objects.filter(article=revision.article_id, pk__gt=since or 0, pk__lte=words.pk, refiled_from=None)
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
