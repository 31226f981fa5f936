"""The contract of search/engine.py. An engine that passes may be named in SEARCH_ENGINE."""

import random
import shutil
import threading
from pathlib import Path

import pytest
from django.utils.module_loading import import_string

from articles.search.documents import text_fields
from articles.search.engine import FACETS, Clause, Filters, Place, SearchDocument
from tests.damage import overwrite

NOW = 1_800_000_000
HOUR = 3600
TODAY = NOW // 86_400
WORDS = ["医保", "账户", "余额", "报销", "住院", "门诊", "异地", "备案", "生育", "津贴", "断缴", "补缴"]


def document(id, title="", body="", **fields):
    others = {
        "category": 1,
        "tags": (),
        "regions": (100_000,),
        "year": 2027,
        "go_live": NOW - HOUR,
        "expires": NOW + HOUR,
        "valid_until": TODAY,
    }
    fields.setdefault("within", fields.get("regions", (100_000,)))
    return SearchDocument(id, text_fields(title, body), **others | fields)


def clause(term, field="title_words", weight=1.0):
    return Clause(field, term, weight)


def found(engine, *terms, **filters):
    """Ids, best first, of what holds any of `terms` in its title."""
    return engine.search([clause(term) for term in terms], Filters(**{"now": NOW} | filters), limit=1000).ids


@pytest.fixture(
    params=["articles.search.tantivy.TantivyEngine", "articles.search.memory.MemoryEngine", "articles.search.fts5.Fts5Engine"],
    ids=["tantivy", "memory", "fts5"],
)
def make(request):
    return import_string(request.param)


@pytest.fixture
def engine(make, tmp_path):
    return make(tmp_path / "index", new=True)


class TestWriting:
    def test_a_new_index_is_empty(self, engine):
        assert engine.count() == 0
        assert found(engine, "医保") == []

    def test_what_is_written_is_found(self, engine):
        engine.write([document(7, "医保账户")])
        assert found(engine, "医保") == [7]
        assert engine.count() == 1

    def test_a_document_written_again_replaces_the_old_one(self, engine):
        engine.write([document(1, "医保账户"), document(2, "医保报销")])
        engine.write([document(1, "住院")])
        assert engine.count() == 2
        assert found(engine, "医保") == [2]
        assert found(engine, "账户") == []
        assert found(engine, "住院") == [1]

    def test_a_document_stays_single_however_often_it_is_written(self, engine):
        for _ in range(5):
            engine.write([document(1, "医保")])
        assert (engine.count(), found(engine, "医保")) == (1, [1])

    def test_a_removed_document_is_gone(self, engine):
        engine.write([document(1, "医保"), document(2, "医保")])
        engine.write([], removed=[1])
        assert (engine.count(), found(engine, "医保")) == (1, [2])

    def test_adding_and_removing_happen_together(self, engine):
        engine.write([document(1, "医保")])
        engine.write([document(2, "医保")], removed=[1])
        assert found(engine, "医保") == [2]

    def test_removing_what_is_not_there_does_nothing(self, engine):
        engine.write([document(1, "医保")], removed=[5, 10**15])
        assert found(engine, "医保") == [1]

    def test_nothing_stays_of_a_write_that_failed(self, engine):
        engine.write([document(1, "医保")])

        def failing():
            yield document(2, "医保")
            raise RuntimeError("the database went away")

        with pytest.raises(RuntimeError):
            engine.write(failing(), removed=[1])
        engine.refresh()
        assert (engine.count(), found(engine, "医保")) == (1, [1])
        engine.write([document(3, "医保")])
        assert sorted(found(engine, "医保")) == [1, 3]

    def test_two_thousand_documents_at_once(self, engine):
        engine.write(document(id, f"医保 {id}") for id in range(1, 2001))
        assert engine.count() == 2000
        assert found(engine, "1234") == [1234]

    def test_ids_and_times_may_be_large_or_before_1970(self, engine):
        engine.write([document(10**16 - 1, "医保", go_live=-62_000_000_000, expires=253_370_764_800, category=10**12)])
        assert found(engine, "医保", category=10**12) == [10**16 - 1]

    def test_a_document_without_text_is_counted_and_never_found(self, engine):
        engine.write([document(1), document(2, "医保", "！？。")])
        assert engine.count() == 2
        assert found(engine, "医保") == [2]

    def test_a_word_of_a_hundred_thousand_letters_harms_nothing(self, engine):
        engine.write([document(1, "a" * 100_000 + " 医保")])
        assert found(engine, "医保") == [1]
        engine.frequency("title_words", "a" * 100_000)
        assert found(engine, "a" * 100_000) in ([], [1])


