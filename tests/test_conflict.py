"""Two editors save one article: what they changed in different places comes together, the rest is asked, and no save wins silently."""

import pytest
from django.urls import reverse

from articles import autosave, workflow
from articles.models import Category, Revision, Tag
from articles.rendering import clean

THREE = "<p>带上身份证。</p><p>到街道中心。</p><p>当场办结。</p>"
WINDOW = "a" * 32


def change(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def conflict(article):
    return reverse("admin:articles_article_conflict", args=[article.pk])


@pytest.fixture
def draft(writer, content):
    return workflow.save_draft(content(title="停保三个月以后怎么恢复？", body=THREE), by=writer).article


@pytest.fixture
def saves(client, form_data):
    """saves(person, article, parent, body=…): that person presses 保存草稿 in a form that was opened with `parent`."""

    def send(person, article, parent, **changes):
        client.force_login(person)
        data = form_data(**{"short_answer": "", "body": THREE, "parent": parent, "window": WINDOW, **changes})
        return client.post(change(article), data, follow=True)

    return send


@pytest.fixture
def both(saves, writer, editor, draft):
    """Both have changed the last paragraph; the writer has been told."""
    began = draft.latest_revision_id
    saves(editor, draft, began, body=THREE.replace("当场", "三日内"), short_answer="三天。", tags=["new:停保"])
    response = saves(writer, draft, began, body=THREE.replace("当场", "次日").replace("身份证", "社保卡"), tags=["new:断缴"])
    assert response.redirect_chain[-1][0] == conflict(draft)
    return response


def newest(article):
    return article.revisions.first().content


def answers(response, choice):
    page = response.context
    return {"seen": page["stamp"], **{row.key: choice for row in page["rows"]}}


def test_changes_in_different_places_are_merged_and_both_are_told(saves, writer, editor, draft):
    began = draft.latest_revision_id
    saves(editor, draft, began, body=THREE.replace("当场", "三日内"), tags=["new:停保"])
    other = draft.revisions.first()
    response = saves(writer, draft, began, body=THREE.replace("身份证", "社保卡"), short_answer="可以。", note="改证件")
    assert "zhubian 保存过新的版本；双方改的是不同的地方，已经合并" in response.content.decode()
    content = newest(draft)
    assert content.body == THREE.replace("当场", "三日内").replace("身份证", "社保卡")
    assert content.short_answer == "可以。"
    assert [Tag.objects.get(pk=tag).name for tag in content.tags] == ["停保"]
    assert draft.revisions.first().note == f"改证件；与 #{other.pk}（zhubian）合并"
    assert autosave.slot(writer, draft) is None


def test_the_same_place_changed_twice_is_asked_and_nothing_is_saved(both, writer, draft):
    page = both.content.decode()
    assert Revision.objects.count() == 2
    for words in ("<mark>次日</mark>办结。", "<mark>三日内</mark>办结。", "<p>当场办结。</p>", "两边都改了"):
        assert words in page
    assert [row.label for row in both.context["rows"]] == ["正文"]
    assert autosave.slot(writer, draft).fields["body"] == [THREE.replace("当场", "次日").replace("身份证", "社保卡")]
    assert Tag.objects.filter(name="断缴").count() == 0


@pytest.mark.parametrize(
    ("choice", "last"),
    [
        ("mine", "<p>次日办结。</p>"),
        ("theirs", "<p>三日内办结。</p>"),
        ("both", "<p>次日办结。</p><p>三日内办结。</p>"),
    ],
)
def test_what_is_chosen_is_saved_with_the_rest_merged(client, both, writer, draft, choice, last):
    response = client.post(conflict(draft), answers(both, choice) | {"_save": "1"})
    assert response["Location"] == f"{change(draft)}?saved={WINDOW}"
    content = newest(draft)
    assert content.body == f"<p>带上社保卡。</p><p>到街道中心。</p>{last}"
    assert content.short_answer == "三天。"
    assert sorted(Tag.objects.get(pk=tag).name for tag in content.tags) == ["停保", "断缴"]
    assert "zhubian）合并" in draft.revisions.first().note
    assert draft.revisions.first().author == writer
    assert autosave.slot(writer, draft) is None


def test_every_kind_of_field_is_asked_in_words(client, saves, writer, editor, draft, category):
    began, other = draft.latest_revision_id, Category.objects.exclude(pk=category.pk).first()
    saves(
        editor, draft, began, title="甲？", category=other.pk, kind="guide", provenance="reprint", valid_until="2027-01-01",
        regions=["310000"], **{"sources-title": ["《办法》"], "sources-number": ["3号"]},
    )  # fmt: skip
    page = saves(
        writer, draft, began, title="乙？", category="", kind="clinical", provenance="ai_assisted", valid_until="2028-01-01",
        regions=["320000"], **{"sources-title": ["《办法》"], "sources-number": ["5号"]},
    )  # fmt: skip
    theirs = {row.label: "".join(part.text for line in row.theirs for part in line) for row in page.context["rows"]}
    assert theirs == {
        "问题": "甲？", "栏目": other.name, "适用地区": "上海", "内容类型": "就医指南", "创作方式": "转载",
        "政策截止日": "2027-01-01", "来源": "《办法》 3号",
    }  # fmt: skip
    client.post(conflict(draft), answers(page, "theirs") | {"_save": "1"})
    assert (newest(draft).title, newest(draft).category, newest(draft).regions) == ("甲？", other.pk, ("310000",))
    assert newest(draft).sources[0].number == "3号"


def test_the_words_can_go_back_into_the_form_with_what_was_chosen(client, both, writer, draft):
    response = client.post(conflict(draft), answers(both, "both") | {"_form": "1"}, follow=True)
    assert response.redirect_chain[-1][0] == f"{change(draft)}?restore=1"
    form = response.context["adminform"].form
    assert form["body"].value().endswith("<p>次日办结。</p><p>三日内办结。</p>")
    assert form["parent"].value() == draft.revisions.first().pk
    assert form["tags"].value() == ["new:断缴", "new:停保"]
    assert Revision.objects.count() == 2


def test_choosing_and_submitting_in_one_step(client, both, draft):
    client.post(conflict(draft), answers(both, "mine") | {"_submit": "1"})
    assert draft.revisions.first().state == "in_review"


@pytest.mark.parametrize("answer", [None, "", "x", "ours"])
def test_every_question_wants_an_answer(client, both, draft, answer):
    chosen = answers(both, answer)
    response = client.post(conflict(draft), {name: value for name, value in chosen.items() if value is not None})
    assert response.status_code == 400
    assert "还有 1 处没有选择（正文）" in response.content.decode()
    assert Revision.objects.count() == 2


def test_a_third_editor_who_saves_meanwhile_is_not_overwritten(client, both, saves, writer, editor, draft, form_data):
    third = saves(editor, draft, draft.revisions.first().pk, body=THREE.replace("当场", "五日内"), short_answer="三天。", tags=["停保"])
    assert third.status_code == 200
    client.force_login(writer)
    response = client.post(conflict(draft), answers(both, "theirs") | {"_save": "1"}, follow=True)
    page = response.content.decode()
    assert "又有人保存了新的版本" in page
    assert "五日内" in page
    assert newest(draft).body == THREE.replace("当场", "五日内")
    client.post(conflict(draft), answers(response, "mine") | {"_save": "1"})
    assert newest(draft).body == "<p>带上社保卡。</p><p>到街道中心。</p><p>次日办结。</p>"


def test_the_page_can_be_closed_and_come_back_to(client, both, writer, draft):
    page = client.get(change(draft)).content.decode()
    assert "那以后有人保存了新的版本" in page
    assert f'href="{conflict(draft)}"' in page
    assert client.get(conflict(draft)).context["rows"] == both.context["rows"]


def test_looking_at_the_page_makes_no_tags(client, both, draft):
    client.get(conflict(draft))
    assert not Tag.objects.filter(name="断缴").exists()


def test_kept_words_that_meet_no_conflict_are_merged_by_one_press(client, saves, writer, editor, draft, form_data):
    client.force_login(writer)
    began = draft.latest_revision_id
    typed = form_data(body=THREE.replace("身份证", "社保卡"), short_answer="", parent=began, window=WINDOW, user=writer.pk)
    client.post(reverse("admin:articles_article_autosave", args=[draft.pk]), typed)
    saves(editor, draft, began, body=THREE.replace("当场", "三日内"), window="")
    client.force_login(writer)
    page = client.get(conflict(draft))
    assert "可以直接合并" in page.content.decode()
    client.post(conflict(draft), answers(page, "mine") | {"_save": "1"})
    assert newest(draft).body == THREE.replace("身份证", "社保卡").replace("当场", "三日内")


def test_half_typed_words_go_back_into_the_form(client, writer, editor, draft, form_data, content):
    client.force_login(writer)
    typed = form_data(title="", valid_from="2026-", parent=draft.latest_revision_id, window=WINDOW, user=writer.pk)
    client.post(reverse("admin:articles_article_autosave", args=[draft.pk]), typed)
    workflow.save_draft(content(), by=editor, article=draft)
    response = client.get(conflict(draft), follow=True)
    assert response.redirect_chain[-1][0] == f"{change(draft)}?restore=1"
    assert "还不能合并" in response.content.decode()
    assert "2026-" in response.content.decode()


def test_without_kept_words_there_is_nothing_to_merge(client, writer, draft):
    client.force_login(writer)
    assert "没有等待合并的文字" in client.get(conflict(draft), follow=True).content.decode()


def test_a_reader_of_drafts_merges_nothing(client, reviewer, draft):
    client.force_login(reviewer)
    assert client.get(conflict(draft)).status_code == 403


def test_a_refused_save_does_not_write_over_words_of_another_window(client, saves, writer, editor, draft, form_data):
    began = draft.latest_revision_id
    client.force_login(writer)
    typed = form_data(short_answer="昨天的想法", parent=began, window="b" * 32, user=writer.pk)
    client.post(reverse("admin:articles_article_autosave", args=[draft.pk]), typed)
    saves(editor, draft, began, body=THREE.replace("当场", "三日内"))
    page = saves(writer, draft, began, body=THREE.replace("当场", "次日")).content.decode()
    assert "另一个窗口里" in page
    assert "次日办结" in page
    assert autosave.slot(writer, draft).fields["short_answer"] == ["昨天的想法"]


def test_a_save_that_does_not_say_what_it_began_with_is_no_better(saves, writer, draft):
    assert saves(writer, draft, "", title="别的问题？").redirect_chain[-1][0] == conflict(draft)
    assert Revision.objects.count() == 1


def test_a_stale_save_without_changes_of_its_own_saves_nothing(saves, writer, editor, draft):
    began = draft.latest_revision_id
    saves(editor, draft, began, body=THREE.replace("当场", "三日内"))
    saves(writer, draft, began)
    assert newest(draft).body == THREE.replace("当场", "三日内")
    assert draft.revisions.first().author == editor


def test_markup_of_the_editor_s_own_is_no_change_to_save(saves, writer, editor, draft, content):
    items = "<ul><li>身份证</li><li>照片</li></ul>"
    began = workflow.save_draft(content(title="停保三个月以后怎么恢复？", body=items), by=writer, article=draft).pk
    saves(editor, draft, began, body=items, short_answer="可以。")
    saves(writer, draft, began, body=items.replace("<li>", "<li><p>").replace("</li>", "</p></li>"))
    assert draft.revisions.first().author == editor


def test_the_workflow_stays_the_last_judge(writer, editor, draft, content):
    began = draft.latest_revision_id
    workflow.save_draft(content(body=clean(THREE).html), by=editor, article=draft)
    with pytest.raises(workflow.NotAllowed, match="其他人保存了新的版本"):
        workflow.save_draft(content(), by=writer, article=draft, parent=began)
