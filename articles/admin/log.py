"""The audit log, to read."""

from datetime import datetime, time, timedelta

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from articles.admin.evidence import ExportForm, export
from articles.forms.desk import SpanForm
from articles.models import Event
from articles.read_only import ReadOnlyAdmin
from articles.workflow import RELATED_CHOICES, VERBS

VERB_LABELS = {
    **{verb: rule.label for verb, rule in VERBS.items()},
    **RELATED_CHOICES,
    "save_draft": "保存草稿",
    "share_preview": "分享预览",
    "revoke_previews": "停用预览链接",
    "schedule_failed": "定时发布未成",
    "unschedule": "取消定时",
    "vocabulary": "更改栏目或标签",
    "restore": "从导出恢复",
    "absorb": "合入另一篇",
    "release": "解除合入",
    "merge_tags": "合并标签",
    "delete_tags": "删除标签",
    "import": "导入",
    "export": "导出记录",
    "refile": "改归类",
    "refile_back": "恢复原来的归类",
    "republish": "取消撤回",
    "plan_review": "改下次审核日期",
}


class VerbFilter(admin.SimpleListFilter):
    """By name, without reading the whole log for the names in it."""

    title = _("操作")
    parameter_name = "verb"

    def lookups(self, request, model_admin):
        return VERB_LABELS.items()

    def queryset(self, request, queryset):
        return queryset.filter(verb=self.value()) if self.value() else queryset


PAGE = 100


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["at", "verb_label", "article", "person", "note"]
    list_filter = [VerbFilter]
    list_select_related = ["article", "by"]
    show_full_result_count = False
    list_per_page = 50

    @admin.display(description=_("操作"), ordering="verb")
    def verb_label(self, event):
        return VERB_LABELS.get(event.verb, event.verb)

    @admin.display(description=_("操作人"), ordering="by")
    def person(self, event):
        if event.by is None:
            return "系统"
        return format_html('<a href="{}">{}</a>', reverse("admin:articles_event_person", args=[event.by_id]), event.by)

    def get_urls(self):
        own = [
            path("export/", self.admin_site.admin_view(require_GET(self.export_view)), name="articles_event_export"),
            path("people/<id:id>/", self.admin_site.admin_view(self.person_view), name="articles_event_person"),
        ]
        return own + super().get_urls()

    def export_view(self, request):
        """A file of what the address asks for; without a question the form that asks."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ExportForm(request.GET or None)
        if form.is_valid():
            return export(form, by=request.user, labels=VERB_LABELS)
        context = self.admin_site.each_context(request) | {"title": "导出操作记录", "opts": self.opts, "form": form}
        return TemplateResponse(request, "admin/articles/event/export.html", context, status=400 if form.errors else 200)

    def person_view(self, request, id):
        """All that one person has done, between two days."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        person, form = get_object_or_404(User, pk=id), SpanForm(request.GET)
        found = list(_events_of(person, form.cleaned_data)[: PAGE + 1]) if form.is_valid() else []
        kept = QueryDict(mutable=True)
        kept.update({name: request.GET[name] for name in ("since", "until") if request.GET.get(name)})
        context = self.admin_site.each_context(request) | {
            "title": f"操作记录：{person}",
            "opts": self.opts,
            "form": form,
            "rows": [(event, VERB_LABELS.get(event.verb, event.verb)) for event in found[:PAGE]],
            "query": kept.urlencode(),
            "older": found[PAGE - 1].pk if len(found) > PAGE else None,
        }
        return TemplateResponse(request, "admin/articles/event/person.html", context, status=200 if form.is_valid() else 400)


def _events_of(person, span):
    """The newest first, along one index; `before` is the event that the page before ended with."""
    found = Event.objects.filter(by=person).select_related("article").order_by("-at", "-pk")
    if span["since"]:
        found = found.filter(at__gte=_midnight(span["since"]))
    if span["until"]:
        found = found.filter(at__lt=_midnight(span["until"] + timedelta(days=1)))
    last = span["before"] and Event.objects.filter(pk=span["before"], by=person).first()
    if last:
        found = found.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk), at__lte=last.at)
    return found.only("verb", "at", "note", "article__title")


def _midnight(day):
    return timezone.make_aware(datetime.combine(day, time()))
