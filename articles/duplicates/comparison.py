"""Are two questions one? The same question with the same slots is a duplicate; another place or disease makes a sibling.

compare() adds up what speaks for and against (Evidence × WEIGHTS) and knows a few rules that no evidence overrules.
Plain Python: nothing is learnt at run time. The weights are a logistic regression over the pairs of
tests/judged/duplicates_dev.jsonl, rounded.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from articles.slots import NATIONAL, Dictionary, Slots, dictionary, slots
from articles.text import normalise, question

DUPLICATE, SIBLING, DIFFERENT = "duplicate", "sibling", "different"
SURE = 0.65  # the similarity from which two questions are one
UNDECIDED = (0.15, 0.85)  # between these the answers are read as well: reading them is what takes time
SAME_FORM = 0.5  # … from which they would be one, did their slots agree
WORDINGS = 6  # of one article that are compared: its title and the first phrasings
ANSWER = 200  # characters of an answer that are looked at: it begins with what it says

# Kinds of slots, as editors call them: another value makes another question.
KINDS = {
    "place": "地区", "year": "年份", "insurance": "险种", "disease": "病症", "procedure": "检查治疗", "drug": "药品",
    "operation": "办什么", "activity": "做什么", "person": "人群", "body": "部位", "level": "等级", "setting": "场合",
    "department": "科室", "job": "职业", "food": "食物", "animal": "动物", "month": "月份", "duration": "时长", "days": "天数",
    "hours": "钟点", "age": "年龄", "degree": "温度", "percent": "比例", "amount": "金额", "number": "数字", "term": "名称",
}  # fmt: skip
WORDS = {"act": "事情", "topic": "话题", "intent": "问法", "rest": "用词"}
# Of these one side alone is enough: the question for a year is not the question for any.
DECISIVE = {"place", "year", "month", "amount", "percent", "age", "degree", "food", "animal", "duration", "days", "job"}
# Of these one value more is another question, where both name some.
EXACT = {"disease", "person", "procedure", "drug", "insurance", "operation"}
# Often said by the rest of the sentence: 怀孕 where 产检 stands.
IMPLIED = {"setting", "body", "person", "level", "hours", "term", "department"}
SAID_ANYWAY = {
    ("duration", "12"),
    ("setting", "线上"),
    ("setting", "本地"),
    ("level", "公立医院"),
    ("person", "女性"),
    ("activity", "接种"),
}
GENERIC = {"医保", "社保", "药", "医院", "查询", "条件", "政策", "疫苗", "治疗", "检查", "服用"}
LIGHT = 0.3  # the weight of a generic word; a slot has 2, another word 1.5, an unknown character 0.5

# The first of these that a question holds is what it asks for.
INTENTS = ("why", "long", "when", "amount", "where", "who", "which", "what", "whether", "how")
NEAR = [{"what", "which"}, {"how", "where"}, {"when", "long"}, {"how", "amount"}, {"how", "whether"}, {"how", "what"},
        {"why", "what"}, {"why", "how"}]  # fmt: skip
ASKED_BY = {
    "费用": "amount", "报销比例": "amount", "缴费标准": "amount", "缴费基数": "amount", "起付线": "amount", "封顶线": "amount",
    "科室": "which", "医院": "which", "材料": "which", "缴费时间": "when", "截止": "when", "等待期": "long", "病因": "why",
    "区别": "what", "症状": "what", "严重": "whether",
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
    alike: float  # pairs of characters in common
    replaced: float  # kinds of slots in which they contradict each other
    missing: float  # kinds that only one names
    missing_implied: float
    known_instead: float  # what each says instead of the other, in words of the dictionary
    unknown_instead: float  # … in others
    extra: float  # how much more one says
    template: float  # letter for letter the same, but for one stretch
    same_intent: float
    other_intent: float
    answers_alike: float
    answers_apart: float
    answers_shared: float  # content that both answers name and the questions do not
    explained: float  # words of one question that stand in the other's answer


BIAS = -0.33
WEIGHTS = Evidence(2.78, -1.22, -5.28, -1.48, -0.2, -0.18, -1.47, -0.44, -1.73, 1.42, -1.44, 0.18, -0.6, 0.55, 0.55)


class _Side(NamedTuple):
    """One wording, taken apart."""

    key: str  # text.question()
    pairs: Counter
    slots: Slots
    content: dict[tuple[str, str], float]
    intent: str


def compare(a: Question, b: Question, words: Dictionary | None = None) -> Comparison:
    """`words`: the dictionary, with the editors' synonyms where there are any; None means the shipped one."""
    words = words or dictionary()
    titles = _sides(a.title, b.title, a.regions, b.regions, words)
    found, differing = _evidence(*titles), _differing(*titles)
    best = _similarity(*titles, found, a, b, words)
    if not found.replaced:
        best = max([best, *(_similarity(*pair, _evidence(*pair), a, b, words) for pair in _other_wordings(a, b, words))])
    if best >= SURE:
        return Comparison(DUPLICATE, best, differing)
    return Comparison(SIBLING if differing and _similarity_of_form(found) >= SAME_FORM else DIFFERENT, best, differing)


