"""A simulated bed: virtual patient -> simulated monitor on a pseudo-terminal -> the real adapter. Nothing after the port knows.

Its past is made the same way but for the port: encoder, decoder and engine at full speed, until it catches up with now.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from config.models.scenario import Scenario
from dashboard.bed_clock import BedClock
from dashboard.bedside.bedside import Bedside
from dashboard.bedside.errors import EntryRefused
from dashboard.bedside.links import LinkView, link_view
from dashboard.past_maker import PastLost
from dashboard.session.chain import Stored
from dashboard.session.events import Event, SessionClosed, SessionOpened, to_dict, type_name
from dashboard.store import Store
from devices.clock import Clock
from devices.link import Link
from simulators.past import STEP_S, End, Step, Talk, wall_clock
from simulators.scenario import Run
from simulators.vitals import PatientRun, Vitals
from simulators.wire import Fleet

log = logging.getLogger(__name__)

NURSE = "R. Nurse"
#: A scripted entry is recorded within the tick after it falls due.
SCRIPT_LATE_S = 2.0


class Patient:
    """The virtual patient of a bed, shared by the wire's thread and by what people record."""

    def __init__(self, run: PatientRun) -> None:
        self._run = run
        self._lock = threading.Lock()

    def take_over(self, run: PatientRun) -> None:
        """Go on as `run`, the same patient some time later."""
        with self._lock:
            self._run = run

    def vitals(self, now_s: float) -> Vitals:
        with self._lock:
            self._run.advance(now_s)
            return self._run.vitals()

    def cable_out(self) -> bool:
        with self._lock:
            return self._run.cable_out

    def charted(self, from_s: float, to_s: float) -> list[dict[str, Any]]:
        """What the script did at the pump and charted, from_s <= t_s < to_s."""
        with self._lock:
            self._run.advance(to_s)
            return self._run.charted(from_s, to_s)

    def hear(self, event: Event) -> None:
        """What is recorded as done acts on the patient: in a simulated bed the pump follows the record."""
        fields = to_dict(event)
        with self._lock:
            self._run.apply(fields.pop("type"), fields, event.t_s)


