"""The desk, the queue, the calendar and the lists in a browser: WCAG, the policy, phones, the keyboard."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles import workflow
from articles.models import Article, Revision

from .conftest import PHONE

LIST, QUEUE, CALENDAR = (f"/admin/articles/article/{name}" for name in ("", "queue/", "calendar/"))


@pytest.fixture
def busy(publish, approved, writer, reviewer, content):
    """Something in every box, and a day with more than a month shows."""
    today = timezone.localdate()
    for number in range(6):
        article = publish(f"第 {number} 个到期的问题，写得长一些，看看手机上会不会撑开怎么办？")
        Article.objects.filter(pk=article.pk).update(valid_until=today, next_review_on=today - timedelta(days=3))
    waiting = workflow.save_draft(content("等着审核的问题？"), by=writer)
    workflow.submit(waiting, by=writer, not_duplicate_because="测试")
    Revision.objects.filter(pk=waiting.pk).update(due_on=today - timedelta(days=1))
    returned = workflow.save_draft(content("退回的问题？"), by=writer)
    workflow.submit(returned, by=writer, not_duplicate_because="测试")
    workflow.reject(returned, by=reviewer, reason="缺来源")
    approved("等着发布的问题？")
    return waiting


def test_a_reviewer_claims_by_the_keyboard_alone(desk, busy):
    person = desk("shenhe")
    page = person.page
    person.goto("/admin/")
    page.get_by_role("region", name="等我审核").get_by_role("link", name="查看全部").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="已过期限的").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="认领：等着审核的问题？").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="我认领的").wait_for()
    page.get_by_role("link", name="我认领的").click()
    assert page.locator("tbody tr").count() == 1
    busy.refresh_from_db()
    assert busy.reviewer.username == "shenhe"


def test_a_filter_is_chosen_kept_and_found_again(desk, busy):
    person = desk("zhubian")
    page = person.page
    person.goto(LIST)
    page.get_by_text("筛选", exact=True).first.click()
    page.get_by_label("稿件").select_option("rejected")
    page.get_by_role("button", name="筛选").click()
    assert page.locator("tbody th a").all_inner_texts() == ["退回的问题？"]
    page.get_by_label("把现在的条件存为").fill("退回的")
    page.get_by_role("button", name="保存", exact=True).click()
    person.goto(LIST)
    page.get_by_role("link", name="退回的", exact=True).click()
    assert page.locator("tbody tr").count() == 1


def test_on_a_phone_a_row_is_a_card_and_a_month_a_list_of_days(desk, busy):
    person = desk("zhubian", viewport=PHONE)
    page = person.page
    person.goto(LIST)
    row = page.locator("tbody tr").first
    assert row.bounding_box()["height"] < 110
    assert row.locator("td[data-label='对外']").is_visible()
    person.goto(CALENDAR)
    assert page.locator("table.calendar td:visible").count() == 2  # the day of the reviews and today
    page.get_by_role("link", name="还有").first.click()
    assert page.locator("ul.calendar-day li").count() == 6
