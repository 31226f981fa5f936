from functools import partial

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from articles import duplicates, search

SHOWN = 10


class Command(BaseCommand):
    help = "在全站文章里找重复的问题，存起来供“疑似重复”页面使用；中断后再运行，从断处继续。"

    def add_arguments(self, parser):
        parser.add_argument("--anew", action="store_true", help="从头再找一遍，不接着上次中断的地方")

    def handle(self, *, anew, **_):
        search.sync()
        left = duplicates.remaining(0 if anew else None).count()
        try:
            count = duplicates.find_all(partial(tqdm, total=left, unit="篇", disable=None), anew=anew)
        except search.IndexUnavailable:
            raise CommandError("没有可用的搜索索引，请先运行 rebuild_search") from None
        found, total = duplicates.groups(count=SHOWN)
        self.stdout.write(f"看过 {count} 篇，共 {total} 组疑似重复")
        for group in found:
            self.stdout.write(" ｜ ".join(f"#{article.pk} {article.title}" for article in group.articles))
