"""Making an account set: draft, choices kept between the wizard's steps, activation. Wizard, command and demo data all come here.

What lives here: the verbs and their checks. What does not: the customers' own beginnings (categories, numbering rule); the
customers app adds them through ``on_activation``, since nobody imports upward.
"""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import Company, Department, FieldRule, Role, RowScope, User
from permissions.rights import ROLE_TEMPLATES

from .. import currencies
from ..models import Ledger, LedgerEvent
from . import coding, configuration, periods
from .locking import changeable
from .logbook import note
from .members import MANAGER, add_member

CODE = r"[A-Za-z][A-Za-z0-9_-]{1,19}"
WIZARD = "wizard"  # the key of Ledger.parameters under which a draft keeps its choices until it is activated
NO_CREDIT_LIMIT = ("viewer", "reader", "service")

# Filled by higher apps in AppConfig.ready: what a new set begins with beside periods and roles.
on_activation: list[Callable[[Ledger], None]] = []


def check_code(code: str, *, besides: Ledger | None = None) -> None:
    """Raise BusinessError unless the code obeys the 账套编码规则 and is free."""
    if not (code or "").strip():
        raise BusinessError(_("账套编码必须填写。"), code="ledger.code_missing", field="code")
    if not re.fullmatch(CODE, code):
        raise BusinessError(
            _("账套编码须以字母开头，由 2–20 位字母、数字、下划线或连字符组成，如 KHZ_001。"),
            code="ledger.code_format",
            field="code",
        )
    unchanged = besides is not None and besides.code == code  # the rule is about new codes
    if not unchanged and not coding.obeys(code):
        raise BusinessError(
            _("账套编码「%(code)s」不符合本单位的账套编码规则（%(rule)s）。")
            % {"code": code, "rule": coding.pattern()},
            code="ledger.code_rule",
            field="code",
            remedy=_instead(),
        )
    taken = Ledger.objects.filter(code__iexact=code)
    if besides:
        taken = taken.exclude(pk=besides.pk)
    if taken.exists():
        raise BusinessError(
            _("账套编码「%(code)s」已被使用。") % {"code": code},
            code="ledger.code_taken",
            field="code",
            remedy=_instead(),
        )


def _instead() -> str:
    proposal = coding.propose()
    return _("请换一个编码，例如 %(other)s。") % {"other": proposal} if proposal else _("请换一个编码。")


def check_name(name: str, *, besides: Ledger | None = None) -> None:
    """Raise BusinessError unless the name is given and free."""
    name = (name or "").strip()
    if not name:
        raise BusinessError(_("账套名称必须填写。"), code="ledger.name_missing", field="name")
    if len(name) > 60:
        raise BusinessError(_("账套名称最多 60 个字。"), code="ledger.name_long", field="name")
    taken = Ledger.objects.filter(name__iexact=name)
    if besides:
        taken = taken.exclude(pk=besides.pk)
    if taken.exists():
        raise BusinessError(
            _("账套名称「%(name)s」已被使用。") % {"name": name},
            code="ledger.name_taken",
            field="name",
            remedy=_("请换一个名称。"),
        )


def check_organisation(company: str, department: Department | None) -> None:
    """Raise BusinessError unless company and department stand in the 组织架构; without any company there, a name may be typed freely."""
    if company:
        known = Company.objects.filter(is_active=True)
        if known.exists() and not known.filter(name=company).exists():
            raise BusinessError(
                _("组织架构中没有公司「%(company)s」，或它已停用。") % {"company": company},
                code="ledger.company_missing",
                field="company",
                remedy=_("请从列表中选择，或先在组织架构中建立该公司。"),
            )
    if department and not department.is_active:
        raise BusinessError(
            _("部门「%(department)s」已停用。") % {"department": department},
            code="ledger.department_missing",
            field="department",
            remedy=_("请选择启用的部门。"),
        )


def current_fiscal_year(start_month: int, today: date | None = None) -> int:
    """The fiscal year (the calendar year of its first month) that holds today."""
    day = today or timezone.localdate()
    return day.year if day.month >= start_month else day.year - 1


