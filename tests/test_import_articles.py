"""import_articles: documents and JSON Lines into articles; whatever is wrong is refused by name and line, the rest comes in."""

import json
import os
import signal
import sqlite3
import threading
import time
import tracemalloc
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.management import CommandError, call_command

from articles import import_export, workflow
from articles.models import Article, Category, Event, ImportRecord, Revision, Tag
from articles.search import search

END = "\n\n提示:本内容不能代替面诊,如有不适请尽快就医。\n"
DOCUMENTS = {
    "gua-shi": f"""医保卡丢了里面的钱会被盗刷吗

先挂失就不会

卡丢了先打12393挂失,余额还在原账户里:

一、怎么挂失

  1. 电话挂失

    报姓名和证件号即可。

  2. 线上挂失

    • 小程序里点“挂失”

    • 窗口 :带身份证

补卡后余额照旧。{END}相关推荐

电子凭证丢手机了怎么办

换机后重新激活,指标<7的记录也在 一、换机

健康新闻 2024-10-08

补卡要几天

一般七天

健康新闻 2024-10-08
""",
    "zhuan-yi": f"""离职以后医保要转到哪里

看您去哪里上班,分几种情形:

  1. 去外省 :在新单位参保后申请转移。

  2. 待业 :可以按灵活就业接着缴。{END}""",
    "fa-shao": f"""孩子夜里发烧要不要马上去医院

三个月以内的婴儿发烧要马上去,大一些的看精神状态。

• 精神好

  ◦ 多喝水

    ▪ 每两小时量一次体温{END}""",
}
RECORD = {"source_id": "r1", "title": "门诊费用怎么报？", "body": "<p>持凭证直接结算。</p>"}


class Result(NamedTuple):
    code: int
    out: str
    refusals: list[str]  # the lines on stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sources").mkdir()
    return tmp_path / "sources"


@pytest.fixture
def documents(folder):
    for name, text in DOCUMENTS.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def lines(folder):
    """lines(record, …): a file of these records, or of these raw lines."""

    def write(*records, name="a.jsonl"):
        raw = [record if isinstance(record, bytes) else json.dumps(record, ensure_ascii=False).encode() for record in records]
        (folder / name).write_bytes(b"\n".join(raw))
        return folder / name

    return write


@pytest.fixture
def take_in(db, capsys):
    def call(*paths, **options):
        try:
            call_command("import_articles", *map(str, paths), **options)
            code = 0
        except CommandError as error:
            code = error.returncode
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err.splitlines())

    return call


def everything():
    """What a run that changes nothing must leave as it is."""
    return [list(model.objects.order_by("pk").values()) for model in (Article, Revision, Event, ImportRecord, Tag, Category)]


# Documents


def test_three_documents_become_three_articles(take_in, documents):
    result = take_in(documents, publish=True)
    assert result.code == 0
    assert result.out.splitlines()[-1] == "合计：新增 3，更新 0，未变 0，拒绝 0"
    assert Article.objects.published().count() == 3
    article = Article.objects.get(title="医保卡丢了里面的钱会被盗刷吗")
    assert article.short_answer == "先挂失就不会"
    assert article.body_html == (
        "<p>卡丢了先打12393挂失，余额还在原账户里：</p>"
        '<h2 id="怎么挂失">一、怎么挂失</h2>'
        "<ol><li><p><strong>电话挂失</strong></p><p>报姓名和证件号即可。</p></li>"
        "<li><p><strong>线上挂失</strong></p><ul><li>小程序里点“挂失”</li><li><strong>窗口</strong>：带身份证</li></ul></li></ol>"
        "<p>补卡后余额照旧。</p>"
    )
    assert article.category.slug == "health-news"
    assert article.kind == "policy"


def test_a_question_without_insurance_words_is_clinical(take_in, documents):
    take_in(documents, publish=True)
    assert Article.objects.get(title__contains="发烧").kind == "clinical"


def test_a_second_run_changes_nothing(take_in, documents, lines):
    lines(RECORD, {"title": "没有编号的？", "body": "<p>字</p>"})
    take_in(documents, publish=True, related="drafts")
    before = everything()
    result = take_in(documents, publish=True, related="drafts")
    assert result.code == 0
    assert "新增 0，更新 0，未变 5，拒绝 0" in result.out
    assert everything() == before


