"""Any two versions of an article, in one column."""

import random
import time
from datetime import date

import pytest

from articles import workflow
from articles.blocks import blocks
from articles.changes import changes
from articles.content import Source
from articles.difference import IN, OUT, PAIRS, RESTYLED, SAME, Line, unified
from articles.models import Tag

LETTERS = "医保参待遇住院门诊报销比例起付线账户个人单位缴费年度居民职工备案转移接续材料窗口办理"


def shown(old, new):
    """What a reader of the comparison sees: «in», ‹out›, ~restyled~(how), block at the front where there is one."""
    marks = {SAME: "{0}", OUT: "‹{0}›", IN: "«{0}»", RESTYLED: "~{0}~({1})"}
    return [
        (f"[{row.was_block}→{row.block}]" if row.was_block else "")
        + "".join(marks[run.kind].format(run.text, run.restyling) for run in row.runs)
        for row in unified(blocks(old), blocks(new))
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<p>报销70%，去年起。</p>", "<p>报销85%，今年起。</p>", ["报销‹70%，去›«85%，今»年起。"]),
        ("<p>甲乙丙。</p><p>丁戊己。</p>", "<p>甲乙丙。</p><p>新的一段。</p><p>丁戊己。</p>", ["甲乙丙。", "«新的一段。»", "丁戊己。"]),
        ("<p>甲乙丙。</p><p>丁戊己。</p>", "<p>丁戊己。</p>", ["‹甲乙丙。›", "丁戊己。"]),
        ("<p>先去备案，再去看病。</p>", "<p>先去备案，</p><p>再去看病。</p>", ["先去备案，«¶»", "再去看病。"]),
        ("<p>先去备案，</p><p>再去看病。</p>", "<p>先去备案，再去看病。</p>", ["先去备案，‹¶›", "再去看病。"]),
        ("<p>先去备案。</p>", "<p>先去<strong>备案</strong>。</p>", ["先去~备案~(加粗)。"]),
        ("<p>先去<strong>备案</strong>。</p>", "<p>先去备案。</p>", ["先去~备案~(取消加粗)。"]),
        ("<p>先去备案。</p>", '<p>先去<a href="/x/">备案</a>。</p>', ["先去~备案~(链接 /x/)。"]),
        ("<h2>怎么备案</h2>", "<h3>怎么备案</h3>", ["[标题→小标题]怎么备案"]),
        ("<p>带上证件</p>", "<ul><li>带上证件</li></ul>", ["[正文→列表]带上证件"]),
        ("<ul><li>带上证件</li></ul>", "<ol><li>带上证件</li></ol>", ["[列表→编号列表]带上证件"]),
        ("<ul><li>甲项</li><li>乙项</li></ul>", "<ul><li>甲项<ul><li>乙项</li></ul></li></ul>", ["甲项", "[列表→二级列表]乙项"]),
        (
            "<table><tr><th>医院</th><th>比例</th></tr><tr><td>社区</td><td>90%</td></tr></table>",
            "<table><tr><th>医院</th><th>比例</th></tr><tr><td>社区</td><td>95%</td></tr></table>",
            ["医院｜比例", "社区｜‹90%›«95%»"],
        ),
        ("<p>完全不同的话</p>", "<p>另写一行字句</p>", ["‹完全不同的话›", "«另写一行字句»"]),
        ("", "<p>甲</p>", ["«甲»"]),
    ],
)
def test_every_difference_is_shown_where_it_is(old, new, expected):
    assert shown(old, new) == expected


@pytest.mark.parametrize("seed", range(30))
def test_each_version_can_be_read_from_it_whole(seed):
    chance = random.Random(seed)
    old = ["".join(chance.choices(LETTERS, k=chance.randint(1, 30))) for _ in range(chance.randint(0, 8))]
    new = [
        line[: chance.randint(0, 30)] + "".join(chance.choices(LETTERS, k=chance.randint(0, 4))) for line in old if chance.random() < 0.8
    ]
    new = [line for line in new if line] + ["尾"] * chance.randint(0, 1)
    rows = unified(list(map(Line.plain, old)), list(map(Line.plain, new)))
    read = lambda kinds: "".join(run.text for row in rows for run in row.runs if run.kind in kinds and run.text != "¶")  # noqa: E731
    assert read({SAME, OUT}) == "".join(old)
    assert read({SAME, IN}) == "".join(new)


