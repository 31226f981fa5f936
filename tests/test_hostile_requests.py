"""Requests that nobody sends in good faith: any answer will do, only never an error of ours."""

from urllib.parse import quote, quote_from_bytes

import pytest

from articles.models import Tag

pytestmark = pytest.mark.django_db

TEXTS = {
    "empty": "",
    "NUL": "\x00",
    "NUL inside": "医\x00保",
    "controls": "".join(map(chr, range(1, 32))),
    "right-to-left": "\u202e医保\u202c\u200f",
    "zero width": "\u200b\ufeff\u2060",
    "not characters": "\ufffe\uffff\U0010ffff",
    "10,000 characters": "医" * 10_000,
    "500 words": "医保 " * 500,
    "one long word": "a" * 10_000,
    "many ideographs": "".join(map(chr, range(0x4E00, 0x4E00 + 3000))),
    "expanding": "\ufdfa" * 300,
    "combining": "e" + "\u0301" * 1000,
    "emoji": "👩‍⚕️" * 100,
    "quotes": "\"'`“”‘’",
    "operators": "+医保 -断缴 AND OR NOT (医保) [a TO z] a~2 b^4 *:* field:x \\",
    "wildcards": "%_*?",
    "SQL": "'; DROP TABLE articles_article; --",
    "template": "{{ settings.SECRET_KEY }}{% debug %}",
    "format": "%s%d%n{0}{}",
    "script": "<script>alert(1)</script>",
    "path": "../../../../etc/passwd",
    "header": "a\r\nSet-Cookie: x=1",
    "JSON": '{"$gt": ""}',
    "number": "9" * 400,
    "float": "1e309",
    "NaN": "nan",
    "minus": "-1",
    "zero": "0",
    "10**18": str(10**18),
    "2**63": str(2**63),
    "5,000 digits": "1" * 5000,
    "other digits": "１２３",
    "fraction": "½",
    "Turkish": "İıẞ",
}
RAW = {
    "%ff": b"\xff",
    "half a character": b"\xe5\x8c",
    "a surrogate": b"\xed\xa0\x80",
    "overlong": b"\xc0\xaf",
    "UTF-16": "医保".encode("utf-16"),
}
VALUES = {name: quote(text) for name, text in TEXTS.items()} | {name: quote_from_bytes(raw) for name, raw in RAW.items()}
VALUES |= {"bare percent": "%", "half an escape": "%e", "no escape": "%zz", "nested": "%2525"}

QUERIES = [
    "/search/?q={}",
    "/search/?q=医保&page={}",
    "/search/?q=医保&category={}",
    "/search/?q=医保&region={}",
    "/search/?q=医保&tag={}",
    "/search/?q=医保&year={0}&valid={0}&sort={0}&{0}={0}",
    "/?before={}",
    "/categories/personal-account/?before={}",
    "/categories/personal-account/?after={}",
    "/categories/personal-account/?before={}-1",
    "/categories/personal-account/?after=1-{}",
    "/tags/x/?before={}",
    "/regions/330900/?after={}",
    "/sitemap.xml?p={}",
    "/sitemap-articles.xml?p={}",
    "/feed/?{0}={0}",
]
PATHS = [
    "/{}",
    "/{}/",
    "/articles/{}/",
    "/articles/{}",
    "/categories/{}/",
    "/categories/{}/feed/",
    "/tags/{}/",
    "/tags/{}/feed/",
    "/regions/{}/",
    "/archive/{}/1/",
    "/preview/{}/",
    "/archive/2026/{}/",
    "/sitemap-{}.xml",
    "/static/{}",
    "/admin/{}",
    "/admin/articles/article/{}/change/",
]


@pytest.fixture
def ask(client, publish):
    client.raise_request_exception = False
    publish(tags=(Tag.objects.named(["x"])[0].pk,))

    def get(path, **headers):
        return client.get(path, headers=headers)

    return get


@pytest.mark.parametrize("address", QUERIES + PATHS)
def test_no_text_in_any_place_breaks_a_page(ask, address):
    for name, value in VALUES.items():
        response = ask(address.format(value))
        assert response.status_code < 500, (address, name, response.status_code)
        assert "Set-Cookie" not in response.headers or address.startswith("/admin/")
    assert ask("/").status_code == 200  # and the database connection is still good


def test_a_text_given_twice_or_as_a_list(ask):
    for query in ("q=医保&q=断缴", "q[]=医保", "q=医保&page=1&page=x", "&".join(["q=医保"] * 900), "q", "=", "&&&", ";", "?" * 100):
        assert ask(f"/search/?{query}").status_code < 500


def test_more_parameters_than_any_form_has(ask):
    assert ask("/search/?" + "&".join(f"a{i}=1" for i in range(5000))).status_code < 500


@pytest.mark.parametrize("address", ["/", "/search/?q=医保", "/feed/", "/sitemap.xml", "/articles/1/", "/healthz"])
def test_headers(ask, address):
    for value in ("", "x" * 5000, "\xff\xfe", "zh;q=nan,*;q=-1", "text/html;q=a", 'W/"x"', "Thu, 99 Foo 9999", "bytes=9-1"):
        for name in (
            "Accept-Language",
            "Accept",
            "Cookie",
            "If-Modified-Since",
            "If-None-Match",
            "Range",
            "Referer",
            "User-Agent",
            "X-Forwarded-For",
            "X-Forwarded-Proto",
        ):
            assert ask(address, **{name: value}).status_code < 500, (name, value)


@pytest.mark.parametrize("host", ["evil.example", "localhost:x", "[::1", "a" * 300, "localhost@evil", ""])
def test_a_host_that_is_not_ours_400(ask, host):
    for address in ("/", "/feed/", "/robots.txt", "/articles/1/"):
        assert ask(address, host=host).status_code == 400 or not host


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace", "head"])
def test_other_methods(client, publish, method):
    client.raise_request_exception = False
    publish()
    for address in ("/", "/search/?q=医保", "/feed/", "/sitemap.xml", "/robots.txt", "/healthz", "/readyz", "/articles/1/", "/nothing/"):
        assert getattr(client, method)(address).status_code < 500 or address == "/readyz", (method, address)


def test_a_form_is_no_way_in(client, publish):
    client.raise_request_exception = False
    article = publish()
    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", "text/plain"):
        response = client.post(article.get_absolute_url(), data=b"\xff" * 1000, content_type=content_type)
        assert response.status_code in (400, 403, 405)
