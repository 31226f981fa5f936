"""The default engine: tantivy, an embedded index written in Rust (https://github.com/quickwit-oss/tantivy-py)."""

from tantivy import Document, FieldType, Index, Occur, Query, SchemaBuilder

from articles.search.engine import TEXT_FIELDS, Filters, Hits, SearchEngine

# The smallest heap that tantivy accepts is 15 MB; a larger one means fewer, larger segments in a rebuild.
HEAP = 64_000_000


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


class TantivyEngine(SearchEngine):
    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self.schema = _schema()
        self.index = Index(self.schema, path=str(directory), reuse=True)
        self.index.config_reader(reload_policy="manual")

    def write(self, documents, removed=()):
        with self.index.writer(heap_size=HEAP, num_threads=1) as writer:
            for id in removed:
                writer.delete_documents_by_term("id", id)
            for document in documents:
                writer.delete_documents_by_term("id", document.id)
                writer.add_document(self._document(document))
            writer.commit()
            writer.wait_merging_threads()
        self.refresh()

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

    def search(self, clauses, filters, *, offset=0, limit=20):
        searcher = self.index.searcher()
        query = self._query(clauses, filters)
        found = searcher.search(query, limit=limit, offset=offset, count=True)
        ids = searcher.fast_field_values("id", [address for _, address in found.hits])
        scored = sorted(zip((score for score, _ in found.hits), ids, strict=True), reverse=True)
        return Hits([id for _, id in scored], [score for score, _ in scored], found.count)

    def _query(self, clauses, filters):
        wanted = [
            (Occur.Should, Query.boost_query(Query.term_query(self.schema, field, term, "freq"), weight))
            for field, term, weight in clauses
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
        yield self._range("go_live", filters.now + 1, None)
        yield self._range("expires", None, filters.now)
        if filters.exclude is not None:
            yield Query.term_query(self.schema, "id", filters.exclude, "basic")

    def _range(self, field, lower, upper):
        return Query.range_query(self.schema, field, FieldType.Integer, lower, upper, use_inverted_index=True)

    def frequency(self, field, term):
        return self.index.searcher().doc_freq(field, term)

    def count(self):
        return self.index.searcher().num_docs

    def refresh(self):
        self.index.reload()
