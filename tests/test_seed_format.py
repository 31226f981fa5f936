"""The plain-text form of a published page: what its lines become, and that a part of a file is never taken for the whole."""

from datetime import date

import pytest

from articles.rendering import clean
from articles.seed_format import FormatError, Teaser, parse

END = "\n\n提示:本内容不能代替面诊,如有不适请尽快就医。\n"
RELATED = """相关推荐

住院押金医保能不能抵

住院押金要先自己垫,出院结算时 多退少补 :具体看医院。 一、押金 交多少

健康新闻 2024-11-05

换了工作旧医保怎么接上

新单位参保后办转移(一般线上就行)

健康新闻 2024-11-06
"""
DOCUMENT = f"""异地住院没备案能不能报

能报,但少报

没有提前备案也能报销,只是比例会低一些,分下面几种情形:

一、急诊抢救

  1. 视同备案

    因急诊住院的,出院前补上材料即可,比例不降。

  2. 要带的材料

    • 急诊病历(盖章)

    • 身份凭证 :身份证或电子凭证都行

二、普通住院

  1. 先垫后报

    出院后回参保地窗口(工作日9:00-12:00)提交。
    最晚不超过次年3月底。

  2. 报多少

    一般降10%-20%,封顶仍按参保地。

• 特别提醒

  ◦ 发票留原件

    ▪ 丢了要补盖章的存根

多数地方允许出院前补备案,先打028-12345678问清楚再办。
{END}{RELATED}"""


def body(text, end=END):
    return parse(f"某个问题怎么办\n\n开头一段话,说明情况如下:\n\n{text}{end}").body.removeprefix("<p>开头一段话，说明情况如下：</p>")


def test_a_whole_document_is_read():
    document = parse(DOCUMENT)
    assert document.title == "异地住院没备案能不能报"
    assert document.short_answer == "能报，但少报"
    assert document.body == (
        "<p>没有提前备案也能报销，只是比例会低一些，分下面几种情形：</p>"
        "<h2>一、急诊抢救</h2>"
        "<ol><li><p><strong>视同备案</strong></p><p>因急诊住院的，出院前补上材料即可，比例不降。</p></li>"
        "<li><p><strong>要带的材料</strong></p>"
        "<ul><li>急诊病历（盖章）</li><li><strong>身份凭证</strong>：身份证或电子凭证都行</li></ul></li></ol>"
        "<h2>二、普通住院</h2>"
        "<ol><li><p><strong>先垫后报</strong></p><p>出院后回参保地窗口（工作日9:00-12:00）提交。<br>最晚不超过次年3月底。</p></li>"
        "<li><p><strong>报多少</strong></p><p>一般降10%-20%,封顶仍按参保地。</p></li></ol>"
        "<ul><li><p><strong>特别提醒</strong></p>"
        "<ul><li><p><strong>发票留原件</strong></p><ul><li>丢了要补盖章的存根</li></ul></li></ul></li></ul>"
        "<p>多数地方允许出院前补备案，先打028-12345678问清楚再办。</p>"
    )


def test_the_body_is_already_of_the_closed_schema():
    document = parse(DOCUMENT)
    assert clean(document.body).html.replace(' id="急诊抢救"', "").replace(' id="普通住院"', "") == document.body


def test_the_related_items_become_teasers():
    assert parse(DOCUMENT).related == [
        Teaser("住院押金医保能不能抵", "住院押金要先自己垫，出院结算时 多退少补：具体看医院。 一、押金 交多少", date(2024, 11, 5)),
        Teaser("换了工作旧医保怎么接上", "新单位参保后办转移（一般线上就行）", date(2024, 11, 6)),
    ]


def test_the_disclaimer_is_dropped():
    assert "面诊" not in parse(DOCUMENT).body


@pytest.mark.parametrize(
    "line",
    ["提示:本内容不能代替面诊,如有不适请尽快就医。", "提示：本内容不能代替面诊，如有不适请尽快就医", " 提示 ： 本内容不能代替面诊。"],
)
def test_the_disclaimer_may_be_written_in_several_ways(line):
    assert parse(f"问题\n\n正文的话。\n\n{line}\n").body == "<p>正文的话。</p>"


