"""Are two questions one? The same question with the same slots is a duplicate; another place or disease makes a sibling.

compare() lays them term by term: rules bar what contradicts, asks otherwise or says something else instead; of the others it adds up
what speaks for and against (Evidence × WEIGHTS). Plain Python: nothing is learnt at run time. The weights are a logistic
regression over the pairs for development in tests/judged that no rule bars, rounded.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from articles.slots import FIXTURES, NATIONAL, Dictionary, Slot, Slots, dictionary, slots
from articles.text import normalise, question

DUPLICATE, SIBLING, DIFFERENT = "duplicate", "sibling", "different"
SURE = 0.7  # the similarity from which two questions are one
SURER = 0.94  # … where each says something in words of its own
UNDECIDED = (0.15, 0.85)  # between these the answers are read as well: reading them is what takes time
SAME_FORM = 0.4  # the part of the content that siblings share, a slot in which they differ half counted in
WORDINGS = 6  # of one article that are compared: its title and the first phrasings
ANSWER = 200  # characters of an answer that are looked at: it begins with what it says

# Kinds of slots, as editors call them: another value makes another question.
KINDS = {
    "place": "地区", "year": "年份", "insurance": "险种", "disease": "病症", "procedure": "检查治疗", "drug": "药品",
    "operation": "办什么", "activity": "做什么", "person": "人群", "body": "部位", "level": "等级", "setting": "场合",
    "department": "科室", "job": "职业", "food": "食物", "animal": "动物", "month": "月份", "duration": "时长", "days": "天数",
    "hours": "钟点", "age": "年龄", "degree": "温度", "percent": "比例", "amount": "金额", "number": "数字", "term": "名称",
    "event": "处境", "stage": "孕产期", "scope": "异地", "order": "先后", "trend": "高低", "colour": "颜色", "item": "费用项目",
}  # fmt: skip
WORDS = {"act": "事情", "topic": "话题", "intent": "问法", "rest": "用词"}
# Of these one side alone is enough: the question for a year is not the question for any.
DECISIVE = {"disease", "insurance", "drug", "procedure", "operation", "event", "stage", "scope", "place", "year", "month", "amount",
            "percent", "age", "degree", "food", "animal", "duration", "days", "job", "item", "person", "department"}  # fmt: skip
# Of these one value more is another question, where both name some.
EXACT = {"person"}
INSURANCE = {"医保", "社保", "医保卡"}
# Said of something else: alone they are no subject.
RELATIVE = {"order", "trend", "colour"}
SAID_ANYWAY = {
    ("duration", "12"),
    ("setting", "线上"),
    ("setting", "本地"),
    ("level", "公立医院"),
    ("person", "女性"),
    ("duration", "1"),
    ("days", "1"),
}
GENERIC = {"医保", "社保", "药", "医院", "查询", "条件", "新政策", "治疗", "检查", "服用"}
LIGHT = 0.3  # the weight of a generic word; a slot has 2, another word 1.5, an unknown character 0.5

# The first of these that a question holds is what it asks for.
INTENTS = ("why", "long", "when", "amount", "where", "who", "which", "what", "whether", "how", "meaning")
NEAR = [{"what", "which"}, {"how", "where"}, {"when", "long"}, {"how", "what"}, {"why", "what"}, {"who", "which"},
        {"where", "which"}, {"what", "meaning"}, {"why", "meaning"}, {"which", "meaning"}]  # fmt: skip
# What a question wants to know in so many words, and the forms in which one asks for it without them.
ASPECTS = {
    "费用": "amount", "报销比例": "amount", "缴费标准": "amount", "缴费基数": "amount", "缴费年限": "amount long", "起付线": "amount",
    "封顶线": "amount whether", "剂量": "amount", "次数": "amount", "频率": "long amount", "正常值": "amount what",
    "年龄": "amount when long whether", "孕周": "amount when long", "概率": "amount whether", "科室": "which where",
    "医院": "which where", "材料": "which what", "缴费时间": "when", "截止": "long when whether", "有效期": "long",
    "等待期": "when long whether", "到账": "when long", "疗程": "long whether", "恢复期": "when long", "病因": "why what",
    "区别": "what which whether", "症状": "what which", "严重": "whether what", "传染": "whether", "遗传": "whether", "复发": "whether",
    "治愈": "whether", "好处": "what whether", "副作用": "what which whether", "危害": "what whether", "条件": "which who what whether",
    "饮食": "what which", "药": "what which", "治疗": "how which", "预防": "how", "电话": "which", "地址": "where", "部位": "where which",
    "一起": "whether", "识别": "how whether what", "依赖": "whether", "致癌": "whether", "辐射": "whether", "留疤": "whether",
    "选择": "how which", "准备": "what which", "禁忌": "who which what whether", "不予报销": "which what whether",
    "报销范围": "which what", "易感": "who which", "疼不疼": "whether", "寿命": "long how whether", "姿势": "what which",
    "进度": "where how", "病种": "which", "待遇": "what which",
}  # fmt: skip

# Words for an aspect that beside one of these only say of what it is asked.
OBJECTS = {
    "费用": {"报销", "直接结算", "手工报销", "报销比例", "补缴"}, "禁忌": {"饮食"}, "症状": {"识别", "治疗"}, "材料": {"到账"},
    "药": {"疗程", "剂量", "次数", "饮食", "副作用", "停药", "报销"}, "医院": {"科室", "材料", "定点医院", "报销"},
    "治疗": {"费用", "报销"}, "严重": {"治疗"}, "病因": {"危害"},
}  # fmt: skip
NEGATIVE = {"禁忌", "不予报销"}  # who must not, what is not paid


@cache
def _implied() -> dict[str, frozenset[str]]:
    """value: what else is as good as said with it."""
    found = json.loads((FIXTURES / "implied.json").read_text(encoding="utf-8"))
    return {value: frozenset(others) for value, others in found.items()}


IMPLIED_BY_KIND = {
    "procedure": frozenset(("检查", "手术", "治疗")), "drug": frozenset(("药", "服用", "治疗", "频率")), "department": frozenset(("科室",)),
    "vaccine": frozenset(("疫苗", "接种", "次数")), "disease": frozenset(("治疗", "急救")),
}  # fmt: skip


class Question(NamedTuple):
    """What is known of one article. `answer` is text or HTML, the short answer first; `regions` are codes, none for the country."""

    title: str
    phrasings: tuple[str, ...] = ()
    answer: str = ""
    regions: tuple[str, ...] = ()


class Comparison(NamedTuple):
    """`differing`: kind of slot (KINDS and WORDS name it): the values of the one and of the other, as they were written."""

    label: str
    similarity: float
    differing: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]


class Evidence(NamedTuple):
    shared: float  # part of the content that both name
    rare: float  # how much of it, without the generic
    alike: float  # pairs of characters in common
    replaced: float  # kinds of slots in which they contradict each other
    missing: float  # kinds that only one names
    instead: float  # what each says instead of the other
    extra: float  # how much more one says
    unknown: float  # … in words that no dictionary has
    template: float  # letter for letter the same, but for one stretch
    same_ask: float
    other_ask: float
    answers_apart: float
    answers_shared: float  # content that both answers name and the questions do not


BIAS = 1.6
WEIGHTS = Evidence(2.2, 0.45, -1.3, -5.0, -1.7, -1.2, -1.0, -0.4, -1.7, 0.5, -1.4, -0.3, 1.1)


class _Side(NamedTuple):
    """One wording, taken apart."""

    key: str  # text.question()
    pairs: Counter
    slots: Slots
    content: dict[tuple[str, str], float]
    implied: frozenset[str]
    aside: frozenset[tuple[str, str]]  # said of how it was found: CT查出
    aspects: frozenset[str]
    intent: str


def compare(a: Question, b: Question, words: Dictionary | None = None) -> Comparison:
    """`words`: the dictionary, with the editors' synonyms where there are any; None means the shipped one."""
    words = words or dictionary()
    titles = _sides(a.title, b.title, a.regions, b.regions, words)
    found, differing = _evidence(*titles), _differing(*titles)
    best = _similarity(*titles, found, a, b, words)
    if not found.replaced and (a.phrasings or b.phrasings):
        # Two pages with phrasings answer much in passing: they are one where each has a wording for the other's title.
        ways = [_closest(one, other, words) for one, other in ((a, b), (b, a)) if other.phrasings]
        best = max(best, min(ways))
    if best >= SURE:
        return Comparison(DUPLICATE, best, differing)
    return Comparison(SIBLING if differing and _is_one_form(found) else DIFFERENT, best, differing)


