"""A text's way from an author's first word to the reader's page through three people's hands, by keyboard alone.

Pasting goes through the clipboard of the machine: another tab, as Word or WeChat would, puts its HTML there.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from articles import workflow
from articles.content import KINDS
from articles.models import Article, Qualification, Revision

from .conftest import PASSWORD, press_on, tab_to, type_into

CLIPBOARD = Path(__file__).parent / "clipboard"
TITLE = "生育津贴拨给谁？"
COPY = """html => addEventListener("copy", event => {
  event.clipboardData.setData("text/html", html);
  event.preventDefault();
})"""


@pytest.fixture
def sign_in(visitor, passwords):
    """sign_in("zuozhe"): that person at the desk, through the form, without a mouse."""

    def enter(username):
        person = visitor()
        person.goto("/admin/")
        type_into(person.page, "#id_username", username)
        type_into(person.page, "#id_password", PASSWORD)
        person.page.keyboard.press("Enter")
        person.page.locator(".desk-boxes").wait_for()
        return person

    return enter


@pytest.fixture
def article(writer, content):
    """A draft of the writer's, of three paragraphs."""
    return workflow.save_draft(content(TITLE, body="<p>先办登记。</p><p>津贴拨给单位。</p>", short_answer="拨给单位。"), by=writer).article


def copy_elsewhere(person, name):
    tab = person.context.new_page()
    tab.evaluate(COPY, (CLIPBOARD / f"{name}.html").read_text())
    tab.keyboard.press("Control+c")
    tab.close()
    person.page.bring_to_front()


def follow_link(page, within, name):
    """Press Tab until the link of this name has the focus, then Enter."""
    wanted = within.get_by_role("link", name=name).first
    for _ in range(150):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return page.keyboard.press("Enter")
    raise AssertionError(f"the keyboard does not reach {name}")


def open_from_box(person, heading, title):
    """From the desk to the form of the article that waits in this box."""
    person.goto("/admin/")
    box = person.page.get_by_role("region", name=heading)
    assert title in box.inner_text()
    follow_link(person.page, box, title)
    person.page.wait_for_url("**/change/")


def type_moment(page, at):
    """Into the field that has the focus. Chromium asks for the parts in the order of its own language, whatever that of the page."""
    field = page.locator(":focus")
    for keys in ([*f"{at:%Y}", "ArrowRight", *f"{at:%m%d%H%M}"], [*f"{at:%m%d%Y}", "ArrowRight", *f"{at:%I%M}", f"{at:%p}"[0]]):
        for key in ["ArrowLeft"] * 6 + keys:
            page.keyboard.press(key)
        if field.input_value() == f"{at:%Y-%m-%dT%H:%M}":
            return
    raise AssertionError(f"the field says {field.input_value()}")


def said(page):
    return page.locator(".messagelist, .review-message").inner_text()


def seen_by_nobody(reader, article, words):
    """No page and no list of a reader's shows the article or its words."""
    assert reader.goto(article.get_absolute_url()).status == 404
    for path in ("/", f"/search/?q={article.title}", f"/search/suggest/?q={article.title[:4]}", "/feed/", "/sitemap-articles.xml"):
        text = reader.context.request.get(path).text()
        assert article.get_absolute_url() not in text, path
        assert words not in text, path


def test_a_new_author_writes_pastes_previews_and_submits_but_cannot_approve(sign_in, visitor, writer):
    # Even somebody with both roles and a qualification: the second pair of eyes is another person's.
    writer.groups.add(Group.objects.get(name="医学审核"))
    Qualification.objects.create(user=writer, title="主治医师", institution="示例医院", kinds=list(KINDS))
    author = sign_in("zuozhe")
    page = author.page
    follow_link(page, page, "写文章")
    page.locator(".tiptap").wait_for()
    type_into(page, "#id_title", TITLE)
    type_into(page, "#id_short_answer", "单位垫付的拨给单位，没有垫付的拨给个人。")
    tab_to(page, ".tiptap")
    copy_elsewhere(author, "word")
    page.keyboard.press("Control+v")
    page.locator(".paste-notice", has_text="改正标点").wait_for()
    page.keyboard.press("Control+End")
    copy_elsewhere(author, "wechat")
    page.keyboard.press("Control+v")
    page.locator(".paste-notice", has_text="合拢字距").wait_for()
    preview = page.frame_locator(".live-preview iframe")
    preview.locator("div.body", has_text="高血压、糖尿病患者").wait_for()
    assert preview.locator("h1").inner_text() == TITLE
    assert preview.locator("div.body table th").all_inner_texts() == ["情形", "天数"]
    page.locator("#autosave-status", has_text="已保存").wait_for()
    tab_to(page, "#id_category")
    page.keyboard.type("生育")
    page.keyboard.press("Control+Enter")
    page.locator(".messagelist").wait_for()
    assert "已提交审核" in said(page)
    article = Article.objects.get()
    revision = article.latest_revision
    assert "<strong>身份证</strong>原件" in revision.content.body
    assert "<strong>先到二级以上医院</strong>" in revision.content.body
    assert "style=" not in revision.content.body
    assert "<img" not in revision.content.body

    tab_to(page, ".workflow summary")
    page.keyboard.press("Enter")
    button = page.locator(".verb-approve button")
    assert button.is_disabled()
    assert "作者不能审核自己写的稿件" in page.locator(f"#{button.get_attribute('aria-describedby')}").inner_text()
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    answer = author.context.request.post(
        f"/admin/articles/article/{article.pk}/approve/do/",
        form={"revision": str(revision.pk), "csrfmiddlewaretoken": token},
        headers={"Referer": page.url},
    )
    assert "作者不能审核自己写的稿件" in answer.text()
    revision.refresh_from_db()
    assert revision.state == Revision.State.IN_REVIEW
    author.goto("/admin/")
    assert TITLE not in page.get_by_role("region", name="等我审核").inner_text()
    seen_by_nobody(visitor(), article, "高血压")
    assert author.violations == []


