from functools import partial

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from articles import related, search
from articles.models import Article


class Command(BaseCommand):
    help = "重新计算所有文章的相关推荐。"

    def handle(self, **_):
        search.sync()
        try:
            count = related.rebuild(partial(tqdm, total=Article.objects.published().count(), unit="篇", disable=None))
        except search.IndexUnavailable:
            raise CommandError("没有可用的搜索索引，请先运行 rebuild_search") from None
        self.stdout.write(f"计算了 {count} 篇")
