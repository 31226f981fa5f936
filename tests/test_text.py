"""Chinese text: folding, splitting, full-width punctuation, marked passages."""

import random
import time

import pytest

from articles.text import Segment, highlight, normalise, passage, restore_punctuation, strip_controls, terms

HOSTILE = ["", " ", "\n\n", "\0", "\ud800\udfff", "\ufeff\u200b", "((((", "[a-z]+(?=x)|\\", "😀👨‍👩‍👧", "ﬁ№㍿", "İıſK", "…。，", "e\u0301"]


# Folding and splitting


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＣＯＶＩＤ　１９", "covid 19"),
        ("  两  个\t空格\n换行 ", "两 个 空格 换行"),
        ("医\u200b保\ufeff", "医保"),
        ("HbA1c（％）", "hba1c(%)"),
        ("\ud800", ""),
        ("", ""),
    ],
)
def test_normalise_folds_what_readers_do_not_distinguish(text, expected):
    assert normalise(text) == expected


@pytest.mark.parametrize("text", [*HOSTILE, "住院报销ABC 1.5"])
def test_normalise_is_idempotent(text):
    assert normalise(normalise(text)) == normalise(text)


def test_strip_controls_keeps_line_ends_and_tabs():
    assert strip_controls("甲\t乙\n丙\0\x1b\u202e\ud83d") == "甲\t乙\n丙"


def test_a_text_is_split_into_characters_pairs_and_words():
    split = terms("医保卡 MRI，1.5万")
    assert split.chars == ["医", "保", "卡", "mri", "1.5", "万"]
    assert split.pairs == ["医保", "保卡", "mri", "1.5"]
    assert "mri" in split.words
    assert "".join(split.words) == "医保卡mri1.5万"


@pytest.mark.parametrize("text", HOSTILE)
def test_splitting_never_fails_and_gives_no_empty_terms(text):
    assert all(term and not term.isspace() for part in terms(text) for term in part)


def test_full_and_half_width_split_alike():
    assert terms("ＣＴ检查") == terms("ct检查")


# Full-width punctuation

RESTORED = {
    "先备案,再住院": "先备案，再住院",
    "所需材料:身份证": "所需材料：身份证",
    "先缴费;后就诊": "先缴费；后就诊",
    "能报吗?能": "能报吗？能",
    "别担心!可以补": "别担心！可以补",
    "真的吗?!可以": "真的吗？！可以",
    "材料如下:": "材料如下：",
    "能报吗?": "能报吗？",
    "第一行,\n第二行": "第一行，\n第二行",
    "第一行:  \n第二行": "第一行：  \n第二行",
    "他说“可以”,我信": "他说“可以”，我信",
    "见《办法》,照办": "见《办法》，照办",
    "异地就医(含急诊)的费用": "异地就医（含急诊）的费用",
    "缴费基数(60%起)由本人选": "缴费基数（60%起）由本人选",
    "起付线(三级医院1300元)以上": "起付线（三级医院1300元）以上",
    "凭证(含电子版)": "凭证（含电子版）",
    "甲(乙(丙)丁)戊": "甲（乙（丙）丁）戊",
    "本人(或家属),可代办": "本人（或家属），可代办",
}
UNTOUCHED = [
    "门诊时间9:00-12:00",
    "约1.3万元",
    "电话028-87706925",
    "需要3-6个月",
    "费用为1,300元",
    "比例1:3",
    "Yes, it is (really): fine; ok? sure!",
    "https://example.org/a?b=1,2;c:d",
    "用MRI,再用CT",
    "报90%,自付10%",
    "甲, 乙",
    "共济(GJ)账户",
    "1)身份证",
    "a)甲",
    ":开头",
    ",",
    "()",
    "甲()乙",
    "(甲\n乙)",
    "",
]


@pytest.mark.parametrize(("text", "expected"), RESTORED.items())
def test_punctuation_between_chinese_characters_gets_its_full_width(text, expected):
    assert restore_punctuation(text) == expected


@pytest.mark.parametrize("text", UNTOUCHED)
def test_punctuation_elsewhere_stays(text):
    assert restore_punctuation(text) == text


@pytest.mark.parametrize("text", ["医保(职工）可用", "医保（职工)可用", "共（a)b", "(a）"])
def test_brackets_of_unequal_width_become_a_pair(text):
    assert _widths(restore_punctuation(text)) == "（）"


def _widths(text):
    return "".join(char for char in text if char in "()（）")


def test_no_pair_of_brackets_ever_ends_up_unequal():
    random_ = random.Random(5)
    for _ in range(3000):
        text = restore_punctuation("".join(random_.choices("医保卡a1,:;?!()（）。”“ \n", k=random_.randint(0, 20))))
        for line in text.split("\n"):
            opened = []
            for char in line:
                if char in "(（":
                    opened.append(char)
                elif char in ")）" and opened:
                    assert opened.pop() + char in ("()", "（）"), text


def test_restoring_punctuation_twice_changes_nothing_more():
    for text in [*RESTORED, *UNTOUCHED]:
        once = restore_punctuation(text)
        assert restore_punctuation(once) == once


@pytest.mark.parametrize("text", ["(" * 100_000, "(中" * 50_000 + "中)" * 50_000, "中," * 100_000, ",:;" * 60_000])
def test_restoring_punctuation_takes_no_time_on_hostile_text(text):
    start = time.process_time()
    restore_punctuation(text)
    assert time.process_time() - start < 1


