"""Every address of the admin, by every role, in every state of an article: who gets in stands in the table, and nothing else is true.

The addresses come from the URL configuration. A new one needs a row in ADMIN; one with a parameter that is new here also needs
a line in `fill` of tests/admin_addresses.py.
"""

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.admin_addresses import ADDRESSES, requests

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# One letter for each: 作者, 医学审核, 主编, 管理员, staff without a role, superuser.
ROLES = {"作": "作者", "审": "医学审核", "主": "主编", "管": "管理员", "无": None, "超": None}
STAFF, DESK, WRITE, PUBLISH, EDIT_WORDS, PEOPLE = "作审主管无超", "作审主管超", "作主超", "主超", "主管超", "管超"
WORK, BULK = "作审主超", "审主超"
ROOT, NOBODY, NO = "超", "", None  # NO: this method is not for this address (405)

# name of the address: who gets in by GET, who by POST. What an address does with what it is sent is for other tests.
ADMIN = {
    "index": (STAFF, STAFF),
    "app_list": (DESK, DESK),
    "logout": (NO, STAFF),
    "password_change": (STAFF, STAFF),
    "password_change_done": (STAFF, NO),
    "jsi18n": (STAFF, NO),
    "view_on_site": (STAFF, STAFF),  # leads to the public address, which shows what is public
    "autocomplete": (DESK, NO),
    "forward": (STAFF, STAFF),  # …/5/ leads to …/5/change/
    "anything else": (NOBODY, NOBODY),
    "articles_article_changelist": (DESK, DESK),
    "articles_article_add": (WRITE, WRITE),
    "articles_article_change": (DESK, WRITE),
    "articles_article_delete": (NOBODY, NOBODY),
    "articles_article_history": (DESK, DESK),
    "articles_article_preview": (DESK, DESK),
    "articles_article_related": (DESK, DESK),  # the workflow says who may change the list
    "articles_article_verb": (NO, DESK),  # and who may do which verb
    "articles_article_merge_pair": (DESK, DESK),
    "articles_article_duplicates": (DESK, DESK),
    "articles_article_queue": (WORK, WORK),
    "articles_article_calendar": (DESK, DESK),
    "articles_article_keep_filter": (NO, DESK),
    "articles_article_filter": (NO, NOBODY),  # one's own alone
    "articles_article_autosave_new": (WRITE, WRITE),
    "articles_article_autosave": (WRITE, WRITE),
    "articles_article_conflict": (WRITE, WRITE),
    "articles_article_unsaved_preview": (NO, WRITE),
    "articles_article_review": (DESK, DESK),
    "articles_article_compare": (DESK, DESK),
    "articles_article_share": (NO, DESK),  # the workflow says who may
    "articles_openwarning_changelist": (DESK, DESK),
    "articles_bulkaction_changelist": (BULK, BULK),
    "articles_bulkaction_add": (BULK, BULK),
    "articles_bulkaction_change": (BULK, BULK),
    "articles_bulkaction_verb": (NO, BULK),
    "articles_event_export": (DESK, NO),
    "articles_event_person": (DESK, DESK),
    "articles_duplicatepair_changelist": (DESK, DESK),
    "articles_duplicatepair_dismiss": (NO, WRITE),
    "articles_event_changelist": (DESK, DESK),
    "articles_event_add": (NOBODY, NOBODY),
    "articles_event_change": (DESK, NOBODY),
    "articles_event_delete": (NOBODY, NOBODY),
    "articles_event_history": (DESK, DESK),
    "articles_synonymgroup_changelist": (DESK, DESK),
    "articles_synonymgroup_add": (EDIT_WORDS, EDIT_WORDS),
    "articles_synonymgroup_change": (DESK, EDIT_WORDS),
    "articles_synonymgroup_delete": (EDIT_WORDS, EDIT_WORDS),
    "articles_synonymgroup_history": (DESK, DESK),
    "articles_promotion_changelist": (DESK, DESK),
    "articles_promotion_add": (EDIT_WORDS, EDIT_WORDS),
    "articles_promotion_change": (DESK, EDIT_WORDS),
    "articles_promotion_delete": (EDIT_WORDS, EDIT_WORDS),
    "articles_promotion_history": (DESK, DESK),
    "articles_promotion_articles": (DESK, NO),
    "articles_category_changelist": (DESK, DESK),
    "articles_category_add": (EDIT_WORDS, EDIT_WORDS),
    "articles_category_change": (DESK, EDIT_WORDS),
    "articles_category_delete": (ROOT, ROOT),
    "articles_category_history": (DESK, DESK),
    "articles_region_changelist": (DESK, DESK),
    "articles_region_add": (NOBODY, NOBODY),
    "articles_region_change": (DESK, NOBODY),
    "articles_region_delete": (NOBODY, NOBODY),
    "articles_region_history": (DESK, DESK),
    "articles_tag_changelist": (DESK, DESK),
    "articles_tag_add": (EDIT_WORDS, EDIT_WORDS),
    "articles_tag_change": (DESK, EDIT_WORDS),
    "articles_tag_delete": (NOBODY, NOBODY),
    "articles_tag_history": (DESK, DESK),
    "articles_tag_suggest": (NO, WRITE),
    "stats_searchday_changelist": (DESK, DESK),
    "auth_user_changelist": (PEOPLE, PEOPLE),
    "auth_user_add": (PEOPLE, PEOPLE),
    "auth_user_change": (PEOPLE, PEOPLE),
    "auth_user_password_change": (PEOPLE, PEOPLE),
    "auth_user_delete": (NOBODY, NOBODY),
    "auth_user_history": (PEOPLE, PEOPLE),
    "auth_group_changelist": (PEOPLE, PEOPLE),
    "auth_group_add": (ROOT, ROOT),
    "auth_group_change": (PEOPLE, ROOT),
    "auth_group_delete": (ROOT, ROOT),
    "auth_group_history": (PEOPLE, PEOPLE),
}


