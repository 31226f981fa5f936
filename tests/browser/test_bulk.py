"""A bulk action by keyboard alone: choose, check, confirm, watch, undo; and its screens at phone and desk width."""

import pytest

from articles import bulk
from articles.models import Tag

from .conftest import PHONE, problems, tab_to

ADD, LIST = "/admin/articles/bulkaction/add/", "/admin/articles/bulkaction/"


@pytest.fixture
def tag(site):
    return Tag.objects.create(name="异地备案")


@pytest.fixture
def articles(publish, tag):
    publish("已经有这个标签的问题？", tags=(tag.pk,))
    return [publish(f"医保断缴第{number}问怎么办？") for number in range(3)]


def press_through(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_a_tag_is_added_watched_and_taken_back_by_keyboard_alone(desk, articles, tag):
    editor = desk("zhubian")
    page = editor.page
    editor.goto("/admin/articles/article/")
    tab_to(page, ".work a[href*=bulkaction]")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{ADD}*")
    tab_to(page, "select[name=state]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "select[name=operation]")
    page.keyboard.press("ArrowDown")
    assert page.locator("input[name=new_tag]").is_visible()
    assert not page.locator("select[name=new_category]").is_visible()
    tab_to(page, "input[name=new_tag]")
    page.keyboard.type("异地备案")
    press_through(page, "Escape")
    tab_to(page, ".submit-row input")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=_confirm]")
    assert "共 4 篇" in page.locator(".bulk-total").inner_text()
    assert page.locator("tr.is-refused").count() == 1
    assert problems(page) == []
    tab_to(page, "[name=_confirm]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#bulk-progress[data-active]")
    assert "正在执行：0 / 4 篇" in page.locator(".bulk-total").inner_text()
    tab_to(page, "#bulk-verbs button")
    bulk.work()
    page.wait_for_selector("#bulk-progress:not([data-active])")
    assert "已完成：4 / 4 篇" in page.locator("#bulk-said").inner_text()
    assert all(article.tag_links.count() == 1 for article in articles)
    assert page.evaluate("document.activeElement.textContent") == "撤销"  # the focus has stayed where the button was
    page.keyboard.press("Enter")
    page.wait_for_selector(".messagelist")
    bulk.work()
    page.wait_for_selector("#bulk-progress:not([data-active])")
    assert "已撤销：3 / 3 篇" in page.locator(".bulk-total").inner_text()
    assert not any(article.tag_links.exists() for article in articles)
    assert editor.violations == []


def test_what_is_asked_back_has_no_violations_and_fits_a_phone(desk, articles):
    person = desk("zhubian", viewport=PHONE)
    page = person.page

    def fine(awaited):
        page.wait_for_selector(awaited)
        assert problems(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert person.violations == []

    person.goto(ADD)
    page.locator(".submit-row input").click()
    fine(".errornote")
    page.locator("select[name=state]").select_option("live")
    page.locator("select[name=operation]").select_option("withdraw")
    page.locator("input[name=reason]").fill("政策已废止")
    page.locator(".submit-row input").click()
    fine("[name=_confirm]")
    page.locator("[name=_confirm]").click()
    page.wait_for_selector("#bulk-progress[data-active]")
    bulk.work()
    fine("#bulk-progress:not([data-active])")


def test_without_scripts_it_works_too(visitor, desk, articles, tag):
    state = desk("zhubian").context.storage_state()
    editor = visitor(storage_state=state, java_script_enabled=False)
    page = editor.page
    editor.goto(f"{ADD}?state=live")
    page.locator("select[name=operation]").select_option("add_tag")
    page.locator("input[name=new_tag]").fill("异地备案")
    page.locator(".submit-row input").click()
    page.locator("[name=_confirm]").click()
    bulk.work()
    page.get_by_text("已完成：4 / 4 篇").wait_for(timeout=15000)  # it asks again by itself
