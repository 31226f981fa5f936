"""Atom feeds: the newest answers of the site, of a category, of a tag."""

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, linebreaks

from articles.addresses import as_public
from articles.models import Article, Category, Tag
from articles.pages import list_page


def _newest(source, article_key="pk"):
    entries = Article.objects.published().only("title", "excerpt", "kind", "go_live_at", "updated_at")
    return list_page(source, article_key, cards=entries).articles


class NewestFeed(Feed):
    feed_type = Atom1Feed
    language = "zh-cn"
    link = "/"

    def get_feed(self, obj, request):
        return super().get_feed(obj, as_public(request))

    def title(self, subject):
        return settings.SITE_NAME + (f"：{subject.name}" if subject else "")

    def subtitle(self, subject):
        return "健康与医保问答"

    def items(self, subject):
        return _newest(Article.objects.all())

    def item_title(self, article):
        return article.title

    def item_description(self, article):
        return format_html("{}<p>{}</p>", linebreaks(article.excerpt, autoescape=True), article.disclaimer)

    def item_pubdate(self, article):
        return article.go_live_at

    def item_updateddate(self, article):
        return article.updated_at or article.go_live_at


class CategoryFeed(NewestFeed):
    def get_object(self, request, slug):
        return get_object_or_404(Category, slug=slug)

    def link(self, category):
        return category.get_absolute_url()

    def items(self, category):
        return _newest(Article.objects.in_category(category))


class TagFeed(NewestFeed):
    def __call__(self, request, *args, slug, **kwargs):
        found = get_object_or_404(Tag.objects.on_pages(), slug=slug)
        if found.merged_into:
            return HttpResponsePermanentRedirect(reverse("tag-feed", args=[found.merged_into.slug]))
        return super().__call__(request, *args, tag=found, **kwargs)

    def get_object(self, request, tag):
        return tag

    def link(self, tag):
        return tag.get_absolute_url()

    def items(self, tag):
        return _newest(tag.article_links, "content_object_id")
