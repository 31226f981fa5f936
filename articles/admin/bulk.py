"""Bulk actions: choose and preview, confirm, watch, stop, resume, undo. What is done to the articles is bulk.py's."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from articles import addresses, bulk  # noqa: F401  (addresses registers the converters)
from articles.admin.panel import public_state
from articles.forms import BulkForm
from articles.models import BulkAction
from articles.read_only import ReadOnlyAdmin
from articles.search import IndexUnavailable
from articles.workflow import NotAllowed

SHOWN = 50  # articles of a preview, actions of the list
State = BulkAction.State
VERBS = {"stop": bulk.stop, "resume": bulk.resume, "undo": bulk.undo}
SAID = {"stop": "已停止，不再改动其余的文章。", "resume": "继续执行。", "undo": "开始撤销。"}


def said_of(action: BulkAction) -> str:
    """What it does, in words; its label alone where what it names is there no more."""
    try:
        return str(bulk.operation_of(action))
    except NotAllowed:
        return bulk.OPERATIONS[action.operation].label


def state_of(action: BulkAction) -> str:
    if action.stopped_at:
        return "已停止"
    return {State.RUNNING: "正在执行", State.UNDOING: "正在撤销"}.get(action.state) or action.get_state_display()


@admin.register(BulkAction)
class BulkActionAdmin(ReadOnlyAdmin):
    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return bool(bulk.operations_for(request.user))

    def get_urls(self):
        return [
            path("", self._view(self.list_view), name="articles_bulkaction_changelist"),
            path("add/", self._view(self.compose_view), name="articles_bulkaction_add"),
            path("<id:id>/", self._view(self.progress_view), name="articles_bulkaction_change"),
            path("<id:id>/<slug:verb>/", self._view(self.verb_view, require_POST), name="articles_bulkaction_verb"),
        ]

    def _view(self, view, only=lambda view: view):
        def allowed(request, **arguments):
            if not self.has_view_permission(request):
                raise PermissionDenied
            return view(request, **arguments)

        return self.admin_site.admin_view(only(allowed))

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/articles/bulkaction/{template}.html", context, status=status)

    def list_view(self, request):
        actions = BulkAction.objects.select_related("by")[:SHOWN]
        rows = [(action, said_of(action), state_of(action)) for action in actions]
        return self._page(request, "list", {"title": "批量操作", "rows": rows})

    # Choosing, and what would come of it

    def compose_view(self, request):
        if request.method != "POST":
            return self._form(request, BulkForm(user=request.user, carried=request.GET))
        form = BulkForm(request.POST, user=request.user)
        if not form.is_valid() or "_edit" in request.POST:
            return self._form(request, form)
        try:
            return self._start(request, form) if "_confirm" in request.POST else self._preview(request, form)
        except IndexUnavailable:
            form.add_error("text", "搜索索引暂时不能用，请稍后再试，或者去掉这个条件")
        except NotAllowed as refusal:
            form.add_error(None, str(refusal))
        return self._form(request, form)

    def _form(self, request, form):
        return self._page(request, "compose", {"title": "新的批量操作", "form": form}, status=400 if form.errors else 200)

    def _preview(self, request, form):
        operation = bulk.OPERATIONS[form.cleaned_data["operation"]](form.parameters(), form.cleaned_data["reason"])
        articles = bulk.found(form.query())
        summary = bulk.summary(articles)
        related = ("category", "merged_into", "live_revision", "latest_revision")
        rows = []
        for article in articles.select_related(*related).defer("body_html", "plain_text")[:SHOWN]:
            reasons = operation.why_not(article, request.user)
            rows.append((article, public_state(article), "" if reasons else operation.change(article), reasons))
        context = {
            "title": f"核对：{operation}",
            "form": form,
            "operation": operation,
            "summary": summary,
            "rows": rows,
            "refused": sum(1 for row in rows if row[3]),
            "too_many": summary["total"] > bulk.LIMIT and bulk.LIMIT,
            "withdraws": isinstance(operation, bulk.Withdraw),
        }
        return self._page(request, "preview", context)

    def _start(self, request, form):
        expected = request.POST.get("total", "")
        action = bulk.start(
            form.cleaned_data["operation"],
            form.parameters(),
            form.query(),
            by=request.user,
            reason=form.cleaned_data["reason"],
            expected=int(expected) if expected.isascii() and expected.isdigit() and len(expected) < 10 else 0,
        )
        return HttpResponseRedirect(reverse("admin:articles_bulkaction_change", args=[action.pk]))

    # Watching

    def progress_view(self, request, id):
        action = get_object_or_404(BulkAction.objects.select_related("by", "undone_by"), pk=id)
        counts = bulk.progress(action)
        undoing = action.state in (State.UNDOING, State.UNDONE)
        before = BulkAction.objects.filter(pk__lt=id, state__in=[State.RUNNING, State.UNDOING], stopped_at=None).first()
        active = action.state in (State.RUNNING, State.UNDOING) and not action.stopped_at
        context = {
            "title": f"批量操作 #{action.pk}：{said_of(action)}",
            "action": action,
            "state": state_of(action),
            "counts": counts,
            "undoing": undoing,
            "to_do": action.total - counts["refused"] - counts["waiting"] if undoing else action.total,
            "done": counts["undone"] + counts["kept"] if undoing else action.total - counts["waiting"],
            "waits_for": before if active else None,
            "active": active,
            "verbs": _verbs(action),
            "left_out": bulk.left_out(action),
        }
        return self._page(request, "progress", context)

    def verb_view(self, request, id, verb):
        action = get_object_or_404(BulkAction, pk=id)
        if verb not in VERBS:
            return HttpResponse(status=404)
        try:
            VERBS[verb](action, by=request.user)
        except NotAllowed as refusal:
            messages.error(request, f"{refusal}。")
        else:
            messages.success(request, SAID[verb])
        return HttpResponseRedirect(reverse("admin:articles_bulkaction_change", args=[id]))


def _verbs(action: BulkAction) -> list[tuple[str, str]]:
    """The buttons that make sense now."""
    if action.stopped_at:
        return [("resume", "继续")] + ([("undo", "撤销已完成的")] if action.state == State.RUNNING else [])
    return {State.DONE: [("undo", "撤销")], State.UNDONE: []}.get(action.state, [("stop", "停止")])
