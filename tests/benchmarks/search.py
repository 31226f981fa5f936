"""Search on this machine: making the index, asking, publishing, memory. `script/bench search` runs it. Nothing here passes or fails.

Asked three ways in turn, so that all of them see the same machine:
default   articles.search.search(): 20 results with marks, the exact total, spelling and synonyms; no counts of filters
FTS5      Fts5Engine.search() with the same clauses: 20 ids and the exact total, nothing else
LIKE      what many a CMS does: '%query%' in title or text, the 20 newest, and COUNT
"""

import argparse
import json
import math
import os
import platform
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

import django

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from django.conf import settings
from django.db.models import Avg, Q
from django.db.models.functions import Length
from tqdm import tqdm

from articles import search, workflow
from articles.content import ArticleContent
from articles.models import Article, Category
from articles.search.documents import documents
from articles.search.follower import public
from articles.search.fts5 import Fts5Engine

CLASSES = json.loads(Path(__file__).with_name("search_queries.json").read_text(encoding="utf-8"))
ROUNDS = 3
PAGE = 20
PUBLICATIONS = 20
FTS5_AT_MOST = 100_000  # articles; a million would take it hours
LIKE_IN_FULL = 200_000  # articles; beyond, a query takes seconds, and five of each class tell as much
FEW = "LIKE, 5 queries"


class Build(NamedTuple):
    engine: str
    articles: int
    seconds: float
    size: int  # bytes

    def row(self) -> list[str]:
        return [self.engine, f"{self.articles:,}", f"{self.articles / self.seconds:,.0f}", f"{self.size / self.articles:,.0f}"]


class Answers(NamedTuple):
    """One class of queries: how many hits each query has, and the milliseconds of each way to ask."""

    name: str
    totals: list[int]
    times: dict[str, list[float]]

    def row(self, articles: int) -> list[str]:
        shares = sorted(total / articles for total in self.totals)
        cells = [self.name, f"{len(shares)}", f"{median(shares):.0%} ({shares[0]:.0%}–{shares[-1]:.0%})"]
        return cells + [f"{percentile(times, share):,.1f}" for times in self.times.values() for share in (0.5, 0.95)]


def percentile(values: list[float], share: float) -> float:
    """By nearest rank."""
    return sorted(values)[math.ceil(len(values) * share) - 1]


def milliseconds(work: Callable) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def bar(things: Iterable, label: str, total: int | None = None):
    return tqdm(things, desc=label, total=total, disable=None, leave=False)


# Making the index


def fts5_directory() -> Path:
    return settings.DATA_DIR / "bench-fts5"


def build_default() -> Build:
    start = time.perf_counter()
    count = search.rebuild(lambda documents: bar(documents, "default", Article.objects.published().count()))
    return Build(settings.SEARCH_ENGINE.rpartition(".")[2], count, time.perf_counter() - start, _size(public.read_position().path))


def build_fts5(at_most: int = FTS5_AT_MOST) -> Build:
    shutil.rmtree(fts5_directory(), ignore_errors=True)
    first = Article.objects.filter(live=True).order_by("pk").values_list("pk", flat=True)[:at_most]
    last = list(first)[-1]
    start = time.perf_counter()
    engine = Fts5Engine(fts5_directory(), new=True)
    engine.write(bar(documents(Article.objects.filter(pk__lte=last)), "FTS5", len(first)))
    return Build("Fts5Engine", engine.count(), time.perf_counter() - start, _size(fts5_directory()))


def _size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.iterdir())


# Asking


def ways(fts5: Fts5Engine, queries: Iterable[str]) -> dict[str, Callable[[str], object]]:
    """Each way to ask, by its name. For FTS5 the queries are turned into clauses beforehand, at no cost to it."""
    engine = search.engine()
    clauses = {query: search.understand(query, engine).clauses for query in queries}
    filters = search.filters_now()
    count = fts5.count()
    name = "FTS5" if count >= engine.count() else f"FTS5 of {count:,}"
    return {
        "default": search.search,
        name: lambda query: fts5.search(clauses[query], filters, limit=PAGE),
        "LIKE" if engine.count() <= LIKE_IN_FULL else FEW: like,
    }


def like(query: str) -> int:
    found = Article.objects.published().filter(Q(title__contains=query) | Q(plain_text__contains=query))
    list(found.newest().with_card_fields()[:PAGE])
    return found.count()


def ask(name: str, queries: list[str], by: dict[str, Callable], rounds: int = ROUNDS) -> Answers:
    """Every query once to warm up, then in each round by each way in turn; a query's time is the median of its rounds."""
    everyone = [(way, query) for query in queries for way in by if way != FEW or query in queries[:5]]
    for way, query in bar(everyone, f"{name}, warming up"):
        by[way](query)
    times = {asked: [] for asked in everyone}
    for way, query in bar(everyone * rounds, name):
        times[way, query].append(milliseconds(lambda: by[way](query)))  # noqa: B023  (called at once)
    totals = [search.search(query, limit=1).total for query in queries]
    return Answers(name, totals, {way: [median(found) for (asked, _), found in times.items() if asked == way] for way in by})


# Publishing


