"""Writing: the toolbar, lists and tables as they are typed, the preview beside the form, counts and shortcuts."""

import pytest

from articles.models import Article

from .conftest import DESK, PHONE, problems

ADD = "/admin/articles/article/add/"


@pytest.fixture
def writing(desk):
    """writing(viewport=…): a writer's browser with the form of a new article; nothing forbidden may happen in it."""
    people = []

    def begin(expected=(), **options):
        people.append(desk("zuozhe", **options))
        people[-1].expected += expected
        people[-1].goto(ADD)
        return people[-1].page

    yield begin
    assert [person.violations for person in people] == [[]] * len(people)


def body(page):
    return page.locator(".tiptap")


def frame(page):
    return page.frame_locator(".live-preview iframe")


def test_no_english_word_is_left_in_the_editor(writing):
    page = writing()
    body(page).click()
    page.keyboard.type("医保")
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="插入链接").click()
    labels = page.locator(".prose-menubar button").evaluate_all("all => all.flatMap(each => [each.title, each.ariaLabel])")
    said = [*labels, page.locator("dialog").inner_text()]
    page.locator("dialog input").first.fill("https://www.gov.cn/")
    page.get_by_role("button", name="确定").click()
    assert body(page).locator("a[href='https://www.gov.cn/']").inner_text() == "医保"
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="插入表格").click()
    said.append(page.locator("dialog").inner_text())
    assert len(labels) > 30
    for words in said:
        assert not set(words.lower()) & set("abcdefghijklmnopqrstuvwxyz") - set("ctrl+alt bikyz"), words


def test_a_table_comes_with_a_header_row(writing):
    page = writing()
    body(page).click()
    page.get_by_role("button", name="插入表格").click()
    page.get_by_label("行数（含表头）").fill("2")
    page.get_by_label("列数").fill("2")
    page.get_by_role("button", name="插入", exact=True).click()
    assert body(page).locator("tr").count() == 2
    assert body(page).locator("tr").first.locator("th").count() == 2
    assert body(page).locator("td").count() == 2
    page.get_by_role("button", name="在下面加一行").click()
    assert body(page).locator("tr").count() == 3


@pytest.mark.parametrize(
    ("typed", "selector", "text"),
    [
        ("1. 带身份证", "ol > li", "带身份证"),
        ("3. 接着写", "ol[start='3'] > li", "接着写"),
        ("- 带身份证", "ul > li", "带身份证"),
        ("## 怎么办", "h2", "怎么办"),
        ("> 原文如此", "blockquote", "原文如此"),
        ("一、怎么办", "p", "一、怎么办"),
        ("2026. 年份不是编号", "p", "2026. 年份不是编号"),
    ],
)
def test_what_the_beginning_of_a_line_means(writing, typed, selector, text):
    page = writing()
    body(page).click()
    page.keyboard.type(typed)
    assert body(page).locator(selector).inner_text() == text
    assert "null" not in body(page).inner_html()


def test_the_toolbar_is_one_stop_and_driven_by_arrow_keys(writing):
    page = writing()
    body(page).click()
    page.keyboard.type("医保")
    page.keyboard.press("Alt+F10")
    assert page.evaluate("document.activeElement.ariaLabel") == "标题"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.ariaLabel") == "小标题"
    page.keyboard.press("Enter")
    assert body(page).locator("h3").inner_text() == "医保"
    assert page.get_by_role("button", name="小标题").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Alt+F10")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    page.keyboard.type("卡")
    assert body(page).inner_text() == "医保卡"
    assert page.locator(".prose-menubar button[tabindex='0']").count() == 1


def test_the_preview_follows_what_is_typed_at_both_widths(writing):
    page = writing(viewport=DESK)
    page.get_by_label("问题").first.fill("断缴以后还能报销吗？")
    page.get_by_label("简短回答").fill("停缴次月起不能。")
    body(page).click()
    page.keyboard.type("先看停了多久。")
    frame(page).locator("div.body", has_text="先看停了多久。").wait_for()
    assert frame(page).locator("h1").inner_text() == "断缴以后还能报销吗？"
    assert "停缴次月起不能。" in frame(page).locator(".short-answer").inner_text()
    assert "本内容不能代替面诊" in frame(page).locator("footer.disclaimer").inner_text()
    assert Article.objects.count() == 0

    inner = "document.querySelector('.live-preview iframe').contentWindow.innerWidth"
    stage = page.locator(".preview-stage").bounding_box()
    for name, width in (("桌面", 1200), ("手机", 390)):
        page.get_by_role("button", name=name).click()
        assert page.evaluate(inner) == width
        shown = page.locator(".live-preview iframe").bounding_box()
        assert shown["width"] <= stage["width"] + 1
        assert page.evaluate("document.querySelector('.live-preview iframe').contentDocument.documentElement.scrollWidth") <= width


def test_the_preview_stays_where_it_is_and_leads_nowhere(writing):
    page = writing()
    body(page).click()
    page.keyboard.insert_text("很长的一段。" * 400)
    frame(page).locator("div.body", has_text="很长的一段。").wait_for()
    page.evaluate("document.querySelector('.live-preview iframe').contentWindow.scrollTo(0, 500)")
    length = page.evaluate("history.length")
    page.keyboard.type("结尾")
    frame(page).locator("div.body", has_text="结尾").wait_for()
    assert page.evaluate("document.querySelector('.live-preview iframe').contentWindow.scrollY") == 500
    assert page.evaluate("history.length") == length
    frame(page).locator(".site-footer a").first.click()
    page.wait_for_timeout(300)
    assert frame(page).locator("h1").count() == 1
    assert page.url.endswith(ADD)


