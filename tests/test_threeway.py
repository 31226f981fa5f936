"""Two editors' changes to one text: what differs in place comes together, what differs in substance is asked, and no word goes."""

import random
import re
from datetime import date
from time import process_time

import pytest

from articles.content import ArticleContent, Source
from articles.rendering import clean
from articles.threeway import BOTH, MINE, THEIRS, merge


def bodies(base, mine, theirs):
    """merge() of three bodies, each cleaned as it would be stored."""
    return merge(*(ArticleContent("怎么办？", body=clean(body).html) for body in (base, mine, theirs)))


def together(base, mine, theirs):
    merged = bodies(base, mine, theirs)
    assert merged.conflicts == []
    return merged.content().body


def asked(base, mine, theirs):
    return [(conflict.base, conflict.mine, conflict.theirs) for conflict in bodies(base, mine, theirs).conflicts]


THREE = "<p>带上身份证。</p><p>到街道中心。</p><p>当场办结。</p>"


class TestBlocks:
    @pytest.mark.parametrize(
        ("mine", "theirs", "expected"),
        [
            (
                THREE.replace("身份证", "社保卡"),
                THREE.replace("当场", "三日内"),
                "<p>带上社保卡。</p><p>到街道中心。</p><p>三日内办结。</p>",
            ),
            (THREE.replace("身份证", "社保卡"), THREE.replace("街道", "社区"), "<p>带上社保卡。</p><p>到社区中心。</p><p>当场办结。</p>"),
            (THREE + "<p>不收费。</p>", "<p>先预约。</p>" + THREE, f"<p>先预约。</p>{THREE}<p>不收费。</p>"),
            (THREE + "<p>不收费。</p>", THREE + "<p>周末休息。</p>", f"{THREE}<p>不收费。</p><p>周末休息。</p>"),
            (THREE.replace("<p>到街道中心。</p>", ""), THREE.replace("当场", "次日"), "<p>带上身份证。</p><p>次日办结。</p>"),
            (THREE.replace("<p>带上身份证。</p>", ""), THREE.replace("<p>当场办结。</p>", ""), "<p>到街道中心。</p>"),
            (THREE.replace("街道", "社区"), THREE.replace("街道", "社区"), THREE.replace("街道", "社区")),
        ],
        ids=["far apart", "neighbours", "added before and behind", "both added behind", "deleted and changed", "both deleted", "the same"],
    )
    def test_changes_in_different_blocks_come_together(self, mine, theirs, expected):
        assert together(THREE, mine, theirs) == together(THREE, expected, expected) == expected

    def test_a_block_that_both_changed_is_asked(self):
        mine, theirs = THREE.replace("当场", "次日"), THREE.replace("当场", "三日内")
        assert asked(THREE, mine, theirs) == [("<p>当场办结。</p>", "<p>次日办结。</p>", "<p>三日内办结。</p>")]

    def test_each_answer_gives_its_words_and_leaves_the_rest_merged(self):
        merged = bodies(THREE, THREE.replace("当场", "次日").replace("身份证", "社保卡"), THREE.replace("当场", "三日内"))
        key = merged.conflicts[0].key
        bodies_by = {choice: merged.content({key: choice}).body for choice in (MINE, THEIRS, BOTH)}
        start = "<p>带上社保卡。</p><p>到街道中心。</p>"
        assert bodies_by == {
            MINE: start + "<p>次日办结。</p>",
            THEIRS: start + "<p>三日内办结。</p>",
            BOTH: start + "<p>次日办结。</p><p>三日内办结。</p>",
        }

    def test_what_one_deletes_and_the_other_changes_is_asked(self):
        gone, changed = THREE.replace("<p>当场办结。</p>", ""), THREE.replace("当场", "次日")
        assert asked(THREE, gone, changed) == [("<p>当场办结。</p>", "", "<p>次日办结。</p>")]
        assert asked(THREE, changed, gone) == [("<p>当场办结。</p>", "<p>次日办结。</p>", "")]
        assert bodies(THREE, gone, changed).conflicts[0].choices == [MINE, THEIRS]

    def test_a_block_that_one_moves_and_the_other_changes_is_changed_at_its_new_place(self):
        moved = "<p>当场办结。</p><p>带上身份证。</p><p>到街道中心。</p>"
        changed = THREE.replace("当场", "次日")
        assert together(THREE, moved, changed) == together(THREE, changed, moved) == moved.replace("当场", "次日")

    def test_a_block_that_both_move_stands_once(self):
        last_first = "<p>当场办结。</p><p>带上身份证。</p><p>到街道中心。</p>"
        last_second = "<p>带上身份证。</p><p>当场办结。</p><p>到街道中心。</p>"
        assert together(THREE, last_first, last_second).count("当场办结") == 1

    def test_two_new_blocks_on_the_same_matter_at_one_place_are_asked(self):
        assert asked(THREE, THREE + "<p>工本费每张十元钱。</p>", THREE + "<p>工本费每张二十元钱。</p>") == [
            ("", "<p>工本费每张十元钱。</p>", "<p>工本费每张二十元钱。</p>")
        ]

    def test_items_of_a_list_are_parts_of_their_own_however_deep(self):
        text = "<ul><li>甲类药</li><li>乙类药<ul><li>先自付一成</li><li>再按比例</li></ul></li></ul>"
        mine, theirs = text.replace("甲类药", "甲类药全额"), text.replace("一成", "两成")
        assert together(text, mine, theirs) == mine.replace("一成", "两成")
        assert asked(text, text.replace("一成", "半成"), theirs) == [("先自付一成", "先自付半成", "先自付两成")]

    def test_both_texts_of_an_item_do_not_grow_together(self):
        text = "<ul><li>先自付一成</li></ul>"
        merged = bodies(text, text.replace("一成", "半成"), text.replace("一成", "两成"))
        assert merged.content({merged.conflicts[0].key: BOTH}).body == "<ul><li><p>先自付半成</p><p>先自付两成</p></li></ul>"

    def test_one_numbers_a_list_and_the_other_adds_an_item(self):
        text = "<ul><li>先挂号</li><li>再缴费</li></ul>"
        mine, theirs = text.replace("ul>", "ol>"), text.replace("</ul>", "<li>后取药</li></ul>")
        assert together(text, mine, theirs) == "<ol><li>先挂号</li><li>再缴费</li><li>后取药</li></ol>"

    def test_what_the_editor_writes_otherwise_than_the_sanitiser_is_no_change(self):
        stored = "<h2>流程</h2><ul><li>先挂号</li></ul><table><tr><td>甲</td></tr></table><p>完。</p>"
        opened = (
            "<h2>流程</h2><ul><li><p>先挂号</p></li></ul>"
            '<table><tbody><tr><td colspan="1" rowspan="1"><p>甲</p></td></tr></tbody></table><p>完。</p>'
        )
        assert asked(stored, opened, stored.replace("挂号", "取号").replace("甲", "乙")) == []

    def test_a_table_is_one_part(self):
        table = "<table><tr><td>职工</td><td>八成</td></tr></table>"
        assert len(asked(table, table.replace("职工", "在职职工"), table.replace("八成", "九成"))) == 1


