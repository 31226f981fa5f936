"""Two questions beside each other: one, siblings, or strangers."""

import json
from itertools import chain

import pytest

from articles.duplicates import DIFFERENT, DUPLICATE, SIBLING, Question, compare
from articles.duplicates.comparison import ASPECTS, GENERIC
from articles.evaluation import duplicate_scores, read_pairs
from articles.slots import FIXTURES, described, dictionary
from tests.judged import assemble

DUPLICATES = [
    ("医保卡里没花完的钱，到年底还在吗？", "医保个人账户的钱年底会清零吗"),
    ("医保余额怎么查", "怎么查看医保卡里还有多少钱"),
    ("没单位的人医保费去哪儿缴", "自由职业者到哪里缴医保费"),
    ("绍兴流鼻血挂什么科", "绍兴市鼻出血看哪个科"),
    ("社保卡丢了怎么补办", "医保卡遗失如何补办？"),
    ("职工医保断缴半年还能报销吗", "职工医保停交6个月能不能报销"),
    ("2026年北京居民医保缴费标准是多少", "北京二〇二六年城乡居民医保要交多少钱"),
    ("做核磁共振能走医保吗", "MRI检查医保报不报"),
    ("剖腹产可以报销多少", "剖宫产医保能报多少钱"),
    ("新生儿医保怎么办理", "刚出生的宝宝如何上医保"),
    ("异地就医备案怎么取消", "如何撤销异地备案"),
    ("拔智齿医保能报吗", "拔智齿可以用医保报销吗"),
    ("高血压患者能喝咖啡吗", "血压高可不可以喝咖啡"),
    ("糖尿病人能吃荔枝吗", "血糖高的人可以吃荔枝吗"),
    ("家庭共济怎么绑定老婆", "家庭共济如何添加配偶"),
    ("感冒了能打流感疫苗吗", "感冒期间可以接种流感疫苗吗"),
    ("生育津贴怎么申请", "如何申请生育津贴？"),
    ("发烧39度要吃退烧药吗", "体温39℃发烧用不用吃退烧药"),
    ("大病保险的起付线是多少", "大病医保起付标准多少钱"),
    ("转诊到外地医院需要什么材料", "去外地医院转诊要带哪些材料"),
]
SIBLINGS = [
    ("绍兴手指发麻挂什么科", "绍兴流鼻血挂什么科"),
    ("长沙看头晕伴恶心的专科有哪些", "长沙看头晕伴视物模糊的专科有哪些"),
    ("2025年北京医保缴费标准", "2026年北京医保缴费标准"),
    ("宁波医保怎么查余额", "舟山医保怎么查余额"),
    ("职工医保断缴怎么补缴", "居民医保断缴怎么补缴"),
    ("职工医保断缴3个月还能报销吗", "职工医保断缴半年还能报销吗"),
    ("医保关系怎么转入上海", "医保关系怎么转出上海"),
    ("糖尿病人能吃西瓜吗", "糖尿病人能吃葡萄吗"),
    ("阿莫西林吃完几天能喝酒", "甲硝唑吃完几天能喝酒"),
    ("一级医院住院报销比例", "三级医院住院报销比例"),
    ("胃镜前要空腹几小时", "肠镜前要空腹几小时"),
    ("家庭共济怎么绑定孩子", "家庭共济怎么绑定父母"),
    ("异地就医备案怎么办理", "异地就医备案怎么取消"),
    ("发烧38度要吃退烧药吗", "发烧39度要吃退烧药吗"),
    ("住院花了2万能报多少", "住院花了5万能报多少"),
    ("白内障手术医保能报多少", "青光眼手术医保能报多少"),
    ("省内异地就医要备案吗", "跨省异地就医要备案吗"),
    ("孕妇能吃螃蟹吗", "孕妇能吃榴莲吗"),
    ("二价HPV疫苗打几针", "九价HPV疫苗打几针"),
    ("被猫抓了怎么办", "被狗咬了怎么办"),
]
STRANGERS = [
    ("医保卡里的钱能取出来吗", "拔牙之前要吃消炎药吗"),
    ("医保卡丢了怎么补办", "医保卡里的钱怎么查"),
    ("生育津贴怎么算", "产假有多少天"),
    ("高血压能报门诊慢病吗", "高血压头晕怎么办"),
    ("住院押金要交多少", "住院能请假回家吗"),
    ("新生儿黄疸多久退", "新生儿医保怎么办理"),
    ("胃镜疼不疼", "胃镜能报销吗"),
    ("感冒能不能吃头孢", "流感疫苗什么时候打"),
    ("孕妇产检报销多少", "孕妇能不能坐飞机"),
    ("怎么投诉医院", "怎么预约挂号"),
    ("糖尿病人能吃西瓜吗", "糖尿病怎么办门诊慢特病"),
    ("打完疫苗能洗澡吗", "打疫苗要多少钱"),
]


def label(a, b, **answers):
    return compare(Question(a, answer=answers.get("a", "")), Question(b, answer=answers.get("b", ""))).label


@pytest.mark.parametrize(("a", "b"), DUPLICATES)
def test_the_same_question_in_other_words_is_a_duplicate(a, b):
    assert label(a, b) == DUPLICATE


@pytest.mark.parametrize(("a", "b"), SIBLINGS)
def test_the_same_form_with_another_value_is_a_sibling(a, b):
    assert label(a, b) == SIBLING


@pytest.mark.parametrize(("a", "b"), STRANGERS)
def test_another_question_is_no_duplicate(a, b):
    assert label(a, b) != DUPLICATE


