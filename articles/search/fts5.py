"""An engine on SQLite's FTS5: nothing to install, one file, and much slower than tantivy where a word is frequent.

Where its order differs from the reference: FTS5 knows one length a document, not one a field; weights multiply the
frequency of a term and not its score, so that a weight of 2 counts for less than double; and a term that more than half
of the documents hold counts for almost nothing. Clauses of a field that weigh less than its heaviest are scored apart
and added with their share, in tenths.
"""

# ruff: noqa: S608  (what is put into the SQL are names and conditions of ours; every value is a parameter)

import json
import os
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from queue import Empty, LifoQueue

from articles.search.engine import TEXT_FIELDS, Clause, Hits, SearchEngine

FILE, CHECKSUM = "index.sqlite3", "index.crc32"
PATIENCE = 20  # seconds to wait while another connection commits or reads
LONGEST = 32_000  # bytes of a term as FTS5 sees it; it would cut off a longer one, so that is left out
WAITING = 200_000  # frequencies that a write keeps in memory

_COLUMNS = ", ".join(TEXT_FIELDS)
_VALUES = ", ".join("?" * len(TEXT_FIELDS))
_FACTS = ("category", "year", "go_live", "expires", "valid_until")
_LISTS = ("tags", "regions", "within")
_FACETS = {
    "category": "SELECT category, count(*) FROM hits CROSS JOIN documents USING (id) GROUP BY category",
    "year": "SELECT year, count(*) FROM hits CROSS JOIN documents USING (id) GROUP BY year",
    "expired": "SELECT valid_until < :today AS expired, count(*) FROM hits CROSS JOIN documents USING (id) GROUP BY expired",
    "region": "SELECT value, count(*) FROM hits CROSS JOIN regions USING (id) GROUP BY value",
    "within": "SELECT value, count(*) FROM hits CROSS JOIN within USING (id) GROUP BY value",
    "tag": "SELECT value, count(*) AS hits FROM hits CROSS JOIN tags USING (id) GROUP BY value ORDER BY hits DESC, value LIMIT 20",
}

# FTS5 keeps no text (content=''), only what finds it; but to forget a document it wants its text again, hence `originals`.
# FTS5 would count a term's documents by visiting each of them, hence `vocabulary`.
_SCHEMA = f"""
CREATE VIRTUAL TABLE texts USING fts5({_COLUMNS}, content='', tokenize='ascii');
CREATE TABLE originals (id INTEGER PRIMARY KEY, terms BLOB NOT NULL);
CREATE TABLE vocabulary (field INTEGER, term TEXT, documents INTEGER NOT NULL, PRIMARY KEY (field, term)) WITHOUT ROWID;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, category INTEGER NOT NULL, year INTEGER NOT NULL,
    go_live INTEGER NOT NULL, expires INTEGER NOT NULL, valid_until INTEGER NOT NULL
);
{"".join(f"CREATE INDEX documents_{column} ON documents ({column});" for column in _FACTS)}
{"".join(f"CREATE TABLE {name} (value INTEGER, id INTEGER, PRIMARY KEY (value, id)) WITHOUT ROWID;" for name in _LISTS)}
{"".join(f"CREATE INDEX {name}_id ON {name} (id);" for name in _LISTS)}
"""

# One row at least, for the total; without an id where the page is empty.
_PAGE = """
SELECT total, page.id, rank, valid_until
FROM (SELECT count(*) AS total FROM found)
LEFT JOIN (SELECT id, rank FROM found ORDER BY rank DESC, id DESC LIMIT :limit OFFSET :offset) AS page
LEFT JOIN documents ON documents.id = page.id
ORDER BY rank DESC, page.id DESC
"""


