"""Searching in a real browser: suggestions while typing, filters, and the report of a click."""

import json
import re
from datetime import date

import pytest
from playwright.sync_api import expect

from articles import search, stats
from articles.models import Article, Promotion, Region, Tag
from articles.stats.models import SearchDay

from .conftest import DESK, PHONE, problems

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "stats"]), pytest.mark.usefixtures("site")]


@pytest.fixture
def card(publish):
    publish("感冒了要不要吃药？")
    return publish("医保卡丢了怎么办？", tags=(Tag.objects.named(["补办"])[0].pk,), regions=("330900",))


@pytest.fixture
def reader(visitor):
    """reader("/", viewport=…): somebody on that page, with what they need at hand."""

    def come(path="/", **options):
        person = visitor(**options)
        person.goto(path)
        person.box = person.page.locator("input[name=q]").first
        person.list = person.page.get_by_role("listbox")
        person.options = person.page.get_by_role("option")
        person.asked = lambda: [url for url in person.requests if "/suggest/" in url]
        return person

    return come


def typing(person, text):
    """They type, and the list of suggestions stands open."""
    person.box.press_sequentially(text)
    expect(person.list).to_be_visible()
    return person


def pointed_at(person):
    """The option that a screen reader is told of, and that looks so."""
    id = person.box.get_attribute("aria-activedescendant")
    selected = person.page.locator("[role=option][aria-selected=true]")
    assert [element.get_attribute("id") for element in selected.all()] == ([id] if id else [])
    return selected.inner_text() if id else None


class TestSuggestions:
    @pytest.mark.parametrize("path", ["/", "/search/", "/categories/personal-account/"])
    def test_typing_an_arrow_and_enter_lead_to_the_article(self, card, reader, path):
        person = typing(reader(path), "医保卡丢")
        assert person.box.get_attribute("aria-expanded") == "true"
        expect(person.page.get_by_role("status")).to_have_text(re.compile("^[1-8] 条建议$"))
        assert pointed_at(person) is None
        while pointed_at(person) != card.title:
            person.box.press("ArrowDown")
        person.box.press("Enter")
        expect(person.page.locator("h1")).to_have_text(card.title)
        assert person.violations == []
        assert person.context.cookies() == []
        assert person.page.evaluate("localStorage.length + sessionStorage.length") == 0

    def test_enter_alone_searches_for_what_was_typed(self, card, reader):
        person = typing(reader(), "医保卡")
        person.box.press("Enter")
        expect(person.page.locator("h1")).to_have_text("搜索“医保卡”")

    def test_the_arrows_go_around_and_home_and_end_to_the_ends(self, publish_many, reader):
        publish_many(5)
        search.sync()
        person = typing(reader(), "医保第")
        texts = person.options.all_inner_texts()
        assert len(texts) > 3
        for key, place in [
            ("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", -1), ("ArrowDown", 0), ("End", -1), ("Home", 0),
        ]:  # fmt: skip
            person.box.press(key)
            assert pointed_at(person) == texts[place], key
        person.box.press("ArrowLeft")  # back to the text
        assert pointed_at(person) is None
        person.box.press("Home")
        person.box.type("第")
        assert person.box.input_value() == "第医保第"

    def test_escape_closes_and_keeps_the_text(self, card, reader):
        person = typing(reader(), "医保卡")
        person.box.press("Escape")
        expect(person.list).to_be_hidden()
        assert person.box.get_attribute("aria-expanded") == "false"
        assert person.box.input_value() == "医保卡"
        person.box.press("ArrowDown")  # and this opens it again
        expect(person.list).to_be_visible()

    def test_it_closes_when_the_box_is_left_or_emptied(self, card, reader):
        person = typing(reader(), "医保卡")
        person.box.press("Tab")
        expect(person.list).to_be_hidden()
        person.box.fill("医保")
        expect(person.list).to_be_visible()
        person.box.fill("")
        expect(person.list).to_be_hidden()

    def test_a_click_chooses(self, card, reader):
        person = typing(reader(), "医保卡丢")
        person.options.get_by_text(card.title).click()
        expect(person.page.locator("h1")).to_have_text(card.title)

    def test_a_finger_chooses_and_has_room_to(self, card, reader):
        person = typing(reader(viewport=PHONE, has_touch=True, is_mobile=True), "医保卡丢")
        assert min(option.bounding_box()["height"] for option in person.options.all()) >= 44
        person.options.get_by_text(card.title).tap()
        expect(person.page.locator("h1")).to_have_text(card.title)

    def test_going_back_finds_the_list_closed(self, card, reader):
        person = typing(reader(), "医保卡丢")
        person.options.get_by_text(card.title).click()
        expect(person.page.locator("h1")).to_have_text(card.title)
        person.page.go_back()
        expect(person.list).to_be_hidden()

    def test_two_boxes_on_one_page_do_not_mix(self, card, reader, visitor):
        person = visitor()
        person.page.route("**/search/", lambda route: route.fulfill(response=(got := route.fetch()), body=_with_another_box(got.text())))
        person.goto("/search/")
        assert (
            person.page.evaluate("new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size")
            == person.page.locator("[id]").count()
        )
        person.page.locator("#q2").press_sequentially("医保卡")
        expect(person.page.locator("#q2-suggestions")).to_be_visible()
        expect(person.page.locator("#q-suggestions")).to_be_hidden()
        assert person.page.locator("#q2").get_attribute("aria-controls") == "q2-suggestions"


