"""What editors tell the search: words that mean the same, and articles that stand first."""

import re
import secrets
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.articles import FIRST, Article
from articles.models.vocabulary import Region
from articles.text import HAN, normalise, question, strip_controls


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
