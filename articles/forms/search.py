"""The search form: every parameter of /search/, and the addresses of the same search with another one."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms

from articles.models import Category, Region, Tag
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
