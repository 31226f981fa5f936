"""What people at the desk say about a version, and where it points in the next one."""

import pytest

from articles import comments, workflow
from articles.comments import BadComment, add, open_comments, reply, resolve, threads
from articles.models import Comment

pytestmark = pytest.mark.django_db
BODY = "<p>门诊先备案。</p><h2>住院</h2><p>住院也先备案，再去看病。</p>"


@pytest.fixture
def revision(content, writer):
    return workflow.save_draft(content(body=BODY, short_answer="先备案。"), by=writer)


@pytest.fixture
def newer(revision, content, writer):
    def make(body=BODY, **fields):
        return workflow.save_draft(content(body=body, **fields), by=writer, article=revision.article)

    return make


def test_a_comment_on_a_passage_finds_its_part_and_what_stands_before(revision, reviewer):
    comment = add(revision, by=reviewer, text=" 哪里备案？ ", quote="再去 看病")
    assert (comment.text, comment.part, comment.quote, comment.before) == (
        "哪里备案？",
        "body",
        "再去 看病",
        "门诊先备案。住院住院也先备案，",
    )


def test_of_equal_passages_the_one_is_meant_that_the_words_before_name(revision, reviewer):
    first = add(revision, by=reviewer, text="甲", part="body", quote="先备案", before="门诊")
    second = add(revision, by=reviewer, text="乙", part="body", quote="先备案", before="住院也")
    assert (first.before, second.before) == ("门诊", "门诊先备案。住院住院也")
    assert [thread.comment.text for thread in threads(revision)] == ["甲", "乙"]


def test_a_passage_may_run_over_the_end_of_a_paragraph(revision, reviewer):
    assert add(revision, by=reviewer, text="顺序", quote="先备案。\n\n住院\n住院也").part == "body"


def test_it_goes_along_to_newer_versions(revision, newer, reviewer):
    add(revision, by=reviewer, text="哪里备案？", quote="再去看病")
    moved, gone = newer("<p>住院也先备案，再去看病。</p>"), newer("<p>住院也先备案，然后看病。</p>")
    assert [thread.lost for thread in threads(moved)] == [False]
    assert [thread.lost for thread in threads(gone)] == [True]


def test_an_older_version_does_not_know_what_was_said_later(revision, newer, reviewer):
    add(newer(), by=reviewer, text="后来说的")
    assert threads(revision) == []


def test_threads_are_answered_settled_and_opened_again(revision, writer, reviewer):
    comment = add(revision, by=reviewer, text="缺来源")
    answer = reply(comment, by=writer, text="已补")
    assert reply(answer, by=reviewer, text="看到了").reply_to == comment
    resolve(comment, by=reviewer)
    assert (open_comments(revision.article_id), comment.resolved_by) == (0, reviewer)
    reply(comment, by=writer, text="还有一处")
    assert open_comments(revision.article_id) == 1
    assert [len(thread.replies) for thread in threads(revision)] == [3]


def test_a_double_click_writes_once(revision, reviewer):
    assert add(revision, by=reviewer, text="缺来源") == add(revision, by=reviewer, text="缺来源")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": " \u200b "}, "请填写评论"),
        ({"text": "字" * 2001}, "评论太长"),
        ({"text": "好", "quote": "没有这句"}, "没有所指的文字"),
        ({"text": "好", "quote": "先备案", "part": "title"}, "没有所指的文字"),
        ({"text": "好", "part": "tags"}, "没有这个位置"),
        ({"text": "好", "quote": "先" * 301}, "所指文字太长"),
    ],
)
def test_what_is_no_comment_gets_a_sentence(revision, reviewer, fields, said):
    with pytest.raises(BadComment, match=said):
        add(revision, by=reviewer, **fields)
    assert not Comment.objects.exists()


def test_there_is_an_end_to_them(revision, reviewer, monkeypatch):
    monkeypatch.setattr(comments, "MOST", 2)
    for number in range(2):
        add(revision, by=reviewer, text=f"第 {number} 条")
    with pytest.raises(BadComment, match="不能再加"):
        add(revision, by=reviewer, text="再来一条")


