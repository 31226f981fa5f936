"""The first page of the desk: what is due for this person in this role, a few rows each."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser as User
from django.utils import timezone

from articles import stats
from articles.desk.queue import drafts_of, returned_to, to_confirm, to_publish, to_review
from articles.desk.rows import CAP, Row, age, at, capped, due, with_titles
from articles.models import Article, Autosave, DuplicatePair, Revision

SHOWN = 5
REVIEW_AHEAD, EXPIRY_AHEAD = timedelta(days=30), timedelta(days=60)
ONLINE = timedelta(minutes=2)  # an open form says so more often


class Box(NamedTuple):
    name: str
    heading: str
    rows: list[Row]
    count: str  # “7”, “20+”
    empty: str  # what it says without rows


def boxes(user: User) -> list[Box]:
    """Those that `user` can do something about. At most one query each, two for what is scheduled."""
    return [_box(user, *each) for each in _BOXES if user.has_perm(each[3])]


def _box(user: User, name: str, heading: str, empty: str, permission: str, find: Callable[[User], list[Row]]) -> Box:
    rows = find(user)
    return Box(name, heading, rows[:SHOWN], capped(len(rows)), empty)


def _rows(revisions, field: str, say: Callable) -> list[Row]:
    found = with_titles(revisions, field)[: CAP + 1]
    return [Row(article, title, say(value)) for article, title, value in found]


def _drafts(user: User) -> list[Row]:
    return _rows(drafts_of(user), "created_at", lambda moment: f"{age(moment)}保存")


def _returned(user: User) -> list[Row]:
    return _rows(returned_to(user), "reviewed_at", lambda moment: f"{age(moment)}退回" if moment else "")


def _review(user: User) -> list[Row]:
    today = timezone.localdate()
    found = with_titles(to_review(user), "due_on", "submitted_at")[: CAP + 1]
    return [
        Row(article, title, due(day) if day else f"{age(moment)}提交" if moment else "没有期限", bool(day and day < today))
        for article, title, day, moment in found
    ]


def _publish(user: User) -> list[Row]:
    return _rows(to_publish(user), "reviewed_at", lambda moment: f"{age(moment)}审核通过")


def _confirm(user: User) -> list[Row]:
    return _rows(to_confirm(user), "published_at", lambda moment: f"{age(moment)}发布")


def _dated(field: str, since, until, what: str) -> list[Row]:
    """Live articles by a date of theirs, the earliest first."""
    bounds = {f"{field}__lte": until} | ({f"{field}__gte": since} if since else {})
    found = Article.objects.filter(live=True, **bounds).order_by(field, "pk").values_list("pk", "title", field)[: CAP + 1]
    return [Row(article, title, due(day, what), day < timezone.localdate()) for article, title, day in found]


def _to_review_again(user: User) -> list[Row]:
    return _dated("next_review_on", None, timezone.localdate() + REVIEW_AHEAD, "到期")


def _expiring(user: User) -> list[Row]:
    today = timezone.localdate()
    return _dated("valid_until", today, today + EXPIRY_AHEAD, "过期")


def _expired(user: User) -> list[Row]:
    return _dated("valid_until", None, timezone.localdate() - timedelta(days=1), "过期")


def _scheduled(user: User) -> list[Row]:
    """Changes that wait for publish_due(), and pages that appear by themselves."""
    changes = Revision.objects.filter(state=Revision.State.APPROVED, publish_at__isnull=False).order_by("publish_at")
    pages = Article.objects.filter(live=True, go_live_at__gt=timezone.now()).order_by("go_live_at").values_list("pk", "title", "go_live_at")
    found = sorted([*with_titles(changes, "publish_at")[: CAP + 1], *pages[: CAP + 1]], key=lambda row: row[2])
    return [Row(article, title, at(moment)) for article, title, moment in found]


def _duplicates(user: User) -> list[Row]:
    undecided = DuplicatePair.objects.filter(dismissed_at=None, a__live=True, b__live=True)
    found = undecided.values_list("a", "a__title", "b", "b__title")[: CAP + 1]
    return [Row(a, title, f"与 #{b} “{other}”") for a, title, b, other in found]


def _searches(user: User) -> list[Row]:
    return [Row(0, query, f"{searches} 次") for query, searches in stats.without_results()]


def _online(user: User) -> list[Row]:
    seen = Autosave.objects.filter(seen_at__gte=timezone.now() - ONLINE).exclude(user=user).order_by("-seen_at")
    found = seen.values_list("article", "article__title", "user__username", "user__last_name", "user__first_name")[: CAP + 1]
    return [Row(article or 0, title or "新文章", f"{last}{first}" or name) for article, title, name, last, first in found]


_BOXES = [
    ("returned", "退回给我的", "没有退回给您的稿件。", "articles.change_article", _returned),
    ("review", "等我审核", "没有等您审核的稿件。", "articles.review_article", _review),
    ("confirm", "紧急发布待复核", "没有等着复核的紧急发布。", "articles.review_article", _confirm),
    ("publish", "待发布", "没有审核通过、等着发布的稿件。", "articles.publish_article", _publish),
    ("drafts", "我的草稿", "您没有写了一半的草稿。", "articles.change_article", _drafts),
    ("scheduled", "已定时", "没有定时的发布。", "articles.view_article", _scheduled),
    ("again", "审核到期", "今后 30 天内没有要再审核的文章。", "articles.view_article", _to_review_again),
    ("expiring", "即将过期", "今后 60 天内没有过期的政策。", "articles.view_article", _expiring),
    ("expired", "已经过期", "没有已经过期的政策。", "articles.view_article", _expired),
    ("searches", "搜不到结果的问题", "最近 7 天没有搜不到结果的问题。", "stats.view_searchday", _searches),
    ("duplicates", "疑似重复", "没有疑似重复的文章。", "articles.view_article", _duplicates),
    ("online", "正在编辑", "现在没有别人在编辑。", "articles.view_article", _online),
]
