"""The page of one question: what stands on it, and what its address answers when it is not public."""

import json
from datetime import date, timedelta

import pytest
from django.utils import timezone

from articles import related, search, workflow
from articles.content import ArticleContent, Source
from articles.models import Article, Tag

pytestmark = pytest.mark.django_db

BODY = (
    "<h2>一、能用吗</h2><p>能用。</p>"
    "<h2>二、怎么用</h2><ol><li>去药店<ul><li>带医保卡</li></ul></li></ol>"
    "<h2>三、例外</h2><table><tr><td>冻结</td></tr></table>"
)


class TestContent:
    def test_the_question_is_the_only_main_heading(self, publish, visit):
        article = publish("医保断了半年，里面的钱还能用吗？")
        page = visit(article.get_absolute_url())
        assert page.one("h1").text == article.title
        assert article.title in page.one("title").text

    def test_the_short_answer_stands_before_the_body(self, publish, visit):
        page = visit(publish(short_answer="能用。", body="<p>余额不受断缴影响。</p>").get_absolute_url())
        assert page.one(".short-answer").text == "能用。"
        order = [element.attrs.get("class") for element in page.elements]
        assert order.index("short-answer") < order.index("body")

    def test_without_a_short_answer_none_is_invented(self, publish, visit):
        assert visit(publish().get_absolute_url()).all(".short-answer") == []

    def test_the_body_is_printed_as_it_was_stored(self, publish, visit):
        article = publish(body=BODY)
        page = visit(article.get_absolute_url())
        assert page.one("div.body").text == "一、能用吗 能用。 二、怎么用 去药店 带医保卡 三、例外 冻结"
        assert f'<div class="body">{article.body_html}</div>' in page.response.content.decode()

    def test_a_table_of_contents_from_three_headings_on(self, publish, visit):
        page = visit(publish(body=BODY).get_absolute_url())
        assert page.links("nav.toc a") == [f"#{heading.attrs['id']}" for heading in page.all("div.body h2")]
        assert visit(publish("短文？", body="<h2>一</h2><p>甲</p><h2>二</h2><p>乙</p>").get_absolute_url()).all("nav.toc") == []

    def test_tags_link_to_their_pages_in_the_order_given(self, publish, visit):
        tags = Tag.objects.named(["断缴", "A B", "个人账户"])
        page = visit(publish(tags=tuple(tag.pk for tag in tags)).get_absolute_url())
        found = [element for element in page.all("a") if element.attrs.get("rel") == "tag"]
        assert [element.text for element in found] == ["断缴", "A B", "个人账户"]
        for element in found:
            visit(element.attrs["href"])

    def test_category_and_regions_are_linked(self, publish, visit):
        article = publish(regions=("330900", "330000"))
        links = visit(article.get_absolute_url()).links("main a")
        assert {article.category.get_absolute_url(), "/regions/330900/", "/regions/330000/"} <= set(links)

    def test_sources_are_named_with_their_number(self, publish, visit):
        source = Source(
            "关于建立健全职工基本医疗保险门诊共济保障机制的指导意见",
            "国办发〔2021〕14号",
            "国务院办公厅",
            "https://www.gov.cn/x",
            date(2021, 4, 22),
        )
        page = visit(publish(sources=(source, Source("没有网址的文件"))).get_absolute_url())
        first, second = page.texts(".sources li")
        for part in (source.title, source.number, source.issuer):
            assert part in first
        assert second.startswith("没有网址的文件")
        assert page.links(".sources a") == ["https://www.gov.cn/x"]

    def test_other_phrasings_are_there(self, publish, visit):
        page = visit(publish(phrasings=("钱会不会作废？",)).get_absolute_url())
        assert "钱会不会作废？" in page.one("main").text

    def test_the_reviewer_is_named_and_a_forced_article_says_that_nobody_reviewed_it(self, publish, visit, content, writer):
        reviewed = visit(publish().get_absolute_url())
        assert "沈合" in reviewed.one("main").text
        assert "尚未经医学审核" not in reviewed.one("main").text
        revision = workflow.save_draft(content("紧急问题？"), by=writer)
        forced = workflow.force_publish(revision, by=None, reason="紧急")
        assert "尚未经医学审核" in visit(forced.get_absolute_url()).one("main").text

    def test_dates_can_be_read_by_machines(self, publish, visit):
        article = publish()
        page = visit(article.get_absolute_url())
        assert timezone.localtime(article.go_live_at).strftime("%Y-%m-%d") in {
            element.attrs["datetime"][:10] for element in page.all("main time")
        }

    def test_a_policy_out_of_force_is_marked(self, publish, visit):
        page = visit(publish(valid_until=date(2020, 12, 31)).get_absolute_url())
        assert "到期" in page.one("main").text
        assert "到期" not in visit(publish("现行问题？").get_absolute_url()).one("main").text


