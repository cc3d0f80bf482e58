"""The forms of the wizard: the file, its layout, the mapping with the rules.

What lives here: the shape of what is posted. What does not: whether it can work (``options``).
"""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from customers.fields import FOREIGN_PREFIX, GROUP_LABELS, Catalogue
from customers.models import ForeignNumber
from permissions.actor import Actor

from ..models import ImportBatch
from ..reading import ENCODINGS
from ..reading.cells import column_letters
from .inspecting import Inspection, Layout
from .options import Options, fields_for

ACCEPTED = ".xlsx,.xlsm,.xls,.csv,.txt,.tsv"
DELIMITERS = [
    (",", _("逗号 ,")),
    (";", _("分号 ;")),
    ("\t", _("制表符 Tab")),
    ("|", _("竖线 |")),
    ("，", _("全角逗号 ，")),
]
# Systems that firms commonly move from; those that the set has already come first.
SYSTEMS = ("SAP", "ORACLE", "U8", "K3", "CRM")
MOST_SYSTEMS = 50


class UploadForm(forms.Form):
    """One file."""

    file = forms.FileField(label=_("文件"), allow_empty_file=True)

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_FILE_MB * 1024 * 1024:
            raise forms.ValidationError(
                _("文件超过 %(limit)s MB 的上限，请拆分后再上传。") % {"limit": settings.IMPORT_MAX_FILE_MB}
            )
        return file


class LayoutForm(forms.Form):
    """Where the data stands: sheet and heading, and for text its encoding and delimiter."""

    sheet = forms.ChoiceField(label=_("工作表"), required=False)
    heading_rows = forms.CharField(
        label=_("标题行"), required=False, max_length=20, help_text=_("行号；两行标题写作 1,2；留空自动识别")
    )
    encoding = forms.ChoiceField(label=_("编码"), required=False)
    delimiter = forms.ChoiceField(label=_("分隔符"), required=False, choices=[("", _("自动识别")), *DELIMITERS])

    def __init__(self, *args, batch: ImportBatch, inspection: Inspection | None, **kwargs):
        kwargs.setdefault(
            "initial",
            {
                "sheet": batch.sheet,
                "heading_rows": ",".join(map(str, batch.heading_rows)),
                "encoding": batch.encoding,
                "delimiter": batch.delimiter,
            },
        )
        super().__init__(*args, **kwargs)
        if batch.kind == "csv":
            del self.fields["sheet"]
            names = list(dict.fromkeys([*ENCODINGS, batch.encoding]))
            self.fields["encoding"].choices = [("", _("自动识别")), *((name, name) for name in names if name)]
            if batch.delimiter and batch.delimiter not in dict(DELIMITERS):
                self.fields["delimiter"].choices += [(batch.delimiter, batch.delimiter)]
        else:
            del self.fields["encoding"], self.fields["delimiter"]
            sheets = inspection.sheets if inspection else ()
            self.fields["sheet"].choices = [(sheet.name, _sheet_label(sheet)) for sheet in sheets]

    def clean_heading_rows(self) -> tuple[int, ...] | None:
        text = self.cleaned_data["heading_rows"].replace("，", ",").strip()
        if not text:
            return None
        parts = [part.strip() for part in text.split(",")]
        if not all(part.isdecimal() and 0 < int(part) < 1_000_000 for part in parts) or len(parts) > 2:
            raise forms.ValidationError(_("请填写一个行号，或用逗号隔开的两个行号。"))
        return tuple(sorted(int(part) for part in parts))

    def layout(self) -> Layout:
        """What was chosen; blank means: find out."""
        data = self.cleaned_data
        sheet_changed = "sheet" in self.changed_data
        return Layout(
            sheet=data.get("sheet", ""),
            heading_rows=None if sheet_changed else data["heading_rows"],
            encoding=data.get("encoding", ""),
            delimiter=data.get("delimiter", ""),
        )


def _sheet_label(sheet) -> str:
    label = _("%(name)s（%(rows)s 行）") % {"name": sheet.name, "rows": sheet.rows}
    return label + (_("（隐藏）") if sheet.hidden else "")


