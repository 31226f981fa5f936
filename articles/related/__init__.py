"""Related articles: computed from the search index after a publication, stored, and read with one query.

An article becomes weighted terms, these find candidates (retrieval.py); what fits is scored, twins and a template's many
forms are left out, and each gets a reason (choice.py, features.py); lists.py loads, stores and follows the Event log.
"""

from articles.related.choice import SHOWN, STORED, Entry, related_to, together
from articles.related.features import Item, compare
from articles.related.lists import arrange, rebuild, recompute, refresh, skip, sync, to_rebuild
from articles.related.retrieval import Index, Subject

__all__ = [
    "SHOWN",
    "STORED",
    "Entry",
    "Index",
    "Item",
    "Subject",
    "arrange",
    "compare",
    "rebuild",
    "recompute",
    "refresh",
    "related_to",
    "skip",
    "sync",
    "to_rebuild",
    "together",
]
