"""The index follows the Event log.

On disk, under DATA_DIR/search: one directory a generation of the index, `current.json` that names the
generation in use and how far it has read. One process writes at a time, under the lock `search`.

The rules (tests/test_search_follower.py): a sync re-reads the current rows, never an event's payload; the
cursor is written after the engine's commit, so a crash between the two repeats work and loses none; an
unknown database, a cursor ahead of the log, a missing or broken index mean a rebuild; a rebuild notes the
last event before it scans, fills a directory beside the old one, and swaps.
"""

import fcntl
import json
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max
from django.utils.module_loading import import_string

from articles.models import Article, Event, Installation
from articles.search.documents import SCHEMA, documents
from articles.search.engine import SearchEngine

logger = logging.getLogger(__name__)

# Events after which the index must look at an article again.
INDEXED_VERBS = ("publish", "schedule", "force_publish", "unpublish", "merge", "restore")
BATCH = 1000


class IndexUnavailable(Exception):
    """There is no index that can be searched at this moment; a sync will make one."""


class Position(NamedTuple):
    """What current.json holds."""

    generation: str
    database: str  # Installation.uuid
    event: int  # the last event that the generation has taken in
    engine: str
    schema: int


def directory() -> Path:
    return settings.DATA_DIR / "search"


def read_position() -> Position | None:
    try:
        return Position(**json.loads((directory() / "current.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _write_position(position: Position) -> None:
    draft = directory() / f".current.{os.getpid()}"
    with draft.open("w") as file:
        json.dump(position._asdict(), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, directory() / "current.json")


@contextmanager
def exclusive(name: str) -> Iterator[bool]:
    """True inside for the one thread of one process on this machine that holds the lock `name`.

    Never waits, and dies with its process.
    """
    folder = settings.DATA_DIR / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@lru_cache(maxsize=2)
def _open(path: Path, engine: str) -> SearchEngine:
    return import_string(engine)(path)


_seen: dict[str, int] = {}


def engine() -> SearchEngine:
    """The engine on the generation in use, as fresh as the last commit. Raises IndexUnavailable."""
    file = directory() / "current.json"
    try:
        stamp = file.stat().st_mtime_ns
        position = read_position()
        path = directory() / position.generation
        if position.engine != settings.SEARCH_ENGINE or position.schema != SCHEMA or not path.is_dir():
            raise IndexUnavailable
        found = _open(path, position.engine)
        if _seen.get(position.generation) != stamp:
            found.refresh()
            _seen.clear()
            _seen[position.generation] = stamp
    except IndexUnavailable:
        raise
    except Exception as error:  # whatever a damaged directory makes the engine raise
        _open.cache_clear()
        raise IndexUnavailable from error
    return found


def sync() -> bool:
    """Take in the events since the last sync. Returns at once, False, where another process is at it."""
    position = read_position()
    last = _last_event()
    if position and position.event == last and position.database == Installation.identity() and _usable(position):
        return True
    with exclusive("search") as mine:
        if not mine:
            return False
        position = read_position()
        if position is None or not _usable(position) or position.database != Installation.identity() or position.event > last:
            _rebuild()
        else:
            _catch_up(position)
        return True


def rebuild(progress: Callable[[Iterable], Iterable] = iter) -> int | None:
    """Make the index anew beside the old one and swap. Returns how many articles it holds; None where another process is at it."""
    with exclusive("search") as mine:
        return _rebuild(progress) if mine else None


def _usable(position: Position) -> bool:
    if position.engine != settings.SEARCH_ENGINE or position.schema != SCHEMA:
        return False
    try:
        engine().count()
    except IndexUnavailable:
        return False
    return True


def _events(after: int = 0):
    return Event.objects.filter(pk__gt=after, verb__in=INDEXED_VERBS)


def _last_event() -> int:
    return _events().aggregate(last=Max("pk"))["last"] or 0


def _catch_up(position: Position) -> None:
    while events := list(_events(position.event).order_by("pk").values_list("pk", "article_id")[:BATCH]):
        ids = {article for _, article in events}
        found = list(documents(Article.objects.filter(pk__in=ids)))
        engine().write(found, removed=ids - {document.id for document in found})
        position = position._replace(event=events[-1][0])
        _write_position(position)


def _rebuild(progress: Callable[[Iterable], Iterable] = iter) -> int:
    logger.info("rebuilding the search index")
    position = Position(uuid.uuid4().hex, Installation.identity(), _last_event(), settings.SEARCH_ENGINE, SCHEMA)
    made = import_string(settings.SEARCH_ENGINE)(directory() / position.generation)
    made.write(progress(documents(Article.objects.all())))
    _write_position(position)
    _remove_other_generations(position)
    return made.count()


def _remove_other_generations(position: Position) -> None:
    for path in directory().iterdir():
        if path.is_dir() and path.name != position.generation:
            shutil.rmtree(path, ignore_errors=True)
