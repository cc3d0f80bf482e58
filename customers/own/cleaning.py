"""Raw values of a set's own fields to clean ones, in the form that the row's JSON keeps.

What lives here: one cleaner for each type with its limits (length, bounds, decimals, pattern, options), references to customers, users and
files. What does not: uniqueness (``own_uniqueness``), required fields (the pipeline), the JSON forms themselves (``own_values``).
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from permissions.actor import Actor
from permissions.everybody import people_of

from ..fields import Catalogue, Field, Type
from ..models import Customer, StoredFile
from ..rules import amounts, choices, dates, patterns
from ..rules.text import clean_lines, clean_text, fold, has_forbidden
from ..services import numbering
from ..services.edits import Problem
from . import values as own_values

Clean = tuple[Any, Problem | None]

# The codes of problems that an unchanged value does not have: it was right when it was stored.
RETIRED = "own.retired"
FORGIVEN = frozenset({RETIRED, "own.pattern", "own.range", "own.length", "own.decimals"})

_SEPARATORS = str.maketrans("，、；;|\n", ",,,,,,")


class OwnCleaner:
    """Cleans values of one set's own fields; look-ups are made once, references of a list of edits in one query (``look_ahead``)."""

    def __init__(self, catalogue: Catalogue, by: Actor | None):
        self.ledger, self.by, self.catalogue = catalogue.ledger, by, catalogue
        self._users: dict[str, tuple[int, bool]] | None = None
        self._customers: dict[Any, int | None] = {}
        self._files: dict[str, bool] = {}

    def cleaner(self, field: Field) -> Callable[[Any], Clean]:
        """The function that cleans values of this field."""
        by_type = {
            Type.TEXT: _text,
            Type.LONG_TEXT: _text,
            Type.INTEGER: _integer,
            Type.DECIMAL: _decimal,
            Type.MONEY: _decimal,
            Type.DATE: _date,
            Type.BOOLEAN: _boolean,
            Type.USER: self._user,
            Type.CUSTOMER: self._customer,
            Type.FILE: self._file,
        }
        if field.type == Type.FORMULA:
            return lambda raw: (raw, None)  # computed by the set's rules, never typed
        if field.type in (Type.CHOICE, Type.MULTI_CHOICE):
            return partial(_choice if field.type == Type.CHOICE else _choices, field, _options(field))
        return partial(by_type[field.type], field)

    def look_ahead(self, rows: Iterable[dict[str, Any]]) -> None:
        """Find the customers and files that a list of raw values refers to: at most three queries, however long it is."""
        wanted = [each for each in self.catalogue.own if each.type in (Type.CUSTOMER, Type.FILE)]
        if not wanted:
            return
        found: dict[Type, set[Any]] = {Type.CUSTOMER: set(), Type.FILE: set()}
        for row in rows:
            for each in wanted:
                raw = row.get(each.key)
                if isinstance(raw, int | str) and not isinstance(raw, bool) and raw != "":
                    found[each.type].add(raw)
        self._find_customers(found[Type.CUSTOMER] - self._customers.keys())
        self._find_files({str(each) for each in found[Type.FILE]} - self._files.keys())

    # --- references --------------------------------------------------------------------------------------------------

    def _user(self, field: Field, raw: Any) -> Clean:
        if _blank(raw):
            return None, None
        found = self._members().get(raw if type(raw) is int else fold(str(raw)))
        if found is None:
            return raw, _problem(field, "own.unknown", _("%(label)s「%(value)s」在本账套中不存在。"), raw,
                                 _("请填写本账套成员的姓名或用户名。"))  # fmt: skip
        pk, is_active = found
        return pk, None if is_active else _problem(field, RETIRED, _("%(label)s「%(value)s」已停用。"), raw)

    def _members(self) -> dict[Any, tuple[int, bool]]:
        """Name, login or pk → (pk, whether he may be chosen); active people come before former ones of the same name."""
        if self._users is None:
            rows = people_of(self.ledger.pk).order_by("-is_active", "pk")
            self._users = {}
            for pk, username, shown, is_active in rows.values_list("pk", "username", "display_name", "is_active"):
                for text in (pk, fold(username), fold(shown or "")):
                    if text:
                        self._users.setdefault(text, (pk, is_active))
        return self._users

    def _customer(self, field: Field, raw: Any) -> Clean:
        if _blank(raw):
            return None, None
        raw = raw if type(raw) is int else str(raw).strip()
        if raw not in self._customers:
            self._find_customers({raw})
        pk = self._customers[raw]
        if pk is None:
            return raw, _problem(field, "own.unknown", _("%(label)s「%(value)s」没有找到，或不止一个，或您无权查看。"), raw,
                                 _("请填写客户编号。"))  # fmt: skip
        return pk, None

    def _find_customers(self, wanted: set[Any]) -> None:
        """By pk, else by number, else by a name that only one visible customer bears."""
        self._customers.update(dict.fromkeys(wanted))
        if not wanted or self.by is None:
            return
        seen = Customer.objects.visible_to(self.by)
        pks = {each for each in wanted if type(each) is int}
        if pks:
            self._customers.update((pk, pk) for pk in seen.filter(pk__in=pks).values_list("pk", flat=True))
        # "C0001 恒源机械" is how an export writes a reference.
        keys = {each: numbering.number_key(each.split(maxsplit=1)[0]) for each in wanted - pks if each.strip()}
        if not keys:
            return
        numbers = dict(seen.filter(number_key__in=set(keys.values())).values_list("number_key", "pk"))
        self._customers.update((text, numbers[key]) for text, key in keys.items() if key in numbers)
        by_name: dict[str, list[int]] = {}
        rest = {text for text in keys if self._customers[text] is None}
        if rest and self.by.may_read("name"):
            for name, pk in seen.filter(name__in=rest).values_list("name", "pk"):
                by_name.setdefault(name, []).append(pk)
        self._customers.update((name, pks[0]) for name, pks in by_name.items() if len(pks) == 1)

    def _file(self, field: Field, raw: Any) -> Clean:
        if _blank(raw):
            return None, None
        token = str(raw).strip()
        if token not in self._files:
            self._find_files({token})
        if not self._files[token]:
            return raw, _problem(
                field, "own.unknown", _("%(label)s：附件不存在，或不是您上传的。"), "", _("请在页面上重新上传。")
            )
        return token, None

    def _find_files(self, tokens: set[str]) -> None:
        """A token counts only for whoever brought the file: it is no key to what others keep."""
        self._files.update(dict.fromkeys(tokens, False))
        if not tokens or self.by is None:
            return
        rows = StoredFile.objects.filter(ledger=self.ledger, token__in=tokens)
        if not self.by.is_system:
            rows = rows.filter(by_id=self.by.user_id)
        self._files.update((token, True) for token in rows.values_list("token", flat=True))


