import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from articles.duplicates import Question, compare, vocabulary
from articles.evaluation import LABELS, BadSet, best_threshold, duplicate_scores, read_pairs
from articles.text import terms


class Command(BaseCommand):
    help = "用带标注的问题对（JSON Lines：a、b、label）评估查重：走产品自己的比较，输出 JSON；同时给出只看标题相似度的结果作对照。"

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--results", type=Path, metavar="OUT", help="把每对的判断按行写入文件")

    def handle(self, *, file, results, **_):
        try:
            pairs = list(read_pairs(file))
        except BadSet as problem:
            raise CommandError(str(problem)) from None
        words = vocabulary()
        predicted = [compare(_question(pair["a"]), _question(pair["b"]), words).label for pair in tqdm(pairs, unit="对", disable=None)]
        if results:
            try:
                results.write_text("".join(f"{label}\n" for label in predicted), encoding="utf-8")
            except OSError as error:
                raise CommandError(str(error)) from None
        if judged := [(pair, guess) for pair, guess in zip(pairs, predicted, strict=True) if pair.get("label")]:
            self.stdout.write(json.dumps(_report(*map(list, zip(*judged, strict=True)))))


def _question(side: dict) -> Question:
    return Question(side["title"], answer=side.get("body") or "")


def _report(pairs: list[dict], predicted: list[str]) -> dict:
    labels = [pair["label"] for pair in pairs]
    similarities = [_title_similarity(pair) for pair in pairs]
    threshold = best_threshold(similarities, labels)
    by_title = ["duplicate" if similarity >= threshold else "different" for similarity in similarities]
    return duplicate_scores(predicted, labels) | {
        "pairs": len(pairs),
        "labelled": {label: labels.count(label) for label in LABELS},
        "predicted": {label: predicted.count(label) for label in LABELS},
        "title_similarity_alone": duplicate_scores(by_title, labels) | {"threshold": round(threshold, 4)},
    }


def _title_similarity(pair: dict) -> float:
    """Jaccard of character pairs."""
    a, b = (set(terms(pair[side]["title"]).pairs) for side in "ab")
    return len(a & b) / len(a | b) if a | b else 0.0
