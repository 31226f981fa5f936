"""What a page costs the database, without any cache: few queries, the same few at any size, none that walks the table."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import related, search
from articles.models import Article, Tag

pytestmark = pytest.mark.django_db

# page: (its address, at most so many queries)
LIMITS = {
    "home": ("/", 4),
    "article": ("/articles/{article}/", 4),
    "category": ("/categories/personal-account/", 4),
    "category, further down": ("/categories/personal-account/{older}", 4),
    "category, and up again": ("/categories/personal-account/{newer}", 4),
    "tag": ("/tags/{tag}/", 4),
    "tag, further down": ("/tags/{tag}/{older}", 4),
    "region": ("/regions/330900/", 4),
    "archive": ("/archive/{month}/", 4),
    "search": ("/search/?q=医保怎么办", 6),  # synonyms, promotions, articles, and the names of three filters
    "search, page 2": ("/search/?q=医保怎么办&page=2", 6),
    "search by date": ("/search/?q=医保怎么办&sort=date", 5),
    "search in pinyin": ("/search/?q=yibao", 6),
    "search with every filter": ("/search/?q=医保&category=personal-account&region=330900&tag={tag}&year={year}&valid=1", 8),
    "search without a result": ("/search/?q=zzzz", 7),
    "search without a result, filtered": ("/search/?q=zzzz&region=330900&category=personal-account", 9),
    "search without a question": ("/search/", 1),
    "search with a mistake": ("/search/?q=医保&category=none", 2),
    "suggest": ("/search/suggest/?q=医保", 2),
    "suggest from pinyin": ("/search/suggest/?q=yib", 2),
    "suggest nothing": ("/search/suggest/?q=", 0),
    "feed": ("/feed/", 4),
    "category feed": ("/categories/personal-account/feed/", 4),
    "tag feed": ("/tags/{tag}/feed/", 4),
    "sitemap": ("/sitemap.xml", 6),
    "robots": ("/robots.txt", 0),
    "healthz": ("/healthz", 0),
    "not found": ("/articles/999999/", 4),
    "no such page": ("/nothing/", 0),
}


@pytest.fixture
def sql(client, visit):
    """sql("/") -> the statements that the page needed."""

    def run(path):
        with CaptureQueriesContext(connection) as captured:
            response = client.get(path)
        assert response.status_code < 500
        statements = [query["sql"] for query in captured.captured_queries]
        # There are savepoints only because a test is one transaction.
        return [statement for statement in statements if not statement.startswith(("SAVEPOINT", "RELEASE SAVEPOINT"))]

    return run


@pytest.fixture
def grown(publish_many):
    """grown(60): a site of that many articles, and what stands in the braces of LIMITS."""

    def make(count):
        tag = Tag.objects.named(["断缴"])[0]
        while (missing := count - Article.objects.count()) > 0:
            publish_many(min(missing, 500), tags=(tag.pk,), regions=("330900",))
        search.sync()
        article = Article.objects.newest()[0]
        related.refresh(article.pk, {})
        middle = Article.objects.newest()[count // 2]
        position = int(middle.go_live_at.timestamp() * 1_000_000)
        return {
            "article": article.pk,
            "tag": tag.slug,
            "year": timezone.localtime(article.go_live_at).year,
            "month": f"{timezone.localtime(article.go_live_at):%Y/%m}".replace("/0", "/"),
            "older": f"?before={position}-{middle.pk}",
            "newer": f"?after={position}-{middle.pk}",
        }

    return make


def test_every_page_stays_within_its_limit_at_any_size(grown, sql):
    counts = {}
    for size in (60, 2000):
        values = grown(size)
        client_first = sql("/")  # the first request of a process may load what stays
        assert client_first
        for name, (path, limit) in LIMITS.items():
            statements = sql(path.format(**values))
            assert len(statements) <= limit, (name, statements)
            counts.setdefault(name, set()).add(len(statements))
    assert {name for name, numbers in counts.items() if len(numbers) > 1} == set()


def test_no_page_counts_or_skips_over_rows(grown, sql):
    values = grown(60)
    for name, (path, _) in LIMITS.items():
        for statement in sql(path.format(**values)):
            assert "COUNT(" not in statement.upper(), (name, statement)
            assert "OFFSET" not in statement.upper(), (name, statement)
            assert "LIKE" not in statement.upper(), (name, statement)


def test_no_list_reads_the_body_of_an_article(grown, sql):
    values = grown(60)
    for name, (path, _) in LIMITS.items():
        if name == "article" or name.startswith("search") or name == "not found":
            continue
        for statement in sql(path.format(**values)):
            assert "body_html" not in statement, (name, statement)
            assert "plain_text" not in statement, (name, statement)


def test_lists_are_bounded_in_rows_too(grown, sql):
    """Every list query says how many rows it wants, or names the rows by id."""
    values = grown(60)
    for name in ("home", "category", "category, further down", "tag", "region", "archive", "search", "feed"):
        for statement in sql(LIMITS[name][0].format(**values)):
            if 'FROM "articles_article"' in statement or 'FROM "articles_taggedarticle"' in statement:
                assert "LIMIT" in statement or " IN (" in statement, (name, statement)


@pytest.mark.parametrize("name", ["category", "category, further down", "tag", "region", "home"])
def test_a_list_page_is_one_short_scan_of_an_index(grown, sql, name):
    values = grown(60)
    first = next(statement for statement in sql(LIMITS[name][0].format(**values)) if "LIMIT 21" in statement)
    plan = explain(first)
    assert "index" in plan.lower()
    assert "TEMP B-TREE" not in plan, plan  # SQLite's word for sorting
    assert "Sort" not in plan, plan  # and PostgreSQL's


def explain(statement):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # So small a table is sorted sooner than looked up; the question is whether an index could do it.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN' if connection.vendor == 'sqlite' else ''} " + statement.replace("%", "%%"))
        return " ".join(str(row[-1]) for row in cursor.fetchall())
