"""The cast and the tools of all tests: three people with their roles, and articles made the way editors make them."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from articles import workflow
from articles.content import KINDS, ArticleContent
from articles.management.commands.prepare_site import load_reference_data
from articles.models import (
    Article,
    BulkAction,
    Category,
    DuplicatePair,
    Event,
    Promotion,
    Qualification,
    Region,
    SavedFilter,
    SynonymGroup,
    Tag,
)
from articles.stats import log
from tests.html_page import HtmlPage


def pytest_collection_modifyitems(items):
    """Whoever may use the database may use that of the search log too, as in the installation; the others need no second database."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker or {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.django_db(**{**(marker.kwargs if marker else {}), "databases": "__all__"}), append=False)
        else:
            item.add_marker(pytest.mark.once)


@pytest.fixture(autouse=True)
def empty_search_log(monkeypatch):
    """No test writes down what another has searched."""
    monkeypatch.setattr(log, "_waiting", {})


@pytest.fixture(autouse=True)
def own_data_directory(settings, tmp_path):
    """Every test has its own index and locks; none touches the installation's."""
    settings.DATA_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory):
    """A browser asks while another request writes: SQLite in memory refuses that (“table is locked”), in a file it does not."""
    for connection in connections.all():
        if os.environ.get("CHROMIUM") and connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / f"{connection.alias}.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Regions, categories and roles, as every installation has them."""
    with django_db_blocker.unblock():
        load_reference_data()


def _person(username, role, **names):
    person = User.objects.create_user(username, is_staff=True, **names)
    person.groups.add(Group.objects.get(name=role))
    return person


@pytest.fixture
def writer(db):
    return _person("zuozhe", "作者")


@pytest.fixture
def reviewer(db):
    """Qualified to sign every kind of content."""
    person = _person("shenhe", "医学审核", last_name="沈", first_name="合")
    Qualification.objects.create(user=person, title="主治医师", institution="示例医院", kinds=list(KINDS))
    return person


@pytest.fixture
def editor(db):
    return _person("zhubian", "主编")


@pytest.fixture
def manager(db):
    return _person("guanli", "管理员")


@pytest.fixture
def boss(db):
    return User.objects.create_superuser("boss")


@pytest.fixture
def category(db):
    return Category.objects.get(slug="personal-account")


@pytest.fixture
def content(category):
    """content("问题？", body=…): an ArticleContent with a category."""

    def make(title="医保卡里没花完的钱，到年底还在吗？", body="<p>还在。余额会转到下一年接着用。</p>", **fields):
        return ArticleContent(title, body=body, **{"category": category.pk, **fields})

    return make


@pytest.fixture
def form_data(category):
    """What the article form sends."""

    def make(**changes):
        return {
            "title": "停保三个月以后怎么恢复？",
            "short_answer": "补缴或重新参保后恢复，等待期以参保地为准。",
            "body": "<p>先看停了多久。</p>",
            "category": category.pk,
            "kind": "policy",
            "provenance": "human",
            "regions": [],
            "tags": [],
            **changes,
        }

    return make


@pytest.fixture
def approved(writer, reviewer, content):
    """A revision that only waits for being published: written, submitted, approved by a second person."""

    def make(*args, article=None, **fields):
        revision = workflow.save_draft(content(*args, **fields), by=writer, article=article)
        # Tests publish the same question again and again; tests/test_duplicates.py is about what is said to that.
        workflow.submit(revision, by=writer, not_duplicate_because="测试", public_note="更正了说法。")
        workflow.approve(revision, by=reviewer)
        return revision

    return make


@pytest.fixture
def publish(approved, editor, django_capture_on_commit_callbacks):
    """Publish an article the way editors do; search and related follow at once."""

    def make(*args, **fields):
        with django_capture_on_commit_callbacks(execute=True):
            return workflow.publish(approved(*args, **fields), by=editor)

    return make


# state: the verbs that bring a new article there, in order
ROADS = {
    "draft": "",
    "in_review": "submit",
    "rejected": "submit reject",
    "approved": "submit approve",
    "scheduled": "submit approve schedule",
    "published": "submit approve publish",
    "forced": "force_publish",
    "superseded": "submit approve publish unpublish",
    "merged": "submit approve publish merge",
    "expired": "submit approve publish expire",
}


