"""The editor's form."""

from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget, AutocompleteSelect, AutocompleteSelectMultiple
from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django_prose_editor.fields import ProseEditorFormField

from articles import workflow
from articles.content import KINDS, LIMITS, PROVENANCES, ArticleContent
from articles.forms.fields import NEW, BodyWidget, LinesField, SourcesField, SourcesWidget, TagsField
from articles.forms.submission import MAJOR, MINOR, SubmissionForm
from articles.models import Article, ArticleRegion, Autosave, Category, Region, Tag
from articles.threeway import merge

CONFLICT = "在您编辑期间，其他人保存了新的版本，并且改了您也改过的地方"


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
    window = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    user: User
    slot: Autosave | None = None  # the words to go on with, instead of those of the newest revision
    reconciled: workflow.Reconciled | None = None

    class Meta:
        model = Article
        fields = []

    class Media:
        css = {"all": ["editor.css", "writing.css", "duplicates.css", "comments.css", "autosave.css"]}
        js = ["editor.js", "tags.js", "duplicates.js", "counts.js", "shortcuts.js", "preview.js", "autosave.js"]

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
        self.initial["window"] = uuid4().hex
        if self.slot:
            data = as_sent(self.slot.fields)
            typed = {name: field.widget.value_from_datadict(data, {}, name) for name, field in self.fields.items()}
            self.initial |= typed | {"parent": self.slot.parent, "window": self.slot.window}

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
        with transaction.atomic():
            self.reconciled = self._reconcile(article)
            reasons = [CONFLICT] if self.in_conflict else workflow.why_not_save(self.to_save, article, self.user)
            if "_submit" in self.data and not self.in_conflict and not self.reconciled.saved:
                reasons += workflow.why_not_declare(self.to_save, article, **self.weighed())
                reasons += [] if self.cleaned_data["not_duplicate_because"] else workflow.why_ask_again(self.to_save, article)
            transaction.set_rollback(bool(reasons))  # no new tags for a text that is not saved
        if "_submit" in self.data and not self.user.has_perm(workflow.VERBS["submit"].permission):
            reasons.append("您没有提交审核的权限")
        return reasons

    def _reconcile(self, article: Article | None) -> workflow.Reconciled:
        content = self.content()
        if article:
            return workflow.reconcile(content, article, self.cleaned_data["parent"])
        return workflow.Reconciled(merge(content, content, content), [], workflow.just_saved(content, self.user))

    @property
    def in_conflict(self) -> bool:
        """Somebody has saved since, and changed otherwise what this editor changed."""
        return bool(self.reconciled and self.reconciled.merged.conflicts)

    @property
    def to_save(self) -> ArticleContent:
        return self.reconciled.merged.content()

    def content(self) -> ArticleContent:
        """What the form holds; tags that are new are made."""
        return workflow.tidy(self._content(tuple(tag.pk for tag in Tag.objects.named(self.cleaned_data["tags"]))))

    def _content(self, tags: tuple[int, ...]) -> ArticleContent:
        given = {field.name: self.cleaned_data[field.name] for field in dataclass_fields(ArticleContent) if field.name in self.cleaned_data}
        for name in ("category", "successor"):
            given[name] = given.get(name) and given[name].pk
        given["regions"] = tuple(region.pk for region in given.get("regions", ()))
        return ArticleContent(**{"title": "", **given, "tags": tags})

    @classmethod
    def typed(cls, data: QueryDict) -> dict[str, list[str]]:
        """Of what a browser sent, the fields that an editor fills in."""
        known = cls.base_fields.keys() - {"parent", "window"}
        return {name: data.getlist(name) for name in data if name.partition("-")[0] in known}


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


def as_sent(fields: Mapping[str, list[str]], **more: str) -> QueryDict:
    """Fields from a slot as a request brings them."""
    data = QueryDict(mutable=True)
    for name, values in fields.items():
        data.setlist(name, values)
    data.update(more)
    return data


def as_typed(content: ArticleContent) -> dict[str, list[str]]:
    """What an editor would have to fill in to get `content`."""
    plain = {name: getattr(content, name) for name in ("title", "short_answer", "body", "category", "kind", "provenance", "successor")}
    plain |= {"valid_from": content.valid_from, "valid_until": content.valid_until, "phrasings": "\n".join(content.phrasings)}
    rows = SourcesField().prepare_value(content.sources)
    return {
        **{name: ["" if value is None else str(value)] for name, value in plain.items()},
        **{f"sources-{key}": [row[key] or "" for row in rows] for key in SourcesWidget.columns},
        "tags": [NEW + tag.name for tag in Tag.objects.resolved(content.tags)],
        "regions": list(content.regions),
    }
