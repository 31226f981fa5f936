"""What is wrong with a text before it goes out, as far as the text alone and the day can tell. Plain Python.

`found_in(page, today)` -> findings. Every check has a row in CHECKS: what it is called and whether it stops a publication.
Only what must never go out blocks; everything else is an editor's decision and stays on the list of open warnings.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache
from html import unescape
from itertools import islice
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from articles.checklist.phrases import hits, sentence_at
from articles.content import ArticleContent
from articles.rendering import clean
from articles.slots import Slot, dictionary, slots
from articles.text import HAN, normalise, question, restore_punctuation

BLOCKS, WARNS = "blocks", "warns"
PLACES = 5  # findings of one check in one text
QUOTE, MESSAGE = 60, 200  # characters
LINKS = 300  # of one text that are looked at
LONG_BODY = 800
ORGANISED = ("h2", "h3")


class Check(NamedTuple):
    label: str
    level: str = WARNS


CHECKS = {
    "advertising": Check("医疗广告禁语", BLOCKS),
    "category": Check("没有栏目", BLOCKS),
    "reviewer": Check("审核不合要求"),
    "source": Check("数字或规定没有来源"),
    "scope": Check("数字没说地区或年份"),
    "condition": Check("结论没说条件"),
    "expired": Check("有效期已过"),
    "year": Check("问题里的年份已过"),
    "subject": Check("回答没提到所问的事"),
    "dead_link": Check("站内链接失效"),
    "duplicate": Check("疑似重复"),
    "promotion": Check("宣传用语"),
    "short_answer": Check("没有简短回答"),
    "no_question": Check("题目不像问句"),
    "headings": Check("长文没有小标题"),
    "odd_link": Check("网址写法不对"),
    "punctuation": Check("半角标点"),
    "spacing": Check("字间有空格"),
    "phrasing": Check("问法重复"),
    "tags": Check("没有标签"),
}
PARTS = {
    "title": "问题",
    "short_answer": "简短回答",
    "body": "正文",
    "category": "栏目",
    "tags": "标签",
    "sources": "来源",
    "valid_until": "有效期",
    "phrasings": "其他问法",
}


class Finding(NamedTuple):
    """`message` says what to do; `part` (a key of PARTS) and `quote`, where they are known, where."""

    code: str
    message: str
    part: str = ""
    quote: str = ""

    @property
    def check(self) -> Check:
        return CHECKS[self.code]

    @property
    def blocks(self) -> bool:
        return self.check.level == BLOCKS

    @property
    def part_label(self) -> str:
        return PARTS.get(self.part, "")


class Page(NamedTuple):
    """What the checks read: all that the editor wrote, and its body without tags."""

    content: ArticleContent
    text: str
    html: str
    folded: str  # short answer and body, normalised, without spaces

    @classmethod
    def of(cls, content: ArticleContent, text: str | None = None) -> Self:
        """`text`: the plain text of the body, where it is known already."""
        if text is None:
            text = clean(content.body).plain_text
        return cls(content, text, content.body, normalise(f"{content.short_answer} {text}").replace(" ", ""))

    @property
    def written(self) -> list[tuple[str, str]]:
        """The parts that readers read as text."""
        return [("title", self.content.title), ("short_answer", self.content.short_answer), ("body", self.text)]


def found_in(page: Page, today: date) -> list[Finding]:
    return limited(finding for rule in RULES for finding in rule(page, today))


def blocking(content: ArticleContent) -> list[str]:
    """Reasons in the text that must keep it from being published."""
    found = (each for each in _forbidden_phrases(Page.of(content), None) if each.blocks)
    return [f"{each.message}（{each.quote}）" for each in limited(found)]


def limited(found: Iterable[Finding]) -> list[Finding]:
    """The first few of every check, each once and short enough to be stored."""
    kept: dict[str, dict[Finding, None]] = {}
    for each in found:
        of_check = kept.setdefault(each.code, {})
        if len(of_check) < PLACES:
            of_check[each._replace(quote=each.quote[:QUOTE], message=each.message[:MESSAGE])] = None
    return [each for of_check in kept.values() for each in of_check]


def _sentence_with(pattern: re.Pattern, text: str) -> str:
    """The first sentence in which `pattern` is found, "" without one."""
    match = pattern.search(text)
    return text[slice(*sentence_at(text, match.start()))].strip() if match else ""


# Words of advertising


def _forbidden_phrases(page: Page, today: date | None) -> Iterator[Finding]:
    for part, text in page.written:
        for hit in hits(text):
            yield Finding(hit.group.code, f"“{hit.phrase}”属于{hit.group.name}：{hit.group.advice}", part, hit.sentence)


# Numbers and rules

_NUMBER = r"(?<![0-9.])[0-9]+(?:[.,][0-9]+)*"
_SPELT = r"(?<![一二两三四五六七八九几数])(?:[二两三四五六七八九]?[十百][一二三四五六七八九]?|[二两三四五六七八九])"  # not 两三
_YEARS = r"年(?!版|度|底|初|末|代|龄|前|来|[0-9一二三四五六七八九十]{1,2}月)"
_FIGURE = re.compile(
    rf"{_NUMBER}[ ]?(?:[万千亿]?(?:元|块钱)|%|％|‰|个百分点|折|倍|个?工作日|天|个月|周岁|岁|小时|毫克|mg|毫升|ml|克|mmHg|mmol|℃|片|粒)"
    rf"|(?<![0-9.])[0-9]{{1,2}}(?:{_YEARS}|日(?:内|之内|以内))|[0-9]月[0-9]{{1,2}}日(?:之?前|止|截止)"
    rf"|{_SPELT}(?:[万千]?元|个月|个?工作日|[天日年]之?以?内|周岁)|百分之{_SPELT}|[一二三四五六七八九][万千]元"
)
_RULE = re.compile(r"《[^》]{2,40}》|(?:法律|条例|办法|文件|国家|政策|通知|意见)(?:明确|统一)?规定(?!为准)|应当|不得|有权")


def _numbers_without_source(page: Page, today: date) -> Iterator[Finding]:
    if page.content.sources:
        return
    patterns = [("数字", _FIGURE)] + ([("规定", _RULE)] if page.content.kind != "clinical" else [])
    for what, pattern in patterns:
        for part, text in page.written[1:]:
            if sentence := _sentence_with(pattern, text):
                yield Finding("source", f"这里有{what}，却没有来源：请在“来源”里填写依据的文件", part, sentence)
                return


_ANCHOR = re.compile(r"(?:19|20)[0-9]{2}|《|全国|国家|各地|当地|本地|参保地|就医地|统筹地区|原则上|现行|目前|以.{1,12}为准|各省|看当地")


def _number_without_place_or_year(page: Page, today: date) -> Iterator[Finding]:
    answer, title = page.content.short_answer, page.content.title
    if page.content.kind != "policy" or _ANCHOR.search(answer) or _names_place_or_year(f"{title}{answer}"):
        return
    if sentence := _sentence_with(_FIGURE, answer):
        advice = "简短回答会被单独引用：请写明这个数字是哪里、哪一年的，或者依据哪个文件"
        yield Finding("scope", advice, "short_answer", sentence)


def _names_place_or_year(text: str) -> bool:
    return not slots(text).values.keys().isdisjoint({"place", "year"})


_VERDICT = re.compile(
    r"可以|可(?=报|享|领|用|办|转|直接|申请)|不能|不可以?|必须|都能|都可|全部|一律|一定|能(?=报|用|领|转|享|办|取|直接|申请)|不会|无需|不用|不需要"
)
_CONDITION = re.compile(
    r"以.{1,16}为准|如果|如(?=有|需|在|属|果|遇|因)|若|只要|只有|除非|除.{1,20}外|但|不过|(?<!必)须|(?<![无不])需|先|凭|按|根据|依据|依照|视|一般|通常|原则上|大多|多数"
    r"|部分|有的|各地|当地|本地|参保地|就医地|看病地|符合|条件|情形|情况|范围|规定|国家|政策|明确|限|的，|者，|时，|后，|前，|期间|以内|[0-9]+(?:年|个?月|天|日)"
    r"|已经|尚未|没有.{1,8}的|由.{1,10}(?:判断|决定|认定)|医生|遵医嘱"
)


def _verdict_without_condition(page: Page, today: date) -> Iterator[Finding]:
    answer = page.content.short_answer
    if page.content.kind == "policy" and not _CONDITION.search(answer) and (sentence := _sentence_with(_VERDICT, answer)):
        advice = "结论没说条件：请补上在什么情况下成立，或“以参保地规定为准”"
        yield Finding("condition", advice, "short_answer", sentence)


# What time has overtaken


_SAYS_SO = re.compile(r"已经?(?:结束|到期|失效|废止|过期|停止|取消)|早已|当时|现已|不再(?:执行|有效|适用)")


def _past_validity(page: Page, today: date) -> Iterator[Finding]:
    content, until = page.content, page.content.valid_until
    if until and until < today and not (content.successor or _SAYS_SO.search(content.short_answer)):
        advice = f"政策已于 {until:%Y-%m-%d} 到期：请改写成现行规定，或在“新的规定见”里选接着看的文章，或在简短回答里说明已经结束"
        yield Finding("expired", advice, "valid_until")


_YEAR = re.compile(r"(?<![0-9])(20[0-9]{2})年?度?(?!年?(?:之?以?[前后]|起|以来|底之?前|出生|参加|开始|版|出台|发布))")


def _past_year(page: Page, today: date) -> Iterator[Finding]:
    content = page.content
    years = [int(match[1]) for match in _YEAR.finditer(content.title)]
    if not years or max(years) >= today.year or content.valid_until or str(today.year) in content.short_answer:
        return
    advice = f"问题问的是 {max(years)} 年：请更新为今年的规定，或填写“政策截止日”，让页面写明已经过期"
    yield Finding("year", advice, "title", content.title)


# Does it answer?

_SUBJECTS = {
    "place",
    "insurance",
    "operation",
    "activity",
    "topic",
    "body",
    "disease",
    "animal",
    "food",
    "department",
    "procedure",
    "drug",
}
_PLACE_OF_ALL = re.compile("当地|本市|本省|本地|各地|参保地")


@cache
def _spellings() -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], list[str]] = {}
    for word, sense in dictionary().entries.items():
        found.setdefault(sense, []).append(word)
    return {sense: tuple(words) for sense, words in found.items()}


def _subject_missing(page: Page, today: date) -> Iterator[Finding]:
    asked = slots(page.content.title)
    subjects = [slot for slot in asked.found if slot.kind in _SUBJECTS]
    missing = [slot for slot in subjects if not _speaks_of(page, slot)]
    others = {rest[i : i + 2] for rest in asked.rest for i in range(len(rest) - 1)}  # pairs of characters of words that no list knows
    answered = 2 * len(missing) <= len(subjects) if subjects else not others
    if answered or any(pair in page.folded for pair in others):
        missing = [slot for slot in missing if slot.kind == "place"]  # another place's rules are no answer, whatever else is said
        if not missing:
            return
    named = "”“".join(dict.fromkeys(slot.text for slot in missing)) or page.content.title
    yield Finding("subject", f"问题问的是“{named}”，简短回答和正文里都没有提到：请补上，或改问题", "title", page.content.title)


def _speaks_of(page: Page, slot: Slot) -> bool:
    if slot.kind == "place":
        codes = (slot.value[:6], f"{slot.value[:2]}0000")
        if any(code in page.content.regions for code in codes) or _PLACE_OF_ALL.search(page.folded):
            return True
    spellings = _spellings().get((slot.kind, slot.value), ())
    return any(word in page.folded for word in {slot.text, *spellings, *_halves(slot)})


def _halves(slot: Slot) -> set[str]:
    """家庭共济 is spoken of as 共济, 互联网医院 as 互联网; a place has its name."""
    half = len(slot.text) // 2
    return {slot.text[:half], slot.text[-half:]} if half > 1 and slot.kind != "place" else set()


# What is missing or badly written


def _unfiled(page: Page, today: date) -> Iterator[Finding]:
    if page.content.category is None:
        yield Finding("category", "请选择栏目", "category")
    if not page.content.tags:
        yield Finding("tags", "请加上标签，读者和相关推荐靠它找到本文", "tags")


def _unreadable(page: Page, today: date) -> Iterator[Finding]:
    if not page.content.short_answer:
        yield Finding("short_answer", "请写一两句能单独看懂的简短回答", "short_answer")
    if len(page.text) > LONG_BODY and not any(f"<{tag}" in page.html for tag in ORGANISED):
        yield Finding("headings", f"正文有 {len(page.text)} 字却没有小标题：请分成几节", "body")


_INTERROGATIVE = re.compile(
    r"[？?]|[吗呢么]$|怎么|怎样|怎办|如何|什么|啥|为何|咋|多[少久长大深快高重宽厚远早晚]|几[个天年次种岁时点号月级]?|哪|谁|何时|何地|是否|能否|可否|有无|与否|要不要|还是"
    r"|(.)[不没]\1|区别|差别|流程|条件|步骤|方法|标准|比例|注意事项|原因|办法"
)


def _not_a_question(page: Page, today: date) -> Iterator[Finding]:
    title = page.content.title
    if not _INTERROGATIVE.search(title) and not slots(title).intents:
        yield Finding("no_question", "题目不像读者会问的话：请改成一个问句", "title", title)


_SPACED = re.compile(rf"(?:[{HAN}][ \u3000]){{3,}}[{HAN}]")


def _bad_typing(page: Page, today: date) -> Iterator[Finding]:
    for part, text in [*page.written, ("phrasings", "\n".join(page.content.phrasings))]:
        for line in text.splitlines():
            if (restored := restore_punctuation(line)) != line:
                at = next(i for i, (old, new) in enumerate(zip(line, restored, strict=True)) if old != new)
                yield Finding("punctuation", "汉字之间用了半角标点：请改成全角", part, line[max(at - 10, 0) : at + 10])
                break
        if match := _SPACED.search(text):
            yield Finding("spacing", "字与字之间有空格，搜不到也读不顺：请删去空格", part, match[0])


def _same_phrasing(page: Page, today: date) -> Iterator[Finding]:
    seen = {question(page.content.title)}
    for phrasing in page.content.phrasings:
        if (key := question(phrasing)) in seen:
            yield Finding("phrasing", "这个问法和问题或另一个问法一样：请删去", "phrasings", phrasing)
        seen.add(key)


# Links

_HREF = re.compile(r'<a href="([^"]*)"')
_HOST = re.compile(r"(?:[\w-]{1,63}\.)+[a-z\u00a1-\uffff][\w-]{1,62}\.?", re.I)


def links(html: str) -> list[str]:
    """The first addresses that a sanitised body leads to, each once."""
    return list(dict.fromkeys(unescape(match[1]) for match in islice(_HREF.finditer(html), LINKS)))


def _odd_links(page: Page, today: date) -> Iterator[Finding]:
    written = [("body", href) for href in links(page.html)] + [("sources", source.url) for source in page.content.sources if source.url]
    for part, href in written:
        if not _well_formed(href):
            yield Finding("odd_link", "网址不完整或写错了：站外的写全 https://，站内的以 / 开头", part, href)


def _well_formed(href: str) -> bool:
    """As far as signs can tell; nothing is fetched."""
    if href.startswith(("#", "mailto:", "tel:")) and len(href) > 1:
        return True
    try:
        parts = urlsplit(href)
        host = parts.hostname or ""
    except ValueError:
        return False
    if re.search(r"\s", href):
        return False
    if not parts.scheme and not parts.netloc:
        return href.startswith("/")
    return parts.scheme in ("http", "https") and bool(_HOST.fullmatch(host))


RULES: tuple[Callable[[Page, date], Iterator[Finding]], ...] = (
    _forbidden_phrases,
    _unfiled,
    _numbers_without_source,
    _number_without_place_or_year,
    _verdict_without_condition,
    _past_validity,
    _past_year,
    _subject_missing,
    _unreadable,
    _not_a_question,
    _odd_links,
    _bad_typing,
    _same_phrasing,
)
