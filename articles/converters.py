"""What may stand in an address."""

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
