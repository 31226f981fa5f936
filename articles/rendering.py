"""From what an editor typed or pasted to HTML that is safe to store and print.

The only file that knows the sanitiser. Every write path goes through clean(), which reads what it wrote
as the same document, so that saving again changes nothing.
"""

import re
from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser
from itertools import pairwise
from typing import NamedTuple

import nh3

from articles.text import SENTENCE_ENDS, strip_controls

BLOCKS = {"p", "h2", "h3", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}
INLINES = {"strong", "em", "a", "br"}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
# Same meaning, other name: kept as structure instead of being flattened into the text before it.
RENAMED = {"b": "strong", "i": "em", "h1": "h2", "h4": "h3", "h5": "h3", "h6": "h3"}
RENAMED |= dict.fromkeys(("div", "section", "article", "main", "header", "footer", "figure", "figcaption"), "p")
RENAMED |= dict.fromkeys(("pre", "dl", "dt", "dd", "address", "center", "caption"), "p")

_MARKS = {"strong", "em", "a"}
_HEADINGS = {"h2", "h3"}
_LISTS = {"ul", "ol"}
_CELLS = {"td", "th"}
_PLACES = {"thead": {"table"}, "tbody": {"table"}, "tr": {"table", "thead", "tbody"}, "td": {"tr"}, "th": {"tr"}}
_DEPTH = 24  # levels of nesting; what lies deeper is flattened
_ROOM = {"ul": 2, "ol": 2, "li": 2, "table": 4, "blockquote": 1}  # levels that a tag takes, with what must stand around its text

_NUMBERING = re.compile(r"^\s*(?:第?[一二三四五六七八九十百]+[、章节.．]|[（(][一二三四五六七八九十]+[）)]|\d+[.．、])\s*")
_NOT_IN_ID = re.compile(r"[^\w\u3400-\u9fff]+")


def _checked(tag: str, name: str, value: str) -> str | None:
    if name in ("start", "colspan", "rowspan"):
        return value if re.fullmatch(r"[0-9]{1,3}", value) else None
    return strip_controls(value)


_sanitiser = nh3.Cleaner(
    tags=BLOCKS | INLINES | set(RENAMED),
    attributes=ATTRIBUTES | {"*": set()},  # without this, title and lang on every tag
    attribute_filter=_checked,
    clean_content_tags={"script", "style", "template", "iframe", "object", "svg", "math", "title"},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer",
)


# Ids of the page around the article, which a heading of one English word could take.
PAGE_IDS = ("answer", "categories", "category", "main", "newest", "phrasings", "q", "related", "sources", "tags")


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
    reader = _Reader()
    reader.feed(_sanitiser.clean(strip_controls(html)))
    reader.close()
    reader.root.prune()
    return _Writer(reader.root).result()


class _Mark(NamedTuple):
    tag: str
    attributes: str


class _Run:
    """The text of one paragraph or heading; `tag` is None for text that stands in an item or cell by itself."""

    def __init__(self, tag: str | None):
        self.tag = tag
        self.pieces: list[tuple[str, tuple[_Mark, ...]]] = []  # (text, marks around it); a line break is "\n"

    def add(self, text: str, marks: tuple[_Mark, ...]) -> None:
        if not self.pieces or self.pieces[-1][0][-1].isspace():
            text = text if text == "\n" and self.pieces else text.lstrip()
        if text == "\n":
            self._strip_end(" ")
        if text:
            self.pieces.append((text, marks))

    def prune(self) -> bool:
        self._strip_end(" \n")
        return bool(self.pieces)

    def _strip_end(self, spaces: str) -> None:
        while self.pieces:
            text, marks = self.pieces.pop()
            if text := text.rstrip(spaces):
                self.pieces.append((text, marks))
                return

    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)

    def is_label(self) -> bool:
        """All in bold, and not a sentence: it names what the next block says."""
        bold = all(any(mark.tag == "strong" for mark in marks) for text, marks in self.pieces if text.strip())
        return bold and self.text()[-1] not in SENTENCE_ENDS

    def html(self) -> str:
        out, around = [], ()
        for text, marks in [*self.pieces, ("", ())]:
            same = _common(around, marks)
            out.extend(f"</{mark.tag}>" for mark in reversed(around[same:]))
            out.extend(f"<{mark.tag}{mark.attributes}>" for mark in marks[same:])
            out.append("<br>" if text == "\n" else escape(text, quote=False))
            around = marks
        return "".join(out)


