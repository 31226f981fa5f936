"""Every check of a text: what it finds, and the near miss that it leaves alone."""

from datetime import date

import pytest

from articles.checklist.rules import BLOCKS, CHECKS, MESSAGE, PARTS, PLACES, QUOTE, Page, blocking, found_in
from articles.content import ArticleContent, Source

TODAY = date(2026, 5, 20)
SOURCE = Source("《关于做好门诊保障的通知》")
SOUND = {
    "title": "嘉兴职工门诊报销多少？",
    "short_answer": "嘉兴职工在社区门诊一般报70%，以嘉兴医保部门规定为准。",
    "body": "<p>嘉兴参保职工到社区看门诊，按比例报销。</p>",
    "category": 1,
    "tags": (1,),
    "sources": (SOURCE,),
}


def findings(**fields):
    return found_in(Page.of(ArticleContent(**{**SOUND, **fields})), TODAY)


def places(code, **fields):
    """Where the check finds something: (part, quote) each."""
    return [(each.part, each.quote) for each in findings(**fields) if each.code == code]


def test_a_sound_text_passes_every_check():
    assert findings() == []


def test_every_finding_has_a_check_and_a_place_that_have_names():
    bad = findings(title="根 治 胃 病 的 好药,真的", short_answer="", body="<p>药到病除，要100元</p>", category=None, tags=(), sources=())
    assert len(bad) > 5
    for each in bad:
        assert each.check.label
        assert each.part_label
        assert each.part in PARTS
        assert len(each.message) <= MESSAGE
        assert len(each.quote) <= QUOTE


def test_only_forbidden_advertising_and_a_missing_category_block():
    assert {code for code, check in CHECKS.items() if check.level == BLOCKS} == {"advertising", "category"}


# Sources


@pytest.mark.parametrize(
    ("body", "quote"),
    [
        ("<p>先登记。报销比例是65%。</p>", "报销比例是65%。"),
        ("<p>每人每年交380元。</p>", "每人每年交380元。"),
        ("<p>请在3个工作日内办完。</p>", "请在3个工作日内办完。"),
        ("<p>等待期为三个月。</p>", "等待期为三个月。"),
        ("<p>缴满25年才能享受。</p>", "缴满25年才能享受。"),
        ("<p>报百分之八十。</p>", "报百分之八十。"),
        ("<p>国家规定由单位代扣。</p>", "国家规定由单位代扣。"),
        ("<p>单位应当按月申报。</p>", "单位应当按月申报。"),
    ],
)
def test_a_number_or_rule_without_source(body, quote):
    assert places("source", short_answer="", body=body, sources=()) == [("body", quote)]


@pytest.mark.parametrize(
    "body",
    [
        "<p>带上证件去窗口登记。</p>",
        "<p>2026年起换了新系统。</p>",
        "<p>3月份去窗口更空。</p>",
        "<p>等两三个月再看。</p>",
        "<p>一次登记，长期管用。</p>",
        "<p>拨打12393问问。</p>",
        "<p>以当地规定为准。</p>",
    ],
)
def test_what_is_no_number_of_a_rule_needs_no_source(body):
    assert places("source", short_answer="", body=body, sources=()) == []


def test_with_a_source_any_number_may_stand():
    assert places("source", body="<p>报65%，封顶20万元。</p>") == []


def test_a_dose_in_clinical_content_needs_a_source_and_plain_advice_does_not():
    assert places("source", kind="clinical", body="<p>每次10毫克。</p>", short_answer="", sources=()) == [("body", "每次10毫克。")]
    assert places("source", kind="clinical", body="<p>睡前应当刷牙。</p>", short_answer="", sources=()) == []


# The short answer


@pytest.mark.parametrize("answer", ["社区门诊报70%，先刷卡。", "每月划入85元。", "断缴后等待三个月。"])
def test_a_number_without_place_or_year(answer):
    assert [part for part, _ in places("scope", title="职工门诊能报多少？", short_answer=answer)] == ["short_answer"]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "绍兴职工门诊能报多少？", "short_answer": "社区门诊报70%。"},
        {"title": "职工门诊能报多少？", "short_answer": "绍兴的社区门诊报70%。"},
        {"title": "职工门诊能报多少？", "short_answer": "2026年社区门诊报70%。"},
        {"title": "职工门诊能报多少？", "short_answer": "按《门诊办法》报70%。"},
        {"title": "职工门诊能报多少？", "short_answer": "报70%，以参保地规定为准。"},
        {"title": "职工门诊能报多少？", "short_answer": "比例各地不同，社区医院报得多。"},
        {"title": "成人一次吃几片？", "short_answer": "每次2片。", "kind": "clinical"},
    ],
)
def test_a_number_with_place_year_or_document_may_stand(fields):
    assert places("scope", **fields) == []


