"""The editors' manual shows and names what the product has."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.contrib import admin, auth

ROOT = Path(__file__).resolve().parent.parent
MANUAL = ROOT / "docs" / "编辑手册.md"
IMAGES = ROOT / "docs" / "images"
SCREENS = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("articles/**/*.py"), *ROOT.glob("static/*.js")]
DJANGO = [Path(app.__file__).parent / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po" for app in (admin, auth)]


@pytest.fixture(scope="module")
def manual():
    return MANUAL.read_text()


def test_every_picture_in_the_manual_is_there_and_every_one_there_is_in_it(manual):
    shown = {unquote(path) for path in re.findall(r"!\[[^\]]+\]\(images/([^)]+)\)", manual)}
    assert shown == {path.name for path in IMAGES.iterdir()}
    assert 0 < len(shown) <= 25


def test_the_script_takes_just_these_pictures():
    script = (ROOT / "tests" / "browser" / "screenshots.py").read_text()
    assert {f"{name}.png" for name in re.findall(r'Picture\("([^"]+)"', script)} == {path.name for path in IMAGES.iterdir()}


def test_the_pictures_are_small():
    assert {path.name for path in IMAGES.iterdir() if path.stat().st_size > 120 * 1024} == set()


def test_what_the_manual_quotes_stands_on_a_screen(manual):
    screens = "".join(path.read_text() for path in [*SCREENS, *DJANGO])
    quoted = set(re.findall(r"「([^」]+)」", manual))
    assert len(quoted) > 60
    assert {label for label in quoted if label not in screens} == set()


def test_every_link_within_the_manual_leads_to_a_heading(manual):
    headings = set(re.findall(r"^#+ (.+)$", manual, re.MULTILINE))
    assert set(re.findall(r"\]\(#([^)]+)\)", manual)) <= headings
