"""Links by which somebody without an account reads one version: signed, for some days, revocable."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone

from articles import workflow
from articles.models import Event
from articles.workflow import NotAllowed, PreviewEnded, open_preview, revoke_previews, share_preview

pytestmark = pytest.mark.django_db
SECRET = "独角兽"


@pytest.fixture
def revision(content, writer):
    return workflow.save_draft(content(f"{SECRET}能报销吗？", body=f"<p>{SECRET}正文。</p>", short_answer=f"{SECRET}短答。"), by=writer)


@pytest.fixture
def opened(client):
    """opened(token) -> the answer to somebody without an account; nothing of it may be kept or passed on."""

    def get(token):
        response = client.get(f"/preview/{token}/")
        if response.status_code in (200, 302, 410):
            assert response["Cache-Control"] == "private, no-store"
            assert response["Referrer-Policy"] == "no-referrer"
            assert "noindex" in response["X-Robots-Tag"]
        assert response.status_code == 200 or SECRET not in response.content.decode()
        return response

    return get


def test_who_holds_the_link_reads_the_version_and_sees_that_it_is_a_draft(opened, revision, writer):
    shared = share_preview(revision, by=writer)
    response = opened(shared.token)
    page = response.content.decode()
    assert response.status_code == 200
    assert f"{SECRET}正文。" in page
    assert "未发布的预览稿，请勿转发" in page
    assert '<meta name="robots" content="noindex' in page
    assert "/admin/" not in page
    assert not response.cookies


def test_it_ends_after_the_days_that_were_chosen(opened, revision, writer, time_passes):
    tokens = {days: share_preview(revision, by=writer, days=days).token for days in (1, 7, 30)}
    time_passes(days=1, seconds=1)
    assert {days: opened(token).status_code for days, token in tokens.items()} == {1: 410, 7: 200, 30: 200}
    time_passes(days=30)
    assert opened(tokens[30]).status_code == 410


@pytest.mark.parametrize("days", [0, 2, 365, -1])
def test_other_days_are_not_to_be_had(revision, writer, days):
    with pytest.raises(NotAllowed, match="有效天数"):
        share_preview(revision, by=writer, days=days)


def test_every_changed_character_spoils_it(opened, revision, writer):
    token = share_preview(revision, by=writer).token
    for at in range(len(token)):
        assert opened(token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]).status_code == 404, at
    for forged in (
        "x",
        "a:b:c",
        signing.dumps([revision.pk, 2**40, 10**6]),
        signing.Signer().sign_object([revision.pk, 2**40, 10**6]),
        "医" * 3000,
    ):
        assert opened(forged).status_code == 404


def test_all_links_of_an_article_end_at_once_and_new_ones_can_be_made(opened, revision, writer, editor):
    first = share_preview(revision, by=writer)
    revoke_previews(revision.article, by=editor)
    second = share_preview(revision, by=writer)
    assert (opened(first.token).status_code, opened(second.token).status_code) == (410, 200)
    assert [each.token for each in workflow.shared_previews(revision)] == [second.token]


def test_a_rejected_text_does_not_circulate(opened, revision, writer, reviewer):
    token = share_preview(revision, by=writer).token
    workflow.submit(revision, by=writer)
    assert opened(token).status_code == 200
    workflow.reject(revision, by=reviewer, reason="有误")
    assert opened(token).status_code == 410
    assert workflow.shared_previews(revision) == []


def test_a_published_one_leads_to_its_page_and_a_withdrawn_one_nowhere(opened, revision, writer, reviewer, editor):
    token = share_preview(revision, by=writer).token
    workflow.submit(revision, by=writer)
    workflow.approve(revision, by=reviewer)
    article = workflow.publish(revision, by=editor)
    assert opened(token)["Location"] == article.get_absolute_url()
    workflow.unpublish(article, by=editor, reason="有误")
    assert opened(token).status_code == 410


def test_an_older_draft_stays_readable(opened, revision, writer, content):
    token = share_preview(revision, by=writer).token
    workflow.save_draft(content(), by=writer, article=revision.article)
    assert opened(token).status_code == 200


def test_it_is_only_read(client, revision, writer):
    assert client.post(f"/preview/{share_preview(revision, by=writer).token}/").status_code == 405


def test_who_neither_writes_nor_reviews_shares_nothing(revision, django_user_model):
    stranger = django_user_model.objects.create_user("stranger", is_staff=True)
    for act in (lambda: share_preview(revision, by=stranger), lambda: revoke_previews(revision.article, by=stranger)):
        with pytest.raises(NotAllowed, match="没有分享预览的权限"):
            act()
    assert not Event.objects.filter(verb__endswith="preview").exists()


def test_links_stand_in_the_audit_log(revision, writer, reviewer):
    shared = share_preview(revision, by=writer, days=1)
    revoke_previews(revision.article, by=reviewer)
    revoked, made = revision.article.events.all()[:2]
    assert (made.verb, made.by, made.revision, made.data) == ("share_preview", writer, revision, {"until": shared.until.timestamp()})
    assert (revoked.verb, revoked.by) == ("revoke_previews", reviewer)
    assert timedelta(hours=23) < shared.until - timezone.now() <= timedelta(days=1)
    with pytest.raises(PreviewEnded):
        open_preview(shared.token)


def test_a_link_is_made_and_ended_on_the_review_page(client, revision, writer, visit):
    client.force_login(writer)
    share = f"/admin/articles/article/{revision.article_id}/share/{revision.pk}/"
    review = f"/admin/articles/article/{revision.article_id}/review/{revision.pk}/"
    client.post(share, {"action": "share", "days": "30"})
    address = visit(review).one(".review-link input").attrs["value"]
    assert re.fullmatch(r"http://testserver/preview/[-\w:]+/", address)
    client.post(share, {"action": "revoke"})
    assert visit(review).all(".review-link input") == []
    client.logout()
    assert client.get(address).status_code == 410


@pytest.mark.parametrize("data", [{}, {"action": "x"}, {"action": "share", "days": "3"}, {"action": "share", "days": "x"}])
def test_nonsense_makes_no_link(client, revision, writer, data):
    client.force_login(writer)
    response = client.post(f"/admin/articles/article/{revision.article_id}/share/{revision.pk}/", data, follow=True)
    assert "请选择链接的有效天数" in response.content.decode()
    assert workflow.shared_previews(revision) == []


def test_crawlers_are_told_to_keep_out(client):
    assert "Disallow: /preview/" in client.get("/robots.txt").content.decode()