@pytest.mark.parametrize("answer", ["可以报销。", "不能。", "都能报。", "必须去窗口办理。", "无需备案。", "不会清零，放心。"])
def test_a_verdict_without_its_condition(answer):
    assert places("condition", short_answer=answer) != []


@pytest.mark.parametrize(
    "answer",
    [
        "可以，以参保地规定为准。",
        "如果备过案就可以报销。",
        "需要先备案才能报。",
        "一般不会清零。",
        "各地不同，多数地方可以。",
        "急诊除外，其余都能报，但要留好票据。",
        "符合条件的可以享受。",
        "带身份证去窗口。",
        "",
    ],
)
def test_a_verdict_with_its_condition_may_stand(answer):
    assert places("condition", short_answer=answer) == []


def test_verdicts_of_clinical_content_are_the_reviewers_business():
    assert places("condition", kind="clinical", short_answer="可以吃。") == []


def test_a_missing_short_answer_is_reminded_of():
    assert places("short_answer", short_answer="") == [("short_answer", "")]


# Time


def test_a_policy_that_has_run_out():
    (found,) = [each for each in findings(valid_until=date(2026, 5, 19)) if each.code == "expired"]
    assert "2026-05-19" in found.message


@pytest.mark.parametrize(
    "fields",
    [
        {"valid_until": None},
        {"valid_until": TODAY},
        {"valid_until": date(2025, 1, 1), "successor": 7},
        {"valid_until": date(2025, 1, 1), "short_answer": "嘉兴的这项优惠已经结束。"},
    ],
)
def test_a_policy_in_force_or_one_whose_page_says_that_it_is_over(fields):
    assert places("expired", **fields) == []


@pytest.mark.parametrize("title", ["2024年嘉兴职工医保怎么交？", "2025年度嘉兴职工医保交多少？"])
def test_a_year_in_the_question_that_has_passed(title):
    assert places("year", title=title) == [("title", title)]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "2026年嘉兴职工医保怎么交？"},
        {"title": "2027年嘉兴职工医保怎么交？"},
        {"title": "2024年以前参保的嘉兴职工怎么算年限？"},
        {"title": "2020年起停缴的嘉兴职工怎么补？"},
        {"title": "2024年嘉兴职工医保怎么交？", "valid_until": date(2026, 12, 31)},
        {"title": "2024年嘉兴职工医保怎么交？", "short_answer": "嘉兴2024年按档缴费，2026年一般改为按基数。"},
        {"title": "嘉兴热线12320能问医保吗？"},
    ],
)
def test_a_year_that_is_not_over_or_that_is_accounted_for(fields):
    assert places("year", **fields) == []


# The subject


@pytest.mark.parametrize(
    ("title", "answer", "missing"),
    [
        ("糖尿病人能吃西瓜吗？", "降压药一般早上吃，听医生的。", "糖尿病"),
        ("湖州职工门诊报多少？", "台州职工门诊一般报七成。", "湖州"),
        ("骨折以后多久拆石膏？", "感冒一般一周好。", "骨折"),
        ("做胃镜要空腹吗？", "带好身份证，早点出门。", "胃镜"),
    ],
)
def test_an_answer_that_does_not_speak_of_the_question(title, answer, missing):
    (found,) = [each for each in findings(title=title, short_answer=answer, body="<p>早点到医院。</p>") if each.code == "subject"]
    assert missing in found.message


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "糖尿病人能吃西瓜吗？", "short_answer": "血糖平稳时可以少量吃西瓜，糖尿病人要先问医生。"},
        {"title": "医保卡丢了怎么补？", "short_answer": "", "body": "<p>带身份证到窗口补办社保卡。</p>"},
        {"title": "家庭共济怎么绑定？", "short_answer": "", "body": "<p>先开通共济，再加家人。</p>"},
        {"title": "湖州职工门诊报多少？", "short_answer": "职工门诊一般报七成。", "regions": ("330500",)},
        {"title": "湖州职工门诊报多少？", "short_answer": "职工门诊一般报七成，以当地规定为准。"},
        {"title": "怎么办？", "short_answer": "先别急。"},
    ],
)
def test_an_answer_in_other_words_still_answers(fields):
    assert places("subject", **fields) == []


# Filing


def test_a_missing_category_blocks_and_missing_tags_are_reminded_of():
    found = {each.code: each for each in findings(category=None, tags=())}
    assert found["category"].blocks
    assert not found["tags"].blocks


# Form


@pytest.mark.parametrize("length", [801, 2000])
def test_a_long_body_without_headings(length):
    assert places("headings", body=f"<p>{'嘉兴' * (length // 2)}长</p>") == [("body", "")]