@pytest.mark.parametrize(
    "change", [lambda t: t.replace("\n", "\r\n"), lambda t: t.replace("\n", "\r"), lambda t: t.replace("  ", "\u3000")]
)
def test_line_ends_and_kinds_of_indentation_do_not_matter(change):
    assert parse(change(DOCUMENT)).body == parse(DOCUMENT).body


# The short answer


@pytest.mark.parametrize(
    ("beginning", "short_answer", "first"),
    [
        ("不会\n\n余额归个人所有。", "不会", "<p>余额归个人所有。</p>"),
        ("门诊、药店和部分住院费用\n\n主要有这些用处:", "门诊、药店和部分住院费用", "<p>主要有这些用处：</p>"),
        ("余额归个人所有,不会清零。", "", "<p>余额归个人所有，不会清零。</p>"),
        ("可以从下面几点看:\n\n第一点说的是这个。", "", "<p>可以从下面几点看：</p>"),
        ("这一段很长,是正文的第一段话,已经超过了简短回答的长度,所以不能当作回答来用,哪怕它独占一行也一样。\n\n第二段。", "", None),
        ("短短一句。\n接着的一行。\n\n第二段。", "", "<p>短短一句。<br>接着的一行。</p>"),
        ("一、条件\n\n说明。", "", "<h2>一、条件</h2>"),
        ("先说结论\n\n一、条件\n\n说明。", "", "<p>先说结论</p>"),
        ("先说结论\n\n  1. 条件", "", "<p>先说结论</p>"),
        ("• 条件\n\n说明。", "", "<ul><li>条件</li></ul>"),
    ],
)
def test_a_short_line_before_the_lead_is_the_short_answer_and_none_is_invented(beginning, short_answer, first):
    document = parse(f"问题\n\n{beginning}{END}")
    assert document.short_answer == short_answer
    if first:
        assert document.body.startswith(first)


# The body


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一、甲\n\n十二、乙\n\n（三）丙\n\n(四)丁", "<h2>一、甲</h2><h2>十二、乙</h2><h3>（三）丙</h3><h3>（四）丁</h3>"),
        (
            "一、甲\n\n  1. 子\n\n  2. 丑\n\n二、乙\n\n  1. 寅",
            "<h2>一、甲</h2><ol><li>子</li><li>丑</li></ol><h2>二、乙</h2><ol><li>寅</li></ol>",
        ),
        ("1、甲\n2．乙\n3)丙\n4.丁", "<ol><li>甲</li><li>乙</li><li>丙</li><li>丁</li></ol>"),
        ("1. 甲\n\n1. 乙", "<ol><li>甲</li></ol><ol><li>乙</li></ol>"),
        ("  3. 甲\n\n  4. 乙", '<ol start="3"><li>甲</li><li>乙</li></ol>'),
        ("• 甲\n● 乙\n- 丙\n* 丁\n·戊", "<ul><li>甲</li><li>乙</li><li>丙</li><li>丁</li><li>戊</li></ul>"),
        (
            "  • 甲：\n\n    1. 子\n\n    2. 丑\n\n  • 乙：\n\n    1. 寅",
            "<ul><li><p>甲：</p><ol><li>子</li><li>丑</li></ol></li><li><p>乙：</p><ol><li>寅</li></ol></li></ul>",
        ),
        (
            "• 一层\n  • 二层\n    • 三层\n      • 四层\n• 又一层",
            "<ul><li><p><strong>一层</strong></p><ul><li><p><strong>二层</strong></p><ul><li><p><strong>三层</strong></p>"
            "<ul><li>四层</li></ul></li></ul></li></ul></li><li>又一层</li></ul>",
        ),
        ("  1. 名目\n\n    说明。\n\n    再说明。", "<ol><li><p><strong>名目</strong></p><p>说明。</p><p>再说明。</p></li></ol>"),
        ("  1. 这是一句话。\n\n    说明。", "<ol><li><p>这是一句话。</p><p>说明。</p></li></ol>"),
        ("资金来源 :单位和个人", "<p><strong>资金来源</strong>：单位和个人</p>"),
        ("  • 资金来源 ：单位(含机关)", "<ul><li><strong>资金来源</strong>：单位（含机关）</li></ul>"),
        ("注意 : 别忘\n时限 :三十日", "<p><strong>注意</strong>：别忘<br><strong>时限</strong>：三十日</p>"),
        ("资金来源:单位和个人", "<p>资金来源：单位和个人</p>"),
        ("先备案,再住院 :可以", "<p>先备案，再住院：可以</p>"),
        ("第一行,\n第二行", "<p>第一行，<br>第二行</p>"),
        ("  1. 第一行\n     第二行", "<ol><li>第一行<br>第二行</li></ol>"),
        ("• 甲\n\n顶格的段落。", "<ul><li>甲</li></ul><p>顶格的段落。</p>"),
        (
            "1.5万元以上\n\n3-6个月\n\n-5度\n\n2025年起\n\n10:30开门",
            "<p>1.5万元以上</p><p>3-6个月</p><p>-5度</p><p>2025年起</p><p>10:30开门</p>",
        ),
        ("a<b>c&d</b>", "<p>a&lt;b&gt;c&amp;d&lt;/b&gt;</p>"),
        ("<script>x</script> :甲", "<p><strong>&lt;script&gt;x&lt;/script&gt;</strong>：甲</p>"),
    ],
)
def test_lines_become_html(text, expected):
    assert body(text) == expected