def article_of(length, chance):
    paragraphs = ["".join(chance.choices(LETTERS, k=chance.randint(40, 120))) for _ in range(length // 80)]
    return "".join(f"<p>{text}。</p>" for text in paragraphs)


def revised(body, chance):
    """A hundredth of the characters typed anew, one paragraph gone, one added."""
    signs = list(body)
    for at in chance.sample(range(len(signs)), len(signs) // 100):
        signs[at] = chance.choice(LETTERS) if signs[at] in LETTERS else signs[at]
    paragraphs = "".join(signs).split("</p>")
    return "</p>".join([*paragraphs[:3], "<p>新加的一段。", *paragraphs[5:]])


@pytest.mark.django_db
def test_two_thousand_characters_are_compared_within_a_tenth_of_a_second(client, writer, content):
    chance = random.Random(1)
    body = article_of(2000, chance)
    first = workflow.save_draft(content(body=body), by=writer)
    workflow.save_draft(content(body=revised(body, chance)), by=writer, article=first.article)
    client.force_login(writer)
    times = []
    for _ in range(7):
        start = time.process_time()  # not what others on the machine take
        response = client.get(f"/admin/articles/article/{first.article_id}/compare/")
        times.append(time.process_time() - start)
        assert response.content.count(b"<ins>") > 5
    assert min(times) < 0.1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new"),
    [("甲" * 190_000, "甲" * 189_000 + "乙"), ("甲乙" * 95_000, "乙丙" * 95_000), ("a " * 95_000, "b " * 95_000)],
    ids=["one sign", "two signs", "words"],
)
def test_no_text_however_odd_takes_long(content, old, new):
    start = time.process_time()
    found = changes(content(body=f"<p>{old}</p>"), content(body=f"<p>{new}</p>"))
    assert [field.name for field in found] == ["body"]
    assert time.process_time() - start < 10
    assert PAIRS <= 1_000_000


@pytest.mark.django_db
def test_all_fields_are_compared_and_named(content):
    old_tag, new_tag = (Tag.objects.create(name=name) for name in ("断缴", "断保"))
    source = Source("通知", number="1 号")
    old = content("甲怎么办？", short_answer="先办。", tags=(old_tag.pk,), sources=(source,), phrasings=("甲咋办",))
    new = content(
        "乙怎么办？", body="<p>不在。</p>", short_answer="后办。", tags=(new_tag.pk,), sources=(Source("通知", number="2 号"),),
        phrasings=(), category=None, regions=("330900",), kind="guide", provenance="reprint", valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
    )  # fmt: skip
    found = {field.label: [row.text for stretch in field.stretches for row in stretch.rows] for field in changes(old, new)}
    assert found["标签"] == ["断缴", "断保"]
    assert found["适用地区"] == ["全国", "舟山"]
    assert found["来源"] == ["通知　12 号"]
    assert found["创作方式"] == ["人工", "转载"]
    assert found["政策施行日"] == ["2026-01-01"]
    assert found["栏目"] == ["个人账户"]
    assert set(found) >= {"问题", "简短回答", "正文", "内容类型", "政策截止日", "其他问法"}


@pytest.mark.django_db
def test_long_unchanged_passages_are_folded(client, writer, content):
    paragraphs = "".join(f"<p>第{n}段，没有改。</p>" for n in range(20))
    long = "甲乙丙丁戊己庚辛壬癸" * 40
    first = workflow.save_draft(content(body=f"{paragraphs}<p>{long}旧</p>"), by=writer)
    workflow.save_draft(content(body=f"{paragraphs}<p>{long}新</p>"), by=writer, article=first.article)
    client.force_login(writer)
    page = client.get(f"/admin/articles/article/{first.article_id}/compare/").content.decode()
    assert "未改动：19 段" in page
    assert "……280 字未改动……" in page


@pytest.mark.django_db
class TestPage:
    @pytest.fixture
    def two(self, content, writer, client):
        first = workflow.save_draft(content(body="<p>旧的<b>说法</b>在这里。</p>"), by=writer)
        second = workflow.save_draft(content(body="<p>新的说法在这里。</p>"), by=writer, article=first.article)
        client.force_login(writer)
        return first, second

    def test_any_two_versions_are_compared_and_any_way_round(self, two, visit):
        first, second = two
        path = f"/admin/articles/article/{first.article_id}/compare/"
        assert visit(path, old=first.pk, new=second.pk).texts(".changes-row ins") == ["新"]
        assert visit(path, old=second.pk, new=first.pk).texts(".changes-row ins") == ["旧"]
        assert "完全相同" in visit(path, old=first.pk, new=first.pk).one(".changes-none").text

    def test_a_version_of_another_article_or_nonsense_is_not_found(self, two, client, content, writer):
        other = workflow.save_draft(content("别的问题怎么办？"), by=writer)
        for typed in (other.pk, "x", "9" * 30, "-1", "１"):
            assert client.get(f"/admin/articles/article/{two[0].article_id}/compare/", {"old": typed}).status_code == 404

    def test_what_editors_wrote_is_escaped(self, client, content, writer):
        first = workflow.save_draft(content("甲<script>x</script>？", short_answer="<b>旧</b>"), by=writer)
        workflow.save_draft(content("乙<script>x</script>？", short_answer="<b>新</b>"), by=writer, article=first.article)
        client.force_login(writer)
        page = client.get(f"/admin/articles/article/{first.article_id}/compare/").content.decode()
        assert "<script>x" not in page
        assert "<b>" not in page

    def test_a_version_is_brought_back_after_a_second_click(self, publish, content, writer, client, visit):
        article = publish()
        workflow.save_draft(content(body="<p>改坏了。</p>"), by=writer, article=article)
        client.force_login(writer)
        page = visit(f"/admin/articles/article/{article.pk}/compare/")
        assert f"确认恢复 #{article.live_revision_id}" in page.texts(".confirm form button")

    def test_strangers_do_not_see_it(self, two, client, django_user_model):
        client.force_login(django_user_model.objects.create_user("stranger", is_staff=True))
        assert client.get(f"/admin/articles/article/{two[0].article_id}/compare/").status_code == 403
