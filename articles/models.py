"""What is stored: live articles, their revisions, the audit log and the vocabularies.

The public reads Article rows; editors write Revision rows; workflow.publish() is the one road
from the second to the first. Reading rules are words on the QuerySets; writing rules are in workflow/.
"""

import re
import secrets
import unicodedata
import uuid
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager
from taggit.models import ItemBase, TagBase

from articles import content
from articles.content import ArticleContent, Source
from articles.rendering import clean
from articles.text import HAN, normalise, question, shorten, strip_controls, with_stop

# Index range conditions on `expire_at` want a value in every row.
FIRST = datetime(1970, 1, 2, tzinfo=UTC)  # earlier times leave the calendar where a zone is reckoned in
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Category(models.Model):
    slug = models.SlugField(_("网址名"), max_length=60, unique=True, help_text=_("用于网址，小写字母和连字符"))
    name = models.CharField(_("名称"), max_length=40, unique=True)
    description = models.CharField(_("说明"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("顺序"), default=100, help_text=_("数字小的排在前面"))

    DEFAULT = {"slug": "health-news", "name": "健康新闻"}  # what an imported article gets that names none

    class Meta:
        verbose_name = verbose_name_plural = _("栏目")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("category", args=[self.slug])


class Region(models.Model):
    """A place by its GB/T 2260 code; shipped as fixtures/regions.json."""

    class Level(models.TextChoices):
        NATIONAL = "national", _("全国")
        PROVINCE = "province", _("省级")
        PREFECTURE = "prefecture", _("地级")

    code = models.CharField(_("代码"), max_length=6, primary_key=True)
    name = models.CharField(_("简称"), max_length=20)
    full_name = models.CharField(_("全称"), max_length=40)
    level = models.CharField(_("级别"), max_length=10, choices=Level)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级"))

    class Meta:
        verbose_name = verbose_name_plural = _("地区")
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=Q(code__regex=r"^[0-9]{6}$"), name="region_code_is_six_digits")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("region", args=[self.code])


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


def _gone_live(now, since, until) -> Q:
    upper = Q(go_live_at__lte=min(now, until or now))
    return upper & Q(go_live_at__gte=since) if since else upper


class LinkQuerySet(models.QuerySet):
    """Links of articles to tags and regions. They carry the publication time, so that one index answers “the newest of this tag”."""

    def published(self, *, since=None, until=None):
        """As of articles; a withdrawn article's links have no time. An expired one's still have: read the articles as well."""
        return self.filter(_gone_live(timezone.now(), since, until))