def _closest(asked: Question, page: Question, words: Dictionary) -> float:
    """How near the title of the one comes to a wording of the other."""
    pairs = (_sides(asked.title, wording, asked.regions, page.regions, words) for wording in (page.title, *page.phrasings[: WORDINGS - 1]))
    return max(_similarity(*pair, _evidence(*pair), asked, page, words) for pair in pairs)


def _sides(left: str, right: str, regions_a: tuple[str, ...], regions_b: tuple[str, ...], words: Dictionary) -> tuple[_Side, _Side]:
    # The place of an article counts where its question names none.
    return _side(left, tuple(sorted(regions_a)), words), _side(right, tuple(sorted(regions_b)), words)


@lru_cache(maxsize=4096)
def _side(text: str, regions: tuple[str, ...], words: Dictionary) -> _Side:
    found = slots(text, words)
    places = frozenset(regions) - {NATIONAL}
    if places and "place" not in found.values:
        found = found._replace(values=found.values | {"place": places})
    content = _content(found)
    return _Side(
        question(text), _pairs(text), found, content, _implications(content), _aside(found.found), _aspects(content), _intent(found)
    )


# What follows the name of an examination that only says where the finding is from.
FINDS = {
    "查出", "发现", "查出来", "检查出", "显示", "提示", "说", "写", "写着", "看到", "照出", "拍出", "查到", "做出", "上写", "上说",
    "检查发现", "检查说", "报告", "报告说", "报告上", "单上", "上", "结果", "检查结果", "报告单",
}  # fmt: skip


