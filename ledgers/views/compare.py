"""账套设置 → 复制与比较: this set beside another one, a template or a file, and taking over what is ticked.

What lives here: HTTP. What does not: documents and differences (``services.configuration``).
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor, Door
from permissions.rights import Right

from ..pages import needs, render_settings, told
from ..services import configuration, finding, templates
from ..services.configuration import Sections

LARGEST_FILE = 512 * 1024


@dataclass(frozen=True)
class Source:
    """What the set is compared with: its sections as far as the user may see them, and what it is called."""

    label: str
    sections: Sections
    # How the page finds it again: "set:CODE", "template:CODE", or the text of a file.
    reference: str = ""
    text: str = ""


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def ledger_compare(request: HttpRequest) -> HttpResponse:
    """Choose a source (GET), or bring a file (POST); with a source the differences are shown."""
    try:
        source = _posted_file(request) if request.method == "POST" else _named(request, request.GET.get("source", ""))
    except BusinessError as problem:
        return _page(request, fault=told(problem), status=422)
    return _page(request, source)


@require_POST
@needs(Right.CONFIGURE)
def compare_apply(request: HttpRequest) -> HttpResponse:
    """Take over the ticked differences, all or none."""
    tokens = request.POST.getlist("token") or request.POST.get("tokens", "").split()
    source = None
    try:
        source = _named(request, request.POST.get("source", "")) or _typed(
            request, request.POST.get("document", ""), request.POST.get("name", "")
        )
        if not tokens:
            raise BusinessError(_("没有选中任何差异。"), code="configuration.none")
        done = configuration.apply_chosen(request.ledger, source.sections, tokens, by=request.user, whence=source.label)
    except BusinessError as problem:
        return _page(request, source, fault=told(problem), ticked=tokens, status=422)
    messages.success(request, _("已套用 %(count)s 项配置。") % {"count": len(done)})
    if source.reference:
        return redirect(f"{request.path.removesuffix('apply/')}?source={source.reference}")
    return _page(request, source)


@require_GET
@needs(Right.CONFIGURE)
def configuration_file(request: HttpRequest) -> HttpResponse:
    """The set's configuration as a file that can be kept, compared and taken over elsewhere."""
    content = configuration.document(request.ledger)
    content["sections"] = _allowed(request.actor, content["sections"])
    answer = HttpResponse(configuration.dump(content), content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{request.ledger.code}-configuration.json"'
    return answer


def _page(
    request: HttpRequest, source: Source | None = None, *, fault: str = "", ticked: Any = (), status: int = 200
) -> HttpResponse:
    groups = []
    if source:
        mine = configuration.read(request.ledger)
        found = configuration.compare(source.sections, mine, request.ledger)
        groups = [{"section": configuration.section(key), "rows": rows} for key, rows in found.items()]
    rows = [row for group in groups for row in group["rows"]]
    context = {
        "source": source,
        "groups": groups,
        "counts": [(label, sum(row.kind == kind for row in rows)) for kind, label in configuration.KINDS.items()],
        "ticked": set(ticked),
        "appliable": sum(row.can_apply for row in rows),
        "ledgers": finding.configurable(request.user).exclude(pk=request.ledger.pk),
        "templates": templates.names(),
        "fault": fault,
    }
    return render_settings(request, "settings/compare.html", "ledger_compare", context, status=status)


def _allowed(actor: Actor, content: Sections) -> Sections:
    """The sections that the actor may see or change."""
    return {key: items for key, items in content.items() if actor.can(configuration.section(key).right)}


def _named(request: HttpRequest, reference: str) -> Source | None:
    """The set or template of a reference; None for an empty one. A set that the user may not configure does not exist for him."""
    kind, _colon, code = reference.partition(":")
    if not reference:
        return None
    if kind == "template":
        content = templates.read(code)
        label = _("行业模板「%(name)s」") % {"name": content.get("name", code)}
        return Source(label, _allowed(request.actor, content["sections"]), reference)
    ledger = finding.configurable(request.user).filter(code__iexact=code).first()
    if kind != "set" or ledger is None:
        raise BusinessError(
            _("没有可以比较的账套「%(code)s」。") % {"code": code},
            code="ledger.unknown",
            remedy=_("只能与您有“账套设置”权限的账套比较。"),
        )
    there = Actor.of(request.user, ledger.pk, Door.WEB)
    content = _allowed(request.actor, _allowed(there, configuration.read(ledger)))
    return Source(_("账套「%(name)s」") % {"name": ledger.name}, content, f"set:{ledger.code}")


def _posted_file(request: HttpRequest) -> Source:
    upload = request.FILES.get("file")
    if upload is None:
        raise BusinessError(_("请选择配置文件。"), code="configuration.no_file", field="file")
    if upload.size > LARGEST_FILE:
        raise BusinessError(_("配置文件最大 512 KB。"), code="configuration.size", field="file")
    try:
        text = upload.read().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise BusinessError(
            _("配置文件 %(file)s 不是 UTF-8 编码的文本。") % {"file": upload.name},
            code="configuration.broken",
            field="file",
        ) from fault
    return _typed(request, text, upload.name)


def _typed(request: HttpRequest, text: str, name: str) -> Source:
    content = configuration.parse(text, name[:100])
    label = _("文件「%(name)s」") % {"name": name[:100]}
    return Source(label, _allowed(request.actor, content["sections"]), text=text)
