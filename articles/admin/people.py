"""Who works here, in which role, and what entitles them to sign."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy as _
from taggit import admin as taggit_admin

from articles.content import KINDS
from articles.models import Qualification

admin.site.unregister([User, Group, taggit_admin.Tag])  # taggit's own tags hold nothing here


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """Who could change a role could take any permission, and approve what they wrote themselves."""

    filter_horizontal = []  # its two boxes speak English

    def has_add_permission(self, request):
        return request.user.is_superuser

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser


class QualificationForm(forms.ModelForm):
    kinds = forms.MultipleChoiceField(
        choices=KINDS.items(),
        widget=forms.CheckboxSelectMultiple,
        label="可审核的内容类型",
        error_messages={"required": "请至少选一种内容类型；不再能审核的人，请删除这条资质或取消其角色"},
    )


class QualificationInline(admin.StackedInline):
    """Nobody enters their own, superusers neither."""

    model = Qualification
    form = QualificationForm
    printed = _("姓名、资质和机构会印在审核过的文章上。")
    fieldsets = [(None, {"fields": ["title", "institution", "kinds", "expires_on"], "description": printed})]

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request, obj) and not _is_own(request, obj)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not _is_own(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not _is_own(request, obj)


def _is_own(request, person):
    return bool(person) and person.pk == request.user.pk


class QualificationFilter(admin.SimpleListFilter):
    title = _("审核资质")
    parameter_name = "qualification"

    def lookups(self, request, model_admin):
        return [("running-out", _("已到期或 30 天内到期")), ("none", _("没有登记"))]

    def queryset(self, request, queryset):
        if self.value() == "running-out":
            return queryset.filter(qualification__in=Qualification.objects.running_out())
        return queryset.filter(qualification=None) if self.value() == "none" else queryset


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Who is not a superuser can neither make one nor touch one, nor hand out single permissions beyond the roles."""

    list_display = ["username", "last_name", "first_name", "is_active", "qualified"]
    list_filter = [QualificationFilter, *UserAdmin.list_filter]
    list_select_related = ["qualification"]
    inlines = [QualificationInline]
    filter_horizontal = []

    @admin.display(description=_("审核资质"))
    def qualified(self, person):
        held = getattr(person, "qualification", None)
        return f"{held}（{_until(held)}）" if held else "—"

    def formfield_for_manytomany(self, db_field, request, **options):
        if db_field.name == "groups":  # four roles: to tick, not to move between boxes
            options["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **options)

    def get_inline_instances(self, request, obj=None):
        return super().get_inline_instances(request, obj) if obj else []  # the form of a new person asks for name and password

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


def _until(held: Qualification) -> str:
    if held.expires_on is None:
        return "长期"
    return f"{held.expires_on} {'已到期' if held.expired else '到期'}"
