"""The wizard's steps about the set itself: 基本信息, 期间与币种, 成员."""

from typing import Any

from django.db import transaction
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import User

from .. import currencies
from ..forms.basics import COPY, PARAMETER_FIELDS, BasicsForm, person_label
from ..forms.calendar import CalendarForm
from ..forms.members import MemberRows, role_choices, role_descriptions
from ..models import Ledger, LedgerCurrency
from ..parameters import PARAMETERS
from ..services import coding, configuration, copying, creating, finding, periods, templates
from ..services.parameters import change_parameters
from .steps import Step


def _text(value: Any) -> str:
    return str(value) if value else _("未填写")


class BasicsStep(Step):
    title = gettext_lazy("基本信息")
    hint = gettext_lazy("账套叫什么，归谁使用，由谁负责。")
    template = "ledgers/wizard/basics.html"

    def open(self, ledger: Ledger | None, user: User, data: Any = None) -> BasicsForm:
        if ledger:
            return BasicsForm(data, instance=ledger)
        first = {"code": coding.propose(), "manager": user.pk, "department": user.department_id}
        return BasicsForm(data, initial=first, copyable=finding.configurable(user))

    @transaction.atomic
    def create(self, form: BasicsForm, by: User) -> Ledger:
        """The draft that a new, valid form describes, with what its template or the copied set brings; BusinessError."""
        values = dict(form.cleaned_data)
        begin = values.pop("template")
        ledger = creating.create_draft(by=by, wizard_step=2, **values)
        if begin.startswith(COPY):
            copying.copy_configuration(finding.by_code(begin.removeprefix(COPY)), ledger, by=by)
        elif begin:
            _lay_template(ledger, begin, by)
        return ledger

    def save(self, ledger: Ledger, form: BasicsForm, by: User) -> None:
        ledger.save(update_fields=list(form.Meta.fields))

    def review(self, ledger: Ledger) -> list[tuple[str, str]]:
        return [
            (_("账套名称"), ledger.name),
            (_("账套编码"), ledger.code),
            (_("账套类型"), ledger.get_kind_display()),
            (_("所属公司"), _text(ledger.company)),
            (_("所属部门"), _text(ledger.department)),
            (_("账套主管"), person_label(ledger.manager) if ledger.manager else _("未填写")),
            *_begun_from(ledger),
        ]

    def missing(self, ledger: Ledger) -> list[str]:
        if not ledger.manager:
            return [_("请指定账套主管。")]
        return [] if ledger.manager.is_active else [_("账套主管「%(user)s」已停用。") % {"user": ledger.manager}]


def _lay_template(ledger: Ledger, code: str, by: User) -> None:
    content = templates.read(code)["sections"]
    try:
        copying.lay_into(ledger, content, by=by, template=code)
    except BusinessError as fault:
        raise BusinessError(
            _("行业模板 %(file)s 不能使用：%(what)s") % {"file": f"{code}.json", "what": fault.message},
            code="template.broken",
            field="template",
            remedy=fault.remedy,
        ) from fault


def _begun_from(ledger: Ledger) -> list[tuple[str, str]]:
    """What a template or a copied set brings beside what the other steps show."""
    chosen = creating.choices_of(ledger)
    begun = templates.names().get(chosen.get("template", "")) or chosen.get("copied_from", "")
    counts = (
        f"{configuration.section(key).label} {len(items)}"
        for key, items in creating.document_of(ledger).items()
        if items
    )
    return [(_("从哪里开始"), f"{begun}（{'、'.join(counts)}）")] if begun else []


