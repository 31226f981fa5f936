"""Two articles on one question become one, and the way back. merge() keeps in its Event all that unmerge() needs."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from articles.changes import why_not_minor
from articles.content import LIMITS, ArticleContent
from articles.models import Article, Promotion, RelatedArticle, RelatedChoice, Revision, Tag, take_event_lock
from articles.workflow.editing import save_draft, tidy, why_not_save
from articles.workflow.frame import changing, record
from articles.workflow.live import refresh_questions, show_links_again, take_down
from articles.workflow.reviewing import hand_in
from articles.workflow.rules import WORKING, NotAllowed, State, last_merge, why_not


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
        with changing("merge", revision, by, indexed=True, beside=end) as entry:
            article, kept = revision.article, Article.objects.get(pk=end)
            if reasons := _why_not_into(article, kept, asked=into, seen=combination and combination.seen):
                raise NotAllowed("；".join(reasons))
            entry.note = f"合并到 #{kept.pk}"
            entry.data = {"into": kept.pk, "was": _standing(article)}
            combined = _save_combined(article, kept, combination, by)
            entry.data |= {"revision": combined and combined.pk} | _hand_over(article, kept)
            _retire(article, kept, _questions_to_bring(article, combination))
            refresh_questions(kept)
            revision.state, revision.publish_at = State.SUPERSEDED, None
            record("absorb", kept.live_revision, by, f"#{article.pk} 合并到本文", {"from": article.pk}, to_follow=True)
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
    with changing("submit", revision, by):  # without asking whether it is a duplicate: this merge is the answer
        hand_in(revision, minor=not why_not_minor(live, content), public_note="补充了另一篇同题文章的内容")
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
    # Until the lists are computed again the kept page stands where the retired one did; take_down() removes the rest.
    having = RelatedArticle.objects.filter(related=kept).values("article")
    RelatedArticle.objects.filter(related=article).exclude(article__in=having).exclude(article=kept).update(related=kept)
    return moved


def _choices_to_move(article: Article, kept: Article):
    """Pins and blocks of the retired page beside others, where nothing is decided about the kept one."""
    decided = RelatedChoice.objects.filter(other=kept).values("article")
    return article.chosen_beside.exclude(article=kept).exclude(article__in=decided)


def _retire(article: Article, kept: Article, questions: list[str]) -> None:
    take_down(article)
    article.withdrawn_at, article.merged_into, article.phrasings = None, kept, questions
    article.go_live_at = article.go_live_at or timezone.now()
    article.save(update_fields=["withdrawn_at", "merged_into", "go_live_at", "phrasings"])
    article.revisions.filter(state__in=WORKING | {State.PUBLISHED}).update(state=State.SUPERSEDED, publish_at=None)


def unmerge(article: Article, *, by: User | None) -> Article:
    """Undo merge(): the article stands as it did before, and the page that it led to gives back what came from it."""
    revision = Revision.objects.filter(latest_article=article.pk).first()
    if revision is None or not revision.article.merged_into_id:
        raise NotAllowed("文章没有合并到其他文章")
    with transaction.atomic():
        take_event_lock()
        kept = _end_of_redirects(article)
        with changing("unmerge", revision, by, indexed=True, beside=kept) as entry:
            article, kept = revision.article, Article.objects.get(pk=kept)
            data = last_merge(article).data
            entry.note, entry.data = f"不再转到 #{kept.pk}", {"from": kept.pk}
            _put_back(article, data["was"])
            Article.objects.filter(pk__in=data["followed"], merged_into=kept).update(merged_into=article)
            Promotion.objects.filter(pk__in=data["promotions"], article=kept).update(article=article)
            RelatedChoice.objects.filter(pk__in=data.get("choices", ()), other=kept).update(other=article)
            _drop_combined(data["revision"], by)
            for page in (article, kept):
                refresh_questions(page)
            revision.refresh_from_db(fields=["state", "publish_at"])
            record("release", kept.live_revision, by, f"#{article.pk} 不再合并到本文", {"from": article.pk}, to_follow=True)
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
        show_links_again(article)


def _drop_combined(id: int | None, by: User | None) -> None:
    """The combined text, where it is not public yet, becomes history; a published one was reviewed and stays."""
    revision = Revision.objects.filter(pk=id, state__in=WORKING, latest_article__isnull=False).first()
    if revision:
        if revision.publish_at:
            record("unschedule", revision, by, "撤销了合并")
        Revision.objects.filter(pk=id).update(state=State.SUPERSEDED, publish_at=None)
        Article.objects.filter(latest_revision=id).update(latest_revision=F("live_revision"))
