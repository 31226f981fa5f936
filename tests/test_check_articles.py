"""check_articles: looks at every live article, can be stopped and goes on where it was."""

import pytest
from django.core.management import CommandError

from articles import checklist
from articles.checklist import open_warnings
from articles.models import OpenWarning
from articles.search.follower import exclusive

pytestmark = pytest.mark.django_db


def test_it_checks_every_live_article_and_says_what_it_found(run, publish_many):
    publish_many(60)
    said = run("check_articles")
    assert "检查了 60 篇" in said
    assert "60  没有标签" in said
    assert OpenWarning.objects.filter(code="tags").count() == 60


def test_a_run_that_was_stopped_goes_on_where_it_was(run, publish_many):
    ids = sorted(article.pk for article in publish_many(120))

    def stopping(round):
        for done in round:
            if done == ids[70]:
                raise KeyboardInterrupt
            yield done

    with pytest.raises(KeyboardInterrupt):
        checklist.check_all(stopping)
    assert checklist.remaining() == 20
    assert "检查了 20 篇" in run("check_articles")
    assert "检查了 120 篇" in run("check_articles")


def test_restart_begins_anew(run, publish_many):
    publish_many(60)
    next(open_warnings._round())
    assert checklist.remaining() == 10
    assert checklist.remaining(restart=True) == 60
    assert "检查了 60 篇" in run("check_articles", restart=True)


def test_two_at_once_do_not_do_the_work_twice(run, publish):
    publish()
    with exclusive(open_warnings.ROUND), pytest.raises(CommandError, match="另一个进程"):
        run("check_articles")


def test_what_is_mended_or_gone_leaves_the_list(run, publish_many):
    article = publish_many(1)[0]
    OpenWarning.objects.create(article=article, code="dead_link", level="warns", message="旧的")
    run("check_articles")
    assert not OpenWarning.objects.filter(code="dead_link").exists()
