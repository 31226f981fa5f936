"""One change to many articles: each exactly once, whatever dies; stopped, resumed and undone."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import date, timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from articles import background, bulk, search, workflow
from articles.models import Article, BulkAction, BulkItem, Category, Event, Tag
from articles.workflow import NotAllowed
from tests.test_architecture import ROOT

pytestmark = pytest.mark.django_db
State, Item = BulkAction.State, BulkItem.State


@pytest.fixture
def tag():
    return Tag.objects.create(name="异地备案")


@pytest.fixture
def start(editor):
    """start("add_tag", {"tag": 1}, {"state": "live"}): an action that the editor has confirmed, and nothing done yet."""

    def make(name, parameters, query=None, *, by=editor, **more):
        query = query or {"state": "live"}
        return bulk.start(name, parameters, query, by=by, expected=bulk.found(query).count(), **more)

    return make


@pytest.fixture
def run_through(start):
    """As start(), and worked off."""

    def make(*args, **options):
        action = start(*args, **options)
        finish(action)
        return action

    return make


def finish(action):
    while bulk.work():
        pass
    action.refresh_from_db()


def states(action):
    return {state: count for state, count in bulk.progress(action).items() if count}


class TestQuery:
    """found(): what the conditions mean."""

    def ids(self, **query):
        return list(bulk.found(query).values_list("pk", flat=True))

    def test_what_is_filed_counts_as_it_is_on_the_page_and_drafts_as_they_will_be(self, publish, content, writer, tag, category):
        tagged = publish(tags=(tag.pk,), regions=("330900",), kind="guide")
        publish("另一问？")
        draft = workflow.save_draft(content("还是草稿？", tags=(tag.pk,)), by=writer).article
        assert self.ids(region="330900") == self.ids(kind="guide") == [tagged.pk]
        assert self.ids(tag=tag.pk) == self.ids(category=category.pk, tag=tag.pk) == [tagged.pk, draft.pk]
        assert len(self.ids(category=category.pk)) == 3

    def test_where_an_article_stands(self, publish, content, writer, editor):
        live, gone = publish(), publish("撤回的？")
        workflow.unpublish(gone, by=editor, reason="有误")
        draft = workflow.save_draft(content("草稿？"), by=writer).article
        assert [self.ids(state=state) for state in ("live", "withdrawn", "new", "draft")] == [[live.pk], [gone.pk], [draft.pk], [draft.pk]]

    def test_days_are_those_of_the_site_s_clock_and_both_ends_count(self, publish_many):
        article = publish_many(1)[0]
        day = timezone.localtime(article.go_live_at).date()
        assert self.ids(published_from=day.isoformat(), published_until=day.isoformat()) == [article.pk]
        assert self.ids(published_from=(day + timedelta(days=1)).isoformat()) == []
        assert self.ids(published_until=(day - timedelta(days=1)).isoformat()) == []

    def test_policies_that_run_out(self, publish):
        soon = publish(valid_until=date(2030, 1, 1))
        publish("长期有效？")
        assert self.ids(expires_before="2030-01-02") == [soon.pk]
        assert self.ids(expires_before="2030-01-01") == []

    def test_words_are_looked_up_in_the_search_index(self, publish):
        found = publish("独角兽的医保怎么交？")
        publish("异地就医怎么备案？")
        search.sync()
        assert self.ids(text="独角兽") == [found.pk]

    def test_merged_articles_only_by_their_ids(self, publish, editor):
        merged, kept = publish(), publish("另一问？")
        workflow.merge(merged, into=kept, by=editor)
        assert self.ids(kind="policy") == [kept.pk]
        assert self.ids(ids=[merged.pk, kept.pk]) == [merged.pk, kept.pk]

    def test_the_summary_counts_in_one_statement(self, publish, content, writer, editor, django_assert_num_queries):
        workflow.unpublish(publish("撤回的？"), by=editor, reason="有误")
        workflow.save_draft(content("草稿？"), by=writer, article=publish())
        with django_assert_num_queries(1):
            assert bulk.summary(bulk.found({"kind": "policy"})) == {"total": 2, "public": 1, "withdrawn": 1, "working": 1}


class TestOperations:
    """Each changes what it says, by a verb, with one Event that names the action; and back."""

    def event(self, article, verb):
        return Event.objects.get(article=article, verb=verb)

    def test_a_tag_is_added_and_taken_back(self, run_through, publish, editor, tag):
        article = publish()
        action = run_through("add_tag", {"tag": tag.pk})
        assert (action.state, states(action)) == (State.DONE, {"done": 1})
        assert article.tag_links.get().tag == tag
        assert self.event(article, "refile").data["bulk"] == action.pk
        bulk.undo(action, by=editor)
        finish(action)
        assert (action.state, states(action)) == (State.UNDONE, {"undone": 1})
        assert not article.tag_links.exists()
        assert self.event(article, "refile_back").note == f"撤销批量操作 #{action.pk}"

    def test_a_tag_is_taken_away(self, run_through, publish, tag):
        article = publish(tags=(tag.pk,))
        run_through("remove_tag", {"tag": tag.pk}, {"tag": tag.pk})
        assert not article.tag_links.exists()

    def test_the_category_changes_for_drafts_too(self, run_through, content, writer):
        draft = workflow.save_draft(content(), by=writer).article
        other = Category.objects.get(slug="health-news")
        run_through("change_category", {"category": other.pk}, {"state": "draft"})
        draft.refresh_from_db()
        assert draft.latest_revision.content.category == other.pk

    def test_the_next_review_is_set_and_taken_back(self, run_through, publish, editor):
        article = publish()
        before = article.next_review_on
        action = run_through("plan_review", {"on": "2031-05-01"})
        article.refresh_from_db()
        assert article.next_review_on == date(2031, 5, 1)
        assert self.event(article, "plan_review").data == {"bulk": action.pk, "before": before.isoformat(), "now": "2031-05-01"}
        bulk.undo(action, by=editor)
        finish(action)
        article.refresh_from_db()
        assert article.next_review_on == before

    def test_reviewers_set_it_too_and_do_nothing_else(self, run_through, publish, reviewer, tag):
        publish()
        assert states(run_through("plan_review", {"on": "2031-05-01"}, by=reviewer)) == {"done": 1}
        assert bulk.operations_for(reviewer) == {"plan_review": "定下次审核日期"}
        with pytest.raises(NotAllowed, match="没有“加标签”的权限"):
            run_through("add_tag", {"tag": tag.pk}, by=reviewer)

    def test_pages_are_withdrawn_and_come_back_as_they_were(self, run_through, publish, approved, editor, visit, tag):
        article = publish(tags=(tag.pk,))
        workflow.schedule(approved(article=article, body="<p>新。</p>"), by=editor, at=timezone.now() + timedelta(hours=1))
        action = run_through("withdraw", {}, reason="政策已废止")
        visit(article.get_absolute_url(), status=410)
        assert self.event(article, "unpublish").note == "政策已废止"
        bulk.undo(action, by=editor)
        finish(action)
        assert article.get_absolute_url() in visit(tag.get_absolute_url()).links()
        visit(article.get_absolute_url())
        article.refresh_from_db()
        assert article.latest_revision.publish_at
        assert self.event(article, "republish").to_follow

    def test_a_change_whose_time_has_passed_meanwhile_waits_for_a_new_one(self, run_through, publish, approved, editor, time_passes):
        article = publish()
        workflow.schedule(approved(article=article, body="<p>新。</p>"), by=editor, at=timezone.now() + timedelta(hours=1))
        action = run_through("withdraw", {}, reason="政策已废止")
        time_passes(hours=2)
        bulk.undo(action, by=editor)
        finish(action)
        article.refresh_from_db()
        assert (article.live, article.latest_revision.publish_at) == (True, None)

    def test_withdrawn_articles_leave_search(self, run_through, publish_many):
        publish_many(3)
        search.sync()
        run_through("withdraw", {}, reason="政策已废止")
        search.sync()
        assert search.search("医保").total == 0


class TestRefusal:
    """What cannot be changed is left out with its reason, and bars nothing else."""

    def test_the_reason_stands_with_the_article(self, run_through, publish, tag):
        tagged, changed = publish(tags=(tag.pk,)), publish("另一问？")
        action = run_through("add_tag", {"tag": tag.pk})
        assert states(action) == {"done": 1, "refused": 1}
        assert changed.tag_links.count() == 1
        (row,) = bulk.left_out(action)
        assert (row["problem"], row["count"], row["articles"]) == ("不用改：已经是这样", 1, [tagged])

    @pytest.mark.parametrize(
        ("name", "parameters", "since", "reason"),
        [
            ("add_tag", {"tag": None}, lambda a, e: workflow.unpublish(a, by=e, reason="有误"), "又有新的版本或状态变化"),
            ("plan_review", {"on": "2031-05-01"}, lambda a, e: workflow.plan_review(a, date(2032, 1, 1), by=e), "又有人改过下次审核"),
        ],
    )
    def test_what_somebody_has_changed_since_is_not_undone(self, run_through, publish, editor, tag, name, parameters, since, reason):
        touched, other = publish(), publish("另一问？")
        action = run_through(name, parameters if "tag" not in parameters else {"tag": tag.pk})
        since(touched, editor)
        bulk.undo(action, by=editor)
        finish(action)
        assert states(action) == {"undone": 1, "kept": 1}
        assert reason in action.items.get(state=Item.KEPT).problem
        assert action.items.get(state=Item.UNDONE).article == other

    def test_a_page_that_was_published_again_stays_as_it_is(self, run_through, publish, approved, editor):
        article = publish()
        action = run_through("withdraw", {}, reason="政策已废止")
        article.refresh_from_db()
        workflow.publish(approved(article=article), by=editor)
        bulk.undo(action, by=editor)
        finish(action)
        assert "又有人发布或合并过" in action.items.get().problem

    def test_who_loses_the_right_meanwhile_changes_nothing_more(self, start, publish, editor, tag):
        publish()
        action = start("add_tag", {"tag": tag.pk})
        editor.groups.clear()
        finish(action)
        assert states(action) == {"refused": 1}

    def test_a_tag_that_was_deleted_meanwhile(self, start, publish, tag):
        publish()
        action = start("add_tag", {"tag": tag.pk})
        tag.delete()
        finish(action)
        assert (action.state, action.items.get().problem) == (State.DONE, "这个标签已不存在")

    def test_an_error_on_one_article_does_not_bar_the_rest(self, start, publish, tag, monkeypatch, caplog):
        bad, good = publish(), publish("另一问？")
        action = start("add_tag", {"tag": tag.pk})
        refile = workflow.refile
        monkeypatch.setattr(workflow, "refile", lambda article, *a, **k: 1 / 0 if article == bad else refile(article, *a, **k))
        finish(action)
        assert states(action) == {"done": 1, "refused": 1}
        assert good.tag_links.exists()
        assert "ZeroDivisionError" in caplog.text

    def test_confirming_what_is_not_any_more_what_was_seen(self, start, publish, editor, tag):
        publish()
        with pytest.raises(NotAllowed, match="已从 2 篇变为 1 篇"):
            bulk.start("add_tag", {"tag": tag.pk}, {"state": "live"}, by=editor, expected=2)
        assert not BulkAction.objects.exists()

    def test_too_many_at_once(self, publish_many, editor, tag, monkeypatch):
        publish_many(4)
        monkeypatch.setattr(bulk, "LIMIT", 3)
        with pytest.raises(NotAllowed, match="1 到 3 篇"):
            bulk.start("add_tag", {"tag": tag.pk}, {"state": "live"}, by=editor, expected=4)


class TestWork:
    """In slices, in their order, each article once."""

    @pytest.fixture(autouse=True)
    def slices_by_number(self, monkeypatch):
        """However slow the machine is: a slice ends after SLICE articles, not after a time."""
        monkeypatch.setattr(bulk, "SLICE_SECONDS", 600)

    def test_the_background_thread_does_it(self, start, publish_many, tag):
        publish_many(3)
        action = start("add_tag", {"tag": tag.pk})
        while background.tick():
            pass
        action.refresh_from_db()
        assert action.state == State.DONE
        assert tag.article_links.count() == 3
        assert search.rank("医保", search.filters_now(tag=tag.pk), search.engine()).total == 3

    def test_a_slice_that_dies_leaves_nothing_half_done(self, start, publish_many, tag, monkeypatch):
        publish_many(5)
        action = start("add_tag", {"tag": tag.pk})
        refile, calls = workflow.refile, []

        def fail_at_the_third(*args, **options):
            calls.append(args)
            if len(calls) == 3:
                raise OperationalError("the database is away")
            return refile(*args, **options)

        monkeypatch.setattr(workflow, "refile", fail_at_the_third)
        with pytest.raises(OperationalError):
            bulk.work()
        assert (states(action), tag.article_links.count()) == ({"waiting": 5}, 0)
        monkeypatch.setattr(workflow, "refile", refile)
        finish(action)
        assert Event.objects.filter(verb="refile").count() == tag.article_links.count() == 5

    def test_of_two_the_earlier_is_done_first(self, start, publish, tag):
        article = publish()
        add, remove = start("add_tag", {"tag": tag.pk}), start("remove_tag", {"tag": tag.pk})
        finish(remove)
        assert (states(add), states(remove)) == ({"done": 1}, {"done": 1})
        assert not article.tag_links.exists()

    def test_a_stopped_one_changes_nothing_until_it_is_resumed(self, start, publish_many, editor, tag, monkeypatch):
        monkeypatch.setattr(bulk, "SLICE", 2)
        publish_many(5)
        action = start("add_tag", {"tag": tag.pk})
        bulk.work(seconds=0)
        bulk.stop(action, by=editor)
        assert bulk.work() is False
        assert states(action) == {"done": 2, "waiting": 3}
        bulk.resume(action, by=editor)
        finish(action)
        assert states(action) == {"done": 5}

    def test_of_a_stopped_one_what_was_done_can_be_undone(self, start, publish_many, editor, tag, monkeypatch):
        monkeypatch.setattr(bulk, "SLICE", 2)
        publish_many(5)
        action = start("add_tag", {"tag": tag.pk})
        bulk.work(seconds=0)
        bulk.stop(action, by=editor)
        bulk.undo(action, by=editor)
        finish(action)
        assert (action.state, states(action)) == (State.UNDONE, {"undone": 2, "waiting": 3})
        assert not tag.article_links.exists()

    @pytest.mark.parametrize(("verb", "reason"), [("resume", "没有停止"), ("undo", "只能撤销")])
    def test_what_makes_no_sense_is_refused(self, start, publish, editor, tag, verb, reason):
        publish()
        action = start("add_tag", {"tag": tag.pk})
        with pytest.raises(NotAllowed, match=reason):
            getattr(bulk, verb)(action, by=editor)

    def test_others_cannot_stop_it(self, start, publish, writer, tag):
        publish()
        with pytest.raises(NotAllowed, match="没有这项操作的权限"):
            bulk.stop(start("add_tag", {"tag": tag.pk}), by=writer)

    def test_while_another_process_is_at_it_nothing_is_done_twice(self, start, publish, tag):
        publish()
        action = start("add_tag", {"tag": tag.pk})
        with search.follower.exclusive("bulk"):
            assert bulk.work() is False
        assert states(action) == {"waiting": 1}


WORK = """
import sys
sys.path[:0] = [".", "site"]
import django
django.setup()
from articles import bulk
print("ready", flush=True)
while bulk.work(0.2):
    pass
