"""Assigning customers of a group set to company sets, keeping the copies up to their masters, and ending it.

What lives here: which sets belong together, the verbs, and which fields the group keeps. What does not: pages (``views``) and the
background runs (``jobs``). A copy is an ordinary customer of its set with a number of its own; the fields that the group keeps follow
the master and are refused for editing there, everything else (number, owner, category, credit …) is the company's.

Each side knows the other's number as a foreign number (system = code of the set), so any of them finds the customer.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.jobs import queue
from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.actor import Actor, Door
from permissions.rights import Right

from ..fields import Catalogue, Field
from ..models import Assignment, ChangeBatch, Customer
from ..services import writing
from ..services.edits import Edit, accepted
from ..services.pipeline import Pipeline, Policy

CHUNK = 500
# Fields of the customer row that can never be the group's: they mean something in one set only.
_OWN = frozenset({"number", "category", "sales_region", "tags", "owner", "department", "status", "grade", "source",
                  "credit_limit", "credit_days",
                  "next_review_on"})  # fmt: skip


# --- which sets belong together --------------------------------------------------------------------------------------


def company_ledgers(group: Ledger, user) -> list[Ledger]:
    """Active company sets of a group in which ``user`` may add customers; all of them when there is no user (the system)."""
    found = group.company_ledgers.filter(state=Ledger.State.ACTIVE).order_by("code")
    return [each for each in found if user is None or Actor.of(user, each.pk, Door.WEB).can(Right.ADD)]


def possible_groups(ledger: Ledger, user) -> list[Ledger]:
    """Sets that may become the group of ``ledger``: active, not in a group themselves, configured by the same user."""
    candidates = Ledger.objects.of_member(user).filter(state=Ledger.State.ACTIVE, group=None).exclude(pk=ledger.pk)
    return [each for each in candidates if Actor.of(user, each.pk, Door.WEB).can(Right.CONFIGURE)]


@transaction.atomic
def join(ledger: Ledger, group: Ledger | None, *, by) -> bool:
    """Put a set under a group set, or take it out (``group`` None); False when nothing changes.

    Raises BusinessError for a set that has companies of its own, a group that has a group, or copies that still follow.
    """
    current = changeable(ledger)
    if current.group_id == (group.pk if group else None):
        return False
    if group is not None and (group.pk == current.pk or group.group_id):
        raise BusinessError(_("集团账套本身不能再属于别的集团账套。"), code="group.nested", field="group")
    if group is not None and current.company_ledgers.exists():
        raise BusinessError(
            _("本账套已是其他账套的集团账套，不能再加入集团。"), code="group.has_companies", field="group"
        )
    following = Assignment.objects.filter(ledger=current, ended_at=None).count()
    if following:
        raise BusinessError(
            _("还有 %(count)s 个客户由集团账套分配而来。") % {"count": following},
            code="group.in_use",
            field="group",
            remedy=_("请先在集团账套中取消这些分配。"),
        )
    Ledger.objects.filter(pk=current.pk).update(group=group)
    detail = _("加入集团账套 %(code)s") % {"code": group.code} if group else _("退出集团账套")
    note(current, LedgerEvent.Kind.SETTINGS, by=by, detail=detail)
    ledger.group = group
    return True


# --- what the group keeps --------------------------------------------------------------------------------------------


def shareable(catalogue: Catalogue) -> list[Field]:
    """Fields that a group may keep for its companies."""
    return [
        each
        for each in catalogue.fields
        if not each.part and not each.read_only and each.key not in _OWN and getattr(each, "custom", None) is None
    ]


def shared_keys(group: Ledger) -> list[str]:
    """Keys of the fields that the group keeps."""
    return list(group.parameter("shared_fields"))


def kept_by_group(ledger: Ledger, ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """Customer id → keys that the group keeps, for those of ``ids`` that are copies; no query in a set without a group."""
    if ledger.group_id is None:
        return {}
    copies = Assignment.objects.filter(copy_id__in=list(ids), ended_at=None).values_list("copy_id", flat=True)
    keys = frozenset(shared_keys(ledger.group)) if copies else frozenset()
    return dict.fromkeys(copies, keys)


def group_of(customer: Customer) -> Ledger | None:
    """The group set whose master a customer follows."""
    row = Assignment.objects.filter(copy=customer, ended_at=None).select_related("master__ledger").first()
    return row.master.ledger if row else None


def refuse_kept(pipeline: Pipeline, edits: list[Edit]) -> None:
    """The pipeline's stage: fields that the group keeps are not changed in a company set."""
    if pipeline.ledger.group_id is None or pipeline.by.is_system:
        return
    kept = kept_by_group(pipeline.ledger, {edit.customer_id for edit in edits if not edit.is_add})
    if not kept:
        return
    stored = {row["id"]: row for row in Customer.objects.filter(pk__in=kept).values()}
    for edit in edits:
        for key in kept.get(edit.customer_id, frozenset()) & edit.values.keys():
            each = pipeline.catalogue.get(key)
            if each and (stored[edit.customer_id][each.column] or None) != (edit.values[key] or None):
                edit.problem(
                    key,
                    "field.kept_by_group",
                    _("「%(field)s」由集团账套 %(code)s 统一维护，不能在本账套修改。")
                    % {"field": each.label, "code": pipeline.ledger.group.code},
                    suggestion=_("请在集团账套中修改，保存后会自动同步到这里。"),
                )


