"""Readers: from the front page to the answer and on, without JavaScript, on a phone and on a desk."""

import pytest
from django.core.management import call_command

from articles import workflow

from .conftest import DESK, PHONE


@pytest.fixture
def samples(site, settings):
    call_command("import_articles", str(settings.FIXTURE_DIRS[0] / "articles"), publish=True, verbosity=0)


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_a_reader_walks_from_the_front_page_to_a_tag_without_javascript(visitor, samples, viewport):
    reader = visitor(viewport=viewport, java_script_enabled=False)
    page = reader.page
    reader.goto("/")
    page.get_by_role("searchbox").first.fill("清零")
    page.keyboard.press("Enter")
    assert int(page.locator(".total").inner_text().strip().split()[0].strip("共找到条个结果篇")) > 0
    first = page.locator("ol.results li a").first
    question = first.inner_text()
    assert page.locator("ol.results li mark").count() > 0
    first.click()
    assert page.locator("h1").all_inner_texts() == [question]
    assert "本内容不能代替面诊，如有不适请尽快就医。" in page.locator("footer.disclaimer").inner_text()
    related = page.locator("aside.related li a").first
    title = related.inner_text()
    related.click()
    assert page.locator("h1").inner_text() == title
    tag = page.locator("a[rel=tag]").first
    name = tag.inner_text()
    tag.click()
    assert name.strip("#") in page.locator("h1").inner_text()
    assert page.locator(f"a:has-text('{title}')").count() > 0
    assert reader.context.cookies() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_no_page_is_wider_than_its_window_or_breaks_the_policy(visitor, publish, editor, width, scheme):
    table = "<table><tr>" + "<td>很长的一格内容不换行</td>" * 12 + "</tr></table>"
    article = publish(body=f"<h2>一、甲</h2><p>医保</p><h2>二、乙</h2>{table}<h2>三、丙</h2><p>{'长' * 400}{'abcdefgh' * 8}</p>")
    gone = publish("撤回的问题？")
    workflow.unpublish(gone, by=editor, reason="有误")
    reader = visitor(viewport={"width": width, "height": 700}, color_scheme=scheme)
    for path in (
        "/",
        article.get_absolute_url(),
        "/search/?q=医保",
        "/search/?q=zzzz",
        "/categories/personal-account/",
        "/nowhere/",
        gone.get_absolute_url(),
    ):
        reader.goto(path)
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert reader.violations == [], path


def test_twice_the_text_size_still_fits(visitor, publish):
    article = publish()
    reader = visitor(viewport={"width": 640, "height": 700})
    reader.goto(article.get_absolute_url())
    # 200 % zoom of a 640 px window is a layout of 320 px with two device pixels each.
    session = reader.context.new_cdp_session(reader.page)
    session.send("Emulation.setDeviceMetricsOverride", {"width": 320, "height": 350, "deviceScaleFactor": 2, "mobile": False})
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_keyboard_reaches_the_text_first(visitor, publish):
    article = publish()
    reader = visitor()
    reader.goto(article.get_absolute_url())
    reader.page.keyboard.press("Tab")
    skip = reader.page.locator(":focus")
    assert skip.inner_text() == "跳到正文"
    skip.press("Enter")
    assert "#" in reader.page.url
