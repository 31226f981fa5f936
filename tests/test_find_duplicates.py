"""The pairs of the whole site: found, kept up to date, dismissed for good, listed for editors."""

import pytest
from django.core.management import CommandError
from django.urls import reverse
from django.utils import timezone

from articles import duplicates, search, stats, workflow
from articles.duplicates import pairs
from articles.models import Cursor, DuplicatePair

pytestmark = pytest.mark.django_db

LOST, LOST_TOO = "医保卡丢了怎么补办", "社保卡遗失如何补办？"
ELSEWHERE = "舟山医保卡丢了怎么补办"
SCREEN = "/admin/articles/duplicatepair/"


@pytest.fixture
def site(content):
    """site("一问", "另一问"): these, published at once, and in the index."""

    def make(*titles, **fields):
        contents = [content(title, body="<p></p>", **fields) for title in titles]
        before = set(pairs.Article.objects.values_list("pk", flat=True))
        workflow.publish_in_bulk(contents, reason="测试", at=[timezone.now()] * len(titles))
        search.sync()
        return list(pairs.Article.objects.exclude(pk__in=before).order_by("pk"))

    return make


def stored():
    return set(DuplicatePair.objects.values_list("a", "b"))


class TestFinding:
    def test_twins_are_paired_and_siblings_are_not(self, site, run):
        one, two, _ = site(LOST, LOST_TOO, ELSEWHERE)
        assert "共 1 组" in run("find_duplicates")
        assert stored() == {(one.pk, two.pk)}

    def test_a_phrasing_of_the_other_is_found(self, site, run):
        one, two = site("异地看牙怎么报销"), site("在外地治牙的费用走什么流程", phrasings=("异地看牙如何报销",))
        run("find_duplicates")
        assert stored() == {(one[0].pk, two[0].pk)}

    def test_running_it_again_changes_nothing(self, site, run):
        site(LOST, LOST_TOO)
        run("find_duplicates")
        before = list(DuplicatePair.objects.values())
        run("find_duplicates")
        assert list(DuplicatePair.objects.values()) == before

    def test_what_was_interrupted_goes_on_from_there(self, site, run, monkeypatch):
        articles = site(*(f"{place}医保卡丢了怎么补办" for place in ("舟山", "宁波", "杭州", "温州")))
        seen = []
        monkeypatch.setattr(pairs, "refresh", lambda *ids: seen.extend(ids))
        Cursor.objects.create(name=pairs.SCAN, event=articles[1].pk)
        assert "看过 2 篇" in run("find_duplicates")
        assert seen == [articles[2].pk, articles[3].pk]
        assert "看过 4 篇" in run("find_duplicates")
        Cursor.objects.filter(name=pairs.SCAN).update(event=articles[1].pk)
        assert "看过 4 篇" in run("find_duplicates", "--anew")

    def test_without_an_index_it_says_so(self, site, run, settings, tmp_path, monkeypatch):
        site(LOST)
        settings.DATA_DIR = tmp_path / "elsewhere"
        monkeypatch.setattr(search, "sync", lambda: False)
        with pytest.raises(CommandError, match="rebuild_search"):
            run("find_duplicates")


class TestFollowing:
    def test_a_new_publication_is_paired_at_once(self, publish_as):
        one, two = publish_as(LOST), publish_as(LOST_TOO)
        assert stored() == {(one.pk, two.pk)}

    def test_a_withdrawn_article_leaves_its_pairs(self, publish_as, editor, django_capture_on_commit_callbacks):
        publish_as(LOST)
        two = publish_as(LOST_TOO)
        with django_capture_on_commit_callbacks(execute=True):
            workflow.unpublish(two, by=editor, reason="有误")
        assert stored() == set()

    def test_a_question_that_was_changed_is_looked_at_again(self, publish_as):
        one, two = publish_as(LOST), publish_as(LOST_TOO)
        publish_as("胃镜前要空腹几小时", article=two)
        assert stored() == set()
        publish_as(LOST_TOO, article=two)
        assert stored() == {(one.pk, two.pk)}

    def test_the_follower_reads_up_to_the_index_and_no_further(self, site):
        site(LOST, LOST_TOO)
        duplicates.sync(seconds=60)
        assert Cursor.objects.get(name="duplicates").event == search.follower.public.read_position().event
        assert len(stored()) == 1

    def test_a_little_time_is_a_step_a_call(self, site):
        site(LOST, LOST_TOO)
        for _ in range(3):
            duplicates.sync(seconds=0.0005)
        assert len(stored()) == 1

    def test_a_load_can_be_skipped(self, site):
        site(LOST, LOST_TOO)
        duplicates.skip()
        duplicates.sync(seconds=60)
        assert stored() == set()


