"""An index follows the Event log: that of what is published, and any other that is made by the same rules (drafts.py).

On disk, under DATA_DIR and the follower's name: one directory a generation of the index, `current.json` that names the
generation in use and how far it has read. One process writes at a time, under a lock
of the same name.

The rules (tests/test_search_follower.py): a sync re-reads the current rows, never an event's payload; the
cursor is written after the engine's commit, so a crash between the two repeats work and loses none; an
unknown database, a cursor ahead of the log, a missing or damaged index mean a rebuild; a rebuild notes the
last event before it scans, fills a directory beside the old one, and swaps.

Damage is noticed within one sync: the files no longer have the sizes and times that current.json remembers, or
a search failed. Then the checksums decide, for a writer that was killed leaves other files too, and no damage.
"""

import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db.models import Subquery
from django.utils.module_loading import import_string

from articles.models import AppendOnly, Article, ArticleQuerySet, Event, Installation, TaggedArticle
from articles.search.documents import SCHEMA, documents, filters_now
from articles.search.engine import FACETS, Clause, SearchDocument, SearchEngine

logger = logging.getLogger(__name__)


class IndexUnavailable(Exception):
    """There is no index that can be searched at this moment; a sync will make one."""


class Position(NamedTuple):
    """What current.json holds."""

    generation: str
    database: str  # Installation.uuid
    event: int  # the last event that the generation has taken in
    engine: str
    schema: int
    files: str = ""  # _fingerprint() after the last commit
    name: str = "search"  # of the follower

    @property
    def path(self) -> Path:
        return settings.DATA_DIR / self.name / self.generation

    @property
    def readable(self) -> bool:
        return self.engine == settings.SEARCH_ENGINE and self.schema == SCHEMA


def _is_ours(position: Position) -> bool:
    typed = all(type(value) is kind for value, kind in zip(position, Position.__annotations__.values(), strict=True))
    return typed and re.fullmatch("[0-9a-f]{32}", position.generation) is not None


