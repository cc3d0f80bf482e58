"""What the pages of a log share, of one set or of all: conditions, one page of rows, links, the file.

What lives here: template variables and answers. What does not: who may open them, and the frame around them (the views of each place).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _

from ..actor import Actor
from ..models import User
from . import access, exporting, reading, unusual
from .forms import FIRST_DAY, AskForm
from .reading import CHANGES, Asked, Log

DAYS = 7  # that the page of what stands out covers


@dataclass(frozen=True)
class Place:
    """Whose log is read: of one set (``ledger_id``), else of all. ``people``: users whose logins belong to the set.

    ``customers``: ids → {id: (text, address)} of those that the reader may see; ``form``: the conditions that the place offers.
    """

    ledger_id: int | None = None
    people: QuerySet | None = None
    customers: Callable[[Iterable[int]], dict[int, tuple[str, str]]] = lambda ids: {}
    form: type[AskForm] = AskForm

    def rows(self, log: Log, asked: Asked) -> QuerySet:
        people = self.people if log is reading.LOGINS else None
        return reading.rows(log, asked, ledger_id=self.ledger_id, people=people)

    def columns(self, log: Log) -> list[reading.Column]:
        """A log of one set does not name it in every row."""
        return [column for column in log.columns if self.ledger_id is None or column.key != "ledger"]


@dataclass(frozen=True)
class Cell:
    label: str
    text: str
    css: str
    url: str = ""


@dataclass(frozen=True)
class Row:
    cells: list[Cell]
    differences: list[tuple[str, str, str]]


def log_of(key: str) -> Log:
    """The log that an address names; 404 for another word."""
    if key not in reading.LOGS:
        raise Http404
    return reading.LOGS[key]


def context(request: HttpRequest, log: Log, place: Place) -> tuple[dict[str, Any], int]:
    """Template variables of ``logs/log.html`` and the status. Raises BusinessError for a key of a page that is none."""
    form, about = place.form(request.GET, log), {"log": log, "columns": place.columns(log)}
    if not form.is_valid():
        return {**about, "form": form, "rows": []}, HTTPStatus.UNPROCESSABLE_ENTITY
    found = place.rows(log, form.asked())
    page = reading.page(log, found, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    given = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
    about |= {
        "form": form,
        "rows": _rows(log, place, page.rows),
        "is_narrowed": bool(given),
        "query": urlencode(given),
        "first_url": _url(given) if page.previous_key else "",
        "previous_url": _url(given, before=page.previous_key) if page.previous_key else "",
        "next_url": _url(given, after=page.next_key) if page.next_key else "",
        "formats": list(exporting.CONTENT_TYPES),
    }
    return about, HTTPStatus.OK


def _url(given: dict[str, str], **more: str) -> str:
    return f"?{urlencode({**given, **more})}"


def _rows(log: Log, place: Place, rows: list[Any]) -> list[Row]:
    ids = {row.object_id for row in rows if getattr(row, "object_id", None) is not None}
    known = place.customers(ids) if ids else {}
    shown = []
    for row in rows:
        cells = []
        for column in place.columns(log):
            text, url = str(column.text(row)), ""
            if column.key == "customer" and row.object_id in known:
                text, url = known[row.object_id]
            cells.append(Cell(str(column.label), text, column.css, url))
        shown.append(Row(cells, reading.differences(row) if log is CHANGES else []))
    return shown


def file(request: HttpRequest, log: Log, place: Place, format: str, *, by: Actor | User) -> HttpResponse:
    """The rows as a file; that somebody took them out is a row itself. Raises BusinessError for too many rows of a sheet."""
    form = place.form(request.GET, log)
    if format not in exporting.CONTENT_TYPES or not form.is_valid():
        raise Http404
    found = place.rows(log, form.asked())
    if format == "csv":
        response = StreamingHttpResponse(exporting.as_csv(log, found), content_type=exporting.CONTENT_TYPES[format])
    else:
        response = FileResponse(exporting.as_xlsx(log, found), content_type=exporting.CONTENT_TYPES[format])
    name = f"{log.label} {timezone.localtime():%Y%m%d-%H%M}.{format}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    conditions = "、".join(str(form.fields[key].label) for key in form.fields if form.cleaned_data.get(key))
    words = {"log": log.label, "format": format, "conditions": conditions or _("无")}
    detail = _("%(log)s %(format)s；条件：%(conditions)s") % words
    access.note(by, access.Kind.LOG_EXPORT, ledger_id=place.ledger_id, detail=detail)
    return response


def unusual_context(request: HttpRequest, place: Place) -> dict[str, Any]:
    """Template variables of ``logs/unusual.html``: the days up to the one that is asked for, today without a word."""
    today = timezone.localdate()
    try:
        last = min(date.fromisoformat(request.GET.get("day", "")), today)
    except ValueError:
        last = today
    last = max(last, FIRST_DAY)
    days = [last - timedelta(days=back) for back in range(DAYS)]
    found = unusual.signs(days, ledger_id=place.ledger_id)
    people = User.objects.filter(pk__in={sign.user_id for sign in found if sign.user_id})
    names = dict(people.values_list("pk", "display_name"))
    rows = [
        {
            "sign": sign,
            "name": names.get(sign.user_id) or sign.username or _("（不存在的用户名）"),
            "query": urlencode({
                **({"person": sign.username} if sign.username else {}),
                **({"kind": sign.kind} if sign.kind else {}),
                "since": sign.day, "until": sign.day,
            }),
        }
        for sign in found
    ]  # fmt: skip
    return {"rows": rows, "day": last, "first_day": days[-1], "rules": unusual}
