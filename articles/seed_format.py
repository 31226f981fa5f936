"""The plain-text form of a published page, as health portals' archives hold it.

Title, sometimes a short answer, a lead, sections (一、), numbered items, • bullets nested by indentation,
a closing paragraph, the disclaimer line, then 相关推荐 with title, excerpt and “栏目 日期” for each item.
Formatting got lost on the way: bold labels survive as a space before a colon, punctuation became ASCII.
"""

import re
from datetime import date
from html import escape
from typing import NamedTuple

from articles.text import HAN, SENTENCE_ENDS, restore_punctuation, strip_controls

DISCLAIMER = re.compile(r"^\s*提示\s*[:：]\s*本内容不能代替面诊")
RELATED = "相关推荐"
SHORT_ANSWER_LIMIT = 40
LABEL_LIMIT = 30
DEEPEST = 10  # levels of lists; what is indented further joins the last one

_SECTION = re.compile(r"^\s*[一二三四五六七八九十]{1,3}、\s*\S")
_SUBSECTION = re.compile(r"^\s*[（(][一二三四五六七八九十]{1,3}[）)]\s*\S")
_ORDERED = re.compile(r"^(\s*)(\d{1,2})[.．、)）](?!\d)\s*(\S.*)$")
_BULLET = re.compile(r"^(\s*)(?:[•●▪◦‣·]\s*|[-*]\s+)(\S.*)$")
_LOST_BOLD = re.compile(rf"^([^：:。，,；;]{{1,{LABEL_LIMIT}}}?)\s+[：:]\s*")
_STRAY_SPACE = re.compile(rf"(?<=[{HAN}”』」）)])[ \u00a0]+(?=[：:，,。；;！!？?])")
_BYLINE = re.compile(r"^\s*\S+\s+(\d{4}-\d{2}-\d{2})\s*$")


class FormatError(ValueError):
    """The text is not a whole document of this form; str() says why, `line` where (from 1)."""

    def __init__(self, message: str, line: int):
        super().__init__(message)
        self.line = line


class Teaser(NamedTuple):
    """One item of 相关推荐."""

    title: str
    excerpt: str
    date: date


class Document(NamedTuple):
    title: str
    short_answer: str
    body: str  # HTML
    related: list[Teaser]


class Line(NamedTuple):
    number: int
    indent: int
    text: str


def parse(text: str) -> Document:
    """Read one document. Raises FormatError where it is not one, or stops before its end."""
    lines = [Line(number, len(raw) - len(raw.lstrip()), raw.strip()) for number, raw in enumerate(_raw_lines(text), 1)]
    end = next((i for i, line in enumerate(lines) if DISCLAIMER.match(line.text)), None)
    if end is None or (end == len(lines) - 1 and lines[end].text[-1] not in SENTENCE_ENDS + "."):
        raise FormatError("没有找到结尾的“提示：本内容不能代替面诊”一行，文件可能不完整", len(lines) or 1)
    filled = [i for i, line in enumerate(lines[:end]) if line.text]
    if len(filled) < 2:
        raise FormatError("缺少标题或正文", 1)
    title = _tidy(lines[filled[0]].text)
    short_answer, start = _short_answer(lines, filled)
    return Document(title, short_answer, _Body(lines[start:end]).html(), _related(lines[end + 1 :]))


def _raw_lines(text: str) -> list[str]:
    # Only real line ends: str.splitlines() would also break at form feeds and the like.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u3000", "  ").expandtabs(4).split("\n")
    return [strip_controls(line.replace("\u00a0", " ")) for line in lines]


def _tidy(text: str) -> str:
    return restore_punctuation(_STRAY_SPACE.sub("", text))


def _short_answer(lines: list[Line], filled: list[int]) -> tuple[str, int]:
    """The stand-alone answer between title and lead, and the index of the line after it; none is invented."""
    first = filled[1]
    candidate = lines[first]
    alone = first + 1 < len(lines) and not lines[first + 1].text
    lead = lines[filled[2]] if len(filled) > 2 else None
    if (
        alone
        and lead
        and _is_prose(candidate)
        and _is_prose(lead)
        and len(candidate.text) <= SHORT_ANSWER_LIMIT
        and candidate.text[-1] not in "：:，,"
    ):
        return _tidy(candidate.text), first + 1
    return "", first


def _is_prose(line: Line) -> bool:
    return not any(pattern.match(line.text) for pattern in (_SECTION, _SUBSECTION, _ORDERED, _BULLET))


def _related(lines: list[Line]) -> list[Teaser]:
    filled = [line for line in lines if line.text]
    if not filled:
        return []
    if filled[0].text != RELATED:
        raise FormatError(f"结尾的提示之后应是“{RELATED}”，文件可能不完整", filled[0].number)
    teasers, item = [], []
    for line in filled[1:]:
        item.append(line)
        if byline := _BYLINE.match(line.text):
            teasers.append(_teaser(item, byline[1]))
            item = []
    if item:
        raise FormatError("相关推荐的最后一项没有日期，文件可能不完整", item[-1].number)
    return teasers


