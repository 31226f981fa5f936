"""The page of all open warnings: who sees it, what it lists and counts, how it is narrowed; and the same list beside the form."""

from urllib.parse import parse_qsl

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from articles import checklist, workflow
from articles.admin import warnings
from articles.models import Category, OpenWarning, Tag

pytestmark = pytest.mark.django_db

URL = "/admin/articles/openwarning/"


@pytest.fixture
def listed(client, visit, editor):
    """listed(code="tags"): the page, as an editor sees it."""
    client.force_login(editor)
    return lambda **query: visit(URL, **query)


@pytest.fixture
def form(client, visit, writer):
    """form(article): the page of the article's form, as a writer sees it."""
    client.force_login(writer)
    return lambda article: visit(f"/admin/articles/article/{article.pk}/change/")


def titles(page):
    return [text.split(" ", 1)[1] for text in page.texts(".warnings-found li a")]


@pytest.mark.parametrize("person", ["writer", "reviewer", "editor"])
def test_every_role_of_the_desk_sees_it(request, client, visit, person):
    client.force_login(request.getfixturevalue(person))
    assert "没有这样的提醒" in visit(URL).one(".warnings-found").text


def test_without_a_permission_it_is_forbidden(client):
    client.force_login(User.objects.create_user("qita", is_staff=True))
    assert client.get(URL).status_code == 403


def test_nothing_can_be_changed_on_it(client, editor, publish):
    publish(tags=())
    client.force_login(editor)
    before = list(OpenWarning.objects.values())
    client.post(URL, {"action": "delete_selected", "_selected_action": [before[0]["id"]]})
    assert list(OpenWarning.objects.values()) == before


def test_a_warning_names_article_check_level_place_and_what_to_do(listed, publish):
    article = publish("嘉兴门诊能报吗？", short_answer="嘉兴门诊能报70%。", body="<p>嘉兴门诊。</p>")
    page = listed(code="source")
    for part in (f"#{article.pk} 嘉兴门诊能报吗？", "提醒", "数字或规定没有来源", "简短回答", "请在“来源”里填写", "嘉兴门诊能报70%。"):
        assert part in page.one(".warnings-found li").text
    assert page.links(".warnings-found li a") == [f"/admin/articles/article/{article.pk}/change/"]


def test_the_newest_come_first_and_a_page_leads_to_the_older_ones(listed, publish_many, monkeypatch):
    monkeypatch.setattr(warnings, "SHOWN", 20)
    checklist.refresh([article.pk for article in publish_many(30)])
    rows = list(OpenWarning.objects.filter(code="tags").values_list("article__title", flat=True))
    first = listed(code="tags")
    assert titles(first) == rows[:20]
    (older,) = first.links(".warnings-found nav a")
    rest = listed(**dict(parse_qsl(older[1:])))
    assert titles(rest) == rows[20:]
    assert rest.texts(".warnings-found nav a") == ["回到最新"]


def test_checks_are_counted_up_to_a_limit(listed, publish_many, monkeypatch):
    monkeypatch.setattr(warnings, "COUNTED", 20)
    many = [article.pk for article in publish_many(25)]
    checklist.refresh(many)
    OpenWarning.objects.filter(code="tags", article__in=many[:10]).delete()
    assert {"没有标签 15 篇", "没有简短回答 20+ 篇"} <= set(listed().texts(".warnings-checks li"))


def test_filters_by_level_and_category_narrow_the_list_and_the_counts(listed, publish, content):
    other = Category.objects.exclude(slug="personal-account").first()
    publish("甲问题怎么办？")
    publish("乙问题怎么办？", category=other.pk)
    workflow.publish_in_bulk([content("丙问题怎么办？", body="<p>药到病除。</p>")], reason="急", at=[timezone.now()])
    workflow.follow()
    assert titles(listed(level="blocks")) == ["丙问题怎么办？"]
    narrowed = listed(category=other.pk, code="tags")
    assert titles(narrowed) == ["乙问题怎么办？"]
    counts = narrowed.one(".warnings-checks").text
    assert "没有标签 1 篇" in counts
    assert "医疗广告禁语" not in counts


@pytest.mark.parametrize(
    "query",
    [{"code": "x"}, {"level": "'"}, {"category": "999999"}, {"category": "a"}, {"before": "-1"}, {"before": "9" * 40}],
)
def test_a_filter_that_makes_no_sense_is_left_out(listed, publish, query):
    publish("甲问题怎么办？")
    assert "甲问题怎么办？" in titles(listed(**query))


def test_a_check_of_another_version_is_still_listed(listed, publish):
    OpenWarning.objects.create(article=publish(), code="retired", level="warns", message="旧的提醒")
    assert "旧的提醒" in listed().one(".warnings-found").text


def test_words_of_an_article_are_escaped(listed, publish):
    publish("<b>怎么办</b>", tags=())
    assert "<b>怎么办</b>" in listed(code="tags").one(".warnings-found li a").text


def test_the_page_asks_once_a_check_however_much_there_is(client, editor, publish_many, django_assert_max_num_queries):
    client.force_login(editor)
    checklist.refresh([article.pk for article in publish_many(60)])
    with django_assert_max_num_queries(8 + len(checklist.CHECKS)):
        client.get(URL)


# Beside the form


def test_the_form_lists_what_the_saved_text_lacks_with_links_to_the_place(form, content, writer):
    article = workflow.save_draft(content(short_answer="报70%。", body="<p>药到病除。</p>"), by=writer).article
    page = form(article)
    box = page.one("section.checklist").text
    assert "阻止发布" in box
    assert box.index("医疗广告禁语") < box.index("没有标签")
    places = {link.attrs["data-part"]: link.attrs["data-quote"] for link in page.all("section.checklist a")}
    assert places["body"] == "药到病除。"
    assert places["short_answer"] == "报70%。"


def test_who_may_only_read_gets_no_links_into_a_form(client, visit, reviewer, content, writer):
    article = workflow.save_draft(content(tags=()), by=writer).article
    client.force_login(reviewer)
    page = visit(f"/admin/articles/article/{article.pk}/change/")
    assert "没有标签" in page.one("section.checklist").text
    assert page.all("section.checklist a") == []


def test_a_text_without_faults_says_so(form, publish):
    tags = (Tag.objects.named(["余额"])[0].pk,)
    article = publish(short_answer="医保卡里的钱一般还在，可以转到下一年接着用，以当地规定为准。", tags=tags)
    assert "没有发现问题" in form(article).one("section.checklist").text


def test_the_publish_button_says_what_blocks(client, visit, editor, approved):
    revision = approved(body="<p>药到病除。</p>")
    client.force_login(editor)
    page = visit(f"/admin/articles/article/{revision.article_id}/change/")
    assert "药到病除" in page.one(".verb-publish").text
    assert "药到病除" not in page.one("form.verb-force_publish").text
