"""The first page of the desk and the queue: what is due for whom, from indexes alone."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import desk, workflow
from articles.models import Article, Autosave, DuplicatePair, Event, Revision
from articles.stats.models import Counted, SearchDay
from tests.test_queries import explain

pytestmark = pytest.mark.django_db
QUEUE = "/admin/articles/article/queue/"


@pytest.fixture
def submitted(writer, content):
    """submitted("问题？", due=-2): a text that waits for a review, due in so many days."""

    def make(title="异地住院要先备案吗？", due=None):
        revision = workflow.save_draft(content(title), by=writer)
        workflow.submit(revision, by=writer, not_duplicate_because="测试")
        due_on = None if due is None else timezone.localdate() + timedelta(days=due)
        Revision.objects.filter(pk=revision.pk).update(due_on=due_on)
        return revision

    return make


def box(user, name):
    return next((each for each in desk.boxes(user) if each.name == name), None)


def titles(found):
    return [row.title for row in found.rows]


def test_every_role_sees_its_own_boxes(writer, reviewer, editor):
    assert box(writer, "drafts")
    assert box(writer, "review") is None
    assert box(reviewer, "review")
    assert box(reviewer, "drafts") is None
    assert box(editor, "publish")
    assert box(User.objects.create_user("nobody", is_staff=True), "scheduled") is None


def test_an_empty_box_says_so(client, editor):
    client.force_login(editor)
    page = client.get("/admin/").content.decode()
    for words in ("没有退回给您的稿件。", "没有定时的发布。", "没有已经过期的政策。", "现在没有别人在编辑。"):
        assert words in page


def test_a_person_s_drafts_are_theirs_alone(writer, editor, content):
    workflow.save_draft(content("作者的草稿？"), by=writer)
    workflow.save_draft(content("主编的草稿？"), by=editor)
    assert titles(box(writer, "drafts")) == ["作者的草稿？"]
    assert box(writer, "drafts").rows[0].about == "刚刚保存"


def test_what_was_returned_waits_for_its_author(writer, reviewer, submitted):
    revision = submitted("退回的稿件？")
    workflow.reject(revision, by=reviewer, reason="缺来源")
    assert titles(box(writer, "returned")) == ["退回的稿件？"]


def test_the_most_overdue_comes_first_and_says_so(reviewer, submitted):
    submitted("没有期限？")
    submitted("还早？", due=3)
    submitted("已经超期？", due=-2)
    found = box(reviewer, "review")
    assert titles(found) == ["已经超期？", "还早？", "没有期限？"]
    assert [(row.about, row.late) for row in found.rows[:2]] == [("已超期 2 天", True), ("还有 3 天到期", False)]


def test_nobody_is_asked_to_review_what_they_wrote_at(reviewer, writer, editor, content):
    both = User.objects.create_superuser("boss")
    first = workflow.save_draft(content("两个人写的？"), by=both)
    last = workflow.save_draft(content("两个人写的？", body="<p>改过。</p>"), by=writer, article=first.article)
    workflow.submit(last, by=writer)
    assert titles(box(both, "review")) == []
    assert titles(box(reviewer, "review")) == ["两个人写的？"]


def test_a_review_of_long_ago_does_not_bar_a_later_one(publish, content, writer):
    both = User.objects.create_superuser("boss")
    article = publish("早先的问题？")
    Revision.objects.filter(pk=article.live_revision_id).update(author=both)
    revision = workflow.save_draft(content("早先的问题？", body="<p>新的。</p>"), by=writer, article=article)
    workflow.submit(revision, by=writer, public_note="改了说法。")
    assert titles(box(both, "review")) == ["早先的问题？"]


def test_approved_texts_wait_for_the_chief_and_scheduled_ones_do_not(editor, approved, publish):
    approved("等着发布？")
    article = publish()
    workflow.schedule(approved("改稿？", article=article), by=editor, at=timezone.now() + timedelta(days=1))
    workflow.schedule(approved("明天上线？"), by=editor, at=timezone.now() + timedelta(hours=2))
    assert titles(box(editor, "publish")) == ["等着发布？"]
    assert titles(box(editor, "scheduled")) == ["明天上线？", "改稿？"]


def test_a_forced_publication_waits_for_somebody_else(writer, editor, reviewer, content):
    revision = workflow.save_draft(content("急件？"), by=writer)
    workflow.force_publish(revision, by=editor, reason="紧急")
    assert titles(box(reviewer, "confirm")) == ["急件？"]
    boss = User.objects.create_superuser("boss")
    Revision.objects.filter(pk=revision.pk).update(forced_by=boss)
    assert titles(box(boss, "confirm")) == []


def test_dates_of_live_articles(editor, publish):
    today = timezone.localdate()
    dates = {"要再审核？": {"next_review_on": today + timedelta(days=20)}, "很久以后再审？": {"next_review_on": today + timedelta(days=40)}}
    dates |= {"快过期？": {"valid_until": today}, "已过期？": {"valid_until": today - timedelta(days=1)}}
    for title, values in dates.items():
        Article.objects.filter(pk=publish(title).pk).update(**values)
    assert titles(box(editor, "again")) == ["要再审核？"]
    assert [(row.title, row.about, row.late) for row in box(editor, "expiring").rows] == [("快过期？", "今天过期", False)]
    assert [(row.title, row.about, row.late) for row in box(editor, "expired").rows] == [("已过期？", "已过期 1 天", True)]


def test_searches_in_vain_twins_and_who_is_writing(editor, writer, publish):
    SearchDay.objects.add([Counted(timezone.localdate(), "护工费能报吗", 4, 0, 0, 0), Counted(timezone.localdate(), "异地", 9, 3, 0, 0)])
    one, two = publish("甲问题怎么办？"), publish("乙问题怎么办？")
    DuplicatePair.objects.create(a=one, b=two, similarity=0.9)
    Autosave.objects.create(user=writer, article=one)
    Autosave.objects.create(user=writer, article=two, seen_at=timezone.now() - timedelta(hours=1))
    Autosave.objects.create(user=editor, article=one)
    assert [(row.title, row.about) for row in box(editor, "searches").rows] == [("护工费能报吗", "4 次")]
    assert titles(box(editor, "duplicates")) == ["甲问题怎么办？"]
    assert [(row.title, row.about) for row in box(editor, "online").rows] == [("甲问题怎么办？", "zuozhe")]


def test_a_large_number_is_not_counted_out(writer, content):
    for number in range(desk.CAP + 3):
        workflow.save_draft(content(f"第 {number} 篇草稿？"), by=writer)
    found = box(writer, "drafts")
    assert (len(found.rows), found.count) == (5, "20+")


def test_the_page_takes_at_most_fifteen_queries_at_any_size(client, publish_many):
    """A superuser sees every box."""
    client.force_login(User.objects.create_superuser("boss"))
    counts = set()
    for size in (3, 60):
        publish_many(size)
        with CaptureQueriesContext(connection) as default, CaptureQueriesContext(connections["stats"]) as stats:
            assert client.get("/admin/").status_code == 200
        counts.add(len(default) + len(stats))
    assert len(counts) == 1
    assert counts.pop() <= 15


def test_every_box_and_stage_is_answered_from_an_index(publish_many):
    publish_many(30)
    boss = User.objects.create_superuser("boss")
    with CaptureQueriesContext(connection) as captured:
        desk.boxes(boss)
        for stage in desk.STAGES:
            desk.queue(boss, stage)
    for query in captured.captured_queries:
        assert "LIMIT" in query["sql"]
        assert "COUNT(" not in query["sql"]
        plan = explain(query["sql"])
        assert "SCAN articles_revision\n" not in plan + "\n", plan
        for name in ("revision", "article"):
            assert not plan.endswith(f"SCAN articles_{name}"), plan
            assert f"Seq Scan on articles_{name} " not in plan, plan


@pytest.mark.once  # PostgreSQL chooses between indexes by the numbers of rows, of which a test has none; that it uses one stands above
def test_each_question_has_the_index_made_for_it(writer, reviewer):
    indexes = {
        "revisions_being_written": lambda: desk.queue(writer, "drafts"),
        "revisions_in_work": lambda: desk.queue(reviewer, "review"),
        "revisions_to_confirm": lambda: desk.queue(reviewer, "confirm"),
        "articles_to_review": lambda: box(reviewer, "again"),
        "articles_running_out": lambda: box(reviewer, "expired"),
        "forms_open_now": lambda: box(reviewer, "online"),
    }
    for name, ask in indexes.items():
        with CaptureQueriesContext(connection) as captured:
            ask()
        assert any(name in explain(query["sql"]) for query in captured.captured_queries), name


class TestQueue:
    def test_a_person_sees_the_stages_that_are_theirs(self, visit, client, writer, reviewer):
        client.force_login(reviewer)
        assert visit(QUEUE).texts("nav.work-tabs a") == ["待我审核", "紧急发布待复核"]
        client.force_login(writer)
        assert visit(QUEUE).texts("nav.work-tabs a") == ["退回给我的", "我的草稿"]

    def test_a_stage_of_others_shows_one_s_own(self, visit, client, writer):
        client.force_login(writer)
        assert visit(QUEUE, stage="review").texts("h2.work-heading") == ["退回给我的"]

    def test_claimed_unclaimed_and_overdue(self, visit, client, reviewer, submitted):
        submitted("没人要？")
        late = submitted("超期的？", due=-1)
        mine = submitted("我来看？", due=2)
        workflow.claim(mine, by=reviewer)
        client.force_login(reviewer)
        shown = lambda only: [text.split(" #")[0] for text in visit(QUEUE, stage="review", only=only).texts("tbody th")]  # noqa: E731
        assert shown("") == ["超期的？", "我来看？", "没人要？"]
        assert shown("mine") == ["我来看？"]
        assert shown("unassigned") == ["超期的？", "没人要？"]
        assert shown("overdue") == [late.content.title]
        assert shown("nonsense") == shown("")

    def test_a_claim_is_made_in_the_queue_and_comes_back_to_it(self, client, reviewer, submitted):
        revision = submitted()
        client.force_login(reviewer)
        data = {"revision": revision.pk, "back": "queue"}
        response = client.post(f"/admin/articles/article/{revision.article_id}/claim/do/", data)
        assert response["Location"].startswith(QUEUE)
        revision.refresh_from_db()
        assert (revision.reviewer, revision.state) == (reviewer, "in_review")
        assert workflow.why_not("claim", revision, reviewer) == ["您已经认领了此稿"]

    def test_a_second_reviewer_may_take_it_over(self, reviewer, submitted):
        revision, other = submitted(), User.objects.create_superuser("boss")
        workflow.claim(revision, by=reviewer)
        workflow.claim(revision, by=other)
        revision.refresh_from_db()
        assert revision.reviewer == other

    @pytest.mark.parametrize("query", ["?p=0", "?p=99", "?p=x", "?stage=%27", "?only=%27&stage=review"])
    def test_a_strange_address_shows_the_first_page(self, client, reviewer, query):
        client.force_login(reviewer)
        assert client.get(QUEUE + query).status_code == 200

    def test_who_has_no_stage_is_turned_away(self, client):
        client.force_login(User.objects.create_user("nobody", is_staff=True))
        assert client.get(QUEUE).status_code == 403


class TestPerson:
    def address(self, person):
        return f"/admin/articles/event/people/{person.pk}/"

    def test_what_a_person_did_between_two_days(self, visit, client, editor, writer, content):
        earlier = Article.objects.create(title="头一天写的？")
        Event.objects.create(verb="save_draft", article=earlier, by=writer, at=timezone.now() - timedelta(days=3))
        workflow.save_draft(content("后来写的？"), by=writer)
        workflow.save_draft(content("别人写的？"), by=editor)
        client.force_login(editor)
        day = lambda days: (timezone.localdate() + timedelta(days=days)).isoformat()  # noqa: E731
        shown = lambda **span: visit(self.address(writer), **span).texts("tbody a")  # noqa: E731
        assert shown() == ["后来写的？", "头一天写的？"]
        assert shown(since=day(-1)) == ["后来写的？"]
        assert shown(until=day(-1)) == ["头一天写的？"]
        assert shown(since=day(1)) == []

    def test_pages_go_back_without_a_gap(self, visit, client, editor, writer, content, monkeypatch):
        from articles.admin import log

        monkeypatch.setattr(log, "PAGE", 2)
        for number in range(5):
            workflow.save_draft(content(f"第 {number} 篇？"), by=writer)
        client.force_login(editor)
        path, found = self.address(writer), []
        while path:
            page = visit(path)
            found += page.texts("tbody a")
            links = page.links("nav.work-pages a")
            path = self.address(writer) + links[0] if links else None
        assert found == [f"第 {number} 篇？" for number in (4, 3, 2, 1, 0)]

    @pytest.mark.parametrize("query", ["since=x", "until=0001-01-01", "since=2026-02-02&until=2026-02-01", "before=-1"])
    def test_what_is_no_day_gets_a_sentence(self, client, editor, writer, query):
        client.force_login(editor)
        assert client.get(f"{self.address(writer)}?{query}").status_code == 400


@pytest.mark.parametrize("role", ["writer", "reviewer", "editor", "manager"])
def test_every_page_leads_to_the_others_that_this_person_may_open(client, visit, request, role):
    client.force_login(request.getfixturevalue(role))
    offered = visit("/admin/").links(".desk-nav a")
    assert offered[0] == "/admin/"
    for address in offered:
        page = visit(address)
        assert page.links(".desk-nav a") == offered
        assert [link.attrs["href"] for link in page.all(".desk-nav a") if "aria-current" in link.attrs] == [address]


def test_who_has_not_signed_in_is_led_nowhere(visit):
    assert visit("/admin/login/").links(".desk-nav a") == []
