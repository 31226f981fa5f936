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
    builder.add_text_field("region", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("id", indexed=True, fast=True)
    for field in ("category", "tag"):
        builder.add_unsigned_field(field, indexed=True)
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
            writer.delete_documents_by_query(self._with_id(id))
        for document in documents:
            if not fresh:
                writer.delete_documents_by_query(self._with_id(document.id))
            writer.add_document(self._document(document))

    def _with_id(self, id):
        # delete_documents_by_term() looks for a signed number and finds nothing in an unsigned field.
        return Query.term_query(self.schema, "id", id, "basic")

    def _document(self, document):
        made = Document()
        for field, terms in document.text.items():
            made.add_text(field, " ".join(terms))
        for region in document.regions:
            made.add_text("region", region)
        for tag in document.tags:
            made.add_unsigned("tag", tag)
        made.add_unsigned("id", document.id)
        made.add_unsigned("category", document.category)
        for field in ("go_live", "expires", "valid_until"):
            made.add_integer(field, getattr(document, field))
        return made

    @_panics_as_exceptions()
    def search(self, clauses, filters, *, offset=0, limit=20):
        searcher = self.index.searcher()
        query = self._query(clauses, filters)
        found = searcher.search(query, limit=limit, offset=offset, count=True)
        ids = searcher.fast_field_values("id", [address for _, address in found.hits])
        scored = sorted(zip((score for score, _ in found.hits), ids, strict=True), reverse=True)
        return Hits([id for _, id in scored], [score for score, _ in scored], found.count)

    def _query(self, clauses, filters):
        wanted = [
            (Occur.Should, Query.boost_query(Query.term_query(self.schema, field, term, "freq"), weight)) for field, term, weight in clauses
        ]
        if not wanted:
            return Query.empty_query()
        musts = [(Occur.Must, Query.const_score_query(query, 0.0)) for query in self._filters(filters)]
        hidden = [(Occur.MustNot, query) for query in self._hidden(filters)]
        return Query.boolean_query([(Occur.Must, Query.boolean_query(wanted)), *musts, *hidden])

    def _filters(self, filters: Filters):
        for field, value in (("category", filters.category), ("region", filters.region), ("tag", filters.tag)):
            if value is not None:
                yield Query.term_query(self.schema, field, value, "basic")

    def _hidden(self, filters: Filters):
        # Few documents are not yet or no longer visible, so naming these is cheaper than testing every hit.
        if not filters.scheduled:
            yield self._range("go_live", filters.now + 1, None)
        yield self._range("expires", None, filters.now)
        if filters.exclude is not None:
            yield self._with_id(filters.exclude)

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
