"""The stored list beside an article: who stands there, who never does, and when it changes."""

import random
import sqlite3
from contextlib import closing
from datetime import date, timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from articles import following, related, search, workflow
from articles.models import Article, Cursor, Region, RelatedArticle, Tag
from articles.pages import RELATED_SHOWN, article_context
from articles.related import lists

pytestmark = pytest.mark.django_db

TOPIC = "<p>个人账户余额可以结转使用，也可以给家人共济，在定点药店买药和支付门诊费用。</p>"


@pytest.fixture
def on_topic(publish):
    """on_topic("余额"): a published article about personal accounts, its title told apart by one word."""

    def make(word, **fields):
        return publish(f"医保个人账户{word}怎么处理？", body=TOPIC, **fields)

    return make


@pytest.fixture
def on_many_topics(content):
    """on_many_topics(45): so many published articles about personal accounts, no two of one template; the index has yet to follow."""
    words = ["转移", "冻结", "继承", "提取", "查询", "代办", "余额", "密码", "药店", "挂失", "补卡", "结转"]
    words += ["利息", "体检", "疫苗", "器械", "眼镜", "牙科"]
    chance = random.Random(5)
    topics = ["".join(chance.sample(words, 4)) for _ in range(60)]
    answers = ["".join(chr(0x4E00 + chance.randrange(5000)) for _ in range(60)) for _ in topics]

    def make(count):
        now = timezone.now()
        pairs = list(zip(topics, answers, strict=True))[:count]
        contents = [content(f"{topic[:4]}账户{topic[4:]}", body=f"<p>{answer}，个人账户。</p>") for topic, answer in pairs]
        workflow.publish_in_bulk(contents, reason="测试", at=[now - timedelta(minutes=i + 1) for i in range(count)])
        return Article.objects.newest()[:count]

    return make


def stored(article):
    return list(RelatedArticle.objects.filter(article=article).order_by("rank").values_list("related_id", flat=True))


def shown(article):
    return [card.pk for card in article_context(Article.objects.get(pk=article.pk))["related"]]


WORDS = [f"{a}{b}" for a in "转移冻结继承提取查询代办" for b in "事项材料"]


class TestTheList:
    def test_articles_on_the_same_subject_stand_beside_each_other(self, publish, on_topic):
        first, second = on_topic("余额"), on_topic("继承")
        other = publish("绍兴流鼻血挂什么科？", body="<p>耳鼻喉科门诊，夜里止不住可挂急诊。</p>")
        assert shown(second)[0] == first.pk
        assert shown(first)[0] == second.pk
        assert other.pk not in shown(first)[:1]

    def test_at_most_thirty_are_stored_and_twenty_shown(self, on_many_topics):
        articles = [*on_many_topics(45)]
        search.sync()
        related.sync(seconds=60)
        assert len(stored(articles[0])) == related.STORED == 30
        assert len(shown(articles[0])) == RELATED_SHOWN == 20
        assert shown(articles[0]) == stored(articles[0])[:20]

    def test_an_article_is_never_related_to_itself_and_no_other_stands_twice(self, on_topic):
        articles = [on_topic(word) for word in WORDS[:8]]
        for article in articles:
            assert article.pk not in stored(article)
            assert len(set(stored(article))) == len(stored(article)) == 7

    def test_ranks_follow_scores(self, on_topic):
        articles = [on_topic(word) for word in WORDS[:6]]
        rows = list(RelatedArticle.objects.filter(article=articles[0]).order_by("rank"))
        assert [row.rank for row in rows] == list(range(1, len(rows) + 1))
        assert [row.score for row in rows] == sorted((row.score for row in rows), reverse=True)

    def test_a_shared_tag_brings_articles_closer_and_is_the_reason(self, on_topic):
        tag = Tag.objects.named(["家庭共济"])[0]
        plain, tagged = on_topic("冻结"), on_topic("转移", tags=(tag.pk,))
        article = on_topic("继承", tags=(tag.pk,))
        row = RelatedArticle.objects.get(article=article, related=tagged)
        assert row.reason == "同标签：家庭共济"
        assert RelatedArticle.objects.get(article=article, related=plain).reason == ""
        assert shown(article)[0] == tagged.pk

    def test_a_lonely_article_has_an_empty_list(self, publish):
        assert shown(publish("第一篇？")) == []


