"""What a user was shown when the form opened: the ground on which "changed" and "somebody else changed it" are decided.

What lives here: taking a customer's values as wire values, and sealing them into the page. What does not: comparing
(``sheet``, ``conflicts``). Only fields that the user may edit are in it; it is sealed so that it comes back as it went.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from erp_site.shared import crypto
from erp_site.shared.errors import BusinessError
from permissions.actor import Actor

from ..fields import Catalogue, Field, Type
from ..presenting import Presenter
from . import wire
from .layout import FORM_PARTS
from .wire import Wire

Row = dict[str, Wire]


@dataclass
class Base:
    """``row``: field key → value; ``parts``: part → pk → column → value. Version 0 is a customer that is not there yet."""

    version: int = 0
    row: Row = field(default_factory=dict)
    parts: dict[str, dict[int, Row]] = field(default_factory=dict)


def editable_fields(catalogue: Catalogue, actor: Actor, *, is_new: bool) -> list[Field]:
    """Fields of the customer row on the form. A number is given once: changing it is another act than editing."""
    fixed = set() if is_new and catalogue.ledger.parameter("number_mode") != "auto" else {"number"}
    return [each for each in catalogue.editable(actor) if not each.part and each.key not in fixed]


def editable_columns(catalogue: Catalogue, actor: Actor, part: str) -> list[Field]:
    return catalogue.editable(actor, catalogue.of_part(part))


def may_remove(catalogue: Catalogue, actor: Actor, part: str) -> bool:
    """A row goes only with somebody who may write all of it."""
    return len(editable_columns(catalogue, actor, part)) == len(catalogue.of_part(part))


def capture(customer: Any, catalogue: Catalogue, actor: Actor) -> Base:
    """The present values of a customer whose parts are prefetched."""
    presenter = Presenter(catalogue, actor)
    fields = editable_fields(catalogue, actor, is_new=False)
    presenter.look_ahead([customer], fields)
    row = {each.key: stored_wire(presenter, customer, each) for each in fields}
    parts = {
        part: {
            part_row.pk: {each.column: wire.of_value(each, getattr(part_row, each.column)) for each in columns}
            for part_row in getattr(customer, part).all()
        }
        for part in FORM_PARTS
        if (columns := editable_columns(catalogue, actor, part))
    }
    return Base(customer.version, row, parts)


def stored_wire(presenter: Presenter, customer: Any, field: Field) -> Wire:
    """The present value of a field as its control holds it. Another customer stands there as his reader may know him."""
    value = presenter.value(customer, field)
    if field.type == Type.CUSTOMER:
        return presenter.shown(field, value).text
    return wire.of_value(field, value, _currency(customer, field))


def _currency(customer: Any, field: Field) -> str:
    return customer.capital_currency if field.key == "registered_capital" else ""


def seal(base: Base, customer_id: int) -> str:
    """The base as a hidden input of the form of this customer."""
    return crypto.encrypt(json.dumps([base.version, base.row, base.parts], ensure_ascii=False), _context(customer_id))


def unseal(text: str, customer_id: int) -> Base:
    """The base that came back. Raises BusinessError when it is not whole or belongs to another customer."""
    try:
        version, row, parts = json.loads(crypto.decrypt(text, _context(customer_id)))
    except (crypto.UnreadableValue, ValueError) as broken:
        raise BusinessError(
            _("表单不完整，无法判断您修改了哪些内容。"), code="form.base", remedy=_("请返回客户页面，重新打开编辑。")
        ) from broken
    return Base(version, row, {part: {int(pk): values for pk, values in rows.items()} for part, rows in parts.items()})


def _context(customer_id: int) -> str:
    return f"customer.form.{customer_id}"
