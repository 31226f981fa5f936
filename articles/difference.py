"""Where two texts differ, character by character: side by side for two articles, in one column for two versions of one."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby, pairwise
from typing import NamedTuple

from articles.text import Segment

# Equal pairs of units that are looked at for one comparison; the time grows with them. Two articles of 2,000 characters have
# about 60,000. What is beyond is marked whole, so that no text, however long or odd, keeps an editor waiting.
PAIRS = 1_000_000
SHORTEST = 2  # an equal run shorter than this, between two differences, is chance

_UNIT = re.compile(r"[A-Za-z]+|[0-9]+(?:\.[0-9]+)?%?|\s+|.", re.S)  # a word or number of Latin signs is one, a Chinese character is one

Paragraph = list[Segment]

SAME, OUT, IN, RESTYLED = "same", "out", "in", "restyled"
END = "\n"  # of a line
END_SHOWN = "¶"  # where a line was split or joined
LONG = 240  # characters of an unchanged stretch beside a change, from which on its middle is folded
NEAR = 60  # characters that stay in sight at both ends
ALIKE = 0.25  # of the longer text: two lines that share less are shown one after the other, not woven into confetti


class Line(NamedTuple):
    """One block of a text: what kind of block it is, and its stretches with the formats that they carry."""

    pieces: tuple[tuple[str, tuple[str, ...]], ...]
    block: str = ""

    @classmethod
    def plain(cls, text: str) -> "Line":
        return cls(((text, ()),))


class Run(NamedTuple):
    """A stretch of a row. `kind`: in both versions (SAME; RESTYLED where only its formats differ), or in the old (OUT) or new one (IN)."""

    text: str
    kind: str
    was: tuple[str, ...] = ()
    now: tuple[str, ...] = ()

    @property
    def folds(self) -> bool:
        return self.kind == SAME and len(self.text) > LONG

    @property
    def head(self) -> str:
        return self.text[:NEAR]

    @property
    def middle(self) -> str:
        return self.text[NEAR:-NEAR]

    @property
    def tail(self) -> str:
        return self.text[-NEAR:]

    @property
    def restyling(self) -> str:
        gained = [style for style in self.now if style not in self.was]
        lost = [f"取消{style}" for style in self.was if style not in self.now]
        return "，".join(gained + lost)


class Row(NamedTuple):
    """One line of the text in which both versions stand."""

    runs: list[Run]
    block: str = ""
    was_block: str = ""  # where the new version has made another kind of block of it

    @property
    def changed(self) -> bool:
        return bool(self.was_block) or any(run.kind != SAME for run in self.runs)

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


def difference(left: str, right: str) -> tuple[list[Paragraph], list[Paragraph]]:
    """The paragraphs of both texts, with what the other one does not have marked.

    >>> difference("报销70%。", "报销85%。")[0]
    [[Segment(text='报销', marked=False), Segment(text='70%', marked=True), Segment(text='。', marked=False)]]
    """
    return _Comparison().of_texts(left, right)


def unified(old: Sequence[Line], new: Sequence[Line], *, whole: bool = False) -> list[Row]:
    """Both versions in one column: what went and what came stand beside each other. `whole`: a line is never compared within.

    >>> [(run.text, run.kind) for run in unified([Line.plain("报销70%。")], [Line.plain("报销85%。")])[0].runs]
    [('报销', 'same'), ('70%', 'out'), ('85%', 'in'), ('。', 'same')]
    """
    return _Comparison().of_lines(old, new, whole)


def common_runs(left: Sequence[Hashable], right: Sequence[Hashable]) -> Iterator[tuple[int, int, int]]:
    """What both have in the same order: (start left, start right, length) of each run, and the end of both with length 0."""
    return _Comparison().matches(left, right)


class _Comparison:
    def __init__(self):
        self.pairs_left = PAIRS

    def of_texts(self, left: str, right: str) -> tuple[list[Paragraph], list[Paragraph]]:
        lines = left.splitlines(), right.splitlines()
        sides: tuple[list[Paragraph], list[Paragraph]] = ([], [])
        done = 0, 0
        for a, b, size in self.matches(*lines):
            changed = self._of_units("\n".join(lines[0][done[0] : a]), "\n".join(lines[1][done[1] : b]))
            for side, part, own, start in zip(sides, changed, lines, (a, b), strict=True):
                side += _paragraphs(part)
                side += [[Segment(line, False)] for line in own[start : start + size] if line]
            done = a + size, b + size
        return sides

    def _of_units(self, left: str, right: str) -> tuple[Paragraph, Paragraph]:
        units = _UNIT.findall(left), _UNIT.findall(right)
        marked = [True] * len(units[0]), [True] * len(units[1])
        for a, b, size in self.matches(*units):
            at_an_end = not (a and b) or a + size == len(units[0]) or b + size == len(units[1])
            if size >= SHORTEST or at_an_end:
                marked[0][a : a + size] = marked[1][b : b + size] = [False] * size
        return _runs(units[0], marked[0]), _runs(units[1], marked[1])

    def of_lines(self, old: Sequence[Line], new: Sequence[Line], whole: bool) -> list[Row]:
        rows: list[Row] = []
        done = 0, 0
        for a, b, size in self.matches(old, new):
            gap = old[done[0] : a], new[done[1] : b]
            if whole:
                rows += _rows([(unit, None) for unit in _units(gap[0])]) + _rows([(None, unit) for unit in _units(gap[1])])
            else:
                rows += _rows(self._woven(*map(_units, gap)))
            rows += [Row([Run(text, SAME, styles, styles) for text, styles in line.pieces], line.block) for line in old[a : a + size]]
            done = a + size, b + size
        return rows

    def _woven(self, old: list["_Unit"], new: list["_Unit"]) -> "Iterator[_Pair]":
        """The units of both in reading order, paired where they are the same."""
        texts = [unit.text for unit in old], [unit.text for unit in new]
        kept = [(a, b, size) for a, b, size in self.matches(*texts) if size >= SHORTEST or a in (0, len(old) - size)]
        if sum(size for _, _, size in kept) < ALIKE * max(len(old), len(new)):
            kept = [(len(old), len(new), 0)]
        done = 0, 0
        for a, b, size in kept:
            yield from ((unit, None) for unit in old[done[0] : a])
            yield from ((None, unit) for unit in new[done[1] : b])
            yield from zip(old[a : a + size], new[b : b + size], strict=True)
            done = a + size, b + size

    def matches(self, left: Sequence[Hashable], right: Sequence[Hashable]) -> Iterator[tuple[int, int, int]]:
        """As common_runs()."""
        head = _common(left, right)
        tail = _common(left[head:][::-1], right[head:][::-1])
        middle = left[head : len(left) - tail], right[head : len(right) - tail]
        yield 0, 0, head
        for a, b, size in self._within_means(*middle):
            yield a + head, b + head, size
        yield len(left) - tail, len(right) - tail, tail
        yield len(left), len(right), 0

    def _within_means(self, left: Sequence[Hashable], right: Sequence[Hashable]) -> Sequence[tuple[int, int, int]]:
        there = Counter(right)
        pairs = sum(count * there[item] for item, count in Counter(left).items())
        if pairs > self.pairs_left:
            return []
        self.pairs_left -= pairs
        return SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()


def _common(left: Sequence[Hashable], right: Sequence[Hashable]) -> int:
    """How many items both begin with."""
    return next((i for i, (one, other) in enumerate(zip(left, right, strict=False)) if one != other), min(len(left), len(right)))


def _runs(units: Iterable[str], marked: Iterable[bool]) -> Paragraph:
    alike = groupby(zip(units, marked, strict=True), key=lambda pair: pair[1])
    return [Segment("".join(unit for unit, _ in group), mark) for mark, group in alike]


def _paragraphs(segments: Iterable[Segment]) -> list[Paragraph]:
    found: list[Paragraph] = [[]]
    for segment in segments:
        first, *more = segment.text.split("\n")
        found[-1].append(Segment(first, segment.marked))
        found.extend([Segment(line, segment.marked)] for line in more)
    return [kept for paragraph in found if (kept := [segment for segment in paragraph if segment.text])]


class _Unit(NamedTuple):
    text: str
    styles: tuple[str, ...]
    block: str


_Pair = tuple[_Unit | None, _Unit | None]


def _units(lines: Sequence[Line]) -> list[_Unit]:
    found: list[_Unit] = []
    for line in lines:
        if found:
            found.append(_Unit(END, (), line.block))
        found += [_Unit(unit, styles, line.block) for text, styles in line.pieces for unit in _UNIT.findall(text)]
    return found


def _rows(pairs: Iterable[_Pair]) -> list[Row]:
    rows: list[Row] = []
    line: list[_Pair] = []
    for pair in pairs:
        line.append(pair)
        if _ends(pair):
            rows += map(_row, _apart(line))
            line = []
    rows += map(_row, _apart(line))
    return [_without_end(row) if _all_of(following, row.runs[-1:]) else row for row, following in pairwise([*rows, Row([])])]


def _apart(line: list[_Pair]) -> list[list[_Pair]]:
    """A line that went and one that came in its place, with nothing in common, are two."""
    if any(old and new and not _ends((old, new)) for old, new in line):
        return [line]
    went, came = [pair for pair in line if pair[1] is None], [pair for pair in line if pair[0] is None]
    return [side for side in (went, came) if not all(map(_ends, side))]


def _all_of(row: Row, end: list[Run]) -> bool:
    """A whole line that came or went says by itself that a line did."""
    return bool(end and end[0].text == END_SHOWN and row.runs) and {run.kind for run in row.runs} == {end[0].kind}


def _without_end(row: Row) -> Row:
    return row._replace(runs=row.runs[:-1])


def _row(pairs: list[_Pair]) -> Row:
    words = [pair for pair in pairs if not _ends(pair)]
    both = next(((old, new) for old, new in words if old and new), None)
    block = both[1].block if both else next((unit.block for pair in words for unit in pair if unit), "")
    runs = [_run(pair) for pair in words]
    end = next(filter(_ends, pairs), None)
    shown = [Run(END_SHOWN, _kind(end))] if end and None in end and {run.kind for run in runs} != {_kind(end)} else []
    return Row(_joined(runs) + shown, block, both[0].block if both and both[0].block != block else "")


def _ends(pair: _Pair) -> bool:
    return (pair[0] or pair[1]).text == END


def _kind(pair: _Pair) -> str:
    old, new = pair
    if old and new:
        return SAME if old.styles == new.styles else RESTYLED
    return OUT if old else IN


def _run(pair: _Pair) -> Run:
    old, new = pair
    return Run((new or old).text, _kind(pair), old.styles if old else (), new.styles if new else ())


def _joined(runs: Iterable[Run]) -> list[Run]:
    alike = groupby(runs, key=lambda run: run[1:])
    return [Run("".join(run.text for run in group), *rest) for rest, group in alike]
