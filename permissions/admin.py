"""Users, the organisation to look at, and the log of the administration pages.

What lives here: logins. What does not: where somebody belongs, which has pages of its own (``permissions.organisation``), since a move
or a leaver is more than a changed column; and what somebody may do in an account set, which is given by the set's own verbs
(``ledgers.admin``).

Users are deactivated, never deleted: history names them. Only a superuser changes the login of an administrator, and only a
superuser makes one, so that nobody can raise himself. 三员 are made by giving a duty (``duties.assign``); Django's groups and single
permissions are not given by hand, since they would add up to what one person must not hold.
"""

import json

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from erp_site.jobs.admin import ReadOnlyAdmin
from erp_site.shared.errors import BusinessError

from . import duties, login_guard
from .logs import changes
from .models import Company, Delegation, Department, DepartmentRole, Override, Position, RightChange, User

# Changed on the pages of the organisation.
_BELONGS = ("department", "position", "superior", "left_on")
_PRIVILEGES = ("duty", "is_superuser", "groups")
admin.site.unregister(Group)  # groups follow duties and roles


class PersonForm(UserChangeForm):
    def clean_duty(self) -> str:
        duty = self.cleaned_data["duty"]
        try:
            duties.require_fit(self.instance, duty)
        except BusinessError as refusal:
            raise forms.ValidationError(f"{refusal.message}{refusal.remedy}", code=refusal.code) from refusal
        return duty


@admin.register(User)
class PersonAdmin(UserAdmin):
    form = PersonForm
    list_display = [
        "username",
        "display_name",
        "department",
        "position",
        "superior",
        "duty",
        "is_active",
        "is_superuser",
        "last_login",
    ]
    list_filter = ["is_active", "duty", "is_superuser", "department"]
    list_select_related = ["department", "position", "superior"]
    search_fields = ["username", "display_name"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("人员"), {"fields": ["display_name", "email", *_BELONGS]}),
        (_("系统权限"), {"fields": ["is_active", *_PRIVILEGES]}),
        (_("时间"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": ["username", "display_name", "password1", "password2"],
            },
        )
    ]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined", *_BELONGS]
    actions = ["unlock"]

    def get_readonly_fields(self, request, obj=None):
        mine = super().get_readonly_fields(request, obj)
        return mine if request.user.is_superuser else [*mine, *_PRIVILEGES]

    def has_change_permission(self, request, obj=None):
        if obj is not None and (obj.is_staff or obj.is_superuser) and obj.pk != request.user.pk:
            return request.user.is_superuser
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "groups":  # the one group that is no duty and no role
            kwargs["queryset"] = Group.objects.filter(name=duties.group_of(duties.CREATOR).name)
            kwargs["label"] = _("其他职责")
            kwargs["help_text"] = ""
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        """The duty is given by its verb, once the form's groups are saved."""
        wanted = form.cleaned_data.get("duty", obj.duty)
        obj.duty = form.initial.get("duty", "")
        obj.is_staff = bool(obj.duty) or obj.is_superuser
        super().save_model(request, obj, form, change)
        obj.wanted_duty = wanted

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        obj = form.instance
        if obj.wanted_duty != obj.duty:
            duties.assign(obj, obj.wanted_duty, by=request.user)
        elif "groups" in form.cleaned_data:
            duties.follow(obj)

    def log_addition(self, request, obj, message):
        self._note(request, obj, RightChange.Kind.USER_ADDED, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        self._note(request, obj, RightChange.Kind.USER_CHANGED, message)
        return super().log_change(request, obj, message)

    def _note(self, request, obj, kind, message) -> None:
        """In the log of rights as well, in the same transaction."""
        line = LogEntry(change_message=message if isinstance(message, str) else json.dumps(message))
        after = {"is_active": obj.is_active, "is_superuser": obj.is_superuser, "duty": obj.duty}
        changes.note(None, kind, by=request.user, user=obj, detail=line.get_change_message(), after=after)

    def user_change_password(self, request, id, form_url=""):
        with transaction.atomic():  # no password is set without its line
            return super().user_change_password(request, id, form_url)

    def has_unlock_permission(self, request) -> bool:
        """Unlocking is the security administrator's."""
        return request.user.has_perm("permissions.change_role")

    @admin.action(description=_("解除所选用户的登录锁定"), permissions=["unlock"])
    def unlock(self, request, users):
        with transaction.atomic():
            for user in users:
                login_guard.unlock(user.username)
                about = {"by": request.user, "user": user, "detail": _t("解除登录锁定")}
                changes.note(None, RightChange.Kind.USER_UNLOCKED, **about)
        self.message_user(request, _t("已解除 %(count)s 个用户的登录锁定。") % {"count": len(users)}, messages.SUCCESS)


@admin.register(Department)
class DepartmentAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "parent", "company", "head", "is_active"]
    list_filter = ["is_active", "company"]
    list_select_related = ["parent", "company", "head"]
    search_fields = ["code", "name"]


@admin.register(Company)
class CompanyAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "uscc", "parent", "is_active"]
    list_select_related = ["parent"]
    search_fields = ["code", "name"]


@admin.register(Position)
class PositionAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "rank", "is_active"]
    search_fields = ["code", "name"]


@admin.register(DepartmentRole)
class DepartmentRoleAdmin(ReadOnlyAdmin):
    list_display = ["department", "ledger", "role", "with_below", "starts_on", "ends_on"]
    list_filter = ["ledger"]
    list_select_related = ["department", "ledger", "role"]


@admin.register(Override)
class OverrideAdmin(ReadOnlyAdmin):
    list_display = ["user", "ledger", "kind", "key", "is_denied", "level", "starts_on", "ends_on", "given_by"]
    list_filter = ["ledger", "kind", "is_denied"]
    list_select_related = ["user", "ledger", "given_by"]
    search_fields = ["user__username", "user__display_name"]


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin):
    list_display = ["delegator", "delegate", "ledger", "starts_on", "ends_on", "given_by"]
    list_filter = ["ledger"]
    list_select_related = ["delegator", "delegate", "ledger", "given_by"]
    search_fields = ["delegator__username", "delegate__username"]


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What was changed on these pages, by whom."""

    list_display = ["action_time", "user", "content_type", "object_repr", "action_flag", "change_message"]
    list_filter = ["action_flag", "content_type"]
    list_select_related = ["user", "content_type"]
    date_hierarchy = "action_time"
    search_fields = ["object_repr", "user__username"]
