"""One change to many articles: found by a query, worked off by the background thread in slices, stopped, resumed, undone.

Writes BulkAction and BulkItem; the articles are changed by the verbs of the workflow, one Event each. An item changes its
state in the transaction of its verb: whenever the process dies, each article has been done once or not at all, and the next
round goes on. Actions are worked off in the order they were asked for, so of two on one article the later one has the last word.
"""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser as User
from django.core.exceptions import EmptyResultSet
from django.db import Error, IntegrityError, connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from articles import search, workflow
from articles.models import Article, BulkAction, BulkItem, Category, Tag
from articles.search.follower import exclusive
from articles.workflow import Filing, NotAllowed

logger = logging.getLogger(__name__)

LIMIT = 200_000  # articles of one action
TEXT_LIMIT = 10_000  # that a text finds, and that a list names
SLICE = 50  # articles in one transaction
SLICE_SECONDS = 0.15  # after which no further one begins
PAUSE = 0.02  # between two transactions, for those who wait to write
REASONS, NAMED = 10, 20  # why articles were left out, and how many of them are named
PUBLISH, REVIEW = "articles.publish_article", "articles.review_article"

State = BulkAction.State
Item = BulkItem.State
Was = dict[str, Any]


# Operations


class Operation(ABC):
    """What is done to each article. `parameters` are plain JSON values."""

    label: ClassVar[str]
    permissions: ClassVar[tuple[str, ...]] = (PUBLISH,)

    def __init__(self, parameters: dict[str, Any], reason: str = ""):
        self.parameters, self.reason = parameters, reason

    @abstractmethod
    def __str__(self) -> str:
        """In words, for editors and the log."""

    @abstractmethod
    def why_not(self, article: Article, by: User) -> list[str]:
        """Reasons why it cannot be done to this one now."""

    @abstractmethod
    def change(self, article: Article) -> str:
        """What it changes there: “before → after”."""

    @abstractmethod
    def do(self, article: Article, **said) -> Was:
        """By a verb of the workflow; `said`: by, note, data. Returns what undo() needs."""

    @abstractmethod
    def undo(self, article: Article, was: Was, **said) -> None:
        """By a verb of the workflow, which refuses where something else has changed since."""


class _Refiling(Operation):
    filing: Filing

    def __str__(self):
        return str(self.filing)

    def why_not(self, article, by):
        return workflow.why_not_refile(article, by, self.filing)

    def do(self, article, **said):
        return workflow.refile(article, self.filing, **said)

    def undo(self, article, was, **said):
        workflow.refile_back(article, was, **said)


class _Tagging(_Refiling):
    @property
    def tag(self) -> Tag:
        found = Tag.objects.filter(pk=self.parameters["tag"]).first()
        if found is None:
            raise NotAllowed("这个标签已不存在")
        return found


class AddTag(_Tagging):
    label = "加标签"

    def __init__(self, *args):
        super().__init__(*args)
        self.filing = Filing(add_tag=self.tag)

    def change(self, article):
        return f"加“{self.filing.add_tag}”"


class RemoveTag(_Tagging):
    label = "去掉标签"

    def __init__(self, *args):
        super().__init__(*args)
        self.filing = Filing(remove_tag=self.tag)

    def change(self, article):
        return f"去掉“{self.filing.remove_tag}”"


class ChangeCategory(_Refiling):
    label = "改栏目"

    def __init__(self, *args):
        super().__init__(*args)
        found = Category.objects.filter(pk=self.parameters["category"]).first()
        if found is None:
            raise NotAllowed("这个栏目已不存在")
        self.filing = Filing(category=found)

    def change(self, article):
        return f"{article.category or '—'} → {self.filing.category}"


class PlanReview(Operation):
    label = "定下次审核日期"
    permissions = (REVIEW, PUBLISH)

    @property
    def on(self) -> date:
        return date.fromisoformat(self.parameters["on"])

    def __str__(self):
        return f"下次审核定为 {self.on}"

    def why_not(self, article, by):
        return workflow.why_not_plan_review(article, by, self.on)

    def change(self, article):
        return f"{article.next_review_on or '—'} → {self.on}"

    def do(self, article, **said):
        return workflow.plan_review(article, self.on, **said)

    def undo(self, article, was, **said):
        current = Article.objects.values_list("next_review_on", flat=True).get(pk=article.pk)
        if str(current) != was["now"]:
            raise NotAllowed("此后又有人改过下次审核的日期，保持现状")
        workflow.plan_review(article, was["before"] and date.fromisoformat(was["before"]), **said)


class Withdraw(Operation):
    label = "撤回"

    def __str__(self):
        return "撤回"

    def why_not(self, article, by):
        if not article.live:
            return ["文章没有公开"]
        return workflow.why_not("unpublish", article.live_revision, by)

    def change(self, article):
        return "公开 → 撤回" if article.visible else "定时上线 → 撤回"

    def do(self, article, *, by, note, data):
        return workflow.unpublish(article, by=by, reason=self.reason, data=data, follow_now=False)

    def undo(self, article, was, **said):
        workflow.republish(article, was, **said)