def _teaser(item: list[Line], day: str) -> Teaser:
    try:
        published = date.fromisoformat(day)
    except ValueError:
        raise FormatError(f"日期无效：{day}", item[-1].number) from None
    if len(item) < 2:
        raise FormatError("相关推荐里的一项没有标题", item[-1].number)
    return Teaser(_tidy(item[0].text), " ".join(_tidy(line.text) for line in item[1:-1]), published)


class _Item:
    """One list item: its own text, then paragraphs and lists below it."""

    def __init__(self, text: str):
        self.lines = [text]
        self.children: list[str | _List] = []

    def html(self) -> str:
        text = _inline(self.lines)
        if not self.children:
            return f"<li>{text}</li>"
        if (
            len(self.lines) == 1
            and len(self.lines[0]) <= LABEL_LIMIT
            and self.lines[0][-1] not in "。；;：:！？"
            and "<strong>" not in text
        ):
            text = f"<strong>{text}</strong>"
        below = "".join(child.html() if isinstance(child, _List) else f"<p>{child}</p>" for child in self.children)
        return f"<li><p>{text}</p>{below}</li>"


class _List:
    def __init__(self, indent: int, number: int | None):
        self.indent, self.start = indent, number
        self.items: list[_Item] = []

    def html(self) -> str:
        items = "".join(item.html() for item in self.items)
        if self.start is None:
            return f"<ul>{items}</ul>"
        return f"<ol>{items}</ol>" if self.start == 1 else f'<ol start="{self.start}">{items}</ol>'


class _Body:
    """Turns lines into HTML; `open` holds the lists that the next line may continue, the outermost first."""

    def __init__(self, lines: list[Line]):
        self.out: list[str] = []
        self.open: list[_List] = []
        self.paragraph: list[str] = []
        self.continues: list[str] | None = None  # lines of the item or paragraph that a soft break would continue
        for line in lines:
            self._take(line)
        self._close()

    def html(self) -> str:
        return "".join(self.out)

    def _take(self, line: Line) -> None:
        if not line.text:
            self._end_paragraph()
        elif _SECTION.match(line.text) and line.indent == 0:
            self._heading("h2", line)
        elif _SUBSECTION.match(line.text) and line.indent == 0:
            self._heading("h3", line)
        elif match := _ORDERED.match(line.text):
            self._item(line.indent, int(match[2]), match[3])
        elif match := _BULLET.match(line.text):
            self._item(line.indent, None, match[2])
        elif self.continues is not None:
            self.continues.append(line.text)
        else:
            self._text(line)

    def _heading(self, tag: str, line: Line) -> None:
        self._close()
        self.out.append(f"<{tag}>{escape(_tidy(line.text), quote=False)}</{tag}>")

    def _item(self, indent: int, number: int | None, text: str) -> None:
        self._end_paragraph()
        while self.open and self.open[-1].indent > indent:
            self._close_innermost()
        current = self.open[-1] if self.open else None
        deeper = current is not None and current.indent < indent and len(self.open) < DEEPEST
        starts_anew = current is not None and ((current.start is None) != (number is None) or number == 1)
        if starts_anew and not deeper:
            self._close_innermost()
        if current is None or deeper or starts_anew:
            current = _List(indent, number)
            self.open.append(current)
        current.items.append(_Item(text))
        self.continues = current.items[-1].lines

    def _text(self, line: Line) -> None:
        while self.open and self.open[-1].indent >= line.indent:
            self._close_innermost()
        self.paragraph = [line.text]
        self.continues = self.paragraph

    def _end_paragraph(self) -> None:
        if self.paragraph:
            html = _inline(self.paragraph)
            if self.open:
                self.open[-1].items[-1].children.append(html)
            else:
                self.out.append(f"<p>{html}</p>")
        self.paragraph, self.continues = [], None

    def _close_innermost(self) -> None:
        closed = self.open.pop()
        if self.open:
            self.open[-1].items[-1].children.append(closed)
        else:
            self.out.append(closed.html())

    def _close(self) -> None:
        self._end_paragraph()
        while self.open:
            self._close_innermost()


def _inline(lines: list[str]) -> str:
    """HTML of one paragraph: a label that lost its bold gets it back, soft line ends stay."""
    parts = []
    for line in lines:
        label = _LOST_BOLD.match(line)
        bold = f"<strong>{escape(restore_punctuation(label[1].strip()), quote=False)}</strong>：" if label else ""
        parts.append(bold + escape(_tidy(line[label.end() :] if label else line), quote=False))
    return "<br>".join(parts)
