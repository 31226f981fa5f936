"""Who may sign which kind of content: what administrators record, the workflow asks and readers see."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone

from articles import workflow
from articles.models import Article, Qualification
from articles.workflow import NotAllowed

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def colleague():
    """Another reviewer, of whom nothing is recorded."""
    person = User.objects.create_user("tongshi", is_staff=True, last_name="佟", first_name="试")
    person.groups.add(Group.objects.get(name="医学审核"))
    return person


@pytest.fixture
def qualify(colleague):
    """qualify("policy", expires_on=…): the colleague may sign these kinds."""

    def make(*kinds, person=colleague, **fields):
        row = {"title": "执业药师", "institution": "示例药房", "kinds": list(kinds)} | fields
        return Qualification.objects.update_or_create(user=person, defaults=row)[0]

    return make


@pytest.fixture
def submitted(writer, content):
    def make(kind):
        revision = workflow.save_draft(content(kind=kind), by=writer)
        workflow.submit(revision, by=writer, not_duplicate_because="测试")
        return revision

    return make


@pytest.fixture
def forced(writer, editor, content):
    def make(kind):
        return workflow.force_publish(workflow.save_draft(content(kind=kind), by=writer), by=editor, reason="紧急更正").live_revision

    return make


# Each verb that signs: how a text comes to wait for it, and how it is done.
SIGNING = {
    "approve": ("submitted", lambda revision, by: workflow.approve(revision, by=by)),
    "confirm": ("forced", lambda revision, by: workflow.confirm(revision, by=by)),
    "recheck": ("live", lambda revision, by: workflow.recheck(revision.article, by=by)),
}


@pytest.fixture(params=SIGNING)
def sign(request, submitted, forced, publish):
    """sign("clinical", by=person): the verb under test on a text of that kind."""
    waiting, act = SIGNING[request.param]
    make = {"submitted": submitted, "forced": forced, "live": lambda kind: publish(kind=kind).live_revision}[waiting]

    def do(kind, by):
        revision = make(kind)
        act(revision, by)
        return revision

    return do


@pytest.mark.parametrize("kind", ["policy", "guide"])
def test_without_a_record_policies_and_guides_are_signed(sign, colleague, kind):
    sign(kind, by=colleague)


def test_but_nothing_clinical(sign, colleague):
    with pytest.raises(NotAllowed, match="审核“临床健康”须有资质，请管理员先在“用户”里登记"):
        sign("clinical", by=colleague)


def test_superusers_need_one_too(sign, boss):
    with pytest.raises(NotAllowed, match="审核“临床健康”须有资质"):
        sign("clinical", by=boss)


def test_with_a_record_only_its_kinds_are_signed(sign, colleague, qualify):
    qualify("clinical")
    sign("clinical", by=colleague)
    for kind in ("policy", "guide"):
        with pytest.raises(NotAllowed, match="您的审核资质不包括"):
            sign(kind, by=colleague)


def test_it_holds_until_the_end_of_its_last_day(sign, colleague, qualify):
    qualify("policy", expires_on=timezone.localdate())
    sign("policy", by=colleague)


def test_and_nothing_at_all_is_signed_after_it(sign, colleague, qualify):
    yesterday = qualify("policy", expires_on=timezone.localdate() - DAY).expires_on
    with pytest.raises(NotAllowed, match=f"您的审核资质已于 {yesterday} 到期，请管理员"):
        sign("policy", by=colleague)


def test_one_that_is_renewed_in_another_window_counts_at_once(submitted, colleague, qualify):
    row = qualify("policy", expires_on=timezone.localdate() - DAY)
    assert colleague.qualification == row
    Qualification.objects.filter(pk=row.pk).update(expires_on=None)
    workflow.approve(submitted("policy"), by=colleague)


def test_sending_back_needs_none(submitted, colleague):
    workflow.reject(submitted("clinical"), by=colleague, reason="请补上出处")


def test_who_has_no_role_is_told_of_the_role_alone(submitted, writer):
    reasons = workflow.why_not("approve", submitted("clinical"), writer)
    assert reasons == ["您没有“审核通过”的权限", "作者不能审核自己写的稿件"]


def test_the_button_says_what_is_missing(client, submitted, colleague):
    client.force_login(colleague)
    page = client.get(reverse("admin:articles_article_change", args=[submitted("clinical").article_id]))
    assert "审核“临床健康”须有资质，请管理员先在“用户”里登记您的资质" in page.content.decode()


# What readers see


def test_the_page_names_who_checked_it_with_title_and_institution(publish, visit):
    page = visit(publish().get_absolute_url())
    assert "审核：沈合（主治医师，示例医院）" in page.one(".byline-facts").text


def test_a_reviewer_of_whom_nothing_is_recorded_is_shown_by_name_alone(submitted, colleague, editor, visit):
    revision = submitted("policy")
    workflow.approve(revision, by=colleague)
    workflow.publish(revision, by=editor)
    assert "审核：佟试 " in visit(revision.article.get_absolute_url()).one(".byline-facts").text


def test_what_was_signed_keeps_the_title_of_that_day(publish, reviewer, visit):
    article = publish()
    Qualification.objects.filter(user=reviewer).update(title="副主任医师")
    assert "主治医师" in visit(article.get_absolute_url()).one(".byline-facts").text
    workflow.recheck(article, by=reviewer)
    assert "副主任医师" in visit(article.get_absolute_url()).one(".byline-facts").text


def test_a_forced_publication_takes_the_signature_off(publish, writer, editor, content):
    article = publish()
    workflow.force_publish(workflow.save_draft(content(body="<p>改。</p>"), by=writer, article=article), by=editor, reason="紧急更正")
    article.refresh_from_db()
    assert (article.signed_by, article.reviewed_at) == ("", None)


def test_the_longest_names_fit(submitted, colleague, qualify, editor):
    User.objects.filter(pk=colleague.pk).update(last_name="长" * 150, first_name="名" * 150)
    qualify("policy", title="医" * 60, institution="院" * 100)
    revision = submitted("policy")
    workflow.approve(revision, by=User.objects.get(pk=colleague.pk))
    assert workflow.publish(revision, by=editor).signed_by == f"{'长' * 150}（{'医' * 60}，{'院' * 100}）"


def test_an_export_brings_title_and_institution_along(publish, run, tmp_path):
    publish("带着资质搬家的问题？")
    run("export_articles", "-o", tmp_path / "site.jsonl")
    line = json.loads((tmp_path / "site.jsonl").read_text().splitlines()[0])
    (tmp_path / "copy.jsonl").write_text(json.dumps(line | {"id": 900, "source_id": "copy", "title": "搬来的问题？"}))
    run("import_articles", tmp_path / "copy.jsonl", publish=True)
    assert Article.objects.get(pk=900).signed_by == "沈合（主治医师，示例医院）"


# Administrators


def person_page(person):
    return reverse("admin:auth_user_change", args=[person.pk])


@pytest.fixture
def send(client):
    """send(person, kinds=["policy"]): save the page of a person with this qualification; returns the response."""

    def do(person, **qualification):
        there = Qualification.objects.filter(user=person).values_list("pk", flat=True)
        row = {"title": "主治医师", "institution": "示例医院", "kinds": ["clinical"], "user": person.pk, "id": there.first() or ""}
        form = {"username": person.username, "is_active": "on", "is_staff": "on", "groups": [group.pk for group in person.groups.all()]}
        form |= {"date_joined_0": "2026-01-31", "date_joined_1": "09:00", "qualification-TOTAL_FORMS": 1}
        form |= {"qualification-INITIAL_FORMS": len(there), "qualification-MIN_NUM_FORMS": 0, "qualification-MAX_NUM_FORMS": 1}
        return client.post(person_page(person), form | {f"qualification-0-{name}": value for name, value in (row | qualification).items()})

    return do


def test_an_administrator_records_a_qualification(client, manager, colleague, send):
    client.force_login(manager)
    page = client.get(person_page(colleague)).content.decode()
    for words in ("审核资质", "可审核的内容类型", "医保政策", "临床健康", "就医指南"):
        assert words in page
    assert send(colleague, kinds=["clinical", "guide"], expires_on="2030-12-31").status_code == 302
    row = Qualification.objects.get(user=colleague)
    assert (row.title, row.kinds, row.expires_on.isoformat()) == ("主治医师", ["clinical", "guide"], "2030-12-31")


def test_and_changes_or_deletes_it(client, manager, reviewer, send):
    client.force_login(manager)
    send(reviewer, kinds=["policy"])
    assert Qualification.objects.get().kinds == ["policy"]
    send(reviewer, DELETE="on")
    assert not Qualification.objects.exists()


def test_a_person_is_saved_without_one(client, manager, writer, send):
    client.force_login(manager)
    assert send(writer, title="", institution="", kinds=[]).status_code == 302
    assert not Qualification.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"kinds": []}, "请至少选一种内容类型"), ({"kinds": ["x"]}, "x"), ({"title": "医" * 61}, "60"), ({"expires_on": "明年"}, "日期")],
)
def test_what_cannot_be_recorded_comes_back_with_a_sentence(client, manager, colleague, send, wrong, said):
    client.force_login(manager)
    response = send(colleague, **wrong)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert not Qualification.objects.exists()


@pytest.mark.parametrize("who", ["manager", "boss"])
def test_nobody_records_their_own(client, who, request, send):
    person = request.getfixturevalue(who)
    client.force_login(person)
    send(person)
    assert not Qualification.objects.exists()


@pytest.mark.parametrize("who", ["manager", "boss"])
def test_nobody_changes_or_deletes_their_own(client, who, request, send, qualify):
    person = request.getfixturevalue(who)
    qualify("policy", person=person)
    client.force_login(person)
    send(person, kinds=["clinical"])
    send(person, DELETE="on")
    assert Qualification.objects.get().kinds == ["policy"]


@pytest.mark.parametrize("who", ["writer", "reviewer", "editor"])
def test_other_roles_reach_no_qualification(client, who, request, colleague):
    client.force_login(request.getfixturevalue(who))
    assert client.get(person_page(colleague)).status_code == 403


def test_the_list_of_people_finds_those_that_run_out(client, manager, reviewer, colleague, qualify):
    today = timezone.localdate()
    qualify("policy", expires_on=today + 30 * DAY)
    client.force_login(manager)
    address = reverse("admin:auth_user_changelist")
    assert f"执业药师，示例药房（{today + 30 * DAY} 到期）" in client.get(address).content.decode()
    page = client.get(address, {"qualification": "running-out"}).content.decode()
    assert "tongshi" in page
    assert "shenhe" not in page
    assert "guanli" in client.get(address, {"qualification": "none"}).content.decode()


def test_running_out_are_those_of_people_who_work_here(reviewer, colleague, qualify, boss):
    today = timezone.localdate()
    past = qualify("policy", expires_on=today - DAY)
    soon = qualify("policy", person=boss, expires_on=today + 30 * DAY)
    assert list(Qualification.objects.running_out()) == [past, soon]
    assert list(Qualification.objects.running_out(days=7)) == [past]
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    Qualification.objects.filter(user=reviewer).update(expires_on=today + 31 * DAY)
    assert list(Qualification.objects.running_out()) == [soon]