@pytest.fixture
def publish_as(editor, content, django_capture_on_commit_callbacks):
    """Published by force: nobody asks whether it is a duplicate."""

    def make(title, article=None):
        with django_capture_on_commit_callbacks(execute=True):
            return workflow.force_publish(
                workflow.save_draft(content(title, body="<p></p>"), by=None, article=article), by=editor, reason="测试"
            )

    return make


class TestDismissing:
    def test_what_is_dismissed_stays_so_whatever_is_computed_anew(self, site, run, editor):
        one, two = site(LOST, LOST_TOO)
        run("find_duplicates")
        duplicates.dismiss(two.pk, [one.pk], by=editor, because="一个讲实体卡，一个讲电子卡")
        run("find_duplicates")
        assert duplicates.groups() == ([], 0)
        assert DuplicatePair.objects.get().dismissed_by == editor

    def test_a_reason_is_needed(self, site, editor):
        one, two = site(LOST, LOST_TOO)
        with pytest.raises(ValueError, match="reason"):
            duplicates.dismiss(one.pk, [two.pk], by=editor, because=" ")


class TestGroups:
    def test_pairs_that_share_an_article_are_one_group(self, site, run):
        site(LOST, LOST_TOO, "医保卡不见了怎么补办", "胃镜能报销吗", "做胃镜医保报不报")
        run("find_duplicates")
        groups, total = duplicates.groups()
        assert (total, sorted(len(group.articles) for group in groups)) == (2, [2, 3])

    def test_the_most_searched_stand_first(self, site, run):
        site(LOST, LOST_TOO, "胃镜能报销吗", "做胃镜医保报不报")
        run("find_duplicates")
        for _ in range(3):
            stats.searched("做胃镜医保报不报", 2)
        stats.searched(LOST, 2)
        stats.flush()
        assert [group.articles[0].title for group in duplicates.groups()[0]] == ["胃镜能报销吗", LOST]

    def test_a_page_at_a_time(self, site, run):
        site(LOST, LOST_TOO, "胃镜能报销吗", "做胃镜医保报不报")
        run("find_duplicates")
        first, second = duplicates.groups(0, 1), duplicates.groups(1, 1)
        assert (first[1], second[1]) == (2, 2)
        assert first[0][0].articles != second[0][0].articles


class TestTheScreen:
    def test_it_lists_groups_with_state_similarity_and_what_can_be_done(self, site, run, client, editor):
        one, two = site("医保卡丢了怎么补办呢", "社保卡丢了补办要多久")
        DuplicatePair.objects.create(a=one, b=two, similarity=0.8)
        client.force_login(editor)
        text = client.get(SCREEN).content.decode()
        for expected in (one.title, two.title, "公开", "相似度", "问法：怎么 / 要多久", "不是重复"):
            assert expected in text
        assert reverse("admin:articles_article_change", args=[one.pk]) in text

    def test_dismissing_there_records_who_and_why(self, site, run, client, editor):
        site(LOST, LOST_TOO)
        run("find_duplicates")
        pair = DuplicatePair.objects.get()
        client.force_login(editor)
        address = reverse("admin:articles_duplicatepair_dismiss", args=[pair.pk])
        refused = client.post(address, {"reason": " "}, follow=True)
        assert "请写明为什么不是重复" in refused.content.decode()
        done = client.post(address, {"reason": "一个讲挂失", "p": "999999999999"}, follow=True)
        assert "不是重复，以后不再列出" in done.content.decode()
        pair.refresh_from_db()
        assert (pair.dismissed_by, pair.dismissed_because) == (editor, "一个讲挂失")

    @pytest.mark.parametrize("page", ["0", "-1", "x", "２", "9" * 30, "250"])
    def test_odd_page_numbers_are_no_trouble(self, client, editor, page):
        client.force_login(editor)
        assert client.get(SCREEN, {"p": page}).status_code == 200

    def test_it_is_for_the_desk_alone(self, client, django_user_model, site, run, reviewer):
        site(LOST, LOST_TOO)
        run("find_duplicates")
        dismiss = reverse("admin:articles_duplicatepair_dismiss", args=[DuplicatePair.objects.get().pk])
        assert client.get(SCREEN).status_code == 302
        client.force_login(django_user_model.objects.create_user("nobody", is_staff=True))
        assert client.get(SCREEN).status_code == 403
        client.force_login(reviewer)
        assert client.get(SCREEN).status_code == 200
        assert client.post(dismiss, {"reason": "x"}).status_code == 403
        assert client.get(dismiss).status_code == 405