def _fingerprint(path: Path) -> str:
    """Changes with the name, size or time of any file."""
    stats = sorted((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in os.scandir(path) if file.name[-5:] != ".lock")
    return hashlib.sha256(repr(stats).encode()).hexdigest()


def _sizes(path: Path) -> dict[tuple[str, int], int]:
    """Name, inode and size of the data files there; none where the directory is gone, which harms no open index.

    Not the inode alone: another process's merge deletes files, and the next small file may get the number of a large one.
    """
    found = {}
    with suppress(FileNotFoundError), os.scandir(path) as files:
        for file in files:
            with suppress(FileNotFoundError):  # merged away since
                if file.name[-5:] != ".json":  # replaced with every commit, and not mapped
                    found[file.name, file.inode()] = file.stat().st_size
    return found


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


def _answers(engine: SearchEngine) -> bool:
    """It does all that pages ask of it; raises where it cannot, as an index of another make may."""
    wanted, filters = [Clause("title_chars", "医", 1.0)], filters_now()
    engine.search(wanted, filters, limit=1)
    engine.newest(wanted, filters, limit=1)
    engine.facets(wanted, filters, FACETS)
    engine.vocabulary("spelling", "yi", 1)
    return True


class _Pause:
    """Between tries that fail: none after the first, which another way may mend, then 2, 4, 8 … 60 seconds.

    A full disk would else be filled again every second, with half an index.
    """

    def __init__(self):
        self.failures: dict[Path, int] = {}
        self.until = 0.0

    def is_on(self) -> bool:
        return settings.DATA_DIR in self.failures and time.monotonic() < self.until

    @contextmanager
    def after_failures(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            count = self.failures[settings.DATA_DIR] = self.failures.get(settings.DATA_DIR, 0) + 1
            self.until = time.monotonic() + (min(2 ** (count - 1), 60) if count > 1 else 0)
            raise
        self.failures.pop(settings.DATA_DIR, None)


class Follower:
    """Keeps the index `name`: a document for every article that `documents` makes one for, after every event of `events`."""

    BATCH = 1000  # events
    TAG_BATCH = 500  # articles of a tag between two looks at what is newer

    def __init__(
        self,
        name: str,
        events: Callable[..., AppendOnly],
        documents: Callable[[ArticleQuerySet], Iterator[SearchDocument]],
    ):
        self.name, self.events, self.documents = name, events, documents
        # What this process has open: shared by its threads, replaced when a writer has moved on.
        self._opening = threading.Lock()
        self._in_use: tuple[Position, SearchEngine, dict[tuple[str, int], int]] | None = None
        self._doubted = False
        self._pause = _Pause()

    def directory(self) -> Path:
        return settings.DATA_DIR / self.name

    def read_position(self) -> Position | None:
        try:
            position = Position(**json.loads((self.directory() / "current.json").read_text()))
            return position if _is_ours(position) and position.name == self.name else None
        except (OSError, ValueError, TypeError, RecursionError):
            return None

    def _keep(self, position: Position) -> Position:
        """Write current.json, for the files as they are now."""
        position = position._replace(files=_fingerprint(position.path))
        draft = self.directory() / "current.new"
        with draft.open("w") as file:
            json.dump(position._asdict(), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self.directory() / "current.json")
        return position

    def engine(self) -> SearchEngine:
        """The engine on the generation in use, as fresh as the last commit. Raises IndexUnavailable."""
        position = self.read_position()
        try:
            return self._opened(position)
        except Exception as error:  # whatever a damaged directory makes the engine raise
            if position == self.read_position():
                raise IndexUnavailable from error
        return self.engine()  # a writer has replaced the generation between the reading and the opening

    def _opened(self, position: Position | None) -> SearchEngine:
        if position is None or not position.readable:
            raise IndexUnavailable
        with self._opening:
            if self._in_use and self._in_use[0] == position:
                # The kernel kills a process that reads a mapped file beyond its end; 50 microseconds a search prevent it.
                if any(size < self._in_use[2].get(file, 0) for file, size in _sizes(position.path).items()):
                    raise IndexUnavailable("files of the open index were cut off")
                return self._in_use[1]
            if self._in_use and self._in_use[0].generation == position.generation:
                found = self._in_use[1]
                found.refresh()
            else:
                found = import_string(position.engine)(position.path)
            self._in_use = position, found, _sizes(position.path)
            return found

    def doubt(self) -> None:
        """A search has failed: the next sync shall look at every byte of the index."""
        self._doubted = True

    def sync(self, *, may_rebuild: bool = True) -> bool:
        """Take in the events since the last sync. Returns at once, False, where another process is at it or the last tries have failed.

        Without `may_rebuild`, for a request, an index that has to be made anew from more than a batch, and the articles of a tag,
        are left to the next sync.
        """
        if self._up_to_date(self.read_position(), *self._log()):
            return True
        if self._pause.is_on():
            return False
        with exclusive(self.name) as mine:
            if not mine:
                return False
            with self._pause.after_failures():
                return self._bring_up_to_date(self.read_position(), may_rebuild)

    def _bring_up_to_date(self, position: Position | None, may_rebuild: bool) -> bool:
        if position and self._can_go_on(position, *self._log()):
            if not may_rebuild and self.events(after=position.event).filter(tag__isnull=False).exists():
                return False
            self._catch_up(position)
        elif may_rebuild or not self.events()[self.BATCH : self.BATCH + 1].exists():
            self._rebuild()
        else:
            return False
        return True

    def rebuild(self, progress: Callable[[Iterable], Iterable] = iter) -> int | None:
        """Make the index anew beside the old one and swap. Returns how many articles it holds; None where another process is at it."""
        with exclusive(self.name) as mine:
            return self._rebuild(progress) if mine else None

    def _log(self) -> tuple[str, int]:
        """The database's name and its last event, in the one query that every process makes every second."""
        last = Subquery(self.events().order_by("-pk").values("pk")[:1])
        row = Installation.objects.values_list("uuid", last).first()
        return (str(row[0]), row[1] or 0) if row else (Installation.identity(), self._log()[1])

    def _up_to_date(self, position: Position | None, database: str, last: int) -> bool:
        return position is not None and (position.database, position.event) == (database, last) and self._sound(position)

    def _can_go_on(self, position: Position, database: str, last: int) -> bool:
        known = position.database == database and position.event <= last
        return known and (self._sound(position) or self._intact(position))

    def _sound(self, position: Position) -> bool:
        """Nothing speaks against the index: it opens, and is as the last writer left it."""
        try:
            return not self._doubted and _fingerprint(position.path) == position.files and self._opened(position) is not None
        except Exception:  # whatever a damaged directory makes the engine raise
            return False

    def _intact(self, position: Position) -> bool:
        """Every byte of the index is right, although its files are not the ones that current.json remembers."""
        self._in_use = None
        try:
            found = position.readable and self._opened(position).intact() and _answers(self._opened(position))
        except Exception:
            logger.exception("the search index is damaged")
            return False
        self._doubted = self._doubted and not found
        return found

    def _catch_up(self, position: Position) -> None:
        if _fingerprint(position.path) != position.files:
            position = self._keep(position)
        while events := list(self.events(after=position.event).values_list("pk", "article_id", "tag_id")[: self.BATCH]):
            self._write(position, {article for _, article, _ in events if article})
            for tag in dict.fromkeys(tag for _, _, tag in events if tag):
                position = self._reread_tag(position, tag, events[-1][0])
            position = self._keep(position._replace(event=events[-1][0]))

    def _write(self, position: Position, ids: set[int]) -> None:
        """Bring the documents of these articles up to their rows."""
        found = list(self.documents(Article.objects.filter(pk__in=ids)))
        try:
            self._opened(position).write(found, removed=ids - {document.id for document in found})
        except Exception:
            self.doubt()
            raise

    def _reread_tag(self, position: Position, tag: int, seen: int) -> Position:
        """Take in every article of a tag, a batch at a time, and with each batch what was published meanwhile: that must not wait.

        The events after `seen` come once more afterwards, for the cursor stays before the tag's event until all of it is done.
        """
        last, links = 0, TaggedArticle.objects.filter(tag=tag).order_by("content_object")
        while ids := list(links.filter(content_object__gt=last).values_list("content_object", flat=True)[: self.TAG_BATCH]):
            newer = list(self.events(after=seen).values_list("pk", "article_id")[: self.TAG_BATCH])
            self._write(position, {*ids, *(article for _, article in newer if article)})
            position = self._keep(position)  # the files are others now, and they are all right
            last, seen = ids[-1], newer[-1][0] if newer else seen
        return position

    def _rebuild(self, progress: Callable[[Iterable], Iterable] = iter) -> int:
        """Fill a new generation and put it in place of the old one, which searches use until then."""
        logger.info("rebuilding the index “%s”", self.name)
        self._remove_generations(but=self.read_position())  # what a killed rebuild has left
        position = Position(uuid.uuid4().hex, *self._log(), settings.SEARCH_ENGINE, SCHEMA, name=self.name)
        try:
            made = import_string(settings.SEARCH_ENGINE)(position.path, new=True)
            made.write(progress(self.documents(Article.objects.all())))
            self._keep(position)
        except BaseException:
            shutil.rmtree(position.path, ignore_errors=True)
            raise
        self._doubted = False
        self._remove_generations(but=position)
        return made.count()

    def _remove_generations(self, but: Position | None) -> None:
        for path in self.directory().glob("*/"):
            if but is None or path.name != but.generation:
                shutil.rmtree(path, ignore_errors=True)


# What readers search.
public = Follower("search", Event.objects.to_follow, documents)
engine, sync, rebuild, doubt, read_position = public.engine, public.sync, public.rebuild, public.doubt, public.read_position