class TestOpening:
    def test_an_index_opened_again_has_everything(self, engine, make, tmp_path):
        engine.write([document(1, "医保")])
        assert found(make(tmp_path / "index"), "医保") == [1]

    def test_where_there_is_no_index_there_is_nothing_to_open(self, make, tmp_path):
        (tmp_path / "empty").mkdir()
        for directory in ("empty", "missing"):
            with pytest.raises(Exception):  # noqa: B017, PT011  (each engine its own)
                make(tmp_path / directory)
        assert not (tmp_path / "missing").exists()
        assert not list((tmp_path / "empty").iterdir())

    def test_a_reader_sees_what_another_wrote_after_refresh(self, engine, make, tmp_path):
        engine.write([document(1, "医保")])
        reader = make(tmp_path / "index")
        engine.write([document(2, "医保")], removed=[1])
        reader.refresh()
        assert (reader.count(), found(reader, "医保")) == (1, [2])

    def test_a_reader_goes_on_when_the_directory_is_deleted(self, engine, tmp_path):
        engine.write([document(1, "医保")])
        shutil.rmtree(tmp_path / "index")
        assert found(engine, "医保") == [1]


class TestSearching:
    def test_any_of_the_clauses_may_match(self, engine):
        engine.write([document(1, "医保"), document(2, "住院"), document(3, "门诊")])
        assert sorted(found(engine, "医保", "住院", "生育")) == [1, 2]

    def test_more_matching_clauses_rank_higher(self, engine):
        engine.write([document(1, "医保住院"), document(2, "医保账户余额"), document(3, "医保账户住院")])
        assert found(engine, "账户", "余额")[0] == 2

    def test_rare_terms_weigh_more_than_common_ones(self, engine):
        engine.write([document(id, "医保账户") for id in range(1, 20)] + [document(20, "医保津贴"), document(21, "账户医保")])
        assert found(engine, "医保", "津贴")[0] == 20

    def test_the_weight_of_a_clause_decides(self, engine):
        engine.write([document(1, "住院", "账户"), document(2, "账户", "住院")])
        in_title, in_body = clause("住院", "title_words", 2.0), clause("住院", "body_words", 0.5)
        assert engine.search([in_title, in_body], Filters(NOW)).ids == [1, 2]
        assert engine.search([in_title._replace(weight=0.1), in_body._replace(weight=5.0)], Filters(NOW)).ids == [2, 1]

    def test_a_term_is_looked_for_in_its_own_field_alone(self, engine):
        engine.write([document(1, "住院", "门诊")])
        assert engine.search([clause("门诊")], Filters(NOW)).ids == []
        assert engine.search([clause("门诊", "body_words")], Filters(NOW)).ids == [1]

    def test_single_characters_have_a_field_of_their_own(self, engine):
        engine.write([document(1, "脚痛"), document(2, "头痛怎么办")])
        assert sorted(engine.search([clause("痛", "title_chars")], Filters(NOW)).ids) == [1, 2]

    def test_scores_come_with_the_ids_and_fall(self, engine):
        engine.write([document(1, "医保账户余额报销"), document(2, "医保"), document(3, "住院")])
        hits = engine.search([clause("医保")], Filters(NOW))
        assert len(hits.scores) == len(hits.ids) == hits.total == 2
        assert hits.scores[0] > hits.scores[1] > 0

    def test_pages_are_cut_from_one_order_and_the_total_is_exact(self, engine):
        engine.write(document(id, "医保" + "账户" * (id % 7)) for id in range(1, 101))
        clauses = [clause("医保"), clause("账户")]
        whole = engine.search(clauses, Filters(NOW), limit=100)
        pages = [engine.search(clauses, Filters(NOW), offset=start, limit=20) for start in range(0, 100, 20)]
        assert sorted(whole.ids) == list(range(1, 101))
        assert sorted(id for page in pages for id in page.ids) == sorted(whole.ids)
        assert {page.total for page in pages} == {100}

    def test_beyond_the_last_page_there_is_nothing_and_the_total_stays(self, engine):
        engine.write([document(1, "医保")])
        assert engine.search([clause("医保")], Filters(NOW), offset=980, limit=20) == ([], [], 1, [])

    def test_no_clause_finds_nothing(self, engine):
        engine.write([document(1, "医保")])
        assert engine.search([], Filters(NOW)) == ([], [], 0, [])

    @pytest.mark.parametrize(
        "term", ['"', "医保 OR 住院", "title:*", "+-&&||!(){}[]^~*?:\\/", "\x00", "‮", "😀", "", "%", "'; --", "a" * 10_000]
    )
    def test_a_term_is_never_a_query_language(self, engine, term):
        engine.write([document(1, "医保住院")])
        for field in ("title_words", "title_pairs", "title_chars", "body_words", "body_pairs"):
            assert engine.search([clause(term, field)], Filters(NOW)).ids == []
            assert engine.frequency(field, term) == 0

    def test_five_hundred_clauses(self, engine):
        engine.write([document(1, "医保")])
        assert engine.search([clause(f"词{i}") for i in range(500)] + [clause("医保")], Filters(NOW)).ids == [1]

    def test_frequency_counts_documents_and_not_occurrences(self, engine):
        engine.write([document(1, "医保医保"), document(2, "医保", "账户")])
        assert engine.frequency("title_words", "医保") == 2
        assert engine.frequency("body_words", "账户") == 1
        assert engine.frequency("title_words", "账户") == 0

    def test_the_frequency_of_a_tag(self, engine):
        engine.write([document(1, "医保", tags=(5, 6)), document(2, "医保", tags=(6,)), document(3, "医保")])
        assert [engine.frequency("tag", tag) for tag in (5, 6, 7)] == [1, 2, 0]


