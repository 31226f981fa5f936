"""Articles: the list, the form, the history; the workflow box above the form is panel.py."""

import base64
import hashlib
import re

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from articles import addresses, autosave, comments, workflow  # noqa: F401  (addresses registers the converters)
from articles.admin.autosave import autosave_view, form_context
from articles.admin.comparing import compare_view
from articles.admin.conflict import conflict_view
from articles.admin.desk import calendar_view, queue_view
from articles.admin.duplicates import TypedForm, nearest
from articles.admin.listing import change_filter, keep_filter, list_view
from articles.admin.log import VERB_LABELS
from articles.admin.merging import merge_pair
from articles.admin.panel import ACTIONS, VerbForm, panel_context
from articles.admin.preview import unsaved_preview
from articles.admin.related import related_view
from articles.admin.reviewing import review_address, review_view, share_view
from articles.admin.saving import keep_refused, save
from articles.forms import ArticleForm
from articles.models import Article, Revision
from articles.pages import preview_context
from articles.workflow import VERBS, NotAllowed

_IMPORT_MAP = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


def csp_hash(content: str) -> str:
    """The CSP source that allows this one inline content."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def import_map_hash(media) -> str:
    """Browsers accept an import map only inline, so the editor's is allowed by its hash."""
    return csp_hash(_IMPORT_MAP.search(str(media))[1])


def _after(request, id: int) -> str:
    """Where a pressed button leads: to the page that it stood on."""
    if request.POST.get("back") == "queue":
        return f"{reverse('admin:articles_article_queue')}?stage=review"
    return reverse("admin:articles_article_change", args=[id])


EMPTY_STYLE = csp_hash("")  # the empty element by which static/editor.js keeps the editor from adding a full one


