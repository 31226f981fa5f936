from functools import partial

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from tqdm import tqdm

from articles import checklist
from articles.models import OpenWarning


class Command(BaseCommand):
    help = "重新检查所有公开的文章，更新“待处理提醒”。可随时中断，再次运行即接着检查；服务器每天也会自己检查一遍。"

    def add_arguments(self, parser):
        parser.add_argument("--restart", action="store_true", help="不接着上次中断的地方，从头检查")

    def handle(self, *, restart, **_):
        bar = partial(tqdm, total=checklist.remaining(restart=restart), unit="篇", disable=None)
        count = checklist.check_all(bar, restart=restart)
        if count is None:
            raise CommandError("另一个进程正在检查，请稍后再试")
        self.stdout.write(f"检查了 {count} 篇")
        found = dict(OpenWarning.objects.order_by().values_list("code").annotate(Count("pk")))
        for code, check in checklist.CHECKS.items():
            if code in found:
                self.stdout.write(f"{found[code]:>8}  {check.label}")
