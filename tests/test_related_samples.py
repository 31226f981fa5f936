"""The lists of the sample articles, judged by what each is about. The labels are people's; the code never sees them."""

import json
from itertools import combinations
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from articles import related
from articles.models import Article
from articles.pages import RELATED_SHOWN, article_context
from articles.related import lists

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# What the samples are about, by their `subject`. An article may be about several things.
AREAS = {
    "慢病": "高血压随访 糖尿病随访 高血压糖尿病门诊用药 异地门诊慢特病 长期处方 家庭医生签约 老年人健康管理",
    "用药": (
        "处方药与非处方药 感冒与抗生素 抗菌药物分级 处方有效期 处方外配 长期处方 双通道药品 医保药品甲乙分类 目录外药品 "
        "药店门诊统筹 高血压糖尿病门诊用药 互联网诊疗首诊 北京互联网首诊试点 个人账户使用范围 个人账户用途"
    ),
    "公共卫生": "儿童预防接种 老年人健康管理 家庭医生签约 高血压随访 糖尿病随访 不予支付的情形",
    "献血": "献血间隔",
    "就医": (
        "病历复印 分级诊疗与转诊 互联网诊疗首诊 北京互联网首诊试点 院前急救 医疗纠纷处理 知情同意 医保电子凭证 "
        "检查检验结果互认 就医准备 家庭医生签约 长期处方 感冒与抗生素 抗菌药物分级 处方有效期"
    ),
    "异地": (
        "异地就医备案 补办备案 异地急诊抢救 异地结算规则 异地门诊慢特病 医保关系转移 转移后个人账户 医保年限互认 "
        "跨省共济 手工报销材料 分级诊疗与转诊 大学生参保 参保户籍限制"
    ),
    "参保": (
        "居民医保缴费标准 居民医保缴费时间 参保户籍限制 灵活就业参保 职工医保与居民医保 重复参保 退休医保年限 "
        "大学生参保 新生儿参保 共济代缴居民医保 居民断保等待期 灵活就业断缴 上海灵活就业断缴 离职空档期 医保关系转移 "
        "医保年限互认 停缴待遇 居民医保个人账户 断缴与累计年限 断缴后个人账户 单位缓缴 未就业配偶生育待遇 "
        "失业人员生育待遇 医疗救助"
    ),
    "个人账户": (
        "个人账户结转 断缴后个人账户 转移后个人账户 个人账户清零 个人账户用途 在职划入标准 退休划入标准 余额查询 "
        "个人账户提现 个人账户继承 居民医保个人账户 个人账户使用范围 家庭共济范围 旧共济范围 共济与借卡 家庭共济绑定 "
        "共济代缴居民医保 跨省共济 共济的报销待遇 医保电子凭证"
    ),
    "报销": (
        "住院报销怎么算 医保药品甲乙分类 城乡居民大病保险 医疗救助 手工报销材料 不予支付的情形 高血压糖尿病门诊用药 "
        "目录外药品 药店门诊统筹 职工门诊报销比例 2023年新冠门诊报销 异地结算规则 异地门诊慢特病 异地急诊抢救 补办备案 "
        "共济的报销待遇 双通道药品 三孩生育待遇 未就业配偶生育待遇 停缴待遇 居民断保等待期 职工医保与居民医保 "
        "异地就医备案"
    ),
    "退休": "退休划入标准 退休医保年限 医保年限互认 断缴与累计年限",
    "门诊共济改革": "职工门诊报销比例 在职划入标准 退休划入标准 药店门诊统筹",
    "支付范围": "不予支付的情形 个人账户用途 个人账户使用范围 目录外药品 医保药品甲乙分类",
    "生育": "新生儿参保 生育津贴计算 产假天数 流产假 未就业配偶生育待遇 失业人员生育待遇 三孩生育待遇 儿童预防接种",
}
# Areas that lead from one to the other.
NEIGHBOURS = {"慢病 用药", "慢病 公共卫生", "公共卫生 就医", "公共卫生 献血"}


KNOWN = {("处方药与非处方药", "儿童预防接种")}  # one of 650, at the seventh place


def areas(subject):
    return {area for area, subjects in AREAS.items() if subject in subjects.split()}


def on_subject(one, other):
    pairs = {frozenset(pair.split()) for pair in NEIGHBOURS}
    return any(a == b or frozenset((a, b)) in pairs for a in areas(one) for b in areas(other))


@pytest.fixture
def samples(run):
    """[(article, its list)], and the subject of each title."""
    folder = settings.FIXTURE_DIRS[0] / "articles"
    call_command("import_articles", str(folder), publish=True, verbosity=0)
    run("rebuild_related", "--processes=1", "--restart")
    lines = (json.loads(line) for path in sorted(Path(folder).glob("*.jsonl")) for line in path.read_text().splitlines())
    subjects = {line["title"]: line["subject"] for line in lines}
    found = [(article, article_context(article)["related"]) for article in Article.objects.published()]
    assert len(found) == len(subjects) > 80
    return found, subjects


def test_every_label_is_in_the_table_and_the_table_tells_subjects_apart(samples):
    _, subjects = samples
    assert {subject for subject in subjects.values() if not areas(subject)} == set()
    pairs = list(combinations(subjects.values(), 2))
    assert sum(on_subject(*pair) for pair in pairs) < 0.4 * len(pairs)  # or chance would pass


def test_the_first_eight_are_on_the_subject(samples):
    """Or as many as the samples have: seven more are about births, one of them about vaccination; none is about giving blood."""
    found, subjects = samples
    off = []
    for article, others in found:
        subject = subjects[article.title]
        possible = sum(on_subject(subject, other) for other in subjects.values()) - 1
        first = others[: 0 if subject == "献血间隔" else 8 if possible > 10 else possible - 1]
        off += [
            (subject, place, subjects[other.title])
            for place, other in enumerate(first, 1)
            if not on_subject(subject, subjects[other.title])
        ]
    assert {(subject, other) for subject, _, other in off} <= KNOWN, off


def test_every_list_is_full(samples):
    assert {len(others) for _, others in samples[0]} == {RELATED_SHOWN}


def test_no_list_holds_a_question_twice_or_its_own(samples):
    items = lists._items(Article.objects.values_list("pk", flat=True))
    for article, others in samples[0]:
        for a, b in combinations([article, *others], 2):
            assert not related.compare(items[a.pk], items[b.pk]).same, (a.title, b.title)


def test_no_list_holds_what_has_expired_or_is_for_another_place(samples):
    for article, others in samples[0]:
        ours = {region.pk for region in article.regions.all()}
        for other in others:
            assert not other.expired
            assert {region.pk for region in other.regions.all()} <= ours | {"100000"}
