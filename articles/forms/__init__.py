"""What people type: the search form, the editor's form, that of a bulk action. All turn input into plain values."""

from articles.forms.article import ArticleForm, UnsavedForm, as_sent, as_typed
from articles.forms.bulk import BulkForm
from articles.forms.search import FILTERS, SearchForm, typed_query
from articles.forms.submission import SubmissionForm

__all__ = ["FILTERS", "ArticleForm", "BulkForm", "SearchForm", "SubmissionForm", "UnsavedForm", "as_sent", "as_typed", "typed_query"]
