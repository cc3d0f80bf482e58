"""Files to download: the template, the refused rows, the report, the original."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from customers.fields import Catalogue
from erp_site.shared.errors import BusinessError
from permissions.logs import access

from ...models import ImportBatch
from .. import errorfile, findings, reporting, template, uploads
from .access import importer

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
State = ImportBatch.State


@require_GET
@importer
def import_template(request: HttpRequest) -> HttpResponse:
    """The empty sheet of this set."""
    response = HttpResponse(template.workbook(request.ledger, request.actor), content_type=XLSX)
    name = _("%(ledger)s 客户导入模板.xlsx") % {"ledger": request.ledger.code}
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_GET
@importer
def import_errors(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """The refused rows as a file to mend; it holds the importer's own values, so it is only his."""
    _require_own(request, batch)
    _note(request, batch, _("待改正的行"))
    response = HttpResponse(errorfile.workbook(batch), content_type=XLSX)
    name = _("%(name)s 待改正.xlsx") % {"name": batch.file_name.rsplit(".", 1)[0]}
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_GET
@importer
def import_report(request: HttpRequest, batch: ImportBatch) -> StreamingHttpResponse:
    """The report for machines."""
    catalogue = Catalogue.of(request.ledger)

    def masked(finding: findings.Finding) -> findings.Finding:
        return findings.for_reader([finding], batch, catalogue, request.actor)[0]

    dry_run = batch.state == State.CHECKED
    _note(request, batch, _("报告"))
    response = StreamingHttpResponse(
        reporting.text(batch, dry_run=dry_run, masked=masked), content_type="application/json; charset=utf-8"
    )
    response["Content-Disposition"] = content_disposition_header(True, f"import-{batch.pk}-report.json")
    return response


@require_GET
@importer
def import_original(request: HttpRequest, batch: ImportBatch) -> StreamingHttpResponse:
    """The file as it was uploaded."""
    _require_own(request, batch)
    if not batch.stored_name:
        raise BusinessError(_("原文件已不在服务器上。"), code="import.file_gone")
    _note(request, batch, _("原文件"))
    response = StreamingHttpResponse(uploads.original(batch), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, batch.file_name)
    return response


def _note(request: HttpRequest, batch: ImportBatch, what: str) -> None:
    words = {"batch": batch.pk, "what": what}
    detail = _("导入 #%(batch)s：%(what)s") % words
    access.note(request.actor, access.Kind.DOWNLOAD, count=batch.rows, detail=detail, request=request)


def _require_own(request: HttpRequest, batch: ImportBatch) -> None:
    """Whole rows of a file go back to whoever brought them, and to nobody else."""
    if batch.created_by_id != request.actor.user_id:
        raise BusinessError(
            _("只有上传者本人可以下载这个文件。"),
            code="import.not_own",
            remedy=_("请联系%(name)s。") % {"name": batch.created_by or _("系统管理员")},
        )
