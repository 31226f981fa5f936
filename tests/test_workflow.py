"""Each verb, from each state, by each role: as declared, and nothing else."""

from contextlib import nullcontext, suppress
from datetime import timedelta
from itertools import product

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.messages import get_messages
from django.core.management.base import CommandError
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles import search, workflow
from articles.models import Article, Category, Event, Qualification, RelatedArticle, Revision, Tag
from articles.workflow import VERBS, NotAllowed, live

State = Revision.State
HOUR = timedelta(hours=1)


def events(article):
    return list(article.events.order_by("pk").values_list("verb", flat=True))


@pytest.fixture
def draft(writer, content):
    def make(*args, **fields):
        return workflow.save_draft(content(*args, **fields), by=writer)

    return make


# The road from draft to page


def test_publishing_copies_the_revision_and_records_every_step(publish, category):
    article = publish(short_answer="还在。", phrasings=("年底清零吗",))
    assert (article.title, article.short_answer, article.category) == ("医保卡里没花完的钱，到年底还在吗？", "还在。", category)
    assert article.body_html == "<p>还在。余额会转到下一年接着用。</p>"
    assert article.excerpt == "还在。还在。余额会转到下一年接着用。"
    assert Article.objects.published().get() == article
    assert events(article) == ["save_draft", "submit", "approve", "publish"]
    assert article.reviewed_by == "沈合"


def test_a_new_version_replaces_the_old_one_and_keeps_the_publication_date(publish, approved, editor):
    article = publish()
    first = article.live_revision
    workflow.publish(approved(body="<p>新的正文。</p>", article=article), by=editor)
    before = article.go_live_at
    article.refresh_from_db()
    first.refresh_from_db()
    assert article.body_html == "<p>新的正文。</p>"
    assert article.go_live_at == before
    assert article.updated_at > before
    assert first.state == State.SUPERSEDED


def test_a_draft_on_a_live_article_changes_nothing_that_readers_see(publish, writer, content):
    article = publish()
    workflow.save_draft(content("别的标题"), by=writer, article=article)
    article.refresh_from_db()
    assert article.title == "医保卡里没花完的钱，到年底还在吗？"


def test_saving_again_makes_the_earlier_draft_history(draft, writer, content):
    first = draft()
    second = workflow.save_draft(content(body="<p>改过。</p>"), by=writer, article=first.article)
    first.refresh_from_db()
    assert (first.state, second.state) == (State.SUPERSEDED, State.DRAFT)
    assert first.article.revisions.count() == 2


def test_what_is_saved_is_sanitised_and_tidied(draft):
    revision = draft("  标题\u200b ", body='<p onclick="x()">甲<script>alert(1)</script></p>', phrasings=(" 乙 ", "乙", ""))
    assert (revision.content.title, revision.content.body, revision.content.phrasings) == ("标题", "<p>甲</p>", ("乙",))


# Who and when


FORCED, MERGED = "forced", "merged"  # no states of a revision, but of its article, which has verbs of its own


def another(revision):
    """What to merge into: the article that was published first."""
    return Article.objects.published().exclude(pk=revision.article_id).earliest("pk")


ACT = {
    "merge": lambda r, by: workflow.merge(r.article, into=another(r), by=by),
    "unmerge": lambda r, by: workflow.unmerge(r.article, by=by),
    "submit": lambda r, by: workflow.submit(r, by=by),
    "claim": lambda r, by: workflow.claim(r, by=by),
    "approve": lambda r, by: workflow.approve(r, by=by),
    "reject": lambda r, by: workflow.reject(r, by=by, reason="缺来源"),
    "publish": lambda r, by: workflow.publish(r, by=by),
    "schedule": lambda r, by: workflow.schedule(r, by=by, at=timezone.now() + HOUR),
    "force_publish": lambda r, by: workflow.force_publish(r, by=by, reason="紧急更正"),
    "confirm": lambda r, by: workflow.confirm(r, by=by),
    "recheck": lambda r, by: workflow.recheck(r.article, by=by),
    "revert": lambda r, by: workflow.revert(r, by=by),
    "unpublish": lambda r, by: workflow.unpublish(r.article, by=by, reason="有误"),
}

