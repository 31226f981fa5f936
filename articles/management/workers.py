"""Work of a command that one core is too slow for, on several: `with workers(2) as spread: spread(function, arguments)`."""

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait

import django

KEPT = 100_000  # a fifth of the time would go into looking for garbage among what is kept


@contextmanager
def workers(processes: int) -> Iterator[Callable]:
    """A map() whose calls run in so many processes of their own, in order; with one, the plain map().

    The function must be found by its name, its arguments and results are pickled.
    """
    gc.set_threshold(KEPT)
    if processes == 1:
        yield map
        return
    pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.set_threshold(KEPT)
    django.setup()


def _end_with_parent() -> None:
    """A parent that is killed closes nothing."""
    wait([multiprocessing.parent_process().sentinel])
    os._exit(1)
