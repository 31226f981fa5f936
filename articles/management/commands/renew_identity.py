import uuid

from django.core.management.base import BaseCommand

from articles.models import Installation


class Command(BaseCommand):
    help = "恢复备份之后运行：给数据库一个新的标识，各台机器的搜索索引随即自动重建。"

    def handle(self, **_):
        Installation.identity()
        Installation.objects.update(uuid=uuid.uuid4())
        self.stdout.write(f"新的标识：{Installation.identity()}")
