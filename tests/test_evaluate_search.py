"""The figures are right, the ranking is the product's own, and a broken set is refused in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError

from articles.evaluation import scores
from articles.models import SynonymGroup

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [
    {"id": "a", "title": "门诊费用怎么报", "body": "在定点机构直接结算。"},
    {"id": "b", "title": "住院押金要交多少", "body": "各家医院不同。"},
    {"id": 7, "title": "", "body": "换工作以后，医保关系随人转移。"},
]
QUERIES = [{"id": 0, "text": "门诊报销"}, {"id": 1, "text": "換工作後醫保怎麼轉移"}, {"id": "x", "text": "天气"}]


@pytest.fixture
def evaluation_set(tmp_path):
    def make(documents=DOCUMENTS, queries=QUERIES, judgements=None):
        folder = tmp_path / "set"
        folder.mkdir()
        for name, lines in (("docs", documents), ("queries", queries)):
            (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
        if judgements is not None:
            (folder / "qrels.json").write_text(json.dumps(judgements))
        return folder

    return make


def test_it_prints_the_figures_and_writes_the_ids_as_they_stand_in_the_set(evaluation_set, run, tmp_path):
    folder = evaluation_set(judgements={"0": ["a"], "1": [7]})
    printed = json.loads(run("evaluate_search", folder, "--results", tmp_path / "out.json"))
    assert printed == {"mrr10": 1.0, "ndcg10": 1.0, "r10": 1.0, "r50": 1.0, "queries": 2}
    results = json.loads((tmp_path / "out.json").read_text())
    assert (results["0"][0], results["1"][0], results["x"]) == ("a", 7, [])


def test_without_judgements_it_only_writes_the_results(evaluation_set, run, tmp_path):
    assert run("evaluate_search", evaluation_set(), "--results", tmp_path / "out.json") == ""
    assert json.loads((tmp_path / "out.json").read_text())["0"][0] == "a"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("docs.jsonl", "{", "docs.jsonl:1"),
        ("docs.jsonl", '{"title": "x"}', "docs.jsonl:1"),
        ("queries.jsonl", '{"id": 1, "text": "x"}\n[]', "queries.jsonl:2"),
        ("qrels.json", "[1]", "qrels.json"),
    ],
)
def test_a_broken_set_is_refused_with_file_and_line(evaluation_set, run, name, text, message):
    folder = evaluation_set(judgements={})
    (folder / name).write_text(text)
    with pytest.raises(CommandError, match=message):
        run("evaluate_search", folder)


def test_a_missing_folder_is_refused(run, tmp_path):
    with pytest.raises(CommandError, match=r"docs\.jsonl"):
        run("evaluate_search", tmp_path / "nowhere")


def test_the_figures_by_hand():
    found = {"1": ["a", "b", "c"], "2": ["x"], "3": [str(i) for i in range(60)]}
    judged = {"1": {"b", "c"}, "2": {"y"}, "3": {"49", "50"}, "4": {"z"}, "5": set()}
    # Reciprocal ranks 1/2, 0, 0, 0; gains 1/log2(3) + 1/log2(4) over 1 + 1/log2(3); of query 3 one of two is within 50.
    assert scores(found, judged) == {"mrr10": 0.125, "ndcg10": 0.1734, "r10": 0.25, "r50": 0.375, "queries": 4}


def test_it_needs_no_prepared_site(evaluation_set, tmp_path):
    environ = {"DATA_DIR": str(tmp_path / "nothing"), "PATH": os.environ["PATH"]}
    command = [sys.executable, str(ROOT / "manage.py"), "evaluate_search", str(evaluation_set(judgements={"0": ["a"]}))]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["mrr10"] == 1.0
    assert "Traceback" not in done.stderr


def test_synonyms_that_editors_saved_count(evaluation_set, run, tmp_path):
    folder, out = evaluation_set(queries=[{"id": "q", "text": "蓝本本"}]), tmp_path / "out.json"
    run("evaluate_search", folder, "--results", out)
    before = json.loads(out.read_text())["q"]
    SynonymGroup(words="蓝本本、押金").save()
    run("evaluate_search", folder, "--results", out)
    assert (before, json.loads(out.read_text())["q"]) == ([], ["b"])
