"""Merging by keyboard alone: compare, choose, merge, undo; and tags while somebody writes."""

import pytest

from articles import search
from articles.models import Article, Tag, TagAlias

from .conftest import PHONE, problems, tab_to


@pytest.fixture
def pair(publish):
    one = publish("打零工从哪儿办医保？", phrasings=("失业了医保怎么办",), body="<p>到户籍地社区办理，每年400元。</p><p>第二段一样。</p>")
    two = publish(
        "灵活就业人员如何参保？",
        body="<p>到居住地社区办理，每年380元。</p><p>第二段一样。</p>",
        short_answer="可以按灵活就业参保。",
        regions=("310000",),
    )
    return one, two


def test_two_pages_become_one_and_two_again_by_keyboard_alone(desk, visitor, pair):
    one, two = pair
    editor = desk("zhubian")
    page = editor.page
    editor.goto(f"/admin/articles/article/{one.pk}/change/")
    tab_to(page, ".verb-merge input[name=b]")
    page.keyboard.type(str(two.pk))
    page.keyboard.press("Enter")
    page.wait_for_url("**/merge/?a=*")
    assert "每年" in page.locator(".merge-part", has_text="正文").first.inner_text()
    assert page.locator("#part-body + .merge-columns mark").count() >= 2
    tab_to(page, "input[name=keep]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    if page.locator(f"input[name=keep][value='{two.pk}']:checked").count() == 0:
        page.keyboard.press("ArrowDown")
    tab_to(page, "input[name=body]")
    page.keyboard.press("ArrowRight")
    assert page.locator("input[name=body][value=retired]").is_checked()
    tab_to(page, ".submit-row input")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/article/{two.pk}/change/")
    said = page.locator(".messagelist").inner_text()
    assert f"#{one.pk} 已合并到 #{two.pk}" in said
    assert "已提交审核" in said
    assert editor.violations == []

    reader = visitor()
    reader.goto(one.get_absolute_url())
    assert reader.page.url.endswith(two.get_absolute_url())
    assert "打零工从哪儿办医保？" in reader.page.locator(".phrasings").inner_text()
    assert "380元" in reader.page.locator("div.body").inner_text()  # the other text waits for its review

    editor.goto(f"/admin/articles/article/{one.pk}/change/")
    tab_to(page, ".verb-unmerge button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".messagelist")
    assert "恢复为合并以前的状态" in page.locator(".messagelist").inner_text()
    reader.goto(one.get_absolute_url())
    assert reader.page.url.endswith(one.get_absolute_url())
    assert Article.objects.get(pk=two.pk).phrasings == []


def test_the_other_page_is_chosen_from_those_that_are_alike(desk, publish):
    one, two = publish("打零工从哪儿办医保？"), publish("打零工的人从哪儿办医保？")
    search.sync()
    editor = desk("zhubian")
    editor.goto(f"/admin/articles/article/{one.pk}/change/")
    tab_to(editor.page, ".verb-merge button")
    editor.page.keyboard.press("Enter")
    editor.page.wait_for_url("**/merge/?a=*")
    tab_to(editor.page, ".merge-found a")
    editor.page.keyboard.press("Enter")
    editor.page.wait_for_url(f"**b={two.pk}")
    assert editor.violations == []


def test_on_a_phone_one_page_stands_above_the_other(desk, pair):
    one, two = pair
    editor = desk("zhubian", viewport=PHONE)
    editor.goto(f"/admin/articles/article/merge/?a={one.pk}&b={two.pk}")
    left, right = (editor.page.locator("#part-body + .merge-columns .merge-side").nth(i).bounding_box() for i in (0, 1))
    assert left["y"] + left["height"] <= right["y"]


def test_which_of_two_tags_stays_is_asked(desk, site):
    tags = [Tag.objects.create(name=name) for name in ("断缴", "断保")]
    editor = desk("zhubian", viewport=PHONE)
    page = editor.page
    editor.goto("/admin/articles/tag/")
    for tag in tags:
        page.locator(f"input[name=_selected_action][value='{tag.pk}']").check()
    page.locator("select[name=action]").select_option("merge_selected")
    page.locator("button[name=index]").click()
    assert page.get_by_role("group", name="保留哪个标签").is_visible()
    assert problems(page) == []
    assert editor.violations == []


def test_tags_that_fit_the_text_are_offered_and_chosen_by_keyboard(desk, site):
    known = Tag.objects.create(name="断缴")
    TagAlias.objects.create(name="断保", tag=known)
    other = Tag.objects.create(name="异地就医")
    writer = desk("zuozhe")
    writer.goto("/admin/articles/article/add/")
    page = writer.page
    page.get_by_label("问题").first.fill("断保以后怎么办？")
    page.locator(".tiptap").click()
    page.keyboard.type("也要看异地就医的规定。")
    page.locator(".tag-suggestions button").nth(1).wait_for()
    own = [found for found in problems(page) if "tag-suggestions" in str(found)]
    assert own == []
    tab_to(page, ".tag-suggestions button")
    assert page.evaluate("document.activeElement.textContent") == "＋ 断缴"
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # the focus has moved on to the next one
    assert "都加上了" in page.locator(".tag-suggestions").inner_text()
    page.get_by_role("button", name="保存草稿").click()
    page.wait_for_selector(".messagelist")
    assert Article.objects.get().latest_revision.content.tags == (known.pk, other.pk)
    assert writer.violations == []
