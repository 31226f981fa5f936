"""What people type: the search form and the editor's form. Both turn input into plain values."""

from articles.forms.article import ArticleForm, as_sent, as_typed
from articles.forms.search import FILTERS, SearchForm, typed_query

__all__ = ["FILTERS", "ArticleForm", "SearchForm", "as_sent", "as_typed", "typed_query"]
