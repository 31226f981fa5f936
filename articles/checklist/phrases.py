"""Phrases that advertising law forbids for medical content, told from sentences that deny, ask about or warn of them.

The phrases and the rules that they come from are data: fixtures/checklist.json.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from articles.text import HAN, SENTENCE_ENDS, fold

FIXTURE = Path(__file__).resolve().parent.parent.parent / "fixtures" / "checklist.json"


class Group(NamedTuple):
    code: str
    name: str
    advice: str
    basis: tuple[str, ...]  # the rules, each by its exact name and place
    pattern: re.Pattern


class Hit(NamedTuple):
    group: Group
    phrase: str
    sentence: str


@cache
def groups() -> tuple[Group, ...]:
    rows = json.loads(FIXTURE.read_text(encoding="utf-8"))["groups"]
    return tuple(Group(row["code"], row["name"], row["advice"], tuple(row["basis"]), re.compile("|".join(row["patterns"]))) for row in rows)


REACH = 200  # characters to each side of a phrase that are read for its sentence
_STOPS = SENTENCE_ENDS + "\n"
_NEEDLESS_SPACE = re.compile(rf"(?<=[{HAN}0-9%])[ \u3000]+(?=[{HAN}0-9%])")


def hits(text: str) -> Iterator[Hit]:
    """Every forbidden phrase of `text` that is said in earnest, however it is spaced."""
    for line in text.splitlines():
        written = _NEEDLESS_SPACE.sub("", line)
        folded = fold(written)
        for group in groups():
            for match in group.pattern.finditer(folded):
                start, end = sentence_at(folded, match.start())
                if not _disclaims(folded[start:end], match.start() - start, match.end() - start):
                    yield Hit(group, match[0], written[start:end].strip())


def sentence_at(text: str, place: int) -> tuple[int, int]:
    """Where the sentence around `place` begins and ends, as far as REACH."""
    first, last = max(place - REACH, 0), min(place + REACH, len(text))
    start = max(text.rfind(mark, first, place) for mark in _STOPS) + 1
    end = min((found for mark in _STOPS if (found := text.find(mark, place, last)) >= 0), default=last - 1) + 1
    return max(start, first), end


# “没有哪种药能”: of nothing at all, so more words may stand between; “不能”: of the verb that follows.
_NONE = re.compile(r"(?:没有|没|无|未见|从来没有|缺乏|谈不上|不是|并非|不等于|不代表|不意味着|不存在|不能保证)[^，,;:；：]{0,14}$")
_NOT = re.compile(r"(?:不(?![仅但只光止用需必])|未|无法|难以?|别|勿|莫)[^，,;:；：]{0,5}$")
_AFTER_ALL = re.compile(r"[就便即]")  # “不用手术就能”: what is denied is another thing
_WARNS = re.compile(
    r"宣称|声称|号称|吹嘘|标榜|鼓吹|所谓|骗|虚假|警惕|谨防(?!假)|当心|谣言|误区|轻信|迷信|[不别勿莫]要?(?:相?信|听信|理会)|不可信"
    r"|不可能|不现实|不靠谱|不科学|不得|禁止|严禁|违法|违规|举报|不存在|夸大|误导|忽悠|噱头|陷阱|未必|说法是?(?:不|没|错)|不对|错误"
)
_ASKS = re.compile(r"是否|能否|可否|能不能|可不可以|会不会|有没有|是不是|如果|若是|假如|要是|倘若|即使")
_ENDS_ASKING = re.compile(r"[吗呢？?]")
_QUOTED = re.compile(r"[“\"「『]$")
_SAYING = re.compile(r"[^”\"」』]{0,8}[”\"」』](?:的(?:说法|话|承诺|宣传|广告|药|产品|字样|标语)|之类|字样|这类|这种|一类)")


def _disclaims(sentence: str, start: int, end: int) -> bool:
    """Whether the sentence denies the phrase at `start` to `end`, asks about it, or warns of it."""
    before, after = sentence[:start], sentence[end:]
    if _WARNS.search(before + "，" + after) or _ASKS.search(before[-12:]) or _ENDS_ASKING.search(after):
        return True
    if _QUOTED.search(before) and _SAYING.match(after):
        return True
    return any((match := denial.search(before)) and not _AFTER_ALL.search(match[0]) for denial in (_NONE, _NOT))
