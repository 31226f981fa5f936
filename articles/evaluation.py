"""How good a ranking is, against judged queries. Plain Python; the commands evaluate_… print what comes out."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DEPTH = 50  # results looked at a query


class BadSet(ValueError):
    """A file of an evaluation set is missing or malformed; str() names file and line."""


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, one at a time. Raises BadSet."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _object(path, number, line)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSet(f"{path}: {error}") from None


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise BadSet(f"{path}:{number}: {error}") from None
    if not isinstance(found, dict) or "id" not in found:
        raise BadSet(f"{path}:{number}: an object with an “id” is needed")
    return found


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
