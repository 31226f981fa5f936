"""Live articles, as the public reads them, and their places."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from articles import content
from articles.content import ArticleContent, Source
from articles.models.vocabulary import Category, Region
from articles.rendering import clean
from articles.text import shorten, with_stop

# Index range conditions on `expire_at` want a value in every row.
FIRST = datetime(1970, 1, 2, tzinfo=UTC)  # earlier times leave the calendar where a zone is reckoned in


NEVER = datetime(9999, 1, 1, tzinfo=UTC)


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
    next_review_on = models.DateField(_("下次审核"), null=True, blank=True)
    changes = models.JSONField(_("更新记录"), default=list, blank=True)  # of major ones, newest first: {"on": "2026-01-31", "note": "…"}
    # Without a constraint: an article may be restored from an export before the one that it names.
    successor = models.ForeignKey(
        "self",
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="predecessors",
        db_constraint=False,
        db_index=False,
        verbose_name=_("新的规定见"),
    )
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
            models.Index("next_review_on", "id", condition=Q(live=True, next_review_on__isnull=False), name="articles_to_review"),
            models.Index("valid_until", "id", condition=Q(live=True, valid_until__isnull=False), name="articles_running_out"),
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
        self.category_id, self.successor_id = content.category, content.successor
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
    def shown_successor(self) -> "Article | None":
        """The public page that says what holds now, where an editor has named it."""
        named = Article.objects.filter(pk=self.successor_id).select_related("merged_into").first() if self.successor_id else None
        shown = named and (named.merged_into or named)
        return shown if shown and shown.visible and shown.pk != self.pk else None

    @property
    def disclaimer(self) -> str:
        return content.disclaimer(self.kind)

    @property
    def source_list(self) -> list[Source]:
        return [Source.from_json(source) for source in self.sources]


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
