"""Users, the organisation to look at, and the log of the administration pages.

What lives here: logins. What does not: where somebody belongs, which has pages of its own (``permissions.organisation``), since a move
or a leaver is more than a changed column; and what somebody may do in an account set, which is given by the set's own verbs
(``ledgers.admin``).

Users are deactivated, never deleted: history names them. Only a superuser changes the login of an administrator, and only a
superuser makes one, so that nobody can raise himself.
"""

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from erp_site.jobs.admin import ReadOnlyAdmin

from . import login_guard
from .models import Company, Department, Position, User

# Changed on the pages of the organisation.
_BELONGS = ("department", "position", "superior", "left_on")
_PRIVILEGES = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(User)
class PersonAdmin(UserAdmin):
    list_display = [
        "username",
        "display_name",
        "department",
        "position",
        "superior",
        "is_active",
        "is_staff",
        "last_login",
    ]
    list_filter = ["is_active", "is_staff", "department", "groups"]
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

    @admin.action(description=_("解除所选用户的登录锁定"), permissions=["view"])
    def unlock(self, request, users):
        for user in users:
            login_guard.unlock(user.username)
            self.log_change(request, user, _t("解除登录锁定"))
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


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What was changed on these pages, by whom."""

    list_display = ["action_time", "user", "content_type", "object_repr", "action_flag", "change_message"]
    list_filter = ["action_flag", "content_type"]
    list_select_related = ["user", "content_type"]
    date_hierarchy = "action_time"
    search_fields = ["object_repr", "user__username"]
