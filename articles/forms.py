"""What people type: the search form and the editor's form. Both turn input into plain values."""

import datetime as dt
from dataclasses import asdict
from dataclasses import fields as dataclass_fields
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget, AutocompleteSelectMultiple
from django.db import transaction
from django.urls import reverse, reverse_lazy
from django_prose_editor.fields import ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget

from articles import workflow
from articles.content import KINDS, LIMITS, PROVENANCES, ArticleContent, Source
from articles.models import Article, ArticleRegion, Category, Region, Tag, TaggedArticle
from articles.pages import PAGE_SIZE
from articles.search import QUERY_LIMIT
from articles.text import strip_controls

LAST_PAGE = 50  # 1,000 results; deeper pages cost more and help nobody
TOO_DEEP = f"只显示前 {LAST_PAGE * PAGE_SIZE} 条，请加筛选条件或换个说法"
FILTERS = ("category", "region", "tag", "year", "valid")  # each names a parameter, a field and a facet
VALID = {"1": "现行有效", "0": "已过有效期"}
SORTS = {"relevance": "按相关", "date": "按时间"}
BY_DEFAULT = {"sort": "relevance"}  # an address need not say so
FEW = 5  # results below which a filter that was forgotten may be the reason
TYPED_LIMIT = 1_000  # characters that are taken of a question; search keeps its beginning and its end
BEGINNING = 60  # as in search
NO_PAGE = f"页码应是 1 到 {LAST_PAGE} 的整数"
NO_YEAR = "发布年份应写成 2026 的样子"


def typed_query(text: str) -> str:
    """What is taken of what was typed."""
    return strip_controls(text)[:TYPED_LIMIT].strip()


def _for_addresses(query: str) -> str:
    """A long question as links carry it: the part that is searched, not nine bytes for each of a thousand characters."""
    return query if len(query) <= QUERY_LIMIT else f"{query[:BEGINNING]} {query[BEGINNING + 1 - QUERY_LIMIT :]}"


def _unusable(label: str) -> dict[str, str]:
    return {"null_characters_not_allowed": f"{label}里有不能用的字符"}


class ChosenFilter(NamedTuple):
    name: str
    label: str
    value: str