def _other_wordings(a: Question, b: Question, words: Dictionary) -> Iterator[tuple[_Side, _Side]]:
    """Each wording of the one beside each of the other, but for the two titles."""
    sides = [(one.title, *one.phrasings[: WORDINGS - 1]) for one in (a, b)]
    for left in sides[0]:
        for right in sides[1]:
            if (left, right) != (a.title, b.title):
                yield _sides(left, right, a.regions, b.regions, words)


def _sides(left: str, right: str, regions_a: tuple[str, ...], regions_b: tuple[str, ...], words: Dictionary) -> tuple[_Side, _Side]:
    # The place of an article counts where its question names none.
    return _side(left, tuple(sorted(regions_a)), words), _side(right, tuple(sorted(regions_b)), words)


@lru_cache(maxsize=4096)
def _side(text: str, regions: tuple[str, ...], words: Dictionary) -> _Side:
    found = slots(text, words)
    places = frozenset(regions) - {NATIONAL}
    if places and "place" not in found.values:
        found = found._replace(values=found.values | {"place": places})
    return _Side(question(text), _pairs(text), found, _content(found), _intent(found))


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
    asked = set(found.intents)
    if "科室" in found.values.get("topic", ()):
        return "which"
    if not asked - {"what"}:
        asked |= {ASKED_BY[value] for kind in ("topic", "operation") for value in found.values.get(kind, ()) if value in ASKED_BY}
    return next((intent for intent in INTENTS if intent in asked), "")


def _similarity(one: _Side, other: _Side, found: Evidence, a: Question, b: Question, words: Dictionary) -> float:
    """How likely both ask the same, 0 to 1; below SURE where a rule speaks against it."""
    if one.key == other.key and not found.replaced:
        return 1.0
    if found.replaced or found.template or _may_hide_a_slot(one, other):
        return min(_logistic(found), SURE - 0.01)
    if UNDECIDED[0] < _logistic(found) < UNDECIDED[1]:
        found = _with_answers(found, one, other, (_plain(a.answer), _plain(b.answer)), words)
    return _logistic(found)


def _similarity_of_form(found: Evidence) -> float:
    """As if the slots agreed."""
    shared = max(found.shared, 0.7) if found.replaced else found.shared
    return _logistic(found._replace(shared=shared, replaced=0, missing=0, template=0, unknown_instead=0))


def _logistic(found: Evidence) -> float:
    return 1 / (1 + math.exp(-BIAS - sum(weight * value for weight, value in zip(WEIGHTS, found, strict=True))))


def _contradictions(a: _Side, b: _Side) -> list[str]:
    """Kinds in which they cannot both be right: other values, or one more where that makes another question (头晕, 头晕伴耳鸣)."""
    return [
        kind
        for kind, left, right in _apart(a, b)
        if (left and right) or kind in DECISIVE or (kind in EXACT and kind in a.slots.values and kind in b.slots.values)
    ]


def _apart(a: _Side, b: _Side) -> Iterator[tuple[str, set[str], set[str]]]:
    """Kinds of slots that differ, with the values that only one has."""
    for kind in filter(KINDS.__contains__, a.slots.values.keys() | b.slots.values.keys()):
        one, other = a.slots.values.get(kind, frozenset()), b.slots.values.get(kind, frozenset())
        left = {value for value in one - other if other or (kind, value) not in SAID_ANYWAY}
        right = {value for value in other - one if one or (kind, value) not in SAID_ANYWAY}
        if left or right:
            yield kind, left, right


