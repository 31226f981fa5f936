import json
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from tqdm import tqdm

from articles import search
from articles.evaluation import DEPTH, BadSet, read_judgements, read_lines, scores
from articles.search.documents import FOREVER, text_fields
from articles.search.engine import SearchDocument
from articles.search.synonyms import current

ENDLESS = 2**40  # seconds since 1970


class Command(BaseCommand):
    help = "用一个带标注的文件夹（docs.jsonl、queries.jsonl、qrels.json）评估搜索质量：临时建索引，走产品自己的排序，输出 JSON。"

    def add_arguments(self, parser):
        parser.add_argument("setdir", type=Path, metavar="SETDIR")
        parser.add_argument("--results", type=Path, metavar="FILE", help="把每个查询的结果编号写入文件（最多 50 个）")

    def handle(self, *, setdir, results, **_):
        try:
            found = self._results(setdir)
            judgements = read_judgements(setdir / "qrels.json")
        except BadSet as problem:
            raise CommandError(str(problem)) from None
        if results:
            results.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        if judgements is not None:
            names = {query: list(map(str, ids)) for query, ids in found.items()}
            self.stdout.write(json.dumps(scores(names, judgements)))

    def _results(self, setdir: Path) -> dict[str, list]:
        """{query id: ids of documents as they stand in docs.jsonl, best first}"""
        ids = []
        with tempfile.TemporaryDirectory(prefix="evaluate-") as scratch:
            engine = import_string(settings.SEARCH_ENGINE)(Path(scratch) / "index", new=True)
            engine.write(self._documents(setdir, ids))
            queries = tqdm(read_lines(setdir / "queries.jsonl"), unit="问", disable=None)
            now, groups = search.filters_now(), current()
            return {
                str(query["id"]): [
                    ids[number - 1] for number in search.rank(str(query.get("text", "")), now, engine, limit=DEPTH, groups=groups).ids
                ]
                for query in queries
            }

    def _documents(self, setdir: Path, ids: list):
        for line in tqdm(read_lines(setdir / "docs.jsonl"), unit="篇", disable=None):
            ids.append(line["id"])
            yield SearchDocument(
                id=len(ids),
                text=text_fields(str(line.get("title") or ""), str(line.get("body") or "")),
                category=0,
                tags=(),
                regions=(),
                within=(),
                year=0,
                go_live=0,
                expires=ENDLESS,
                valid_until=FOREVER,
            )
