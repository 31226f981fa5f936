"""One thread per server process, once a second: due publications, bulk actions, the followers of the Event log, a slice of the
daily checks, then the search log.

Each job takes a lock that never waits, so any number of processes share the work; a default install needs no cron.
"""

import logging
import threading
import time
from datetime import date

from django.db import close_old_connections, connections
from django.utils import timezone

from articles import bulk, checklist, stats, workflow
from articles.search.follower import exclusive

logger = logging.getLogger(__name__)

INTERVAL = 1.0  # seconds
REST = 30.0  # seconds in which a failed search log is left alone; to find it failing may take a round some time

_stopping = threading.Event()
_thread: threading.Thread | None = None
_pruned: date | None = None  # the day on which this process last deleted old searches
_resting_until = 0.0


def start() -> None:
    """Start the thread of this process; a second call does nothing."""
    global _thread
    if _thread is None or not _thread.is_alive():
        _stopping.clear()
        _thread = threading.Thread(target=_run, name="wenkang-background", daemon=True)
        _thread.start()


def stop() -> None:
    """Let the current round end, then stop."""
    _stopping.set()
    if _thread:
        _thread.join(timeout=10)


def _run() -> None:
    while not _stopping.is_set():
        try:
            close_old_connections()
            more = tick()
        except Exception:  # the database may be away for a moment; the next round tries again
            logger.exception("background round failed")
            more = False
        _stopping.wait(INTERVAL / 20 if more else INTERVAL)
    stats.flush()
    connections.close_all()


def tick() -> bool:
    """One round. True: a bulk action is under way, the next round may begin at once."""
    try:
        with exclusive("publish_due") as mine:
            if mine:
                workflow.publish_due()
        return bulk.work()
    finally:  # an article that cannot be published must not hold up the index
        try:
            workflow.follow()
            checklist.daily()
        finally:
            _log_searches()


def _log_searches() -> None:
    """Write the search log every round, and delete its old days once a day. Never raises."""
    global _pruned, _resting_until
    if time.monotonic() < _resting_until:
        return
    today = timezone.localdate()
    if stats.flush() and (_pruned == today or stats.prune()):
        _pruned = today
    else:
        _resting_until = time.monotonic() + REST
