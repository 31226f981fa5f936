"""Small and large changes to a page that readers know: told from the text, whatever the editor says."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from articles import workflow
from articles.changes import same_words, why_not_minor
from articles.content import ArticleContent, Source
from articles.models import Category, Revision, Tag
from articles.workflow import NotAllowed

State = Revision.State
BODY = "<p>社区医院就诊，先用门诊统筹，余下的由个人帐户支付。每次带上身份证。</p>"


def changed(body=BODY, **fields):
    return ArticleContent("看门诊怎么报销？", body=body, **fields)


# The rule, without a database


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace("帐户", "账户"),
        BODY.replace("身份证", "身份证件"),
        BODY.replace("。", "，"),
        BODY.replace("社区医院", "<strong>社区医院</strong>"),
        BODY.replace("。每次", "。</p><p>每次"),
        BODY.replace("，先", "，　先"),
    ],
)
def test_a_typo_or_layout_is_minor(body):
    assert why_not_minor(changed(), changed(body)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("报销70%", "报销75%"),
        ("报销七成", "报销八成"),
        ("不能报销", "能报销"),
        ("每次2毫克", "每次2克"),
        ("每次1.5克", "每次15克"),
        ("5，10岁", "510岁"),
        ("必须备案", "可以备案"),
        ("60岁以上", "60岁以下"),
        ("孕妇可用", "妇可用"),
        ("服用VC", "服用VE"),
        ("和家人共用", "或家人共用"),
        ("凭证件办理", "凭证件和房产证户口本原件复印办理"),
    ],
)
def test_what_carries_a_statement_is_not(before, after):
    assert why_not_minor(changed(f"<p>这里{before}。</p>"), changed(f"<p>这里{after}。</p>"))


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "clinical"}, {"provenance": "ai_generated"}, {"valid_from": date(2026, 1, 1)}, {"valid_until": date(2026, 12, 31)},
        {"successor": 3}, {"sources": (Source("通知"),)}, {"regions": ("330900",)}, {"short_answer": "可以。"},
    ],
)  # fmt: skip
def test_neither_are_sources_dates_places_and_the_short_answer(fields):
    assert why_not_minor(changed(), changed(**fields))
    assert not same_words(changed(), changed(**fields))


def test_filing_is_minor():
    assert why_not_minor(changed(), changed(category=2, tags=(1,), phrasings=("门诊怎么报",))) == []


def test_another_question_is_not():
    assert why_not_minor(ArticleContent("怎么报？"), ArticleContent("怎么补报？")) == ["改了问题"]


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace("社区医院", "<a href='https://example.org/'>社区医院</a>"),
        BODY + "<table><tr><td>甲</td></tr></table>",
        BODY.replace("帐", "账"),
    ],
)
def test_links_and_tables_are_words_too(body):
    assert not same_words(changed(), changed(body))


def test_numbers_that_only_punctuation_parts_are_not_the_same_words():
    assert not same_words(changed("<p>服5，10毫克</p>"), changed("<p>服510毫克</p>"))
    assert not same_words(changed("<p>第5</p><p>10条</p>"), changed("<p>第510条</p>"))
    assert same_words(changed("<p>服5毫克，饭后。</p>"), changed("<p>服5毫克；<strong>饭后</strong></p>"))


# On the way to the page


@pytest.fixture
def article(publish):
    return publish(body=BODY)


@pytest.fixture
def draft(article, content, writer):
    def make(body=BODY, by=writer, **fields):
        article.refresh_from_db()
        return workflow.save_draft(content(body=body, **fields), by=by, article=article)

    return make


def test_a_change_to_a_public_page_says_what_it_is(draft, writer):
    with pytest.raises(NotAllowed, match="小改动还是实质改动"):
        workflow.submit(draft(BODY.replace("帐", "账")), by=writer)


def test_a_page_nobody_has_seen_needs_no_note(writer, content):
    revision = workflow.save_draft(content(), by=writer)
    workflow.submit(revision, by=writer, minor=True, public_note="读者看不到")
    assert (revision.state, revision.minor, revision.public_note) == (State.IN_REVIEW, False, "")


def test_ticking_minor_does_not_make_it_so(draft, writer):
    revision = draft(BODY.replace("先用", "不用"))
    with pytest.raises(NotAllowed, match=r"不能算小改动：.*否定"):
        workflow.submit(revision, by=writer, minor=True)
    revision.refresh_from_db()
    assert (revision.state, revision.minor) == (State.DRAFT, False)


def test_a_typo_still_waits_for_a_second_person_and_leaves_the_date(article, draft, editor, reviewer, time_passes):
    revision = draft(BODY.replace("帐", "账"))
    workflow.submit(revision, by=editor, minor=True)
    assert revision.state == State.IN_REVIEW
    workflow.approve(revision, by=reviewer)
    time_passes(days=3)
    before = article.updated_at
    page = workflow.publish(revision, by=editor)
    assert "账户" in page.body_html
    assert (page.updated_at, page.changes) == (before, [])


def test_a_major_change_moves_the_date_and_tells_readers_newest_first(article, draft, writer, reviewer, editor, time_passes):
    for note in ("补了 带证件。", "改了支付次序。"):
        time_passes(days=1)
        revision = draft(f"<p>{note}</p>")
        workflow.submit(revision, by=writer, public_note=f"  {note}\n")
        workflow.approve(revision, by=reviewer)
        page = workflow.publish(revision, by=editor)
    today = timezone.localdate()
    assert page.updated_at.date() >= (timezone.now() - timedelta(minutes=1)).date()
    assert page.changes == [
        {"on": today.isoformat(), "note": "改了支付次序。"},
        {"on": (today - timedelta(days=1)).isoformat(), "note": "补了 带证件。"},
    ]


def test_a_forced_change_counts_as_major(draft, editor):
    page = workflow.force_publish(draft("<p>停诊。</p>"), by=editor, reason="紧急更正")
    assert [change["note"] for change in page.changes] == ["内容有更新"]


def test_a_first_publication_is_no_change(article):
    assert (article.changes, article.updated_at) == ([], article.go_live_at)


def test_the_review_holds_where_the_words_are_the_same(article, draft, writer, editor, reviewer, time_passes):
    reviewed_at = article.reviewed_at
    time_passes(days=2)
    tag = Tag.objects.create(name="门诊")
    revision = draft(BODY.replace("社区医院", "<strong>社区医院</strong>"), by=writer, tags=(tag.pk,))
    workflow.submit(revision, by=editor, minor=True)
    assert (revision.state, revision.reviewer, revision.reviewed_at) == (State.APPROVED, reviewer, reviewed_at)
    event = revision.events.get(verb="submit")
    assert (event.by, event.data) == (editor, {"review_of": revision.base_revision_id})
    assert "沿用其审核" in event.note
    page = workflow.publish(revision, by=editor)
    assert (page.reviewed_at, page.changes) == (reviewed_at, [])


def test_a_later_look_at_the_page_stays_its_signature(article, draft, editor, reviewer, time_passes):
    time_passes(days=2)
    workflow.recheck(article, by=reviewer)
    article.refresh_from_db()
    revision = draft(BODY.replace("社区医院", "<strong>社区医院</strong>"))
    workflow.submit(revision, by=editor, minor=True)
    page = workflow.publish(revision, by=editor)
    assert (page.reviewed_at, page.next_review_on) == (article.reviewed_at, article.next_review_on)


def test_the_review_does_not_hold_for_who_may_not_publish(draft, writer):
    revision = draft(BODY.replace("社区医院", "<strong>社区医院</strong>"))
    workflow.submit(revision, by=writer, minor=True)
    assert revision.state == State.IN_REVIEW


def test_nor_where_the_reviewer_has_written_since(draft, reviewer, editor):
    from django.contrib.auth.models import Permission, User

    reviewer.user_permissions.add(*Permission.objects.filter(codename="change_article"))
    revision = draft(BODY.replace("社区医院", "<strong>社区医院</strong>"), by=User.objects.get(pk=reviewer.pk))
    workflow.submit(revision, by=editor, minor=True)
    assert revision.state == State.IN_REVIEW


def test_nor_where_nobody_has_reviewed_the_page(content, writer, editor):
    forced = workflow.save_draft(content(body=BODY), by=writer)
    workflow.force_publish(forced, by=editor, reason="紧急更正")
    revision = workflow.save_draft(content(body=BODY + "<p> </p>"), by=writer, article=forced.article)
    workflow.submit(revision, by=editor, minor=True)
    assert revision.state == State.IN_REVIEW


def test_nor_for_other_words(draft, editor):
    revision = draft(BODY.replace("帐", "账"), category=Category.objects.first().pk)
    workflow.submit(revision, by=editor, minor=True)
    assert revision.state == State.IN_REVIEW


# Due dates


def test_a_review_is_due_in_three_days_or_when_the_submitter_says(content, writer):
    today = timezone.localdate()
    first, second = (workflow.save_draft(content(title), by=writer) for title in ("甲问题怎么办？", "乙问题怎么办？"))
    workflow.submit(first, by=writer)
    workflow.submit(second, by=writer, due_on=today)
    assert (first.due_on, second.due_on) == (today + timedelta(days=3), today)
    assert first.submitted_at


@pytest.mark.parametrize("days", [-1, 400])
def test_but_not_in_the_past_nor_for_ever(content, writer, days):
    with pytest.raises(NotAllowed, match="审核期限"):
        workflow.submit(workflow.save_draft(content(), by=writer), by=writer, due_on=timezone.localdate() + timedelta(days=days))


# In the admin


def test_the_workflow_box_asks_for_it(client, writer, draft):
    revision = draft("<p>新的说法。</p>")
    client.force_login(writer)
    change = f"/admin/articles/article/{revision.article_id}/change/"
    assert "给读者的更新说明" in client.get(change).content.decode()
    do = f"/admin/articles/article/{revision.article_id}/submit/do/"
    said = client.post(do, {"revision": revision.pk, "weight": "minor"}, follow=True).content.decode()
    assert "不能算小改动" in said
    client.post(do, {"revision": revision.pk, "weight": "major", "public_note": "说法改了。", "due_in": "0"})
    revision.refresh_from_db()
    assert (revision.state, revision.public_note, revision.due_on) == (State.IN_REVIEW, "说法改了。", timezone.localdate())


def test_the_form_keeps_the_words_when_it_is_missing(client, writer, article, category):
    client.force_login(writer)
    change = f"/admin/articles/article/{article.pk}/change/"
    data = {"title": article.title, "body": "<p>新的说法。</p>", "category": category.pk, "kind": "policy", "provenance": "human"}
    data |= {"parent": article.latest_revision_id, "_submit": "1"}
    page = client.post(change, data).content.decode()
    assert "小改动还是实质改动" in page
    assert "新的说法。" in page
    client.post(change, data | {"weight": "major", "public_note": "说法改了。"})
    revision = article.revisions.first()
    assert (revision.state, revision.public_note) == (State.IN_REVIEW, "说法改了。")


@pytest.mark.parametrize("data", [{"due_in": "x"}, {"due_in": "99"}, {"weight": "x"}, {"public_note": "字" * 201}])
def test_what_the_form_cannot_mean_gets_a_sentence(client, writer, draft, data):
    revision = draft("<p>新的说法。</p>")
    client.force_login(writer)
    do = f"/admin/articles/article/{revision.article_id}/submit/do/"
    assert client.post(do, {"revision": revision.pk, **data}, follow=True).status_code == 200
    revision.refresh_from_db()
    assert revision.state == State.DRAFT