@transaction.atomic
def create_draft(*, code: str, name: str, by: User | None, **values) -> Ledger:
    """A set in draft: it can be left and resumed, and takes no data. ``values``: other columns of Ledger.

    Raises BusinessError (``field`` names the column) for a bad or taken code or name, or an unknown currency.
    """
    code, name = (code or "").strip(), (name or "").strip()
    check_code(code)
    check_name(name)
    currencies.require(values.get("base_currency", "CNY"), field="base_currency")
    check_organisation(values.get("company", ""), values.get("department"))
    values["manager"] = values.get("manager") or by
    ledger = Ledger.objects.create(code=code, name=name, created_by=by, **values)
    note(ledger, LedgerEvent.Kind.CREATED, by=by)
    return ledger


def choices_of(ledger: Ledger) -> dict[str, Any]:
    """What a draft's wizard has chosen so far beside the columns: categories, numbering, members …"""
    return ledger.parameters.get(WIZARD, {})


def keep_choices(ledger: Ledger, **choices: Any) -> None:
    """Remember choices (JSON values) of a draft, in memory and in its row; the caller holds the lock or saves alone."""
    ledger.parameters = {**ledger.parameters, WIZARD: {**choices_of(ledger), **choices}}
    ledger.save(update_fields=["parameters"])


def document_of(ledger: Ledger) -> configuration.Sections:
    """The sections of configuration that come true when a draft is activated."""
    return json.loads(choices_of(ledger).get("document", "{}"))


def keep_document(ledger: Ledger, content: configuration.Sections, **choices: Any) -> None:
    """Remember such sections. As text: PostgreSQL's JSON forgets the order of keys, which is the order of categories."""
    keep_choices(ledger, document=json.dumps(content, ensure_ascii=False), **choices)


@transaction.atomic
def activate(ledger: Ledger, *, by: User | None) -> bool:
    """Make a draft usable: periods, roles, members, and what higher apps add; all of it or nothing.

    Returns False when the set is active already (pressed twice). Raises BusinessError for what is missing.
    """
    current = changeable(ledger)
    if current.state == Ledger.State.ACTIVE:
        return False
    if current.state != Ledger.State.DRAFT:
        raise BusinessError(
            _("只有草稿账套可以这样启用。"), code="ledger.transition", remedy=_("停用的账套请在“状态”页启用。")
        )
    periods.check_year(current.fiscal_year)
    currencies.require(current.base_currency, field="base_currency")
    if not current.periods.filter(fiscal_year=current.fiscal_year).exists():
        typed = choices_of(current).get("ranges", "") if current.calendar == Ledger.Calendar.FREE else ""
        ranges = periods.read_ranges(typed) if typed else None
        periods.create_year(current, current.fiscal_year, by=by, ranges=ranges)
    configuration.apply(current, document_of(current), by=by)
    create_roles(current)
    _begin_members(current, by)
    for prepare in on_activation:
        prepare(current)
    current.parameters.pop(WIZARD, None)
    current.state = Ledger.State.ACTIVE
    current.activated_at = timezone.now()
    current.save(update_fields=["parameters", "state", "activated_at"])
    note(current, LedgerEvent.Kind.ACTIVATED, by=by)
    ledger.refresh_from_db()
    return True


def _begin_members(ledger: Ledger, by: User | None) -> None:
    """The manager and the members chosen in the wizard; whoever only made the set for others does not join it."""
    if ledger.manager:
        add_member(ledger, ledger.manager, MANAGER, by=by)
    chosen = choices_of(ledger).get("members", [])
    people = User.objects.filter(is_active=True).in_bulk([row["user"] for row in chosen])
    for row in chosen:
        if row["user"] in people:
            add_member(ledger, people[row["user"]], row["role"], by=by)


def create_roles(ledger: Ledger) -> None:
    """The role templates as roles of the set, those that are missing."""
    have = set(ledger.roles.values_list("code", flat=True))
    for code, (name, rights, scope, level) in ROLE_TEMPLATES.items():
        if code in have:
            continue
        role = Role.objects.create(
            ledger=ledger, code=code, name=str(name), rights=[str(right) for right in rights], sensitive_level=level
        )
        RowScope.objects.create(role=role, kind=scope)
        if code in NO_CREDIT_LIMIT:
            FieldRule.objects.create(role=role, field="credit_limit", level=0)


@transaction.atomic
def delete_draft(ledger: Ledger) -> None:
    """Remove a set that never was active."""
    current = changeable(ledger)
    if current.state != Ledger.State.DRAFT:
        raise BusinessError(
            _("只有草稿账套可以删除。"), code="ledger.not_draft", remedy=_("已启用的账套请停用后归档。")
        )
    current.delete()
