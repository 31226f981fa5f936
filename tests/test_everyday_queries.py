"""What readers type on a phone finds the sample article that answers it.

everyday_queries.json is written from the articles, not from what the search returns. A query that misses is a task
for the search; an expectation changes only when another article answers the reader as well.
"""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings

from articles import search
from articles.models import ImportRecord

QUERIES = json.loads(Path(__file__).with_name("everyday_queries.json").read_text(encoding="utf-8"))
SAMPLES = sorted((Path(settings.FIXTURE_DIRS[0]) / "articles").glob("*.jsonl"))
ARTICLES = {line["source_id"]: line for path in SAMPLES for line in map(json.loads, path.read_text(encoding="utf-8").splitlines())}

FIRST = 3
OF_ALL = 0.95
OF_A_KIND = 0.8


class Answer(NamedTuple):
    kind: str
    query: str
    found: list[str]  # source_ids, the best first
    rank: int | None  # of the first expected one, from 1; None: not on the first page

    @property
    def hit(self) -> bool:
        return self.rank is not None and self.rank <= FIRST

    def __str__(self) -> str:
        first = f"{self.found[0]} {ARTICLES[self.found[0]]['title']}" if self.found else "nothing"
        return f"{self.kind:<12}{self.query}\n{'':<12}expected at {self.rank or '-'}, first: {first}"


def ask(kind: str, query: str, expected: list[str], source_ids: dict[int, str]) -> Answer:
    found = [source_ids[result.article.pk] for result in search.search(query).results]
    ranks = [rank for rank, source_id in enumerate(found, start=1) if source_id in expected]
    return Answer(kind, query, found, min(ranks, default=None))


def share(answers: list[Answer]) -> float:
    return sum(answer.hit for answer in answers) / len(answers)


def by_kind(answers: list[Answer]) -> dict[str, list[Answer]]:
    kinds = defaultdict(list)
    for answer in answers:
        kinds[answer.kind].append(answer)
    return kinds


def report(answers: list[Answer]) -> str:
    kinds = [f"{kind} {share(of_kind):.0%}" for kind, of_kind in by_kind(answers).items()]
    misses = [str(answer) for answer in answers if not answer.hit]
    return "\n".join([f"{share(answers):.1%} of {len(answers)} in the first {FIRST}: {', '.join(kinds)}", *misses])


@pytest.fixture
def answers(db, run):
    run("prepare_site", "--no-static")
    source_ids = dict(ImportRecord.objects.values_list("article", "source_id"))
    return [ask(**line, source_ids=source_ids) for line in QUERIES]


def test_everyday_queries_find_their_article(answers):
    """One test for the three promises: loading the samples takes seconds."""
    silent = [answer.query for answer in answers if not answer.found]
    weak = [kind for kind, of_kind in by_kind(answers).items() if share(of_kind) < OF_A_KIND]
    assert not silent, report(answers)
    assert share(answers) >= OF_ALL, report(answers)
    assert not weak, report(answers)


# The list itself


def test_the_list_holds_every_kind_of_query_and_asks_for_every_article():
    kinds = Counter(line["kind"] for line in QUERIES)
    assert sum(kinds.values()) >= 200
    assert min(kinds.values()) >= 8
    asked_for = {source_id for line in QUERIES if line["kind"] != "document" for source_id in line["expected"]}
    assert asked_for == set(ARTICLES)
    assert len({line["query"] for line in QUERIES}) == len(QUERIES)


def test_no_query_is_copied_from_a_title_or_a_phrasing():
    taken = {letters(text) for article in ARTICLES.values() for text in [article["title"], *article["phrasings"]]}
    assert not [line["query"] for line in QUERIES if letters(line["query"]) in taken]


def test_a_document_number_may_find_any_article_that_cites_it():
    """Compared by letters and digits alone: readers type the brackets in many ways."""
    citing = defaultdict(set)
    for source_id, article in ARTICLES.items():
        for source in article["sources"]:
            citing[letters(source["number"])].add(source_id)
    for line in QUERIES:
        if line["kind"] == "document":
            assert set(line["expected"]) == citing[letters(line["query"])], line["query"]


def letters(text: str) -> str:
    return re.sub(r"\W|文件", "", text)
