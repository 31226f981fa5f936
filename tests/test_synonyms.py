"""Synonyms: what the groups make of a query, that every process knows the newest, and how editors keep them."""

import json
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from articles import search, stats
from articles.management.commands.prepare_site import load_synonyms
from articles.models import Category, Installation, SynonymGroup
from articles.search.synonyms import Groups, current
from articles.stats.models import SearchDay
from tests.html_page import HtmlPage

SHIPPED = json.loads((Path(settings.FIXTURE_DIRS[0]) / "synonyms.json").read_text(encoding="utf-8"))
ADD = "/admin/articles/synonymgroup/add/"


def groups(*lines):
    return Groups(line.split("=") for line in lines)


# What becomes of a query


@pytest.mark.parametrize(
    ("lines", "query", "variants"),
    [
        (["断缴=停缴=断交"], "医保断缴了咋办", ["医保停缴了咋办", "医保断交了咋办"]),
        (["断缴=停缴"], "医保补缴", []),
        (["医保卡=社保卡"], "", []),
        (["医保卡=社保卡"], "卡", []),
        # Every word has its turn before one has a second.
        (["断缴=停缴=断交", "咋办=怎么办"], "断缴咋办", ["停缴咋办", "断缴怎么办", "断交咋办"]),
        # The longest word, and none inside another or across one.
        (["生育=生孩子", "生育津贴=产假工资"], "生育津贴多少", ["产假工资多少"]),
        (["孩子=小孩", "生孩子=生育"], "生孩子", ["生育"]),
        (["医保=医疗保险", "保卡=甲乙"], "医保卡", ["医疗保险卡"]),
        (["医保=医疗保险", "保卡=甲乙", "医保卡=社保卡"], "医保卡", ["社保卡"]),
        # What readers do not distinguish.
        (["醫保卡=社保卡"], "ＡＢ 医保卡", ["ab 社保卡"]),
        (["医保卡=社保卡"], "醫保卡丟了", ["社保卡丢了"]),
        (["报账=报销"], "报帐", ["报销"]),
        # Latin words stand for themselves, with or without a space beside them.
        (["OTC=非处方药"], "otc药", ["非处方药药"]),
        (["OTC=非处方药"], "买 OTC 药", ["买 非处方药 药"]),
        (["OTC=非处方药"], "dotcom otcs otc1", []),
        (["120=急救电话"], "1200元", []),
        (["HPV 疫苗=宫颈癌疫苗"], "打hpv疫苗", ["打宫颈癌疫苗"]),
        (["HPV疫苗=宫颈癌疫苗"], "打 HPV 疫苗 贵吗", ["打 宫颈癌疫苗 贵吗"]),
        (["非处方药=OTC"], "ct非处方药x", ["ct otc x"]),
        # Between Chinese characters a space parts words.
        (["病历=病案"], "看病 历年账单", []),
        (["住院=入院"], "老人 住院", ["老人 入院"]),
    ],
)
def test_one_word_is_put_in_the_place_of_another(lines, query, variants):
    assert groups(*lines).variants(query) == variants


def test_a_repeated_word_is_replaced_in_each_place():
    assert groups("断缴=停缴").variants("断缴和断缴") == ["停缴和断缴", "断缴和停缴"]


def test_no_more_variants_than_wanted_and_never_the_query_itself():
    many = groups("甲乙=丙丁=戊己=庚辛", "子丑=寅卯=辰巳=午未")
    query = "甲乙子丑甲乙子丑甲乙"
    assert len(many.variants(query, limit=5)) == 5
    assert len(many.variants(query, limit=100)) == len(set(many.variants(query, limit=100))) == 15
    assert query not in many.variants(query, limit=100)
    assert many.variants(query, limit=0) == []


def test_a_word_of_two_groups_belongs_to_the_first():
    assert groups("断缴=停缴", "断缴=补缴").variants("断缴 补缴") == ["停缴 补缴", "断缴 断缴"]


HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]