def _aside(found: tuple[Slot, ...]) -> frozenset[tuple[str, str]]:
    return frozenset(
        one[:2] for one, following in pairwise(found) if following.text in FINDS and one.kind in ("procedure", "activity", "topic")
    )


def _aspects(content: Iterable[tuple[str, str]]) -> frozenset[str]:
    values = {value for _, value in content}
    return frozenset(value for value in values & ASPECTS.keys() if not values & OBJECTS.get(value, set()))


def _also(values: Iterable[str]) -> frozenset[str]:
    none: frozenset[str] = frozenset()
    return none.union(*(_implied().get(value, none) for value in values))


def _implications(content: Iterable[tuple[str, str]]) -> frozenset[str]:
    kinds = {"vaccine" if value.endswith("疫苗") else kind for kind, value in content}
    return _also(value for _, value in content).union(*(IMPLIED_BY_KIND.get(kind, ()) for kind in kinds))


def _pairs(text: str) -> Counter:
    dense = re.sub(r"\W", "", normalise(text))
    return Counter(dense[i : i + 2] for i in range(len(dense) - 1))


def _content(found: Slots) -> dict[tuple[str, str], float]:
    """What is named, by weight."""
    return {
        (kind, value): LIGHT if value in GENERIC else 2.0 if kind in KINDS else 1.5
        for kind, values in found.values.items()
        for value in values
    }


def _intent(found: Slots) -> str:
    return next((intent for intent in INTENTS if intent in found.intents), "")