class SearchForm(forms.Form):
    """Every parameter of /search/; what is malformed gets a 400 with a whole sentence, never an empty success."""

    q = forms.CharField(required=False, strip=True, label="问题", error_messages=_unusable("问题"))
    page = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=LAST_PAGE,
        label="页码",
        error_messages={"invalid": NO_PAGE, "min_value": NO_PAGE, "max_value": TOO_DEEP},
    )
    category = forms.ModelChoiceField(
        Category.objects.all(),
        required=False,
        to_field_name="slug",
        empty_label="全部栏目",
        label="栏目",
        error_messages={"invalid_choice": "没有这个栏目"},
    )
    region = forms.CharField(required=False, max_length=6, label="地区", error_messages={"max_length": "没有这个地区", **_unusable("地区")})
    tag = forms.CharField(required=False, max_length=100, label="标签", error_messages={"max_length": "没有这个标签", **_unusable("标签")})
    year = forms.IntegerField(
        required=False,
        min_value=1970,
        max_value=9998,
        label="发布年份",
        error_messages={"invalid": NO_YEAR, "min_value": NO_YEAR, "max_value": NO_YEAR},
    )
    valid = forms.TypedChoiceField(
        required=False,
        choices=VALID.items(),
        coerce=lambda value: value == "1",
        empty_value=None,
        label="有效性",
        error_messages={"invalid_choice": "有效性只能是 1（现行有效）或 0（已过有效期）"},
    )
    sort = forms.ChoiceField(
        required=False,
        choices=SORTS.items(),
        label="排序",
        error_messages={"invalid_choice": "排序只能是 relevance（按相关）或 date（按时间）"},
    )

    def clean_q(self):
        return typed_query(self.cleaned_data["q"])

    def clean_region(self):
        code = strip_controls(self.cleaned_data["region"])
        if not code:
            return None
        found = Region.objects.filter(pk=code).first()
        if found is None:
            raise forms.ValidationError("没有这个地区")
        return found

    def clean_tag(self):
        slug = strip_controls(self.cleaned_data["tag"])
        if not slug:
            return None
        found = Tag.objects.on_pages().filter(slug=slug).first()
        if found is None:
            raise forms.ValidationError("没有这个标签")
        return found.survivor

    def clean_sort(self):
        return self.cleaned_data["sort"] or BY_DEFAULT["sort"]

    @property
    def page_number(self) -> int:
        return self.cleaned_data["page"] or 1

    @property
    def first_rank(self) -> int:
        """The place of the page's first result among all of them, from 1."""
        return (self.page_number - 1) * PAGE_SIZE + 1

    @property
    def by_date(self) -> bool:
        return self.cleaned_data["sort"] == "date"

    @property
    def is_plain(self) -> bool:
        """The first page of a question as it was asked, before the reader filters or sorts."""
        return self.page_number == 1 and not self.by_date and not self.filters()

    @property
    def is_counted(self) -> bool:
        """A page of such a question: its clicks belong to a search that was counted."""
        return not self.by_date and not self.filters()

    def options(self) -> dict[str, Any]:
        """Everything but the text, in the words of search.search()."""
        chosen = {name: self.cleaned_data[name] for name in FILTERS}
        return {**chosen, "newest": self.by_date, "offset": self.first_rank - 1, "limit": PAGE_SIZE}

    def filters(self) -> list[ChosenFilter]:
        """The filters that are on and make sense, as a reader would name them."""
        chosen = [(name, self.cleaned_data.get(name)) for name in FILTERS]
        return [ChosenFilter(name, *_named(name, value)) for name, value in chosen if value is not None]

    def hides_much(self, total: int) -> bool:
        """Filters that readers forget they have set leave few results; a place is hardly forgotten."""
        return total < FEW and any(chosen.name != "region" for chosen in self.filters())

    def parameters(self, **changes: str | int) -> dict[str, str | int]:
        """What stands in the address of the same search with `changes`; an empty one takes the parameter out.

        Any change but of the page itself leads to the first page.
        """
        filters = {chosen.name: chosen.value for chosen in self.filters()}
        found = {"q": _for_addresses(self.cleaned_data.get("q", "")), **filters, "sort": self.cleaned_data.get("sort"), **changes}
        return {name: value for name, value in found.items() if value and value != BY_DEFAULT.get(name)}

    @property
    def kept(self) -> list[ChosenFilter]:
        """What a new question keeps: where the reader is."""
        return [chosen for chosen in self.filters() if chosen.name == "region"]

    def newer(self) -> str:
        return urlencode(self.parameters(page=self.page_number - 1)) if self.page_number > 1 else ""

    def older(self, total: int) -> str:
        more = self.page_number < LAST_PAGE and total > self.page_number * PAGE_SIZE
        return urlencode(self.parameters(page=self.page_number + 1)) if more else ""

    def is_end(self, total: int) -> bool:
        """The last of several pages, behind which there is nothing."""
        return self.page_number > 1 and total <= self.page_number * PAGE_SIZE

    def cut_off(self, total: int) -> str:
        """Why there is no next page although there are more results."""
        return TOO_DEEP if self.page_number == LAST_PAGE and total > LAST_PAGE * PAGE_SIZE else ""


def _named(name: str, value) -> tuple[str, str]:
    """A chosen filter's label and its value in an address."""
    if name == "valid":
        code = "1" if value else "0"
        return VALID[code], code
    if name == "year":
        return f"{value} 年", str(value)
    return value.name, value.code if name == "region" else value.slug


NEW = "new:"  # static/editor.js puts it before a name that was typed, which may be a number, as an id is


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


EDITOR = {
    "Bold": True,
    "Italic": True,
    "Heading": {"levels": [2, 3]},
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "Link": True,
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "HardBreak": True,
}


