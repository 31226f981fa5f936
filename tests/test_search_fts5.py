"""What the contract cannot ask of every engine: files, locks and counts of the one on SQLite."""

import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from articles.search.engine import FACETS, TEXT_FIELDS, Filters
from articles.search.fts5 import FILE, Fts5Engine
from tests.test_search_engines import NOW, clause, document, found, random_document

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "index"


@pytest.fixture
def engine(directory):
    return Fts5Engine(directory, new=True)


def state(directory):
    return sorted((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in directory.iterdir())


def test_reading_changes_no_file(engine, directory):
    engine.write([document(id, "医保") for id in range(50)])
    before = state(directory)
    reader = Fts5Engine(directory)
    reader.search([clause("医保")], Filters(NOW))
    reader.facets([clause("医保")], Filters(NOW), FACETS)
    assert reader.intact()
    del reader
    assert state(directory) == before


def test_threads_that_come_later_read_a_deleted_index_too(engine, directory):
    engine.write([document(1, "医保")])
    shutil.rmtree(directory)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(found(engine, "医保"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[1]] * 8


# Dies as a killed process does, with half of its work on disk: so many pages do not fit into memory.
DIES = """
import os, sys
sys.path[:0] = [{root!r}, {root!r} + "/site"]
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from pathlib import Path
from articles.search.fts5 import Fts5Engine
from tests.test_search_engines import document

def documents():
    yield from (document({start} + id, "医保", str(id) * 20_000) for id in range(2000))
    os._exit(9)

Fts5Engine(Path({directory!r})).write(documents())
"""


@pytest.mark.parametrize("before", [0, 5])
def test_a_write_that_was_killed_is_rolled_back_by_whoever_opens_next(engine, directory, before, tmp_path):
    engine.write([document(id, "医保") for id in range(before)])
    code = DIES.format(root=str(ROOT), directory=str(directory), start=before)
    process = subprocess.run([sys.executable, "-c", code], env={"DATA_DIR": str(tmp_path)}, check=False, capture_output=True)
    assert process.returncode == 9, process.stderr
    assert (directory / f"{FILE}-journal").exists()
    opened = Fts5Engine(directory)
    assert (opened.count(), len(found(opened, "医保")), opened.intact()) == (before, before, True)
    opened.write([document(10_000, "医保")])
    assert opened.count() == before + 1


def test_its_frequencies_are_those_of_fts5_whatever_was_replaced_and_removed(engine, directory):
    chance = random.Random(4)
    for _ in range(6):
        ids = chance.sample(range(1, 60), 30)
        engine.write([random_document(chance, id) for id in ids[:25]], removed=ids[25:])
    with closing(sqlite3.connect(directory / FILE)) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.theirs USING fts5vocab(main, texts, col)")
        theirs = {(field, bytes.fromhex(term).decode()): count for term, field, count, _ in connection.execute("SELECT * FROM theirs")}
    ours = {(field, term): count for field in TEXT_FIELDS for term, count in engine.vocabulary(field, "", limit=10_000)}
    assert ours == theirs
    assert len(ours) > 100


def test_a_clause_counts_with_its_share_of_the_heaviest_in_its_field(engine):
    engine.write([document(1, "住院"), document(2, "门诊"), *(document(id, "医保") for id in range(3, 30))])
    hits = engine.search([clause("住院", weight=0.5), clause("门诊", weight=1.0)], Filters(NOW))
    assert hits.ids == [2, 1]
    assert hits.scores[1] == pytest.approx(hits.scores[0] / 2)