class TestBest:
    def test_the_best_come_first(self, engine):
        engine.write([document(1, "医保住院"), document(2, "医保账户余额"), document(3, "门诊")])
        assert engine.best([clause("医保"), clause("账户"), clause("余额")], 5) == [2, 1]
        assert engine.best([clause("医保"), clause("账户"), clause("余额")], 1) == [2]

    def test_nothing_asked_nothing_found(self, engine):
        engine.write([document(1, "医保")])
        assert engine.best([], 5) == engine.best([clause("住院")], 5) == []

    def test_among_many_the_best_are_those_of_a_search(self, engine):
        chance = random.Random(9)
        engine.write(document(id, "，".join(chance.choices(WORDS, k=4))) for id in range(1, 600))
        clauses = [clause(term, weight=weight) for term, weight in (("医保", 1.0), ("生育", 2.0), ("断缴", 0.5))]
        assert set(engine.best(clauses, 10)) == set(engine.search(clauses, Filters(NOW), limit=10).ids) or self.tied(engine, clauses)

    def tied(self, engine, clauses):
        """The tenth and the eleventh are equally good, so either may come."""
        scores = engine.search(clauses, Filters(NOW), limit=11).scores
        return scores[9] == pytest.approx(scores[10])


class TestFilters:
    def test_category_tag_and_year(self, engine):
        engine.write(
            [
                document(1, "医保", category=1, tags=(5, 6), year=2026),
                document(2, "医保", category=2, tags=(6,), year=2025),
                document(3, "医保", category=2, year=2026),
            ]
        )
        assert found(engine, "医保", category=1) == [1]
        assert sorted(found(engine, "医保", category=2)) == [2, 3]
        assert sorted(found(engine, "医保", tag=6)) == [1, 2]
        assert found(engine, "医保", tag=5, category=2) == []
        assert sorted(found(engine, "医保", year=2026)) == [1, 3]
        assert found(engine, "医保", tag=6, category=2, year=2025) == [2]
        assert found(engine, "医保", year=2024) == []

    def test_a_place_is_the_region_with_what_lies_in_it_and_the_larger_ones_around(self, engine):
        zhejiang, zhoushan, beijing, china = 330_000, 330_900, 110_000, 100_000
        engine.write(
            [
                document(1, "医保", regions=(beijing,)),
                document(2, "医保", regions=(zhoushan,), within=(zhoushan, zhejiang)),
                document(3, "医保", regions=(zhejiang,)),
                document(4, "医保"),
            ]
        )
        seen = lambda *place: sorted(found(engine, "医保", place=Place(*place)))  # noqa: E731
        assert seen(zhejiang) == [2, 3]
        assert seen(zhoushan) == [2]
        assert seen(zhoushan, (zhejiang, china)) == [2, 3, 4]
        assert seen(zhejiang, (china,)) == [2, 3, 4]
        assert seen(beijing, (china,)) == [1, 4]
        assert seen(440_000) == []

    def test_a_policy_holds_through_its_last_day(self, engine):
        engine.write([document(1, "医保", valid_until=TODAY - 1), document(2, "医保", valid_until=TODAY)])
        assert found(engine, "医保", today=TODAY, expired=True) == [1]
        assert found(engine, "医保", today=TODAY, expired=False) == [2]
        assert found(engine, "医保", today=TODAY + 1, expired=False) == []
        assert sorted(found(engine, "医保", today=TODAY)) == [1, 2]

    def test_hits_say_until_when_the_policy_holds(self, engine):
        engine.write([document(1, "医保", valid_until=-5), document(2, "医保医保账户余额住院", valid_until=2_932_896)])
        hits = engine.search([clause("医保")], Filters(NOW))
        assert dict(zip(hits.ids, hits.valid_until, strict=True)) == {1: -5, 2: 2_932_896}

    def test_filters_change_the_total_and_no_score(self, engine):
        engine.write([document(1, "医保"), document(2, "医保", category=2)])
        everything = engine.search([clause("医保")], Filters(NOW))
        one = engine.search([clause("医保")], Filters(NOW, category=2))
        assert (one.ids, one.total) == ([2], 1)
        assert one.scores[0] == pytest.approx(everything.scores[everything.ids.index(2)], rel=1e-5)

    def test_only_some_ids_are_looked_at(self, engine):
        engine.write([document(number, "医保") for number in (1, 2, 3)])
        assert sorted(found(engine, "医保", among=frozenset({1, 3, 9}))) == [1, 3]
        assert found(engine, "医保", among=frozenset()) == []

    def test_an_article_is_not_related_to_itself(self, engine):
        engine.write([document(1, "医保"), document(2, "医保")])
        assert found(engine, "医保", exclude=1) == [2]

    def test_an_article_is_there_from_its_first_second_until_before_its_last(self, engine):
        engine.write([document(1, "医保", go_live=NOW, expires=NOW + 10)])
        seen = [bool(found(engine, "医保", now=NOW + second)) for second in (-1, 0, 9, 10, 11)]
        assert seen == [False, True, True, False, False]
        assert engine.search([clause("医保")], Filters(NOW - 1)).total == 0

    def test_scheduled_articles_are_found_only_when_asked_for(self, engine):
        engine.write([document(1, "医保", go_live=NOW + 10), document(2, "医保", expires=NOW)])
        assert found(engine, "医保") == []
        assert found(engine, "医保", scheduled=True) == [1]

    def test_what_is_not_visible_is_in_the_count(self, engine):
        engine.write([document(1, "医保", go_live=NOW + 10)])
        assert engine.count() == 1


