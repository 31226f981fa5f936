"""The screens of a bulk action: choose, check, confirm, watch."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles import bulk, search, workflow
from articles.models import Article, BulkAction, Category, Tag

pytestmark = pytest.mark.django_db
ADD = "/admin/articles/bulkaction/add/"
LIST = "/admin/articles/bulkaction/"


@pytest.fixture
def tag():
    return Tag.objects.create(name="异地备案")


@pytest.fixture
def desk(client, editor):
    client.force_login(editor)
    return client


@pytest.fixture
def send(desk):
    """send(operation="add_tag", …): the form as it is typed; returns the answer."""

    def post(status=200, **fields):
        response = desk.post(ADD, fields)
        assert response.status_code == status, response.content.decode()[:3000]
        return response

    return post


@pytest.fixture
def started(send, publish, tag):
    """An action on one article that is confirmed and not done yet."""
    publish()
    send(302, operation="add_tag", new_tag="异地备案", state="live", total="1", _confirm="1")
    return BulkAction.objects.get()


class TestForm:
    def test_it_takes_over_what_a_list_is_filtered_by(self, desk, tag, category, publish):
        publish(tags=(tag.pk,))
        query = {"category": category.slug, "tag": tag.pk, "region": "330900", "kind": "guide", "state": "live", "q": "医保", "ids": "3,4"}
        form = desk.get(ADD, query).context["form"]
        assert form["category"].value() == category.pk
        assert [str(form[name].value()) for name in ("tag", "region", "kind", "state", "text", "ids")] == [
            "异地备案", "舟山", "guide", "live", "医保", "3\n4",
        ]  # fmt: skip

    def test_what_it_does_not_understand_it_leaves_out(self, desk):
        page = desk.get(ADD, {"category": "x", "tag": "没有的", "region": "9", "kind": "x", "state": "x", "ids": "x", "o": "1"})
        assert page.status_code == 200
        assert not any(page.context["form"].initial.values())

    def test_the_list_of_articles_leads_there(self, desk, publish):
        publish()
        assert f'{ADD}?kind=policy"' in desk.get("/admin/articles/article/?kind=policy").content.decode()

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({}, "请选择操作"),
            ({"operation": "delete", "state": "live"}, "没有这项操作"),
            ({"operation": "add_tag", "state": "live"}, "请填写标签"),
            ({"operation": "add_tag", "new_tag": "没有的", "state": "live"}, "没有这个标签：没有的"),
            ({"operation": "add_tag", "new_tag": "异地备案"}, "请至少选一个条件"),
            ({"operation": "add_tag", "new_tag": "异地备案", "ids": "12 x"}, "这不是文章的编号：x"),
            ({"operation": "add_tag", "new_tag": "异地备案", "ids": "9" * 16}, "这不是文章的编号"),
            ({"operation": "add_tag", "new_tag": "异地备案", "region": "火星"}, "没有这个地区：火星"),
            ({"operation": "add_tag", "new_tag": "异地备案", "published_from": "昨天"}, "日期应写成"),
            ({"operation": "change_category", "state": "live"}, "请填写改到栏目"),
            ({"operation": "plan_review", "state": "live", "on": "2020-01-01"}, "下次审核应在今天以后"),
            ({"operation": "plan_review", "state": "live", "on": "9999-01-01"}, "下次审核应在今天以后"),
            ({"operation": "withdraw", "state": "live", "reason": " "}, "请填写原因"),
        ],
    )
    def test_what_cannot_be_done_is_said(self, send, tag, fields, said):
        assert said in send(400, **fields).content.decode()

    def test_too_many_ids(self, send, tag, monkeypatch):
        monkeypatch.setattr(bulk, "TEXT_LIMIT", 2)
        assert "最多 2 个编号" in send(400, operation="add_tag", new_tag="异地备案", ids="1 2 3").content.decode()

    def test_without_an_index_words_cannot_be_looked_up(self, send, tag, settings):
        settings.SEARCH_ENGINE = "articles.search.memory.MemoryEngine"
        said = send(400, operation="add_tag", new_tag="异地备案", text="医保").content.decode()
        assert "搜索索引暂时不能用" in said

    @pytest.mark.parametrize("junk", ["\x00", "\ud800".encode("utf-8", "surrogatepass"), "😀" * 100, "1e9", "-1"])
    def test_junk_is_no_accident(self, desk, junk):
        fields = dict.fromkeys(
            ("state", "category", "tag", "region", "kind", "published_from", "text", "ids", "operation", "new_tag"), junk
        )
        assert desk.post(ADD, fields).status_code == 400
        assert desk.get(ADD, fields).status_code in (200, 400)


class TestPreview:
    def test_it_shows_what_changes_and_what_is_left_out_and_why(self, send, publish, tag):
        publish("要改的？")
        publish("已有标签的？", tags=(tag.pk,))
        page = send(operation="add_tag", new_tag="异地备案", kind="policy").content.decode()
        assert "共 <strong>2</strong> 篇" in page
        assert "其中 1 篇不会改动" in page
        assert "加“异地备案”" in page
        assert "不用改：已经是这样" in page
        assert not BulkAction.objects.exists()

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"operation": "change_category", "new_category": "health-news"}, "个人账户 → 健康新闻"),
            ({"operation": "plan_review", "on": "soon"}, "→ 某日"),
            ({"operation": "withdraw", "reason": "政策已废止"}, "公开 → 撤回"),
        ],
    )
    def test_each_operation_says_what_it_does(self, send, publish, fields, said):
        article = publish()
        if "new_category" in fields:
            fields = fields | {"new_category": Category.objects.get(slug=fields["new_category"]).pk}
            said = f"{article.category} → 健康新闻"
        if "on" in fields:
            day = (timezone.localdate() + timedelta(days=90)).isoformat()
            fields, said = fields | {"on": day}, f"{article.next_review_on} → {day}"
        assert said in send(state="live", **fields).content.decode()

    def test_it_is_bounded_whatever_the_number(self, send, publish_many, tag, django_assert_max_num_queries):
        publish_many(120)
        with django_assert_max_num_queries(20):
            page = send(operation="add_tag", new_tag="异地备案", state="live")
        assert len(page.context["rows"]) == 50
        assert "前 50 篇" in page.content.decode()

    def test_one_can_go_back_and_finds_what_was_typed(self, send, publish, tag):
        publish()
        page = send(operation="add_tag", new_tag="异地备案", state="live", _edit="1")
        assert page.context["form"]["new_tag"].value() == "异地备案"
        assert "下一步：核对" in page.content.decode()

    def test_the_search_s_words_are_conditions_too(self, send, publish, tag):
        publish("独角兽的医保怎么交？")
        publish("异地就医怎么备案？")
        search.sync()
        assert "共 <strong>1</strong> 篇" in send(operation="add_tag", new_tag="异地备案", text="独角兽").content.decode()


class TestConfirmation:
    def test_it_leads_to_the_progress(self, desk, started):
        page = desk.get(f"{LIST}{started.pk}/").content.decode()
        assert "正在执行：0 / 1 篇" in page
        assert "加标签“异地备案”" in page

    @pytest.mark.parametrize("total", ["0", "2", "", "x", "-1", "9" * 40])
    def test_only_of_as_many_as_were_seen(self, send, publish, tag, total):
        publish()
        said = send(400, operation="add_tag", new_tag="异地备案", state="live", total=total, _confirm="1").content.decode()
        assert "请重新核对" in said
        assert not BulkAction.objects.exists()

    def test_of_none_at_all(self, send, tag):
        search.rebuild()
        said = send(400, operation="add_tag", new_tag="异地备案", text="独角兽", total="0", _confirm="1").content.decode()
        assert "一次应处理 1 到" in said


class TestProgress:
    def test_when_it_is_done_it_can_be_undone(self, desk, started):
        bulk.work()
        address = f"{LIST}{started.pk}/"
        assert "已完成：1 / 1 篇" in desk.get(address).content.decode()
        assert "开始撤销" in desk.post(f"{address}undo/", follow=True).content.decode()
        bulk.work()
        assert "已撤销：1 / 1 篇" in desk.get(address).content.decode()

    def test_it_is_stopped_and_resumed(self, desk, started):
        address = f"{LIST}{started.pk}/"
        assert "已停止" in desk.post(f"{address}stop/", follow=True).content.decode()
        bulk.work()
        assert "已停止：0 / 1 篇" in desk.get(address).content.decode()
        desk.post(f"{address}resume/")
        bulk.work()
        assert "已完成" in desk.get(address).content.decode()

    def test_a_second_click_is_told_so(self, desk, started):
        for _ in range(2):
            page = desk.post(f"{LIST}{started.pk}/stop/", follow=True)
        assert "没有在执行" in page.content.decode()

    def test_what_was_left_out_is_named_with_its_reason(self, desk, started, tag):
        workflow.refile(Article.objects.get(), workflow.Filing(add_tag=tag), by=None)
        bulk.work()
        page = desk.get(f"{LIST}{started.pk}/").content.decode()
        assert "未执行：不用改：已经是这样" in page
        assert Article.objects.get().title in page

    def test_without_scripts_it_asks_again_by_itself_until_it_is_done(self, desk, started):
        refresh = '<noscript><meta http-equiv="refresh"'
        assert refresh in desk.get(f"{LIST}{started.pk}/").content.decode()
        bulk.work()
        assert refresh not in desk.get(f"{LIST}{started.pk}/").content.decode()

    def test_one_behind_another_says_so(self, desk, started, send):
        send(302, operation="add_tag", new_tag="异地备案", state="live", total="1", _confirm="1")
        assert f"等待 #{started.pk} 先完成" in desk.get(f"{LIST}{BulkAction.objects.first().pk}/").content.decode()

    def test_the_list_names_them_all(self, desk, started, tag):
        assert "加标签“异地备案”" in desk.get(LIST).content.decode()
        tag.delete()
        assert "正在执行" in desk.get(LIST).content.decode()

    def test_what_does_not_exist(self, desk, started):
        assert desk.get(f"{LIST}999/").status_code == 404
        assert desk.post(f"{LIST}{started.pk}/explode/").status_code == 404
        assert desk.get(f"{LIST}{started.pk}/stop/").status_code == 405


def test_reviewers_see_their_one_operation(client, reviewer, publish):
    publish()
    client.force_login(reviewer)
    choices = dict(client.get(ADD).context["form"].fields["operation"].choices)
    assert set(choices) == {"", "plan_review"}
    assert client.post(ADD, {"operation": "withdraw", "state": "live", "reason": "x"}).status_code == 400


def test_authors_see_none_of_it(client, writer):
    client.force_login(writer)
    for address in (LIST, ADD, f"{LIST}1/"):
        assert client.get(address).status_code == 403