class TestWhoNeverStandsThere:
    def test_the_same_question_again(self, publish, on_topic):
        article = on_topic("余额")
        twins = [
            publish(title, body=TOPIC)
            for title in ("医保个人账户余额怎么处理", "医保个人账户余额怎么处理?", "医保个人账户余额 怎么处理呢？")
        ]
        for twin in twins[:2]:
            assert twin.pk not in shown(article)
            assert article.pk not in shown(twin)

    def test_two_that_ask_the_same(self, publish, on_topic):
        first, second = on_topic("余额"), publish("医保个人账户余额怎么处理", body=TOPIC)
        article = on_topic("继承")
        assert len({first.pk, second.pk} & set(stored(article))) == 1

    @pytest.mark.parametrize(
        ("theirs", "ours", "fits"),
        [
            ((), (), True),
            ((), ("330900",), True),
            (("100000",), ("330900",), True),
            (("330900",), (), False),
            (("330900",), ("100000",), False),
            (("330900",), ("330900",), True),
            (("330100",), ("330900",), False),
            (("330000",), ("330900",), True),
            (("330900",), ("330000",), True),
            (("110000",), ("330900",), False),
            (("330100", "330900"), ("330900",), True),
        ],
    )
    def test_an_article_for_readers_of_another_place(self, on_topic, theirs, ours, fits):
        other = on_topic("余额", regions=theirs)
        article = on_topic("继承", regions=ours)
        assert (other.pk in stored(article)) is fits

    def test_a_policy_that_has_run_out(self, on_topic):
        expired = on_topic("余额", valid_until=date(2020, 1, 1))
        article = on_topic("继承")
        assert expired.pk not in stored(article)
        assert article.pk in shown(expired)

    def test_a_policy_that_runs_out_later(self, on_topic, time_passes):
        other = on_topic("余额", valid_until=timezone.localdate() + timedelta(days=3))
        article = on_topic("继承")
        assert shown(article) == [other.pk]
        time_passes(days=3)
        assert shown(article) == [other.pk]  # the last day is in force
        time_passes(days=1)
        assert shown(article) == []

    def test_an_article_past_its_own_end(self, on_topic, content, time_passes):
        was = workflow.Restored(
            5000, timezone.now() - timedelta(days=9), timezone.now() + timedelta(hours=1), None, "", None, None, None, ""
        )
        workflow.restore(content("医保个人账户限时怎么处理？", TOPIC), was, by=None, follow_now=False)
        article = on_topic("继承")
        assert 5000 in shown(article)
        time_passes(hours=2)
        assert 5000 not in shown(article)


class TestWithdrawing:
    def test_a_withdrawn_article_leaves_every_list_in_the_same_transaction(self, on_topic, editor):
        articles = [on_topic(word) for word in WORDS[:5]]
        workflow.unpublish(articles[0], by=editor, reason="内容有误")  # no on_commit runs here
        assert not RelatedArticle.objects.filter(related=articles[0]).exists()
        for article in articles[1:]:
            assert articles[0].pk not in shown(article)

    def test_a_merged_article_leaves_every_list_in_the_same_transaction(self, on_topic, editor):
        articles = [on_topic(word) for word in WORDS[:5]]
        workflow.merge(articles[0], into=articles[1], by=editor)
        assert not RelatedArticle.objects.filter(related=articles[0]).exists()

    def test_its_own_list_goes_with_the_next_sync(self, on_topic, editor):
        articles = [on_topic(word) for word in WORDS[:3]]
        workflow.unpublish(articles[0], by=editor, reason="内容有误")
        workflow.follow()
        assert stored(articles[0]) == []

    def test_a_row_that_came_too_late_shows_nothing(self, on_topic, editor):
        first, second = on_topic("余额"), on_topic("继承")
        workflow.unpublish(first, by=editor, reason="内容有误")
        RelatedArticle.objects.create(article=second, related=first, rank=1, score=1)
        assert shown(second) == []


