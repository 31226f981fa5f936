from django.core.management.base import BaseCommand

from articles import workflow


class Command(BaseCommand):
    help = "发布已到时间的定时稿件（服务进程每秒自动执行，通常不必手动运行）。"

    def handle(self, **_):
        count = workflow.publish_due()
        workflow.follow()
        self.stdout.write(f"发布了 {count} 篇")