def test_a_text_is_sent_back_mended_by_two_at_once_and_approved(sign_in, visitor, article, writer):
    workflow.submit(article.latest_revision, by=writer, not_duplicate_because="测试")
    second = sign_in("shenhe")
    open_from_box(second, "等我审核", TITLE)
    press_on(second.page, ".workflow-state a[href*=review]")
    second.page.wait_for_url("**/review/**")
    type_into(second.page, "#id_quote", "拨给单位")
    type_into(second.page, "#id_text", "没有垫付的呢？")
    press_on(second.page, ".comments-new button")
    second.page.wait_for_url("**#comment-*")
    type_into(second.page, "#reason-reject", "只说了一种情形")
    press_on(second.page, ".verb-reject button")
    second.page.locator(".messagelist, .review-message").wait_for()
    assert "完成：退回修改" in said(second.page)

    author, chief = sign_in("zuozhe"), sign_in("zhubian")
    open_from_box(author, "退回给我的", TITLE)
    assert "只说了一种情形" in author.page.locator(".workflow").inner_text()
    assert "没有垫付的呢？" in author.page.locator(".comments-brief").inner_text()
    chief.goto(f"/admin/articles/article/{article.pk}/change/")
    for person, words in ((chief, "没有垫付的，拨给个人。"), (author, "个人没有垫付的除外。")):
        tab_to(person.page, ".tiptap", limit=150)
        person.page.keyboard.press("Control+End")
        person.page.keyboard.type(words)
    chief.page.keyboard.press("Control+s")
    chief.page.locator(".messagelist", has_text="草稿已保存").wait_for()
    author.page.keyboard.press("Control+s")
    author.page.wait_for_url("**/conflict/")
    page = author.page
    assert "个人没有垫付的除外。" in page.locator(".conflict-part").inner_text()
    assert "没有垫付的，拨给个人。" in page.locator(".conflict-part").inner_text()
    tab_to(page, "input[type=radio]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert page.locator("input[value=theirs]").is_checked()
    press_on(page, "input[name=_submit]")
    page.locator(".messagelist").wait_for()
    assert "已提交审核" in said(page)

    newer = article.revisions.first()
    assert newer.content.body == "<p>先办登记。</p><p>津贴拨给单位。没有垫付的，拨给个人。</p>"
    open_from_box(second, "等我审核", TITLE)
    press_on(second.page, ".workflow-state a[href*=review]")
    second.page.wait_for_url("**/review/**")
    assert "上次审核的版本" in second.page.locator("#changes").inner_text()
    assert second.page.locator("#changes ins").all_inner_texts() == ["没有垫付的，拨给个人。"]
    press_on(second.page, ".verb-approve button")
    second.page.locator(".messagelist, .review-message").wait_for()
    assert "完成：审核通过" in said(second.page)
    seen_by_nobody(visitor(), article, "拨给个人")
    assert author.violations == chief.violations == second.violations == []


def test_what_is_scheduled_appears_at_its_time_and_not_before(sign_in, visitor, article, writer, reviewer, time_passes):
    workflow.submit(article.latest_revision, by=writer, not_duplicate_because="测试")
    workflow.approve(article.latest_revision, by=reviewer)
    chief, reader = sign_in("zhubian"), visitor()
    open_from_box(chief, "待发布", TITLE)
    at = timezone.localtime() + timedelta(hours=2)
    tab_to(chief.page, ".verb-schedule input[name=at]", limit=150)
    type_moment(chief.page, at)
    chief.page.keyboard.press("Enter")
    chief.page.locator(".messagelist").wait_for()
    assert "完成：定时发布" in said(chief.page)
    assert f"{at:%Y-%m-%d %H:%M}" in chief.page.locator(".workflow").inner_text()
    workflow.publish_due()
    workflow.follow()
    seen_by_nobody(reader, article, "津贴拨给单位")

    time_passes(hours=2)
    workflow.publish_due()
    workflow.follow()
    assert reader.goto(article.get_absolute_url()).status == 200
    assert "津贴拨给单位" in reader.page.locator("div.body").inner_text()
    reader.goto(f"/search/?q={TITLE}")
    assert reader.page.locator("ol.results li a").first.inner_text() == TITLE
    assert chief.violations == reader.violations == []
