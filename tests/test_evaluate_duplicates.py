"""The figures are right, the judge is the product's own, and a broken file is refused in one line."""

import json

import pytest
from django.core.management import CommandError

from articles.evaluation import best_threshold, duplicate_scores
from articles.models import SynonymGroup

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAIRS = [
    ("医保卡丢了怎么补办", "社保卡遗失如何补办", "duplicate"),
    ("舟山医保余额怎么查", "宁波医保余额怎么查", "sibling"),
    ("医保卡丢了怎么补办", "胃镜前要空腹几小时", "different"),
]


def line(a, b, label=None, **more):
    return json.dumps({"a": {"title": a, "body": ""}, "b": {"title": b}, **({"label": label} if label else {}), **more}, ensure_ascii=False)


@pytest.fixture
def file(tmp_path):
    def write(*lines):
        path = tmp_path / "pairs.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


def test_it_prints_the_figures_and_writes_a_label_a_line_in_order(file, run, tmp_path):
    printed = json.loads(run("evaluate_duplicates", file(*(line(*pair) for pair in PAIRS)), "--results", tmp_path / "out.txt"))
    assert (tmp_path / "out.txt").read_text().splitlines() == ["duplicate", "sibling", "different"]
    assert (printed["precision"], printed["recall"], printed["siblings_as_duplicates"], printed["pairs"]) == (1.0, 1.0, 0, 3)
    assert printed["labelled"] == printed["predicted"] == {"duplicate": 1, "sibling": 1, "different": 1}


def test_title_similarity_alone_stands_beside_it_and_falls_for_the_sibling(file, run):
    alone = json.loads(run("evaluate_duplicates", file(*(line(*pair) for pair in PAIRS))))["title_similarity_alone"]
    assert (alone["recall"], alone["siblings_as_duplicates"]) == (1.0, 1)


def test_without_labels_only_the_predictions_are_written(file, run, tmp_path):
    assert run("evaluate_duplicates", file(line(*PAIRS[1][:2])), "--results", tmp_path / "out.txt") == ""
    assert (tmp_path / "out.txt").read_text() == "sibling\n"


def test_an_empty_file_is_no_trouble(file, run):
    assert run("evaluate_duplicates", file("", "")) == ""


def test_synonyms_of_editors_count(file, run, tmp_path):
    pairs = file(line("滚雪球险要交多少钱", "雪球保障计划要交多少钱"))
    run("evaluate_duplicates", pairs, "--results", tmp_path / "before.txt")
    SynonymGroup.objects.create(words="滚雪球险、雪球保障计划")
    run("evaluate_duplicates", pairs, "--results", tmp_path / "after.txt")
    assert (tmp_path / "before.txt").read_text() != (tmp_path / "after.txt").read_text() == "duplicate\n"


@pytest.mark.parametrize(
    "broken",
    [
        "{", "[]", "null", "1", "{}", '{"a": {"title": "x"}}', '{"a": 1, "b": 2}', '{"a": {"title": 1}, "b": {"title": "x"}}',
        '{"a": {"title": "x", "body": []}, "b": {"title": "x"}}', '{"a": {"title": "x"}, "b": {"title": "y"}, "label": "same"}',
        '{"a": {"title": "x"}, "b": {"title": "y"}, "label": ["duplicate"]}', "[" * 100_000,
    ],
)  # fmt: skip
def test_a_broken_line_is_named_by_its_number(file, run, broken):
    with pytest.raises(CommandError, match=r"pairs\.jsonl:2: ") as refusal:
        run("evaluate_duplicates", file(line(*PAIRS[0]), broken))
    assert "\n" not in str(refusal.value)


def test_a_missing_file_and_one_in_another_encoding_are_refused(run, tmp_path):
    (tmp_path / "gbk").write_bytes("医保".encode("gbk"))
    for name in ("nothing", "gbk"):
        with pytest.raises(CommandError, match=name):
            run("evaluate_duplicates", tmp_path / name)


def test_results_that_cannot_be_written_are_refused(file, run, tmp_path):
    with pytest.raises(CommandError):
        run("evaluate_duplicates", file(line(*PAIRS[0])), "--results", tmp_path / "no" / "folder")


def test_scores():
    labels = ["duplicate", "duplicate", "sibling", "different"]
    assert duplicate_scores(["duplicate", "sibling", "duplicate", "different"], labels) == {
        "precision": 0.5,
        "recall": 0.5,
        "siblings_as_duplicates": 1,
    }
    assert duplicate_scores(["different"] * 4, labels)["precision"] == 1.0


def test_the_best_threshold_parts_what_can_be_parted():
    assert best_threshold([0.9, 0.8, 0.3], ["duplicate", "duplicate", "different"]) == 0.8
    assert best_threshold([0.9, 0.9], ["duplicate", "different"]) == 0.9
    assert best_threshold([0.5], ["different"]) > 1
