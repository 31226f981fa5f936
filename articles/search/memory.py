"""The reference engine: slow, obvious and right. Tests compare the others with it."""

import math
import os
import pickle

from articles.search.engine import TEXT_FIELDS, Hits, SearchEngine

K1, B = 1.2, 0.75  # Robertson & Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009


class MemoryEngine(SearchEngine):
    def __init__(self, directory, *, new=False):
        self.file = directory / "documents.pickle"
        self.documents = {}
        if new:
            directory.mkdir(parents=True, exist_ok=True)
            self.write([])
        self.refresh()

    def write(self, documents, removed=()):
        # A copy, because other threads may be reading the old one.
        kept = {id: document for id, document in self.documents.items() if id not in set(removed)}
        kept.update({document.id: document for document in documents})
        draft = self.file.with_suffix(".new")
        draft.write_bytes(pickle.dumps(kept))
        os.replace(draft, self.file)
        self.documents = kept

    def refresh(self):
        self.documents = pickle.loads(self.file.read_bytes())  # noqa: S301  (our own file under DATA_DIR)

    def intact(self):
        return pickle.loads(self.file.read_bytes()) == self.documents  # noqa: S301

    def search(self, clauses, filters, *, offset=0, limit=20):
        scored = [(self._score(document, clauses), document.id) for document in self._visible(filters)]
        found = sorted(((score, id) for score, id in scored if score), reverse=True)
        page = found[offset : offset + limit]
        return Hits([id for _, id in page], [score for score, _ in page], len(found))

    def _visible(self, filters):
        for document in self.documents.values():
            if (
                (filters.scheduled or document.go_live <= filters.now)
                and filters.now < document.expires
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
        if field not in TEXT_FIELDS:
            raise KeyError(field)
        return sum(term in document.text.get(field, []) for document in self.documents.values())

    def count(self):
        return len(self.documents)
