"""Parts of the editor's form: the editor of the body, and fields for what is a list (tags, lines of text, sources)."""

import datetime as dt
from dataclasses import asdict

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.urls import reverse_lazy
from django_prose_editor.widgets import AdminProseEditorWidget
from js_asset import ImportMap, Media

from articles.content import LIMITS, Source
from articles.models import Tag, TaggedArticle
from articles.text import strip_controls

NEW = "new:"  # static/editor.js puts it before a name that was typed, which may be a number, as an id is


class BodyWidget(AdminProseEditorWidget):
    """The editor of the body; static/body-editor.js says what it offers, the preset `article` of the settings loads it."""

    modules = ImportMap({f"wenkang/{name}": f"{name}.js" for name in ("paste", "clipboard", "typography")})

    @property
    def media(self):
        return super().media + Media(importmap=self.modules)

    def get_config(self):
        return {}


class TagsWidget(AutocompleteSelectMultiple):
    """The admin's Select2 on tags, which also takes names that are new."""

    def __init__(self):
        attrs = {
            "data-suggest": reverse_lazy("admin:articles_tag_suggest"),
            "data-tags": "true",
            "data-token-separators": '["，",",","、","；",";"]',
        }
        super().__init__(TaggedArticle._meta.get_field("tag"), admin.site, attrs=attrs)

    def optgroups(self, name, value, attr=None):
        groups = super().optgroups(name, [item for item in value if item.isdigit()], attr)
        new = [item for item in value if item and not item.isdigit()]
        groups[0][1].extend(self.create_option(name, item, item.removeprefix(NEW), True, index) for index, item in enumerate(new))
        return groups


class TagsField(forms.ModelMultipleChoiceField):
    """Chosen tags by id, new ones by name; the value is a list of names. Nothing is made before the article is saved."""

    widget = TagsWidget

    def __init__(self, **kwargs):
        super().__init__(Tag.objects.all(), **kwargs)

    def clean(self, value):
        typed = [strip_controls(item) for item in value or ()]
        ids = [int(item) for item in typed if item.isascii() and item.isdigit() and len(item) < 16]
        known = {str(id): tag.name for id, tag in Tag.objects.in_bulk(ids).items()}
        names = [name for item in typed for name in ([known[item]] if item in known else Tag.split(item.removeprefix(NEW)))]
        if len(names) > LIMITS["tags"]:
            raise forms.ValidationError(f"标签最多 {LIMITS['tags']} 个")
        return names


class LinesField(forms.CharField):
    """One entry a line; the value is a tuple without empty ones."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})

    def prepare_value(self, value):
        return value if isinstance(value, str) else "\n".join(value or ())

    def to_python(self, value):
        return tuple(filter(None, (line.strip() for line in super().to_python(value).splitlines())))

    def validate(self, value):
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value):
        """Limits are those of ArticleContent.problems()."""


class SourcesWidget(forms.Widget):
    """A row of inputs for each source, and empty rows for more."""

    template_name = "admin/articles/article/_sources.html"
    columns = {"title": "文件标题", "number": "文号", "issuer": "发布机构", "url": "网址", "date": "发布日期"}
    empty_rows = 3

    def get_context(self, name, value, attrs):
        rows = [{key: row.get(key) or "" for key in self.columns} for row in value or ()]
        context = super().get_context(name, None, attrs)
        context["columns"] = self.columns
        context["rows"] = rows + [dict.fromkeys(self.columns, "")] * self.empty_rows
        return context

    def value_from_datadict(self, data, files, name):
        lists = {key: data.getlist(f"{name}-{key}") for key in self.columns}
        rows = [{key: values[i] if i < len(values) else "" for key, values in lists.items()} for i in range(len(lists["title"]))]
        return [row for row in rows if any(value.strip() for value in row.values())]

    def value_omitted_from_data(self, data, files, name):
        return f"{name}-title" not in data


class SourcesField(forms.Field):
    """Rows of text in, a tuple of Source out."""

    widget = SourcesWidget

    def prepare_value(self, value):
        return [row if isinstance(row, dict) else {**asdict(row), "date": row.date and row.date.isoformat()} for row in value or ()]

    def clean(self, value):
        return tuple(self._source(number, row) for number, row in enumerate(value or (), 1))

    def _source(self, number, row):
        row = {key: strip_controls(text).strip() for key, text in row.items()}
        try:
            day = dt.date.fromisoformat(row.pop("date")) if row.get("date") else row.pop("date") and None
        except ValueError:
            raise forms.ValidationError(f"第 {number} 个来源的日期应写成 2026-01-31 的样子") from None
        return Source(**row, date=day or None)
