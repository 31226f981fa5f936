"""One thread per server process: due publications, then the followers of the Event log, once a second.

Each job takes a lock that never waits, so any number of processes share the work; a default install needs no cron.
"""

import logging
import threading

from django.db import close_old_connections, connection

from articles import workflow
from articles.search.follower import exclusive

logger = logging.getLogger(__name__)

INTERVAL = 1.0  # seconds

_stopping = threading.Event()
_thread: threading.Thread | None = None


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
            tick()
        except Exception:  # the database may be away for a moment; the next round tries again
            logger.exception("background round failed")
        _stopping.wait(INTERVAL)
    connection.close()


def tick() -> None:
    """One round."""
    try:
        with exclusive("publish_due") as mine:
            if mine:
                workflow.publish_due()
    finally:  # an article that cannot be published must not hold up the index
        workflow.follow()
