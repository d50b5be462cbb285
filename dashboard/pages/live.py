"""The live page of one bed: a skeleton that Dash lays out once and `assets/live-*.js` fills from the live socket.

No callback and no `dcc.Graph` here: numbers and alarms are written straight into the page, because a framework between the
message and the paint costs most of the budget (docs/live-protocol.md is the contract with the server).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Protocol

from dash import html
from dash.development.base_component import Component

from dashboard.components.actions import actions
from dashboard.components.banner import banner
from dashboard.components.header import header, status_strip
from dashboard.components.tiles import tiles
from dashboard.components.trend import trend
from devices.signals import SIGNALS

#: Signals that a person may type in, with what the form calls them.
MANUAL_SIGNALS: dict[str, str] = {
    "hr": "HR",
    "spo2": "SpO₂",
    "nibp_sys": "BP systolic",
    "nibp_dia": "BP diastolic",
    "rr_co2": "RR, counted",
    "etco2": "EtCO₂",
    "temp": "Temperature",
}

#: Whom to call, when the station names nobody.
CALL_LIST: tuple[tuple[str, str], ...] = (
    ("Second nurse", ""),
    ("Physician on call", ""),
    ("Resuscitation team", "site emergency number"),
)


class Level(Protocol):
    """A level of a consciousness scale (`config.models.scales`)."""

    @property
    def code(self) -> str: ...

    @property
    def label(self) -> str: ...


def layout(
    bed: str,
    title: str,
    people: Sequence[str],
    scales: Mapping[str, Sequence[Level]] | None = None,
    call_list: Sequence[tuple[str, str]] = CALL_LIST,
    setup_href: str | None = None,
    home_href: str = "/",
    *,
    training: bool = False,
) -> Component:
    """The page of `bed`. `people`: who may say that they are at the bed; empty lets them type a name.

    `scales`: scale id -> its levels in order, for entries of another scale than the session's own. `call_list`: (role,
    how to reach them). `setup_href`: where a session is opened, shown while the bed has none. `training`: a trainee's page: no way
    out of the exercise, and nothing of other rooms (decision 0045).
    """
    manual = [
        {
            "signal": name,
            "label": label,
            "unit": SIGNALS[name].unit.replace("1/min", "/min"),
            "low": SIGNALS[name].low,
            "high": SIGNALS[name].high,
            "decimals": SIGNALS[name].decimals,
        }
        for name, label in MANUAL_SIGNALS.items()
    ]
    config = {
        "bed": bed,
        "title": title,
        "people": list(people),
        "scales": {
            name: [{"code": level.code, "label": level.label} for level in levels]
            for name, levels in (scales or {}).items()
        },
        "manual": manual,
        "calls": [{"role": role, "reach": reach} for role, reach in call_list],
        "setup_href": setup_href,
        "training": training,
    }
    page: Component = html.Div(
        [
            header(title, None if training else home_href),
            status_strip(),
            banner(),
            html.Main([tiles(), trend(), actions()], className="live-main"),
            html.Div(**{"data-el": "dialogs"}, className="dialogs"),
            html.Div(className="sr-only", role="alert", **{"data-el": "alarm-words", "aria-live": "assertive"}),
            html.Div(className="frame", **{"aria-hidden": "true"}),
        ],
        id="live",
        className="live",
        **{"data-bed": bed, "data-config": json.dumps(config, ensure_ascii=False), "data-state": "connecting"},
    )
    return page
