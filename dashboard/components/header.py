"""The top of the live page: what mode, whose bed, which warnings last, which phase and time, who is here."""

from collections.abc import Callable
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components.icons import icon

#: Lasting warnings: name (as in `live-header.js`) -> what the chip says and the colour of its border.
CHIPS: dict[str, tuple[str, str]] = {
    "unapproved": ("LIMITS NOT SITE APPROVED", "warn"),
    "no-co2": ("NO APNOEA DETECTION", "warn"),
}


def part(
    name: str, class_name: str = "", text: str = "", kind: Callable[..., Any] = html.Span, **attributes: str
) -> Component:
    """An element that the page's JavaScript finds by `name` and fills."""
    made: Component = kind(text or None, className=class_name or None, **{"data-el": name, **attributes})
    return made


def theme_toggle() -> html.Button:
    """Dark and light; the choice stays with this browser (`live-theme.js` listens on every page)."""
    return html.Button(
        icon("theme"),
        className="icon-button",
        **{"data-theme-toggle": "", "type": "button", "aria-label": "Switch between dark and light"},
    )


def header(title: str, home_href: str | None) -> html.Header:
    """`title`: the bed as people call it (Room 6). `home_href`: where all rooms are; None: nobody leaves from here."""
    chips = [part(f"chip-{name}", f"chip chip-{tone}", text, hidden="hidden") for name, (text, tone) in CHIPS.items()]
    modified = html.Button(
        "LIMITS MODIFIED",
        className="chip chip-warn",
        title="Which limits, and from what",
        hidden="hidden",
        **{"data-el": "chip-modified", "data-open": "limits", "type": "button"},
    )
    sound = html.Span(
        [icon("sound"), part("sound-text", text="SOUND NOT CONFIRMED")],
        className="chip chip-warn",
        **{"data-el": "chip-sound"},
    )
    time = html.Button(
        [
            part("phase", "phase", "…"),
            part("clock", "session-clock tabular", "--:--:--"),
            part("planned", "planned tabular"),
        ],
        className="session-time",
        title="Phase of the session",
        **{"data-el": "phase-button", "type": "button"},
    )
    person = html.Button(
        [icon("person"), part("person", text="Who is at the bed?")],
        className="person",
        **{"data-el": "person-button", "type": "button", "aria-haspopup": "dialog"},
    )
    home = [] if home_href is None else [
        html.A(icon("home"), href=home_href, className="home", title="All rooms", **{"aria-label": "All rooms"})
    ]  # fmt: skip
    return html.Header(
        [
            *home,
            part("mode", "mode", "…"),
            html.Div(
                [
                    html.H1(title, className="room"),
                    part("patient", "patient", kind=html.Div),
                    part("plan", "patient", kind=html.Div),
                ],
                className="who",
            ),
            html.Div([*chips, modified, sound], className="chips"),
            time,
            html.Div([person, part("local-time", "local-time tabular")], className="here"),
            theme_toggle(),
        ],
        className="live-header",
    )


def status_strip() -> html.Div:
    """One line under the header, always there: links, record, screens, and what was just done. Turns red when the page
    is not live or the record fails, without moving anything below it."""
    return html.Div(
        [
            part("strip-alert", "strip-alert", role="alert"),
            html.Button(
                [icon("bell-off"), part("strip-off-text", "tabular")],
                className="strip-off",
                title="Alarms that are off, and for how long",
                hidden="hidden",
                **{"data-el": "strip-off", "data-open": "limits", "type": "button"},
            ),
            part("slept", "strip-slept", role="alert", hidden="hidden"),
            part("strip-devices", "strip-item"),
            part("strip-record", "strip-item"),
            part("strip-screens", "strip-item"),
            part("notice", "strip-notice", "", html.Span, **{"role": "status", "aria-live": "polite"}),
        ],
        className="strip",
        **{"data-el": "strip"},
    )
