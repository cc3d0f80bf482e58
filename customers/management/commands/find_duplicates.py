"""``find_duplicates``: every pair of customers of a set that may be one, with probability and evidence, and the groups they form."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from django.core.management import CommandError
from django.utils.translation import gettext as _

from customers.duplicates import deciding, dismissing, scanning, storing, wording
from customers.models import Customer
from customers.rules.identifiers import number_key
from customers.services import rebuilding
from erp_site.shared.commands import ProductCommand
from ledgers.services import finding
from permissions.actor import Actor

_WRITTEN_AT_ONCE = 20_000


class Command(ProductCommand):
    help = _("查找重复客户：列出疑似重复的客户对（含得分和依据）以及重复组。只报告，不修改任何资料。")
    example = "manage.py find_duplicates --ledger HZ01 --out pairs.csv --clusters clusters.csv --progress"
    has_json = True

    def add_arguments(self, parser):
        parser.add_argument("--ledger", required=True, help=_("账套编码"))
        parser.add_argument(
            "--min-score", type=float, help=_("最低得分，0 到 1；不填为 %(least)s") % {"least": deciding.POSSIBLE}
        )
        parser.add_argument("--out", help=_("写出客户对的 CSV 文件"))
        parser.add_argument("--clusters", help=_("写出重复组的 CSV 文件"))
        parser.add_argument("--progress", action="store_true", help=_("显示进度"))
        parser.add_argument("--fresh", action="store_true", help=_("全部重新比较，不沿用上次的结果"))
        parser.add_argument(
            "--dismiss",
            nargs=2,
            metavar=("NUMBER", "NUMBER"),
            help=_("标记这两个编号的客户不是重复，不再列出，直到资料变化"),
        )
        parser.add_argument("--reason", default="", help=_("标记不重复的原因"))
        parser.add_argument("--as", dest="username", help=_("以该用户的权限标记；不填为系统"))
        parser.add_argument("--processes", type=int, help=_("同时使用的进程数；不填为处理器个数"))

    def handle(self, *args, **options):
        ledger = finding.by_code(options["ledger"])
        if options["dismiss"]:
            self._dismiss(ledger, options)
            return
        least = deciding.POSSIBLE if options["min_score"] is None else options["min_score"]
        if not 0 <= least <= 1:
            raise CommandError(_("最低得分应在 0 到 1 之间。"))
        for name in ("out", "clusters"):
            if options[name] and (Path(options[name]).is_dir() or not Path(options[name]).resolve().parent.is_dir()):
                raise CommandError(_("不能写到「%(out)s」：目录不存在，或它本身是目录。") % {"out": options[name]})
        tell = self._tell if options["progress"] else lambda step, done, of: None
        if storing.out_of_date(ledger.pk):
            rebuilding.rebuild(
                ledger, keys=True, search=False, outdated=True, progress=lambda done: tell("rebuild", done, 0)
            )
        found = scanning.scan(ledger, progress=tell, processes=options["processes"], fresh=options["fresh"])
        silent = dismissing.silenced(ledger.pk, found.ids, found.prints, found.pairs["left"], found.pairs["right"])
        shown = found.pairs[~silent & (found.pairs["chance"] >= max(least, scanning.steps.KEPT))]
        numbers = _numbers(ledger, found, shown)
        if options["out"]:
            _write(
                options["out"], ("number_a", "number_b", "score", "verdict", "evidence"), _pairs(found, shown, numbers)
            )
        groups = found.groups(least=max(least, deciding.GROUP), without=silent)
        if options["clusters"]:
            numbers |= _of(ledger, (pk for group in groups for pk in group if pk not in numbers))
            rows = ((at, numbers[pk]) for at, group in enumerate(groups, 1) for pk in group)
            _write(options["clusters"], ("cluster", "number"), rows)
        verdicts = Counter(np.where(shown["chance"] >= deciding.DUPLICATE, "duplicate", "possible").tolist())
        found.close()
        data = {
            "customers": len(found.ids), "candidates": found.candidates, "compared": found.compared, "pairs": len(shown),
            "duplicate": verdicts["duplicate"], "possible": verdicts["possible"], "clusters": len(groups), "dismissed": int(silent.sum()),
        }  # fmt: skip
        text = _(
            "%(customers)s 位客户中，重复 %(duplicate)s 对，疑似 %(possible)s 对，共 %(clusters)s 组；已标记不重复而略过 %(dismissed)s 对。"
        )
        self.show(data, text % data)

    def _dismiss(self, ledger, options) -> None:
        by = finding.command_actor(ledger, options["username"])
        keys = [number_key(number) for number in options["dismiss"]]
        found = dict(Customer.objects.visible_to(by).filter(number_key__in=keys).values_list("number_key", "pk"))
        missing = [number for number, key in zip(options["dismiss"], keys, strict=True) if key not in found]
        if missing or keys[0] == keys[1]:
            raise CommandError(
                _("没有找到客户「%(numbers)s」。") % {"numbers": "、".join(missing or options["dismiss"][:1])}
            )
        dismissing.dismiss([(found[keys[0]], found[keys[1]])], ledger=ledger, by=by, reason=options["reason"])
        self.show(
            {"dismissed": options["dismiss"]},
            _("已标记 %(a)s 与 %(b)s 不是重复。") % {"a": options["dismiss"][0], "b": options["dismiss"][1]},
        )

    def _tell(self, step: str, done: int, of: int) -> None:
        names = {
            "rebuild": _("更新匹配资料"),
            "read": _("读取客户"),
            "keys": _("计算匹配键"),
            "pairs": _("生成候选对"),
            "score": _("逐对比较"),
        }
        self.progress(f"{names[step]} {done} / {of}" if of else f"{names[step]} {done}")


def _of(ledger, ids) -> dict[int, str]:
    """customer id → number, a thousand a query; a command sees the whole set."""
    everybody = Customer.objects.visible_to(Actor.system(ledger.pk))
    wanted, found = list(ids), {}
    for start in range(0, len(wanted), 1000):
        found |= dict(everybody.filter(pk__in=wanted[start : start + 1000]).values_list("pk", "number"))
    return found


def _numbers(ledger, found: scanning.Scan, shown: np.ndarray) -> dict[int, str]:
    return _of(ledger, found.ids[np.unique(np.concatenate([shown["left"], shown["right"]]))].tolist())


def _pairs(found: scanning.Scan, shown: np.ndarray, numbers: dict[int, str]) -> Iterator[tuple]:
    for start in range(0, len(shown), _WRITTEN_AT_ONCE):
        some = shown[start : start + _WRITTEN_AT_ONCE]
        known, place = found.known(np.concatenate([some["left"], some["right"]]))
        sides = [np.array([place[row] for row in some[side].tolist()], dtype=np.int64) for side in ("left", "right")]
        reasons = wording.reasons(known, *sides, some["features"])
        for pair, why in zip(some, reasons, strict=True):
            verdict = "duplicate" if pair["chance"] >= deciding.DUPLICATE else "possible"
            a, b = numbers.get(int(found.ids[pair["left"]]), ""), numbers.get(int(found.ids[pair["right"]]), "")
            yield a, b, f"{pair['chance']:.4f}", verdict, wording.sentence(why)


def _write(path: str, heading: tuple[str, ...], rows) -> None:
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(heading)
        writer.writerows(rows)
