"""Articles in and out: the plain-text form of the sample documents, and JSON Lines.

Each record is one transaction with its line in the ledger (ImportRecord), so a run that was killed is
simply run again: what is there is left alone, what changed is updated, nothing comes twice.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import DataError, IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import escape

from articles import seed_format, workflow
from articles.content import KINDS, LIMITS, PROVENANCES, SOURCE_LIMITS, ArticleContent, Source
from articles.models import NEVER, Article, ArticleQuerySet, Category, ImportRecord, Region, Revision, Tag, take_event_lock
from articles.rendering import clean
from articles.text import strip_controls
from articles.workflow import NotAllowed, Restored

SIZE_LIMIT = 1_000_000  # bytes of a text file, and of a line of JSON
SUFFIXES = {".txt", ".jsonl", ".ndjson"}
SOURCE_ID_LIMIT = 180  # of the 200 characters of the column; the rest is for the mark of related items
LAST_ID = 2**53  # what JSON readers count to exactly; an address holds as many digits
FOLLOW_EVERY = 500  # records between two updates of the search index

# A question that names the insurance gets the disclaimer of policy articles; the wider warning is the safe side.
_POLICY = re.compile("医保|社保|参保|报销|统筹|新农合|医疗保险|生育津贴|社会保障卡")


class Refused(ValueError):
    """A record that cannot be taken in; str() says why, in Chinese."""


class Item(NamedTuple):
    """One thing read from a source: a record, or the reason why there is none."""

    path: str
    line: int
    record: dict[str, Any] | None
    refusal: str = ""
    related: tuple[seed_format.Teaser, ...] = ()


class Outcome(NamedTuple):
    path: str
    line: int
    result: str  # 新增 更新 未变 拒绝
    reason: str = ""


class Options(NamedTuple):
    publish: bool = False
    by: User | None = None
    dry_run: bool = False
    related_as_drafts: bool = False


class Run:
    """One run of the import: its options, and what it has taken in."""

    def __init__(self, options: Options):
        self.options = options
        self.taken = 0
        self.sources: set[int] = set()  # hashes, so that a million lines fit into memory
        self.ids: set[int] = set()


# Reading


def files(paths: list[str]) -> Iterator[Path]:
    """The files named, and those of a known form in the folders named, in order."""
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        else:
            yield path


def read(path: Path) -> Iterator[Item]:
    """Every record of a file; what cannot be read comes as a refusal, never as an exception."""
    try:
        if path.suffix.lower() == ".txt":
            yield _read_text(path)
        elif path.suffix.lower() in SUFFIXES:
            yield from _read_lines(path)
        else:
            yield Item(printable(path), 1, None, f"不支持的文件类型“{printable(path.suffix)}”，请用 .txt 或 .jsonl")
    except OSError as error:
        yield Item(printable(path), 1, None, f"无法读取：{error.strerror or error}")


def printable(path: Path | str) -> str:
    """A file's name with what is not UTF-8 in it escaped; archives from older systems have such names."""
    return str(path).encode(errors="backslashreplace").decode()


def _read_text(path: Path) -> Item:
    with path.open("rb") as file:
        raw = file.read(SIZE_LIMIT + 1)
    if len(raw) > SIZE_LIMIT:
        return Item(printable(path), 1, None, "文件超过 1 MB")
    try:
        document = seed_format.parse(_decoded(raw))
    except seed_format.FormatError as error:
        return Item(printable(path), error.line, None, str(error))
    except UnicodeDecodeError as error:
        return Item(printable(path), raw.count(b"\n", 0, error.start) + 1, None, "不是 UTF-8 编码的文本文件")
    record = {"source_id": printable(path.stem), "title": document.title, "short_answer": document.short_answer, "body": document.body}
    return Item(printable(path), 1, record, related=tuple(document.related))


def _decoded(raw: bytes) -> str:
    if (position := raw.find(b"\0")) >= 0:
        raise UnicodeDecodeError("utf-8", raw, position, position + 1, "NUL")
    return raw.decode("utf-8-sig")


def _read_lines(path: Path) -> Iterator[Item]:
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(SIZE_LIMIT + 1):
            number += 1
            if len(raw) > SIZE_LIMIT:
                while raw and not raw.endswith(b"\n"):
                    raw = file.readline(SIZE_LIMIT)
                yield Item(printable(path), number, None, "这一行超过 1 MB")
            elif raw.strip():
                yield _line(path, number, raw)


