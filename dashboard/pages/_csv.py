"""Tables as files that a spreadsheet may open: safe from cells that would run as formulas, and read as UTF-8."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: Excel reads a file without it in the computer's old code page, and shows SpO₂ as rubbish.
BOM = "\ufeff"
#: A text that begins like this is a formula to a spreadsheet, whoever typed it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """`columns` in their order, one line a row; what a row lacks, or has as None, is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(name)) for name in columns])
    return BOM + out.getvalue()


def cell(value: object) -> object:
    """Numbers stay numbers; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def download(text: str, name: str) -> dict[str, Any]:
    """What `dcc.Download` is handed."""
    return {"content": text, "filename": name, "type": "text/csv;charset=utf-8", "base64": False}
