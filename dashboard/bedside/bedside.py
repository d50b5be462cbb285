"""One bed: devices in, session record and alarms out. The joint of the whole program.

Port threads bring readings, the engine thread ticks, people record through the web edge; one lock a bed keeps them in
one order, and that order is what the record holds: `t_s` of every event lies between the two ticks it fell between, so
a re-run of the record gives the same alarm transitions.
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import uuid_utils

from config.models import DashboardError
from config.models.station import Bed
from dashboard import alarms
from dashboard.alarms.values import SAMPLED, Change, Fact, Tick
from dashboard.bedside import messages, trend
from dashboard.bedside.sources import MIN_FRESH_S, USABLE, Cuff, Sources
from dashboard.session.chain import Stored
from dashboard.session.describe import text
from dashboard.session.events import (
    SYSTEM,
    TYPES,
    AlarmEvent,
    Event,
    EventError,
    ManualVitals,
    SessionOpened,
    from_dict,
    type_name,
)
from dashboard.session.facts import as_fact
from dashboard.session.fold import apply, fold
from dashboard.session.rules import check, warnings
from dashboard.session.state import Session
from dashboard.session.workflow import suggest_phase
from dashboard.store import Store, StoredTick
from devices.clock import Clock
from devices.link import Link
from devices.readings import Fault, Reading
from devices.registry import Monitor
from devices.signals import CUFF_SIGNALS, SIGNALS

#: Numbers go out at most this often beside the tick; a monitor that speaks faster is coalesced.
VITALS_EVERY_S = 0.1
#: A person's entry is waited for this long under the bed's lock; a disk slower than this must not hold up the alarms.
PATIENCE_S = 0.25
#: An entry that is not on disk by then is reported as not saved.
SAVE_TIMEOUT_S = 10.0
PRESENT_FOR_S = 15.0
#: Audio pause of one bed (design section 5).
AUDIO_PAUSE_S = 120.0
#: A link whose silence is 5 s, on the shifted scale of the `link` signal, is lost.
LOST_S = 5.0
#: A medium alarm that has cleared stays as a chip for this long (alarm facts 1.4).
RECENT_S = 60.0
#: EtCO2 silent for this long: apnoea can no longer be noticed (profile A, ETCO2_LOST).
CO2_LOST_S = 30.0
#: A nonzero rate on any of these is a breath on the wire.
BREATHING = ("rr_co2", "rr_imp")

#: What a person may record through the page; alarms, devices and session opening come from the program itself.
HUMAN_TYPES = frozenset(TYPES) - {
    "session_opened", "alarm_raised", "alarm_escalated", "alarm_demoted", "alarm_acknowledged", "alarm_cleared",
    "alarm_latched", "alarm_reset", "device_connected", "device_lost", "service_resumed", "audio_paused", "audio_resumed",
    "phase_changed",
}  # fmt: skip
#: Of the program's own events, those that the engine must hear of.
TOLD = frozenset({"audio_paused", "audio_resumed", "phase_changed"})


class EntryRefused(DashboardError):
    """A request of a person that cannot be done; the message says why, `status` is its HTTP meaning."""

    def __init__(self, message: str, field: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.field = field
        self.status = status


@dataclass(frozen=True, slots=True)
class LinkView:
    """How a device's link stands: `state` connecting, live or lost; `age_s` of its last good frame; `detail` who can act."""

    state: str
    age_s: float | None
    detail: str = ""


def link_view(link: Link) -> Callable[[], LinkView]:
    """A port's link as a bed looks at it."""

    def view() -> LinkView:
        status = link.status()
        state = "connecting" if status.state in ("connecting", "open") else "live" if status.state == "live" else "lost"
        return LinkView(state, status.age_s, status.detail)

    return view


