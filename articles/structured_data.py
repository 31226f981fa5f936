"""schema.org data of an article page: MedicalWebPage with who reviewed it and when.

FAQ markup has no effect any more and QAPage is for answers written by users, so neither is used.
"""

import json

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from articles.addresses import site_url

# What would end the script element or start a comment in it, as JSON escapes.
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def article_json_ld(context: dict, request) -> SafeString:
    """The content of the page's application/ld+json element."""
    article = context["article"]
    data = {
        "@context": "https://schema.org",
        "@type": "MedicalWebPage",
        "url": site_url(request) + article.get_absolute_url(),
        "name": article.title,
        "description": article.excerpt,
        "inLanguage": "zh-CN",
        "datePublished": article.go_live_at.isoformat(),
        "dateModified": (article.updated_at or article.go_live_at).isoformat(),
        "isAccessibleForFree": True,
        "publisher": {"@type": "Organization", "name": settings.SITE_NAME},
        "keywords": [tag.name for tag in context["tags"]],
        "citation": [" ".join(filter(None, [source.title, source.number])) for source in article.source_list],
    }
    if article.reviewed_at:
        data["lastReviewed"] = timezone.localdate(article.reviewed_at).isoformat()
        data["reviewedBy"] = _person(article.reviewed_by, article.reviewer_title, article.reviewer_institution)
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_ESCAPES))


def _person(name: str, title: str, institution: str) -> dict:
    entitled = {"jobTitle": title, "affiliation": institution and {"@type": "Organization", "name": institution}}
    return {"@type": "Person", "name": name} | {key: value for key, value in entitled.items() if value}
