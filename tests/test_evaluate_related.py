"""The figures are right, the lists are the product's own, and a broken set is refused in one line."""

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError

from articles.evaluation import related_scores

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ROOT = Path(__file__).resolve().parent.parent
SUBJECTS = {
    "账户": ["余额能不能取现金", "密码忘了怎么重设", "冻结是什么原因"],
    "备案": ["要带哪些材料去办", "有效期到什么时候为止", "选错城市能不能改"],
}
DOCUMENTS = [
    {"id": f"{group}-{i}", "title": f"{group}{title}", "body": f"关于{group}，{title[::-1]}。", "tags": [group], "group": group}
    for group, titles in SUBJECTS.items()
    for i, title in enumerate(titles)
]
TWIN = {**DOCUMENTS[0], "id": 7, "title": "账户余额能不能取现金吗？"}


@pytest.fixture
def related_set(tmp_path):
    def make(documents):
        folder = tmp_path / "set"
        folder.mkdir()
        lines = (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in documents)
        (folder / "docs.jsonl").write_text("\n".join(lines))
        return folder

    return make


def test_the_same_subject_comes_first_and_a_twin_never(related_set, run, tmp_path):
    printed = json.loads(run("evaluate_related", related_set([*DOCUMENTS, TWIN]), "--results", tmp_path / "out.json"))
    results = json.loads((tmp_path / "out.json").read_text())
    assert set(results["备案-0"][:2]) == {"备案-1", "备案-2"}
    assert 7 not in results["账户-0"]
    assert "账户-0" not in results["7"]
    assert (printed["pairs"], printed["lists"]) == (0, 7)


def test_another_city_is_never_recommended(related_set, run, tmp_path):
    cities = [{"id": city, "title": f"{city}医保缴费去哪个窗口", "body": "带身份证去办。"} for city in ("上海", "南京", "合肥")]
    run(
        "evaluate_related",
        related_set([*cities, {"id": "all", "title": "医保缴费可以在手机上办吗", "body": "可以。"}]),
        "--results",
        tmp_path / "out.json",
    )
    assert json.loads((tmp_path / "out.json").read_text()) == {"上海": ["all"], "南京": ["all"], "合肥": ["all"], "all": []}


def test_without_groups_it_only_writes_the_results(related_set, run, tmp_path):
    bare = [{"id": document["id"], "title": document["title"], "body": document["body"]} for document in DOCUMENTS]
    assert run("evaluate_related", related_set(bare), "--results", tmp_path / "out.json") == ""
    assert set(json.loads((tmp_path / "out.json").read_text())) == {document["id"] for document in bare}


@pytest.mark.parametrize(
    ("line", "message"),
    [("{", "docs.jsonl:2"), ('{"title": "x"}', "docs.jsonl:2"), ({**TWIN, "tags": "医保"}, "tags"), (DOCUMENTS[0], "twice")],
)
def test_a_broken_line_is_refused_in_one_line(related_set, run, line, message):
    with pytest.raises(CommandError, match=message) as refusal:
        run("evaluate_related", related_set([DOCUMENTS[0], line]))
    assert "\n" not in str(refusal.value)


def test_a_missing_folder_is_refused(run, tmp_path):
    with pytest.raises(CommandError, match=r"docs\.jsonl"):
        run("evaluate_related", tmp_path / "nowhere")


def test_it_needs_no_prepared_site_and_exits_with_1_over_a_broken_set(related_set, tmp_path):
    folder = related_set(DOCUMENTS)
    environ = {"DATA_DIR": str(tmp_path / "nothing"), "PATH": os.environ["PATH"]}
    command = [sys.executable, str(ROOT / "manage.py"), "evaluate_related", str(folder)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["lists"] == 6
    (folder / "docs.jsonl").write_text("[]")
    failed = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (failed.returncode, "Traceback" in failed.stderr) == (1, False)


def test_the_figures_by_hand():
    documents = [{"id": str(i), "group": "ab"[i > 3]} for i in range(1, 7)]
    documents[0]["twin"] = "2"
    same, siblings = {(1, 2)}, {(5, 4)}
    table = {pair: SimpleNamespace(same=pair in same, siblings=pair in siblings) for pair in product(range(1, 7), repeat=2)}
    found = related_scores({1: [2, 3, 4, 5], 4: [5, 6]}, documents, lambda a, b: table[a, b])
    # Of the first five places two and two are right, of 2 possible each; one list holds its own twin, and a further form of one template.
    assert found == {
        "p5": 0.4, "p5_best": 0.4, "p20": 0.1, "p20_best": 0.1, "pairs": 0.5, "twins": 0.5, "variety": 0.875, "length": 3.0, "lists": 2,
    }  # fmt: skip
