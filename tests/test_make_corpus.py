import pytest
from django.core.management import CommandError

from articles import search
from articles.models import Article


def test_a_corpus_is_published_found_and_the_same_for_the_same_seed(db, run):
    assert "现有 12 篇" in run("make_corpus", 12)
    first = list(Article.objects.order_by("pk").values_list("title", flat=True))
    run("make_corpus", 12)
    assert list(Article.objects.order_by("pk").values_list("title", flat=True)[12:]) == first
    assert Article.objects.published().count() == 24
    assert search.engine().count() == 24
    lengths = [len(text) for text in Article.objects.values_list("plain_text", flat=True)]
    assert 500 < sum(lengths) / len(lengths) < 800


@pytest.mark.parametrize("count", [0, -1, 10**9])
def test_an_absurd_number_is_refused(db, run, count):
    with pytest.raises(CommandError, match="N 应在"):
        run("make_corpus", str(count))
