"""行业模板: what a set of a trade begins with, from readable JSON files beside this app.

What lives here: reading them and laying one into a draft. What does not: how categories and the numbering rule come into being
(the customers app does that at activation, from the same choices that the wizard keeps).

A file holds: name, categories [{code, name, children}], grades and sources [[code, name]], numbering {parts, reset},
required_fields [keys].
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from ..models import Ledger
from ..parameters import PARAMETERS
from . import creating
from .parameters import check_parameter

FOLDER = Path(__file__).resolve().parent.parent / "templates_data"
PARAMETER_KEYS = ("grades", "sources", "required_fields")


@cache
def names() -> dict[str, str]:
    """code → Chinese name of every template."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8"))["name"] for path in sorted(FOLDER.glob("*.json"))}


def read(code: str) -> dict[str, Any]:
    """The content of a template; raises BusinessError for a name that does not exist."""
    if code not in names():
        raise BusinessError(
            _("没有行业模板「%(code)s」。") % {"code": code},
            code="template.unknown",
            field="template",
            remedy=_("可选：%(names)s。") % {"names": "、".join(names())},
        )
    return json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))


def lay_into(ledger: Ledger, code: str) -> None:
    """Make a template's contents the choices of a draft; what it says of parameters becomes parameters at once."""
    content = read(code)
    parameters = {key: content[key] for key in PARAMETER_KEYS if key in content}
    for key, value in parameters.items():
        check_parameter(key, value)
    differing = {key: value for key, value in parameters.items() if value != PARAMETERS[key].default}
    ledger.parameters = {**ledger.parameters, **differing}
    creating.keep_choices(ledger, template=code, categories=content["categories"], numbering=content["numbering"])