def test_reading_them_costs_the_same_however_many(revision, reviewer, writer, django_assert_num_queries):
    for number in range(20):
        reply(add(revision, by=reviewer, text=f"第 {number} 条"), by=writer, text="好")
    with django_assert_num_queries(1):
        assert len([thread.comment.author.username for thread in threads(revision)]) == 20


class TestPage:
    @pytest.fixture
    def post(self, client, revision, reviewer):
        client.force_login(reviewer)

        def send(**data):
            return client.post(f"/admin/articles/article/{revision.article_id}/review/{revision.pk}/", data)

        return send

    def test_one_is_written_answered_and_settled(self, post, revision, client):
        said = post(action="add", text="哪里备案？", part="body", quote="再去看病")
        comment = Comment.objects.get()
        assert said["Location"].endswith(f"#comment-{comment.pk}")
        post(action="reply", comment=comment.pk, text="在手机上")
        post(action="resolve", comment=comment.pk)
        page = client.get(said["Location"]).content.decode()
        assert "在手机上" in page
        assert "标为已解决" in page
        post(action="reopen", comment=comment.pk)
        comment.refresh_from_db()
        assert comment.resolved_at is None

    def test_words_that_are_not_taken_stay_in_the_form(self, post):
        response = post(action="add", text="这里的话", quote="没有这句")
        assert response.status_code == 400
        page = response.content.decode()
        assert "没有所指的文字" in page
        assert "这里的话" in page

    def test_the_words_of_an_answer_too(self, post, revision, reviewer):
        comment = add(revision, by=reviewer, text="缺来源")
        page = post(action="reply", comment=comment.pk, text="长" * 2001).content.decode()
        assert "评论太长" in page
        assert page.count("长" * 2001) == 1

    @pytest.mark.parametrize(
        "data", [{}, {"action": "x"}, {"action": "reply"}, {"action": "resolve", "comment": "9" * 40}, {"action": "reopen", "comment": 7}]
    )
    def test_nonsense_is_refused(self, post, data):
        assert post(**data).status_code == 400

    def test_a_comment_of_another_article_is_not_there(self, post, content, writer, reviewer):
        other = add(workflow.save_draft(content("别的问题？"), by=writer), by=reviewer, text="别处")
        assert post(action="resolve", comment=other.pk).status_code == 400

    def test_what_people_write_is_escaped(self, post, revision, client):
        post(action="add", text="<img src=x onerror=alert(1)>")
        page = client.get(f"/admin/articles/article/{revision.article_id}/review/{revision.pk}/").content.decode()
        assert "<img src=x" not in page

    def test_who_does_not_see_articles_does_not_comment(self, client, revision, django_user_model):
        client.force_login(django_user_model.objects.create_user("stranger", is_staff=True))
        path = f"/admin/articles/article/{revision.article_id}/review/{revision.pk}/"
        assert client.post(path, {"action": "add", "text": "x"}).status_code == 403
        assert not Comment.objects.exists()

    def test_the_form_of_the_article_names_the_open_ones(self, client, revision, writer, reviewer):
        comment = add(revision, by=reviewer, text="缺来源")
        client.force_login(writer)
        change = f"/admin/articles/article/{revision.article_id}/change/"
        page = client.get(change).content.decode()
        assert "1 条评论未解决" in page
        assert "未解决的评论（1）" in page
        resolve(comment, by=reviewer)
        assert "没有未解决的评论" in client.get(change).content.decode()


def test_comments_are_never_public(client, revision, reviewer, writer, editor):
    add(revision, by=reviewer, text="独角兽的批评")
    workflow.submit(revision, by=writer)
    workflow.approve(revision, by=reviewer)
    article = workflow.publish(revision, by=editor)
    assert "独角兽" not in client.get(article.get_absolute_url()).content.decode()
