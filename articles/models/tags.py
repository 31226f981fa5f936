"""The vocabulary of tags."""

import unicodedata

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from taggit.models import ItemBase, TagBase

from articles.models.articles import Article, LinkQuerySet
from articles.models.revisions import Revision
from articles.text import strip_controls


class TagQuerySet(models.QuerySet):
    def in_use(self):
        """Those of published articles; a draft's tag must not give itself away."""
        return self.filter(Exists(TaggedArticle.objects.published().filter(tag=OuterRef("pk"))))

    def on_pages(self):
        """Those whose address answers: in use, or merged into one that is."""
        mine = Exists(TaggedArticle.objects.published().filter(tag=OuterRef("pk")))
        survivor = Exists(TaggedArticle.objects.published().filter(tag=OuterRef("merged_into")))
        return self.filter(mine | Q(survivor, redirects=True)).select_related("merged_into")

    def current(self):
        """Without those that were merged into another."""
        return self.filter(merged_into=None)

    def unused(self):
        """Those that nothing rests on: no article, no working copy, no tag merged into them."""
        idle = self.current().filter(~Exists(TaggedArticle.objects.filter(tag=OuterRef("pk"))), absorbed=None)
        return idle.exclude(pk__in=Revision.objects.tags_of_working_copies()) if idle.exists() else idle

    def named(self, names) -> "list[Tag]":
        """The tags of these names or aliases, made where missing, in the order given."""
        tidy = list(dict.fromkeys(filter(None, map(Tag.tidy, names))))
        known = {tag.name: tag.survivor for tag in self.filter(name__in=tidy).select_related("merged_into")}
        if missing := [name for name in tidy if name not in known]:
            known |= {alias.name: alias.tag for alias in TagAlias.objects.filter(name__in=missing).select_related("tag")}
        found = [known.get(name) or self.get_or_create(name=name)[0] for name in tidy]
        return list(dict.fromkeys(found))

    def resolved(self, ids) -> "list[Tag]":
        """The tags of these ids, those that were merged replaced by what they were merged into, in the order given.

        Revisions keep the ids that their author saved.
        """
        known = self.select_related("merged_into").in_bulk(ids)
        return list(dict.fromkeys(known[id].survivor for id in ids if id in known))


class Tag(TagBase):
    """taggit's tag, with names that look the same being the same: NFKC, trimmed, inner runs of space closed.

    One that was merged keeps its row: its name, its address and its id in revisions lead to the survivor.
    """

    name = models.CharField(_("名称"), max_length=40, unique=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="absorbed", verbose_name=_("已并入"))
    redirects = models.BooleanField(default=False, editable=False)  # it was on public pages before it was merged

    SEPARATORS = ",，、；;\n"

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("标签")
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~Q(merged_into=F("pk")), name="tag_not_merged_into_itself")]

    @property
    def survivor(self) -> "Tag":
        return self.merged_into or self

    def clean(self):
        self.name = self.tidy(self.name)
        if alias := TagAlias.objects.filter(name=self.name).select_related("tag").first():
            raise ValidationError({"name": f"“{self.name}”已经是标签“{alias.tag}”的别名"})

    @staticmethod
    def tidy(name: str) -> str:
        return " ".join(unicodedata.normalize("NFKC", strip_controls(name)).split())[:40].rstrip()

    @classmethod
    def split(cls, text: str) -> list[str]:
        """The tag names in what an editor typed.

        >>> Tag.split("医保，断缴、 ＶＩＰ；医保")
        ['医保', '断缴', 'VIP']
        """
        for separator in cls.SEPARATORS:
            text = text.replace(separator, "\n")
        return list(dict.fromkeys(filter(None, map(cls.tidy, text.split("\n")))))

    def slugify(self, tag, i=None):
        # A name of signs alone (“+”) has no slug of its own.
        slug = slugify(tag, allow_unicode=True) or "tag"
        return slug if i is None else f"{slug}-{i}"

    def save(self, *args, **kwargs):
        self.name = self.tidy(self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("tag", args=[self.slug])


class TagAlias(models.Model):
    """Another name of a tag: who types it, means the tag."""

    name = models.CharField(_("别名"), max_length=40, unique=True)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="aliases", verbose_name=_("标签"))

    class Meta:
        verbose_name = verbose_name_plural = _("标签别名")
        ordering = ["name"]

    def __str__(self):
        return f"{self.name} → {self.tag}"

    def save(self, *args, **kwargs):
        self.name = Tag.tidy(self.name)
        super().save(*args, **kwargs)

    def clean(self):
        self.name = Tag.tidy(self.name)
        if self.name and Tag.objects.filter(name=self.name).exists():
            raise ValidationError({"name": f"“{self.name}”已经是一个标签；要合成一个，请用“合并标签”"})


class TaggedArticle(ItemBase):
    content_object = models.ForeignKey(Article, models.CASCADE, related_name="tag_links")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="article_links", limit_choices_to={"merged_into": None})
    go_live_at = models.DateTimeField(null=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = LinkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("标签关联")
        indexes = [
            models.Index("tag", "go_live_at", "content_object", name="newest_of_tag"),
            models.Index("tag", "content_object", name="articles_of_tag"),  # the desk's list
        ]
        constraints = [models.UniqueConstraint(fields=["content_object", "tag"], name="tag_once_per_article")]