class TestFields:
    def content(self, **fields):
        return ArticleContent(**{"title": "怎么报销？", "short_answer": "先备案。", **fields})

    def test_different_fields_come_together(self):
        merged = merge(self.content(), self.content(title="异地怎么报销？"), self.content(short_answer="先备案，再就医。", category=3))
        assert merged.conflicts == []
        assert merged.content() == self.content(title="异地怎么报销？", short_answer="先备案，再就医。", category=3)

    @pytest.mark.parametrize(
        ("field", "mine", "theirs"),
        [
            ("title", "甲？", "乙？"), ("short_answer", "甲。", "乙。"), ("category", 1, 2), ("kind", "clinical", "guide"),
            ("valid_until", date(2027, 1, 1), None), ("provenance", "reprint", "ai_assisted"), ("successor", 4, 5),
        ],
    )  # fmt: skip
    def test_one_field_in_two_ways_is_asked(self, field, mine, theirs):
        base = self.content(valid_until=date(2026, 1, 1))
        sides = [self.content(**{"valid_until": base.valid_until, field: value}) for value in (mine, theirs)]
        merged = merge(base, *sides)
        assert [(conflict.field, conflict.mine, conflict.theirs) for conflict in merged.conflicts] == [(field, mine, theirs)]
        assert [merged.content({f"{field}-0": choice}) for choice in (MINE, THEIRS)] == sides

    def test_lists_take_what_either_added_and_lose_what_either_removed(self):
        sides = [
            self.content(tags=tags, phrasings=words) for tags, words in [((1, 2, 3), ("甲",)), ((3, 1, 4), ()), ((2, 3, 5), ("甲", "乙"))]
        ]
        content = merge(*sides).content()
        assert (content.tags, content.phrasings) == ((3, 4, 5), ("乙",))

    def test_an_order_that_one_changed_is_kept(self):
        assert merge(self.content(tags=(1, 2)), self.content(tags=(1, 2)), self.content(tags=(2, 1))).content().tags == (2, 1)

    def test_the_whole_country_is_no_empty_set(self):
        sides = [self.content(regions=codes) for codes in (("310000",), (), ("310000", "320000"))]
        assert [conflict.field for conflict in merge(*sides).conflicts] == ["regions"]
        sides = [self.content(regions=codes) for codes in (("310000",), ("310000", "330000"), ("310000", "320000"))]
        assert merge(*sides).content().regions == ("310000", "330000", "320000")

    def test_a_source_that_both_mended_is_asked_and_another_is_kept(self):
        law, rule = Source("社会保险法"), Source("实施办法", number="〔2024〕3号")
        sides = [
            self.content(sources=rows) for rows in ((rule,), (Source("实施办法", "〔2024〕5号"),), (Source("实施办法", "〔2024〕6号"), law))
        ]
        merged = merge(*sides)
        assert [(conflict.base, conflict.mine) for conflict in merged.conflicts] == [((rule,), (Source("实施办法", "〔2024〕5号"),))]
        assert [source.number for source in merged.content({merged.conflicts[0].key: BOTH}).sources] == ["〔2024〕5号", "〔2024〕6号", ""]