def _with_another_box(html):
    form = re.search(r"<form class=.search-form.*?</form>", html, re.DOTALL)[0]
    return html.replace("</main>", form.replace('"q"', '"q2"').replace('name="q2"', 'name="q"') + "</main>")

    def test_words_are_told_from_questions(self, card, publish, reader):
        publish("补缴要多久？", tags=(Tag.objects.named(["补缴"])[0].pk,))
        for typed, text, mark in [("医保", "医保卡", "搜索"), ("补缴", "补缴", "标签"), ("医保卡丢", card.title, "none")]:
            person = typing(reader(), typed)
            option = person.options.get_by_text(text, exact=True)
            shown = option.evaluate("option => getComputedStyle(option, '::after').content")
            assert shown.strip('"') == mark
            assert option.inner_text() == text  # the text itself is the question alone


class TestAsking:
    def test_one_question_a_pause_not_one_a_key(self, card, reader):
        person = typing(reader(), "医保卡丢")
        assert len(person.asked()) == 1

    def test_nothing_is_asked_while_an_input_method_composes(self, card, reader):
        person = reader()
        person.box.focus()
        keyboard = person.context.new_cdp_session(person.page)
        for text in ("y", "yi", "yi b", "yi ba", "yi bao"):
            keyboard.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
        person.page.wait_for_timeout(400)
        assert person.box.input_value() == "yi bao"
        assert person.asked() == []
        keyboard.send("Input.insertText", {"text": "医保"})
        expect(person.list).to_be_visible()
        assert len(person.asked()) == 1
        assert person.asked()[0].endswith("?q=%E5%8C%BB%E4%BF%9D")

    def test_the_enter_that_ends_a_composition_chooses_nothing(self, card, reader):
        person = typing(reader(), "医保卡丢")
        person.box.press("ArrowDown")
        person.box.evaluate("box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, cancelable: true}))")
        person.box.evaluate("box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, cancelable: true}))")
        person.page.wait_for_timeout(200)
        assert person.page.url.endswith("/")
        expect(person.list).to_be_visible()

    def test_a_late_answer_to_an_earlier_text_is_dropped(self, card, reader):
        person, held, broken_off = reader(), [], []
        person.page.on("requestfailed", lambda request: broken_off.append(request.url))
        person.page.route(re.compile(r"q=%E5%8C%BB%E4%BF%9D$"), lambda route: held.append(route))
        person.box.press_sequentially("医保")
        person.page.wait_for_timeout(300)
        assert len(held) == 1
        person.box.press_sequentially("卡丢")
        expect(person.list).to_be_visible()
        assert [url.endswith("q=%E5%8C%BB%E4%BF%9D") for url in broken_off] == [True]
        assert card.title in person.options.all_inner_texts()

    def test_an_answer_that_comes_while_something_else_is_composed_is_dropped(self, card, reader):
        person, held = reader(), []
        person.page.route("**/suggest/**", lambda route: held.append(route))
        person.box.press_sequentially("医保")
        person.page.wait_for_timeout(300)
        keyboard = person.context.new_cdp_session(person.page)
        keyboard.send("Input.imeSetComposition", {"text": "ka", "selectionStart": 2, "selectionEnd": 2})
        held[0].fulfill(body=json.dumps({"suggestions": [{"text": "迟到", "url": "/"}]}), content_type="application/json")
        person.page.wait_for_timeout(200)
        expect(person.list).to_be_hidden()

    def test_an_answer_that_comes_after_the_box_was_left_is_dropped(self, card, reader):
        person, held = reader(), []
        person.page.route("**/suggest/**", lambda route: held.append(route))
        person.box.press_sequentially("医保")
        person.page.wait_for_timeout(300)
        person.box.press("Tab")
        held[0].fulfill(body=json.dumps({"suggestions": [{"text": "迟到", "url": "/"}]}), content_type="application/json")
        person.page.wait_for_timeout(200)
        expect(person.list).to_be_hidden()

    @pytest.mark.parametrize(
        "answer", [{"status": 500, "body": "x"}, {"body": "<html>"}, {"body": "{}"}, {"body": '{"suggestions": []}'}, None]
    )
    def test_trouble_is_silent_and_the_search_still_works(self, card, reader, answer):
        person = reader()
        person.expected += ["status of 500", "net::ERR_FAILED"]
        person.page.route("**/suggest/**", lambda route: route.fulfill(**answer) if answer else route.abort())
        person.box.press_sequentially("医保卡")
        person.page.wait_for_timeout(300)
        expect(person.list).to_be_hidden()
        person.box.press("Enter")
        expect(person.page.locator("h1")).to_have_text("搜索“医保卡”")

    def test_a_suggestion_is_never_markup(self, publish, reader):
        publish("医保<img src=x onerror=alert(1)>怎么办？")
        person = typing(reader(), "医保")
        assert person.page.locator("[role=listbox] img").count() == 0
        assert "医保<img src=x onerror=alert(1)>怎么办？" in person.options.all_inner_texts()


