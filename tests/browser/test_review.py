"""A version is handed in, commented, rejected, handed in again, compared and approved, by keyboard alone; and shown to somebody outside."""

from articles import workflow
from articles.models import Revision

from .conftest import press_on, type_into

BODY = "<h2>怎么报</h2><p>住院费用先过起付线，再按比例报销。</p><ul><li>社区医院<strong>比例高</strong></li><li>外地医院先备案</li></ul>"


def review(person, revision):
    person.goto(f"/admin/articles/article/{revision.article_id}/review/{revision.pk}/")


def test_two_people_bring_a_text_to_its_approval_by_keyboard_alone(desk, writer, content):
    revision = workflow.save_draft(content(body=BODY), by=writer)
    article = revision.article
    change = f"/admin/articles/article/{article.pk}/change/"
    author, second = desk("zuozhe"), desk("shenhe")
    author.goto(change)
    press_on(author.page, ".verb-submit button")
    assert "完成：提交审核" in author.page.locator(".messagelist").inner_text()

    review(second, revision)
    page = second.page
    type_into(page, "#id_quote", "先过起付线")
    type_into(page, "#id_text", "起付线是多少？请写明。")
    press_on(page, ".comments-new button")
    page.wait_for_url("**#comment-*")
    assert "起付线是多少？" in page.locator(".comment").inner_text()
    type_into(page, "#reason-reject", "缺起付线的数额")
    press_on(page, ".verb-reject button")
    assert "完成：退回修改" in page.locator(".messagelist").inner_text()

    author.goto(change)
    page = author.page
    assert "缺起付线的数额" in page.locator(".workflow").inner_text()
    assert "1 条评论未解决" in page.locator(".workflow").inner_text()
    assert "先过起付线" in page.locator(".comments-brief").inner_text()
    page.locator(".tiptap").focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("起付线每年500元。")
    press_on(page, "[name=_submit]")
    assert "已提交审核" in page.locator(".messagelist").inner_text()

    newer = article.revisions.first()
    review(second, newer)
    page = second.page
    assert page.locator("#changes ins").all_inner_texts() == ["起付线每年500元。"]
    assert "上次审核的版本" in page.locator("#changes").inner_text()
    press_on(page, ".comment-actions form:not(details form) button")
    page.wait_for_selector(".comments-settled")
    press_on(page, ".verb-approve button")
    assert "完成：审核通过" in page.locator(".messagelist").inner_text()
    newer.refresh_from_db()
    assert newer.state == Revision.State.APPROVED
    assert author.violations == second.violations == []


def test_selected_text_becomes_a_comment_and_is_marked(desk, writer, content):
    revision = workflow.save_draft(content(body=BODY), by=writer)
    second = desk("shenhe")
    review(second, revision)
    page = second.page
    page.evaluate(
        """() => { const text = document.querySelector(".body p").firstChild;
        getSelection().setBaseAndExtent(text, 4, text, 9) }"""
    )
    page.locator(".comment-selected").click()
    page.keyboard.type("哪一年的？")
    page.locator(".comments-new button").click()
    page.wait_for_url("**#comment-*")
    comment = revision.comments.get()
    assert (comment.part, comment.quote, comment.before) == ("body", "先过起付线", "怎么报住院费用")
    assert page.evaluate("[...CSS.highlights.get('comment')].map(String)") == ["先过起付线"]
    page.get_by_role("button", name="看原文").click()
    assert page.evaluate("String(getSelection())") == "先过起付线"
    assert second.violations == []


def test_two_versions_are_chosen_in_the_history_and_compared_by_keyboard(desk, writer, content):
    first = workflow.save_draft(content(body=BODY), by=writer)
    workflow.save_draft(content(body=BODY.replace("高", "低")), by=writer, article=first.article)
    author = desk("zuozhe")
    author.goto(f"/admin/articles/article/{first.article_id}/history/")
    press_on(author.page, ".history-compare button")
    author.page.wait_for_url("**/compare/?*")
    assert author.page.locator("#change-body del").all_inner_texts() == ["高"]
    press_on(author.page, ".confirm summary")
    press_on(author.page, ".confirm button")
    author.page.locator(".messagelist").wait_for()
    assert first.article.revisions.first().reverted_from == first
    assert author.violations == []


def test_somebody_without_an_account_reads_a_shared_version(desk, visitor, writer, content):
    revision = workflow.save_draft(content(body=BODY), by=writer)
    author = desk("zuozhe")
    review(author, revision)
    press_on(author.page, ".review-share button")
    author.page.wait_for_url("**#links")
    address = author.page.locator(".review-link input").input_value()
    expert = visitor()
    assert expert.page.goto(address).status == 200
    assert "未发布的预览稿，请勿转发" in expert.page.locator(".notice").inner_text()
    assert "先过起付线" in expert.page.locator(".body").inner_text()
    assert expert.violations == []
    press_on(author.page, ".review-links .is-quiet")
    author.page.get_by_text("已全部失效").wait_for()
    assert expert.page.goto(address).status == 410
    assert "起付线" not in expert.page.content()