@pytest.fixture
def article_in(writer, reviewer, editor, content):
    """article_in("superseded", …): an article that has come to this state of ROADS the way editors bring one there."""

    def other():
        return make("published", "并到这里来的问题？")

    def expire(article):
        past = timezone.now() - timedelta(hours=1)
        Article.objects.filter(pk=article.pk).update(go_live_at=past - timedelta(days=1), expire_at=past)

    steps = {
        "submit": lambda revision: workflow.submit(revision, by=writer, not_duplicate_because="测试", public_note="更正了说法。"),
        "reject": lambda revision: workflow.reject(revision, by=reviewer, reason="缺来源"),
        "approve": lambda revision: workflow.approve(revision, by=reviewer),
        "schedule": lambda revision: workflow.schedule(revision, by=editor, at=timezone.now() + timedelta(days=1)),
        "publish": lambda revision: workflow.publish(revision, by=editor),
        "force_publish": lambda revision: workflow.force_publish(revision, by=editor, reason="紧急更正"),
        "unpublish": lambda revision: workflow.unpublish(revision.article, by=editor, reason="测试"),
        "merge": lambda revision: workflow.merge(revision.article, into=other(), by=editor),
        "expire": lambda revision: expire(revision.article),
    }

    def make(state, *args, **fields):
        revision = workflow.save_draft(content(*args, **fields), by=writer)
        for verb in ROADS[state].split():
            steps[verb](revision)
        return Article.objects.select_related("latest_revision").get(pk=revision.article_id)

    return make


@pytest.fixture
def article_rows(article_in):
    """Articles in every state."""
    return [article_in(state, f"走到这一步的第{number}个问题？") for number, state in enumerate(ROADS)]


@pytest.fixture
def admin_rows(writer, article_rows):
    """What the addresses of tests/admin_addresses.py point at, by the model in their path."""
    a, b = article_rows[:2]
    return {
        "articles/article": article_rows,
        "articles/duplicatepair": [DuplicatePair.objects.create(a=a, b=b, similarity=0.9)],
        "articles/event": [Event.objects.first()],
        "articles/synonymgroup": [SynonymGroup.objects.create(words="医保卡、社保卡")],
        "articles/promotion": [Promotion.objects.create(query="补卡", article=a)],
        "articles/category": [Category.objects.create(slug="empty", name="空栏目")],
        "articles/region": [Region.objects.first()],
        "articles/tag": [Tag.objects.create(name="补卡")],
        "auth/user": [writer],
        "auth/group": [Group.objects.create(name="旧角色")],
        "articles/bulkaction": [
            BulkAction.objects.create(operation="add_tag", parameters={"tag": Tag.objects.create(name="异地").pk}, by=writer)
        ],
        # Addresses that point at something else than their beginning says.
        "articles_event_person": [writer],
        "articles_article_filter": [SavedFilter.objects.create(user=writer, name="待审", query="state=in_review")],
    }


@pytest.fixture
def run(capsys):
    """run("import_articles", path): call a management command and return what it printed."""

    def call(*args, **options):
        call_command(*map(str, args), **options)
        return capsys.readouterr().out

    return call


@pytest.fixture
def publish_many(content):
    """publish_many(60): so many articles at once, a minute apart, the newest first; the index has yet to follow."""

    def make(count, title="医保第{}问怎么办？", **fields):
        now = timezone.now()
        contents = [content(title.format(i), **fields) for i in range(count)]
        workflow.publish_in_bulk(contents, reason="测试", at=[now - timedelta(minutes=i + 1) for i in range(count)])
        return list(Article.objects.newest()[:count])

    return make


@pytest.fixture
def time_passes(monkeypatch):
    """time_passes(hours=2): from now on it is so much later than it was."""

    def move(**amount):
        moment = timezone.now() + timedelta(**amount)
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return move


class Installation:
    """A site on a SQLite file of its own, whatever the other tests run on: its processes may be killed in the middle."""

    ROOT = Path(__file__).resolve().parent.parent

    def __init__(self, directory):
        self.directory, self.environ = directory, {"DATA_DIR": str(directory), "PATH": os.environ["PATH"]}

    def start(self, *arguments):
        """manage.py as a process that goes on by itself."""
        command = [sys.executable, "manage.py", *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
        return subprocess.Popen(command, cwd=self.ROOT, env=self.environ, **pipes)

    def start_code(self, code):
        """The same for Python code that prints “ready” first."""
        process = self.start("shell", "--no-imports", "-c", code)
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        return process

    def manage(self, *arguments):
        """What manage.py prints."""
        process = self.start(*arguments)
        printed, errors = process.communicate()
        assert process.returncode == 0, errors
        return printed

    def run_code(self, code):
        return self.manage("shell", "--no-imports", "-c", code)


@pytest.fixture
def installation(tmp_path):
    """Prepared, without samples."""
    made = Installation(tmp_path / "site")
    made.manage("prepare_site", "--no-samples", "--no-static")
    return made


@pytest.fixture
def visit(client, db):
    """visit("/") -> the page as HtmlPage; fails unless the status is 200."""

    def get(path, status=200, **query):
        response = client.get(path, query or None)
        assert response.status_code == status, path
        page = HtmlPage(response.content.decode())
        page.response = response
        return page

    return get
