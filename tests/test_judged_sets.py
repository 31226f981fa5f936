"""The labelled sets keep the shape that the evaluations read, and their two halves stay apart."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from tests.judged import assemble

LABELS = {"duplicate", "sibling", "different"}
AT_LEAST = {"duplicate": 110, "sibling": 140, "different": 100}
LONGEST_TITLE = 100

QUESTIONS = assemble.read_lines(assemble.HERE / "questions.jsonl")
PAIRS = {half: assemble.read_lines(assemble.HERE / f"duplicates_{half}.jsonl") for half in assemble.HALVES}
DOCS = {half: assemble.read_lines(assemble.HERE / f"related_{half}" / "docs.jsonl") for half in assemble.HALVES}
BY_TITLE = {question["title"]: question for question in QUESTIONS}

each_half = pytest.mark.parametrize("half", assemble.HALVES)


def sides(half: str) -> Iterator[dict[str, str]]:
    for pair in PAIRS[half]:
        yield pair["a"]
        yield pair["b"]


def titles_of(pair: dict) -> frozenset[str]:
    return frozenset((pair["a"]["title"], pair["b"]["title"]))


def is_bare(pair: dict) -> bool:
    return not (pair["a"]["body"] and pair["b"]["body"])


@each_half
def test_a_pair_has_two_titled_sides_and_a_known_label(half):
    for pair in PAIRS[half]:
        assert set(pair) == {"a", "b", "label"}
        assert pair["label"] in LABELS
    for side in sides(half):
        assert set(side) == {"title", "body"}
        assert 0 < len(side["title"]) <= LONGEST_TITLE
        assert side["title"] == side["title"].strip()


@each_half
def test_a_half_holds_enough_pairs_of_each_label(half):
    counts = Counter(pair["label"] for pair in PAIRS[half])
    assert len(PAIRS[half]) >= 350
    assert {label: counts[label] for label in LABELS if counts[label] < AT_LEAST[label]} == {}


@each_half
def test_a_third_of_the_pairs_lack_bodies_whatever_their_label(half):
    bare = Counter(pair["label"] for pair in PAIRS[half] if is_bare(pair))
    assert 0.3 < bare.total() / len(PAIRS[half]) < 0.4
    assert min(bare[label] for label in LABELS) >= 30


@each_half
def test_half_of_the_different_pairs_share_a_subject(half):
    different = [pair for pair in PAIRS[half] if pair["label"] == "different"]
    near = [pair for pair in different if len({BY_TITLE[title]["topic"] for title in titles_of(pair)}) == 1]
    assert len(near) >= len(different) / 2


@each_half
def test_no_pair_is_judged_twice_and_none_compares_a_title_with_itself(half):
    pairs = [titles_of(pair) for pair in PAIRS[half]]
    assert [pair for pair, times in Counter(pairs).items() if times > 1 or len(pair) == 1] == []


def test_no_title_stands_in_both_halves():
    dev, held = ({side["title"] for side in sides(half)} for half in assemble.HALVES)
    assert dev & held == set()


def test_no_family_of_questions_stands_in_both_halves():
    halves = defaultdict(set)
    for question in QUESTIONS:
        halves[question["family"]].add(question["half"])
    assert [family for family, found in halves.items() if len(found) > 1] == []


def test_every_title_is_written_once():
    assert [title for title, times in Counter(question["title"] for question in QUESTIONS).items() if times > 1] == []


def test_the_groups_of_one_form_differ_in_a_slot():
    forms = defaultdict(dict)
    for question in QUESTIONS:
        if question["form"] == "own":
            forms[question["family"]][question["group"]] = json.dumps(question["slots"], sort_keys=True)
    assert [family for family, groups in forms.items() if len(set(groups.values())) < len(groups)] == []


def test_one_group_has_one_set_of_slots():
    slots = defaultdict(set)
    for question in QUESTIONS:
        slots[question["family"], question["group"]].add(json.dumps(question["slots"], sort_keys=True))
    assert [group for group, found in slots.items() if len(found) > 1] == []


@each_half
def test_the_pairs_on_file_are_those_that_the_questions_give(half):
    assert PAIRS[half] == assemble.assemble(half)


@each_half
def test_a_document_has_a_title_a_body_of_some_length_tags_and_a_subject(half):
    for doc in DOCS[half]:
        assert set(doc) - {"twin", "template"} == {"id", "title", "body", "tags", "group"}
        assert 0 < len(doc["title"]) <= LONGEST_TITLE
        assert 80 <= len(doc["body"]) <= 250
        assert 1 <= len(doc["tags"]) <= 3


@each_half
def test_ten_to_fifteen_subjects_share_out_the_documents(half):
    subjects = Counter(doc["group"] for doc in DOCS[half])
    assert len(DOCS[half]) >= 150
    assert 10 <= len(subjects) <= 15
    assert 8 <= min(subjects.values()) <= max(subjects.values()) <= 14


@each_half
def test_some_tags_are_shared_by_several_subjects(half):
    subjects = defaultdict(set)
    for doc in DOCS[half]:
        for tag in doc["tags"]:
            subjects[tag].add(doc["group"])
    assert len([tag for tag, found in subjects.items() if len(found) >= 3]) >= 3


@each_half
def test_twins_name_each_other_and_share_their_subject(half):
    docs = {doc["id"]: doc for doc in DOCS[half]}
    twins = [doc for doc in DOCS[half] if "twin" in doc]
    assert len(twins) >= 20
    assert [doc["id"] for doc in twins if docs[doc["twin"]].get("twin") != doc["id"]] == []
    assert [doc["id"] for doc in twins if docs[doc["twin"]]["group"] != doc["group"]] == []


@each_half
def test_a_template_stands_in_five_cities(half):
    templates = Counter(doc["template"] for doc in DOCS[half] if "template" in doc)
    assert templates
    assert set(templates.values()) == {5}


def test_no_document_stands_twice():
    docs = [doc for half in assemble.HALVES for doc in DOCS[half]]
    for field in ("id", "title", "body"):
        assert len({doc[field] for doc in docs}) == len(docs), field