def _line(path: Path, number: int, raw: bytes) -> Item:
    try:
        record = json.loads(_decoded(raw))
    except UnicodeDecodeError:
        return Item(printable(path), number, None, "不是 UTF-8 编码的文本")
    except (ValueError, RecursionError) as error:
        return Item(printable(path), number, None, f"不是有效的 JSON：{error}")
    if not isinstance(record, dict):
        return Item(printable(path), number, None, "每行应是一个 JSON 对象")
    return Item(printable(path), number, record)


# Taking in


def import_items(items: Iterable[Item], run: Run) -> Iterator[Outcome]:
    """Take in one record after the other; each is whole or not there at all. At the end of the run call workflow.follow()."""
    for item in items:
        yield _import_item(item, run)
        run.taken += 1
        if run.taken % FOLLOW_EVERY == 0 and not run.options.dry_run:
            workflow.follow(seconds=0)  # search alone: related lists made now would be made again for the records to come


def _import_item(item: Item, run: Run) -> Outcome:
    if item.record is None:
        return Outcome(item.path, item.line, "拒绝", item.refusal)
    try:
        with transaction.atomic():
            result = _take_in(item, run)
            if run.options.dry_run:
                transaction.set_rollback(True)
    except (Refused, NotAllowed) as refusal:
        return Outcome(item.path, item.line, "拒绝", str(refusal))
    except (IntegrityError, DataError) as error:  # what only the database knows; the records after this one still come in
        return Outcome(item.path, item.line, "拒绝", f"数据库不接受这条记录：{str(error).splitlines()[0]}")
    return Outcome(item.path, item.line, result)


def _take_in(item: Item, run: Run) -> str:
    if run.options.publish:
        take_event_lock()
    if "id" in item.record and "schema" in item.record:  # “schema” marks a line of our own export
        return _restore(item.record, run)
    digest = _digest(item.record)
    source_id = _text(item.record, "source_id", SOURCE_ID_LIMIT) or f"sha256:{digest}"
    ledger = ImportRecord.objects.select_related("article", "revision").filter(source_id=source_id).first()
    if ledger and ledger.digest == digest:
        result = _publish_later(ledger, item.record, run.options)
    elif ledger and hash(source_id) in run.sources:
        raise Refused(f"本次导入中已有内容不同的“{source_id}”")
    else:
        result = _write(source_id, digest, item.record, ledger, run.options)
    run.sources.add(hash(source_id))
    if run.options.related_as_drafts and _write_teasers(source_id, item.related, run.options) and result == "未变":
        return "更新"
    return result


def _write(source_id: str, digest: str, record: dict[str, Any], ledger: ImportRecord | None, options: Options) -> str:
    if ledger and (ledger.article.latest_revision_id != ledger.revision_id or not ledger.digest):
        raise Refused(f"文章 #{ledger.article_id} 已在站内修改，导入不会覆盖")
    if ledger and ledger.article.withdrawn_at and options.publish:
        raise Refused(f"文章 #{ledger.article_id} 已撤回，导入不会重新发布")
    at = _moment(record, "published_at")
    revision = workflow.save_draft(_content(record), by=options.by, article=ledger and ledger.article, note=f"导入：{source_id}")
    if options.publish:
        workflow.force_publish(revision, by=options.by, reason=f"导入：{source_id}", go_live_at=at, follow_now=False)
    ImportRecord(pk=ledger and ledger.pk, source_id=source_id, digest=digest, article=revision.article, revision=revision).save(
        force_insert=not ledger, force_update=bool(ledger)
    )
    return "更新" if ledger else "新增"


def _publish_later(ledger: ImportRecord, record: dict[str, Any], options: Options) -> str:
    """Imported before as a draft, and now with --publish: publish it unless editors went on from there."""
    untouched = ledger.revision.state == Revision.State.DRAFT and ledger.article.latest_revision_id == ledger.revision_id
    if not options.publish or not untouched or ledger.article.withdrawn_at:
        return "未变"
    at = _moment(record, "published_at")
    workflow.force_publish(ledger.revision, by=options.by, reason=f"导入：{ledger.source_id}", go_live_at=at, follow_now=False)
    return "更新"


def _write_teasers(source_id: str, related: Iterable[seed_format.Teaser], options: Options) -> int:
    """The items of 相关推荐 as drafts, and how many are new; beginnings of articles, never published from here."""
    new = 0
    for number, teaser in enumerate(related, 1):
        teaser_id = f"{source_id}#related-{number}"
        if ImportRecord.objects.filter(source_id=teaser_id).exists():
            continue
        title = teaser.title[: LIMITS["title"]]
        content = ArticleContent(title, body=escape(teaser.excerpt), category=_default_category().pk, kind=_kind_of(title))
        revision = workflow.save_draft(content, by=options.by, note=f"导入：{teaser_id}（{teaser.date}）")
        ImportRecord.objects.create(source_id=teaser_id, digest=_digest(teaser._asdict()), article=revision.article, revision=revision)
        new += 1
    return new


