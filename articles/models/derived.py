"""What is computed from the articles, and what editors have decided about it; who writes it stands with each."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.articles import Article


class RelatedArticle(models.Model):
    """One place in an article's stored related list; written by related/lists.py alone, withdrawn by the workflow."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="related_links")
    related = models.ForeignKey(Article, models.CASCADE, related_name="related_to")
    rank = models.PositiveSmallIntegerField()
    score = models.FloatField()
    reason = models.CharField(max_length=60, blank=True)
    pinned = models.BooleanField(default=False)  # by an editor; a RelatedChoice says so too, and outlives this row

    class Meta:
        verbose_name = verbose_name_plural = _("相关推荐")
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["article", "related"], name="related_once"),
            models.UniqueConstraint(fields=["article", "rank"], name="one_related_article_a_rank"),
            models.CheckConstraint(condition=~Q(article=F("related")), name="not_related_to_itself"),
        ]

    def __str__(self):
        return f"{self.article_id} → {self.related_id}"


class RelatedChoice(models.Model):
    """What an editor has decided about one place in an article's related list. Rebuilding the lists leaves it alone."""

    class Kind(models.TextChoices):
        PIN = "pin", _("固定")
        BLOCK = "block", _("屏蔽")

    article = models.ForeignKey(Article, models.CASCADE, related_name="related_choices")
    other = models.ForeignKey(Article, models.CASCADE, related_name="chosen_beside")
    kind = models.CharField(_("决定"), max_length=5, choices=Kind)
    position = models.PositiveSmallIntegerField(_("位置"), null=True, blank=True)  # of a pin: its rank, from 1
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("操作人"))
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = _("相关推荐的人工调整")
        ordering = ["position", "-at"]
        constraints = [
            models.UniqueConstraint(fields=["article", "other"], name="one_related_choice_a_pair"),
            models.CheckConstraint(condition=~Q(article=F("other")), name="not_chosen_beside_itself"),
            models.CheckConstraint(
                condition=Q(kind="pin", position__gte=1) | Q(kind="block", position__isnull=True), name="related_pin_has_a_position"
            ),
        ]

    def __str__(self):
        return f"{self.article_id} → {self.other_id} {self.get_kind_display()}"


class DuplicatePair(models.Model):
    """Two live articles that ask the same, or once did and somebody said that they do not; written by duplicates/ alone."""

    a = models.ForeignKey(Article, models.CASCADE, related_name="+", verbose_name=_("甲"))
    b = models.ForeignKey(Article, models.CASCADE, related_name="+", verbose_name=_("乙"))
    similarity = models.FloatField(_("相似度"))
    found_at = models.DateTimeField(_("发现时间"), default=timezone.now)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("判定人")
    )
    dismissed_at = models.DateTimeField(_("判定时间"), null=True, blank=True)
    dismissed_because = models.CharField(_("不重复的理由"), max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("疑似重复")
        default_permissions = []  # who may see articles sees the pairs
        ordering = ["-similarity", "pk"]
        indexes = [models.Index("similarity", "id", condition=Q(dismissed_at__isnull=True), name="duplicates_to_decide")]
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="duplicate_pair_in_order"),
            models.CheckConstraint(
                condition=Q(dismissed_at__isnull=True) | ~Q(dismissed_because=""), name="dismissed_duplicate_has_a_reason"
            ),
        ]

    def __str__(self):
        return f"{self.a_id} = {self.b_id}"


class Cursor(models.Model):
    """How far a follower that keeps its results in the database (following.py) has read the Event log.

    That of a long run which can be resumed holds the last article that is done.
    """

    name = models.CharField(max_length=20, primary_key=True)
    event = models.BigIntegerField(default=0)

    def __str__(self):
        return f"{self.name}: {self.event}"