def _evidence(a: _Side, b: _Side) -> Evidence:
    """What the questions say; the answers are silent."""
    apart = list(_apart(a, b))
    contradicted = _contradictions(a, b)
    one_sided = [kind for kind, _, _ in apart if kind not in contradicted]
    missing_implied = sum(kind in IMPLIED for kind in one_sided)
    only_a, only_b = (_only(one, other) for one, other in ((a, b), (b, a)))
    unknown_a, unknown_b = (sum(map(len, _unknown(one, other))) * 0.5 for one, other in ((a, b), (b, a)))
    known, unknown = (sum(only_a.values()), sum(only_b.values())), (unknown_a, unknown_b)
    most = [known[0] + unknown[0], known[1] + unknown[1]]
    known_instead = min(3.0, *known)
    return Evidence(
        shared=_share(a.content, b.content),
        alike=_dice(a.pairs, b.pairs),
        replaced=len(contradicted),
        missing=len(one_sided) - missing_implied,
        missing_implied=missing_implied,
        known_instead=known_instead,
        unknown_instead=min(3.0, min(most) - known_instead),
        extra=min(3.0, abs(most[0] - most[1])),
        template=float(_is_template(a, b)),
        same_intent=float(a.intent == b.intent),
        other_intent=float(_asks_otherwise(a, b)),
        answers_alike=0,
        answers_apart=0,
        answers_shared=0,
        explained=0,
    )


def _only(one: _Side, other: _Side) -> dict[tuple[str, str], float]:
    """Words of no slot that `other` does not name."""
    return {item: weight for item, weight in one.content.items() if item not in other.content and item[0] not in KINDS}


# Characters that tell no two questions apart.
NEUTRAL = frozenset(
    "得到着过把被让给使向往当由与及而且也都就才又再还最太很真已经正刚将想该应须必肯愿请谢您你我他她它们这那哪谁某每各另其此些样般候遍趟"
    "话说讲道诉觉感认为以至于因所若如果则虽却然做弄搞整拿写成好啥咋呗嘛哦哈嗯之者便竟究底够似像照据凭怎呢吧啊呀么的地了"
)


def _unknown(one: _Side, other: _Side) -> list[str]:
    """Stretches that no dictionary knows and `other` does not have."""
    kept = ("".join(char if char not in other.key and char not in NEUTRAL else " " for char in run) for run in one.slots.rest)
    return [stretch for run in kept for stretch in run.split()]


def _may_hide_a_slot(a: _Side, b: _Side) -> bool:
    """What no dictionary knows may be a slot: it bars where the other says something else instead, or where it is a whole word."""
    unknown_a, unknown_b = _unknown(a, b), _unknown(b, a)
    if (unknown_a and unknown_b) or any(len(stretch) > 1 for stretch in unknown_a + unknown_b):
        return True
    return any((unknown_b and left and not right) or (unknown_a and right and not left) for _, left, right in _apart(a, b))


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
    return any(_apart(a, b)) or any(_only(*pair) or _unknown(*pair) for pair in ((a, b), (b, a)))


def _common(a: str, b: str) -> int:
    """How many characters both begin with."""
    return next((place for place, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b)))


def _asks_otherwise(a: _Side, b: _Side) -> bool:
    both = a.slots.intents & b.slots.intents
    return bool(a.intent and b.intent and a.intent != b.intent and not both and {a.intent, b.intent} not in NEAR)


_MARKUP = re.compile(r"<[^>]{0,200}>")


def _plain(answer: str) -> str:
    return _MARKUP.sub(" ", answer[: ANSWER * 4])[:ANSWER]


def _with_answers(found: Evidence, a: _Side, b: _Side, answers: tuple[str, str], words: Dictionary) -> Evidence:
    """Whether the answers say the same, and name what one question alone names; an empty one says nothing."""
    explained = _explained(_only(a, b), answers[1], words) + _explained(_only(b, a), answers[0], words)
    if min(map(len, answers)) < 4:
        return found._replace(explained=explained)
    one, other = (_side(answer, (), words) for answer in answers)
    alike, asked = _dice(one.pairs, other.pairs), a.content.keys() | b.content.keys()
    said = [{item: weight for item, weight in side.content.items() if item not in asked} for side in (one, other)]
    return found._replace(answers_alike=alike, answers_apart=float(alike < 0.1), answers_shared=_share(*said), explained=explained)


def _explained(only: dict[tuple[str, str], float], answer: str, words: Dictionary) -> float:
    if not only or not answer:
        return 0.0
    said = _side(answer, (), words).content
    return sum(weight for item, weight in only.items() if item in said)


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
