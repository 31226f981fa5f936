"""How good a ranking is, against judged queries. Plain Python; the commands evaluate_… print what comes out."""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

DEPTH = 50  # results looked at a query


class BadSet(ValueError):
    """A file of an evaluation set is missing or malformed; str() names file and line."""


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, one at a time. Raises BadSet."""
    for place, found in _lines(path):
        if not isinstance(found, dict) or "id" not in found:
            raise BadSet(f"{place}: an object with an “id” is needed")
        yield found


def read_pairs(path: Path) -> Iterator[dict[str, Any]]:
    """The pairs of questions of a JSON Lines file: {"a": {"title", "body"}, "b": …, "label"}, the label optional. Raises BadSet."""
    for place, found in _lines(path):
        yield _pair(place, found)


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    """Of every line that is not empty: where it stands, and what it holds."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield f"{path}:{number}", _value(f"{path}:{number}", line)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSet(f"{path}: {error}") from None


def _value(place: str, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadSet(f"{place}: {error}") from None


def _pair(place: str, found: Any) -> dict[str, Any]:
    sides = [found.get(side) for side in "ab"] if isinstance(found, dict) else []
    if not sides or not all(isinstance(side, dict) and isinstance(side.get("title"), str) for side in sides):
        raise BadSet(f"{place}: an object with “a” and “b” is needed, each with a “title”")
    if not all(isinstance(side.get("body"), str | None) for side in sides):
        raise BadSet(f"{place}: a “body” must be a string")
    if found.get("label") not in (None, *LABELS):
        raise BadSet(f"{place}: “label” must be one of {', '.join(LABELS)}")
    return found


LABELS = ("duplicate", "sibling", "different")


def duplicate_scores(predicted: list[str], labels: list[str]) -> dict[str, float | int]:
    """Precision and recall of “duplicate”, and how many siblings were taken for one. Nothing predicted: precision 1."""
    found = [label for guess, label in zip(predicted, labels, strict=True) if guess == "duplicate"]
    right, there = found.count("duplicate"), labels.count("duplicate")
    return {
        "precision": round(right / len(found), 4) if found else 1.0,
        "recall": round(right / there, 4) if there else 1.0,
        "siblings_as_duplicates": found.count("sibling"),
    }


def best_threshold(similarities: list[float], labels: list[str]) -> float:
    """From which similarity on to say “duplicate” for the best F1 on these very labels: the most that one number can do."""
    ranked = sorted(zip(similarities, labels, strict=True), reverse=True)
    best, threshold, right, there = 0.0, 1.1, 0, labels.count("duplicate")
    for place, (similarity, label) in enumerate(ranked, 1):
        right += label == "duplicate"
        last_of_its_kind = place == len(ranked) or ranked[place][0] < similarity
        if last_of_its_kind and 2 * right / (place + there or 1) > best:
            best, threshold = 2 * right / (place + there), similarity
    return threshold


def read_judgements(path: Path) -> dict[str, set[str]] | None:
    """query id: ids of the relevant documents. None where the set has no judgements. Raises BadSet."""
    if not path.exists():
        return None
    try:
        return {query: set(map(str, relevant)) for query, relevant in json.loads(path.read_text(encoding="utf-8")).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise BadSet(f"{path}: {error}") from None


def scores(results: dict[str, list[str]], judgements: dict[str, set[str]]) -> dict[str, float | int]:
    """MRR@10, nDCG@10 with binary gains, recall@10 and @50 over all judged queries; one without results counts as 0."""
    judged = {query: relevant for query, relevant in judgements.items() if relevant}
    total = len(judged) or 1
    sums = dict.fromkeys(("mrr10", "ndcg10", "r10", "r50"), 0.0)
    for query, relevant in judged.items():
        hits = [str(document) in relevant for document in results.get(query, [])[:DEPTH]]
        sums["mrr10"] += next((1 / rank for rank, hit in enumerate(hits[:10], 1) if hit), 0.0)
        ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(10, len(relevant)) + 1))
        sums["ndcg10"] += sum(1 / math.log2(rank + 1) for rank, hit in enumerate(hits[:10], 1) if hit) / ideal
        sums["r10"] += sum(hits[:10]) / len(relevant)
        sums["r50"] += sum(hits) / len(relevant)
    return {name: round(value / total, 4) for name, value in sums.items()} | {"queries": len(judged)}


def read_related_set(path: Path) -> list[dict[str, Any]]:
    """The documents of a set for related lists. Raises BadSet."""
    found = list(read_lines(path))
    known: set[str] = set()
    for number, document in enumerate(found, 1):
        if str(document["id"]) in known:
            raise BadSet(f"{path}: document {number}: the id “{document['id']}” stands there twice")
        if not isinstance(document.get("tags") or [], list):
            raise BadSet(f"{path}: document {number}: “tags” must be a list")
        known.add(str(document["id"]))
    return found


def related_scores(
    lists: dict[int, list[int]], documents: list[dict[str, Any]], compare: Callable[[int, int], Any]
) -> dict[str, float | int]:
    """Figures over the lists {number of a document, from 1: numbers of others}; a document's `group` is the truth.

    p5, p20: share of the first places that hold one of its group, and p5_best, p20_best, what a perfect list could reach;
    pairs: near-duplicates among a list and its document, per list, by `compare`; twins: the same by the documents' `twin`, an id;
    variety: mean share of the first 20 that are no further form of one template.
    """
    group = {number: document["group"] for number, document in enumerate(documents, 1)}
    sizes = Counter(group.values())
    names = {str(document["id"]): number for number, document in enumerate(documents, 1)}
    twins = {frozenset((number, names.get(str(d["twin"]), 0))) for number, d in enumerate(documents, 1) if d.get("twin") is not None}
    sums = dict.fromkeys(("p5", "p5_best", "p20", "p20_best", "pairs", "twins", "variety", "length"), 0.0)
    for number, found in lists.items():
        hits = [group[other] == group[number] for other in found]
        for depth in (5, 20):
            sums[f"p{depth}"] += sum(hits[:depth]) / depth
            sums[f"p{depth}_best"] += min(sizes[group[number]] - 1, depth) / depth
        pairs = list(combinations([number, *found], 2))
        sums["pairs"] += sum(compare(a, b).same for a, b in pairs)
        sums["twins"] += sum(frozenset(pair) in twins for pair in pairs)
        further = sum(any(compare(other, before).siblings for before in found[:i]) for i, other in enumerate(found))
        sums["variety"] += 1 - further / len(found) if found else 1
        sums["length"] += len(found)
    return {name: round(value / (len(lists) or 1), 4) for name, value in sums.items()} | {"lists": len(lists)}
