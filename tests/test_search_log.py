"""The search log: what is searched, counted by day, written beside the site's way, and nothing about who."""

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from articles import background, search, stats
from articles.stats import log, models
from articles.stats.models import Counted, SearchDay

ROOT = Path(__file__).resolve().parent.parent


def rows():
    """{query: (searches, results, clicks, rank_sum)}, of all days."""
    return {row.query: (row.searches, row.results, row.clicks, row.rank_sum) for row in SearchDay.objects.all()}


@pytest.fixture
def broken(db):
    """The table of the log is gone; call it and it is back."""

    def rename(old, new):
        with connections["stats"].cursor() as cursor:
            cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")

    rename("stats_searchday", "elsewhere")
    return lambda: rename("elsewhere", "stats_searchday")


class TestPrivacy:
    """anonymous(): what is left of a query before anything else happens to it."""

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("１３８００１３８０００", "＃"),
            ("我的手机13800138000怎么改", "我的手机＃怎么改"),
            ("138 0013 8000 掛失", "＃ 挂失"),
            ("138-0013-8000", "＃"),
            ("138—0013—8000", "＃"),
            ("+86 138.0013.8000", "+＃"),
            ("(0571) 8770-6925", "(＃"),
            ("138\u200b0013\u200b8000", "＃"),
            ("一三八零零一三八零零零 打不通", "＃ 打不通"),
            ("身份证33090019900101123X的医保", "身份证＃的医保"),
            ("33090019900101123ｘ", "＃"),
            ("330900 19900101 123 X 查询", "＃ 查询"),
            ("1234567", "＃"),
            ("12345678xyz", "＃xyz"),
            ("生于1990-01-01的人", "生于＃的人"),
            ("张三 zhang.san+yb@mail.example.cn 查医保", "张三 ＃ 查医保"),
            ("我的邮箱zhang＠example.com怎么改", "我的邮箱＃怎么改"),
            ("zhang @ example.com", "＃"),
            ("张三@例子.中国 查询", "＃ 查询"),
            ("@", "＃"),
        ],
    )
    def test_numbers_and_addresses_of_people_are_masked(self, typed, kept):
        assert log.anonymous(typed) == kept

    @pytest.mark.parametrize(
        "typed",
        ["2025年医保", "医保 12345", "2024-2025年度缴费", "2024～2025", "123456", "二〇二五年", "12 个月 34 元", "新冠covid19"],
    )
    def test_ordinary_numbers_stay(self, typed):
        assert "＃" not in log.anonymous(typed)

    def test_a_number_hidden_behind_a_year_range_is_masked(self):
        assert log.anonymous("2024-2025-1234") == log.anonymous("138 2024-2025") == "＃"

    def test_a_number_is_masked_before_the_rest_is_cut_off(self):
        assert log.anonymous("医" * 56 + "13800138000") == "医" * 56 + "＃"

    def test_what_readers_do_not_distinguish_is_one_query(self):
        assert {log.anonymous(text) for text in ("醫保　斷繳", " 医保 断缴 ", "医保\u200b  断缴")} == {"医保 断缴"}

    def test_the_longest_is_sixty_characters(self):
        assert log.anonymous("医保断缴" * 100) == "医保断缴" * 15

    @pytest.mark.parametrize("typed", ["", "   ", "\x00\u200b", "\u202e"])
    def test_what_is_empty_then_is_not_logged(self, db, typed):
        stats.searched(typed, 3)
        assert stats.flush()
        assert rows() == {}

    def test_the_table_has_no_room_for_anything_else(self):
        fields = {field.name for field in SearchDay._meta.get_fields()}
        assert fields == {"id", "day", "query", "searches", "results", "clicks", "rank_sum"}


