"""Every public address; tests/test_addresses.py names the audience of each."""

from django.urls import path

from articles import addresses, feeds, sitemaps, views  # noqa: F401  (addresses registers the converters)
from articles.stats import views as stats_views

urlpatterns = [
    path("", views.home, name="home"),
    path("articles/<id:id>/", views.article, name="article"),
    path("categories/<slug:slug>/", views.category, name="category"),
    path("categories/<slug:slug>/feed/", feeds.CategoryFeed(), name="category-feed"),
    path("tags/<uslug:slug>/", views.tag, name="tag"),
    path("tags/<uslug:slug>/feed/", feeds.TagFeed(), name="tag-feed"),
    path("regions/<slug:code>/", views.region, name="region"),
    path("archive/<int:year>/<int:month>/", views.archive, name="archive"),
    path("search/", views.search_page, name="search"),
    path("search/suggest/", views.suggest, name="suggest"),
    path("search/click/", stats_views.click, name="search-click"),
    path("preview/<str:token>/", views.preview, name="preview"),
    path("feed/", feeds.NewestFeed(), name="feed"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-<section>.xml", sitemaps.section, name="sitemap-section"),
    path("robots.txt", views.robots, name="robots"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
