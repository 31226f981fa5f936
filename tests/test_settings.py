"""The environment decides, the documentation knows, and the secret key stays private."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from config.secret import secret_key
from django.core import checks

ROOT = Path(__file__).resolve().parent.parent


def manage(*arguments, tmp_path, **environment):
    command = [sys.executable, ROOT / "manage.py", *arguments]
    clean = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **environment}
    return subprocess.run(command, env=clean, capture_output=True, text=True, check=False)


def test_every_setting_is_documented_and_every_documented_one_exists():
    code = (ROOT / "site/config/settings.py").read_text()
    used = set(re.findall(r'env\.\w+\("([A-Z_]+)"', code))
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    assert used == documented


def test_a_secret_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    key = secret_key(folder / "secret_key")
    assert len(key) > 60
    assert secret_key(folder / "secret_key") == key
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert [file.name for file in folder.iterdir()] == ["secret_key"]


def test_manage_py_needs_nothing_but_a_data_directory(tmp_path):
    code = "from django.conf import settings as s; import json; print(json.dumps([s.SECRET_KEY, s.DEBUG, s.DATABASES['default']['NAME']]))"
    first, second = (manage("shell", "--no-imports", "-c", code, tmp_path=tmp_path) for _ in range(2))
    assert first.stdout == second.stdout, first.stderr
    key, debug, name = json.loads(first.stdout)
    assert (key, debug, name) == ((tmp_path / "secret_key").read_text(), False, f"{tmp_path}/wenkang.sqlite3")


@pytest.mark.parametrize(
    "environment", [{}, {"SITE_URL": "https://www.example.org", "ALLOWED_HOSTS": "www.example.org"}], ids=["loopback", "public"]
)
def test_the_deployment_check_finds_nothing(tmp_path, environment):
    result = manage("check", "--deploy", "--fail-level", "WARNING", tmp_path=tmp_path, **environment)
    assert result.returncode == 0, result.stderr


def test_a_public_site_without_https_is_refused(tmp_path):
    result = manage("check", "--deploy", tmp_path=tmp_path, ALLOWED_HOSTS="www.example.org")
    assert result.returncode == 1
    assert "articles.E001" in result.stderr


def test_a_malformed_site_address_is_refused_in_one_line(tmp_path):
    result = manage("check", tmp_path=tmp_path, SITE_URL="www.example.org")
    assert result.returncode == 1
    assert "SITE_URL must start with http" in result.stderr.splitlines()[-1]


def test_the_default_check_passes_in_this_process():
    assert checks.run_checks(include_deployment_checks=False) == []
