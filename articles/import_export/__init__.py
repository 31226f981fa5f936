"""Articles in and out: the plain-text form of the sample documents, and JSON Lines.

reading.py makes records of files, records.py content of a record, importing.py articles of these; exporting.py goes the other way.
"""

from articles.import_export.exporting import export_lines
from articles.import_export.importing import Options, Outcome, Run, import_items, summary
from articles.import_export.reading import Item, files, printable, read

__all__ = ["Item", "Options", "Outcome", "Run", "export_lines", "files", "import_items", "printable", "read", "summary"]
