"""What readers search, counted by day, without a word about who.

A search or a click only touches a dictionary; the background thread writes it once a second. Counts that the
database would not take are kept for the next time. What is lost: one second when a process is killed, and what
goes beyond the limits, which an ordinary day never reaches.
"""

import logging
import re
import threading
from dataclasses import astuple, dataclass
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from articles.text import normalise

logger = logging.getLogger(__name__)

LIMIT = 5_000  # different queries that wait in one process
INPUT = 200  # characters of a query that are looked at
QUERY_LENGTH = 60
MASK = "＃"

_DIGIT = r"[\d零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]"
_GAP = r"[\W_]{0,3}"
# A phone or identity number, however it is grouped; the last sign of an identity number may be an x. “2024-2025” is none.
_YEARS = rf"(?:19|20)\d\d ?[-~–— ] ?(?:19|20)\d\d(?!{_GAP}{_DIGIT})"
_NUMBER = re.compile(rf"({_YEARS})|{_DIGIT}(?:{_GAP}{_DIGIT}){{6,}}(?:[\s-]?x(?![a-z]))?")
_ADDRESS = re.compile(r"[a-z0-9._%+'-]+ ?@ ?[a-z0-9.-]+")
_ODD_ADDRESS = re.compile(r"[^\s@]*@\S*")


@dataclass(slots=True)
class _Counts:
    searches: int = 0
    results: int = 0  # of the last search
    clicks: int = 0
    rank_sum: int = 0

    def add(self, later: "_Counts") -> None:
        self.searches += later.searches
        self.clicks += later.clicks
        self.rank_sum += later.rank_sum
        if later.searches:
            self.results = later.results


_lock = threading.Lock()
_waiting: dict[tuple[date, str], _Counts] = {}
_dropped = 0
_failing = False  # a broken database is worth one message, not one a second


def searched(query: str, results: int) -> None:
    """Somebody searched `query` and was told that there are `results`."""
    _count(query, _Counts(searches=1, results=results))


def chosen(query: str, rank: int) -> None:
    """Somebody opened result number `rank` (from 1) of the search `query`."""
    _count(query, _Counts(clicks=1, rank_sum=rank))


def anonymous(query: str) -> str:
    """`query` as it is kept: normalised, numbers and addresses of people masked, at most 60 characters.

    >>> anonymous("　社保卡 138-0013-8000 掛失")
    '社保卡 ＃ 挂失'
    """
    text = _NUMBER.sub(lambda found: found[1] or MASK, normalise(query[:INPUT]))
    if "@" in text:
        text = _ODD_ADDRESS.sub(MASK, _ADDRESS.sub(MASK, text))
    return text[:QUERY_LENGTH].strip()


def _count(query: str, counts: _Counts) -> None:
    query = anonymous(query)
    if query and settings.SEARCH_LOG_DAYS > 0:
        with _lock:
            _put((timezone.localdate(), query), counts)


def _put(key: tuple[date, str], counts: _Counts) -> None:
    global _dropped
    if key in _waiting:
        _waiting[key].add(counts)
    elif len(_waiting) < LIMIT:
        _waiting[key] = counts
    else:
        _dropped += 1


def flush() -> bool:
    """Write what was counted. False: the database would not take it, and all of it waits on."""
    taken = _take()
    return not taken or _tried(lambda: _write(taken), otherwise=lambda: _give_back(taken))


def prune() -> bool:
    """Delete the days that are older than SEARCH_LOG_DAYS. False: the database was not to be had."""
    return _tried(_delete_old_days)


def _delete_old_days() -> None:
    from articles.stats.models import SearchDay  # models cannot be imported while the apps are loading

    oldest = timezone.localdate() - timedelta(days=max(settings.SEARCH_LOG_DAYS, 0))
    SearchDay.objects.filter(day__lte=oldest).delete()


def _take() -> dict[tuple[date, str], _Counts]:
    global _waiting, _dropped
    with _lock:
        taken, _waiting = _waiting, {}
        dropped, _dropped = _dropped, 0
    if dropped:
        logger.warning("search log: %d searches and clicks not counted, too many different queries at once", dropped)
    return taken


def _write(taken: dict[tuple[date, str], _Counts]) -> None:
    from articles.stats.models import Counted, SearchDay  # as above

    SearchDay.objects.add(Counted(*key, *astuple(counts)) for key, counts in taken.items())


def _give_back(taken: dict[tuple[date, str], _Counts]) -> None:
    """Put under what has been counted since, which is newer."""
    global _waiting
    with _lock:
        newer, _waiting = _waiting, taken
        for key, counts in newer.items():
            _put(key, counts)


def _tried(write, otherwise=lambda: None) -> bool:
    global _failing
    try:
        write()
    except Exception:  # statistics may be lost; whoever called has better things to do
        if not _failing:
            logger.exception("search log: the database cannot be written; trying again")
        _failing = True
        otherwise()
        return False
    _failing = False
    return True
