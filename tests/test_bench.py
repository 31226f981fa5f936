"""The benchmark of the search measures what it says, on a site of a hundred articles. How fast it is fails nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from articles import search
from articles.models import Article
from articles.search.fts5 import Fts5Engine
from tests.benchmarks import search as bench

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def corpus(db, run):
    run("make_corpus", 100)


def columns(printed):
    """The cells of a table, line by line."""
    return [[cell for cell in line.split("  ") if cell] for line in printed.splitlines()]


def test_both_indexes_are_built_and_weighed(corpus):
    default, fts5 = columns(bench.build_table([bench.build_default(), bench.build_fts5()]))[1:]
    assert (default[0], fts5[0]) == ("TantivyEngine", "Fts5Engine")
    assert default[1].strip() == fts5[1].strip() == "100"
    assert all(int(cell.replace(",", "")) > 0 for row in (default, fts5) for cell in row[1:])


def test_fts5_may_be_built_of_fewer_articles_and_its_column_says_so(corpus):
    assert bench.build_fts5(at_most=30).articles == 30
    assert list(bench.ways(Fts5Engine(bench.fts5_directory()), ["医保"])) == ["default", "FTS5 of 30", "LIKE"]


def test_every_way_is_asked_every_query(corpus):
    bench.build_fts5()
    queries = bench.CLASSES["two_words"][:2]
    by = bench.ways(Fts5Engine(bench.fts5_directory()), queries)
    answers = bench.ask("two_words", queries, by, rounds=2)
    assert {way: len(times) for way, times in answers.times.items()} == {"default": 2, "FTS5": 2, "LIKE": 2}
    head, row = columns(bench.answer_table([answers], Article.objects.count()))
    assert [cell.strip() for cell in head] == [
        "ms", "queries", "share of articles", "default p50", "default p95", "FTS5 p50", "FTS5 p95", "LIKE p50", "LIKE p95"
    ]  # fmt: skip
    assert len(row) == len(head)


def test_a_published_article_is_found_and_withdrawn_again(corpus):
    bench.build_fts5()
    found = {"default": bench.publish_and_find(times=2), "FTS5": bench.write_one(Fts5Engine(bench.fts5_directory()), times=2)}
    assert [[cell.strip() for cell in row][:2] for row in columns(bench.publication_table(found))] == [
        ["ms", "times"],
        ["default", "2"],
        ["FTS5", "2"],
    ]
    assert Article.objects.published().count() == 100


def test_a_percentile_is_one_of_the_values():
    assert [bench.percentile([5, 1, 4, 2, 3], share) for share in (0.5, 0.95)] == [3, 5]
    assert bench.percentile([7], 0.5) == 7


@pytest.mark.parametrize(("name", "least", "most"), [("one_fifth", 0.05, 0.4), ("nine_tenths", 0.75, 1.0)])
def test_the_words_of_a_class_are_as_frequent_as_it_says(corpus, name, least, most):
    shares = [search.search(query, limit=1).total / 100 for query in bench.CLASSES[name]]
    assert least < min(shares)
    assert max(shares) <= most


def test_there_are_enough_queries_of_every_class():
    assert all(len(set(queries)) == len(queries) >= 20 for queries in bench.CLASSES.values())
    assert all(len(query) <= 20 for query in bench.CLASSES["question_short"])
    assert all(20 < len(query) <= 60 for query in bench.CLASSES["question_long"])


def test_the_command_lists_what_it_can_measure_and_refuses_the_rest():
    command = lambda *arguments: subprocess.run([ROOT / "script/bench", *arguments], capture_output=True, text=True, check=False)  # noqa: E731
    assert "search [N …]" in command().stdout
    for arguments in (["pages"], ["search", "many"], ["search", "0"]):
        assert command(*arguments).returncode == 2


def test_a_server_process_is_weighed_after_its_first_page_and_its_first_search(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)  # a site of its own, on SQLite
    environ = {**os.environ, "DATA_DIR": str(tmp_path)}
    subprocess.run([sys.executable, ROOT / "manage.py", "prepare_site", "--no-samples"], env=environ, check=True, capture_output=True)
    head, page, found = columns(bench.memory_table(bench.memory("医保")))
    assert [cell.strip() for cell in head] == ["MB of a server process after its", "resident", "its own"]
    assert 10 < int(page[1]) <= int(found[1])
