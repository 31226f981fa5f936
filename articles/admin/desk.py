"""What waits, as a queue, and what is to come, as a calendar."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils import timezone

from articles import desk
from articles.forms.desk import LAST_PAGE, MonthForm, PositionForm

ONLY = {"": "全部", "mine": "我认领的", "unassigned": "没人认领的", "overdue": "已过期限的"}


def queue_view(model_admin, request):
    """Stage by stage, what this person can do something about."""
    stages = desk.stages_of(request.user) if model_admin.has_view_permission(request) else []
    if not stages:
        raise PermissionDenied
    stage = request.GET.get("stage")
    stage = stage if stage in stages else stages[0]
    only = request.GET.get("only", "") if stage == "review" and request.GET.get("only") in ONLY else ""
    page = PositionForm(request.GET).position().page
    rows, more = desk.queue(request.user, stage, only, page)
    context = model_admin.admin_site.each_context(request) | {
        "title": "待办队列",
        "opts": model_admin.opts,
        "stages": [(name, desk.STAGES[name].label, name == stage) for name in stages],
        "stage": stage,
        "label": desk.STAGES[stage].label,
        "empty": desk.STAGES[stage].empty,
        "filters": [(value, label, value == only) for value, label in ONLY.items()] if stage == "review" else [],
        "only": only,
        "rows": rows,
        "page": page,
        "newer": page - 1,
        "older": page + 1 if more and page < LAST_PAGE else 0,
    }
    return TemplateResponse(request, "admin/articles/article/queue.html", context)


def calendar_view(model_admin, request):
    """A month of scheduled and expiring work, or one day of it."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    form = MonthForm(request.GET)
    month, day = form.chosen()
    context = model_admin.admin_site.each_context(request) | {
        "title": f"日历：{day.year} 年 {day.month} 月 {day.day} 日" if day else f"日历：{month.year} 年 {month.month} 月",
        "opts": model_admin.opts,
        "form": form,
        "month": month,
        "before": (month - timedelta(days=1)).replace(day=1),
        "after": (month + timedelta(days=31)).replace(day=1),
        "today": timezone.localdate(),
        "day": day and desk.day(day),
        "weeks": [] if day else desk.month(month),
        "weekdays": ["一", "二", "三", "四", "五", "六", "日"],
    }
    return TemplateResponse(request, "admin/articles/article/calendar.html", context, status=200 if form.is_valid() else 400)
