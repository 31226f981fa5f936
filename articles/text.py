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
_CLOSER = dict(zip(OPENERS, CLOSERS, strict=True)) | {'"': '"'}

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_RUN = re.compile(rf"[{HAN}]+|[a-z0-9]+(?:\.[0-9]+)?")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")  # 1,400 is 1400


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
    """Fold what readers do not distinguish: full and half width, letter case, traditional characters, runs of space.

    >>> normalise("ＣＯＶＩＤ　19 醫療帳戶")
    'covid 19 医疗账户'
    """
    return simplify(" ".join(unicodedata.normalize("NFKC", strip_controls(text)).lower().split()))


# Two ways to write one word that OpenCC, rightly, leaves alone; and pinyin with its tones, where ü is typed as v.
_VARIANTS = str.maketrans("帐āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü", "账aaaaeeeeiiiioooouuuuvvvvv")


def simplify(text: str) -> str:
    """Traditional characters as simplified ones; everything else, and the length, as it was."""
    converted = text if text.isascii() else _converter().convert(text)
    return (converted if len(converted) == len(text) else text).translate(_VARIANTS)


# Both libraries are loaded by the first search or publication, not by every process.
@cache
def _converter():
    import opencc  # 28 ms, 6 MB

    return opencc.OpenCC("t2s")


@cache
def _dictionary():
    import rjieba  # 147 ms, 41 MB

    return rjieba


def question(text: str) -> str:
    """`text` as one term: what is left of a question when signs, spaces and closing particles do not matter.

    >>> question("医保卡的钱，年底会清零吗？") == question("医保卡的钱年底会清零")
    True
    """
    return "".join(_RUN.findall(_THOUSANDS.sub("", normalise(text)))).rstrip("吗呢啊呀吧")


def terms(text: str) -> Terms:
    """Split `text` for indexing and for searching."""
    chars, pairs, words = [], [], []
    for run in _RUN.findall(_THOUSANDS.sub("", normalise(text))):
        if run[0].isascii():
            for found in (chars, pairs, words):
                found.append(run)
            continue
        chars.extend(run)
        pairs.extend(run[i : i + 2] for i in range(len(run) - 1))
        words.extend(_dictionary().cut(run, False))
    return Terms(chars, pairs, words)


_FULL_WIDTH = str.maketrans(",:;?!", "，：；？！")
_SIDE = rf"{HAN}。，、：；？！（）「」『』《》〈〉【】〔〕“”‘’…—"  # what counts as Chinese beside a mark
_LONELY_MARKS = re.compile(rf"(?<=[{_SIDE}])[,:;?!]+(?=[{_SIDE}]|\s*$)", re.M)
_IS_SIDE = re.compile(f"[{_SIDE}]").match


def with_stop(sentence: str) -> str:
    """`sentence` ready to be followed by another; an empty one stays empty."""
    return sentence if not sentence or sentence[-1] in SENTENCE_ENDS else sentence + "。"


def restore_punctuation(text: str) -> str:
    """Give , : ; ? ! ( ) their full width between Chinese characters, and nowhere else.

    >>> restore_punctuation("不会清零,时间是9:00-12:00,电话028-87706925(工作日)")
    '不会清零，时间是9:00-12:00,电话028-87706925(工作日)'
    """
    return _LONELY_MARKS.sub(lambda match: match[0].translate(_FULL_WIDTH), _restore_brackets(text))


def _restore_brackets(text: str) -> str:
    # One of the two between Chinese characters decides for both: a pair of unequal width is worse than either.
    chars, opened = list(text), []
    for position, char in enumerate(chars):
        if char in "(（":
            opened.append(position)
        elif char == "\n":
            opened.clear()
        elif char in ")）" and opened:
            start = opened.pop()
            if chars[start] != "(" or char != ")" or _between_chinese(chars, start) or _between_chinese(chars, position):
                chars[start], chars[position] = "（）"
    return "".join(chars)


def _between_chinese(chars: list[str], position: int) -> bool:
    return 0 < position < len(chars) - 1 and bool(_IS_SIDE(chars[position - 1]) and _IS_SIDE(chars[position + 1]))


PASSAGE_LIMIT = 20_000  # characters; the passage is looked for in these
SENTENCE, CLAUSE, INSIDE, WORD, NOWHERE = 4, 3, 2, 1, 0  # how good a place is to end at
_LIST_MARK = re.compile(r"(?:^|[\s。！？；：;:!?…])(?:[•●▪◦‣·①-⑳]|[（(]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[）)]?[.．、]?)\s?$")
_NEEDLESS_BREAK = re.compile(r"(?<=[，。！？；：、…])\n")


