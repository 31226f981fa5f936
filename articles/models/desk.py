"""What belongs to the desk: words being typed, comments, who may sign what, warnings, work on many articles at once.

None of it is ever public. Each model is written by the module that its docstring names.
"""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.articles import Article
from articles.models.revisions import Revision
from articles.models.vocabulary import Category


def _person(verbose_name: str, **options) -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=verbose_name, **options)


class Autosave(models.Model):
    """What one editor has typed into the form of one article and not saved yet; one row each, never a revision. See autosave.py.

    `article` is empty for a new article. The row also says who has the form open: `seen_at` moves while it is.
    """

    user = _person(_("编辑"), related_name="autosaves")
    article = models.ForeignKey(Article, models.CASCADE, null=True, blank=True, related_name="autosaves", verbose_name=_("文章"))
    fields = models.JSONField(_("表单内容"), default=dict)  # name in the form -> list of values; empty: the form is open, nothing typed
    parent = models.BigIntegerField(_("依据的版本"), null=True, blank=True)  # id of the revision that the form was opened with
    window = models.CharField(max_length=32, blank=True)  # the form, of perhaps several that are open, whose words these are
    saved_at = models.DateTimeField(_("自动保存时间"), null=True, blank=True)
    seen_at = models.DateTimeField(_("最后在线"), default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = _("自动保存")
        default_permissions = []
        indexes = [models.Index("seen_at", name="forms_open_now")]
        constraints = [
            models.UniqueConstraint(fields=["user", "article"], condition=Q(article__isnull=False), name="one_autosave_an_article"),
            models.UniqueConstraint(fields=["user"], condition=Q(article__isnull=True), name="one_autosave_of_a_new_article"),
        ]

    def __str__(self):
        return f"{self.user_id} · {self.article_id or '新文章'}"


class Comment(models.Model):
    """A remark on a revision, or on a passage of it; see comments.py."""

    PARTS = {"title": _("问题"), "short_answer": _("简短回答"), "body": _("正文")}

    article = models.ForeignKey(Article, models.CASCADE, related_name="comments", verbose_name=_("文章"))
    revision = models.ForeignKey(Revision, models.CASCADE, related_name="comments", verbose_name=_("版本"))
    reply_to = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="replies", verbose_name=_("回复"))
    author = _person(_("评论人"), related_name="comments")
    text = models.CharField(_("评论"), max_length=2000)
    part = models.CharField(_("位置"), max_length=12, choices=list(PARTS.items()), blank=True)
    quote = models.CharField(_("所指文字"), max_length=300, blank=True)
    before = models.CharField(max_length=40, blank=True)  # what stands before the passage, to tell it from an equal one
    at = models.DateTimeField(_("时间"), default=timezone.now)
    resolved_at = models.DateTimeField(_("解决时间"), null=True, blank=True)
    resolved_by = _person(_("解决人"), null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("评论")
        default_permissions = []
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(reply_to__isnull=True) | ~Q(reply_to=F("pk")), name="comment_is_no_reply_to_itself"),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True) | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="resolved_comment_says_by_whom",
            ),
        ]

    def __str__(self):
        return self.text[:40]


class QualificationQuerySet(models.QuerySet):
    def running_out(self, days: int = 30):
        """Those of people who work here that have run out or will within `days`, the most urgent first."""
        soon = timezone.localdate() + timedelta(days=days)
        return self.filter(expires_on__lte=soon, user__is_active=True).order_by("expires_on")


