"""Which parser opens a file, and the description of an opened file as it goes over the wire. Runs in the child."""

from itertools import islice
from typing import Any

from imports.reading import kinds, tables
from imports.reading.results import Headings
from imports.reading.tables import Book

_USUAL_NAMES = {"csv": (".csv", ".txt", ".tsv"), "xlsx": (".xlsx",), "xlsm": (".xlsm",), "xls": (".xls", ".xlt", ".et")}


def open_book(path: str, filename: str, encoding: str | None, delimiter: str | None) -> Book:
    """Open the file with the parser of its kind; raises Refused. Encoding and delimiter matter to text only."""
    kind = kinds.sniff(path, filename)
    # Each parser is imported when it is needed: the child starts for every file, and starting counts.
    if kind == kinds.XLSX:
        from imports.reading.xlsxfiles import XlsxBook

        return XlsxBook(path)
    if kind == kinds.XLS:
        from imports.reading.xlsfiles import XlsBook

        return XlsBook(path)
    from imports.reading.csvfiles import CsvBook

    return CsvBook(path, encoding, delimiter)


def describe(book: Book, filename: str) -> dict[str, Any]:
    """Describe the book and each of its sheets in plain lists and dicts."""
    warnings = list(book.warnings)
    ending = kinds.extension(filename)
    if ending and ending not in _USUAL_NAMES[book.kind]:
        warnings.append(("warn.kind_differs", {"kind": book.kind}))
    return {
        "kind": book.kind,
        "encoding": book.encoding,
        "delimiter": book.delimiter,
        "warnings": warnings,
        "sheets": [_describe_sheet(book, index) for index in range(len(book.sheets))],
    }


def _describe_sheet(book: Book, index: int) -> dict[str, Any]:
    sheet, survey = book.sheets[index], book.survey(index)
    preview = list(islice(tables.data_rows(book, index, Headings(), 0), tables.PREVIEW_ROWS))
    headings = tables.heading_of(book, index, None) if preview else Headings()
    columns = max([len(headings.labels), *(len(row[1]) for row, _weight in preview)])
    return {
        "name": sheet.name,
        "hidden": sheet.hidden,
        "rows_estimate": survey.rows if preview else 0,
        "columns": columns,
        "hidden_rows": survey.hidden_rows,
        "hidden_columns": survey.hidden_within(columns),
        "merged_ranges_count": survey.merged_count,
        "headings": [headings.rows, headings.labels, headings.duplicates],
        "preview": [row for row, _weight in preview],
    }
