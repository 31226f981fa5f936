import os
from functools import partial

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from articles import related, search
from articles.management.workers import workers


class Command(BaseCommand):
    help = "重新计算所有文章的相关推荐。可随时中断，再次运行即接着计算。"

    def add_arguments(self, parser):
        parser.add_argument("--restart", action="store_true", help="不接着上次中断的地方，从头计算")
        parser.add_argument(
            "--processes", type=int, default=os.cpu_count(), choices=range(1, 65), metavar="N", help="进程数，默认每个 CPU 核一个"
        )

    def handle(self, *, restart, processes, **_):
        search.sync()
        bar = partial(tqdm, total=related.to_rebuild(restart=restart), unit="篇", disable=None)
        try:
            with workers(processes) as spread:
                count = related.rebuild(bar, restart=restart, spread=spread)
        except search.IndexUnavailable:
            raise CommandError("没有可用的搜索索引，请先运行 rebuild_search") from None
        if count is None:
            raise CommandError("另一个进程正在重新计算相关推荐，请稍后再试")
        self.stdout.write(f"计算了 {count} 篇")
