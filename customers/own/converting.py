"""Another type for an own field that has values: what would become of each value, and the change itself in the background.

What lives here: the preview, the refusal of a loss that nobody chose, and the work through the writer (history kept, a thousand customers a
transaction, going on behind the last one after a kill). What does not: settings without another type (``custom_fields``).

While it runs the field is in no catalogue: nobody can write it, so no value slips in between the old type and the new.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from erp_site.jobs import queue
from erp_site.jobs.models import Job
from erp_site.jobs.running import JobFailed, RunningJob
from erp_site.shared.errors import BusinessError
from ledgers.models import LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.actor import Actor, Door
from permissions.everybody import people_of
from permissions.models import User
from permissions.rights import Right

from ..fields import Catalogue, Field, own_field
from ..models import ChangeBatch, ChoiceSet, CustomField
from ..search import index
from ..services import writing
from ..services.edits import Edit
from . import designing as custom_fields
from . import indexing as own_indexing
from . import scanning as own_scanning
from . import values as own_values
from .cleaning import OwnCleaner
from .designing import Sample, Unfit

JOB = "customers.convert_field"
STEP = 1_000
EXAMPLES = 10

T = CustomField.Type
State = CustomField.State

# Types that nothing is converted from or to: a file is no text, and a formula makes its values itself.
FIXED = frozenset({T.FILE, T.FORMULA})


@dataclass
class Conversion:
    """What would become of the stored values: numbers of customers, and examples old → new (``Sample.why`` is the new text)."""

    total: int = 0
    blank: int = 0
    convertible: int = 0
    examples: list[Sample] = field(default_factory=list)
    lost: Unfit = field(default_factory=Unfit)
    repeated: int = 0  # values that would be equal, of a field that may not repeat

    @property
    def loses(self) -> bool:
        return bool(self.lost.count)


def targets(row: CustomField) -> list[str]:
    """The types that the field could be given."""
    if row.type in FIXED:
        return []
    kept = custom_fields.MAY_BE_SENSITIVE if row.is_sensitive else set(T.values)
    return [type for type in T.values if type not in FIXED and type != row.type and type in kept]


def preview(row: CustomField, type: str, values: Mapping[str, Any], *, by: Actor) -> Conversion:
    """What changing the type would do; nothing is written. ``values`` are settings of the new type (its choice set, decimals …).

    Raises NotAllowed, BusinessError for settings that are wrong.
    """
    by.require(Right.CONFIGURE)
    row = CustomField.objects.select_related("ledger", "choice_set").get(pk=row.pk)
    return _preview(own_field(row), own_field(_trial(row, type, values)), by)


def convert(
    row: CustomField, type: str, values: Mapping[str, Any], *, by: Actor, reason: str = "", clear_lost: bool = False
) -> Job:
    """Begin the change of type. Values that cannot be converted refuse it (``field.loss``), unless ``clear_lost`` says to blank them.

    Raises NotAllowed, BusinessError.
    """
    by.require(Right.CONFIGURE)
    old = _claim(row, type, values)
    try:
        found = _preview(own_field(old), own_field(_trial(old, type, values)), by)
        if found.loses and not clear_lost:
            raise _loss(found)
        if found.repeated:
            raise BusinessError(
                _("转换后有 %(count)s 个值重复，而该字段不可重复。") % {"count": f"{found.repeated:,}"},
                code="field.duplicates",
            )
        return _begin(old, type, values, by, reason, clear_lost)
    except BaseException:
        CustomField.objects.filter(pk=old.pk, state=State.CONVERTING, type=old.type).update(state=State.ACTIVE)
        raise


def _claim(row: CustomField, type: str, values: Mapping[str, Any]) -> CustomField:
    """Take the field out of every catalogue, so that what is counted now is what is converted later."""
    with transaction.atomic():
        changeable(row.ledger).require_writable()
        row = CustomField.objects.select_for_update(of=("self",)).select_related("ledger", "choice_set").get(pk=row.pk)
        if row.state == State.CONVERTING and Job.objects.filter(_begun(row)).exists():
            raise BusinessError(
                _("字段「%(label)s」正在转换类型。") % {"label": row.label},
                code="field.converting",
                remedy=_("请等待完成；如已中断，请在“停用与回收站”中继续。"),
            )
        if row.state not in (State.ACTIVE, State.CONVERTING):
            raise BusinessError(_("请先启用字段「%(label)s」。") % {"label": row.label}, code="field.state")
        if ChangeBatch.objects.filter(ledger=row.ledger, state=ChangeBatch.State.OPEN).exists():
            raise BusinessError(
                _("有导入尚未完成，它还按原来的类型写入。"),
                code="field.import_running",
                remedy=_("请先完成或取消该导入，再更改类型。"),
            )
        _trial(row, type, values)
        CustomField.objects.filter(pk=row.pk).update(state=State.CONVERTING)
    return row


def _begun(row: CustomField) -> Q:
    """A conversion that waits, runs or was broken off: it alone knows the old type, so it must be the one that ends."""
    return Q(kind=JOB, unique_key=_unique(row)) & ~Q(status=Job.Status.SUCCEEDED)


def _unique(row: CustomField) -> str:
    return f"own-convert:{row.pk}"


def _begin(old: CustomField, type: str, values: Mapping[str, Any], by: Actor, reason: str, clear_lost: bool) -> Job:
    with transaction.atomic():
        new = _trial(old, type, values)
        new.state, new.is_indexed, new.worked_to = State.CONVERTING, False, 0
        new.save()
        about = {
            "field": old.pk,
            "before": {"type": old.type, "choice_set": old.choice_set_id, "decimals": old.decimals},
            "clear_lost": clear_lost,
            "reason": reason[:200],
        }
        told = _("自定义字段：把「%(label)s」由%(old)s改为%(new)s") % {
            "label": old.label, "old": old.get_type_display(), "new": new.get_type_display()}  # fmt: skip
        note(old.ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=told, reason=reason)
        return queue.enqueue(JOB, about, by=by.user, ledger_code=old.ledger.code, unique_key=_unique(old))


def fault(row: CustomField) -> str | None:
    """Why a field that is being converted does not get on; None while the work waits or runs."""
    found = Job.objects.filter(_begun(row)).order_by("-pk").first()
    if found is None:
        return _("转换没有开始。")
    if found.status in (Job.Status.FAILED, Job.Status.CANCELLED):
        return found.error or found.get_status_display()
    return None


def resume(row: CustomField, *, by: Actor) -> None:
    """Go on with a conversion that was broken off, behind the last customer that it changed; one that never began is taken back.

    Raises NotAllowed, BusinessError while it runs, or when the field is not being converted.
    """
    by.require(Right.CONFIGURE)
    with transaction.atomic():
        changeable(row.ledger).require_writable()
        row = CustomField.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if row.state != State.CONVERTING:
            raise BusinessError(_("字段「%(label)s」没有在转换类型。") % {"label": row.label}, code="field.state")
        found = Job.objects.filter(_begun(row)).order_by("-pk").first()
        if found is None:
            CustomField.objects.filter(pk=row.pk).update(state=State.ACTIVE)
        else:
            queue.retry(found)


def _loss(found: Conversion) -> BusinessError:
    error = BusinessError(
        _("有 %(count)s 位客户的内容不能转换。") % {"count": f"{found.lost.count:,}"},
        code="field.loss",
        field="clear_lost",
        remedy=_("请先改正这些内容，或明确选择“清空不能转换的值”。"),
    )
    error.found = found
    return error


def _trial(row: CustomField, type: str, values: Mapping[str, Any]) -> CustomField:
    """The field as it would be, not saved: settings that the new type has not fall away."""
    if type not in targets(row):
        raise BusinessError(
            _("%(old)s类型的字段不能改为「%(new)s」。")
            % {"old": row.get_type_display(), "new": dict(T.choices).get(type, type)},
            code="field.type",
            field="type",
        )
    trial = CustomField.objects.select_related("ledger", "choice_set").get(pk=row.pk)
    trial.type, trial.default = type, None
    trial.is_unique = trial.is_unique and type in custom_fields.MAY_BE_UNIQUE
    trial.is_searchable = trial.is_searchable and type in custom_fields.TEXTS
    limits = {"max_length": None, "min_length": None, "lowest": "", "highest": "", "pattern": "", "pattern_message": ""}
    custom_fields.judge(trial, {**limits, **values})
    return trial


# --- one value ------------------------------------------------------------------------------------------------------------


def _preview(old: Field, new: Field, by: Actor) -> Conversion:
    found, lost, examples = Conversion(total=own_scanning.count_all(old)), [], []
    become, claims = _converter(old, new), {}
    filled = 0
    for value, count, pk in own_scanning.distinct(old):
        filled += count
        clean, why = become(value)
        if why:
            lost.append((value, count, pk, why))
            continue
        found.convertible += count
        if len(examples) < EXAMPLES:
            examples.append((value, pk, custom_fields.said(new, clean) or _("（空）")))
        if new.custom.is_unique and not own_values.is_blank(clean):
            claim = own_values.claim_of(new, clean)
            found.repeated += int(claim in claims or count > 1)
            claims[claim] = True
    found.blank = found.total - filled
    found.lost = custom_fields.listed(old, by, lost)
    found.examples = custom_fields.samples(old, by, examples)
    return found


def _converter(old: Field, new: Field) -> Callable[[Any], tuple[Any, str]]:
    """A function value → (clean value of the new type, "" or why it cannot be one); references are read once."""
    names = _names(old)
    cleaner = OwnCleaner(Catalogue(old.custom.ledger), Actor.system(old.custom.ledger_id, Door.JOB))
    clean_new = cleaner.cleaner(new)

    def become(value: Any) -> tuple[Any, str]:
        raw = names.get(value, "") if old.type in (T.USER, T.CUSTOMER) else custom_fields.said(old, value)
        clean, problem = clean_new(raw)
        if problem is not None and problem.severity == "error":
            return None, problem.message
        return clean, "" if not own_values.is_blank(clean) or own_values.is_blank(value) else _("转换后为空")

    return become


def _names(old: Field) -> Mapping[Any, str]:
    """What people and customers are called, read when first asked for."""
    if old.type == T.USER:
        rows = people_of(old.custom.ledger_id)
        return {row.pk: str(row) for row in rows}
    return _Numbers(old.custom.ledger_id) if old.type == T.CUSTOMER else {}


class _Numbers(dict):
    """Customer id → number, one look-up for each that is met."""

    def __init__(self, ledger_id: int):
        super().__init__()
        self._ledger_id = ledger_id

    def get(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = own_scanning.number_of(key, self._ledger_id)
        return self[key] or default


# --- the work ---------------------------------------------------------------------------------------------------------------


def run(running: RunningJob) -> dict[str, Any]:
    """The handler: {"changed", "cleared"}. Converts, then makes the copies anew; a run after a kill goes on where the last one stood."""
    row = CustomField.objects.select_related("ledger", "choice_set").filter(pk=running.params["field"]).first()
    if row is None:
        raise JobFailed(_("字段已不存在。"))
    user = User.objects.filter(pk=running.job.created_by_id).first()
    by = Actor.system(row.ledger_id, Door.JOB, request_id=f"job:{running.job.pk}")
    if user is not None:
        by = Actor.of(user, row.ledger_id, Door.JOB, request_id=by.request_id)
    result = {"changed": 0, "cleared": 0}
    if row.state == State.CONVERTING:
        _convert_all(row, running, by, result)
    own_indexing.work(row, running)
    return result


def _convert_all(row: CustomField, running: RunningJob, by: Actor, result: dict[str, int]) -> None:
    before = running.params["before"]
    was = CustomField.objects.get(pk=row.pk)
    was.type, was.decimals, was.ledger = before["type"], before["decimals"], row.ledger
    was.choice_set = ChoiceSet.objects.filter(pk=before["choice_set"]).first()
    old, new = own_field(was), own_field(row)
    become = _converter(old, new)
    batch = ChangeBatch.objects.filter(ledger=row.ledger, request_id=by.request_id).order_by("pk").first()
    total = own_scanning.holders(new).count()
    done = own_scanning.holders(new).filter(pk__lte=row.worked_to).count() if row.worked_to else 0
    for edits, last in _steps(row, old, become):
        cleared = sum(own_values.is_blank(edit.values[row.key]) for edit in edits)
        if cleared and not running.params["clear_lost"]:
            raise JobFailed(_("有内容不能转换，任务已停止；没有清空任何内容。"))
        about = {"ledger": row.ledger, "by": by, "kind": ChangeBatch.Kind.SETTINGS, "reason": running.params["reason"]}
        batch = batch or writing.open_batch(**about)

        def inside(last: int = last) -> None:
            running.check()
            CustomField.objects.filter(pk=row.pk).update(worked_to=last)

        outcome = writing.write(edits, **about, batch=batch, inside=inside)
        result["changed"] += len(outcome.updated)
        result["cleared"] += cleared
        done += len(edits)
        row.worked_to = last
        running.report(done, total)
    row.state, row.worked_to = State.ACTIVE, 0
    row.save(update_fields=["state", "worked_to"])
    index.settle()


def _steps(row: CustomField, old: Field, become: Callable[[Any], tuple[Any, str]]) -> Iterator[tuple[list[Edit], int]]:
    """Edits of a thousand customers each, with the last customer."""
    while True:
        rows = own_scanning.holding_after(old, row.worked_to, STEP)
        if not rows:
            return
        edits = []
        for pk, values in rows:
            clean, why = become(own_values.unsealed(old, values[row.key]))
            edits.append(Edit(values={row.key: None if why else clean}, customer_id=pk))
        yield edits, rows[-1][0]
