"""Tags and categories, as far as articles rest on them: merging, deleting, and a note in the log when a name changes."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser as User
from django.db import transaction

from articles.models import Category, Event, Tag, TagAlias, TaggedArticle, take_event_lock
from articles.workflow.rules import NotAllowed


def why_not_merge_tags(tag: Tag, into: Tag, user: User | None) -> list[str]:
    """Reasons why `tag` may not be merged into `into` now."""
    reasons = [] if user is None or user.has_perm("articles.change_tag") else ["您没有更改标签的权限"]
    if tag.merged_into_id:
        reasons.append(f"“{tag}”已经并入“{tag.merged_into}”")
    elif tag.pk == into.pk:
        reasons.append("不能并入自己")
    elif tag.pk == into.merged_into_id:
        reasons.append(f"“{into}”已经并入“{tag}”，反过来合并会绕成一圈")
    return reasons


@transaction.atomic
def merge_tags(tag: Tag, *, into: Tag, by: User | None) -> Tag:
    """File under `into` whatever is filed under `tag`; its name, aliases and address lead there from now on, for ever.

    The same number of statements for any number of articles. The index follows in the background.
    """
    take_event_lock()
    rows = {row.pk: row for row in Tag.objects.select_for_update().filter(pk__in={tag.pk, into.pk}).order_by("pk")}
    if reasons := why_not_merge_tags(tag := rows[tag.pk], rows[into.pk], by):
        raise NotAllowed("；".join(reasons))
    into = rows[into.pk].survivor
    links = TaggedArticle.objects.filter(tag=tag)
    tag.redirects = links.filter(content_object__live_revision__isnull=False).exists()
    links.filter(content_object__in=TaggedArticle.objects.filter(tag=into).values("content_object")).delete()
    links.update(tag=into)
    TagAlias.objects.filter(tag=tag).update(tag=into)
    tag.absorbed.update(merged_into=into)
    tag.merged_into = into
    tag.save(update_fields=["merged_into", "redirects"])
    data = {"tag": tag.pk, "into": into.pk}
    Event.objects.create(verb="merge_tags", by=by, note=f"“{tag}”并入“{into}”", data=data, tag=into, to_follow=True)
    return into


@transaction.atomic
def delete_unused_tags(tags: Iterable[Tag], *, by: User | None) -> list[str]:
    """Delete those of `tags` that nothing rests on; returns their names, which stand in the log."""
    if by and not by.has_perm("articles.change_tag"):
        raise NotAllowed("您没有更改标签的权限")
    take_event_lock()  # nothing is published, and so linked to one of them, meanwhile
    unused = list(Tag.objects.unused().filter(pk__in=[tag.pk for tag in tags]))
    Tag.objects.filter(pk__in=[tag.pk for tag in unused]).delete()
    names = [tag.name for tag in unused]
    if names:
        Event.objects.create(verb="delete_tags", by=by, note=f"删除未使用的标签：{'、'.join(names)}"[:500], data={"names": names})
    return names


def record_vocabulary(changed: Category | Tag, *, by: User | None) -> None:
    """A category or tag got another name or address: whatever prints these can follow the log. The index holds names of tags."""
    tag = changed if isinstance(changed, Tag) else None
    note = f"{changed._meta.verbose_name}：{changed}"[:500]
    Event.objects.create(verb="vocabulary", by=by, note=note, data={changed._meta.model_name: changed.pk}, tag=tag, to_follow=bool(tag))
