"""From what a reader types to the articles that answer it: clauses, order, marks."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from articles import search, workflow
from articles.content import Source
from articles.models import Article, Category, Promotion, Region, SynonymGroup, Tag
from articles.search import QUERY_LIMIT, TERM_LIMIT, clauses, filters_now, rank
from articles.search.documents import documents
from articles.search.engine import TEXT_FIELDS

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def ids(text, **chosen):
    return [result.article.pk for result in search.search(text, **chosen).results]


def marked(segments):
    return [segment.text for segment in segments if segment.marked]


class TestClauses:
    def test_pairs_and_words_in_title_and_body(self):
        fields = {clause.field for clause in clauses("医保断缴怎么办")}
        assert fields == set(TEXT_FIELDS) - {"title_chars", "spelling"}

    def test_a_term_is_looked_for_once_a_field(self):
        found = [(clause.field, clause.term) for clause in clauses("医保医保医保")]
        assert len(found) == len(set(found))

    def test_a_title_weighs_more_than_a_body(self):
        weights = {clause.field: clause.weight for clause in clauses("医保")}
        assert weights["title_pairs"] > weights["body_pairs"]
        assert weights["title_words"] > weights["body_words"]

    def test_a_single_character_uses_the_field_made_for_it(self):
        assert {clause.field for clause in clauses("痛")} == {"title_chars", "body_words"}

    @pytest.mark.parametrize("text", ["", " ", "？！。", "\x00", "\ud800", "😀", "‮", "“”", "*", "()", "\u3000"])
    def test_signs_alone_ask_nothing(self, text):
        assert clauses(text) == []

    @pytest.mark.parametrize(
        ("typed", "same"),
        [("ＣＴ检查", "CT检查"), ("ct检查", "CT检查"), ("医保　断缴", "医保 断缴"), ("医\u200b保", "医保"), ("２０２６年", "2026年")],
    )
    def test_what_readers_do_not_distinguish_is_the_same(self, typed, same):
        assert clauses(typed) == clauses(same)

    @pytest.mark.parametrize("text", ["医保" * 5000, "".join(map(chr, range(0x4E00, 0x4E00 + 10_000))), "a b " * 3000, "﷽" * 500])
    def test_a_long_text_stays_a_bounded_question(self, text):
        found = clauses(text)
        assert len(found) <= 6 * TERM_LIMIT + 1
        assert found == clauses(text[:QUERY_LIMIT])


class TestOrder:
    def test_the_question_itself_comes_first(self, publish):
        other = publish("医保个人账户的钱能取出来吗？", body="<p>断缴半年后，里面的钱还能用。</p>")
        best = publish("医保断了半年，里面的钱还能用吗？", body="<p>能用。</p>")
        assert ids("医保断了半年里面的钱还能用吗") == [best.pk, other.pk]

    def test_a_question_in_other_words_still_finds_its_answer(self, publish):
        publish("新生儿参保要带什么材料？", body="<p>户口本。</p>")
        best = publish("辞职在家怎么续医保？", body="<p>可以改参居民医保，也可以按灵活就业接着缴。</p>")
        assert ids("全职妈妈自己怎么续医保")[0] == best.pk

    def test_other_phrasings_are_searched_too(self, publish):
        article = publish("个人账户余额会清零吗？", phrasings=("年底会不会作废",))
        assert ids("作废") == [article.pk]

    def test_the_short_answer_is_searched_too(self, publish):
        article = publish("个人账户余额怎么办？", short_answer="结转下年。")
        assert ids("结转下年") == [article.pk]

    def test_a_title_beats_a_mention(self, publish):
        publish("医保问题汇总？", body="<p>异地就医备案在手机上就能办。</p>")
        best = publish("异地就医备案怎么办？", body="<p>在国家医保服务平台办理。</p>")
        assert ids("异地就医备案")[0] == best.pk

    def test_one_character_finds_titles_that_hold_it(self, publish):
        article = publish("脚后跟痛挂什么科？", body="<p>骨科。</p>")
        assert ids("痛") == [article.pk]

    def test_latin_words_and_numbers(self, publish):
        article = publish("做CT能用医保报销吗？", body="<p>2026年起，起付线1.3万元。</p>")
        assert ids("ct") == ids("CT 检查") == ids("1.3万") == ids("2026年") == [article.pk]

    def test_the_same_question_gives_the_same_order(self, publish_many):
        publish_many(40)
        search.sync()
        assert ids("医保怎么办") == ids("医保怎么办")

    def test_pages_repeat_nothing_and_leave_nothing_out(self, publish_many):
        publish_many(50)
        search.sync()
        pages = [ids("医保怎么办", offset=offset) for offset in (0, 20, 40)]
        assert list(map(len, pages)) == [20, 20, 10]
        assert len({pk for page in pages for pk in page}) == 50

    def test_a_thousand_results_can_be_reached(self, publish_many):
        publish_many(1010)
        search.sync()
        page = search.search("医保怎么办", offset=980, limit=20)
        assert (len(page.results), page.total) == (20, 1010)

    def test_rank_gives_ids_scores_and_total(self, publish):
        article = publish("异地就医备案怎么办？")
        hits = rank("异地备案", filters_now(), search.engine())
        assert (hits.ids, hits.total) == ([article.pk], 1)
        assert hits.scores[0] > 0


class TestRegions:
    def region(self, code):
        return Region.objects.get(pk=code)

    def test_a_place_finds_what_applies_there_its_own_first(self, publish):
        everywhere = publish("看病后医保怎么报销？")
        province = publish("浙江医保怎么报销？", regions=("330000",))
        city = publish("舟山医保怎么报销？", regions=("330900",))
        other = publish("宁波医保怎么报销？", regions=("330200",))
        found = ids("医保怎么报销", region=self.region("330900"))
        assert found[0] == city.pk
        assert set(found) == {city.pk, province.pk, everywhere.pk}
        assert set(ids("医保怎么报销", region=self.region("330000"))) == {city.pk, province.pk, other.pk, everywhere.pk}

    def test_the_country_means_articles_for_everywhere(self, publish):
        publish("舟山医保怎么报销？", regions=("330900",))
        everywhere = publish("全国医保怎么报销？")
        assert ids("医保", region=self.region("100000")) == [everywhere.pk]

    @pytest.mark.parametrize(
        ("regions", "own", "within"),
        [
            ((), {100_000}, {100_000}),
            (("330900",), {330_900}, {330_900, 330_000}),
            (("330900", "330200"), {330_900, 330_200}, {330_900, 330_200, 330_000}),
            (("330900", "330000"), {330_000}, {330_000}),
            (("100000", "330900"), {100_000}, {100_000}),
        ],
    )
    def test_the_larger_place_decides(self, publish, regions, own, within):
        article = publish("医保怎么报销？", regions=regions)
        [document] = documents(Article.objects.filter(pk=article.pk))
        assert (set(document.regions), set(document.within)) == (own, within)


class TestValidity:
    def test_an_expired_article_sinks_and_stays_to_be_found(self, publish):
        yesterday = timezone.localdate() - timedelta(days=1)
        old = publish("居民医保缴费标准是多少？", valid_until=yesterday)
        new = publish("今后的居民医保缴费标准由谁来决定？", valid_until=timezone.localdate())
        assert ids("居民医保缴费标准") == [new.pk, old.pk]
        assert [result.article.expired for result in search.search("居民医保缴费标准").results] == [False, True]

    def test_whoever_names_a_year_means_that_year(self, publish):
        yesterday = timezone.localdate() - timedelta(days=1)
        old = publish("2025年居民医保缴费标准是多少？", valid_until=yesterday)
        publish("居民医保缴费标准由谁来决定？", valid_until=timezone.localdate())
        assert ids("2025年居民医保缴费标准")[0] == old.pk

    def test_the_filter_parts_them(self, publish):
        old = publish("居民医保缴费标准是多少？", valid_until=timezone.localdate() - timedelta(days=1))
        new = publish("居民医保缴费时间？")
        assert ids("居民医保缴费", valid=True) == [new.pk]
        assert ids("居民医保缴费", valid=False) == [old.pk]


class TestPages:
    def test_pages_neither_repeat_nor_lose_an_article_where_blocks_meet(self, publish_many):
        publish_many(250, valid_until=timezone.localdate() - timedelta(days=1))
        publish_many(200, title="医保的第{}问怎么办？")
        search.sync()
        pages = [ids("医保怎么办", offset=start) for start in range(0, 460, 20)]
        found = [id for page in pages for id in page]
        assert len(found) == len(set(found)) == 450
        assert found == ids("医保怎么办", limit=500)

    def test_by_date_the_newest_comes_first_and_a_shared_word_is_not_enough(self, publish_many, publish):
        articles = publish_many(5, title="医保断缴第{}问？")
        publish("医保卡丢了怎么办？")
        assert ids("医保断缴", newest=True) == [article.pk for article in articles]

    def test_by_date_synonyms_alone_are_not_enough(self, publish):
        SynonymGroup(words="首诊、第一次看病").save()
        publish("孩子第一次看病带什么？")
        best = publish("儿童首诊怎么办？")
        publish("成人第一次看病挂什么号？")
        assert ids("儿童首诊", newest=True) == [best.pk]

    def test_by_date_a_question_that_nothing_answers_well_still_has_results(self, publish):
        article = publish("医保断缴怎么办？")
        assert ids("小区门口的药店晚上几点关门医保能用吗", newest=True) == [article.pk]


class TestFacets:
    def counts(self, page, name):
        return {option.value: option.count for facet in page.facets for option in facet.options if facet.name == name}

    def test_counts_are_those_of_the_results(self, publish):
        tag = Tag.objects.create(name="断缴")
        publish("医保断缴怎么办？", tags=(tag.pk,))
        publish("上海医保断缴多久清零？", tags=(tag.pk,), regions=("310000",), valid_until=timezone.localdate() - timedelta(days=1))
        page = search.search("断缴", with_facets=True)
        assert self.counts(page, "category") == {"personal-account": 2}
        assert self.counts(page, "region") == {"310000": 2}  # with what is for the whole country
        assert self.counts(page, "tag") == {tag.slug: 2}
        assert self.counts(page, "year") == {str(timezone.localdate().year): 2}
        assert self.counts(page, "valid") == {"1": 1, "0": 1}
        assert [facet.label for facet in page.facets] == ["栏目", "地区", "标签", "发布年份", "有效性"]

    def test_a_chosen_value_leaves_the_others_of_its_kind_in_sight(self, publish):
        other = Category.objects.exclude(slug="personal-account").first()
        publish("医保断缴怎么办？")
        publish("医保断缴怎么补？", category=other.pk)
        page = search.search("断缴", category=other, with_facets=True)
        assert page.total == 1
        assert self.counts(page, "category") == {"personal-account": 1, other.slug: 1}
        assert [option.value for facet in page.facets for option in facet.options if option.chosen] == [other.slug]

    def test_by_date_they_count_what_the_list_by_date_holds(self, publish):
        publish("医保断缴怎么办？")
        publish("医保卡丢了去哪里？")
        page = search.search("医保断缴怎么办", newest=True, with_facets=True)
        assert (page.total, self.counts(page, "category")) == (1, {"personal-account": 1})

    def test_a_chosen_tag_that_is_not_among_the_most_frequent_has_its_count(self, publish, publish_many):
        common = [tag.pk for tag in Tag.objects.named([f"标签{number}" for number in range(20)])]
        rare = Tag.objects.create(name="少见")
        publish_many(3, tags=tuple(common))
        publish("医保断缴怎么办？", tags=(rare.pk,))
        search.sync()
        page = search.search("医保怎么办", tag=rare, with_facets=True)
        assert (page.total, self.counts(page, "tag")[rare.slug]) == (1, 1)

    def test_a_chosen_value_without_hits_is_still_shown(self, publish):
        publish("医保断缴怎么办？")
        page = search.search("断缴", year=1999, with_facets=True)
        assert (page.total, self.counts(page, "year")["1999"]) == (0, 0)


class TestSpelling:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("yibao", "医保"), ("YiBaoKa", "医保卡"), ("yi bao ka", "医保卡"), ("yb", "医保"), ("ybk", "医保卡"),
            ("yibaoduanjiao", "医保断缴"),
            ("医报卡", "医保卡"), ("一保断缴", "医保断缴"), ("医保duanjiao", "医保断缴"), ("重庆一保", "重庆医保"), ("醫報卡", "医保卡"),
            ("yī bǎo kǎ", "医保卡"), ("chongqinyibao", "重庆医保"),
        ],
    )  # fmt: skip
    def test_pinyin_and_words_that_sound_the_same_are_understood(self, publish, typed, meant):
        article = publish("医保卡丢了怎么办？")
        publish("医保断缴了怎么办？")
        publish("重庆医保怎么查？")
        page = search.search(typed)
        assert page.respelt == meant
        assert all(char in "".join(marked(page.results[0].title)) for char in meant)
        assert article.pk in [result.article.pk for result in page.results]

    @pytest.mark.parametrize(
        "typed",
        [
            "视野缺损",
            "事业单位",
            "疑似骨折",
            "背景音乐",
            "怀了三胎",
            "只报了一半",
            "肥厚型心肌病",
            "如果以第一种方式",
            "夜间遗尿",
            "st段抬高",
        ],
    )
    def test_words_that_only_sound_like_ours_are_left_alone(self, publish, typed):
        for title in (
            "失业后医保怎么办？",
            "北京怎么看急诊？",
            "异地医疗怎么报？",
            "三胎生育怎么报？",
            "医保卡坏了意思是什么？",
            "心急怎么办？",
        ):
            publish(title)
        assert search.search(typed).respelt == ""

    def test_a_real_word_gives_way_only_where_the_other_is_known_to_stand(self, publish):
        publish("生育津贴怎么领？")
        assert search.search("生育紧贴").respelt == "生育津贴"
        assert search.search("紧贴").respelt == ""

    def test_letters_of_another_kind_beside_pinyin(self, publish):
        publish("医保卡丢了怎么办？", body="<p>CT 检查。</p>")
        assert search.search("ct yibaoka").respelt == "ct 医保卡"

    @pytest.mark.parametrize("typed", ["lanjing", "懒京", "lj", "lanjingjihua"])
    def test_the_words_of_a_scheduled_article_do_not_give_themselves_away(self, approved, editor, typed):
        workflow.schedule(approved("蓝鲸计划怎么领？"), by=editor, at=timezone.now() + timedelta(days=3))
        search.sync()
        page = search.search(typed)
        assert (page.respelt, page.total) == ("", 0)
        assert search.suggest(typed) == []

    def test_a_scheduled_article_does_not_count_as_mentioning_a_word(self, approved, editor, publish):
        publish("医保卡丢了怎么办？")
        before = search.search("蓝鲸计划").missing
        workflow.schedule(approved("蓝鲸计划怎么领？"), by=editor, at=timezone.now() + timedelta(days=3))
        search.sync()
        assert search.search("蓝鲸计划").missing == before != []

    @pytest.mark.parametrize("typed", ["医保断缴", "CT检查", "hpv", "xyz", "奥特曼怎么办", "12393", "a", "医", "zzzzzzzz", "的", "lv"])
    def test_what_is_spelt_right_or_unknown_stays_as_it_is(self, publish, typed):
        publish("医保断缴怎么办？")
        publish("CT检查能报销吗？")
        assert search.search(typed).respelt == ""

    def test_two_words_side_by_side_are_no_misspelling(self, publish):
        publish("大病保险怎么报销？", body="<p>保险在当地办理。</p>")
        publish("居民医保什么时候交？", body="<p>现在可以交。</p>")
        assert search.search("居民医保现在还能交吗").respelt == ""

    def test_a_word_of_the_body_is_not_mended(self, publish):
        publish("医保卡丢了怎么办？", body="<p>医报是另一个词。</p>")
        assert search.search("医报").respelt == ""

    @pytest.mark.parametrize("typed", ["yi" * 100, "xianxianxian" * 3, "a'b'c" * 30, "医报" * 100, "g" * 200])
    def test_hostile_letters_are_answered_quickly(self, publish, typed):
        publish("医保卡丢了怎么办？")
        start = time.perf_counter()
        search.search(typed)
        assert time.perf_counter() - start < 0.5


class TestMissing:
    def test_a_word_that_no_article_holds_is_named(self, publish):
        publish("住院手术能报多少？")
        assert search.search("白内障手术能报多少").missing == ["白内障"]

    def test_what_has_a_synonym_in_the_articles_is_not(self, publish):
        SynonymGroup(words="白内障、住院").save()
        publish("住院手术能报多少？")
        assert search.search("白内障手术能报多少").missing == []

    def test_a_long_story_may_name_what_it_likes(self, publish):
        publish("住院手术能报多少？")
        assert search.search("我家邻居的大花猫上个星期从阳台摔下来以后住院手术能报多少").missing == []


class TestLongQuestions:
    def test_the_beginning_and_the_end_count(self, publish):
        publish("异地就医怎么备案？")
        best = publish("取现怎么办？", body="<p>医保卡里的钱不能取现。</p>")
        page = search.search("我想问一下，" + "老家的事情说来话长，" * 40 + "医保卡能取现吗")
        assert page.results[0].article == best
        assert page.cut
        assert not search.search("医保卡能取现吗").cut


class TestOneCharacter:
    def test_it_is_found_inside_a_body(self, publish):
        article = publish("哪些不报？", body="<p>种牙齿不报。</p>")
        assert ids("牙") == [article.pk]


class TestPromoted:
    def test_promoted_articles_stand_before_the_first_page_and_nowhere_else(self, publish_many):
        articles = publish_many(50, title="医保怎么办第{}问？")
        search.sync()
        now = timezone.now()
        for position, article in enumerate(articles[30:33]):
            Promotion.objects.create(query="医保怎么办", article=article, starts_at=now - timedelta(days=1), position=position)
        pages = [search.search("医保怎么办", offset=start).results for start in (0, 20, 40)]
        found = [result.article.pk for page in pages for result in page]
        assert found[:3] == [article.pk for article in articles[30:33]]
        assert [result.promoted for result in pages[0]][:4] == [True, True, True, False]
        assert len(found) == len(set(found)) == 50


class TestNumbers:
    def test_a_document_number_finds_what_cites_it(self, publish):
        source = Source("关于一件事的意见", number="某医发〔2021〕14号", issuer="某局")
        publish("2021年14号文件说了什么？", body="<p>某医发文很多。</p>")
        best = publish("门诊费用怎么报？", sources=(source,))
        assert ids("某医发〔2021〕14号")[0] == best.pk
        assert ids("某医发[2021]14号")[0] == best.pk

    def test_an_amount_is_found_however_it_is_written(self, publish):
        article = publish("起付线是多少？", body="<p>一年 1,400 元。</p>")
        publish("封顶线是多少？", body="<p>一年 40 万元，1 次。</p>")
        for typed in ("1400元", "1,400元", "１４００元", "1400 元"):
            assert ids(typed)[0] == article.pk

    def test_a_telephone_number_is_a_word(self, publish):
        article = publish("医保电话是多少？", body="<p>拨打 12393 咨询。</p>")
        publish("急救电话是多少？", body="<p>拨打 120。</p>")
        assert ids("12393") == [article.pk]


class TestMarks:
    def test_title_and_passage_are_marked_where_they_match(self, publish):
        publish("个人账户余额会清零吗？", body="<p>不会清零。余额结转到下一年。</p>")
        result = search.search("清零").results[0]
        assert marked(result.title) == ["清零"]
        assert marked(result.passage) == ["清零"]

    def test_the_passage_is_cut_from_the_place_that_answers(self, publish):
        publish("医保说明？", body="<p>无关的话。</p>" * 200 + "<p>跨省住院先备案再结算。</p>" + "<p>无关的话。</p>" * 200)
        result = search.search("跨省住院备案").results[0]
        text = "".join(segment.text for segment in result.passage)
        assert "跨省住院先备案再结算" in text
        assert len(text) < 250
        assert text.startswith("…")

    def test_the_text_shown_is_the_original_and_complete(self, publish):
        article = publish("ＣＴ检查能报销吗？", body="<p>ＣＴ检查按 80％ 报销。</p>")
        result = search.search("ct检查").results[0]
        assert "".join(segment.text for segment in result.title) == article.title
        assert marked(result.title) == ["ＣＴ检查"]


@pytest.mark.parametrize("query", ["清零", "清 零", "年底清零吗？", "清零　吗", "年底會清零嗎", "帳戶清零"])
def test_width_spaces_and_traditional_characters_do_not_matter(publish, query):
    article = publish("年底会清零吗？", "<p>账户里的钱接着用。</p>")
    publish("挂号要带什么？", "<p>带上身份证。</p>")
    assert search.search(query).results[0].article == article


def test_a_traditional_article_is_found_and_marked_by_a_simplified_question(publish):
    article = publish("異地就醫怎麼備案？", "<p>先在參保地辦理。</p>")
    result = search.search("异地就医备案").results[0]
    assert result.article == article
    assert "".join(segment.text for segment in result.title if segment.marked) == "異地就醫備案"


@pytest.mark.parametrize("query", ["断缴以后怎么办", "断缴以后，怎么办？", "斷繳以後怎麼辦呢"])
def test_a_question_typed_as_it_stands_comes_first(publish, query):
    for number in range(3):
        publish(f"断缴断缴怎么办怎么办以后以后之{number}？", "<p>断缴以后怎么办，断缴以后怎么办。</p>")
    article = publish("断缴以后怎么办？", "<p>先看停了多久。</p>")
    assert search.search(query).results[0].article == article


def test_a_phrasing_typed_as_it_stands_finds_its_article_first(publish):
    for number in range(3):
        publish(f"卡丢了补卡问题之{number}？", "<p>卡丢了上哪儿补，卡丢了上哪儿补。</p>")
    article = publish("社保卡遗失如何挂失？", "<p>先挂失。</p>", phrasings=("卡丢了上哪儿补", "卡没了"))
    assert search.search("卡丢了上哪儿补").results[0].article == article
    assert search.search("卡丢了上哪儿补").total == 4