def _similarity(one: _Side, other: _Side, found: Evidence, a: Question, b: Question, words: Dictionary) -> float:
    """How likely both ask the same, 0 to 1; below SURE where a rule speaks against it."""
    if one.key == other.key and not found.replaced:
        return 1.0
    if not found.shared or found.replaced or found.template or found.other_ask or _says_instead(one, other, _logistic(found)):
        return min(_logistic(found), SURE - 0.01)
    if UNDECIDED[0] < _logistic(found) < UNDECIDED[1]:
        found = _with_answers(found, one, other, (_plain(a.answer), _plain(b.answer)), words)
    return _logistic(found)


def _is_one_form(found: Evidence) -> bool:
    return not found.other_ask and (bool(found.template) or found.shared + (0.25 if found.replaced else 0) >= SAME_FORM)


def _logistic(found: Evidence) -> float:
    return 1 / (1 + math.exp(-BIAS - sum(weight * value for weight, value in zip(WEIGHTS, found, strict=True))))


def _contradictions(a: _Side, b: _Side) -> list[str]:
    """Kinds in which they cannot both be right: other values, or one more where that makes another question (头晕, 头晕伴耳鸣)."""
    turned = ["order"] if _turned(a.slots.found, b.slots.found) else []
    return turned + [
        kind
        for kind, left, right in _apart(a, b)
        if (left and right) or kind in DECISIVE or (kind in EXACT and kind in a.slots.values and kind in b.slots.values)
    ]


def _turned(a: tuple[Slot, ...], b: tuple[Slot, ...]) -> bool:
    """The one begins with what the other ends with: 苏州 to 上海 and 上海 to 苏州, wine after a drug and a drug after wine."""
    homes = [_insured_in(found) for found in (a, b)]
    if all(homes):
        return homes[0] != homes[1]
    if any(_is_reversed(kind, a, b) for kind in ("place", "insurance", "level")):
        return True
    one, other = _anchor(a), _anchor(b)
    return one != other and one in {slot[:2] for slot in b} and other in {slot[:2] for slot in a}


def _is_reversed(kind: str, a: tuple[Slot, ...], b: tuple[Slot, ...]) -> bool:
    """From the one to the other and back; of insurances and levels only where something is transferred."""
    one, other = ([slot.value for slot in found if slot.kind == kind] for found in (a, b))
    moved = kind == "place" or all(any(slot.value in ("转移", "修改") for slot in found) for found in (a, b))
    return moved and len(set(one)) > 1 and set(one) == set(other) and list(dict.fromkeys(one)) != list(dict.fromkeys(other))


def _insured_in(found: tuple[Slot, ...]) -> str:
    """The place whose insurance it is: 北京 of 北京医保在上海."""
    said = [slot for slot in found if slot.kind != "filler"]
    return next(
        (one.value for one, after in pairwise(said) if one.kind == "place" and (after.kind == "insurance" or after.value in INSURANCE)), ""
    )


def _anchor(found: tuple[Slot, ...]) -> tuple[str, str] | None:
    """What a question asks about the time before or after of: 头孢 of both 头孢之后 and 吃完头孢."""
    for place, slot in enumerate(found):
        if slot.kind == "order":
            before, after = found[:place][::-1], found[place + 1 :]
            beside = after if slot.text.endswith("完") and after and after[0].kind in KINDS else before
            return next((each[:2] for each in beside if each.kind in KINDS and each.kind != "order"), None)
    return None


def _apart(a: _Side, b: _Side) -> Iterator[tuple[str, set[str], set[str]]]:
    """Kinds of slots that differ, with the values that only one has."""
    for kind in filter(KINDS.__contains__, a.slots.values.keys() | b.slots.values.keys()):
        one, other = a.slots.values.get(kind, frozenset()), b.slots.values.get(kind, frozenset())
        shared = a.content.keys() & b.content.keys() if one - other and other - one else set()
        left = {value for value in one - other if not _is_said_anyway(kind, value, a, b, shared)}
        right = {value for value in other - one if not _is_said_anyway(kind, value, b, a, shared)}
        if (left and right) or ((left or right) and kind != "order"):
            yield kind, left, right


