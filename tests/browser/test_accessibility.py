"""WCAG 2.2 AA, as far as axe can tell, on the readers' pages; test_admin_screens.py does the editors'."""

from datetime import date

import pytest

from articles import workflow

from .conftest import DESK, PHONE, problems


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reader_pages_have_no_violations(visitor, publish, editor, viewport, scheme):
    rich = (
        "<h2>一、甲</h2><p>正文<a href='/'>链接</a></p><h2>二、乙</h2><ul><li>丁<ul><li>戊</li></ul></li></ul>"
        f"<h2>三、丙</h2><table><tr><th>列</th></tr><tr>{'<td>格子里的很长的内容</td>' * 9}</tr></table><blockquote>引文</blockquote>"
    )
    article = publish(body=rich, short_answer="还在。", phrasings=("年底清零吗",), valid_until=date(2020, 1, 1), regions=("310000",))
    publish("年底会清零吗？")
    gone = publish("撤回的问题？")
    workflow.unpublish(gone, by=editor, reason="有误")
    reader = visitor(viewport=viewport, color_scheme=scheme)
    pages = [
        "/",
        "/categories/personal-account/",
        article.get_absolute_url(),
        "/search/",
        "/search/?q=清零",
        "/search/?q=zzzz",
        "/nowhere/",
        gone.get_absolute_url(),
        "/admin/login/",
    ]
    for path in pages:
        reader.goto(path)
        assert problems(reader.page) == [], path