@pytest.mark.parametrize(("a", "b"), DUPLICATES + SIBLINGS + STRANGERS)
def test_the_order_of_the_two_does_not_matter(a, b):
    one, other = compare(Question(a), Question(b)), compare(Question(b), Question(a))
    assert one.label == other.label
    assert one.similarity == pytest.approx(other.similarity)
    assert one.differing == {kind: pair[::-1] for kind, pair in other.differing.items()}


def test_what_differs_is_named_as_it_was_written():
    found = compare(Question("2025年舟山新农合怎么交"), Question("2026年宁波职工医保怎么交"))
    assert found.differing == {
        "place": (("舟山",), ("宁波",)),
        "year": (("2025年",), ("2026年",)),
        "insurance": (("新农合",), ("职工医保",)),
    }


def test_a_place_that_only_the_article_names_tells_two_apart():
    asked = "居民医保什么时候开始缴费"
    here, there = Question(asked, regions=("330900",)), Question(asked, regions=("330200",))
    assert compare(here, here).label == DUPLICATE
    assert compare(here, there).label == SIBLING
    assert compare(here, Question(asked)).label != DUPLICATE
    assert compare(Question(asked, regions=("100000",)), Question(asked)).label == DUPLICATE
    assert compare(here, Question(f"舟山{asked}")).label == DUPLICATE


def test_a_phrasing_that_asks_the_same_makes_a_duplicate():
    kept = Question("个人账户余额年底怎么处理", phrasings=("医保卡里的钱年底会清零吗",))
    assert compare(Question("医保卡里的钱到年底会清零吗"), kept).label == DUPLICATE


def test_but_not_where_the_titles_name_different_places():
    a = Question("舟山医保余额怎么查", phrasings=("怎么查医保余额",))
    b = Question("宁波医保余额怎么查", phrasings=("怎么查医保余额",))
    assert compare(a, b).label == SIBLING


def test_answers_that_say_the_same_speak_for_it_and_empty_ones_say_nothing():
    a, b = "退休人员医保卡每月多少钱", "退休职工个人账户每月划多少"
    same = "<p>按当地上年度的平均养老金划拨，每月月底前入账，手机上可以查到。</p>"
    silent = compare(Question(a), Question(b)).similarity
    assert compare(Question(a, answer=same), Question(b, answer=same)).similarity > silent
    assert compare(Question(a, answer=same), Question(b)).similarity == pytest.approx(silent, abs=0.2)


def test_what_a_word_implies_and_what_it_asks_for_are_words_of_the_dictionary():
    known = {value for _, value in dictionary().entries.values()}
    implied = json.loads((FIXTURES / "implied.json").read_text(encoding="utf-8"))
    assert {*ASPECTS, *GENERIC, *implied, *chain(*implied.values())} - known == set()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("从苏州把医保转到上海", "从上海把医保转到苏州"),
        ("吃完头孢多久能喝酒", "喝完酒多久能吃头孢"),
        ("胃镜前能不能喝水", "胃镜后能不能喝水"),
        ("心率过快怎么办", "心率过慢怎么办"),
        ("甲珐替林能报销吗", "乙珐替林能报销吗"),
        ("哪些费用医保能报", "哪些费用医保不能报"),
        ("牙疼怎么办", "孕妇牙疼怎么办"),
    ],
)
def test_a_question_turned_round_is_another_one(a, b):
    assert label(a, b) != DUPLICATE


@pytest.mark.parametrize("title", ["", "？", "a" * 5000, "医" * 5000, "\ud800\ud800", "1" * 400, "<b>" * 300])
def test_odd_titles_are_no_trouble(title):
    assert compare(Question(title, (title,), title), Question("医保卡丢了怎么办")).label in (DIFFERENT, SIBLING)


@pytest.mark.parametrize(("name", "recall"), [("dev", 0.9), ("dev_everyday", 0.55), ("dev3", 0.75), ("dev4", 0.8)])
def test_on_the_pairs_for_development_hardly_a_duplicate_is_false_and_none_is_a_sibling(name, recall):
    pairs = list(read_pairs(assemble.HERE / f"duplicates_{name}.jsonl"))
    sides = ([Question(pair[side]["title"], answer=pair[side].get("body") or "") for pair in pairs] for side in "ab")
    found = duplicate_scores([compare(a, b).label for a, b in zip(*sides, strict=True)], [pair["label"] for pair in pairs])
    assert found["siblings_as_duplicates"] == 0
    assert found["precision"] >= 0.95
    assert found["recall"] >= recall


def test_what_is_described_and_how_are_words_of_the_dictionary():
    known = {value for _, value in dictionary().entries.values()}
    assert {*described(), *chain(*chain(*described().values()))} - known == set()
    assert [name for name in described() if dictionary().entries[name][1] != name] == []


def test_two_pages_that_answer_the_same_in_passing_are_two():
    aside = ("断缴以后账户里的钱还能用吗",)
    balance = Question("医保个人账户余额怎么查？", (*aside, "账户里还剩多少钱怎么看"))
    shops = Question("医保个人账户在药店能买哪些东西？", (*aside, "账户的钱能买保健品吗"))
    assert compare(balance, shops).label != DUPLICATE


def test_two_pages_are_one_where_each_has_a_wording_for_the_other_s_title():
    a = Question("医保个人账户余额怎么查？", ("账户里还剩多少钱怎么看",))
    b = Question("账户里还剩多少钱怎么看？", ("医保个人账户余额怎么查",))
    assert compare(a, b).label == DUPLICATE
