"""Every change to an article, one function per verb.

Each function locks the article, reads its state again, checks the rules, changes the rows and records an
Event, in one transaction; search and the related lists follow after the commit. Nothing else in the project
writes articles, revisions, events or their links.

`by` is the person who acts; None means the software itself or an operator's command.

Who may do what stands in rules.py, the transaction around every verb in frame.py, what readers see of it in live.py.
The verbs: editing.py, reviewing.py, publishing.py, sharing.py, filing.py, merging.py; beside the article,
related_choices.py and vocabulary.py; from outside, importing.py. A new verb joins the file that changes for the same reason,
or gets one of its own.
"""

from articles.workflow.editing import Reconciled, just_saved, reconcile, revert, save_draft, tidy, why_not_save
from articles.workflow.filing import Filing, refile, refile_back, why_not_refile
from articles.workflow.frame import follow
from articles.workflow.importing import Restored, publish_in_bulk, record_export, record_import, restore
from articles.workflow.merging import Combination, merge, shown_revision, unmerge, why_not_merge
from articles.workflow.publishing import force_publish, publish, publish_due, republish, schedule, unpublish
from articles.workflow.related_choices import RELATED_CHOICES, block_related, pin_related, release_related, why_not_choose_related
from articles.workflow.reviewing import (
    REVIEW_DAYS,
    approve,
    claim,
    confirm,
    plan_review,
    recheck,
    reject,
    submit,
    why_ask_again,
    why_not_plan_review,
)
from articles.workflow.rules import VERBS, WORKING, NotAllowed, may, why_not, why_not_declare
from articles.workflow.sharing import (
    PREVIEW_DAYS,
    PreviewEnded,
    SharedPreview,
    open_preview,
    revoke_previews,
    share_preview,
    shared_previews,
    why_not_share,
)
from articles.workflow.vocabulary import delete_unused_tags, merge_tags, record_vocabulary, why_not_merge_tags

__all__ = [
    "PREVIEW_DAYS",
    "RELATED_CHOICES",
    "REVIEW_DAYS",
    "VERBS",
    "WORKING",
    "Combination",
    "Filing",
    "NotAllowed",
    "PreviewEnded",
    "Reconciled",
    "Restored",
    "SharedPreview",
    "approve",
    "block_related",
    "claim",
    "confirm",
    "delete_unused_tags",
    "follow",
    "force_publish",
    "just_saved",
    "may",
    "merge",
    "merge_tags",
    "open_preview",
    "pin_related",
    "plan_review",
    "publish",
    "publish_due",
    "publish_in_bulk",
    "recheck",
    "reconcile",
    "record_export",
    "record_import",
    "record_vocabulary",
    "refile",
    "refile_back",
    "reject",
    "release_related",
    "republish",
    "restore",
    "revert",
    "revoke_previews",
    "save_draft",
    "schedule",
    "share_preview",
    "shared_previews",
    "shown_revision",
    "submit",
    "tidy",
    "unmerge",
    "unpublish",
    "why_ask_again",
    "why_not",
    "why_not_choose_related",
    "why_not_declare",
    "why_not_merge",
    "why_not_merge_tags",
    "why_not_plan_review",
    "why_not_refile",
    "why_not_save",
    "why_not_share",
]
