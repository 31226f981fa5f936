"""Addresses: what may stand in one, and the site's own as seen from outside."""

import copy
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import register_converter
from django.urls.converters import IntConverter, StringConverter


class ArticleId(IntConverter):
    """An id small enough for any database's integer."""

    regex = "[1-9][0-9]{0,15}"


class UnicodeSlug(StringConverter):
    """Letters of any script, digits, hyphens and underscores."""

    regex = r"[-\w]{1,100}"


register_converter(ArticleId, "id")
register_converter(UnicodeSlug, "uslug")


def site_url(request: HttpRequest) -> str:
    """The site's public address without a slash at the end: SITE_URL, or that of the request."""
    return settings.SITE_URL or f"{request.scheme}://{request.get_host()}"


def as_public(request: HttpRequest) -> HttpRequest:
    """The request as if it had come to SITE_URL, for views of Django's that build addresses from it."""
    if not settings.SITE_URL:
        return request
    public, url = copy.copy(request), urlsplit(settings.SITE_URL)
    public.META = request.META | {"HTTP_HOST": url.netloc, "HTTP_X_FORWARDED_PROTO": url.scheme}
    public.environ = getattr(request, "environ", {}) | {"wsgi.url_scheme": url.scheme}
    public.__dict__.pop("_current_scheme_host", None)
    return public
