"""The audit log to take out of the house: of an article or a person as a table, and an article with every version for checking.

Texts are named by the SHA-256 of their canonical JSON (content.py), the same that an approval is bound to. The package holds
exactly those bytes, so that anybody can check them with sha256sum. Every export is an entry of the log itself.
"""

import csv
import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from articles import workflow
from articles.models import Article, Event, Revision

LIMIT = 1_000_000  # events of one file
REVISIONS = 5_000  # of one package
CHUNK = 500
SPOOLED = 10_000_000  # bytes of a package kept in memory
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is run by spreadsheets
BOM = "\ufeff"  # or Excel takes UTF-8 for something else
COLUMNS = {
    "event": "记录编号",
    "time": "时间",
    "person": "操作人",
    "verb": "操作",
    "article": "文章编号",
    "title": "文章",
    "revision": "版本",
    "sha256": "内容 SHA-256",
    "note": "说明",
    "data": "细节",
}
FORMATS = {"csv": "表格（CSV，Excel 可直接打开）", "jsonl": "JSON Lines"}
PACKAGE, NDJSON = "package", "application/x-ndjson"
Labels = Mapping[str, str]
README = """证据包：文章 #{id}“{title}”

导出时间：{time}
导出人：{person}

revisions/<版本号>.json  每一版的全部内容，字节与计算指纹时完全相同：文件的 SHA-256 就是这一版的内容指纹。
revisions.csv          每一版的状态、作者、审核人、时间、指纹，以及审核通过时记下的指纹。
events.csv、events.jsonl 操作记录，同一内容的两种写法；sha256 一栏是当时那一版的内容指纹。
SHA256SUMS             以上文件的指纹。在本目录运行 sha256sum -c SHA256SUMS 即可核对。

审核通过与内容绑定：revisions.csv 里“审核通过的指纹”与“内容 SHA-256”相同，说明发布的正是审核过的内容。
仅改归类（栏目、标签）产生的版本不重新审核，“改归类自”一栏写着文字相同的那一版。
"""
DAY = forms.DateInput(attrs={"type": "date"})


