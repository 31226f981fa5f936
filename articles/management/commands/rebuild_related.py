import gc
from functools import partial

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from articles import related, search


class Command(BaseCommand):
    help = "重新计算所有文章的相关推荐。可随时中断，再次运行即接着计算。"

    def add_arguments(self, parser):
        parser.add_argument("--restart", action="store_true", help="不接着上次中断的地方，从头计算")

    def handle(self, *, restart, **_):
        gc.set_threshold(100_000)  # a fifth of the time would go into looking for garbage among what is kept
        search.sync()
        bar = partial(tqdm, total=related.to_rebuild(restart=restart), unit="篇", disable=None)
        try:
            count = related.rebuild(bar, restart=restart)
        except search.IndexUnavailable:
            raise CommandError("没有可用的搜索索引，请先运行 rebuild_search") from None
        if count is None:
            raise CommandError("另一个进程正在重新计算相关推荐，请稍后再试")
        self.stdout.write(f"计算了 {count} 篇")
