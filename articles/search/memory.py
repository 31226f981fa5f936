"""The reference engine: slow, obvious and right. Tests compare the others with it."""

import math
import os
import pickle

from articles.search.engine import TEXT_FIELDS, Hits, SearchEngine

K1, B = 1.2, 0.75  # Robertson & Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009


class MemoryEngine(SearchEngine):
    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self.file = directory / "documents.pickle"
        self.documents = {}
        self.refresh()

    def write(self, documents, removed=()):
        for id in removed:
            self.documents.pop(id, None)
        self.documents.update({document.id: document for document in documents})
        draft = self.file.with_suffix(".new")
        draft.write_bytes(pickle.dumps(self.documents))
        os.replace(draft, self.file)

    def refresh(self):
        if self.file.exists():
            self.documents = pickle.loads(self.file.read_bytes())  # noqa: S301  (our own file under DATA_DIR)

    def search(self, clauses, filters, *, offset=0, limit=20):
        scored = [(self._score(document, clauses), document.id) for document in self._visible(filters)]
        found = sorted(((score, id) for score, id in scored if score), reverse=True)
        page = found[offset : offset + limit]
        return Hits([id for _, id in page], [score for score, _ in page], len(found))

    def _visible(self, filters):
        for document in self.documents.values():
            if (
                document.go_live <= filters.now < document.expires
                and document.id != filters.exclude
                and filters.category in (None, document.category)
                and (filters.region is None or filters.region in document.regions)
                and (filters.tag is None or filters.tag in document.tags)
            ):
                yield document

    def _score(self, document, clauses):
        return sum(weight * self._bm25(document, field, term) for field, term, weight in clauses)

    def _bm25(self, document, field, term):
        terms = document.text.get(field, [])
        frequency = terms.count(term)
        if not frequency:
            return 0.0
        holding, total = self.frequency(field, term), len(self.documents)
        idf = math.log(1 + (total - holding + 0.5) / (holding + 0.5))
        average = sum(len(d.text.get(field, [])) for d in self.documents.values()) / total
        return idf * frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * len(terms) / average))

    def frequency(self, field, term):
        assert field in TEXT_FIELDS
        return sum(term in document.text.get(field, []) for document in self.documents.values())

    def count(self):
        return len(self.documents)
