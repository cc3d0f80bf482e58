"""人员: adding somebody, changing where he belongs, finding people, and his first password.

What lives here: the organisation's side of a login. What does not: what he may do (memberships of account sets), how he logs in
(``erp_site.accounts``), leaving (``leaving``).

A new person cannot log in until the administrator hands out a first password, which is shown once and stored as a hash alone.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from .. import login_guard
from ..models import Department, Position, User
from . import access, checks, following, journal, locking, trees

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read wrongly from paper
USERNAME_LENGTH = User._meta.get_field("username").max_length


def username_fault(username: str) -> str:
    """Why a user name cannot be taken, or ""."""
    if not username:
        return _("用户名必须填写。")
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError:
        return _("用户名只能有文字、数字和 @ . + - _，不能有空格。")
    return _("用户名太长。") if len(username) > USERNAME_LENGTH else ""


@dataclass(frozen=True)
class Saved:
    """``sets``: in how many account sets his customers follow him, in the background."""

    person: User
    sets: int = 0


@transaction.atomic
def save(
    *,
    username: str,
    display_name: str,
    email: str = "",
    department: Department | None = None,
    position: Position | None = None,
    superior: User | None = None,
    by: User | None,
    person: User | None = None,
    follow: Iterable[int] = (),
) -> Saved:
    """Add a person without a usable password, or change ``person``.

    ``follow``: ids of the sets whose customers (those he owns in the department that he leaves) go to his new department.
    Raises BusinessError (``field``) for a taken name, a circle of superiors, something disabled; NotAllowed.
    """
    access.require_change(by)
    locking.hold()
    department, position, superior = map(locking.fresh, (department, position, superior))
    username, display_name, email = username.strip(), display_name.strip(), email.strip()
    _require_names(username, display_name, email, besides=person)
    is_new = person is None
    person = User.objects.select_related("department").get(pk=person.pk) if person else User(username=username)
    if is_new:
        person.set_unusable_password()
    else:
        access.require_change_person(by, person)
    _require_usable(person, department, position, superior)
    _require_chain(person, superior, display_name or username)
    origin = person.department
    has_moved = not is_new and person.department_id != (department.pk if department else None)
    person.username, person.display_name, person.email = username, display_name, email
    person.department, person.position, person.superior = department, position, superior
    person.save()
    text = _("部门：%(department)s，职位：%(position)s，上级：%(superior)s")
    about = {"department": department or "—", "position": position or "—", "superior": superior or "—"}
    journal.note(person, text % about, by=by, added=is_new)
    sets = 0
    if has_moved and department:
        wanted = list(follow)
        sets = sum(holder.follow_person(person, origin, wanted, by=by) for holder in following.holders) if wanted else 0
    return Saved(person, sets)


def _require_names(username: str, display_name: str, email: str, *, besides: User | None) -> None:
    fault = username_fault(username)
    if fault:
        raise BusinessError(fault, code="person.username", field="username")
    if User.objects.filter(username__iexact=username).exclude(pk=besides.pk if besides else None).exists():
        raise BusinessError(
            _("用户名「%(name)s」已被使用。") % {"name": username}, code="person.username", field="username"
        )
    checks.require_name(display_name, 60, field="display_name")
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise BusinessError(_("邮箱格式不正确。"), code="person.email", field="email") from None


def _require_usable(
    person: User, department: Department | None, position: Position | None, superior: User | None
) -> None:
    """What is newly chosen must be in use."""
    if department and not department.is_active and person.department_id != department.pk:
        raise BusinessError(
            _("部门「%(name)s」已停用。") % {"name": department.name}, code="person.department", field="department"
        )
    if position and not position.is_active and person.position_id != position.pk:
        raise BusinessError(
            _("职位「%(name)s」已停用。") % {"name": position.name}, code="person.position", field="position"
        )
    if superior and not superior.is_active and person.superior_id != superior.pk:
        raise BusinessError(
            _("上级「%(user)s」已停用或离职。") % {"user": superior}, code="person.superior", field="superior"
        )


def _require_chain(person: User, superior: User | None, name: str) -> None:
    """Read upward from the new superior only: the chain is short, the firm may be large."""
    if superior is None:
        return
    key = person.pk or 0
    parents, names, node = {key: superior.pk}, {key: name}, superior.pk
    while node is not None and node not in parents and len(parents) <= checks.DEEPEST_SUPERIOR:
        row = User.objects.filter(pk=node).only("pk", "superior_id", "display_name", "username").first()
        parents[node], names[node] = row.superior_id, str(row)
        node = row.superior_id
    checks.require_tree(
        parents,
        key,
        deepest=checks.DEEPEST_SUPERIOR,
        name_of=names.get,
        what=_("上级"),
        field="superior",
    )


def hand_out_password(person: User, *, by: User | None) -> str:
    """A random first password, returned once; whatever he had before, and every session of his, ends. Raises NotAllowed."""
    access.require_change_person(by, person)
    if not person.is_active:
        raise BusinessError(_("「%(user)s」已停用或离职，不能发放密码。") % {"user": person}, code="person.inactive")
    password = "-".join("".join(secrets.choice(_ALPHABET) for _letter in range(4)) for _group in range(4))
    person.set_password(password)
    with transaction.atomic():
        person.save(update_fields=["password"])
        journal.note(person, _("发放初始密码"), by=by)
    login_guard.unlock(person.username)
    return password


def search(query: str = "", *, department: Department | None = None, state: str = "") -> QuerySet[User]:
    """People by user name or name, in a department and below it, working (默认), "left" or "all"; by user name."""
    rows = User.objects.select_related("department", "position", "superior").order_by("username")
    if state == "left":
        rows = rows.filter(Q(is_active=False) | ~Q(left_on=None))
    elif state != "all":
        rows = rows.filter(is_active=True)
    if department:
        rows = rows.filter(department__in=Department.subtree(department.pk))
    query = query.strip()
    if query:
        rows = rows.filter(Q(username__icontains=query) | Q(display_name__icontains=query))
    return rows


def subordinates(person: User) -> QuerySet[User]:
    """Active people whose superior he is."""
    return User.objects.filter(superior=person, is_active=True).order_by("username")


def below(person: User) -> set[int]:
    """Ids of everybody under him, himself included."""
    return trees.below(dict(User.objects.values_list("pk", "superior_id")), person.pk)
