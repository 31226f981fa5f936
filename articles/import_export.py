"""Articles in and out: the plain-text form of the sample documents, and JSON Lines.

Each record is one transaction with its line in the ledger (ImportRecord), so a run that was killed is
simply run again: what is there is left alone, what changed is updated, nothing comes twice.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from articles import seed_format, workflow
from articles.content import KINDS, LIMITS, PROVENANCES, SOURCE_LIMITS, ArticleContent, Source
from articles.models import NEVER, Article, Category, ImportRecord, Region, Tag
from articles.workflow import NotAllowed, Restored

SIZE_LIMIT = 1_000_000  # bytes of a text file, and of a line of JSON
SUFFIXES = {".txt", ".jsonl", ".ndjson"}
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
            yield Item(str(path), 1, None, f"不支持的文件类型“{path.suffix}”，请用 .txt 或 .jsonl")
    except OSError as error:
        yield Item(str(path), 1, None, f"无法读取：{error.strerror or error}")


def _read_text(path: Path) -> Item:
    if path.stat().st_size > SIZE_LIMIT:
        return Item(str(path), 1, None, "文件超过 1 MB")
    raw = path.read_bytes()
    try:
        document = seed_format.parse(_decoded(raw))
    except seed_format.FormatError as error:
        return Item(str(path), error.line, None, str(error))
    except UnicodeDecodeError as error:
        return Item(str(path), raw.count(b"\n", 0, error.start) + 1, None, "不是 UTF-8 编码的文本文件")
    record = {"source_id": path.stem, "title": document.title, "short_answer": document.short_answer, "body": document.body}
    return Item(str(path), 1, record | {"related": document.related})


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
                yield Item(str(path), number, None, "这一行超过 1 MB")
            elif raw.strip():
                yield _line(path, number, raw)


def _line(path: Path, number: int, raw: bytes) -> Item:
    try:
        record = json.loads(_decoded(raw))
    except UnicodeDecodeError:
        return Item(str(path), number, None, "不是 UTF-8 编码的文本")
    except (ValueError, RecursionError) as error:
        return Item(str(path), number, None, f"不是有效的 JSON：{error}")
    if not isinstance(record, dict):
        return Item(str(path), number, None, "每行应是一个 JSON 对象")
    return Item(str(path), number, record)


# Taking in


def import_items(items: Iterator[Item], options: Options) -> Iterator[Outcome]:
    """Take in one record after the other; each is whole or not there at all."""
    taken = 0
    for item in items:
        yield _import_item(item, options)
        taken += 1
        if taken % FOLLOW_EVERY == 0 and not options.dry_run:
            workflow.follow()
    if not options.dry_run:
        workflow.follow(seconds=30)


def _import_item(item: Item, options: Options) -> Outcome:
    if item.record is None:
        return Outcome(item.path, item.line, "拒绝", item.refusal)
    try:
        with transaction.atomic():
            result = _take_in(item.record, options)
            if options.dry_run:
                transaction.set_rollback(True)
    except (Refused, NotAllowed) as refusal:
        return Outcome(item.path, item.line, "拒绝", str(refusal))
    return Outcome(item.path, item.line, result)


def _take_in(record: dict[str, Any], options: Options) -> str:
    related = record.pop("related", ()) if isinstance(record.get("related"), list) else ()
    if "id" in record:
        return _restore(record, options)
    digest = _digest(record)
    source_id = _text(record, "source_id", 200) or f"sha256:{digest}"
    ledger = ImportRecord.objects.select_related("article", "revision").filter(source_id=source_id).first()
    if ledger and ledger.digest == digest:
        result = _publish_later(ledger, record, options)
    else:
        result = _write(source_id, digest, record, ledger, options)
    if options.related_as_drafts:
        _write_teasers(source_id, related, options)
    return result


def _write(source_id: str, digest: str, record: dict[str, Any], ledger: ImportRecord | None, options: Options) -> str:
    if ledger and ledger.article.latest_revision_id != ledger.revision_id:
        raise Refused(f"文章 #{ledger.article_id} 已在站内修改，导入不会覆盖")
    at = _moment(record, "published_at")
    revision = workflow.save_draft(_content(record), by=options.by, article=ledger and ledger.article, note=f"导入：{source_id}")
    if options.publish:
        workflow.force_publish(revision, by=options.by, reason=f"导入：{source_id}", go_live_at=at, follow_now=False)
    ImportRecord.objects.update_or_create(
        source_id=source_id,
        defaults={"digest": digest, "article": revision.article, "revision": revision, "imported_at": timezone.now()},
    )
    return "更新" if ledger else "新增"


def _publish_later(ledger: ImportRecord, record: dict[str, Any], options: Options) -> str:
    """Imported before as a draft, and now with --publish: publish it unless editors went on from there."""
    never_public = ledger.article.go_live_at is None and ledger.article.latest_revision_id == ledger.revision_id
    if not (options.publish and never_public):
        return "未变"
    at = _moment(record, "published_at")
    workflow.force_publish(ledger.revision, by=options.by, reason=f"导入：{ledger.source_id}", go_live_at=at, follow_now=False)
    return "更新"


def _write_teasers(source_id: str, related: list[seed_format.Teaser], options: Options) -> None:
    """The items of 相关推荐 as drafts; they are beginnings of articles and never published from here."""
    for number, teaser in enumerate(related, 1):
        teaser_id = f"{source_id}#related-{number}"
        if ImportRecord.objects.filter(source_id=teaser_id).exists():
            continue
        content = ArticleContent(
            teaser.title[: LIMITS["title"]], body=teaser.excerpt, category=_default_category().pk, kind=_kind_of(teaser.title)
        )
        revision = workflow.save_draft(content, by=options.by, note=f"导入：{teaser_id}（{teaser.date}）")
        ImportRecord.objects.create(source_id=teaser_id, digest=_digest(teaser._asdict()), article=revision.article, revision=revision)


def _restore(record: dict[str, Any], options: Options) -> str:
    """A line of our own export: the article comes back under its id, with dates, review, redirect or withdrawal."""
    id = record["id"]
    if type(id) is not int or not 0 < id < 2**53:
        raise Refused("“id”应是正整数")
    if existing := Article.objects.filter(pk=id).select_related("live_revision", "latest_revision", "category").first():
        if export_line(existing) == _canonical(record):
            return "未变"
        raise Refused(f"编号 {id} 已被另一篇文章使用")
    if not options.publish:
        raise Refused("带编号的导出记录只能用 --publish 恢复")
    was = Restored(
        id=id,
        go_live_at=_moment(record, "published_at") or timezone.now(),
        expire_at=_moment(record, "expire_at") or NEVER,
        updated_at=_moment(record, "updated_at"),
        reviewed_by=_text(record, "reviewed_by", 150),
        reviewed_at=_moment(record, "reviewed_at"),
        withdrawn_at=_moment(record, "withdrawn_at"),
        merged_into=record.get("merged_into"),
        forced_because=_text(record, "forced_because", 500),
    )
    if bool(was.reviewed_by) != bool(was.reviewed_at):
        raise Refused("“reviewed_by”和“reviewed_at”须同时填写")
    if was.merged_into is not None and (type(was.merged_into) is not int or not 0 < was.merged_into < 2**53):
        raise Refused("“merged_into”应是正整数")
    if was.expire_at <= was.go_live_at:
        raise Refused("下线时间须晚于发布时间")
    article = workflow.restore(_content(record), was, by=options.by, follow_now=False)
    if source_id := _text(record, "source_id", 200):
        digest = _text(record, "source_digest", 64)
        ImportRecord.objects.create(source_id=source_id, digest=digest, article=article, revision=article.latest_revision)
    return "新增"


# From a record to content


def _content(record: dict[str, Any]) -> ArticleContent:
    title = _text(record, "title", LIMITS["title"])
    body = _text(record, "body", LIMITS["body"])
    if not title or not body:
        raise Refused("“title”和“body”都要有内容")
    tags = record.get("tags") or []
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
        phrasings=tuple(_strings(record.get("phrasings") or [], "phrasings")),
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
    return value.strip()


def _list(value: Any, key: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise Refused(f"“{key}”应是列表")
    return value or []


def _strings(value: Any, key: str) -> list[str]:
    if not all(isinstance(item, str) for item in _list(value, key)):
        raise Refused(f"“{key}”里应都是文字")
    return value


def _choice(record: dict[str, Any], key: str, choices: dict[str, str]) -> str:
    value = _text(record, key, 20)
    found = value if value in choices else {label: choice for choice, label in choices.items()}.get(value, "")
    if value and not found:
        raise Refused(f"“{key}”无效：{value}；可用 {'、'.join(choices)}")
    return found


def _category(record: dict[str, Any]) -> Category:
    slug = _text(record, "category", 60)
    if not slug:
        return _default_category()
    if found := Category.objects.filter(slug=slug).first() or Category.objects.filter(name=slug).first():
        return found
    if not re.fullmatch(r"[a-zA-Z0-9_-]+", slug):
        raise Refused(f"没有栏目“{slug}”")
    # A site moves with its categories: an export names them, other sources get the slug for a name.
    return Category.objects.create(slug=slug, name=_text(record, "category_name", 40) or slug[:40])


def _default_category() -> Category:
    return Category.objects.get_or_create(slug=Category.DEFAULT["slug"], defaults=Category.DEFAULT)[0]


def _regions(record: dict[str, Any]) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(map(str, _list(record.get("regions"), "regions"))))
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
        return date.fromisoformat(value) if value else None
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
    rows = Article.objects.filter(live_revision__isnull=False) | Article.objects.filter(merged_into__isnull=False)
    rows = rows.select_related("live_revision", "latest_revision", "category")
    for merged in (False, True):
        found = rows.filter(merged_into__isnull=not merged).order_by("pk")
        for article in found.prefetch_related(_records()).iterator(chunk_size=500):
            yield export_line(article)


def _records() -> Prefetch:
    return Prefetch("import_records", ImportRecord.objects.order_by("pk"))


def export_line(article: Article) -> str:
    """The canonical line of one article; importing it into an empty site and exporting again gives the same bytes."""
    revision = article.live_revision or article.latest_revision
    content = revision.content
    origin = next(iter(article.import_records.all()), None)
    category = Category.objects.get(pk=content.category)
    names = Tag.objects.in_bulk(content.tags)
    record = {
        "id": article.pk,
        "source_id": origin and origin.source_id,
        "source_digest": origin and origin.digest,
        **content.to_json(),
        "category": category.slug,
        "category_name": category.name,
        "tags": [names[tag].name for tag in content.tags if tag in names],
        "published_at": _iso(article.go_live_at),
        "updated_at": _iso(article.updated_at),
        "expire_at": None if article.expire_at == NEVER else _iso(article.expire_at),
        "reviewed_by": article.reviewed_by,
        "reviewed_at": _iso(article.reviewed_at),
        "forced_because": revision.forced_because,
        "withdrawn_at": _iso(article.withdrawn_at),
        "merged_into": article.merged_into_id,
    }
    return _canonical(record)


def _iso(moment: datetime | None) -> str | None:
    return moment and moment.astimezone(UTC).isoformat()


def _canonical(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _digest(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, ensure_ascii=False, sort_keys=True, default=str).encode(errors="surrogatepass")).hexdigest()


def summary(outcomes: Counter) -> str:
    return "，".join(f"{result} {outcomes[result]}" for result in ("新增", "更新", "未变", "拒绝"))
