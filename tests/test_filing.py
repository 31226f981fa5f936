"""Category and tags change without a review: the words, the dates and whoever stood behind them stay."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from articles import search, workflow
from articles.models import Category, Event, Revision, Tag
from articles.workflow import Filing, NotAllowed

pytestmark = pytest.mark.django_db
State = Revision.State


@pytest.fixture
def tag():
    return Tag.objects.create(name="异地备案")


@pytest.fixture
def other_category():
    return Category.objects.exclude(slug="personal-account").first()


@pytest.fixture
def boss():
    return User.objects.create_superuser("boss")


def tags_of(article):
    return list(article.tag_links.order_by("position").values_list("tag__name", flat=True))


class TestPage:
    """What readers see of it."""

    def test_a_tag_is_added_at_the_end(self, publish, editor, tag):
        first = Tag.objects.create(name="甲")
        article = publish(tags=(first.pk,))
        workflow.refile(article, Filing(add_tag=tag), by=editor)
        article.refresh_from_db()
        assert tags_of(article) == ["甲", "异地备案"]
        assert article.live_revision.content.tags == (first.pk, tag.pk)

    def test_a_tag_is_taken_away_under_whichever_id_the_text_knows_it(self, publish, editor, tag):
        old = Tag.objects.create(name="异地登记")
        article = publish(tags=(old.pk,))
        workflow.merge_tags(old, into=tag, by=editor)
        workflow.refile(article, Filing(remove_tag=tag), by=editor)
        assert tags_of(article) == []

    def test_the_category_changes_and_its_lists_with_it(self, publish, editor, other_category, visit):
        article = publish()
        workflow.refile(article, Filing(category=other_category), by=editor)
        assert article.get_absolute_url() in visit(other_category.get_absolute_url()).links()

    def test_no_date_and_no_name_on_the_page_changes(self, publish, editor, tag, time_passes):
        article = publish()
        before = (article.go_live_at, article.updated_at, article.reviewed_at, article.reviewed_by, article.body_html)
        time_passes(days=3)
        workflow.refile(article, Filing(add_tag=tag), by=editor)
        article.refresh_from_db()
        assert (article.go_live_at, article.updated_at, article.reviewed_at, article.reviewed_by, article.body_html) == before

    def test_search_follows(self, publish, editor, tag):
        article = publish()
        workflow.refile(article, Filing(add_tag=tag), by=editor)
        search.sync()
        assert search.rank("医保", search.filters_now(tag=tag.pk), search.engine()).ids == [article.pk]

    def test_what_goes_live_later_is_refiled_too(self, approved, editor, tag):
        revision = approved()
        workflow.schedule(revision, by=editor, at=timezone.now() + timedelta(hours=1))
        workflow.refile(revision.article, Filing(add_tag=tag), by=editor)
        link = revision.article.tag_links.get()
        assert link.go_live_at > timezone.now()


class TestRevision:
    """What is kept of it."""

    def test_it_is_a_revision_of_its_own_in_the_place_of_the_one_before(self, publish, editor, tag):
        article = publish()
        first = article.live_revision
        workflow.refile(article, Filing(add_tag=tag), by=editor)
        article.refresh_from_db()
        first.refresh_from_db()
        now = article.live_revision
        assert (first.state, now.state, article.latest_revision) == (State.SUPERSEDED, State.PUBLISHED, now)
        assert (now.refiled_from, now.author, now.reviewer, now.reviewed_at) == (first, first.author, first.reviewer, first.reviewed_at)
        assert now.approved_digest == now.content.digest() != first.approved_digest
        assert first.content.tags == ()

    def test_one_event_says_who_did_it_and_what(self, publish, editor, tag):
        article = publish()
        before = article.live_revision_id
        workflow.refile(article, Filing(add_tag=tag), by=editor, data={"bulk": 7})
        event = Event.objects.filter(verb="refile").get()
        article.refresh_from_db()
        assert (event.by, event.note, event.revision) == (editor, "加标签“异地备案”", article.live_revision)
        assert event.data == {"bulk": 7, "revisions": {"live": [before, article.live_revision_id]}}

    def test_a_forced_page_stays_forced_and_can_be_confirmed(self, content, writer, editor, reviewer, tag):
        revision = workflow.save_draft(content(), by=writer)
        article = workflow.force_publish(revision, by=editor, reason="紧急更正")
        workflow.refile(article, Filing(add_tag=tag), by=editor)
        article.refresh_from_db()
        assert article.live_revision.needs_confirmation
        with pytest.raises(NotAllowed, match="作者和紧急发布人不能复核"):
            workflow.confirm(article.live_revision, by=editor)
        workflow.confirm(article.live_revision, by=reviewer)
        article.refresh_from_db()
        assert article.reviewed_by == "沈合"


class TestWorkingCopy:
    """What is under way to the page must not undo the change."""

    def test_an_approved_one_is_published_as_it_was_approved_with_the_new_tag(self, publish, approved, editor, tag):
        article = publish()
        approved(body="<p>新的正文。</p>", article=article)
        article.refresh_from_db()
        workflow.refile(article, Filing(add_tag=tag), by=editor)
        article.refresh_from_db()
        waiting = article.latest_revision
        assert (waiting.state, waiting.base_revision) == (State.APPROVED, article.live_revision)
        workflow.publish(waiting, by=editor)
        article.refresh_from_db()
        assert (article.body_html, tags_of(article)) == ("<p>新的正文。</p>", ["异地备案"])

    def test_a_scheduled_one_keeps_its_time(self, publish, approved, editor, tag, time_passes):
        article = publish()
        workflow.schedule(approved(body="<p>新的正文。</p>", article=article), by=editor, at=timezone.now() + timedelta(hours=1))
        workflow.refile(article, Filing(add_tag=tag), by=editor)
        time_passes(hours=2)
        assert workflow.publish_due() == 1
        article.refresh_from_db()
        assert (article.body_html, tags_of(article)) == ("<p>新的正文。</p>", ["异地备案"])

    def test_one_that_was_changed_after_its_approval_stays_barred(self, approved, editor, tag):
        revision = approved()
        Revision.objects.filter(pk=revision.pk).update(content_json=revision.content_json | {"short_answer": "偷偷改过"})
        workflow.refile(revision.article, Filing(add_tag=tag), by=None)
        revision.article.refresh_from_db()
        with pytest.raises(NotAllowed, match="内容在审核通过后有改动"):
            workflow.publish(revision.article.latest_revision, by=editor)

    def test_one_on_top_of_an_older_page_stays_barred(self, publish, approved, editor, tag):
        article = publish()
        waiting = approved(article=article)
        Revision.objects.filter(pk=waiting.pk).update(base_revision=None)
        workflow.refile(article, Filing(add_tag=tag), by=editor)
        article.refresh_from_db()
        with pytest.raises(NotAllowed, match="线上版本在此稿保存之后已更改"):
            workflow.publish(article.latest_revision, by=editor)

    def test_one_that_has_the_tag_already_only_follows_to_the_new_page(self, publish, approved, editor, tag):
        article = publish()
        waiting = approved(article=article, tags=(tag.pk,))
        workflow.refile(article, Filing(add_tag=tag), by=editor)
        article.refresh_from_db()
        assert article.latest_revision == waiting
        workflow.publish(article.latest_revision, by=editor)

    def test_a_draft_that_was_never_public_is_refiled_without_touching_search(self, content, writer, editor, tag):
        draft = workflow.save_draft(content(), by=writer)
        workflow.refile(draft.article, Filing(add_tag=tag), by=editor)
        draft.article.refresh_from_db()
        assert draft.article.latest_revision.content.tags == (tag.pk,)
        assert not Event.objects.get(verb="refile").to_follow

    def test_who_has_it_open_in_a_form_is_told_so(self, content, writer, editor, tag):
        draft = workflow.save_draft(content(), by=writer)
        workflow.refile(draft.article, Filing(add_tag=tag), by=editor)
        with pytest.raises(NotAllowed, match="其他人保存了新的版本"):
            workflow.save_draft(content(), by=writer, article=draft.article, parent=draft.pk)


class TestTwoPersons:
    """Refiling makes nobody an author, and lets no author out."""

    @pytest.fixture
    def waiting(self, publish, content, boss, writer, editor, tag):
        """Two have written since the live version, and then it was refiled."""
        article = publish()
        workflow.save_draft(content(body="<p>甲写的。</p>"), by=boss, article=article)
        second = workflow.save_draft(content(body="<p>甲写的，乙改过。</p>"), by=writer, article=article)
        workflow.submit(second, by=writer, not_duplicate_because="测试", public_note="改了说法。")
        workflow.refile(article, Filing(add_tag=tag), by=editor)
        article.refresh_from_db()
        return article.latest_revision

    def test_an_earlier_author_still_cannot_approve(self, waiting, boss):
        with pytest.raises(NotAllowed, match="作者不能审核自己写的稿件"):
            workflow.approve(waiting, by=boss)

    def test_nor_after_it_was_saved_once_more(self, waiting, boss, writer, content):
        third = workflow.save_draft(content(body="<p>再改。</p>"), by=writer, article=waiting.article)
        workflow.submit(third, by=writer, not_duplicate_because="测试", public_note="改了说法。")
        with pytest.raises(NotAllowed, match="作者不能审核自己写的稿件"):
            workflow.approve(third, by=boss)

    def test_somebody_else_can(self, waiting, reviewer):
        workflow.approve(waiting, by=reviewer)
        assert waiting.state == State.APPROVED

    def test_who_refiled_may_approve_what_others_wrote(self, publish, content, boss, writer, tag):
        article = publish()
        workflow.refile(article, Filing(add_tag=tag), by=boss)
        draft = workflow.save_draft(content(body="<p>新。</p>"), by=writer, article=article)
        workflow.submit(draft, by=writer, not_duplicate_because="测试", public_note="改了说法。")
        workflow.approve(draft, by=boss)
        assert draft.state == State.APPROVED

    def test_the_author_of_the_live_words_may_approve_the_next_ones(self, publish, content, writer, reviewer, editor, boss, tag):
        first = workflow.save_draft(content(), by=boss)
        workflow.submit(first, by=boss)
        workflow.approve(first, by=reviewer)
        article = workflow.publish(first, by=editor)
        for _ in range(2):
            workflow.refile(article, Filing(add_tag=tag), by=editor)
            workflow.refile(article, Filing(remove_tag=tag), by=editor)
        draft = workflow.save_draft(content(body="<p>新。</p>"), by=writer, article=article)
        workflow.submit(draft, by=writer, not_duplicate_because="测试", public_note="改了说法。")
        workflow.approve(draft, by=boss)
        assert draft.state == State.APPROVED


class TestRefusal:
    @pytest.mark.parametrize("role", ["writer", "reviewer"])
    def test_without_the_right_to_publish(self, role, request, publish, tag):
        with pytest.raises(NotAllowed, match="没有更改归类的权限"):
            workflow.refile(publish(), Filing(add_tag=tag), by=request.getfixturevalue(role))

    def test_where_nothing_would_change(self, publish, editor, tag, category):
        article = publish(tags=(tag.pk,))
        for filing in (Filing(add_tag=tag), Filing(category=category), Filing(remove_tag=Tag.objects.create(name="别的"))):
            with pytest.raises(NotAllowed, match="已经是这样"):
                workflow.refile(article, filing, by=editor)

    def test_of_a_withdrawn_or_merged_article(self, publish, editor, tag):
        withdrawn, merged, kept = publish(), publish("另一问？"), publish("第三问？")
        workflow.unpublish(withdrawn, by=editor, reason="有误")
        workflow.merge(merged, into=kept, by=editor)
        for article, reason in ((withdrawn, "没有发布，也没有在写的稿件"), (merged, "已合并到其他文章")):
            with pytest.raises(NotAllowed, match=reason):
                workflow.refile(article, Filing(add_tag=tag), by=editor)

    def test_of_one_tag_too_many(self, publish, editor, tag):
        article = publish(tags=tuple(Tag.objects.create(name=f"标签{i}").pk for i in range(20)))
        with pytest.raises(NotAllowed, match="标签太长：最多 20 项"):
            workflow.refile(article, Filing(add_tag=tag), by=editor)


class TestBack:
    def test_page_and_working_copy_stand_where_they_stood(self, publish, approved, editor, tag):
        one, two = Tag.objects.create(name="甲"), Tag.objects.create(name="乙")
        article = publish(tags=(one.pk, tag.pk, two.pk))
        approved(article=article, tags=(tag.pk,))
        was = workflow.refile(article, Filing(remove_tag=tag), by=editor)
        workflow.refile_back(article, was, by=editor)
        article.refresh_from_db()
        assert tags_of(article) == ["甲", "异地备案", "乙"]
        assert article.latest_revision.content.tags == (tag.pk,)
        workflow.publish(article.latest_revision, by=editor)

    def test_not_where_somebody_has_saved_since(self, publish, content, writer, editor, tag):
        article = publish()
        was = workflow.refile(article, Filing(add_tag=tag), by=editor)
        workflow.save_draft(content(), by=writer, article=article)
        with pytest.raises(NotAllowed, match="又有新的版本"):
            workflow.refile_back(article, was, by=editor)

    def test_not_without_the_right_to_publish(self, publish, writer, editor, tag):
        article = publish()
        was = workflow.refile(article, Filing(add_tag=tag), by=editor)
        with pytest.raises(NotAllowed, match="没有更改归类的权限"):
            workflow.refile_back(article, was, by=writer)


def test_related_lists_do_not_wait_behind_what_was_refiled(publish, editor, tag, monkeypatch):
    from articles import related

    article = publish()
    workflow.follow()
    workflow.refile(article, Filing(add_tag=tag), by=editor)
    refreshed = []
    monkeypatch.setattr(related.lists, "refresh", lambda id, fresh: refreshed.append(id))
    workflow.follow()
    assert refreshed == []
