"""Checks that companies, departments, positions and people share: codes, names, circles, depth.

What lives here: refusals in words. What does not: saving, and the arithmetic of chains (``trees``).
"""

import re
from collections.abc import Callable

from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from . import trees
from .trees import Parents

CODE = re.compile(r"[\w.-]{1,30}")
DEEPEST_COMPANY, DEEPEST_DEPARTMENT, DEEPEST_SUPERIOR = 8, 12, 30


def code_fault(code: str) -> str:
    """Why a code cannot be taken, or ""."""
    if not code:
        return _("编码必须填写。")
    if not CODE.fullmatch(code):
        return _("编码由 1–30 位文字、数字、点、下划线或连字符组成，不能有空格。")
    return ""


def require_code(code: str) -> None:
    fault = code_fault(code)
    if fault:
        raise BusinessError(fault, code="organisation.code", field="code")


def require_name(name: str, longest: int, field: str = "name") -> None:
    """Raise BusinessError for a name that is missing or longer than ``longest``."""
    if not name:
        raise BusinessError(_("名称必须填写。"), code="organisation.name", field=field)
    if len(name) > longest:
        raise BusinessError(
            _("名称最多 %(longest)s 个字。") % {"longest": longest}, code="organisation.name", field=field
        )


def arrow(names: list[str]) -> str:
    """A chain in words; a long one keeps its ends."""
    if len(names) > 12:
        names = [*names[:6], "…", *names[-5:]]
    return " → ".join(names)


def require_tree(parents: Parents, node, *, deepest: int, name_of: Callable[[object], str], what: str, field: str):
    """Raise BusinessError when ``node`` stands in a circle (the chain named) or its subtree reaches too deep.

    ``parents`` is the tree as it would be after the change; ``what``: 部门, 公司 or 汇报关系, as the message names it.
    """
    round_trip = trees.circle(parents, node)
    if round_trip:
        raise BusinessError(
            _("%(what)s成了循环：%(chain)s。") % {"what": what, "chain": arrow([name_of(key) for key in round_trip])},
            code="organisation.circle",
            field=field,
            remedy=_("请另选上级。"),
        )
    levels = len(trees.chain(parents, node)) + trees.height(parents, node) - 1
    if levels > deepest:
        raise BusinessError(
            _("%(what)s最多 %(deepest)s 级，这样会有 %(levels)s 级。")
            % {"what": what, "deepest": deepest, "levels": levels},
            code="organisation.depth",
            field=field,
        )