class RulesForm(forms.Form):
    """The field of each column, and what happens to rows."""

    mode = forms.ChoiceField(label=_("导入方式"), choices=ImportBatch.Mode.choices, widget=forms.RadioSelect)
    match = forms.ChoiceField(label=_("按什么找到已有客户"))
    duplicates = forms.ChoiceField(
        label=_("与已有客户或前面的行重复时"),
        choices=ImportBatch.Duplicates.choices,
        widget=forms.RadioSelect,
        help_text=_("编号、税号、证件号、银行账号或名称相同视为重复；电话、邮箱相同只作提示。编号相同一律不导入"),
    )
    empty_cells = forms.ChoiceField(
        label=_("更新时遇到空单元格"), choices=ImportBatch.EmptyCells.choices, widget=forms.RadioSelect
    )
    all_or_nothing = forms.BooleanField(
        label=_("全部成功才导入"),
        required=False,
        help_text=_("有一行不能导入就全部不导入，最多 10 万行；期间其他人的保存会等待"),
    )
    reason = forms.CharField(label=_("导入原因"), max_length=200, required=False, help_text=_("记入每个客户的变更历史"))
    profile = forms.CharField(
        label=_("保存为映射方案"), max_length=60, required=False, help_text=_("下次列名相同的文件自动套用；留空不保存")
    )

    def __init__(self, *args, batch: ImportBatch, catalogue: Catalogue, actor: Actor, **kwargs):
        reason = batch.reason or (_("导入文件 %(name)s") % {"name": batch.file_name})[:200]
        initial = {
            name: getattr(batch, name) for name in ("mode", "match", "duplicates", "empty_cells", "all_or_nothing")
        }
        kwargs.setdefault("initial", initial | {"reason": reason})
        super().__init__(*args, **kwargs)
        self.batch = batch
        choices = field_choices(catalogue, actor)
        for index, column in enumerate(batch.columns):
            known = any(column["field"] == key for _group, members in choices[1:] for key, _label in members)
            more = [] if known or not column["field"] else [(column["field"], column["field"])]
            name = column["heading"] or column_letters(index)
            self.fields[f"column-{index}"] = forms.ChoiceField(
                label=name,
                required=False,
                choices=[*choices, *more],
                initial=column["field"],
                widget=forms.Select(attrs={"aria-label": _("「%(column)s」写入的字段") % {"column": name}}),
            )
        systems = [f"{FOREIGN_PREFIX}{system}" for system in known_systems(catalogue.ledger)]
        self.fields["match"].choices = [
            ("number", _("客户编号")),
            ("uscc", _("统一社会信用代码（或税号）")),
            *((key, _("%(system)s 编号") % {"system": key.removeprefix(FOREIGN_PREFIX)}) for key in systems),
        ]

    def chosen_fields(self) -> list[str]:
        """One field key, or "", per column of the sheet."""
        return [self.cleaned_data.get(f"column-{index}", "") for index in range(len(self.batch.columns))]

    def options(self) -> Options:
        names = ("mode", "match", "duplicates", "empty_cells", "all_or_nothing", "reason")
        return Options(**{name: self.cleaned_data[name] for name in names})


def field_choices(catalogue: Catalogue, actor: Actor) -> list:
    """The fields that a column may be, grouped as on the customer's page; those the actor may not write say so."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for field in fields_for(catalogue):
        label = str(field.label)
        if not actor.may_edit(field.right_key):
            label = _("%(label)s（无修改权限）") % {"label": label}
        groups.setdefault(str(GROUP_LABELS[field.group]), []).append((field.key, label))
    systems = known_systems(catalogue.ledger)
    foreign = [(f"{FOREIGN_PREFIX}{system}", _("%(system)s 编号") % {"system": system}) for system in systems]
    return [("", _("— 不导入 —")), *groups.items(), (str(_("其他系统的编号")), foreign)]


def known_systems(ledger) -> list[str]:
    """Other systems whose numbers a file may hold."""
    found, last = [], ""
    while len(found) < MOST_SYSTEMS:
        rows = ForeignNumber.objects.filter(ledger=ledger, system__gt=last).order_by("system")
        last = rows.values_list("system", flat=True).first()
        if last is None:
            break
        found.append(last)
    return list(dict.fromkeys([*found, *SYSTEMS]))