# --- texts ---------------------------------------------------------------------------------------------------------------


def _text(field: Field, raw: Any) -> Clean:
    text = (clean_lines if field.type == Type.LONG_TEXT else clean_text)(_as_text(raw))
    if not text:
        return None, None
    if has_forbidden(text):
        return text, _problem(field, "text.forbidden", _("%(label)s含有无法保存的字符。"), repr(text))
    warning = None
    if field.check is not None:
        checked = field.check(text)
        if checked.problem is not None:
            found = checked.problem
            warning = Problem(
                field.key, found.code, str(found.message), found.severity, str(found.suggestion or ""), text[:120]
            )
            if found.severity == "error":
                return text, warning
        text = checked.value
        if not text:
            return None, None
    return text, text_limits(field, text) or warning


def text_limits(field: Field, text: str) -> Problem | None:
    """What the field's own length and pattern have against a clean text."""
    row = field.custom
    if field.max_length and len(text) > field.max_length:
        return _problem(field, "own.length", _("%(label)s超过 %(limit)s 个字符（现有 %(length)s 个）。"), text, _("请缩短内容。"),
                        limit=field.max_length, length=len(text))  # fmt: skip
    if row.min_length and len(text) < row.min_length:
        return _problem(field, "own.length", _("%(label)s不足 %(limit)s 个字符（现有 %(length)s 个）。"), text, _("请补全内容。"),
                        limit=row.min_length, length=len(text))  # fmt: skip
    if row.pattern and not patterns.fits(row.pattern, text):
        told = row.pattern_message or _("%(label)s「%(value)s」不符合规定的格式。")
        return _problem(field, "own.pattern", told, text, "" if row.pattern_message else str(row.help_text))
    return None