class TestNewest:
    def test_the_newest_come_first_whatever_matches_best(self, engine):
        engine.write(
            [document(1, "医保", go_live=NOW - 3), document(2, "医保医保账户", go_live=NOW - 9), document(3, "医保余额住院", go_live=NOW)]
        )
        hits = engine.newest([clause("医保"), clause("账户")], Filters(NOW))
        assert (hits.ids, hits.total, hits.scores) == ([3, 1, 2], 3, [0.0, 0.0, 0.0])

    def test_pages_follow_each_other(self, engine):
        engine.write(document(id, "医保", go_live=NOW - id) for id in range(1, 51))
        pages = [engine.newest([clause("医保")], Filters(NOW), offset=start, limit=20) for start in (0, 20, 40, 60)]
        assert [id for page in pages for id in page.ids] == list(range(1, 51))
        assert {page.total for page in pages} == {50}

    def test_as_many_different_terms_as_needed_each_in_any_field(self, engine):
        engine.write([document(1, "医保", "账户"), document(2, "医保", "医保"), document(3, "账户余额"), document(4, "医保账户余额")])
        clauses = [clause(term, field) for term in ("医保", "账户", "余额") for field in ("title_words", "body_words")]
        seen = lambda needed: sorted(engine.newest(clauses, Filters(NOW), needed=needed).ids)  # noqa: E731
        assert [seen(needed) for needed in (1, 2, 3, 4)] == [[1, 2, 3, 4], [1, 3, 4], [4], []]

    def test_filters_hold_here_too(self, engine):
        engine.write([document(1, "医保", go_live=NOW + 5), document(2, "医保", category=2), document(3, "医保")])
        assert engine.newest([clause("医保")], Filters(NOW, category=1)).ids == [3]

    def test_no_clause_finds_nothing(self, engine):
        engine.write([document(1, "医保")])
        assert engine.newest([], Filters(NOW)) == ([], [], 0, [])


