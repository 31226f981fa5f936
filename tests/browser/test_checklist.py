"""The checks beside the form lead to the words that they are about; they and the list of open warnings are for everybody's eyes."""

import pytest

from articles import workflow

BODY = "<p>医保卡里的余额一般还在。</p><ul><li>这副膏药<strong>药到</strong>病除。</li></ul>"


@pytest.fixture
def form(site, content, writer, desk):
    """A writer at the form of a draft with faults."""
    article = workflow.save_draft(content(short_answer="余额还在，每月划入85元。", body=BODY, tags=()), by=writer).article
    someone = desk("zuozhe")
    someone.goto(f"/admin/articles/article/{article.pk}/change/")
    return someone


def selected(page):
    return page.evaluate(
        """() => {
            const field = document.activeElement;
            return field.value ? field.value.slice(field.selectionStart, field.selectionEnd) : getSelection().toString();
        }"""
    )


def test_a_finding_leads_by_keyboard_to_the_words_that_it_is_about(form):
    page = form.page
    for name, words in (("到简短回答：数字没说地区或年份", "余额还在，每月划入85元。"), ("到正文：医疗广告禁语", "这副膏药药到病除。")):
        link = page.get_by_role("link", name=name)
        link.focus()
        page.keyboard.press("Enter")
        assert selected(page) == words
        assert page.evaluate("document.activeElement.getBoundingClientRect().bottom") > 0
    assert form.violations == []


def test_a_finding_without_words_leads_to_its_field(form):
    page = form.page
    page.get_by_role("link", name="到标签：没有标签").press("Enter")
    assert page.evaluate("document.activeElement.closest('.field-tags') !== null")
