"""The audit log as a file: of an article, of a person, and an article with every version for anybody to check."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import datetime, timedelta

import pytest

from articles import workflow
from articles.models import Event, Tag

pytestmark = pytest.mark.django_db
EXPORT = "/admin/articles/event/export/"


@pytest.fixture
def desk(client, editor):
    client.force_login(editor)
    return client


@pytest.fixture
def fetch(desk):
    """fetch(article=1) -> the bytes of the file."""

    def get(**query):
        response = desk.get(EXPORT, query)
        assert response.status_code == 200
        assert response["Content-Disposition"].startswith("attachment")
        return b"".join(response.streaming_content)

    return get


@pytest.fixture
def table(fetch):
    """table(article=1) -> its rows, by the names of the columns."""
    return lambda **query: list(csv.DictReader(io.StringIO(fetch(**query).decode("utf-8-sig"))))


class TestTable:
    def test_every_step_of_an_article_stands_in_it(self, table, publish, reviewer):
        article = publish()
        rows = table(article=article.pk)
        assert [row["操作"] for row in rows] == ["保存草稿", "提交审核", "审核通过", "发布"]
        assert rows[2]["操作人"] == "shenhe（沈合）"
        assert rows[3]["内容 SHA-256"] == article.live_revision.approved_digest
        assert (rows[0]["文章编号"], rows[0]["文章"], rows[0]["版本"]) == (str(article.pk), article.title, str(article.live_revision_id))

    def test_times_say_their_zone(self, table, publish):
        at = datetime.fromisoformat(table(article=publish().pk)[0]["时间"])
        assert at.utcoffset() == timedelta(hours=8)
        assert at == Event.objects.earliest("pk").at

    def test_a_person_s_doings_over_all_articles(self, table, publish, reviewer):
        publish(), publish("另一问？")
        assert [row["操作"] for row in table(person=reviewer.pk)] == ["审核通过"] * 2

    def test_both_days_are_included(self, table, publish):
        article = publish()
        day = table(article=article.pk)[0]["时间"][:10]
        assert len(table(article=article.pk, **{"from": day, "until": day})) > 4
        assert table(article=article.pk, until="2020-01-01") == []

    def test_excel_reads_it_and_runs_nothing(self, fetch, publish, content, writer):
        article = publish()
        for note in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1"):
            workflow.save_draft(content(), by=writer, article=article, note=note)
        text = fetch(article=article.pk).decode()
        assert text.startswith("\ufeff记录编号,时间,")
        cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))] == []
        assert "'=1+1" in cells

    def test_json_lines_carry_everything_as_it_is(self, fetch, publish, editor):
        article = publish()
        workflow.refile(article, workflow.Filing(add_tag=Tag.objects.create(name="异地备案")), by=editor, data={"bulk": 3})
        lines = [json.loads(line) for line in fetch(article=article.pk, format="jsonl").decode().splitlines()]
        assert (lines[-1]["verb"], lines[-1]["data"]["bulk"], lines[-1]["article"]) == ("改归类", 3, article.pk)

    def test_the_number_of_statements_does_not_grow(self, desk, publish, content, writer, django_assert_max_num_queries):
        article = publish()
        for _ in range(30):
            workflow.save_draft(content(), by=writer, article=article)
        with django_assert_max_num_queries(12):
            b"".join(desk.get(EXPORT, {"article": article.pk}).streaming_content)


class TestPackage:
    @pytest.fixture
    def opened(self, fetch):
        """opened(article) -> {name: bytes} of its package."""

        def unpack(article):
            with zipfile.ZipFile(io.BytesIO(fetch(article=article.pk, format="package"))) as archive:
                return {name: archive.read(name) for name in archive.namelist()}

        return unpack

    def test_every_version_can_be_checked_against_what_was_approved(self, opened, publish, approved, editor):
        article = publish()
        workflow.publish(approved(body="<p>新的正文。</p>", article=article), by=editor)
        files = opened(article)
        rows = list(csv.DictReader(io.StringIO(files["revisions.csv"].decode("utf-8-sig"))))
        assert len(rows) == 2
        for row in rows:
            content = files[f"revisions/{row['版本']}.json"]
            assert hashlib.sha256(content).hexdigest() == row["内容 SHA-256"] == row["审核通过的指纹"]
        assert json.loads(content)["body"] == "<p>新的正文。</p>"

    def test_the_sums_are_right_and_name_every_file(self, opened, publish):
        files = opened(publish())
        sums = dict(reversed(line.split("  ", 1)) for line in files.pop("SHA256SUMS").decode().splitlines())
        assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        assert {"README.txt", "events.csv", "events.jsonl", "revisions.csv"} < set(files)


class TestLog:
    """An export is an entry itself."""

    def test_it_says_who_took_what(self, fetch, publish, editor):
        article = publish()
        fetch(article=article.pk, until="2030-01-01")
        event = Event.objects.get(verb="export")
        assert (event.by, event.article, event.note) == (editor, article, f"文章 #{article.pk}，到 2030-01-01，csv")

    def test_the_next_one_holds_it(self, table, publish):
        article = publish()
        assert [row["操作"] for row in table(article=article.pk)][-1] == "发布"
        assert [row["操作"] for row in table(article=article.pk)][-1] == "导出记录"

    def test_a_refused_one_leaves_none(self, desk):
        desk.get(EXPORT, {"article": "999"})
        assert not Event.objects.filter(verb="export").exists()


class TestQuestion:
    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ({"until": "2026-01-01"}, "请填写文章编号或操作人"),
            ({"format": "package"}, "证据包须填写文章编号"),
            ({"article": "999"}, "没有这个编号的文章"),
            ({"article": "x"}, "文章编号填写有误"),
            ({"article": "9" * 30}, "文章编号填写有误"),
            ({"person": "x"}, "操作人填写有误"),
            ({"article": "1", "from": "昨天"}, "从填写有误"),
            ({"article": "1", "format": "xlsx"}, "格式填写有误"),
        ],
    )
    def test_what_cannot_be_answered_is_said(self, desk, query, said):
        response = desk.get(EXPORT, query)
        assert response.status_code == 400
        assert said in response.content.decode()

    def test_without_one_there_is_a_form(self, desk):
        assert "导出哪些记录" in desk.get(EXPORT).content.decode()

    def test_history_and_log_lead_there(self, desk, publish):
        article = publish()
        assert (
            f"{EXPORT}?article={article.pk}&amp;format=package"
            in desk.get(f"/admin/articles/article/{article.pk}/history/").content.decode()
        )
        assert f'href="{EXPORT}"' in desk.get("/admin/articles/event/").content.decode()

    def test_it_takes_the_right_to_read_the_log(self, client, django_user_model, publish):
        article = publish()
        client.force_login(django_user_model.objects.create_user("nobody", is_staff=True))
        assert client.get(EXPORT, {"article": article.pk}).status_code == 403
