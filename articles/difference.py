"""Where two texts differ, character by character, as an editor reads it side by side."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from articles.text import Segment

# Equal pairs of units that are looked at for one comparison; the time grows with them. Two articles of 2,000 characters have
# about 60,000. What is beyond is marked whole, so that no text, however long or odd, keeps an editor waiting.
PAIRS = 1_000_000
SHORTEST = 2  # an equal run shorter than this, between two differences, is chance

_UNIT = re.compile(r"[A-Za-z]+|[0-9]+(?:\.[0-9]+)?%?|\s+|.", re.S)  # a word or number of Latin signs is one, a Chinese character is one

Paragraph = list[Segment]


def difference(left: str, right: str) -> tuple[list[Paragraph], list[Paragraph]]:
    """The paragraphs of both texts, with what the other one does not have marked.

    >>> difference("报销70%。", "报销85%。")[0]
    [[Segment(text='报销', marked=False), Segment(text='70%', marked=True), Segment(text='。', marked=False)]]
    """
    return _Comparison().of_texts(left, right)


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
    found: Paragraph = []
    for unit, mark in zip(units, marked, strict=True):
        if found and found[-1].marked == mark:
            found[-1] = Segment(found[-1].text + unit, mark)
        else:
            found.append(Segment(unit, mark))
    return found


def _paragraphs(segments: Iterable[Segment]) -> list[Paragraph]:
    found: list[Paragraph] = [[]]
    for segment in segments:
        first, *more = segment.text.split("\n")
        found[-1].append(Segment(first, segment.marked))
        found.extend([Segment(line, segment.marked)] for line in more)
    return [kept for paragraph in found if (kept := [segment for segment in paragraph if segment.text])]
