"""What a reader typed, as weighted terms: the words as they stand, their synonyms, and what was meant where the spelling is off.

understand("yibaoka咋补办") looks for 医保卡咋补办, and for 社保卡 and 怎么办 besides.
"""

import math
import re
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from articles.pinyin import borders, spell
from articles.search.engine import Clause, SearchEngine
from articles.search.synonyms import Groups, current
from articles.text import HAN, normalise, question, strip_controls, terms

QUERY_LIMIT = 200  # characters; more is cut
TERM_LIMIT = 120  # different terms a field
WEIGHTS = {
    "title_pairs": 2.0, "title_words": 1.0, "phrasing_pairs": 1.0, "phrasing_words": 0.5, "body_pairs": 1.0, "body_words": 0.5,
}  # fmt: skip
WHOLE_QUESTION = 10.0  # a title or phrasing typed as it stands comes first
RESPELT = 0.9  # what was probably meant, beside what was typed
SYNONYM = 0.5
SYNONYMS = 12  # variants of one query


class Query(NamedTuple):
    """`respelt`: what was probably meant, empty where the spelling needs no mending."""

    text: str
    respelt: str
    variants: list[str]  # with synonyms
    clauses: list[Clause]

    @property
    def needed(self) -> int:
        """How many of its terms an article that is about it holds: more than half."""
        split = terms(self.respelt or self.text)
        return math.ceil(len(set(split.pairs or split.chars)) * 0.6)


def understand(text: str, engine: SearchEngine, groups: Groups | None = None) -> Query:
    """`groups`: the synonyms to use; None means those in force."""
    text = strip_controls(text)[:QUERY_LIMIT]
    respelt = respell(text, engine)
    groups = current() if groups is None else groups
    variants = groups.variants(respelt or text, limit=SYNONYMS)
    sides = [(text, 1.0)] + [(respelt, RESPELT)] * bool(respelt) + [(variant, SYNONYM) for variant in variants]
    return Query(
        text,
        respelt,
        variants,
        _merged(clause._replace(weight=clause.weight * factor) for side, factor in sides for clause in clauses(side)),
    )


def _merged(found: Iterable[Clause]) -> list[Clause]:
    """Each term once a field, with its largest weight; at most TERM_LIMIT a field."""
    best: dict[str, dict[str, float]] = {}
    for field, term, weight in found:
        terms_of_field = best.setdefault(field, {})
        if term in terms_of_field or len(terms_of_field) < TERM_LIMIT:
            terms_of_field[term] = max(weight, terms_of_field.get(term, 0))
    return [Clause(field, term, weight) for field, weights in best.items() for term, weight in weights.items()]


def clauses(text: str) -> list[Clause]:
    """`text` as it stands: character pairs and dictionary words, in title, phrasings and body; any of them may match."""
    text = text[:QUERY_LIMIT]
    split = terms(text)
    if not split.pairs:
        chars = dict.fromkeys(split.chars)
        return [Clause("title_chars", char, 2.0) for char in chars] + [Clause("body_words", char, 0.5) for char in chars]
    found = [Clause("question", question(text), WHOLE_QUESTION)]
    for field, weight in WEIGHTS.items():
        kind = split.pairs if field.endswith("pairs") else split.words
        found += [Clause(field, term, weight) for term in list(dict.fromkeys(kind))[:TERM_LIMIT]]
    return found


_HAN_RUN = re.compile(f"[{HAN}]{{2,}}")
_LETTERS = re.compile(r"[a-z]{2,}(?:[ '][a-z]{2,})*")
_LONGEST_RUN = 40  # letters or characters; more is left as it is
_LONGEST_WORD = 5  # characters


def respell(text: str, engine: SearchEngine) -> str:
    """`text` with words of the titles for pinyin, and for characters that sound like one of them; "" where nothing changes."""
    folded = normalise(text)
    meant = _HAN_RUN.sub(lambda run: _by_sound(run[0], engine), folded)
    meant = _LETTERS.sub(lambda run: _from_pinyin(run[0], engine), meant)
    return meant if meant != folded else ""


