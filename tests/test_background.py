"""The thread that looks after due publications and the index, in every server process."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from articles import background, search, workflow
from articles.models import Event


class TestRound:
    """tick(): what one round does."""

    pytestmark = pytest.mark.django_db

    def test_a_scheduled_change_goes_live_when_it_is_due(self, publish, approved, editor, time_passes):
        article = publish()
        workflow.schedule(approved(article=article, body="<p>新的正文。</p>"), by=editor, at=timezone.now() + timedelta(seconds=30))
        background.tick()
        article.refresh_from_db()
        assert "新的正文" not in article.body_html
        time_passes(seconds=31)
        background.tick()
        article.refresh_from_db()
        assert "新的正文" in article.body_html

    def test_it_is_found_in_the_same_round(self, publish, approved, editor, time_passes):
        article = publish()
        workflow.schedule(approved("独角兽的医保？", article=article), by=editor, at=timezone.now() + timedelta(seconds=30))
        time_passes(seconds=31)
        background.tick()
        assert [result.article.pk for result in search.search("独角兽").results] == [article.pk]

    def test_the_index_and_the_lists_follow(self, publish_many):
        articles = publish_many(3)
        background.tick()
        assert search.search("医保").total == 3
        assert articles[0].related_links.count() == 2

    def test_a_publication_that_fails_holds_up_nothing_else(self, publish_many, monkeypatch):
        publish_many(3)
        monkeypatch.setattr(workflow, "publish_due", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            background.tick()
        assert search.search("医保").total == 3

    def test_while_another_process_is_at_it_nothing_is_done_twice(self, publish, approved, editor, time_passes):
        article = publish()
        workflow.schedule(approved(article=article, body="<p>新的正文。</p>"), by=editor, at=timezone.now() + timedelta(seconds=30))
        time_passes(seconds=31)
        with background.exclusive("publish_due") as mine:
            assert mine
            background.tick()
            assert Event.objects.filter(article=article, verb="publish").count() == 1
        for _ in range(2):
            background.tick()
        assert Event.objects.filter(article=article, verb="publish").count() == 2

    def test_an_idle_round_is_four_queries(self, publish, django_assert_num_queries):
        publish()
        background.tick()
        with django_assert_num_queries(4):
            background.tick()


class TestThread:
    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch):
        monkeypatch.setattr(background, "INTERVAL", 0.01)
        monkeypatch.setattr(background, "close_old_connections", lambda: None)
        yield
        background.stop()

    @pytest.fixture
    def rounds(self, monkeypatch):
        """Stands in for tick(): counts the rounds; wait(n) returns when there were n."""

        class Rounds:
            count = 0
            fails = False
            more = threading.Condition()

            def __call__(self):
                with self.more:
                    self.count += 1
                    self.more.notify_all()
                if self.fails:
                    raise RuntimeError("the database is away")

            def wait(self, count):
                with self.more:
                    return self.more.wait_for(lambda: self.count >= count, timeout=10)

        counting = Rounds()
        monkeypatch.setattr(background, "tick", counting)
        return counting

    def threads(self):
        return [thread for thread in threading.enumerate() if thread.name == "wenkang-background"]

    def test_it_goes_round_until_it_is_stopped(self, rounds):
        background.start()
        assert rounds.wait(3)
        background.stop()
        assert self.threads() == []
        count = rounds.count
        assert not rounds.more.acquire(blocking=False) or rounds.count == count
        rounds.more.release()

    def test_a_second_start_does_nothing(self, rounds):
        background.start()
        background.start()
        assert rounds.wait(2)
        assert len(self.threads()) == 1

    def test_it_survives_whatever_a_round_raises(self, rounds, caplog):
        rounds.fails = True
        background.start()
        assert rounds.wait(3)
        assert len(self.threads()) == 1
        assert "background round failed" in caplog.text

    def test_it_can_be_started_again(self, rounds):
        background.start()
        assert rounds.wait(1)
        background.stop()
        count = rounds.count
        background.start()
        assert rounds.wait(count + 1)

    def test_it_ends_with_its_process(self, rounds):
        background.start()
        assert all(thread.daemon for thread in self.threads())

    def test_stopping_what_never_started(self, monkeypatch):
        monkeypatch.setattr(background, "_thread", None)
        background.stop()
