"""搜索统计 in a browser: no violation of WCAG or of the policy, and no sideways scrolling on a phone."""

import pytest
from django.utils import timezone

from articles.stats.models import Counted, SearchDay

from .conftest import DESK, PHONE, problems

PAGE = "/admin/stats/searchday/"


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_has_no_violations_empty_and_full(desk, viewport):
    person = desk("zhubian", viewport=viewport)
    person.goto(PAGE)
    assert "还没有记录" in person.page.locator(".report-empty").inner_text()
    assert problems(person.page) == []
    today = timezone.localdate()
    rows = [("停保三个月以后怎么恢复", 12, 0, 0, 0), ("a" * 60, 30, 5, 1, 3), ("异地就医", 9, 8, 7, 20)]
    SearchDay.objects.add(Counted(today, *row) for row in rows)
    person.goto(PAGE)
    page = person.page
    assert page.locator(".report table").count() == 3
    if viewport is DESK:  # one grid for all three
        heads = [[cell.bounding_box()["x"] for cell in table.locator("thead th").all()] for table in page.locator(".report table").all()]
        assert heads[0] == heads[1] == heads[2]
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert person.violations == []


def test_from_a_query_without_results_to_its_article(desk):
    SearchDay.objects.add([Counted(timezone.localdate(), "停保三个月以后怎么恢复", 12, 0, 0, 0)])
    person = desk("zhubian")
    person.goto(PAGE)
    table = person.page.get_by_role("region", name="没有结果")
    table.get_by_role("link", name="写这篇文章").click()
    assert person.page.locator("#id_title").input_value() == "停保三个月以后怎么恢复"
