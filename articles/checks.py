"""System checks of our own: what Django cannot know about a deployment of this site."""

from django.conf import settings
from django.core.checks import Error, Tags, register

LOOPBACK = {"localhost", "127.0.0.1", "[::1]", ".localhost", "testserver"}


@register(Tags.security, deploy=True)
def public_site_uses_https(app_configs, **kwargs):
    """Cookies and redirects are secured by an https SITE_URL; only a loopback site may go without."""
    outside = sorted(set(settings.ALLOWED_HOSTS) - LOOPBACK)
    if settings.HTTPS or not outside:
        return []
    return [
        Error(
            f"ALLOWED_HOSTS names {', '.join(outside)}, but SITE_URL is not an https address.",
            hint="Set SITE_URL=https://<your host>; TLS ends at the proxy in front, which sends X-Forwarded-Proto.",
            id="articles.E001",
        )
    ]
