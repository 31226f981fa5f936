"""Changes whose time has come go live once, in any number of processes, killed or not. SCHEDULED=1000 for the full number."""

import os
import random
import time

import pytest

SCHEDULED = int(os.environ.get("SCHEDULED", "60"))
PROCESSES = 4
LATEST = 60  # seconds

SET_UP = """
from dataclasses import replace
from datetime import timedelta
from django.utils import timezone
from articles import workflow
from articles.content import ArticleContent
from articles.models import Article, Category, Revision
category = Category.objects.first().pk
contents = [ArticleContent(f"第{i}问怎么办？", body="<p>先问经办机构。</p>", category=category) for i in range(%d)]
workflow.publish_in_bulk(contents, reason="测试", at=[timezone.now()] * len(contents))
now = timezone.now()
changed = []
for article in Article.objects.select_related("live_revision").order_by("pk"):
    content = replace(article.live_revision.content, body="<p>先打参保地的服务热线。</p>")
    changed.append(Revision(
        article=article, content_json=content.to_json(), base_revision=article.live_revision, state="approved",
        reviewed_at=now, approved_digest=content.digest(), publish_at=now,
    ))
Revision.objects.bulk_create(changed)
"""

WORK = """
import time
from articles import workflow
print("ready", flush=True)
while True:
    workflow.publish_due()
    time.sleep(0.2)
"""

COUNT_WAITING = """
from articles.models import Revision
print(Revision.objects.filter(state="approved").count())
"""

CHECK = """
from collections import Counter
from articles.models import Article, Event, Revision
published = Event.objects.filter(verb="publish").select_related("revision")
due = Revision.objects.filter(pk__in=published.values("revision")).order_by("pk").first().created_at
late = [(event.at - due).total_seconds() for event in published]
times = Counter(event.article_id for event in published)
live = Article.objects.filter(live=True, body_html__contains="服务热线").count()
print(live, len(times), max(times.values()), round(max(late), 1), Event.objects.filter(verb="schedule_failed").count())
"""


@pytest.fixture
def site(installation):
    installation.run_code(SET_UP % SCHEDULED)
    return installation


def test_each_of_many_due_at_once_goes_live_exactly_once_while_processes_are_killed(site, record_property):
    workers = [site.start_code(WORK) for _ in range(PROCESSES)]
    try:
        for _ in range(LATEST * 3):
            time.sleep(1 if SCHEDULED > 500 else 0.3)
            victim = random.randrange(PROCESSES)
            workers[victim].kill()
            workers[victim].communicate()
            workers[victim] = site.start_code(WORK)
            if site.run_code(COUNT_WAITING).strip() == "0":
                break
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    live, articles, most, late, failed = site.run_code(CHECK).split()
    record_property("seconds late", late)
    assert (int(live), int(articles), int(most), int(failed)) == (SCHEDULED, SCHEDULED, 1, 0)
    assert float(late) < LATEST