def test_two_thousand_groups_cost_a_query_next_to_nothing():
    many = Groups([[HAN[i] + HAN[(i * k) % 2999] + HAN[k] for k in range(1, 8)] for i in range(2000)])
    queries = ["".join(HAN[(i * 37 + start) % 3000] for i in range(200)) for start in range(20)] + ["".join(HAN[:3]) * 66, "a1 " * 66]
    best = min(_seconds(many, queries) for _ in range(5))
    assert best / len(queries) < 0.001  # measured: 0.0002


def _seconds(many, queries):
    start = time.process_time()
    for query in queries:
        many.variants(query)
    return time.process_time() - start


# The shipped groups


def test_the_shipped_groups_pass_the_rules_of_the_admin(db):
    for words in SHIPPED:
        group = SynonymGroup(words="、".join(words))
        group.full_clean()
        group.save()
        assert SynonymGroup.split(group.words) == words
    assert 60 <= SynonymGroup.objects.count() == len(SHIPPED) <= 100


@pytest.mark.parametrize(
    ("query", "variant"),
    [
        ("医保断交咋整", "医保断缴咋整"),
        ("新农合断了三年", "居民医保断了三年"),
        ("跨省住院能报吗", "跨省住院能报销吗"),
        ("门槛费是啥", "起付线是啥"),
        ("刚出生的宝宝上医保", "新生儿上医保"),
        ("社保卡丢了", "医保卡丢了"),
        ("叫救护车要钱吗", "打120要钱吗"),
    ],
)
def test_the_shipped_groups_lead_to_the_official_word(query, variant):
    assert variant in Groups(SHIPPED).variants(query)


@pytest.mark.parametrize("query", ["产检能报", "生育津贴", "非处方药", "怎么办理"])
def test_the_shipped_groups_tear_no_longer_word_apart(query):
    assert not [
        variant for variant in Groups(SHIPPED).variants(query) if any(part in variant for part in ("生孩子津贴", "非药方", "处理理"))
    ]


def test_they_are_loaded_once_in_the_life_of_a_database(db):
    load_synonyms()
    assert SynonymGroup.objects.count() == len(SHIPPED)
    SynonymGroup.objects.all().delete()
    load_synonyms()
    assert not SynonymGroup.objects.exists()


def test_groups_that_are_there_already_are_not_mixed_with_them(db):
    SynonymGroup.objects.create(words="断缴、停缴")
    load_synonyms()
    assert SynonymGroup.objects.count() == 1
    assert Installation.objects.get().synonyms_loaded


def test_prepare_site_loads_them(db, run):
    run("prepare_site", "--no-static", "--no-samples")
    assert current().variants("断缴")
    SynonymGroup.objects.all().delete()
    run("prepare_site", "--no-static", "--no-samples")
    assert not SynonymGroup.objects.exists()


# Every process knows the newest


def variants(query="医保断缴"):
    return current().variants(query)


def test_every_change_counts_at_once(db):
    assert variants() == []
    group = SynonymGroup.objects.create(words="断缴、停缴")
    assert variants() == ["医保停缴"]
    group.words = "断缴、断交"
    group.save()
    assert variants() == ["医保断交"]
    SynonymGroup.objects.update(words="断缴、断保")
    assert variants() == ["医保断保"]
    SynonymGroup.objects.bulk_create([SynonymGroup(words="医保、医疗保险")])
    assert variants() == ["医疗保险断缴", "医保断保"]
    SynonymGroup.objects.filter(words__startswith="医保").delete()
    assert variants() == ["医保断保"]
    group.delete()
    assert variants() == []


def test_so_does_one_within_the_same_microsecond_and_one_that_this_process_knows_nothing_of(db, monkeypatch):
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    one, two = (SynonymGroup.objects.create(words=words) for words in ("断缴、停缴", "医保、医疗保险"))
    assert variants() == ["医疗保险断缴", "医保停缴"]
    one.words = "断缴、断保"
    one.save()
    assert variants() == ["医疗保险断缴", "医保断保"]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM articles_synonymgroup WHERE id = %s", [two.pk])
    assert variants() == ["医保断保"]