class ExportForm(forms.Form):
    """?article=ID or ?person=ID, and from, until, format. Days are those of the site's clock, both included."""

    article = forms.IntegerField(label="文章编号", required=False, min_value=1, max_value=10**15)
    person = forms.ModelChoiceField(User.objects.order_by("username"), label="操作人", required=False, empty_label="全部")
    until = forms.DateField(label="到", required=False, widget=DAY)
    format = forms.ChoiceField(label="格式", required=False, choices=[*FORMATS.items(), (PACKAGE, "证据包（ZIP，须填文章编号）")])

    def __init__(self, *args, **options):
        super().__init__(*args, label_suffix="", **options)
        self.fields["from"] = forms.DateField(label="从", required=False, widget=DAY)  # a word of Python's own
        self.order_fields(["article", "person", "from", "until", "format"])
        for field in self.fields.values():
            field.error_messages |= dict.fromkeys(("invalid", "min_value", "max_value", "invalid_choice"), f"{field.label}填写有误")

    def clean_article(self):
        id = self.cleaned_data["article"]
        if id is None:
            return None
        if (found := Article.objects.filter(pk=id).only("title").first()) is None:
            raise forms.ValidationError("没有这个编号的文章")
        return found

    def clean(self):
        cleaned = super().clean()
        article, person = cleaned.get("article"), cleaned.get("person")
        if not self.errors and not article and (not person or cleaned["format"] == PACKAGE):
            raise forms.ValidationError("证据包须填写文章编号" if cleaned["format"] == PACKAGE else "请填写文章编号或操作人")
        return cleaned

    def events(self) -> QuerySet[Event]:
        chosen = self.cleaned_data
        events = Event.objects.all()
        if chosen["article"]:
            events = events.filter(article=chosen["article"])
        if chosen["person"]:
            events = events.filter(by=chosen["person"])
        if chosen["from"]:
            events = events.filter(at__gte=_midnight(chosen["from"]))
        if chosen["until"]:
            events = events.filter(at__lt=_midnight(chosen["until"]) + timedelta(days=1))
        return events

    def said(self) -> str:
        """What was asked for, for the log."""
        chosen = self.cleaned_data
        parts = [
            chosen["article"] and f"文章 #{chosen['article'].pk}",
            chosen["person"] and f"操作人 {chosen['person']}",
            chosen["from"] and f"从 {chosen['from']}",
            chosen["until"] and f"到 {chosen['until']}",
            "证据包" if chosen["format"] == PACKAGE else chosen["format"] or "csv",
        ]
        return "，".join(filter(None, parts))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def export(form: ExportForm, *, by: User, labels: Labels) -> HttpResponseBase:
    """The file that a valid form asks for. The export is noted down before its first byte leaves.

    `labels`: verb -> what editors call it.
    """
    chosen = form.cleaned_data
    article, format = chosen["article"], chosen["format"] or "csv"
    subject = f"article-{article.pk}" if article else f"person-{chosen['person'].pk}"
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0  # the file ends before its own entry
    events = form.events().filter(pk__lte=newest)
    workflow.record_export(form.said(), {"format": format}, by=by, article=article)
    if format == PACKAGE:
        return FileResponse(package(article, events, by, labels), as_attachment=True, filename=f"evidence-{subject}.zip")
    lines, kind = (as_csv(rows(events, labels), COLUMNS), "text/csv") if format == "csv" else (as_json_lines(rows(events, labels)), NDJSON)
    response = StreamingHttpResponse(lines, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="events-{subject}.{format}"'
    return response


def rows(events: QuerySet[Event], labels: Labels) -> Iterator[dict[str, Any]]:
    """The oldest first, each by the keys of COLUMNS."""
    events = events.select_related("by", "revision", "article").defer("article__body_html", "article__plain_text").order_by("pk")
    for event in events[:LIMIT].iterator(chunk_size=CHUNK):
        content = event.revision and event.revision.content
        titled = content or event.article
        yield {
            "event": event.pk,
            "time": _moment(event.at),
            "person": _named(event.by),
            "verb": labels.get(event.verb, event.verb),
            "article": event.article_id,
            "title": titled and titled.title,
            "revision": event.revision_id,
            "sha256": content and content.digest(),
            "note": event.note,
            "data": event.data,
        }


def as_csv(rows: Iterable[dict[str, Any]], columns: dict[str, str]) -> Iterator[str]:
    line = _Echo()
    writer = csv.writer(line)
    yield BOM + writer.writerow(columns.values())
    for each in rows:
        yield writer.writerow([_cell(each[name]) for name in columns])


def as_json_lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    for each in rows:
        yield json.dumps(each, ensure_ascii=False) + "\n"


class _Echo:
    """A file for csv.writer whose write() hands the line on."""

    def write(self, line: str) -> str:
        return line


def _cell(value: Any) -> Any:
    """As a spreadsheet may have it: no formula."""
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _moment(at: datetime | None) -> str | None:
    return at and timezone.localtime(at).isoformat()


def _named(user: User | None) -> str:
    if user is None:
        return "系统"
    return f"{user.username}（{name}）" if (name := f"{user.last_name}{user.first_name}".strip()) else user.username


# The package of one article

REVISION_COLUMNS: dict[str, tuple[str, Callable[[Revision], Any]]] = {
    "revision": ("版本", lambda revision: revision.pk),
    "state": ("状态", lambda revision: revision.get_state_display()),
    "created": ("保存时间", lambda revision: _moment(revision.created_at)),
    "author": ("作者", lambda revision: _named(revision.author)),
    "reviewer": ("审核人", lambda revision: revision.reviewer and _named(revision.reviewer)),
    "reviewed": ("审核时间", lambda revision: _moment(revision.reviewed_at)),
    "published": ("上线时间", lambda revision: _moment(revision.published_at)),
    "base": ("依据的线上版本", lambda revision: revision.base_revision_id),
    "reverted_from": ("恢复自", lambda revision: revision.reverted_from_id),
    "refiled_from": ("改归类自", lambda revision: revision.refiled_from_id),
    "forced_by": ("紧急发布人", lambda revision: revision.forced_by and _named(revision.forced_by)),
    "forced_because": ("紧急发布原因", lambda revision: revision.forced_because),
    "sha256": ("内容 SHA-256", lambda revision: revision.content.digest()),
    "approved_sha256": ("审核通过的指纹", lambda revision: revision.approved_digest),
    "note": ("修改说明", lambda revision: revision.note),
}


def package(article: Article, events: QuerySet[Event], by: User, labels: Labels) -> Any:
    """A ZIP, as a file at its beginning: every version, the entries of the log, and the sums of all of it."""
    file = tempfile.SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115  (the response closes it)
    sums: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files(article, list(rows(events, labels)), by):
            archive.writestr(name, content)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
        archive.writestr("SHA256SUMS", "".join(sums))
    file.seek(0)
    return file


def _files(article: Article, entries: list[dict[str, Any]], by: User) -> Iterator[tuple[str, bytes]]:
    people = ("author", "reviewer", "forced_by")
    revisions = article.revisions.select_related(*people).order_by("pk")[:REVISIONS]
    table = []
    for revision in revisions.iterator(chunk_size=CHUNK):
        yield f"revisions/{revision.pk}.json", revision.content.canonical()
        table.append({name: read(revision) for name, (_, read) in REVISION_COLUMNS.items()})
    yield "revisions.csv", _joined(as_csv(table, {name: label for name, (label, _) in REVISION_COLUMNS.items()}))
    yield "events.csv", _joined(as_csv(entries, COLUMNS))
    yield "events.jsonl", _joined(as_json_lines(entries))
    readme = README.format(id=article.pk, title=article.title, time=_moment(timezone.now()), person=_named(by))
    yield "README.txt", readme.encode()


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(lines).encode()
