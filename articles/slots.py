"""What a question is about in particular: place, year, disease, insurance kind, numbers. Plain Python.

slots("2026年舟山职工医保住院报多少").values["place"] -> {"330900"}

Two questions of one form with another value in a slot are different questions. The words come from fixtures/slots.json
({kind: ["canonical、spelling、spelling"]}), fixtures/regions.json and fixtures/described.json (what stands for what in several words);
an editor's synonyms can be added to them.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from articles.text import normalise

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
NATIONAL = "100000"
LENGTH = 400  # characters of a text that are looked at
COMPOUND = "compound"
FORM = ("intent", "filler")  # kinds that say how something is asked, not what


class Slot(NamedTuple):
    kind: str
    value: str
    text: str  # as it was found


class Slots(NamedTuple):
    """What was found in one text. `rest`: the stretches that no dictionary knows."""

    found: tuple[Slot, ...]
    values: dict[str, frozenset[str]]
    intents: frozenset[str]
    rest: tuple[str, ...]


class Dictionary:
    """Spellings by their first character; a look-up tries the longest first. `parts`: what each compound names."""

    def __init__(self, entries: dict[str, tuple[str, str]], parts: dict[str, tuple[tuple[str, str], ...]] | None = None):
        self.entries = entries
        self.parts = parts or {}
        lengths: dict[str, set[int]] = {}
        for word in entries:
            lengths.setdefault(word[:2] if len(word) > 1 else word, set()).add(len(word))
        self._lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}

    def longest(self, text: str, start: int) -> str:
        """The longest spelling at `start`, "" without one. Latin ones only as whole words."""
        for key in (text[start : start + 2], text[start]):
            for length in self._lengths.get(key, ()):
                word = text[start : start + length]
                if word in self.entries and not (_joins(text, start) or _joins(text, start + length)):
                    return word
        return ""

    def _reads(self, word: str) -> bool:
        found = _slots(word, self)
        return bool(found.values) and not found.rest

    def extended(self, groups: Iterable[Iterable[str]]) -> "Dictionary":
        """With the words of `groups` besides, each in the sense of the word of its group that is known here.

        A word that can be read from known ones keeps that reading: 跨省看病 is 跨省, whatever it stands beside.
        """
        entries = dict(self.entries)
        for group in groups:
            words = [_key(word) for word in group]
            known = [entries[word] for word in words if word in self.entries]
            sense = known[0] if known else ("topic", words[0])
            entries |= {word: sense for word in words if word not in entries and not self._reads(word)}
        return Dictionary(entries, self.parts)


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _joins(text: str, place: int) -> bool:
    return 0 < place < len(text) and _is_latin(text[place - 1]) and _is_latin(text[place])


def _key(word: str) -> str:
    return normalise(word).replace(" ", "")


@cache
def dictionary() -> Dictionary:
    """The shipped words, which are written simplified, without spaces: lower case is all that they lack."""
    entries: dict[str, tuple[str, str]] = {}
    for kind, rows in json.loads((FIXTURES / "slots.json").read_text(encoding="utf-8")).items():
        for canonical, *spellings in (row.split("、") for row in rows):
            # The name of an intent or a compound is ours; nobody asks with it.
            for word in spellings if kind in ("intent", COMPOUND) else (canonical, *spellings):
                entries.setdefault(word.lower(), (kind, canonical))
    for word, sense in _said_in_parts(entries):
        entries.setdefault(word, sense)
    for code, names in _places().items():
        for name in names:
            entries.setdefault(name, ("place", code))
    entries |= {name: ("place", code) for name, code in _ABBREVIATED.items()}
    return Dictionary(entries, _compounds(entries))


# How a disease that is named in one word is said in parts: 鼻窦炎 is 鼻窦发炎.
_IN_PARTS = {
    "炎": ("发炎", "里发炎", "有炎症", "炎症"),
    "癌": ("里的癌", "上的癌", "里长癌", "上长癌", "恶性肿瘤"),
    "结石": ("里有石头", "里长石头", "里的石头", "石头", "有结石", "里有结石"),
    "息肉": ("里长息肉", "长息肉", "里有息肉", "有息肉", "上长息肉"),
    "囊肿": ("上有囊肿", "有囊肿", "长囊肿", "里长囊肿"),
    "肌瘤": ("长肌瘤", "有肌瘤", "里长肌瘤"),
    "综合征": ("综合症", "症"),
    "感染": ("感染了",),
    "过敏": ("过敏了",),
    "高": ("偏高", "升高", "增高", "超标", "太高", "过高", "很高"),
    "低": ("偏低", "降低", "减低", "太低", "过低", "减少", "偏少", "少", "很低", "不够"),
}


def _said_in_parts(entries: dict[str, tuple[str, str]]) -> list[tuple[str, tuple[str, str]]]:
    return [
        (word.removesuffix(end) + part, sense)
        for word, sense in entries.items()
        for end, parts in _IN_PARTS.items()
        if sense[0] == "disease" and word.endswith(end) and len(word) > len(end)
        for part in parts
    ]


def _compounds(entries: dict[str, tuple[str, str]]) -> dict[str, tuple[tuple[str, str], ...]]:
    """What the parts of each compound say by themselves, be a part one word or several: 流鼻血 is 鼻子 and 出血."""
    simple = Dictionary({word: sense for word, sense in entries.items() if sense[0] != COMPOUND})
    compounds = {value for kind, value in entries.values() if kind == COMPOUND}
    return {
        value: tuple(slot[:2] for part in value.split("+") for slot in _scan(_key(part), simple) if isinstance(slot, Slot))
        for value in compounds
    }


_ABBREVIATED = {
    "沪": "310000", "京": "110000", "津": "120000", "渝": "500000", "沪上": "310000", "申城": "310000", "羊城": "440100",
    "鹏城": "440300", "蓉城": "510100", "江城": "420100", "冰城": "230100", "帝都": "110000", "魔都": "310000", "山城": "500000",
}  # fmt: skip
_LEVEL = re.compile(r"(?:特别行政区|.{0,6}族自治[州县]|.{0,3}自治区|省|市|地区|盟|自治州)$")


def _places() -> dict[str, set[str]]:
    """Code of GB/T 2260: the names of the place, long, short and without its level."""
    rows = json.loads((FIXTURES / "regions.json").read_text(encoding="utf-8"))
    found = {}
    for row in rows:
        names = {row["fields"]["name"], row["fields"]["full_name"]}
        names |= {_LEVEL.sub("", name) for name in names}
        found[row["pk"]] = {name for name in names if len(name) > 1}
    return {code: names for code, names in found.items() if code != NATIONAL}


_DIGITS = "零〇一二两三四五六七八九"
_CHINESE = rf"[{_DIGITS}十百千万]+"
_NUMBER = rf"(?:[0-9]+(?:\.[0-9]+)?(?:万|千)?|[{_DIGITS}十]+点[{_DIGITS}](?![{_DIGITS}十分])|{_CHINESE}|半)"
_YEAR = re.compile(r"(?P<year>(?:19|20)[0-9]{2}|[一二][零〇九][零〇一二三四五六七八九]{2})(?:年度|年)?(?!\d|元|块|%|\.)")
_SHORT_YEAR = re.compile(r"(?P<year>2[0-9])年度?(?=$|[^以之内后前不没够的了])")
_PERCENT = re.compile(rf"百分之(?P<of>{_NUMBER})|(?P<number>{_NUMBER})(?:%|个百分点|成(?!人|年|功|立|为|本|分|品|长))")
_UNITS = {
    "个半月": ("duration", 0), "个月": ("duration", 1), "年": ("duration", 12), "月份": ("month", 0), "月": ("month", 0),
    "个星期": ("days", 7), "星期": ("days", 7), "个礼拜": ("days", 7), "周岁": ("age", 0), "周": ("days", 7), "天": ("days", 1),
    "小时": ("hours", 60), "个小时": ("hours", 60), "个钟头": ("hours", 60), "分钟": ("hours", 1), "元": ("amount", 1),
    "块钱": ("amount", 1), "块": ("amount", 1), "岁": ("age", 0), "度": ("degree", 0), "℃": ("degree", 0), "°c": ("degree", 0),
}  # fmt: skip
_COUNTED = (
    "级|类|型|期|档|价|胎|孩|针|剂|次|颗|片|粒|个|人|斤|公斤|倍|号|日|点|支|杯|厘米|毫米|公分|cm|mm|mg|毫克|ml|毫升|位|线|个加号|加号|\\+"
)
_SAME_UNIT = {
    "孩": "胎",
    "剂": "针",
    "个加号": "+",
    "加号": "+",
    "公斤": "kg",
    "毫米": "mm",
    "厘米": "cm",
    "公分": "cm",
    "毫克": "mg",
    "毫升": "ml",
}
_MEASURED = re.compile(
    rf"(?P<number>{_NUMBER})[多来几]?(?P<unit>{'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))}|{_COUNTED})?"
)
_DISTRICT = re.compile(r"(?!.{0,3}(?:地区|市区|辖区|社区|园区|小区|山区|景区|农村|县级))[\u4e00-\u9fff]{1,3}?[县区旗]")
_HALF = {
    "年": ("duration", "6"),
    "个月": ("days", "15"),
    "月": ("days", "15"),
    "天": ("hours", "720"),
    "小时": ("hours", "30"),
    "个小时": ("hours", "30"),
    "岁": ("duration", "6"),
}
_DAY, _MONTH = 24 * 60, 30  # in minutes, in days
_EITHER = re.compile(r"(.)[不没]\1")
_VERBS = ("act", "operation", "activity", "setting")
# What a word asks besides what it names: 怎么查.
_ASKED_WITHIN = {
    "whether": ((*_VERBS, "topic", "disease", "intent", "filler"), re.compile(r"(.)[不没]\1|吗$")),
    "amount": ((*_VERBS, "topic"), re.compile("多少(?![天年岁周针次])")),
    "how": (_VERBS, re.compile("怎么|如何|怎样|咋")),
    "where": (_VERBS, re.compile("哪里|在哪|去哪|从哪|哪查")),
}
_HOW_MANY = re.compile(r"(?:几|多少)(个月|个钟头|个小时|小时|分钟|天|年|周|个星期|个礼拜|星期|点|号|月|时)")
_FIRST = re.compile("头[一两二三几半\\d]")  # 头两周: the first two weeks, nobody's head
_ASKED = {"点": "when", "号": "when", "月": "when", "时": "when"}
_LATIN = re.compile(r"[a-z][a-z0-9\-/]*")


def slots(text: str, words: Dictionary | None = None) -> Slots:
    """The slots of `text`. `words`: the dictionary to use; None means the shipped one."""
    return _slots(text[:LENGTH], words or dictionary())


@lru_cache(maxsize=4096)
def _slots(text: str, words: Dictionary) -> Slots:
    folded = _key(text)
    found: list[Slot] = []
    rest: list[str] = []
    for slot in _scan(folded, words):
        if isinstance(slot, Slot):
            found += [Slot(*part, slot.text) for part in words.parts[slot.value]] if slot.kind == COMPOUND else [slot]
        else:
            rest.append(slot)
    values: dict[str, set[str]] = {}
    for slot in found:
        if slot.kind not in FORM:
            values.setdefault(slot.kind, set()).add(slot.value)
    if "place" in values:
        values["place"] = _innermost(values["place"])
    _name_described(values, words)
    intents = frozenset(slot.value for slot in found if slot.kind == "intent")
    intents |= {intent for slot in found for intent, form in _ASKED_WITHIN.items() if slot.kind in form[0] and form[1].search(slot.text)}
    return Slots(tuple(found), {kind: frozenset(each) for kind, each in values.items() if each}, intents, tuple(rest))


@cache
def described() -> dict[str, list[list[str]]]:
    """value: the values in which others describe it."""
    found = json.loads((FIXTURES / "described.json").read_text(encoding="utf-8"))
    return {value: [row.split("+") for row in rows] for value, rows in found.items()}


def _name_described(values: dict[str, set[str]], words: Dictionary) -> None:
    """Put what is described under its name: 牙龈 and 出血 as 牙龈出血."""
    said = set().union(*values.values())
    for name, descriptions in described().items():
        for parts in descriptions:
            if said.issuperset(parts):
                for found in values.values():
                    found.difference_update(parts)
                values.setdefault(words.entries[name][0], set()).add(name)


def _innermost(codes: set[str]) -> set[str]:
    """Without provinces whose city is named too: 浙江舟山 is 舟山."""
    return {code for code in codes if not (code[2:] == "0000" and any(other[:2] == code[:2] and other != code for other in codes))}


def _scan(text: str, words: Dictionary) -> Iterator[Slot | str]:
    """Slots and the stretches between them, from left to right; every step moves on."""
    place, start = 0, 0
    while place < len(text):
        length, slot = _at(text, place, words)
        if slot or text[place] in _SIGNS:
            yield from filter(None, [text[start:place]])
            yield from filter(None, [slot])
            start = place + length
        place += length
    yield from filter(None, [text[start:]])


_DONE = ("完", "了", "过", "好")  # between a verb and what it is done to
_UNDERGONE = ("procedure", "drug", "activity")
_SIGNS = frozenset(",.。，、;；:：?？!！()（）“”\"'《》[]【】-—~·…/|")


def _at(text: str, place: int, words: Dictionary) -> tuple[int, Slot | None]:
    """(how many characters, what they are) at `place`."""
    char = text[place]
    if char in _NUMERALS and (found := _number(text, place, words)):
        return found
    if char == "头" and _FIRST.match(text, place):
        return 1, Slot("filler", "头", "头")
    if char in "几多" and (match := _HOW_MANY.match(text, place)):
        return len(match[0]), Slot("intent", _ASKED.get(match[1], "long"), match[0])
    if char in "不没" and (asking := _asks(text, place)):
        return len(asking), Slot("intent", "whether", asking)
    word = _word(text, place, words)
    if whole := _undergone(text, place, word, words):
        return len(whole) + 1, Slot(*words.entries[whole], whole)
    if len(word) < 3 and (match := _EITHER.match(text, place)):
        return 2, Slot("intent", "whether", match[0])  # the verb is read once more, on its own
    if word:
        kind, value = words.entries[word]
        if kind == "place" and (more := _DISTRICT.match(text, place + len(word))) and not words.longest(text, place + len(word)):
            return len(word) + len(more[0]), Slot(kind, value + more[0], word + more[0])
        return len(word), Slot(kind, value, word)
    latin = _LATIN.match(text, place)
    return (len(latin[0]), Slot("term", latin[0], latin[0])) if latin else (1, None)


def _asks(text: str, place: int) -> str:
    """The 不 that ends a question, or 不遗传 after 遗传."""
    if place and (place + 1 == len(text) or text[place + 1] in _SIGNS):
        return text[place]
    return text[place : place + 3] if place > 1 and text[place - 2 : place] == text[place + 1 : place + 3] else ""


def _undergone(text: str, place: int, word: str, words: Dictionary) -> str:
    """割包皮 of 割完包皮: longer than `word`, "" without one."""
    if text[place + 1 : place + 2] not in _DONE:
        return ""
    whole = words.longest(text[place] + text[place + 2 : place + 10], 0)
    return whole if len(whole) > max(2, len(word)) and words.entries[whole][0] in _UNDERGONE else ""


def _word(text: str, place: int, words: Dictionary) -> str:
    """The longest, or one character less where that makes two good words: 怎么|补办, not 怎么补|办."""
    word = words.longest(text, place)
    if len(word) == 2 and words.entries[word][0] == "place" and place and len(words.longest(text, place + 1)) > 1:
        return ""  # 一天|门诊 is not in 天门
    last = place + len(word) - 1
    if len(word) > 2 and word[:-1] in words.entries and last + 1 < len(text):
        following = words.longest(text, last)
        if len(following) > 1 and (words.entries[following][0] not in FORM or words.entries[word][0] in FORM):
            return word[:-1]
    return word


_NUMERALS = frozenset(_DIGITS + "十百半" + "0123456789")


def _number(text: str, place: int, words: Dictionary) -> tuple[int, Slot] | None:
    if match := _YEAR.match(text, place):
        return len(match[0]), Slot("year", _plain_year(match["year"]), match[0])
    if (place == 0 or not text[place - 1].isalnum()) and (match := _SHORT_YEAR.match(text, place)):
        return len(match[0]), Slot("year", "20" + match["year"], match[0])
    if match := _PERCENT.match(text, place):
        value = as_number(match["of"] or match["number"]) * (10 if "成" in match[0] else 1)
        return len(match[0]), Slot("percent", _plain(value), match[0])
    word = words.longest(text, place)
    match = _MEASURED.match(text, place)
    if not match or len(word) >= len(match[0]):
        return None
    return _measured(match, text)


def _measured(match: re.Match, text: str) -> tuple[int, Slot] | None:
    number, unit = match["number"], match["unit"]
    if number == "半":
        return (len(match[0]), Slot(*_HALF[unit], match[0])) if unit in _HALF else None
    if not unit and not number[0].isdigit() and not {"万", "百", "点"} & set(number[1:]):
        return None
    if unit in ("个", "次", "点", "位", "人", "号") and number == "一":
        return None  # 一个, 一次, 一点: no number is meant
    value = as_number(number)
    if unit in _UNITS:
        kind, factor = _UNITS[unit]
        return len(match[0]), Slot(*_span(kind, value * factor if factor else value), match[0])
    if not unit and value >= 1000:
        return len(match[0]), Slot("amount", _plain(value), match[0])
    return len(match[0]), Slot("number", _plain(value) + _SAME_UNIT.get(unit, unit or ""), match[0])


def _span(kind: str, value: float) -> tuple[str, str]:
    """A span in the largest unit that it fills: 24小时 is a day, 三十天 a month."""
    if kind == "hours" and not value % _DAY:
        kind, value = "days", value / _DAY
    if kind == "days" and not value % _MONTH:
        kind, value = "duration", value / _MONTH
    return kind, _plain(value)


def _plain(value: float) -> str:
    return f"{value:.12g}"


def _plain_year(text: str) -> str:
    return "".join(
        char if char.isdigit() and char.isascii() else str("零一二三四五六七八九".find(char.replace("〇", "零"))) for char in text
    )


_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}


def as_number(text: str) -> float:
    """An Arabic or Chinese numeral as a number.

    >>> as_number("三万五千"), as_number("2万"), as_number("十二")
    (35000, 20000.0, 12)
    """
    if "点" in text:
        whole, _, part = text.partition("点")
        return as_number(whole) + as_number(part) / 10
    if text[0].isdigit() and text[0].isascii():
        power = _POWERS.get(text[-1], 1)
        return float(text.rstrip("万千")) * power
    total, section, digit = 0, 0, 0
    for char in text:
        if char == "万":
            total, section, digit = (total + section + digit or 1) * 10_000, 0, 0
        elif char in _POWERS:
            section, digit = section + (digit or 1) * _POWERS[char], 0
        elif char in "零〇":
            digit = 0
        else:
            digit = digit * 10 + "一二三四五六七八九".find(char.replace("两", "二")) + 1
    return total + section + digit
