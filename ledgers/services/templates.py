"""行业模板: configuration documents of trades, readable JSON files beside this app.

What lives here: finding and reading them. What does not: what a document is (``configuration``) and how it gets into a draft
(``copying``). A firm may keep templates of its own in the directory of the setting ``LEDGER_TEMPLATES``.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from . import configuration

FOLDER = Path(__file__).resolve().parent.parent / "templates_data"


def _files() -> dict[str, Path]:
    own = getattr(settings, "LEDGER_TEMPLATES", "")
    folders = [FOLDER, *([Path(own)] if own else [])]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.json"))}


def names() -> dict[str, str]:
    """code → name of every template; one whose file is broken goes by its code and says so."""
    return {code: name for code, (name, _about) in _heads().items()}


def described() -> dict[str, str]:
    """code → name and what the template is for, on one line."""
    return {code: f"{name} — {about}" if about else name for code, (name, about) in _heads().items()}


def _heads() -> dict[str, tuple[str, str]]:
    found = {}
    for code, path in _files().items():
        try:
            document = _read(path)
        except BusinessError:
            found[code] = (_("%(code)s（文件有误）") % {"code": code}, "")
        else:
            found[code] = (document.get("name", code), document.get("description", ""))
    return found


def read(code: str) -> dict[str, Any]:
    """The document of a template; BusinessError for a name that does not exist, and for a file that is broken with the place."""
    files = _files()
    if code not in files:
        raise BusinessError(
            _("没有行业模板「%(code)s」。") % {"code": code},
            code="template.unknown",
            field="template",
            remedy=_("可选：%(names)s。") % {"names": "、".join(files)},
        )
    return _read(files[code])


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise BusinessError(
            _("配置文件 %(file)s 无法读取，请确认它是 UTF-8 编码的文本。") % {"file": path.name},
            code="configuration.broken",
            field="template",
        ) from fault
    try:
        return configuration.parse(text, path.name)
    except BusinessError as fault:
        fault.field = "template"
        raise
