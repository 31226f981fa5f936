"""Tags as a vocabulary: aliases, how much each is used, merging, cleaning up, suggestions while somebody writes."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from articles import workflow
from articles.admin.vocabulary import VocabularyAdmin
from articles.content import LIMITS
from articles.models import Tag, TagAlias, TaggedArticle, take_event_lock
from articles.tagging import suggested
from articles.text import strip_controls
from articles.workflow import NotAllowed

MERGED_AT_ONCE = 20


class AliasInline(admin.TabularInline):
    model = TagAlias
    extra = 1
    verbose_name_plural = _("别名：输入这些词的人，得到这个标签")


class UseFilter(admin.SimpleListFilter):
    title = _("使用情况")
    parameter_name = "use"

    def lookups(self, request, model_admin):
        return [("unused", _("未使用，可以删除")), ("merged", _("已并入别的标签"))]

    def queryset(self, request, queryset):
        if self.value() == "merged":
            return queryset.exclude(merged_into=None)
        if self.value() == "unused":
            return queryset.filter(pk__in=Tag.objects.unused().values("pk"))
        return queryset.current()


class TagMergeForm(forms.Form):
    into = forms.TypedChoiceField(coerce=int, widget=forms.RadioSelect, label="保留", error_messages={"required": "请选择保留哪个标签"})

    def __init__(self, tags, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["into"].choices = [(tag.pk, f"{tag.name}（{tag.uses} 篇）") for tag in tags]


@admin.register(Tag)
class TagAdmin(VocabularyAdmin):
    list_display = ["name", "uses", "also_called", "slug"]
    list_filter = [UseFilter]
    list_per_page = 50
    search_fields = ["name", "aliases__name", "absorbed__name"]
    search_help_text = _("按名称或别名查找")
    fields = ["name", "slug"]
    inlines = [AliasInline]
    actions = ["merge_selected", "delete_selected_unused"]
    show_full_result_count = False

    def get_queryset(self, request):
        """With the number of public articles of each: an index answers it for the tags of one page, or all of them to sort by it."""
        links = TaggedArticle.objects.published().filter(tag=OuterRef("pk")).order_by().values("tag")
        uses = Subquery(links.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
        return super().get_queryset(request).annotate(uses=Coalesce(uses, 0)).select_related("merged_into").prefetch_related("aliases")

    @admin.display(description=_("公开文章"), ordering="uses")
    def uses(self, tag):
        return tag.uses

    @admin.display(description=_("别名"))
    def also_called(self, tag):
        return f"已并入“{tag.merged_into}”" if tag.merged_into else "、".join(alias.name for alias in tag.aliases.all()) or "—"

    def has_delete_permission(self, request, obj=None):
        return False  # by the action below alone, which looks whether anything rests on them

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.merged_into_id)

    def save_model(self, request, obj, form, change):
        take_event_lock()
        super().save_model(request, obj, form, change)

    # Merging and cleaning up

    @admin.action(description=_("合并所选标签"), permissions=["change"])
    def merge_selected(self, request, queryset):
        tags = list(queryset[: MERGED_AT_ONCE + 1])
        if not 2 <= len(tags) <= MERGED_AT_ONCE:
            self.message_user(request, f"请选 2 到 {MERGED_AT_ONCE} 个标签。", messages.ERROR)
            return None
        most_used = max(tags, key=lambda tag: tag.uses)
        form = TagMergeForm(tags, request.POST if "_confirmed" in request.POST else None, initial={"into": most_used.pk})
        if form.is_valid():
            return self._merge(request, tags, form.cleaned_data["into"])
        context = {"title": "合并标签", "form": form, "tags": tags, "action": "merge_selected"}
        return self._confirmation(request, context, status=400 if form.errors else 200)

    def _merge(self, request, tags, into):
        kept = next(tag for tag in tags if tag.pk == into)
        try:
            for tag in tags:
                if tag != kept:
                    workflow.merge_tags(tag, into=kept, by=request.user)
        except NotAllowed as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, f"已并入“{kept}”。旧的标签页从此转到它，搜索结果几秒到几分钟内跟上。", messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())

    @admin.action(description=_("删除所选的未使用标签"), permissions=["change"])
    def delete_selected_unused(self, request, queryset):
        unused = list(Tag.objects.unused().filter(pk__in=queryset.values("pk")).order_by("name"))
        if not unused:
            self.message_user(request, "所选的标签都在使用（有文章、草稿或并入它的标签），不能删除。", messages.ERROR)
            return None
        if "_confirmed" not in request.POST:
            context = {
                "title": "删除未使用的标签",
                "tags": unused,
                "action": "delete_selected_unused",
                "kept": queryset.count() - len(unused),
            }
            return self._confirmation(request, context)
        names = workflow.delete_unused_tags(unused, by=request.user)
        self.message_user(request, f"已删除 {len(names)} 个未使用的标签。", messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())

    def _confirmation(self, request, context, status=200):
        context |= self.admin_site.each_context(request) | {"opts": self.opts, "selected": request.POST.getlist("_selected_action")}
        return render(request, "admin/articles/tag/confirm.html", context, status=status)

    # Suggestions for the article form

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.suggest_view))
        return [path("suggest/", view, name="articles_tag_suggest"), *super().get_urls()]

    def suggest_view(self, request):
        """What static/tags.js shows under the tag field; the text comes by POST, for it may be long."""
        if not (request.user.has_perm("articles.add_article") or request.user.has_perm("articles.change_article")):
            raise PermissionDenied
        texts = [strip_controls(request.POST.get(name, ""))[: LIMITS[name]] for name in ("title", "short_answer", "body")]
        chosen = {int(id) for id in request.POST.getlist("chosen")[:100] if id.isascii() and id.isdigit() and len(id) < 16}
        found = [{"id": tag.pk, "name": tag.name, "why": why} for tag, why in suggested(*texts, exclude=chosen)]
        return JsonResponse({"tags": found}, json_dumps_params={"ensure_ascii": False})
