"""What people type: the search form and the editor's form. Both turn input into plain values."""

from django import forms

from articles.models import Category, Region, Tag
from articles.search import QUERY_LIMIT
from articles.text import strip_controls

PAGE_SIZE = 20
LAST_PAGE = 50  # 1,000 results; deeper pages cost more and help nobody


class SearchForm(forms.Form):
    """Every parameter of /search/; what is malformed gets a 400 with a sentence, never an empty success."""

    q = forms.CharField(required=False, strip=True)
    page = forms.IntegerField(required=False, min_value=1, max_value=LAST_PAGE)
    category = forms.ModelChoiceField(Category.objects.all(), required=False, to_field_name="slug", empty_label="全部栏目", label="栏目")
    region = forms.CharField(required=False, max_length=6, label="地区")
    tag = forms.CharField(required=False, max_length=100, label="标签")

    def clean_q(self):
        return strip_controls(self.cleaned_data["q"])[:QUERY_LIMIT].strip()

    def clean_region(self):
        code = self.cleaned_data["region"]
        if code and not Region.objects.filter(pk=strip_controls(code)).exists():
            raise forms.ValidationError("没有这个地区")
        return code

    def clean_tag(self):
        slug = strip_controls(self.cleaned_data["tag"])
        if not slug:
            return None
        found = Tag.objects.filter(slug=slug).first()
        if found is None:
            raise forms.ValidationError("没有这个标签")
        return found

    @property
    def page(self) -> int:
        return self.cleaned_data["page"] or 1

    def window(self) -> dict[str, int]:
        return {"offset": (self.page - 1) * PAGE_SIZE, "limit": PAGE_SIZE}

    def chosen(self) -> dict:
        """The filters, in the words of search.Filters."""
        category, tag = self.cleaned_data["category"], self.cleaned_data["tag"]
        return {"category": category and category.pk, "tag": tag and tag.pk, "region": self.cleaned_data["region"] or None}

    def page_query(self, page: int) -> str:
        """The query string of another page of the same search."""
        data = {name: self.data.get(name) for name in ("q", "category", "region", "tag") if self.data.get(name)}
        from urllib.parse import urlencode

        return urlencode({**data, "page": page})

    def newer(self) -> str:
        return self.page_query(self.page - 1) if self.page > 1 else ""

    def older(self, total: int) -> str:
        return self.page_query(self.page + 1) if self.page * PAGE_SIZE < min(total, LAST_PAGE * PAGE_SIZE) else ""
