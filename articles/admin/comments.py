"""The form by which people at the desk comment on a version, answer, settle and open again."""

from django import forms

from articles import comments
from articles.comments import BadComment
from articles.models import Comment, Revision

ADD, REPLY, RESOLVE, REOPEN = "add", "reply", "resolve", "reopen"


class CommentForm(forms.Form):
    """Limits and places are checked by comments.py, which knows them."""

    action = forms.ChoiceField(choices=[(name, name) for name in (ADD, REPLY, RESOLVE, REOPEN)], initial=ADD)
    comment = forms.IntegerField(required=False, min_value=1, max_value=2**53)
    part = forms.ChoiceField(label="位置", choices=[("", "整篇"), *Comment.PARTS.items()], required=False)
    quote = forms.CharField(
        label="所指文字",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": comments.QUOTE}),
        help_text="在正文里选中一段，或把它复制到这里；留空就是评论整篇。",
    )
    before = forms.CharField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(label="评论", required=False, widget=forms.Textarea(attrs={"rows": 3, "maxlength": comments.TEXT}))


def write_comment(form: CommentForm, revision: Revision, by) -> Comment | None:
    """Do what the form says. None: it can't be done, and the form says why and still holds the words."""
    if not form.is_valid():
        return None
    data = form.cleaned_data
    try:
        if data["action"] == ADD:
            return comments.add(revision, by=by, **{name: data[name] for name in ("text", "part", "quote", "before")})
        return _on(Comment.objects.filter(article=revision.article_id, pk=data["comment"]).first(), data, by)
    except BadComment as refusal:
        form.add_error(None, str(refusal))
        return None


def _on(comment: Comment | None, data: dict, by) -> Comment:
    if comment is None:
        raise BadComment("没有这条评论")
    if data["action"] == REPLY:
        return comments.reply(comment, by=by, text=data["text"])
    if data["action"] == RESOLVE:
        comments.resolve(comment, by=by)
    else:
        comments.reopen(comment)
    return comment