@pytest.mark.parametrize(
    "body", [f"<h2>怎么办</h2><p>{'嘉兴' * 500}</p>", f"<h3>怎么办</h3><p>{'嘉兴' * 500}</p>", f"<p>{'嘉兴' * 400}</p>"]
)
def test_a_long_body_with_headings_or_a_short_one(body):
    assert places("headings", body=body) == []


@pytest.mark.parametrize("title", ["嘉兴职工医保政策", "关于嘉兴门诊的通知", "嘉兴门诊新规解读"])
def test_a_title_that_asks_nothing(title):
    assert places("no_question", title=title) == [("title", title)]


@pytest.mark.parametrize(
    "title",
    [
        "嘉兴职工医保怎么交",
        "嘉兴能不能异地刷卡",
        "嘉兴门诊报多少",
        "嘉兴职工和居民医保的区别",
        "嘉兴办理社保卡的流程",
        "去嘉兴看病要备案吗",
        "按压多深才够",
        "哪家医院能办",
    ],
)
def test_a_title_that_asks_even_without_a_question_mark(title):
    assert places("no_question", title=title) == []


def test_half_width_signs_between_chinese_characters():
    assert places("punctuation", short_answer="嘉兴一般能报,先备案;再结算。") == [("short_answer", "嘉兴一般能报,先备案;再结算。"[:16])]
    assert places("punctuation", phrasings=("嘉兴门诊,报多少",)) == [("phrasings", "嘉兴门诊,报多少")]


@pytest.mark.parametrize("answer", ["嘉兴一般能报，时间9:00-12:00。", "拨打0573-82070000(工作日)", "嘉兴APP:在应用商店里下，以当地为准。"])
def test_signs_beside_digits_and_letters_stay(answer):
    assert places("punctuation", short_answer=answer) == []


def test_letter_spaced_text():
    assert places("spacing", title="嘉 兴 门 诊 怎么报？") == [("title", "嘉 兴 门 诊 怎")]
    assert places("spacing", title="嘉兴 门诊 报销 怎么办？") == []


def test_a_phrasing_that_repeats_the_question_or_another_one():
    asked = ("嘉兴职工门诊报销多少呢", "社区看病报多少", "社区看病报多少？", "门诊给报吗")
    assert [quote for _, quote in places("phrasing", phrasings=asked)] == [asked[0], asked[2]]


# Links


@pytest.mark.parametrize(
    "href",
    ["https://", "http://localhost/x", "https://gov", "http://a b.cn/", "https://例子/", "www.nhsa.gov.cn/x", "articles/5/", "https://[x"],
)
def test_addresses_that_cannot_be_right(href):
    assert places("odd_link", body=f'<p>嘉兴见<a href="{href}">这里</a></p>') == [("body", href)]


@pytest.mark.parametrize(
    "href",
    [
        "https://www.nhsa.gov.cn/art/2026/1.html?a=1&amp;b=2",
        "http://ybj.jiaxing.gov.cn",
        "https://www.gov.cn:8443/x",
        "https://中国政府网.中国/",
        "/articles/3/",
        "#来源",
        "mailto:someone@example.org",
        "tel:12393",
    ],
)
def test_addresses_that_may_be_right(href):
    assert places("odd_link", body=f'<p>嘉兴见<a href="{href}">这里</a></p>') == []


def test_the_address_of_a_source_is_looked_at_too():
    assert places("odd_link", sources=(Source("《通知》", url="https://nhsa"),)) == [("sources", "https://nhsa")]


# Advertising


@pytest.mark.parametrize(("part", "text"), [("title", "哪家医院包治百病？我们包治百病"), ("short_answer", "嘉兴某药保证治愈。")])
def test_forbidden_phrases_block_wherever_they_stand(part, text):
    assert any(each.blocks and each.part == part for each in findings(**{part: text}))


def test_forbidden_phrases_are_found_across_tags():
    assert places("advertising", body="<p>嘉兴神方<strong>根</strong>治痛风。</p>") == [("body", "嘉兴神方根治痛风。")]


def test_a_blocking_phrase_is_not_lost_behind_many_harmless_ones():
    body = "".join(f"<p>嘉兴第{i}家，亲测有效。</p>" for i in range(40)) + "<p>保证治愈。</p>"
    assert len(places("promotion", body=body)) == PLACES
    assert [reason for reason in blocking(ArticleContent(**{**SOUND, "body": body})) if "保证治愈" in reason]


def test_reasons_that_block_quote_the_place_and_reminders_are_no_reasons():
    assert blocking(ArticleContent(**{**SOUND, "body": "<p>嘉兴第一神药！亲测有效。</p>"})) == []
    (reason,) = blocking(ArticleContent(**{**SOUND, "body": "<p>嘉兴好药，药到病除。</p>"}))
    assert "药到病除" in reason
    assert "删去" in reason
