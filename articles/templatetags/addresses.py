"""Addresses that a template cannot put together by itself."""

from urllib.parse import urlencode

from django import template
from django.urls import reverse

from articles.addresses import site_url
from articles.forms import FILTERS

register = template.Library()


@register.simple_tag(takes_context=True)
def absolute(context, path: str) -> str:
    """`path` with scheme and host: of SITE_URL where it is set, else of the request."""
    return site_url(context["request"]) + path


@register.simple_tag
def search_for(text: str) -> str:
    """The address of a new search, without filters."""
    return _search({"q": text})


@register.simple_tag
def search_with(form, name: str, value: str = "") -> str:
    """The address of the first page of the form's search with another value of one parameter, or without it."""
    return _search(form.parameters(**{name: value}))


@register.simple_tag
def search_unfiltered(form) -> str:
    """The address of the form's search without its filters."""
    return _search(form.parameters(**dict.fromkeys(FILTERS, "")))


@register.simple_tag
def search_widened(form) -> str:
    """The address of the form's search with no filter but the place."""
    return _search(form.parameters(**{name: "" for name in FILTERS if name != "region"}))


@register.simple_tag
def search_fields(form, name: str) -> dict[str, str | int]:
    """The parameters of the form's search for a form that asks for `name` itself."""
    return form.parameters(**{name: ""})


@register.filter
def newer_page(form) -> str:
    """The address of the page before, relative to this one; empty on the first."""
    return _query(form.newer())


@register.filter
def older_page(form, total: int) -> str:
    """The address of the next page of `total` results; empty on the last."""
    return _query(form.older(total))


@register.filter
def hides_much(form, total: int) -> bool:
    return form.hides_much(total)


@register.filter
def is_end(form, total: int) -> bool:
    return form.is_end(total)


@register.filter
def cut_off(form, total: int) -> str:
    """A sentence where `total` results are more than a reader may leaf through, and this is the last page of them."""
    return form.cut_off(total)


def _query(query: str) -> str:
    return query and f"?{query}"


def _search(parameters: dict) -> str:
    return reverse("search") + _query(urlencode(parameters))