def test_every_address_of_the_admin_has_a_row_and_every_row_an_address():
    assert {name for name, _ in ADDRESSES} == set(ADMIN)


# Real requests


def outcome(response):
    """`in`, `login`, or the status of the refusal."""
    if response.status_code == 302 and response["Location"].startswith(reverse("admin:login")):
        return "login"
    return {200: "in", 302: "in", 400: "in", 409: "in", 403: "out", 404: "out"}.get(response.status_code, response.status_code)


def expected(name, letter, method):
    who = ADMIN[name][method == "post"]
    return 405 if who is NO else "in" if letter in who else "out"


def surprises(person, admin_rows, expect):
    """Every request of this person that ends otherwise than `expect(name, method)` says. Nothing that is sent stays."""
    for name, address in requests(admin_rows):
        for method in ("get", "post"):
            with transaction.atomic():
                client = Client(raise_request_exception=False)
                if person:
                    client.force_login(person)
                response = getattr(client, method)(address)
                transaction.set_rollback(True)
            if outcome(response) != expect(name, method):
                yield f"{method} {address} ({name}): {response.status_code}, not {expect(name, method)}"


@pytest.mark.parametrize("letter", ROLES)
def test_a_role_gets_in_where_the_table_says_and_nowhere_else(letter, admin_rows):
    person = User.objects.create_user("somebody", is_staff=True, is_superuser=letter == ROOT)
    person.groups.set(Group.objects.filter(name=ROLES[letter]))
    assert list(surprises(person, admin_rows, lambda name, method: expected(name, letter, method))) == []


OUTSIDERS = {
    "reader": None,
    "account": {"is_staff": False},
    "superuser who is no staff": {"is_staff": False, "is_superuser": True},
    "inactive": {"is_staff": True, "is_superuser": True, "is_active": False},
}


@pytest.mark.parametrize("account", OUTSIDERS.values(), ids=OUTSIDERS)
def test_who_does_not_work_here_is_asked_to_sign_in_everywhere(account, admin_rows):
    person = account and User.objects.create_user("somebody", **account)
    assert list(surprises(person, admin_rows, lambda name, method: "in" if name == "logout" else "login")) == []
