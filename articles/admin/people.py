"""Who works here, and in which role."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from taggit import admin as taggit_admin

admin.site.unregister([User, Group, taggit_admin.Tag])  # taggit's own tags hold nothing here


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """Who could change a role could take any permission, and approve what they wrote themselves."""

    def has_add_permission(self, request):
        return request.user.is_superuser

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Who is not a superuser can neither make one nor touch one, nor hand out single permissions beyond the roles."""

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser or obj is None:
            return fieldsets
        hidden = {"is_superuser", "user_permissions"}
        return [(name, {**box, "fields": [field for field in box["fields"] if field not in hidden]}) for name, box in fieldsets]

    def get_queryset(self, request):
        people = super().get_queryset(request)
        return people if request.user.is_superuser else people.filter(is_superuser=False)

    def has_delete_permission(self, request, obj=None):
        return False  # the audit log names people; who leaves is made inactive