@pytest.mark.django_db
class TestCounting:
    def test_searches_and_clicks_of_a_day_add_up_in_one_row(self):
        stats.searched("断缴", 12)
        stats.searched("斷繳 ", 14)
        stats.chosen("断缴", 3)
        stats.chosen("断缴", 1)
        assert stats.flush()
        assert rows() == {"断缴": (2, 14, 2, 4)}

    def test_a_later_flush_adds_to_the_row(self):
        stats.searched("断缴", 12)
        stats.flush()
        stats.chosen("断缴", 5)
        stats.flush()
        stats.searched("断缴", 0)
        stats.flush()
        assert rows() == {"断缴": (2, 0, 1, 5)}

    def test_a_click_leaves_the_number_of_results_as_it_was(self):
        stats.searched("断缴", 12)
        stats.flush()
        stats.chosen("断缴", 5)
        stats.flush()
        assert rows()["断缴"][1] == 12

    def test_a_day_is_one_of_the_site_s_time_zone(self, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 1, 1, 15, 59, tzinfo=UTC))
        stats.searched("断缴", 1)
        monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 1, 1, 16, 0, tzinfo=UTC))
        stats.searched("断缴", 1)
        stats.flush()
        assert sorted(SearchDay.objects.values_list("day", flat=True)) == [date(2026, 1, 1), date(2026, 1, 2)]

    def test_nothing_to_write_touches_no_database(self, django_assert_num_queries):
        with django_assert_num_queries(0, using="stats"):
            assert stats.flush()

    def test_neither_does_counting(self, django_assert_num_queries):
        with django_assert_num_queries(0, using="stats"), django_assert_num_queries(0):
            stats.searched("断缴", 1)
            stats.chosen("断缴", 1)

    def test_a_flush_is_few_statements_however_much_there_is(self, django_assert_max_num_queries):
        for number in range(500):
            stats.searched(f"医保第{number}问", 1)
        with django_assert_max_num_queries(6, using="stats"):
            stats.flush()
        assert len(rows()) == 500

    def test_threads_lose_nothing(self):
        def count():
            for number in range(1000):
                stats.searched(f"医保第{number % 7}问", 1)

        threads = [threading.Thread(target=count) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stats.flush()
        assert sum(row[0] for row in rows().values()) == 8000

    def test_switched_off_nothing_is_counted(self, settings):
        settings.SEARCH_LOG_DAYS = 0
        stats.searched("断缴", 1)
        stats.chosen("断缴", 1)
        settings.SEARCH_LOG_DAYS = 180
        stats.flush()
        assert rows() == {}


@pytest.mark.django_db
class TestLimits:
    def test_only_so_many_different_queries_wait(self, monkeypatch, caplog):
        monkeypatch.setattr(log, "LIMIT", 3)
        for number in range(10):
            stats.searched(f"医保第{number}问", 1)
        stats.searched("医保第0问", 1)  # a known one is counted even now
        stats.flush()
        assert {query: row[0] for query, row in rows().items()} == {"医保第0问": 2, "医保第1问": 1, "医保第2问": 1}
        assert "7 searches and clicks not counted" in caplog.text

    def test_what_was_dropped_is_said_once(self, monkeypatch, caplog):
        monkeypatch.setattr(log, "LIMIT", 0)
        stats.searched("断缴", 1)
        stats.flush()
        caplog.clear()
        stats.flush()
        assert caplog.text == ""

    def test_the_limit_is_the_declared_one(self):
        for number in range(log.LIMIT + 10):
            stats.searched(f"医保第{number}问", 1)
        assert len(log._waiting) == log.LIMIT == 5000

    def test_made_up_queries_cannot_fill_the_disk(self, monkeypatch):
        monkeypatch.setattr(models, "DAY_LIMIT", 3)
        for number in range(3):
            stats.searched(f"医保第{number}问", 1)
        stats.flush()
        stats.searched("医保第0问", 1)
        stats.searched("编造的", 1)
        assert stats.flush()
        assert set(rows()) == {"医保第0问", "医保第1问", "医保第2问"}
        assert rows()["医保第0问"][0] == 2

    def test_a_full_yesterday_leaves_room_today(self, monkeypatch, time_passes):
        monkeypatch.setattr(models, "DAY_LIMIT", 1)
        stats.searched("昨天的", 1)
        time_passes(days=1)
        stats.searched("今天的", 1)
        stats.flush()
        assert set(rows()) == {"昨天的", "今天的"}


class TestBrokenDatabase:
    def test_what_could_not_be_written_is_written_later(self, broken):
        stats.searched("断缴", 12)
        stats.chosen("断缴", 2)
        assert not stats.flush()
        stats.searched("断缴", 7)
        stats.searched("新生儿", 1)
        broken()
        assert stats.flush()
        assert rows() == {"断缴": (2, 7, 1, 2), "新生儿": (1, 1, 0, 0)}

    def test_what_waits_stays_bounded(self, broken, monkeypatch):
        monkeypatch.setattr(log, "LIMIT", 3)
        for number in range(20):
            stats.searched(f"医保第{number}问", 1)
            assert not stats.flush()
        assert len(log._waiting) == 3

    def test_it_is_said_once_until_it_works_again(self, broken, caplog, monkeypatch):
        monkeypatch.setattr(log, "_failing", False)
        for _ in range(3):
            stats.searched("断缴", 1)
            stats.flush()
        assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1

    def test_search_and_click_answer_all_the_same(self, broken, visit, client, publish):
        publish()
        stats.searched("医保卡", 1)
        background.tick()
        assert len(visit("/search/", q="医保卡").all("mark")) > 0
        assert send(client, q="医保卡", rank=1).status_code == 204

    def test_publishing_and_the_index_are_not_held_up(self, broken, publish_many, monkeypatch):
        monkeypatch.setattr(background, "_resting_until", 0.0)
        publish_many(3)
        stats.searched("医保", 1)
        background.tick()
        assert search.search("医保").total == 3

    def test_it_is_left_alone_for_a_while(self, broken, monkeypatch):
        monkeypatch.setattr(background, "_resting_until", 0.0)
        stats.searched("断缴", 1)
        background.tick()
        broken()
        background.tick()
        assert rows() == {}
        monkeypatch.setattr(background, "_resting_until", 0.0)
        background.tick()
        assert rows()["断缴"][0] == 1

    def test_nothing_is_frequent(self, broken):
        assert stats.frequent() == []

    def test_pruning_says_that_it_could_not(self, broken):
        assert stats.prune() is False


@pytest.mark.django_db
class TestRetention:
    def days_ago(self, *numbers):
        SearchDay.objects.add(Counted(timezone.localdate() - timedelta(days=number), "断缴", 1, 1, 0, 0) for number in numbers)

    def kept(self):
        return sorted((timezone.localdate() - day).days for day in SearchDay.objects.values_list("day", flat=True))

    def test_days_that_are_too_old_are_deleted(self, settings):
        settings.SEARCH_LOG_DAYS = 180
        self.days_ago(0, 1, 179, 180, 181, 4000)
        assert stats.prune()
        assert self.kept() == [0, 1, 179]

    def test_switching_the_log_off_deletes_it_all(self, settings):
        settings.SEARCH_LOG_DAYS = 0
        self.days_ago(0, 1)
        stats.prune()
        assert self.kept() == []

    def test_a_round_prunes_once_a_day(self, monkeypatch, time_passes):
        monkeypatch.setattr(background, "_pruned", None)
        monkeypatch.setattr(background, "_resting_until", 0.0)
        self.days_ago(500)
        background.tick()
        assert self.kept() == []
        self.days_ago(500)
        background.tick()
        assert self.kept() == [500]
        time_passes(days=1)
        background.tick()
        assert self.kept() == []


@pytest.mark.django_db
class TestFrequent:
    def test_the_most_frequent_come_first(self):
        for query, times in {"断缴": 2, "新生儿": 3, "异地": 1}.items():
            for _ in range(times):
                stats.searched(query, 1)
        stats.flush()
        assert stats.frequent() == ["新生儿", "断缴", "异地"]
        assert stats.frequent(limit=1) == ["新生儿"]

    def test_days_add_up_and_old_ones_do_not_count(self, time_passes):
        stats.searched("旧的", 1)
        time_passes(days=30)
        stats.searched("断缴", 1)
        time_passes(days=1)
        stats.searched("断缴", 1)
        stats.searched("今天", 1)
        stats.flush()
        assert stats.frequent(days=30) == ["断缴", "今天"]
        assert set(stats.frequent(days=1)) == {"断缴", "今天"}

    def test_a_click_alone_is_no_search(self):
        stats.chosen("断缴", 1)
        stats.flush()
        assert stats.frequent() == []


class TestTwoDatabases:
    def test_each_table_is_in_one_of_them(self, db):
        tables = {alias: set(connections[alias].introspection.table_names()) for alias in ("default", "stats")}
        assert tables["stats"] == {"django_migrations", "stats_searchday"}
        assert "stats_searchday" not in tables["default"]
        assert "articles_article" in tables["default"]

    def test_rows_are_read_and_written_in_the_log_s_own(self, db):
        assert SearchDay.objects.db == "stats"

    def test_one_and_the_same_database_for_both_is_refused(self, tmp_path):
        url = f"sqlite:///{tmp_path}/one.sqlite3"
        done = manage("check", DATA_DIR=tmp_path, DATABASE_URL=url, STATS_DATABASE_URL=url, check=False)
        assert done.returncode == 1
        assert "STATS_DATABASE_URL must name another database" in done.stderr.splitlines()[-1]

    def test_a_site_is_prepared_without_the_log_s_database(self, tmp_path):
        (tmp_path / "stats.sqlite3").write_text("这不是数据库" * 1000)
        done = manage("prepare_site", "--no-samples", "--no-static", DATA_DIR=tmp_path)
        assert "搜索统计的数据库不可用" in done.stderr


def manage(*arguments, check=True, **environment):
    command = [sys.executable, ROOT / "manage.py", *arguments]
    kept = {name: os.environ[name] for name in ("PATH", "PGUSER", "PGPASSWORD") if name in os.environ}
    environment = {name: str(value) for name, value in environment.items()}
    return subprocess.run(command, env=kept | environment, capture_output=True, text=True, check=check)


@pytest.fixture
def own_log(tmp_path):
    """The environment of processes that share one log, in a database of the kind that this run tests."""
    environment = {"DATA_DIR": tmp_path}
    if connection.vendor == "postgresql":
        psycopg = pytest.importorskip("psycopg")
        server = {key: value for key, value in connection.get_connection_params().items() if key in ("host", "port", "user", "password")}
        with psycopg.connect(dbname="postgres", autocommit=True, **server) as admin:
            admin.execute("DROP DATABASE IF EXISTS wenkang_search_log")
            admin.execute("CREATE DATABASE wenkang_search_log")
        environment["STATS_DATABASE_URL"] = os.environ["DATABASE_URL"].rpartition("/")[0] + "/wenkang_search_log"
    manage("migrate", "stats", "--database", "stats", **environment)
    return environment


BUSY = """
import sys, threading
from articles import stats
queries = [f"医保第{number}问" for number in range(40)]
if sys.argv[-1] == "backwards":
    queries.reverse()
def count():
    for _ in range(25):
        for query in queries:
            stats.searched(query, 3)
            stats.chosen(query, 2)
threads = [threading.Thread(target=count) for _ in range(2)]
for thread in threads:
    thread.start()
while any(thread.is_alive() for thread in threads):
    assert stats.flush()
assert stats.flush()
"""


READ = """
import json
from articles.stats.models import SearchDay
print(json.dumps(list(SearchDay.objects.order_by("query").values_list("query", "searches", "results", "clicks", "rank_sum"))))
"""


def run(code, *arguments, **environment):
    """`code` in a process of its own, as a server's would be."""
    start = f"import sys; sys.path[:0] = ['.', 'site']; sys.argv = {['', *arguments]}\nimport django\ndjango.setup()\n"
    names = {name: os.environ[name] for name in ("PATH", "PGUSER", "PGPASSWORD") if name in os.environ}
    names |= {"DJANGO_SETTINGS_MODULE": "config.settings"} | {name: str(value) for name, value in environment.items()}
    command = [sys.executable, "-c", start + code]
    return subprocess.Popen(command, cwd=ROOT, env=names, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def output(process):
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return printed


class TestProcesses:
    def test_two_that_write_the_same_rows_at_once_add_up(self, own_log):
        for process in [run(BUSY, way, **own_log) for way in ("forwards", "backwards")]:
            output(process)
        found = json.loads(output(run(READ, **own_log)))
        assert len(found) == 40
        assert {tuple(numbers) for _, *numbers in found} == {(100, 3, 100, 200)}

    def test_what_was_counted_outlives_a_restart(self, own_log):
        server = """
from articles import background, stats
background.INTERVAL = 60
background.start()
stats.searched("断缴", 3)
background.stop()
"""
        for _ in range(2):
            output(run(server, **own_log))
        assert json.loads(output(run(READ, **own_log))) == [["断缴", 2, 3, 0, 0]]


# The address that search pages report to


def send(client, body=None, content_type="application/x-www-form-urlencoded", **fields):
    headers = {name: fields.pop(name) for name in list(fields) if name.startswith("HTTP_")}
    return client.post("/search/click/", urlencode(fields) if body is None else body, content_type=content_type, **headers)


class TestClick:
    """POST /search/click/: needs no database, so these tests are given none."""

    def test_it_counts_and_says_nothing(self, client):
        response = send(client, q="断缴　", rank="3")
        assert (response.status_code, response.content) == (204, b"")
        [((_, query), counts)] = log._waiting.items()
        assert (query, counts.clicks, counts.rank_sum, counts.searches) == ("断缴", 1, 3, 0)

    def test_as_browsers_send_it(self, client):
        response = send(client, q="断缴", rank="3", content_type="application/x-www-form-urlencoded;charset=UTF-8")
        assert response.status_code == 204

    def test_it_sets_no_cookie_and_does_not_look_at_any(self, client):
        client.cookies["sessionid"] = "x" * 32
        response = send(client, q="断缴", rank="3")
        assert response.status_code == 204
        assert not response.cookies
        assert "cookie" not in response.get("Vary", "").lower()

    @pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch", "options"])
    def test_it_is_only_sent_to(self, client, method):
        assert getattr(client, method)("/search/click/").status_code == 405
        assert log._waiting == {}

    @pytest.mark.parametrize("rank", ["", "0", "1001", "-1", "1.5", "1e2", "３", "½", " ", "nan", "9" * 5000, "0x10", "1\n", "\x00"])
    def test_a_place_that_no_result_has(self, client, rank):
        response = send(client, q="断缴", rank=rank)
        assert response.status_code == 400
        assert "名次" in response.content.decode()
        assert log._waiting == {}

    @pytest.mark.parametrize("rank", ["1", "1000"])
    def test_the_first_and_the_last(self, client, rank):
        assert send(client, q="断缴", rank=rank).status_code == 204

    @pytest.mark.parametrize("body", ["", "q=%E6%96%AD", "rank=1", "q=&rank=1", "q=%20&rank=1", "q=%00&rank=1", "&&&", "%", "q" * 500])
    def test_a_body_without_a_query_and_a_place(self, client, body):
        assert send(client, body).status_code == 400

    @pytest.mark.parametrize("body", ["q=%ff%fe&rank=1", "q=%ed%a0%80&rank=1", "q=%zz&rank=1", b"q=\xff&rank=1", "q[]=1&q=x&rank=1&rank=2"])
    def test_odd_bytes_are_no_error_of_ours(self, client, body):
        assert send(client, body).status_code == 204

    def test_what_is_too_long(self, client):
        assert send(client, q="医" * 1001, rank="1").status_code == 400
        assert send(client, q="a" * 1000, rank="1", padding="x" * 10_000).status_code == 400
        assert send(client, b"x" * 3_000_000).status_code == 400
        assert send(client, "&".join(f"f{number}=" for number in range(1500))).status_code == 400

    @pytest.mark.parametrize("length", ["-1", "1e3", "٣", "x", "9" * 5000])
    def test_a_length_that_is_none(self, client, length):
        response = client.post("/search/click/", "q=x&rank=1", content_type="application/x-www-form-urlencoded", CONTENT_LENGTH=length)
        assert response.status_code == 400

    @pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "x" * 500])
    def test_another_kind_of_body(self, client, kind):
        assert send(client, "q=x&rank=1", content_type=kind).status_code == 400

    def test_another_encoding(self, client):
        assert send(client, "q=x&rank=1", content_type="application/x-www-form-urlencoded; charset=utf-16").status_code == 400

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 204),
            ({"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": "http://testserver"}, 204),
            ({"HTTP_SEC_FETCH_SITE": "cross-site"}, 403),
            ({"HTTP_SEC_FETCH_SITE": "same-site"}, 403),
            ({"HTTP_SEC_FETCH_SITE": "none"}, 403),
            ({"HTTP_SEC_FETCH_SITE": ""}, 403),
            ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_ORIGIN": "http://testserver"}, 403),
            ({"HTTP_ORIGIN": "http://testserver"}, 204),
            ({"HTTP_ORIGIN": "https://TESTSERVER"}, 204),
            ({"HTTP_ORIGIN": "http://testserver:8000"}, 403),
            ({"HTTP_ORIGIN": "https://other.example"}, 403),
            ({"HTTP_ORIGIN": "https://testserver.other.example"}, 403),
            ({"HTTP_ORIGIN": "null"}, 403),
            ({"HTTP_ORIGIN": ""}, 403),
            ({"HTTP_ORIGIN": "http://["}, 403),
        ],
    )
    def test_pages_of_other_sites_are_refused(self, client, headers, status):
        response = send(client, q="断缴", rank="1", **headers)
        assert response.status_code == status
        assert len(log._waiting) == (status == 204)

    def test_it_needs_no_token_against_forgery(self):
        assert send(Client(enforce_csrf_checks=True), q="断缴", rank="1").status_code == 204