EDITING = [
    (None, {"fields": ["title", "not_duplicate_because", "short_answer", "body"]}),
    (_("归类"), {"fields": ["category", "tags", "regions", "kind", "provenance"]}),
    (_("依据与有效期"), {"fields": ["sources", "valid_from", "valid_until", "successor"]}),
    (_("其他"), {"fields": ["phrasings", "note", "parent", "window"]}),
    (_("提交审核"), {"fields": ["due_in"]}),
]
# What is said with a change to a page that readers know.
EDITING_PUBLIC = [*EDITING[:-1], (_("提交审核"), {"fields": ["weight", "public_note", "due_in"]})]
READING = [(None, {"fields": ["reading"]})]


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    form = ArticleForm
    search_fields = ["title"]  # for choosing an article in a form; the list has its own search

    def has_delete_permission(self, request, obj=None):
        return False  # an article that must go is withdrawn; its address and its history stay

    # The form

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        form.slot = autosave.slot(request.user, obj) if "restore" in request.GET else None
        return form

    def get_fieldsets(self, request, obj=None):
        if not self._may_write(request, obj):
            return READING
        return EDITING_PUBLIC if obj and obj.has_been_public else EDITING

    def get_readonly_fields(self, request, obj=None):
        return [] if self._may_write(request, obj) else ["reading"]

    def _may_write(self, request, obj):
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    @admin.display(description=_("内容"))
    def reading(self, article):
        return format_html('<a href="{}">{}</a>', review_address(article.latest_revision), _("按读者看到的样子阅读此版本"))

    def save_model(self, request, obj, form, change):
        revision = save(request, form, obj if change else None)
        obj.pk = revision.article_id
        obj.title = revision.content.title

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        form = context["adminform"].form
        if form.is_bound and form.in_conflict and keep_refused(request, form, obj):
            return HttpResponseRedirect(reverse("admin:articles_article_conflict", args=[obj.pk]))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(self, request, obj, post_url_continue=None):
        return self._stay(request, obj)

    def response_change(self, request, obj):
        return self._stay(request, obj)

    def _stay(self, request, obj):
        # By this the browser knows which of the copies it holds are saved.
        saved = f"?{urlencode({'saved': request.POST['window']})}" if request.POST.get("window") else ""
        return HttpResponseRedirect(reverse("admin:articles_article_change", args=[obj.pk]) + saved)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        article = self.get_object(request, object_id) if object_id else None
        panel = {"may_write": self._may_write(request, article), "title": article.title if article else "写文章", "subtitle": None}
        if article and article.latest_revision:
            threads = [thread for thread in comments.threads(article.latest_revision) if not thread.comment.resolved_at]
            panel |= {"panel": panel_context(article, request.user), "article": article, "open_threads": threads}
        if panel["may_write"]:
            panel["autosave"] = form_context(request, article)
        response = super().changeform_view(request, object_id, form_url, (extra_context or {}) | panel)
        if hasattr(response, "context_data"):
            response._csp_update = {"script-src": import_map_hash(self.get_form(request)().media), "style-src": EMPTY_STYLE}
        return response

    # Further addresses

    def changelist_view(self, request, extra_context=None):
        return list_view(self, request)

    def get_urls(self):
        own = [
            path("queue/", self.admin_site.admin_view(self.queue_view), name="articles_article_queue"),
            path("calendar/", self.admin_site.admin_view(self.calendar_view), name="articles_article_calendar"),
            path("filters/", self.admin_site.admin_view(require_POST(self.keep_filter_view)), name="articles_article_keep_filter"),
            path("filters/<id:id>/", self.admin_site.admin_view(require_POST(self.filter_view)), name="articles_article_filter"),
            path("merge/", self.admin_site.admin_view(self.merge_view), name="articles_article_merge_pair"),
            path("preview/", self.admin_site.admin_view(require_POST(self.unsaved_preview_view)), name="articles_article_unsaved_preview"),
            path("duplicates/", self.admin_site.admin_view(self.duplicates_view), name="articles_article_duplicates"),
            path("autosave/", self.admin_site.admin_view(self.autosave_view), name="articles_article_autosave_new"),
            path("<id:id>/autosave/", self.admin_site.admin_view(self.autosave_view), name="articles_article_autosave"),
            path("<id:id>/conflict/", self.admin_site.admin_view(self.conflict_view), name="articles_article_conflict"),
            path("<id:id>/preview/<id:revision>/", self.admin_site.admin_view(self.preview_view), name="articles_article_preview"),
            path("<id:id>/review/<id:revision>/", self.admin_site.admin_view(self.review_view), name="articles_article_review"),
            path("<id:id>/share/<id:revision>/", self.admin_site.admin_view(require_POST(self.share_view)), name="articles_article_share"),
            path("<id:id>/compare/", self.admin_site.admin_view(self.compare_view), name="articles_article_compare"),
            path("<id:id>/related/", self.admin_site.admin_view(self.related_view), name="articles_article_related"),
            path("<id:id>/<slug:verb>/do/", self.admin_site.admin_view(require_POST(self.verb_view)), name="articles_article_verb"),
        ]
        return own + super().get_urls()

    def queue_view(self, request):
        return queue_view(self, request)

    def calendar_view(self, request):
        return calendar_view(self, request)

    def keep_filter_view(self, request):
        return keep_filter(self, request)

    def filter_view(self, request, id):
        return change_filter(self, request, id)

    def duplicates_view(self, request):
        """What asks nearly the same as the question that is being typed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = TypedForm(request.GET)
        if not form.is_valid():
            return JsonResponse({"error": "应有问题 title；article 是文章的编号。"}, status=400)
        return JsonResponse(nearest(form))

    def unsaved_preview_view(self, request):
        """The form's words as readers would see them."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        return unsaved_preview(request)

    def autosave_view(self, request, id=None):
        return autosave_view(request, self._to_write(request, id))

    def conflict_view(self, request, id):
        """What this editor and another changed differently."""
        article = self._to_write(request, id)
        context = self.admin_site.each_context(request) | {"opts": self.opts}
        return conflict_view(request, article, self.get_form(request, article, change=True), context)

    def _to_write(self, request, id):
        """The article of this id, None for a new one; refused to who may not write it."""
        article = get_object_or_404(Article.objects.select_related("latest_revision__author"), pk=id) if id else None
        if not self._may_write(request, article):
            raise PermissionDenied
        return article

    def preview_view(self, request, id, revision):
        """A revision as readers would see it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = get_object_or_404(Revision.objects.select_related("article"), pk=revision, article=id)
        return render(request, "articles/article.html", preview_context(found.content) | {"preview": found})

    def merge_view(self, request):
        """Two pages side by side, to make one of them; or the choice of the other one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return merge_pair(request, self.admin_site.each_context(request) | {"opts": self.opts})

    def review_view(self, request, id, revision):
        return review_view(self, request, id, revision)

    def share_view(self, request, id, revision):
        return share_view(self, request, id, revision)

    def compare_view(self, request, id):
        return compare_view(self, request, id)

    def related_view(self, request, id):
        return related_view(self, request, id)

    def history_view(self, request, object_id, extra_context=None):
        article = self.get_object(request, object_id)
        if article is None:
            raise Http404
        if not self.has_view_permission(request, article):
            raise PermissionDenied
        revisions = article.revisions.select_related("author", "reviewer", "article")[:200]
        context = self.admin_site.each_context(request) | {
            "title": f"历史：{article.title}",
            "opts": self.opts,
            "article": article,
            "events": article.events.select_related("by", "revision")[:500],
            "revisions": [(revision, workflow.why_not("revert", revision, request.user)) for revision in revisions],
            "verbs": VERB_LABELS,
        }
        return render(request, "admin/articles/article/history.html", context)

    def verb_view(self, request, id, verb):
        """Do what a button of the panel says, or say why not."""
        form = VerbForm(request.POST)
        back = HttpResponseRedirect(_after(request, id))
        if verb not in ACTIONS or not self.has_view_permission(request):
            raise Http404
        if not form.is_valid():
            messages.error(request, "；".join(error for errors in form.errors.values() for error in errors))
            return back
        revision = get_object_or_404(Revision.objects.select_related("article"), pk=form.cleaned_data["revision"], article=id)
        try:
            said = ACTIONS[verb](revision, request.user, form.cleaned_data | {"declared": form.declared()})
        except NotAllowed as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"完成：{VERBS[verb].label}" + (f"，{said}" if isinstance(said, str) else ""))
        return back
