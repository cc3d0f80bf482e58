"""Formulas that build on one another: the order in which they are computed, and the circle that makes one impossible."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from .faults import ExpressionError


def order(inputs: Mapping[str, frozenset[str]], label: Callable[[str], str] = str) -> list[str]:
    """The formulas (key → keys that it reads) such that each comes after those it needs.

    Raises ExpressionError naming the chain when one needs itself: "毛利率 → 毛利 → 毛利率".
    """
    done: dict[str, None] = {}
    for start in inputs:
        trail: dict[str, list[str]] = {}
        stack = [start]
        while stack:
            key = stack[-1]
            if key in done:
                stack.pop()
                continue
            waiting = trail.setdefault(key, sorted(inputs[key] & inputs.keys()))
            while waiting and waiting[0] in done:
                waiting.pop(0)
            if not waiting:
                done[key] = None
                trail.pop(key)
                stack.pop()
            elif waiting[0] in trail:
                chain = [*stack[stack.index(waiting[0]) :], waiting[0]]
                raise ExpressionError(
                    _("公式绕成了一圈：%(chain)s。") % {"chain": " → ".join(label(each) for each in chain)}
                )
            else:
                stack.append(waiting[0])
    return list(done)