# verb: {state: roles that may}; what is not named may not
MATRIX = {
    "submit": {State.DRAFT: "writer editor", State.REJECTED: "writer editor"},
    "claim": {State.IN_REVIEW: "reviewer"},
    "approve": {State.IN_REVIEW: "reviewer"},
    "reject": {State.IN_REVIEW: "reviewer"},
    "publish": {State.APPROVED: "editor"},
    "schedule": {State.APPROVED: "editor"},
    "force_publish": dict.fromkeys([State.DRAFT, State.IN_REVIEW, State.REJECTED, State.APPROVED], "editor"),
    "revert": dict.fromkeys([State.REJECTED, State.PUBLISHED, FORCED, State.SUPERSEDED], "writer editor"),
    "confirm": {FORCED: "reviewer"},
    "recheck": {State.PUBLISHED: "reviewer"},
    "unpublish": dict.fromkeys([State.PUBLISHED, FORCED], "editor"),
    "merge": dict.fromkeys([*State, FORCED], "editor"),
    "unmerge": {MERGED: "editor"},
}
EVENTS = {"merge": 2, "unmerge": 2}  # one for each of the two articles; all other verbs write one
SECOND_PERSON = {"claim", "approve", "reject", "confirm", "recheck"}  # never who wrote the text, whatever else they may

ALL = "writer reviewer editor"
# name: (roles that count, whether they wrote the text, how the person comes about)
PEOPLE = {
    "writer": ("writer", True, lambda cast: cast["writer"]),
    "reviewer": ("reviewer", False, lambda cast: cast["reviewer"]),
    "editor": ("editor", False, lambda cast: cast["editor"]),
    "manager": ("", False, lambda cast: cast["manager"]),
    "without a role": ("", False, lambda cast: User.objects.create_user("nobody", is_staff=True)),
    "superuser": (ALL, False, lambda cast: qualified(User.objects.create_superuser("boss"))),
    "inactive superuser": ("", False, lambda cast: qualified(User.objects.create_superuser("gone", is_active=False))),
    "with two roles": ("writer reviewer", False, lambda cast: qualified(joined(User.objects.create_user("two", is_staff=True), *TWO))),
    "writer who reviews, too": ("writer reviewer", True, lambda cast: qualified(joined(cast["writer"], *TWO))),
    "writer and superuser": (ALL, True, lambda cast: qualified(made_superuser(cast["writer"]))),
    # Whoever acts holds the person since before.
    "editor dismissed meanwhile": ("", False, lambda cast: behind(cast["editor"], lambda person: person.groups.clear())),
    "reviewer deactivated meanwhile": ("", False, lambda cast: behind(cast["reviewer"], deactivate)),
    "reviewer made editor meanwhile": ("reviewer editor", False, lambda cast: behind(cast["reviewer"], lambda p: joined(p, "主编"))),
}
TWO = "作者", "医学审核"


def joined(person, *roles):
    person.groups.add(*Group.objects.filter(name__in=roles))
    return person


def qualified(person):
    Qualification.objects.create(user=person, title="主治医师", institution="示例医院", kinds=["policy"])
    return person


def made_superuser(person):
    User.objects.filter(pk=person.pk).update(is_superuser=True)
    return User.objects.get(pk=person.pk)


def deactivate(person):
    User.objects.filter(pk=person.pk).update(is_active=False)


def behind(person, change):
    """The person as held by somebody who has asked for their permissions, before `change`."""
    held = User.objects.get(pk=person.pk)
    held.has_perm("articles.view_article")
    change(User.objects.get(pk=person.pk))
    return held