def test_a_change_that_was_rolled_back_is_forgotten(db):
    SynonymGroup.objects.create(words="断缴、停缴")
    for words in ("断缴、断交", "断缴、断保"):
        with transaction.atomic():
            SynonymGroup.objects.update(words=words)
            assert variants() == [f"医保{words[-2:]}"]
            transaction.set_rollback(True)
        assert variants() == ["医保停缴"]


def test_while_nothing_changes_it_costs_one_query(db, django_assert_num_queries):
    SynonymGroup.objects.create(words="断缴、停缴")
    current()
    inside = 3 if connection.vendor == "postgresql" else 1  # a test is a transaction, so there is a savepoint around it
    with django_assert_num_queries(inside) as captured:
        assert variants() == ["医保停缴"]
    assert "COUNT(" not in str(captured.captured_queries)


def test_without_its_table_there_are_no_synonyms_and_a_transaction_goes_on(db):
    SynonymGroup.objects.create(words="断缴、停缴")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE articles_synonymgroup")
        assert variants() == []
        assert Category.objects.exists()
        transaction.set_rollback(True)
    assert variants() == ["医保停缴"]


def test_when_the_database_fails_there_are_none_and_the_log_says_so_once(db, caplog):
    def fail(execute, sql, *args):
        if "synonymgroup" in sql:
            raise OperationalError("gone for this test")
        return execute(sql, *args)

    SynonymGroup.objects.create(words="断缴、停缴")
    with connection.execute_wrapper(fail):
        assert variants() == variants() == []
    assert variants() == ["医保停缴"]
    assert caplog.text.count("gone for this test") == 1


# What editors may write


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("断缴，停缴、断交; 断保；停保\r\n脱保", "断缴、停缴、断交、断保、停保、脱保"),
        ("咋办=怎么办＝如何处理", "咋办、怎么办、如何处理"),
        ("  ＯＴＣ , 非处方药 ", "OTC、非处方药"),
        ("医保卡、醫保卡、医 保 卡、社保卡", "医保卡、社保卡"),
        ("HPV  疫苗、宫颈癌疫苗", "HPV 疫苗、宫颈癌疫苗"),
    ],
)
def test_what_is_typed_is_tidied(db, client, editor, typed, kept):
    client.force_login(editor)
    assert client.post(ADD, {"words": typed}).status_code == 302
    assert SynonymGroup.objects.get().words == kept


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "这个字段是必填项"),
        ("，、；", "至少要有两个不同的词"),
        ("断缴", "至少要有两个不同的词"),
        ("断缴 停缴", "至少要有两个不同的词"),
        ("报销、報銷", "至少要有两个不同的词"),
        ("报、报销", "“报”太短，至少两个字"),
        ("A+、甲级", "“A+”太短，至少两个字"),
        ("？？、问题", "“？？”太短，至少两个字".replace("？？", "??")),
        ("、".join(f"词语{i}" for i in range(13)), "一组最多 12 个词"),
        ("医" * 21 + "、医保", "太长，最多 20 个字"),
        ("断缴\x00、停缴", "不允许是用空字符串"),
        ("断缴、停缴" + "、" * 400, "300"),
        ("漏缴、停　缴", "“停 缴”已经在另一组里：断保、停缴"),
    ],
)
def test_what_cannot_be_a_group_comes_back_with_a_sentence(db, client, editor, typed, message):
    SynonymGroup.objects.create(words="断保、停缴")
    client.force_login(editor)
    response = client.post(ADD, {"words": typed})
    assert response.status_code == 200
    assert message in response.content.decode()
    assert SynonymGroup.objects.count() == 1


def test_a_group_may_keep_its_own_words(db, client, editor):
    group = SynonymGroup.objects.create(words="断缴、停缴")
    client.force_login(editor)
    client.post(change(group), {"words": "停缴、断缴、断保"})
    group.refresh_from_db()
    assert group.words == "停缴、断缴、断保"


