"""Who may look at the organisation, and who may change it.

System administrators (三员) change it; makers of account sets read it, because a set names a department and a manager. Nobody else:
what people need of it stands in their account sets.
"""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from erp_site.shared.errors import NotAllowed

from ..models import User

CHANGE, READ = "permissions.change_department", "ledgers.add_ledger"


def may_change(user: User | None) -> bool:
    """``None`` is the system: a command."""
    return user is None or user.has_perm(CHANGE)


def may_see(user: User) -> bool:
    return may_change(user) or user.has_perm(READ)


def may_change_person(user: User | None, person: User) -> bool:
    """Administrators are changed by a superuser only (or in small things by themselves), so that nobody raises himself."""
    if user is None or user.is_superuser:
        return True
    return may_change(user) and (not (person.is_staff or person.is_superuser) or person.pk == user.pk)


def require_change(user: User | None) -> None:
    """Raise NotAllowed for who may not change the organisation."""
    if not may_change(user):
        raise NotAllowed(
            _("只有系统管理员可以修改组织架构。"),
            rule=_("需要职责「系统管理员」"),
            remedy=_("请联系系统管理员办理。"),
        )


def require_change_person(user: User | None, person: User) -> None:
    """Raise NotAllowed for who may not change this person."""
    require_change(user)
    if not may_change_person(user, person):
        raise NotAllowed(
            _("「%(person)s」是系统的管理员，您不能修改。") % {"person": person},
            rule=_("管理员账号只能由超级管理员修改"),
            remedy=_("请联系超级管理员。"),
        )


def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Guard of a page of the organisation: 403 unless the user may look; posting needs the right to change."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            require_change(request.user)
        elif not may_see(request.user):
            raise NotAllowed(
                _("您没有查看组织架构的权限。"),
                rule=_("需要职责「系统管理员」或「账套建立人」"),
                remedy=_("请联系系统管理员。"),
            )
        return view(request, *args, **kwargs)

    return guarded


def change_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Guard of a page that exists only to change something: 403 already on GET."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        require_change(request.user)
        return view(request, *args, **kwargs)

    return guarded
