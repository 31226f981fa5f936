"""What the desk's lists are asked for: by addresses alone, so that a list can be kept, sent and opened again."""

from datetime import date

from django import forms
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils import timezone

from articles.content import KINDS
from articles.desk import ENDINGS, PUBLIC_STATES, Position
from articles.models import Category, Region, Revision, Tag, TagAlias

STATES = [state for state in Revision.State.choices if state[0] != Revision.State.SUPERSEDED]
PEOPLE = 500
LAST_PAGE = 20
ID_LIMIT = 10**15


class PersonField(forms.ModelChoiceField):
    def label_from_instance(self, person):
        return f"{person.last_name}{person.first_name}" or person.username


class TagNameField(forms.CharField):
    """A tag by its name or another name of it; what was merged is what it was merged into."""

    def clean(self, value):
        name = Tag.tidy(super().clean(value) or "")
        if not name:
            return None
        alias = TagAlias.objects.filter(name=name).select_related("tag").first()
        tag = Tag.objects.filter(name=name).select_related("merged_into").first() or (alias and alias.tag)
        if tag is None:
            raise forms.ValidationError(f"没有“{name}”这个标签")
        return tag.survivor


class ListForm(forms.Form):
    """The filters of the list of articles. `position` is where in it a page begins, and no part of a kept filter."""

    q = forms.CharField(label="搜索", required=False, max_length=200)
    state = forms.ChoiceField(label="稿件", required=False, choices=[("", "不限"), *STATES])
    public = forms.ChoiceField(label="对外", required=False, choices=[("", "不限"), *PUBLIC_STATES.items()])
    ending = forms.ChoiceField(label="到期", required=False, choices=[("", "不限"), *ENDINGS.items()])
    category = forms.ModelChoiceField(Category.objects.all(), label="栏目", required=False, empty_label="不限")
    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "不限"), *KINDS.items()])
    region = forms.ModelChoiceField(Region.objects.all(), label="地区", required=False, empty_label="不限")
    tag = TagNameField(label="标签", required=False, max_length=40)
    author = PersonField(User.objects.none(), label="作者", required=False, empty_label="不限")
    reviewer = PersonField(User.objects.none(), label="审核人", required=False, empty_label="不限")
    warnings = forms.BooleanField(label="有待处理提醒", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        # One query for both: the same people write and review.
        people = User.objects.filter(is_staff=True).order_by("username")[:PEOPLE]
        for name in ("author", "reviewer"):
            self.fields[name].queryset = User.objects.filter(is_staff=True).order_by("username")
        choices = [("", "不限"), *((person.pk, self.fields["author"].label_from_instance(person)) for person in people)]
        for name in ("author", "reviewer"):
            self.fields[name].widget.choices = choices

    def kept(self) -> str:
        """The query string of these filters alone, in one order."""
        kept = QueryDict(mutable=True)
        for name in self.fields:
            if value := self.data.get(name):
                kept[name] = value
        return kept.urlencode()

    @property
    def narrowed(self) -> int:
        """How many filters are set."""
        return sum(bool(self.data.get(name)) for name in self.fields if name != "q")


class PositionForm(forms.Form):
    """Where in a list a page begins; what is no position is the first page."""

    before = forms.IntegerField(required=False, min_value=1, max_value=ID_LIMIT)
    after = forms.IntegerField(required=False, min_value=0, max_value=ID_LIMIT)
    end = forms.BooleanField(required=False)
    p = forms.IntegerField(required=False, min_value=1, max_value=LAST_PAGE)

    def position(self) -> Position:
        found = self.cleaned_data if self.is_valid() else {}
        return Position(found.get("before"), found.get("after"), bool(found.get("end")), found.get("p") or 1)


class KeepForm(forms.Form):
    """A filter to keep under a name."""

    name = forms.CharField(max_length=40, error_messages={"required": "请给这个筛选起个名字"})
    query = forms.CharField(max_length=500, error_messages={"required": "请先选一个条件", "max_length": "条件太长，存不下"})
    shared = forms.BooleanField(required=False)


class MonthForm(forms.Form):
    """A month (“2026-11”) or a day (“2026-11-05”) of the calendar; this month where none is given."""

    month = forms.DateField(required=False, input_formats=["%Y-%m"])
    day = forms.DateField(required=False, input_formats=["%Y-%m-%d"])

    def clean(self):
        cleaned = super().clean()
        if any(value and not 1990 <= value.year <= 2200 for value in cleaned.values()):
            raise forms.ValidationError("年份应在 1990 到 2200 之间")
        return cleaned

    def chosen(self) -> tuple[date, date | None]:
        """The first day of the month, and the day."""
        found = self.cleaned_data if self.is_valid() else {}
        day = found.get("day")
        return (day or found.get("month") or timezone.localdate()).replace(day=1), day


class SpanForm(forms.Form):
    """The days of a person's log, both included."""

    since = forms.DateField(label="从", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="到", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(required=False, min_value=1, max_value=10**18, widget=forms.HiddenInput)

    def clean(self):
        cleaned = super().clean()
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            raise forms.ValidationError("开始的日期晚于结束的日期")
        if any(day and not 1990 <= day.year <= 2200 for day in (since, until)):
            raise forms.ValidationError("年份应在 1990 到 2200 之间")
        return cleaned
