"""The alarms of one bed that nobody answers: passed on to other screens and to contacts, and each delivery recorded.

The alarm engine knows nothing of this, so that a re-run of the record gives the same transitions whatever was delivered.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dashboard.alarms import ActiveAlarm
from dashboard.escalation.courier import Parcel
from dashboard.escalation.desk import Desk
from dashboard.escalation.notice import Notice
from dashboard.escalation.steps import RANK, SCREENS, Case, Due, State, Waiting, next_in_s, step
from dashboard.session.events import AlarmAcknowledged, AlarmCleared, AlarmReset, EscalationSent
from dashboard.session.state import Session

if TYPE_CHECKING:
    from dashboard.bedside.bedside import Bedside

log = logging.getLogger(__name__)

#: No alarm of the engine: none of the bed's own screens can warn. It has no occurrence number of its own.
NO_SCREEN = "NO_SCREEN"
NO_SCREEN_LABEL = "No screen here can warn"
NO_SCREEN_TEXT = "NO SCREEN HERE CAN WARN: open this bed's page"

Append = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a row says of an alarm, whether the engine raised it or we did."""

    kind: str
    label: str
    text: str
    trigger: str


class Unanswered:
    """One for each bed; called under the bed's lock. `append` records an event of the program itself, `push` shows the alarms anew."""

    def __init__(
        self, bed: "Bedside", desk: Desk, lock: threading.RLock, append: Append, push: Callable[[], None]
    ) -> None:
        self._bed, self._desk, self._lock, self._append, self._push = bed, desk, lock, append, push
        self._clear()

    def _clear(self) -> None:
        self._state = State()
        self._waiting: dict[int, Waiting] = {}
        self._sent: dict[int, dict[str, tuple[bool | None, str]]] = {}

    def forget(self) -> None:
        """The session is over, or another begins."""
        self._clear()
        self._desk.put(self._bed.id, [])
        self._desk.screens.forget(self._bed.id)

    def recall(self, session: Session) -> None:
        """After a restart: what was passed on already is not passed on again, unless it was answered since."""
        cases: dict[int, Case] = {}
        for stored in session.record:
            event = stored.event
            if isinstance(event, EscalationSent) and event.occurrence:
                case = cases.get(event.occurrence, Case())
                taken = {**case.taken, (event.step, event.channel, event.priority): event.t_s}
                cases[event.occurrence] = replace(case, taken=taken)
                self._sent.setdefault(event.occurrence, {})[event.channel] = (event.ok, event.detail)
            elif isinstance(event, AlarmAcknowledged | AlarmCleared | AlarmReset):
                cases.pop(event.occurrence, None)
                self._sent.pop(event.occurrence, None)
        self._state = State(cases)

    def tick(self, t_s: float) -> None:
        """Once a second, after the alarms themselves were told. Never waits for anything outside."""
        for told in self._desk.screens.changes(self._bed.id):
            if told.reason is None:
                self._append("screen_back", {"screen": told.screen, "person": told.person})
            else:
                self._append("screen_lost", {"screen": told.screen, "reason": told.reason, "person": told.person})
        nobody_s = 0.0 if self._bed.simulation else self._desk.screens.nobody_s(self._bed.id)
        without = nobody_s >= self._desk.no_screen_after_s
        alarms = {alarm.occurrence: alarm for alarm in self._bed.alarms() if alarm.phase != "acknowledged"}
        waiting = [Waiting(a.occurrence, a.rule, a.priority, a.since_t_s, not without) for a in alarms.values()]
        if without:
            since_s = t_s - (nobody_s - self._desk.no_screen_after_s)
            waiting.append(Waiting(0, NO_SCREEN, "medium", since_s, own_screens=False))
        self._waiting = {one.occurrence: one for one in waiting}
        self._state, dues = step(self._desk.plan, self._state, waiting, t_s)
        self._sent = {number: sent for number, sent in self._sent.items() if number in self._waiting}
        for due in dues:
            self._pass_on(due, alarms.get(due.occurrence), t_s)
        if dues:
            self._push()
        self._show(alarms, t_s, sounds=any(due.channel == SCREENS for due in dues))

    def row(self, occurrence: int, t_s: float) -> dict[str, Any] | None:
        """What an alarm's own row says of it (docs/live-protocol.md); None while only the bed's own screens speak."""
        one, case = self._waiting.get(occurrence), self._state.cases.get(occurrence)
        if one is None or case is None or case.at_s is None:
            return None
        left_s = next_in_s(self._desk.plan, self._state, one, t_s)
        sent = self._sent.get(occurrence, {})
        return {
            "step": case.step,
            "at": self._at(case.at_s),
            "sent": [{"channel": name, "ok": ok, "detail": detail} for name, (ok, detail) in sent.items()],
            "next_step_in_s": None if left_s is None else round(left_s, 1),
        }

    def _show(self, alarms: Mapping[int, ActiveAlarm], t_s: float, *, sounds: bool = False) -> None:
        self._desk.put(self._bed.id, self._rows(alarms, t_s), sounds=sounds)

    def _rows(self, alarms: Mapping[int, ActiveAlarm], t_s: float) -> list[dict[str, Any]]:
        rows = []
        for occurrence, one in self._waiting.items():
            told = self.row(occurrence, t_s)
            if told is None or RANK[one.priority] < RANK["medium"]:
                continue
            since_s = self._state.cases[occurrence].since_s[one.priority]
            shown = _shown(alarms.get(occurrence))
            rows.append(
                {
                    "bed": self._bed.id, "title": self._bed.title, "simulation": self._bed.simulation, "occurrence": occurrence,
                    "rule": one.rule, "priority": one.priority, "kind": shown.kind, "label": shown.label, "text": shown.text,
                    "trigger": shown.trigger, **told, "since_at": self._at(since_s), "unanswered_s": round(t_s - since_s, 1),
                    "call": self._desk.call if told["step"] == 3 and one.priority == "high" else None,
                }
            )  # fmt: skip
        return rows

    def _at(self, t_s: float) -> str | None:
        at = self._bed.session.at_of(t_s) if self._bed.session is not None else None
        return None if at is None else at.isoformat(timespec="milliseconds")

    def _pass_on(self, due: Due, alarm: ActiveAlarm | None, t_s: float) -> None:
        if self._desk.alone:
            return  # the step shows at the alarm; nobody was told, and nobody should have been
        if due.channel == SCREENS:
            there = self._desk.screens.elsewhere(self._bed.id)
            self._record(due, there > 0, "" if there else "no other screen can warn")
            return
        if self._bed.simulation:
            self._record(due, False, "simulated: not sent")
            return
        courier = self._desk.couriers.get(due.channel)
        session = self._bed.session
        at = session.at_of(due.since_s) if session is not None else None
        if courier is None or session is None or at is None:
            self._record(due, False, "no such contact")
            return
        self._note(due, None, "")
        notice = Notice(self._bed.title, _shown(alarm).label, due.priority, at, t_s - due.since_s)
        courier.offer(
            Parcel(
                notice,
                lambda: self._wanted(session.id, due),
                lambda ok, detail: self._delivered(session.id, due, ok, detail),
            )
        )

    def _wanted(self, session_id: str, due: Due) -> bool:
        session = self._bed.session
        return session is not None and session.id == session_id and due.occurrence in self._state.cases

    def _delivered(self, session_id: str, due: Due, ok: bool, detail: str) -> None:
        """Told by a courier's thread, or by our own when it could not take the notice."""
        with self._lock:
            session = self._bed.session
            if session is None or session.id != session_id:
                log.info(
                    "%s: %s told of %s after the session was closed: %s",
                    self._bed.id,
                    due.channel,
                    due.rule,
                    detail or "ok",
                )
                return
            self._record(due, ok, detail)
            self._push()
            self._show({alarm.occurrence: alarm for alarm in self._bed.alarms()}, max(0.0, self._bed.last_tick_s))

    def _record(self, due: Due, ok: bool, detail: str) -> None:
        self._note(due, ok, detail)
        fields = {"occurrence": due.occurrence, "rule": due.rule, "priority": due.priority, "step": due.step}
        self._append("escalation_sent", {**fields, "channel": due.channel, "ok": ok, "detail": detail})

    def _note(self, due: Due, ok: bool | None, detail: str) -> None:
        if due.occurrence in self._state.cases:
            self._sent.setdefault(due.occurrence, {})[due.channel] = (ok, detail)


def _shown(alarm: ActiveAlarm | None) -> _Shown:
    if alarm is None:
        return _Shown("technical", NO_SCREEN_LABEL, NO_SCREEN_TEXT, "")
    return _Shown(alarm.kind, alarm.label, alarm.text, alarm.trigger)