OPERATIONS: dict[str, type[Operation]] = {
    "add_tag": AddTag,
    "remove_tag": RemoveTag,
    "change_category": ChangeCategory,
    "plan_review": PlanReview,
    "withdraw": Withdraw,
}


def operation_of(action: BulkAction) -> Operation:
    """Raises NotAllowed where what it names is there no more."""
    return OPERATIONS[action.operation](action.parameters, action.reason)


def operations_for(user: User) -> dict[str, str]:
    """Name and label of what this person may do."""
    return {name: kind.label for name, kind in OPERATIONS.items() if workflow.may(user, *kind.permissions)}


# The query

WHERE = {
    "live": ("公开或定时上线", Q(live=True)),
    "withdrawn": ("已撤回", Q(live=False, withdrawn_at__isnull=False)),
    "new": ("从未发布", Q(live=False, live_revision=None)),
    "draft": ("有草稿", Q(latest_revision__state="draft")),
    "in_review": ("待审核", Q(latest_revision__state="in_review")),
    "approved": ("审核通过，还没发布", Q(latest_revision__state="approved")),
    "rejected": ("退回修改", Q(latest_revision__state="rejected")),
}


def found(query: dict[str, Any]) -> QuerySet[Article]:
    """The articles that fit everything in `query`, in the order of their ids.

    Its keys: category, tag (ids), region (code), kind, state (of WHERE), published_from, published_until, expires_before
    (dates, ISO), text, ids. What is filed counts as it is on the page; merged articles only where they are named by their ids.
    Raises search.IndexUnavailable for a text.
    """
    articles = Article.objects.order_by("pk")
    for name, value in query.items():
        articles = articles.filter(_CONDITIONS[name](value))
    return articles if "ids" in query else articles.filter(merged_into=None)


_CONDITIONS = {
    "category": lambda id: Q(category=id),
    "tag": lambda id: Q(tag_links__tag=id),
    "region": lambda code: Q(region_links__region=code),
    "kind": lambda kind: Q(kind=kind),
    "state": lambda state: WHERE[state][1],
    "published_from": lambda day: Q(go_live_at__gte=_midnight(day)),
    "published_until": lambda day: Q(go_live_at__lt=_midnight(day) + timedelta(days=1)),
    "expires_before": lambda day: Q(valid_until__lt=day),
    "text": lambda text: Q(pk__in=_with_text(text)),
    "ids": lambda ids: Q(pk__in=ids),
}


def _midnight(day: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(day))


def _with_text(text: str) -> list[int]:
    """Those that hold most of the words, the newest first, as in a search by date."""
    return search.rank(text, search.filters_now(scheduled=True), search.engine(), limit=TEXT_LIMIT, newest=True).ids


def summary(articles: QuerySet[Article]) -> dict[str, int]:
    """How many there are, and where they stand; one statement."""
    return articles.order_by().aggregate(
        total=Count("pk"),
        public=Count("pk", filter=Q(live=True)),
        withdrawn=Count("pk", filter=Q(live=False, withdrawn_at__isnull=False)),
        working=Count("pk", filter=Q(latest_revision__state__in=workflow.WORKING)),
    )


# The action


def start(name: str, parameters: dict[str, Any], query: dict[str, Any], *, by: User, reason: str = "", expected: int) -> BulkAction:
    """Note down the articles that `query` finds; the background thread does the rest.

    Refused where they are not `expected` many any more: then somebody has confirmed something else than they have seen.
    """
    if not workflow.may(by, *OPERATIONS[name].permissions):
        raise NotAllowed(f"您没有“{OPERATIONS[name].label}”的权限")
    with transaction.atomic():
        action = BulkAction.objects.create(operation=name, parameters=parameters, query=query, by=by, reason=reason)
        action.total = _collect(action, found(query))
        if action.total != expected:
            raise NotAllowed(f"符合条件的文章已从 {expected} 篇变为 {action.total} 篇，请重新核对")
        if not 0 < action.total <= LIMIT:
            raise NotAllowed(f"一次应处理 1 到 {LIMIT} 篇")
        action.save(update_fields=["total"])
    return action


def _collect(action: BulkAction, articles: QuerySet[Article]) -> int:
    """In one statement, whatever their number: no id goes through Python."""
    try:
        ids, parameters = articles.values("id")[: LIMIT + 1].query.sql_with_params()
    except EmptyResultSet:  # Django sees without asking that nothing fits
        return 0
    table = BulkItem._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (action_id, article_id, state, was, problem) "  # noqa: S608  (the table's name and Django's own SQL)
            f"SELECT %s, found.id, %s, '{{}}', '' FROM ({ids}) AS found ORDER BY found.id",
            [action.pk, Item.WAITING, *parameters],
        )
        return cursor.rowcount


def stop(action: BulkAction, *, by: User) -> None:
    """When it returns, nothing more is changed until resume()."""
    with _deciding(action, by) as now:
        if now.stopped_at or now.state not in (State.RUNNING, State.UNDOING):
            raise NotAllowed("没有在执行")
        now.stopped_at = timezone.now()


def resume(action: BulkAction, *, by: User) -> None:
    with _deciding(action, by) as now:
        if not now.stopped_at:
            raise NotAllowed("没有停止")
        now.stopped_at = None