class TestFilters:
    @pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
    def test_by_keyboard_and_without_javascript(self, card, publish, reader, viewport):
        publish("医保断缴怎么办？", regions=("110000",), valid_until=date(2020, 1, 1))
        person = reader("/search/?q=医保", viewport=viewport, java_script_enabled=False)
        page = person.page
        summary, wanted = page.locator(".filters-toggle summary"), page.locator(".filters-panel a", has_text="现行有效")
        if viewport is PHONE:
            expect(wanted).to_be_hidden()
            tab_to(page, summary)
            page.keyboard.press("Enter")
        else:
            expect(summary).to_be_hidden()
        tab_to(page, wanted)
        page.keyboard.press("Enter")
        expect(page.locator("ol.results h2")).to_have_text([card.title])
        off = page.locator(".chosen-filters a").first
        tab_to(page, off)
        page.keyboard.press("Enter")
        expect(page.locator("ol.results li")).to_have_count(2)
        assert person.context.cookies() == []

    def test_a_region_out_of_many_without_javascript(self, publish, reader):
        codes = [region.pk for region in Region.objects.filter(level="province")[:10]]
        for code in codes:
            publish(f"医保在{code}？", regions=(code,))
        page = reader("/search/?q=医保&sort=date", java_script_enabled=False).page
        page.get_by_label("其他地区").select_option(codes[3])
        page.get_by_role("button", name="确定").click()
        expect(page.locator("ol.results h2")).to_have_text([f"医保在{codes[3]}？"])
        assert "sort=date" in page.url

    def test_a_finger_has_room(self, card, publish, reader):
        publish("医保断缴怎么办？", valid_until=date(2020, 1, 1))
        page = reader("/search/?q=医保&valid=1&sort=date", viewport=PHONE).page
        page.locator(".filters-toggle summary").click()
        for selector in (".filters-panel a", ".chosen-filters a", ".filters-toggle summary", ".search-form button", ".search-sort a"):
            for link in page.locator(selector).all():
                assert link.bounding_box()["height"] >= 44, (selector, link.inner_text())


def tab_to(page, wanted):
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {wanted}")


class TestClicks:
    def test_the_server_learns_question_and_place_and_nothing_else(self, publish_many, reader):
        publish_many(25)
        search.sync()
        stats.flush()
        SearchDay.objects.all().delete()
        person = reader("/search/?q=医保 怎么办&page=2")
        sent = []
        person.page.on("request", lambda request: request.method == "POST" and sent.append((request.url, request.post_data)))
        link = person.page.locator("ol.results a").nth(1)
        assert re.fullmatch(r"/articles/\d+/", link.get_attribute("href"))
        link.click()
        expect(person.page.locator("article.article")).to_be_visible()
        assert sent == [(f"{person.root}/search/click/", "q=%E5%8C%BB%E4%BF%9D+%E6%80%8E%E4%B9%88%E5%8A%9E&rank=22")]
        person.page.wait_for_timeout(200)
        stats.flush()
        assert list(SearchDay.objects.values_list("query", "searches", "clicks", "rank_sum")) == [("医保 怎么办", 0, 1, 22)]
        assert person.context.cookies() == []
        assert person.violations == []

    def test_no_other_link_is_reported(self, publish_many, reader):
        publish_many(25)
        search.sync()
        person = reader("/search/?q=医保")
        for link in ("nav.pager a", ".search-sort a >> nth=1", ".brand"):
            person.page.locator(link).click()
        person.page.locator(".card a").first.click()
        expect(person.page.locator("article.article")).to_be_visible()
        assert [url for url in person.requests if "/search/click/" in url] == []