def may(verb, state, name):
    roles, wrote, _ = PEOPLE[name]
    return bool({*roles.split()} & {*MATRIX[verb].get(state, "").split()}) and not (wrote and verb in SECOND_PERSON)


def by_function(verb, revision, person):
    with suppress(NotAllowed):
        ACT[verb](revision, person)
        return True
    return False


def by_address(verb, revision, person):
    """What the button in the admin does."""
    client = Client()
    client.force_login(person)
    sent = {"revision": revision.pk, "reason": "有误", "at": timezone.localtime() + HOUR}
    sent |= {"into": another(revision).pk} if verb == "merge" else {}
    response = client.post(reverse("admin:articles_article_verb", args=[revision.article_id, verb]), sent)
    assert response.status_code in (302, 404)
    return "完成" in "".join(map(str, get_messages(response.wsgi_request)))


@pytest.fixture
def cast(writer, reviewer, editor, manager):
    return {"writer": writer, "reviewer": reviewer, "editor": editor, "manager": manager}


@pytest.mark.parametrize("state", [*State, FORCED, MERGED])
@pytest.mark.parametrize("verb", MATRIX)
def test_who_may_do_what_and_when_by_function_and_by_address(verb, state, cast, article_in):
    if verb == "merge":
        article_in("published")  # what to merge into
    made = article_in(state).latest_revision
    # Where nobody may, the state says so, whoever presses the button: two who may most do.
    presses = PEOPLE if state in MATRIX[verb] else ["superuser", "editor"]
    for name, door in [*product(PEOPLE, [by_function]), *product(presses, [by_address])]:
        with transaction.atomic():
            revision = Revision.objects.select_related("article").get(pk=made.pk)
            person, before = PEOPLE[name][2](cast), Event.objects.count()
            allowed = door(verb, revision, person)
            assert allowed is may(verb, state, name), (name, door)
            assert Event.objects.count() == before + allowed * EVENTS.get(verb, 1), (name, door)
            if not allowed:
                assert Revision.objects.get(pk=made.pk).state == made.state
            transaction.set_rollback(True)


@pytest.mark.parametrize("name", PEOPLE)
def test_who_may_publish_by_force_by_command(name, cast, run, tmp_path):
    person = PEOPLE[name][2](cast)
    (tmp_path / "one.jsonl").write_text('{"title": "医保卡丢了怎么补？", "body": "<p>带身份证去补。</p>"}')
    allowed = "editor" in PEOPLE[name][0].split()
    with nullcontext() if allowed else pytest.raises(CommandError):
        run("import_articles", tmp_path / "one.jsonl", "--publish", "--by", person.username)
    assert Article.objects.published().exists() is allowed
    if allowed:
        revision = Revision.objects.get()
        assert revision.needs_confirmation
        with pytest.raises(NotAllowed, match="不能复核自己的稿件"):
            workflow.confirm(revision, by=made_superuser(person))


@pytest.mark.parametrize("verb", MATRIX)
def test_no_verb_is_done_to_what_is_ticked_in_the_list(verb, article_in, client, boss):
    article = article_in("in_review")
    client.force_login(boss)
    before = Event.objects.count()
    client.post(reverse("admin:articles_article_changelist"), {"action": verb, "_selected_action": [article.pk], "index": 0})
    assert Event.objects.count() == before


def test_every_verb_stands_in_the_matrix():
    assert set(VERBS) == set(MATRIX)


@pytest.mark.parametrize("verb", ["approve", "confirm", "recheck"])
def test_no_text_is_signed_by_nobody(verb, article_in):
    revision = article_in({"approve": "in_review", "confirm": "forced", "recheck": "published"}[verb]).latest_revision
    with pytest.raises(NotAllowed, match="须由一个人来做"):
        ACT[verb](revision, None)


