"""The editors' side: Django's own admin. It shows what the rules allow and hands every change to workflow/."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from articles.admin import articles, bulk, duplicates, log, people, search, tags, vocabulary, warnings  # noqa: F401  (each registers its models)

admin.site.site_header = _("问康 编辑部")
admin.site.site_title = _("问康")
admin.site.index_title = _("工作台")
admin.site.enable_nav_sidebar = False
