"""The page where a reviewer reads a version, sees what changed, and decides."""

import pytest

from articles import comments, workflow
from articles.models import Revision

pytestmark = pytest.mark.django_db
State = Revision.State


def address(revision):
    return f"/admin/articles/article/{revision.article_id}/review/{revision.pk}/"


@pytest.fixture
def submitted(content, writer):
    revision = workflow.save_draft(content(body="<p>第一稿，<strong>余额</strong>还在。</p>"), by=writer)
    workflow.submit(revision, by=writer)
    return revision


@pytest.fixture
def verdict(client, reviewer):
    def give(revision, verb, **data):
        client.force_login(reviewer)
        path = f"/admin/articles/article/{revision.article_id}/{verb}/do/"
        said = client.post(path, {"revision": revision.pk, **data}, follow=True).content.decode()
        revision.refresh_from_db()
        return said

    return give


def test_the_text_stands_there_as_readers_see_it_with_both_verdicts(client, visit, submitted, reviewer):
    client.force_login(reviewer)
    page = visit(address(submitted))
    assert page.one(".body").text == "第一稿，余额还在。"
    assert page.texts(".review-verdict button") == ["审核通过", "退回修改"]
    assert "没有可以对照的版本" in page.one(".changes-none").text
    assert submitted.content.digest()[:12] in page.one(".review-verdict").text


def test_the_author_sees_why_the_verdict_is_not_theirs(client, visit, submitted, writer):
    client.force_login(writer)
    page = visit(address(submitted))
    assert all("disabled" in button.attrs for button in page.all(".review-verdict button"))
    assert "作者不能审核自己写的稿件" in page.one(".review-verdict").text


def test_a_change_is_compared_with_what_readers_see(client, visit, publish, content, writer, reviewer):
    article = publish()
    revision = workflow.save_draft(content(body="<p>还在。余额会转到明年接着用。</p>"), by=writer, article=article)
    client.force_login(reviewer)
    page = visit(address(revision))
    assert "与线上版本" in page.one("section.changes").text
    assert page.texts("section.changes ins") == ["明"]


def test_one_handed_in_again_is_compared_with_the_one_sent_back(client, visit, submitted, content, writer, reviewer):
    workflow.reject(submitted, by=reviewer, reason="缺期限")
    again = workflow.save_draft(content(body="<p>第一稿，<strong>余额</strong>还在，三年有效。</p>"), by=writer, article=submitted.article)
    client.force_login(reviewer)
    page = visit(address(again))
    assert f"与上次审核的版本 #{submitted.pk}" in page.one("section.changes").text
    assert page.texts("section.changes ins") == ["，三年有效"]


def test_of_a_public_page_both_comparisons_are_offered(client, visit, publish, content, writer, reviewer):
    article = publish()
    back = workflow.save_draft(content(body="<p>又一稿。</p>"), by=writer, article=article)
    workflow.submit(back, by=writer, public_note="说法改了。")
    workflow.reject(back, by=reviewer, reason="缺期限")
    again = workflow.save_draft(content(body="<p>再一稿。</p>"), by=writer, article=article)
    client.force_login(reviewer)
    page = visit(address(again))
    assert f"与线上版本 #{article.live_revision_id}" in page.one("section.changes").text
    assert any(f"compare/?old={back.pk}&new={again.pk}" in link for link in page.links())


def test_sending_back_needs_a_reason_and_approving_takes_a_word(verdict, submitted):
    assert "请写明原因" in verdict(submitted, "reject")
    assert submitted.state == State.IN_REVIEW
    assert "完成：审核通过" in verdict(submitted, "approve", reason="写得清楚", seen=submitted.content.digest())
    assert (submitted.state, submitted.approved_digest) == (State.APPROVED, submitted.content.digest())


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_a_verdict_on_other_words_than_were_read_is_refused(verdict, submitted, verb):
    seen = submitted.content.digest()
    Revision.objects.filter(pk=submitted.pk).update(content_json=submitted.content_json | {"short_answer": "换过的话"})
    assert "请重新阅读" in verdict(submitted, verb, seen=seen, reason="好")
    assert submitted.state == State.IN_REVIEW


def test_an_approval_that_a_change_has_voided_says_so(client, visit, approved, reviewer):
    revision = approved()
    client.force_login(reviewer)
    assert "通过的正是这一版" in visit(address(revision)).one(".review-verdict").text
    Revision.objects.filter(pk=revision.pk).update(content_json=revision.content_json | {"short_answer": "换过的话"})
    assert "已经失效" in visit(address(revision)).one(".review-verdict").text


def test_an_older_version_leads_to_the_newest(client, visit, submitted, content, writer, reviewer):
    newer = workflow.save_draft(content(), by=writer, article=submitted.article)
    client.force_login(reviewer)
    page = visit(address(submitted))
    assert f"去看最新的 #{newer.pk}" in page.one(".review-state").text
    assert all("disabled" in button.attrs for button in page.all(".review-verdict button"))


def test_open_comments_are_named_beside_the_verdict(client, visit, submitted, reviewer):
    comments.add(submitted, by=reviewer, text="缺期限")
    client.force_login(reviewer)
    assert "还有 1 条评论没有解决" in visit(address(submitted)).one(".review-verdict").text


@pytest.mark.parametrize("path", ["9/review/9/", "{0}/review/999/", "{0}/review/{1}x/"])
def test_what_is_not_there_is_not_found(client, submitted, reviewer, path):
    client.force_login(reviewer)
    assert client.get("/admin/articles/article/" + path.format(submitted.article_id, submitted.pk)).status_code in (302, 404)


def test_the_page_asks_the_database_little(client, submitted, reviewer, writer, django_assert_max_num_queries):
    for number in range(10):
        comments.reply(comments.add(submitted, by=reviewer, text=f"第 {number} 条"), by=writer, text="好")
    client.force_login(reviewer)
    with django_assert_max_num_queries(26):
        client.get(address(submitted))
