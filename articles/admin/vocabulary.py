"""The words that articles are filed under."""

from django.contrib import admin

from articles import workflow
from articles.models import Category, Region
from articles.read_only import ReadOnlyAdmin


class VocabularyAdmin(admin.ModelAdmin):
    """Changes of the words that articles are filed under stand in the audit log too."""

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change and form.changed_data:
            workflow.record_vocabulary(obj, by=request.user)


@admin.register(Category)
class CategoryAdmin(VocabularyAdmin):
    list_display = ["name", "slug", "position"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Region)
class RegionAdmin(ReadOnlyAdmin):
    list_display = ["code", "full_name", "level", "parent"]
    list_filter = ["level"]
    list_select_related = ["parent"]
    search_fields = ["name", "full_name", "code"]
