"""ArticleContent: what an editor writes, as JSON, as a fingerprint, and what cannot be stored."""

import datetime as dt
import json
from dataclasses import fields, replace

import pytest

from articles import content as content_module
from articles.content import DISCLAIMER, KINDS, LIMITS, POLICY_DISCLAIMER, PROVENANCES, SOURCE_LIMITS, ArticleContent, Source, disclaimer

FULL = ArticleContent(
    title="断缴三个月再住院还能报销吗？",
    short_answer="多数地方不能，等待期满后恢复。",
    body="<p>各地等待期不同。</p>",
    category=3,
    tags=(5, 2),
    regions=("110000", "510100"),
    kind="guide",
    valid_from=dt.date(2025, 1, 1),
    valid_until=dt.date(2026, 12, 31),
    sources=(Source("办法", "医保发〔2025〕1号", "某局", "https://example.org/a", dt.date(2025, 1, 2)), Source("通知")),
    phrasings=("停保以后住院报不报",),
    provenance="ai_assisted",
)

OTHER = {
    "title": "别的问题？",
    "short_answer": "",
    "body": "<p>别的。</p>",
    "category": None,
    "tags": (2, 5),
    "regions": ("110000",),
    "kind": "policy",
    "valid_from": None,
    "valid_until": dt.date(2027, 1, 1),
    "sources": (Source("办法", "医保发〔2025〕2号", "某局", "https://example.org/a", dt.date(2025, 1, 2)), Source("通知")),
    "phrasings": (),
    "provenance": "human",
    "successor": 8,
}


@pytest.mark.parametrize("content", [FULL, ArticleContent("问？"), replace(FULL, valid_from=None, sources=())])
def test_content_comes_back_from_json_as_it_was(content):
    assert ArticleContent.from_json(json.loads(json.dumps(content.to_json()))) == content


def test_json_names_its_schema():
    assert FULL.to_json()["schema"] == content_module.SCHEMA


def test_json_without_the_optional_fields_gets_their_defaults():
    assert ArticleContent.from_json({"title": "问？"}) == ArticleContent("问？")


def test_unknown_fields_of_a_newer_version_are_ignored():
    assert ArticleContent.from_json({**FULL.to_json(), "mood": "好"}) == FULL


def test_content_of_an_earlier_schema_is_upgraded(monkeypatch):
    monkeypatch.setattr(content_module, "SCHEMA", 3)
    monkeypatch.setattr(
        content_module,
        "UPGRADES",
        {1: lambda data: {**data, "title": data["question"]}, 2: lambda data: {**data, "kind": "guide"}},
    )
    assert ArticleContent.from_json({"schema": 1, "question": "旧？"}) == ArticleContent("旧？", kind="guide")


# The fingerprint


def test_the_fingerprint_is_always_the_same():
    assert FULL.digest() == ArticleContent.from_json(FULL.to_json()).digest()
    # A change here would make every approval that is waiting for its publication void.
    assert ArticleContent("问？").digest() == "8f7a67e40199e298a6ec15e6fbb8da940c83ea32fed40dec38a947fc2762afb5"


@pytest.mark.parametrize("name", [field.name for field in fields(ArticleContent)])
def test_the_fingerprint_changes_with_every_field(name):
    assert replace(FULL, **{name: OTHER[name]}).digest() != FULL.digest()


@pytest.mark.parametrize("name", [field.name for field in fields(Source)])
def test_the_fingerprint_changes_with_every_field_of_a_source(name):
    changed = replace(FULL.sources[0], **{name: dt.date(2024, 1, 1) if name == "date" else "https://example.org/b"})
    assert replace(FULL, sources=(changed, *FULL.sources[1:])).digest() != FULL.digest()


# What cannot be stored


def test_complete_content_has_no_problems():
    assert FULL.problems() == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"title": " "}, "请填写问题"),
        ({"title": "长" * (LIMITS["title"] + 1)}, "问题太长：最多 120 字"),
        ({"short_answer": "长" * (LIMITS["short_answer"] + 1)}, "简短回答太长：最多 200 字"),
        ({"body": "长" * (LIMITS["body"] + 1)}, "正文太长：最多 200000 字"),
        ({"tags": tuple(range(21))}, "标签太长：最多 20 项"),
        ({"regions": ("110000",) * 401}, "地区太长：最多 400 项"),
        ({"sources": (Source("文件"),) * 31}, "来源太长：最多 30 项"),
        ({"phrasings": ("问",) * 31}, "其他问法太长：最多 30 项"),
        ({"phrasings": ("长" * 121,)}, "其他问法每条最多 120 字"),
        ({"kind": "news"}, "内容类型无效：news"),
        ({"provenance": "robot"}, "内容来源方式无效：robot"),
        ({"valid_from": dt.date(2027, 1, 1)}, "有效期的开始晚于结束"),
        ({"sources": (Source(" "),)}, "每个来源都要有文件标题"),
        ({"sources": (Source("文件", url="ftp://example.org"),)}, "来源网址须以 http:// 或 https:// 开头：文件"),
        ({"sources": (Source("文件", url="javascript:alert(1)"),)}, "来源网址须以 http:// 或 https:// 开头：文件"),
        *(({"sources": (Source(**{"title": "文件", name: "长" * (limit + 1)}),)}, "来源太长") for name, limit in SOURCE_LIMITS.items()),
    ],
)
def test_a_problem_is_named(changes, problem):
    assert any(found.startswith(problem) for found in replace(FULL, **changes).problems())


def test_several_problems_are_all_named():
    assert len(ArticleContent("", kind="x", provenance="y").problems()) == 3


def test_one_day_may_be_the_whole_validity():
    assert replace(FULL, valid_from=FULL.valid_until).problems() == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("provenance", PROVENANCES)
def test_every_kind_and_provenance_can_be_stored(kind, provenance):
    assert replace(FULL, kind=kind, provenance=provenance).problems() == []


@pytest.mark.parametrize("kind", [*KINDS, "unknown"])
def test_every_kind_has_the_disclaimer(kind):
    assert disclaimer(kind).startswith(DISCLAIMER)
    assert disclaimer(kind).endswith(POLICY_DISCLAIMER) == (kind in ("policy", "unknown"))
