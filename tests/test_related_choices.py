"""What editors change about the list beside an article: it holds at once, outlives every rebuild, and stands in the audit log."""

import pytest
from django.urls import reverse

from articles import related, workflow
from articles.models import Event, RelatedArticle, RelatedChoice
from articles.workflow import NotAllowed
from tests.test_related import WORDS, on_topic, shown, stored  # noqa: F401  (on_topic is a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def five(on_topic):  # noqa: F811
    """An article, and the four beside it in their order."""
    articles = [on_topic(word) for word in WORDS[:5]]
    related.refresh(articles[0].pk, {})
    by_id = {article.pk: article for article in articles}
    return [articles[0], *(by_id[id] for id in stored(articles[0]))]


@pytest.fixture
def other(publish):
    """An article that no list would show by itself."""
    return publish("舟山流鼻血挂什么科？", body="<p>耳鼻喉科门诊，夜里止不住可挂急诊。</p>", regions=("330900",))


class TestPinning:
    def test_a_pinned_article_stands_where_the_editor_wants_it(self, five, other, editor):
        article, first, second, *_ = five
        workflow.pin_related(article, other, position=2, by=editor)
        assert shown(article)[:3] == [first.pk, other.pk, second.pk]

    def test_two_pins_keep_their_places(self, five, editor):
        article, a, b, c, d = five
        workflow.pin_related(article, d, position=1, by=editor)
        workflow.pin_related(article, a, position=4, by=editor)
        assert stored(article) == [d.pk, b.pk, c.pk, a.pk]

    def test_of_two_pins_for_one_place_the_later_one_has_it(self, five, editor):
        article, _, _, c, d = five
        workflow.pin_related(article, c, position=1, by=editor)
        workflow.pin_related(article, d, position=1, by=editor)
        assert stored(article)[:2] == [d.pk, c.pk]

    def test_a_pin_survives_refreshing_and_rebuilding(self, five, other, editor, run):
        article = five[0]
        workflow.pin_related(article, other, position=1, by=editor)
        related.refresh(article.pk, {})
        run("rebuild_related", "--processes=1", "--restart")
        assert stored(article)[0] == other.pk
        assert RelatedArticle.objects.get(article=article, related=other).pinned

    def test_a_released_pin_goes_back_to_where_its_score_puts_it(self, five, other, editor, django_capture_on_commit_callbacks):
        article, *before = five
        workflow.pin_related(article, before[3], position=1, by=editor)
        workflow.pin_related(article, other, position=1, by=editor)
        for pinned in (before[3], other):
            with django_capture_on_commit_callbacks(execute=True):
                workflow.release_related(article, pinned, by=editor)
        assert stored(article) == [each.pk for each in before]

    def test_a_list_of_pins_never_grows_beyond_what_is_stored(self, five, publish_many, editor):
        for extra in publish_many(40, "别的第{}问？"):
            if extra.pk in {article.pk for article in five}:
                continue
            workflow.pin_related(five[0], extra, position=1, by=editor)
        assert len(stored(five[0])) == related.STORED

    @pytest.mark.parametrize("position", [0, -1, 31, 10**9])
    def test_a_place_that_does_not_exist_is_refused(self, five, editor, position):
        with pytest.raises(NotAllowed, match="位置"):
            workflow.pin_related(five[0], five[1], position=position, by=editor)

    def test_what_is_not_public_cannot_be_pinned(self, five, approved, editor):
        draft = approved("还没发布的问题？").article
        with pytest.raises(NotAllowed, match="没有发布"):
            workflow.pin_related(five[0], draft, position=1, by=editor)

    def test_an_article_cannot_stand_beside_itself(self, five, editor):
        for change in (
            lambda: workflow.pin_related(five[0], five[0], position=1, by=editor),
            lambda: workflow.block_related(five[0], five[0], by=editor),
        ):
            with pytest.raises(NotAllowed):
                change()


class TestBlocking:
    def test_a_blocked_article_goes_at_once_and_stays_away(self, five, editor, run):
        article, first, *_ = five
        workflow.block_related(article, first, by=editor)
        assert first.pk not in stored(article)
        related.refresh(article.pk, {})
        run("rebuild_related", "--processes=1", "--restart")
        assert first.pk not in stored(article)
        assert article.pk in stored(first)  # its own list is another matter

    def test_a_pinned_article_that_is_blocked_is_pinned_no_more(self, five, editor):
        article, first, *_ = five
        workflow.pin_related(article, first, position=3, by=editor)
        workflow.block_related(article, first, by=editor)
        assert first.pk not in stored(article)
        assert RelatedChoice.objects.get().kind == "block"

    def test_a_released_block_comes_back(self, five, editor, django_capture_on_commit_callbacks):
        article, first, *_ = five
        workflow.block_related(article, first, by=editor)
        with django_capture_on_commit_callbacks(execute=True):
            workflow.release_related(article, first, by=editor)
        assert stored(article)[0] == first.pk

    def test_what_was_never_chosen_cannot_be_released(self, five, editor):
        with pytest.raises(NotAllowed, match="没有固定或屏蔽"):
            workflow.release_related(five[0], five[1], by=editor)