class TestFacets:
    def test_counts_are_of_all_hits_and_not_of_a_page(self, engine):
        engine.write(
            [
                document(1, "医保", category=1, tags=(5, 6), year=2025, valid_until=TODAY - 1),
                document(2, "医保", category=2, tags=(6,), year=2026, regions=(330_900,), within=(330_900, 330_000)),
                document(3, "医保", category=2, year=2026, regions=(330_000,)),
                document(4, "住院", category=3),
            ]
        )
        counts = engine.facets([clause("医保")], Filters(NOW, today=TODAY), FACETS)
        assert counts == {
            "category": {1: 1, 2: 2},
            "tag": {5: 1, 6: 2},
            "region": {100_000: 1, 330_000: 1, 330_900: 1},
            "within": {100_000: 1, 330_000: 2, 330_900: 1},
            "year": {2025: 1, 2026: 2},
            "expired": {0: 2, 1: 1},
        }

    def test_where_several_terms_are_needed_only_what_holds_them_counts(self, engine):
        engine.write([document(1, "医保账户"), document(2, "医保", "账户", category=2), document(3, "账户", category=3)])
        clauses = [clause(term, field) for term in ("医保", "账户") for field in ("title_words", "body_words")]
        assert engine.facets(clauses, Filters(NOW), ["category"], needed=2) == {"category": {1: 1, 2: 1}}

    def test_what_readers_may_not_see_is_not_counted(self, engine):
        engine.write([document(1, "医保", go_live=NOW + 5), document(2, "医保", expires=NOW), document(3, "医保", category=2)])
        assert engine.facets([clause("医保")], Filters(NOW), ["category"]) == {"category": {2: 1}}

    def test_filters_narrow_the_counts(self, engine):
        engine.write([document(1, "医保", category=1, year=2025), document(2, "医保", category=2, year=2026)])
        assert engine.facets([clause("医保")], Filters(NOW, year=2026), ["category", "year"]) == {"category": {2: 1}, "year": {2026: 1}}

    def test_the_twenty_most_frequent_tags(self, engine):
        engine.write(document(id, "医保", tags=tuple(range(id, 41))) for id in range(1, 41))
        counts = engine.facets([clause("医保")], Filters(NOW), ["tag"])["tag"]
        assert counts == {tag: tag for tag in range(21, 41)}

    def test_no_hit_has_no_counts(self, engine):
        assert engine.facets([], Filters(NOW), FACETS) == {name: {} for name in FACETS}
        assert engine.facets([clause("医保")], Filters(NOW), []) == {}


