"""Two editors changed the same text: both changes in one, and a question for every part that they changed differently.

A part is a field, an entry of a list, or a block of the body: a paragraph, a heading, a table, an item of a list. What only one of
them touched is taken as it became; what both made the same is no question. Of what either has written nothing goes without being asked.
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any, NamedTuple

from articles.content import BOTH, ArticleContent
from articles.difference import common_runs

MINE, THEIRS = "mine", "theirs"
ALIKE = 0.3  # share of common character pairs from which a block is a changed one, not another one
SAME_MATTER = 0.6  # two new blocks at one place that are so alike say the same thing differently: asked, not both taken
PAIRS = 10_000  # blocks that are compared with each other in one gap; beyond, the first is taken for the first

_LISTS = {"ul", "ol"}
_CONTAINERS = _LISTS | {"li", "blockquote"}
_LEAVES = {"p", "h2", "h3", "table"}
_TAG = re.compile(r"<[^>]*>")
# What the editor writes otherwise than the sanitiser, without a change by anybody.
_MEANINGLESS = re.compile(r'(?<=<h[23]) id="[^"]*"| (?:col|row)span="1"|</?tbody>')
_AROUND_A_CELL = re.compile(r"(<t[dh][^>]*>)<p>|</p>(?=</t[dh]>)")


class Conflict(NamedTuple):
    """A part that both changed differently. HTML in the body, a tuple of one Source in the sources; empty: it is not there (any more)."""

    key: str
    field: str
    base: Any
    mine: Any
    theirs: Any

    @property
    def choices(self) -> list[str]:
        return [MINE, THEIRS] + ([BOTH] if self.field in _IN_PIECES and self.mine and self.theirs else [])


@dataclass(frozen=True, slots=True)
class _Question:
    base: Any
    mine: Any
    theirs: Any


class Merged:
    """What came of a merge: the conflicts, and the content once they are answered."""

    def __init__(self, pieces: dict[str, list[Any]]):
        self._pieces = pieces
        self.conflicts = [
            Conflict(f"{field}-{number}", field, piece.base, piece.mine, piece.theirs)
            for field, row in pieces.items()
            for number, piece in enumerate(row)
            if isinstance(piece, _Question)
        ]

    def content(self, chosen: Mapping[str, str] | None = None) -> ArticleContent:
        """`chosen`: the key of each conflict -> one of its choices. What is missing is taken as mine."""
        chosen = chosen or {}
        return ArticleContent(
            **{
                field: _joined(field, [_answer(piece, chosen.get(f"{field}-{number}", MINE)) for number, piece in enumerate(row)])
                for field, row in self._pieces.items()
            }
        )


def merge(base: ArticleContent, mine: ArticleContent, theirs: ArticleContent) -> Merged:
    """All three tidied, as they are stored. `base` is what both began with.

    >>> text = "<p>凭身份证办理。</p><p>当天生效。</p>"
    >>> mine, theirs = text.replace("身份证", "社保卡"), text.replace("当天", "次日")
    >>> merge(*(ArticleContent("怎么办？", body=body) for body in (text, mine, theirs))).content().body
    '<p>凭社保卡办理。</p><p>次日生效。</p>'
    """
    sides = base, mine, theirs
    return Merged({field.name: _pieces(field.name, *(getattr(side, field.name) for side in sides)) for field in fields(ArticleContent)})


def _pieces(name: str, base: Any, mine: Any, theirs: Any) -> list[Any]:
    if name in _IN_PIECES:
        return _reconciled(*(_IN_PIECES[name](value) for value in (base, mine, theirs)))
    if mine == theirs or theirs == base:
        return [mine]
    if mine == base:
        return [theirs]
    # No region means the whole country: that is no empty set to add to.
    if isinstance(base, tuple) and (name != "regions" or (base and mine and theirs)):
        return [_united(base, mine, theirs)]
    return [_Question(base, mine, theirs)]


def _united(base: tuple, mine: tuple, theirs: tuple) -> tuple:
    """What either added, without what either removed, in my order."""
    gone = (set(base) - set(mine)) | (set(base) - set(theirs))
    return tuple(dict.fromkeys(entry for entry in mine + theirs if entry not in gone))


def _joined(field: str, values: list[Any]) -> Any:
    if field == "body":
        return "".join(values)
    return sum(values, ()) if field in _IN_PIECES else values[0]


def _answer(piece: Any, choice: str) -> Any:
    if not isinstance(piece, _Question):
        return piece
    if choice == BOTH and isinstance(piece.mine, str):
        return _as_block(piece.mine) + _as_block(piece.theirs)
    return piece.mine + piece.theirs if choice == BOTH else piece.theirs if choice == THEIRS else piece.mine


def _as_block(html: str) -> str:
    """Text that stands by itself in an item would grow together with what follows."""
    return html if re.match(r"<(?:p|h2|h3|table|ul|ol|li|blockquote)\b", html) else f"<p>{html}</p>"


# Parts


class _Part(NamedTuple):
    """A block or a source. Of a container `value` is the whole, `opening` the tag that begins it."""

    value: Any
    key: Hashable  # equal where nothing differs that anybody wrote
    words: str
    kind: str = ""
    opening: str = ""
    children: "tuple[_Part, ...] | None" = None


class _Blocks(HTMLParser):
    """The blocks of a clean body: nested where lists and quotations are."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=False)
        self.open: list[tuple[str, str, list[_Part]]] = [("", "", [])]
        self.leaf: list[str] = []
        self.depth = 0  # tags that are open inside the leaf
        self.feed(html)
        self.close()
        self._end_leaf()

    def whole(self) -> _Part:
        return _container(*self.open[0])

    def handle_starttag(self, tag, attrs):
        if not self.depth and tag in _CONTAINERS:
            self._end_leaf()
            self.open.append((tag, self.get_starttag_text(), []))
            return
        if not self.depth and tag in _LEAVES:
            self._end_leaf()
        self.leaf.append(self.get_starttag_text())
        self.depth += tag != "br"

    def handle_endtag(self, tag):
        if self.depth:
            self.leaf.append(f"</{tag}>")
            self.depth -= 1
            if not self.depth and tag in _LEAVES:
                self._end_leaf()
        else:
            self._end_leaf()
            part = _container(*self.open.pop())
            self.open[-1][2].append(part)

    def handle_data(self, data):
        self.leaf.append(data)

    def handle_entityref(self, name):
        self.leaf.append(f"&{name};")

    def handle_charref(self, name):
        self.leaf.append(f"&#{name};")

    def _end_leaf(self):
        if html := "".join(self.leaf):
            self.open[-1][2].append(_leaf(html, self.open[-1][0]))
        self.leaf = []


