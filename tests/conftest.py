"""The cast and the tools of all tests: three people with their roles, and articles made the way editors make them."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command

from articles import workflow
from articles.content import ArticleContent
from articles.management.commands.prepare_site import load_reference_data
from articles.models import Category


@pytest.fixture(autouse=True)
def own_data_directory(settings, tmp_path):
    """Every test has its own index and locks; none touches the installation's."""
    settings.DATA_DIR = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Regions, categories and roles, as every installation has them."""
    with django_db_blocker.unblock():
        load_reference_data()


def _person(username, role):
    person = User.objects.create_user(username, is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    return person


@pytest.fixture
def writer(db):
    return _person("zuozhe", "作者")


@pytest.fixture
def reviewer(db):
    return _person("shenhe", "医学审核")


@pytest.fixture
def editor(db):
    return _person("zhubian", "主编")


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
def approved(writer, reviewer, content):
    """A revision that only waits for being published: written, submitted, approved by a second person."""

    def make(*args, article=None, **fields):
        revision = workflow.save_draft(content(*args, **fields), by=writer, article=article)
        workflow.submit(revision, by=writer)
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


@pytest.fixture
def run(capsys):
    """run("import_articles", path): call a management command and return what it printed."""

    def call(*args, **options):
        call_command(*map(str, args), **options)
        return capsys.readouterr().out

    return call