# Parts of files, and other files


def test_a_file_cut_off_at_any_byte_is_refused_unless_only_whole_related_items_are_missing():
    raw = DOCUMENT.encode()
    whole = parse(DOCUMENT)
    accepted = []
    for length in range(len(raw)):
        try:
            part = parse(raw[:length].decode())
        except (FormatError, UnicodeDecodeError):
            continue
        assert part._replace(related=whole.related) == whole
        assert part.related == whole.related[: len(part.related)]
        accepted.append(raw[:length].decode().rstrip())
    disclaimer = DOCUMENT[: DOCUMENT.index("相关推荐")].rstrip()
    assert set(accepted) == {
        disclaimer,
        disclaimer + "\n相关推荐",
        DOCUMENT[: DOCUMENT.index("2024-11-05") + 10],
        DOCUMENT.rstrip(),
    }


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", 1, "没有找到结尾"),
        ("问题\n\n正文。\n", 4, "没有找到结尾"),
        (END, 1, "缺少标题或正文"),
        (f"问题{END}", 1, "缺少标题或正文"),
        (f"问题\n\n正文。{END}别的话\n", 6, "相关推荐"),
        (f"问题\n\n正文。{END}相关推荐\n\n题\n\n健康新闻 2024-02-30\n", 10, "日期无效"),
        (f"问题\n\n正文。{END}相关推荐\n\n健康新闻 2024-02-03\n", 8, "没有标题"),
        (f"问题\n\n正文。{END}相关推荐\n\n题\n\n摘要\n", 10, "没有日期"),
    ],
)
def test_what_is_no_whole_document_is_refused_with_the_line(text, line, why):
    with pytest.raises(FormatError, match=why) as refusal:
        parse(text)
    assert refusal.value.line == line


@pytest.mark.parametrize("text", ["\0\0\0", "\ud800", "[" * 1000, "• " * 1000, "\n" * 10_000, "  1. " * 500, "提示:本内容不能代替面诊"])
def test_other_texts_are_refused_without_a_traceback(text):
    with pytest.raises(FormatError):
        parse(text)


def test_lists_nest_ten_deep_and_no_deeper():
    deep = "\n".join(" " * depth + "• 层" for depth in range(1200))
    assert body(deep).count("<ul>") == 10
    assert body(deep).count("<li>") == 1200