class Bedside:
    """`publish(kind, at, fields)` tells every screen. `links`: device name -> its link as it stands."""

    def __init__(
        self,
        bed: Bed,
        monitors: Mapping[str, Monitor],
        clock: Clock,
        store: Store,
        publish: Callable[[str, datetime, Mapping[str, Any]], None],
        *,
        people: Iterable[str],
        simulation: bool,
    ) -> None:
        self.id, self.title = bed.id, bed.title
        self.clock = clock
        self.simulation = simulation
        self.people = tuple(people)
        self.monitors = dict(monitors)
        self.links: dict[str, Callable[[], LinkView]] = {}
        self.faults: deque[tuple[datetime, str, Fault]] = deque(maxlen=200)
        self.sources = Sources(
            {name: max(MIN_FRESH_S, 2.5 * m.frame_interval_s) for name, m in monitors.items()}, bed.prefer
        )
        self.store = store
        self._writer, self._publish_to = store.writer, publish
        self.heard: list[Callable[[Event], None]] = []
        self.held = False
        self._lock = threading.RLock()
        self._pending: deque[tuple[Future[Stored], Event]] = deque()
        self._present: dict[int, tuple[str, float]] = {}
        self._last_vitals_s = -math.inf
        self._vitals_due = False
        self._link_states: dict[str, str] = {}
        self._clear_session()

    # -- the session's own state ------------------------------------------------------------------------------------

    def _clear_session(self) -> None:
        self.session: Session | None = None
        self.stored: list[Stored] = []
        self.profile: alarms.Profile | None = None
        self.engine: alarms.EngineState | None = None
        self._base_s = 0.0
        self._mono0_s = 0.0
        self._last_tick_s = -1.0
        self._breath_mono_s: float | None = None
        self._recent: list[dict[str, Any]] = []
        self._shown: tuple[Any, ...] = ()
        self._seen_signals: set[str] = set()
        self._phase_asked = ""

    def t_s(self) -> float:
        """Seconds on the session's clock: monotonic while we run; across a restart the wall clock bridges the gap."""
        return self._base_s + (self.clock.mono() - self._mono0_s)

    def _event_t_s(self) -> float:
        """An instant after the last tick and before the next, rounded so that it survives being written and read."""
        t = (
            min(max(self.t_s(), self._last_tick_s + 0.001), self._last_tick_s + 0.999)
            if self._last_tick_s >= 0
            else 0.0
        )
        return round(t, 3)

    def open(self, opened: SessionOpened, session_id: str | None = None) -> str:
        """Start a session at this bed; durable when it returns. EntryRefused when one is open already."""
        with self._lock:
            if self.session is not None:
                raise EntryRefused("this bed has an open session; close it first", status=409)
            session_id = session_id or str(uuid_utils.uuid7())
            self._clear_session()
            self._mono0_s = self.clock.mono()
            stored = self._writer.open_session(session_id, self._checked(opened, Session())).result(SAVE_TIMEOUT_S)
            self._start(fold([stored]))
            for device, link in self.links.items():
                self._note_link(device, link())
        self._publish("snapshot", self.snapshot())
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
        self._publish("snapshot", self.snapshot())
        return True

    def _rewind(self, session_id: str, record: list[Stored]) -> None:
        assert self.session is not None and self.session.opened is not None and self.profile is not None
        told = [fact for stored in record if (fact := as_fact(stored.event)) is not None]
        self.engine, changes = alarms.catch_up(self.profile, None, self.store.ticks(session_id), told)
        last = self.store.last_tick(session_id)
        recorded = [stored.event.t_s for stored in record]
        last_s = max([last[0] if last else -1.0, *recorded])
        last_at = last[1] if last else record[-1].event.at
        now = self.clock.utc()
        # The wall clock bridges the gap; were it set back meanwhile, the session's clock still goes on.
        self._base_s = max((now - self.session.opened.at).total_seconds(), last_s + 1.0)
        self._mono0_s = self.clock.mono()
        self._last_tick_s = math.floor(last_s)
        # A crash may have come between a tick and the alarm that it raised: the record is made whole.
        spoken = sum(isinstance(stored.event, AlarmEvent) for stored in record)
        self._note_changes(changes[spoken:])
        gap_s = max(0.0, (now - last_at).total_seconds())
        self._append("service_resumed", {"gap_s": round(gap_s, 3)}, t_s=round(self._base_s, 3))
        self._show_last_cuff(session_id)

    def _start(self, session: Session) -> None:
        assert session.opened is not None
        self.session = session
        self.profile = alarms.load_profile(session.opened.profile)
        self.engine = alarms.start(self.profile)

    def _show_last_cuff(self, session_id: str) -> None:
        """The last reading before the restart, with its true age."""
        columns = self.store.samples(session_id)
        sys = columns.values.get("nibp_sys")
        if sys is None:
            return
        for i in reversed(range(len(columns))):
            if not math.isnan(sys[i]):
                values = {n: float(columns.values[n][i]) for n in CUFF_SIGNALS if not math.isnan(columns.values[n][i])}
                age_s = self._base_s - float(columns.t_s[i])
                self.sources.show_cuff(Cuff(values, self._mono0_s - age_s, "before the restart"))
                return

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
            for reading in readings:
                if reading.signal in BREATHING and reading.value and reading.status in USABLE:
                    self._breath_mono_s = mono_s
            if self.sources.take(device, readings, mono_s):
                self._vitals_due = True
                self._push_vitals(self.clock.mono())

    # -- the engine's turn ------------------------------------------------------------------------------------------

    def poll(self) -> None:
        """Land what became durable, tick when a whole second has passed, push numbers that wait. Called 20 times a second."""
        with self._lock:
            self._drain()
            now_s = self.clock.mono()
            if self.session is not None and math.floor(self.t_s()) > self._last_tick_s:
                self._tick(now_s)
            elif self._vitals_due:
                self._push_vitals(now_s)

    def _tick(self, now_s: float) -> None:
        assert self.profile is not None and self.engine is not None and self.session is not None
        t_s = float(math.floor(self.t_s()))
        self._watch_links()
        tick = Tick(t_s, self._tick_values(now_s))
        self._last_tick_s = t_s
        self._writer.sample(self.session.id, StoredTick(self.clock.utc(), now_s, tick, self._notes(now_s)))
        self.engine, changes = alarms.step(self.profile, self.engine, tick)
        self._note_changes(changes)
        phase = suggest_phase(self.session, t_s)
        if phase != self.session.phase and phase != self._phase_asked:
            self._phase_asked = phase
            self._append("phase_changed", {"phase": phase})
        self._vitals_due = True
        self._push_vitals(now_s, tick=True)
        self._push_alarms(changes)

    def _tick_values(self, now_s: float) -> dict[str, float | None]:
        values: dict[str, float | None] = {}
        cuff = self.sources.pop_new_cuff()
        for name in SAMPLED:
            if name in CUFF_SIGNALS:
                if self.sources.cuff is not None:
                    values[name] = cuff.values.get(name) if cuff else None
            elif name in SIGNALS and self._monitored(name):
                values[name] = self.sources.current(name, now_s).value
        if self.links:
            values["link"] = self._silence_s()
        if self.sources.ever_good("no_breath"):
            values["no_breath"] = self.sources.current("no_breath", now_s).value
        if not self.simulation:
            fresh = any(self.clock.mono() - seen_s <= PRESENT_FOR_S for _, seen_s in self._present.values())
            values["nurse_present"] = 1.0 if fresh else None
        return values

    def _monitored(self, signal: str) -> bool:
        """Watched from the start where SpO2 and heart rate can be had; anything else from its first good value on."""
        if signal in self._seen_signals:
            return True
        watched = signal in ("spo2", "hr", "pr") and any(signal in m.signals for m in self.monitors.values())
        if watched or self.sources.ever_good(signal):
            self._seen_signals.add(signal)
            return True
        return False

    def _silence_s(self) -> float:
        """Silence of the worst device, shifted so that 5 means lost whatever the device's own interval."""
        worst = 0.0
        for name, link in self.links.items():
            age_s = link().age_s
            since_s = age_s if age_s is not None else self.clock.mono() - self._mono0_s
            worst = max(worst, since_s - (self.monitors[name].lost_after_s - LOST_S))
        return round(max(0.0, worst), 3)

    def _notes(self, now_s: float) -> dict[str, Any] | None:
        """Statuses other than ok, and the device that spoke where there are several: kept beside the numbers."""
        notes: dict[str, Any] = {}
        for name in self._seen_signals:
            current = self.sources.current(name, now_s)
            if current.status != "ok":
                notes[name] = current.status
            elif len(self.monitors) > 1 and current.source is not None:
                notes[name] = f"@{current.source}"
        return notes or None

    def _watch_links(self) -> None:
        for device, link in self.links.items():
            self._note_link(device, link())

    def _note_link(self, device: str, view: LinkView) -> None:
        old = self._link_states.get(device)
        if view.state == old or view.state == "connecting":
            return
        self._link_states[device] = view.state
        if view.state == "live":
            self._append("device_connected", {"device": device, "monitor": self.monitors[device].name})
        elif old == "live":
            self._append("device_lost", {"device": device, "reason": view.detail})

    def _note_changes(self, changes: Iterable[Change]) -> None:
        for change in changes:
            fields: dict[str, Any] = {
                "rule": change.rule,
                "occurrence": change.occurrence,
                "priority": change.priority,
                "kind": change.kind,
                "value": change.value,
                "limit": change.limit,
                "message": alarms.message(self.profile, change),
            }
            self._append(f"alarm_{change.change}", fields, by=change.by or SYSTEM, t_s=change.t_s)
            if change.change == "cleared" and change.priority == "medium":
                self._recent.append({"text": fields["message"], "cleared_t_s": change.t_s, **messages.change(change)})

    # -- the record -------------------------------------------------------------------------------------------------

    def _append(self, name: str, fields: Mapping[str, Any], *, by: str = SYSTEM, t_s: float | None = None) -> None:
        """An event of the program itself, or one that must take effect whether or not the disk is there."""
        assert self.session is not None
        t_s = self._event_t_s() if t_s is None else t_s
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
            self._tell(as_fact(event))
            if isinstance(event, ManualVitals):
                self._take_manual(event)
            for hear in self.heard:
                hear(event)
        self._publish("event", messages.entry(self, stored))
        if not self.session.is_open:
            self._clear_session()
            self._publish("snapshot", self.snapshot())

    def _tell(self, fact: Fact | None) -> None:
        if fact is None or self.profile is None or self.engine is None:
            return
        self.engine, changes = alarms.tell(self.profile, self.engine, fact)
        self._note_changes(changes)
        self._push_alarms(changes)

    def _take_manual(self, event: ManualVitals) -> None:
        values = {name: value for name, value in event.values.items() if name in CUFF_SIGNALS}
        if values:
            self.sources.show_cuff(Cuff(values, self.clock.mono() - event.back_s, f"by hand, {event.by}"))

    def record(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """One entry of a person: checked, durable, folded in. Returns its number, its line, and warnings to show.

        EntryRefused: 400 names the field that is wrong, 409 what does not fit the session's state, 503 not saved.
        """
        fields = dict(entry)
        request_id = str(fields.pop("id", "") or "") or None
        by, name = fields.get("by"), fields.get("type")
        self._check_person(by)
        if name not in HUMAN_TYPES:
            raise EntryRefused(f"{name!r} cannot be recorded here", field="type")
        with self._lock:
            if self.session is None:
                raise EntryRefused("this bed has no open session; set one up first", status=409)
            fields.update(at=self.clock.utc(), t_s=self._event_t_s())
            try:
                event = from_dict(fields)
                if request_id is None or self.store.recorded(self.session.id, request_id) is None:
                    check(self.session, event)
            except EventError as error:
                raise EntryRefused(str(error), field=error.field) from None
            hints = warnings(self.session, event)
            future = self._writer.append(self.session.id, event, request_id)
            self._pending.append((future, event))
            slow = False
            try:
                future.result(PATIENCE_S)
            except FutureTimeout:
                slow = True
            except DashboardError:
                pass  # told below, once for both ways
            if not slow:
                self._drain()
        try:
            stored = future.result(SAVE_TIMEOUT_S)
        except FutureTimeout:
            raise EntryRefused("not saved: the disk does not answer; write it on paper too", status=503) from None
        except DashboardError as error:
            raise EntryRefused(str(error), status=503) from None
        return {"seq": stored.seq, "t_s": stored.event.t_s, "text": text(stored.event), "warnings": hints}

    def _check_person(self, by: object) -> None:
        if not isinstance(by, str) or by not in self.people:
            raise EntryRefused("say first who is at the bed", field="by")

    # -- what people do about alarms -------------------------------------------------------------------------------

    def acknowledge(self, occurrence: object, by: object) -> None:
        """Accept one occurrence. It takes effect at once on every screen; it needs no PIN and never touches another."""
        self._check_person(by)
        with self._lock:
            if not any(alarm.occurrence == occurrence and alarm.acknowledged_by == "" for alarm in self.alarms()):
                raise EntryRefused("that alarm is no longer there to acknowledge", field="occurrence", status=409)
            self._tell(Fact(self._event_t_s(), "alarm_acknowledged", {"occurrence": occurrence, "by": by}))

    def pause_audio(self, by: object) -> None:
        """Silence this bed's sound for a while; a new high priority breaks through."""
        self._check_person(by)
        with self._lock:
            self._require_session()
            self._append("audio_paused", {"duration_s": AUDIO_PAUSE_S}, by=str(by))

    def resume_audio(self, by: object) -> None:
        self._check_person(by)
        with self._lock:
            self._require_session()
            self._append("audio_resumed", {}, by=str(by))

    def present(self, viewer: int, screen: Mapping[str, Any]) -> None:
        """A screen of this bed is alive; who is at it counts as present while it is visible."""
        with self._lock:
            by = screen.get("by")
            if isinstance(by, str) and by in self.people and screen.get("visible"):
                self._present[viewer] = (by, self.clock.mono())
            else:
                self._present.pop(viewer, None)

    def absent(self, viewer: int) -> None:
        with self._lock:
            self._present.pop(viewer, None)

    def hold(self) -> None:
        """No ticks until `release`: a simulated bed is making its own past."""
        self.held = True

    def release(self) -> None:
        self.held = False

    @property
    def last_tick_s(self) -> float:
        return self._last_tick_s

    def has_co2(self) -> bool:
        """Whether apnoea could be noticed now: a capnograph has spoken within the time after which it counts as lost."""
        current = self.sources.current("etco2", self.clock.mono())
        return current.value is not None or (current.age_s is not None and current.age_s < CO2_LOST_S)

    def recent(self) -> list[dict[str, Any]]:
        """Medium alarms that cleared in the last minute."""
        now_s = self.t_s()
        self._recent = [row for row in self._recent if now_s - row["cleared_t_s"] < RECENT_S]
        return self._recent

    # -- what screens see ------------------------------------------------------------------------------------------

    def alarms(self) -> list[alarms.ActiveAlarm]:
        if self.profile is None or self.engine is None:
            return []
        return alarms.active(self.profile, self.engine, max(self._last_tick_s, 0.0))

    def snapshot(self) -> dict[str, Any]:
        """Everything a screen needs to begin with (docs/live-protocol.md)."""
        with self._lock:
            return messages.snapshot(self)

    def history(self) -> dict[str, Any]:
        """The session so far, for the charts; empty lists without a session."""
        with self._lock:
            session = self.session
        self._writer.flush(1.0)
        columns = self.store.samples(session.id) if session is not None else None
        return trend.history(session, columns, self.id)

    def prediction(self) -> dict[str, Any]:
        with self._lock:
            session, now, t_s = self.session, self.clock.utc(), self.t_s()
        return trend.prediction(session, now, t_s)

    def breath_age_s(self, now_s: float) -> float | None:
        """Seconds since the last breath on the wire; None where no device tells of breathing."""
        return None if self._breath_mono_s is None else now_s - self._breath_mono_s

    def _push_vitals(self, now_s: float, *, tick: bool = False) -> None:
        if not tick and now_s - self._last_vitals_s < VITALS_EVERY_S:
            return
        self._last_vitals_s, self._vitals_due = now_s, False
        t_s = self._last_tick_s if tick else round(self.t_s(), 3)
        self._publish("vitals", {"values": messages.values(self, now_s), "t_s": t_s, "tick": tick})

    def _push_alarms(self, changes: Iterable[Change]) -> None:
        """Tell every screen when anything that it shows of the alarms has changed."""
        fields = messages.alarm_state(self)
        shown = messages.fingerprint(fields)
        changed = list(changes)
        if shown != self._shown or changed:
            self._shown = shown
            self._publish("alarm", {**fields, "changes": [messages.change(c) for c in changed]})

    def _publish(self, kind: str, fields: Mapping[str, Any]) -> None:
        self._publish_to(kind, self.clock.utc(), fields)

    def _require_session(self) -> Session:
        if self.session is None:
            raise EntryRefused("this bed has no open session", status=409)
        return self.session

    @staticmethod
    def _checked(event: SessionOpened, session: Session) -> SessionOpened:
        try:
            check(session, event)
        except EventError as error:
            raise EntryRefused(str(error), field=error.field) from None
        return event
