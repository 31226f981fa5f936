"""What a question is about in particular is found, however it is written, and nothing else is taken for it."""

import json
import time

import pytest

from articles.slots import FIXTURES, _key, as_number, dictionary, slots


def values(text, kind):
    return set(slots(text).values.get(kind, ()))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("2026年居民医保交多少", "year", "2026"),
        ("二〇二六年居民医保交多少", "year", "2026"),
        ("2026年度缴费标准", "year", "2026"),
        ("26年居民医保交多少", "year", "2026"),
        ("断了半年", "duration", "6"),
        ("断了六个月", "duration", "6"),
        ("断了6个月", "duration", "6"),
        ("断了一年", "duration", "12"),
        ("断了十二个月", "duration", "12"),
        ("术后两周能跑步吗", "days", "14"),
        ("术后14天能跑步吗", "days", "14"),
        ("报销百分之七十", "percent", "70"),
        ("报销70%", "percent", "70"),
        ("报销七成", "percent", "70"),
        ("花了2万块", "amount", "20000"),
        ("花了两万元", "amount", "20000"),
        ("花了20000元", "amount", "20000"),
        ("满60周岁", "age", "60"),
        ("六十岁以上", "age", "60"),
        ("发烧38.5度", "degree", "38.5"),
        ("发烧38.5℃", "degree", "38.5"),
        ("二孩产假", "person", "二胎"),
        ("三甲医院", "level", "三级医院"),
        ("社区卫生服务中心", "level", "一级医院"),
        ("新农合怎么交", "insurance", "居民医保"),
        ("城镇职工基本医疗保险", "insurance", "职工医保"),
        ("没上班怎么缴医保", "insurance", "灵活就业"),
        ("核磁能报吗", "procedure", "核磁共振"),
        ("MRI能报吗", "procedure", "核磁共振"),
        ("老婆怀孕了", "person", "配偶"),
        ("刚出生的宝宝", "person", "新生儿"),
        ("医保关系转到杭州", "scope", "转入"),
        ("从杭州转出去", "scope", "转出"),
        ("撤销备案", "operation", "取消"),
        ("扑热息痛", "drug", "对乙酰氨基酚"),
        ("脚后跟疼", "body", "足跟"),
    ],
)
def test_one_value_whatever_the_spelling(text, kind, value):
    assert value in values(text, kind)


@pytest.mark.parametrize("text", ["舟山挂什么科", "浙江舟山挂什么科", "浙江省舟山市挂什么科"])
def test_a_city_is_a_city_with_or_without_its_province(text):
    assert values(text, "place") == {"330900"}


@pytest.mark.parametrize("region", json.loads((FIXTURES / "regions.json").read_text(encoding="utf-8")), ids=lambda row: row["pk"])
def test_every_region_is_known_by_both_of_its_names(region):
    if region["pk"] != "100000":
        for name in (region["fields"]["name"], region["fields"]["full_name"]):
            assert len(values(f"{name}的医保", "place")) == 1, name


@pytest.mark.parametrize("text", ["医保定点医院有哪些", "参保定点怎么选", "医保卡密码是多少", "看大夫要带什么"])
def test_no_place_is_read_across_two_words(text):
    assert values(text, "place") == set()


def test_a_district_belongs_to_its_city():
    assert values("北京朝阳区门诊", "place") != values("北京海淀区门诊", "place")


@pytest.mark.parametrize("text", ["交了25年医保", "交满20年", "一次可以吗", "一个人能办吗"])
def test_a_length_of_time_is_no_year_and_an_article_no_number(text):
    assert values(text, "year") == values(text, "number") == set()


@pytest.mark.parametrize(
    ("text", "number"), [("十", 10), ("十二", 12), ("二十", 20), ("三百零五", 305), ("三万五千", 35000), ("2万", 20000)]
)
def test_numerals(text, number):
    assert as_number(text) == number


@pytest.mark.parametrize("text", ["能不能报", "可不可以报", "报不报", "能报吗", "可否报销"])
def test_the_ways_to_ask_whether_are_one(text):
    assert "whether" in slots(text).intents


def test_synonyms_of_editors_join_what_is_known():
    words = dictionary().extended([["核磁共振", "摇摇机"], ["泡泡浴", "气泡浴"]])
    assert slots("摇摇机能报吗", words).values["procedure"] == {"核磁共振"}
    assert slots("泡泡浴", words).values == slots("气泡浴", words).values != slots("泡泡浴").values


@pytest.mark.parametrize(
    "text", ["", " ", "？？？", "９" * 500, "百" * 400, "二〇" * 200, "٣٤٥年", "²³", "\ud800", "a" * 5000, "零零零元", "半半半年", "头两"]
)
def test_odd_texts_are_no_trouble(text):
    slots(text)


def test_no_spelling_stands_twice():
    seen = {}
    for kind, rows in json.loads((FIXTURES / "slots.json").read_text(encoding="utf-8")).items():
        for row in rows:
            for word in row.split("、")[1 if kind in ("intent", "compound") else 0 :]:
                assert word not in seen or seen[word] == (kind, row), f"{word}: {kind} and {seen[word]}"
                seen[word] = (kind, row)


def test_a_title_takes_a_fraction_of_a_millisecond_and_a_long_text_no_power_of_it():
    titles = [
        f"{place}{year}年职工医保在三级医院做核磁共振能报多少" for place in ("舟山", "宁波", "杭州", "温州") for year in range(1990, 2030)
    ]
    dictionary()
    start = time.perf_counter()
    for title in titles:
        slots(title)
    assert (time.perf_counter() - start) / len(titles) < 0.005  # 0.05 ms on an idle machine
    start = time.perf_counter()
    slots("医保能不能" * 100_000)
    assert time.perf_counter() - start < 0.1


def test_the_shipped_words_need_no_normalising_but_for_their_case():
    shipped = json.loads((FIXTURES / "slots.json").read_text(encoding="utf-8"))
    words = [word for rows in shipped.values() for row in rows for word in row.split("、")]
    assert [word for word in words if _key(word) != word.lower()] == []


def test_one_word_for_what_others_say_in_two_names_both():
    assert slots("乳腺上有结节").values == slots("乳房的结节").values


@pytest.mark.parametrize(("text", "apart"), [("肠息肉切除要住院吗", "切除肠的息肉要住院吗"), ("流鼻血怎么办", "鼻子出血怎么办")])
def test_a_part_of_a_compound_may_itself_be_several_words(text, apart):
    assert slots(text).values == slots(apart).values


def test_every_part_of_every_shipped_compound_is_known():
    for compound, parts in dictionary().parts.items():
        for part in compound.split("+"):
            read = slots(part)
            assert not read.rest, (compound, part)
            assert set() < {slot[:2] for slot in read.found} <= set(parts), (compound, part)
