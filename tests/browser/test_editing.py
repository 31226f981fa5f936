"""The desk: from a writer's first word to the reader's page, and away again, in one browser each."""

from articles.models import Article


def open_article(person, title):
    person.goto("/admin/articles/article/")
    person.page.get_by_role("link", name=title).click()


def press(person, verb, **fields):
    box = person.page.locator(f"form.verb-{verb}")
    for name, value in fields.items():
        box.locator(f"[name={name}]").fill(value)
    box.get_by_role("button").click()
    return person.page.locator(".messagelist").inner_text()


def test_a_text_goes_from_the_writer_to_the_reader_and_away_again(desk, visitor, publish):
    title = "换了城市，原来的医保怎么转过去？"
    other = publish("住院要交多少押金？")
    writer = desk("zuozhe")
    writer.goto("/admin/articles/article/add/")
    page = writer.page
    page.get_by_label("问题").first.fill(title)
    page.get_by_label("简短回答").fill("在转入地申请即可。")
    page.locator(".tiptap").click()
    page.keyboard.type("先在转入地参保。")
    page.keyboard.press("Enter")
    page.keyboard.type("- 带上身份证")
    page.get_by_label("栏目").select_option(label="异地就医与转移")
    page.get_by_role("button", name="保存并提交审核").click()
    assert "已提交审核" in page.locator(".messagelist").inner_text()
    assert page.locator(".verb-approve button").is_disabled()
    assert "您没有“审核通过”的权限" in page.locator(".verb-approve").text_content()
    assert writer.violations == []

    reviewer = desk("shenhe")
    open_article(reviewer, title)
    assert "审核通过" in press(reviewer, "approve")

    editor = desk("zhubian")
    open_article(editor, title)
    assert "完成：发布" in press(editor, "publish")

    article = Article.objects.get(title=title)
    reader = visitor()
    assert reader.goto(article.get_absolute_url()).status == 200
    assert reader.page.locator(".short-answer").inner_text().strip().endswith("在转入地申请即可。")
    assert reader.page.locator(".body li").inner_text() == "带上身份证"
    reader.goto("/search/?q=换了城市")
    assert reader.page.locator("ol.results li a").first.inner_text() == title

    open_article(editor, "住院要交多少押金？")
    editor.page.locator(".verb-merge [name=b]").fill(str(article.pk))
    editor.page.get_by_role("button", name="对照合并").click()
    editor.page.locator(f"input[name=keep][value='{article.pk}']").check()
    editor.page.locator(".submit-row input").click()
    assert "已合并到" in editor.page.locator(".messagelist").inner_text()
    reader.goto(other.get_absolute_url())
    assert reader.page.url.endswith(article.get_absolute_url())

    open_article(editor, title)
    assert "完成：撤回" in press(editor, "unpublish", reason="政策有变")
    assert reader.goto(article.get_absolute_url()).status == 410
    reader.goto("/search/?q=换了城市")
    assert reader.page.locator(f"ol.results a:has-text('{title}')").count() == 0


def test_tags_are_chosen_from_the_list_or_typed(desk, site):
    from articles.models import Tag

    Tag.objects.create(name="断缴")
    writer = desk("zuozhe")
    writer.goto("/admin/articles/article/add/")
    page = writer.page
    page.get_by_label("问题").first.fill("断缴以后怎么办？")
    page.locator(".tiptap").click()
    page.keyboard.type("先看停了多久。")
    box = page.locator(".field-tags .select2-search__field")
    box.fill("断")
    page.locator(".select2-results__option", has_text="断缴").click()
    box.fill("补缴，")
    page.get_by_role("button", name="保存草稿").click()
    page.locator(".messagelist").wait_for()
    content = Article.objects.get().latest_revision.content
    assert [Tag.objects.get(pk=tag).name for tag in content.tags] == ["断缴", "补缴"]
    assert writer.violations == []


def test_leaving_with_unsaved_words_asks_first(desk):
    writer = desk("zuozhe")
    writer.goto("/admin/articles/article/add/")
    writer.page.get_by_label("问题").first.fill("还没保存")
    asked = []
    writer.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    writer.goto("/")
    assert asked == ["beforeunload"]