# Random edits. Every block carries a number of its own, and a version when somebody has changed it, so that none is mistaken.


class Edits:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.next = 0
        self.has_moved = False

    def block(self, depth=0):
        self.next += 1
        words = f"第{self.next}段，" + "".join(self.random.choices("医保报销备案参保缴费门诊住院", k=self.random.randint(3, 20)))
        if depth < 3 and self.random.random() < 0.25:
            items = "".join(f"<li>{self.block(depth + 1)}</li>" for _ in range(self.random.randint(1, 4)))
            return f"<p>{words}</p><ul>{items}</ul>"
        return f"<p>{words}</p>"

    def edit(self, html, by):
        """Some of: change, delete, add, move, in a text whose paragraphs are its units."""
        units = re.split(r"(?=<p>)", html)
        for _ in range(self.random.randint(0, 4)):
            place = self.random.randrange(1, len(units)) if len(units) > 1 else 0
            match self.random.choice(["change", "change", "delete", "add", "move"]):
                case "change":
                    units[place] = units[place].replace("，", f"，{by}改", 1)
                case "delete":
                    units[place] = re.sub(r"<p>.*?</p>", "", units[place])
                case "add":
                    units.insert(place, self.block())
                case "move":
                    words = re.match(r"<p>.*?</p>", units[place])
                    if words:
                        self.has_moved = True
                        units[place] = units[place].removeprefix(words[0])
                        units[self.random.randrange(len(units))] += words[0]
        return clean("".join(units)).html


def paragraphs(html):
    return re.findall(r"第\d+段，[^<]*", html)


@pytest.mark.parametrize("seed", range(300))
def test_whatever_two_editors_do_no_word_of_either_goes_unasked(seed):
    edits = Edits(seed)
    base = clean("".join(edits.block() for _ in range(edits.random.randint(1, 8)))).html
    mine, theirs = edits.edit(base, "甲"), edits.edit(base, "乙")
    merged = bodies(base, mine, theirs)
    there = paragraphs(clean(merged.content().body).html)
    in_question = [paragraph for conflict in merged.conflicts for side in conflict[2:] for paragraph in paragraphs(side)]
    of_base, of_mine, of_theirs = (set(paragraphs(html)) for html in (base, mine, theirs))
    for paragraph in (of_mine | of_theirs) - of_base | of_mine & of_theirs:
        assert paragraph in there or paragraph in in_question, paragraph
    if not merged.conflicts and not edits.has_moved:  # into a list or out of it: a move that the other does not know as one
        # What either deleted stays deleted, and nothing stands twice.
        assert not (of_base - (of_mine & of_theirs)) & set(there)
        assert len(there) == len(set(there))
    assert clean(merged.content().body).html == clean(clean(merged.content().body).html).html


@pytest.mark.parametrize("seed", range(60))
def test_where_only_one_has_changed_anything_it_stands_as_it_became(seed):
    edits = Edits(seed)
    base = clean("".join(edits.block() for _ in range(6))).html
    changed = edits.edit(base, "甲")
    assert together(base, changed, base) == together(base, base, changed) == together(base, changed, changed) == changed


@pytest.mark.parametrize("text", ["<p>甲</p>" * 3_000, "<ul>" + "<li>乙</li>" * 3_000 + "</ul>"], ids=["paragraphs", "items"])
def test_a_long_text_as_dull_as_can_be_takes_a_moment(text):
    start = process_time()
    merged = bodies(text, text.replace("</p>", "。</p>").replace("</li>", "。</li>"), text.replace(">甲", ">丙").replace(">乙", ">丙"))
    assert merged.conflicts
    assert process_time() - start < 5
