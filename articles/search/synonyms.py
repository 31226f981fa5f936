"""Words that mean the same to a searching reader, put in each other's place when a query is asked; no index knows of them.

Groups([["断缴", "停缴"]]).variants("医保断缴了") -> ["医保停缴了"]
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from functools import lru_cache
from itertools import chain, islice, zip_longest

from django.db import DatabaseError, connection, transaction
from django.db.models import Sum

from articles.models import SynonymGroup
from articles.text import normalise

logger = logging.getLogger(__name__)


class Groups:
    """Compiled groups of words. A word that several of them name belongs to the first."""

    def __init__(self, groups: Iterable[Iterable[str]] = ()):
        self._groups: dict[str, list[str]] = {}  # word: all words of its group
        for words in groups:
            keys = list(dict.fromkeys(filter(None, map(SynonymGroup.key, words))))
            for word in keys:
                self._groups.setdefault(word, keys)
        # Nearly every position of a query is dismissed by one look at two characters, which every word has.
        lengths: dict[str, set[int]] = {}
        for word in self._groups:
            lengths.setdefault(word[:2], set()).add(len(word))
        self._lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}

    def __iter__(self) -> Iterator[list[str]]:
        """The words of each group, normalised."""
        return iter({id(words): words for words in self._groups.values()}.values())

    def variants(self, text: str, limit: int = 12) -> list[str]:
        """At most `limit` other wordings of `text`, normalised: one word each replaced by another of its group.

        Found are the longest words from the left, none inside or across another, Latin ones only as whole words.
        Each word found has its turn before any has a second one.
        """
        folded = normalise(text)
        by_word = islice(self._found(folded), limit)
        in_turn = filter(None, chain.from_iterable(zip_longest(*by_word)))
        return list(dict.fromkeys(_replaced(folded, *each) for each in islice(in_turn, limit)))

    def alternatives(self, text: str, limit: int = 24) -> list[str]:
        """The words that may stand in the place of those in `text`."""
        others = (other for each in self._found(normalise(text)) for _, _, other in each)
        return list(dict.fromkeys(islice(others, limit)))

    def words(self, text: str) -> list[str]:
        """The words of `text` that have synonyms."""
        folded = normalise(text)
        return [folded[each[0][0] : each[0][1]] for each in self._found(folded) if each]

    def _found(self, folded: str) -> Iterator[list[tuple[int, int, str]]]:
        """For every word in `folded` what can stand there: (start, end, another word of its group)."""
        # “hpv 疫苗” is hpv疫苗, but between Chinese characters a space was meant to part words.
        places = [place for place, char in enumerate(folded) if char != " " or not any(map(_is_latin, folded[place - 1 : place + 2 : 2]))]
        dense, position = "".join([folded[place] for place in places]), 0
        while position < len(dense) - 1:
            word = self._longest(folded, dense, places, position) if dense[position : position + 2] in self._lengths else ""
            if word:
                start, end = places[position], places[position + len(word) - 1] + 1
                yield [(start, end, other) for other in self._groups[word] if other != word]
            position += len(word) or 1

    def _longest(self, folded: str, dense: str, places: list[int], position: int) -> str:
        """The longest word at `position` of `dense`, "" without one."""
        groups = self._groups
        for length in self._lengths[dense[position : position + 2]]:
            word = dense[position : position + length]
            if word in groups and not (_joins(folded, places[position]) or _joins(folded, places[position + len(word) - 1] + 1)):
                return word
        return ""


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _joins(text: str, position: int) -> bool:
    """A Latin word goes on across `position`."""
    return 0 < position < len(text) and _is_latin(text[position - 1]) and _is_latin(text[position])


def _replaced(text: str, start: int, end: int, word: str) -> str:
    before = " " if start and _is_latin(text[start - 1]) and _is_latin(word[0]) else ""
    after = " " if end < len(text) and _is_latin(text[end]) and _is_latin(word[-1]) else ""
    return text[:start] + before + word + after + text[end:]


# What this process has compiled, and from which rows.
_compiled: tuple[int | None, Groups] = (None, Groups())


def current() -> Groups:
    """The groups saved in the admin, as they are at this moment; none where the database cannot say.

    One query decides whether what this process has compiled still holds: the sum of the rows' stamps. Every save
    draws the row a new random stamp, so the sum changes with whatever is added, changed or deleted, by which process
    and by which statement ever, within one microsecond too. A time or a counter would not do: a deletion leaves the
    latest time as it may have been, and a counter that was rolled back, or restored from a backup, comes to the same
    number a second time with other words.
    """
    try:
        with _harmless():
            return _fresh()
    except DatabaseError as error:  # evaluate_search, for one, runs without a prepared database
        _tell(str(error))
        return Groups()


@lru_cache(maxsize=16)
def _tell(problem: str) -> None:
    """Once a process: there may be a thousand queries."""
    logger.warning("searching without synonyms, which cannot be read: %s", problem)


def _harmless():
    """On PostgreSQL a statement that fails spoils the transaction around it, unless it stands in one of its own."""
    return transaction.atomic() if connection.in_atomic_block and connection.vendor == "postgresql" else nullcontext()


def _fresh() -> Groups:
    global _compiled
    stamp = SynonymGroup.objects.aggregate(Sum("stamp"))["stamp__sum"]
    known, groups = _compiled
    if stamp != known:
        # Rows that are newer than the sum are compiled once more by the next call.
        groups = Groups(SynonymGroup.objects.word_lists())
        _compiled = stamp, groups
    return groups
