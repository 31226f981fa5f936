"""Addresses that a template cannot put together by itself."""

from django import template

from articles.addresses import site_url

register = template.Library()


@register.simple_tag(takes_context=True)
def absolute(context, path: str) -> str:
    """`path` with scheme and host: of SITE_URL where it is set, else of the request."""
    return site_url(context["request"]) + path


@register.filter
def newer_page(form) -> str:
    """The address of the page before, relative to this one; empty on the first."""
    return _query(form.newer())


@register.filter
def older_page(form, total: int) -> str:
    """The address of the next page of `total` results; empty on the last."""
    return _query(form.older(total))


def _query(query: str) -> str:
    return query and f"?{query}"
