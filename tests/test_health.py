"""/healthz: the process answers. /readyz: the site can do its work, and if not, what is missing."""

import shutil
from collections import namedtuple

import pytest
from django.db import OperationalError, connection

from articles import search, views
from articles.search.follower import public


def checks(response):
    return {name for name, passed in response.json()["checks"].items() if not passed}


class TestHealthz:
    def test_it_answers_without_database_or_index(self, client):
        response = client.get("/healthz")  # no database is allowed in this test
        assert (response.status_code, response.json()) == (200, {"status": "ok"})

    def test_it_is_only_read(self, client):
        assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
class TestReadyz:
    def test_all_is_well(self, client):
        search.sync()
        response = client.get("/readyz")
        assert (response.status_code, response.json()["status"], checks(response)) == (200, "ok", set())
        assert set(response.json()["checks"]) == {"database", "migrations", "index", "disk"}

    def test_before_the_first_index(self, client):
        response = client.get("/readyz")
        assert (response.status_code, checks(response)) == (503, {"index"})

    def test_with_a_lost_index_until_the_next_sync(self, client):
        search.sync()
        shutil.rmtree(public.directory())
        assert checks(client.get("/readyz")) == {"index"}
        search.sync()
        assert client.get("/readyz").status_code == 200

    def test_with_a_full_disk(self, client, monkeypatch):
        search.sync()
        usage = namedtuple("usage", "free")(views.MIN_FREE_BYTES - 1)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
        assert checks(client.get("/readyz")) == {"disk"}

    def test_with_a_migration_to_come(self, client, monkeypatch):
        search.sync()
        monkeypatch.setattr(views.MigrationExecutor, "migration_plan", lambda self, targets: ["0002_something"])
        response = client.get("/readyz")
        assert (response.status_code, checks(response)) == (503, {"migrations"})

    def test_without_a_database(self, client, monkeypatch):
        search.sync()

        def away(*args, **kwargs):
            raise OperationalError("the server closed the connection")

        monkeypatch.setattr(connection, "cursor", away)
        response = client.get("/readyz")
        assert response.status_code == 503
        assert "database" in checks(response)

    def test_it_tells_no_details(self, client, monkeypatch):
        response = client.get("/readyz")
        assert "/" not in response.content.decode()


@pytest.mark.django_db
def test_a_probe_needs_no_tls(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    search.sync()
    assert client.get("/").status_code == 301
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
