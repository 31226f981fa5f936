"""What is pasted from Word, WeChat and web pages: the structure stays, the paint goes, the typography is mended and can be had back."""

from pathlib import Path

import pytest

from articles.models import Article

CLIPBOARD = Path(__file__).parent / "clipboard"

PASTE = """([type, text]) => {
  const data = new DataTransfer();
  data.setData(type, text);
  document.querySelector(".tiptap").dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


class Editor:
    """The body of a new article in somebody's browser."""

    def __init__(self, person):
        self.person, self.page = person, person.page
        person.goto("/admin/articles/article/add/")
        self.page.get_by_label("问题").first.fill("粘贴来的文章？")
        self.surface = self.page.locator(".tiptap")
        self.surface.click()
        self.notice = self.page.locator(".paste-notice")

    def paste(self, text, type="text/html"):
        self.page.evaluate(PASTE, [type, text])

    def paste_file(self, name):
        self.paste((CLIPBOARD / f"{name}.html").read_text())

    def restore(self):
        self.notice.get_by_role("button", name="还原为粘贴原样").click()

    def text(self):
        return self.surface.inner_text()

    def saved(self):
        self.page.get_by_role("button", name="保存草稿").click()
        self.page.locator(".messagelist").wait_for()
        return Article.objects.get().latest_revision.content.body


@pytest.fixture
def editor_of_a_body(desk):
    person = desk("zuozhe")
    yield Editor(person)
    assert person.violations == []


def test_a_document_of_word_keeps_its_structure_and_loses_its_paint(editor_of_a_body):
    editor_of_a_body.paste_file("word")
    notice = editor_of_a_body.notice.inner_text()
    assert "改正标点 5 处，认出小标题 1 个，去掉图片 1 张" in notice
    assert editor_of_a_body.saved() == (
        '<h2 id="生育津贴怎么领">生育津贴怎么领</h2>'
        "<p>女职工休完产假，单位先垫付工资的，津贴拨给单位；没有垫付的（须写明情况）拨给个人。办理时间是9:00-17:30，咨询拨12393.</p>"
        '<h3 id="要带什么">一、要带什么</h3>'
        "<ol><li><p><strong>身份证</strong>原件</p><ul><li><p>遗失的带户口簿</p></li><li><p>代办的再带委托书</p></li></ul></li>"
        "<li><p>出生医学证明</p></li></ol>"
        '<h3 id="能领多少">（一）能领多少</h3>'
        "<table><tbody><tr><th><p>情形</p></th><th><p>天数</p></th></tr><tr><td><p>顺产</p></td><td><p>98</p></td></tr></tbody></table>"
        '<p>详见<a href="https://example.gov.cn/shengyu?id=3,4" rel="noopener noreferrer">https://example.gov.cn/shengyu?id=3,4</a>。</p>'
    )


def test_an_article_of_wechat_comes_out_of_its_soup(editor_of_a_body):
    editor_of_a_body.paste_file("wechat")
    assert "改正标点 8 处，合拢字距 1 处，认出小标题 1 个，去掉图片 2 张" in editor_of_a_body.notice.inner_text()
    assert editor_of_a_body.saved() == (
        '<h2 id="慢病卡怎么办">一、慢病卡怎么办</h2>'
        "<p>高血压、糖尿病患者，<strong>先到二级以上医院</strong>开诊断证明；再去医保窗口（工作日）登记！</p>"
        "<p>带齐材料，当场就能办好吗？能。</p>"
        "<ul><li><p>门诊病历</p><ul><li><p>近三个月的</p></li></ul></li><li><p>化验单</p></li></ul>"
        "<p>咨询点这里</p>"
    )


def test_a_web_page_keeps_what_means_something(editor_of_a_body):
    editor_of_a_body.paste_file("web")
    assert editor_of_a_body.saved() == (
        '<h3 id="先看这里">先看这里</h3>'
        "<p>第一段，不是粗体，<strong>是粗体</strong>。</p>"
        '<p>第二段见站内规定和<a href="https://example.org/full" rel="noopener noreferrer">全文</a>。</p>'
        "<p>框里的一段</p>"
        '<table><tbody><tr><th><p>项目</p></th><th><p>比例</p></th></tr><tr><td colspan="2"><p>甲类，乙类</p></td></tr></tbody></table>'
        '<ol start="3"><li><p>第三步</p><ul><li><p>细节</p></li></ul></li></ol>'
    )


@pytest.mark.parametrize(
    ("pasted", "mended"),
    [
        ("参保后,次月生效;可以退吗?不能!", "参保后，次月生效；可以退吗？不能！"),
        ("门诊 , 住院", "门诊，住院"),
        ("起付线(300元)以上,报70%,封顶3,000元", "起付线（300元）以上，报70%,封顶3,000元"),
        ("时间:8:30到11:30,地点见https://a.cn/?a=1,2", "时间:8:30到11:30,地点见https://a.cn/?a=1,2"),
        ("使用App(iOS, Android)登录.", "使用App(iOS, Android)登录。"),
        ("一.办理条件", "一.办理条件"),
        ("等等...以后", "等等...以后"),
        ("医 保 报 销 比 例", "医保报销比例"),
        ("姓 名", "姓 名"),
        ("张三 李四 王五", "张三 李四 王五"),
        ("满 1 8 岁 可 参 保 , 不 限 户 籍", "满18岁可参保，不限户籍"),
    ],
)
def test_only_what_is_certain_is_mended(editor_of_a_body, pasted, mended):
    editor_of_a_body.paste(pasted, "text/plain")
    assert editor_of_a_body.text() == mended


def test_the_button_gives_back_the_words_as_they_were_even_after_more_was_typed(editor_of_a_body):
    editor_of_a_body.paste("<p>甲,乙:丙</p><p><b>一、医 保 卡</b></p>")
    assert editor_of_a_body.text().split() == ["甲，乙：丙", "一、医保卡"]
    editor_of_a_body.page.keyboard.type("？")
    editor_of_a_body.restore()
    assert editor_of_a_body.surface.locator("p").all_inner_texts() == ["甲,乙:丙", "一、医 保 卡？"]
    assert editor_of_a_body.surface.locator("strong").inner_text().startswith("一、医 保 卡")
    assert editor_of_a_body.notice.inner_text() == "已还原为粘贴原样。"


def test_undoing_takes_the_mending_back_first_and_the_paste_second(editor_of_a_body):
    editor_of_a_body.paste("甲,乙", "text/plain")
    editor_of_a_body.page.keyboard.press("Control+z")
    assert editor_of_a_body.text() == "甲,乙"
    assert editor_of_a_body.notice.inner_text() == ""
    editor_of_a_body.page.keyboard.press("Control+z")
    assert editor_of_a_body.text().strip() == ""
    editor_of_a_body.page.keyboard.press("Control+y")
    editor_of_a_body.page.keyboard.press("Control+y")
    assert editor_of_a_body.text() == "甲，乙"


def test_words_that_stood_there_already_are_left_alone(editor_of_a_body):
    editor_of_a_body.page.keyboard.type("旧的,字")
    editor_of_a_body.paste("新的,字", "text/plain")
    assert editor_of_a_body.text() == "旧的,字新的，字"
    assert "改正标点 1 处" in editor_of_a_body.notice.inner_text()


def test_what_was_copied_in_the_editor_is_pasted_as_it_is(editor_of_a_body):
    editor_of_a_body.paste('<h3 data-pm-slice="0 0 []">甲,乙</h3>')
    assert editor_of_a_body.surface.locator("h3").inner_text() == "甲,乙"
    assert editor_of_a_body.notice.inner_text() == ""
