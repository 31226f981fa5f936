"""/search/suggest/: what the search box offers while someone types. Machines ask it at every pause of a finger."""

import shutil
from datetime import timedelta

import pytest
from django.utils import timezone

from articles import workflow
from articles.models import Tag
from articles.search.follower import public
from tests.test_hostile_requests import VALUES

pytestmark = pytest.mark.django_db


@pytest.fixture
def suggest(client):
    def ask(typed):
        response = client.get("/search/suggest/", {"q": typed})
        assert response.status_code == 200
        return response.json()["suggestions"]

    return ask


def test_questions_that_go_on_from_what_was_typed(publish, suggest):
    article = publish("医保卡丢了怎么办？")
    publish("感冒了要不要吃药？")
    assert {"text": article.title, "url": article.get_absolute_url()} in suggest("医保卡丢")
    assert all(set(row) == {"text", "url"} for row in suggest("医保"))
    assert "感冒了要不要吃药？" not in [row["text"] for row in suggest("医保卡丢")]


def test_pinyin_and_initials_are_understood(publish, suggest):
    publish("医保卡丢了怎么办？")
    for typed in ("yibao", "ybk", "YiBaoKa"):
        assert any("医保" in row["text"] for row in suggest(typed)), typed


def test_every_address_answers(publish, suggest, client):
    publish("医保卡丢了怎么办？", tags=(Tag.objects.named(["医保卡"])[0].pk,))
    found = suggest("医保卡")
    assert "/tags/医保卡/" in [client.get(row["url"]).wsgi_request.path for row in found]
    assert {client.get(row["url"]).status_code for row in found} == {200}


def test_a_question_that_was_published_twice_is_suggested_once(publish, suggest):
    publish("医保断缴怎么办？")
    publish("医保断缴怎么办？", body="<p>另一篇。</p>")
    assert [row["text"] for row in suggest("医保断缴怎")] == ["医保断缴怎么办？"]


def test_never_more_than_eight(publish_many, suggest):
    from articles import search

    publish_many(30)
    search.sync()
    assert len(suggest("医保")) == 8


def test_no_question_no_suggestion(publish, suggest, client):
    publish()
    assert suggest("") == suggest("   ") == suggest("？") == []
    assert client.get("/search/suggest/").json() == {"suggestions": []}


def test_what_is_not_public_does_not_give_itself_away(
    publish, approved, content, editor, writer, suggest, django_capture_on_commit_callbacks
):
    publish("医保怎么办？")
    tags = (Tag.objects.named(["独角兽"])[0].pk,)
    with django_capture_on_commit_callbacks(execute=True):
        workflow.save_draft(content("独角兽草稿？", tags=tags), by=writer)
        workflow.schedule(approved("独角兽定时？", tags=tags), by=editor, at=timezone.now() + timedelta(days=1))
        workflow.unpublish(publish("独角兽撤回？", tags=tags), by=editor, reason="内容有误")
    for typed in ("独", "独角", "独角兽", "djs", "dujiao", "dujiaoshou", "草稿", "定时", "撤回"):
        assert [row for row in suggest(typed) if "独角" in row["text"]] == [], typed


def test_without_an_index_there_are_none(publish, suggest):
    publish("医保卡丢了怎么办？")
    shutil.rmtree(public.directory())
    assert suggest("医保") == []


def test_whatever_is_typed_200_and_a_list(publish, client):
    publish()
    for name, value in VALUES.items():
        response = client.get(f"/search/suggest/?q={value}")
        assert (response.status_code, list(response.json())) == (200, ["suggestions"]), name
    for query in ("", "q", "q=医保&q=断缴", "q[]=医保", "x=1", "&&&", "q=%00", "?" * 100):
        assert client.get(f"/search/suggest/?{query}").status_code == 200, query


def test_only_the_beginning_of_a_long_text_counts(publish, suggest):
    publish("医保卡丢了怎么办？")
    assert suggest("鹿" * 200 + "医保卡") == []


def test_a_shared_cache_may_keep_it_for_a_minute(publish, client, editor):
    publish("医保卡丢了怎么办？")
    response = client.get("/search/suggest/?q=医保")
    assert set(response["Cache-Control"].split(", ")) == {"public", "max-age=60"}
    assert response["Content-Type"] == "application/json"
    assert not response.cookies
    assert "cookie" not in response.get("Vary", "").lower()
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    client.force_login(editor)
    assert client.get("/search/suggest/?q=医保").content == response.content


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_it_can_only_be_read(client, method):
    assert getattr(client, method)("/search/suggest/?q=医保").status_code == 405


def test_head_is_reading_too(client):
    response = client.head("/search/suggest/?q=医保")
    assert (response.status_code, response.content) == (200, b"")
