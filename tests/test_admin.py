"""The admin does what the workflow allows, says why not, and loses nothing that was typed."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from articles import workflow
from articles.models import Article, Event, Revision, Tag

ADD = "/admin/articles/article/add/"


def change(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def verb(client, revision, name, **data):
    url = reverse("admin:articles_article_verb", args=[revision.article_id, name])
    return client.post(url, {"revision": revision.pk, **data}, follow=True)


def test_a_writer_saves_a_draft_with_everything_in_it(client, writer, form_data):
    known = Tag.objects.create(name="断缴")
    client.force_login(writer)
    data = form_data(
        tags=[str(known.pk), "停保"],
        regions=["310000"],
        valid_from="2025-01-01",
        phrasings="断了三个月怎么办\n\n停保怎么恢复",
        **{"sources-title": ["《通知》", ""], "sources-number": ["医保发〔2025〕1号", ""], "sources-issuer": ["国家医保局", ""]},
        **{"sources-url": ["", ""], "sources-date": ["2025-01-02", ""]},
    )
    response = client.post(ADD, data)
    article = Article.objects.get()
    assert response["Location"] == change(article)
    content = article.latest_revision.content
    assert [Tag.objects.get(pk=tag).name for tag in content.tags] == ["断缴", "停保"]
    assert (content.regions, content.phrasings) == (("310000",), ("断了三个月怎么办", "停保怎么恢复"))
    assert (content.sources[0].number, content.sources[0].date.isoformat()) == ("医保发〔2025〕1号", "2025-01-02")
    assert article.latest_revision.author == writer
    assert not article.live


def test_the_form_comes_back_with_what_was_saved(client, writer, form_data):
    client.force_login(writer)
    client.post(ADD, form_data(tags=["停保"], phrasings="断了三个月怎么办"))
    page = client.get(change(Article.objects.get())).content.decode()
    for words in ("停保三个月以后怎么恢复？", "先看停了多久。", "断了三个月怎么办", ">停保<"):
        assert words in page


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": ""}, "这个字段是必填项"),
        ({"body": ""}, "这个字段是必填项"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-01"}, "有效期的开始晚于结束"),
        ({"sources-title": ["x"], "sources-date": ["昨天"]}, "第 1 个来源的日期"),
        ({"sources-title": [""], "sources-number": ["医保发〔2025〕1号"]}, "每个来源都要有文件标题"),
        ({"tags": [f"标签{i}" for i in range(21)]}, "标签最多 20 个"),
        ({"regions": ["999999"]}, "999999"),
    ],
)
def test_what_cannot_be_saved_comes_back_with_a_sentence(client, writer, form_data, changes, message):
    client.force_login(writer)
    response = client.post(ADD, form_data(**changes))
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not Article.objects.exists()


def test_save_and_submit_sends_the_draft_to_review(client, writer, form_data):
    client.force_login(writer)
    client.post(ADD, form_data(_submit="1"))
    assert Revision.objects.get().state == "in_review"


def test_an_article_goes_from_desk_to_reader_by_buttons_alone(
    client, writer, reviewer, editor, form_data, django_capture_on_commit_callbacks
):
    client.force_login(writer)
    client.post(ADD, form_data(_submit="1"))
    revision = Revision.objects.get()
    assert "您没有“审核通过”的权限" in verb(client, revision, "approve").content.decode()
    client.force_login(reviewer)
    verb(client, revision, "approve")
    client.force_login(editor)
    with django_capture_on_commit_callbacks(execute=True):
        assert "完成：发布" in verb(client, revision, "publish").content.decode()
    client.logout()
    page = client.get(revision.article.get_absolute_url())
    assert page.status_code == 200
    assert "先看停了多久。" in page.content.decode()


def test_the_author_cannot_approve_even_as_a_superuser(client, form_data):
    boss = User.objects.create_superuser("boss")
    client.force_login(boss)
    client.post(ADD, form_data(_submit="1"))
    revision = Revision.objects.get()
    assert "作者不能审核自己写的稿件" in client.get(change(revision.article)).content.decode()
    assert "作者不能审核自己写的稿件" in verb(client, revision, "approve").content.decode()
    revision.refresh_from_db()
    assert revision.state == "in_review"


def test_a_forbidden_button_is_greyed_with_its_reason(client, writer, content):
    revision = workflow.save_draft(content(), by=writer)
    client.force_login(writer)
    page = client.get(change(revision.article)).content.decode()
    assert 'disabled aria-describedby="why-not-publish"' in page
    assert "“草稿”状态下不能发布；您没有“发布”的权限" in page


def test_withdrawing_and_merging_ask_for_what_they_need(client, editor, publish):
    one, two = publish("甲问题怎么办？"), publish("乙问题怎么办？")
    client.force_login(editor)
    assert "请写明原因" in verb(client, one.live_revision, "unpublish", reason=" ").content.decode()
    assert "没有这个编号的文章" in verb(client, one.live_revision, "merge", into=999).content.decode()
    assert f"现在转到 #{two.pk}“乙问题怎么办？”" in verb(client, one.live_revision, "merge", into=two.pk).content.decode()
    verb(client, two.live_revision, "unpublish", reason="政策有变")
    client.logout()
    assert client.get(one.get_absolute_url()).status_code == 301
    assert client.get(two.get_absolute_url()).status_code == 410


@pytest.mark.parametrize(
    "data", [{"revision": ""}, {"revision": "x"}, {"revision": "9" * 30}, {"revision": "1", "at": "明天", "into": "-1"}]
)
def test_a_malformed_button_press_gets_a_sentence(client, editor, publish, data):
    article = publish()
    client.force_login(editor)
    response = client.post(reverse("admin:articles_article_verb", args=[article.pk, "schedule"]), data, follow=True)
    assert response.status_code in (200, 404)
    assert Article.objects.get().live


def test_a_verb_is_only_done_by_post(client, editor, publish):
    article = publish()
    client.force_login(editor)
    assert client.get(reverse("admin:articles_article_verb", args=[article.pk, "unpublish"])).status_code == 405


def test_a_reviewer_reads_but_does_not_write(client, writer, reviewer, content, form_data):
    revision = workflow.save_draft(content(), by=writer)
    client.force_login(reviewer)
    page = client.get(change(revision.article)).content.decode()
    assert "按读者看到的样子阅读此版本" in page
    assert client.post(change(revision.article), form_data(parent=revision.pk)).status_code == 403
    preview = client.get(reverse("admin:articles_article_preview", args=[revision.article_id, revision.pk]))
    assert "余额会转到下一年接着用" in preview.content.decode()


def test_a_preview_is_for_the_desk_only(client, writer, content):
    revision = workflow.save_draft(content(), by=writer)
    url = reverse("admin:articles_article_preview", args=[revision.article_id, revision.pk])
    assert client.get(url).status_code == 302
    stranger = User.objects.create_user("stranger", is_staff=True)
    client.force_login(stranger)
    assert client.get(url).status_code == 403


def test_the_history_shows_versions_and_events_and_brings_one_back(client, writer, publish):
    article = publish()
    workflow.save_draft(article.live_revision.content, by=writer, article=article, note="第二稿")
    client.force_login(writer)
    page = client.get(reverse("admin:articles_article_history", args=[article.pk])).content.decode()
    assert "第二稿" in page
    assert "审核通过" in page
    verb(client, article.live_revision, "revert")
    assert article.revisions.first().note == f"恢复自版本 #{article.live_revision_id}"


def test_the_editor_s_import_map_is_allowed_by_hash_and_nothing_else_inline(client, writer):
    client.force_login(writer)
    policy = client.get(ADD)["Content-Security-Policy"]
    assert "'sha256-" in policy
    assert "unsafe" not in policy
    assert "'sha256-" not in client.get("/admin/articles/article/")["Content-Security-Policy"]


def test_the_audit_log_can_be_read_and_not_touched(client, editor, publish):
    publish()
    event = Event.objects.first()
    client.force_login(editor)
    assert "发布" in client.get("/admin/articles/event/").content.decode()
    url = reverse("admin:articles_event_change", args=[event.pk])
    assert client.post(url, {"note": "x"}).status_code == 403
    assert client.post(reverse("admin:articles_event_delete", args=[event.pk]), {"post": "yes"}).status_code == 403


def test_a_manager_of_people_cannot_make_a_superuser(client, db):
    from django.contrib.auth.models import Group

    manager = User.objects.create_user("manager", is_staff=True)
    manager.groups.add(Group.objects.get(name="管理员"))
    boss = User.objects.create_superuser("boss")
    client.force_login(manager)
    own = reverse("admin:auth_user_change", args=[manager.pk])
    page = client.get(own).content.decode()
    assert "is_superuser" not in page
    client.post(own, {"username": "manager", "is_superuser": "on", "is_staff": "on", "is_active": "on"})
    manager.refresh_from_db()
    assert not manager.is_superuser
    assert client.get(reverse("admin:auth_user_change", args=[boss.pk])).status_code == 302


def test_the_list_of_articles_costs_the_same_at_any_length(client, editor, publish, django_assert_max_num_queries):
    for number in range(12):
        publish(f"第 {number} 个问题怎么办？")
    client.force_login(editor)
    with django_assert_max_num_queries(12):
        assert client.get("/admin/articles/article/").status_code == 200


def test_a_role_is_only_changed_by_a_superuser(client, db):
    from django.contrib.auth.models import Group, Permission

    manager = User.objects.create_user("manager", is_staff=True)
    manager.groups.add(Group.objects.get(name="管理员"))
    manager.user_permissions.add(*Permission.objects.filter(codename__endswith="_group"))
    client.force_login(manager)
    group = Group.objects.get(name="作者")
    assert client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "x"}).status_code == 403
    assert client.post(reverse("admin:auth_group_add"), {"name": "x"}).status_code == 403


@pytest.mark.parametrize("title", ["\u200b", "\u202e"])
def test_a_question_of_invisible_characters_alone_comes_back_with_a_sentence(client, writer, form_data, title):
    client.force_login(writer)
    response = client.post(ADD, form_data(title=title))
    assert "请填写问题" in response.content.decode()


def test_a_body_that_cleaning_makes_too_long_comes_back_with_a_sentence(client, writer, form_data):
    client.force_login(writer)
    body = '<p><a href="https://example.org/">链</a></p>' * 4_600
    response = client.post(ADD, form_data(body=body))
    assert "正文太长" in response.content.decode()


def test_submitting_needs_the_permission_to(client, db, form_data):
    from django.contrib.auth.models import Permission

    person = User.objects.create_user("adder", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="add_article"))
    client.force_login(person)
    assert "您没有提交审核的权限" in client.post(ADD, form_data(_submit="1")).content.decode()
    assert not Article.objects.exists()


def test_a_new_tag_may_be_a_number_and_is_made_only_with_the_article(client, writer, form_data):
    Tag.objects.create(pk=120, name="急救")
    client.force_login(writer)
    client.post(ADD, form_data(title="", tags=["new:12393"]))
    assert Tag.objects.count() == 1
    client.post(ADD, form_data(tags=["new:120", "120"]))
    content = Article.objects.get().latest_revision.content
    assert [Tag.objects.get(pk=tag).name for tag in content.tags] == ["120", "急救"]


def test_the_reason_of_a_rejection_stands_at_the_top(client, writer, reviewer, content):
    revision = workflow.save_draft(content(), by=writer)
    workflow.submit(revision, by=writer)
    workflow.reject(revision, by=reviewer, reason="请写明文号")
    client.force_login(writer)
    assert "shenhe：请写明文号" in client.get(change(revision.article)).content.decode()


def test_a_preview_says_that_it_is_one(client, writer, content):
    revision = workflow.save_draft(content(), by=writer)
    client.force_login(writer)
    page = client.get(reverse("admin:articles_article_preview", args=[revision.article_id, revision.pk])).content.decode()
    assert f"预览：版本 #{revision.pk}，草稿" in page


def test_saving_over_a_schedule_says_that_it_is_cancelled(client, editor, writer, publish, approved, form_data):
    from datetime import timedelta

    from django.utils import timezone

    article = publish()
    workflow.schedule(approved(article=article), by=editor, at=timezone.now() + timedelta(hours=1))
    article.refresh_from_db()
    client.force_login(editor)
    page = client.post(change(article), form_data(parent=article.latest_revision_id), follow=True).content.decode()
    assert "定时发布已经取消" in page
    assert article.events.filter(verb="unschedule").exists()


def test_renaming_a_category_stands_in_the_log(client, editor, category):
    client.force_login(editor)
    url = reverse("admin:articles_category_change", args=[category.pk])
    data = {"slug": category.slug, "name": "我的账户", "description": "", "position": 10}
    client.post(url, data)
    client.post(url, data)
    event = Event.objects.get(verb="vocabulary")
    assert (event.by, event.note, event.data) == (editor, "栏目：我的账户", {"category": category.pk})


@pytest.mark.parametrize(
    "path",
    [
        "event/?verb=%00", "region/?level=%00", "synonymgroup/?words=%00", "promotion/?region=%00", "article/?q=%00", "tag/?q=%00",
        "../autocomplete/?app_label=articles&model_name=promotion&field_name=article&term=%00",
    ],
)  # fmt: skip
def test_nul_in_an_address_is_refused_before_the_database_sees_it(admin_client, path):
    assert admin_client.get(f"/admin/articles/{path}").status_code in (400, 404)
