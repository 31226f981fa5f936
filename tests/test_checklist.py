"""What only the database can tell of a text, what a publication is refused for, and the open warnings of live articles."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from articles import checklist, workflow
from articles.checklist import open_warnings
from articles.checklist.rules import Page, found_in
from articles.management.commands.prepare_site import FIXTURES
from articles.models import Article, DuplicatePair, OpenWarning, Qualification, Revision, Tag

pytestmark = pytest.mark.django_db

WRITTEN = date(2026, 6, 1)  # later, policies of the samples run out one after the other, which is worth a warning

CURE = "<p>这副膏药药到病除。</p>"


@pytest.fixture(autouse=True)
def nothing_checked_today(monkeypatch):
    monkeypatch.setattr(open_warnings, "_checked_on", 0)


@pytest.fixture
def draft(content, writer):
    """draft(body=…): a revision that nobody has looked at."""

    def make(*args, **fields):
        return workflow.save_draft(content(*args, **fields), by=writer)

    return make


def messages(revision, code):
    return [each.message for each in checklist.of(revision) if each.code == code]


def warnings(article):
    return set(OpenWarning.objects.filter(article=article).values_list("code", flat=True))


def linking(*hrefs):
    return "".join(f'<p>余额见<a href="{href}">这篇</a></p>' for href in hrefs)


# Links


def test_a_link_to_a_public_article_or_page_is_fine(draft, publish, settings):
    settings.SITE_URL = "https://www.example.org"
    other = publish("门诊怎么报？").get_absolute_url()
    body = linking(
        other, f"https://www.example.org{other}", "/", "/search/?q=医保", "/categories/personal-account/", "#余额", other + "#余额"
    )
    assert messages(draft(body=body), "dead_link") == []


def test_a_link_to_what_readers_cannot_see(draft, publish, editor):
    hidden = draft("还没写完的问题？").article
    gone = publish("撤下的问题？")
    workflow.unpublish(gone, by=editor, reason="有误")
    said = messages(draft(body=linking(hidden.get_absolute_url(), gone.get_absolute_url(), "/articles/999999/", "/nowhere/")), "dead_link")
    assert [("读者看不到" in each, "不存在" in each, "没有这个网址" in each) for each in said] == [
        (True, False, False),
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


def test_a_link_to_a_merged_article_is_told_where_it_leads(draft, publish, editor):
    merged, kept = publish("甲问题怎么办？"), publish("乙问题怎么办？")
    workflow.merge(merged, into=kept, by=editor)
    (said,) = messages(draft(body=linking(merged.get_absolute_url())), "dead_link")
    assert kept.get_absolute_url() in said


def test_another_sites_links_are_not_taken_for_ours(draft):
    assert messages(draft(body=linking("https://www.gov.cn/articles/999999/", "//www.gov.cn/nowhere/")), "dead_link") == []


# Duplicates


def test_a_draft_that_asks_what_a_live_article_asks(draft, publish):
    twin = publish("医保卡丢了怎么补办")
    (said,) = messages(draft("社保卡遗失如何补办？"), "duplicate")
    assert f"#{twin.pk}" in said


def test_a_dismissed_duplicate_is_not_named_again(draft, publish, writer):
    publish("医保卡丢了怎么补办")
    revision = draft("社保卡遗失如何补办？")
    workflow.submit(revision, by=writer, not_duplicate_because="那篇讲的是挂失")
    assert messages(revision, "duplicate") == []


def test_without_an_index_the_other_checks_still_run(draft):
    assert messages(draft(tags=()), "tags")


# The signature


@pytest.fixture
def qualified(reviewer):
    def make(**fields):
        values = {"title": "主治医师", "institution": "市医院", "kinds": ["clinical"], **fields}
        return Qualification.objects.update_or_create(user=reviewer, defaults=values)[0]

    return make


def test_clinical_content_signed_by_a_qualified_person_is_fine(approved, qualified):
    qualified()
    assert messages(approved(kind="clinical"), "reviewer") == []
    qualified(expires_on=timezone.localdate())
    assert messages(approved(kind="clinical"), "reviewer") == []


def test_a_draft_waits_for_its_signature_without_complaint(draft):
    assert messages(draft(kind="clinical"), "reviewer") == []


@pytest.mark.parametrize(
    ("held", "kind", "said"),
    [
        ({"kinds": ["guide"]}, "clinical", "不含“临床健康”"),
        ({"kinds": ["clinical"]}, "policy", "不含“医保政策”"),
        ({"expires_on": date(2020, 1, 31)}, "clinical", "2020-01-31 到期"),
    ],
)
def test_a_signature_of_the_wrong_kind(approved, qualified, held, kind, said):
    qualified(kinds=[kind])
    revision = approved(kind=kind)
    qualified(**held)
    assert said in messages(Revision.objects.get(pk=revision.pk), "reviewer")[0]


def test_a_reviewer_without_qualification_may_sign_policy_and_guide_but_not_clinical_content(approved, reviewer):
    reviewer.qualification.delete()
    assert messages(approved(kind="policy"), "reviewer") == messages(approved(kind="guide"), "reviewer") == []
    revision = approved()
    # However it came about: the rule may be younger than the approval.
    Revision.objects.filter(pk=revision.pk).update(content_json=revision.content_json | {"kind": "clinical"})
    assert "没有登记资质" in messages(Revision.objects.get(pk=revision.pk), "reviewer")[0]


# What a publication is refused for


@pytest.mark.parametrize("verb", ["publish", "schedule"])
def test_forbidden_advertising_is_a_reason_against_publishing(approved, editor, verb):
    revision = approved(body=CURE)
    assert any("药到病除" in reason for reason in workflow.why_not(verb, revision, editor))
    with pytest.raises(workflow.NotAllowed, match="药到病除"):
        workflow.publish(revision, by=editor)


def test_reminders_are_no_reasons_against_publishing(approved, editor):
    revision = approved("2020年报多少", short_answer="可以报销90%。", body="<p>封顶20万元。</p>", valid_until=date(2020, 12, 31), tags=())
    assert len(checklist.of(revision)) > 3
    assert workflow.why_not("publish", revision, editor) == []


def test_a_scheduled_change_with_forbidden_advertising_is_taken_off_the_schedule(publish, approved, editor):
    article = publish()
    revision = approved(article=article, body=CURE)
    Revision.objects.filter(pk=revision.pk).update(publish_at=timezone.now() - timedelta(minutes=1))
    assert workflow.publish_due() == 0
    assert "药到病除" in article.events.get(verb="schedule_failed").note


def test_a_forced_publication_goes_through_and_keeps_its_warnings(draft, editor, django_capture_on_commit_callbacks):
    revision = draft(body=CURE)
    assert workflow.why_not("force_publish", revision, None) == []
    with django_capture_on_commit_callbacks(execute=True):
        workflow.force_publish(revision, by=editor, reason="急")
    found = {row.code: row for row in OpenWarning.objects.filter(article=revision.article)}
    assert {"advertising", "reviewer", "tags"} <= set(found)
    assert (found["advertising"].level, found["advertising"].part, found["advertising"].quote) == ("blocks", "body", "这副膏药药到病除。")
    assert found["advertising"].category_id == revision.content.category


def test_an_import_keeps_the_blocking_checks_as_open_warnings(run, tmp_path, category):
    path = tmp_path / "one.jsonl"
    path.write_text('{"title": "膏药灵不灵", "body": "<p>这副膏药药到病除。</p>"}', encoding="utf-8")
    run("import_articles", path, publish=True)
    assert Article.objects.published().count() == 1
    assert OpenWarning.objects.filter(code="advertising", level="blocks").count() == 1


# Open warnings follow what is live


def test_a_warning_goes_when_the_mended_text_is_published_and_not_before(publish, approved, editor, django_capture_on_commit_callbacks):
    tag = Tag.objects.named(["余额"])[0].pk
    article = publish(tags=())
    assert "tags" in warnings(article)
    revision = approved(article=article, tags=(tag,))
    workflow.follow()
    assert "tags" in warnings(article)
    with django_capture_on_commit_callbacks(execute=True):
        workflow.publish(revision, by=editor)
    assert "tags" not in warnings(article)


def test_a_change_keeps_the_day_on_which_a_warning_was_first_found(publish, approved, editor, time_passes):
    article = publish("2019年交多少？")
    before = OpenWarning.objects.get(article=article, code="year")
    time_passes(days=3)
    workflow.publish(approved("2020年交多少？", article=article), by=editor)
    workflow.follow()
    after = OpenWarning.objects.get(article=article, code="year")
    assert (after.pk, after.found_at) == (before.pk, before.found_at)
    assert "2020" in after.message


def test_several_places_are_one_warning_that_says_how_many(publish):
    article = publish(body=linking("/articles/777/", "/articles/778/"))
    assert OpenWarning.objects.get(article=article, code="dead_link").places == 2


def test_a_withdrawn_article_has_no_warnings(publish, editor, django_capture_on_commit_callbacks):
    article = publish(tags=())
    with django_capture_on_commit_callbacks(execute=True):
        workflow.unpublish(article, by=editor, reason="有误")
    assert warnings(article) == set()


def test_confirming_a_forced_publication_ends_its_warning(draft, editor, reviewer, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        article = workflow.force_publish(draft(), by=editor, reason="急")
    assert "reviewer" in warnings(article)
    with django_capture_on_commit_callbacks(execute=True):
        workflow.confirm(article.live_revision, by=reviewer)
    assert "reviewer" not in warnings(article)


def test_the_stored_duplicates_are_warned_of_on_both_sides(publish):
    one, two = publish("医保卡丢了怎么补办"), publish("社保卡遗失如何补办？")
    DuplicatePair.objects.all().delete()
    pair = DuplicatePair.objects.create(a=one, b=two, similarity=0.9)
    checklist.refresh([one.pk, two.pk])
    assert OpenWarning.objects.filter(code="duplicate").count() == 2
    pair.dismissed_at, pair.dismissed_because = timezone.now(), "两回事"
    pair.save()
    checklist.refresh([one.pk, two.pk])
    assert not OpenWarning.objects.filter(code="duplicate").exists()


# What no event tells


def test_the_daily_round_finds_what_time_and_other_articles_bring_about(publish, editor, reviewer, qualified, time_passes):
    qualified(expires_on=timezone.localdate() + timedelta(days=5), kinds=["policy"])
    target = publish("门诊怎么报？")
    article = publish(f"{timezone.localdate().year}年余额怎么算？", body=linking(target.get_absolute_url()))
    running = publish("余额补贴怎么领？", valid_until=timezone.localdate() + timedelta(days=9))
    workflow.unpublish(target, by=editor, reason="有误")
    checklist.daily(60)
    assert warnings(article) & {"dead_link", "year", "reviewer"} == {"dead_link"}
    time_passes(days=400)
    checklist.daily(60)
    assert {"dead_link", "year", "reviewer"} <= warnings(article)
    assert "expired" in warnings(running)


def test_the_daily_round_is_done_once_a_day_in_slices(publish_many, django_assert_num_queries, time_passes):
    publish_many(120)
    for expected in (50, 100, 120):
        checklist.daily(0)
        assert OpenWarning.objects.filter(code="tags").count() == expected
    checklist.daily(0)
    with django_assert_num_queries(0):
        checklist.daily(0)
    OpenWarning.objects.all().delete()
    checklist.daily(60)
    assert OpenWarning.objects.count() == 0
    time_passes(days=1)
    checklist.daily(60)
    assert OpenWarning.objects.filter(code="tags").count() == 120


def test_a_batch_costs_the_same_number_of_queries_however_many_articles(publish_many, django_assert_max_num_queries):
    ids = [article.pk for article in publish_many(50, body=linking("/articles/1/", "/articles/888888/"))]
    with django_assert_max_num_queries(10):
        checklist.refresh(ids)
    with django_assert_max_num_queries(8):
        checklist.refresh(ids)  # nothing has changed, so nothing is written


def test_articles_that_are_over_have_no_warnings(publish):
    article = publish(tags=())
    Article.objects.filter(pk=article.pk).update(expire_at=timezone.now(), go_live_at=timezone.now() - timedelta(days=1))
    checklist.refresh([article.pk])
    assert warnings(article) == set()


# The samples that every installation begins with


def test_the_shipped_samples_are_found_fault_with_in_nothing_but_their_review(run):
    run("import_articles", FIXTURES / "articles", publish=True)
    ids = list(Article.objects.values_list("pk", flat=True))
    checklist.refresh(ids)
    assert len(ids) > 80
    assert OpenWarning.objects.filter(code="reviewer").count() == len(ids)  # imported, so nobody has confirmed them yet
    found = {
        (each.code, each.quote) for article in Article.objects.all() for each in found_in(Page.of(article.live_revision.content), WRITTEN)
    }
    assert found == set()
