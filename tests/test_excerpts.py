"""Excerpts: the beginning of an article in at most 160 characters, as a reader would like it to end."""

import random
import re

import pytest

from articles.rendering import clean
from articles.text import shorten

PAIRS = dict(zip("（(「『《〈【〔[“‘", "）)」』》〉】〕]”’", strict=True))


def excerpt(html):
    return shorten(clean(html).prose)


def unclosed(text):
    """What is open at the end of `text`."""
    still_open = []
    for char in text:
        if still_open and char == still_open[-1]:
            still_open.pop()
        elif char in PAIRS:
            still_open.append(PAIRS[char])
    return "".join(still_open)


def sentences(count, length=25):
    return "".join(f"{'这是第几句话' * 10}"[: length - 1] + "。" for _ in range(count))


@pytest.mark.parametrize("text", ["", "。", "不会。", "甲" * 160, "只有半句"])
def test_a_text_that_fits_stays_whole(text):
    assert shorten(text) == text


def test_lines_become_one_line():
    assert shorten("第一段。\n第二段：\n 要点 \n\n 末段") == "第一段。第二段：要点　末段"


def test_the_last_whole_sentence_ends_the_excerpt():
    assert shorten(sentences(10)) == sentences(6)


def test_a_sentence_before_the_floor_gives_way_to_a_later_clause():
    assert shorten("很短的一句。" + "不长的半句，" * 40) == "很短的一句。" + "不长的半句，" * 24 + "不长的半句…"


def test_a_sentence_may_end_with_a_quotation():
    text = "甲" * 90 + "他回答：“可以报。”" + "乙" * 100
    assert shorten(text) == "甲" * 90 + "他回答：“可以报。”"


def test_marks_that_belong_together_are_not_parted():
    assert shorten("甲" * 100 + "吗？！" + "乙" * 100) == "甲" * 100 + "吗？！"


@pytest.mark.parametrize("word", ["1,300,500元", "https://example.org/a?page=2;b=3"])
def test_marks_inside_numbers_and_addresses_are_no_border(word):
    text = "甲" * 90 + "，" + "乙" * 30 + word + "丙" * 200
    assert shorten(text) == "甲" * 90 + "…"


def test_a_clause_outside_of_brackets_is_better_than_one_inside():
    text = "甲" * 90 + "，" + "乙" * 20 + "（丙，丁，" + "戊" * 80 + "）"
    assert shorten(text) == "甲" * 90 + "…"


def test_what_is_open_where_nothing_better_offers_is_closed():
    text = "甲" * 20 + "（见《" + "乙" * 90 + "，" + "丙" * 200 + "》）"
    assert shorten(text) == "甲" * 20 + "（见《" + "乙" * 90 + "…》）"


@pytest.mark.parametrize("mark", ["1、", "一、", "十二、", "（二）", "3.", "① ", "• ", "10．"])
def test_a_list_mark_never_ends_an_excerpt(mark):
    text = "甲" * 140 + "。" + mark + "乙" * 14 + "，" + "丙" * 50
    for start in range(15, 35):
        found = shorten("甲" * (start + 110) + "。" + mark + "乙" * 100).rstrip("…")
        assert not found.endswith(mark.strip()), found
    assert shorten(text) == "甲" * 140 + "。"


def test_a_text_without_any_border_is_cut_between_words():
    assert shorten("字" * 300) == "字" * 159 + "…"
    assert shorten("字" * 155 + "electrocardiogram" + "字" * 99) == "字" * 155 + "…"
    assert shorten("x" * 300) == "x" * 159 + "…"


def test_another_limit_may_be_asked_for():
    assert shorten("一二三四五六，七八九十。一二三四五六", limit=12, floor=5) == "一二三四五六，七八九十。"


# Over rendered bodies


def test_headings_and_tables_are_left_out():
    html = "<h2>一、范围</h2><p>先说范围。</p><table><tr><th>级别</th><td><p>比例</p></td></tr></table><h3>（一）住院</h3><p>再说住院。</p>"
    assert excerpt(html) == "先说范围。再说住院。"


def test_a_label_runs_into_what_it_names():
    assert excerpt("<ol><li><p><strong>资金归属</strong></p><p>归本人。</p></li></ol>") == "资金归属：归本人。"
    assert excerpt("<p><strong>办理条件：</strong></p><ul><li>在职。</li></ul>") == "办理条件：在职。"


@pytest.mark.parametrize("after", ["", "<h2>二</h2>", "<table><tr><td>甲</td></tr></table>"])
def test_a_label_with_nothing_behind_it_is_left_out(after):
    assert excerpt(f"<p>先备案。</p><p><strong>所需材料</strong></p>{after}") == "先备案。"


def test_items_that_are_bold_as_a_whole_are_no_labels():
    html = "<p>带上这些：</p><ul><li><strong>身份证</strong></li><li><strong>户口本</strong></li></ul>"
    assert excerpt(html) == "带上这些：身份证　户口本"


@pytest.mark.parametrize("html", ["<h2>只有标题</h2>", "<table><tr><td>只有表格</td></tr></table>", "<p><strong>只有粗体</strong></p>"])
def test_a_body_without_prose_still_has_an_excerpt(html):
    assert excerpt(html).startswith("只有")


def test_a_body_without_text_has_an_empty_excerpt():
    assert excerpt("<p></p><br>") == ""


def _random_body(random_):
    words = [
        "医保",
        "断缴",
        "住院",
        "（含门诊）",
        "“双通道”",
        "《办法》",
        "1,300元",
        "MRI",
        "2025年",
        "缴费",
        "，",
        "，",
        "、",
        "；",
        "。",
        "。",
        "：",
    ]
    blocks = []
    for _ in range(random_.randint(1, 12)):
        text = "".join(random_.choices(words, k=random_.randint(1, 40)))
        label = "".join(random_.choices(words[:9], k=3))
        blocks.append(
            random_.choice(
                [
                    f"<p>{text}</p>",
                    f"<h2>{random_.choice('一二三')}、独标{label}</h2>",
                    f"<p><strong>{label}</strong></p>",
                    f"<ul><li>{text}</li><li><strong>标签</strong>：{text}</li></ul>",
                    f"<p>（{text}）{text}</p>",
                    f"<table><tr><td>独表{text}</td></tr></table>",
                ]
            )
        )
    return "".join(blocks)


def test_every_excerpt_keeps_the_rules():
    random_ = random.Random(2025)
    for _ in range(2000):
        prose = clean(_random_body(random_)).prose
        found = shorten(prose)
        one_line = shorten(prose, limit=10**6)
        assert len(found) <= 160
        assert len(found) >= min(80, len(one_line))
        assert "\n" not in found
        assert not unclosed(found), found
        if len(one_line) > 160:
            assert one_line.startswith(re.sub(r"…[）”》]*$", "", found)), found
            assert re.search(r"[。；…]$|[。；…][）”》]+$", found), found


def test_an_excerpt_shows_no_heading_while_there_is_prose():
    random_ = random.Random(7)
    for _ in range(500):
        html = "<p>开头一段话。</p>" + _random_body(random_)
        assert "独标" not in excerpt(html)
        assert "独表" not in excerpt(html)
