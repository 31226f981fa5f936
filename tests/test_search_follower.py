"""The index follows the Event log, whatever happens to its process, its files and its lock."""

import json
import os
import random
import resource
import shutil
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from articles import search, workflow
from articles.models import Article, Installation, Region
from articles.search import follower
from articles.search.engine import Clause
from tests.damage import overwrite

pytestmark = pytest.mark.django_db


def generations():
    return sorted(path.name for path in follower.directory().iterdir() if path.is_dir())


def indexed():
    """Ids of all that the index holds with 医保 in its title, visible or not."""
    engine = search.engine()
    filters = search.filters_now(scheduled=True)
    hits = engine.search([Clause("title_words", "医保", 1.0)], filters, limit=5000)
    assert engine.count() == hits.total == len(hits.ids)
    return sorted(hits.ids)


def published():
    return sorted(Article.objects.published().values_list("pk", flat=True))


def found(text="医保", **chosen):
    return sorted(result.article.pk for result in search.search(text, limit=100, **chosen).results)


@pytest.fixture(autouse=True)
def another_process(monkeypatch):
    """another_process(): forget what this process has open, as if it had just started."""

    def start():
        monkeypatch.setattr(follower, "_in_use", None)
        monkeypatch.setattr(follower, "_doubted", False)

    start()
    return start


@pytest.fixture
def three(publish_many):
    articles = publish_many(3)
    assert search.sync()
    return articles


