"""Nothing that was typed is lost: by a reload, a lost connection, a sign-in that ran out, a second click, a colleague who was faster."""

import pytest
from django.contrib.sessions.models import Session

from articles import workflow
from articles.models import Article, Autosave, Revision

from .conftest import PASSWORD, tab_to

ADD = "/admin/articles/article/add/"
SAVED = "#autosave-status:has-text('已保存')"


@pytest.fixture
def draft(writer, content):
    body = "<h2>材料</h2><ul><li>身份证</li><li>照片</li></ul><p>到街道中心。</p><p>当场办结。</p>"
    return workflow.save_draft(content("停保以后怎么恢复？", body=body), by=writer).article


def open_form(person, article):
    person.goto(f"/admin/articles/article/{article.pk}/change/")
    person.page.locator(".tiptap").wait_for()
    return person.page


def write_at_the_end(page, words):
    page.locator(".tiptap > :last-child").click()
    page.keyboard.press("End")
    page.keyboard.type(words)


def no_questions(page):
    """Leaving with words that are in no slot yet asks first; here it may."""
    page.on("dialog", lambda dialog: dialog.accept())


def newest(article):
    return Revision.objects.filter(article=article).first().content


def test_what_is_typed_is_saved_by_itself_and_offered_after_a_reload(desk, draft):
    writer = desk("zuozhe")
    page = open_form(writer, draft)
    write_at_the_end(page, "周末也行。")
    page.locator(SAVED).wait_for()
    page.reload()
    assert "周末也行" not in page.locator(".tiptap").inner_text()
    page.get_by_role("link", name="恢复").click()
    page.locator(".tiptap", has_text="周末也行").wait_for()
    page.get_by_role("button", name="保存草稿").click()
    page.locator(".messagelist", has_text="草稿已保存").wait_for()
    assert newest(draft).body.endswith("<p>当场办结。周末也行。</p>")
    assert Revision.objects.count() == 2
    assert page.locator(".autosave-offer").count() == 0
    assert writer.violations == []


def test_a_reload_before_the_server_has_heard_offers_the_words_of_this_browser(desk, draft):
    writer = desk("zuozhe")
    page = open_form(writer, draft)
    no_questions(page)
    write_at_the_end(page, "周末也行。")
    page.reload()
    page.get_by_role("button", name="恢复").click()
    page.locator(".tiptap", has_text="周末也行").wait_for()


def test_a_new_article_comes_back_with_its_tags_and_sources(desk, site):
    writer = desk("zuozhe")
    writer.goto(ADD)
    page = writer.page
    page.get_by_label("问题").first.fill("停保以后怎么恢复？")
    page.locator(".field-tags .select2-search__field").fill("120，")
    page.get_by_label("来源 1 文件标题").fill("《办法》")
    page.locator(SAVED).wait_for()
    page.reload()
    page.get_by_role("link", name="恢复").click()
    page.locator(".select2-selection__choice", has_text="120").wait_for()
    assert page.get_by_label("来源 1 文件标题").input_value() == "《办法》"
    page.locator(".tiptap").click()
    page.keyboard.type("先补缴。")
    page.get_by_role("button", name="保存草稿").click()
    page.locator(".messagelist", has_text="草稿已保存").wait_for()
    assert len(newest(Article.objects.get()).tags) == 1
    assert not Autosave.objects.filter(saved_at__isnull=False).exists()


def test_going_back_offers_what_was_typed(desk, draft):
    writer = desk("zuozhe")
    page = open_form(writer, draft)
    write_at_the_end(page, "周末也行。")
    page.locator(SAVED).wait_for()
    writer.goto("/")
    page.go_back()
    page.locator(".tiptap").wait_for()
    assert "周末也行" in page.locator(".tiptap").inner_text() or page.get_by_role("link", name="恢复").is_visible()