def _restore(record: dict[str, Any], run: Run) -> str:
    """A line of our own export: the article comes back under its id, with dates, review, redirect or withdrawal."""
    was = _restored(record)
    if existing := _exportable().filter(pk=was.id).first():
        if existing.live_revision_id and json.loads(export_line(existing)) == record:
            return "未变"
        raise Refused(f"编号 {was.id} 已被另一篇文章使用")
    if not run.options.publish:
        raise Refused("带编号的导出记录只能用 --publish 恢复")
    if run.options.dry_run and was.merged_into in run.ids:
        was = was._replace(merged_into=None)  # the target was fine, and rolled back
    run.ids.add(was.id)
    source_id = _text(record, "source_id", 200)
    if source_id and ImportRecord.objects.filter(source_id=source_id).exists():
        raise Refused(f"“{source_id}”已导入为另一篇文章")
    article = workflow.restore(_content(record), was, by=run.options.by, follow_now=False)
    if source_id:
        digest = _text(record, "source_digest", 64)
        ImportRecord.objects.create(source_id=source_id, digest=digest, article=article, revision=article.latest_revision)
    return "新增"


def _restored(record: dict[str, Any]) -> Restored:
    was = Restored(
        id=_id(record, "id"),
        go_live_at=_moment(record, "published_at") or timezone.now(),
        expire_at=_moment(record, "expire_at") or NEVER,
        updated_at=_moment(record, "updated_at"),
        reviewed_by=_text(record, "reviewed_by", 150),
        reviewed_at=_moment(record, "reviewed_at"),
        withdrawn_at=_moment(record, "withdrawn_at"),
        merged_into=None if record.get("merged_into") is None else _id(record, "merged_into"),
        forced_because=_text(record, "forced_because", 500),
        questions=tuple(_strings(record.get("questions"), "questions")),
    )
    if bool(was.reviewed_by) != bool(was.reviewed_at):
        raise Refused("“reviewed_by”和“reviewed_at”须同时填写")
    if was.expire_at <= was.go_live_at:
        raise Refused("下线时间须晚于发布时间")
    return was


def _id(record: dict[str, Any], key: str) -> int:
    if type(record[key]) is not int or not 0 < record[key] <= LAST_ID:
        raise Refused(f"“{key}”应是正整数")
    return record[key]


# From a record to content


def _content(record: dict[str, Any]) -> ArticleContent:
    title = _text(record, "title", LIMITS["title"])
    body = _text(record, "body", LIMITS["body"])
    if not title or not clean(body).plain_text:
        raise Refused("“title”和“body”都要有内容")
    tags = record.get("tags")
    names = Tag.split(tags) if isinstance(tags, str) else _strings(tags, "tags")
    return ArticleContent(
        title=title,
        short_answer=_text(record, "short_answer", LIMITS["short_answer"]),
        body=body,
        category=_category(record).pk,
        tags=tuple(tag.pk for tag in Tag.objects.named(names)),
        regions=_regions(record),
        kind=_choice(record, "kind", KINDS) or _kind_of(title),
        valid_from=_day(record.get("valid_from"), "valid_from"),
        valid_until=_day(record.get("valid_until"), "valid_until"),
        sources=tuple(_source(source) for source in _list(record.get("sources"), "sources")),
        phrasings=tuple(_strings(record.get("phrasings"), "phrasings")),
        provenance=_choice(record, "provenance", PROVENANCES) or "human",
    )


def _kind_of(title: str) -> str:
    return "policy" if _POLICY.search(title) else "clinical"


def _text(record: dict[str, Any], key: str, limit: int) -> str:
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(f"“{key}”应是文字")
    if len(value) > limit:
        raise Refused(f"“{key}”太长：最多 {limit} 字")
    return strip_controls(value).strip()


