"""Tables of stored articles that are wider than a phone."""

import re

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

FITTING_COLUMNS = 4  # site.css lets so many fit into 320 px
_CELL = re.compile(r"<t[hd][ >]")


@register.filter
def reachable_tables(html: str) -> SafeString:
    """Sanitised `html` whose wide tables can be scrolled with the keyboard.

    >>> reachable_tables("<table><tr><td>1</td></tr></table>")
    '<table><tr><td>1</td></tr></table>'
    """
    before, *tables = html.split("<table>")
    return mark_safe(before + "".join(('<table tabindex="0">' if _is_wide(table) else "<table>") + table for table in tables))


def _is_wide(table: str) -> bool:
    return any(len(_CELL.findall(row)) > FITTING_COLUMNS for row in table.partition("</table>")[0].split("</tr>"))
