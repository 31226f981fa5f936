"""What editors write, and the log of all that was done."""

from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.content import ArticleContent
from articles.models.articles import Article


class RevisionQuerySet(models.QuerySet):
    def tags_of_working_copies(self) -> set[int]:
        """Ids of the tags that texts not published yet name; links hold those of the others."""
        working = self.filter(latest_article__isnull=False).filter(state__in=WORKING_STATES)
        return {tag for tags in working.values_list("content_json__tags", flat=True).iterator() for tag in tags or ()}


TO_CONFIRM = Q(state="published", reviewed_at__isnull=True) & ~Q(forced_because="")  # published by force, and nobody has confirmed it
WORKING_STATES = ["draft", "in_review", "approved", "rejected"]


class Revision(models.Model):
    """One saved version of an article: its whole content, and what became of it."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        IN_REVIEW = "in_review", _("待审核")
        APPROVED = "approved", _("审核通过")
        REJECTED = "rejected", _("退回修改")
        PUBLISHED = "published", _("线上版本")
        SUPERSEDED = "superseded", _("历史版本")

    article = models.ForeignKey(Article, models.CASCADE, related_name="revisions", verbose_name=_("文章"))
    base_revision = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("依据的线上版本"))
    content_json = models.JSONField(_("内容"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="revisions", verbose_name=_("作者")
    )
    reverted_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("恢复自"))
    # The first of those with the same words: this one differs from it in category and tags alone, and stands where it stood.
    refiled_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("改归类自"))
    note = models.CharField(_("修改说明"), max_length=500, blank=True)
    minor = models.BooleanField(_("小改动"), default=False)  # spelling, layout: the date of 内容更新 stays
    public_note = models.CharField(_("给读者的更新说明"), max_length=200, blank=True)
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    due_on = models.DateField(_("审核期限"), null=True, blank=True)
    created_at = models.DateTimeField(_("保存时间"), default=timezone.now)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="reviews", verbose_name=_("审核人")
    )
    reviewed_at = models.DateTimeField(_("审核时间"), null=True, blank=True)
    approved_digest = models.CharField(_("通过审核的内容指纹"), max_length=64, blank=True)
    publish_at = models.DateTimeField(_("定时发布"), null=True, blank=True)
    published_at = models.DateTimeField(_("上线时间"), null=True, blank=True)
    forced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="forced", verbose_name=_("紧急发布人")
    )
    forced_because = models.CharField(_("紧急发布原因"), max_length=500, blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("版本")
        ordering = ["-pk"]
        indexes = [
            models.Index("publish_at", condition=Q(state="approved", publish_at__isnull=False), name="revision_due"),
            # Without a condition: SQLite cannot tell that one state is among several, and would not use the index.
            models.Index("state", "due_on", "id", name="revisions_in_work"),
            models.Index("author", "state", "id", name="revisions_being_written"),
            # The lists of the desk are in the order of articles, whatever they are filtered by.
            models.Index("state", "article", name="articles_of_state"),
            models.Index("author", "article", name="articles_of_author"),
            models.Index("reviewer", "article", name="articles_of_reviewer"),
            models.Index("state", "published_at", "id", condition=TO_CONFIRM, name="revisions_to_confirm"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["article"], condition=Q(state="published"), name="one_published_revision"),
            models.CheckConstraint(condition=Q(author__isnull=True) | ~Q(author=F("reviewer")), name="author_is_not_reviewer"),
            models.CheckConstraint(
                condition=~Q(state="approved") | (Q(reviewed_at__isnull=False) & ~Q(approved_digest="")),
                name="approved_revision_names_its_review",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | ~Q(approved_digest="") | ~Q(forced_because=""),
                name="published_revision_is_approved_or_forced",
            ),
            models.CheckConstraint(condition=Q(forced_by__isnull=True) | ~Q(forced_because=""), name="forced_publication_has_a_reason"),
            models.CheckConstraint(
                condition=Q(publish_at__isnull=True) | Q(state__in=["approved", "published", "superseded"]),
                name="only_approved_revisions_are_scheduled",
            ),
        ]

    def __str__(self):
        return f"#{self.pk} {self.get_state_display()}"

    @property
    def content(self) -> ArticleContent:
        return ArticleContent.from_json(self.content_json)

    @property
    def keeps_review(self) -> bool:
        """Approved without a second reading: its words are those of the reviewed version that it changes."""
        base = self.base_revision if self.minor else None
        return bool(base and self.reviewed_at and self.reviewed_at == base.reviewed_at)

    @property
    def needs_confirmation(self) -> bool:
        """Published by force, and no second person has confirmed it yet."""
        return bool(self.state == self.State.PUBLISHED and self.forced_because and not self.reviewed_at)


class AppendOnly(models.QuerySet):
    def to_follow(self, *, after: int = 0):
        """What followers of the log read, in order."""
        return self.filter(pk__gt=after, to_follow=True).order_by("pk")

    def of_articles(self, *, after: int = 0):
        """Everything that was done to an article, in order."""
        return self.filter(pk__gt=after, article__isnull=False).order_by("pk")

    def bulk_create(self, *args, **kwargs):
        _lock(LOG_LOCK)
        return super().bulk_create(*args, **kwargs)

    def update(self, **values):
        raise TypeError("the audit log is append-only")

    def delete(self):
        raise TypeError("the audit log is append-only")


class Event(models.Model):
    """One row of the audit log. Rows are only ever added; a database trigger refuses changes."""

    verb = models.CharField(_("操作"), max_length=20)
    article = models.ForeignKey(Article, models.PROTECT, null=True, related_name="events", verbose_name=_("文章"))
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, related_name="events", verbose_name=_("版本"))
    # For what concerns all articles of a tag. Rows of the log never change, so the tag may be deleted from under it.
    tag = models.ForeignKey(
        "Tag", models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False, verbose_name=_("标签")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="events", verbose_name=_("操作人"))
    at = models.DateTimeField(_("时间"), default=timezone.now)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    data = models.JSONField(_("细节"), default=dict)
    to_follow = models.BooleanField(default=False)  # the index and the related lists must look at the article, or those of the tag, again

    objects = AppendOnly.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("操作记录")
        ordering = ["-pk"]
        indexes = [
            models.Index("to_follow", "id", name="event_to_follow"),  # asked for the last one once a second
            models.Index("by", "at", "id", name="events_of_person"),
        ]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("the audit log is append-only")
        _lock(LOG_LOCK)
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("the audit log is append-only")


# Two locks on PostgreSQL. EVENT_LOCK is the first thing that a transaction takes which publishes, so that those follow one another;
# LOG_LOCK is taken last, with every row of the log, so that all rows commit in the order of their ids and no follower passes one over.
EVENT_LOCK, LOG_LOCK = 5_202_601, 5_202_602


def take_event_lock() -> None:
    """First of all in a transaction that will publish: the order is this lock, then articles, or two transactions wait for each other."""
    _lock(EVENT_LOCK)


def _lock(number: int) -> None:
    # SQLite lets one transaction write at a time, which orders events by itself.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