class ArticleForm(forms.ModelForm):
    """The editor's form: an ArticleContent in and out. Saving is the workflow's; the form writes nothing."""

    title = forms.CharField(label="问题", max_length=LIMITS["title"], widget=forms.TextInput(attrs={"class": "vTextField", "size": 80}))
    not_duplicate_because = forms.CharField(
        label="不重复的理由",
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="只在提示“很可能重复”而确实不是同一个问题时填写，提交审核时一起记下。",
    )
    short_answer = forms.CharField(
        label="简短回答",
        required=False,
        max_length=LIMITS["short_answer"],
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text="一两句话，先给结论，再写条件。没有就留空。",
    )
    body = ProseEditorFormField(label="正文", max_length=LIMITS["body"], config={"extensions": EDITOR}, widget=AdminProseEditorWidget)
    category = forms.ModelChoiceField(Category.objects.all(), label="栏目", required=False)
    tags = TagsField(label="标签", required=False, help_text="选择已有标签，或输入新的；逗号、顿号、分号都可分隔。")
    regions = forms.ModelMultipleChoiceField(
        Region.objects.all(),
        label="适用地区",
        required=False,
        widget=AutocompleteSelectMultiple(ArticleRegion._meta.get_field("region"), admin.site),
        help_text="留空表示全国适用。",
    )
    kind = forms.ChoiceField(label="内容类型", choices=KINDS.items(), help_text="决定文末印哪一段提示。")
    provenance = forms.ChoiceField(label="创作方式", choices=PROVENANCES.items())
    valid_from = forms.DateField(label="政策施行日", required=False, widget=AdminDateWidget)
    valid_until = forms.DateField(label="政策截止日", required=False, widget=AdminDateWidget)
    sources = SourcesField(label="来源", required=False)
    phrasings = LinesField(label="其他问法", required=False, help_text="每行一种问法；读者搜这些话也能找到本文。")
    note = forms.CharField(label="修改说明", required=False, max_length=500, widget=forms.TextInput(attrs={"class": "vTextField"}))
    parent = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Article
        fields = []

    class Media:
        css = {"all": ["editor.css", "duplicates.css"]}
        js = ["editor.js", "tags.js", "duplicates.js"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title"].widget.attrs |= {
            "data-duplicates": reverse("admin:articles_article_duplicates"),
            "data-article": self.instance.pk or "",
        }
        revision = self.instance.latest_revision
        if revision:
            content = revision.content
            self.initial |= {field.name: getattr(content, field.name) for field in dataclass_fields(content)}
            self.initial["tags"] = [tag.pk for tag in Tag.objects.resolved(content.tags)]
            self.initial["parent"] = revision.pk

    def _post_clean(self):
        """The article row is written by the workflow from content(), so there is no instance to fill or validate."""

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            # Locked until the request's transaction ends, so that what is checked here still holds when it is saved.
            article = Article.objects.select_for_update().get(pk=self.instance.pk) if self.instance.pk else None
            if reasons := self._reasons(article):
                raise forms.ValidationError(reasons)
        return cleaned

    def _reasons(self, article: Article | None) -> list[str]:
        parent = self.cleaned_data["parent"]
        if article and parent and article.latest_revision_id != parent:
            # Saved once more, knowingly, the words of this form stand; the other version stays in the history.
            self.data = self.data.copy()
            self.data["parent"] = article.latest_revision_id
        with transaction.atomic():
            content = workflow.tidy(self.content())
            reasons = workflow.why_not_save(content, article, self.user, parent)
            if "_submit" in self.data and not self.cleaned_data["not_duplicate_because"]:
                reasons += workflow.why_ask_again(content, article)
            transaction.set_rollback(bool(reasons))  # no new tags for a text that is not saved
        if "_submit" in self.data and not self.user.has_perm(workflow.VERBS["submit"].permission):
            reasons.append("您没有提交审核的权限")
        return reasons

    def content(self) -> ArticleContent:
        values = {field.name: self.cleaned_data[field.name] for field in dataclass_fields(ArticleContent)}
        values["category"] = values["category"] and values["category"].pk
        values["tags"] = tuple(tag.pk for tag in Tag.objects.named(values["tags"]))
        values["regions"] = tuple(region.pk for region in values["regions"])
        return ArticleContent(**values)
