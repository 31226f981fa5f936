"""From records to articles.

Each record is one transaction with its line in the ledger (ImportRecord), so a run that was killed is
simply run again: what is there is left alone, what changed is updated, nothing comes twice.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import DataError, IntegrityError, transaction

from articles import workflow
from articles.import_export.exporting import export_line, exportable
from articles.import_export.reading import Item
from articles.import_export.records import Refused, content_of, moment_of, restored_of, teaser_content, text_of
from articles.models import ImportRecord, Revision, take_event_lock
from articles.seed_format import Teaser
from articles.workflow import NotAllowed

SOURCE_ID_LIMIT = 180  # of the 200 characters of the column; the rest is for the mark of related items
FOLLOW_EVERY = 500  # records between two updates of the search index


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
    source_id = text_of(item.record, "source_id", SOURCE_ID_LIMIT) or f"sha256:{digest}"
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
    at = moment_of(record, "published_at")
    revision = workflow.save_draft(content_of(record), by=options.by, article=ledger and ledger.article, note=f"导入：{source_id}")
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
    at = moment_of(record, "published_at")
    workflow.force_publish(ledger.revision, by=options.by, reason=f"导入：{ledger.source_id}", go_live_at=at, follow_now=False)
    return "更新"


def _write_teasers(source_id: str, related: Iterable[Teaser], options: Options) -> int:
    """The items of 相关推荐 as drafts, and how many are new; beginnings of articles, never published from here."""
    new = 0
    for number, teaser in enumerate(related, 1):
        teaser_id = f"{source_id}#related-{number}"
        if ImportRecord.objects.filter(source_id=teaser_id).exists():
            continue
        revision = workflow.save_draft(teaser_content(teaser), by=options.by, note=f"导入：{teaser_id}（{teaser.date}）")
        ImportRecord.objects.create(source_id=teaser_id, digest=_digest(teaser._asdict()), article=revision.article, revision=revision)
        new += 1
    return new


def _restore(record: dict[str, Any], run: Run) -> str:
    """A line of our own export: the article comes back under its id, with dates, review, redirect or withdrawal."""
    was = restored_of(record)
    if existing := exportable().filter(pk=was.id).first():
        if existing.live_revision_id and json.loads(export_line(existing)) == record:
            return "未变"
        raise Refused(f"编号 {was.id} 已被另一篇文章使用")
    if not run.options.publish:
        raise Refused("带编号的导出记录只能用 --publish 恢复")
    if run.options.dry_run and was.merged_into in run.ids:
        was = was._replace(merged_into=None)  # the target was fine, and rolled back
    run.ids.add(was.id)
    source_id = text_of(record, "source_id", 200)
    if source_id and ImportRecord.objects.filter(source_id=source_id).exists():
        raise Refused(f"“{source_id}”已导入为另一篇文章")
    article = workflow.restore(content_of(record), was, by=run.options.by, follow_now=False)
    if source_id:
        digest = text_of(record, "source_digest", 64)
        ImportRecord.objects.create(source_id=source_id, digest=digest, article=article, revision=article.latest_revision)
    return "新增"


def _digest(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, ensure_ascii=False, sort_keys=True, default=str).encode(errors="surrogatepass")).hexdigest()


def summary(outcomes: Counter) -> str:
    return "，".join(f"{result} {outcomes[result]}" for result in ("新增", "更新", "未变", "拒绝"))
