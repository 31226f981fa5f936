"""From what an editor typed or pasted to HTML that is safe to store and print.

The only file that knows the sanitiser. Every write path goes through clean().
"""

import re
from html import escape
from html.parser import HTMLParser
from typing import NamedTuple

import nh3

from articles.text import SENTENCE_ENDS, strip_controls

BLOCKS = {"p", "h2", "h3", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}
INLINES = {"strong", "em", "a", "br"}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
# Same meaning, other name: kept as structure instead of being flattened into the text before it.
RENAMED = {"b": "strong", "i": "em", "h1": "h2", "h4": "h3", "h5": "h3", "h6": "h3", "div": "p", "section": "p", "article": "p"}

_RENAME = re.compile(rf"<(/?)({'|'.join(RENAMED)})(?=[\s>/])", re.IGNORECASE)
_NUMBERING = re.compile(r"^\s*(?:第?[一二三四五六七八九十百]+[、章节.．]|[（(][一二三四五六七八九十]+[）)]|\d+[.．、])\s*")
_NOT_IN_ID = re.compile(r"[^\w\u3400-\u9fff]+")


def _only_numbers(tag: str, name: str, value: str) -> str | None:
    return value if name not in ("start", "colspan", "rowspan") or re.fullmatch(r"\d{1,3}", value) else None


_sanitiser = nh3.Cleaner(
    tags=BLOCKS | INLINES,
    attributes=ATTRIBUTES,
    attribute_filter=_only_numbers,
    clean_content_tags={"script", "style", "template", "iframe", "object", "svg", "math", "title"},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer",
)


class Heading(NamedTuple):
    level: int  # 2 or 3
    id: str  # made from the heading's words, so that it stays when other sections come and go
    text: str


class Rendered(NamedTuple):
    html: str  # of the closed schema, headings carrying ids
    plain_text: str  # one line a block; what search indexes
    prose: str  # plain_text without headings and tables, labels run in; what excerpts are cut from
    headings: list[Heading]


def clean(html: str) -> Rendered:
    """Sanitise `html` to the closed schema and take from it what pages and search need.

    >>> clean('<h2 onclick="x()">一、用途</h2>看<script>x</script>病').html
    '<h2 id="用途">一、用途</h2><p>看病</p>'
    """
    # nh3 writes every text as escaped, well-formed HTML, so the second, structural reading is simple.
    reader = _StructureReader()
    reader.feed(_sanitiser.clean(_RENAME.sub(_renamed, strip_controls(html))))
    reader.close()
    return reader.result()


def _renamed(match: re.Match[str]) -> str:
    return f"<{match[1]}{RENAMED[match[2].lower()]}"


def _attribute(name: str, value: str | None) -> str:
    return f' {name}="{escape(value or "")}"'


class _StructureReader(HTMLParser):
    """Gives headings their ids, puts loose text into paragraphs, drops empty blocks, collects the text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.open: list[str] = []
        self.blocks: list[tuple[str, str]] = []  # (tag, text)
        self.buffer: list[str] = []
        self.bold = 0  # characters of the buffer inside <strong>
        self.headings: list[Heading] = []
        self.heading_start = 0
        self.loose = False  # inside a paragraph that was opened for loose text

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._open_for_text()
            self.out.append("<br>")
            self.buffer.append("\n")
            return
        if tag in BLOCKS:
            self._end_block()
            if tag in ("h2", "h3"):
                self.heading_start = len(self.out)
        else:
            self._open_for_text()
        self.open.append(tag)
        self.out.append(f"<{tag}{''.join(_attribute(*pair) for pair in attrs)}>")

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.open:
            return
        if tag in BLOCKS:
            self._end_block()
        while self.open:
            top = self.open.pop()
            self.out.append(f"</{top}>")
            if top == tag:
                break
        if tag in ("h2", "h3"):
            self._number_heading(int(tag[1]))
        elif tag in BLOCKS:
            self._drop_if_empty(tag)

    def handle_data(self, data: str) -> None:
        data = re.sub(r"\s+", " ", data)
        if not data.strip() and not (self.buffer and self.open):
            return
        self._open_for_text()
        self.out.append(escape(data, quote=False))
        self.buffer.append(data)
        self.bold += len(data) if "strong" in self.open else 0

    def _open_for_text(self) -> None:
        if not any(tag in BLOCKS for tag in self.open):
            self.loose = True
            self.open.append("p")
            self.out.append("<p>")

    def _end_block(self) -> None:
        """Text of the block that ends here, or that a nested block interrupts."""
        text = "".join(self.buffer).strip()
        if text:
            block = next((tag for tag in reversed(self.open) if tag in BLOCKS), "p")
            if self.bold >= len(text) and block in ("p", "li") and text[-1] not in SENTENCE_ENDS:
                block = "label"
            self.blocks.append((block, re.sub(r" *\n *", "\n", text)))
        self.buffer.clear()
        self.bold = 0
        if self.loose:
            self.loose = False
            while self.open:
                self.out.append(f"</{self.open.pop()}>")

    def _number_heading(self, level: int) -> None:
        text = self.blocks[-1][1].replace("\n", " ") if self.blocks and self.blocks[-1][0] == f"h{level}" else ""
        if len(self.out) - self.heading_start <= 2 or not text:
            del self.out[self.heading_start :]
            return
        taken = {heading.id for heading in self.headings}
        slug = base = _NOT_IN_ID.sub("-", _NUMBERING.sub("", text).lower()).strip("-")[:40] or "section"
        number = 2
        while slug in taken:
            slug, number = f"{base}-{number}", number + 1
        self.out[self.heading_start] = f'<h{level} id="{slug}">'
        self.headings.append(Heading(level, slug, text))

    def _drop_if_empty(self, tag: str) -> None:
        # An empty cell keeps its place in the table; any other empty block is a left-over of pasting.
        if tag in ("td", "th"):
            return
        start = len(self.out) - 2
        while start > 0 and self.out[start] == "<br>":
            start -= 1
        if start >= 0 and self.out[start].startswith(f"<{tag}"):
            del self.out[start:]

    def result(self) -> Rendered:
        self._end_block()
        self.out.extend(f"</{tag}>" for tag in reversed(self.open))
        skipped = {"h2", "h3", "td", "th"}
        prose = "".join(text.rstrip("：:") + "：" if tag == "label" else text + "\n" for tag, text in self.blocks if tag not in skipped)
        return Rendered("".join(self.out), "\n".join(text for _, text in self.blocks), prose.strip(), self.headings)
