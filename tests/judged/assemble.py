"""Pairs for judging the duplicate finder, put together from the questions written in questions.jsonl.

Run `python -m tests.judged.assemble` after changing questions.jsonl; the two files of pairs are checked in.
"""

import json
import random
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
HALVES = ("dev", "held")

# So that no family and no label outweighs the others.
SIBLINGS_OF_A_FAMILY = 8
NEAR_MISSES_OF_A_FAMILY = 2
FAR_APART = 80

Question = dict[str, Any]
Pair = dict[str, Any]


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def label(one: Question, other: Question) -> str:
    if one["family"] != other["family"]:
        return "different"
    if one["group"] == other["group"]:
        return "duplicate"
    return "sibling" if one["form"] == other["form"] == "own" else "different"


def pairs_of_family(family: list[Question], chance: random.Random) -> list[tuple[Question, Question]]:
    by_label = defaultdict(list)
    for pair in combinations(family, 2):
        by_label[label(*pair)].append(pair)
    return (
        by_label["duplicate"]
        + some(by_label["sibling"], SIBLINGS_OF_A_FAMILY, chance)
        + some(by_label["different"], NEAR_MISSES_OF_A_FAMILY, chance)
    )


def some(pairs: list, number: int, chance: random.Random) -> list:
    return chance.sample(pairs, min(number, len(pairs)))


def pairs_far_apart(questions: list[Question], chance: random.Random) -> list[tuple[Question, Question]]:
    apart = [pair for pair in combinations(questions, 2) if pair[0]["topic"] != pair[1]["topic"]]
    return some(apart, FAR_APART, chance)


def written(pair: tuple[Question, Question], bare: tuple[bool, bool], chance: random.Random) -> Pair:
    sides = [{"title": side["title"], "body": "" if no_body else side["body"]} for side, no_body in zip(pair, bare, strict=True)]
    chance.shuffle(sides)
    return {"a": sides[0], "b": sides[1], "label": label(*pair)}


def bare_sides(place: int) -> tuple[bool, bool]:
    """Every third pair lacks bodies: three of these four on both sides, the fourth on one."""
    if place % 3:
        return False, False
    return True, place % 12 != 0


def assemble(half: str) -> list[Pair]:
    chance = random.Random(f"judged {half}")
    questions = [question for question in read_lines(HERE / "questions.jsonl") if question["half"] == half]
    families = defaultdict(list)
    for question in questions:
        families[question["family"]].append(question)
    pairs = [pair for family in families.values() for pair in pairs_of_family(family, chance)]
    pairs += pairs_far_apart(questions, chance)
    chance.shuffle(pairs)
    return [written(pair, bare_sides(place), chance) for place, pair in enumerate(pairs)]


def as_lines(pairs: list[Pair]) -> str:
    return "".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs)


def main() -> None:
    for half in HALVES:
        (HERE / f"duplicates_{half}.jsonl").write_text(as_lines(assemble(half)), encoding="utf-8")


if __name__ == "__main__":
    main()