def test_without_publish_the_articles_are_drafts(take_in, documents):
    take_in(documents)
    assert Article.objects.count() == 3
    assert not Article.objects.published().exists()
    assert set(Revision.objects.values_list("state", flat=True)) == {"draft"}


def test_a_published_import_says_that_nobody_has_reviewed_it(take_in, documents):
    take_in(documents / "gua-shi.txt", publish=True)
    article = Article.objects.get()
    assert article.reviewed_at is None
    assert article.reviewed_by == ""
    assert article.live_revision.needs_confirmation
    assert Event.objects.get(verb="force_publish").note == "导入：gua-shi"


def test_a_run_is_one_event(take_in, documents):
    take_in(documents)
    event = Event.objects.get(verb="import")
    assert event.data == {"新增": 3}
    assert "新增 3" in event.note


def test_imported_articles_are_found_at_once(take_in, documents):
    take_in(documents, publish=True)
    assert search("卡丢了怎么挂失").results[0].article.title == "医保卡丢了里面的钱会被盗刷吗"


# Related items


def test_related_items_become_drafts_once(take_in, documents):
    take_in(documents)
    assert "更新 1" in take_in(documents, related="drafts").out
    take_in(documents, related="drafts", publish=True)
    teaser = Article.objects.get(title="电子凭证丢手机了怎么办")
    assert not teaser.live
    assert teaser.latest_revision.content.body == "<p>换机后重新激活，指标&lt;7的记录也在 一、换机</p>"
    assert Article.objects.count() == 5


def test_related_items_are_left_alone_without_being_asked_for(take_in, documents):
    take_in(documents, publish=True)
    assert Article.objects.count() == 3


# JSON Lines


