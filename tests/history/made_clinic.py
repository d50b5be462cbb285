"""A clinic's week, made through the real bedside: signals second by second, alarms by the engine, entries of people, two stores.

`python tests/history/made_clinic.py DIR` fills a data folder with it.
"""

import math
import random
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))
from hand_clock import HandClock

from config.models.station import Bed, Device
from dashboard.bedside.bedside import Bedside
from dashboard.bedside.links import LinkView
from dashboard.session.events import SessionOpened
from dashboard.store import Store, Stores
from devices.readings import Reading
from devices.registry import find_monitor

PEOPLE = ("R. Nurse", "C. Kim", "Dr. A. Reviewer", "Dr. B. Second")
FIRST = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)
#: (from, to, signal, change at the middle): bell-shaped episodes; None: the signal is lost.
Episode = tuple[float, float, str, float | None]


class Room:
    """One bed with a hand-set clock. `link_age_s`: silence of its monitor."""

    def __init__(self, store: Store, number: int, start: datetime, *, simulation: bool = False) -> None:
        self.clock = HandClock(start)
        self.link_age_s = 0.0
        bed = Bed(
            id=f"bed-{number}",
            title=f"Room {number}",
            devices=(Device(name="monitor", monitor="philips_intellivue", port="none"),),
        )
        self.bed = Bedside(
            bed,
            {"monitor": find_monitor("philips_intellivue")},
            self.clock,
            store,
            lambda *_: None,
            people=PEOPLE,
            simulation=simulation,
        )
        self.bed.links["monitor"] = lambda: LinkView("live" if self.link_age_s < 5 else "lost", self.link_age_s)
        self.number, self.simulation = number, simulation

    def run(self, minutes: float, episodes: list[Episode], seed: int, patient: str, *, close: bool = True) -> str:
        """A session of `minutes`, accepted alarms, oxygen and pauses included; its id."""
        noise = random.Random(seed)
        session = self.bed.open(
            SessionOpened(
                at=self.clock.utc(),
                by="R. Nurse",
                t_s=0.0,
                bed=self.bed.id,
                patient=patient,
                weight_kg=62.0,
                concentration_mg_ml=2.0,
                planned_mg=86.8,
                planned_min=240.0,
                profile="A-standard-adult",
                profile_version="0.1.0",
                age_y=54.0,
                protocol="CRPS-10x4H",
                simulation=self.simulation,
                scenario="apnoea drill" if self.simulation else "",
            )
        )
        asked: dict[int, float] = {}
        end_s = minutes * 60
        for t in range(1, int(end_s) + 1):
            self.clock.now_s += 1
            values = _values(t, episodes, noise)
            if self.link_age_s == 0:
                readings = [
                    Reading(name, value, "", "ok" if value is not None else "sensor_off")
                    for name, value in values.items()
                ]
                self.bed.take("monitor", readings, self.clock.mono(), self.clock.utc())
            self.bed.poll()
            self._people(t, end_s, asked, noise)
        if close:
            self._enter("infusion_stopped", reason="planned")
            self.bed.store.writer.flush(60)  # a busy disk may take longer than the bed waits
            self.bed.poll()
            self._enter("session_closed", summary="uneventful")
        self.bed.store.writer.flush()
        self.bed.poll()
        return session

    def _people(self, t: int, end_s: float, asked: dict[int, float], noise: random.Random) -> None:
        if t == 60:
            self._enter(
                "baseline_taken",
                values={"rate": 74.0, "sbp": 128.0, "dbp": 78.0, "spo2": 98.0, "etco2": 37.0, "rr": 14.0},
            )
        if t == 90:
            self._enter("infusion_started", rate_mg_h=10.8, concentration_mg_ml=2.0)
        if t == int(end_s * 0.3):
            self._enter("infusion_rate_changed", rate_mg_h=21.7, concentration_mg_ml=2.0)
        if t == 200:
            self.bed.pause_audio("R. Nurse")
        if t == 300:
            self._enter("oxygen_changed", flow_l_min=2.0, device="nasal cannula")
        if t % 600 == 120:
            self._enter("consciousness_assessed", scale="moaas", level="4" if t > 600 else "5")
        for alarm in self.bed.alarms():
            if alarm.acknowledged_by or (alarm.occurrence in asked and asked[alarm.occurrence] > t):
                continue
            if alarm.occurrence not in asked:
                asked[alarm.occurrence] = t + noise.choice((4, 7, 9, 19, 31, 400))
                continue
            self.bed.acknowledge(alarm.occurrence, noise.choice(PEOPLE[:2]))
            if alarm.priority == "high":
                self._enter("oxygen_changed", flow_l_min=4.0, device="nasal cannula")
                self._enter("alarm_action_noted", occurrence=alarm.occurrence, action="airway opened")
            elif noise.random() < 0.2:
                self.bed.pause_audio("R. Nurse")

    def _enter(self, kind: str, **fields: Any) -> Mapping[str, Any]:
        return self.bed.record({"by": "R. Nurse", "type": kind, **fields})


