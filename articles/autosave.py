"""Words that are being typed, before they are saved: one slot for each editor and article. The same row says who has the form open.

A slot belongs to the window (one form, opened once) whose words it holds; no other window writes over it. It is emptied by
saving from that window, or by the editor who discards it.
"""

from datetime import timedelta
from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction
from django.utils import timezone

from articles.models import Article, Autosave

LIMIT = 500_000  # characters of a slot; a body may have 200,000, and the other fields some thousand
ONLINE = timedelta(seconds=60)  # whose form was not heard of for so long has closed it
SHOWN = 5  # others that are named

Fields = dict[str, list[str]]


class NotKept(Exception):
    """The words stay where they are; str() says why, in words for the editor."""


class Other(NamedTuple):
    """Somebody else who has the form open."""

    name: str
    changed: timedelta | None  # since the last change that is not saved yet


def slot(by: User, article: Article | None) -> Autosave | None:
    """The words of this editor that wait to be saved."""
    return Autosave.objects.filter(user=by, article=article, saved_at__isnull=False).first()


@transaction.atomic
def keep(fields: Fields, *, by: User, article: Article | None, parent: int | None, window: str) -> Autosave:
    """Put `fields`, as a browser would send them, into the slot. `parent`: the id of the revision that the form was opened with."""
    if sum(len(value) for name, values in fields.items() for value in (name, *values)) > LIMIT:
        raise NotKept("文字太长，没有自动保存")
    row, _ = Autosave.objects.select_for_update().get_or_create(user=by, article=article)
    if row.saved_at and row.window != window:
        raise NotKept(f"另一个窗口里 {timezone.localtime(row.saved_at):%H:%M} 的文字还没有保存，这里的不会盖过它")
    now = timezone.now()
    row.fields, row.parent, row.window, row.saved_at, row.seen_at = fields, parent, window, now, now
    row.save()
    return row


def seen(by: User, article: Article) -> None:
    """The form is open."""
    Autosave.objects.update_or_create(user=by, article=article, defaults={"seen_at": timezone.now()})


def empty(by: User, article: Article | None, window: str) -> None:
    """The words of this window are saved, or not wanted."""
    rows = Autosave.objects.filter(user=by, article=article, window=window)
    rows.update(fields={}, parent=None, window="", saved_at=None)


def forget_closed_forms(by: User) -> None:
    """Rows without words say nothing once the form is closed."""
    Autosave.objects.filter(user=by, saved_at=None, seen_at__lt=timezone.now() - ONLINE).delete()


def others(by: User, article: Article) -> list[Other]:
    now = timezone.now()
    rows = Autosave.objects.filter(article=article, seen_at__gte=now - ONLINE).exclude(user=by).select_related("user")
    return [Other(name_of(row.user), row.saved_at and now - row.saved_at) for row in rows.order_by("pk")[:SHOWN]]


def name_of(user: User) -> str:
    """As colleagues know them."""
    return f"{user.last_name}{user.first_name}".strip() or user.get_username()
