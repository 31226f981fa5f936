"""Of a text that is not published nobody outside reads one word, at any address, in any state.

The question of a page that readers could read once, and that was withdrawn, merged or has expired, is no secret: its
address still names it; nor are the tags of one that has expired. Everything else of such a page is one again.
"""

import html
import re
from datetime import timedelta
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest
from django.urls import resolve
from django.utils import timezone

from articles import search, workflow
from articles.content import Source
from articles.models import Article, Autosave, BulkAction, Comment, OpenWarning, RelatedArticle, SavedFilter, Tag
from tests.html_page import HtmlPage
from tests.test_addresses import PUBLIC

pytestmark = pytest.mark.django_db

SECRET, LATIN = "独角兽", "Unicornium"
TOMORROW = timedelta(days=1)

_FORMS = {form.lower() for word in (SECRET, LATIN) for form in (word, quote(word), word.encode("unicode_escape").decode())}


def holds_the_secret(response) -> bool:
    """In the body or a header, as text, with marks between its letters, percent-encoded or escaped."""
    text = html.unescape(response.content.decode() + str(response.headers)).lower()
    return any(form in seen for form in _FORMS for seen in (text, re.sub("<[^>]*>", "", text)))


@pytest.fixture
def secret():
    """What an article about the secret holds, in every field; its question is given by hand."""
    return {
        "short_answer": f"{SECRET}短答。",
        "body": f"<h2>{SECRET}标题</h2><p>{SECRET}正文 {LATIN}，个人账户余额。</p><table><tr><td>{SECRET}表格</td></tr></table>",
        "phrasings": (f"{SECRET}问法",),
        "sources": (Source(f"《{SECRET}通知》", f"{SECRET}〔2026〕1号", f"{SECRET}局", f"https://example.org/{LATIN}"),),
        "tags": tuple(tag.pk for tag in Tag.objects.named([f"{SECRET}标签", LATIN])),
        "regions": ("330900",),
    }


@pytest.fixture
def secrets(secret, publish, approved, article_in, content, writer, reviewer, editor, django_capture_on_commit_callbacks):
    """Text with the secret in every state that is not public, among public articles on the same subject."""

    def change(article, title):
        return approved(title, article=article, **secret)

    with django_capture_on_commit_callbacks(execute=True):
        for number in range(3):
            publish(f"医保个人账户余额第{number}问？")
        for state in ("draft", "in_review", "rejected", "approved", "scheduled"):
            article_in(state, f"{SECRET}的问题？", **secret)
        workflow.unpublish(article_in("scheduled", f"{SECRET}还没上线就撤回？", **secret), by=editor, reason="测试")
        live = publish("医保个人账户有改稿的问题？")
        workflow.save_draft(content(f"{SECRET}改稿？", **secret), by=writer, article=live, note=f"{SECRET}说明")
        workflow.schedule(change(publish("医保个人账户有定时改稿的问题？"), f"{SECRET}？"), by=editor, at=timezone.now() + TOMORROW)
        sent_back = workflow.save_draft(content(f"{SECRET}？"), by=writer, article=publish("医保个人账户改稿退回的问题？"))
        workflow.submit(sent_back, by=writer, not_duplicate_because=f"{SECRET}理由", public_note=f"{SECRET}说明")
        workflow.reject(sent_back, by=reviewer, reason=f"{SECRET}意见")
        rewritten = publish("医保个人账户改写过的问题？", **secret)
        workflow.publish(approved("医保个人账户改写过的问题？", article=rewritten), by=editor)
        forced = workflow.save_draft(content("医保个人账户紧急发布的问题？"), by=writer, note=f"{SECRET}说明")
        workflow.force_publish(forced, by=editor, reason=f"{SECRET}原因")
        withdrawn = publish("医保个人账户撤回的问题？", **secret)
        workflow.unpublish(withdrawn, by=editor, reason=f"{SECRET}原因")
        workflow.save_draft(content(f"{SECRET}撤回以后改写？", **secret), by=writer, article=withdrawn)
        article_in("expired", "医保个人账户过期的问题？", **secret | {"tags": ()})
        # What else it was asked by leads to the page it was merged into (tests/test_merging.py); no other word of it may.
        article_in("merged", "医保个人账户合并的问题？", **secret | {"phrasings": ()})
        workflow.merge(article_in("draft", f"{SECRET}合并的草稿？", **secret), into=live, by=editor)
    revision = live.live_revision
    Autosave.objects.create(user=writer, article=live, fields={"title": [SECRET]})
    Comment.objects.create(article=live, revision=revision, author=reviewer, text=SECRET, part="body", quote=SECRET)
    OpenWarning.objects.create(article=live, code="test", level="warns", message=SECRET)
    BulkAction.objects.create(operation="test", by=editor, reason=SECRET, query={"q": SECRET})
    SavedFilter.objects.create(user=editor, name=SECRET, query=f"q={SECRET}", shared=True)


