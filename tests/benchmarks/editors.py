"""Editors who save one article at the same moment: is anything lost, and how much comes together by itself? `script/bench editors` runs it.

Every round is one article of twelve paragraphs that all editors have opened; each changes a part of it and all press 保存草稿 at once.
What an editor has written is either in the newest revision, or its editor was told of a conflict and the words are in the slot.
Works in a database of its own, which is made and thrown away: a file of SQLite, or on the server that DATABASE_URL names.
"""

import argparse
import os
import random
import re
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier

import django

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from articles import autosave, workflow
from articles.content import ArticleContent
from articles.management.commands.prepare_site import load_reference_data
from articles.models import Article, Category

PARAGRAPHS = 12


@dataclass
class Outcome:
    """What came of the saves of some rounds."""

    editors: int
    rounds: int = 0
    apart: Counter = field(default_factory=Counter)  # saves by what came of them, where everyone changed another paragraph
    at_one_place: Counter = field(default_factory=Counter)  # and where some changed the same one
    lost: list[str] = field(default_factory=list)

    def row(self) -> str:
        apart, at_one_place = self.apart.total(), self.at_one_place.total()
        return (
            f"{self.editors} editors, {self.rounds} rounds, {apart + at_one_place} saves: {len(self.lost)} lost; "
            f"{apart} in different paragraphs, {self.apart['saved'] / max(1, apart):.1%} of them merged; "
            f"{at_one_place} in the same few, {self.at_one_place['asked']} of them asked"
        )


def play(rounds: int, editors: int, seed: int = 1) -> Outcome:
    chance, outcome = random.Random(seed), Outcome(editors)
    people = [_person(number) for number in range(editors)]
    with ThreadPoolExecutor(editors) as pool:
        for number in range(rounds):
            _round(number, people, chance, pool, outcome)
    return outcome


def _person(number: int) -> User:
    person, _ = User.objects.get_or_create(username=f"editor{number}", defaults={"is_staff": True})
    person.groups.add(Group.objects.get(name="主编"))
    return person


def _round(number: int, people: list[User], chance: random.Random, pool: ThreadPoolExecutor, outcome: Outcome) -> None:
    paragraphs = [
        f"<p>第{place}段：" + "".join(chance.choices("医保参保缴费报销备案门诊住院", k=30)) + "。</p>" for place in range(PARAGRAPHS)
    ]
    content = ArticleContent(f"第 {number} 轮怎么办？", body="".join(paragraphs), category=Category.objects.first().pk)
    article = workflow.save_draft(content, by=None).article
    apart = number % 4 != 3  # every fourth round some meet in one paragraph
    places = chance.sample(range(PARAGRAPHS), len(people)) if apart else [chance.randrange(3) for _ in people]
    words = [f"第{number}轮{person.username}的话" for person in people]
    texts = [_changed(paragraphs, place, said, chance) for place, said in zip(places, words, strict=True)]
    together = Barrier(len(people))
    results = list(pool.map(lambda each: _save(together, article, content, *each), zip(people, texts, strict=True)))
    newest = Article.objects.get(pk=article.pk).latest_revision.content.body
    for person, said, result in zip(people, words, results, strict=True):
        waiting = autosave.slot(person, article)
        kept = said in newest if result == "saved" else waiting is not None and said in waiting.fields["body"][0]
        if not kept:
            outcome.lost.append(f"{said} ({result})")
        (outcome.apart if apart else outcome.at_one_place)[result] += 1
    outcome.rounds += 1


def _changed(paragraphs: list[str], place: int, said: str, chance: random.Random) -> str:
    """The body with one change by one editor: words in a paragraph, another paragraph in its place, or one more behind it."""
    changed = list(paragraphs)
    changed[place] = chance.choice(
        [
            changed[place].replace("。", f"，{said}。"),
            re.sub("：.*。", f"：{said}。", changed[place]),
            changed[place].replace("：", f"（{said}）：") + f"<p>{said}，另起一段。</p>",
        ]
    )
    return "".join(changed)


def _save(together: Barrier, article: Article, content: ArticleContent, person: User, body: str) -> str:
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    client.force_login(person)
    data = {"title": content.title, "body": body, "category": content.category, "kind": content.kind, "provenance": content.provenance}
    data |= {"parent": article.latest_revision_id, "window": f"{person.pk:x}"}
    together.wait()
    response = client.post(reverse("admin:articles_article_change", args=[article.pk]), data)
    connections.close_all()  # this thread's
    target = response.headers.get("Location", "")
    return "asked" if target.endswith("/conflict/") else "saved" if response.status_code == 302 and "saved=" in target else "failed"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--pairs", type=int, default=200, help="rounds of two editors")
    arguments.add_argument("--crowds", type=int, default=50, help="rounds of eight")
    asked = arguments.parse_args()
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # as prepare_site does; the middleware warns without it
    with tempfile.TemporaryDirectory() as directory:
        for each in connections.all():
            each.settings_dict["TEST"]["NAME"] = (
                f"{directory}/{each.alias}.sqlite3" if each.vendor == "sqlite" else f"wenkang_editors_{each.alias}"
            )
        names = [(each, each.settings_dict["NAME"]) for each in connections.all()]
        for each, _ in names:
            each.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            load_reference_data()
            outcomes = [play(asked.pairs, 2), play(asked.crowds, 8)]
        finally:
            for each, name in names:
                each.creation.destroy_test_db(name, verbosity=0)
    print(connection.vendor)
    for outcome in outcomes:
        print(outcome.row(), *outcome.lost, sep="\n  ")
    return any(outcome.lost for outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main())
