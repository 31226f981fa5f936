"""The audit log, to read."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from articles.admin.evidence import ExportForm, export
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


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["at", "verb_label", "article", "by", "note"]
    list_filter = [VerbFilter]
    list_select_related = ["article", "by"]
    show_full_result_count = False
    list_per_page = 50

    @admin.display(description=_("操作"), ordering="verb")
    def verb_label(self, event):
        return VERB_LABELS.get(event.verb, event.verb)

    def get_urls(self):
        view = self.admin_site.admin_view(require_GET(self.export_view))
        return [path("export/", view, name="articles_event_export"), *super().get_urls()]

    def export_view(self, request):
        """A file of what the address asks for; without a question the form that asks."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ExportForm(request.GET or None)
        if form.is_valid():
            return export(form, by=request.user, labels=VERB_LABELS)
        context = self.admin_site.each_context(request) | {"title": "导出操作记录", "opts": self.opts, "form": form}
        return TemplateResponse(request, "admin/articles/event/export.html", context, status=400 if form.errors else 200)
