"""Pinyin: how Chinese words are spelt, and where a run of letters may be cut into syllables. Plain Python."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

# Finals by initial, tones and the dots of ü left out: GB/T 16159 without rare interjections.
_FINALS = """
b a ai an ang ao ei en eng i ian iao ie in ing o u
p a ai an ang ao ei en eng i ian iao ie in ing o ou u
m a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u
f a an ang ei en eng o ou u
d a ai an ang ao e ei en eng i ian iao ie ing iu ong ou u uan ui un uo
t a ai an ang ao e eng i ian iao ie ing ong ou u uan ui un uo
n a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan uo v ve
l a ai an ang ao e ei eng i ia ian iang iao ie in ing iu ong ou u uan un uo v ve
g a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo
k a ai an ang ao e en eng ong ou u ua uai uan uang ui un uo
h a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo
j i ia ian iang iao ie in ing iong iu u uan ue un
q i ia ian iang iao ie in ing iong iu u uan ue un
x i ia ian iang iao ie in ing iong iu u uan ue un
zh a ai an ang ao e ei en eng i ong ou u ua uai uan uang ui un uo
ch a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo
sh a ai an ang ao e ei en eng i ou u ua uai uan uang ui un uo
r an ang ao e en eng i ong ou u ua uan ui un uo
z a ai an ang ao e ei en eng i ong ou u uan ui un uo
c a ai an ang ao e en eng i ong ou u uan ui un uo
s a ai an ang ao e en eng i ong ou u uan ui un uo
y a an ang ao e i in ing o ong ou u uan ue un
w a ai an ang ei en eng o u
"""
_BARE = frozenset(["a", "ai", "an", "ang", "ao", "e", "ei", "en", "er", "o", "ou"])
SYLLABLES = _BARE | {initial + final for initial, *finals in map(str.split, _FINALS.strip().splitlines()) for final in finals}
LONGEST = max(map(len, SYLLABLES))


class Spelling(NamedTuple):
    syllables: tuple[str, ...]  # one a character

    @property
    def full(self) -> str:
        return "".join(self.syllables)

    @property
    def initials(self) -> str:
        return "".join(syllable[0] for syllable in self.syllables)


@cache
def _lazy_pinyin():
    from pypinyin import lazy_pinyin  # 0.2 s, 56 MB: loaded when the first word is spelt

    return lazy_pinyin


def say(text: str) -> Spelling:
    """How Chinese characters are said; of several readings the one usual where they stand.

    >>> say("重庆").full, say("医保卡").initials
    ('chongqing', 'ybk')
    """
    return Spelling(tuple(_lazy_pinyin()(text, errors=list)))


@lru_cache(maxsize=100_000)
def spell(word: str) -> Spelling:
    """say() for the words of articles, which come again and again; what readers type is not kept."""
    return say(word)


# What speakers of many dialects do not tell apart.
_CONFUSED = [("ing", "in"), ("eng", "en"), ("ang", "an"), ("zh", "z"), ("ch", "c"), ("sh", "s"), ("l", "n"), ("h", "f")]
_CONFUSED += [(right, left) for left, right in _CONFUSED]


def confusable(letters: str) -> list[str]:
    """How a word that is spelt so might be spelt rightly, with one sound exchanged; not all of it is pinyin.

    >>> "tangniaobing" in confusable("tangliaobing"), "jintie" in confusable("jingtie")
    (True, True)
    """
    places = ((match.start(), one, other) for one, other in _CONFUSED for match in re.finditer(one, letters))
    return list(dict.fromkeys(letters[:start] + other + letters[start + len(one) :] for start, one, other in places))


def borders(letters: str) -> set[int]:
    """The positions where one syllable of `letters` may end and the next begin; empty where it is no pinyin.

    >>> sorted(borders("xianka"))
    [0, 2, 4, 6]
    """
    reachable = _reachable(letters)
    backwards = {len(letters) - position for position in _reachable(letters[::-1], backwards=True)}
    return reachable & backwards if len(letters) in reachable else set()


def _reachable(letters: str, *, backwards: bool = False) -> set[int]:
    found = {0}
    for start in range(len(letters)):
        if start in found:
            pieces = ((end, letters[start:end]) for end in range(start + 1, min(start + LONGEST, len(letters)) + 1))
            found.update(end for end, piece in pieces if (piece[::-1] if backwards else piece) in SYLLABLES)
    return found