def _is_said_anyway(kind: str, value: str, one: _Side, other: _Side, shared: Set[tuple[str, str]]) -> bool:
    """Whether `other` has it in other words, or within a longer one: 脚踝 in 脚踝扭伤. What `shared` implies tells them not apart."""
    implied = _implications(other.content.keys() - shared) if shared else other.implied
    if value in implied or ((kind, value) in SAID_ANYWAY | one.aside and kind not in other.slots.values):
        return True
    said = [slot.text for slot in other.slots.found]
    return any(
        len(slot.text) > 1 and any(slot.text in text for text in said)
        for slot in one.slots.found
        if (slot.kind, slot.value) == (kind, value)
    )


def _evidence(a: _Side, b: _Side) -> Evidence:
    """What the questions say; the answers are silent."""
    apart = list(_apart(a, b))
    contradicted = _contradictions(a, b)
    known = [sum(_only(one, other).values()) for one, other in ((a, b), (b, a))]
    unknown = [sum(map(len, _unknown(one, other))) * 0.5 for one, other in ((a, b), (b, a))]
    most = [known[0] + unknown[0], known[1] + unknown[1]]
    return Evidence(
        shared=_share(a.content, b.content),
        rare=min(4.0, sum(weight for item, weight in a.content.items() if item in b.content and weight > LIGHT)),
        alike=_dice(a.pairs, b.pairs),
        replaced=len(contradicted),
        missing=sum(kind not in contradicted for kind, _, _ in apart),
        instead=min(3.0, *most),
        extra=min(4.0, abs(known[0] - known[1])),
        unknown=min(4.0, abs(unknown[0] - unknown[1])),
        template=float(_is_template(a, b)),
        same_ask=float(a.intent == b.intent or bool(a.aspects & b.aspects)),
        other_ask=float(_asks_otherwise(a, b)),
        answers_apart=0,
        answers_shared=0,
    )


def _only(one: _Side, other: _Side) -> dict[tuple[str, str], float]:
    """Words of no slot that `other` neither names nor implies."""
    return {
        item: weight
        for item, weight in one.content.items()
        if item not in other.content and item[0] not in KINDS and item[1] not in other.implied and item not in one.aside
    }


# Characters that tell no two questions apart.
NEUTRAL = frozenset(
    "得到着过把被让给使向往当由与及而且也都就才又再还最太很真已经正刚将想该应须必肯愿请谢您你我他她它们这那哪谁某每各另其此些样般候遍趟"
    "比话说讲道诉觉感认为以至于因所若如果则虽却然做弄搞整拿写成好啥咋呗嘛哦哈嗯之者便竟究底够似像照据凭怎呢吧啊呀么的地了"
)


def _unknown(one: _Side, other: _Side) -> list[str]:
    """Stretches that no dictionary knows and `other` does not have."""
    kept = ("".join(char if char not in other.key and char not in NEUTRAL else " " for char in run) for run in one.slots.rest)
    return [stretch for run in kept for stretch in run.split()]


def _says_instead(a: _Side, b: _Side, similarity: float) -> bool:
    """Each has something to say that the other does not; it may be what is asked about, unless what they share leaves little doubt."""
    if not (_has_more(a, b) and _has_more(b, a)):
        return False
    subjects = [value for (_, value), weight in a.content.items() if (_, value) in b.content and weight > LIGHT and value not in ASPECTS]
    return similarity < SURER or not subjects or bool(_unknown(a, b) or _unknown(b, a))


def _has_more(one: _Side, other: _Side) -> bool:
    return _names_more(one, other) or bool(_unknown(one, other)) or any(map(LIGHT.__lt__, _only(one, other).values()))