class TestFollowing:
    def test_a_new_article_also_shows_up_beside_its_neighbours(self, on_topic):
        first = on_topic("余额")
        second = on_topic("继承")
        assert shown(first) == [second.pk]

    @pytest.mark.parametrize("fields", [{"regions": ("330900",)}, {"valid_until": date(2020, 1, 1)}], ids=["local", "expired"])
    def test_also_beside_those_that_it_does_not_show_itself(self, on_topic, fields):
        first = on_topic("余额", **fields)
        second = on_topic("继承")
        assert shown(second) == []
        assert shown(first) == [second.pk]

    def test_a_batch_reaches_the_neighbours_of_every_article_in_it(self, publish_many, on_topic, monkeypatch):
        """Also of one whose own list was done before, as the neighbour of another in the batch."""
        neighbours = {1: [2], 2: [1, 3], 3: [2]}
        done = []
        monkeypatch.setattr(lists, "_refresh", lambda ids: {id: done.append(id) or neighbours[id] for id in ids})
        fresh = {}
        related.refresh(1, fresh)
        related.refresh(2, fresh)
        assert done == [1, 2, 3]

    def test_a_long_list_of_events_is_done_in_several_calls(self, publish_many):
        articles = publish_many(12, "医保个人账户第{}项怎么处理？", body=TOPIC)
        search.sync()
        for _ in articles:
            related.sync(seconds=0.0001)
        assert all(len(stored(article)) == 11 for article in articles)
        assert Cursor.objects.get(name="related").event == following.read_position().event

    def test_a_scheduled_article_shows_up_when_its_time_comes_with_no_job_running(self, on_topic, approved, editor, time_passes):
        first = on_topic("余额")
        revision = approved("医保个人账户继承怎么处理？", body=TOPIC)
        workflow.schedule(revision, by=editor, at=timezone.now() + timedelta(hours=1))
        workflow.follow()
        assert shown(first) == []
        time_passes(hours=2)
        assert shown(first) == [revision.article_id]

    def test_a_crash_after_the_commit_is_repaired_by_the_next_sync(self, on_topic, approved, editor):
        first = on_topic("余额")
        second = workflow.publish(approved("医保个人账户继承怎么处理？", body=TOPIC), by=editor)  # its on_commit never ran
        assert shown(first) == shown(second) == []
        workflow.follow()
        assert (shown(first), shown(second)) == ([second.pk], [first.pk])

    def test_a_crash_between_index_and_lists_is_repaired_too(self, on_topic, approved, editor):
        first = on_topic("余额")
        second = workflow.publish(approved("医保个人账户继承怎么处理？", body=TOPIC), by=editor)
        assert search.sync()
        workflow.follow()
        assert shown(first) == [second.pk]

    def test_a_crash_in_the_middle_of_a_batch_repeats_it(self, publish_many, monkeypatch):
        articles = publish_many(6, "医保个人账户第{}项怎么处理？", body=TOPIC)
        search.sync()
        with monkeypatch.context() as patch:
            done = []
            real = lists._refresh
            patch.setattr(lists, "_refresh", lambda ids: done.append(ids) or (real(ids) if len(done) < 3 else 1 / 0))
            with pytest.raises(ZeroDivisionError):
                related.sync()
        assert Cursor.objects.get(name="related").event == 0
        related.sync(seconds=60)
        assert all(len(stored(article)) == 5 for article in articles)

    def test_nothing_happens_without_new_events(self, on_topic, django_assert_num_queries):
        on_topic("余额")
        related.sync()
        with django_assert_num_queries(0):
            related.sync()

    def test_of_two_processes_one_leaves_at_once(self, on_topic, approved, editor):
        on_topic("余额")
        second = workflow.publish(approved("医保个人账户继承怎么处理？", body=TOPIC), by=editor)
        search.sync()
        with following.exclusive("related"):
            related.sync()
        assert shown(second) == []
        related.sync()
        assert shown(second) != []

    def test_a_cursor_moved_on_by_another_process_is_not_moved_back(self, on_topic, approved, editor, monkeypatch):
        on_topic("余额")
        workflow.publish(approved("医保个人账户继承怎么处理？", body=TOPIC), by=editor)
        search.sync()
        position = following.read_position()
        real = following.exclusive

        def after_another(name):
            Cursor.objects.filter(name="related").update(event=position.event)
            return real(name)

        monkeypatch.setattr(following, "exclusive", after_another)
        monkeypatch.setattr(lists, "refresh", lambda *_: pytest.fail("the other process has done it"))
        related.sync()
        assert Cursor.objects.get(name="related").event == position.event

    def test_an_article_that_is_for_another_place_now_leaves_every_list_at_once(self, on_topic, approved, editor):
        articles = [on_topic(word) for word in WORDS[:6]]
        assert RelatedArticle.objects.filter(related=articles[0]).count() == 5
        workflow.publish(approved(articles[0].title, body=TOPIC, regions=("330900",), article=articles[0]), by=editor)
        workflow.follow()
        assert not RelatedArticle.objects.filter(related=articles[0]).exists()

    def test_an_article_without_an_index_keeps_its_stored_list(self, on_topic):
        first, second = on_topic("余额"), on_topic("继承")
        (lists.search.follower.directory() / "current.json").unlink()
        related.recompute(first.pk)
        assert shown(first) == [second.pk]