def starts():
    """Every public address, every article and tag, and questions that come near the secret."""
    yield from PUBLIC.values()
    yield from ("/sitemap-tags.xml", "/sitemap-categories.xml", "/archive/2026/11/", "/regions/330900/", "/regions/330000/")
    yield from (article.get_absolute_url() for article in Article.objects.all())
    yield from (f"/tags/{quote(slug)}/{rest}" for slug in Tag.objects.values_list("slug", flat=True) for rest in ("", "feed/"))
    yield from (f"/search/?q={q}" for q in ("医保", "个人账户余额", "短答", "正文", "标题", "问法", "原因", "通知", "表格", "意见"))
    yield from (f"/search/?q=医保&{given}" for given in ("region=330900", "sort=newest", "year=2026", "valid=1", "page=2"))
    yield from (
        f"/search/suggest/?q={q}" for q in ("医保", "独", "独角", "d", "djs", "dujiao", "Uni", "unicorn", "正文", "短答", "标题", "改稿")
    )


def crawl(client):
    """(path, response) of every address that a reader or a machine can reach."""
    waiting = [path for path in starts() if SECRET not in path.partition("?")[2]]  # what is asked for is said again
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        response = client.get(path)
        yield path, response
        links = HtmlPage(response.content.decode()).links() if "html" in response["Content-Type"] else []
        for link in [*links, response.headers.get("Location", "")]:
            target = urljoin(path, link).split("#")[0]
            if target.startswith("/") and target not in seen and not target.startswith(("/admin/", "/search/?q=")):
                seen.add(target)
                waiting.append(target)


def name_of(path):
    return resolve(unquote(urlsplit(path).path)).view_name


def test_no_byte_of_it_can_be_read_anywhere(client, secrets):
    pages = dict(crawl(client))
    assert len(pages) > 100
    assert set(map(name_of, pages)) >= set(PUBLIC)
    assert [path for path, response in pages.items() if holds_the_secret(response)] == []


def test_the_check_itself_would_notice(client, publish, secret):
    publish("医保个人账户公开的问题？", **secret)
    names = {name_of(path) for path, response in crawl(client) if holds_the_secret(response)}
    assert names >= {"article", "home", "category", "feed", "category-feed", "archive", "region", "search", "suggest", "tag", "tag-feed"}


def test_its_addresses_do_not_even_say_that_there_is_something(client, secrets):
    never_public = Article.objects.filter(title__contains=SECRET)
    assert never_public.count() == 7
    nothing = client.get("/articles/987654321/")
    for article in never_public:
        response = client.get(article.get_absolute_url())
        if article.merged_into is None:
            assert (response.status_code, response.content) == (404, nothing.content)


def test_a_search_for_it_finds_nothing_not_even_a_number(client, secrets):
    for word in (SECRET, LATIN, f"{SECRET}标签"):
        page = search.search(word)
        assert (page.results, page.total) == ([], 0)
    search.rebuild()
    assert search.search(SECRET).total == 0


def test_without_an_index_neither(client, secrets, settings):
    settings.SEARCH_ENGINE = "articles.search.memory.MemoryEngine"
    page = search.search(SECRET)
    assert (page.results, page.total, page.complete) == ([], 0, False)


def test_no_list_of_related_articles_shows_it(secrets):
    visible = set(Article.objects.published().values_list("pk", flat=True))
    for article in Article.objects.published():
        shown = Article.objects.published().in_force().related_to(article)
        assert set(shown.values_list("pk", flat=True)) <= visible
    drafts = set(Article.objects.filter(live=False).values_list("pk", flat=True))
    assert not RelatedArticle.objects.filter(related__in=drafts).exists()
