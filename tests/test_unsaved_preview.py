"""The page that the words of the form would make: the real template, nothing stored, for those who may write."""

import pytest
from django.urls import reverse

from articles.content import LIMITS
from articles.models import Article, Event, Revision, Tag
from tests.html_page import HtmlPage

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/articles/article/preview/"


@pytest.fixture
def preview(client, writer):
    """preview(title=…): the page that a writer sees for what stands in the form."""
    client.force_login(writer)

    def post(**fields):
        response = client.post(ADDRESS, {"kind": "policy", **fields})
        assert response.status_code == 200
        return HtmlPage(response.content.decode())

    return post


def test_it_is_the_page_that_readers_will_see(preview, category):
    tag = Tag.objects.named(["断缴"])[0]
    page = preview(
        title="断缴了怎么补？",
        short_answer="去窗口补。",
        body="<h2>一、怎么补</h2><p onclick='x()'>带<b>身份证</b>去。</p>",
        category=category.pk,
        tags=[tag.pk, "new:补缴"],
        regions=["330900"],
        valid_until="2020-01-31",
        phrasings="停缴怎么补",
        **{"sources-title": "通知", "sources-number": "", "sources-issuer": "", "sources-url": "https://www.gov.cn/", "sources-date": ""},
    )
    assert page.one("h1").text == "断缴了怎么补？"
    assert "去窗口补。" in page.one("p.short-answer").text
    assert page.one("div.body").text == "一、怎么补 带身份证去。"
    assert [link.text for link in page.all("a") if link.attrs.get("rel") == "tag"] == ["断缴", "补缴"]
    for words in ("舟山", "停缴怎么补", "通知", "2020", category.name, "本内容不能代替面诊"):
        assert words in page.one("body").text, words


def test_nothing_is_stored(preview):
    before = [model.objects.count() for model in (Article, Revision, Event, Tag)]
    preview(title="断缴了怎么补？", body="<p>补。</p>", tags=["new:从来没有过的标签"])
    assert [model.objects.count() for model in (Article, Revision, Event, Tag)] == before


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"title": "问" * 500},
        {"valid_until": "明天", "category": "x", "regions": ["nowhere"], "successor": "999999"},
        {"tags": ["99999999999999999999", "new:", "new:+", "x" * 500]},
        {"sources-title": "有名称", "sources-date": "不是日期"},
        {"sources-title": ["甲", "乙"], "sources-url": "javascript:alert(1)"},
        {"body": "<table><tr><td>没有关上"},
        {"kind": "nothing", "provenance": "nothing", "phrasings": "字" * 5000},
    ],
)
def test_what_is_unfinished_or_wrong_is_left_out_and_the_rest_shown(preview, fields):
    page = preview(**{"short_answer": "还在。", **fields})
    assert "还在。" in page.one("p.short-answer").text
    assert "javascript:" not in str([link.attrs for link in page.all("a")])


def test_a_form_without_a_question_says_so(preview):
    assert preview(body="<p>补。</p>").one("h1").text == "（还没有写问题）"


def test_a_body_over_the_limit_is_refused_in_words(client, writer):
    client.force_login(writer)
    response = client.post(ADDRESS, {"title": "问？", "body": "字" * (LIMITS["body"] + 1)})
    assert response.status_code == 400
    assert "正文太长" in response.content.decode()


def test_only_who_may_write_gets_it_and_only_by_sending_words(client, reviewer, writer):
    client.force_login(reviewer)
    assert client.post(ADDRESS, {"title": "问？"}).status_code == 403
    client.force_login(writer)
    assert client.get(ADDRESS).status_code == 405


def test_the_form_has_it_for_who_may_write_and_not_for_who_reads(client, writer, reviewer, content):
    from articles import workflow

    article = workflow.save_draft(content(), by=writer).article
    address = reverse("admin:articles_article_change", args=[article.pk])
    client.force_login(writer)
    assert ADDRESS in client.get(address).content.decode()
    client.force_login(reviewer)
    assert ADDRESS not in client.get(address).content.decode()


def test_it_costs_few_queries(client, writer, django_assert_max_num_queries, category):
    client.force_login(writer)
    with django_assert_max_num_queries(12):
        client.post(
            ADDRESS, {"title": "问？", "body": "<p>答。</p>" * 200, "category": category.pk, "regions": ["330900"], "kind": "policy"}
        )