"""

START = """
from django.contrib.auth.models import User
from articles import bulk
from articles.models import Tag
boss = User.objects.create_superuser("boss")
tag = Tag.objects.create(name="新政")
bulk.start("add_tag", {"tag": tag.pk}, {"state": "live"}, by=boss, expected=600)
"""


@pytest.mark.once
def test_killed_again_and_again_it_changes_each_article_exactly_once(tmp_path):
    """kill -9 at six moments, in an installation of its own; then one that may end."""
    environ = {"DATA_DIR": str(tmp_path / "site"), "DJANGO_SETTINGS_MODULE": "config.settings", "PATH": os.environ["PATH"]}
    manage = [sys.executable, "manage.py"]
    for command in (["prepare_site", "--no-samples", "--no-static"], ["make_corpus", "600"], ["shell", "--no-imports", "-c", START]):
        subprocess.run([*manage, *command], cwd=ROOT, env=environ, check=True, capture_output=True)
    with closing(sqlite3.connect(tmp_path / "site" / "wenkang.sqlite3", isolation_level=None)) as database:
        count = lambda sql: database.execute(sql).fetchone()[0]  # noqa: E731
        done = []
        for number in range(6):
            process = subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=environ, stdout=subprocess.PIPE)
            assert process.stdout.readline() == b"ready\n"
            time.sleep(0.05 + 0.05 * number)
            process.kill()
            process.communicate()
            done.append(count("SELECT count(*) FROM articles_bulkitem WHERE state = 'done'"))
            assert count("SELECT count(*) FROM articles_event WHERE verb = 'refile'") == done[-1]
        assert done == sorted(done)
        assert 0 < done[-1] < 600
        subprocess.run([sys.executable, "-c", WORK], cwd=ROOT, env=environ, check=True, capture_output=True)
        assert count("SELECT count(*) FROM articles_event WHERE verb = 'refile'") == 600
        assert count("SELECT count(DISTINCT article_id) FROM articles_event WHERE verb = 'refile'") == 600
        assert count("SELECT state FROM articles_bulkaction") == "done"
        assert count("SELECT count(*) FROM articles_revision") == 1200


def test_articles_of_another_query_are_left_alone(run_through, publish, tag):
    publish(kind="guide")
    other = publish("另一问？")
    run_through("add_tag", {"tag": tag.pk}, {"kind": "guide"})
    assert not Article.objects.get(pk=other.pk).tag_links.exists()
