"""From a valid form to a saved draft, and what the editor is told; the words of one that is refused are kept."""

from django.contrib import messages
from django.http import HttpRequest

from articles import autosave, workflow
from articles.forms import ArticleForm
from articles.models import Article, Revision

SUBMITTABLE = workflow.VERBS["submit"].starts


def save(request: HttpRequest, form: ArticleForm, article: Article | None) -> Revision:
    """Store what the form has come to, once: the same words sent twice make one revision."""
    reconciled = form.reconciled
    revision = reconciled.saved or _save(request, form, article)
    if "_submit" in form.data and revision.state in SUBMITTABLE:
        because = form.cleaned_data["not_duplicate_because"]
        workflow.submit(revision, by=request.user, not_duplicate_because=because, **form.declared())
    autosave.empty(request.user, article, form.cleaned_data["window"])
    messages.success(request, "已提交审核。" if "_submit" in form.data else "草稿已保存。")
    return revision


def _save(request: HttpRequest, form: ArticleForm, article: Article | None) -> Revision:
    if article and article.revisions.filter(state=Revision.State.APPROVED, publish_at__isnull=False).exists():
        messages.warning(request, "原来排定的定时发布已经取消，新稿审核后请重新排定。")
    since, note = form.reconciled.since, form.cleaned_data["note"]
    if since:
        messages.info(request, f"您编辑期间，{_names(since)} 保存过新的版本；双方改的是不同的地方，已经合并，请通读一遍。")
    return workflow.save_draft(
        form.to_save,
        by=request.user,
        article=article,
        parent=since[-1].pk if since else form.cleaned_data["parent"],
        note=merge_note(note, since),
    )


def merge_note(note: str, since: list[Revision]) -> str:
    """The note of a revision that holds others' words as well."""
    merged = f"与 {'、'.join(f'#{revision.pk}' for revision in since[-5:])}（{_names(since)}）合并" if since else ""
    return "；".join(filter(None, (note, merged)))[:500]


def _names(since: list[Revision]) -> str:
    return "、".join(dict.fromkeys(autosave.name_of(revision.author) if revision.author else "系统" for revision in since))


def keep_refused(request: HttpRequest, form: ArticleForm, article: Article) -> bool:
    """Put the words of a refused save where closing the tab does not lose them; False where another window's are waiting there."""
    sent = form.cleaned_data
    try:
        autosave.keep(ArticleForm.typed(form.data), by=request.user, article=article, parent=sent["parent"], window=sent["window"])
    except autosave.NotKept as reason:
        form.add_error(None, f"{reason}。请先处理那些文字；这里的仍在下面的表单里")
        return False
    return True
