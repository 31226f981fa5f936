"""All open warnings of the site: how many of each check, and the articles that they are about, the newest first."""

from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path

from articles.checklist import CHECKS, PARTS
from articles.models import Category, OpenWarning
from articles.read_only import ReadOnlyAdmin

SHOWN = 50  # a page
COUNTED = 1000  # more than so many of one check are not counted


class WarningFilter(forms.Form):
    """What the address asks for. What makes no sense there is left out, not refused."""

    code = forms.ChoiceField(required=False, choices=[(code, check.label) for code, check in CHECKS.items()])
    level = forms.ChoiceField(label="级别", required=False, choices=[("", "全部"), *OpenWarning.Level.choices])
    category = forms.ModelChoiceField(Category.objects, label="栏目", required=False, empty_label="全部")
    before = forms.IntegerField(required=False, min_value=1, max_value=10**15)

    def wanted(self) -> dict:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


@admin.register(OpenWarning)
class OpenWarningAdmin(ReadOnlyAdmin):
    """One page, to work off. A warning goes when its article is mended, or somebody says that nothing is wrong with it."""

    def has_module_permission(self, request):
        return request.user.has_perm("articles.view_article")

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("articles.view_article")

    def get_urls(self):
        return [path("", self.admin_site.admin_view(self.changelist_view), name="articles_openwarning_changelist")]

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = WarningFilter(request.GET)
        wanted = form.wanted()
        before = wanted.pop("before", None)
        rows = OpenWarning.objects.filter(**wanted).select_related("article", "category")
        page = list(rows.filter(pk__lt=before)[: SHOWN + 1] if before else rows[: SHOWN + 1])
        context = self.admin_site.each_context(request) | {
            "title": "待处理提醒",
            "opts": self.opts,
            "form": form,
            "checks": _checks(wanted),
            "chosen": CHECKS.get(wanted.get("code")),
            "everything": _address(wanted | {"code": None}),
            "warnings": [(warning, CHECKS.get(warning.code), PARTS.get(warning.part, "")) for warning in page[:SHOWN]],
            "older": _address(wanted | {"before": page[SHOWN - 1].pk}) if len(page) > SHOWN else "",
            "newest": _address(wanted) if before else "",
        }
        return TemplateResponse(request, "admin/articles/openwarning/change_list.html", context)


def _checks(wanted: dict) -> list[dict]:
    """Every check of which there is something, with how many and where they are listed."""
    narrowed = OpenWarning.objects.filter(**{name: value for name, value in wanted.items() if name != "code"}).order_by()
    found = []
    for code, check in CHECKS.items():
        if count := narrowed.filter(code=code)[: COUNTED + 1].count():
            shown = f"{COUNTED}+" if count > COUNTED else str(count)
            found.append({"check": check, "count": shown, "here": wanted.get("code") == code, "address": _address(wanted | {"code": code})})
    return found


def _address(wanted: dict) -> str:
    values = {name: value.pk if isinstance(value, Category) else value for name, value in wanted.items() if value}
    return "?" + urlencode(values)