# --- assigning -------------------------------------------------------------------------------------------------------


@dataclass
class Plan:
    """What assigning would do: masters that get a new customer, those that are linked to one, those that cannot."""

    new: list[Customer] = field(default_factory=list)
    linked: list[tuple[Customer, Customer]] = field(default_factory=list)  # (master, the company's own record of him)
    already: list[Customer] = field(default_factory=list)
    refused: list[tuple[Customer, str]] = field(default_factory=list)
    edits: dict[int, Edit] = field(default_factory=dict)  # master id → how the new customer would be added


def plan(masters: list[Customer], to: Ledger, *, by: Actor, reason: str = "") -> Plan:
    """What ``assign`` would do with these customers of the group set; a constant number of queries.

    A company's record with the same credit code is linked instead of added a second time. Raises BusinessError when ``to`` is no
    company set of theirs, NotAllowed without the right to edit here or to add there.
    """
    group = masters[0].ledger if masters else None
    if group is None or to.group_id != group.pk:
        raise BusinessError(_("目标账套不属于本集团账套。"), code="assign.not_company")
    to.require_writable()
    by.require(Right.EDIT)
    there = _there(by, to)
    there.require(Right.ADD)
    made = Plan()
    known = {
        row.master_id: row for row in Assignment.objects.filter(ledger=to, master__in=masters).select_related("copy")
    }
    waiting = [each for each in masters if each.pk not in known or known[each.pk].ended_at]
    made.already = [each for each in masters if each not in waiting]
    twins = _twins(waiting, to)
    for master in waiting:
        if master.state != Customer.State.ACTIVE:
            made.refused.append((master, _("客户已停用或归档。")))
        elif master.pk in known:
            made.linked.append((master, known[master.pk].copy))
        elif master.uscc and master.uscc in twins:
            made.linked.append((master, twins[master.uscc]))
        else:
            made.edits[master.pk] = Edit(
                values=_shared_values(master, group),
                foreign={group.code: master.number},
                reason=reason or _("集团分配"),  # what the group saved for a reason is not asked for again
            )
    _prepare(made, {each.pk: each for each in waiting}, to, there)
    return made


def _prepare(made: Plan, masters: dict[int, Customer], to: Ledger, there: Actor) -> None:
    """Let the company's own rules judge what would be added there."""
    Pipeline(to, there, Policy(report_duplicates=True)).prepare(list(made.edits.values()))
    for pk, edit in list(made.edits.items()):
        if edit.refused:
            message = next(problem.message for problem in edit.problems if problem.severity != "warning")
            made.refused.append((masters[pk], message))
            del made.edits[pk]
        else:
            made.new.append(masters[pk])


