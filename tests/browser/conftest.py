"""A real Chromium against a live server. Every page that a test opens is watched for what must never happen."""

import os
import shutil
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import sync_playwright

from articles import workflow
from articles.management.commands.prepare_site import load_reference_data

# Playwright keeps an event loop in this thread, which makes Django suspect async code where there is none.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "a long enough password 9"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}

# A violation is an event that a page could swallow; the console could be cleared. Both are kept.
WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", e => violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`));
"""


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def static_root():
    """The live server looks for it as it starts, before any test's own settings."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def chromium():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert path, "no chromium: script/test installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """One person's browser, and what went wrong in it."""

    def __init__(self, browser, root, **options):
        self.root = root
        self.context = browser.new_context(base_url=root, locale="zh-CN", **options)
        self.context.add_init_script(WATCH)
        self.page = self.context.new_page()
        self.console, self.requests = [], []
        self.expected = ["status of 4"]  # parts of messages that a test brings about on purpose: a 404 that it asks for
        self.page.on("console", lambda message: message.type in ("error", "warning") and self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def goto(self, path):
        return self.page.goto(path)

    @property
    def third_party(self):
        own = urlsplit(self.root).netloc
        return [url for url in self.requests if urlsplit(url).netloc not in ("", own)]

    @property
    def violations(self):
        return self.page.evaluate("window.violations || []")


# Preloading would make axe add styles of its own, which the policy stops.
RULES = {"preload": False, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def problems(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [(violation["id"], [node["html"][:120] for node in violation["nodes"]]) for violation in found]


def tab_to(page, target, limit=80):
    """Press Tab until the element that `target` selects has the focus."""
    for _ in range(limit):
        if page.evaluate("target => !!document.activeElement?.matches(target)", target):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {target}")


def press_on(page, target):
    tab_to(page, target, limit=150)
    page.keyboard.press("Enter")


def type_into(page, target, text):
    tab_to(page, target, limit=150)
    page.keyboard.type(text)


@pytest.fixture
def site(live_server, transactional_db):
    """A live server with regions, categories and roles; emptied after the test."""
    load_reference_data()
    return live_server


@pytest.fixture
def visitor(chromium, site):
    """visitor(viewport=…): a new person. At the end nothing forbidden may have happened in any of their pages."""
    people = []

    def come(**options):
        people.append(Visitor(chromium, site.url, **{"viewport": DESK, **options}))
        return people[-1]

    yield come
    for person in people:
        person.context.close()
        assert [text for text in person.console if not any(part in text for part in person.expected)] == []
        assert person.third_party == []


@pytest.fixture
def passwords(settings, writer, reviewer, editor):
    """Everybody can sign in with PASSWORD, and need not wait for its hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for person in (writer, reviewer, editor):
        person.set_password(PASSWORD)
        person.save()


@pytest.fixture
def desk(visitor, writer, reviewer, editor):
    """desk("zuozhe", viewport=…): that person, signed in without the form, which test_working_day.py fills in."""

    def sign_in(username, **options):
        client = Client()
        client.force_login(User.objects.get(username=username))
        someone = visitor(**options)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        someone.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": someone.root}])
        return someone

    return sign_in


@pytest.fixture
def publish(approved, editor):
    """As in tests/conftest.py, with transactions that commit."""

    def make(*args, **fields):
        return workflow.publish(approved(*args, **fields), by=editor)

    return make
