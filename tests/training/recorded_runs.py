"""Runs of the training room written by hand, with known times, straight into a store: no patient is lived through for them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.alarms.values import Tick
from dashboard.session import events as ev
from dashboard.session.chain import Stored
from dashboard.store import Store
from dashboard.store.rows import StoredTick

TRAINER, NURSE, OTHER = "T. Trainer", "R. Nurse", "C. Charge"
#: S02: the alarm APNOEA is what five actions wait for, 30, 30, 30, 60 and 60 s at most.
S02 = "s02-central-apnoea"
BEGAN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
JOINED_S, ALARM_S, END_S = 240.0, 420.0, 600.0


class Recorded:
    """One run. Every time is of the scenario's clock, in seconds."""

    def __init__(
        self, session: str, *, scenario: str = S02, began: datetime = BEGAN, seed: int = 2, bed: str = "train-1"
    ) -> None:
        self.session, self.began = session, began
        self.events: list[ev.Event] = []
        self._add(
            ev.SessionOpened, 0.0, TRAINER, bed=bed, patient="P5", weight_kg=70.0, concentration_mg_ml=10.0, planned_mg=60.0, planned_min=40.0,
            profile="A-standard-adult", profile_version="1", simulation=True, scenario=scenario, seed=seed, age_y=34.0,
        )  # fmt: skip
        self._add(ev.RunJoined, 0.0, TRAINER, joined_s=JOINED_S)

    def _add(self, cls: type[ev.Event], t_s: float, by: str, /, **fields: Any) -> "Recorded":
        self.events.append(cls(at=self.began + timedelta(seconds=t_s), by=by, t_s=t_s, **fields))
        return self

    def forked(self, session: str, at_s: float) -> "Recorded":
        return self._add(ev.RunForked, 0.0, TRAINER, from_session=session, from_t_s=at_s)

    def paced(self, t_s: float, speed: float) -> "Recorded":
        return self._add(ev.RunPaced, t_s, TRAINER, speed=speed)

    def alarm(
        self,
        t_s: float = ALARM_S,
        kind: type[ev.AlarmEvent] = ev.AlarmRaised,
        by: str = "system",
        priority: str = "high",
    ) -> "Recorded":
        return self._add(
            kind, t_s, by, rule="APNOEA", priority=priority, kind="physiological", occurrence=1, message="No breath", value=None, limit=None
        )  # fmt: skip

    def acknowledged(self, t_s: float, by: str = NURSE) -> "Recorded":
        return self.alarm(t_s, ev.AlarmAcknowledged, by)

    def cleared(self, t_s: float) -> "Recorded":
        return self.alarm(t_s, ev.AlarmCleared)

    def did(self, t_s: float, kind: str, **fields: Any) -> "Recorded":
        return self._add(ev.TraineeActed, t_s, TRAINER, action=kind, effect={"kind": kind, **fields})

    def noted(self, t_s: float, text: str, by: str = NURSE) -> "Recorded":
        return self._add(ev.Note, t_s, by, text=text)

    def closed(self, t_s: float = END_S, summary: str = "run ended") -> "Recorded":
        return self._add(ev.SessionClosed, t_s, TRAINER, summary=summary)

    def record(self) -> list[Stored]:
        return [Stored(self.session, n, "", "", event) for n, event in enumerate(self.events, 1)]

    def save(self, store: Store, samples: dict[int, dict[str, float | None]] | None = None) -> "Recorded":
        for event in self.events:
            store.writer.append(self.session, event)
        for t_s, values in (samples or {}).items():
            at = self.began + timedelta(seconds=t_s)
            store.writer.sample(self.session, StoredTick(at, float(t_s), Tick(float(t_s), values)))
        return self


def answered(session: str, after_s: float, **about: Any) -> Recorded:
    """A run whose airway was opened `after_s` after the alarm, and help called 10 s later."""
    one = Recorded(session, **about).alarm().acknowledged(ALARM_S + after_s / 2)
    one.did(ALARM_S + after_s, "open_airway").did(ALARM_S + after_s + 10, "call_help")
    return one.cleared(ALARM_S + after_s + 60).closed()


def vitals(
    from_s: int, to_s: int, *, spo2: float, hole: tuple[int, int] = (0, 0)
) -> dict[int, dict[str, float | None]]:
    """A row a second: steady but for `spo2` and a hole in it."""
    found: dict[int, dict[str, float | None]] = {}
    for t_s in range(from_s, to_s + 1):
        found[t_s] = {
            "hr": 70.0, "pr": None, "spo2": None if hole[0] <= t_s < hole[1] else spo2, "etco2": 38.0, "rr_co2": 14.0,
            "nibp_sys": 120.0 if t_s % 120 == 0 else None, "nibp_dia": 70.0 if t_s % 120 == 0 else None,
        }  # fmt: skip
    return found


def hundreds(store: Store, count: int) -> None:
    """`count` runs of S02, a quarter of an hour apart, as long a record as a real run leaves: alarms, notes and entries."""
    for i in range(count):
        began = BEGAN + timedelta(minutes=15 * i)
        one = Recorded(f"{i:08d}-0000-7000-8000-000000000000", began=began, seed=i % 5)
        for n in range(60):
            one.noted(JOINED_S + n, f"note {n}")
        if i % 10 == 9:
            one.paced(JOINED_S + 61, 5.0)
        one.alarm().acknowledged(ALARM_S + 4 + i % 9)
        for n, kind in enumerate(("stop_pump", "stimulate", "open_airway", "call_help")):
            if (i + n) % 6:
                one.did(ALARM_S + 5 + (i * 7 + n * 11) % 50, kind)
        one.cleared(ALARM_S + 90).closed().save(store)
    assert store.writer.flush(60.0)
