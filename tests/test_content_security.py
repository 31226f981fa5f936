"""Pages for readers hold no inline code, load nothing from elsewhere and set no cookie; a shared cache may keep them."""

from urllib.parse import urlsplit

import pytest

from articles import workflow
from articles.content import Source
from articles.models import Tag

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGES = {
    "home": "/",
    "article": "/articles/{live}/",
    "category": "/categories/personal-account/",
    "tag": "/tags/x/",
    "region": "/regions/330900/",
    "archive": "/archive/2026/3/",
    "search": "/search/?q=医保",
    "search without a question": "/search/",
    "search with a mistake": "/search/?q=医保&page=0",
    "not found": "/nothing/",
    "gone": "/articles/{withdrawn}/",
    "login": "/admin/login/",
}
OTHERS = ["/feed/", "/categories/personal-account/feed/", "/tags/x/feed/", "/sitemap.xml", "/robots.txt", "/healthz", "/readyz"]
HARMLESS = "application/ld+json"


@pytest.fixture
def ids(publish, editor):
    tag = Tag.objects.named(["x"])[0]
    sources = (Source("文件", "1 号", "机关", "https://www.gov.cn/"),)
    live = publish(short_answer="还在。", tags=(tag.pk,), regions=("330900",), sources=sources, phrasings=("年底清零吗",))
    publish("医保另一问？")
    withdrawn = publish("医保撤回的问题？")
    workflow.unpublish(withdrawn, by=editor, reason="内容有误")
    return {"live": live.pk, "withdrawn": withdrawn.pk}


@pytest.fixture(params=PAGES)
def page(request, client, ids):
    from tests.html_page import HtmlPage

    response = client.get(PAGES[request.param].format(**ids))
    found = HtmlPage(response.content.decode())
    found.response, found.name = response, request.param
    return found


def directives(response):
    return {part.split()[0]: part.split()[1:] for part in response["Content-Security-Policy"].split(";")}


class TestPolicy:
    def test_it_is_strict(self, page):
        policy = directives(page.response)
        assert policy["default-src"] == ["'none'"]
        assert policy["script-src"] == policy["style-src"] == ["'self'"] or page.name == "login"
        assert policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
        assert policy["form-action"] == ["'self'"]
        assert "unsafe" not in page.response["Content-Security-Policy"]
        assert not any(word in page.response["Content-Security-Policy"] for word in ("http:", "https:", "*", "nonce-"))

    def test_the_other_headers(self, page):
        assert page.response["X-Content-Type-Options"] == "nosniff"
        assert page.response["X-Frame-Options"] == "DENY"
        assert page.response["Referrer-Policy"] == "same-origin"

    @pytest.mark.parametrize("address", OTHERS)
    def test_what_machines_read_has_it_too(self, client, ids, address):
        response = client.get(address)
        assert directives(response)["default-src"] == ["'none'"]
        assert response["X-Content-Type-Options"] == "nosniff"


class TestMarkup:
    def test_no_inline_code(self, page):
        for element in page.elements:
            assert element.tag != "style"
            assert "style" not in element.attrs, element.tag
            assert not [name for name in element.attrs if name.startswith("on")], element.tag
            if element.tag == "script":
                assert element.attrs.get("type") == HARMLESS or element.attrs.get("src")
            assert not element.attrs.get("href", "").startswith(("javascript:", "data:"))

    def test_nothing_is_loaded_from_elsewhere(self, page):
        loaded = [element.attrs["src"] for element in page.elements if "src" in element.attrs]
        loaded += [
            link.attrs["href"] for link in page.all("link") if link.attrs.get("rel") in ("stylesheet", "icon", "preload", "manifest")
        ]
        assert loaded
        assert {urlsplit(address).netloc for address in loaded} == {""}

    def test_no_frames_plugins_or_foreign_forms(self, page):
        assert not {"iframe", "frame", "object", "embed", "applet", "base"} & {element.tag for element in page.elements}
        for form in page.all("form"):
            assert not urlsplit(form.attrs.get("action", "")).netloc

    def test_it_says_its_language_and_has_one_main_heading(self, page):
        assert page.one("html").attrs["lang"].lower().startswith("zh")
        assert len(page.all("h1")) == 1 or page.name == "login"  # Django's own page calls the site's name a div
        assert page.one("title").text

    def test_links_lead_to_addresses_that_answer(self, page, client):
        for link in set(page.links()):
            if link.startswith("/") and page.name != "login":
                assert client.get(link).status_code == 200, link

    def test_every_id_is_there_once(self, page):
        ids = [element.attrs["id"] for element in page.elements if "id" in element.attrs]
        assert len(ids) == len(set(ids))


class TestCookies:
    def test_readers_get_none_and_pages_do_not_depend_on_any(self, page):
        if page.name != "login":  # signing in needs a cookie against forged requests
            assert "Set-Cookie" not in page.response.headers
            assert not page.response.cookies
            assert "cookie" not in page.response.get("Vary", "").lower()

    @pytest.mark.parametrize("address", OTHERS)
    def test_machines_neither(self, client, ids, address):
        response = client.get(address)
        assert not response.cookies
        assert "cookie" not in response.get("Vary", "").lower()

    def test_a_signed_in_editor_reads_the_same_pages(self, client, ids, editor):
        for name, path in PAGES.items():
            if name != "login":
                anonymous = client.get(path.format(**ids)).content
                client.force_login(editor)
                assert client.get(path.format(**ids)).content == anonymous, name
                client.logout()


def test_a_server_error_needs_nothing_and_says_sorry(client, monkeypatch):
    from articles import views

    def broken(*args, **kwargs):
        raise RuntimeError("独角兽")

    monkeypatch.setattr(views, "list_page", broken)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert "独角兽" not in response.content.decode()
    assert "<h1" in response.content.decode()
    assert "unsafe" not in response["Content-Security-Policy"]
    assert not response.cookies