def _common(around: tuple[_Mark, ...], marks: tuple[_Mark, ...]) -> int:
    """How many of the open marks stay open for the next text."""
    length = min(len(around), len(marks))
    return next((i for i in range(length) if around[i] != marks[i]), length)


class _Node:
    """A list, item, table, row, cell or quotation; without a tag the whole body, or what stood loose in a table."""

    def __init__(self, tag: str = "", attributes: str = "", parent: "_Node | None" = None):
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.depth: int = parent.depth + 1 if parent else 0
        self.children: list[_Node | _Run] = []

    def add(self, tag: str, attributes: str = "") -> "_Node":
        self.children.append(_Node(tag, attributes, self))
        return self.children[-1]

    def prune(self) -> bool:
        """Drop empty blocks, the left-overs of pasting; False when nothing is left. An empty cell keeps its place."""
        self.children = [child for child in self.children if child.prune()]
        for before, after in pairwise(self.children):
            if isinstance(before, _Run) and isinstance(after, _Run) and before.tag is None:
                after.tag = after.tag or "p"  # what stood between them is gone, and they must not grow together
        return self.tag in _CELLS or (bool(self.children) and (self.tag != "table" or self.has_text()))

    def has_text(self) -> bool:
        return any(isinstance(child, _Run) or child.has_text() for child in self.children)


class _Here(NamedTuple):
    """Where the text that comes next belongs."""

    node: _Node
    paragraph: str | None  # the p, h2 or h3 that is open in the node
    marks: tuple[_Mark, ...]  # open around the text, the outermost first