class TestVocabulary:
    def test_terms_that_begin_so_the_most_frequent_first(self, engine):
        engine.write([document(1, "医保账户"), document(2, "医保住院"), document(3, "医保医院", "医生")])
        assert engine.vocabulary("title_words", "医") == [("医保", 3), ("医院", 1)]
        assert engine.vocabulary("title_words", "医", limit=1) == [("医保", 3)]
        assert ("yibao|医保", 3) in engine.vocabulary("spelling", "yib")
        assert engine.vocabulary("title_words", "账户余") == []

    def test_a_removed_document_takes_its_terms_along_in_the_end(self, engine):
        engine.write([document(1, "医保"), document(2, "住院")])
        engine.write([], removed=[2])
        assert [term for term, _ in engine.vocabulary("title_words", "医")] == ["医保"]

    @pytest.mark.parametrize("prefix", ["", "\x00", "\U0010ffff", "a" * 10_000, "%", "*", "|"])
    def test_any_prefix_has_an_answer(self, engine, prefix):
        engine.write([document(1, "医保")])
        assert len(engine.vocabulary("title_words", prefix, limit=5)) == (not prefix)


class TestDamage:
    """Files that change under an engine, or under the next process that opens them."""

    def test_what_was_written_is_intact(self, engine, make, tmp_path):
        assert engine.intact()
        for start in range(0, 40, 10):
            engine.write([document(id, "医保") for id in range(start, start + 10)], removed=range(max(start - 5, 0), start))
        assert engine.intact()
        assert make(tmp_path / "index").intact()

    def test_one_wrong_byte_in_any_data_file_is_noticed(self, engine, make, tmp_path):
        engine.write([document(id, "医保账户", "余额不清零。" * 20) for id in range(30)])
        directory = tmp_path / "index"
        for file in [file for file in directory.iterdir() if file.suffix not in (".lock", ".json")]:
            whole = file.read_bytes()
            damaged = bytearray(whole)
            damaged[len(whole) // 3] ^= 0x55
            overwrite(file, damaged)
            assert not self.survives(make, directory), file.name
            overwrite(file, whole)
        assert self.survives(make, directory)

    def survives(self, make, directory):
        try:
            return make(directory).intact()
        except Exception:
            return False

    def test_damage_raises_nothing_but_exceptions(self, engine, make, tmp_path):
        engine.write([document(id, f"医保账户{id}", "余额不清零。" * 20) for id in range(50)])
        engine.write([document(51, "住院")], removed=[3])
        chance = random.Random(5)
        for number in range(80):
            copy = tmp_path / f"copy-{number}"
            shutil.copytree(tmp_path / "index", copy)
            self.damage(chance, copy)
            try:
                opened = make(copy)
                opened.search(
                    [clause("医保"), clause("余额", "body_words")], Filters(NOW, category=1, tag=2, place=Place(110_000), exclude=4)
                )
                opened.newest([clause("医保")], Filters(NOW))
                opened.facets([clause("医保")], Filters(NOW), FACETS)
                opened.vocabulary("spelling", "yi")
                opened.frequency("title_words", "账户")
                opened.count()
                opened.refresh()
                opened.write([document(52, "医保")])
            except Exception:
                continue

    def damage(self, chance, directory: Path):
        files = sorted(file for file in directory.iterdir() if file.stat().st_size)
        file = chance.choice(files)
        content = bytearray(file.read_bytes())
        kind = chance.choice(["truncate", "delete", "flip", "empty", "garbage"])
        if kind == "delete":
            file.unlink()
            return
        if kind == "truncate":
            del content[chance.randrange(len(content)) :]
        elif kind == "flip":
            for _ in range(20):
                content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
        elif kind == "empty":
            content.clear()
        else:
            content = bytearray(chance.randbytes(len(content)))
        file.write_bytes(content)


def test_readers_go_on_while_a_writer_writes(engine):
    engine.write([document(id, "医保") for id in range(1, 101)])
    done, wrong = threading.Event(), []

    def read():
        while not done.is_set():
            try:
                hits = engine.search([clause("医保")], Filters(NOW), limit=200)
                if hits.total != 100 or len(set(hits.ids)) != 100:
                    wrong.append(hits.total)
            except Exception as error:  # a thread would keep it to itself
                wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for start in range(0, 1000, 100):  # each write puts another hundred in the place of the last
        engine.write([document(id, "医保") for id in range(start + 101, start + 201)], removed=range(start + 1, start + 101))
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_the_engines_agree_on_what_matches(tmp_path):
    chance = random.Random(3)
    engines = [
        import_string(path)(tmp_path / path, new=True)
        for path in ("articles.search.tantivy.TantivyEngine", "articles.search.memory.MemoryEngine", "articles.search.fts5.Fts5Engine")
    ]
    for _ in range(4):
        batch = [random_document(chance, id) for id in chance.sample(range(1, 80), 50)]
        removed = chance.sample(range(1, 80), 5)
        for engine in engines:
            engine.write([doc for doc in batch if doc.id not in removed], removed)
    for _ in range(60):
        clauses = [clause(chance.choice(WORDS), chance.choice(["title_words", "body_words"])) for _ in range(chance.randrange(1, 4))]
        filters = Filters(
            NOW,
            category=chance.choice([None, None, 1, 2]),
            place=chance.choice([None, None, Place(330_000), Place(110_000, (100_000,))]),
            tag=chance.choice([None, None, 1, 2]),
            year=chance.choice([None, None, 2026]),
            expired=chance.choice([None, None, True, False]),
            today=TODAY,
            exclude=chance.choice([None, 5]),
            scheduled=chance.random() < 0.2,
        )
        first, *others = (engine.search(clauses, filters, limit=200) for engine in engines)
        assert [(sorted(hits.ids), hits.total) for hits in others] == [(sorted(first.ids), first.total)] * len(others)
        needed = chance.randrange(1, 4)
        assert len({engine.newest(clauses, filters, needed=needed).total for engine in engines}) == 1
        first, *others = (engine.facets(clauses, filters, FACETS) for engine in engines)
        assert others == [first] * len(others)
    assert len({engine.count() for engine in engines}) == 1


def random_document(chance, id):
    words = lambda count: "，".join(chance.choices(WORDS, k=count))  # noqa: E731
    regions = chance.choice([(330_900,), (110_000,), (100_000,)])
    return document(
        id,
        words(3),
        words(12),
        category=chance.choice([1, 2]),
        regions=regions,
        within=(*regions, 330_000) if regions == (330_900,) else regions,
        year=chance.choice([2025, 2026]),
        valid_until=TODAY + chance.choice([-1, 0, 1]),
        tags=tuple(chance.sample([1, 2, 3], chance.randrange(3))),
        go_live=NOW + chance.choice([-HOUR, -HOUR, HOUR]),
        expires=NOW + chance.choice([2 * HOUR, 2 * HOUR, -1]),
    )
