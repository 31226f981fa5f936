"""What is derived into the database follows the Event log behind the search index, which it is computed from.

How far each follower has read stands in its Cursor, which moves on only after the work, so a crash repeats work and loses none.
"""

import time
from collections.abc import Callable

from articles.models import Cursor, Event
from articles.search.follower import Position, exclusive, read_position

BATCH = 200  # events read at a time
REFILED = {"refile", "refile_back"}

# As far as this process knows that a follower has read all: an idle round asks the database nothing.
_done: dict[str, Position] = {}


def follow(name: str, refresh: Callable[[int], None], seconds: float) -> None:
    """Call `refresh` with the article of every event since the last call, for about `seconds`; the next call goes on from there.

    Leaves at once where another process is at it. Passed over are events that name no article (tags renamed or merged), and the
    refiled: a tag weighs little in what is near, and a bulk action refiles by the ten thousand, behind which all that is new would wait.
    """
    position = read_position()
    if position is None or position == _done.get(name):
        return
    if _cursor(name).event >= position.event:
        _done[name] = position
        return
    with exclusive(name) as mine:
        cursor = _cursor(name)  # again: another process may have moved it on before it gave the lock back
        deadline = time.monotonic() + seconds
        while mine and time.monotonic() < deadline and (events := _next_events(cursor, position.event)):
            for event, article, verb in events:
                if article and verb not in REFILED:
                    refresh(article)
                cursor.event = event
                if time.monotonic() >= deadline:
                    break
            cursor.save()


def skip(name: str) -> None:
    """Take the events so far as done: after a load that computing everything is to follow."""
    if position := read_position():
        Cursor.objects.update_or_create(name=name, defaults={"event": position.event})


def _cursor(name: str) -> Cursor:
    return Cursor.objects.get_or_create(name=name)[0]


def _next_events(cursor: Cursor, until: int) -> list[tuple[int, int | None, str]]:
    return list(Event.objects.to_follow(after=cursor.event).filter(pk__lte=until).values_list("pk", "article_id", "verb")[:BATCH])
