"""What machines read: Atom feeds, the sitemap, robots.txt."""

from datetime import timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from articles import sitemaps, workflow
from articles.content import DISCLAIMER, POLICY_DISCLAIMER
from articles.models import NEVER, Article, Category, Tag

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def xml(client):
    def get(path):
        response = client.get(path)
        assert response.status_code == 200, path
        return ElementTree.fromstring(response.content)

    return get


def titles(feed):
    return [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]


def paths(tree):
    return [urlsplit(node.text).path for node in tree.iter(f"{SITEMAP}loc")]


class TestFeeds:
    def test_the_newest_twenty_newest_first(self, publish_many, xml, client):
        articles = publish_many(25)
        assert titles(xml("/feed/")) == [article.title for article in articles[:20]]
        assert client.get("/feed/")["Content-Type"].startswith("application/atom+xml")

    def test_an_entry_has_address_dates_excerpt_and_disclaimer(self, publish, xml):
        article = publish(short_answer="还在。")
        entry = xml("/feed/").find(f"{ATOM}entry")
        assert entry.find(f"{ATOM}link").attrib["href"] == f"http://testserver/articles/{article.pk}/"
        assert entry.findtext(f"{ATOM}published")
        assert entry.findtext(f"{ATOM}updated")
        assert article.excerpt in entry.findtext(f"{ATOM}summary")

    @pytest.mark.parametrize(
        ("kind", "sentence"), [("policy", DISCLAIMER + POLICY_DISCLAIMER), ("clinical", DISCLAIMER), ("guide", DISCLAIMER)]
    )
    def test_every_entry_carries_the_disclaimer_of_its_kind(self, publish, xml, kind, sentence):
        publish(kind=kind)
        assert f"<p>{sentence}</p>" in xml("/feed/").find(f"{ATOM}entry").findtext(f"{ATOM}summary")

    def test_one_for_each_category_and_tag(self, publish, xml):
        tag = Tag.objects.named(["断缴"])[0]
        other = Category.objects.exclude(slug="personal-account").first()
        publish("甲？", tags=(tag.pk,))
        publish("乙？", category=other.pk)
        assert titles(xml("/categories/personal-account/feed/")) == ["甲？"]
        assert titles(xml(f"/categories/{other.slug}/feed/")) == ["乙？"]
        assert titles(xml(f"/tags/{tag.slug}/feed/")) == ["甲？"]
        assert "断缴" in xml(f"/tags/{tag.slug}/feed/").findtext(f"{ATOM}title")

    def test_what_there_is_not_404(self, client):
        assert client.get("/categories/none/feed/").status_code == 404
        assert client.get("/tags/none/feed/").status_code == 404

    def test_an_empty_feed_is_a_feed(self, xml):
        assert titles(xml("/feed/")) == titles(xml("/categories/personal-account/feed/")) == []

    def test_what_editors_type_is_never_markup(self, publish, xml):
        nasty = "<b>&amp;]]></b>"
        publish(nasty, short_answer=nasty, body="<p>甲</p>")
        feed = xml("/feed/")
        assert titles(feed) == [nasty]
        assert "<b>" not in feed.find(f"{ATOM}entry").findtext(f"{ATOM}summary")

    def test_withdrawn_and_scheduled_are_not_in_it(self, publish, approved, editor, xml, time_passes):
        workflow.unpublish(publish("撤回的？"), by=editor, reason="内容有误")
        workflow.schedule(approved("定时的？"), by=editor, at=timezone.now() + timedelta(hours=1))
        assert titles(xml("/feed/")) == []
        time_passes(hours=1)
        assert titles(xml("/feed/")) == ["定时的？"]

    def test_an_update_moves_the_date_of_the_entry_and_not_its_identity(self, publish, approved, editor, xml, time_passes):
        article = publish()
        before = xml("/feed/").find(f"{ATOM}entry")
        time_passes(hours=1)
        workflow.publish(approved(article=article, body="<p>新的正文。</p>"), by=editor)
        after = xml("/feed/").find(f"{ATOM}entry")
        assert before.findtext(f"{ATOM}id") == after.findtext(f"{ATOM}id")
        assert before.findtext(f"{ATOM}updated") < after.findtext(f"{ATOM}updated")
        assert before.findtext(f"{ATOM}published") == after.findtext(f"{ATOM}published")


class TestSitemap:
    def test_all_published_articles_and_categories(self, publish_many, xml, editor):
        articles = publish_many(5)
        workflow.unpublish(articles[0], by=editor, reason="内容有误")
        wanted = {article.get_absolute_url() for article in articles[1:]} | {
            category.get_absolute_url() for category in Category.objects.all()
        }
        assert set(paths(xml("/sitemap.xml"))) == wanted

    def test_an_empty_site_has_one(self, xml):
        assert len(paths(xml("/sitemap.xml"))) == Category.objects.count()

    def test_a_large_site_gets_an_index_of_files_without_gaps_or_repeats(self, publish_many, xml, monkeypatch):
        monkeypatch.setattr(sitemaps, "RANGE", 10)
        articles = publish_many(35)
        files = [node.text for node in xml("/sitemap.xml").iter(f"{SITEMAP}loc")]
        found = [path for file in files for path in paths(xml(file.removeprefix("http://testserver")))]
        assert len(files) > 3
        assert sorted(path for path in found if path.startswith("/articles/")) == sorted(article.get_absolute_url() for article in articles)

    def test_an_id_far_beyond_the_others_makes_no_empty_files(self, publish, xml, monkeypatch):
        monkeypatch.setattr(sitemaps, "RANGE", 10)
        publish()
        far = Article.objects.latest("pk").pk + 10_000_000
        content = Article.objects.get().live_revision.content
        restored = workflow.Restored(far, timezone.now(), NEVER, None, "", None, None, None, "测试")
        workflow.restore(content, restored, by=None)
        files = [node.text for node in xml("/sitemap.xml").iter(f"{SITEMAP}loc")]
        assert len(files) == 3
        assert f"/articles/{far}/" in paths(xml("/sitemap-articles.xml?p=2"))

    def test_dates_of_change(self, publish, xml):
        publish()
        assert next(xml("/sitemap.xml").iter(f"{SITEMAP}lastmod")).text == timezone.localdate().isoformat()

    @pytest.mark.parametrize("page", ["0", "-1", "999", "x", "", "1.5", "9" * 5000, "１"])
    @pytest.mark.parametrize("path", ["/sitemap.xml", "/sitemap-articles.xml"])
    def test_a_part_that_is_none_404(self, client, path, page):
        assert client.get(path, {"p": page}).status_code in ((404, 200) if page == "１" else (404,))

    def test_a_section_that_is_none_404(self, client):
        assert client.get("/sitemap-x.xml").status_code == 404


def test_robots_txt_names_the_sitemap_and_keeps_crawlers_out_of_search_and_admin(client):
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert "Sitemap: http://testserver/sitemap.xml" in lines
    assert {"Disallow: /admin/", "Disallow: /search/"} <= set(lines)


def test_absolute_addresses_are_those_of_the_settings(client, settings, publish, visit):
    settings.SITE_URL = "https://wenkang.example"
    article = publish()
    page = visit(article.get_absolute_url())
    canonical = next(link.attrs["href"] for link in page.all("link") if link.attrs.get("rel") == "canonical")
    assert canonical == f"https://wenkang.example{article.get_absolute_url()}"
    assert "https://wenkang.example/sitemap.xml" in client.get("/robots.txt").content.decode()