class Fts5Engine(SearchEngine):
    def __init__(self, directory, *, new=False):
        self.directory = directory
        self.idle = LifoQueue()  # of connections; each serves one thread at a time
        if new:
            self._create()
        self.file = os.open(directory / FILE, os.O_RDONLY)
        self.idle.put(self._connect())
        self.count()  # raises where this is no index of ours
        if new:
            self._seal()

    def __del__(self):
        while not self.idle.empty():
            self.idle.get().close()
        # Last: with any file descriptor that is closed, a process gives up all its locks on that file.
        if hasattr(self, "file"):
            os.close(self.file)

    def _create(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / FILE).unlink(missing_ok=True)
        (self.directory / FILE).touch()
        with closing(self._connect()) as connection:
            connection.executescript(f"BEGIN; {_SCHEMA} COMMIT;")

    def _connect(self):
        # rw, although most only read: whoever comes first after a crash has to roll back what was half written.
        # No write-ahead log: its files change whenever somebody reads.
        uri = f"{(self.directory / FILE).absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        connection.executescript("PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;")
        return connection

    @contextmanager
    def _connection(self):
        connection = self._idle_connection()
        try:
            yield connection
        finally:
            self.idle.put(connection)

    def _idle_connection(self):
        try:
            return self.idle.get_nowait()
        except Empty:
            pass
        try:
            return self._connect()
        except sqlite3.OperationalError:  # the directory is gone; those that were opened before still read it
            return self.idle.get(timeout=PATIENCE)

    def _rows(self, statement, **values):
        with self._connection() as connection:
            return connection.execute(statement, values).fetchall()

    def write(self, documents, removed=()):
        with closing(self._connect()) as connection:  # which rolls back what is not committed
            connection.execute("BEGIN IMMEDIATE")
            _Writing(connection).replace(documents, removed)
            connection.execute("COMMIT")
        self._seal()

    def search(self, clauses, filters, *, offset=0, limit=20):
        # Scores are computed before anything is sorted: bm25() works only while FTS5 stands on the row.
        levels = [(_any(level), share) for share, level in _levels(clauses).items()]
        found = "SELECT id, sum(score) FROM scored GROUP BY id" if len(levels) > 1 else "SELECT id, score FROM scored"
        statement = f"""
            WITH scored(id, score) AS MATERIALIZED (
                SELECT texts.rowid, -(level.value ->> 1) * bm25(texts, {_column_weights(clauses)})
                FROM json_each(:levels) AS level CROSS JOIN texts
                WHERE texts MATCH (level.value ->> 0) AND {_conditions(filters)}
            ), found(id, rank) AS ({found})
        """
        return self._page(statement, filters, offset, limit, levels=levels)

    def newest(self, clauses, filters, *, needed=1, offset=0, limit=20):
        statement = f"""
            WITH held(id) AS MATERIALIZED ({_held(filters)}),
            found(id, rank) AS MATERIALIZED (SELECT id, go_live FROM held CROSS JOIN documents USING (id))
        """
        hits = self._page(statement, filters, offset, limit, levels=_wanted(clauses, needed), needed=needed)
        return hits._replace(scores=[0.0] * len(hits.ids))

    def _page(self, statement, filters, offset, limit, *, levels, **values):
        values |= _values(filters) | {"levels": json.dumps(levels), "offset": offset, "limit": limit}
        rows = self._rows(statement + _PAGE, **values)
        found = [row for row in rows if row[1] is not None]
        _, ids, scores, valid_until = map(list, zip(*found, strict=True)) if found else ([], [], [], [])
        return Hits(ids, scores, rows[0][0], valid_until)

    def facets(self, clauses, filters, names, *, needed=1):
        wanted = " UNION ALL ".join(f"SELECT '{name}', * FROM ({_FACETS[name]})" for name in names)
        if not (wanted and clauses):
            return {name: {} for name in names}
        levels = json.dumps(_wanted(clauses, needed))
        rows = self._rows(f"WITH hits(id) AS MATERIALIZED ({_held(filters)}) {wanted}", levels=levels, needed=needed, **_values(filters))
        return {name: {value: count for facet, value, count in rows if facet == name} for name in names}

    def vocabulary(self, field, prefix, limit=100):
        rows = self._rows(
            "SELECT term, documents FROM vocabulary WHERE field = :field AND term >= :prefix AND term < :prefix || 'g' "
            "ORDER BY documents DESC, term LIMIT :limit",
            field=TEXT_FIELDS.index(field), prefix=_code(prefix), limit=limit,
        )  # fmt: skip
        return [(_term(code), documents) for code, documents in rows]

    def frequency(self, field, term):
        if field == "tag":
            return self._rows("SELECT count(*) FROM tags WHERE value = :tag", tag=term)[0][0]
        statement = "SELECT documents FROM vocabulary WHERE field = :field AND term = :term"
        found = self._rows(statement, field=TEXT_FIELDS.index(field), term=_code(term))
        return found[0][0] if found else 0

    def count(self):
        return self._rows("SELECT count(*) FROM documents")[0][0]

    def refresh(self):
        pass  # every search reads what was committed last

    def intact(self):
        return (self.directory / CHECKSUM).read_text() == self._checksum()

    def _seal(self):
        """After the commit. Whoever dies between the two leaves an index that counts as damaged, and is made anew."""
        # In place and always as long: a file that seems to shrink under an open index is taken for damage.
        file = os.open(self.directory / CHECKSUM, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.write(file, self._checksum().encode())
        finally:
            os.close(file)

    def _checksum(self):
        checksum, size = 0, 0
        while chunk := os.pread(self.file, 1 << 20, size):
            checksum, size = zlib.crc32(chunk, checksum), size + len(chunk)
        return f"{checksum:08x} {size:020}\n"


class _Writing:
    """One transaction."""

    def __init__(self, connection):
        self.connection = connection
        self.frequencies = Counter()
        self.fresh = not connection.execute("SELECT EXISTS (SELECT 1 FROM documents)").fetchone()[0]

    def replace(self, documents, removed):
        if not self.fresh:
            # Pages that do not fit into memory would be written before the commit, and shut out readers until then.
            self.connection.execute("PRAGMA cache_spill = OFF")
        for id in removed:
            self._remove(id)
        for document in documents:
            if not self.fresh:
                self._remove(document.id)
            self._add(document)
        self._count()

    def _add(self, document):
        texts = [_joined(document.text.get(field, ())) for field in TEXT_FIELDS]
        execute = self.connection.execute
        execute(f"INSERT INTO texts (rowid, {_COLUMNS}) VALUES (?, {_VALUES})", [document.id, *texts])
        execute("INSERT INTO originals VALUES (?, ?)", [document.id, zlib.compress("\n".join(texts).encode())])
        facts = [getattr(document, name) for name in _FACTS]
        execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)", [document.id, *facts])
        for name in _LISTS:
            self.connection.executemany(
                f"INSERT INTO {name} VALUES (?, ?)", [(value, document.id) for value in set(getattr(document, name))]
            )
        self._change_frequencies(texts, 1)

    def _remove(self, id):
        execute = self.connection.execute
        original = execute("SELECT terms FROM originals WHERE id = ?", [id]).fetchone()
        if original is None:
            return
        texts = zlib.decompress(original[0]).decode().split("\n")
        execute(f"INSERT INTO texts (texts, rowid, {_COLUMNS}) VALUES ('delete', ?, {_VALUES})", [id, *texts])
        for name in ("originals", "documents", *_LISTS):
            execute(f"DELETE FROM {name} WHERE id = ?", [id])
        self._change_frequencies(texts, -1)

    def _change_frequencies(self, texts, by):
        for field, text in enumerate(texts):
            for code in set(text.split()):
                self.frequencies[field, code] += by
        if len(self.frequencies) > WAITING:
            self._count()

    def _count(self):
        changes = [(field, code, change) for (field, code), change in sorted(self.frequencies.items()) if change]
        upsert = "ON CONFLICT DO UPDATE SET documents = documents + excluded.documents"
        self.connection.executemany(f"INSERT INTO vocabulary VALUES (?, ?, ?) {upsert}", changes)
        gone = [(field, code) for field, code, change in changes if change < 0]
        self.connection.executemany("DELETE FROM vocabulary WHERE field = ? AND term = ? AND documents = 0", gone)
        self.frequencies.clear()


