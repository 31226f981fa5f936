"""From a record to what the workflow takes; what a record must not say is refused, with the reason."""

import re
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import escape

from articles.content import KINDS, LIMITS, PROVENANCES, SOURCE_LIMITS, ArticleContent, Source
from articles.models import NEVER, Article, Category, Region, Tag
from articles.rendering import clean
from articles.seed_format import Teaser
from articles.text import strip_controls
from articles.workflow import Restored

LAST_ID = 2**53  # what JSON readers count to exactly; an address holds as many digits

# A question that names the insurance gets the disclaimer of policy articles; the wider warning is the safe side.
_POLICY = re.compile("医保|社保|参保|报销|统筹|新农合|医疗保险|生育津贴|社会保障卡")


class Refused(ValueError):
    """A record that cannot be taken in; str() says why, in Chinese."""


def content_of(record: dict[str, Any]) -> ArticleContent:
    title = text_of(record, "title", LIMITS["title"])
    body = text_of(record, "body", LIMITS["body"])
    if not title or not clean(body).plain_text:
        raise Refused("“title”和“body”都要有内容")
    tags = record.get("tags")
    names = Tag.split(tags) if isinstance(tags, str) else _strings(tags, "tags")
    return ArticleContent(
        title=title,
        short_answer=text_of(record, "short_answer", LIMITS["short_answer"]),
        body=body,
        category=_category(record).pk,
        tags=tuple(tag.pk for tag in Tag.objects.named(names)),
        regions=_regions(record),
        kind=_choice(record, "kind", KINDS) or _kind_of(title),
        valid_from=_day(record.get("valid_from"), "valid_from"),
        valid_until=_day(record.get("valid_until"), "valid_until"),
        sources=tuple(_source(source) for source in _list(record.get("sources"), "sources")),
        phrasings=tuple(_strings(record.get("phrasings"), "phrasings")),
        provenance=_choice(record, "provenance", PROVENANCES) or "human",
        successor=_id_or_none(record, "successor"),
    )


def teaser_content(teaser: Teaser) -> ArticleContent:
    """An item of 相关推荐: the beginning of an article."""
    title = teaser.title[: LIMITS["title"]]
    return ArticleContent(title, body=escape(teaser.excerpt), category=_default_category().pk, kind=_kind_of(title))


def restored_of(record: dict[str, Any]) -> Restored:
    was = Restored(
        id=_id(record, "id"),
        go_live_at=moment_of(record, "published_at") or timezone.now(),
        expire_at=moment_of(record, "expire_at") or NEVER,
        updated_at=moment_of(record, "updated_at"),
        reviewed_by=text_of(record, "reviewed_by", 150),
        reviewed_at=moment_of(record, "reviewed_at"),
        next_review_on=_day(record.get("next_review_on"), "next_review_on"),
        changes=tuple(_change(change) for change in _list(record.get("changes"), "changes")),
        withdrawn_at=moment_of(record, "withdrawn_at"),
        merged_into=_id_or_none(record, "merged_into"),
        forced_because=text_of(record, "forced_because", 500),
        questions=tuple(_strings(record.get("questions"), "questions")),
    )
    if bool(was.reviewed_by) != bool(was.reviewed_at):
        raise Refused("“reviewed_by”和“reviewed_at”须同时填写")
    if was.expire_at <= was.go_live_at:
        raise Refused("下线时间须晚于发布时间")
    return was


def _change(change: Any) -> dict[str, str]:
    if not isinstance(change, dict) or not (on := _day(change.get("on"), "changes")):
        raise Refused("“changes”里每一项应有 on（日期）和 note（说明）")
    return {"on": on.isoformat(), "note": text_of(change, "note", 200)}


def _id(record: dict[str, Any], key: str) -> int:
    if type(record[key]) is not int or not 0 < record[key] <= LAST_ID:
        raise Refused(f"“{key}”应是正整数")
    return record[key]


def _id_or_none(record: dict[str, Any], key: str) -> int | None:
    return None if record.get(key) is None else _id(record, key)


def _kind_of(title: str) -> str:
    return "policy" if _POLICY.search(title) else "clinical"


def text_of(record: dict[str, Any], key: str, limit: int) -> str:
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(f"“{key}”应是文字")
    if len(value) > limit:
        raise Refused(f"“{key}”太长：最多 {limit} 字")
    return strip_controls(value).strip()


def _list(value: Any, key: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise Refused(f"“{key}”应是列表")
    return value or []


def _strings(value: Any, key: str) -> list[str]:
    if not all(isinstance(item, str) for item in _list(value, key)):
        raise Refused(f"“{key}”里应都是文字")
    return [strip_controls(item) for item in value or []]


def _choice(record: dict[str, Any], key: str, choices: dict[str, str]) -> str:
    value = text_of(record, key, 20)
    found = value if value in choices else {label: choice for choice, label in choices.items()}.get(value, "")
    if value and not found:
        raise Refused(f"“{key}”无效：{value}；可用 {'、'.join(choices)}")
    return found


def _category(record: dict[str, Any]) -> Category:
    slug, name = text_of(record, "category", 60), text_of(record, "category_name", 40)
    if not slug:
        return _default_category()
    found = Category.objects.filter(slug=slug).first() or Category.objects.filter(name__in=filter(None, (slug, name))).first()
    if found:
        return _renamed(found, slug, name) if "id" in record else found
    if not re.fullmatch(r"[a-zA-Z0-9_-]+", slug):
        raise Refused(f"没有栏目“{slug}”")
    # A site moves with its categories: an export names them, other sources get the slug for a name.
    return Category.objects.create(slug=slug, name=name or slug[:40])


def _renamed(category: Category, slug: str, name: str) -> Category:
    """A category that is still empty takes slug and name from the export that is being restored."""
    if (category.slug, category.name) == (slug, name) or Article.objects.filter(category=category).exists():
        return category
    if not Category.objects.exclude(pk=category.pk).filter(Q(slug=slug) | Q(name=name)).exists():
        category.slug, category.name = slug, name or category.name
        category.save()
    return category


def _default_category() -> Category:
    return Category.objects.get_or_create(slug=Category.DEFAULT["slug"], defaults=Category.DEFAULT)[0]


def _regions(record: dict[str, Any]) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(_strings(record.get("regions"), "regions")))
    known = set(Region.objects.filter(pk__in=codes).values_list("pk", flat=True))
    if unknown := [code for code in codes if code not in known]:
        raise Refused(f"没有地区代码 {'、'.join(unknown[:5])}")
    return codes


def _source(data: Any) -> Source:
    if not isinstance(data, dict):
        raise Refused("“sources”里应都是对象")
    texts = {key: text_of(data, key, limit) for key, limit in SOURCE_LIMITS.items()}
    return Source(**texts, date=_day(data.get("date"), "date"))


def _day(value: Any, key: str) -> date | None:
    try:
        return None if value in (None, "") else date.fromisoformat(value)
    except (ValueError, TypeError):
        raise Refused(f"“{key}”应是日期，如 2026-01-31") from None


def moment_of(record: dict[str, Any], key: str) -> datetime | None:
    value = text_of(record, key, 40)
    if not value:
        return None
    try:
        moment = parse_datetime(value) or datetime.combine(date.fromisoformat(value), datetime.min.time())
        return (moment if timezone.is_aware(moment) else timezone.make_aware(moment)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(f"“{key}”应是 ISO 8601 时间，如 2026-01-31T09:00:00+08:00") from None
