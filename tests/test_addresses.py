"""Who may read what: every address has a declared audience."""

from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, get_resolver

from articles.models import Article

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


def patterns(resolver=None, namespace="", prefix=""):
    """(name, path) of every pattern of the URL configuration, that of each ModelAdmin included."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield f"{namespace}:{pattern.name}" if namespace else pattern.name, path
        else:
            yield from patterns(pattern, pattern.namespace or namespace, path)


def addresses():
    """(name, address) of every pattern; converters filled with something that fits."""
    return [(name, fill(path)) for name, path in patterns()]


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
