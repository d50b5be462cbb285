"""One bed: devices in, session record and alarms out. The joint of the whole program.

Port threads bring readings, the engine thread ticks, people record through the web edge; one lock a bed keeps them in
one order, and that order is what the record holds: `t_s` of every event lies between the two ticks it fell between, so
a re-run of the record gives the same alarm transitions.
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from datetime import datetime
from typing import Any

import uuid_utils

from config.models import DashboardError
from config.models.station import Bed
from dashboard import alarms
from dashboard.alarms.values import Change, Fact, Tick
from dashboard.bedside import messages, predicted, trend
from dashboard.bedside.before_start import check_gate
from dashboard.bedside.entries import (
    HUMAN_TYPES,
    TRAINER_TYPES,
    answer,
    asked,
    check_person,
    check_session,
    checked,
    entry_of,
    remembered,
    saved,
    told_before,
)
from dashboard.bedside.errors import EntryRefused
from dashboard.bedside.links import Links
from dashboard.bedside.narrate import Recent, fields_of
from dashboard.bedside.outlet import Outlet, Publish
from dashboard.bedside.resume import interrupted, profile_of
from dashboard.bedside.sampling import Sampler
from dashboard.bedside.sources import Cuff
from dashboard.bedside.timing import SessionClock
from dashboard.bedside.unanswered import Unanswered
from dashboard.escalation.desk import Desk
from dashboard.session.chain import Stored
from dashboard.session.events import SYSTEM, TYPES, Event, ManualVitals, SessionOpened, type_name
from dashboard.session.facts import as_fact
from dashboard.session.fold import apply, fold
from dashboard.session.rules import warnings
from dashboard.session.state import Session
from dashboard.session.training_events import HIDDEN
from dashboard.session.workflow import suggest_phase
from dashboard.store import Store, StoredTick
from devices.clock import Clock
from devices.readings import Fault, Reading
from devices.registry import Monitor

#: A person's entry is waited for this long under the bed's lock; a disk slower than this must not hold up the alarms.
PATIENCE_S = 0.25
#: Audio pause of one bed (design section 5).
AUDIO_PAUSE_S = 120.0

#: Of the program's own events, those that the engine must hear of.
TOLD = frozenset({"audio_paused", "audio_resumed", "phase_changed", "service_resumed"})


class Bedside:
    """`publish(kind, at, fields)` tells every screen. `links`: device name -> its link as it stands. `desk`: the station's, shared by
    its beds: where alarms go that nobody here answers."""

    def __init__(
        self,
        bed: Bed,
        monitors: Mapping[str, Monitor],
        clock: Clock,
        store: Store,
        publish: Publish,
        *,
        people: Iterable[str],
        simulation: bool,
        desk: Desk | None = None,
        roles: Mapping[str, str] | None = None,
    ) -> None:
        self.id, self.title = bed.id, bed.title
        self.clock = clock
        self.simulation = simulation
        self.people, self.roles = tuple(people), dict(roles or {})
        self.monitors = dict(monitors)
        self.links = Links(self.monitors)
        self.faults: deque[tuple[datetime, str, Fault]] = deque(maxlen=200)
        self._prefer = bed.prefer
        self.store = store
        self._writer = store.writer
        self.heard: list[Callable[[Event], None]] = []
        self.signs: Mapping[str, str] = {}  # who entered it -> whose name screens show there instead
        self.held = self.quiet = False  # quiet: no alarm of this bed is sounded, for a trainer lets time fly
        self._lock = threading.RLock()
        self._pending: deque[tuple[Future[Stored], Event]] = deque()
        self._desk = desk or Desk()
        self._outlet = Outlet(self, publish)
        self.unanswered = Unanswered(self, self._desk, self._lock, self._append, self._outlet.alarms)
        self._clear_session()

    # -- the session's own state ------------------------------------------------------------------------------------

    def _clear_session(self) -> None:
        self.session: Session | None = None
        self.profile: alarms.Profile | None = None
        self.engine: alarms.EngineState | None = None
        self._time = SessionClock(self.clock)
        self._recent = Recent()
        self._phase_asked = ""
        # What was measured before belongs to another patient.
        self.sampler = Sampler(self.monitors, self._prefer)
        self.links.forget()
        self._outlet.forget()
        self.unanswered.forget()

    def t_s(self) -> float:
        """Seconds on the session's clock."""
        return self._time.t_s()

    @property
    def last_tick_s(self) -> float:
        """The last tick on the session's clock; -1 before the first."""
        return self._time.last_tick_s

    def open(self, opened: SessionOpened, session_id: str | None = None) -> str:
        """Start a session at this bed; durable when it returns. EntryRefused when one is open already."""
        with self._lock:
            if self.session is not None:
                raise EntryRefused("this bed has an open session; close it first", status=409)
            session_id = session_id or str(uuid_utils.uuid7())
            self._clear_session()
            checked(opened, Session())
            remembered(self.store, opened)
            stored = saved(self._writer.open_session(session_id, opened))
            self._start(fold([stored]))
            self._tell(as_fact(opened, stored.seq))
            self.links.note(self._append)
        self._outlet.say("snapshot", self.snapshot())
        return session_id

    def resume_open(self) -> bool:
        """Go on with the session that a stop or crash left open at this bed; False when there is none.

        The alarm state is made again from the record, tick by tick; the time in between shows as a gap.
        """
        rows = self.store.open_sessions(self.id)
        if not rows:
            return False
        session_id = rows[0].id
        record = self.store.events(session_id)
        with self._lock:
            self._start(fold(record))
            self._rewind(session_id, record)
        self._outlet.say("snapshot", self.snapshot())
        return True

    def _rewind(self, session_id: str, record: list[Stored]) -> None:
        assert self.session is not None and self.session.opened is not None and self.profile is not None
        was = interrupted(self.store, session_id, record, self.profile)
        self.engine = was.engine
        now = self.clock.utc()
        # The wall clock bridges the gap; were it set back meanwhile, the session's clock still goes on.
        base_s = max((now - self.session.opened.at).total_seconds(), was.last_s + 1.0)
        self._time = SessionClock(self.clock, base_s, last_tick_s=float(math.floor(base_s)))
        self._note_changes(was.untold)
        gap_s = max(0.0, (now - was.last_at).total_seconds())
        self._append("service_resumed", {"gap_s": round(gap_s, 3)}, t_s=round(base_s, 3))
        self.unanswered.recall(self.session)
        if was.cuff is not None:
            values, at_s = was.cuff
            self.sampler.sources.show_cuff(Cuff(values, self.clock.mono() - (base_s - at_s), "before the restart"))

    def _start(self, session: Session) -> None:
        assert session.opened is not None
        self.session = session
        self.profile = profile_of(self.store, session.opened)
        self.engine = alarms.start(self.profile)

    def approved(self) -> None:
        """The site approved a profile version a moment ago: where this session runs with it, its screens say so from now on."""
        with self._lock:
            if self.session is None or self.session.opened is None:
                return
            self.profile = profile_of(self.store, self.session.opened)
        self._outlet.say("snapshot", self.snapshot())

    # -- devices in -------------------------------------------------------------------------------------------------

    def take(self, device: str, items: Iterable[Reading | Fault], mono_s: float, at: datetime) -> None:
        """What a port's decoder found, at the host's time of receipt. Called from the port's own thread."""
        readings = []
        for item in items:
            if isinstance(item, Fault):
                self.faults.append((at, device, item))
            else:
                readings.append(item)
        if not readings:
            return
        with self._lock:
            if self.sampler.take(device, readings, mono_s):
                self._outlet.vitals_due = True
                self._outlet.vitals(self.clock.mono())

    # -- the engine's turn ------------------------------------------------------------------------------------------

    def poll(self) -> None:
        """Land what became durable, tick when a whole second has passed, push numbers that wait. Called 20 times a second."""
        with self._lock:
            self._drain()
            now_s = self.clock.mono()
            if self.session is not None and self._time.tick_is_due():
                self._tick(now_s)
            elif self._outlet.vitals_due:
                self._outlet.vitals(now_s)

    def _tick(self, now_s: float) -> None:
        assert self.profile is not None and self.engine is not None and self.session is not None
        self.links.note(self._append)
        t_s = self._time.tick_s()
        tick = Tick(t_s, self._tick_values(now_s))
        self._time.last_tick_s = t_s
        self._writer.sample(self.session.id, StoredTick(self.clock.utc(), now_s, tick, self.sampler.notes(now_s)))
        self.engine, changes = alarms.step(self.profile, self.engine, tick)
        self._note_changes(changes)
        phase = suggest_phase(self.session, t_s)
        if phase != self.session.phase and phase != self._phase_asked:
            self._phase_asked = phase
            self._append("phase_changed", {"phase": phase})
        self._outlet.vitals_due = True
        self._outlet.vitals(now_s, tick=True)
        self._outlet.alarms(changes)
        if not self.held:
            self.unanswered.tick(t_s)

    def _tick_values(self, now_s: float) -> dict[str, float | None]:
        values = self.sampler.tick_values(now_s)
        if self.links:
            values["link"] = self.links.silence_s(self._time.here_s())
        if not self.simulation:
            values["nurse_present"] = 1.0 if self._desk.screens.anyone(self.id) else None
        return values

    def _note_changes(self, changes: Iterable[Change]) -> None:
        assert self.profile is not None
        changes = list(changes)
        for change in changes:
            self._append(
                f"alarm_{change.change}", fields_of(self.profile, change), by=change.by or SYSTEM, t_s=change.t_s
            )
        self._recent.hear(self.profile, changes)

    # -- the record -------------------------------------------------------------------------------------------------

    def _append(self, name: str, fields: Mapping[str, Any], *, by: str = SYSTEM, t_s: float | None = None) -> None:
        """An event of the program itself, or one that must take effect whether or not the disk is there."""
        assert self.session is not None
        t_s = self._time.event_t_s() if t_s is None else t_s
        event = TYPES[name](at=self.clock.utc(), by=by, t_s=t_s, **fields)
        self._pending.append((self._writer.append(self.session.id, event, keep=True), event))
        if name in TOLD:
            self._tell(as_fact(event))

    def _drain(self) -> None:
        """Fold in what has become durable, in order."""
        while self._pending and self._pending[0][0].done():
            future, event = self._pending.popleft()
            if future.exception() is None:
                self._land(future.result(), event)

    def _land(self, stored: Stored, event: Event) -> None:
        if self.session is None or stored.session != self.session.id:
            return
        if stored.seq <= self.session.seq:
            return  # a retried entry that stands already
        self.session = apply(self.session, stored)
        if type_name(event) in HUMAN_TYPES:
            self._tell(as_fact(event, stored.seq))
            if isinstance(event, ManualVitals):
                by = messages.signed(self, event.by)
                self.sampler.take_by_hand(event.values, self.clock.mono() - event.back_s, by)
        if type_name(event) in HUMAN_TYPES | TRAINER_TYPES:
            for hear in self.heard:
                hear(event)
        if not self.held and not isinstance(event, HIDDEN):
            self._outlet.say("event", messages.entry(self, stored))
        if not self.session.is_open:
            self._clear_session()
            self._outlet.say("snapshot", self.snapshot())

    def _tell(self, fact: Fact | None) -> None:
        if fact is None or self.profile is None or self.engine is None:
            return
        self.engine, changes = alarms.tell(self.profile, self.engine, fact)
        self._note_changes(changes)
        self._outlet.alarms(changes)

    def record(
        self, entry: Mapping[str, Any], kinds: Collection[str] = HUMAN_TYPES, scribes: Collection[str] = ()
    ) -> dict[str, Any]:
        """One entry of a person: checked, durable, folded in. Returns its number, its line, and warnings to show.
        `scribes`: who may have made it beside the station's people; never handed on from a page.

        EntryRefused: 400 names the field that is wrong, 409 what does not fit the session's state, 503 not saved.
        """
        fields, request_id, meant_for = asked(entry, (*self.people, *scribes), kinds)
        with self._lock:
            if (told := told_before(self.store, self.id, request_id)) is not None:
                return told
            session = check_session(self.session, meant_for)
            event = entry_of({**fields, "at": self.clock.utc(), "t_s": self._time.event_t_s()}, session, self.engine)
            check_gate(event, session, self.profile, self.roles.get(event.by), self.sampler, self.clock.mono())
            hints = warnings(session, event)
            future = self._writer.append(session.id, event, request_id)
            self._pending.append((future, event))
            # Waiting here keeps ticks out until the engine has heard of it; a slow disk must not hold up the alarms.
            with suppress(FutureTimeout, DashboardError):
                future.result(PATIENCE_S)
                self._drain()
        return answer(saved(future), hints)

    # -- what people do about alarms -------------------------------------------------------------------------------

    def acknowledge(self, occurrence: object, by: object) -> None:
        """Accept one occurrence. It takes effect at once on every screen; it needs no PIN and never touches another."""
        check_person(self.people, by)
        with self._lock:
            if not any(alarm.occurrence == occurrence and alarm.acknowledged_by == "" for alarm in self.alarms()):
                raise EntryRefused("that alarm is no longer there to acknowledge", field="occurrence", status=409)
            self._tell(Fact(self._time.event_t_s(), "alarm_acknowledged", {"occurrence": occurrence, "by": by}))

    def pause_audio(self, by: object) -> None:
        """Silence this bed's sound for a while; a new high priority breaks through."""
        check_person(self.people, by)
        with self._lock:
            self._require_session()
            self._append("audio_paused", {"duration_s": AUDIO_PAUSE_S}, by=str(by))

    def resume_audio(self, by: object) -> None:
        check_person(self.people, by)
        with self._lock:
            self._require_session()
            self._append("audio_resumed", {}, by=str(by))

    def hold(self) -> None:
        """No ticks and nothing to see until `release`: a simulated bed is making its own past."""
        self.held = True
        self._outlet.say("snapshot", self.snapshot(), held=True)

    def release(self) -> None:
        self.held = False
        self._outlet.say("snapshot", self.snapshot())

    def paced(self, *, quiet: bool) -> None:
        """The clock of a simulated bed goes another pace now; screens show it, and sound nothing while it is `quiet`."""
        self.quiet = quiet
        self._outlet.say("snapshot", self.snapshot())

    def recent(self) -> list[dict[str, Any]]:
        """Medium alarms that cleared in the last minute."""
        return self._recent.rows(self.t_s())

    # -- what screens see ------------------------------------------------------------------------------------------

    def alarms(self) -> list[alarms.ActiveAlarm]:
        if self.profile is None or self.engine is None:
            return []
        return alarms.active(self.profile, self.engine, max(self.last_tick_s, 0.0))

    def snapshot(self) -> dict[str, Any]:
        """Everything a screen needs to begin with (docs/live-protocol.md)."""
        with self._lock:
            return messages.snapshot(self)

    def history(self) -> dict[str, Any]:
        """The session so far, for the charts; empty lists without a session."""
        with self._lock:
            session = None if self.held else self.session
        self._writer.flush(1.0)
        columns = self.store.samples(session.id) if session is not None else None
        return trend.history(session, columns, self.id, self.signs)

    def prediction(self) -> dict[str, Any]:
        with self._lock:
            session, now, t_s = None if self.held else self.session, self.clock.utc(), self.t_s()
        if session is not None:
            t_s = max(t_s, session.record[-1].event.t_s)  # an entry of this very instant counts
        return predicted.prediction(session, now, t_s)

    def _require_session(self) -> Session:
        if self.session is None:
            raise EntryRefused("this bed has no open session", status=409)
        return self.session
