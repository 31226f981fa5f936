"""What makes two articles alike, of another place, or forms of one template. Plain Python over small tuples, no database.

An Item is all that related lists know of an article; documents of an evaluation set become Items as well as rows do.
"""

import json
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from articles.text import normalise, question, terms

NATIONAL = "100000"
REGIONS = Path(__file__).resolve().parents[2] / "fixtures" / "regions.json"


class Item(NamedTuple):
    """What decides whether an article may stand in a list; for a closer look, what it says."""

    id: int
    title: str
    tags: tuple[int, ...] = ()
    places: frozenset[str] = frozenset()  # codes of the regions that it is for; none: the whole country
    category: int = 0
    go_live: int = 0  # days since 1970
    valid_until: int = 2**31  # days since 1970
    opening: str = ""  # the short answer and the beginning of the body
    phrasings: tuple[str, ...] = ()


# Words by which a question is asked and not what it is about.
_ASKING = """
怎么办理 怎么办 怎么回事 怎么处理 怎么算 怎么样 怎么 怎样 如何 是不是 是否 有没有 能不能 可不可以 可以
能否 会不会 要不要 需不需要 用不用 该不该 算不算 行不行 为什么 为啥 什么时候 什么意思 什么 哪些 哪个 哪里
哪儿 哪种 多少钱 多少 多久 多长时间 几天 几次 几年 请问 想问 需要 应该 还能 吗 呢 吧 啊 呀 的 了 我
自己 注意 一般 通常 建议 时候 情况 里面 问题 办法 一次 两次 每次 特别 按照
"""
ASKING = re.compile("|".join(sorted(_ASKING.split(), key=len, reverse=True)))
# Sentences that stand on many pages and say nothing about any.
BOILERPLATE = re.compile(
    r"[^。！？\n]*(?:不能代替面诊|尽快就医|以(?:参保地|当地|办理当天|官方)[^。！？\n]{0,24}为准|最新规定为准|12393)[^。！？\n]*[。！？]?"
)
_KINDS = ("灵活就业", "职工", "居民", "新农合", "大学生", "新生儿", "退休")  # of insurance and of the insured
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|[一二三四五六七八九十百千两]+(?=[年岁级类档倍孩胎])")
# Names of places that are everyday words too count only in full: 安康市.
_WORDS_TOO = frozenset("安康 来宾 东方 长治 白银 阿里 朝阳 大理 平凉 保定 通化 中卫 资阳 宝鸡 海东".split())  # noqa: SIM905


@cache
def _gazetteer() -> tuple[re.Pattern[str], dict[str, str], dict[str, str]]:
    """A pattern that finds the names of regions; their codes; the short names of the codes."""
    codes, names = {}, {}
    for region in json.loads(REGIONS.read_text(encoding="utf-8")):
        code, fields = region["pk"], region["fields"]
        names[code] = fields["name"]
        if code != NATIONAL:
            codes.setdefault(fields["full_name"], code)
            if fields["name"] not in _WORDS_TOO:
                codes.setdefault(fields["name"], code)  # of two with one name the larger, which comes first
    return re.compile("|".join(map(re.escape, sorted(codes, key=len, reverse=True)))), codes, names


def region_name(code: str) -> str:
    return _gazetteer()[2].get(code, "")


def places(regions: Iterable[str], title: str) -> frozenset[str]:
    """The regions that an article is for, those in its title where nobody has said; none: the whole country."""
    return frozenset(regions) - {NATIONAL} if regions else _named(title)


@lru_cache(maxsize=20_000)
def _named(title: str) -> frozenset[str]:
    pattern, codes, _ = _gazetteer()
    return frozenset(codes[name] for name in pattern.findall(title))


def reaches(theirs: frozenset[str], ours: frozenset[str]) -> bool:
    """An article for `theirs` serves readers of `ours`: it is for the whole country, the same place, one around it or in it."""
    return not theirs or any(a[:2] == b[:2] and ("0000" in (a[2:], b[2:]) or a == b) for a in theirs for b in ours)


class Question(NamedTuple):
    """A title, as the comparisons below need it."""

    key: str  # as one term
    words: frozenset[str]  # of the dictionary, without those of asking
    parts: frozenset[str]  # these and the pairs of characters
    slots: frozenset[str]  # places, numbers, kinds: another one is another question


@lru_cache(maxsize=50_000)  # neighbours meet again and again
def key_of(title: str) -> str:
    """Titles with the same key ask the same, word for word."""
    return question(title)


@lru_cache(maxsize=20_000)
def understood(title: str) -> Question:
    text = normalise(title)
    slots = {*_gazetteer()[0].findall(text), *_NUMBER.findall(text), *(kind for kind in _KINDS if kind in text)}
    split = terms(ASKING.sub(" ", text))
    words = frozenset(word for word in split.words if len(word) > 1)
    return Question(key_of(title), words, words | frozenset(split.pairs or split.chars), frozenset(slots))


@lru_cache(maxsize=5_000)
def _pairs(opening: str) -> frozenset[str]:
    text = normalise(BOILERPLATE.sub("", opening))[:120]
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))


def overlap(a: frozenset, b: frozenset) -> float:
    """Dice's coefficient: 1 for the same, 0 for nothing in common."""
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


class Comparison(NamedTuple):
    alike: float  # how much of the one question is in the other, 0 to 1
    siblings: bool  # of one template, with another place, year or disease in it
    same: bool  # whoever reads one needs not the other


def compare(a: Item, b: Item) -> Comparison:
    """Questions as asked, and for `same` the answers too.

    Answers say it better than questions: two that are worded apart share more of their answers than two different ones.
    """
    one, other = understood(a.title), understood(b.title)
    if one.key == other.key or one.key in _phrased(b) or other.key in _phrased(a):
        return Comparison(1.0, siblings=True, same=True)
    alike = overlap(one.parts, other.parts)
    slots = _slots_of_one_form(one.key, other.key)
    may_be = alike > 0.1 and one.slots == other.slots and not (slots and _differ(*slots))
    return Comparison(alike, slots is not None, may_be and (alike >= 0.95 or _same_answer(a, b, alike)))


def same_question(a: Item, b: Item) -> bool:
    """The two answer the same question for the same place, year and kind of insurance."""
    return compare(a, b).same


def _phrased(item: Item) -> list[str]:
    return [question(phrasing) for phrasing in item.phrasings]


def _same_answer(a: Item, b: Item, alike: float) -> bool:
    # Looser, and paraphrases are found, but also different questions about one account; a slower look at both could decide there.
    return overlap(_pairs(a.opening), _pairs(b.opening)) + 0.3 * alike >= 0.5


def _slots_of_one_form(one: str, other: str) -> tuple[str, str] | None:
    """Where the two differ, if most of them, before it and behind it, is the same."""
    if one[:1] != other[:1] and one[-1:] != other[-1:]:
        return None
    shorter, longer = sorted((len(one), len(other)))
    start = _same_beginning(one, other)
    end = _same_beginning(one[start:][::-1], other[start:][::-1])
    if shorter < 4 or start + end < 0.6 * longer:
        return None
    return one[start : len(one) - end], other[start : len(other) - end]


def _same_beginning(one: str, other: str) -> int:
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length


def _differ(left: str, right: str) -> bool:
    """洗 and 拔 in one form are two questions; 怎么 and 如何 are not, nor 不上班 and 没上班."""
    left, right = ASKING.sub("", left), ASKING.sub("", right)
    return bool(left and right) and not set(left) & set(right)
