"""What an editor says when handing in a version: how much it changes, what readers are told, until when it should be reviewed."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from articles.models import Revision
from articles.workflow import REVIEW_DAYS

MINOR, MAJOR = "minor", "major"
WEIGHTS = {MINOR: "小改动：错字、标点、排版，“内容更新”日期不变", MAJOR: "实质改动：读者会看到更新日期和下面的说明"}
DUE = {0: "今天（加急）", 1: "明天（加急）", REVIEW_DAYS: f"{REVIEW_DAYS} 天内", 7: "7 天内", 14: "14 天内"}


class SubmissionForm(forms.Form):
    weight = forms.ChoiceField(label="改动大小", choices=WEIGHTS.items(), required=False, widget=forms.RadioSelect)
    public_note = forms.CharField(
        label="给读者的更新说明",
        required=False,
        max_length=Revision._meta.get_field("public_note").max_length,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="实质改动必填，印在公开页面上，例如：起付线改为新年度的标准。",
    )
    due_in = forms.TypedChoiceField(
        label="审核期限", choices=DUE.items(), coerce=int, empty_value=REVIEW_DAYS, required=False, initial=REVIEW_DAYS
    )

    def declared(self) -> dict:
        """How workflow.submit() takes it."""
        data = self.cleaned_data
        return self.weighed() | {"due_on": timezone.localdate() + timedelta(days=data["due_in"])}

    def weighed(self) -> dict:
        return {"minor": self.cleaned_data["weight"] == MINOR, "public_note": self.cleaned_data["public_note"]}
