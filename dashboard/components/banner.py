"""The alarm banner: three rows that are always there, so that nothing moves when an alarm comes or goes."""

from dash import html

from dashboard.components.header import part
from dashboard.components.icons import icon

ROWS = 3


def _row(index: int) -> html.Div:
    return html.Div(
        [
            part("mark", "alarm-mark"),
            part("title", "alarm-title"),
            html.Div(
                [part("detail", "alarm-standing"), part("todo", "alarm-todo"), part("told", "alarm-told")],
                className="alarm-detail",
            ),
            html.Button(
                "Acknowledge", className="alarm-ack", **{"data-el": "ack", "type": "button", "hidden": "hidden"}
            ),
        ],
        className="alarm-row",
        **{"data-row": str(index)},
    )


def banner() -> html.Section:
    """Rows are filled worst first by `live-banner.js`; the right-hand block holds the sound of this bed."""
    side = html.Div(
        [
            html.Button(
                [icon("pause"), part("pause-text", text="Pause audio 2:00 (P)")],
                className="pause-audio",
                **{"data-el": "pause", "type": "button"},
            ),
            html.Button(
                part("sound-state"),
                className="sound-test-button",
                title="Test the sound",
                **{"data-el": "sound-button", "type": "button"},
            ),
            html.Div(
                [
                    html.Button(
                        "",
                        className="group-mark",
                        title="Breathing as a whole",
                        hidden="hidden",
                        **{"data-el": "respiratory", "data-open": "respiratory", "type": "button"},
                    ),
                    html.Button(
                        "", className="more-alarms", **{"data-el": "more", "type": "button", "hidden": "hidden"}
                    ),
                ],
                className="banner-more",
            ),
        ],
        className="banner-side",
    )
    return html.Section(
        [html.Div([_row(i) for i in range(ROWS)], className="alarm-rows"), side],
        className="banner",
        **{"data-el": "banner", "aria-label": "Alarms"},
    )
