"""Admin pages that only show, for the editors' desk and for the statistics alike."""

from django.contrib import admin


class ReadOnlyAdmin(admin.ModelAdmin):
    """To look up, not to edit."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
