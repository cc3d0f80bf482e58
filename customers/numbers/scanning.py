"""编号体检: every number of a set looked at once, and every counter.

What lives here: the one pass over all numbers and its findings. What does not: a number by itself (``reading``), gaps and their causes
(``gaps``), mending (``mending``, ``renumbering``) and pages.

One pass reads all numbers; what is only rarely needed (history, for gaps that nothing explains) is asked when it is. A number belongs to
the first rule in force that could have made it, else to an earlier rule, else it is out of rule.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from ..models import NumberReservation
from ..services.number_rules import plan_of
from ..services.numbering import number_key, taken
from . import gaps
from .facts import everybody
from .judging import forecast_of
from .reading import Reader

SAMPLES = 20
MOST_GAPS = 200
FAULT, HINT, FINE = "fault", "hint", "fine"
Progress = Callable[[int], None]

TITLES: dict[str, str | Promise] = {
    "duplicate": gettext_lazy("重复编号"),
    "missing": gettext_lazy("缺少编号"),
    "malformed": gettext_lazy("含有不允许的字符"),
    "invisible": gettext_lazy("含有全角或看不见的字符"),
    "stale_key": gettext_lazy("查找键与编号不一致"),
    "length": gettext_lazy("长度不合规定"),
    "out_of_rule": gettext_lazy("不符合任何编码规则"),
    "gap": gettext_lazy("断号"),
    "counter_behind": gettext_lazy("流水号落后于已用编号"),
    "counter_ahead": gettext_lazy("流水号超前于已用编号"),
    "capacity": gettext_lazy("流水号快用完"),
    "expired": gettext_lazy("保留号段已到期"),
}
# What renumbering mends.
MENDED_BY_RENUMBERING = ("duplicate", "missing", "malformed", "invisible", "stale_key", "out_of_rule")
_FAULTS = {"duplicate", "missing", "malformed", "invisible", "stale_key", "counter_behind"}


@dataclass
class Finding:
    """One kind of thing found; ``samples`` are the first of them."""

    kind: str
    count: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)
    severity: str = HINT

    def add(self, **sample: Any) -> None:
        self.count += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(sample)

    def as_result(self) -> dict[str, Any]:
        return {"kind": self.kind, "count": self.count, "severity": self.severity, "samples": self.samples}


def scan(ledger, progress: Progress = lambda done: None) -> dict[str, Any]:
    """Everything found in a set: {"customers", "at", "findings": […], "gaps": […], "faults": number of faulty things}."""
    reader = Reader(ledger)
    found = {kind: Finding(kind, severity=FAULT if kind in _FAULTS else HINT) for kind in TITLES}
    serials: dict[tuple[int, str], array] = {}
    stale: list[tuple[int, str, str]] = []
    done = 0
    rows = everybody(ledger).order_by("pk").values_list("pk", "number", "number_key")
    for pk, number, key in rows.iterator(chunk_size=20_000):
        kind = reader.wrong(number, key)
        if kind == "stale_key":
            stale.append((pk, number, number_key(number)))
        if kind:
            found[kind].add(customer=pk, number=number)
        belongs = reader.of_rule(number) if kind in ("", "length", "stale_key") else None
        if belongs is None and kind in ("", "length"):
            found["out_of_rule"].add(customer=pk, number=number)
        elif belongs is not None and belongs[0].in_force:
            known, reading = belongs
            serials.setdefault((known.rule.pk, reading.scope), array("q")).append(reading.serial)
        done += 1
        if done % 20_000 == 0:
            progress(done)
    _duplicates(ledger, stale, found["duplicate"])
    holes = gaps.find(ledger, reader, serials, most=MOST_GAPS)
    _holes(holes, found)
    _capacity(reader, found["capacity"])
    _expired(ledger, found["expired"])
    findings = [finding.as_result() for finding in found.values() if finding.count]
    faults = sum(finding["count"] for finding in findings if finding["severity"] == FAULT)
    return {
        "customers": done,
        "at": timezone.now().isoformat(),
        "findings": findings,
        "gaps": holes.rows,
        "gap_runs": holes.runs,
        "faults": faults,
    }


def duplicates_among(ledger, rows: Iterable[tuple[int, str, str]]) -> Iterator[tuple[int, str, int | None]]:
    """Of (customer, number, key as it should be) those whose key another customer has: with that customer."""
    rows = list(rows)
    held = taken(ledger.pk, {key for _pk, _number, key in rows})
    first: dict[str, int] = {}
    for pk, number, key in rows:
        holder = held.get(key)
        other = holder if holder not in (None, pk) else first.setdefault(key, pk)
        if key and other != pk:
            yield pk, number, other


def _duplicates(ledger, stale: list[tuple[int, str, str]], finding: Finding) -> None:
    """The database refuses equal keys: only numbers whose key is wrong can be doubles."""
    for pk, number, other in duplicates_among(ledger, stale):
        finding.add(customer=pk, number=number, other=other)


def _holes(holes: gaps.Gaps, found: dict[str, Finding]) -> None:
    found["gap"].count, found["gap"].samples = holes.count, holes.rows[:SAMPLES]
    found["gap"].severity = FAULT if holes.is_fault else HINT
    for sample in holes.behind:
        found["counter_behind"].add(**sample)
    for sample in holes.ahead:
        found["counter_ahead"].add(**sample)


def _capacity(reader: Reader, finding: Finding) -> None:
    for known in reader.known:
        forecast = forecast_of(known.rule) if known.in_force else None
        if forecast is not None and forecast.is_short:
            finding.severity = FAULT if forecast.left <= 0 else HINT
            finding.add(rule=known.rule.pk, name=known.rule.name, text=forecast.text)


def _expired(ledger, finding: Finding) -> None:
    past = NumberReservation.objects.filter(rule__ledger=ledger, ends_on__lt=timezone.localdate()).select_related(
        "rule"
    )
    for row in past:
        serial = plan_of(row.rule).serial
        finding.add(
            reservation=row.pk, name=row.rule.name, scope=row.scope, first_text=serial.text(row.first),
            last_text=serial.text(row.last), purpose=row.purpose, ends_on=str(row.ends_on),
        )  # fmt: skip


def sentence(finding: dict[str, Any]) -> str:
    """What a finding means and what to do, in one sentence."""
    return str(_SENTENCES[finding["kind"]])


_SENTENCES: dict[str, str | Promise] = {
    "duplicate": gettext_lazy("不同客户的编号只差大小写、全半角或看不见的字符。请先核对是否同一客户，再改号。"),
    "missing": gettext_lazy("编号是空的或只有看不见的字符。补号会按规则给出新编号。"),
    "malformed": gettext_lazy("编号中有空格、/ : ? # % 或不可打印的字符，网址和接口中无法使用。"),
    "invisible": gettext_lazy("编号中有全角字符或零宽字符，看起来一样却查不到。改号会去掉它们。"),
    "stale_key": gettext_lazy("数据可能被其他程序直接改过。改号会重新生成查找键。"),
    "length": gettext_lazy("编号的位数不在账套规定的范围内；可在“编号参数”中调整，或改号。"),
    "out_of_rule": gettext_lazy("多为历史编号或手工编号，可以保留；要统一就按现行规则改号，旧编号仍可查到。"),
    "gap": gettext_lazy("流水号中没有客户使用的号码。原因不明的请写明断号说明。"),
    "counter_behind": gettext_lazy("下一个流水号已被使用，取号时要逐个跳过。修正后从最大号之后继续。"),
    "counter_ahead": gettext_lazy("最大编号之后有一段号码没有发出。确认没有用过后可以修正，从最大号之后继续。"),
    "capacity": gettext_lazy("请建立新版本，增加流水号位数或号段。"),
    "expired": gettext_lazy("到期的号段可以延长，或释放；释放后未用的号码记为断号。"),
}
