"""What is stored: live articles, their revisions, the audit log and the vocabularies.

The public reads Article rows; editors write Revision rows; workflow.publish() is the one road
from the second to the first. Reading rules are words on the QuerySets; writing rules are in workflow/
"""

from articles.models.articles import FIRST, NEVER, Article, ArticleQuerySet, ArticleRegion
from articles.models.derived import Cursor, DuplicatePair, RelatedArticle, RelatedChoice
from articles.models.desk import Autosave, BulkAction, BulkItem, Comment, OpenWarning, Qualification, SavedFilter
from articles.models.installation import ImportRecord, Installation
from articles.models.revisions import EVENT_LOCK, AppendOnly, Event, Revision, take_event_lock
from articles.models.search import Promotion, SynonymGroup, new_stamp
from articles.models.tags import Tag, TagAlias, TaggedArticle
from articles.models.vocabulary import Category, Region

__all__ = [
    "EVENT_LOCK",
    "FIRST",
    "NEVER",
    "AppendOnly",
    "Article",
    "ArticleQuerySet",
    "ArticleRegion",
    "Autosave",
    "BulkAction",
    "BulkItem",
    "Category",
    "Comment",
    "Cursor",
    "DuplicatePair",
    "Event",
    "ImportRecord",
    "Installation",
    "OpenWarning",
    "Promotion",
    "Qualification",
    "Region",
    "RelatedArticle",
    "RelatedChoice",
    "Revision",
    "SavedFilter",
    "SynonymGroup",
    "Tag",
    "TagAlias",
    "TaggedArticle",
    "new_stamp",
    "take_event_lock",
]