class TestFollowing:
    def test_there_is_no_index_before_the_first_sync(self, publish_many):
        publish_many(1)
        with pytest.raises(search.IndexUnavailable):
            search.engine()
        assert search.sync()
        assert indexed() == published()

    def test_an_empty_site_has_an_empty_index(self):
        assert search.sync()
        assert search.engine().count() == 0
        page = search.search("医保")
        assert (page.results, page.total, page.complete) == ([], 0, True)

    def test_publishing_brings_an_article_in_at_once(self, three, publish):
        article = publish("医保新问题？")
        assert article.pk in found("新问题")
        assert indexed() == published()

    def test_a_new_version_replaces_the_old_text(self, publish, approved, editor, django_capture_on_commit_callbacks):
        article = publish("医保旧问题？", body="<p>住院报销。</p>")
        with django_capture_on_commit_callbacks(execute=True):
            workflow.publish(approved("医保改写问题？", body="<p>门诊统筹。</p>", article=article), by=editor)
        assert search.engine().count() == 1
        assert found("门诊") == [article.pk]
        assert found("住院") == []

    def test_a_withdrawn_article_leaves(self, three, editor, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            workflow.unpublish(three[0], by=editor, reason="内容有误")
        assert indexed() == published() == sorted(article.pk for article in three[1:])

    def test_a_merged_article_leaves(self, three, editor, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            workflow.merge(three[0], into=three[1], by=editor)
        assert indexed() == published() == sorted(article.pk for article in three[1:])

    def test_a_forced_publication_comes_in(self, content, writer, three, django_capture_on_commit_callbacks):
        revision = workflow.save_draft(content("医保急件"), by=writer)
        with django_capture_on_commit_callbacks(execute=True):
            article = workflow.force_publish(revision, by=None, reason="紧急")
        assert article.pk in indexed()

    def test_drafts_never_come_in(self, three, content, writer, approved):
        workflow.save_draft(content("医保草稿"), by=writer)
        approved("医保待发布")
        workflow.save_draft(content("医保改稿独角兽"), by=writer, article=three[0])
        assert search.sync()
        assert indexed() == published()
        assert search.rebuild() == 3
        assert found("独角兽") == []

    def test_a_sync_reads_rows_and_not_payloads(self, publish_many, editor):
        article, other = publish_many(2)
        workflow.unpublish(article, by=editor, reason="内容有误")  # the log says published, then withdrawn
        assert search.sync()
        assert indexed() == [other.pk]

    def test_more_events_than_one_batch(self, publish_many, monkeypatch):
        monkeypatch.setattr(follower, "BATCH", 7)
        assert search.sync()
        generation = generations()
        publish_many(30)
        assert search.sync()
        assert (indexed(), generations()) == (published(), generation)

    def test_an_idle_sync_is_one_query(self, three, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert search.sync()

    def test_an_idle_sync_writes_nothing(self, three):
        before = {path: path.stat().st_mtime_ns for path in follower.directory().rglob("*")}
        assert search.sync()
        assert {path: path.stat().st_mtime_ns for path in follower.directory().rglob("*")} == before


class TestTime:
    """No job runs in any of these: searches filter by the time at which they are made."""

    def test_a_scheduled_article_appears_by_itself(self, three, approved, editor, time_passes):
        revision = approved("医保定时问题？")
        workflow.schedule(revision, by=editor, at=timezone.now() + timedelta(hours=1))
        assert search.sync()
        assert revision.article_id not in found()
        assert search.search("医保").total == 3
        time_passes(hours=1, seconds=1)
        assert revision.article_id in found()
        assert search.search("医保").total == 4

    def test_an_expired_article_disappears_by_itself(self, content, time_passes):
        was = workflow.Restored(
            5000, timezone.now() - timedelta(days=9), timezone.now() + timedelta(hours=1), None, "", None, None, None, ""
        )
        workflow.restore(content("医保限时问题？"), was, by=None, follow_now=False)
        assert search.sync()
        assert found() == [5000]
        time_passes(hours=1)
        page = search.search("医保")
        assert (page.results, page.total, page.complete) == ([], 0, True)


class TestLag:
    def test_a_withdrawn_article_cannot_show_while_the_index_lags(self, three, editor):
        workflow.unpublish(three[0], by=editor, reason="内容有误")
        assert three[0].pk in indexed()
        assert three[0].pk not in found()

    def test_a_merged_article_cannot_show_while_the_index_lags(self, three, editor):
        workflow.merge(three[0], into=three[1], by=editor)
        assert three[0].pk not in found()

    def test_the_text_of_a_lagging_index_is_never_shown(self, publish, approved, editor):
        article = publish("医保旧问题？", body="<p>旧的规定。</p>")
        workflow.publish(approved("医保旧问题？", body="<p>新的规定。</p>", article=article), by=editor)
        result = search.search("旧的规定").results[0]
        assert "新的规定" in "".join(segment.text for segment in result.passage)


class TestCrashes:
    def test_a_crash_between_commit_and_cursor_repeats_work_and_loses_none(self, three, publish_many, monkeypatch, another_process):
        before = follower.read_position()
        publish_many(2)
        with monkeypatch.context() as patch:
            patch.setattr(follower, "_keep", self.crash)
            with pytest.raises(SystemExit):
                search.sync()
        assert follower.read_position() == before
        another_process()
        assert found() == published()  # the commit is there, and readers may use it
        assert search.sync()
        assert indexed() == published()
        assert follower.read_position().generation == before.generation

    def test_a_crash_before_the_commit_loses_nothing(self, three, publish_many, monkeypatch, another_process):
        publish_many(2)
        with monkeypatch.context() as patch:
            patch.setattr(type(search.engine()), "write", self.crash)
            with pytest.raises(SystemExit):
                search.sync()
        another_process()
        assert search.sync()
        assert indexed() == published()

    def test_a_crash_in_a_rebuild_leaves_the_old_generation_in_use(self, three, another_process):
        def crash_on_the_second(documents):
            yield next(iter(documents))
            self.crash()

        before = follower.read_position()
        with pytest.raises(SystemExit):
            search.rebuild(crash_on_the_second)
        another_process()
        assert follower.read_position() == before
        assert generations() == [before.generation]
        assert indexed() == published()

    def test_what_a_killed_rebuild_left_behind_is_removed_by_the_next(self, three):
        (follower.directory() / "0123456789abcdef0123456789abcdef").mkdir()
        search.rebuild()
        assert generations() == [follower.read_position().generation]

    def test_an_article_withdrawn_during_a_rebuild_is_caught_up_with(self, three, editor):
        def withdraw_meanwhile(documents):
            for number, document in enumerate(documents):
                if number == 1:
                    workflow.unpublish(Article.objects.get(pk=three[-1].pk), by=editor, reason="内容有误")
                yield document

        search.rebuild(withdraw_meanwhile)
        assert search.sync()
        assert indexed() == published()

    def crash(self, *args, **kwargs):
        raise SystemExit  # like a kill: no Exception handler sees it


class TestRebuilding:
    def test_searches_go_on_while_a_new_generation_is_made(self, three):
        seen = []

        def watch(documents):
            for document in documents:
                seen.append((found(), search.search("医保").complete, len(generations())))
                yield document

        before = generations()
        assert search.rebuild(watch) == 3
        assert seen == [(published(), True, 2)] * 3
        assert len(generations()) == 1
        assert generations() != before

    def test_another_database_means_a_rebuild(self, three, another_process):
        before = generations()
        Installation.objects.all().delete()  # what restoring a backup does: a new uuid
        another_process()
        assert search.sync()
        assert generations() != before
        assert indexed() == published()

    def test_a_cursor_ahead_of_the_log_means_a_rebuild(self, three):
        position = follower.read_position()
        follower._keep(position._replace(event=position.event + 1))
        assert search.sync()
        assert follower.read_position().event == position.event
        assert generations() != [position.generation]

    def test_a_cursor_behind_the_log_means_catching_up(self, three):
        position = follower.read_position()
        follower._keep(position._replace(event=0))
        assert search.sync()
        assert follower.read_position().event == position.event
        assert generations() == [position.generation]
        assert indexed() == published()

    def test_another_engine_means_a_rebuild(self, three, settings):
        before = generations()
        settings.SEARCH_ENGINE = "articles.search.memory.MemoryEngine"
        assert not search.search("医保").complete
        assert search.sync()
        assert generations() != before
        assert type(search.engine()).__name__ == "MemoryEngine"
        assert indexed() == published()

    def test_another_schema_means_a_rebuild(self, three, monkeypatch):
        before = generations()
        monkeypatch.setattr(follower, "SCHEMA", 99)
        assert not search.search("医保").complete
        assert search.sync()
        assert generations() != before
        assert search.search("医保").complete

    def test_generations_of_the_past_are_removed(self, three):
        for _ in range(3):
            search.rebuild()
        assert len(generations()) == 1

    def test_no_file_of_a_past_generation_stays_open(self, three):
        for _ in range(3):
            search.rebuild()
            assert found() == published()
        maps = Path("/proc/self/maps").read_text()
        assert [line for line in maps.splitlines() if "(deleted)" in line and str(follower.directory()) in line] == []


class TestProcesses:
    def test_of_two_writers_one_returns_at_once(self, three, publish_many):
        publish_many(1)
        before = follower.read_position()
        start = time.monotonic()
        with follower.exclusive("search") as mine:
            assert mine
            assert search.sync() is False
            assert search.rebuild() is None
        assert time.monotonic() - start < 1
        assert follower.read_position() == before
        assert search.sync()
        assert indexed() == published()

    def test_nobody_waits_where_nothing_is_to_do(self, three):
        with follower.exclusive("search"):
            assert search.sync() is True

    def test_a_reader_sees_what_another_process_wrote(self, three, publish, another_process):
        engine = search.engine()
        mine = follower._in_use
        another_process()
        article = publish("医保别处发布？")
        follower._in_use = mine
        assert article.pk in found("别处发布")
        assert search.engine() is engine

    def test_a_reader_moves_on_to_a_new_generation(self, three, another_process):
        old = search.engine()
        mine = follower._in_use
        another_process()
        search.rebuild()
        follower._in_use = mine
        assert found() == published()
        assert search.engine() is not old

    def test_a_generation_removed_between_reading_and_opening(self, three, another_process, monkeypatch):
        old = follower.read_position()
        search.rebuild()
        another_process()
        real, stale = follower.read_position, [old]
        monkeypatch.setattr(follower, "read_position", lambda: stale.pop() if stale else real())
        assert search.search("医保").complete

    def test_reading_changes_no_file(self, three, another_process):
        """Otherwise every reader would look like damage to the next sync."""
        position = follower.read_position()
        for _ in range(3):
            another_process()
            assert found() == published()
        assert follower._fingerprint(position.path) == position.files


GARBAGE = [
    "",
    "{",
    "null",
    "[]",
    "5",
    '"x"',
    "{}",
    "\x00\xff",
    "[" * 100_000,
    '{"generation": 5, "database": 5, "event": "x", "engine": 5, "schema": null}',
    '{"generation": "../..", "database": "x", "event": 1, "engine": "os.system", "schema": 1}',
    '{"generation": "", "database": "x", "event": 1, "engine": "x", "schema": 1, "files": "x"}',
    '{"generation": "0123456789abcdef0123456789abcdef", "database": "x", "event": 1e400, "engine": "x", "schema": 1, "files": ""}',
]


class TestDamage:
    """Pages and search still answer, and the next sync makes it good."""

    def answers_then_mends(self, another_process, *, fresh=True):
        before = follower.directory().exists() and generations()
        if fresh:
            another_process()
        assert found() == published()
        assert search.sync()
        assert indexed() == published()
        assert search.search("医保").complete
        assert search.sync()
        return before != generations()

    def test_the_directory_is_deleted(self, three, another_process):
        shutil.rmtree(follower.directory())
        assert not search.search("医保").complete
        assert self.answers_then_mends(another_process)

    def test_the_generation_is_deleted(self, three, another_process):
        shutil.rmtree(follower.read_position().path)
        assert self.answers_then_mends(another_process)

    @pytest.mark.parametrize("fresh", [True, False])
    def test_the_files_of_the_generation_are_deleted(self, three, another_process, fresh):
        for path in follower.read_position().path.iterdir():
            path.unlink()
        assert self.answers_then_mends(another_process, fresh=fresh)

    @pytest.mark.parametrize("fresh", [True, False])
    def test_any_one_file_is_deleted(self, three, another_process, fresh):
        for number in range(len(self.files())):
            path = self.files()[number]
            path.unlink()
            rebuilt = self.answers_then_mends(another_process, fresh=fresh)
            assert rebuilt or path.name == ".managed.json", path  # tantivy's list of rubbish: nothing is lost with it

    @pytest.mark.parametrize("fresh", [True, False])
    def test_any_one_file_is_cut_off(self, three, another_process, fresh):
        for number in range(len(self.files())):
            path = self.files()[number]
            overwrite(path, path.read_bytes()[: path.stat().st_size // 2])
            assert self.answers_then_mends(another_process, fresh=fresh), number

    def test_all_files_of_an_open_index_are_emptied(self, three, another_process):
        search.engine()
        # As it opens, the engine reads the files once more in a thread of its own, and a process that reads a mapped
        # file beyond its end is killed. That moment cannot be guarded; every later one is.
        time.sleep(1)
        for path in self.files():
            os.truncate(path, 0)
        assert self.answers_then_mends(another_process, fresh=False)

    def test_any_one_file_is_overwritten(self, three, another_process):
        for number in range(len(self.files())):
            path = self.files()[number]
            overwrite(path, random.Random(number).randbytes(path.stat().st_size))
            assert self.answers_then_mends(another_process), number

    def test_one_byte_is_wrong_although_the_times_of_the_file_are_not(self, three, another_process):
        """As on a failing disk: noticed when a search fails. What never fails cannot be told from what is right."""
        for path in self.files():
            stat, content = path.stat(), bytearray(path.read_bytes())
            for i in range(0, len(content), 3):
                content[i] ^= 0x55
            overwrite(path, content)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert self.answers_then_mends(another_process)

    def files(self):
        return sorted(path for path in follower.read_position().path.iterdir() if path.suffix != ".lock" and path.stat().st_size)

    def test_current_json_is_deleted(self, three, another_process):
        (follower.directory() / "current.json").unlink()
        assert self.answers_then_mends(another_process)

    @pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
    def test_current_json_is_garbage(self, three, another_process, garbage):
        (follower.directory() / "current.json").write_text(garbage, encoding="latin-1")
        assert self.answers_then_mends(another_process)

    def test_current_json_names_a_generation_that_is_not_there(self, three, another_process):
        file = follower.directory() / "current.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"generation": "0" * 32}))
        assert self.answers_then_mends(another_process)

    def test_files_only_touched_cost_one_look_and_no_rebuild(self, three, another_process):
        for path in self.files():
            path.touch()
        assert not self.answers_then_mends(another_process)

    def test_a_search_that_fails_makes_the_next_sync_look(self, three, monkeypatch):
        before = generations()
        with monkeypatch.context() as patch:
            patch.setattr(type(search.engine()), "search", lambda *args, **kwargs: 1 / 0)
            page = search.search("医保")
        assert not page.complete
        assert follower._doubted
        assert search.sync()
        assert not follower._doubted
        assert generations() == before  # every byte was right, so it was not the index

    def test_a_write_that_fails_is_not_tried_for_ever(self, three, publish_many, monkeypatch):
        publish_many(1)
        overwrite(self.meta(), b"{")  # the engine that is open does not notice before it writes
        for _ in range(3):
            try:
                search.sync()
            except Exception:
                continue
        assert indexed() == published()

    def test_an_index_whose_every_byte_is_right_but_that_cannot_answer_is_made_anew(self, three, monkeypatch):
        before = generations()
        follower.doubt()
        search.sync()
        assert generations() == before
        engine = type(follower.engine())
        with monkeypatch.context() as patch:
            patch.setattr(engine, "facets", lambda *_, **__: 1 / 0)  # as an index of another make does
            follower.doubt()
            search.sync()
        assert generations() != before
        assert indexed() == published()

    def test_a_full_disk_fails_tidily_pauses_and_ends_by_itself(self, three, publish_many, monkeypatch):
        seconds = [1000.0]
        monkeypatch.setattr(follower.time, "monotonic", lambda: seconds[0])
        before = generations()
        publish_many(300)
        with small_files_only(2_000):
            for _ in range(3):
                with pytest.raises(Exception):  # noqa: B017, PT011  (whatever the engine makes of it)
                    search.sync()
                seconds[0] += 2.5
            tried = follower._pause.until
            seconds[0] = tried - 0.1
            assert search.sync() is False  # at once: nothing is written before the pause is over
            with pytest.raises(Exception):  # noqa: B017, PT011
                search.rebuild()  # by hand, nobody has to wait
        assert len(generations()) <= len(before)  # no half-made index takes up what room there is
        assert search.sync() is False
        seconds[0] = tried
        assert search.sync()
        assert indexed() == published()

    def meta(self):
        return follower.read_position().path / "meta.json"


@contextmanager
def small_files_only(size):
    """As on a full disk, a file cannot grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestWithoutIndex:
    """Titles answer until there is an index again."""

    def test_the_best_title_comes_first_and_the_page_says_that_it_is_not_all(self, publish):
        publish("医保断缴后余额还能用吗？")
        best = publish("医保断缴三个月怎么补缴？")
        publish("新生儿参保要什么材料？")
        shutil.rmtree(follower.directory())
        page = search.search("断缴三个月怎么补缴")
        assert [result.article for result in page.results][:1] == [best]
        assert (page.total, page.complete) == (2, False)

    def test_a_place_finds_what_applies_there(self, publish):
        province = publish("医保在浙江怎么报？", regions=("330000",))
        city = publish("医保在舟山怎么报？", regions=("330900",))
        everywhere = publish("医保怎么报？")
        publish("医保在北京怎么报？", regions=("110000",))
        shutil.rmtree(follower.directory())
        assert found("医保怎么报", region=Region.objects.get(pk="330900")) == sorted([province.pk, city.pk, everywhere.pk])
        assert found("医保怎么报", region=Region.objects.get(pk="330000")) == sorted([province.pk, city.pk, everywhere.pk])

    def test_filters_hold(self, publish, content):
        here = publish("医保本地问题？", regions=("330900",))
        publish("医保外地问题？", regions=("110000",))
        shutil.rmtree(follower.directory())
        assert found(region=Region.objects.get(pk="330900")) == [here.pk]
        assert found(category=here.category_id) == published()
        assert found(category=10**9) == []
        assert found(tag=10**9) == []

    def test_what_is_not_visible_stays_hidden(self, three, editor):
        shutil.rmtree(follower.directory())
        workflow.unpublish(three[0], by=editor, reason="内容有误")
        assert found() == published()

    def test_pages(self, publish_many):
        publish_many(25)
        pages = [search.search("医保", offset=offset, limit=20) for offset in (0, 20, 40)]
        assert [len(page.results) for page in pages] == [20, 5, 0]
        assert len({result.article.pk for page in pages for result in page.results}) == 25


# Publishes and withdraws as fast as it can, until it is killed.
BUSY = """
import random
from django.utils import timezone
from articles import search, workflow
from articles.content import ArticleContent
from articles.models import Article, Category
category = Category.objects.first().pk
print("ready", flush=True)
while True:
    contents = [ArticleContent("医保" + str(random.random()), body="<p>正文</p>", category=category) for _ in range(20)]
    workflow.publish_in_bulk(contents, reason="测试", at=[timezone.now()] * 20)
    search.sync()
    if random.random() < 0.2:
        search.rebuild()
    for article in Article.objects.published().order_by("?")[:3]:
        try:
            workflow.unpublish(article, by=None, reason="测试")
        except workflow.NotAllowed:
            pass
"""

CHECK = """
from articles import search
from articles.models import Article
from articles.search.engine import Clause
from tests.damage import overwrite
assert search.sync()
hits = search.engine().search([Clause("title_words", "医保", 1.0)], search.filters_now(), limit=100_000)
print(search.engine().count(), sorted(hits.ids) == sorted(Article.objects.published().values_list("pk", flat=True)))
"""


WATCH = """
import time
from articles import search
end, wrong, asked = time.monotonic() + 6, 0, 0
while time.monotonic() < end:
    wrong += not search.search("医保").complete
    asked += 1
print(asked, wrong)
"""


@pytest.mark.once
def test_searches_are_complete_while_another_process_publishes(installation):
    """Its merges delete files all the time; what this process has open is none the worse for it."""
    busy = installation.start_code(BUSY.replace("random.random() < 0.2", "False"))
    try:
        asked, wrong = map(int, installation.run_code(WATCH).split())
    finally:
        busy.kill()
        busy.communicate()
    assert asked > 20
    assert wrong == 0


@pytest.mark.once
def test_ten_kills_while_indexing_lose_nothing(installation):
    for _ in range(5):
        pair = [installation.start_code(BUSY) for _ in range(2)]
        for process in pair:
            time.sleep(random.uniform(0.05, 0.5))
            process.kill()
            process.communicate()
            assert process.returncode == -9
    count, same = installation.run_code(CHECK).split()
    assert same == "True"
    assert int(count) > 50
    assert len([path for path in (installation.directory / "search").iterdir() if path.is_dir()]) <= 2