def test_a_sign_in_that_ran_out_loses_nothing(desk, draft, passwords):
    writer = desk("zuozhe")
    page = open_form(writer, draft)
    Session.objects.all().delete()
    write_at_the_end(page, "周末也行。")
    page.locator("#autosave-status:has-text('登录已过期')").wait_for()
    page.get_by_role("button", name="保存草稿").click()
    page.wait_for_timeout(300)
    assert page.url.endswith("/change/")
    with writer.context.expect_page() as opened:
        page.get_by_role("link", name="在新窗口登录").click()
    other = opened.value
    other.get_by_label("用户名").fill("zuozhe")
    other.get_by_label("密码").fill(PASSWORD)
    other.get_by_role("button", name="登录").click()
    other.get_by_text("工作台").first.wait_for()
    page.locator(SAVED).wait_for()
    page.get_by_role("button", name="保存草稿").click()
    page.locator(".messagelist", has_text="草稿已保存").wait_for()
    assert newest(draft).body.endswith("<p>当场办结。周末也行。</p>")
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('wenkang'))") == []


def test_a_lost_connection_loses_nothing(desk, draft):
    writer = desk("zuozhe")
    writer.expected += ["ERR_INTERNET_DISCONNECTED"]
    page = open_form(writer, draft)
    no_questions(page)
    writer.context.set_offline(True)
    write_at_the_end(page, "周末也行。")
    page.locator("#autosave-status:has-text('连不上服务器，已存在本机')").wait_for()
    page.get_by_role("button", name="保存草稿").click()
    page.wait_for_timeout(300)
    assert "周末也行" in page.locator(".tiptap").inner_text()
    writer.context.set_offline(False)
    page.close()
    writer.page = writer.context.new_page()
    page = open_form(writer, draft)
    page.get_by_role("button", name="恢复").click()
    page.locator(".tiptap", has_text="周末也行").wait_for()
    page.get_by_role("button", name="保存草稿").click()
    page.locator(".messagelist", has_text="草稿已保存").wait_for()
    assert "周末也行" in newest(draft).body


def test_a_second_click_saves_once(desk, draft):
    writer = desk("zuozhe")
    page = open_form(writer, draft)
    write_at_the_end(page, "周末也行。")
    page.get_by_role("button", name="保存草稿").dblclick()
    page.locator(".messagelist", has_text="草稿已保存").wait_for()
    assert Revision.objects.count() == 2
    assert page.locator(".messagelist li").count() == 1


def test_opening_a_form_and_touching_nothing_keeps_nothing(desk, draft):
    page = open_form(desk("zuozhe"), draft)
    page.locator(".tiptap").click()
    page.keyboard.press("End")
    page.wait_for_timeout(2500)
    assert not Autosave.objects.filter(saved_at__isnull=False).exists()
    assert page.locator("#autosave-status").inner_text() == ""


def test_two_editors_see_each_other_and_their_changes_come_together(desk, draft):
    one, two = desk("zuozhe"), desk("zhubian")
    first, second = open_form(one, draft), open_form(two, draft)
    assert "zuozhe 正在编辑此文" in second.locator(".presence").inner_text()
    write_at_the_end(first, "周末也行。")
    first.get_by_role("button", name="保存草稿").click()
    first.locator(".messagelist", has_text="草稿已保存").wait_for()
    second.locator(".tiptap li").first.click()
    second.keyboard.press("End")
    second.keyboard.type("或社保卡")
    second.get_by_role("button", name="保存草稿").click()
    second.locator(".messagelist", has_text="已经合并").wait_for()
    body = newest(draft).body
    assert "周末也行" in body
    assert "身份证或社保卡" in body


@pytest.fixture
def conflicting(desk, draft, editor, content):
    """The writer, before the page where both changes of the last paragraph meet."""
    person = desk("zuozhe")
    page = open_form(person, draft)
    body = draft.latest_revision.content.body
    workflow.save_draft(
        content("停保以后怎么恢复？", body=body.replace("当场办结", "三日内办结"), short_answer="补缴。"), by=editor, article=draft
    )
    write_at_the_end(page, "周末也行。")
    page.get_by_role("button", name="保存草稿").click()
    page.wait_for_url("**/conflict/")
    return person


def test_a_conflict_is_resolved_by_keyboard_alone(conflicting, draft):
    page = conflicting.page
    tab_to(page, "input[type=radio]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator("input[value=both]").is_checked()
    tab_to(page, "input[name=_save]")
    page.keyboard.press("Enter")
    page.locator(".messagelist", has_text="草稿已保存").wait_for()
    assert newest(draft).body.endswith("<p>当场办结。周末也行。</p><p>三日内办结。</p>")
    assert newest(draft).short_answer == "补缴。"
    assert page.locator(".autosave-offer").count() == 0
    assert conflicting.violations == []
