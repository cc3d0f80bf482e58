"""``check_numbers``: 编号体检 of a set; exit 1 when something must be mended."""

from django.utils.translation import gettext as _

from customers.models import NumberGap
from customers.numbers import renumbering, scanning
from erp_site.shared.commands import FoundFaults, ProductCommand
from ledgers.services import finding
from permissions.actor import Actor

# What a plan can mend at once, the worst first.
_PLANNED = ("missing", "duplicate", "malformed", "invisible", "stale_key")


class Command(ProductCommand):
    help = _("编号体检：重复、缺失、不合规的编号，断号及原因，流水号的位置和容量。")
    example = "manage.py check_numbers --ledger HZ01 --fix-request"
    has_json = True

    def add_arguments(self, parser):
        parser.add_argument("--ledger", required=True, help=_("账套编码"))
        parser.add_argument(
            "--fix-request", action="store_true", help=_("为必须处理的编号生成改号方案，到“改号”页确认后才执行")
        )

    def handle(self, *args, **options):
        ledger = finding.by_code(options["ledger"])
        result = scanning.scan(ledger, lambda done: self.progress(_("已检查 %(done)s 个编号") % {"done": done}))
        if options["fix_request"]:
            result["plans"] = self._plans(ledger, {each["kind"] for each in result["findings"]})
        self.show(result, _report(result))
        if result["faults"]:
            raise FoundFaults(_("发现 %(count)s 处必须处理的问题。") % {"count": result["faults"]})

    def _plans(self, ledger, found: set[str]) -> list[dict]:
        """A plan for each kind of faulty number, ready to be looked at; the system asks for it."""
        by, plans = Actor.system(ledger.pk), []
        for kind in _PLANNED:
            if kind in found:
                reason = _("编号体检：%(what)s") % {"what": scanning.TITLES[kind]}
                params = {"finding": kind, "clean": kind in ("invisible", "malformed", "stale_key")}
                plan = renumbering.ask(ledger, params, reason=reason, by=by)
                renumbering.prepare(plan, by)
                plans.append({"plan": plan.pk, "finding": kind, **plan.counts})
        return plans


def _report(result: dict) -> str:
    lines = [_("检查了 %(count)s 个编号。") % {"count": result["customers"]}]
    for each in result["findings"]:
        mark = "✗" if each["severity"] == scanning.FAULT else "·"
        lines.append(f"{mark} {scanning.TITLES[each['kind']]}：{each['count']}  {scanning.sentence(each)}")
        lines += [f"    {_sample(each['kind'], sample)}" for sample in each["samples"][:5]]
    for plan in result.get("plans", ()):
        about = {"plan": plan["plan"], "count": plan["changes"], "what": scanning.TITLES[plan["finding"]]}
        lines.append(_("改号方案 #%(plan)s（%(what)s）：%(count)s 位客户，请在“改号”页确认。") % about)
    if not result["findings"]:
        lines.append(_("全部正常。"))
    return "\n".join(lines)


def _sample(kind: str, sample: dict) -> str:
    if "number" in sample:
        return f"#{sample['customer']} {sample['number']!r}"
    if kind == "gap":
        cause = dict(NumberGap.Cause.choices)[sample["cause"]]
        return f"{sample['name']} {sample['scope']} {sample['first_text']}–{sample['last_text']} {cause} {sample['note']}".rstrip()
    return " ".join(str(value) for key, value in sample.items() if key not in ("rule", "reservation"))
