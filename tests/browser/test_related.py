"""The page 相关推荐 by keyboard, on a phone and on a desk."""

import pytest

from articles import related, workflow
from articles.models import RelatedArticle

from .conftest import DESK, PHONE, problems

BODY = "<p>个人账户余额可以结转使用，也可以给家人共济，在定点药店买药和支付门诊费用。</p>"


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_a_place_is_moved_and_blocked_by_keyboard_alone(desk, publish, viewport):
    articles = [publish(f"医保个人账户{word}怎么处理？", body=BODY) for word in ("余额", "继承", "冻结", "提取")]
    workflow.follow(60)
    related.refresh(articles[0].pk, {})
    order = lambda: list(RelatedArticle.objects.filter(article=articles[0]).order_by("rank").values_list("related_id", flat=True))  # noqa: E731
    before = order()
    person = desk("zhubian", viewport=viewport)
    person.goto(f"/admin/articles/article/{articles[0].pk}/related/")
    assert problems(person.page) == []
    assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    person.page.locator("ol.related-rows li").nth(1).locator("button[value=up]").focus()
    person.page.keyboard.press("Enter")
    person.page.wait_for_selector(".is-pinned")
    assert order() == [before[1], before[0], before[2]]
    person.page.locator("ol.related-rows li").nth(0).locator("button[value=block]").focus()
    person.page.keyboard.press("Space")
    person.page.wait_for_selector("#related-blocked")
    assert order() == [before[0], before[2]]
    assert problems(person.page) == []
    assert person.violations == []