class TestDisclaimer:
    @pytest.mark.parametrize(("kind", "policy"), [("policy", True), ("clinical", False), ("guide", False)])
    def test_every_kind_prints_it_and_policies_print_more(self, publish, visit, kind, policy):
        text = visit(publish(kind=kind).get_absolute_url()).one("footer.disclaimer").text
        assert "本内容不能代替面诊，如有不适请尽快就医。" in text
        assert ("具体以参保地医保部门最新规定为准。" in text) is policy


class TestRelated:
    def test_each_item_has_title_link_excerpt_category_and_date(self, publish, visit):
        first = publish("医保个人账户余额怎么处理？", body="<p>余额可以结转使用。</p>")
        second = publish("医保个人账户冻结怎么处理？", body="<p>补缴后余额可以使用。</p>")
        page = visit(second.get_absolute_url())
        item = page.one("aside.related li")
        assert page.links("aside.related li a") == [f"/articles/{first.pk}/"]
        assert page.one("aside.related li a").text == first.title
        assert first.excerpt in item.text
        assert first.category.name in item.text
        assert len(page.all("aside.related li time")) == 1

    def test_at_most_twenty(self, publish_many, visit):
        articles = publish_many(30)
        search.sync()
        related.refresh(articles[0].pk, {})
        assert len(visit(articles[0].get_absolute_url()).all("aside.related li")) == 20


class TestStructuredData:
    def data(self, page):
        script = next(element for element in page.all("script") if element.attrs.get("type") == "application/ld+json")
        return json.loads("".join(script.parts))

    def test_it_says_what_the_page_is_and_who_reviewed_it(self, publish, visit):
        article = publish(short_answer="还在。")
        data = self.data(visit(article.get_absolute_url()))
        assert data["@type"] == "MedicalWebPage"
        assert data["name"] == article.title
        assert data["url"] == f"http://testserver/articles/{article.pk}/"
        hospital = {"@type": "Organization", "name": "示例医院"}
        assert data["reviewedBy"] == {"@type": "Person", "name": "沈合", "jobTitle": "主治医师", "affiliation": hospital}
        assert data["lastReviewed"]

    def test_the_review_is_dated_as_the_page_dates_it(self, publish, visit, monkeypatch):
        late = timezone.now().replace(hour=20)  # already tomorrow in Shanghai
        monkeypatch.setattr(timezone, "now", lambda: late)
        article = publish()
        assert self.data(visit(article.get_absolute_url()))["lastReviewed"] == timezone.localtime(late).date().isoformat()

    def test_no_reviewer_is_invented(self, content, writer, visit):
        article = workflow.force_publish(workflow.save_draft(content(), by=writer), by=None, reason="紧急")
        assert not {"reviewedBy", "lastReviewed"} & set(self.data(visit(article.get_absolute_url())))

    def test_nothing_in_it_ends_the_script(self, publish, visit):
        title = "</script><script>alert(1)</script><!-- & \u2028 ]]>"
        page = visit(publish(title, short_answer=title).get_absolute_url())
        assert self.data(page)["name"] == " ".join(title.split())
        assert [element.attrs.get("src", "")[:8] for element in page.all("script") if "type" not in element.attrs] == ["/static/"]


class TestMarkup:
    def test_what_editors_type_is_never_markup(self, publish, visit):
        nasty = '"><img src=x onerror=alert(1)>&amp;'
        tag = Tag.objects.named([nasty])[0]
        fields = {"short_answer": nasty, "phrasings": (nasty,), "sources": (Source(nasty, nasty, nasty),), "tags": (tag.pk,)}
        article = publish(nasty, body=f"<p>{nasty}</p>", **fields)
        page = visit(article.get_absolute_url())
        assert page.one("h1").text == nasty
        assert [image for image in page.all("img") if "onerror" in image.attrs or image.attrs.get("src") == "x"] == []