def publish_and_find(times: int = PUBLICATIONS) -> list[float]:
    """Milliseconds from the publication of one more article until search finds it.

    The request that publishes goes on to refresh related lists; by then the article can be found, so that is left out.
    """
    return [_publish_and_find() for _ in bar(range(times), "publishing")]


def _publish_and_find() -> float:
    number = str(secrets.randbelow(9 * 10**11) + 10**11)
    content = ArticleContent(f"第{number}号问题怎么办理", body="<p>以当地规定为准。</p>", category=Category.objects.first().pk)
    revision = workflow.save_draft(content, by=None)

    def work():
        article = workflow.force_publish(revision, by=None, reason="压力测试", follow_now=False)
        search.sync()
        while article not in [result.article for result in search.search(number).results]:
            search.sync()  # another process was at it

    needed = milliseconds(work)
    workflow.unpublish(revision.article, by=None, reason="压力测试")
    return needed


def write_one(fts5: Fts5Engine, times: int = PUBLICATIONS) -> list[float]:
    """Milliseconds that FTS5 takes to replace one document."""
    first = Article.objects.published().order_by("pk")[0]
    document = next(documents(Article.objects.filter(pk=first.pk)))
    return [milliseconds(lambda: fts5.write([document])) for _ in bar(range(times), "FTS5, writing")]


# Memory

WORKER = """
import json, sys
from urllib.parse import quote
from wsgiref.util import setup_testing_defaults

sys.path[:0] = [{root!r}, {root!r} + "/site"]
from config.wsgi import application

def visit(path, query=""):
    environ = {{"HTTP_HOST": "localhost", "PATH_INFO": path, "QUERY_STRING": query}}
    setup_testing_defaults(environ)
    statuses = []
    b"".join(application(environ, lambda status, headers, info=None: statuses.append(status)))
    assert statuses == ["200 OK"], (path, statuses)

def megabytes():
    lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return [int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon")]

visit("/")
before = megabytes()
visit("/search/", "q=" + quote({query!r}))
print(json.dumps([before, megabytes()]))
"""


def memory(query: str) -> list[list[float]]:
    """Megabytes of a server process after its first page and after its first search: resident, and of that its own."""
    code = WORKER.format(root=str(ROOT), query=query)
    environ = {**os.environ, "DATA_DIR": str(settings.DATA_DIR), "DJANGO_SETTINGS_MODULE": "config.settings"}
    result = subprocess.run([sys.executable, "-c", code], env=environ, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout.splitlines()[-1])


# Printing


def table(head: list[str], rows: list[list[str]]) -> str:
    """Columns side by side, the first to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join(_line(row, widths) for row in [head, *rows])


def _line(row: list[str], widths: list[int]) -> str:
    return "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))])


def build_table(builds: list[Build]) -> str:
    return table(["index", "articles", "articles/s", "bytes/article"], [build.row() for build in builds])


def answer_table(answers: list[Answers], articles: int) -> str:
    names = [f"{way} {share}" for way in answers[0].times for share in ("p50", "p95")]
    return table(["ms", "queries", "share of articles", *names], [answer.row(articles) for answer in answers])


def publication_table(found: dict[str, list[float]]) -> str:
    rows = [[name, str(len(times)), f"{percentile(times, 0.5):,.1f}", f"{percentile(times, 0.95):,.1f}"] for name, times in found.items()]
    return table(["ms", "times", "p50", "p95"], rows)


def memory_table(found: list[list[float]]) -> str:
    rows = [[when, *(f"{size:.0f}" for size in sizes)] for when, sizes in zip(["first page", "first search"], found, strict=True)]
    return table(["MB of a server process after its", "resident", "its own"], rows)


def machine() -> str:
    versions = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    versions += [f"{package} {version(package)}" for package in ("Django", "tantivy", "rjieba")]
    load = f"load {os.getloadavg()[0]:.1f} at the start"
    return f"{os.cpu_count()} cores, {load}; {', '.join(versions)}; {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]}"


def corpus() -> str:
    lengths = Article.objects.published().aggregate(found=Avg(Length("title") + Length("short_answer") + Length("plain_text")))
    return f"{Article.objects.published().count():,} articles of {lengths['found']:,.0f} characters"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--queries", type=int, metavar="N", help="only the first N of each class")
    parser.add_argument("--no-build", action="store_true", help="measure with the indexes of the last run")
    measure(parser.parse_args())


def measure(options: argparse.Namespace) -> None:
    classes = {name: queries[: options.queries] for name, queries in CLASSES.items()}
    print(f"{corpus()}\n{machine()}\n", flush=True)
    if not options.no_build:
        print(build_table([build_default(), build_fts5()]), end="\n\n", flush=True)
    search.sync()
    fts5 = Fts5Engine(fts5_directory())
    by = ways(fts5, [query for queries in classes.values() for query in queries])
    answers = [ask(name, queries, by, options.rounds) for name, queries in classes.items()]
    print(answer_table(answers, Article.objects.published().count()), end="\n\n", flush=True)
    times = {"published → found, default": publish_and_find(), "one document written, FTS5": write_one(fts5)}
    print(publication_table(times), end="\n\n", flush=True)
    print(memory_table(memory(CLASSES["question_short"][0])), flush=True)


if __name__ == "__main__":
    main()
