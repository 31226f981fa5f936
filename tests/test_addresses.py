"""Who may read what: every address has a declared audience, and unpublished text has none."""

from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from articles import search, workflow
from articles.models import Article, RelatedArticle
from tests.html_page import HtmlPage

pytestmark = pytest.mark.django_db

# Readers may call these; whatever else there is must turn them away.
PUBLIC = {
    "home": "/",
    "article": "/articles/1/",
    "category": "/categories/personal-account/",
    "category-feed": "/categories/personal-account/feed/",
    "tag": "/tags/x/",
    "tag-feed": "/tags/x/feed/",
    "region": "/regions/330900/",
    "archive": "/archive/2026/3/",
    "search": "/search/?q=独角兽",
    "suggest": "/search/suggest/?q=独角兽",
    "search-click": "/search/click/",
    "preview": "/preview/forged/",
    "feed": "/feed/",
    "sitemap": "/sitemap.xml",
    "sitemap-section": "/sitemap-articles.xml",
    "robots": "/robots.txt",
    "healthz": "/healthz",
    "readyz": "/readyz",
    "admin:login": "/admin/login/",
}
STAFF = "admin"  # the namespace whose other addresses are for staff


def addresses(resolver=None, namespace="", prefix=""):
    """(name, address) of every pattern; converters filled with something that fits."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield f"{namespace}:{pattern.name}" if namespace else pattern.name, fill(path)
        else:
            yield from addresses(pattern, pattern.namespace or namespace, path)


def fill(path):
    for name in ("<path:object_id>", "<int:content_type_id>", "<path:object_id>", "<id>", "<int:id>", "<int:pk>", "<int:revision>"):
        path = path.replace(name, "1")
    for converter, value in {"<app_label>": "articles", "(?P<app_label>auth|articles)": "articles", "(?P<url>.*)$": "anything"}.items():
        path = path.replace(converter, value)
    return "/" + path.removeprefix("^").removesuffix("$").replace("\\Z", "")


def test_every_address_has_an_audience():
    undeclared = {name for name, _ in addresses() if name not in PUBLIC and not str(name).startswith(f"{STAFF}:")}
    assert undeclared == set(), "say in PUBLIC who may read them, or move them under /admin/"


def test_nothing_is_declared_that_is_not_there():
    assert set(PUBLIC) <= {name for name, _ in addresses()}


def test_readers_get_no_answer_from_staff_addresses(client, publish):
    publish()
    staff = [(name, path) for name, path in addresses() if name not in PUBLIC]
    assert len(staff) > 20
    for name, path in staff:
        for method in (client.get, client.post):
            response = method(path)
            assert response.status_code in (302, 403, 404, 405), (name, path, response.status_code)
            if response.status_code == 302:
                assert urlsplit(response["Location"]).path == "/admin/login/" or name == "admin:logout"


def test_someone_without_a_role_gets_no_further_than_readers(client, django_user_model, publish):
    publish()
    client.force_login(django_user_model.objects.create_user("duzhe"))
    for name, path in addresses():
        if name not in PUBLIC and name != "admin:logout":
            assert client.get(path).status_code in (302, 403, 404, 405), name


def test_readers_get_their_pages(client, publish):
    from articles.models import Tag

    publish(tags=(Tag.objects.named(["x"])[0].pk,))
    path = {**PUBLIC, "article": Article.objects.get().get_absolute_url()}
    other = {"search-click": 405, "preview": 404}  # the one is only sent to, the other opens with a signature alone
    for name in PUBLIC:
        assert client.get(path[name]).status_code == other.get(name, 200), name


SECRET = "独角兽"


@pytest.fixture
def secrets(publish, approved, content, writer, reviewer, editor, django_capture_on_commit_callbacks):
    """Text with SECRET in every state that is not public, among public articles on the same subject."""
    secret = {
        "short_answer": f"{SECRET}短答。",
        "body": f"<h2>{SECRET}标题</h2><p>{SECRET}正文，个人账户余额。</p>",
        "phrasings": (f"{SECRET}问法",),
    }
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(3):
            publish(f"医保个人账户余额第{number}问？")
        workflow.save_draft(content(f"{SECRET}草稿？", **secret), by=writer)
        submitted = workflow.save_draft(content(f"{SECRET}待审？", **secret), by=writer)
        workflow.submit(submitted, by=writer)
        rejected = workflow.save_draft(content(f"{SECRET}退回？", **secret), by=writer)
        workflow.submit(rejected, by=writer)
        workflow.reject(rejected, by=reviewer, reason="再改")
        approved(f"{SECRET}通过？", **secret)
        workflow.schedule(approved(f"{SECRET}定时？", **secret), by=editor, at=timezone.now() + timedelta(days=1))
        live = publish("医保个人账户有改稿的问题？")
        workflow.save_draft(content(f"{SECRET}改稿？", **secret), by=writer, article=live)
        waiting = publish("医保个人账户有定时改稿的问题？")
        workflow.schedule(approved(f"{SECRET}定时改稿？", article=waiting, **secret), by=editor, at=timezone.now() + timedelta(days=1))
        rewritten = publish("医保个人账户改写过的问题？", **secret)
        workflow.publish(approved("医保个人账户改写过的问题？", article=rewritten), by=editor)
        # The question of a withdrawn or merged article was public, and its address may still name it.
        workflow.unpublish(publish("医保个人账户撤回的问题？", **secret), by=editor, reason=f"{SECRET}原因")
        # What else it was asked by leads to the page it was merged into (tests/test_merging.py); no other word of it may.
        workflow.merge(publish("医保个人账户合并的问题？", **secret | {"phrasings": ()}), into=live, by=editor)
        workflow.merge(workflow.save_draft(content(f"{SECRET}合并的草稿？", **secret), by=writer).article, into=live, by=editor)
        was = workflow.Restored(
            5000, timezone.now() - timedelta(days=9), timezone.now() - timedelta(days=1), None, "", None, None, None, ""
        )
        workflow.restore(content("医保个人账户过期的问题？", **secret), was, by=None)


def crawl(client, *starts):
    """(path, content) of every address that a reader or a machine can reach."""
    waiting, seen = list(starts), set(starts)
    while waiting:
        path = waiting.pop()
        response = client.get(path)
        text = response.content.decode()
        yield path, text
        links = HtmlPage(text).links() if "html" in response["Content-Type"] else []
        for link in links:
            target = urljoin(path, link).split("#")[0]
            if target.startswith("/") and target not in seen and not target.startswith(("/admin/", "/search/?q=")):
                seen.add(target)
                waiting.append(target)


def test_no_byte_of_unpublished_text_can_be_read_anywhere(client, secrets):
    ids = Article.objects.values_list("pk", flat=True)
    starts = ["/", "/feed/", "/sitemap.xml", "/sitemap-articles.xml", "/categories/personal-account/feed/", "/archive/2026/3/"]
    starts += [f"/articles/{id}/" for id in ids]
    starts += [f"/search/?q={q}" for q in ("医保", "个人账户余额", "短答", "正文", "标题", "问法", "原因")]
    starts += [f"/search/suggest/?q={q}" for q in ("医保", "独角", "djs", "dujiaoshou", "正文", "短答", "标题", "问法", "改稿", "定时")]
    pages = dict(crawl(client, *starts))
    assert len(pages) > 30
    assert [path for path, text in pages.items() if SECRET in text] == []


def test_a_search_for_it_finds_nothing_not_even_a_number(client, secrets):
    for _ in range(2):
        page = search.search(SECRET)
        assert (page.results, page.total) == ([], 0)
        search.rebuild()


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
