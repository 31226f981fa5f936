"""Signing in and out: for how long, with which password, and what is left behind."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db

PASSWORD = "十二个字以上才算够长的密码"
LOGIN, DESK = reverse("admin:login"), reverse("admin:index")


@pytest.fixture
def person(writer):
    writer.set_password(PASSWORD)
    writer.save()
    return writer


@pytest.fixture
def signed_in(client, person):
    assert client.post(LOGIN, {"username": person.username, "password": PASSWORD, "next": DESK})["Location"] == DESK
    return client


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(signed_in):
    cookie = signed_in.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")


def test_a_session_lasts_a_working_day(signed_in, time_passes):
    assert signed_in.cookies["sessionid"]["max-age"] == 12 * 60 * 60
    time_passes(hours=11)
    assert signed_in.get(DESK).status_code == 200


def test_and_not_the_night_even_where_the_cookie_is_kept(signed_in, time_passes):
    signed_in.cookies["sessionid"]["expires"] = ""
    time_passes(hours=12, minutes=1)
    assert signed_in.get(DESK)["Location"].startswith(LOGIN)


def test_signing_out_ends_it_and_the_back_button_shows_nothing(signed_in):
    assert "no-store" in signed_in.get(DESK)["Cache-Control"]
    kept = signed_in.cookies["sessionid"].value
    assert signed_in.get(reverse("admin:logout")).status_code == 405
    signed_in.post(reverse("admin:logout"))
    thief = Client()
    thief.cookies["sessionid"] = kept
    assert thief.get(DESK)["Location"].startswith(LOGIN)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}, {"password": "!"}])
def test_who_is_shut_out_is_out_at_once(signed_in, person, change):
    User.objects.filter(pk=person.pk).update(**change)
    assert signed_in.get(DESK)["Location"].startswith(LOGIN)


@pytest.mark.parametrize("next", ["https://example.org/", "//example.org/", "/\\example.org"])
def test_signing_in_leads_to_no_other_site(client, person, next):
    sent = {"username": person.username, "password": PASSWORD, "next": next}
    assert client.post(LOGIN, sent)["Location"] == DESK


def test_a_wrong_name_and_a_wrong_password_are_refused_alike(client, person):
    pages = [client.post(LOGIN, {"username": name, "password": "不对"}) for name in (person.username, "meiyouzheren")]
    notes = [list(page.context["form"].non_field_errors()) for page in pages]
    assert notes[0] == notes[1] != []


@pytest.mark.parametrize("weak", ["十一个字不够长的密码呀", "zuozhe_zuozhe_1", "1qaz2wsx3edc", "123456789012345"])
def test_a_weak_password_is_refused_with_a_sentence(client, boss, weak):
    client.force_login(boss)
    sent = {"username": "zuozhe_zuozhe", "password1": weak, "password2": weak, "usable_password": "true"}
    response = client.post(reverse("admin:auth_user_add"), sent)
    assert "密码" in str(response.context["adminform"].form.errors)
    assert not User.objects.filter(username="zuozhe_zuozhe").exists()


def test_readers_get_no_cookie(client, publish):
    for path in ("/", publish().get_absolute_url(), "/search/?q=医保"):
        assert client.get(path).cookies == {}
