"""The page where a version is read as readers will see it, beside what was said about it and the verdict; and preview links."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from articles import checklist, comments, workflow
from articles.addresses import site_url
from articles.admin.comments import CommentForm, write_comment
from articles.admin.comparing import compare_address
from articles.admin.panel import button
from articles.changes import changes
from articles.models import Revision
from articles.pages import preview_context
from articles.workflow import PREVIEW_DAYS, NotAllowed

State = Revision.State
SHARE, REVOKE = "share", "revoke"


class ShareForm(forms.Form):
    action = forms.ChoiceField(choices=[(SHARE, SHARE), (REVOKE, REVOKE)])
    days = forms.TypedChoiceField(choices=[(days, f"{days} 天") for days in PREVIEW_DAYS], coerce=int, empty_value=7, required=False)


def review_address(revision: Revision) -> str:
    return reverse("admin:articles_article_review", args=[revision.article_id, revision.pk])


def review_view(model_admin, request, id, revision):
    """Read, compare, comment, decide. A POST is a comment; the verdicts are verbs like any other."""
    found = _revision(model_admin, request, id, revision)
    form = CommentForm()
    if request.method == "POST":
        form = CommentForm(request.POST)
        if comment := write_comment(form, found, request.user):
            return HttpResponseRedirect(f"{review_address(found)}#comment-{comment.pk}")
    context = preview_context(found.content) | _state(found) | _compared(found)
    threads = comments.threads(found)
    context |= {
        "form": form,
        "new": CommentForm() if form.data.get("comment") else form,  # what was refused in a thread stands in the thread
        "open_threads": [thread for thread in threads if not thread.comment.resolved_at],
        "settled_threads": [thread for thread in threads if thread.comment.resolved_at],
        "findings": checklist.of(found),
        "verdicts": [button(verb, found, request.user) for verb in ("approve", "reject")],
        "links": [(each, site_url(request) + reverse("preview", args=[each.token])) for each in workflow.shared_previews(found)],
        "why_not_share": workflow.why_not_share(found, request.user),
        "share_days": PREVIEW_DAYS,
    }
    return render(request, "admin/articles/article/review.html", context, status=400 if form.errors else 200)


def share_view(model_admin, request, id, revision):
    """Make a link to this version, or end all links to the article."""
    found, form = _revision(model_admin, request, id, revision), ShareForm(request.POST)
    try:
        if not form.is_valid():
            raise NotAllowed("请选择链接的有效天数")
        if form.cleaned_data["action"] == REVOKE:
            workflow.revoke_previews(found.article, by=request.user)
            messages.success(request, "此文章以前的预览链接已全部失效。")
        else:
            workflow.share_preview(found, by=request.user, days=form.cleaned_data["days"])
            messages.success(request, "预览链接已生成。")
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(f"{review_address(found)}#links")


def _revision(model_admin, request, id, revision) -> Revision:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    rows = Revision.objects.select_related("article__live_revision", "article__latest_revision", "author", "reviewer", "base_revision")
    return get_object_or_404(rows, pk=revision, article=id)


def _state(revision: Revision) -> dict:
    digest = revision.content.digest()
    return {
        "revision": revision,
        "digest": digest,
        "newer": revision.article.latest_revision if revision.article.latest_revision_id != revision.pk else None,
        "approval_void": bool(revision.approved_digest and revision.approved_digest != digest),
        "opinions": revision.events.filter(verb__in=("submit", "approve", "reject")).exclude(note="").select_related("by"),
    }


def _compared(revision: Revision) -> dict:
    """With what readers see; where they see nothing, or this version, with the one that was reviewed before."""
    live = revision.article.live_revision
    earlier = revision.article.revisions.filter(pk__lt=revision.pk, reviewed_at__isnull=False).exclude(pk=live and live.pk).first()
    base = live if live and live.pk < revision.pk else earlier
    if base is None:
        return {"base": None}
    others = [compare_address(other, revision) for other in [earlier] if other and other != base]
    return {
        "base": base,
        "base_is_live": base == live,
        "changes": changes(base.content, revision.content),
        "earlier": earlier if others else None,
        "earlier_address": others[0] if others else "",
    }
