"""What an editor decides about the related list of a live article: pins and blocks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction
from django.utils import timezone

from articles import related
from articles.models import Article, Event, RelatedChoice, take_event_lock
from articles.workflow.frame import lock_article
from articles.workflow.rules import NotAllowed

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
        if not lock_article(other.pk).live:
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
        if reasons := why_not_choose_related(locked := lock_article(article.pk), by):
            raise NotAllowed("；".join(reasons))
        yield
        related.arrange(article.pk)
        Event.objects.create(verb=verb, article=locked, by=by, note=note[:500], data=data)
        transaction.on_commit(lambda: related.recompute(article.pk), robust=True)
