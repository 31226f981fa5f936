"""When a page was checked, when it is due again, and what readers see of it."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from articles import workflow
from articles.content import next_review
from articles.models import Article
from articles.workflow import NotAllowed

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def today():
    return timezone.localdate()


@pytest.mark.parametrize(
    ("kind", "until", "due"),
    [
        ("policy", None, date(2026, 7, 2)),
        ("guide", None, date(2026, 7, 2)),
        ("clinical", None, date(2027, 1, 1)),
        ("policy", date(2026, 3, 31), date(2026, 3, 31)),
        ("policy", date(2028, 1, 1), date(2026, 7, 2)),
        ("policy", date(2025, 1, 1), date(2026, 7, 2)),  # ran out before: the page stays as history, and is looked at as often
    ],
)
def test_the_next_review_is_due_after_the_interval_of_the_kind_or_when_the_policy_ends(kind, until, due):
    assert next_review(kind, date(2026, 1, 1), until) == due


def test_a_reviewed_publication_says_when_it_is_due_again(publish):
    article = publish(kind="clinical")
    assert article.next_review_on == today() + 365 * DAY


def test_a_forced_one_is_due_once_somebody_has_confirmed_it(writer, editor, reviewer, content):
    article = workflow.force_publish(workflow.save_draft(content(), by=writer), by=editor, reason="紧急更正")
    assert article.next_review_on is None
    workflow.confirm(article.live_revision, by=reviewer)
    article.refresh_from_db()
    assert article.next_review_on == today() + 182 * DAY


def test_looking_again_moves_the_review_and_nothing_else(publish, reviewer):
    article = publish()
    Article.objects.filter(pk=article.pk).update(reviewed_at=timezone.now() - 200 * DAY, next_review_on=today() - 18 * DAY)
    before = Article.objects.get(pk=article.pk)
    workflow.recheck(article, by=reviewer, note="与省局网站现行文件核对")
    after = Article.objects.get(pk=article.pk)
    assert (after.next_review_on, timezone.localdate(after.reviewed_at)) == (today() + 182 * DAY, today())
    assert (after.updated_at, after.go_live_at, after.live_revision_id) == (before.updated_at, before.go_live_at, before.live_revision_id)
    event = article.events.first()
    assert (event.verb, event.note) == ("recheck", "与省局网站现行文件核对")
    assert event.data == {"sha256": after.live_revision.content.digest(), "next_review_on": after.next_review_on.isoformat()}


def test_the_reviewer_may_name_the_day(publish, reviewer):
    article = publish()
    workflow.recheck(article, by=reviewer, next_review_on=today() + 30 * DAY)
    article.refresh_from_db()
    assert article.next_review_on == today() + 30 * DAY


@pytest.mark.parametrize("days", [-1, 0, 4000])
def test_but_not_one_that_has_passed_or_is_out_of_reach(days, publish, reviewer):
    with pytest.raises(NotAllowed, match="下次审核的日期"):
        workflow.recheck(publish(), by=reviewer, next_review_on=today() + days * DAY)


def test_who_wrote_the_text_cannot_check_it(publish, writer):
    writer.is_superuser = True
    writer.save()
    with pytest.raises(NotAllowed, match="作者不能核对自己写的稿件"):
        workflow.recheck(publish(), by=writer)


def test_what_was_forced_is_confirmed_first(writer, editor, reviewer, content):
    article = workflow.force_publish(workflow.save_draft(content(), by=writer), by=editor, reason="紧急更正")
    with pytest.raises(NotAllowed, match="请先复核确认"):
        workflow.recheck(article, by=reviewer)


def test_the_button_takes_note_and_day(client, publish, reviewer):
    article = publish()
    client.force_login(reviewer)
    address = reverse("admin:articles_article_verb", args=[article.pk, "recheck"])
    sent = {"revision": article.live_revision_id, "reason": "已核对", "on": (today() + 90 * DAY).isoformat()}
    assert client.post(address, sent).status_code == 302
    article.refresh_from_db()
    assert article.next_review_on == today() + 90 * DAY
    client.post(address, sent | {"on": "明天"})
    article.refresh_from_db()
    assert article.next_review_on == today() + 90 * DAY


# What readers see


def test_the_page_says_when_it_is_checked_again(publish, visit):
    article = publish()
    facts = visit(article.get_absolute_url()).one(".byline-facts").text
    assert f"下次审核： {article.next_review_on.year}年{article.next_review_on.month}月{article.next_review_on.day}日" in facts


def test_a_page_past_its_end_leads_to_what_holds_now(publish, visit):
    new = publish("今年的门诊起付线怎么算？")
    old = publish("去年的门诊起付线怎么算？", valid_until=today() - DAY, successor=new.pk)
    page = visit(old.get_absolute_url())
    assert page.one(".notice").text.count(new.title) == 1
    assert new.get_absolute_url() in page.links(".notice a")


def test_a_page_in_force_does_not_speak_of_its_successor(publish, visit):
    new = publish("明年的门诊起付线怎么算？")
    old = publish("眼下的门诊起付线怎么算？", valid_until=today() + DAY, successor=new.pk)
    assert visit(old.get_absolute_url()).all(".notice") == []


def test_a_successor_that_is_not_public_is_not_named(publish, visit, editor):
    new = publish("新办法怎么说？")
    old = publish("旧办法怎么说？", valid_until=today() - DAY, successor=new.pk)
    workflow.unpublish(new, by=editor, reason="有误")
    assert "新办法" not in visit(old.get_absolute_url()).one(".notice").text


def test_one_that_was_merged_leads_to_where_it_went(publish, visit, editor):
    new, kept = publish("新办法怎么说？"), publish("现行办法是什么？")
    old = publish("旧办法怎么说？", valid_until=today() - DAY, successor=new.pk)
    workflow.merge(new, into=kept, by=editor)
    assert kept.get_absolute_url() in visit(old.get_absolute_url()).links(".notice a")


def test_a_successor_that_does_not_exist_is_refused(approved, editor):
    with pytest.raises(NotAllowed, match="新的规定见"):
        workflow.publish(approved(successor=10**9), by=editor)


def test_changes_that_matter_are_listed_for_readers(publish, visit):
    article = publish()
    Article.objects.filter(pk=article.pk).update(changes=[{"on": "2026-02-01", "note": "按新文件改了起付线"}])
    assert visit(article.get_absolute_url()).texts(".changes li") == ["2026-02-01 按新文件改了起付线"]
