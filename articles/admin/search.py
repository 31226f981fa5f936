"""What editors change about search: synonyms, and results that stand first."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import connection
from django.db.models import Case, Q, When
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from articles.admin.effect import TYPED, effect
from articles.models import Article, Promotion, SynonymGroup
from articles.search import QUERY_LIMIT
from articles.search.promotions import SHOWN
from articles.text import normalise, question, strip_controls

PREVIEW = "_preview"  # the button that shows what saving would do


class SynonymGroupForm(forms.ModelForm):
    seen = forms.CharField(required=False, widget=forms.HiddenInput)  # the stamp of the group as the page showed it

    class Meta:
        model = SynonymGroup
        fields = ["words"]
        widgets = {"words": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["seen"] = str(self.instance.stamp) if self.instance.pk else ""

    def is_valid(self):
        return super().is_valid() and PREVIEW not in self.data  # looked at is not saved

    def clean(self):
        # Until the request's transaction ends nobody else can put one of these words into another group; search reads on.
        # SQLite lets one transaction write at a time anyway.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {SynonymGroup._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        self._refuse_if_stale()
        return super().clean()

    def _refuse_if_stale(self):
        now = SynonymGroup.objects.filter(pk=self.instance.pk).first()
        if now and self.cleaned_data.get("seen") not in ("", str(now.stamp)):
            # Saved once more, knowingly, the words of this form stand.
            self.data = self.data.copy()
            self.data["seen"] = str(now.stamp)
            raise forms.ValidationError(
                f"您打开之后，这一组已经被改成“{now.words}”。您写的还在下面，没有保存；再保存一次，就以您写的为准。"
            )


@admin.register(SynonymGroup)
class SynonymGroupAdmin(admin.ModelAdmin):
    form = SynonymGroupForm
    list_display = ["words", "updated_at"]
    search_fields = ["words"]
    search_help_text = _("按词语查找")
    list_per_page = 50
    fields = ["words"]

    class Media:
        css = {"all": ["search-admin.css"]}

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        typed = _lines(request.POST.get("trial", request.GET.get("trial", "")))
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


class ArticleLookup(AutocompleteJsonView):
    """Articles by words of their titles, as Django looks them up, or by number: “#49”, “49”."""

    def get_queryset(self):
        found, number = super().get_queryset(), normalise(self.term).removeprefix("#")
        if not _may_be_id(number):
            return found
        meant = Q(pk=number)
        return (found | Article.objects.filter(meant)).order_by(Case(When(meant, then=0), default=1), "-pk")


class IdSelect(AutocompleteSelect):
    """Django's own hands the database whatever was sent, and fails over what no id can be."""

    def value_from_datadict(self, data, files, name):
        value = super().value_from_datadict(data, files, name)
        return value if not value or _may_be_id(value) else "0"

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, list(filter(_may_be_id, value)), attr)


class ArticleSelect(IdSelect):
    url_name = "%s:articles_promotion_articles"


class PromotionForm(forms.ModelForm):
    def _post_clean(self):
        super()._post_clean()
        # The instance is tidy by now: “全国” has become everybody.
        if not self.errors and (other := _same_at_that_time(self.instance)):
            self.add_error(None, f"这篇文章已经推荐给这句话和这个地区（{_period(other)}）。请改那一条，或者错开时间。")


def _same_at_that_time(promotion: Promotion) -> Promotion | None:
    same = Promotion.objects.filter(key=question(promotion.query), article=promotion.article, region=promotion.region)
    overlapping = Q(ends_at=None) | Q(ends_at__gt=promotion.starts_at)
    if promotion.ends_at:
        overlapping &= Q(starts_at__lt=promotion.ends_at)
    return same.exclude(pk=promotion.pk).filter(overlapping).first()


def _period(promotion: Promotion) -> str:
    times = (promotion.starts_at, promotion.ends_at)
    start, end = (time and date_format(timezone.localtime(time), "DATETIME_FORMAT") for time in times)
    return f"{start} 到 {end}" if end else f"{start} 起，一直有效"


@admin.register(Promotion)
class PromotionAdmin(admin.ModelAdmin):
    form = PromotionForm
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
        widget = ArticleSelect if db_field.name == "article" else IdSelect
        return super().formfield_for_foreignkey(db_field, request, **{"widget": widget(db_field, self.admin_site)} | kwargs)

    def get_urls(self):
        lookup = self.admin_site.admin_view(ArticleLookup.as_view(admin_site=self.admin_site))
        return [path("articles/", lookup, name="articles_promotion_articles"), *super().get_urls()]

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