def shorten(text: str, limit: int = 160, floor: int = 80) -> str:
    """The beginning of `text` in one line, at most `limit` characters, ending where a reader would pause.

    Ends at the last sentence between `floor` and `limit`, else at the last clause or line, better outside of
    brackets and quotes than inside; a text that offers none is cut between two words. Behind anything but a
    sentence stands an ellipsis, and what is open there is closed.
    """
    lines = (" ".join(line.split()) for line in text.splitlines())
    text = _NEEDLESS_BREAK.sub("", "\n".join(filter(None, lines)))
    if len(text) > limit:
        _, end, tail = max(_endings(text, limit, floor), default=(0, limit - 1, "…"))
        text = text[:end].rstrip() + tail
    return text.replace("\n", "\u3000")


def _endings(text: str, limit: int, floor: int) -> Iterator[tuple[int, int, str]]:
    """(how good, where, what to put behind) for every place where a longer text may end."""
    for end, closers in enumerate(_closers(text[:limit])):
        rank = _pause(text, end) if end >= max(floor, 1) else 0
        tail = "" if rank == SENTENCE and not closers else "…" + closers
        if end >= floor and end + len(tail) <= limit:
            yield (min(rank, INSIDE) if closers else rank), end, tail


def _pause(text: str, end: int) -> int:
    """How well a reader would pause behind text[:end]; there is more to come."""
    last, following = text[end - 1], text[end]
    if last in OPENERS or _LIST_MARK.search(text, max(end - 12, 0), end):
        return NOWHERE
    if _ends_sentence(text, end):
        return SENTENCE
    if following in CLAUSE_ENDS + "\n" and last not in CLAUSE_ENDS + "：:" and not _in_word(text, end):
        return CLAUSE
    return NOWHERE if last.isascii() and last.isalnum() and following.isascii() and following.isalnum() else WORD


def _ends_sentence(text: str, end: int) -> bool:
    mark = end - 2 if text[end - 1] in CLOSERS and end > 1 else end - 1
    return text[mark] in SENTENCE_ENDS and text[end] not in SENTENCE_ENDS + CLOSERS and not _in_word(text, mark)


def _closers(text: str) -> Iterator[str]:
    """For every beginning of `text`, from the empty one on: what would close its open brackets and quotes."""
    still_open: list[str] = []
    yield ""
    for char in text:
        if still_open and (char == still_open[-1] or {char, still_open[-1]} == {")", "）"}):
            still_open.pop()
        elif char in _CLOSER:
            still_open.append(_CLOSER[char])
        yield "".join(reversed(still_open))


def _in_word(text: str, position: int) -> bool:
    """The mark there parts no clauses: 1,000 or ?page=2."""
    following = text[position + 1 : position + 2]
    return text[position] in ",;?!" and following.isascii() and following.isalnum()


def passage(text: str, wanted: Iterable[str], width: int = 110) -> list[Segment]:
    """The part of `text` with the most different `wanted` terms, cut at sentence or clause borders and marked.

    About `width` characters; `wanted` are normalised terms. Without a match it is the beginning of the text.
    """
    text = text[:PASSAGE_LIMIT]
    folded = fold(text)
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
    return _mark(text, _spans(fold(text), wanted), 0, len(text))


def fold(text: str) -> str:
    """Like normalise(), but each character keeps its position, so that what is found fits the original."""
    return "".join(map(_fold, text))


@cache
def _fold(char: str) -> str:
    if _CONTROL.match(char):
        return char
    folded = simplify(unicodedata.normalize("NFKC", char).lower())
    return folded if len(folded) == 1 else char


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
    while end > start and end < len(text) and text[end - 1].isspace():
        end -= 1
    return start, end


def _border_before(text: str, position: int, reach: int) -> int:
    return _last_border(text, position, reach) or (0 if position <= reach else position)


def _border_after(text: str, position: int, reach: int) -> int:
    return len(text) if position >= len(text) else _last_border(text, position, reach) or position


def _last_border(text: str, position: int, reach: int) -> int:
    """The last end of a sentence, else of a clause, at most `reach` characters before `position`; 0 without one."""
    for marks in (SENTENCE_ENDS + "\n", CLAUSE_ENDS):
        for i in range(position, max(position - reach, 0), -1):
            if text[i - 1] in marks and text[i] not in CLOSERS and not _in_word(text, i - 1):
                return i
    return 0


def _mark(text: str, spans: list[tuple[int, int, str]], start: int, end: int) -> list[Segment]:
    segments, position = [], start
    for left, right in _joined(spans, start, end):
        if left > position:
            segments.append(Segment(text[position:left], False))
        segments.append(Segment(text[left:right], True))
        position = right
    if position < end:
        segments.append(Segment(text[position:end], False))
    return [segment._replace(text=segment.text.replace("\n", "\u3000")) for segment in segments]


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
