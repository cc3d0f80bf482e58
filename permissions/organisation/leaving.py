"""离职: the login ends, memberships end, subordinates and posts pass to a successor; and coming back.

What lives here: the verbs. What does not: his customers; each account set where he owned some hands them over on a page of its own.

A day in the future waits: ``end_due`` runs every morning and closes the logins whose last day has passed.
"""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from ..models import Department, User
from . import access, checks, following, journal, locking, people


def objections(person: User) -> list[str]:
    """Why he cannot leave yet, in sentences; empty when nothing stands against it."""
    return [sentence for ask in following.objections_to_leaving for sentence in ask(person)]


@transaction.atomic
def leave(
    person: User,
    *,
    on: date,
    superior: User | None = None,
    head: User | None = None,
    by: User | None,
) -> User:
    """Let ``person`` leave: ``superior`` becomes the superior of his subordinates, ``head`` the head of his departments.

    ``on``: his last day. Today or earlier, his login ends at once; later, on the day after. Raises BusinessError (``field``)
    when a successor is missing or unfit, or when something above stands against it; NotAllowed.
    """
    access.require_change(by)
    locking.hold()
    person, superior, head = map(locking.fresh, (person, superior, head))
    access.require_change_person(by, person)
    if by is not None and by.pk == person.pk:
        raise BusinessError(_("不能为自己办理离职。"), code="leaving.self", remedy=_("请由另一位系统管理员办理。"))
    if not person.is_active:
        raise BusinessError(_("「%(user)s」已经停用或离职。") % {"user": person}, code="leaving.done")
    found = objections(person)
    if found:
        raise BusinessError("；".join(found), code="leaving.objection")
    _pass_on(person, superior, head)
    person.left_on = on
    person.save(update_fields=["left_on"])
    text = _("办理离职，离职日期 %(on)s；下属转给：%(superior)s；部门负责人转给：%(head)s")
    journal.note(person, text % {"on": on, "superior": superior or "—", "head": head or "—"}, by=by)
    if on <= timezone.localdate():
        _end(person, on, by)
    return person


def _pass_on(person: User, superior: User | None, head: User | None) -> None:
    lower = people.subordinates(person)
    posts = Department.objects.filter(head=person, is_active=True)
    for successor, needed, field, missing in (
        (superior, lower.exists(), "superior", _("他还有下属，请选择接任的上级。")),
        (head, posts.exists(), "head", _("他是部门负责人，请选择接任者。")),
    ):
        if needed and successor is None:
            raise BusinessError(missing, code="leaving.successor", field=field)
        if successor and (successor.pk == person.pk or not successor.is_active or successor.left_on):
            raise BusinessError(
                _("「%(user)s」不能接任。") % {"user": successor},
                code="leaving.successor",
                field=field,
                remedy=_("请选择另一位在职人员。"),
            )
    if superior and superior.pk in people.below(person):
        # One of his own people rises: he reports to the leaver's superior, the others to him.
        _raise_within(person, superior)
    elif superior:
        _require_depth(superior, person)
    if superior:
        lower.exclude(pk=superior.pk).update(superior=superior)
    if head:
        posts.update(head=head)


def _raise_within(person: User, superior: User) -> None:
    User.objects.filter(pk=superior.pk).update(superior=person.superior_id)


def _require_depth(superior: User, person: User) -> None:
    """A successor from elsewhere must not stand too deep for those who come under him."""
    depth, node = 1, superior
    while node.superior_id and depth <= checks.DEEPEST_SUPERIOR:
        node, depth = User.objects.get(pk=node.superior_id), depth + 1
    if depth >= checks.DEEPEST_SUPERIOR:
        raise BusinessError(
            _("「%(user)s」的汇报层级太深，不能接收「%(person)s」的下属。") % {"user": superior, "person": person},
            code="organisation.depth",
            field="superior",
        )


def _end(person: User, on: date, by: User | None) -> None:
    """The login is over: the next request of any session finds nobody."""
    person.is_active = False
    person.save(update_fields=["is_active"])
    for end in following.on_leaving:
        end(person, on, by)


def end_due(today: date | None = None) -> int:
    """Close the logins of those whose last day has passed; returns how many."""
    day = today or timezone.localdate()
    count = 0
    for pk in User.objects.filter(is_active=True, left_on__lt=day).values_list("pk", flat=True):
        with transaction.atomic():
            person = User.objects.select_for_update().get(pk=pk)
            if person.is_active and person.left_on and person.left_on < day:
                _end(person, person.left_on, None)
                count += 1
    return count


@transaction.atomic
def come_back(person: User, *, by: User | None) -> User:
    """恢复在职: the login works again, with the password it had. Memberships do not come back; each set gives them anew."""
    access.require_change(by)
    locking.hold()
    person = locking.fresh(person)
    access.require_change_person(by, person)
    if person.is_active and not person.left_on:
        raise BusinessError(_("「%(user)s」在职。") % {"user": person}, code="leaving.present")
    person.is_active, person.left_on = True, None
    person.save(update_fields=["is_active", "left_on"])
    journal.note(person, _("恢复在职"), by=by)
    return person
