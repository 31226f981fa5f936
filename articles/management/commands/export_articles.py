import sys

from django.core.management.base import BaseCommand

from articles import import_export


class Command(BaseCommand):
    help = "导出所有公开过的文章（JSON Lines），含编号、日期、合并与撤回；可用 import_articles --publish 恢复到空站。"

    def add_arguments(self, parser):
        parser.add_argument("--output", "-o", metavar="FILE", help="写入文件；省略时写到标准输出")

    def handle(self, *, output, **_):
        if output:
            with open(output, "w", encoding="utf-8") as file:
                self._write(file)
        else:
            sys.stdout.reconfigure(encoding="utf-8")
            self._write(sys.stdout)

    def _write(self, file) -> None:
        for line in import_export.export_lines():
            file.write(line + "\n")
