"""Tables in the colours of the tokens: AG Grid's theme parameters take CSS variables, so dark and light switch by themselves."""

from typing import Any

import dash_ag_grid as dag

_THEME = (
    "themeQuartz.withParams({browserColorScheme: 'inherit', backgroundColor: 'var(--panel)', foregroundColor: 'var(--text)', headerBackgroundColor: 'var(--panel)',"
    " headerTextColor: 'var(--muted)', borderColor: 'var(--line)', rowHoverColor: 'var(--button-hover)',"
    " selectedRowBackgroundColor: 'var(--selected)', oddRowBackgroundColor: 'var(--panel)', accentColor: 'var(--infusion)',"
    " chromeBackgroundColor: 'var(--panel)', menuBackgroundColor: 'var(--panel-raised)', fontFamily: 'inherit', fontSize: 13,"
    " headerFontSize: 12, headerFontWeight: 600, wrapperBorder: false, wrapperBorderRadius: 0, spacing: 6,"
    " cellHorizontalPadding: 10, columnBorder: false, headerColumnResizeHandleColor: 'transparent'})"
)


def grid(
    grid_id: str,
    columns: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    empty: str,
    row_id: str = "params.data.id",
    **options: Any,
) -> dag.AgGrid:
    """A table of `rows` with one selectable row; `empty` stands where there is none. Sorting by any column."""
    return dag.AgGrid(
        id=grid_id,
        columnDefs=columns,
        rowData=rows,
        getRowId=row_id,
        defaultColDef={"sortable": True, "resizable": True, "suppressMovable": True, "suppressHeaderMenuButton": True},
        dashGridOptions={
            "theme": {"function": _THEME},
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
            "rowHeight": 44,
            "headerHeight": 40,
            "animateRows": False,
            "rowBuffer": 3,  # rows drawn out of sight: the more, the slower a filter
            "suppressCellFocus": False,
            "localeText": {"noRowsToShow": empty},
            "tooltipShowDelay": 300,
            **options,
        },
        className="grid",
        style={"height": "100%", "width": "100%"},
    )


def said(field: str) -> dict[str, Any]:
    """Sort by the number in the column's own field, show the words in `field`."""
    return {"valueFormatter": {"function": f"params.data.{field}"}}