def assignable(by: Actor, to: Ledger, category: int | None = None):
    """Active customers that ``by`` sees, of a category if one is named, that ``to`` does not carry yet."""
    rows = Customer.objects.visible_to(by).filter(state=Customer.State.ACTIVE)
    if category:
        rows = rows.filter(category_id=category)
    return rows.exclude(assignments__in=Assignment.objects.filter(ledger=to, ended_at=None))


def ask_for_many(group: Ledger, to: Ledger, category: int | None, *, by: Actor, reason: str) -> Job:
    """Assign all ``assignable`` customers in the background; the same wish that waits or runs already is returned."""
    if to.group_id != group.pk:
        raise BusinessError(_("目标账套不属于本集团账套。"), code="assign.not_company")
    group.require_writable()
    to.require_writable()
    by.require(Right.EDIT)
    _there(by, to).require(Right.ADD)
    params = {"ledger": group.pk, "to": to.pk, "category": category, "reason": reason[:200]}
    return queue.enqueue(ASSIGN, params, by=by.user, ledger_code=group.code, unique_key=f"assign:{group.pk}:{to.pk}")


def assign(masters: list[Customer], to: Ledger, *, by: Actor, reason: str = "") -> Plan:
    """Assign customers of a group set to one of its company sets; returns what was done. See ``plan`` for what is raised."""
    made = plan(masters, to, by=by, reason=reason)
    there = _there(by, to)
    group = masters[0].ledger
    if made.edits:
        edits = list(made.edits.values())

        def link_new() -> None:
            _link([(pk, edit.customer_id) for pk, edit in made.edits.items()], to, by)

        writing.write(
            edits, ledger=to, by=there, kind=ChangeBatch.Kind.ASSIGN, reason=reason or _("集团分配"), inside=link_new
        )
    if made.linked:
        with transaction.atomic():
            _link([(master.pk, copy.pk) for master, copy in made.linked], to, by)
    _tell_numbers(group, to, [each.pk for each in (*made.new, *(master for master, _copy in made.linked))], by)
    bring_up(group)
    return made


def _link(pairs: list[tuple[int, int]], to: Ledger, by: Actor) -> None:
    """Rows of assignment; one that had ended is taken up again. Version 0 makes the next run bring the copy up to its master."""
    ended = set(
        Assignment.objects.filter(ledger=to, master_id__in=[master for master, _copy in pairs]).values_list(
            "master_id", flat=True
        )
    )
    Assignment.objects.filter(ledger=to, master_id__in=ended).update(ended_at=None, master_version=0)
    Assignment.objects.bulk_create(
        Assignment(master_id=master, ledger=to, copy_id=copy, by=by.user)
        for master, copy in pairs
        if master not in ended
    )


def _tell_numbers(group: Ledger, to: Ledger, masters: list[int], by: Actor) -> None:
    """The master knows its number in the company set, the linked record that in the group set."""
    rows = list(Assignment.objects.filter(ledger=to, master_id__in=masters).select_related("master", "copy"))
    here = [Edit(foreign={to.code: row.copy.number}, customer_id=row.master_id) for row in rows]
    there = [Edit(foreign={group.code: row.master.number}, customer_id=row.copy_id) for row in rows]
    for ledger, edits in ((group, here), (to, there)):
        system = Actor.system(ledger.pk, Door.JOB, request_id=by.request_id)
        Pipeline(ledger, system, Policy(report_duplicates=True)).prepare(edits)
        if wanted := accepted(edits):
            writing.write(wanted, ledger=ledger, by=system, kind=ChangeBatch.Kind.ASSIGN, reason=_("集团分配"))


def _there(by: Actor, to: Ledger) -> Actor:
    """The same doer in the company set."""
    if by.user is None:
        return Actor.system(to.pk, by.door, request_id=by.request_id)
    return Actor.of(by.user, to.pk, by.door, request_id=by.request_id)


