import json
import random
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from articles import checklist, duplicates, related, search, workflow
from articles.content import ArticleContent
from articles.models import Article, Category, Tag

BATCH = 500
LENGTH = 540  # characters of an average article


class Command(BaseCommand):
    help = "生成 N 篇合成文章并发布，用于压力测试。内容没有意义；不要在正式站点上运行。"

    def add_arguments(self, parser):
        parser.add_argument("count", type=int, metavar="N")
        parser.add_argument("--seed", type=int, default=1, help="相同的种子生成相同的文章")

    def handle(self, *, count, seed, **_):
        if not 0 < count <= 10_000_000:
            raise CommandError("N 应在 1 到 10,000,000 之间")
        self.parts = json.loads((Path(settings.FIXTURE_DIRS[0]) / "corpus.json").read_text(encoding="utf-8"))
        self.random = random.Random(seed)  # noqa: S311  (load, not secrets)
        self.categories = list(Category.objects.values_list("pk", flat=True))
        self.tags = [tag.pk for tag in Tag.objects.named(self.parts["subjects"] + self.parts["conditions"])]
        if not self.categories:
            raise CommandError("没有栏目，请先运行 prepare_site")
        with tqdm(total=count, unit="篇", disable=None) as bar:
            for start in range(0, count, BATCH):
                size = min(BATCH, count - start)
                workflow.publish_in_bulk([self._content() for _ in range(size)], reason="合成文章，压力测试", at=self._times(size))
                bar.update(size)
        search.sync()
        related.skip()  # a hundred lists a second: rebuild_related makes them where a test wants them
        duplicates.skip()
        checklist.skip()
        self.stdout.write(f"现有 {Article.objects.count()} 篇")

    def _words(self) -> dict[str, str]:
        words = {kind: self.random.choice(self.parts[f"{kind}s"]) for kind in ("place", "subject", "condition")}
        return words | {"year": str(self.random.randrange(2019, 2027))}

    def _content(self) -> ArticleContent:
        words = self._words()
        paragraphs, length = [], 0
        while length < LENGTH:
            text = "".join(sentence.format(**self._words()) for sentence in self.random.sample(self.parts["sentences"], 4))
            paragraphs.append(f"<p>{text}</p>")
            length += len(text)
        heading = f"<h2>{words['subject']}的办理</h2>"
        return ArticleContent(
            title=self.random.choice(self.parts["forms"]).format(**words),
            short_answer=f"可以办理，以{words['place']}当地规定为准。",
            body=paragraphs[0] + heading + "".join(paragraphs[1:]),
            category=self.random.choice(self.categories),
            tags=tuple(self.random.sample(self.tags, 3)),
        )

    def _times(self, size):
        now = timezone.now()
        return [now - timedelta(seconds=self.random.randrange(3 * 365 * 86400)) for _ in range(size)]
