"""From what a reader types to the articles that answer it: clauses, order, marks."""

import pytest

from articles import search
from articles.search import QUERY_LIMIT, TERM_LIMIT, clauses, filters_now, rank
from articles.search.engine import TEXT_FIELDS

pytestmark = pytest.mark.django_db


def ids(text, **chosen):
    return [result.article.pk for result in search.search(text, **chosen).results]


def marked(segments):
    return [segment.text for segment in segments if segment.marked]


class TestClauses:
    def test_pairs_and_words_in_title_and_body(self):
        fields = {clause.field for clause in clauses("医保断缴怎么办")}
        assert fields == set(TEXT_FIELDS) - {"title_chars"}

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
        best = publish("没有工作怎么交医保？", body="<p>可以参加城乡居民医保，或以灵活就业人员身份缴费。</p>")
        assert ids("不上班自己怎么交医保")[0] == best.pk

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
    def test_a_province_includes_its_cities_and_not_the_reverse(self, publish):
        city = publish("舟山医保怎么报销？", regions=("330900",))
        province = publish("浙江医保怎么报销？", regions=("330000",))
        publish("全国医保怎么报销？")
        assert sorted(ids("医保", region="330000")) == [city.pk, province.pk]
        assert ids("医保", region="330900") == [city.pk]

    def test_the_country_means_articles_for_everywhere(self, publish):
        publish("舟山医保怎么报销？", regions=("330900",))
        everywhere = publish("全国医保怎么报销？")
        assert ids("医保", region="100000") == [everywhere.pk]


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
