"""One line of a box or a queue, and how the desk names times and numbers."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone

CAP = 20  # a larger number reads “20+”: to know it would mean to count


class Row(NamedTuple):
    article: int
    title: str
    about: str  # its age, or when it is due
    late: bool = False


def capped(count: int) -> str:
    return f"{CAP}+" if count > CAP else str(count)


def age(moment: datetime) -> str:
    """“3 小时前”."""
    passed = timezone.now() - moment
    if passed >= timedelta(days=1):
        return f"{passed.days} 天前" if passed.days < 365 else f"{passed.days // 365} 年前"
    minutes = max(int(passed.total_seconds() // 60), 0)
    return f"{minutes // 60} 小时前" if minutes >= 60 else f"{minutes} 分钟前" if minutes else "刚刚"


def due(day: date, what: str = "到期") -> str:
    """“还有 5 天到期”, “今天到期”, “已超期 2 天”; with 过期 “已过期 2 天”."""
    left = (day - timezone.localdate()).days
    past = what if what == "过期" else "超期"
    return f"今天{what}" if left == 0 else f"还有 {left} 天{what}" if left > 0 else f"已{past} {-left} 天"


def at(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


def with_titles(revisions: QuerySet, *fields: str) -> QuerySet:
    """Tuples of the article's id, the revision's own title, which need not be the page's, and `fields`."""
    return revisions.values_list("article", KT("content_json__title"), *fields)