class ArticleQuerySet(models.QuerySet):
    def published(self, *, since=None, until=None):
        """What the public may see at this moment. Decided here and nowhere else.

        `since`, `until`: only what went live in that time. One bound on each side, because a database that is given
        two takes either for its way through the index, and may take the long one.
        """
        now = timezone.now()
        return self.filter(_gone_live(now, since, until), live=True, expire_at__gt=now)

    def newest(self):
        return self.order_by("-go_live_at", "-pk")

    def in_force(self):
        """Without those whose policy has run out."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=timezone.localdate()))

    def related_to(self, article):
        """The stored related list, in order."""
        return self.filter(related_to__article=article).order_by("related_to__rank")

    def in_category(self, category):
        return self.filter(category=category)

    def with_card_fields(self):
        """What a list shows of an article, in one query."""
        return self.select_related("category").only(
            "title", "short_answer", "excerpt", "go_live_at", "valid_until", "category__name", "category__slug"
        )


class Article(models.Model):
    """The live page of one question. Its id is its address for ever.

    Everything below `title` is a copy of the live revision, made by workflow.publish(). To `phrasings` come the questions
    of the articles merged into it; those of a merged one are what it brings there.
    """

    title = models.CharField(_("问题"), max_length=content.LIMITS["title"])
    short_answer = models.CharField(_("简短回答"), max_length=content.LIMITS["short_answer"], blank=True)
    body_html = models.TextField(_("正文"), blank=True)
    plain_text = models.TextField(_("纯文本"), blank=True)
    excerpt = models.CharField(_("摘要"), max_length=160, blank=True)
    headings = models.JSONField(_("小标题"), default=list, blank=True)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, verbose_name=_("栏目"))
    kind = models.CharField(_("内容类型"), max_length=10, choices=list(content.KINDS.items()), default="policy")
    provenance = models.CharField(_("创作方式"), max_length=12, choices=list(content.PROVENANCES.items()), default="human")
    valid_from = models.DateField(_("政策施行日"), null=True, blank=True)
    valid_until = models.DateField(_("政策截止日"), null=True, blank=True)
    sources = models.JSONField(_("来源"), default=list, blank=True)
    phrasings = models.JSONField(_("其他问法"), default=list, blank=True)
    tags = TaggableManager(through="TaggedArticle", verbose_name=_("标签"), blank=True)
    regions = models.ManyToManyField(Region, through="ArticleRegion", verbose_name=_("适用地区"), blank=True)

    live = models.BooleanField(_("已发布"), default=False)
    go_live_at = models.DateTimeField(_("发布时间"), null=True, blank=True)
    expire_at = models.DateTimeField(_("下线时间"), default=NEVER)
    updated_at = models.DateTimeField(_("内容更新"), null=True, blank=True)
    reviewed_by = models.CharField(_("审核人"), max_length=150, blank=True)
    reviewed_at = models.DateTimeField(_("审核时间"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("已合并到"))
    live_revision = models.OneToOneField(
        "Revision", models.PROTECT, null=True, blank=True, related_name="live_article", verbose_name=_("线上版本")
    )
    latest_revision = models.OneToOneField(
        "Revision", models.PROTECT, null=True, blank=True, related_name="latest_article", verbose_name=_("最新版本")
    )
    created_at = models.DateTimeField(_("建立时间"), default=timezone.now, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("文章")
        ordering = ["-pk"]
        permissions = [
            ("review_article", "审核文章"),
            ("publish_article", "发布、排期、撤回和合并文章"),
            ("force_publish_article", "未经审核紧急发布"),
        ]
        indexes = [
            models.Index("go_live_at", "id", condition=Q(live=True), name="article_newest"),
            models.Index("category", "go_live_at", "id", condition=Q(live=True), name="article_newest_in_category"),
            models.Index("id", condition=Q(live=False), name="article_not_live"),  # duplicates.py looks at the newest of these
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(live=False) | Q(go_live_at__isnull=False, live_revision__isnull=False, category__isnull=False),
                name="live_article_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(live=False) | Q(withdrawn_at__isnull=True, merged_into__isnull=True),
                name="live_article_is_not_withdrawn_or_merged",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("pk")), name="article_not_merged_into_itself"),
            models.CheckConstraint(
                condition=Q(go_live_at__isnull=True) | Q(expire_at__gt=F("go_live_at")), name="article_expires_after_going_live"
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="article_validity_in_order",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by="") | (Q(reviewed_at__isnull=False) & ~Q(reviewed_by="")),
                name="article_review_has_name_and_date",
            ),
            models.CheckConstraint(condition=Q(kind__in=content.KINDS), name="article_kind_is_known"),
            models.CheckConstraint(condition=Q(provenance__in=content.PROVENANCES), name="article_provenance_is_known"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("article", args=[self.pk])

    def take(self, content: ArticleContent) -> None:
        """Fill the fields that pages print from `content`, rendered and sanitised. Saves nothing."""
        rendered = clean(content.body)
        for name in ("title", "short_answer", "kind", "provenance", "valid_from", "valid_until"):
            setattr(self, name, getattr(content, name))
        self.category_id = content.category
        self.phrasings = list(content.phrasings)
        self.sources = content.to_json()["sources"]
        self.body_html, self.plain_text = rendered.html, rendered.plain_text
        self.headings = [heading._asdict() for heading in rendered.headings]
        self.excerpt = shorten(with_stop(content.short_answer) + rendered.prose)

    @property
    def visible(self) -> bool:
        """published() for a row that is already here."""
        return bool(self.live and self.go_live_at and self.go_live_at <= timezone.now() < self.expire_at)

    @property
    def has_been_public(self) -> bool:
        """Readers have seen it, or could have."""
        return bool(self.live_revision_id and self.go_live_at and self.go_live_at <= timezone.now())

    @property
    def gone(self) -> bool:
        """Was public and is not any more: its address answers 410."""
        was_public = self.go_live_at and self.withdrawn_at and self.go_live_at <= self.withdrawn_at
        return bool(was_public or (self.live and self.expire_at <= timezone.now()))

    @property
    def expired(self) -> bool:
        """The policy is not in force any more (the page stays)."""
        return bool(self.valid_until and self.valid_until < timezone.localdate())

    @property
    def disclaimer(self) -> str:
        return content.disclaimer(self.kind)

    @property
    def source_list(self) -> list[Source]:
        return [Source.from_json(source) for source in self.sources]


class TaggedArticle(ItemBase):
    content_object = models.ForeignKey(Article, models.CASCADE, related_name="tag_links")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="article_links", limit_choices_to={"merged_into": None})
    go_live_at = models.DateTimeField(null=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = LinkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("标签关联")
        indexes = [models.Index("tag", "go_live_at", "content_object", name="newest_of_tag")]
        constraints = [models.UniqueConstraint(fields=["content_object", "tag"], name="tag_once_per_article")]


class ArticleRegion(models.Model):
    article = models.ForeignKey(Article, models.CASCADE, related_name="region_links")
    region = models.ForeignKey(Region, models.PROTECT, related_name="article_links")
    go_live_at = models.DateTimeField(null=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("地区关联")
        indexes = [models.Index("region", "go_live_at", "article", name="newest_of_region")]
        constraints = [models.UniqueConstraint(fields=["article", "region"], name="region_once_per_article")]

    def __str__(self):
        return f"{self.article_id} · {self.region_id}"


class RevisionQuerySet(models.QuerySet):
    def tags_of_working_copies(self) -> set[int]:
        """Ids of the tags that texts not published yet name; links hold those of the others."""
        working = self.filter(latest_article__isnull=False).exclude(state__in=["published", "superseded"])
        return {tag for tags in working.values_list("content_json__tags", flat=True).iterator() for tag in tags or ()}


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
    note = models.CharField(_("修改说明"), max_length=500, blank=True)
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
        indexes = [models.Index("publish_at", condition=Q(state="approved", publish_at__isnull=False), name="revision_due")]
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
    def needs_confirmation(self) -> bool:
        """Published by force, and no second person has confirmed it yet."""
        return bool(self.state == self.State.PUBLISHED and self.forced_because and not self.reviewed_at)


class AppendOnly(models.QuerySet):
    def to_follow(self, *, after: int = 0):
        """What followers of the log read, in order."""
        return self.filter(pk__gt=after, to_follow=True).order_by("pk")

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
        Tag, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False, verbose_name=_("标签")
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
        indexes = [models.Index("to_follow", "id", name="event_to_follow")]  # asked for the last one once a second

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("the audit log is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("the audit log is append-only")


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


class Installation(models.Model):
    """The one row that names this database. Followers of the Event log that see another uuid start anew."""

    uuid = models.UUIDField(default=uuid.uuid4)
    synonyms_loaded = models.BooleanField(default=False)  # the shipped ones, once; those that editors delete stay away

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_installation")]

    def __str__(self):
        return str(self.uuid)

    @classmethod
    def identity(cls) -> str:
        return str(cls.objects.get_or_create(pk=1)[0].uuid)


class Cursor(models.Model):
    """How far a follower that keeps its results in the database (related/lists.py) has read the Event log.

    That of a long run which can be resumed holds the last article that is done.
    """

    name = models.CharField(max_length=20, primary_key=True)
    event = models.BigIntegerField(default=0)

    def __str__(self):
        return f"{self.name}: {self.event}"


# Taken by transactions whose events the search index follows, so that these events commit in the order of their ids.
EVENT_LOCK = 5_202_601


def take_event_lock() -> None:
    """First of all in a transaction that will publish: the order is this lock, then articles, or two transactions wait for each other."""
    # SQLite lets one transaction write at a time, which orders events by itself.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [EVENT_LOCK])


def new_stamp() -> int:
    return 1 + secrets.randbelow(2**48)


class SynonymGroupQuerySet(models.QuerySet):
    def update(self, **values):
        return super().update(**values, stamp=new_stamp())

    def word_lists(self) -> "list[list[str]]":
        return [words.split("、") for words in self.order_by("pk").values_list("words", flat=True)]


class SynonymGroup(models.Model):
    """Words that mean the same to a searching reader. Search reads them with every query; see search/synonyms.py."""

    words = models.CharField(_("词语"), max_length=300, help_text=_("意思相同的词，2 到 12 个，用逗号、顿号或换行分开。"))
    updated_at = models.DateTimeField(_("更新时间"), auto_now=True)
    stamp = models.BigIntegerField(default=new_stamp, editable=False, db_index=True)  # another one with every save

    SEPARATORS = re.compile("[,，、;；=＝\n]")
    WORDS, WORD_LENGTH, GROUPS = range(2, 13), 20, 2000

    objects = SynonymGroupQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("同义词")
        ordering = ["-updated_at", "-pk"]

    def __str__(self):
        return self.words

    def save(self, *args, **kwargs):
        self.words, self.stamp = "、".join(self.split(self.words)), new_stamp()
        super().save(*args, **kwargs)

    @staticmethod
    def key(word: str) -> str:
        """By this words are compared: what readers do not distinguish is folded, spaces do not count."""
        return normalise(word).replace(" ", "")

    @classmethod
    def split(cls, text: str) -> list[str]:
        """The different words in what an editor typed.

        >>> SynonymGroup.split("断缴、停缴，ＣＴ; ct")
        ['断缴', '停缴', 'CT']
        """
        words = (" ".join(unicodedata.normalize("NFKC", strip_controls(word)).split()) for word in cls.SEPARATORS.split(text))
        return list({cls.key(word): word for word in reversed([*filter(None, words)])}.values())[::-1]

    def clean(self):
        if not self.words:
            return  # the field itself says so
        words = self.split(self.words)
        problems = [*self._problems_of_number(words), *(problem for word in words for problem in self._problems_of(word))]
        if problems := problems or self._taken(words):
            raise ValidationError({"words": problems})
        self.words = "、".join(words)

    def _problems_of_number(self, words):
        if len(words) < self.WORDS.start:
            yield "一组至少要有两个不同的词，用逗号、顿号或换行分开"
        if len(words) >= self.WORDS.stop:
            yield f"一组最多 {self.WORDS.stop - 1} 个词"
        if self._state.adding and SynonymGroup.objects.count() >= self.GROUPS:
            yield f"最多 {self.GROUPS} 组同义词"

    def _problems_of(self, word):
        if len(word) > self.WORD_LENGTH:
            yield f"“{word[: self.WORD_LENGTH]}…”太长，最多 {self.WORD_LENGTH} 个字"
        if len(re.findall(rf"[{HAN}a-z0-9]", self.key(word))) < 2:
            yield f"“{word}”太短，至少两个字"

    def _taken(self, words) -> list[str]:
        """Where one of `words` stands in another group already."""
        wanted = {self.key(word): word for word in words}
        others = SynonymGroup.objects.exclude(pk=self.pk).word_lists()
        return [f"“{wanted[key]}”已经在另一组里：{'、'.join(other)}" for other in others for key in map(self.key, other) if key in wanted]


class Promotion(models.Model):
    """An article that stands first when readers search for exactly this question."""

    query = models.CharField(_("搜索词"), max_length=200, help_text=_("读者输入的整句话；标点、空格和句末的“吗”“呢”不计。"))
    key = models.CharField(max_length=200, editable=False, db_index=True)
    article = models.ForeignKey(Article, models.CASCADE, related_name="promotions", verbose_name=_("文章"))
    region = models.ForeignKey(
        Region,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="promotions",
        verbose_name=_("地区"),
        help_text=_("留空表示所有读者；选了地区，就只给选择该地区（或其下地区）的读者看。"),
    )
    starts_at = models.DateTimeField(
        _("开始时间"), default=timezone.now, validators=[MinValueValidator(FIRST, _("请写 1970 年以后的时间"))]
    )
    ends_at = models.DateTimeField(_("结束时间"), null=True, blank=True, help_text=_("留空表示一直有效。"))
    position = models.PositiveSmallIntegerField(
        _("位置"), default=1, validators=[MaxValueValidator(999)], help_text=_("数字小的排在前面；一次搜索最多显示三篇。")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("推荐结果")
        ordering = ["key", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="promotion_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=~Q(key=""), name="promotion_has_a_question"),
        ]

    def __str__(self):
        return f"{self.query} → {self.article}"

    def save(self, *args, **kwargs):
        self.key = question(self.query)
        super().save(*args, **kwargs)

    @staticmethod
    def running(path: str = "") -> Q:
        """The condition that it holds now; `path`: how another model reaches it, “promotions__”."""
        now = timezone.now()
        return (Q(**{f"{path}ends_at": None}) | Q(**{f"{path}ends_at__gt": now})) & Q(**{f"{path}starts_at__lte": now})

    def clean(self):
        problems = {"query": self._problem_of_query(), "article": self._problem_of_article(), "ends_at": self._problem_of_time()}
        if problems := {field: problem for field, problem in problems.items() if problem}:
            raise ValidationError(problems)
        if self.region and self.region.level == Region.Level.NATIONAL:
            self.region = None  # for the whole country means for all

    def _problem_of_query(self):
        key = question(self.query)
        if self.query and not key:
            return "请填写读者会输入的词或问题，不能只有标点"
        return "这句话太长" if len(key) > 200 else ""

    def _problem_of_article(self):
        if self.article_id and not self.article.visible:
            return f"#{self.article_id}“{self.article}”现在没有公开，不能推荐"

    def _problem_of_time(self):
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            return "结束时间要晚于开始时间"