STORY = "我去年在老家交了居民医保，今年换了工作，单位还没有给我办手续，" * 25


class TestLongQuestions:
    @pytest.mark.parametrize("width", [160, 390, 1440])
    def test_the_heading_shows_two_lines_and_is_read_out_whole(self, card, reader, width):
        heading = reader(f"/search/?q={STORY}", viewport={"width": width, "height": 844}).page.locator("h1")
        line = heading.evaluate("h1 => parseFloat(getComputedStyle(h1).lineHeight)")
        assert heading.bounding_box()["height"] <= 2 * line + 1
        assert heading.text_content() == f"搜索“{STORY}”"

    def test_the_longest_that_fits_into_the_box_can_be_searched(self, card, reader):
        person = reader()
        person.box.focus()
        person.page.keyboard.insert_text("医" * 2000)
        assert person.box.input_value() == "医" * 800
        person.box.press("Enter")
        expect(person.page.locator("h1")).to_have_text(f"搜索“{'医' * 800}”")


class TestMagnified:
    """A phone at 200 %: 160 and 195 CSS pixels."""

    @pytest.fixture
    def page(self, card, publish_many, reader, request):
        publish_many(25)
        search.sync()
        return reader("/search/?q=yibaoka", viewport={"width": request.param, "height": 360}, device_scale_factor=2).page

    @pytest.mark.parametrize("page", [160, 195], indirect=True)
    def test_labels_stay_in_one_piece(self, page):
        for link in page.locator(".search-sort a").all():
            assert (
                link.evaluate("a => { const r = document.createRange(); r.selectNodeContents(a); return r.getClientRects().length }") == 1
            )
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]

    @pytest.mark.parametrize("page", [160, 195], indirect=True)
    def test_the_other_spelling_stands_in_its_sentence(self, page):
        assert page.locator(".search-respelt a").evaluate("a => getComputedStyle(a).display") == "inline"
        line = page.locator(".search-respelt").evaluate("p => parseFloat(getComputedStyle(p).lineHeight)")
        assert page.locator(".search-respelt").bounding_box()["height"] <= 3 * line + 1

    @pytest.mark.parametrize("page", [195], indirect=True)
    def test_the_button_stands_beside_the_box(self, page):
        box, button = (page.locator(f".search-form {name}").bounding_box() for name in ("input[name=q]", "button"))
        assert box["y"] == button["y"]


class TestEveryState:
    """Suggestions open, filters open, nothing found, something wrong: each fits its window, follows the policy and WCAG."""

    @pytest.fixture
    def full(self, publish):
        for number, region in enumerate(Region.objects.filter(level="province")[:10]):
            fields = {"valid_until": date(2020, 1, 1)} if number % 2 else {}
            tags = [tag.pk for tag in Tag.objects.named([f"很长的一个标签名称第{number}号", "断缴"])]
            publish(f"医保断缴了在{region.name}怎么办，还能不能报销住院的费用？", regions=(region.pk,), tags=tuple(tags), **fields)
        return Article.objects.all()

    def states(self, person):
        page = person.page
        person.goto("/search/?q=医保断缴")
        yield "results"
        if page.locator(".filters-toggle summary").is_visible():
            page.locator(".filters-toggle summary").click()
        for summary in page.locator(".filters-more summary").all():
            summary.click()
        yield "filters"
        Promotion.objects.get_or_create(query="推荐的问题zz", article=Article.objects.first())
        for path in (
            "?q=医保&region=330900&valid=1&sort=date", "?q=zzzz", "?q=zzzz&year=1999", "?q=yibaoduanjiao", "?q=医保&page=0",
            "?q=医保&page=5", "?q=医保 白内障&valid=1", "?q=推荐的问题zz", f"?q={STORY}",
        ):  # fmt: skip
            person.goto(f"/search/{path}")
            yield path
        for path in ("/", "/search/", "/categories/personal-account/"):
            person.goto(path)
            page.locator("input[name=q]").press_sequentially("医保")
            expect(page.get_by_role("listbox")).to_be_visible()
            page.keyboard.press("ArrowDown")
            yield f"suggestions on {path}"

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [320, 390, 1440])
    def test_it(self, full, visitor, width, scheme):
        person = visitor(viewport={"width": width, "height": 700}, color_scheme=scheme)
        for state in self.states(person):
            assert person.page.evaluate("document.documentElement.scrollWidth") <= width, state
            assert person.violations == [], state
            if width != 390:
                assert problems(person.page) == [], state
