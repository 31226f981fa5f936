"""The duplicate warning appears while a question is typed, by keyboard and through an input method, and submitting heeds it."""

import pytest

from articles import workflow
from articles.models import Article, DuplicatePair

from .conftest import problems

LOST, LOST_TOO = "医保卡丢了怎么补办", "社保卡遗失如何补办？"


@pytest.fixture
def form(site, publish, desk):
    """The empty form of a writer, on a site with two articles."""
    publish(LOST)
    publish("舟山医保卡丢了怎么补办")
    workflow.follow()
    someone = desk("zuozhe")
    someone.goto("/admin/articles/article/add/")
    return someone


def warning(page):
    box = page.locator("section.duplicates")
    box.locator("li").first.wait_for()
    return box


def test_typing_a_question_shows_what_asks_the_same_and_what_differs(form):
    page = form.page
    assert not page.locator(".field-not_duplicate_because").is_visible()
    page.locator("#id_title").press_sequentially(LOST_TOO, delay=5)
    box = warning(page)
    twin, sibling = box.locator("li").all_inner_texts()
    assert "很可能重复" in twin
    assert LOST in twin
    assert "公开" in twin
    assert "地区：无 / 舟山" in sibling
    assert box.get_by_role("status").inner_text() == "1 篇文章很可能问的是同一件事"
    assert page.locator(".field-not_duplicate_because").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").endswith(LOST)
    assert form.violations == []


def test_an_input_method_is_left_in_peace_until_it_commits(form):
    page, asked = form.page, []
    page.on("request", lambda request: "/duplicates/?" in request.url and asked.append(request.url))
    page.locator("#id_title").focus()
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "yi'bao'ka'diu", "selectionStart": 13, "selectionEnd": 13})
    page.wait_for_timeout(700)
    assert asked == []
    session.send("Input.insertText", {"text": LOST_TOO})
    warning(page)
    assert len(asked) == 1


def test_a_question_that_is_taken_back_takes_the_warning_with_it(form):
    page = form.page
    page.locator("#id_title").fill(LOST_TOO)
    warning(page)
    page.locator("#id_title").fill("胃镜之前要空腹几个小时")
    page.locator("section.duplicates").wait_for(state="hidden")
    assert not page.locator(".field-not_duplicate_because").is_visible()


def test_submitting_without_a_reason_comes_back_and_with_one_goes_through(form):
    page = form.page
    page.locator("#id_title").fill(LOST_TOO)
    page.locator(".ProseMirror[contenteditable=true]").fill("先挂失。")
    page.locator("#id_category").select_option(index=1)
    warning(page)
    page.get_by_role("button", name="保存并提交审核").click()
    page.locator(".errorlist").first.wait_for()
    assert "很可能与已发布的" in page.locator("#content").inner_text()
    page.get_by_label("不重复的理由").fill("那篇讲实体卡")
    page.get_by_role("button", name="保存并提交审核").press("Enter")
    page.locator(".messagelist").wait_for()
    assert Article.objects.get(title=LOST_TOO).latest_revision.state == "in_review"
    assert DuplicatePair.objects.get().dismissed_because == "那篇讲实体卡"


def test_the_list_of_duplicates_is_worked_through_by_keyboard(site, publish, desk):
    one, two = publish(LOST), publish("胃镜之前要空腹几个小时")
    DuplicatePair.objects.create(a=one, b=two, similarity=0.9)
    someone = desk("zhubian")
    someone.goto("/admin/articles/duplicatepair/")
    page = someone.page
    page.get_by_role("link", name=f"合并 #{one.pk} 和 #{two.pk}").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("完全两回事")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".messagelist").wait_for()
    assert "没有找到疑似重复的文章" in page.locator("#content").inner_text()
    assert someone.violations == []


def test_the_form_s_warning_has_no_violations(form):
    page = form.page
    page.locator("#id_title").fill(LOST_TOO)
    warning(page)
    assert problems(page) == []
