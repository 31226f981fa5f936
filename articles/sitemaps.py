"""The sitemap, cut by ranges of article ids, so that no page of it counts or skips rows."""

from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as sitemap_views
from django.core.paginator import EmptyPage, PageNotAnInteger

from articles.addresses import as_public
from articles.models import Article, Category

RANGE = 20_000  # ids a file; a sitemap file may hold 50,000 addresses


class _Range:
    def __init__(self, object_list):
        self.object_list = object_list


class _IdRanges:
    """What Sitemap asks of a paginator, without a count: a page is a range of ids that holds articles."""

    def __init__(self, articles):
        self.articles = articles
        self.starts = list(self._starts()) or [0]
        self.num_pages = len(self.starts)

    def _starts(self):
        # One look at the index of ids for each range; an id far beyond the others makes no empty ones.
        start = 0
        while (first := self.articles.filter(pk__gte=start).values_list("pk", flat=True).first()) is not None:
            start = first // RANGE * RANGE
            yield start
            start += RANGE

    def page(self, number):
        try:
            number = int(number)
        except ValueError as error:
            raise PageNotAnInteger from error
        if not 1 <= number <= self.num_pages:
            raise EmptyPage
        start = self.starts[number - 1]
        return _Range(self.articles.filter(pk__gte=start, pk__lt=start + RANGE))


class ArticleSitemap(Sitemap):
    def items(self):
        return Article.objects.published().order_by("pk").only("updated_at")

    @property
    def paginator(self):
        return _IdRanges(self.items())

    def get_latest_lastmod(self):
        return None  # would read the whole table for the index

    def lastmod(self, article):
        return article.updated_at


class CategorySitemap(Sitemap):
    def items(self):
        return list(Category.objects.all())


SITEMAPS = {"articles": ArticleSitemap, "categories": CategorySitemap}


def sitemap(request):
    """All addresses where they fit one file, otherwise the index of the files."""
    if ArticleSitemap().paginator.num_pages == 1:
        return section(request)
    return sitemap_views.index(as_public(request), SITEMAPS, sitemap_url_name="sitemap-section")


def section(request, section=None):
    """One file of the index; the page of it is in ?p=."""
    return sitemap_views.sitemap(as_public(request), SITEMAPS, section)