class _Reader(HTMLParser):
    """Builds the document: runs of text in nodes that may hold text, lists of items, tables of rows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Node()
        self.open = [_Here(self.root, None, ())]  # one more for each open tag, so that closing is a pop
        self.run: _Run | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag, here = RENAMED.get(tag, tag), self.open[-1]
        if tag == "br":
            self._add("\n")
            return
        attributes = "".join(f' {name}="{escape(value or "")}"' for name, value in attrs)
        if tag in _MARKS:
            self.open.append(here._replace(marks=_with_mark(here.marks, _Mark(tag, attributes))))
            return
        self.run = None
        if tag == "p" or tag in _HEADINGS:
            self.open.append(here._replace(paragraph=here.paragraph if here.paragraph in _HEADINGS else tag))
        else:
            parent = self._parent(tag)
            self.open.append(_Here(parent.add(tag, attributes), None, ()) if parent else here)

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()
        if RENAMED.get(tag, tag) not in _MARKS:
            self.run = None

    def handle_data(self, data: str) -> None:
        # Once more: &#8203; and its like are characters only now.
        self._add(re.sub(r"\s+", " ", strip_controls(data)))

    def _add(self, text: str) -> None:
        if self.run is None:
            if not text.strip():
                return
            here = self.open[-1]
            node = _holder(here.node)
            self.run = _Run(here.paragraph or ("p" if node.tag in ("", "blockquote") else None))
            node.children.append(self.run)
        self.run.add(text, self.open[-1].marks)

    def _parent(self, tag: str) -> _Node | None:
        """The node that may hold `tag` here; None where it means nothing, or lies too deep, and only its text is kept."""
        node = self.open[-1].node
        if tag in _PLACES:
            return node if node.tag in _PLACES[tag] else None
        if tag == "li" and node.tag in _LISTS:
            return node
        node = _holder(node)
        if node.depth + _ROOM[tag] > _DEPTH:
            return None
        return node if tag != "li" else _list_of_strays(node)


def _with_mark(marks: tuple[_Mark, ...], mark: _Mark) -> tuple[_Mark, ...]:
    useless = (mark.tag == "a" and " href=" not in mark.attributes) or any(open.tag == mark.tag for open in marks)
    return marks if useless else (*marks, mark)


def _holder(node: _Node) -> _Node:
    """The node itself where it may hold text; else the last item of the list, or a place before the table."""
    if node.tag in _LISTS:
        return node.children[-1] if node.children else node.add("li")
    if node.tag in ("table", "thead", "tbody", "tr"):
        return _before(node)
    return node


def _before(part: _Node) -> _Node:
    table = part
    while table.tag != "table":
        table = table.parent
    siblings = table.parent.children
    at = siblings.index(table)
    if at and isinstance(siblings[at - 1], _Node) and not siblings[at - 1].tag:
        return siblings[at - 1]
    siblings.insert(at, _Node(parent=table.parent))
    return siblings[at]


def _list_of_strays(node: _Node) -> _Node:
    """The list for items that stand outside of any; neighbours share one."""
    last = node.children[-1] if node.children else None
    return last if isinstance(last, _Node) and last.tag == "ul" else node.add("ul")


class _Writer:
    """HTML, headings and texts of a document."""

    def __init__(self, root: _Node) -> None:
        self.out: list[str] = []
        self.blocks: list[tuple[str, str]] = []  # (what _kind() says, text)
        self.headings: list[Heading] = []
        self.taken = dict.fromkeys(PAGE_IDS, 1)  # id: the last number that was put behind it
        self._write(root, in_table=False)

    def _write(self, node: _Node, *, in_table: bool) -> None:
        in_table = in_table or node.tag in _CELLS
        for child in node.children:
            if isinstance(child, _Run):
                self._write_run(child, in_table)
            elif child.tag:
                self.out.append(f"<{child.tag}{child.attributes}>")
                self._write(child, in_table=in_table)
                self.out.append(f"</{child.tag}>")
            else:
                self._write(child, in_table=in_table)

    def _write_run(self, run: _Run, in_table: bool) -> None:
        text = run.text()
        if run.tag in _HEADINGS:
            heading = Heading(int(run.tag[1]), self._id(text), text.replace("\n", " "))
            self.headings.append(heading)
            self.out.append(f'<{run.tag} id="{heading.id}">{run.html()}</{run.tag}>')
        else:
            self.out.append(f"<p>{run.html()}</p>" if run.tag else run.html())
        self.blocks.append((_kind(run, in_table), text))

    def _id(self, text: str) -> str:
        base = _NOT_IN_ID.sub("-", _NUMBERING.sub("", text).lower()).strip("-")[:40].strip("-") or "section"
        number = self.taken.get(base, 0) + 1
        while number > 1 and f"{base}-{number}" in self.taken:
            number += 1
        self.taken[base] = number
        slug = base if number == 1 else f"{base}-{number}"
        self.taken.setdefault(slug, 1)
        return slug

    def result(self) -> Rendered:
        plain_text = "\n".join(text for _, text in self.blocks)
        return Rendered("".join(self.out), plain_text, "\n".join(self._prose()) or plain_text, self.headings)

    def _prose(self) -> Iterator[str]:
        """The text blocks, each behind the label that stands right before it. A label with nothing to name is left out."""
        label = ""
        for (kind, text), (following, _) in pairwise([*self.blocks, ("apart", "")]):
            names = kind in ("label", "bold item") and following == "text"
            if kind == "text" or (kind == "bold item" and not names):
                yield label + text
            label = text.rstrip("：:") + "：" if names else ""


def _kind(run: _Run, in_table: bool) -> str:
    if in_table or run.tag in _HEADINGS:
        return "apart"
    if not run.is_label():
        return "text"
    return "label" if run.tag else "bold item"
