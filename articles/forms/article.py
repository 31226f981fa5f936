"""The editor's form."""

from dataclasses import fields as dataclass_fields

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget, AutocompleteSelect, AutocompleteSelectMultiple
from django.db import transaction
from django.urls import reverse
from django_prose_editor.fields import ProseEditorFormField

from articles import workflow
from articles.content import KINDS, LIMITS, PROVENANCES, ArticleContent
from articles.forms.fields import BodyWidget, LinesField, SourcesField, TagsField
from articles.forms.submission import MAJOR, MINOR, SubmissionForm
from articles.models import Article, ArticleRegion, Category, Region, Tag


class ArticleForm(SubmissionForm, forms.ModelForm):
    """The editor's form: an ArticleContent in and out. Saving is the workflow's; the form writes nothing."""

    title = forms.CharField(label="问题", max_length=LIMITS["title"], widget=forms.TextInput(attrs={"class": "vTextField", "size": 80}))
    not_duplicate_because = forms.CharField(
        label="不重复的理由",
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="只在提示“很可能重复”而确实不是同一个问题时填写，提交审核时一起记下。",
    )
    short_answer = forms.CharField(
        label="简短回答",
        required=False,
        max_length=LIMITS["short_answer"],
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text="一两句话，先给结论，再写条件。没有就留空。",
    )
    body = ProseEditorFormField(label="正文", max_length=LIMITS["body"], preset="article", widget=BodyWidget)
    category = forms.ModelChoiceField(Category.objects.all(), label="栏目", required=False)
    tags = TagsField(label="标签", required=False, help_text="选择已有标签，或输入新的；逗号、顿号、分号都可分隔。")
    regions = forms.ModelMultipleChoiceField(
        Region.objects.all(),
        label="适用地区",
        required=False,
        widget=AutocompleteSelectMultiple(ArticleRegion._meta.get_field("region"), admin.site),
        help_text="留空表示全国适用。",
    )
    kind = forms.ChoiceField(label="内容类型", choices=KINDS.items(), help_text="决定文末印哪一段提示。")
    provenance = forms.ChoiceField(label="创作方式", choices=PROVENANCES.items())
    valid_from = forms.DateField(label="政策施行日", required=False, widget=AdminDateWidget)
    valid_until = forms.DateField(label="政策截止日", required=False, widget=AdminDateWidget)
    successor = forms.ModelChoiceField(
        Article.objects.all(),
        label="新的规定见",
        required=False,
        widget=AutocompleteSelect(Article._meta.get_field("successor"), admin.site),
        help_text="过了截止日以后，页面上会指给读者的那一篇。",
    )
    sources = SourcesField(label="来源", required=False)
    phrasings = LinesField(label="其他问法", required=False, help_text="每行一种问法；读者搜这些话也能找到本文。")
    note = forms.CharField(label="修改说明", required=False, max_length=500, widget=forms.TextInput(attrs={"class": "vTextField"}))
    parent = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Article
        fields = []

    class Media:
        css = {"all": ["editor.css", "writing.css", "duplicates.css", "comments.css"]}
        js = ["editor.js", "tags.js", "duplicates.js", "counts.js", "shortcuts.js", "preview.js"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title"].widget.attrs |= {
            "data-duplicates": reverse("admin:articles_article_duplicates"),
            "data-article": self.instance.pk or "",
        }
        revision = self.instance.latest_revision
        if revision:
            content = revision.content
            self.initial |= {field.name: getattr(content, field.name) for field in dataclass_fields(content)}
            self.initial["tags"] = [tag.pk for tag in Tag.objects.resolved(content.tags)]
            self.initial["parent"] = revision.pk
            declared = MINOR if revision.minor else MAJOR if revision.public_note else ""
            if revision.pk != self.instance.live_revision_id:
                self.initial |= {"weight": declared, "public_note": revision.public_note}

    def _post_clean(self):
        """The article row is written by the workflow from content(), so there is no instance to fill or validate."""

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            # Locked until the request's transaction ends, so that what is checked here still holds when it is saved.
            article = Article.objects.select_for_update().get(pk=self.instance.pk) if self.instance.pk else None
            if reasons := self._reasons(article):
                raise forms.ValidationError(reasons)
        return cleaned

    def _reasons(self, article: Article | None) -> list[str]:
        parent = self.cleaned_data["parent"]
        if article and parent and article.latest_revision_id != parent:
            # Saved once more, knowingly, the words of this form stand; the other version stays in the history.
            self.data = self.data.copy()
            self.data["parent"] = article.latest_revision_id
        with transaction.atomic():
            content = workflow.tidy(self.content())
            reasons = workflow.why_not_save(content, article, self.user, parent)
            if "_submit" in self.data:
                reasons += workflow.why_not_declare(content, article, **self.weighed())
                reasons += [] if self.cleaned_data["not_duplicate_because"] else workflow.why_ask_again(content, article)
            transaction.set_rollback(bool(reasons))  # no new tags for a text that is not saved
        if "_submit" in self.data and not self.user.has_perm(workflow.VERBS["submit"].permission):
            reasons.append("您没有提交审核的权限")
        return reasons

    def content(self) -> ArticleContent:
        """What the form holds; tags that are new are made."""
        return self._content(tuple(tag.pk for tag in Tag.objects.named(self.cleaned_data["tags"])))

    def _content(self, tags: tuple[int, ...]) -> ArticleContent:
        given = {field.name: self.cleaned_data[field.name] for field in dataclass_fields(ArticleContent) if field.name in self.cleaned_data}
        for name in ("category", "successor"):
            given[name] = given.get(name) and given[name].pk
        given["regions"] = tuple(region.pk for region in given.get("regions", ()))
        return ArticleContent(**{"title": "", **given, "tags": tags})


class UnsavedForm(ArticleForm):
    """The same form while it is being filled in: its content is what is valid so far, checked against no other article."""

    def clean(self):
        return self.cleaned_data

    def content(self) -> ArticleContent:
        """What the form holds, without its tags, of which some may not exist."""
        return self._content(())

    def tags(self) -> list[Tag]:
        """Those that exist, and unsaved ones for new names."""
        names = self.cleaned_data.get("tags", [])
        known = {tag.name: tag.survivor for tag in Tag.objects.filter(name__in=names).select_related("merged_into")}
        found = [known.get(name) or Tag(name=name, slug=Tag().slugify(name)) for name in names]
        return list({tag.name: tag for tag in found}.values())
