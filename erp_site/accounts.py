"""Logging in and out, and changing one's password.

What lives here: the pages and their forms. What does not: how often somebody may try (``permissions.login_guard``), who he
then is in an account set (``permissions.actor``).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from permissions import duties, login_guard
from permissions.logs import logins

from . import demo

logger = logging.getLogger("erp.login")


def client_address(request) -> str:
    """The peer's address as the web server saw it; never a header, which anybody may write."""
    return request.META.get("REMOTE_ADDR", "")


class LoginForm(AuthenticationForm):
    """User name and password. Wrong, unknown and deactivated users get one and the same answer after the same work."""

    error_messages = {
        "invalid_login": _("用户名或密码不正确。请检查大小写和输入法；连续错误 5 次将锁定 30 分钟。"),
        "inactive": _("用户名或密码不正确。请检查大小写和输入法；连续错误 5 次将锁定 30 分钟。"),
        "demo": _("演示账号的公开密码只在演示模式下有效。请管理员为该账号设置新密码。"),
    }

    def __init__(self, request=None, *args, **kwargs):
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = _("用户名")
        self.fields["username"].error_messages["required"] = _("请输入用户名。")
        self.fields["password"].label = _("密码")
        self.fields["password"].error_messages["required"] = _("请输入密码。")

    @sensitive_variables()
    def clean(self):
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username is None or not password:
            return self.cleaned_data
        with _guarded(username, self.request, failure=logins.Kind.FAILURE):
            return super().clean()

    def confirm_login_allowed(self, user) -> None:
        super().confirm_login_allowed(user)
        is_public = self.cleaned_data.get("password") == demo.PASSWORD and user.email.endswith(f"@{demo.DOMAIN}")
        if is_public and not settings.DEMO:
            raise ValidationError(self.error_messages["demo"], code="demo")


class OwnPasswordForm(PasswordChangeForm):
    """The old password is asked under the same limits as a login: an open session must not become a place to guess it."""

    def __init__(self, user, *args, request=None, **kwargs):
        self.request = request
        super().__init__(user, *args, **kwargs)
        self.fields["old_password"].label = _("现在的密码")
        self.fields["new_password1"].label = _("新密码")
        self.fields["new_password2"].label = _("再输一次新密码")

    @sensitive_variables("old_password")
    def clean_old_password(self) -> str:
        with _guarded(self.user.get_username(), self.request, failure=logins.Kind.PASSWORD_FAILURE):
            return super().clean_old_password()


@contextmanager
def _guarded(username: str, request, *, failure: str) -> Iterator[None]:
    """Reserve an attempt for the block, which ends with an exception when the password is wrong; raises ValidationError.

    ``failure``: what the log of logins calls a wrong password here.
    """
    try:
        attempt = login_guard.reserve(username, client_address(request))
    except login_guard.TooManyAttempts as refusal:
        logger.warning("password attempt refused: limit reached")
        logins.note_refusal(username, request)
        raise ValidationError(refusal.message, code=refusal.code) from None
    try:
        with login_guard.hashing():
            yield
    except login_guard.Busy as busy:
        attempt.give_back()
        raise ValidationError(busy.message, code=busy.code) from None
    except ValidationError:
        logins.note(failure, typed=username, request=request)
        raise
    attempt.succeeded()


class Login(views.LoginView):
    """The login page; somebody logged in already is sent on."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form):
        with transaction.atomic():  # nobody comes in without a line
            logins.note(logins.Kind.SUCCESS, user=form.get_user(), request=self.request)
            answer = super().form_valid(form)
        if form.get_user().is_superuser and duties.is_separated():
            messages.warning(
                self.request, _("您正在使用超级管理员账号。三员分立已启用，它只应在应急时使用；日常请用各自的账号。")
            )
        return answer

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        if settings.DEMO:
            context["demo_logins"] = [{"username": person.username, "label": person.label} for person in demo.PEOPLE]
            context["demo_password"] = demo.PASSWORD
        return context


@method_decorator(login_not_required, name="dispatch")
class Logout(views.LogoutView):
    """By POST only; answers with a page that says so."""

    template_name = "accounts/logged_out.html"

    def post(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            logins.note(logins.Kind.LOGOUT, user=request.user, request=request)
        return super().post(request, *args, **kwargs)

    def get_default_redirect_url(self) -> str:
        return self.request.path


class PasswordChange(views.PasswordChangeView):
    """One's own password; every other session of this user ends with it."""

    template_name = "accounts/password_change.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("password_change_done")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form):
        with transaction.atomic():
            logins.note(logins.Kind.PASSWORD, user=self.request.user, request=self.request)
            return super().form_valid(form)


class PasswordChangeDone(views.PasswordChangeDoneView):
    template_name = "accounts/password_change_done.html"