def _from_pinyin(letters: str, engine: SearchEngine) -> str:
    """“yibaoka” or “ybk” as 医保卡; as it stands where it is a word of the articles or none can be read from it."""
    joined = letters.replace(" ", "").replace("'", "")
    if len(joined) > _LONGEST_RUN or _is_a_word(letters, engine):
        return letters
    return _read(joined, engine) or _best_word(joined, engine) or letters


def _is_a_word(letters: str, engine: SearchEngine) -> bool:
    return any(engine.frequency(field, word) for word in letters.split() for field in ("title_words", "body_words"))


def _best_word(key: str, engine: SearchEngine) -> str:
    """The most frequent word of the titles that is spelt or abbreviated so."""
    found = engine.vocabulary("spelling", f"{key}|", 1)
    return found[0][0].partition("|")[2] if found else ""


def _read(letters: str, engine: SearchEngine) -> str:
    """A sentence of as few words as possible, each spelt as the letters there; "" where some letters belong to none."""
    stops = sorted(borders(letters))
    best: dict[int, tuple[int, str]] = {0: (0, "")}
    for end in stops[1:]:
        readings = ((best[start], _word_spelt(letters[start:end], engine)) for start in stops if start < end and start in best)
        found = [(pieces + (1 if len(word) > 1 else 3), before + word) for (pieces, before), word in readings if word]
        if found:
            best[end] = min(found, key=lambda reading: reading[0])
    return best.get(len(letters), (0, ""))[1] if letters else ""


def _word_spelt(letters: str, engine: SearchEngine) -> str:
    found = engine.vocabulary("spelling", f"{letters}|", 1) or engine.vocabulary("spelling", f"{letters}+", 1)
    return re.split(r"[|+]", found[0][0], maxsplit=1)[1] if found else ""


def _by_sound(run: str, engine: SearchEngine) -> str:
    """`run` with characters that stand strangely side by side replaced by a word of the titles that sounds the same."""
    strange = _Strange(engine)
    if len(run) > _LONGEST_RUN or not strange.places(run):
        return run
    for length in range(min(_LONGEST_WORD, len(run)), 1, -1):
        for start in range(len(run) - length + 1):
            if strange.places(run) & set(range(start, start + length - 1)):
                run = _sounding_better(run, start, start + length, strange)
    return run


class _Strange:
    """Where characters stand side by side as in no article, or hardly any, although no word ends between them."""

    def __init__(self, engine: SearchEngine):
        self.engine = engine
        self.few = engine.count() // 20_000
        self.found: dict[str, set[int]] = {}

    def places(self, run: str) -> set[int]:
        """The positions of the first characters of such pairs."""
        if run not in self.found:
            pairs = set(range(len(run) - 1)) - _ends_between_words(run)
            self.found[run] = {place for place in pairs if self._is_strange(run[place : place + 2])}
        return self.found[run]

    def _is_strange(self, pair: str) -> bool:
        return all(self.engine.frequency(field, pair) <= self.few for field in ("title_pairs", "body_pairs", "phrasing_pairs"))


def _ends_between_words(run: str) -> set[int]:
    """The positions where a word of several characters ends and another follows: any two words may stand side by side."""
    words = terms(run).words
    ends = list(accumulate(map(len, words)))
    return {end - 1 for end, word, following in zip(ends, words, words[1:], strict=False) if len(word) > 1 < len(following)}


def _sounding_better(run: str, start: int, end: int, strange: _Strange) -> str:
    """`run` with another word from `start` to `end`, if one sounds the same and fits better between its neighbours."""
    sound = "".join(spell(run).syllables[start:end])
    before, around = len(strange.places(run)), set(range(start - 1, end))
    for mark in "|+":
        for term, _ in strange.engine.vocabulary("spelling", f"{sound}{mark}", 3):
            word = term.partition(mark)[2]
            other = run[:start] + word + run[end:]
            # A pair that is no word must fit on both sides; a word may stand beside anything.
            if len(word) == end - start and len(strange.places(other)) < before and (mark == "|" or not strange.places(other) & around):
                return other
    return run