class CalendarStep(Step):
    title = gettext_lazy("期间与币种")
    hint = gettext_lazy("启用后，期间类型、开始月份和本位币不再更改。")
    template = "ledgers/wizard/calendar.html"

    def open(self, ledger: Ledger, user: User, data: Any = None) -> CalendarForm:
        return CalendarForm(data, instance=ledger)

    def save(self, ledger: Ledger, form: CalendarForm, by: User) -> None:
        ledger.save(update_fields=list(form.Meta.fields))
        change_parameters(ledger, {key: form.cleaned_data[key] for key in PARAMETER_FIELDS}, by=by)
        creating.keep_choices(ledger, ranges=form.cleaned_data["ranges"])
        ledger.currencies.all().delete()
        LedgerCurrency.objects.bulk_create(
            LedgerCurrency(ledger=ledger, code=code) for code in sorted(form.further_codes())
        )

    def context(self, ledger: Ledger, form: CalendarForm) -> dict[str, Any]:
        return {
            "preview": preview_spans(
                *(form[key].value() for key in ("calendar", "fiscal_year", "start_month", "ranges"))
            )
        }

    def review(self, ledger: Ledger) -> list[tuple[str, str]]:
        ranges = creating.choices_of(ledger).get("ranges", "")
        spans = preview_spans(ledger.calendar, ledger.fiscal_year, ledger.start_month, ranges)["spans"]
        span = f"{spans[0][1]:%Y-%m-%d} – {spans[-1][2]:%Y-%m-%d}" if spans else ""
        further = "、".join(currencies.label(row.code) for row in ledger.currencies.all())
        return [
            (_("启用会计年度"), f"{ledger.fiscal_year}（{span}）" if spans else _("未填写")),
            (_("期间"), _("%(kind)s，共 %(count)s 期") % {"kind": ledger.get_calendar_display(), "count": len(spans)}),
            *((str(PARAMETERS[key].label), _choice(ledger, key)) for key in PARAMETER_FIELDS),
            (_("本位币"), currencies.label(ledger.base_currency)),
            (_("其他币种"), further or _("无")),
            (_("语言"), get_language_info(ledger.language)["name_local"]),
        ]

    def missing(self, ledger: Ledger) -> list[str]:
        if not ledger.fiscal_year:
            return [_("请填写启用会计年度。")]
        ranges = creating.choices_of(ledger).get("ranges", "")
        fault = preview_spans(ledger.calendar, ledger.fiscal_year, ledger.start_month, ranges)["fault"]
        return [fault] if fault else []


def _choice(ledger: Ledger, key: str) -> str:
    return str(dict(PARAMETERS[key].choices)[ledger.parameter(key)])


def preview_spans(calendar: Any, fiscal_year: Any, start_month: Any, ranges: Any = "") -> dict[str, Any]:
    """{spans, fault}: the periods that raw form values would make, or what is wrong with typed ranges."""
    if calendar == Ledger.Calendar.FREE:
        try:
            rows = periods.read_ranges(ranges or "")
        except BusinessError as problem:
            return {"spans": [], "fault": problem.message}
        return {"spans": [(index, first, last) for index, (first, last, _name) in enumerate(rows, 1)], "fault": ""}
    try:
        year, month = int(fiscal_year), int(start_month)
    except (TypeError, ValueError):
        return {"spans": [], "fault": ""}
    fits = periods.FIRST_YEAR <= year <= periods.LAST_YEAR and 1 <= month <= 12 and calendar in Ledger.Calendar.values
    return {"spans": periods.generate(calendar, year, month) if fits else [], "fault": ""}


class MembersStep(Step):
    title = gettext_lazy("成员")
    hint = gettext_lazy("谁可以使用这个账套。可以先跳过，启用后随时增加。")
    template = "ledgers/wizard/members.html"

    def open(self, ledger: Ledger, user: User, data: Any = None):
        chosen = creating.choices_of(ledger).get("members", [])
        return MemberRows(data, initial=chosen, prefix="members", form_kwargs={"roles": role_choices(ledger)})

    def save(self, ledger: Ledger, form, by: User) -> None:
        creating.keep_choices(ledger, members=form.chosen())

    def context(self, ledger: Ledger, form) -> dict[str, Any]:
        return {"roles": role_descriptions()}

    def review(self, ledger: Ledger) -> list[tuple[str, str]]:
        roles = dict(role_choices(ledger))
        chosen = creating.choices_of(ledger).get("members", [])
        people = User.objects.select_related("department").in_bulk([row["user"] for row in chosen])
        rows = [
            (roles.get(row["role"], row["role"]), person_label(people[row["user"]]))
            for row in chosen
            if row["user"] in people
        ]
        manager = [(_("账套主管"), person_label(ledger.manager))] if ledger.manager else []
        return [*manager, *rows]


CHECKS = {"code": creating.check_code, "name": creating.check_name}


def check_free(what: str, value: str, besides: Ledger | None) -> str:
    """Why a code or a name cannot be used; empty when it can. ``what``: a key of ``CHECKS``."""
    try:
        CHECKS[what](value.strip(), besides=besides)
    except BusinessError as problem:
        return f"{problem.message}{problem.remedy}"
    return ""
