"""Editorial checks before and after publishing: each finding with its reason, its level, and where in the text it is.

phrases.py knows what advertising law forbids, rules.py all that the text and the day can tell, findings.py asks the
database besides, open_warnings.py keeps what is found in live articles. Django's system checks are ../checks.py.
"""

from articles.checklist.findings import of
from articles.checklist.open_warnings import check_all, daily, refresh, remaining, skip, sync
from articles.checklist.rules import BLOCKS, CHECKS, PARTS, WARNS, Check, Finding, blocking

__all__ = [
    "BLOCKS",
    "CHECKS",
    "PARTS",
    "WARNS",
    "Check",
    "Finding",
    "blocking",
    "check_all",
    "daily",
    "of",
    "refresh",
    "remaining",
    "skip",
    "sync",
]