def test_there_is_a_limit_to_the_number_of_groups(db, monkeypatch):
    SynonymGroup.objects.bulk_create([SynonymGroup(words=f"甲{i}甲、乙{i}乙") for i in range(SynonymGroup.GROUPS)])
    with pytest.raises(ValidationError, match="最多 2000 组同义词"):
        SynonymGroup(words="断缴、停缴").full_clean()
    SynonymGroup.objects.first().full_clean()


# The desk


def change(group):
    return reverse("admin:articles_synonymgroup_change", args=[group.pk])


def test_the_words_of_a_link_stand_in_the_form(db, client, editor):
    client.force_login(editor)
    page = client.get(ADD, {"words": "断缴，停缴"}).content.decode()
    assert "断缴，停缴</textarea>" in page


def test_deleting_a_group_ends_it_at_once(db, client, editor):
    group = SynonymGroup.objects.create(words="断缴、停缴")
    assert variants()
    client.force_login(editor)
    client.post(reverse("admin:articles_synonymgroup_delete", args=[group.pk]), {"post": "yes"})
    assert not variants()


@pytest.mark.parametrize(("role", "may_write"), [("主编", True), ("管理员", True), ("作者", False), ("医学审核", False)])
@pytest.mark.parametrize("model", ["synonymgroup", "promotion"])
def test_some_roles_write_and_all_may_look(db, client, role, may_write, model):
    person = User.objects.create_user("person", is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    assert client.get(f"/admin/articles/{model}/").status_code == 200
    assert client.get(f"/admin/articles/{model}/add/").status_code == (200 if may_write else 403)
    index = client.get("/admin/").content.decode()
    assert {"synonymgroup": "同义词", "promotion": "推荐结果"}[model] in index


def test_who_may_only_look_sees_the_words_and_no_buttons(db, client, writer):
    group = SynonymGroup.objects.create(words="断缴、停缴")
    client.force_login(writer)
    page = client.get(change(group)).content.decode()
    assert "断缴、停缴" in page
    assert "先看效果" not in page
    assert client.post(change(group), {"words": "断缴、断保", "_preview": "1"}).status_code == 403


# Two editors


@pytest.fixture
def opened(db, client, editor):
    """opened(group) -> what the form sends back, as it stood when the page was opened."""

    def read(group):
        client.force_login(editor)
        page = HtmlPage(client.get(change(group)).content.decode())
        return {"words": page.one(".field-words textarea").text, "seen": seen(page)}

    return read


def seen(page):
    return next(field.attrs["value"] for field in page.all("input") if field.attrs.get("name") == "seen")


def test_a_stale_save_is_refused_with_what_changed_and_keeps_what_was_typed(opened, client):
    group = SynonymGroup.objects.create(words="断缴、停缴")
    mine = opened(group) | {"words": "断缴、停缴、脱保"}
    client.post(change(group), opened(group) | {"words": "断缴、断保"})
    response = client.post(change(group), mine)
    page = HtmlPage(response.content.decode())
    assert response.status_code == 200
    assert page.one("ul.errorlist").text == (
        "您打开之后，这一组已经被改成“断缴、断保”。您写的还在下面，没有保存；再保存一次，就以您写的为准。"
    )
    assert "断缴、停缴、脱保" in [field.text for field in page.all("textarea")]
    group.refresh_from_db()
    assert group.words == "断缴、断保"
    assert client.post(change(group), mine | {"seen": seen(page)}).status_code == 302  # knowingly
    group.refresh_from_db()
    assert group.words == "断缴、停缴、脱保"


def test_looking_at_the_effect_does_not_hide_that_it_is_stale(opened, client):
    group = SynonymGroup.objects.create(words="断缴、停缴")
    mine = opened(group)
    SynonymGroup.objects.update(words="断缴、断保")
    response = client.post(change(group), mine | {"_preview": "1"})
    assert "已经被改成“断缴、断保”" in response.content.decode()
    assert "effect" not in response.context


def test_looking_twice_and_saving_is_one_edit(opened, client):
    group = SynonymGroup.objects.create(words="断缴、停缴")
    mine = opened(group) | {"words": "断缴、脱保"}
    for _ in range(2):
        mine["seen"] = seen(HtmlPage(client.post(change(group), mine | {"_preview": "1"}).content.decode()))
    assert client.post(change(group), mine).status_code == 302


@pytest.mark.parametrize("stamp", ["x", "9" * 40, "-1", "1.5"])
def test_a_stamp_that_is_none_is_a_stale_one(db, client, editor, stamp):
    group = SynonymGroup.objects.create(words="断缴、停缴")
    client.force_login(editor)
    response = client.post(change(group), {"words": "断缴、脱保", "seen": stamp})
    assert response.status_code == 200
    assert "已经被改成“断缴、停缴”" in response.content.decode()


def test_the_log_of_the_desk_names_the_words_alone(opened, client, editor):
    group = SynonymGroup.objects.create(words="断缴、停缴")
    client.post(change(group), opened(group) | {"words": "断缴、脱保"})
    assert LogEntry.objects.get(user=editor).get_change_message() == "已修改词语。"


# What saving would do, seen before


@pytest.fixture
def asked(db):
    """asked("断缴怎么办", 3): readers have searched for it three times."""

    def log(query, times=1):
        SearchDay.objects.create(day=timezone.localdate(), query=query, searches=times)

    return log


@pytest.fixture
def look(client, editor):
    """look("断缴、停缴") -> the page that the button 先看效果 brings."""

    def press(words, group=None, **more):
        client.force_login(editor)
        response = client.post(change(group) if group else ADD, {"words": words, "_preview": "1", **more})
        assert response.status_code == 200
        page = HtmlPage(response.content.decode())
        page.effect = response.context.get("effect")
        return page

    return press


@pytest.fixture
def articles(publish):
    publish("职工医保停缴以后怎么接上", body="<p>三个月内补上。</p>")
    publish("门诊挂号要带什么", body="<p>带身份证。</p>")


def cells(page):
    return [row.text for row in page.all("section.effect tr")]


def test_it_shows_old_and_new_results_side_by_side_and_saves_nothing(articles, asked, look):
    asked("脱保了")
    asked("挂号")
    page = look("脱保、停缴")
    assert [caption.text for caption in page.all("section.effect caption")] == ["脱保了"]
    assert cells(page) == ["现在（共 0 条） 保存后（共 1 条）", "新 职工医保停缴以后怎么接上"]
    assert not SynonymGroup.objects.exists()
    assert not page.all("p.errornote")
    assert page.one("section.effect").attrs["id"] == "effect"


def test_it_shows_what_a_smaller_group_would_lose(articles, asked, look):
    group = SynonymGroup.objects.create(words="脱保、停缴、断交")
    asked("脱保了")
    page = look("脱保、断交", group)
    assert cells(page) == ["现在（共 1 条） 保存后（共 0 条）", "退出 职工医保停缴以后怎么接上"]
    group.refresh_from_db()
    assert group.words == "脱保、停缴、断交"
    assert variants("脱保") == ["停缴", "断交"]


def test_what_stays_the_same_folds_to_one_line(articles, asked, look):
    asked("停缴")
    asked("脱保了", 2)
    page = look("脱保、停缴")
    assert page.texts("section.effect summary") == ["停缴 前五条没有变化"]
    assert "open" not in page.one("section.effect details").attrs
    assert page.texts("section.effect caption") == ["脱保了"]
    assert len(page.all("section.effect details tr")) == 2  # heading and the one result, for who unfolds it


def test_more_results_further_down_fold_too_and_are_counted(publish, look):
    for number in range(5):
        publish(f"职工医保停缴以后怎么接上？第{number}问", body="<p>三个月内补上。</p>")
    publish("门诊挂号要带什么？", body="<p>身份证。脱保的另带单据。</p>")
    page = look("停缴、脱保", trial="职工停缴以后怎么接上")
    assert page.texts("section.effect summary") == ["职工停缴以后怎么接上 前五条没有变化，总数由 5 变为 6"]


def test_it_says_how_far_results_move(publish, look):
    for title in ("停缴甲", "停缴乙", "脱保停缴"):
        publish(f"{title}怎么办？", body="<p>三个月内补上。</p>")
    page = look("停缴、脱保", trial="停缴乙怎么办")
    rows = page.effect.comparisons[0].rows
    before, after = [[place.title for place in side if place] for side in zip(*rows, strict=True)]
    assert sorted(before) == sorted(after)
    assert before != after
    moved = {place.title: place.moved for _, place in rows}
    assert moved == {title: before.index(title) - after.index(title) for title in after}
    marks = [mark.text for mark in page.all("section.effect .effect-moved")]
    assert marks == [f"{'↑ 上升' if steps > 0 else '↓ 下降'} {abs(steps)} 位" for steps in moved.values() if steps]
    assert not page.all("section.effect .effect-new")


def test_the_most_frequent_queries_come_first_and_at_most_twenty(articles, asked, look):
    for times in range(30):
        asked(f"第{times}次停缴", times + 1)
    captions = [comparison.query for comparison in look("停缴、脱保").effect.comparisons]
    assert captions == [f"第{times}次停缴" for times in range(29, 9, -1)]


def test_own_queries_are_tried_too_and_stay_in_the_form(articles, look):
    page = look("脱保、停缴", trial="脱保\r\n\r\n 挂号 \r\n一\r\n二")
    assert [comparison.query for comparison in page.effect.comparisons] == ["脱保", "挂号", "一"]
    assert page.one("fieldset.trial textarea").text == "脱保 挂号 一"


def test_an_editor_does_not_wait_for_ever(articles, look, monkeypatch):
    monkeypatch.setattr("articles.admin.effect.SECONDS", -1)
    page = look("脱保、停缴", trial="脱保\n停缴")
    assert "还有 2 个问题没有比较" in page.one("section.effect").text


def test_a_group_that_cannot_be_saved_is_not_tried(articles, look):
    page = look("停缴", trial="停缴")
    assert page.all("p.errornote")
    assert not page.all("section.effect")


def test_without_anything_to_compare_it_says_so(articles, look):
    assert "最近没有读者搜过含有这些词的问题" in look("脱保、停缴").one("section.effect").text


def test_without_an_index_it_says_so_and_saving_works(db, client, editor, look, settings):
    settings.SEARCH_ENGINE = "articles.search.memory.MemoryEngine"
    assert "搜索索引现在不可用" in look("脱保、停缴", trial="停缴").one("section.effect").text
    client.post(ADD, {"words": "脱保、停缴"})
    assert SynonymGroup.objects.exists()


def test_it_shows_nothing_unpublished(articles, editor, look):
    from articles import workflow
    from articles.models import Article

    article = Article.objects.get(title__contains="停缴")
    index_stays_behind = search.engine().count()
    workflow.unpublish(article, by=editor, reason="有误")
    assert search.engine().count() == index_stays_behind
    assert "职工医保" not in look("脱保、停缴", trial="停缴").one("section.effect").text


def test_what_hostile_queries_hold_is_shown_as_text(articles, look):
    page = look("脱保、停缴", trial='<img src=x onerror="1">\u202e停缴\x00' + "停" * 500)
    assert not page.all("section.effect img")
    assert len(page.effect.comparisons[0].query) <= search.QUERY_LIMIT


def test_search_itself_follows_a_saved_group(articles, client, editor):
    assert search.search("脱保").total == 0
    client.force_login(editor)
    client.post(ADD, {"words": "脱保、停缴"})
    assert search.search("脱保").results[0].article.title == "职工医保停缴以后怎么接上"


def test_the_log_is_asked_the_way_it_answers(asked):
    asked("停缴")
    assert stats.frequent(days=90, limit=500) == ["停缴"]
