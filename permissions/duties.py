"""三员 and the makers of account sets: who administers an installation, none of whom reads business data.

What lives here: which administration pages each duty opens, giving a duty, and 三员分立. What does not: roles inside an account set (``rights``).

``User.duty`` is one column, so nobody holds two of the three; groups follow it and carry the permissions of Django's pages. While
三员分立 is on, who has a duty is nobody in every account set: verbs refuse to give him anything, and what was given before counts for
nothing (``loading`` asks ``is_kept_out``). A superuser has no duty; he is for emergencies, and told so.
"""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from erp_site.shared.errors import BusinessError, NotAllowed

from .logs import changes
from .models import Delegation, Duty, Installation, Membership, Override, RightChange, User

SYSTEM, SECURITY, AUDIT = Duty.SYSTEM, Duty.SECURITY, Duty.AUDIT
CREATOR = "creator"  # no administrator: somebody who may make account sets

# duty → (name of the group, "app.codename" of what it opens)
DUTIES: dict[str, tuple[str, tuple[str, ...]]] = {
    SYSTEM: (
        gettext_noop("系统管理员"),
        (
            "permissions.add_user",
            "permissions.change_user",
            "permissions.view_user",
            "permissions.add_department",
            "permissions.change_department",
            "permissions.view_department",
            "permissions.view_company",
            "permissions.view_position",
            "ledgers.view_ledger",
            "ledgers.view_coderule",
            "ledgers.add_coderule",
            "ledgers.change_coderule",
            "ledgers.delete_coderule",
            "jobs.view_job",
            "jobs.change_job",
            "jobs.view_schedule",
            "jobs.change_schedule",
            "jobs.view_workerheartbeat",
        ),
    ),
    SECURITY: (
        gettext_noop("安全管理员"),
        (
            "permissions.view_user",
            "permissions.view_department",
            "permissions.view_role",
            "permissions.change_role",
            "permissions.view_rowscope",
            "permissions.add_rowscope",
            "permissions.change_rowscope",
            "permissions.delete_rowscope",
            "permissions.view_fieldrule",
            "permissions.add_fieldrule",
            "permissions.change_fieldrule",
            "permissions.delete_fieldrule",
            "permissions.view_membership",
            "permissions.add_membership",
            "permissions.delete_membership",
            "permissions.view_departmentrole",
            "permissions.view_override",
            "permissions.view_delegation",
            "ledgers.view_ledger",
        ),
    ),
    CREATOR: (gettext_noop("账套建立人"), ("ledgers.add_ledger",)),
    AUDIT: (
        gettext_noop("审计管理员"),
        (
            "admin.view_logentry",
            "permissions.view_user",
            "permissions.view_department",
            "permissions.view_role",
            "permissions.view_rowscope",
            "permissions.view_fieldrule",
            "permissions.view_membership",
            "permissions.view_departmentrole",
            "permissions.view_override",
            "permissions.view_delegation",
            "permissions.view_accessrecord",
            "permissions.view_rightchange",
            "permissions.view_loginrecord",
            "permissions.view_installation",
            "ledgers.view_ledger",
            "ledgers.view_ledgerevent",
            "imports.view_exportjob",
            "jobs.view_job",
        ),
    ),
}


def group_of(duty: str) -> Group:
    """The group of a duty with exactly its permissions; made or mended when it is not so."""
    name, wanted = DUTIES[duty]
    group, _made = Group.objects.get_or_create(name=_(name))
    condition = Q()
    for permission in wanted:
        app, codename = permission.split(".")
        condition |= Q(content_type__app_label=app, codename=codename)
    group.permissions.set(Permission.objects.filter(condition))
    return group


def mend_groups(**_signal) -> None:
    """After an upgrade: every group of a duty that is there has what the duty opens now."""
    for duty, (name, _wanted) in DUTIES.items():
        if Group.objects.filter(name=_(name)).exists():
            group_of(duty)


# --- 三员 ------------------------------------------------------------------------------------------------------


def assign(user: User, duty: str, *, by: User | None) -> None:
    """Give ``user`` this duty in the place of the one he has; "" takes it. Raises BusinessError (``field``), NotAllowed.

    A duty makes him staff (the administration pages open), and ends it when taken. Only a superuser, or a command, gives duties.
    """
    require_superuser(by)
    with transaction.atomic():
        present = User.objects.select_for_update().get(pk=user.pk)
        require_fit(present, duty)
        before = present.duty
        user.duty, user.is_staff = duty, bool(duty) or user.is_superuser
        user.save(update_fields=["duty", "is_staff"])
        follow(user)
        if before != duty:
            words = {"before": label_of(before), "after": label_of(duty)}
            detail = _("职责：%(before)s → %(after)s") % words
            changes.note(
                None, RightChange.Kind.DUTY_CHANGED, by=by, user=user, detail=detail, before=before, after=duty
            )


def follow(user: User) -> None:
    """Make the groups what the column says; other groups stay."""
    others = user.groups.exclude(name__in=[_(DUTIES[duty][0]) for duty in Duty.values])
    user.groups.set([*others, *([group_of(user.duty)] if user.duty else [])])


def label_of(duty: str) -> str:
    """The duty in words, 无 for none."""
    return str(Duty(duty).label) if duty else _("无")


