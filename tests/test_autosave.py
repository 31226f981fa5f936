"""Words that are being typed are kept in one slot, offered again, and gone once they are saved; who else writes is known."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from articles import autosave, workflow
from articles.models import Article, Autosave, Revision, Tag

ADD = "/admin/articles/article/add/"
WINDOW, ANOTHER = "a" * 32, "b" * 32


def change(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def slot_address(article=None):
    return reverse("admin:articles_article_autosave", args=[article.pk]) if article else reverse("admin:articles_article_autosave_new")


@pytest.fixture
def draft(writer, content):
    return workflow.save_draft(content(), by=writer).article


@pytest.fixture
def types(client, form_data):
    """types(person, article, title=…): what the browser sends a moment after a key was pressed."""

    def send(person, article=None, **changes):
        client.force_login(person)
        sent = {"parent": article.latest_revision_id if article else "", "window": WINDOW, "user": person.pk}
        return client.post(slot_address(article), form_data(**sent | changes))

    return send


def test_typed_words_are_kept_and_make_no_revision(types, writer, draft, time_passes):
    assert types(writer, draft, short_answer="想到一半").json().keys() == {"saved"}
    types(writer, draft, short_answer="想到一半，又多一点")
    assert Revision.objects.count() == 1
    assert Autosave.objects.get().fields["short_answer"] == ["想到一半，又多一点"]


def test_the_answer_says_beijing_time(types, writer, draft, monkeypatch):
    from datetime import UTC, datetime

    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 5, 6, 6, 3, tzinfo=UTC))
    assert types(writer, draft).json() == {"saved": "14:03"}


def test_kept_words_are_offered_and_restored_as_they_were(client, types, writer, draft):
    known = Tag.objects.create(name="断缴")
    types(
        writer, draft, short_answer="想到一半", tags=[str(known.pk), "new:停保"], regions=["310000"], valid_from="2026-0",
        phrasings="第一行\n第二行", **{"sources-title": ["《办法》"], "sources-date": ["昨天"]},
    )  # fmt: skip
    page = client.get(change(draft)).content.decode()
    assert "自动保存、还没有保存成草稿的文字" in page
    assert "想到一半" not in page
    page = client.get(change(draft), {"restore": 1}).content.decode()
    for words in ("想到一半", "断缴", "new:停保", 'value="310000" selected', "2026-0", "第一行\n第二行", "《办法》", "昨天"):
        assert words in page
    assert "自动保存、还没有保存成草稿的文字" not in page
    assert Tag.objects.count() == 1


def test_restored_words_are_saved_and_the_slot_is_empty(client, types, writer, draft, form_data):
    types(writer, draft, short_answer="想到一半")
    form = client.get(change(draft), {"restore": 1}).context["adminform"].form
    assert form["window"].value() == WINDOW
    data = form_data(parent=form["parent"].value(), window=WINDOW, short_answer=form["short_answer"].value())
    response = client.post(change(draft), data)
    assert response["Location"] == f"{change(draft)}?saved={WINDOW}"
    assert draft.revisions.first().content.short_answer == "想到一半"
    assert autosave.slot(writer, draft) is None


def test_a_new_article_has_a_slot_too(client, types, writer):
    types(writer, short_answer="还没有题目", title="")
    assert "自动保存、还没有保存成草稿的文字" in client.get(ADD).content.decode()
    assert "还没有题目" in client.get(ADD, {"restore": 1}).content.decode()


def test_discarding_empties_the_slot(client, types, writer, draft):
    types(writer, draft)
    response = client.post(slot_address(draft), {"discard": "1", "window": WINDOW}, follow=True)
    assert "已经丢弃" in response.content.decode()
    assert autosave.slot(writer, draft) is None


def test_another_window_does_not_write_over_words_that_wait(types, writer, draft):
    types(writer, draft, short_answer="第一个窗口")
    refused = types(writer, draft, window=ANOTHER, short_answer="第二个窗口")
    assert refused.status_code == 409
    assert "另一个窗口里" in refused.json()["error"]
    assert autosave.slot(writer, draft).fields["short_answer"] == ["第一个窗口"]


def test_saving_in_one_window_leaves_the_words_of_another(client, types, writer, draft, form_data):
    types(writer, draft, short_answer="第一个窗口")
    client.post(change(draft), form_data(parent=draft.latest_revision_id, window=ANOTHER))
    assert autosave.slot(writer, draft).fields["short_answer"] == ["第一个窗口"]


def test_nobody_else_sees_the_words(client, types, writer, editor, draft):
    types(writer, draft, short_answer="想到一半")
    client.force_login(editor)
    assert "想到一半" not in client.get(change(draft), {"restore": 1}).content.decode()


def test_words_are_not_kept_for_somebody_who_did_not_write_them(client, types, writer, editor, draft, form_data):
    client.force_login(editor)
    refused = client.post(slot_address(draft), form_data(user=writer.pk, window=WINDOW))
    assert refused.status_code == 409
    assert not Autosave.objects.exists()


def test_only_who_may_write_has_a_slot(client, types, reviewer, draft):
    assert types(reviewer, draft).status_code == 403
    assert types(reviewer).status_code == 403


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"parent": "x"}, 400), ({"parent": "9" * 30}, 400), ({"window": "../x"}, 400), ({"window": "a\0"}, 400), ({"user": "x"}, 400),
        ({"body": "x" * 500_001}, 409), ({"body": "x" * 2_500_000}, 400),
    ],
    ids=["parent", "large parent", "window", "nul", "user", "long", "longer than any request"],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(types, writer, draft, data, status):
    response = types(writer, draft, **data)
    assert response.status_code == status
    assert not Autosave.objects.filter(saved_at__isnull=False).exists()


def test_only_fields_of_the_form_are_kept(types, writer, draft):
    types(writer, draft, csrfmiddlewaretoken="x", odd="y", **{"sources-title": ["《办法》"]})
    assert {"csrfmiddlewaretoken", "odd", "user", "window", "parent"} & Autosave.objects.get().fields.keys() == set()
    assert Autosave.objects.get().fields["sources-title"] == ["《办法》"]


def test_a_form_without_a_token_is_refused(writer, draft, form_data):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(writer)
    data = form_data(user=writer.pk, window=WINDOW)
    assert strict.post(slot_address(draft), data).status_code == 403
    token = strict.get(slot_address(draft)).json()["token"]
    assert strict.post(slot_address(draft), data, headers={"X-CSRFToken": token}).status_code == 200


def test_who_is_signed_out_is_sent_to_sign_in(client, draft):
    assert client.get(slot_address(draft)).status_code == 302


class TestSentTwice:
    def test_a_change_sent_twice_makes_one_revision(self, client, writer, draft, form_data):
        client.force_login(writer)
        data = form_data(parent=draft.latest_revision_id, tags=["new:停保"], body="<ul><li>一</li></ul>")
        for _ in range(2):
            assert client.post(change(draft), data)["Location"] == change(draft)
        assert draft.revisions.count() == 2

    def test_a_new_article_sent_twice_is_one(self, client, writer, form_data):
        client.force_login(writer)
        first, second = (client.post(ADD, form_data(tags=["new:停保"]))["Location"] for _ in range(2))
        assert first == second
        assert Article.objects.count() == Revision.objects.count() == 1

    def test_saving_and_submitting_at_once_submits_the_one_revision(self, client, writer, form_data):
        client.force_login(writer)
        for verb in ({}, {"_submit": "1"}, {"_submit": "1"}):
            client.post(ADD, form_data(**verb))
        assert Revision.objects.get().state == "in_review"

    def test_the_same_words_on_another_day_are_another_article(self, client, writer, form_data, time_passes):
        client.force_login(writer)
        client.post(ADD, form_data())
        time_passes(minutes=2)
        client.post(ADD, form_data())
        assert Article.objects.count() == 2


class TestPresence:
    def test_others_who_have_the_form_open_are_named(self, client, types, writer, editor, draft, time_passes):
        editor.last_name, editor.first_name = "王", "晓"
        editor.save()
        types(editor, draft)
        client.force_login(writer)
        assert "王晓 正在编辑此文（刚才有改动）" in client.get(change(draft)).content.decode()
        time_passes(minutes=2, seconds=5)
        client.force_login(editor)
        client.post(slot_address(draft), {"heartbeat": "1", "user": editor.pk})
        client.force_login(writer)
        said = client.post(slot_address(draft), {"heartbeat": "1", "user": writer.pk}).json()["others"]
        assert said == ["王晓 正在编辑此文（2 分钟前有改动）"]

    def test_who_has_closed_the_form_is_not(self, client, writer, editor, draft, time_passes):
        client.force_login(editor)
        client.get(change(draft))
        client.force_login(writer)
        assert "zhubian 正在编辑此文" in client.get(change(draft)).content.decode()
        time_passes(seconds=61)
        assert "正在编辑" not in client.get(change(draft)).content.decode()

    def test_reading_is_no_editing(self, client, writer, reviewer, draft):
        client.force_login(reviewer)
        client.get(change(draft))
        assert autosave.others(writer, draft) == []

    def test_forms_that_were_closed_without_words_leave_nothing(self, client, writer, draft, time_passes):
        client.force_login(writer)
        client.get(change(draft))
        time_passes(minutes=2)
        client.get(ADD)
        assert not Autosave.objects.exists()

    def test_a_heartbeat_costs_the_same_however_many_write(self, client, writer, draft, django_user_model, django_assert_max_num_queries):
        for number in range(20):
            autosave.seen(django_user_model.objects.create_user(f"u{number}"), draft)
        client.force_login(writer)
        client.post(slot_address(draft), {"heartbeat": "1", "user": writer.pk})
        with django_assert_max_num_queries(11):
            said = client.post(slot_address(draft), {"heartbeat": "1", "user": writer.pk}).json()["others"]
        assert len(said) == autosave.SHOWN


def test_what_is_kept_is_plain_json(types, writer, draft):
    types(writer, draft, title="“引号”与 <b>")
    assert json.dumps(Autosave.objects.get().fields, ensure_ascii=False).count("“引号”与 <b>") == 1


def test_words_wait_as_long_as_they_must(types, writer, draft, time_passes):
    types(writer, draft)
    time_passes(days=400)
    autosave.forget_closed_forms(writer)
    assert autosave.slot(writer, draft).saved_at < autosave.timezone.now() - timedelta(days=399)
