"""Remarks of editors on an article's versions: written, answered, settled, and found again in newer versions.

Comments belong to the desk and never to a page. Any member of staff who sees the article may write and settle them; none is ever deleted.
A comment on a passage holds the passage itself and what stood before it, so that a newer version can show where it stands now.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser as User
from django.utils import timezone

from articles.content import ArticleContent
from articles.models import Comment, Revision
from articles.rendering import clean
from articles.text import strip_controls

TEXT, QUOTE, BEFORE = (Comment._meta.get_field(name).max_length for name in ("text", "quote", "before"))
MOST = 500  # comments on one article
CLICKS = timedelta(seconds=10)  # the same words by the same person within them are one comment


class BadComment(ValueError):
    """This comment is not taken; str() says why, in words for the editor."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment with its answers. `lost`: it is on a passage that the version shown does not hold any more."""

    comment: Comment
    replies: list[Comment]
    lost: bool


def threads(revision: Revision) -> list[Thread]:
    """What was said on this version and on those before it, in the order of the text; one query."""
    rows = Comment.objects.filter(article=revision.article_id, revision__lte=revision.pk).select_related("author", "resolved_by")
    replies: dict[int, list[Comment]] = {}
    for comment in rows:
        if comment.reply_to_id:
            replies.setdefault(comment.reply_to_id, []).append(comment)
    texts = _texts(revision.content)
    roots = [comment for comment in rows if not comment.reply_to_id]
    places = {comment.pk: _place(comment, texts) for comment in roots}
    order = {part: number for number, part in enumerate(texts)}
    roots.sort(key=lambda comment: (places[comment.pk] is None, order.get(comment.part, 0), places[comment.pk] or 0, comment.pk))
    return [Thread(root, replies.get(root.pk, []), bool(root.quote) and places[root.pk] is None) for root in roots]


def open_comments(article_id: int) -> int:
    return Comment.objects.filter(article=article_id, reply_to=None, resolved_at=None).count()


def add(revision: Revision, *, by: User, text: str, part: str = "", quote: str = "", before: str = "") -> Comment:
    """A new thread on `revision`, or on the passage `quote` of it. `before`: what stands before the passage, where it is there twice."""
    part, quote, before = _passage(_texts(revision.content), part, _line(quote), _line(before))
    return _write(revision, by, text, part=part, quote=quote, before=before)


def reply(comment: Comment, *, by: User, text: str) -> Comment:
    """An answer in the thread; in a settled one it opens it again."""
    root = comment.reply_to or comment
    answer = _write(comment.revision, by, text, reply_to=root)
    if root.resolved_at:
        reopen(root)
    return answer


def resolve(comment: Comment, *, by: User) -> None:
    if comment.reply_to_id is None and comment.resolved_at is None:
        comment.resolved_at, comment.resolved_by = timezone.now(), by
        comment.save(update_fields=["resolved_at", "resolved_by"])


def reopen(comment: Comment) -> None:
    comment.resolved_at = comment.resolved_by = None
    comment.save(update_fields=["resolved_at", "resolved_by"])


def _write(revision: Revision, by: User, text: str, **where) -> Comment:
    """One row; a second click on the button finds the row of the first."""
    text = strip_controls(text.replace("\r\n", "\n")).strip()
    if not text:
        raise BadComment("请填写评论")
    if len(text) > TEXT:
        raise BadComment(f"评论太长：最多 {TEXT} 字")
    if Comment.objects.filter(article=revision.article_id).count() >= MOST:
        raise BadComment(f"这篇文章已有 {MOST} 条评论，不能再加")
    twice = {"article": revision.article_id, "author": by, "text": text, "at__gt": timezone.now() - CLICKS, **where}
    if written := Comment.objects.filter(**twice).first():
        return written
    return Comment.objects.create(article_id=revision.article_id, revision=revision, author=by, text=text, **where)


# Passages


def _texts(content: ArticleContent) -> dict[str, str]:
    """The parts that a comment may point into, without any space: browsers and stored text break lines at different places."""
    texts = {"title": content.title, "short_answer": content.short_answer, "body": clean(content.body).plain_text}
    return {part: _squeezed(text) for part, text in texts.items()}


def _passage(texts: dict[str, str], part: str, quote: str, before: str) -> tuple[str, str, str]:
    if part and part not in texts:
        raise BadComment("没有这个位置")
    if not quote:
        return part, "", ""
    if len(quote) > QUOTE:
        raise BadComment(f"所指文字太长：最多 {QUOTE} 字")
    for name in [part] if part else texts:
        at = _find(texts[name], _squeezed(quote), _squeezed(before))
        if at is not None:
            return name, quote, texts[name][max(0, at - BEFORE) : at]
    raise BadComment("这一版里没有所指的文字，请从正文里复制")


def _place(comment: Comment, texts: dict[str, str]) -> int | None:
    if not comment.quote:
        return 0 if comment.part else None
    return _find(texts.get(comment.part, ""), _squeezed(comment.quote), comment.before)


def _find(text: str, quote: str, before: str) -> int | None:
    """Where `quote` stands: of several places the one whose words before it are most like `before`."""
    places, at = [], text.find(quote) if quote else -1
    while at >= 0 and len(places) < MOST:
        places.append(at)
        at = text.find(quote, at + 1)
    return max(places, key=lambda place: _shared_end(text[:place], before), default=None)


def _shared_end(text: str, before: str) -> int:
    length = min(len(text), len(before))
    return next((i for i in range(length) if text[-1 - i] != before[-1 - i]), length)


def _squeezed(text: str) -> str:
    return "".join(strip_controls(text).split())


def _line(text: str) -> str:
    return " ".join(strip_controls(text).split())
