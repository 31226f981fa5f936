"""The reference engine: slow, obvious and right. Tests compare the others with it."""

import math
import os
import pickle
import zlib
from collections import Counter

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
        content = pickle.dumps(kept)
        draft.write_bytes(zlib.crc32(content).to_bytes(4, "little") + content)
        os.replace(draft, self.file)
        self.documents = kept

    def refresh(self):
        self.documents = pickle.loads(self.file.read_bytes()[4:])  # noqa: S301  (our own file under DATA_DIR)

    def intact(self):
        content = self.file.read_bytes()
        return zlib.crc32(content[4:]).to_bytes(4, "little") == content[:4]

    def search(self, clauses, filters, *, offset=0, limit=20):
        scored = [(self._score(document, clauses), document) for document in self._visible(filters)]
        found = sorted(((score, document.id, document) for score, document in scored if score), reverse=True)
        return self._hits([(score, document) for score, _, document in found], offset, limit)

    def newest(self, clauses, filters, *, needed=1, offset=0, limit=20):
        found = [document for document in self._visible(filters) if self._held(document, clauses) >= max(needed, 1)]
        found.sort(key=lambda document: (document.go_live, document.id), reverse=True)
        return self._hits([(0.0, document) for document in found], offset, limit)

    def _hits(self, found, offset, limit):
        page = found[offset : offset + limit]
        return Hits([d.id for _, d in page], [score for score, _ in page], len(found), [d.valid_until for _, d in page])

    def _held(self, document, clauses):
        return len({term for field, term, _ in clauses if term in document.text.get(field, [])})

    def facets(self, clauses, filters, names, *, needed=1):
        hits = [document for document in self._visible(filters) if self._held(document, clauses) >= max(needed, 1)]
        counts = {name: Counter(value for document in hits for value in self._values(document, name, filters)) for name in names}
        return {name: dict(count.most_common(20) if name == "tag" else count) for name, count in counts.items()}

    def _values(self, document, name, filters):
        return {
            "category": (document.category,),
            "region": document.regions,
            "within": document.within,
            "tag": document.tags,
            "year": (document.year,),
            "expired": (int(document.valid_until < filters.today),),
        }[name]

    def vocabulary(self, field, prefix, limit=100):
        counts = Counter(
            term for document in self.documents.values() for term in set(document.text.get(field, [])) if term.startswith(prefix)
        )
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]

    def _visible(self, filters):
        return (document for document in self.documents.values() if _passes(document, filters))

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
        if field == "tag":
            return sum(term in document.tags for document in self.documents.values())
        if field not in TEXT_FIELDS:
            raise KeyError(field)
        return sum(term in document.text.get(field, []) for document in self.documents.values())

    def count(self):
        return len(self.documents)


def _passes(document, filters) -> bool:
    place = filters.place
    return (
        (filters.scheduled or document.go_live <= filters.now)
        and filters.now < document.expires
        and document.id != filters.exclude
        and (filters.among is None or document.id in filters.among)
        and filters.category in (None, document.category)
        and filters.year in (None, document.year)
        and (filters.tag is None or filters.tag in document.tags)
        and (filters.expired is None or filters.expired == (document.valid_until < filters.today))
        and (place is None or place.region in document.within or bool(set(place.around) & set(document.regions)))
    )
