"""The rules of the house that a reader cannot see in any one file."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent


def lint_imports(root):
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"]
    return subprocess.run(
        command, cwd=root, env={"PYTHONPATH": f"{root}:{root}/site", "PATH": ""}, capture_output=True, text=True, check=False
    )


def test_imports_respect_the_floors():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("articles/models/articles.py", "from articles import workflow"),
        ("articles/text.py", "import django.conf"),
        ("articles/search/tantivy.py", "import articles.models"),
        ("articles/views.py", "import config.settings"),
        ("articles/workflow/rules.py", "from articles.workflow import frame"),
        ("articles/stray.py", "# a module without a floor"),
        ("articles/workflow/stray.py", "# a module without a floor"),
    ],
)
def test_a_floor_broken_on_purpose_is_noticed(tmp_path, module, line):
    shutil.copytree(ROOT / "articles", tmp_path / "articles")
    shutil.copytree(ROOT / "site", tmp_path / "site")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a") as file:
        file.write(f"\n{line}\n")
    assert lint_imports(tmp_path).returncode == 1


# Rows that only the workflow may write, and the verbs of writing.
GUARDED = {"Article", "Revision", "Event", "TaggedArticle", "ArticleRegion"}
WRITES = {"create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create"}


def writes_guarded_rows(tree: ast.AST) -> list[int]:
    """Lines that write through a guarded model's manager, or save, set or add to something."""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        source = ast.unparse(node.func)
        by_manager = node.func.attr in WRITES and any(source.startswith(f"{model}.objects") for model in GUARDED)
        by_relation = node.func.attr in WRITES | {"set", "add", "remove", "clear"} and any(
            part in source
            for part in (".revisions.", ".events.", ".tag_links.", ".region_links.", ".article_links.", ".tags.", ".regions.")
        )
        by_row = node.func.attr in {"save", "delete"} and source.split(".")[-2] in {"article", "revision", "event", "found", "obj"}
        if by_manager or by_relation or by_row:
            found.append(node.lineno)
    return found


def stray_writers(articles: Path) -> list[Path]:
    """Files outside articles/workflow/ that write guarded rows."""
    outside = [path for path in articles.rglob("*.py") if not path.is_relative_to(articles / "workflow") and "migrations" not in path.parts]
    return [path for path in outside if writes_guarded_rows(ast.parse(path.read_text()))]


def test_only_the_workflow_writes_articles_revisions_and_events():
    assert stray_writers(ROOT / "articles") == []


@pytest.mark.parametrize(("place", "allowed"), [("workflow/verbs.py", True), ("workflow.py", False), ("admin/workflow.py", False)])
def test_the_writing_rule_knows_the_workflow_by_its_folder(tmp_path, place, allowed):
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("article.save()")
    assert stray_writers(tmp_path) == ([] if allowed else [tmp_path / place])


@pytest.mark.parametrize(
    "line",
    [
        "Article.objects.create(title='x')",
        "Article.objects.filter(pk=1).update(live=True)",
        "article.save()",
        "article.tags.set([])",
        "Event.objects.bulk_create([])",
        "TaggedArticle.objects.filter(tag=1).update(tag=2)",
        "tag.article_links.update(tag=2)",
    ],
)
def test_the_writing_rule_notices_a_stray_write(line):
    assert writes_guarded_rows(ast.parse(line)) == [1]


def test_no_migration_is_missing(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_site_folder_is_not_a_package():
    assert not (ROOT / "site" / "__init__.py").exists()


def test_no_template_holds_inline_code():
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert "style=" not in text, path
        assert "<style" not in text, path
        assert all("src=" in tag or "ld+json" in tag for tag in (part.split(">")[0] for part in text.split("<script")[1:])), path


def test_the_project_names_no_machine_and_no_registry():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    for name in files:
        path = ROOT / name
        if path.suffix in {".py", ".txt", ".in", ".toml", ".md", ".html"} and path.exists() and path != Path(__file__):
            assert "index-url" not in path.read_text(), name