class Qualification(models.Model):
    """What entitles a person to sign medical content. The workflow asks it; administrators write it, nobody their own.

    What pages say of it is copied to the article when it is signed.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="qualification", verbose_name=_("人员"))
    title = models.CharField(_("资质"), max_length=60, help_text=_("例如：主治医师（内科）、执业药师、医保经办人员"))
    institution = models.CharField(_("所在机构"), max_length=100)
    kinds = models.JSONField(_("可审核的内容类型"), default=list)  # keys of content.KINDS
    expires_on = models.DateField(_("有效期至"), null=True, blank=True, help_text=_("留空表示长期有效。"))

    objects = QualificationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("审核资质")

    def __str__(self):
        return f"{self.title}，{self.institution}"

    @property
    def expired(self) -> bool:
        """It holds until the end of its last day."""
        return bool(self.expires_on and self.expires_on < timezone.localdate())


class OpenWarning(models.Model):
    """What one check finds in the public text of an article and nobody has mended yet; derived, written by checklist/ alone.

    One row for all places in an article where a check finds something; `message`, `part` and `quote` are those of the first.
    """

    class Level(models.TextChoices):
        BLOCKS = "blocks", _("阻止发布")
        WARNS = "warns", _("提醒")

    article = models.ForeignKey(Article, models.CASCADE, related_name="open_warnings", verbose_name=_("文章"))
    category = models.ForeignKey(Category, models.CASCADE, null=True, db_index=False, related_name="+", verbose_name=_("栏目"))
    code = models.CharField(_("检查"), max_length=40)
    level = models.CharField(_("级别"), max_length=6, choices=Level)
    message = models.CharField(_("说明"), max_length=300)
    part = models.CharField(_("位置"), max_length=12, blank=True)
    quote = models.CharField(_("所指文字"), max_length=60, blank=True)
    places = models.PositiveSmallIntegerField(_("处数"), default=1)
    found_at = models.DateTimeField(_("发现时间"), default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = _("待处理提醒")
        default_permissions = []  # who may see articles sees their warnings
        ordering = ["-pk"]
        indexes = [
            models.Index("code", "id", name="open_warnings_of_a_check"),
            models.Index("level", "id", name="open_warnings_of_a_level"),
            models.Index("category", "code", "id", name="open_warnings_of_a_category"),
        ]
        constraints = [models.UniqueConstraint(fields=["article", "code"], name="one_open_warning_of_a_check")]

    def __str__(self):
        return self.message


class BulkAction(models.Model):
    """One change to all articles that a query found; worked off in slices, can be stopped, resumed and undone. See bulk.py."""

    class State(models.TextChoices):
        RUNNING = "running", _("执行")
        DONE = "done", _("已完成")
        UNDOING = "undoing", _("撤销")
        UNDONE = "undone", _("已撤销")

    operation = models.CharField(_("操作"), max_length=20)
    parameters = models.JSONField(_("参数"), default=dict)
    query = models.JSONField(_("条件"), default=dict)
    reason = models.CharField(_("原因"), max_length=500, blank=True)
    by = _person(_("操作人"), related_name="bulk_actions")
    undone_by = _person(_("撤销人"), null=True, blank=True, related_name="+")
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.RUNNING)
    stopped_at = models.DateTimeField(_("停止时间"), null=True, blank=True)  # nothing is done until somebody resumes it
    total = models.PositiveIntegerField(_("篇数"), default=0)
    created_at = models.DateTimeField(_("提交时间"), default=timezone.now)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("批量操作")
        default_permissions = []
        ordering = ["-pk"]
        indexes = [
            # Asked for once a second.
            models.Index("id", condition=Q(state__in=["running", "undoing"], stopped_at__isnull=True), name="bulk_actions_to_do")
        ]

    def __str__(self):
        return f"#{self.pk} {self.operation}"


class BulkItem(models.Model):
    """One article of a bulk action: what it was before, and what came of it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待")
        DONE = "done", _("完成")
        REFUSED = "refused", _("未执行")
        UNDONE = "undone", _("已撤销")
        KEPT = "kept", _("未撤销")

    action = models.ForeignKey(BulkAction, models.CASCADE, related_name="items", verbose_name=_("批量操作"))
    article = models.ForeignKey(Article, models.CASCADE, related_name="+", verbose_name=_("文章"))
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WAITING)
    was = models.JSONField(default=dict)  # what the verb that undoes it needs
    problem = models.CharField(_("原因"), max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("批量操作的文章")
        default_permissions = []
        ordering = ["pk"]
        indexes = [models.Index("action", "state", "id", name="bulk_items_to_do")]
        constraints = [models.UniqueConstraint(fields=["action", "article"], name="article_once_in_a_bulk_action")]

    def __str__(self):
        return f"{self.action_id} · {self.article_id}"


class SavedFilter(models.Model):
    """A list of articles that somebody wants to see again: the query string of the admin's list under a name."""

    user = _person(_("所有者"), related_name="saved_filters")
    name = models.CharField(_("名称"), max_length=40)
    query = models.CharField(_("条件"), max_length=500)
    shared = models.BooleanField(_("大家可见"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("常用筛选")
        default_permissions = []
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_saved_filter_of_a_name")]

    def __str__(self):
        return self.name
