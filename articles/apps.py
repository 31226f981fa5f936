from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps  # the class itself here would be a second default
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    default = True
    verbose_name = _("内容")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from articles import checks  # noqa: F401  (registers the system checks)


class DeskConfig(admin_apps.AdminConfig):
    """Django's admin with our first page."""

    default = False
    default_site = "articles.admin_site.DeskSite"
