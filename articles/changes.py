"""What a new version changes in an old one: field by field for an editor to read, and how much it weighs.

Three weights, told from the texts and never from what an editor ticks:
- the words are the same (`same_words`): layout, space, punctuation, filing. What was approved still stands there.
- minor (`why_not_minor` has no reason): some characters of the body that carry no statement. The date of 内容更新 stays.
- major: everything else. Readers are told.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from articles.blocks import blocks
from articles.content import KINDS, PROVENANCES, ArticleContent, Source
from articles.difference import Line, Row, difference, unified
from articles.models import Article, Category, Region, Tag
from articles.rendering import clean

LABELS = {
    "title": "问题",
    "short_answer": "简短回答",
    "body": "正文",
    "category": "栏目",
    "tags": "标签",
    "regions": "适用地区",
    "kind": "内容类型",
    "provenance": "创作方式",
    "valid_from": "政策施行日",
    "valid_until": "政策截止日",
    "successor": "新的规定见",
    "sources": "来源",
    "phrasings": "其他问法",
}
_WHOLE = {"category", "tags", "regions", "kind", "provenance", "successor"}  # names, which differ or do not
NEAR = 1  # unchanged rows that stay in sight beside a change


class Stretch(NamedTuple):
    """Rows that stand together; `folded` where none of them changed and no change is near."""

    rows: list[Row]
    folded: bool

    @property
    def length(self) -> int:
        return sum(len(row.text) for row in self.rows)


class FieldChange(NamedTuple):
    name: str
    label: str
    stretches: list[Stretch]


def changes(old: ArticleContent, new: ArticleContent) -> list[FieldChange]:
    """The fields that differ, in the order of the form, with both versions in one column."""
    before, after = _lines(old), _lines(new)
    return [
        FieldChange(name, label, _folded(unified(before[name], after[name], whole=name in _WHOLE)))
        for name, label in LABELS.items()
        if before[name] != after[name]
    ]


def _lines(content: ArticleContent) -> dict[str, list[Line]]:
    regions = Region.objects.filter(pk__in=content.regions).values_list("name", flat=True) if content.regions else ["全国"]
    texts: dict[str, Iterable[str]] = {
        "title": [content.title],
        "short_answer": [content.short_answer],
        "category": Category.objects.filter(pk=content.category).values_list("name", flat=True),
        "tags": [tag.name for tag in Tag.objects.resolved(content.tags)],
        "regions": regions,
        "kind": [KINDS.get(content.kind, content.kind)],
        "provenance": [PROVENANCES.get(content.provenance, content.provenance)],
        "valid_from": [str(content.valid_from or "")],
        "valid_until": [str(content.valid_until or "")],
        "successor": [f"#{pk} {title}" for pk, title in Article.objects.filter(pk=content.successor).values_list("pk", "title")],
        "sources": map(_source, content.sources),
        "phrasings": content.phrasings,
    }
    return {name: [Line.plain(text) for text in values if text] for name, values in texts.items()} | {"body": blocks(content.body)}


def _source(source: Source) -> str:
    return "　".join(filter(None, (source.title, source.number, source.issuer, str(source.date or ""), source.url)))


def _folded(rows: list[Row]) -> list[Stretch]:
    changed = [at for at, row in enumerate(rows) if row.changed]
    near = {at + away for at in changed for away in range(-NEAR, NEAR + 1)}
    found: list[Stretch] = []
    for at, row in enumerate(rows):
        if found and found[-1].folded == (at not in near):
            found[-1].rows.append(row)
        else:
            found.append(Stretch([row], at not in near))
    return found


# How much a change weighs

TYPO = 10  # characters, on either side
_STATEMENTS = ("kind", "provenance", "valid_from", "valid_until", "successor", "sources")  # what readers rely on beside the words

# Signs that carry a statement wherever they stand: numbers, units, negation, duty and permission, conditions and bounds, persons.
_WEIGHTY = re.compile(
    r"[A-Za-z0-9%‰℃°+\-~～/<>≥≤=×.〇零一二三四五六七八九十百千万亿两半双倍几]"
    r"|[毫微克升片粒支瓶滴次剂日天周月季年岁时分秒元角度]"
    r"|[不无未非没否勿禁别莫忌免停反]"
    r"|[可能应须必需宜得要准许会]"
    r"|[仅只除外内前后上下左右早晚高低多少大小增减超满至到起止以]"
    r"|[和或且及与全部各每均都若如但]"
    r"|[男女孕婴幼儿童老]"
)
# Space and light punctuation. Between two figures or letters they may part numbers, and stay.
_LIGHT = r"[\s，。、；：？！“”‘’…,;:?!]+"
_LAYOUT = re.compile(rf"(?<![0-9A-Za-z]){_LIGHT}|{_LIGHT}(?![0-9A-Za-z])")
_TABLES = re.compile(r"<table.*?</table>", re.S)
_LINKS = re.compile(r"<a [^>]*>")


def same_words(old: ArticleContent, new: ArticleContent) -> bool:
    """Nothing that was read and approved is different: not a word, a number, a link, a table or a source."""
    return (
        not _other_statements(old, new)
        and all(_words(getattr(old, name)) == _words(getattr(new, name)) for name in ("title", "short_answer"))
        and old.phrasings == new.phrasings
        and _words(clean(old.body).plain_text) == _words(clean(new.body).plain_text)
        and all(pattern.findall(old.body) == pattern.findall(new.body) for pattern in (_TABLES, _LINKS))
    )


def why_not_minor(old: ArticleContent, new: ArticleContent) -> list[str]:
    """What makes a new version more than a small change, in words for the editor; empty when it is one."""
    reasons = [f"改了{LABELS[name]}" for name in _other_statements(old, new)]
    reasons += [f"改了{LABELS[name]}" for name in ("title", "short_answer") if _words(getattr(old, name)) != _words(getattr(new, name))]
    return reasons + _why_not_typo(_words(clean(old.body).plain_text), _words(clean(new.body).plain_text))


def _other_statements(old: ArticleContent, new: ArticleContent) -> list[str]:
    regions = ["regions"] if set(old.regions) != set(new.regions) else []
    return regions + [name for name in _STATEMENTS if getattr(old, name) != getattr(new, name)]


def _why_not_typo(old: str, new: str) -> list[str]:
    sides = [[segment.text for paragraph in side for segment in paragraph if segment.marked] for side in difference(old, new)]
    if max(sum(map(len, side)) for side in sides) > TYPO:
        return [f"正文改动超过 {TYPO} 字"]
    weighty = [text for side in sides for text in side if _WEIGHTY.search(text)]
    return [f"正文改动涉及数字、单位、否定或条件（{'、'.join(dict.fromkeys(weighty))}）"] if weighty else []


def _words(text: str) -> str:
    return _LAYOUT.sub("", text)
