"""Questions that are asked twice: found as they are written, listed over the whole site, never published by oversight.

comparison.py judges two questions, finding.py says what to compare with, pairs.py keeps what was found.
"""

from articles.duplicates.comparison import DIFFERENT, DUPLICATE, KINDS, SIBLING, WORDS, Comparison, Question, compare
from articles.duplicates.finding import Candidate, candidates, question_of, vocabulary
from articles.duplicates.pairs import Group, dismiss, find_all, groups, remaining, skip, sync, twins

__all__ = [
    "DIFFERENT",
    "DUPLICATE",
    "KINDS",
    "SIBLING",
    "WORDS",
    "Candidate",
    "Comparison",
    "Group",
    "Question",
    "candidates",
    "compare",
    "dismiss",
    "find_all",
    "groups",
    "question_of",
    "remaining",
    "skip",
    "sync",
    "twins",
    "vocabulary",
]
