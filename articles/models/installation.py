"""The database itself: which one it is, and what was taken into it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.articles import Article
from articles.models.revisions import Revision


class Installation(models.Model):
    """The one row that names this database. Followers of the Event log that see another uuid start anew."""

    uuid = models.UUIDField(default=uuid.uuid4)
    # The permissions of fixtures/groups.json that each role has been given: {"作者": ["articles.add_article", …]}.
    permissions_given = models.JSONField(default=dict)
    synonyms_loaded = models.BooleanField(default=False)  # the shipped ones, once; those that editors delete stay away

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_installation")]

    def __str__(self):
        return str(self.uuid)

    @classmethod
    def identity(cls) -> str:
        return str(cls.objects.get_or_create(pk=1)[0].uuid)

    @classmethod
    def locked(cls) -> "Installation":
        """The row, until the end of the transaction for nobody else to change."""
        cls.identity()
        return cls.objects.select_for_update().get()


class ImportRecord(models.Model):
    """The ledger of import_articles: which source became which article, and from which bytes."""

    source_id = models.CharField(max_length=200, unique=True)
    digest = models.CharField(max_length=64)
    article = models.ForeignKey(Article, models.CASCADE, related_name="import_records")
    revision = models.ForeignKey(Revision, models.CASCADE, related_name="+")  # as imported; a newer one means editors went on
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = _("导入记录")

    def __str__(self):
        return self.source_id
