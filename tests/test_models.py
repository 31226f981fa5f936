"""What the database itself refuses, and the names of tags."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from articles import workflow
from articles.models import Article, Cursor, Event, Installation, Region, RelatedArticle, Revision, Tag


def refused(change):
    with pytest.raises(IntegrityError), transaction.atomic():
        _now(change)


def _now(change):
    """Do it and have the database check what it would only check at the end of the transaction."""
    change()
    connection.check_constraints()


@pytest.mark.parametrize(
    "values",
    [
        {"live": True, "go_live_at": None},
        {"category": None},
        {"live_revision": None},
        {"withdrawn_at": timezone.now()},
        {"expire_at": timezone.datetime(2000, 1, 1, tzinfo=timezone.get_default_timezone())},
        {"valid_from": "2026-02-01", "valid_until": "2026-01-01"},
        {"reviewed_by": ""},
        {"kind": "gossip"},
        {"provenance": "unknown"},
    ],
    ids=str,
)
def test_no_statement_can_leave_a_live_article_inconsistent(publish, values):
    article = publish()
    refused(lambda: Article.objects.filter(pk=article.pk).update(**values))


def test_an_article_cannot_be_merged_into_itself(publish):
    article = publish()
    refused(lambda: Article.objects.filter(pk=article.pk).update(live=False, merged_into=article.pk))


def test_an_author_cannot_stand_as_reviewer(approved, writer):
    revision = approved()
    refused(lambda: Revision.objects.filter(pk=revision.pk).update(reviewer=writer))


@pytest.mark.parametrize(
    "values", [{"approved_digest": ""}, {"reviewed_at": None}, {"state": "draft", "publish_at": timezone.now()}], ids=str
)
def test_no_statement_can_leave_an_approval_incomplete(approved, values):
    revision = approved()
    refused(lambda: Revision.objects.filter(pk=revision.pk).update(**values))


def test_an_article_has_one_published_revision(publish, approved):
    article = publish()
    second = approved(article=article)
    refused(lambda: Revision.objects.filter(pk=second.pk).update(state="published"))


def test_a_forced_publication_cannot_be_without_reason(approved, editor):
    revision = approved()
    refused(lambda: Revision.objects.filter(pk=revision.pk).update(forced_by=editor))


def test_a_related_list_has_no_place_twice_and_not_itself(publish):
    a, b = publish("甲？"), publish("乙？")
    RelatedArticle.objects.all().delete()
    RelatedArticle.objects.create(article=a, related=b, rank=1, score=1)
    refused(lambda: RelatedArticle.objects.create(article=a, related=b, rank=2, score=1))
    refused(lambda: RelatedArticle.objects.create(article=b, related=b, rank=1, score=1))


def test_a_region_code_is_six_digits(db):
    refused(lambda: Region.objects.create(code="31000x", name="x", full_name="x", level="province"))


def test_the_audit_log_is_append_only_in_python_and_in_the_database(publish):
    publish()
    event = Event.objects.first()
    event.note = "x"
    for change in (event.save, event.delete, Event.objects.all().delete, lambda: Event.objects.update(note="x")):
        with pytest.raises(TypeError, match="append-only"):
            change()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE articles_event SET note = 'x'")


def test_an_article_with_a_history_cannot_be_deleted(publish):
    with pytest.raises(IntegrityError):
        publish().delete()


def test_there_is_one_installation_with_one_uuid(db):
    assert Installation.identity() == Installation.identity()
    refused(lambda: Installation.objects.create(pk=2))
    assert str(Installation.objects.get()) == Installation.identity()


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("医保，断缴、补缴；异地; 门诊,药店", ["医保", "断缴", "补缴", "异地", "门诊", "药店"]),
        (" 医保 ,医保", ["医保"]),
        ("ＶＩＰ", ["VIP"]),
        ("a  b\u3000c", ["a b c"]),
        ("医保\u200b", ["医保"]),
        ("，、；", []),
        ("x" * 90, ["x" * 40]),
    ],
)
def test_tag_names_are_split_and_tidied(typed, names):
    assert Tag.split(typed) == names


def test_names_that_look_the_same_are_one_tag(db):
    first, again = Tag.objects.named(["ＶＩＰ "]), Tag.objects.named([" VIP", "VIP"])
    assert first == again
    assert Tag.objects.count() == 1


@pytest.mark.parametrize(("name", "slug"), [("个人账户", "个人账户"), ("异地 就医", "异地-就医"), ("+", "tag")])
def test_a_tag_s_address_is_its_name(db, name, slug):
    assert Tag.objects.create(name=name).slug == slug


def test_tags_of_signs_alone_get_different_addresses(db):
    assert len({Tag.objects.create(name=name).slug for name in ("+", "!", "?")}) == 3


def test_regions_are_the_shipped_ones(db):
    levels = [Region.objects.filter(level=level).count() for level in ("national", "province", "prefecture")]
    assert levels == [1, 34, 333]
    assert Region.objects.get(pk="330900").parent.name == "浙江"


def test_rows_have_names(publish):
    a, b = publish("甲？"), publish("乙？")
    workflow.follow()
    link = RelatedArticle(article=a, related=b, rank=1, score=1)
    texts = [str(a), str(a.live_revision), str(a.category), str(link), str(Cursor(name="x", event=3)), str(Region.objects.get(pk="310000"))]
    assert texts == ["甲？", f"#{a.live_revision_id} 线上版本", "个人账户", f"{a.pk} → {b.pk}", "x: 3", "上海"]