class TestStatus:
    def test_unknown_404(self, visit):
        visit("/articles/999999/", status=404)

    @pytest.mark.parametrize("id", ["0", "-1", "1.5", "01", "x", "9" * 17, "９"])
    def test_no_id_404(self, client, id):
        assert client.get(f"/articles/{id}/").status_code == 404

    def test_a_draft_404(self, content, writer, visit):
        revision = workflow.save_draft(content("独角兽的医保？"), by=writer)
        assert "独角兽" not in visit(f"/articles/{revision.article_id}/", status=404).response.content.decode()

    def test_scheduled_404_then_200_with_no_job_running(self, approved, editor, visit, time_passes):
        revision = approved("独角兽的医保？")
        workflow.schedule(revision, by=editor, at=timezone.now() + timedelta(hours=1))
        address = f"/articles/{revision.article_id}/"
        assert "独角兽" not in visit(address, status=404).response.content.decode()
        time_passes(hours=1)
        visit(address)

    def test_withdrawn_410_and_without_its_answer(self, publish, editor, visit):
        article = publish("问题？", short_answer="独角兽", body="<p>独角兽</p>")
        workflow.unpublish(article, by=editor, reason="内容有误")
        page = visit(article.get_absolute_url(), status=410)
        assert "独角兽" not in page.response.content.decode()
        assert [link for link in page.all("link") if link.attrs.get("rel") == "canonical"] == []

    def test_withdrawn_before_its_time_404_and_nothing_of_it_shows(self, approved, editor, visit):
        revision = approved("独角兽的医保？")
        workflow.schedule(revision, by=editor, at=timezone.now() + timedelta(hours=1))
        workflow.unpublish(revision.article, by=editor, reason="不发了")
        page = visit(f"/articles/{revision.article_id}/", status=404)
        assert "独角兽" not in page.response.content.decode()

    def test_published_again_200(self, publish, editor, writer, reviewer, visit):
        article = publish()
        workflow.unpublish(article, by=editor, reason="内容有误")
        article.refresh_from_db()
        revision = workflow.save_draft(
            ArticleContent("问题？", body="<p>对的。</p>", category=article.category_id), by=writer, article=article
        )
        workflow.submit(revision, by=writer, public_note="更正了说法。")
        workflow.approve(revision, by=reviewer)
        workflow.publish(revision, by=editor)
        assert visit(article.get_absolute_url()).one("div.body").text == "对的。"

    def test_past_its_end_410(self, content, visit, time_passes):
        was = workflow.Restored(
            5000, timezone.now() - timedelta(days=9), timezone.now() + timedelta(hours=1), None, "", None, None, None, ""
        )
        workflow.restore(content(), was, by=None)
        visit("/articles/5000/")
        time_passes(hours=1)
        visit("/articles/5000/", status=410)

    def test_merged_301_without_a_chain(self, publish, editor, client):
        first, second, third = publish("一？"), publish("二？"), publish("三？")
        workflow.merge(first, into=second, by=editor)
        workflow.merge(Article.objects.get(pk=second.pk), into=third, by=editor)
        for article in (first, second):
            response = client.get(article.get_absolute_url())
            assert (response.status_code, response["Location"]) == (301, f"/articles/{third.pk}/")

    def test_a_draft_on_a_live_page_shows_nothing(self, publish, content, writer, visit):
        article = publish()
        workflow.save_draft(content("独角兽？", "<p>独角兽</p>"), by=writer, article=article)
        assert "独角兽" not in visit(article.get_absolute_url()).response.content.decode()

    @pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
    def test_it_is_only_read(self, publish, client, method):
        assert getattr(client, method)(publish().get_absolute_url()).status_code == 405

    def test_head(self, publish, client):
        response = client.head(publish().get_absolute_url())
        assert (response.status_code, response.content) == (200, b"")

    def test_without_the_last_stroke_it_leads_to_the_address(self, publish, client):
        article = publish()
        response = client.get(f"/articles/{article.pk}")
        assert (response.status_code, response["Location"]) == (301, article.get_absolute_url())