class TestVariety:
    def test_of_a_template_no_more_than_two_where_there_is_enough_else(self, publish_many, on_many_topics):
        publish_many(6, "离婚以后第{}类医保个人账户分不分？", body=TOPIC)
        others = list(on_many_topics(40))
        search.sync()
        related.sync(seconds=60)
        titles = list(Article.objects.related_to(others[0]).values_list("title", flat=True))
        assert len(titles) >= 20
        assert sum(title.startswith("离婚以后") for title in titles) <= 2

    def test_a_list_is_filled_from_one_template_rather_than_left_short(self, publish_many):
        articles = publish_many(12, "医保个人账户第{}项怎么处理？", body=TOPIC)
        search.sync()
        related.sync(seconds=60)
        assert len(stored(articles[0])) == 11

    def test_a_title_that_names_a_city_is_for_that_city(self, publish, on_topic):
        other = publish("舟山的医保个人账户余额怎么处理？", body=TOPIC)
        article = on_topic("继承")
        assert other.pk not in stored(article)
        assert article.pk in stored(other)

    def test_a_question_asked_in_three_hundred_cities_hides_nothing(self, publish, publish_many, on_topic):
        article = on_topic("继承")
        regions = list(Region.objects.filter(level="prefecture").values_list("pk", flat=True)[:90])
        for code in regions:
            publish_many(1, f"{Region.objects.get(pk=code).full_name}医保个人账户继承怎么处理？", body=TOPIC, regions=(code,))
        publish("医保个人账户家人能共济吗？", body="<p>绑定以后家人也能用。</p>")
        workflow.follow(60)
        related.refresh(article.pk, {})
        assert [Article.objects.get(pk=id).title for id in stored(article)] == ["医保个人账户家人能共济吗？"]


class TestRebuilding:
    def test_rebuilding_gives_the_same_lists(self, on_topic, run):
        articles = [on_topic(word) for word in WORDS[:6]]
        workflow.follow()
        run("rebuild_related", "--processes=1")
        before = {article.pk: sorted(stored(article)) for article in articles}
        RelatedArticle.objects.all().delete()
        run("rebuild_related", "--processes=1")
        assert {article.pk: sorted(stored(article)) for article in articles} == before
        assert all(len(others) == 5 for others in before.values())

    def test_it_goes_on_from_where_it_was_stopped(self, publish_many, run, monkeypatch):
        articles = publish_many(7, "医保个人账户第{}项怎么处理？", body=TOPIC)
        search.sync()
        monkeypatch.setattr(lists, "BATCH", 3)
        with monkeypatch.context() as patch:
            done = []
            real = lists._computed
            patch.setattr(lists, "_computed", lambda ids: done.append(ids) or (real(ids) if len(done) < 2 else 1 / 0))
            with pytest.raises(ZeroDivisionError):
                run("rebuild_related", "--processes=1")
        assert Cursor.objects.get(name="rebuild_related").event == sorted(article.pk for article in articles)[2]
        assert "计算了 4 篇" in run("rebuild_related", "--processes=1")
        assert all(len(stored(article)) == 6 for article in articles)
        assert not Cursor.objects.filter(name="rebuild_related").exists()

    def test_restart_begins_anew(self, on_topic, run):
        articles = [on_topic(word) for word in WORDS[:3]]
        Cursor.objects.create(name="rebuild_related", event=articles[1].pk)
        assert "计算了 3 篇" in run("rebuild_related", "--processes=1", "--restart")

    def test_a_second_one_is_refused(self, on_topic, run):
        on_topic("余额")
        with lists.exclusive("rebuild_related"), pytest.raises(CommandError, match="另一个进程"):
            run("rebuild_related", "--processes=1")

    def test_lists_of_what_is_no_longer_public_go(self, on_topic, editor, run):
        articles = [on_topic(word) for word in WORDS[:3]]
        workflow.unpublish(articles[0], by=editor, reason="内容有误")
        search.sync()
        run("rebuild_related", "--processes=1")
        assert stored(articles[0]) == []


REBUILD = """
from articles.related import lists
lists.BATCH = 4
lists.rebuild(lambda ids: (print(id, flush=True) or id for id in ids))
"""


@pytest.mark.once
def test_a_rebuild_killed_again_and_again_loses_nothing(installation):
    """kill -9 at six moments, with the sample articles; then one that may end."""
    installation.manage("prepare_site", "--no-static")
    with closing(sqlite3.connect(installation.directory / "wenkang.sqlite3", isolation_level=None)) as database:
        ask = lambda sql: database.execute(sql).fetchall()  # noqa: E731
        ask("DELETE FROM articles_relatedarticle")
        marks = []
        for number in range(6):
            process = installation.start("shell", "--no-imports", "-c", REBUILD)
            for _ in range(3 * number):  # lists are stored before it dies
                process.stdout.readline()
            process.kill()
            process.communicate()
            marks += ask("SELECT event FROM articles_cursor WHERE name = 'rebuild_related'") or [(0,)]
            lengths = ask("SELECT count(*) FROM articles_relatedarticle GROUP BY article_id")
            assert len(lengths) == marks[-1][0]  # each up to the mark, and none beyond; the samples are numbered from 1
            assert all(length >= 20 for (length,) in lengths)
        assert marks == sorted(marks)
        assert 0 < marks[-1][0] < 82
        installation.run_code(REBUILD)
        assert ask("SELECT count(DISTINCT article_id) FROM articles_relatedarticle") == [(82,)]
        assert ask("SELECT count(*) FROM articles_cursor WHERE name = 'rebuild_related'") == [(0,)]