@pytest.mark.parametrize("stranger", ["reviewer", "nobody"])
def test_only_writers_save(stranger, request, content, publish, django_user_model):
    person = request.getfixturevalue("reviewer") if stranger == "reviewer" else django_user_model.objects.create_user("nobody")
    with pytest.raises(NotAllowed, match="没有编辑文章的权限"):
        workflow.save_draft(content(), by=person)
    with pytest.raises(NotAllowed, match="没有编辑文章的权限"):
        workflow.save_draft(content(), by=person, article=publish())


# Two persons


def test_the_author_cannot_approve_not_even_a_superuser(boss, content):
    revision = workflow.save_draft(content(), by=boss)
    workflow.submit(revision, by=boss)
    with pytest.raises(NotAllowed, match="作者不能审核自己写的稿件"):
        workflow.approve(revision, by=boss)


def test_nor_can_an_author_whose_text_somebody_else_saved_again(boss, writer, content):
    first = workflow.save_draft(content(), by=boss)
    second = workflow.save_draft(content(short_answer="改一个字。"), by=writer, article=first.article)
    workflow.submit(second, by=writer)
    with pytest.raises(NotAllowed, match="作者不能审核自己写的稿件"):
        workflow.approve(second, by=boss)


def test_nor_can_an_author_whose_rejected_text_somebody_else_reverted_to(boss, writer, editor, reviewer, content):
    article = workflow.save_draft(content(), by=writer).article
    hers = workflow.save_draft(content(short_answer="未审的话。"), by=boss, article=article)
    other = workflow.save_draft(content(), by=writer, article=article)
    workflow.submit(other, by=writer)
    workflow.approve(other, by=reviewer)
    workflow.publish(other, by=editor)
    hers.refresh_from_db()
    back = workflow.revert(hers, by=writer)
    workflow.submit(back, by=writer, public_note="更正了说法。")
    with pytest.raises(NotAllowed, match="作者不能审核自己写的稿件"):
        workflow.approve(back, by=boss)


def test_nor_can_an_author_whose_text_went_live_by_force_and_was_never_confirmed(boss, writer, editor, reviewer, content):
    forced = workflow.save_draft(content(), by=boss)
    workflow.force_publish(forced, by=editor, reason="紧急更正")
    second = workflow.save_draft(content(short_answer="改一个字。"), by=writer, article=forced.article)
    workflow.submit(second, by=writer, public_note="更正了说法。")
    with pytest.raises(NotAllowed, match="作者不能审核自己写的稿件"):
        workflow.approve(second, by=boss)
    workflow.confirm(forced, by=reviewer)
    second.refresh_from_db()
    workflow.approve(second, by=boss)


def test_an_author_does_not_reject_either(boss, content):
    revision = workflow.save_draft(content(), by=boss)
    workflow.submit(revision, by=boss)
    with pytest.raises(NotAllowed, match="作者不能审核自己写的稿件"):
        workflow.reject(revision, by=boss, reason="收回")


def test_a_reviewer_without_a_name_is_not_shown_by_the_sign_in_name(publish, reviewer):
    reviewer.last_name = reviewer.first_name = ""
    reviewer.save()
    assert publish().reviewed_by == "本站审核人员"


def test_but_the_author_of_an_earlier_published_version_can(boss, writer, reviewer, editor, content):
    first = workflow.save_draft(content(), by=boss)
    workflow.submit(first, by=boss)
    workflow.approve(first, by=reviewer)
    workflow.publish(first, by=editor)
    second = workflow.save_draft(content(short_answer="新。"), by=writer, article=first.article)
    workflow.submit(second, by=writer, public_note="更正了说法。")
    workflow.approve(second, by=boss)
    assert second.state == State.APPROVED


def test_content_changed_after_the_approval_is_not_published(approved, editor):
    revision = approved()
    Revision.objects.filter(pk=revision.pk).update(content_json=revision.content_json | {"short_answer": "偷偷改过"})
    with pytest.raises(NotAllowed, match="内容在审核通过后有改动"):
        workflow.publish(revision, by=editor)


