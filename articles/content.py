"""ArticleContent: all that an editor writes about one question.

One shape for revisions, comparison, import and export. Categories, tags and regions are named
by their keys, so that renaming one changes no revision.
"""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

SCHEMA = 1
LATER = {"successor"}

KINDS = {"policy": "医保政策", "clinical": "临床健康", "guide": "就医指南"}
PROVENANCES = {"human": "人工", "ai_assisted": "AI 辅助", "ai_generated": "AI 生成", "reprint": "转载"}

REVIEW_EVERY = {"policy": dt.timedelta(days=182), "clinical": dt.timedelta(days=365), "guide": dt.timedelta(days=182)}

DISCLAIMER = "本内容不能代替面诊，如有不适请尽快就医。"
POLICY_DISCLAIMER = "具体以参保地医保部门最新规定为准。"

LIMITS = {"title": 120, "short_answer": 200, "body": 200_000, "tags": 20, "regions": 400, "sources": 30, "phrasings": 30}
SOURCE_LIMITS = {"title": 200, "number": 60, "issuer": 100, "url": 500}
PHRASING_LIMIT = 120
NAMES = {
    "title": "问题",
    "short_answer": "简短回答",
    "body": "正文",
    "tags": "标签",
    "regions": "地区",
    "sources": "来源",
    "phrasings": "其他问法",
}


def disclaimer(kind: str) -> str:
    """The sentence under every article of this content kind; an unknown kind gets both sentences."""
    return DISCLAIMER if kind in ("clinical", "guide") else DISCLAIMER + POLICY_DISCLAIMER


def next_review(kind: str, reviewed_on: dt.date, valid_until: dt.date | None) -> dt.date:
    """When a page that was reviewed on a day is looked at again: after the interval of its kind, or when its policy ends before that."""
    due = reviewed_on + REVIEW_EVERY.get(kind, min(REVIEW_EVERY.values()))
    return min(due, valid_until) if valid_until and valid_until > reviewed_on else due


@dataclass(frozen=True, slots=True)
class Source:
    """A public document that a statement rests on."""

    title: str
    number: str = ""
    issuer: str = ""
    url: str = ""
    date: dt.date | None = None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**{**data, "date": _as_date(data.get("date"))})


@dataclass(frozen=True, slots=True)
class ArticleContent:
    title: str
    short_answer: str = ""
    body: str = ""  # HTML of the closed schema of rendering.py
    category: int | None = None
    tags: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()  # GB/T 2260 codes; none means the whole country
    kind: str = "policy"
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    sources: tuple[Source, ...] = ()
    phrasings: tuple[str, ...] = ()
    provenance: str = "human"
    successor: int | None = None  # id of the article that says what holds after `valid_until`

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, with the schema number that from_json() upgrades from."""
        data = asdict(self)
        for name in ("valid_from", "valid_until"):
            data[name] = data[name] and data[name].isoformat()
        for source in data["sources"]:
            source["date"] = source["date"] and source["date"].isoformat()
        return {"schema": SCHEMA, **{name: list(v) if isinstance(v, tuple) else v for name, v in data.items()}}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        data = _upgraded(data)
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        values["sources"] = tuple(Source.from_json(source) for source in values.get("sources", ()))
        for name in ("tags", "regions", "phrasings"):
            values[name] = tuple(values.get(name, ()))
        for name in ("valid_from", "valid_until"):
            values[name] = _as_date(values.get(name))
        return cls(**values)

    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON: what an approval is bound to.

        Fields of LATER count only where they are filled, so that approvals given before they existed still hold.
        """
        data = {name: value for name, value in self.to_json().items() if value or name not in LATER}
        canonical = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def problems(self) -> list[str]:
        """Why this cannot be stored, in words for the editor; empty when it can."""
        found = [] if self.title.strip() else ["请填写问题"]
        for name, limit in LIMITS.items():
            if len(getattr(self, name)) > limit:
                found.append(f"{NAMES[name]}太长：最多 {limit} {'项' if isinstance(getattr(self, name), tuple) else '字'}")
        if self.kind not in KINDS:
            found.append(f"内容类型无效：{self.kind}")
        if self.provenance not in PROVENANCES:
            found.append(f"内容来源方式无效：{self.provenance}")
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            found.append("有效期的开始晚于结束")
        if any(len(phrasing) > PHRASING_LIMIT for phrasing in self.phrasings):
            found.append(f"其他问法每条最多 {PHRASING_LIMIT} 字")
        return found + [problem for source in self.sources for problem in _source_problems(source)]


# What an editor chooses from when two pages become one, by part: of the page that stays, of the one that is retired, of both.
KEPT, RETIRED, BOTH = "kept", "retired", "both"
SINGLE_PARTS = {
    "title": ("title",),
    "short_answer": ("short_answer",),
    "body": ("body", "kind", "provenance"),  # how a text came about goes with the text
    "category": ("category",),
    "validity": ("valid_from", "valid_until", "successor"),
}
LIST_PARTS = ("tags", "regions", "sources", "phrasings")


def combine(kept: ArticleContent, retired: ArticleContent, chosen: dict[str, str]) -> ArticleContent:
    """The content of the page that stays. `chosen`: the part's name -> KEPT (where it is missing), RETIRED or BOTH."""
    values: dict[str, Any] = {}
    for part, names in SINGLE_PARTS.items():
        if chosen.get(part) == RETIRED:
            values |= {name: getattr(retired, name) for name in names}
    for part in LIST_PARTS:
        choice = chosen.get(part, KEPT)
        values[part] = getattr(retired, part) if choice == RETIRED else getattr(kept, part)
        if choice == BOTH:
            values[part] = tuple(dict.fromkeys(values[part] + getattr(retired, part)))
    if chosen.get("regions") == BOTH and not (kept.regions and retired.regions):
        values["regions"] = ()  # one of them is for the whole country
    if values.get("title", kept.title) != kept.title:
        values["phrasings"] = (kept.title, *(text for text in values["phrasings"] if text != values["title"]))
    return replace(kept, **values)


def _source_problems(source: Source) -> list[str]:
    found = [] if source.title.strip() else ["每个来源都要有文件标题"]
    if any(len(getattr(source, name)) > limit for name, limit in SOURCE_LIMITS.items()):
        found.append(f"来源太长：{source.title[:20]}")
    if source.url and not source.url.startswith(("https://", "http://")):
        found.append(f"来源网址须以 http:// 或 https:// 开头：{source.title[:20]}")
    return found


def _as_date(value: str | dt.date | None) -> dt.date | None:
    return dt.date.fromisoformat(value) if isinstance(value, str) and value else value or None


# schema number: the function that turns content of that schema into the next one's
UPGRADES: dict[int, Any] = {}


def _upgraded(data: dict[str, Any]) -> dict[str, Any]:
    schema = data.get("schema", SCHEMA)
    while schema < SCHEMA:
        data = UPGRADES[schema](data)
        schema += 1
    return data