class TestWithdrawing:
    def test_a_pinned_article_that_is_withdrawn_goes_at_once_and_comes_back_with_its_next_publication(self, five, other, editor, approved):
        article = five[0]
        workflow.pin_related(article, other, position=1, by=editor)
        workflow.unpublish(other, by=editor, reason="内容有误")
        assert other.pk not in stored(article)
        related.refresh(article.pk, {})
        assert other.pk not in stored(article)
        workflow.publish(approved(other.title, article=other), by=editor)
        workflow.follow()
        assert stored(article)[0] == other.pk

    def test_nothing_can_be_chosen_beside_what_is_not_public(self, five, editor):
        workflow.unpublish(five[0], by=editor, reason="内容有误")
        with pytest.raises(NotAllowed, match="没有发布"):
            workflow.pin_related(five[0], five[1], position=1, by=editor)


class TestTheLog:
    def test_each_change_is_an_event_with_who_and_what(self, five, editor):
        article, first, *_ = five
        workflow.pin_related(article, first, position=2, by=editor)
        workflow.block_related(article, first, by=editor)
        workflow.release_related(article, first, by=editor)
        events = list(Event.objects.filter(article=article, verb__endswith="_related").order_by("pk"))
        assert [event.verb for event in events] == ["pin_related", "block_related", "release_related"]
        assert {event.by for event in events} == {editor}
        assert events[0].data == {"other": first.pk, "position": 2}
        assert str(first.pk) in events[1].note

    def test_a_refused_change_leaves_nothing_behind(self, five, writer):
        before = stored(five[0])
        with pytest.raises(NotAllowed, match="权限"):
            workflow.block_related(five[0], five[1], by=writer)
        assert stored(five[0]) == before
        assert not RelatedChoice.objects.exists()
        assert not Event.objects.filter(verb="block_related").exists()


@pytest.fixture
def page(five):
    return reverse("admin:articles_article_related", args=[five[0].pk])


class TestThePage:
    def test_it_shows_place_score_and_reason_and_says_what_is_pinned(self, five, page, editor, client, visit):
        workflow.pin_related(five[0], five[2], position=1, by=editor)
        client.force_login(editor)
        rows = visit(page).all("ol.related-rows li")
        assert [five[2].title in rows[0].text, "已固定" in rows[0].text, "读者看到第 1 位" in rows[0].text] == [True] * 3
        assert "分数" in rows[1].text
        assert len(visit(page).all("form.related-verbs")) == 4

    @pytest.mark.parametrize(
        ("action", "which", "expected"),
        [("up", 2, "bacd"), ("down", 1, "bacd"), ("up", 1, "abcd"), ("down", 4, "abcd"), ("block", 1, "bcd")],
    )
    def test_buttons_move_and_block(self, five, page, editor, client, action, which, expected):
        client.force_login(editor)
        client.post(page, {"action": action, "other": five[which].pk})
        assert stored(five[0]) == [five[1 + "abcd".index(letter)].pk for letter in expected]

    def test_neighbours_that_are_both_pinned_change_places(self, five, page, editor, client):
        client.force_login(editor)
        for which, position in ((1, 2), (2, 3)):
            client.post(page, {"action": "pin", "other": five[which].pk, "position": position})
        client.post(page, {"action": "down", "other": five[1].pk})
        assert stored(five[0])[1:3] == [five[2].pk, five[1].pk]

    def test_an_article_is_pinned_by_its_number(self, five, other, page, editor, client):
        client.force_login(editor)
        response = client.post(page, {"action": "pin", "other": other.pk, "position": 3}, follow=True)
        assert "固定在第 3 位" in response.content.decode()
        assert stored(five[0])[2] == other.pk

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ({"action": "pin", "other": "x", "position": 1}, "编号"),
            ({"action": "pin", "other": 10**30, "position": 1}, "编号"),
            ({"action": "pin", "other": 999_999, "position": 1}, "没有这个编号"),
            ({"action": "pin", "position": 1}, "编号"),
            ({"action": "pin", "other": 1, "position": "zz"}, "位置"),
            ({"action": "dance", "other": 1}, "dance"),
            ({}, "编号"),
        ],
    )
    def test_bad_input_is_answered_in_words(self, page, editor, client, data, said):
        client.force_login(editor)
        response = client.post(page, data, follow=True)
        assert response.status_code == 200
        assert said in response.content.decode()

    def test_who_may_only_look_sees_the_list_and_no_buttons(self, five, page, writer, client, visit):
        client.force_login(writer)
        seen = visit(page)
        assert len(seen.all("ol.related-rows li")) == 4
        assert seen.all("form.related-verbs") == seen.all("form.related-add") == []
        client.post(page, {"action": "block", "other": five[1].pk})
        assert not RelatedChoice.objects.exists()

    def test_strangers_are_sent_to_the_login(self, page, client):
        assert client.get(page).status_code == 302

    def test_blocked_ones_are_listed_and_can_be_let_back(self, five, page, editor, client, visit):
        workflow.block_related(five[0], five[1], by=editor)
        client.force_login(editor)
        assert visit(page).texts("ul.related-rows p.related-title") == [five[1].title]
        client.post(page, {"action": "release", "other": five[1].pk})
        assert not RelatedChoice.objects.exists()