def test_every_field_is_stored(take_in, lines):
    take_in(
        lines(
            {
                **RECORD,
                "short_answer": "可以直接结算",
                "category": "reimbursement",
                "tags": ["门诊", " 报销 ", "门诊"],
                "regions": ["110000", "310000"],
                "kind": "医保政策",
                "valid_from": "2025-01-01",
                "valid_until": "2026-12-31",
                "sources": [
                    {"title": "某办法", "number": "〔2025〕1号", "issuer": "某局", "url": "https://example.org/1", "date": "2025-01-02"}
                ],
                "phrasings": ["看门诊怎么报销", "看门诊怎么报销", "  门诊能报吗 "],
                "provenance": "ai_assisted",
                "published_at": "2025-03-04T09:30:00+08:00",
            }
        ),
        publish=True,
    )
    article = Article.objects.published().get()
    assert article.short_answer == "可以直接结算"
    assert article.category.slug == "reimbursement"
    assert [link.tag.name for link in article.tag_links.order_by("position")] == ["门诊", "报销"]
    assert {region.code for region in article.regions.all()} == {"110000", "310000"}
    assert (article.kind, article.provenance) == ("policy", "ai_assisted")
    assert (article.valid_from, article.valid_until) == (date(2025, 1, 1), date(2026, 12, 31))
    assert article.source_list[0].number == "〔2025〕1号"
    assert article.source_list[0].date == date(2025, 1, 2)
    assert article.phrasings == ["看门诊怎么报销", "门诊能报吗"]
    assert article.go_live_at == article.updated_at == datetime(2025, 3, 4, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(("day", "expected"), [("2025-03-04", (2025, 3, 3, 16)), ("2025-03-04T10:00:00", (2025, 3, 4, 2))])
def test_a_time_without_a_zone_is_the_sites(take_in, lines, day, expected):
    take_in(lines({**RECORD, "published_at": day}), publish=True)
    assert Article.objects.get().go_live_at == datetime(*expected, tzinfo=UTC)


def test_tags_may_come_as_one_text(take_in, lines):
    take_in(lines({**RECORD, "tags": "断缴、补缴，ＶＩＰ"}), publish=True)
    assert {tag.name for tag in Article.objects.get().tags.all()} == {"断缴", "补缴", "VIP"}


@pytest.mark.parametrize("named", ["gaps", "断缴与补缴"])
def test_a_category_is_found_by_its_slug_or_name(take_in, lines, named):
    take_in(lines({**RECORD, "category": named}), publish=True)
    assert Article.objects.get().category.slug == "gaps"


def test_a_new_category_is_made_from_its_slug(take_in, lines):
    records = [
        {**RECORD, "category": "rehabilitation", "category_name": "康复"},
        {**RECORD, "source_id": "r2", "category": "rehabilitation"},
        {**RECORD, "source_id": "r3", "category": "another-slug", "category_name": "康复"},
    ]
    assert take_in(lines(*records), publish=True).code == 0
    assert Category.objects.get(slug="rehabilitation").name == "康复"
    assert Article.objects.filter(category__slug="rehabilitation").count() == 3


def test_the_body_is_sanitised(take_in, lines):
    take_in(lines({**RECORD, "body": "<p onclick=x()>字</p><script>x</script>"}), publish=True)
    assert Article.objects.get().body_html == "<p>字</p>"


def test_what_no_keyboard_types_is_dropped(take_in, lines):
    raw = json.dumps({**RECORD, "title": "题\0目\ud800？", "tags": ["标\0签"], "sources": [{"title": "文\0件"}]})
    assert take_in(lines(raw.encode()), publish=True).code == 0
    article = Article.objects.get()
    assert (article.title, article.tags.get().name, article.source_list[0].title) == ("题目？", "标签", "文件")


def test_by_names_the_person_who_imports(take_in, lines, editor):
    take_in(lines(RECORD), publish=True, by="zhubian")
    assert set(Event.objects.values_list("by__username", flat=True)) == {"zhubian"}
    assert Revision.objects.get().forced_by == editor


def test_by_needs_a_person_who_may(take_in, lines, writer):
    assert take_in(lines(RECORD), by="nobody").code == 1
    assert take_in(lines(RECORD), publish=True, by="zuozhe").code == 1
    assert not Article.objects.exists()


# Running it again


def test_a_changed_source_updates_its_article(take_in, lines):
    take_in(lines(RECORD), publish=True)
    address = Article.objects.get().get_absolute_url()
    assert "更新 1" in take_in(lines({**RECORD, "title": "门诊费用现在怎么报？"}), publish=True).out
    article = Article.objects.get()
    assert (article.title, article.get_absolute_url(), article.revisions.count()) == ("门诊费用现在怎么报？", address, 2)


def test_a_source_never_overwrites_what_editors_changed(take_in, lines, content, writer):
    take_in(lines(RECORD), publish=True)
    workflow.save_draft(content("编辑改过的？"), by=writer, article=Article.objects.get())
    before = everything()[:2]
    assert "未变 1" in take_in(lines(RECORD), publish=True).out
    result = take_in(lines({**RECORD, "title": "来源也改了？"}), publish=True)
    assert result.code == 1
    assert "已在站内修改" in result.refusals[0]
    assert everything()[:2] == before


def test_drafts_are_published_by_a_second_run_with_publish(take_in, lines):
    take_in(lines({**RECORD, "published_at": "2025-01-01"}))
    assert "更新 1" in take_in(lines({**RECORD, "published_at": "2025-01-01"}), publish=True).out
    assert Article.objects.published().get().go_live_at.year == 2024
    assert Revision.objects.count() == 1


def test_a_changed_draft_of_a_live_article_is_published_by_a_second_run_with_publish(take_in, lines):
    take_in(lines(RECORD), publish=True)
    changed = lines({**RECORD, "title": "改过的？"})
    take_in(changed)
    assert Article.objects.get().title == RECORD["title"]
    take_in(changed, publish=True)
    assert Article.objects.get().title == "改过的？"


def test_what_a_reviewer_returned_is_not_published(take_in, lines, writer, reviewer):
    take_in(lines(RECORD))
    revision = Revision.objects.get()
    workflow.submit(revision, by=writer)
    workflow.reject(revision, by=reviewer, reason="没有依据")
    assert "未变 1" in take_in(lines(RECORD), publish=True).out
    assert not Article.objects.published().exists()


def test_withdrawn_articles_are_not_republished(take_in, lines, editor):
    take_in(lines(RECORD), publish=True)
    workflow.unpublish(Article.objects.get(), by=editor, reason="过时")
    assert "未变 1" in take_in(lines(RECORD), publish=True).out
    result = take_in(lines({**RECORD, "title": "又改了？"}), publish=True)
    assert "已撤回" in result.refusals[0]
    assert Article.objects.get().gone


def test_merged_articles_stay_merged(take_in, lines, editor, publish):
    take_in(lines(RECORD), publish=True)
    target, merged = publish("目标？"), Article.objects.get(title=RECORD["title"])
    workflow.merge(merged, into=target, by=editor)
    assert "未变 1" in take_in(lines(RECORD), publish=True).out
    assert take_in(lines({**RECORD, "title": "又改了？"}), publish=True).code == 1
    merged.refresh_from_db()
    assert merged.merged_into == target


def test_one_source_with_two_contents_in_one_run_is_refused(take_in, lines, folder):
    lines(RECORD, {**RECORD, "title": "另一个内容？"}, RECORD)
    lines({**RECORD, "title": "第三个内容？"}, name="b.jsonl")
    result = take_in(folder, publish=True)
    assert [refusal.split(": ")[0] for refusal in result.refusals] == [f"{folder}/a.jsonl:2", f"{folder}/b.jsonl:1"]
    assert Article.objects.get().title == RECORD["title"]


def test_a_dry_run_writes_nothing(take_in, documents, lines):
    lines({**RECORD, "category": "brand-new", "tags": ["新标签"]}, {"title": "没有正文"})
    before = everything()
    result = take_in(documents, publish=True, dry_run=True, related="drafts")
    assert result.code == 1
    assert "新增 4，更新 0，未变 0，拒绝 1" in result.out
    assert everything() == before


# Refusals

WRONG_LINES = {
    "not JSON": (b"{oops", "JSON"),
    "cut off": (json.dumps(RECORD).encode()[:-5], "JSON"),
    "an array": (b'["title", "body"]', "JSON 对象"),
    "a number": (b"12", "JSON 对象"),
    "null": (b"null", "JSON 对象"),
    "nested without end": (b"[" * 100_000, "JSON"),
    "over 1 MB": (json.dumps({**RECORD, "body": "x" * 1_000_001}).encode(), "1 MB"),
    "GBK": (json.dumps(RECORD, ensure_ascii=False).encode("gb18030"), "UTF-8"),
    "NUL": (b'{"title": "\0"}', "UTF-8"),
    "without title": ({"body": "<p>字</p>"}, "title"),
    "without body": ({"title": "题？"}, "body"),
    "empty title": ({**RECORD, "title": " \u200b "}, "title"),
    "empty body": ({**RECORD, "body": "<p> </p><script>x</script>"}, "body"),
    "title is a number": ({**RECORD, "title": 5}, "title"),
    "title too long": ({**RECORD, "title": "长" * 121}, "title"),
    "body is a list": ({**RECORD, "body": []}, "body"),
    "body too long": ({**RECORD, "body": "长" * 200_001}, "body"),
    "short answer too long": ({**RECORD, "short_answer": "长" * 201}, "short_answer"),
    "source id too long": ({**RECORD, "source_id": "x" * 181}, "source_id"),
    "tags is an object": ({**RECORD, "tags": {}}, "tags"),
    "tags of numbers": ({**RECORD, "tags": [1]}, "tags"),
    "too many tags": ({**RECORD, "tags": [f"标签{i}" for i in range(21)]}, "标签太长"),
    "unknown region": ({**RECORD, "regions": ["110000", "999999"]}, "999999"),
    "regions is a text": ({**RECORD, "regions": "110000"}, "regions"),
    "regions of numbers": ({**RECORD, "regions": [110000]}, "regions"),
    "impossible category": ({**RECORD, "category": "没有的栏目"}, "没有的栏目"),
    "unknown kind": ({**RECORD, "kind": "news"}, "kind"),
    "unknown provenance": ({**RECORD, "provenance": "robot"}, "provenance"),
    "bad date": ({**RECORD, "valid_from": "2025-13-01"}, "valid_from"),
    "date is a number": ({**RECORD, "valid_until": 0}, "valid_until"),
    "dates in the wrong order": ({**RECORD, "valid_from": "2026-01-01", "valid_until": "2025-01-01"}, "有效期"),
    "bad moment": ({**RECORD, "published_at": "yesterday"}, "published_at"),
    "moment before time": ({**RECORD, "published_at": "0001-01-01T00:00:00+08:00"}, "published_at"),
    "moment after time": ({**RECORD, "published_at": "9999-12-31"}, "数据库"),
    "phrasings is a text": ({**RECORD, "phrasings": "问"}, "phrasings"),
    "phrasing too long": ({**RECORD, "phrasings": ["长" * 121]}, "其他问法"),
    "sources of texts": ({**RECORD, "sources": ["某办法"]}, "sources"),
    "source without title": ({**RECORD, "sources": [{"number": "1号"}]}, "标题"),
    "source with a wrong address": ({**RECORD, "sources": [{"title": "某办法", "url": "javascript:x"}]}, "网址"),
    "id is a text": ({**RECORD, "schema": 1, "id": "7"}, "id"),
    "id is true": ({**RECORD, "schema": 1, "id": True}, "id"),
    "id is negative": ({**RECORD, "schema": 1, "id": -1}, "id"),
    "id is enormous": ({**RECORD, "schema": 1, "id": 10**30}, "id"),
    "merged into a text": ({**RECORD, "schema": 1, "id": 7, "merged_into": "8"}, "merged_into"),
    "merged into nothing": ({**RECORD, "schema": 1, "id": 7, "merged_into": 123456}, "123456"),
    "reviewer without a date": ({**RECORD, "schema": 1, "id": 7, "reviewed_by": "某人"}, "reviewed_at"),
    "ends before it begins": ({**RECORD, "schema": 1, "id": 7, "published_at": "2025-01-01", "expire_at": "2024-01-01"}, "下线时间"),
}


@pytest.mark.parametrize("wrong", WRONG_LINES)
def test_a_wrong_line_is_refused_by_file_and_line_and_the_rest_comes_in(take_in, lines, wrong):
    line, why = WRONG_LINES[wrong]
    path = lines({**RECORD, "source_id": "before"}, b"", line, {**RECORD, "source_id": "after"})
    result = take_in(path, publish=True)
    assert result.code == 1
    assert len(result.refusals) == 1
    assert result.refusals[0].startswith(f"{path}:3: ")
    assert why in result.refusals[0]
    assert set(ImportRecord.objects.values_list("source_id", flat=True)) == {"before", "after"}
    assert Article.objects.published().count() == Article.objects.count() == 2
    assert not Tag.objects.exists()


def test_several_wrong_lines_are_all_named(take_in, lines):
    path = lines(*(WRONG_LINES[name][0] for name in ("not JSON", "over 1 MB", "an array", "unknown region")))
    assert [refusal.split(": ")[0] for refusal in take_in(path).refusals] == [f"{path}:{i}" for i in (1, 2, 3, 4)]


WRONG_FILES = {
    "truncated.txt": (DOCUMENTS["gua-shi"].encode()[:400], 1, "不完整"),
    "cut.txt": (DOCUMENTS["gua-shi"].encode()[:-6], 1, "不完整"),
    "binary.txt": (b"\x7fELF\0\0" + bytes(range(256)), 1, "UTF-8"),
    "gbk.txt": (DOCUMENTS["gua-shi"].encode("gb18030"), 1, "UTF-8"),
    "utf16.txt": (DOCUMENTS["gua-shi"].encode("utf-16"), 1, "UTF-8"),
    "late-nul.txt": (DOCUMENTS["gua-shi"].replace("补卡后", "补\0卡后").encode(), 19, "UTF-8"),
    "huge.txt": (DOCUMENTS["gua-shi"].encode() + b"\n" * 1_000_001, 1, "1 MB"),
    "empty.txt": (b"", 1, "不完整"),
    "page.html": (b"<p>", 1, ".html"),
    "noname": (b"x", 1, "不支持"),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_wrong_file_is_refused_by_name_and_line_and_the_rest_comes_in(take_in, documents, tmp_path, name):
    raw, line, why = WRONG_FILES[name]
    path = tmp_path / name
    path.write_bytes(raw)
    result = take_in(path, documents, publish=True)
    assert result.code == 1
    assert len(result.refusals) == 1
    where, reason = result.refusals[0].split(": ", 1)
    assert where.startswith(f"{path}:")
    assert int(where.removeprefix(f"{path}:")) >= line
    assert why in reason
    assert Article.objects.published().count() == Article.objects.count() == 3


@pytest.mark.parametrize("name", ["missing.txt", "missing.jsonl"])
def test_a_file_that_cannot_be_read_is_refused(take_in, documents, name):
    result = take_in(documents / name, documents)
    assert result.code == 1
    assert result.refusals[0].startswith(f"{documents / name}:1: 无法读取")
    assert Article.objects.count() == 3


def test_a_folder_named_like_a_file_is_no_file(take_in, documents):
    (documents / "folder.txt").mkdir()
    assert take_in(documents).code == 0


def test_files_of_other_kinds_in_a_folder_are_passed_over(take_in, documents):
    (documents / "readme.md").write_text("#")
    assert take_in(documents).code == 0


def test_an_empty_folder_is_an_error(take_in, folder):
    assert take_in(folder).code == 1


def test_a_name_that_is_not_utf8_is_no_problem(take_in, folder):
    path = os.fsencode(folder) + b"/\xc4\xe3\xba\xc3.txt"
    Path(os.fsdecode(path)).write_text(DOCUMENTS["zhuan-yi"], encoding="utf-8")
    assert take_in(folder, publish=True).code == 0
    assert take_in(os.fsdecode(path), publish=True).code == 0
    assert ImportRecord.objects.get().source_id == r"\udcc4\udce3\udcba\udcc3"


def test_a_byte_order_mark_and_windows_line_ends_are_no_problem(take_in, folder):
    (folder / "a.txt").write_bytes(b"\xef\xbb\xbf" + DOCUMENTS["gua-shi"].replace("\n", "\r\n").encode())
    (folder / "b.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps(RECORD).encode() + b"\r\n")
    assert take_in(folder).code == 0
    assert Article.objects.filter(title="医保卡丢了里面的钱会被盗刷吗").exists()


# Long files


def test_lines_are_read_while_they_are_written(folder):
    path = folder / "pipe.jsonl"
    os.mkfifo(path)
    first_was_read = threading.Event()

    def write():
        with path.open("wb", buffering=0) as pipe:
            pipe.write(json.dumps(RECORD).encode() + b"\n")
            assert first_was_read.wait(10)
            pipe.write(json.dumps(RECORD).encode() + b"\n")

    writer = threading.Thread(target=write)
    writer.start()
    items = import_export.read(path)
    assert next(items).line == 1
    first_was_read.set()
    assert [item.line for item in items] == [2]
    writer.join()


def test_a_long_file_does_not_fill_the_memory(folder):
    path = folder / "long.jsonl"
    line = json.dumps({**RECORD, "body": "x" * 1000}) + "\n"
    with path.open("w") as file:
        file.writelines(line for _ in range(30_000))
        file.write("x" * 20_000_000)
    tracemalloc.start()
    count = sum(1 for _ in import_export.read(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 30_001
    assert peak < 8_000_000


# Killed in the middle


def query(data_dir, sql):
    with closing(sqlite3.connect(f"file:{data_dir}/wenkang.sqlite3?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchone()[0]


def test_an_import_that_was_killed_is_simply_run_again(installation, lines):
    site = installation.directory
    path = lines(*({**RECORD, "source_id": f"r{i}", "title": f"第{i}个问题？"} for i in range(2000)))
    process = installation.start("import_articles", path)
    while query(site, "SELECT count(*) FROM articles_importrecord") < 300:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    taken = query(site, "SELECT count(*) FROM articles_importrecord")
    assert 300 <= taken < 2000
    assert query(site, "SELECT count(*) FROM articles_article") == taken
    out = installation.manage("import_articles", path)
    assert f"新增 {2000 - taken}，更新 0，未变 {taken}，拒绝 0" in out
    for table in ("importrecord", "article", "revision"):
        assert query(site, f"SELECT count(*) FROM articles_{table}") == 2000
    assert query(site, "SELECT count(DISTINCT title) FROM articles_article") == 2000
    assert query(site, "SELECT count(*) FROM articles_event WHERE verb = 'save_draft'") == 2000
    assert query(site, "PRAGMA integrity_check") == "ok"


def test_an_id_in_somebody_else_s_file_is_no_claim_to_an_address(take_in, lines):
    assert take_in(lines({**RECORD, "id": 900, "reviewed_by": "某人", "reviewed_at": "2025-01-01"}), publish=True).code == 0
    article = Article.objects.get()
    assert article.pk != 900
    assert article.reviewed_by == ""
