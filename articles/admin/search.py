"""What editors change about search: synonyms, and results that stand first."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.admin.effect import TYPED, effect
from articles.models import Promotion, SynonymGroup
from articles.search import QUERY_LIMIT
from articles.search.promotions import SHOWN
from articles.text import strip_controls

PREVIEW = "_preview"  # the button that shows what saving would do


class SynonymGroupForm(forms.ModelForm):
    class Meta:
        model = SynonymGroup
        fields = ["words"]
        widgets = {"words": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})}

    def is_valid(self):
        return super().is_valid() and PREVIEW not in self.data  # looked at is not saved

    def clean(self):
        # Until the request's transaction ends nobody else can put one of these words into another group; search reads on.
        # SQLite lets one transaction write at a time anyway.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {SynonymGroup._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        return super().clean()


@admin.register(SynonymGroup)
class SynonymGroupAdmin(admin.ModelAdmin):
    form = SynonymGroupForm
    list_display = ["words", "updated_at"]
    search_fields = ["words"]
    search_help_text = _("按词语查找")
    list_per_page = 50

    class Media:
        css = {"all": ["search-admin.css"]}

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        typed = _lines(request.POST.get("trial", ""))
        response = super().changeform_view(
            request, object_id, form_url, {"trial": "\n".join(typed), "trials": TYPED} | (extra_context or {})
        )
        if PREVIEW in request.POST and hasattr(response, "context_data") and not response.context_data["errors"]:
            # Not earlier: searching takes its time, and on SQLite super() keeps everybody else from writing.
            response.context_data["effect"] = effect(response.context_data["adminform"].form.instance, typed)
        return response


def _lines(text: str) -> list[str]:
    lines = (strip_controls(line).strip()[:QUERY_LIMIT] for line in text.splitlines())
    return list(filter(None, lines))[:TYPED]


class StateFilter(admin.SimpleListFilter):
    title = _("状态")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("running", _("进行中")), ("waiting", _("未开始")), ("over", _("已结束"))]

    def queryset(self, request, queryset):
        now = timezone.now()
        chosen = {"running": Promotion.running(), "waiting": Q(starts_at__gt=now), "over": Q(ends_at__lte=now)}
        return queryset.filter(chosen[self.value()]) if self.value() in chosen else queryset


def _may_be_id(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 19


class IdSelect(AutocompleteSelect):
    """Django's own hands the database whatever was sent, and fails over what no id can be."""

    def value_from_datadict(self, data, files, name):
        value = super().value_from_datadict(data, files, name)
        return value if not value or _may_be_id(value) else "0"

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, list(filter(_may_be_id, value)), attr)


@admin.register(Promotion)
class PromotionAdmin(admin.ModelAdmin):
    list_display = ["query", "article", "region", "state", "starts_at", "ends_at", "position"]
    list_filter = [StateFilter]
    list_select_related = ["article", "region"]
    list_per_page = 50
    search_fields = ["query", "article__title"]
    search_help_text = _("按搜索词或文章查找")
    autocomplete_fields = ["article", "region"]
    fields = ["query", "article", "region", "position", "starts_at", "ends_at"]

    def get_changeform_initial_data(self, request):
        # A link may fill in what is text; Django's time widgets fail over what is no time.
        return {name: value for name, value in request.GET.items() if name in ("query", "article", "region")}

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        return super().formfield_for_foreignkey(db_field, request, **{"widget": IdSelect(db_field, self.admin_site)} | kwargs)

    @admin.display(description=_("状态"))
    def state(self, promotion):
        if promotion.starts_at > timezone.now():
            return _("未开始")
        if promotion.ends_at and promotion.ends_at <= timezone.now():
            return _("已结束")
        return _("进行中") if promotion.article.visible else _("文章未公开，不显示")

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        running = Promotion.objects.filter(Promotion.running(), key=obj.key, region=obj.region).count()
        if running > SHOWN:
            self.message_user(request, f"“{obj.query}”现在有 {running} 条推荐，读者只看到位置最前的 {SHOWN} 篇。", messages.WARNING)
