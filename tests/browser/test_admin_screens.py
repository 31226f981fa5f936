"""Every address of the articles' and the statistics' admin that answers with a page: WCAG 2.2 AA, the policy, no sideways scrolling.

The addresses come from the URL configuration, so a new screen is looked at without being named here. What a screen shows only
after a click is in the tests of that screen.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles import autosave, comments, workflow
from articles.forms import as_typed
from articles.models import Article, Revision, Tag
from articles.stats.models import Counted, SearchDay
from tests.admin_addresses import ADDRESSES, requests

from .conftest import DESK, PHONE, problems

BODY = (
    "<h2>怎么报</h2><p>住院费用先过起付线，再按比例报销。</p><ul><li><p>社区医院<strong>比例高</strong></p></li></ul>"
    "<table><tbody><tr><th><p>级别</p></th></tr><tr><td><p>三级</p></td></tr></tbody></table><p>没有改的一段。</p><p>也没有改的一段。</p>"
)
OURS = {"index", "app_list", *(name for name, _ in ADDRESSES if name.startswith(("articles_", "stats_")))}


@pytest.fixture
def article_rows(publish, reviewer, writer, boss, content):
    """An article with everything: live, a newer version in review, warnings, comments, a link, a conflict that waits; and another."""
    article = publish("2019年嘉兴门诊报多少？", body=BODY, short_answer="报70%。", regions=("330400",), valid_until=timezone.localdate())
    newer = content("2019年嘉兴门诊报多少？", body=BODY.replace("比例高", "药到病除"), short_answer="每月划入85元。")
    revision = workflow.save_draft(newer, by=writer, article=article)
    mine = content("2019年嘉兴门诊报多少？", body=BODY.replace("比例高", "比例低"), short_answer="不报。")
    autosave.keep(as_typed(mine), by=boss, article=article, parent=revision.base_revision_id, window="a" * 32)
    workflow.submit(revision, by=writer, public_note="起付线的说法改了。")
    comments.reply(comments.add(revision, by=reviewer, text="哪一年的？", quote="先过起付线"), by=writer, text="今年的。")
    comments.resolve(comments.add(revision, by=reviewer, text="整篇都好。"), by=writer)
    workflow.share_preview(revision, by=writer)
    other = publish("打零工从哪儿办医保？", body=BODY.replace("先过", "不过"))
    workflow.follow(60)
    Article.objects.filter(pk=article.pk).update(next_review_on=timezone.localdate() - timedelta(days=3))
    return [Article.objects.select_related("latest_revision").get(pk=pk) for pk in (article.pk, other.pk)]


@pytest.fixture
def busy(article_rows, admin_rows, approved, content, writer, reviewer, boss):
    """Something in every box of the desk and in every list; a day with more than a month shows, a draft in every stage."""
    today = timezone.localdate()
    for text in ("没有结果的很长很长的一个问题怎么办", "a" * 60):
        SearchDay.objects.add([Counted(today, text, 12, 0, 0, 0)])
    late, returned = (workflow.save_draft(content(title), by=writer) for title in ("等着审核的问题？", "退回的问题？"))
    for revision in (late, returned):
        workflow.submit(revision, by=writer, not_duplicate_because="测试")
    Revision.objects.filter(pk=late.pk).update(due_on=today - timedelta(days=1))
    workflow.reject(returned, by=reviewer, reason="缺来源")
    workflow.force_publish(workflow.save_draft(content("急着更正的问题？"), by=writer), by=boss, reason="紧急更正")
    workflow.schedule(approved("明天发布的问题？"), by=boss, at=timezone.now() + timedelta(days=1))
    approved("等着发布的问题？")
    return admin_rows


@pytest.fixture
def addresses(busy, article_rows):
    """Each of ours with what there is most of, and the lists as their filters show them."""
    one, two = article_rows
    each = {}
    for name, address in requests(busy):
        if name in OURS:
            each.setdefault(name, address)
    further = [
        f"article/{two.pk}/change/",
        "article/queue/?stage=returned",
        "article/?kind=policy&q=问题",
        "article/?tag=没有的",
        f"article/calendar/?day={timezone.localdate()}",
        f"article/merge/?a={one.pk}&b={two.pk}",
        "article/merge/?a=999",
        "openwarning/?code=advertising",
        "openwarning/?category=1&level=blocks",
        f"bulkaction/add/?state=live&tag={Tag.objects.first().pk}",
        "event/export/?format=package",
        "synonymgroup/add/?words=脱保、停缴",
    ]
    return [*each.values(), *(f"/admin/articles/{path}" for path in further)]


def is_screen(person, address):
    response = person.context.request.get(address, max_redirects=0)
    return response.status == 200 and response.headers["content-type"].startswith("text/html")


def faults(page, viewport):
    page.set_viewport_size(viewport)
    wide = page.evaluate("document.documentElement.scrollWidth") > viewport["width"]
    return problems(page) + (["it scrolls sideways"] if wide else [])


@pytest.mark.parametrize(("scheme", "viewports"), [("light", (DESK, PHONE)), ("dark", (DESK,))], ids=["light", "dark"])
def test_no_screen_has_violations_or_scrolls_sideways(desk, addresses, scheme, viewports):
    person = desk("boss", color_scheme=scheme)
    found, screens = [], 0
    for address in addresses:
        if not is_screen(person, address):
            continue
        screens += 1
        person.page.set_viewport_size(DESK)
        person.goto(address)
        person.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        found += [(address, viewport["width"], *fault) for viewport in viewports for fault in faults(person.page, viewport)]
        found += [(address, violation) for violation in person.violations]
    assert found == []
    assert screens > 40