class DemoBed:
    """One simulated bed from its making to its end. `bedside` exists at once and is held until its past is made. `recorded`: what is
    replayed in the place of the scenario's virtual patient. `made`: the past as another process makes it, up to a moment."""

    def __init__(
        self,
        bedside: Bedside,
        clock: BedClock,
        scenario: Scenario,
        seed: int,
        again: int = 0,
        recorded: PatientRun | None = None,
        patient: Patient | None = None,
        by: str = NURSE,
        scribe: str = NURSE,
        made: Iterator[Step | End] | None = None,
    ) -> None:
        self.by, self.scribe = by, scribe  # who opens the session, and whose name stands at what the scenario charts
        self.bedside, self.clock, self.scenario, self.seed = bedside, clock, scenario, seed
        # Two beds of one scenario must not look like one patient in two rooms.
        self.name = f"{scenario.patient.name} {again + 1}" if again else scenario.patient.name
        self.patient = patient or Patient(recorded or Run(scenario, seed))
        self._recorded = recorded is not None
        self._made = made
        self._heard_s: dict[str, float] = {}
        self._fleet: Fleet | None = None
        self._links: list[Link] = []
        self._charted_s = 0.0
        self._charting = threading.local()

    def begin(self, began: float, stop: threading.Event, resume_within_s: float) -> None:
        """Go on with what a kill cut off a short while ago, or open a session in the past and walk up to now. `began`: the monotonic
        time at which the bed's clock was made."""
        store = self.bedside.store
        for row in store.open_sessions(self.bedside.id):
            last = store.last_tick(row.id)
            mine = (row.scenario, row.seed) == (self.scenario.id, self.seed) and self.clock.speed == 1
            if mine and last is not None and (datetime.now(UTC) - last[1]).total_seconds() < resume_within_s:
                self._resume(row.opened_at)
                return
            close_forgotten(store, row.id)
        self._open_session()
        ahead_s = self.scenario.live_from_s
        self._make_past(lambda: ahead_s + (time.monotonic() - began) * self.clock.speed, stop)

    def _resume(self, opened_at: datetime) -> None:
        """The virtual patient is walked to now again, doing what was recorded when it was recorded."""
        self.clock.set((datetime.now(UTC) - opened_at).total_seconds(), opened_at)
        self.bedside.resume_open()
        session = self.bedside.session
        for stored in session.record if session is not None else ():
            self._walk(stored)
        self._charted_s = self.clock.mono()
        self.patient.vitals(self._charted_s)
        self.clock.release()

    def _walk(self, stored: Stored) -> None:
        event = stored.event
        script = self.patient.charted(max(0.0, event.t_s - SCRIPT_LATE_S), max(0.0, event.t_s))
        if all(entry["type"] != type_name(event) for entry in script):
            self.patient.hear(event)

    def _open_session(self) -> None:
        """The session begins at 0 of the scenario's clock, which lies in the past."""
        scenario = self.scenario
        opened = SessionOpened(
            at=self.clock.utc(),
            by=self.by,
            t_s=0.0,
            bed=self.bedside.id,
            patient=self.name,
            age_y=scenario.patient.age_y,
            weight_kg=scenario.patient.weight_kg,
            concentration_mg_ml=scenario.concentration_mg_ml,
            planned_mg=scenario.planned_mg,
            planned_min=scenario.planned_min,
            protocol=scenario.protocol,
            profile=scenario.profile,
            profile_version=self.bedside.store.profiles.current(scenario.profile).version,
            simulation=True,
            scenario=scenario.id,
            seed=self.seed,
        )
        self.bedside.open(opened)

    def _make_past(self, until_s: Callable[[], float], stop: threading.Event) -> None:
        """Walk the scenario from its beginning until `until_s`, without a port; then the clock runs."""
        bedside, clock = self.bedside, self.clock
        talk, at_s = Talk({device: monitor.name for device, monitor in bedside.monitors.items()}), 0.0
        bedside.links.update({device: partial(self._past_link, device) for device in bedside.monitors})
        try:
            for made in self._made or ():
                if stop.is_set():
                    return
                if isinstance(made, End):
                    self.patient.take_over(made.run)
                    talk = made.talk
                else:
                    self._live_through(made)
                    at_s = made.at_s + STEP_S
        except PastLost:
            # The same patient from the same seed: walked there again, what was charted is charted.
            log.warning(
                "%s: its past is made here from %.0f s on; the process that made it has ended", bedside.id, at_s
            )
            self.patient.charted(0.0, self._charted_s)
        while not stop.is_set() and at_s < until_s():
            self._redo(at_s)
            clock.set(at_s)
            vitals, wall = self.patient.vitals(at_s), wall_clock(clock.utc())
            heard = talk.step(vitals, at_s, wall, cable_out=self.patient.cable_out())
            charted = self.patient.charted(self._charted_s, at_s) if at_s == int(at_s) else None
            self._live_through(Step(at_s, heard, charted))
            at_s += STEP_S
        self._redo(at_s)
        clock.set(at_s)
        clock.release()

    def _past_link(self, device: str) -> LinkView:
        """A line of the past, as a port would see it: lost when it has been silent for long."""
        age_s = self.clock.mono() - self._heard_s.get(device, 0.0)
        return LinkView("live" if age_s <= self.bedside.monitors[device].lost_after_s else "lost", age_s)

    def _live_through(self, step: Step) -> None:
        self.clock.set(step.at_s)
        for device, items in step.heard:
            self._heard_s[device] = step.at_s
            self.bedside.take(device, items, self.clock.mono(), self.clock.utc())
        if step.charted is not None:
            self._charted_s = step.at_s
            self._chart(step.charted)
            self.bedside.poll()

    def _redo(self, _to_s: float) -> None:
        """What people did until then in a run that is walked again; a scenario alone has nobody."""

    def go_live(self) -> None:
        """The monitors get their pseudo-terminals and the bed its real adapters."""
        self._fleet = Fleet(self.clock)
        for device, monitor in self.bedside.monitors.items():
            endpoint = self._fleet.add(monitor.name, "pty", self.patient.vitals, cable_out=self.patient.cable_out)
            link = Link(monitor, endpoint.url, _taker(self.bedside, device), self.clock)
            self._links.append(link)
            self.bedside.links[device] = _joined(link, self.clock)
        self.bedside.heard.append(self._hear)
        self._fleet.start()
        for link in self._links:
            link.start()

    def chart_script(self) -> None:
        """Record what the scenario itself does at the pump and at the bedside, up to now."""
        now_s = self.clock.mono()
        entries = self.patient.charted(self._charted_s, now_s)
        self._charted_s = now_s
        self._chart(entries)

    def _chart(self, entries: list[dict[str, Any]]) -> None:
        self._charting.on = True
        try:
            for entry in entries:
                try:
                    self.bedside.record(
                        {"by": self.scribe, **{k: v for k, v in entry.items() if k != "t_s"}}, scribes=(self.scribe,)
                    )
                except EntryRefused as refused:
                    if not self._recorded:
                        raise
                    # It was possible where it was recorded; here a person may have acted first, or the limits ask for more.
                    log.info("%s: recorded entry left out: %s", self.bedside.id, refused)
        finally:
            self._charting.on = False

    def _hear(self, event: Event) -> None:
        if not getattr(self._charting, "on", False):
            self.patient.hear(event)

    def stop(self) -> None:
        for link in self._links:
            link.stop()
        if self._fleet is not None:
            self._fleet.stop()


def close_forgotten(store: Store, session_id: str) -> None:
    """An open simulated session that nobody goes on with gets its end recorded."""
    record = store.events(session_id)
    last = store.last_tick(session_id)
    t_s = max([record[-1].event.t_s, *([last[0]] if last else [])])
    closed = SessionClosed(at=datetime.now(UTC), by="system", t_s=t_s, summary="demo ended")
    store.writer.append(session_id, closed).result(10)


def _joined(link: Link, clock: Clock) -> Callable[[], LinkView]:
    """A line that takes over from a past without a port: before its first frame it is silent for as long as it is there."""
    look, began_s = link_view(link), clock.mono()

    def view() -> LinkView:
        seen = look()
        return seen if seen.age_s is not None else LinkView(seen.state, clock.mono() - began_s, seen.detail)

    return view


def _taker(bedside: Bedside, device: str) -> Any:
    def take(items: Any, mono_s: float, utc: datetime) -> None:
        bedside.take(device, items, mono_s, utc)

    return take
