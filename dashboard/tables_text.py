"""Rows of a command as a table to read, or as JSON for a script."""

import json
from typing import Any

import typer


def print_rows(rows: list[dict[str, Any]], as_json: bool, empty: str) -> None:
    """`empty` is said where there are none."""
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    elif not rows:
        typer.echo(empty)
    else:
        columns = list(rows[0])
        table = [columns, *([str(row[c]) if row[c] is not None else "-" for c in columns] for row in rows)]
        widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
        for line in table:
            typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
