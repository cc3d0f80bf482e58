"""The administration site as a whole: its name, and its login, which is the product's own (with its limits on attempts)."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache


@never_cache
@login_not_required
def login(request: HttpRequest, extra_context=None) -> HttpResponse:
    """To the login page; somebody who is logged in and still sent here has no business on these pages."""
    if request.user.is_authenticated:
        if not admin.site.has_permission(request):
            raise PermissionDenied
        return redirect("admin:index")
    return redirect_to_login(request.GET.get("next", request.get_full_path()))


def password_change(request: HttpRequest, extra_context=None) -> HttpResponse:
    """To the product's own page, which asks the old password under the limits."""
    return redirect("password_change")


admin.site.site_header = _("客户资料管理系统账套 · 系统管理")
admin.site.site_title = _("系统管理")
admin.site.index_title = _("用户、部门、任务与记录")
admin.site.login = login
admin.site.password_change = password_change