# Passages

TEXT = (
    "先说结论：账户里的余额归个人所有。年底不会清空，可以一直用下去！"
    "换工作以后要办转移手续，一般在新单位参保后十五个工作日内完成；"
    "办理时带上身份证和旧的参保凭证。\n"
    "如果中间断缴超过三个月，多数地方会重新计算等待期，等待期内住院不报。"
    "个人账户里的钱在断缴期间照样能用，在药店买药、付门诊自付部分都可以。"
)


def joined(segments):
    return "".join(segment.text for segment in segments)


def marked(segments):
    return [segment.text for segment in segments if segment.marked]


def test_highlight_marks_the_wanted_terms_and_keeps_the_whole_text():
    segments = highlight("医保断缴了怎么补缴", ["断缴", "补缴"])
    assert segments == [
        Segment("医保", False),
        Segment("断缴", True),
        Segment("了怎么", False),
        Segment("补缴", True),
    ]


def test_overlapping_and_touching_terms_become_one_mark():
    assert marked(highlight("门诊统筹报销", ["门诊", "诊统", "统筹"])) == ["门诊统筹"]


@pytest.mark.parametrize("text", ["ＭＲＩ检查", "Mri检查", "mri检查"])
def test_marks_fit_the_original_spelling(text):
    assert marked(highlight(text, ["mri"])) == [text[:3]]


def test_a_character_that_folds_to_several_keeps_the_marks_in_place():
    assert highlight("㍿医保", ["医保"]) == [Segment("㍿", False), Segment("医保", True)]


@pytest.mark.parametrize("wanted", [[], [""], ["胰岛素"], ["."], [".*"]])
def test_without_a_match_nothing_is_marked(wanted):
    assert marked(highlight(TEXT, wanted)) == []
    assert marked(passage(TEXT, wanted)) == []


def test_regex_characters_are_looked_for_as_they_are():
    assert marked(highlight("一.二(三)[四]*", ["(三)", "[四]*", "."])) == [".", "(三)[四]*"]


@pytest.mark.parametrize("text", [*HOSTILE, "字" * 10_000, "医保" * 5_000, "a" * 10_000])
@pytest.mark.parametrize("wanted", [[], ["医保"], ["a"], HOSTILE])
def test_hostile_texts_come_back_whole(text, wanted):
    assert joined(highlight(text, wanted)) == text.replace("\n", "\u3000")
    assert joined(passage(text, wanted)).strip("…") in text.replace("\n", "\u3000")


def test_a_passage_shows_the_place_with_the_most_different_terms():
    found = passage(TEXT, ["断缴", "等待", "住院"], width=60)
    assert {"断缴", "等待", "住院"} <= set(marked(found))
    assert len(joined(found)) <= 60 * 1.3


def test_a_passage_begins_and_ends_at_a_border():
    found = joined(passage(TEXT, ["转移", "手续"], width=60))
    assert found.startswith("…换工作以后")
    assert found.endswith(("。…", "；…", "，…"))


def test_a_passage_from_the_beginning_has_no_ellipsis_there():
    found = joined(passage(TEXT, ["结论"], width=50))
    assert found.startswith("先说结论")
    assert found.endswith("…")


def test_a_passage_without_a_match_is_the_beginning_of_the_text():
    found = joined(passage(TEXT, ["没有的词"], width=50))
    assert TEXT.startswith(found.rstrip("…"))


def test_a_short_text_is_its_own_passage():
    assert passage("不会清零。", ["清零"]) == [Segment("不会", False), Segment("清零", True), Segment("。", False)]


def test_a_passage_does_not_cut_numbers_or_leave_a_closing_quote_behind():
    text = "他问：“能报吗？”答复是费用在1,300元以上的部分可以报，其余自付。" * 3
    for width in range(10, 80):
        assert not joined(passage(text, ["答复"], width=width)).strip("…").startswith(("”", "300"))


def test_every_passage_is_a_stretch_of_its_text_with_true_marks():
    random_ = random.Random(11)
    for _ in range(1000):
        text = "".join(random_.choices("医保卡断缴a1。，！ \n（）“”", k=random_.randint(0, 300)))
        wanted = ["".join(random_.choices("医保卡断缴a1", k=random_.randint(1, 3))) for _ in range(random_.randint(0, 4))]
        found = passage(text, wanted, width=random_.choice([10, 60, 110]))
        assert joined(found).removeprefix("…").removesuffix("…") in text.replace("\n", "\u3000")
        assert all(segment.text for segment in found)
        assert bool(marked(found)) == any(term in text for term in wanted)


def test_a_passage_of_a_long_article_takes_milliseconds():
    text = TEXT * 1000
    passage(text, ["断缴"])
    start = time.process_time()
    passage(text, ["断缴", "住院", "药店", "转移"])
    assert time.process_time() - start < 0.5


def test_a_passage_of_the_longest_article_is_found_quickly():
    text = "医保断缴以后可以补缴。" * 18_000
    wanted = [text[i : i + 2] for i in range(10)] + [chr(0x4E00 + i) + chr(0x4E01 + i) for i in range(190)]
    start = time.perf_counter()
    segments = passage(text, wanted)
    assert time.perf_counter() - start < 0.2
    assert any(segment.marked for segment in segments)