# --- numbers, days, yes and no ------------------------------------------------------------------------------------------


def _integer(field: Field, raw: Any) -> Clean:
    if _blank(raw):
        return None, None
    if type(raw) is int and abs(raw) < 10**amounts.MOST_DIGITS:
        return raw, bounds(field, Decimal(raw), raw)
    checked = amounts.integer(_as_text(raw))
    if checked.problem is not None:
        return raw, _of_rule(field, checked.problem, raw)
    return checked.value, None if checked.value is None else bounds(field, Decimal(checked.value), raw)


def _decimal(field: Field, raw: Any) -> Clean:
    """A decimal or an amount, in plain notation with the field's number of decimals."""
    if _blank(raw):
        return None, None
    checked = (amounts.money if field.type == Type.MONEY else amounts.decimal)(_as_text(raw))
    if checked.problem is not None:
        return raw, _of_rule(field, checked.problem, raw)
    number = checked.value
    if number is None:
        return None, None
    if getattr(number, "currency", "") not in ("", field_currency(field)):
        return raw, _problem(field, "own.currency", _("%(label)s「%(value)s」写了另一种币种。"), raw,
                             _("请换算为 %(currency)s 后填写。") % {"currency": field_currency(field)})  # fmt: skip
    places = field.custom.decimals
    rounded = Decimal(number).quantize(Decimal(1).scaleb(-places))
    if rounded != number:
        return raw, _problem(field, "own.decimals", _("%(label)s「%(value)s」超过 %(places)s 位小数。"), raw,
                             _("可改为 %(value)s。") % {"value": f"{rounded:f}"}, places=places)  # fmt: skip
    return f"{rounded if rounded else abs(rounded):f}", bounds(field, rounded, raw)


def field_currency(field: Field) -> str:
    """Amounts of a set's own fields are in its base currency."""
    return field.custom.ledger.base_currency or "CNY"


def _date(field: Field, raw: Any) -> Clean:
    if _blank(raw):
        return None, None
    if isinstance(raw, date):
        day = raw.date() if isinstance(raw, datetime) else raw
        return day.isoformat(), bounds(field, day, day.isoformat())
    checked = dates.date(_as_text(raw))
    problem = None if checked.problem is None else _of_rule(field, checked.problem, raw)
    if problem is not None and problem.severity == "error":
        return raw, problem
    if checked.value is None:
        return None, problem
    return checked.value.isoformat(), bounds(field, checked.value, raw) or problem


def bounds(field: Field, value: Decimal | date, raw: Any) -> Problem | None:
    """What the field's lowest and highest value have against a number or day."""
    lowest, highest = field.custom.lowest, field.custom.highest
    if lowest and value < _bound(value, lowest):
        return _problem(field, "own.range", _("%(label)s「%(value)s」小于最小值 %(limit)s。"), raw, limit=lowest)
    if highest and value > _bound(value, highest):
        return _problem(field, "own.range", _("%(label)s「%(value)s」大于最大值 %(limit)s。"), raw, limit=highest)
    return None


def _bound(value: Decimal | date, text: str) -> Decimal | date:
    return Decimal(text) if isinstance(value, Decimal) else date.fromisoformat(text)


def _boolean(field: Field, raw: Any) -> Clean:
    if isinstance(raw, bool):
        return raw, None
    if _blank(raw):
        return None, None
    checked = choices.boolean(_as_text(raw))
    return (checked.value, None) if checked.problem is None else (raw, _of_rule(field, checked.problem, raw))


# --- options -------------------------------------------------------------------------------------------------------------


def _options(field: Field) -> dict[str, tuple[str, bool]]:
    """Folded label or value → (value, whether it may be chosen); a label comes before another option's value."""
    known: dict[str, tuple[str, bool]] = {}
    for use in (1, 0):
        for pairs, may_be_chosen in ((field.choices, True), (field.old_choices, False)):
            for pair in pairs:
                known.setdefault(_option_key(str(pair[use])), (pair[0], may_be_chosen))
    return known


def _option_key(text: str) -> str:
    """Options such as "A+" and "A-" must stay two."""
    return clean_text(text).casefold()


