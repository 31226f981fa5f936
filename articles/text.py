"""Chinese text in plain Python: normalising, splitting into search terms, shortening, cutting passages.

Every search engine, the related list and the excerpts use these functions and no others,
so that a text is always split the same way.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
SENTENCE_ENDS = "。！？!?；;…"
CLAUSE_ENDS = "，,、"
OPENERS = "（(「『《〈【〔[“‘"
CLOSERS = "）)」』》〉】〕]”’"

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_RUN = re.compile(rf"[{HAN}]+|[a-z0-9]+(?:\.[0-9]+)?")


class Terms(NamedTuple):
    """What one text is split into; each list in the order of the text, repeats kept."""

    chars: list[str]  # single Han characters and whole Latin or digit runs
    pairs: list[str]  # neighbouring Han characters two by two, and the runs
    words: list[str]  # dictionary words, and the runs


class Segment(NamedTuple):
    """A stretch of a passage; `marked` where it matches the query."""

    text: str
    marked: bool


def strip_controls(text: str) -> str:
    """Drop what a keyboard cannot mean: NUL, lone surrogates, zero-width and direction marks."""
    return _CONTROL.sub("", text)


def normalise(text: str) -> str:
    """Fold what readers do not distinguish: full and half width, letter case, runs of space.

    >>> normalise("ＣＯＶＩＤ　19 ")
    'covid 19'
    """
    return " ".join(unicodedata.normalize("NFKC", strip_controls(text)).lower().split())


@cache
def _dictionary():
    # 147 ms and 41 MB: loaded by the first search or publication, not by every process.
    import rjieba

    return rjieba


def terms(text: str) -> Terms:
    """Split `text` for indexing and for searching."""
    chars, pairs, words = [], [], []
    for run in _RUN.findall(normalise(text)):
        if run[0].isascii():
            for found in (chars, pairs, words):
                found.append(run)
            continue
        chars.extend(run)
        pairs.extend(run[i : i + 2] for i in range(len(run) - 1))
        words.extend(_dictionary().cut(run, False))
    return Terms(chars, pairs, words)


_FULL_WIDTH = str.maketrans(",:;?!()", "，：；？！（）")
_SIDE = rf"{HAN}。，、：；？！（）「」『』《》〈〉【】〔〕“”‘’…—"  # what counts as Chinese beside a mark
_LONELY_MARK = re.compile(rf"(?<=[{_SIDE}])[,:;?!](?=[{_SIDE}]|\s*$)", re.M)
_BRACKETS = re.compile(r"\(([^()\n]+)\)")
_BETWEEN = re.compile(rf"[{_SIDE}][()][{_SIDE}]")


def restore_punctuation(text: str) -> str:
    """Give , : ; ? ! ( ) their full width between Chinese characters, and nowhere else.

    >>> restore_punctuation("不会清零,时间是9:00-12:00,电话028-87706925(工作日)")
    '不会清零，时间是9:00-12:00,电话028-87706925(工作日)'
    """
    text = _BRACKETS.sub(_restored_pair, text)
    return _LONELY_MARK.sub(lambda m: m[0].translate(_FULL_WIDTH), text)


def _restored_pair(match: re.Match[str]) -> str:
    # One of the two between Chinese characters decides for both: a pair of unequal width is worse than either.
    start, end = match.span()
    sides = match.string[max(start - 1, 0) : start + 2], match.string[end - 2 : end + 1]
    return f"（{match[1]}）" if any(_BETWEEN.fullmatch(side) for side in sides) else match[0]


def shorten(text: str, limit: int = 160, floor: int = 80) -> str:
    """The beginning of `text`, at most `limit` characters, ending where a reader would pause.

    Ends at the last sentence between `floor` and `limit`, else at the last clause, and never inside
    brackets. A text that offers neither is cut at `limit`. What was cut is marked with an ellipsis.
    """
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    sentence = clause = 0
    for position, depth in _depths(text[:limit]):
        if depth == 0 and text[position] in SENTENCE_ENDS and not _between_digits(text, position):
            sentence = position + 1
        if depth == 0 and text[position] in CLAUSE_ENDS and not _between_digits(text, position) and position < limit - 1:
            clause = position
    if sentence >= floor:
        return text[:sentence]
    if clause >= floor:
        return text[:clause] + "…"
    if sentence or clause:
        return text[:sentence] if sentence >= clause else text[:clause] + "…"
    return text[: limit - 1] + "…"


def _depths(text: str) -> Iterator[tuple[int, int]]:
    """(position, how many brackets are open after it), quotes counted as brackets."""
    depth = 0
    for position, char in enumerate(text):
        if char in OPENERS:
            depth += 1
        elif char in CLOSERS and depth:
            depth -= 1
        yield position, depth


def _between_digits(text: str, position: int) -> bool:
    return text[position - 1 : position].isdigit() and text[position + 1 : position + 2].isdigit()


def passage(text: str, wanted: Iterable[str], width: int = 110) -> list[Segment]:
    """The part of `text` with the most different `wanted` terms, cut at sentence or clause borders and marked.

    About `width` characters; `wanted` are normalised terms. Without a match it is the beginning of the text.
    """
    folded = _fold_keeping_length(text)
    spans = _spans(folded, wanted)
    start, end = _best_window(text, spans, width)
    segments = _mark(text, spans, start, end)
    if start > 0:
        segments.insert(0, Segment("…", False))
    if end < len(text):
        segments.append(Segment("…", False))
    return segments


def highlight(text: str, wanted: Iterable[str]) -> list[Segment]:
    """The whole of `text`, with the `wanted` terms marked."""
    return _mark(text, _spans(_fold_keeping_length(text), wanted), 0, len(text))


def _fold_keeping_length(text: str) -> str:
    """Like normalise(), but each character keeps its position, so that marks fit the original."""
    folded = (unicodedata.normalize("NFKC", char).lower() for char in text)
    return "".join(new if len(new) == 1 else old for new, old in zip(folded, text, strict=True))


def _spans(text: str, wanted: Iterable[str]) -> list[tuple[int, int, str]]:
    """(start, end, term) of every match, the longest term first where several begin."""
    terms_by_length = sorted(set(filter(None, wanted)), key=len, reverse=True)
    if not terms_by_length:
        return []
    pattern = re.compile("|".join(re.escape(term) for term in terms_by_length))
    found, position = [], 0
    while match := pattern.search(text, position):
        found.append((match.start(), match.end(), match.group()))
        position = match.start() + 1
    return found


def _best_window(text: str, spans: list[tuple[int, int, str]], width: int) -> tuple[int, int]:
    best, best_start = 0, 0
    first = 0
    counts: dict[str, int] = {}
    for start, end, term in spans:
        counts[term] = counts.get(term, 0) + 1
        while end - spans[first][0] > width * 0.8 and spans[first][0] < start:
            gone = spans[first][2]
            counts[gone] -= 1
            if not counts[gone]:
                del counts[gone]
            first += 1
        worth = sum(len(term) for term in counts)
        if worth > best:
            best, best_start = worth, spans[first][0]
    start = _border_before(text, best_start, width // 4)
    end = _border_after(text, min(start + width, len(text)), width // 3)
    return start, end


def _border_before(text: str, position: int, reach: int) -> int:
    for marks in (SENTENCE_ENDS + "\n", CLAUSE_ENDS):
        for i in range(position, max(position - reach, 0), -1):
            if text[i - 1] in marks and not _between_digits(text, i - 1):
                return i
    return 0 if position <= reach else position


def _border_after(text: str, position: int, reach: int) -> int:
    if position >= len(text):
        return len(text)
    for marks in (SENTENCE_ENDS + "\n", CLAUSE_ENDS):
        for i in range(position, max(position - reach, 0), -1):
            if text[i - 1] in marks and not _between_digits(text, i - 1):
                return i
    return position


def _mark(text: str, spans: list[tuple[int, int, str]], start: int, end: int) -> list[Segment]:
    segments, position = [], start
    for left, right in _joined(spans, start, end):
        if left > position:
            segments.append(Segment(text[position:left], False))
        segments.append(Segment(text[left:right], True))
        position = right
    if position < end:
        segments.append(Segment(text[position:end], False))
    return [segment._replace(text=segment.text.replace("\n", " ")) for segment in segments]


def _joined(spans: list[tuple[int, int, str]], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Overlapping and touching spans as one, within [start, end)."""
    current: tuple[int, int] | None = None
    for left, right, _ in spans:
        left, right = max(left, start), min(right, end)
        if left >= right:
            continue
        if current and left <= current[1]:
            current = current[0], max(current[1], right)
            continue
        if current:
            yield current
        current = left, right
    if current:
        yield current
