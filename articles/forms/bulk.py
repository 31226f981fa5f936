"""The form of a bulk action: which articles, and what is done to them. Plain JSON values come out of it."""

import re
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser as User
from django.db.models import QuerySet
from django.utils import timezone

from articles import bulk
from articles.content import KINDS
from articles.models import Category, Region, Tag
from articles.text import strip_controls

DATE = forms.DateInput(attrs={"type": "date"})
NO_DATE = {"invalid": "日期应写成 2026-01-31 的样子"}
OFFERED = 300  # names that a field offers while somebody types
NUMBER = re.compile(r"[0-9]+", re.ASCII)
SEPARATORS = re.compile(r"[\s,，、;；#]+")


class NamedField(forms.CharField):
    """One row by any of its names; the value is the row, or None."""

    def __init__(self, rows: QuerySet, names: tuple[str, ...], **options):
        super().__init__(required=False, max_length=60, **options)
        self.rows, self.names = rows, names

    def clean(self, value):
        typed = strip_controls(super().clean(value)).strip()
        for name in self.names if typed else ():
            if (name != "pk" or NUMBER.fullmatch(typed)) and (found := self.rows.filter(**{name: typed}).first()):
                return found
        if typed:
            raise forms.ValidationError(f"没有这个{self.label}：{typed}")
        return None


class IdsField(forms.CharField):
    """Numbers of articles, however they are separated; the value is a list without repeats."""

    widget = forms.Textarea(attrs={"rows": 2})

    def clean(self, value):
        typed = list(dict.fromkeys(filter(None, SEPARATORS.split(strip_controls(super().clean(value))))))
        if wrong := next((text for text in typed if not NUMBER.fullmatch(text) or len(text) > 15), None):
            raise forms.ValidationError(f"这不是文章的编号：{wrong[:20]}")
        if len(typed) > bulk.TEXT_LIMIT:
            raise forms.ValidationError(f"最多 {bulk.TEXT_LIMIT} 个编号")
        return [int(text) for text in typed]


def _tag(label: str, **options) -> NamedField:
    attrs = {"list": "known-tags", "autocomplete": "off"}
    return NamedField(Tag.objects.all(), ("name", "aliases__name", "slug", "pk"), label=label, widget=forms.TextInput(attrs), **options)


class BulkForm(forms.Form):
    """`user` sees what they may do; `carried`: query parameters of a list of articles, taken over as far as they are understood."""

    CONDITIONS = ("category", "tag", "region", "kind", "state", "published_from", "published_until", "expires_before", "text", "ids")
    PARAMETERS = {"new_tag": "tag", "new_category": "category", "on": "on"}
    NEEDS = {
        "add_tag": ("new_tag",),
        "remove_tag": ("new_tag",),
        "change_category": ("new_category",),
        "plan_review": ("on",),
        "withdraw": ("reason",),
    }

    state = forms.ChoiceField(label="状态", required=False)
    category = forms.ModelChoiceField(Category.objects.all(), label="栏目", required=False, empty_label="全部")
    tag = _tag("标签")
    region = NamedField(
        Region.objects.all(),
        ("pk", "name", "full_name"),
        label="地区",
        widget=forms.TextInput({"list": "known-regions", "autocomplete": "off"}),
        help_text="名称或代码；指文章自己写明的地区。",
    )
    kind = forms.ChoiceField(label="内容类型", required=False, choices=[("", "全部"), *KINDS.items()])
    published_from = forms.DateField(label="发布于（从）", required=False, widget=DATE, error_messages=NO_DATE)
    published_until = forms.DateField(label="发布于（到）", required=False, widget=DATE, error_messages=NO_DATE)
    expires_before = forms.DateField(label="政策截止日早于", required=False, widget=DATE, error_messages=NO_DATE)
    text = forms.CharField(
        label="含有这些词", required=False, max_length=200, help_text=f"同读者的搜索，只找已发布的，最多 {bulk.TEXT_LIMIT} 篇。"
    )
    ids = IdsField(label="文章编号", required=False, max_length=200_000, help_text="一个或多个，用空格、逗号或换行分开。")

    operation = forms.ChoiceField(label="操作", error_messages={"required": "请选择操作", "invalid_choice": "没有这项操作，或者您没有权限"})
    new_tag = _tag("标签", help_text="已有的标签或别名。")
    new_category = forms.ModelChoiceField(Category.objects.all(), label="改到栏目", required=False, empty_label="请选择")
    on = forms.DateField(label="下次审核日期", required=False, widget=DATE, error_messages=NO_DATE)
    reason = forms.CharField(label="原因", required=False, max_length=500, help_text="记入每一篇的操作记录；撤回时必填。")

    def __init__(self, *args, user: User, carried: Any = None, **options):
        super().__init__(*args, label_suffix="", **options)
        self.fields["state"].choices = [("", "全部"), *((name, label) for name, (label, _) in bulk.WHERE.items())]
        self.fields["operation"].choices = [("", "请选择"), *bulk.operations_for(user).items()]
        for name in self.CONDITIONS if carried else ():
            self._carry(name, carried.get("q" if name == "text" else name, ""))
        for name in self.PARAMETERS:  # static/bulk.js shows only what the chosen operation needs
            self.fields[name].widget.attrs["data-for"] = " ".join(each for each, needed in self.NEEDS.items() if name in needed)

    def _carry(self, name: str, value: str) -> None:
        if name == "category" and not NUMBER.fullmatch(value):
            value = Category.objects.filter(slug=value).values_list("pk", flat=True).first() or ""
        try:
            found = self.fields[name].clean(value)
        except forms.ValidationError:
            return
        self.initial[name] = "\n".join(map(str, found)) if isinstance(found, list) else found

    def clean_on(self):
        day = self.cleaned_data["on"]
        if day and not timezone.localdate() < day < date(timezone.localdate().year + 20, 1, 1):
            raise forms.ValidationError("下次审核应在今天以后，也不能太远")
        return day

    def clean(self):
        cleaned = super().clean()
        for name in self.NEEDS.get(cleaned.get("operation", ""), ()):
            if name not in self.errors and not cleaned.get(name):
                self.add_error(name, f"请填写{self.fields[name].label}")
        if not self.errors and not self.query():
            raise forms.ValidationError("请至少选一个条件；要处理全部公开的文章，状态选“公开或定时上线”")
        return cleaned

    def query(self) -> dict[str, Any]:
        return {name: _plain(value) for name in self.CONDITIONS if (value := self.cleaned_data[name])}

    def parameters(self) -> dict[str, Any]:
        needed = self.NEEDS[self.cleaned_data["operation"]]
        return {self.PARAMETERS[name]: _plain(self.cleaned_data[name]) for name in needed if name in self.PARAMETERS}

    def chosen(self) -> list[tuple[str, str]]:
        """The conditions in words."""
        return [(self.fields[name].label, self._in_words(name)) for name in self.query()]

    def _in_words(self, name: str) -> str:
        value = self.cleaned_data[name]
        if name == "ids":
            return f"{len(value)} 个编号"
        return str(dict(getattr(self.fields[name], "choices", ())).get(value, value)) if isinstance(value, str) else str(value)

    def known_tags(self) -> QuerySet:
        return Tag.objects.current().order_by("name")[:OFFERED]

    def known_regions(self) -> QuerySet:
        return Region.objects.all()


def _plain(value: Any) -> Any:
    if isinstance(value, Tag):
        return value.survivor.pk
    if isinstance(value, date):
        return value.isoformat()
    return getattr(value, "pk", value)