def _values(t: float, episodes: list[Episode], noise: random.Random) -> dict[str, float | None]:
    values: dict[str, float | None] = {
        "hr": 76 + 4 * math.sin(t / 300), "pr": 76 + 4 * math.sin(t / 300), "spo2": 97 + 0.4 * math.sin(t / 50), "etco2": 38 + math.sin(t / 200),
        "rr_co2": 14 + math.sin(t / 90),
    }  # fmt: skip
    if t % 300 == 60:
        values |= {"nibp_sys": 128.0, "nibp_dia": 78.0, "nibp_map": 94.0}
    for from_s, to_s, signal, change in episodes:
        if from_s <= t <= to_s and (signal in values):
            before = values[signal]
            values[signal] = (
                None
                if change is None or before is None
                else before + change * math.sin(math.pi * (t - from_s) / (to_s - from_s))
            )
    return {
        k: None if v is None else float(round(v + (noise.gauss(0, 0.5) if k in ("hr", "pr", "etco2", "rr_co2") else 0)))
        for k, v in values.items()
    }


def episodes(seed: int, minutes: float) -> list[Episode]:
    """Desaturations with the carbon dioxide that goes before them, slow breathing, pressures, lost probes."""
    choice = random.Random(seed)
    found: list[Episode] = []
    t = 420.0
    while t < minutes * 60 - 400:
        kind = choice.choice(("desaturation", "brief", "co2", "rr", "pressure", "probe", "rate"))
        if kind == "desaturation":
            found += [
                (t, t + 200, "etco2", 14.0),
                (t + 20, t + 190, "rr_co2", -6.0),
                (t + 60, t + 200, "spo2", -choice.choice((9.0, 14.0))),
            ]
        elif kind == "brief":
            found.append((t, t + 34, "spo2", -9.0))
        elif kind == "co2":
            found.append((t, t + 160, "etco2", 16.0))
        elif kind == "rr":
            found.append((t, t + 100, "rr_co2", -8.0))
        elif kind == "pressure":
            found += [(t, t + 700, "nibp_sys", 60.0), (t, t + 700, "nibp_dia", 25.0)]
        elif kind == "probe":
            found.append((t, t + 70, "spo2", None))
        else:
            found += [(t, t + 240, "hr", 52.0), (t, t + 240, "pr", 52.0)]
        t += choice.choice((260.0, 420.0, 600.0))
    return found


def build(stores: Stores, minutes: float = 50.0, sessions: int = 5) -> list[str]:
    """`sessions` of patients over a week in two rooms, the last one still open; two simulated ones. Their ids, in order."""
    made = []
    for i in range(sessions):
        room = Room(stores.live, 1 + i % 2, FIRST + timedelta(days=i, hours=i % 3))
        made.append(
            room.run(minutes, episodes(i + 1, minutes), i, ("T.N.", "A.B.", "J.L.")[i % 3], close=i < sessions - 1)
        )
    for i in range(2):
        room = Room(stores.simulation, 3, FIRST + timedelta(days=i), simulation=True)
        made.append(room.run(minutes / 2, episodes(i + 40, minutes / 2), i, "SIM"))
    return made


if __name__ == "__main__":
    with Stores(Path(sys.argv[1])) as opened:
        print("\n".join(build(opened)))
