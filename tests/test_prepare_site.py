"""What script/server does before it serves: once everything, then nothing."""

import json
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

from articles import search
from articles.content import KINDS
from articles.management.commands import prepare_site
from articles.models import Article, Category, Event, Installation, RelatedArticle, Revision

SAMPLES = sorted((Path(settings.FIXTURE_DIRS[0]) / "articles").glob("*.jsonl"))
LINES = [json.loads(line) for path in SAMPLES for line in path.read_text().splitlines()]


@pytest.fixture
def prepared(db, run):
    return run("prepare_site", "--no-static")


def test_an_empty_site_gets_the_samples_published_found_and_related(prepared):
    assert Article.objects.published().count() == len(LINES) >= 60
    assert "清零" in search.search("个人账户 清零").results[0].article.title
    assert RelatedArticle.objects.values("article").distinct().count() == len(LINES)


def test_a_second_run_changes_nothing(prepared, run):
    before = Event.objects.count(), Revision.objects.count()
    run("prepare_site", "--no-static")
    assert (Event.objects.count(), Revision.objects.count()) == before


def test_a_site_with_articles_gets_no_samples(publish, run):
    publish()
    run("prepare_site", "--no-static")
    assert Article.objects.count() == 1


def test_what_people_changed_stays(prepared, run):
    Category.objects.filter(slug="gaps").update(name="断保")
    Group.objects.get(name="作者").permissions.add(Permission.objects.get(codename="review_article"))
    run("prepare_site", "--no-static")
    assert Category.objects.get(slug="gaps").name == "断保"
    assert Group.objects.get(name="作者").permissions.filter(codename="review_article").exists()


AUTHOR, REVIEWER = "作者", "医学审核"


def permissions(role):
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


@pytest.fixture
def ship(tmp_path, monkeypatch):
    """ship({"作者": ["articles.view_article"]}): the next version comes with these roles, and the site starts with it."""
    monkeypatch.setattr(prepare_site, "FIXTURES", tmp_path)

    def make(roles):
        shipped = [{"name": name, "permissions": permissions} for name, permissions in roles.items()]
        (tmp_path / "groups.json").write_text(json.dumps(shipped))
        prepare_site.load_roles()

    return make


def test_a_role_gets_what_is_shipped_anew_and_not_what_was_taken_away(ship, db):
    ship({AUTHOR: ["articles.view_article", "articles.add_article"]})
    before = permissions(AUTHOR)
    Group.objects.get(name=AUTHOR).permissions.remove(Permission.objects.get(codename="add_article"))
    Group.objects.get(name=AUTHOR).permissions.add(Permission.objects.get(codename="delete_region"))
    ship({AUTHOR: ["articles.view_article", "articles.add_article", "articles.delete_category"]})
    assert permissions(AUTHOR) == before - {"add_article"} | {"delete_region", "delete_category"}


def test_what_is_no_longer_shipped_is_not_taken_from_anybody(ship, db):
    before = permissions(AUTHOR)
    ship({AUTHOR: ["articles.view_article"]})
    assert permissions(AUTHOR) == before


def test_a_role_that_was_deleted_or_renamed_does_not_come_back(ship, db):
    Group.objects.get(name=AUTHOR).delete()
    Group.objects.filter(name=REVIEWER).update(name="内科审核")
    ship({AUTHOR: ["articles.delete_category"], REVIEWER: ["articles.delete_category"]})
    assert not Group.objects.filter(name__in=[AUTHOR, REVIEWER]).exists()
    assert "delete_category" not in permissions("内科审核")


def test_a_role_that_is_new_is_made(ship, db):
    ship({"校对": ["articles.view_article"]})
    assert permissions("校对") == {"view_article"}


def test_a_site_from_before_roles_were_kept_track_of_gets_what_did_not_exist_then(ship, db):
    Installation.identity()
    Permission.objects.filter(codename="view_qualification").delete()  # comes with the upgrade, after its migrations
    Group.objects.get(name=AUTHOR).permissions.remove(Permission.objects.get(codename="add_article"))
    remember_what_roles_had = import_module("articles.migrations.0009_roles").remember_what_roles_had
    remember_what_roles_had(apps, None)
    create_permissions(apps.get_app_config("articles"), verbosity=0)
    ship({AUTHOR: ["articles.add_article", "articles.view_qualification"]})
    assert "add_article" not in permissions(AUTHOR)
    assert "view_qualification" in permissions(AUTHOR)


def test_static_files_are_collected_only_when_they_changed(tmp_path, settings, monkeypatch):
    calls = []
    monkeypatch.setattr(prepare_site, "call_command", lambda *args, **options: calls.append(args))
    prepare_site.collect_static()
    prepare_site.collect_static()
    assert calls == [("collectstatic",)]


def test_after_a_restore_the_database_gets_a_new_identity(prepared, run):
    before = Installation.identity()
    run("renew_identity")
    assert Installation.identity() != before
    search.sync()
    assert search.search("个人账户").total > 0


# The samples themselves


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["source_id"])
def test_every_sample_names_a_source_with_title_and_number(line):
    assert line["sources"]
    assert all(source["title"] for source in line["sources"])
    assert any(source["number"] for source in line["sources"])
    assert line["subject"]


def test_the_samples_show_what_the_software_can_do():
    kinds = {line["kind"] for line in LINES}
    assert kinds == set(KINDS)
    assert len({line["category"] for line in LINES}) == 10
    bodies = " ".join(line["body"] for line in LINES)
    assert "<table>" in bodies
    assert "<li>" in bodies
    assert any(len(line["phrasings"]) > 2 for line in LINES)
    assert any(line["regions"] for line in LINES)
    assert any(line["valid_until"] and line["valid_until"] < "2026-01-01" for line in LINES)
    lengths = [len(line["body"]) for line in LINES]
    assert min(lengths) < 400 < 1500 < max(lengths)


def test_no_sample_claims_a_review(prepared):
    assert not Article.objects.exclude(reviewed_by="").exists()
