"""Articles that editors put first for one question."""

from django.db.models import Min, Q

from articles.models import Article, Promotion, Region
from articles.text import question

SHOWN = 3


def promoted(text: str, region: Region | None) -> list[int]:
    """Ids of the visible articles that are to stand first for exactly this question now, at most three. One query.

    For a reader who has chosen a region also those that are promoted there, or in the province around it.
    """
    key = question(text)
    return list(_promoted(key, region)[:SHOWN]) if key else []


def _promoted(key: str, region: Region | None):
    place = Q(promotions__region=None)
    if region is not None:
        place |= Q(promotions__region__in=[region.pk, *filter(None, [region.parent_id])])
    # All in one filter(): these must be true of the same promotion.
    found = Article.objects.published().filter(place, Promotion.running("promotions__"), promotions__key=key)
    return found.annotate(first=Min("promotions__position")).order_by("first", "pk").values_list("pk", flat=True)
