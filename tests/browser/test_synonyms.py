"""Synonyms are tried out from a keyboard, on a phone, before they are saved."""

from articles import workflow
from articles.models import SynonymGroup

from .conftest import PHONE


def test_an_editor_looks_at_the_effect_by_keyboard_on_a_phone(desk, publish):
    publish("职工医保停缴以后怎么接上", body="<p>三个月内补上。</p>")
    workflow.follow()
    someone = desk("zhubian", viewport=PHONE)
    page = someone.page
    someone.goto("/admin/articles/synonymgroup/add/?words=脱保、停缴")
    page.get_by_label("试搜的问题").fill("脱保了")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    effect = page.locator("section.effect")
    effect.wait_for()
    assert "新 职工医保停缴以后怎么接上" in effect.inner_text()
    assert effect.bounding_box()["y"] < PHONE["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert someone.violations == []
    assert not SynonymGroup.objects.exists()
    page.get_by_role("button", name="保存", exact=True).click()
    page.locator(".messagelist").wait_for()
    assert SynonymGroup.objects.get().words == "脱保、停缴"