def _twins(masters: list[Customer], to: Ledger) -> dict[str, Customer]:
    """Credit code → the one record of the company set that bears it and follows no master yet."""
    codes = [each.uscc for each in masters if each.uscc]
    found: dict[str, list[Customer]] = {}
    rows = (
        Customer.objects.of(to.pk)
        .filter(uscc__in=codes)
        .exclude(assigned_from__ended_at=None, assigned_from__isnull=False)
    )
    for row in rows:
        found.setdefault(row.uscc, []).append(row)
    return {code: rows[0] for code, rows in found.items() if len(rows) == 1}


def _shared_values(master: Customer, group: Ledger) -> dict[str, Any]:
    """The values that the group keeps, raw as a door would hand them in."""
    catalogue = Catalogue.of(group)
    keys = ["name", *shared_keys(group)]
    values = {
        key: getattr(master, each.column)
        for key in dict.fromkeys(keys)
        if (each := catalogue.get(key)) and not each.part and key not in _OWN
    }
    if values.get("registered_capital") is not None and master.capital_currency not in ("", "CNY"):
        values["registered_capital"] = f"{master.registered_capital:f} {master.capital_currency}"
    return values


# --- following -------------------------------------------------------------------------------------------------------


def behind(group: Ledger):
    """Assignments in active sets whose master has changed since the copy was brought up."""
    return Assignment.objects.filter(
        master__ledger=group,
        ended_at=None,
        master_version__lt=F("master__version"),
        ledger__state=Ledger.State.ACTIVE,
    )


def after_write(ledger: Ledger, ids: list[int]) -> None:
    """Called in the transaction of every write that changed customers: copies of these are brought up soon."""
    if ledger.group_id is None and Assignment.objects.filter(master_id__in=ids, ended_at=None).exists():
        bring_up(ledger)


def bring_up(group: Ledger) -> None:
    """Ask for a run that brings every copy up to its master."""
    queue.enqueue(FOLLOW, {"ledger": group.pk}, ledger_code=group.code, unique_key=f"assign:{group.pk}")


FOLLOW, ASSIGN = "customers.follow_masters", "customers.assign"


def follow(rows: list[Assignment], group: Ledger, *, check: Callable[[], None]) -> tuple[int, list[str]]:
    """Bring the copies of one active company set up to their masters, in one write.

    Returns how many changed, and what the company's own rules kept out, in words. ``check`` runs in the writer's transaction.
    """
    to = rows[0].ledger
    system = Actor.system(to.pk, Door.JOB)
    edits = [
        Edit(
            values=_shared_values(row.master, group),
            foreign={group.code: row.master.number},
            customer_id=row.copy_id,
            reason=_("集团账套同步"),
        )
        for row in rows
    ]
    Pipeline(to, system, Policy(report_duplicates=True)).prepare(edits)
    kept_out = []
    for row, edit in zip(rows, edits, strict=True):
        # What one company's rules refuse must not hold back the rest of the fields, nor the other customers, for ever.
        for problem in edit.problems:
            if problem.severity != "warning":
                edit.values.pop(problem.field, None)
                kept_out.append(f"{to.code} {row.copy.number}：{problem.message}")
        edit.problems = []

    def seal() -> None:
        check()
        for row in rows:
            row.master_version = row.master.version
        Assignment.objects.bulk_update(rows, ["master_version"])

    outcome = writing.write(
        edits, ledger=to, by=system, kind=ChangeBatch.Kind.ASSIGN, reason=_("集团账套同步"), inside=seal
    )
    return len(outcome.updated), kept_out


# --- ending ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def unassign(assignment: Assignment, *, by: Actor) -> None:
    """取消分配: the company's record stays with all it has, and is the company's alone from now on.

    Raises NotAllowed without the right to edit in the group set.
    """
    by.require(Right.EDIT)
    assignment.master.ledger.require_writable()
    Assignment.objects.filter(pk=assignment.pk, ended_at=None).update(ended_at=timezone.now())


__all__ = [
    "after_write",
    "ask_for_many",
    "assign",
    "assignable",
    "behind",
    "bring_up",
    "company_ledgers",
    "follow",
    "group_of",
    "join",
    "kept_by_group",
    "plan",
    "possible_groups",
    "refuse_kept",
    "shareable",
    "shared_keys",
    "unassign",
]