def _list(value: Any, key: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise Refused(f"“{key}”应是列表")
    return value or []


def _strings(value: Any, key: str) -> list[str]:
    if not all(isinstance(item, str) for item in _list(value, key)):
        raise Refused(f"“{key}”里应都是文字")
    return [strip_controls(item) for item in value or []]


def _choice(record: dict[str, Any], key: str, choices: dict[str, str]) -> str:
    value = _text(record, key, 20)
    found = value if value in choices else {label: choice for choice, label in choices.items()}.get(value, "")
    if value and not found:
        raise Refused(f"“{key}”无效：{value}；可用 {'、'.join(choices)}")
    return found


def _category(record: dict[str, Any]) -> Category:
    slug, name = _text(record, "category", 60), _text(record, "category_name", 40)
    if not slug:
        return _default_category()
    found = Category.objects.filter(slug=slug).first() or Category.objects.filter(name__in=filter(None, (slug, name))).first()
    if found:
        return _renamed(found, slug, name) if "id" in record else found
    if not re.fullmatch(r"[a-zA-Z0-9_-]+", slug):
        raise Refused(f"没有栏目“{slug}”")
    # A site moves with its categories: an export names them, other sources get the slug for a name.
    return Category.objects.create(slug=slug, name=name or slug[:40])


def _renamed(category: Category, slug: str, name: str) -> Category:
    """A category that is still empty takes slug and name from the export that is being restored."""
    if (category.slug, category.name) == (slug, name) or Article.objects.filter(category=category).exists():
        return category
    if not Category.objects.exclude(pk=category.pk).filter(Q(slug=slug) | Q(name=name)).exists():
        category.slug, category.name = slug, name or category.name
        category.save()
    return category


def _default_category() -> Category:
    return Category.objects.get_or_create(slug=Category.DEFAULT["slug"], defaults=Category.DEFAULT)[0]


def _regions(record: dict[str, Any]) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(_strings(record.get("regions"), "regions")))
    known = set(Region.objects.filter(pk__in=codes).values_list("pk", flat=True))
    if unknown := [code for code in codes if code not in known]:
        raise Refused(f"没有地区代码 {'、'.join(unknown[:5])}")
    return codes


def _source(data: Any) -> Source:
    if not isinstance(data, dict):
        raise Refused("“sources”里应都是对象")
    texts = {key: _text(data, key, limit) for key, limit in SOURCE_LIMITS.items()}
    return Source(**texts, date=_day(data.get("date"), "date"))


def _day(value: Any, key: str) -> date | None:
    try:
        return None if value in (None, "") else date.fromisoformat(value)
    except (ValueError, TypeError):
        raise Refused(f"“{key}”应是日期，如 2026-01-31") from None


def _moment(record: dict[str, Any], key: str) -> datetime | None:
    value = _text(record, key, 40)
    if not value:
        return None
    try:
        moment = parse_datetime(value) or datetime.combine(date.fromisoformat(value), datetime.min.time())
        return (moment if timezone.is_aware(moment) else timezone.make_aware(moment)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(f"“{key}”应是 ISO 8601 时间，如 2026-01-31T09:00:00+08:00") from None


# Giving out


def export_lines() -> Iterator[str]:
    """Every article that has been public, one JSON line each; redirects after the articles they lead to."""
    for merged in (False, True):
        found = _exportable().filter(live_revision__isnull=False, merged_into__isnull=not merged).order_by("pk")
        for article in found.iterator(chunk_size=500):
            yield export_line(article)


def _exportable() -> ArticleQuerySet:
    rows = Article.objects.select_related("live_revision", "category")
    return rows.prefetch_related("tag_links__tag", "import_records")


def export_line(article: Article) -> str:
    """The canonical line of one article; importing it into an empty site and exporting again gives the same bytes."""
    content = article.live_revision.content
    origin = next(iter(article.import_records.all()), None)
    edited = origin and origin.revision_id != article.latest_revision_id  # no digest then: the source must not overwrite it
    record = {
        "id": article.pk,
        "source_id": origin and origin.source_id,
        "source_digest": (origin and not edited and origin.digest) or None,
        **content.to_json(),
        "category": article.category.slug,
        "category_name": article.category.name,
        "tags": [link.tag.name for link in sorted(article.tag_links.all(), key=lambda link: link.position)],
        "published_at": _iso(article.go_live_at),
        "updated_at": _iso(article.updated_at),
        "expire_at": None if article.expire_at == NEVER else _iso(article.expire_at),
        "reviewed_by": article.reviewed_by,
        "reviewed_at": _iso(article.reviewed_at),
        "forced_because": article.live_revision.forced_because,
        "withdrawn_at": _iso(article.withdrawn_at),
        "merged_into": article.merged_into_id,
    }
    if article.merged_into_id:
        record["questions"] = article.phrasings
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _iso(moment: datetime | None) -> str | None:
    return moment and moment.astimezone(UTC).isoformat()


def _digest(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, ensure_ascii=False, sort_keys=True, default=str).encode(errors="surrogatepass")).hexdigest()


def summary(outcomes: Counter) -> str:
    return "，".join(f"{result} {outcomes[result]}" for result in ("新增", "更新", "未变", "拒绝"))