def undo(action: BulkAction, *, by: User) -> None:
    """Bring back what was, article by article, where nothing else has changed since. Of one that was stopped: what was done."""
    with _deciding(action, by) as now:
        if not (now.state == State.DONE or (now.state == State.RUNNING and now.stopped_at)):
            raise NotAllowed("只能撤销已完成或已停止的批量操作")
        now.state, now.undone_by, now.stopped_at, now.ended_at = State.UNDOING, by, None, None


@contextmanager
def _deciding(action: BulkAction, by: User) -> Iterator[BulkAction]:
    with transaction.atomic():
        now = BulkAction.objects.select_for_update().get(pk=action.pk)
        if not workflow.may(by, *OPERATIONS[now.operation].permissions):
            raise NotAllowed("您没有这项操作的权限")
        yield now
        now.save()


def progress(action: BulkAction) -> dict[str, int]:
    """Number of items in each state."""
    return dict.fromkeys(Item.values, 0) | dict(action.items.order_by().values_list("state").annotate(Count("pk")))


def left_out(action: BulkAction) -> list[dict[str, Any]]:
    """Why articles were not changed, or not changed back: the REASONS most frequent, each with the first NAMED articles."""
    items = action.items.filter(state__in=[Item.REFUSED, Item.KEPT])
    reasons = list(items.order_by().values("state", "problem").annotate(count=Count("pk")).order_by("-count")[:REASONS])
    for row in reasons:
        same = items.filter(state=row["state"], problem=row["problem"]).select_related("article").only("article__title")
        row["articles"] = [item.article for item in same[:NAMED]]
    return reasons


# Working it off, in the background thread


def work(seconds: float = 1.0) -> bool:
    """Go on with the oldest action that is not done, for about `seconds`. True: there is more to do.

    Leaves at once where another process is at it.
    """
    deadline = time.monotonic() + seconds
    with exclusive("bulk") as mine:
        while mine and (action := _next()):
            if not _work_off_a_slice(action):
                return False
            if time.monotonic() >= deadline:
                return True
            time.sleep(PAUSE)
    return False


def _next() -> int | None:
    return _to_do().values_list("pk", flat=True).first()


def _to_do():
    return BulkAction.objects.filter(state__in=[State.RUNNING, State.UNDOING], stopped_at=None).order_by("pk")


@transaction.atomic
def _work_off_a_slice(id: int) -> bool:
    """False where another machine is at it."""
    # This lock, then that of the event log, then articles: in the order that every verb takes the last two in.
    action = _to_do().select_for_update(skip_locked=True).filter(pk=id).first()
    if action is None:
        return False
    step = _Undoing(action) if action.state == State.UNDOING else _Doing(action)
    items = list(action.items.filter(state=step.takes).select_related("article").only(*_ITEM_FIELDS).order_by("pk")[:SLICE])
    end = time.monotonic() + SLICE_SECONDS
    for item in items:
        step.take(item)
        if time.monotonic() >= end:
            break
    if not items:
        action.state, action.ended_at = step.ends_as, timezone.now()
        action.save(update_fields=["state", "ended_at"])
    return True


_ITEM_FIELDS = ("action", "state", "was", "problem", "article__live")  # the verb reads the article itself, under its lock


class _Step:
    """One direction of an action: what becomes of each item."""

    takes: ClassVar[str]
    leaves: ClassVar[str]
    refuses: ClassVar[str]
    ends_as: ClassVar[str]

    def __init__(self, action: BulkAction):
        self.action = action
        try:
            self.operation, self.problem = operation_of(action), ""
        except NotAllowed as refusal:
            self.operation, self.problem = None, str(refusal)

    def take(self, item: BulkItem) -> None:
        try:
            if self.operation is None:
                raise NotAllowed(self.problem)
            with transaction.atomic():
                self.change(item, data={"bulk": self.action.pk})
        except NotAllowed as refusal:
            item.state, item.problem = self.refuses, str(refusal)[:300]
        except Exception as error:
            # The database may be away: nothing of this slice holds, and the next round tries again. One article must not bar the rest.
            if isinstance(error, Error) and not isinstance(error, IntegrityError):
                raise
            logger.exception("bulk action %s failed on article %s", self.action.pk, item.article_id)
            item.state, item.problem = self.refuses, "程序出错，已记入运行日志"
        else:
            item.state = self.leaves
        item.save(update_fields=["state", "was", "problem"])

    def change(self, item: BulkItem, data: dict[str, int]) -> None:
        raise NotImplementedError


class _Doing(_Step):
    takes, leaves, refuses, ends_as = Item.WAITING, Item.DONE, Item.REFUSED, State.DONE

    def change(self, item, data):
        item.was = self.operation.do(item.article, by=self.action.by, note=self.action.reason, data=data)


class _Undoing(_Step):
    takes, leaves, refuses, ends_as = Item.DONE, Item.UNDONE, Item.KEPT, State.UNDONE

    def change(self, item, data):
        self.operation.undo(item.article, item.was, by=self.action.undone_by, note=f"撤销批量操作 #{self.action.pk}", data=data)
