"""The default engine: tantivy, an embedded index written in Rust (https://github.com/quickwit-oss/tantivy-py)."""

import json
import mmap
import zlib
from contextlib import contextmanager

from tantivy import Document, FieldType, Index, Occur, Query, SchemaBuilder

from articles.search.engine import TEXT_FIELDS, Filters, Hits, SearchEngine

# The smallest heap that tantivy accepts is 15 MB; a larger one means fewer, larger segments in a rebuild.
HEAP = 64_000_000
SEGMENT_PARTS = ("fast", "fieldnorm", "idx", "pos", "store", "term")


def _schema():
    builder = SchemaBuilder()
    for field in TEXT_FIELDS:
        # Terms arrive split; positions would double the index and no query of ours uses them.
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    for field in ("id", "category", "tag", "region", "within", "year"):
        builder.add_unsigned_field(field, indexed=True, fast=True)
    for field in ("go_live", "expires", "valid_until"):
        builder.add_integer_field(field, indexed=True, fast=True)
    return builder.build()


class EngineFailure(Exception):
    """The Rust side panicked: a damaged file, or a bug there."""


@contextmanager
def _panics_as_exceptions():
    # pyo3 raises a BaseException, which would end the thread that could mend the index.
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise EngineFailure(str(error)) from error


