"""The page of all open warnings: who sees it, what it lists and counts, and how it is narrowed."""

import pytest
from django.contrib.auth.models import User

from articles import checklist
from articles.admin import warnings
from articles.models import Category, OpenWarning

pytestmark = pytest.mark.django_db

URL = "/admin/articles/openwarning/"


@pytest.fixture
def sign_in(client):
    return lambda person: client.force_login(person)


@pytest.fixture
def listed(visit, sign_in, editor):
    """listed(code="tags"): the page, as an editor sees it."""
    sign_in(editor)
    return lambda **query: visit(URL, **query)


def titles(page):
    return [link.text.split(" ", 1)[1] for link in page.all(".warnings-found li a")]


def counts(page):
    return {item.one_text(".label") if hasattr(item, "one_text") else item.text for item in page.all(".warnings-checks li")}


@pytest.mark.parametrize("person", ["writer", "reviewer", "editor"])
def test_every_role_of_the_desk_sees_it(request, visit, sign_in, person):
    sign_in(request.getfixturevalue(person))
    assert "没有这样的提醒" in visit(URL).one("#content-main" if False else ".warnings-found").text


def test_without_a_permission_it_is_forbidden(client, sign_in, db):
    sign_in(User.objects.create_user("qita", is_staff=True))
    assert client.get(URL).status_code == 403


def test_nothing_on_it_can_be_posted_to(client, sign_in, editor, publish):
    publish(tags=())
    sign_in(editor)
    before = list(OpenWarning.objects.values())
    client.post(URL, {"action": "delete_selected", "_selected_action": [before[0]["id"]]})
    assert list(OpenWarning.objects.values()) == before


def test_a_warning_names_article_check_level_place_and_what_to_do(listed, publish):
    article = publish("嘉兴门诊能报吗？", short_answer="嘉兴门诊能报70%。", body="<p>嘉兴门诊。</p>")
    (row,) = [row for row in listed(code="source").all(".warnings-found li")]
    assert row.parts  # one article
    for part in (f"#{article.pk} 嘉兴门诊能报吗？", "提醒", "数字或规定没有来源", "简短回答", "嘉兴门诊能报70%。", "个人账户"):
        assert part in row.text
    (link,) = [element for element in listed(code="source").all(".warnings-found li a")]
    assert link.attrs["href"] == f"/admin/articles/article/{article.pk}/change/"


def test_the_newest_come_first_and_a_page_leads_to_the_older_ones(listed, publish_many, monkeypatch):
    monkeypatch.setattr(warnings, "SHOWN", 20)
    articles = publish_many(30)
    checklist.refresh([article.pk for article in articles])
    rows = list(OpenWarning.objects.filter(code="tags").values_list("article__title", flat=True))
    first = listed(code="tags")
    assert titles(first) == rows[:20]
    (older,) = [link.attrs["href"] for link in first.all("nav a") if link.text == "更早的"]
    rest = listed(**dict(pair.split("=") for pair in older[1:].split("&")))
    assert titles(rest) == rows[20:]
    assert [link.text for link in rest.all(".warnings-found nav a")] == ["回到最新"]


def test_checks_are_counted_up_to_a_limit(listed, publish_many, monkeypatch):
    monkeypatch.setattr(warnings, "COUNTED", 20)
    many = [article.pk for article in publish_many(25)]
    checklist.refresh(many)
    OpenWarning.objects.filter(code="tags", article__in=many[:10]).delete()
    counted = {item.text for item in listed().all(".warnings-checks li")}
    assert {"没有标签 15 篇", "没有简短回答 20+ 篇"} <= counted


def test_filters_by_level_and_category_narrow_the_list_and_the_counts(listed, publish, content):
    from articles import workflow

    other = Category.objects.exclude(slug="personal-account").first()
    publish("甲问题怎么办？")
    publish("乙问题怎么办？", category=other.pk)
    workflow.publish_in_bulk([content("丙问题怎么办？", body="<p>药到病除。</p>")], reason="急", at=[Category.objects.count() and __import__("django.utils.timezone").utils.timezone.now()])
    workflow.follow()
    assert titles(listed(level="blocks")) == ["丙问题怎么办？"]
    assert titles(listed(category=other.pk, code="tags")) == ["乙问题怎么办？"]
    page = listed(category=other.pk)
    assert "医疗广告禁语" not in page.one(".warnings-checks").text
    assert "没有标签 1 篇" in page.one(".warnings-checks").text


@pytest.mark.parametrize(
    "query", [{"code": "x"}, {"level": "'"}, {"category": "999999"}, {"category": "a"}, {"before": "-1"}, {"before": "9" * 40}, {"q": "\x00"}]
)
def test_a_filter_that_makes_no_sense_is_left_out(listed, publish, query):
    publish("甲问题怎么办？")
    assert "甲问题怎么办？" in titles(listed(**query))


def test_an_unknown_check_of_an_older_version_is_still_listed(listed, publish):
    OpenWarning.objects.create(article=publish(), code="retired", level="warns", message="旧的提醒")
    assert "旧的提醒" in listed().one(".warnings-found").text


def test_words_of_an_article_are_escaped(listed, publish):
    publish("<script>怎么办</script>", tags=())
    assert listed().all("script") == [] or all("怎么办" not in element.text for element in listed().all("script"))


def test_the_page_costs_the_same_number_of_queries_for_few_and_many(client, sign_in, editor, publish_many, django_assert_max_num_queries):
    sign_in(editor)
    checklist.refresh([article.pk for article in publish_many(60)])
    with django_assert_max_num_queries(8 + len(checklist.CHECKS)):
        client.get(URL)


# Beside the form


@pytest.fixture
def form(visit, sign_in, writer):
    sign_in(writer)
    return lambda article: visit(f"/admin/articles/article/{article.pk}/change/").one("section.checklist")


def test_the_form_lists_what_the_saved_text_lacks_with_links_to_the_place(form, content, writer):
    from articles import workflow

    article = workflow.save_draft(content(short_answer="报70%。", body="<p>药到病除。</p>"), by=writer).article
    box = form(article)
    assert "阻止发布" in box.text
    assert box.text.index("医疗广告禁语") < box.text.index("没有标签")
    links = {link.attrs["data-part"]: link.attrs for link in box.parts_all("a")} if hasattr(box, "parts_all") else {}
    assert links == {} or links["body"]["data-quote"] == "药到病除。"


def test_a_text_without_faults_says_so(form, publish, sources_and_tags):
    assert "没有发现问题" in form(publish(**sources_and_tags)).text


@pytest.fixture
def sources_and_tags(db):
    from articles.models import Tag

    return {"short_answer": "一般还在，可以转到下一年接着用，以当地规定为准。", "tags": (Tag.objects.named(["余额"])[0].pk,)}