def test_whether_the_preview_is_shown_is_remembered(writing):
    page = writing()
    page.get_by_role("button", name="桌面").click()
    page.get_by_role("button", name="隐藏预览").click()
    assert not page.locator(".preview-panel").is_visible()
    page.reload()
    assert not page.locator(".preview-panel").is_visible()
    page.get_by_role("button", name="显示预览").click()
    assert page.get_by_role("button", name="桌面").get_attribute("aria-pressed") == "true"


def test_on_a_phone_the_preview_is_below_the_form_behind_a_button(writing):
    page = writing(viewport=PHONE)
    assert page.locator(".live-preview").bounding_box()["y"] > page.locator(".submit-row").bounding_box()["y"]
    assert not page.locator(".preview-panel").is_visible()
    page.get_by_label("问题").first.fill("断缴以后还能报销吗？")
    page.get_by_role("button", name="显示预览").click()
    frame(page).locator("h1", has_text="断缴以后还能报销吗？").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_preview_that_fails_says_so_and_comes_back(writing):
    page = writing(expected=["ERR_INTERNET_DISCONNECTED"])
    page.context.set_offline(True)
    page.get_by_label("问题").first.fill("断缴以后还能报销吗？")
    page.locator(".preview-problem", has_text="预览没有更新").wait_for()
    page.context.set_offline(False)
    page.get_by_label("问题").first.press_sequentially("？")
    frame(page).locator("h1", has_text="？？").wait_for()
    assert page.locator(".preview-problem").inner_text() == ""


def test_characters_limits_and_reading_time_are_counted_while_typing(writing):
    page = writing()
    page.get_by_label("问题").first.press_sequentially("医保 A")
    assert page.locator("#count-title").inner_text() == "4 / 120 字"
    page.get_by_label("简短回答").fill("报销 70%。")
    assert page.locator("#count-short_answer").inner_text() == "汉字 2 个，共 7 / 200 字"
    body(page).click()
    assert page.locator("#count-body").inner_text() == "汉字 0 个，不到 1 分钟读完（按每分钟 350 字）"
    page.keyboard.insert_text("医保" * 525 + "abc，。")
    assert page.locator("#count-body").inner_text() == "汉字 1,050 个，约 3 分钟读完（按每分钟 350 字）"
    page.get_by_label("简短回答").fill("字" * 190)
    assert "is-near" in page.locator("#count-short_answer").get_attribute("class")


def test_control_s_saves_the_draft_from_anywhere_in_the_form(writing):
    page = writing()
    page.get_by_label("问题").first.fill("断缴以后还能报销吗？")
    body(page).click()
    page.keyboard.type("先看停了多久。")
    page.keyboard.press("Control+s")
    assert "草稿已保存" in page.locator(".messagelist").inner_text()
    assert Article.objects.get().latest_revision.state == "draft"


def test_control_enter_submits_and_does_not_break_the_line(writing):
    page = writing()
    page.get_by_label("问题").first.fill("断缴以后还能报销吗？")
    body(page).click()
    page.keyboard.type("先看停了多久。")
    page.keyboard.press("Control+Enter")
    assert "已提交审核" in page.locator(".messagelist").inner_text()
    revision = Article.objects.get().latest_revision
    assert (revision.state, revision.content.body) == ("in_review", "<p>先看停了多久。</p>")
    assert "Ctrl+Enter 提交审核" in page.locator(".submit-row").inner_text()


def test_shortcuts_wait_for_the_input_method_and_leave_dialogs_alone(writing):
    page = writing()
    page.get_by_label("问题").first.fill("断缴以后还能报销吗？")
    body(page).click()
    for how in ("{isComposing: true}", "{keyCode: 229}", "{repeat: true}", "{shiftKey: true}"):
        page.evaluate(
            f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
            f"{{key: 's', ctrlKey: true, bubbles: true, cancelable: true, ...{how}}}))"
        )
    page.get_by_role("button", name="插入表格").click()
    page.get_by_label("列数").press("Control+Enter")
    page.wait_for_timeout(300)
    assert page.url.endswith(ADD)
    assert Article.objects.count() == 0


def test_an_article_is_written_and_saved_with_the_keyboard_alone(writing):
    page = writing()
    page.get_by_label("问题").first.focus()
    page.keyboard.type("新生儿什么时候参保？")
    page.keyboard.press("Tab")
    page.keyboard.type("出生后九十天内。")
    page.keyboard.press("Tab")  # the toolbar, one stop
    page.keyboard.press("Tab")  # the body
    page.keyboard.type("## 怎么办")
    page.keyboard.press("Enter")
    page.keyboard.type("1. 带户口簿")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # one level deeper
    page.keyboard.type("原件")
    page.keyboard.press("Control+s")
    page.locator(".messagelist").wait_for()
    content = Article.objects.get().latest_revision.content
    assert content.short_answer == "出生后九十天内。"
    assert content.body == '<h2 id="怎么办">怎么办</h2><ol><li><p>带户口簿</p><ol><li><p>原件</p></li></ol></li></ol>'


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "dark desk"])
def test_the_form_has_no_accessibility_violations(writing, viewport, scheme):
    page = writing(viewport=viewport, color_scheme=scheme)
    if viewport == PHONE:
        page.get_by_role("button", name="显示预览").click()
    frame(page).locator("h1").wait_for()
    body(page).click()
    page.keyboard.type("## 甲")
    assert problems(page) == []
    page.get_by_role("button", name="插入表格").click()
    assert problems(page) == []