class TantivyEngine(SearchEngine):
    @_panics_as_exceptions()
    def __init__(self, directory, *, new=False):
        self.directory = directory
        self.schema = _schema()
        if new:
            directory.mkdir(parents=True, exist_ok=True)
        self.index = Index(self.schema, path=str(directory), reuse=False) if new else Index.open(str(directory))
        self.index.config_reader(reload_policy="manual")

    @_panics_as_exceptions()
    def write(self, documents, removed=()):
        writer = self.index.writer(heap_size=HEAP, num_threads=1)
        try:
            self._fill(writer, documents, removed)
            writer.commit()
        except BaseException:
            writer.rollback()
            raise
        finally:
            writer.wait_merging_threads()  # and gives back the lock
        self.refresh()

    def _fill(self, writer, documents, removed):
        fresh = self.count() == 0
        for id in removed:
            writer.delete_documents_by_query(self._is("id", id))
        for document in documents:
            if not fresh:
                # delete_documents_by_term() looks for a signed number and finds nothing in an unsigned field.
                writer.delete_documents_by_query(self._is("id", document.id))
            writer.add_document(self._document(document))

    def _document(self, document):
        made = Document()
        for field, terms in document.text.items():
            made.add_text(field, " ".join(terms))
        for field, values in (("region", document.regions), ("within", document.within), ("tag", document.tags)):
            for value in values:
                made.add_unsigned(field, value)
        for field in ("id", "category", "year"):
            made.add_unsigned(field, getattr(document, field))
        for field in ("go_live", "expires", "valid_until"):
            made.add_integer(field, getattr(document, field))
        return made

    @_panics_as_exceptions()
    def search(self, clauses, filters, *, offset=0, limit=20):
        searcher = self.index.searcher()
        found = searcher.search(self._query(self._any(clauses), filters), limit=limit, offset=offset, count=True)
        hits = self._hits(searcher, found)
        best_first = sorted(zip(hits.scores, hits.ids, hits.valid_until, strict=True), reverse=True)
        scores, ids, valid_until = map(list, zip(*best_first, strict=True)) if best_first else ([], [], [])
        return Hits(ids, scores, hits.total, valid_until)

    @_panics_as_exceptions()
    def best(self, clauses, limit):
        # Terms alone, without a filter and without counting, let it skip what cannot come among the best.
        searcher, wanted = self.index.searcher(), self._any(clauses)
        found = searcher.search(wanted, limit=limit, count=False).hits if wanted else []
        return searcher.fast_field_values("id", [address for _, address in found])

    @_panics_as_exceptions()
    def newest(self, clauses, filters, *, needed=1, offset=0, limit=20):
        searcher = self.index.searcher()
        query = self._query(self._several(clauses, needed), filters)
        hits = self._hits(searcher, searcher.search(query, limit=limit, offset=offset, count=True, order_by_field="go_live"))
        return hits._replace(scores=[0.0] * len(hits.ids))

    @staticmethod
    def _hits(searcher, found):
        addresses = [address for _, address in found.hits]
        ids, valid_until = (searcher.fast_field_values(field, addresses) for field in ("id", "valid_until"))
        return Hits(ids, [score for score, _ in found.hits], found.count, valid_until)

    @_panics_as_exceptions()
    def facets(self, clauses, filters, names, *, needed=1):
        wanted = {name: self._aggregation(name, filters) for name in names}
        query = self._several(clauses, needed) if needed > 1 else self._any(clauses)
        found = self.index.searcher().aggregate(self._query(query, filters), wanted) if wanted else {}
        return {
            name: {self._key(name, bucket): bucket["doc_count"] for bucket in found[name]["buckets"] if bucket["doc_count"]}
            for name in names
        }

    @staticmethod
    def _aggregation(name, filters):
        if name == "expired":
            return {"range": {"field": "valid_until", "ranges": [{"to": filters.today}, {"from": filters.today}]}}
        # A segment hands on its own most frequent values only, so that what is rare everywhere costs nothing.
        size, seen = (20, 1000) if name == "tag" else (1000, 1000)
        return {"terms": {"field": name, "size": size, "segment_size": seen}}

    @staticmethod
    def _key(name, bucket):
        return int("to" in bucket) if name == "expired" else int(bucket["key"])

    @_panics_as_exceptions()
    def vocabulary(self, field, prefix, limit=100):
        return self.index.searcher().terms_with_prefix(field, prefix, limit=limit)

    def _query(self, wanted, filters):
        if wanted is None:
            return Query.empty_query()
        musts = [(Occur.Must, Query.const_score_query(query, 0.0)) for query in self._filters(filters)]
        hidden = [(Occur.MustNot, query) for query in self._hidden(filters)]
        return Query.boolean_query([(Occur.Must, wanted), *musts, *hidden])

    def _any(self, clauses):
        wanted = [(Occur.Should, Query.boost_query(self._term(field, term), weight)) for field, term, weight in clauses]
        return Query.boolean_query(wanted) if wanted else None

    def _several(self, clauses, needed):
        """Each term in any of its fields; at least `needed` of the terms."""
        fields = {}
        for field, term, _ in clauses:
            fields.setdefault(term, []).append((Occur.Should, self._term(field, term)))
        wanted = [(Occur.Should, Query.boolean_query(found)) for found in fields.values()]
        return Query.boolean_query(wanted, minimum_number_should_match=max(needed, 1)) if wanted else None

    def _term(self, field, value):
        return Query.term_query(self.schema, field, value, "freq")

    def _is(self, field, value):
        return Query.term_query(self.schema, field, value, "basic")

    def _filters(self, filters: Filters):
        for field in ("category", "tag", "year"):
            if (value := getattr(filters, field)) is not None:
                yield self._is(field, value)
        if filters.place:
            places = [self._is("within", filters.place.region), *(self._is("region", code) for code in filters.place.around)]
            yield Query.boolean_query([(Occur.Should, place) for place in places])
        if filters.among is not None:
            yield Query.term_set_query(self.schema, "id", list(filters.among))
        if filters.expired is not None:
            yield (
                self._range("valid_until", None, filters.today - 1) if filters.expired else self._range("valid_until", filters.today, None)
            )

    def _hidden(self, filters: Filters):
        # Few documents are not yet or no longer visible, so naming these is cheaper than testing every hit.
        if not filters.scheduled:
            yield self._range("go_live", filters.now + 1, None)
        yield self._range("expires", None, filters.now)
        if filters.exclude is not None:
            yield self._is("id", filters.exclude)

    def _range(self, field, lower, upper):
        return Query.range_query(self.schema, field, FieldType.Integer, lower, upper, use_inverted_index=True)

    @_panics_as_exceptions()
    def frequency(self, field, term):
        return self.index.searcher().doc_freq(field, term)

    @_panics_as_exceptions()
    def count(self):
        return self.index.searcher().num_docs

    @_panics_as_exceptions()
    def refresh(self):
        self.index.reload()

    def intact(self):
        return all(_checksum_fits(self.directory / name) for name in self._files_in_use())

    def _files_in_use(self):
        # Not simply all that are there: a writer that was killed leaves files that nothing reads.
        meta = json.loads((self.directory / "meta.json").read_bytes())
        for segment in meta["segments"]:
            id = segment["segment_id"].replace("-", "")
            yield from (f"{id}.{part}" for part in SEGMENT_PARTS)
            if segment["deletes"]:
                yield f"{id}.{segment['deletes']['opstamp']}.del"


def _checksum_fits(path) -> bool:
    """A segment file ends with a footer: JSON that holds the CRC32 of all before it, its length, a magic number."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        end = len(content) - 8
        start = end - int.from_bytes(content[end : end + 4], "little")
        with memoryview(content) as view, view[:start] as body:
            return zlib.crc32(body) == json.loads(content[start:end])["crc"]
