"""Phrases that advertising law forbids: found however they are dressed, and left alone where a sentence denies, asks or warns."""

import re
import time

import pytest

from articles.checklist.phrases import groups, hits


def codes(text):
    return [hit.group.code for hit in hits(text)]


@pytest.mark.parametrize(
    "text",
    [
        "这套方子三个月根治牛皮癣。",
        "坚持服用，糖尿病可以彻底根治。",
        "膏药包治百病，老少皆宜。",
        "我院保证治愈，签约为凭。",
        "承诺两周内康复。",
        "接种后100%有效。",
        "接种后１００％有效。",
        "治愈率高达100%。",
        "百分之百治好各类胃病。",
        "喝下去药到病除。",
        "一针见效，不用开刀。",
        "从此永不复发。",
        "纯植物配方，无副作用。",
        "该药没有任何副作用，可以长期吃。",
        "绝对安全，孕妇放心用。",
        "毫无不良反应。",
        "本方包 治 百 病。",
        "能 根 治 高血压",
        "藥到病除的好方子。",
        "不用手术就能根治痔疮。",
        "不但能根治，还便宜。",
        "根治糖尿病，谨防假冒。",
        "能根治吗？可以根治。",
        "有人说不行。我们保证治愈。",
    ],
)
def test_a_promise_of_a_cure_or_of_safety_is_found(text):
    assert "advertising" in codes(text), text


@pytest.mark.parametrize(
    "text",
    [
        "目前高血压不能根治，只能长期控制。",
        "现有药物无法根治乙肝。",
        "这种病很难根治。",
        "没有包治百病的药。",
        "世上没有哪种药能包治百病。",
        "任何医生都不能保证治愈。",
        "疫苗并非100%有效。",
        "没有一种检查是100%安全的。",
        "糖尿病能根治吗",
        "鼻炎是否可以根治，要看类型。",
        "凡是宣称“药到病除”的，先别掏钱。",
        "广告里说根治糖尿病，多半是骗局。",
        "遇到“保证治愈”的说法，可以打电话举报。",
        "所谓无副作用的减肥药，往往偷偷加了西药。",
        "警惕包治百病的神医。",
        "以为中药没有副作用，是常见误区。",
        "没有任何副作用的药是不存在的。",
        "不要相信永不复发之类的承诺。",
        "如果没有副作用，可以按原剂量接着吃。",
        "前列腺癌根治术以后多久复查？术后三个月。",
        "医生建议做根治性切除。",
        "乳腺癌改良根治手术的费用能报。",
        "精神药品要凭专用处方。",
        "到精神医学科就诊。",
        "这是第一次就诊。",
        "常见的不良反应有恶心和皮疹，一般能自己缓解。",
        "副作用因人而异。",
        "治疗有效后再减量。",
        "为确保安全有效，用药前先核对成分。",
        "保证睡眠，按时吃药，有利于康复。",
    ],
)
def test_who_denies_asks_or_warns_is_left_alone(text):
    assert codes(text) == [], text


@pytest.mark.parametrize(
    "text",
    [
        "本院骨科全国第一。",
        "由国家级名医坐诊。",
        "疗效最佳的药就是它。最佳疗效看得见。",
        "请患者现身说法。",
        "患者反馈用了都说好。",
        "亲测有效，三天止咳。",
        "专家一致推荐。",
        "无效退款，放心下单。",
        "祖传秘方，专治风湿。",
        "有效率高达95%。",
    ],
)
def test_praise_testimony_and_soliciting_are_reminded_of(text):
    assert set(codes(text)) == {"promotion"}, text


@pytest.mark.parametrize(
    "text",
    [
        "晚饭后半小时是最佳服药时间。",
        "国家级医保目录每年调整一次。",
        "全国第一批试点城市从当年起推行。",
        "最高级别的护理由医生决定。",
        "患者可以向医院提意见。",
        "不要买来路不明的祖传秘方。",
        "疾病早期发现，治疗效果更好。",
    ],
)
def test_plain_words_that_look_like_praise_are_none(text):
    assert codes(text) == [], text


def test_the_hit_names_the_phrase_and_its_sentence_as_written():
    (hit,) = hits("先挂号。这药１００％有效，请放心！再看别的。")
    assert (hit.phrase, hit.sentence) == ("100%有效", "这药１００％有效，请放心！")


def test_every_group_names_the_rule_that_it_comes_from_and_what_to_write_instead():
    for group in groups():
        assert group.basis
        assert all(re.match(r"《.+》第.+条", basis) for basis in group.basis)
        assert group.advice


def test_a_long_text_without_a_single_stop_is_read_in_reasonable_time():
    began = time.monotonic()
    assert sum(1 for _ in hits("保证治愈，" * 5000)) == 5000
    assert list(hits("不能根治" * 5000)) == []
    assert time.monotonic() - began < 10
