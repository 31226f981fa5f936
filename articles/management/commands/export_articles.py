import sys
from pathlib import Path

from django.core.management.base import BaseCommand

from articles import import_export


class Command(BaseCommand):
    help = "导出所有公开过的文章（JSON Lines），含编号、日期、合并与撤回；可用 import_articles --publish 恢复到空站。"

    def add_arguments(self, parser):
        parser.add_argument("--output", "-o", metavar="FILE", help="写入文件；省略时写到标准输出")

    def handle(self, *, output, **_):
        if output:
            # Whole or not there: nobody restores from half a file.
            part = Path(f"{output}.part")
            with part.open("w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in import_export.export_lines())
            part.replace(output)
        else:
            sys.stdout.reconfigure(encoding="utf-8")
            for line in import_export.export_lines():
                self.stdout.write(line)