def _code(term: str) -> str:
    """`term` in hexadecimal digits: no sign in it parts it or has a meaning for FTS5, and prefixes and order stay."""
    return term.encode("utf-8", "surrogatepass").hex()


def _term(code: str) -> str:
    return bytes.fromhex(code).decode("utf-8", "surrogatepass")


def _joined(terms: Iterable[str]) -> str:
    return " ".join(code for code in map(_code, terms) if len(code) <= LONGEST)


def _held(filters):
    """The ids of what holds `needed` of the terms."""
    return f"""
        SELECT texts.rowid FROM json_each(:levels) AS wanted CROSS JOIN texts
        WHERE texts MATCH wanted.value AND {_conditions(filters)}
        GROUP BY texts.rowid HAVING count(*) >= :needed
    """


def _wanted(clauses, needed):
    """One query a term; a single one where any term will do."""
    found = [_any(clauses)] if needed <= 1 else [_any(same) for same in _by_term(clauses).values()]
    return list(filter(None, found))


def _any(clauses: Iterable[Clause]) -> str:
    """The FTS5 expression for what holds any of `clauses`."""
    fields: dict[str, list[str]] = {}
    for field, term, _ in clauses:
        fields.setdefault(field, []).append(f'"{_code(term)}"')
    return " OR ".join(f"{field} : ({' OR '.join(phrases)})" for field, phrases in fields.items())


