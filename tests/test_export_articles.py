"""export_articles, and back: what was public comes back under its id, byte for byte."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from articles import workflow
from articles.content import Source
from articles.models import Article, Category, Event, ImportRecord, Revision, Tag

FAR = 1_000_000  # ids that no article of a test has


@pytest.fixture
def force(content):
    def make(*args, go_live_at=None, **fields):
        revision = workflow.save_draft(content(*args, **fields), by=None)
        return workflow.force_publish(revision, by=None, reason="疫情通知", go_live_at=go_live_at)

    return make


@pytest.fixture
def many_articles(publish, approved, force, editor, reviewer, writer, content, tmp_path):
    """One article of every fate."""
    tags = tuple(tag.pk for tag in Tag.objects.named(["断缴", "补缴", "ＶＩＰ"]))
    publish(
        "审核过的？",
        "<h2>一、条件</h2><p>甲&lt;乙<br>丙</p><table><tr><td>表</td><td></td></tr></table>",
        short_answer="可以",
        tags=tags[::-1],
        regions=("310000", "110000"),
        kind="guide",
        provenance="reprint",
        valid_from=timezone.localdate(),
        valid_until=timezone.localdate() + timedelta(days=9),
        sources=(Source("办法", "〔2025〕1号", "某局", "https://example.org/", timezone.localdate()), Source("通知")),
        phrasings=("另一种问法", "第三种"),
    )
    workflow.confirm(force("确认过的？").live_revision, by=reviewer)
    force("没有确认的？", tags=tags[:1], go_live_at=timezone.now() - timedelta(days=400))
    workflow.unpublish(publish("撤回的？", tags=tags, regions=("110000",)), by=editor, reason="过时")
    workflow.unpublish(force("紧急撤回的？"), by=editor, reason="有误")
    first, second, third = publish("第一个？"), publish("第二个？", regions=("440000",)), force("第三个？")
    workflow.merge(first, into=second, by=editor)
    workflow.merge(second, into=third, by=editor)
    workflow.schedule(approved("以后的？", tags=tags), by=editor, at=timezone.now() + timedelta(days=3))
    expired = publish("下线的？")
    Article.objects.filter(pk=expired.pk).update(expire_at=timezone.now() + timedelta(hours=1))
    again = publish("改过的？")
    publish("改过两次的？", article=again)
    workflow.save_draft(content("还没发布的改动？"), by=writer, article=again)
    gone = publish("不在栏目里的？", category=Category.objects.create(slug="own-category", name="自建栏目").pk)
    workflow.merge(gone, into=third, by=editor)
    Category.objects.filter(slug="gaps").update(name="改了名的栏目")
    publish("改名栏目里的？", category=Category.objects.get(slug="gaps").pk)
    source = tmp_path / "source.jsonl"
    source.write_text(
        "\n".join(json.dumps({"source_id": f"s{i}", "title": f"导入的{i}？", "body": "<p>字</p>"}) for i in range(2)), encoding="utf-8"
    )
    call_command("import_articles", str(source), publish=True, verbosity=0)
    workflow.save_draft(content("编辑过的导入？"), by=writer, article=Article.objects.get(title="导入的1？"))
    workflow.save_draft(content("从未公开的草稿？"), by=writer)


def exported(tmp_path):
    path = tmp_path / "export.jsonl"
    call_command("export_articles", output=str(path))
    return path


def moved(raw):
    """The same articles as another site would have them: other ids, other sources."""
    made = []
    for record in map(json.loads, raw.splitlines()):
        record["id"] += FAR
        record["merged_into"] = record["merged_into"] and record["merged_into"] + FAR
        record["source_id"] = record["source_id"] and "moved-" + record["source_id"]
        made.append(json.dumps(record, ensure_ascii=False, separators=(",", ":")))
    return "\n".join(made) + "\n"


def everything():
    return [list(model.objects.order_by("pk").values()) for model in (Article, Revision, Event, ImportRecord, Category)]


def test_every_article_that_was_public_is_a_line(many_articles, tmp_path):
    records = [json.loads(line) for line in exported(tmp_path).read_text(encoding="utf-8").splitlines()]
    titles = [record["title"] for record in records]
    assert len(titles) == len(set(titles)) == 15
    assert not {"从未公开的草稿？", "还没发布的改动？", "编辑过的导入？"} & set(titles)
    assert titles[-3:] == ["第一个？", "第二个？", "不在栏目里的？"]
    by_title = {record["title"]: record for record in records}
    assert by_title["第一个？"]["merged_into"] == by_title["第二个？"]["merged_into"] == by_title["第三个？"]["id"]
    assert by_title["审核过的？"]["tags"] == ["VIP", "补缴", "断缴"]
    assert by_title["审核过的？"]["reviewed_by"] == "沈合"
    assert by_title["没有确认的？"]["forced_because"] == "疫情通知"
    assert by_title["撤回的？"]["withdrawn_at"]
    assert (by_title["导入的0？"]["source_id"], len(by_title["导入的0？"]["source_digest"])) == ("s0", 64)
    assert by_title["导入的1？"]["source_digest"] is None


def test_without_a_file_the_lines_go_to_the_standard_output(publish, run):
    publish("甲？")
    assert json.loads(run("export_articles"))["title"] == "甲？"


def test_an_export_that_fails_leaves_the_old_file(publish, tmp_path, monkeypatch):
    publish("甲？")
    path = exported(tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr("articles.import_export.exporting.export_line", lambda article: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        exported(tmp_path)
    assert path.read_bytes() == before


def test_a_site_without_articles_exports_nothing(db, tmp_path):
    assert exported(tmp_path).read_bytes() == b""


def test_export_needs_few_queries(publish_many, tmp_path, django_assert_max_num_queries):
    publish_many(30)
    with django_assert_max_num_queries(10):
        exported(tmp_path)


def test_export_and_import_and_export_give_the_same_bytes_under_other_ids(many_articles, tmp_path):
    raw = moved(exported(tmp_path).read_text(encoding="utf-8"))
    path = tmp_path / "moved.jsonl"
    path.write_text(raw, encoding="utf-8")
    call_command("import_articles", str(path), publish=True, verbosity=0)
    ids = [json.loads(line)["id"] for line in raw.splitlines()]
    lines = exported(tmp_path).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if json.loads(line)["id"] in ids] == raw.splitlines()


def test_an_export_into_an_empty_site_and_out_again_is_equal_byte_for_byte(many_articles, installation, tmp_path):
    original = exported(tmp_path)
    installation.manage("import_articles", original, "--publish")
    assert installation.manage("export_articles").encode() == original.read_bytes()
    assert "新增 0，更新 0，未变 15，拒绝 0" in installation.manage("import_articles", original, "--publish")


def test_importing_an_export_into_its_own_site_changes_nothing(many_articles, tmp_path):
    path = exported(tmp_path)
    before = everything()
    call_command("import_articles", str(path), publish=True, verbosity=0)
    call_command("import_articles", str(path), verbosity=0)
    assert everything() == before


def test_the_order_of_the_keys_does_not_matter(publish, tmp_path):
    publish("甲？")
    path = exported(tmp_path)
    path.write_text(json.dumps(dict(sorted(json.loads(path.read_text(encoding="utf-8")).items()))), encoding="utf-8")
    call_command("import_articles", str(path), publish=True, verbosity=0)
    assert Revision.objects.count() == 1


def _restore(tmp_path, capsys, **changes):
    """Import the only line of the export with `changes`; what stands on stderr."""
    path = exported(tmp_path)
    record = json.loads(path.read_text(encoding="utf-8").splitlines()[0]) | changes
    path.write_text(json.dumps(record), encoding="utf-8")
    capsys.readouterr()
    with pytest.raises(CommandError):
        call_command("import_articles", str(path), publish=True, verbosity=0)
    return capsys.readouterr().err


def test_an_id_that_another_article_has_is_refused(publish, tmp_path, capsys):
    article = publish("甲？")
    assert f"编号 {article.pk} 已被另一篇文章使用" in _restore(tmp_path, capsys, title="别的文章？")
    article.refresh_from_db()
    assert article.title == "甲？"


def test_an_id_that_a_draft_has_is_refused(publish, content, writer, tmp_path, capsys):
    publish("甲？")
    draft = workflow.save_draft(content("草稿？", category=None), by=writer).article
    assert f"编号 {draft.pk} 已被另一篇文章使用" in _restore(tmp_path, capsys, id=draft.pk)


def test_a_source_that_was_imported_under_another_id_is_refused(many_articles, tmp_path, capsys):
    assert "“s0”已导入为另一篇文章" in _restore(tmp_path, capsys, id=FAR, source_id="s0")


def test_a_record_with_an_id_needs_publish(publish, tmp_path, capsys):
    publish("甲？")
    path = tmp_path / "moved.jsonl"
    path.write_text(moved(exported(tmp_path).read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("import_articles", str(path), verbosity=0)
    assert "--publish" in capsys.readouterr().err
    assert Article.objects.count() == 1


def test_a_dry_run_of_an_export_refuses_nothing(many_articles, tmp_path):
    path = tmp_path / "moved.jsonl"
    path.write_text(moved(exported(tmp_path).read_text(encoding="utf-8")), encoding="utf-8")
    before = everything()
    call_command("import_articles", str(path), publish=True, dry_run=True, verbosity=0)
    assert everything() == before


def test_a_new_article_after_a_restore_gets_a_new_id(publish, tmp_path):
    publish("甲？")
    path = tmp_path / "moved.jsonl"
    path.write_text(moved(exported(tmp_path).read_text(encoding="utf-8")), encoding="utf-8")
    call_command("import_articles", str(path), publish=True, verbosity=0)
    restored = Article.objects.newest().first()
    assert publish("乙？").pk > restored.pk > FAR


def test_a_source_does_not_overwrite_edits_that_came_back_with_an_export(many_articles, tmp_path, capsys):
    raw = moved(exported(tmp_path).read_text(encoding="utf-8"))
    path = tmp_path / "moved.jsonl"
    path.write_text(raw, encoding="utf-8")
    call_command("import_articles", str(path), publish=True, verbosity=0)
    for number, refused in ((0, False), (1, True)):
        path.write_text(json.dumps({"source_id": f"moved-s{number}", "title": "来源改了？", "body": "<p>字</p>"}), encoding="utf-8")
        if refused:
            with pytest.raises(CommandError):
                call_command("import_articles", str(path), publish=True, verbosity=0)
            assert "已在站内修改" in capsys.readouterr().err
        else:
            call_command("import_articles", str(path), publish=True, verbosity=0)