def _names_more(one: _Side, other: _Side) -> bool:
    return any(left for kind, left, _ in _apart(one, other) if kind not in RELATIVE)


def _share(a: dict, b: dict) -> float:
    total = sum(a.values()) + sum(b.values())
    return sum(weight for one, other in ((a, b), (b, a)) for item, weight in one.items() if item in other) / total if total else 0.0


def _dice(a: Counter, b: Counter) -> float:
    total = a.total() + b.total()
    return 2 * (a & b).total() / total if total else 0.0


def _is_template(a: _Side, b: _Side) -> bool:
    """One stretch is another one, all around it is the same: a form that was filled in twice."""
    start = _common(a.key, b.key)
    end = _common(a.key[start:][::-1], b.key[start:][::-1])
    instead = a.key[start : len(a.key) - end], b.key[start : len(b.key) - end]
    if not all(instead) or (start + end) * 2 < max(len(a.key), len(b.key)):
        return False
    return any(_has_more(*pair) for pair in ((a, b), (b, a)))


def _common(a: str, b: str) -> int:
    """How many characters both begin with."""
    return next((place for place, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b)))


def _asks_otherwise(a: _Side, b: _Side) -> bool:
    if a.aspects & NEGATIVE != b.aspects & NEGATIVE:
        return True
    if a.aspects and b.aspects:
        return not (a.aspects & b.aspects or a.aspects & _also(b.aspects) or b.aspects & _also(a.aspects))
    if a.aspects or b.aspects:
        named, other = (a, b) if a.aspects else (b, a)
        forms = {form for aspect in named.aspects for form in ASPECTS[aspect].split()}
        return bool(other.intent and other.intent not in forms and not (named.intent and other.slots.intents & named.slots.intents))
    both = a.slots.intents & b.slots.intents
    return bool(a.intent and b.intent and a.intent != b.intent and not both and {a.intent, b.intent} not in NEAR)


_MARKUP = re.compile(r"<[^>]{0,200}>")


def _plain(answer: str) -> str:
    return _MARKUP.sub(" ", answer[: ANSWER * 4])[:ANSWER]


def _with_answers(found: Evidence, a: _Side, b: _Side, answers: tuple[str, str], words: Dictionary) -> Evidence:
    """Whether the answers say the same; an empty one says nothing."""
    if min(map(len, answers)) < 4:
        return found
    one, other = (_side(answer, (), words) for answer in answers)
    asked = a.content.keys() | b.content.keys()
    said = [{item: weight for item, weight in side.content.items() if item not in asked} for side in (one, other)]
    return found._replace(answers_apart=float(_dice(one.pairs, other.pairs) < 0.1), answers_shared=_share(*said))


def _differing(a: _Side, b: _Side) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """What an editor should look at: the slots; where these agree, the words."""
    found = {kind: (_written(a, kind, left), _written(b, kind, right)) for kind, left, right in _apart(a, b)}
    for kind in ("act", "topic"):
        left, right = (
            {value for other, value in _only(one, two) if other == kind and value not in GENERIC} for one, two in ((a, b), (b, a))
        )
        if left or right:
            found[kind] = _written(a, kind, left), _written(b, kind, right)
    if _asks_otherwise(a, b):
        found["intent"] = _written(a, "intent", {a.intent}), _written(b, "intent", {b.intent})
    if any(rest := [tuple(run for run in one.slots.rest if run not in two.key) for one, two in ((a, b), (b, a))]):
        found["rest"] = rest[0], rest[1]
    return {kind: found[kind] for kind in (*KINDS, *WORDS) if kind in found}


def _written(side: _Side, kind: str, values: Iterable[str]) -> tuple[str, ...]:
    """The values as the question words them; a place that only the article's regions name, by its code."""
    values = set(values)
    seen = {slot.value: slot.text for slot in side.slots.found if slot.kind == kind and slot.value in values}
    return tuple(seen.get(value, value) for value in sorted(values))
