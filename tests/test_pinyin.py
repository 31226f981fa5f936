"""How words are spelt, and where a run of letters may be cut."""

import subprocess
import sys
import time

import pytest

from articles.pinyin import SYLLABLES, borders, spell


@pytest.mark.parametrize(
    ("word", "full", "initials"),
    [
        ("医保", "yibao", "yb"), ("断缴", "duanjiao", "dj"), ("生育津贴", "shengyujintie", "syjt"),
        ("重庆", "chongqing", "cq"), ("重复", "chongfu", "cf"), ("重量", "zhongliang", "zl"), ("银行", "yinhang", "yh"),
        ("长期", "changqi", "cq"), ("绿色", "lvse", "ls"),
    ],
)  # fmt: skip
def test_a_word_is_spelt_as_it_is_usually_said(word, full, initials):
    assert (spell(word).full, spell(word).initials) == (full, initials)


def test_there_is_a_syllable_for_every_character():
    for word in ("医保断缴了怎么办", "㐀", "\U00020000"):
        assert len(spell(word).syllables) == len(word)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("yibaoka", {0, 2, 4, 5, 7}),  # yi bao ka, yi ba o ka
        ("xian", {0, 2, 4}),  # 先 or 西安
        ("fangan", {0, 3, 4, 6}),  # fang an, fan gan
        ("yibaok", set()),  # not finished
        ("hpv", set()),
        ("ct", set()),
        ("", {0}),
    ],
)
def test_letters_are_cut_between_syllables(letters, expected):
    assert borders(letters) == expected


def test_the_syllables_are_those_of_the_language():
    assert {"yi", "bao", "zhuang", "lv", "er", "a", "shi"} <= SYLLABLES
    assert not {"bg", "v", "ui", "in", "ai1", ""} & SYLLABLES
    assert 395 <= len(SYLLABLES) <= 415


def test_a_long_run_of_letters_costs_little():
    start = time.perf_counter()
    borders("xian" * 10_000)
    assert time.perf_counter() - start < 1


def test_the_dictionary_is_loaded_by_the_first_word_and_not_before():
    code = "import sys, articles.pinyin as p; print('pypinyin' in sys.modules); p.spell('医'); print('pypinyin' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["False", "True"]
