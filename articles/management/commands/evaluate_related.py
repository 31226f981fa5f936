import json
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from tqdm import tqdm

from articles import related, search
from articles.evaluation import BadSet, read_related_set, related_scores
from articles.related.features import places
from articles.search.documents import FOREVER, text_fields
from articles.search.engine import SearchDocument
from articles.text import shorten

ENDLESS = 2**40  # seconds since 1970


class Command(BaseCommand):
    help = "用一个带标注的文件夹（docs.jsonl：id、title、body、tags、group）评估相关推荐：临时建索引，走产品自己的计算，输出 JSON。"

    def add_arguments(self, parser):
        parser.add_argument("setdir", type=Path, metavar="SETDIR")
        parser.add_argument("--results", type=Path, metavar="FILE", help="把每篇的相关文章编号写入文件，最相关的在前")

    def handle(self, *, setdir, results, **_):
        try:
            documents = read_related_set(setdir / "docs.jsonl")
        except BadSet as problem:
            raise CommandError(str(problem)) from None
        lists = self._lists(documents)
        if results:
            found = {str(documents[id - 1]["id"]): [documents[other - 1]["id"] for other in others] for id, others in lists.items()}
            results.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        if documents and all("group" in document for document in documents):
            self.stdout.write(json.dumps(related_scores(lists, documents, self._compare)))

    def _compare(self, a: int, b: int):
        return related.compare(self.subjects[a].item, self.subjects[b].item)

    def _lists(self, documents: list[dict]) -> dict[int, list[int]]:
        """{number of a document, from 1: numbers of the related ones, best first}"""
        tags: dict[str, int] = {}
        self.subjects = {id: _subject(id, document, tags) for id, document in enumerate(documents, 1)}
        with tempfile.TemporaryDirectory(prefix="evaluate-") as scratch:
            engine = import_string(settings.SEARCH_ENGINE)(Path(scratch) / "index", new=True)
            engine.write(map(_document, self.subjects.values()))
            index = related.Index(engine, search.filters_now())
            return {id: self._list(subject, index) for id, subject in tqdm(self.subjects.items(), unit="篇", disable=None)}

    def _list(self, subject: related.Subject, index: related.Index) -> list[int]:
        found = related.together({0: related.related_to(subject, index)}, lambda ids, whole: {id: self.subjects[id].item for id in ids})
        return [entry.other for entry in found[0][: related.SHOWN]]


def _subject(id: int, document: dict, tags: dict[str, int]) -> related.Subject:
    title, body = str(document.get("title") or ""), str(document.get("body") or "")
    own = {tags.setdefault(str(name), len(tags) + 1): str(name) for name in document.get("tags") or []}
    return related.Subject(related.Item(id, title, tuple(own), places((), title), opening=shorten(body)), body, own)


def _document(subject: related.Subject) -> SearchDocument:
    item = subject.item
    regions = tuple(map(int, item.places)) or (100_000,)
    return SearchDocument(
        id=item.id,
        text=text_fields(item.title, subject.text, tags=subject.tags.values()),
        category=0,
        tags=item.tags,
        regions=regions,
        within=tuple({*regions, *(code // 10_000 * 10_000 for code in regions)}),
        year=0,
        go_live=0,
        expires=ENDLESS,
        valid_until=FOREVER,
    )
