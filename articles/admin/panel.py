"""The workflow box above the form of an article: where it stands, a button for each verb, and what a pressed one does."""

from django import forms

from articles import checklist, comments, workflow
from articles.forms import SubmissionForm
from articles.models import Article, Revision
from articles.workflow import VERBS, NotAllowed


class VerbForm(SubmissionForm):
    """What a verb's button sends along."""

    revision = forms.IntegerField()
    seen = forms.CharField(required=False, max_length=64)  # digest of what was read before the verdict
    reason = forms.CharField(required=False, max_length=500)
    at = forms.DateTimeField(
        required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], error_messages={"invalid": "时间应写成 2026-01-31 09:00 的样子"}
    )
    on = forms.DateField(required=False, error_messages={"invalid": "日期应写成 2026-01-31 的样子"})
    into = forms.IntegerField(required=False, min_value=1, max_value=10**15, error_messages={"invalid": "请填写目标文章的编号"})


def public_state(article) -> str:
    if article.merged_into_id:
        return f"已合并到 #{article.merged_into_id}"
    if article.withdrawn_at:
        return "已撤回"
    if article.live and not article.visible:
        return "已下线" if article.gone else "定时上线"
    if article.live:
        return "公开（待复核）" if article.live_revision.needs_confirmation else "公开"
    return "未公开"


# How each verb takes what its button sent along.
ACTIONS = {
    "submit": lambda revision, by, data: _submit(revision, by, data),
    "claim": lambda revision, by, data: workflow.claim(revision, by=by),
    "approve": lambda revision, by, data: workflow.approve(revision, by=by, note=data["reason"], seen=data["seen"]),
    "reject": lambda revision, by, data: workflow.reject(revision, by=by, reason=data["reason"], seen=data["seen"]),
    "publish": lambda revision, by, data: workflow.publish(revision, by=by),
    "schedule": lambda revision, by, data: _schedule(revision, by, data["at"]),
    "force_publish": lambda revision, by, data: workflow.force_publish(revision, by=by, reason=data["reason"]),
    "confirm": lambda revision, by, data: workflow.confirm(revision, by=by),
    "recheck": lambda revision, by, data: workflow.recheck(revision.article, by=by, note=data["reason"], next_review_on=data["on"]),
    "unpublish": lambda revision, by, data: workflow.unpublish(revision.article, by=by, reason=data["reason"]),
    "merge": lambda revision, by, data: _merge(revision, by, data["into"]),
    "unmerge": lambda revision, by, data: _unmerge(revision, by),
    "revert": lambda revision, by, data: workflow.revert(revision, by=by),
}


def _submit(revision, by, data):
    workflow.submit(revision, by=by, not_duplicate_because=data["reason"], **data["declared"])
    return "文字与审核过的线上版本相同，沿用其审核，可以发布" if revision.state == Revision.State.APPROVED else None


def _schedule(revision, by, at):
    if at is None:
        raise NotAllowed("请填写定时发布的时间")
    workflow.schedule(revision, by=by, at=at)


def _merge(revision, by, into):
    target = Article.objects.filter(pk=into).first() if into else None
    if target is None:
        raise NotAllowed("没有这个编号的文章，请填写目标文章的编号")
    workflow.merge(revision.article, into=target, by=by)
    end = Article.objects.get(pk=revision.article_id).merged_into
    return f"现在转到 #{end.pk}“{end.title}”"


def _unmerge(revision, by):
    article = workflow.unmerge(revision.article, by=by)
    return f"#{article.pk} 恢复为合并以前的状态（{public_state(article)}）"


# verb: what its button asks for besides the click
_ASKS = {
    **dict.fromkeys(["approve", "reject", "force_publish", "unpublish"], "reason"),
    "recheck": "on",
    "schedule": "at",
    "merge": "into",
}
_ON_LATEST = ["submit", "claim", "approve", "reject", "publish", "schedule", "force_publish"]
_ON_LIVE = ["confirm", "recheck", "unpublish"]


def panel_context(article: Article, user) -> dict:
    """The workflow box above the form: where the article stands, and each verb with the reasons against it."""
    working, live = article.latest_revision, article.live_revision
    # After a publication both are the same revision; the verbs of a working copy then have nothing to work on.
    rows = [(verb, working) for verb in _ON_LATEST if working != live] + [(verb, live) for verb in _ON_LIVE if live and article.live]
    rows.append(("unmerge" if article.merged_into_id else "merge", working))
    verbs = [button(verb, revision, user) for verb, revision in rows]
    return {
        "merged": list(article.merged.order_by("pk")),
        "working": working,
        "opinion": working.events.filter(verb__in=("approve", "reject")).exclude(note="").select_related("by").first(),
        "public_state": public_state(article),
        "open_comments": comments.open_comments(article.pk),
        "findings": checklist.of(working),
        "verbs": verbs,
        "refused": sum(bool(verb["reasons"]) for verb in verbs),
    }


def button(verb: str, revision: Revision, user) -> dict:
    """A verb as it is offered: with what it asks for, or the reasons why it is greyed out."""
    reasons = workflow.why_not(verb, revision, user)
    twins = workflow.why_ask_again(revision.content, revision.article) if verb == "submit" and not reasons else []
    return {
        "name": verb,
        "label": VERBS[verb].label,
        "revision": revision,
        "asks": "because" if twins else _ASKS.get(verb),
        "required": VERBS[verb].needs_reason,
        "reasons": reasons,
        "warning": "；".join(twins),
        "submission": SubmissionForm(auto_id="submission_%s") if verb == "submit" and not reasons else None,
    }
