"""What waits for somebody, stage by stage: who may do the next step sees it, with its date."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser as User
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from articles.desk.rows import age, due, with_titles
from articles.models import Revision
from articles.models.revisions import TO_CONFIRM

State = Revision.State
PAGE, LAST_PAGE = 50, 20


def drafts_of(user: User) -> QuerySet:
    return Revision.objects.filter(author=user, state=State.DRAFT).order_by("-pk")


def returned_to(user: User) -> QuerySet:
    return Revision.objects.filter(author=user, state=State.REJECTED).order_by("-pk")


def to_review(user: User) -> QuerySet:
    """Submitted, the most overdue first; without those that `user` has written at since the live version, and so may not sign."""
    own = Revision.objects.filter(
        article=OuterRef("article"), author=user, pk__lte=OuterRef("pk"), pk__gt=Coalesce(OuterRef("base_revision"), 0)
    )
    return Revision.objects.filter(~Exists(own), state=State.IN_REVIEW).order_by(F("due_on").asc(nulls_last=True), "pk")


def to_publish(user: User) -> QuerySet:
    return Revision.objects.filter(state=State.APPROVED, publish_at=None).order_by("due_on", "pk")


def to_confirm(user: User) -> QuerySet:
    """Published by force, the oldest first; without what `user` wrote or published."""
    mine = Q(author__isnull=False, author=user) | Q(forced_by__isnull=False, forced_by=user)
    return Revision.objects.filter(TO_CONFIRM).exclude(mine).order_by("published_at", "pk")


class Stage(NamedTuple):
    label: str
    permission: str
    waiting: Callable[[User], QuerySet]
    empty: str


STAGES = {
    "review": Stage("待我审核", "articles.review_article", to_review, "没有等您审核的稿件。"),
    "publish": Stage("待发布", "articles.publish_article", to_publish, "没有等着发布的稿件。"),
    "confirm": Stage("紧急发布待复核", "articles.review_article", to_confirm, "没有等着复核的紧急发布。"),
    "returned": Stage("退回给我的", "articles.change_article", returned_to, "没有退回给您的稿件。"),
    "drafts": Stage("我的草稿", "articles.change_article", drafts_of, "您没有写了一半的草稿。"),
}


def stages_of(user: User) -> list[str]:
    return [name for name, stage in STAGES.items() if user.has_perm(stage.permission)]


class Waiting(NamedTuple):
    revision: int
    article: int
    title: str
    state: str
    since: str
    due: str
    late: bool
    author: str
    reviewer: str
    mine: bool  # claimed by the person who looks


def queue(user: User, stage: str, only: str = "", page: int = 1) -> tuple[list[Waiting], bool]:
    """One page of what waits at `stage`, and whether there is another. `only`: “mine”, “unassigned” or “overdue”."""
    waiting = _narrowed(STAGES[stage].waiting(user), user, only)
    rows = list(with_titles(waiting, *_FIELDS)[(page - 1) * PAGE : page * PAGE + 1])
    shown = [_waiting(user, article, title, dict(zip(_FIELDS, values, strict=True))) for article, title, *values in rows[:PAGE]]
    return shown, len(rows) > PAGE and page < LAST_PAGE


def _narrowed(waiting: QuerySet, user: User, only: str) -> QuerySet:
    conditions = {"mine": Q(reviewer=user), "unassigned": Q(reviewer=None), "overdue": Q(due_on__lt=timezone.localdate())}
    return waiting.filter(conditions[only]) if only in conditions else waiting


_FIELDS = ("pk", "state", "created_at", "submitted_at", "published_at", "due_on", "author__username", "reviewer", "reviewer__username")


def _waiting(user: User, article: int, title: str, values: dict[str, Any]) -> Waiting:
    since = (values["published_at"] if values["state"] == State.PUBLISHED else values["submitted_at"]) or values["created_at"]
    day = values["due_on"]
    return Waiting(
        revision=values["pk"],
        article=article,
        title=title,
        state=State(values["state"]).label,
        since=age(since),
        due=due(day) if day else "",
        late=bool(day and day < timezone.localdate()),
        author=values["author__username"] or "系统",
        reviewer=values["reviewer__username"] or "",
        mine=values["reviewer"] == user.pk,
    )