def test_a_version_grown_from_an_older_page_is_not_published_over_a_newer_one(publish, approved, editor, writer, reviewer, content):
    article = publish()
    stale = approved(body="<p>甲</p>", article=article)
    Revision.objects.filter(pk=stale.pk).update(base_revision=None)
    with pytest.raises(NotAllowed, match="线上版本在此稿保存之后已更改"):
        workflow.publish(stale, by=editor)


# Force


def test_a_forced_publication_says_so_until_a_second_person_confirms(draft, writer, editor, reviewer):
    revision = draft()
    article = workflow.force_publish(revision, by=editor, reason="停诊通知写错了日期")
    assert (article.live, article.reviewed_at, revision.needs_confirmation) == (True, None, True)
    assert article.events.latest("pk").note == "停诊通知写错了日期"
    for person in (editor, writer):
        person.user_permissions.add(Permission.objects.get(codename="review_article"))
        person = User.objects.get(pk=person.pk)  # permissions are cached on the object
        with pytest.raises(NotAllowed, match="不能复核自己的稿件"):
            workflow.confirm(revision, by=person)
    workflow.confirm(revision, by=reviewer)
    article.refresh_from_db()
    assert (article.reviewed_by, revision.needs_confirmation) == ("沈合", False)
    with pytest.raises(NotAllowed, match="不需要复核"):
        workflow.confirm(revision, by=reviewer)


@pytest.mark.parametrize("reason", ["", "  "])
def test_force_rejection_and_withdrawal_need_words(draft, editor, reviewer, writer, reason, publish):
    revision = draft()
    with pytest.raises(NotAllowed, match="请写明原因"):
        workflow.force_publish(revision, by=editor, reason=reason)
    workflow.submit(revision, by=writer)
    with pytest.raises(NotAllowed, match="请写明原因"):
        workflow.reject(revision, by=reviewer, reason=reason)
    with pytest.raises(NotAllowed, match="请写明原因"):
        workflow.unpublish(publish(), by=editor, reason=reason)


# What content refers to


def test_what_no_longer_resolves_is_a_reason(approved, publish, editor):
    article = publish()
    tag = Tag.objects.create(name="断缴")
    other = Category.objects.create(slug="x", name="临时栏目")
    revision = approved(article=article, category=other.pk, tags=(tag.pk,))
    tag.delete()
    other.delete()
    assert workflow.why_not("publish", revision, editor) == ["所选栏目已不存在，请重新选择", "有标签已不存在，请检查标签"]


def test_no_category_no_publication(approved, editor):
    assert workflow.why_not("publish", approved(category=None), editor) == ["请选择栏目"]


# Time


def test_a_first_publication_set_for_later_appears_by_itself(approved, editor, monkeypatch):
    at = timezone.now() + HOUR
    revision = approved()
    workflow.schedule(revision, by=editor, at=at)
    assert not Article.objects.published().exists()
    monkeypatch.setattr(timezone, "now", lambda: at)
    assert Article.objects.published().get().go_live_at == at


def test_a_change_set_for_later_goes_live_when_due_and_once(publish, approved, editor):
    article = publish()
    revision = approved(body="<p>明年的标准。</p>", article=article)
    at = timezone.now() + HOUR
    workflow.schedule(revision, by=editor, at=at)
    assert workflow.publish_due() == 0
    assert workflow.publish_due(at) == 1
    assert workflow.publish_due(at) == 0
    article.refresh_from_db()
    assert article.body_html == "<p>明年的标准。</p>"


