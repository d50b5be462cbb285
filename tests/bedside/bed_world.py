"""A bed without ports: a hand-set clock, a real store, and every message kept."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hand_clock import HandClock

from config.models.alarms import load_profile
from config.models.station import Bed, Device
from dashboard.bedside.bedside import Bedside
from dashboard.bedside.links import LinkView
from dashboard.escalation.desk import Desk
from dashboard.escalation.screens import Screens
from dashboard.session.events import SessionOpened
from dashboard.store import Store
from devices.readings import Reading
from devices.registry import find_monitor

PEOPLE = ("R. Nurse", "C. Charge")
START = datetime(2026, 3, 1, 23, 59, 0, tzinfo=UTC)  # midnight falls into every test


class World:
    """One bed and what it published. `advance` lets the engine thread's turns happen as it would."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folder = Path()
        self.clock = HandClock(START, zero_s=1000.0)
        self.messages: list[tuple[str, Mapping[str, Any]]] = []
        self.rows: list[Mapping[str, Any]] = []
        self.link_age_s = 0.0
        self.link_state = "live"
        self.desk = self.make_desk()
        self.bed = self.make()

    def make_desk(self, **more: Any) -> Desk:
        """The station's desk on the same hand-set clock."""
        return Desk(screens=Screens(PEOPLE, self.clock.mono), publish=self.rows.append, **more)

    def make(self, *, simulation: bool = False) -> Bedside:
        bed = Bed(
            id="bed-1", title="Room 1", devices=(Device(name="monitor", monitor="philips_intellivue", port="none"),)
        )
        bedside = Bedside(
            bed,
            {"monitor": find_monitor("philips_intellivue")},
            self.clock,
            self.store,
            lambda kind, at, fields: self.messages.append((kind, fields)),
            people=PEOPLE,
            simulation=simulation,
            desk=self.desk,
        )
        bedside.links["monitor"] = lambda: LinkView(self.link_state, self.link_age_s)
        return bedside

    def open(self, **changes: Any) -> str:
        opened = {
            "at": self.clock.utc(), "by": "R. Nurse", "t_s": 0.0, "bed": "bed-1", "patient": "T. T.", "weight_kg": 70.0,
            "concentration_mg_ml": 2.0, "planned_mg": 98.0, "planned_min": 240.0, "profile": "A-standard-adult",
            "profile_version": load_profile("A-standard-adult").version,
        }  # fmt: skip
        return self.bed.open(SessionOpened(**{**opened, **changes}))

    def say(self, **values: float | None) -> None:
        readings = [
            Reading(name, value, "", "ok" if value is not None else "sensor_off") for name, value in values.items()
        ]
        self.bed.take("monitor", readings, self.clock.mono(), self.clock.utc())

    def advance(self, seconds: int, **values: float | None) -> None:
        """Second by second: readings, then the engine's turn."""
        for _ in range(seconds):
            self.clock.now_s += 1.0
            if values:
                self.say(**values)
            self.bed.poll()

    def settle(self) -> None:
        """Everything durable is folded in and told."""
        assert self.store.writer.flush()
        self.bed.poll()

    def record(self, kind: str, **fields: Any) -> dict[str, Any]:
        return self.bed.record({"by": "R. Nurse", "type": kind, **fields})

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        return [fields for name, fields in self.messages if name == kind]

    def log(self) -> list[str]:
        return [row["text"] for row in self.bed.snapshot()["log"]]
