"""What a reader typed, as weighted terms: the words as they stand, their synonyms, and what was meant where the spelling is off.

understand("yibaoka咋补办") looks for 医保卡咋补办, and for 社保卡 and 怎么办 besides.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, chain
from typing import NamedTuple

from articles.pinyin import borders, confusable, say
from articles.search.documents import filters_now
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
_BEGINNING = 60
# Words that ask, and say nothing of what is asked.
_ASKING = frozenset(
    ["怎么", "么办", "怎么办", "怎样", "如何", "什么", "么样", "为什", "多少", "少钱", "多少钱", "多久", "几个", "可以", "不可",
     "能不", "不能", "是不",
     "不是", "有没", "没有", "哪里", "哪些", "哪个", "一下", "请问", "应该", "需要", "还能"]
)  # fmt: skip


class Query(NamedTuple):
    text: str
    cut: bool  # it was longer than what is searched
    respelt: str  # what was probably meant; empty where the spelling needs no mending
    alternatives: list[str]  # synonyms of its words
    missing: list[str]  # words of a short query that no article holds
    plain: list[Clause]  # without synonyms
    clauses: list[Clause]

    @property
    def meant(self) -> str:
        return self.respelt or self.text

    @property
    def needed(self) -> int:
        """How many of its terms an article that is about it holds: more than half."""
        split = terms(self.meant)
        return math.ceil(len(set(split.pairs or split.chars)) * 0.6)


def understand(text: str, engine: SearchEngine, groups: Groups | None = None) -> Query:
    """`groups`: the synonyms to use; None means those in force."""
    text, cut = _shortened(strip_controls(text))
    respelt = respell(text, engine)
    meant = respelt or text
    groups = current() if groups is None else groups
    plain = _merged([*_weighted((text, 1.0), (respelt, RESPELT)), *_around_a_character(meant, engine)])
    with_synonyms = _merged([*plain, *_weighted(*((variant, SYNONYM) for variant in groups.variants(meant, limit=SYNONYMS)))])
    return Query(text, cut, respelt, groups.alternatives(meant), _missing(meant, groups, engine), plain, with_synonyms)


def _shortened(text: str) -> tuple[str, bool]:
    """A long story keeps its beginning and, where the question stands, its end."""
    return (f"{text[:_BEGINNING]} {text[_BEGINNING + 1 - QUERY_LIMIT :]}", True) if len(text) > QUERY_LIMIT else (text, False)


def _weighted(*sides: tuple[str, float]) -> list[Clause]:
    return _merged(clause._replace(weight=clause.weight * factor) for side, factor in sides for clause in clauses(side))


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


def _around_a_character(text: str, engine: SearchEngine) -> list[Clause]:
    """For a query of one character that no title holds: the pairs in bodies that begin with it."""
    split = terms(text)
    if len(split.chars) != 1 or split.pairs or engine.frequency("title_chars", split.chars[0]):
        return []
    return [Clause("body_pairs", pair, 0.3) for pair, _ in engine.vocabulary("body_pairs", split.chars[0], TERM_LIMIT)]


_MANY_WORDS = 6  # a story names much that no article needs to


def _missing(text: str, groups: Groups, engine: SearchEngine) -> list[str]:
    """The words of a short query that no article holds, and none of their synonyms."""
    words = [word for word in dict.fromkeys(terms(text).words) if len(word) > 1 and word not in _ASKING and not word[0].isdigit()]
    covered = groups.words(text)
    if len(words) > _MANY_WORDS:
        return []
    return [word for word in words if not any(word in other or other in word for other in covered) and _is_unknown(word, engine)]


def _is_unknown(word: str, engine: SearchEngine) -> bool:
    # 社保局 may be in no dictionary of ours as a word and yet stand in a text; then its pairs do.
    if _holds(word, ("title_words", "phrasing_words", "body_words"), engine):
        return False
    return not all(_holds(pair, ("title_pairs", "phrasing_pairs", "body_pairs"), engine) for pair in terms(word).pairs)


def _holds(term: str, fields: Iterable[str], engine: SearchEngine) -> bool:
    counts = ((field, engine.frequency(field, term)) for field in fields)
    return any(count > SURELY_PUBLIC or (count and _is_public(field, term, engine)) for field, count in counts)


_HAN_RUN = re.compile(f"[{HAN}]{{2,}}")
_LETTERS = re.compile(r"[a-z]{2,}(?:[ '][a-z]{2,})*")
_LONGEST_RUN = 40  # letters or characters; more is left as it is
_LONGEST_WORD = 5  # characters


def respell(text: str, engine: SearchEngine) -> str:
    """`text` with words of the titles for pinyin, and for characters that sound like one of them; "" where nothing changes."""
    folded = normalise(text)
    meant = _HAN_RUN.sub(lambda run: _by_sound(run[0], engine), folded)
    meant = _LETTERS.sub(lambda run: _from_pinyin(run[0], engine, alone=run[0] == folded), meant)
    return meant if meant != folded else ""


def _from_pinyin(letters: str, engine: SearchEngine, alone: bool) -> str:
    """“yibaoka” or “ybk” as 医保卡; as it stands where it is a word of the articles or none can be read from it.

    `alone`: there is nothing else in the query. Two letters are then initials; beside words they may be anything.
    """
    joined = letters.replace(" ", "").replace("'", "")
    if len(joined) > _LONGEST_RUN:
        return letters
    read = "" if _is_a_word(letters, engine) else _sentence(joined, engine, alone)
    parts = letters.split()
    return read or (" ".join(_from_pinyin(part, engine, alone=False) for part in parts) if len(parts) > 1 else letters)


def _sentence(letters: str, engine: SearchEngine, alone: bool) -> str:
    by_initials = _best_word(letters, engine) if alone or len(letters) > 2 else ""
    return _read(letters, engine, _word_spelt) or by_initials or _read(letters, engine, _word_spelt_nearly)


def _is_a_word(letters: str, engine: SearchEngine) -> bool:
    return any(_holds(word, ("title_words", "body_words"), engine) for word in letters.split())


def _best_word(key: str, engine: SearchEngine) -> str:
    """The most frequent word of the titles that is spelt or abbreviated so."""
    return next(public_words(f"{key}|", engine), "")


_SEVERAL = 3
SURELY_PUBLIC = 10_000  # that many articles do not all wait for their time, and asking would take long


def public_words(key: str, engine: SearchEngine, limit: int = _SEVERAL) -> Iterator[str]:
    """The words whose keys in the field of spellings begin with `key`, the most frequent first; with + in it, what is no word.

    The index holds articles that are scheduled for later too; their words must not give themselves away.
    """
    found = engine.vocabulary("spelling", key, limit)
    for term, count in found if "+" in key else [(term, count) for term, count in found if "|" in term]:
        if count > SURELY_PUBLIC or _is_public("spelling", term, engine):
            yield re.split(r"[|+]", term, maxsplit=1)[1]


def _is_public(field: str, term: str, engine: SearchEngine) -> bool:
    return bool(engine.search([Clause(field, term, 1.0)], filters_now(), limit=1).ids)


def _read(letters: str, engine: SearchEngine, word_spelt: Callable[[str, SearchEngine], str]) -> str:
    """A sentence of as few words as possible, each spelt as the letters there; "" where some belong to none."""
    stops = sorted(borders(letters))
    best: dict[int, tuple[int, int, str]] = {0: (0, 0, "")}  # position: words, single characters among them, the sentence
    for end in stops[1:]:
        readings = ((best[start], word_spelt(letters[start:end], engine)) for start in stops if start < end and start in best)
        found = [(words + 1, singles + (len(word) == 1), before + word) for (words, singles, before), word in readings if word]
        if found:
            best[end] = min(found, key=lambda reading: reading[0] + 2 * reading[1])
    words, singles, sentence = best.get(len(letters), (0, 0, ""))
    return sentence if 2 * singles <= words or words == 1 else ""  # mostly single characters are no sentence


def _word_spelt(letters: str, engine: SearchEngine) -> str:
    return next(chain(public_words(f"{letters}|", engine), public_words(f"{letters}+", engine)), "")


def _word_spelt_nearly(letters: str, engine: SearchEngine) -> str:
    return _word_spelt(letters, engine) or next(filter(None, (_best_word(near, engine) for near in confusable(letters))), "")


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

    def fits(self, run: str, start: int, end: int) -> bool:
        """The articles know what stands there beside its neighbours, of which there is at least one."""
        borders = [run[place - 1 : place + 1] for place in (start, end) if 0 < place < len(run)]
        return bool(borders) and not any(map(self._is_strange, borders))

    def _is_strange(self, pair: str) -> bool:
        return all(self.engine.frequency(field, pair) <= self.few for field in ("title_pairs", "phrasing_pairs", "body_pairs"))


def _ends_between_words(run: str) -> set[int]:
    """The positions where a word of several characters ends and another follows: any two words may stand side by side."""
    words = terms(run).words
    ends = accumulate(map(len, words))
    return {end - 1 for end, word, following in zip(ends, words, words[1:], strict=False) if len(word) > 1 < len(following)}


def _word_borders(run: str) -> set[int]:
    return {0, *accumulate(map(len, terms(run).words))}


_PARTICLES = frozenset("了的是吗呢吧啊着过得地和与就也都又还再")


def _sounding_better(run: str, start: int, end: int, strange: _Strange) -> str:
    """`run` with another word from `start` to `end`, if one sounds the same and fits better between its neighbours."""
    typed = run[start:end]
    if _PARTICLES & set(typed) or not {start, end} <= _word_borders(run):
        return run
    must_fit = any(len(word) > 1 for word in terms(typed).words)  # it is a word already, if a strange one here
    for word, nearly in _sounding_like(run, start, end, strange.engine):
        other = run[:start] + word + run[end:]
        better = len(strange.places(other)) < len(strange.places(run))
        if len(word) == len(typed) > 1 + nearly and better and (strange.fits(other, start, end) or not (must_fit or nearly)):
            return other
    return run


def _sounding_like(run: str, start: int, end: int, engine: SearchEngine) -> Iterator[tuple[str, bool]]:
    """Words said as `run` from `start` to `end`, then those said nearly so."""
    sound = "".join(say(run).syllables[start:end])
    yield from ((word, False) for word in public_words(f"{sound}|", engine))
    yield from ((word, True) for near in confusable(sound) for word in public_words(f"{near}|", engine))