def _by_term(clauses: Iterable[Clause]) -> dict[str, list[Clause]]:
    found: dict[str, list[Clause]] = {}
    for clause in clauses:
        found.setdefault(clause.term, []).append(clause)
    return found


def _heaviest(clauses: Sequence[Clause]) -> dict[str, float]:
    return {field: max(clause.weight for clause in clauses if clause.field == field) for field in {clause.field for clause in clauses}}


def _column_weights(clauses: Sequence[Clause]) -> str:
    heaviest = _heaviest(clauses)
    return ", ".join(str(float(heaviest.get(field, 0))) for field in TEXT_FIELDS)


def _levels(clauses: Sequence[Clause]) -> dict[float, list[Clause]]:
    """The clauses by their share of the heaviest in their field."""
    heaviest = _heaviest(clauses)
    levels: dict[float, list[Clause]] = {}
    for clause in clauses:
        share = max(round(clause.weight / heaviest[clause.field], 1), 0.1) if heaviest[clause.field] else 1.0
        levels.setdefault(share, []).append(clause)
    return levels


def _conditions(filters) -> str:
    """SQL for the filters. The + keeps SQLite from asking FTS5 for one document after the other."""
    return " AND ".join(f"+texts.rowid {condition}" for condition in _each_condition(filters))


def _each_condition(filters) -> Iterator[str]:
    documents = "SELECT id FROM documents WHERE"
    # Few documents are not yet or no longer visible, so naming these is cheaper than looking up every hit.
    yield f"NOT IN ({documents} expires <= :now" + (")" if filters.scheduled else f" UNION ALL {documents} go_live > :now)")
    if filters.exclude is not None:
        yield "<> :exclude"
    for column in ("category", "year"):
        if getattr(filters, column) is not None:
            yield f"IN ({documents} {column} = :{column})"
    if filters.tag is not None:
        yield "IN (SELECT id FROM tags WHERE value = :tag)"
    if filters.expired is not None:
        yield f"IN ({documents} valid_until {'<' if filters.expired else '>='} :today)"
    if filters.among is not None:
        yield "IN (SELECT value FROM json_each(:among))"
    if filters.place:
        around = "SELECT id FROM regions WHERE value IN (SELECT value FROM json_each(:around))"
        yield f"IN (SELECT id FROM within WHERE value = :region UNION ALL {around})"


def _values(filters) -> dict:
    values = {name: value for name, value in filters._asdict().items() if name != "place"}
    values["among"] = json.dumps(list(filters.among or ()))
    return values | ({"region": filters.place.region, "around": json.dumps(filters.place.around)} if filters.place else {})