def _leaf(html: str, parent: str) -> _Part:
    key = _AROUND_A_CELL.sub(r"\1", _MEANINGLESS.sub("", html))
    if parent == "li":
        key = key.removeprefix("<p>").removesuffix("</p>")
    return _Part(html, key, _TAG.sub("", html))


def _container(tag: str, opening: str, children: Iterable[_Part]) -> _Part:
    children = tuple(children)
    html = "".join(child.value for child in children)
    return _Part(
        f"{opening}{html}</{tag}>" if tag else html,
        (opening, *(child.key for child in children)),
        "".join(child.words for child in children),
        "list" if tag in _LISTS else tag,
        opening,
        children,
    )


def _of_sources(sources: tuple) -> _Part:
    parts = tuple(_Part((source,), source, f"{source.title} {source.number} {source.url}") for source in sources)
    return _Part(sources, sources, "", children=parts)


_IN_PIECES = {"body": lambda html: _Blocks(html).whole(), "sources": _of_sources}


def _reconciled(base: _Part | None, mine: _Part | None, theirs: _Part | None) -> list[Any]:
    """One part of three versions: its pieces in order, values and questions. None: the part is not there."""
    keys = [part and part.key for part in (base, mine, theirs)]
    if keys[1] in (keys[0], keys[2]):
        return [theirs.value] if theirs else []
    if keys[2] == keys[0]:
        return [mine.value] if mine else []
    if base and mine and theirs and all(part.children is not None and part.kind == base.kind for part in (base, mine, theirs)):
        opening = _unless_both(base.opening, mine.opening, theirs.opening)
        if opening is not None:
            inside = _Rows(base.children, mine.children, theirs.children).merged()
            return [opening, *inside, f"</{opening[1:-1].split()[0]}>"] if opening else inside
    nothing = () if isinstance((mine or theirs).value, tuple) else ""
    return [_Question(*(part.value if part else nothing for part in (base, mine, theirs)))]


def _unless_both(base: str, mine: str, theirs: str) -> str | None:
    """The one that was changed; None where both were, differently."""
    if mine == theirs or theirs == base:
        return mine
    return theirs if mine == base else None


# Rows of parts


