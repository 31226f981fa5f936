"""A stored body as the lines that an editor sees: one a paragraph, heading, list item or row of a table, each with its formats.

For comparing versions, so that a heading that became a paragraph is a difference, and moving a tag is not. Reads what
rendering.clean() wrote; anything else it reads as far as it goes.
"""

from html.parser import HTMLParser

from articles.difference import Line

PLAIN = "正文"
CELLS = "｜"  # between the cells of a row

_NAMED = {"h2": "标题", "h3": "小标题", "tr": "表格行", "blockquote": "引用"}
_LISTS = {"ul": "列表", "ol": "编号列表"}
_STYLES = {"strong": "加粗", "em": "着重"}
_ENDING = {"p", "h2", "h3", "ul", "ol", "li", "blockquote", "table"}  # with these, outside of tables, a line ends
_LEVELS = ["", "二级", "三级"]


def blocks(html: str) -> list[Line]:
    """
    >>> blocks("<h2>一、用途</h2><ul><li>看<strong>病</strong></li></ul>")[1]
    Line(pieces=(('看', ()), ('病', ('加粗',))), block='列表')
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_line()
    return reader.lines


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[Line] = []
        self.open: list[tuple[str, str]] = []  # (tag, format that it means)
        self.pieces: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._add(" ") if self._inside("tr") else self.end_line()
            return
        if tag in _ENDING and not self._inside("tr"):
            self.end_line()
        if tag in ("td", "th") and self.pieces:
            self._add(CELLS)
        self.open.append((tag, f"链接 {dict(attrs).get('href', '')}" if tag == "a" else _STYLES.get(tag, "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr" or (tag in _ENDING and not self._inside("tr")):
            self.end_line()
        if self._inside(tag):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if data.strip() or self.pieces:
            self._add(data)

    def end_line(self) -> None:
        if any(text.strip() for text, _ in self.pieces):
            self.lines.append(Line(tuple(self.pieces), self._block()))
        self.pieces = []

    def _add(self, text: str) -> None:
        styles = tuple(sorted({style for _, style in self.open if style}))
        if self.pieces and self.pieces[-1][1] == styles:
            text = self.pieces.pop()[0] + text
        self.pieces.append((text, styles))

    def _inside(self, tag: str) -> bool:
        return any(name == tag for name, _ in self.open)

    def _block(self) -> str:
        tags = [tag for tag, _ in self.open]
        lists = [tag for tag in tags if tag in _LISTS]
        for tag, name in _NAMED.items():
            if tag in tags:
                return name
        return _LEVELS[min(len(lists), len(_LEVELS)) - 1] + _LISTS[lists[-1]] if lists else PLAIN