def _choice(field: Field, known: dict[str, tuple[str, bool]], raw: Any) -> Clean:
    if _blank(raw):
        return None, None
    found = known.get(_option_key(_as_text(raw)))
    if found is None:
        return raw, _not_an_option(field, raw)
    value, may_be_chosen = found
    return value, None if may_be_chosen else _retired_option(field, raw)


def _choices(field: Field, known: dict[str, tuple[str, bool]], raw: Any) -> Clean:
    whole = known.get(_option_key(raw)) if isinstance(raw, str) else None  # a label may hold a comma
    parts = (
        [raw] if whole else raw if isinstance(raw, list | tuple) else _as_text(raw).translate(_SEPARATORS).split(",")
    )
    chosen: list[str] = []
    problem = None
    for each in parts:
        if _blank(each):
            continue
        found = known.get(_option_key(_as_text(each)))
        if found is None:
            return raw, _not_an_option(field, each)
        chosen.append(found[0])
        if not found[1]:
            problem = _retired_option(field, each)
    order = {value: place for place, (value, _label) in enumerate((*field.choices, *field.old_choices))}
    return sorted(set(chosen), key=order.__getitem__) or None, problem


def _not_an_option(field: Field, raw: Any) -> Problem:
    labels = "、".join(str(label) for _value, label in field.choices[:12])
    told = _("可选：%(options)s") % {"options": labels} if labels else _("请先在设置中为该字段添加选项。")
    return _problem(field, "own.option", _("%(label)s「%(value)s」不在可选范围内。"), raw, told)


def _retired_option(field: Field, raw: Any) -> Problem:
    labels = "、".join(str(label) for _value, label in field.choices[:12])
    return _problem(field, RETIRED, _("%(label)s「%(value)s」已停用，不能再选。"), raw,
                    _("可选：%(options)s") % {"options": labels})  # fmt: skip


# --- an unchanged value ----------------------------------------------------------------------------------------------------


def forgive_unchanged(
    edits: Iterable[Any], catalogue: Catalogue, stored: Callable[[set[int]], dict[int, dict]]
) -> None:
    """Take back what speaks against values that are as they were: an option since retired, a length since tightened.

    ``stored(ids)`` gives the JSON of customers; it is asked once, and only when there is something to take back.
    """
    doubtful = [
        edit for edit in edits if edit.customer_id and any(problem.code in FORGIVEN for problem in edit.problems)
    ]
    if not doubtful:
        return
    rows = stored({edit.customer_id for edit in doubtful})
    for edit in doubtful:
        edit.problems = [
            problem
            for problem in edit.problems
            if problem.code not in FORGIVEN or not _is_unchanged(catalogue, edit, problem, rows)
        ]


def _is_unchanged(catalogue: Catalogue, edit: Any, problem: Problem, rows: dict[int, dict]) -> bool:
    field = catalogue.get(problem.field)
    if field is None or not field.is_own:
        return False
    held = own_values.unsealed(field, rows.get(edit.customer_id, {}).get(field.key))
    return own_values.same(field, held, edit.values.get(field.key))


# --- words -----------------------------------------------------------------------------------------------------------------


def _problem(field: Field, code: str, message: str, raw: Any, suggestion: str = "", **more: Any) -> Problem:
    """A problem in words; ``message`` may name %(label)s, %(value)s and ``more``. A sensitive value is not repeated whole."""
    text = "***" if field.sensitive else str(raw)
    words = {"label": str(field.label), "value": text[:60], **more}
    for name, word in words.items():
        message = message.replace(f"%({name})s", str(word))
    return Problem(field.key, code, message, suggestion=suggestion, value=text[:120])


def _of_rule(field: Field, found: Any, raw: Any) -> Problem:
    text = "***" if field.sensitive else str(raw)
    return Problem(field.key, found.code, str(found.message), found.severity, str(found.suggestion or ""), text[:120])


def _blank(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


def _as_text(raw: Any) -> str:
    if isinstance(raw, str):
        return raw
    if raw is None:
        return ""
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() else format(Decimal(repr(raw)), "f")
    if isinstance(raw, Decimal):
        return format(raw, "f")
    if isinstance(raw, datetime):
        return raw.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return str(raw)
