from collections import Counter
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from articles import import_export, workflow
from articles.import_export import Options, Outcome, Run


class Command(BaseCommand):
    help = "导入文章：样例格式的 .txt（一个文件一篇）和 .jsonl（一行一篇），文件或文件夹。可随时中断，再次运行即接着导入。"

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", metavar="PATH")
        parser.add_argument("--publish", action="store_true", help="导入后立即发布（未经审核的强制发布，会留下记录）")
        parser.add_argument("--by", metavar="USER", help="记在谁的名下")
        parser.add_argument("--dry-run", action="store_true", help="只检查，不写入")
        parser.add_argument("--related", choices=["drafts"], help="把文件中的相关推荐导入为草稿")

    def handle(self, *, paths, publish, by, dry_run, related, verbosity, **_):
        options = Options(publish, self._user(by, publish), dry_run, related == "drafts")
        run = Run(options)
        totals: Counter[str] = Counter()
        found = list(import_export.files(paths))
        if not found:
            raise CommandError("没有找到可以导入的文件")
        for path in found:
            counts = self._import_file(path, run, verbosity)
            totals += counts
            if verbosity:
                self.stdout.write(f"{import_export.printable(path)}：{import_export.summary(counts)}")
        if not dry_run:
            workflow.follow(seconds=10)
        if not dry_run and totals.total() > totals["未变"]:
            names = "、".join(import_export.printable(Path(path).name) for path in paths)
            workflow.record_import(f"{names}：{import_export.summary(totals)}", dict(totals), by=options.by)
        if len(found) > 1 and verbosity:
            self.stdout.write(f"合计：{import_export.summary(totals)}")
        if totals["拒绝"]:
            raise CommandError(f"有 {totals['拒绝']} 条被拒绝，其余已{'检查' if dry_run else '导入'}", returncode=1)

    def _user(self, name, publish):
        if not name:
            return None
        user = get_user_model().objects.filter(username=name, is_active=True).first()
        if user is None:
            raise CommandError(f"没有用户“{name}”")
        if publish and not user.has_perm(workflow.VERBS["force_publish"].permission):
            raise CommandError(f"用户“{name}”没有紧急发布的权限")
        return user

    def _import_file(self, path: Path, run: Run, verbosity: int) -> Counter[str]:
        counts: Counter[str] = Counter()
        items = tqdm(import_export.read(path), desc=import_export.printable(path.name), unit="篇", disable=None if verbosity else True)
        for outcome in import_export.import_items(items, run):
            counts[outcome.result] += 1
            if outcome.reason:
                self._refuse(outcome)
        return counts

    def _refuse(self, outcome: Outcome) -> None:
        with tqdm.external_write_mode():
            self.stderr.write(f"{outcome.path}:{outcome.line}: {outcome.reason}")
