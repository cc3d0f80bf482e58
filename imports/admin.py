"""The log of imports and exports in the administration pages: to look at."""

from django.contrib import admin

from erp_site.jobs.admin import ReadOnlyAdmin

from .models import ExportJob, ImportBatch


@admin.register(ExportJob)
class ExportJobAdmin(ReadOnlyAdmin):
    """Who took what out, when, how much; never the rows, no file, and no conditions, which name customers."""

    list_display = [
        "id",
        "ledger",
        "by",
        "format",
        "rows",
        "size",
        "created_at",
        "downloads",
        "expires_at",
    ]
    list_filter = ["format", "ledger__code"]
    list_select_related = ["ledger", "by"]
    fields = [
        "ledger",
        "by",
        "format",
        "fields",
        "rows",
        "size",
        "sha256",
        "job",
        "created_at",
        "finished_at",
        "expires_at",
        "downloads",
    ]


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    """Who brought what in, when, how much; never the rows, and no file."""

    list_display = ["id", "ledger", "created_by", "file_name", "state", "mode", "rows", "created_at", "finished_at"]
    list_filter = ["state", "mode", "ledger__code"]
    list_select_related = ["ledger", "created_by"]
    fields = [
        "ledger",
        "created_by",
        "door",
        "file_name",
        "file_size",
        "sha256",
        "state",
        "error",
        "sheet",
        "encoding",
        "columns",
        "mode",
        "match",
        "duplicates",
        "empty_cells",
        "all_or_nothing",
        "reason",
        "rows",
        "counts",
        "checks",
        "seconds",
        "change_batch",
        "job",
        "created_at",
        "finished_at",
    ]