class _Rows:
    """Three rows of parts become one: mine, with what they added, changed, moved and deleted carried into it."""

    def __init__(self, base: Sequence[_Part], mine: Sequence[_Part], theirs: Sequence[_Part]):
        self.base, self.mine, self.theirs = base, mine, theirs
        self.in_mine, moved_by_me = _aligned(base, mine)  # place in the base -> place in mine; missing: I deleted it
        self.in_theirs, moved_by_them = _aligned(base, theirs)
        self.of_mine = {place: origin for origin, place in self.in_mine.items()}
        self.of_theirs = {place: origin for origin, place in self.in_theirs.items()}
        self.moved = moved_by_them - moved_by_me
        self.met: dict[int, _Part] = {}  # place of a new part of mine -> a new one of theirs that says the same matter

    def merged(self) -> list[Any]:
        brought = self._brought()
        pieces = brought[-1]
        for place, part in enumerate(self.mine):
            pieces += self._of_mine(place, part) + brought[place]
        return pieces

    def _of_mine(self, place: int, part: _Part) -> list[Any]:
        origin = self.of_mine.get(place)
        if origin is None:
            return _reconciled(None, part, self.met.get(place))
        if origin in self.moved:
            return []
        there = self.in_theirs.get(origin)
        return _reconciled(self.base[origin], part, None if there is None else self.theirs[there])

    def _brought(self) -> dict[int, list[Any]]:
        """What theirs puts where mine has nothing of the kind, by the place in mine behind which it goes; -1 is the beginning."""
        brought, ends, behind = defaultdict(list), self._ends(), -1
        for place, part in enumerate(self.theirs):
            origin = self.of_theirs.get(place)
            if origin is None:
                if not self._meets(part, behind, ends[behind]):
                    brought[ends[behind]] += [part.value]
            elif origin not in self.in_mine:
                brought[ends[behind]] += _reconciled(self.base[origin], None, part)
            elif origin in self.moved:
                brought[ends[behind]] += _reconciled(self.base[origin], self.mine[self.in_mine[origin]], part)
            else:
                behind = self.in_mine[origin]
        return brought

    def _ends(self) -> dict[int, int]:
        """For each place of mine the last of the new parts right behind it: what I added stands before what they added."""
        ends = {len(self.mine) - 1: len(self.mine) - 1}
        for place in range(len(self.mine) - 2, -2, -1):
            ends[place] = place if place + 1 in self.of_mine else ends[place + 1]
        return ends

    def _meets(self, part: _Part, behind: int, end: int) -> bool:
        """Whether I have put something new at the same place that says the same, or nearly; if so, both become one part."""
        for place in range(behind + 1, end + 1):
            if place not in self.met and (self.mine[place].key == part.key or _likeness(self.mine[place], part) >= SAME_MATTER):
                self.met[place] = part
                return True
        return False


def _aligned(base: Sequence[_Part], side: Sequence[_Part]) -> tuple[dict[int, int], set[int]]:
    """Where each part of `base` stands in `side`, changed or not, and which have moved. What was deleted is missing."""
    runs = list(common_runs([part.key for part in base], [part.key for part in side]))
    found = {a + step: b + step for a, b, size in runs for step in range(size)}
    moved = _moved(base, side, found)
    taken = set(found.values()) | set(moved.values())
    for (a, b, size), (next_a, next_b, _) in pairwise([(0, 0, 0), *runs]):
        left = [place for place in range(a + size, next_a) if place not in moved]
        right = [place for place in range(b + size, next_b) if place not in taken]
        found |= _paired(base, side, left, right)
    return found | moved, set(moved)


def _moved(base: Sequence[_Part], side: Sequence[_Part], found: dict[int, int]) -> dict[int, int]:
    left = _only_once(base, found.keys())
    right = _only_once(side, set(found.values()))
    return {left[key]: right[key] for key in left.keys() & right.keys()}


def _only_once(row: Sequence[_Part], without: Iterable[int]) -> dict[Hashable, int]:
    without, places = set(without), defaultdict(list)
    for place, part in enumerate(row):
        if place not in without:
            places[part.key].append(place)
    return {key: found[0] for key, found in places.items() if len(found) == 1}


def _paired(base: Sequence[_Part], side: Sequence[_Part], left: list[int], right: list[int]) -> dict[int, int]:
    """Between two equal runs: which part became which. By likeness as long as it is to be had, the rest by order."""
    if len(left) * len(right) in (0, 1) or len(left) * len(right) > PAIRS:
        return dict(zip(left, right, strict=False))
    alike = [(0, 0), *_most_alike([[_likeness(base[a], side[b]) for b in right] for a in left])]
    found = {}
    for (a, b), (next_a, next_b) in pairwise([*alike, (len(left) + 1, len(right) + 1)]):
        found |= dict(zip(left[max(a - 1, 0) : a], right[max(b - 1, 0) : b], strict=True))
        found |= dict(zip(left[a : next_a - 1], right[b : next_b - 1], strict=False))
    return found


def _most_alike(likeness: list[list[float]]) -> list[tuple[int, int]]:
    """The pairs, in order and counted from 1, whose likeness sums up to the most (Needleman and Wunsch, gaps for nothing)."""
    height, width = len(likeness), len(likeness[0])
    best = [[0.0] * (width + 1) for _ in range(height + 1)]
    for a in range(1, height + 1):
        for b in range(1, width + 1):
            best[a][b] = max(best[a - 1][b], best[a][b - 1], best[a - 1][b - 1] + _weight(likeness[a - 1][b - 1]))
    pairs, a, b = [], height, width
    while a and b:
        if best[a][b] == best[a - 1][b]:
            a -= 1
        elif best[a][b] == best[a][b - 1]:
            b -= 1
        else:
            pairs.append((a, b))
            a, b = a - 1, b - 1
    return pairs[::-1]


def _weight(likeness: float) -> float:
    return likeness if likeness >= ALIKE else 0.0


def _likeness(one: _Part, other: _Part) -> float:
    """Share of common character pairs (Dice's coefficient), 0 to 1."""
    pairs = [set(zip(part.words, part.words[1:], strict=False)) for part in (one, other)]
    return 2 * len(pairs[0] & pairs[1]) / max(1, len(pairs[0]) + len(pairs[1]))
