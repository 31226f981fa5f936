import hashlib
import json
import os
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, transaction

from articles import workflow
from articles.models import Article, Category, Installation, SynonymGroup

FIXTURES = Path(settings.FIXTURE_DIRS[0])


class Command(BaseCommand):
    help = "准备站点：迁移数据库、载入地区与栏目和角色、样例文章（仅当数据库里没有文章时）、静态文件、搜索索引。可重复运行。"

    def add_arguments(self, parser):
        parser.add_argument("--no-samples", action="store_true", help="不载入样例文章")
        parser.add_argument("--no-static", action="store_true", help="不收集静态文件")

    def handle(self, *, no_samples, no_static, **_):
        call_command("migrate", verbosity=0)
        self.prepare_search_log()
        Installation.identity()
        load_reference_data()
        load_synonyms()
        if not no_samples and not Article.objects.exists():
            self.stdout.write("载入样例文章…")
            call_command("import_articles", str(FIXTURES / "articles"), publish=True, verbosity=0)
        if not no_static:
            collect_static()
        workflow.follow()

    def prepare_search_log(self):
        try:
            call_command("migrate", "stats", database="stats", verbosity=0)
        except DatabaseError as error:  # a site works without; what is counted is lost until this is mended
            self.stderr.write(f"搜索统计的数据库不可用：{error}")


def collect_static() -> None:
    """Collect and compress the static files, which takes seconds, unless they are the ones collected last."""
    files = [storage.path(name) for finder in get_finders() for name, storage in finder.list([])]
    facts = [settings.STORAGES["staticfiles"]["BACKEND"], *(f"{file} {os.stat(file).st_mtime_ns}" for file in files)]
    state = hashlib.sha256("\n".join(facts).encode()).hexdigest()
    stamp = settings.STATIC_ROOT / ".collected"
    if not (stamp.exists() and stamp.read_text() == state):
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(state)


@transaction.atomic
def load_reference_data() -> None:
    """Regions and roles are brought up to date; categories are a start. What people changed stays."""
    call_command("loaddata", "regions", verbosity=0)
    if not Category.objects.exists():
        call_command("loaddata", "categories", verbosity=0)
    load_roles()


@transaction.atomic
def load_roles() -> None:
    """Give each shipped role what it has never been given. A permission that was taken away, or a role deleted or renamed, stays so."""
    installation = Installation.locked()
    for role in json.loads((FIXTURES / "groups.json").read_text(encoding="utf-8")):
        name, given = role["name"], installation.permissions_given.get(role["name"])
        group = Group.objects.get_or_create(name=name)[0] if given is None else Group.objects.filter(name=name).first()
        fresh = [permission for permission in role["permissions"] if permission not in (given or ())]
        if group and fresh:
            group.permissions.add(*map(_permission, fresh))
            installation.permissions_given[name] = [*(given or ()), *fresh]
    installation.save()


def _permission(name: str) -> Permission:
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


@transaction.atomic
def load_synonyms() -> None:
    """Once in the life of a database, noted in the row that names it: what editors delete does not come back."""
    installation = Installation.locked()
    if installation.synonyms_loaded:
        return
    if not SynonymGroup.objects.exists():
        for words in json.loads((FIXTURES / "synonyms.json").read_text(encoding="utf-8")):
            SynonymGroup.objects.create(words="、".join(words))
    installation.synonyms_loaded = True
    installation.save()
