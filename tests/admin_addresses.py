"""Every address of the admin, from the URL configuration, filled with rows that exist."""

import re
from urllib.parse import urlencode

from django.contrib.contenttypes.models import ContentType

from articles.models import Article
from tests.test_addresses import PUBLIC, patterns


def declared_name(name, path):
    if name == "admin:None":
        return "forward" if path.endswith("<path:object_id>/") else "anything else"
    return name.removeprefix("admin:")


ADDRESSES = [(declared_name(name, path), path) for name, path in patterns() if name.startswith("admin:") and name not in PUBLIC]

LOOKUP = {"app_label": "articles", "model_name": "promotion", "field_name": "article"}
VERB = {"articles_bulkaction_verb": "stop"}
QUERIES = {
    "autocomplete": LOOKUP,
    "articles_promotion_articles": LOOKUP,
    "articles_article_merge_pair": {"a": None},
    "articles_article_duplicates": {"title": "医保卡丢了怎么补？"},
}


def fill(name, path, row):
    """The address that points at `row`."""
    values = {"object_id": row.pk, "id": row.pk, "app_label": "articles", "url": "anything", "verb": VERB.get(name, "submit")}
    values |= {"content_type_id": ContentType.objects.get_for_model(row).pk}
    values |= {"revision": row.latest_revision_id} if isinstance(row, Article) else {}
    path = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", path).replace("^", "").removesuffix("$")
    query = {"a": row.pk} if "a" in QUERIES.get(name, {}) else QUERIES.get(name, {})
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), path) + (f"?{urlencode(query)}" if query else "")


def requests(rows):
    """(name, address) for every address and everything that it may point at."""
    for name, path in ADDRESSES:
        model = "/".join(path.split("/")[1:3])
        pointed_at = rows.get(name, rows.get(model)) if "<" in path else None
        pointed_at = pointed_at or rows["articles/article"][:1]
        yield from ((name, fill(name, path, row)) for row in pointed_at)
