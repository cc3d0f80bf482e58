"""Users, departments and the log of the administration pages.

What lives here: logins and the organisation. What does not: what somebody may do in an account set; roles and memberships are
changed through the set's own verbs (``ledgers.admin``).

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
from .models import Department, User

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
    list_select_related = ["department", "superior"]
    search_fields = ["username", "display_name"]
    autocomplete_fields = ["department", "superior"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("人员"), {"fields": ["display_name", "email", "department", "position", "superior"]}),
        (_("系统权限"), {"fields": ["is_active", *_PRIVILEGES]}),
        (_("时间"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": ["username", "display_name", "department", "position", "superior", "password1", "password2"],
            },
        )
    ]
    readonly_fields = ["last_login", "date_joined"]
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
class DepartmentAdmin(admin.ModelAdmin):
    list_display = ["code", "name", "parent", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["parent"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["parent"]

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What was changed on these pages, by whom."""

    list_display = ["action_time", "user", "content_type", "object_repr", "action_flag", "change_message"]
    list_filter = ["action_flag", "content_type"]
    list_select_related = ["user", "content_type"]
    date_hierarchy = "action_time"
    search_fields = ["object_repr", "user__username"]
