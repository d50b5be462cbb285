"""The right-hand column: what a person may record, EMERGENCY, and the log. Buttons open panels; none of them writes."""

from dash import html

from dashboard.components.header import part
from dashboard.components.icons import icon

#: Action -> icon, label, hot-key, width. Names are those of the dialogs in `live-forms*.js`.
WIDE: tuple[tuple[str, str, str, str], ...] = (
    ("consciousness", "eye", "Consciousness", "L"),
    ("rate", "drip", "Record rate or bolus", "R"),
    ("pause", "pause", "Record pause at pump", "I"),
)
NARROW: tuple[tuple[str, str, str, str], ...] = (
    ("drug", "pill", "Drug, oxygen", "D"),
    ("side-effect", "face", "Side effect", "E"),
    ("vitals", "pulse", "Manual vitals", "V"),
    ("note", "note", "Note", "N"),
)


def _button(action: str, picture: str, label: str, key: str, *, subline: bool) -> html.Button:
    words = [html.Span([part(f"action-{action}", "action-label", label), html.Kbd(key)], className="action-line")]
    if subline:
        words.append(part(f"sub-{action}", "action-sub tabular"))
    return html.Button(
        [icon(picture), html.Span(words, className="action-words")],
        className=f"action action-{action}",
        **{"data-open": action, "type": "button", "aria-keyshortcuts": key},
    )


def actions() -> html.Aside:
    emergency = html.Button(
        [
            icon("siren"),
            html.Span(
                [
                    part("emergency-text", "emergency-word", "EMERGENCY"),
                    part("emergency-sub", "action-sub tabular", "clock, marks, call list"),
                ]
            ),
        ],
        className="emergency",
        **{"data-open": "emergency", "type": "button"},
    )
    log = html.Div(
        [
            html.Button(
                [html.Span("Log"), html.Span("open, correct", className="muted")],
                className="log-head",
                **{"data-open": "log", "type": "button"},
            ),
            html.Div(className="log-lines", **{"data-el": "log", "tabIndex": "0", "aria-label": "Log, newest first"}),
        ],
        className="log",
    )
    foot = html.Div(
        [
            html.Button(
                [icon("limits"), "Limits", html.Kbd("T")],
                className="small-action",
                title="Alarm limits of this patient",
                **{"data-open": "limits", "type": "button", "aria-keyshortcuts": "T"},
            ),
            html.Button(
                [icon("keys"), html.Kbd("?")],
                className="small-action",
                title="All keys",
                **{"data-open": "keys", "type": "button", "aria-label": "All keys"},
            ),
            html.Button(
                [icon("finish"), "End"],
                className="small-action",
                title="End of session",
                **{"data-open": "close", "type": "button", "aria-label": "End session"},
            ),
        ],
        className="actions-foot",
    )
    buttons = html.Div(
        [
            *(_button(*row, subline=row[0] != "pause") for row in WIDE),
            html.Div([_button(*row, subline=False) for row in NARROW], className="narrow"),
            emergency,
        ],
        className="action-buttons",
    )
    return html.Aside([buttons, log, foot], className="actions", **{"aria-label": "Record"})
