from functools import partial

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from articles import drafts, search
from articles.models import Article


class Command(BaseCommand):
    help = "重建搜索索引（读者的和编辑部的）：在旧索引旁建新的，完成后切换；期间搜索照常。"

    def handle(self, **_):
        for rebuild, articles in ((search.rebuild, Article.objects.filter(live=True)), (drafts.rebuild, Article.objects.all())):
            count = rebuild(partial(tqdm, total=articles.count(), unit="篇", disable=None))
            if count is None:
                raise CommandError("另一个进程正在写索引，请稍后再试")
            self.stdout.write(f"索引了 {count} 篇")