def test_a_due_change_that_the_rules_forbid_leaves_the_schedule_with_a_reason(publish, approved, editor):
    article = publish()
    other = Category.objects.create(slug="x", name="临时栏目")
    revision = approved(article=article, category=other.pk)
    at = timezone.now() + HOUR
    workflow.schedule(revision, by=editor, at=at)
    other.delete()
    assert workflow.publish_due(at) == 0
    assert workflow.publish_due(at) == 0
    revision.refresh_from_db()
    assert (revision.state, revision.publish_at) == (State.APPROVED, None)
    assert events(article).count("schedule_failed") == 1
    assert "栏目已不存在" in article.events.latest("pk").note


def test_a_withdrawal_takes_a_scheduled_change_off_the_schedule(publish, approved, editor):
    article = publish()
    at = timezone.now() + HOUR
    workflow.schedule(approved(body="<p>新</p>", article=article), by=editor, at=at)
    workflow.unpublish(article, by=editor, reason="有误")
    assert workflow.publish_due(at) == 0
    assert not Article.objects.published().exists()


def test_a_correction_before_the_first_publication_keeps_the_time(approved, editor, monkeypatch):
    at = timezone.now() + HOUR
    first = approved()
    workflow.schedule(first, by=editor, at=at)
    workflow.schedule(approved(body="<p>更正。</p>", article=first.article), by=editor, at=at)
    assert not Article.objects.published().exists()
    monkeypatch.setattr(timezone, "now", lambda: at)
    assert Article.objects.published().get().body_html == "<p>更正。</p>"


def test_who_may_not_publish_does_not_undo_a_schedule(publish, approved, editor, writer, content):
    article = publish()
    workflow.schedule(approved(article=article), by=editor, at=timezone.now() + HOUR)
    with pytest.raises(NotAllowed, match="已定时发布的改动"):
        workflow.save_draft(content(), by=writer, article=article)
    workflow.save_draft(content(), by=editor, article=article)
    assert events(article)[-2:] == ["unschedule", "save_draft"]


def test_publishing_what_has_expired_opens_it_again(publish, approved, editor):
    article = publish()
    Article.objects.filter(pk=article.pk).update(go_live_at=timezone.now() - 2 * HOUR, expire_at=timezone.now() - HOUR)
    workflow.publish(approved(article=article), by=editor)
    assert Article.objects.published().get() == article


def test_the_year_9999_is_too_far(approved, editor):
    with pytest.raises(NotAllowed, match="不能太远"):
        workflow.schedule(approved(), by=editor, at=timezone.datetime(9999, 6, 1, tzinfo=timezone.get_default_timezone()))


def test_the_past_is_no_time_to_schedule_for(approved, editor):
    with pytest.raises(NotAllowed, match="须晚于现在"):
        workflow.schedule(approved(), by=editor, at=timezone.now() - HOUR)


# Taking away


def test_a_withdrawn_article_is_gone_from_every_list_at_once(publish, editor):
    tag = Tag.objects.create(name="断缴")
    article, other = publish(tags=(tag.pk,)), publish("年底会清零吗？")
    RelatedArticle.objects.get_or_create(article=other, related=article, defaults={"rank": 29, "score": 1})
    workflow.unpublish(article, by=editor, reason="有误")
    article.refresh_from_db()
    assert article.gone
    assert not Article.objects.published().filter(pk=article.pk).exists()
    assert not RelatedArticle.objects.filter(related=article).exists()
    assert not article.tag_links.exclude(go_live_at=None).exists()


def test_a_withdrawn_article_comes_back_by_revert_and_review(publish, writer, reviewer, editor):
    article = publish()
    workflow.unpublish(article, by=editor, reason="待核实")
    article.refresh_from_db()
    revision = workflow.revert(article.live_revision, by=writer)
    workflow.submit(revision, by=writer, public_note="更正了说法。")
    workflow.approve(revision, by=reviewer)
    workflow.publish(revision, by=editor)
    article.refresh_from_db()
    assert article.visible
    assert article.withdrawn_at is None


