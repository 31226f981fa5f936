"""What people type: the search form and the editor's form. Both turn input into plain values."""

from articles.forms.article import ArticleForm
from articles.forms.search import FILTERS, SearchForm, typed_query
from articles.forms.submission import SubmissionForm

__all__ = ["FILTERS", "ArticleForm", "SearchForm", "SubmissionForm", "typed_query"]