def require_fit(user: User, duty: str) -> None:
    """Raise BusinessError when ``user`` cannot have this duty."""
    if duty not in ("", *Duty.values):
        raise BusinessError(_("没有这种职责。"), code="duty.unknown", field="duty")
    if duty and user.is_superuser:
        raise BusinessError(
            _("超级管理员不能同时担任系统、安全或审计管理员。"),
            code="duty.superuser",
            field="duty",
            remedy=_("请为这项职责另设一个账号。"),
        )
    if duty and is_separated() and (found := given_in_sets(user)):
        raise BusinessError(
            _("三员分立已启用，「%(user)s」还有账套中的授权：%(given)s。") % {"user": user, "given": "；".join(found)},
            code="duty.in_sets",
            field="duty",
            remedy=_("请先移除这些授权。"),
        )


def given_in_sets(user: User) -> list[str]:
    """Everything that opens, or will open, an account set for him, in words."""
    found = [
        _("账套 %(ledger)s 的角色「%(role)s」") % {"ledger": each.ledger.code, "role": each.role}
        for each in Membership.objects.filter(user=user).select_related("ledger", "role")
    ]
    found += [
        _("账套 %(ledger)s 的个人例外") % {"ledger": code}
        for code in Override.objects.filter(user=user, is_denied=False)
        .values_list("ledger__code", flat=True)
        .distinct()
    ]
    lent = Delegation.objects.filter(Q(delegate=user) | Q(delegator=user)).values_list("ledger__code", flat=True)
    found += [_("账套 %(ledger)s 的代理") % {"ledger": code} for code in lent.distinct()]
    return found


# --- 三员分立 ----------------------------------------------------------------------------------------------------


def is_separated() -> bool:
    """Whether 三员分立 is on. One query: asked only about people who have a duty."""
    return Installation.objects.filter(duties_are_separated=True).exists()


def is_kept_out(user: User) -> bool:
    """Whether this user is nobody in every account set, whatever was given to him. No query for who has no duty."""
    return bool(user.duty) and is_separated()


def require_business(user: User, *, field: str = "user") -> None:
    """Before anything of an account set is given to ``user``: raises BusinessError when his duty forbids it."""
    if is_kept_out(user):
        raise BusinessError(
            _("「%(user)s」是%(duty)s，三员分立已启用，不能在账套中获得任何授权。")
            % {"user": user, "duty": label_of(user.duty)},
            code="duty.kept_out",
            field=field,
            remedy=_("请选择业务人员；管理员需要业务权限时另设一个账号。"),
        )


def separate(on: bool, *, by: User | None) -> None:
    """Switch 三员分立. Raises BusinessError while somebody stands against it, NotAllowed for who is no superuser."""
    require_superuser(by)
    with transaction.atomic():
        row, _made = Installation.objects.select_for_update().get_or_create(pk=1)
        if row.duties_are_separated == on:
            return
        if on and (found := obstacles()):
            raise BusinessError(
                _("现在不能启用三员分立：%(found)s。") % {"found": "；".join(found)}, code="duty.obstacles"
            )
        row.duties_are_separated, row.changed_by = on, by
        row.save()
        detail = _("启用三员分立") if on else _("停用三员分立")
        changes.note(None, RightChange.Kind.SEPARATION, by=by, detail=detail, before=not on, after=on)


def obstacles() -> list[str]:
    """What must be settled before 三员分立 can be switched on, in sentences."""
    missing = [
        str(Duty(duty).label) for duty in Duty.values if not User.objects.filter(duty=duty, is_active=True).exists()
    ]
    found = [_("还没有%(duties)s") % {"duties": "、".join(missing)}] if missing else []
    for user in holders():
        if given := given_in_sets(user):
            words = {"user": user, "duty": label_of(user.duty), "given": "、".join(given)}
            found.append(_("「%(user)s」（%(duty)s）有%(given)s") % words)
    return found


def holders() -> QuerySet[User]:
    """Everybody who has one of the three duties."""
    return User.objects.exclude(duty="").order_by("duty", "username")


def faults() -> list[str]:
    """What the database holds that the rules forbid; for ``verify_invariants``."""
    found = [
        f"D1 {user.username}: groups do not follow the duty"
        for user in User.objects.filter(
            Q(groups__name__in=[_(DUTIES[duty][0]) for duty in Duty.values]) | ~Q(duty="")
        ).distinct()
        if _groups(user) != ({_(DUTIES[user.duty][0])} if user.duty else set())
    ]
    if is_separated():
        found += [
            f"D2 {user.username}: {user.duty} has grants in account sets" for user in holders() if given_in_sets(user)
        ]
    return found


def _groups(user: User) -> set[str]:
    names = {_(DUTIES[duty][0]) for duty in Duty.values}
    return names & set(user.groups.values_list("name", flat=True))


def require_superuser(user: User | None) -> None:
    """Raise NotAllowed unless it is a superuser, or a command."""
    if user is not None and not (user.is_active and user.is_superuser):
        raise NotAllowed(
            _("只有超级管理员可以设置职责和三员分立。"),
            rule=_("需要超级管理员账号"),
            remedy=_("请联系超级管理员办理。"),
        )