def test_reverting_makes_a_new_draft_with_the_old_words(publish, approved, editor, writer):
    article = publish()
    first = article.live_revision
    workflow.publish(approved(body="<p>新</p>", article=article), by=editor)
    revision = workflow.revert(first, by=writer)
    first.refresh_from_db()
    assert revision.content == first.content
    assert revision.state == State.DRAFT


def test_merging_redirects_without_chains(publish, editor):
    a, b, c = publish("甲？"), publish("乙？"), publish("丙？")
    workflow.merge(a, into=b, by=editor)
    workflow.merge(b, into=c, by=editor)
    assert list(Article.objects.order_by("pk").values_list("merged_into", flat=True)) == [c.pk, c.pk, None]


def test_merging_in_a_circle_or_into_nothing_is_refused(publish, editor, draft):
    a, b = publish("甲？"), publish("乙？")
    unpublished = draft().article
    workflow.merge(a, into=b, by=editor)
    for article, into in [(b, b), (b, a), (b, unpublished), (a, b)]:
        with pytest.raises(NotAllowed):
            workflow.merge(article, into=into, by=editor)
    b.refresh_from_db()
    assert b.visible


def test_merging_into_what_readers_cannot_see_yet_is_refused(publish, approved, editor):
    later = approved("乙？")
    workflow.schedule(later, by=editor, at=timezone.now() + HOUR)
    with pytest.raises(NotAllowed, match="现在能看到"):
        workflow.merge(publish("甲？"), into=later.article, by=editor)


def test_only_publishers_merge(publish, writer, reviewer):
    a, b = publish("甲？"), publish("乙？")
    for person in (writer, reviewer):
        with pytest.raises(NotAllowed, match="权限"):
            workflow.merge(a, into=b, by=person)


def test_a_merged_article_is_not_edited_or_published_again(publish, approved, editor, writer, content):
    a, b = publish("甲？"), publish("乙？")
    pending = approved(article=a)
    workflow.merge(a, into=b, by=editor)
    with pytest.raises(NotAllowed):
        workflow.publish(pending, by=editor)
    with pytest.raises(NotAllowed, match="已合并到其他文章"):
        workflow.save_draft(content(), by=writer, article=a)


# Nothing half done


def test_a_verb_that_fails_half_way_leaves_nothing_behind(approved, editor, monkeypatch):
    revision = approved()

    def broken(*args, **kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(live, "link", broken)
    with pytest.raises(RuntimeError):
        workflow.publish(revision, by=editor)
    revision.refresh_from_db()
    assert revision.state == State.APPROVED
    assert not Article.objects.get().live
    assert "publish" not in events(revision.article)


def test_broken_followers_do_not_stop_a_publication(approved, editor, monkeypatch, django_capture_on_commit_callbacks, caplog):
    monkeypatch.setattr(search, "sync", lambda: 1 / 0)
    with django_capture_on_commit_callbacks(execute=True):
        article = workflow.publish(approved(), by=editor)
    assert Article.objects.published().get() == article
    assert "it will be tried again" in caplog.text


def test_a_bulk_publication_makes_what_single_ones_make(publish, content):
    tag = Tag.objects.create(name="断缴")
    single = publish(tags=(tag.pk,), regions=("310000",), short_answer="还在。")
    workflow.publish_in_bulk([content(tags=(tag.pk,), regions=("310000",), short_answer="还在。")], reason="试", at=[single.go_live_at])
    bulk = Article.objects.latest("pk")
    fields = [
        "title",
        "short_answer",
        "body_html",
        "plain_text",
        "excerpt",
        "headings",
        "category",
        "kind",
        "live",
        "go_live_at",
        "sources",
    ]
    assert [getattr(bulk, field) for field in fields] == [getattr(single, field) for field in fields]
    assert [link.tag_id for link in bulk.tag_links.all()] == [tag.pk]
    assert [link.region_id for link in bulk.region_links.all()] == ["310000"]
    assert bulk.live_revision.needs_confirmation
