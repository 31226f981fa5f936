"""What editors choose from: categories and places."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


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
