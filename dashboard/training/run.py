"""One run of a scenario in the training room: a simulated bed whose patient also answers to the trainer's hands.

A run can be walked again from its record, up to any moment and without a port: that is how rewinding forks a new run from an
old one, which is kept. What people did acts on the patient at the next whole second of the run's clock, so that the same
entries give the same patient again.
"""

import logging
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from config.models import DashboardError
from config.models.scenario import Effect, Scenario, effect_of
from dashboard.bed_clock import BedClock
from dashboard.bedside.bedside import Bedside
from dashboard.bedside.entries import HUMAN_TYPES, TRAINER_TYPES
from dashboard.demo import DemoBed, Patient
from dashboard.session.chain import Stored
from dashboard.session.closing import lived
from dashboard.session.events import SYSTEM, Event, Injected, RunPaced, TraineeActed, to_dict, type_name
from dashboard.session.gates import PHYSICIAN
from dashboard.training.edition import digest_of
from dashboard.training.score import SCENARIO
from simulators.patient.waves import Wave
from simulators.replay import PUMP_ENTRIES, Recording, ReplayRun
from simulators.scenario import Run
from simulators.vitals import Vitals

log = logging.getLogger(__name__)

#: What the scenario's virtual nurse charts in a trainee's place also after the trainee came: what is there or acts on the patient.
SET_UP = ("baseline_taken", "oxygen_changed", "drug_given")
#: Name in the truth -> raw signal of the monitor.
SHOWN = {"shown_spo2": "spo2", "shown_etco2": "etco2", "shown_hr": "hr", "shown_rr": "rr_co2"}
#: The same of a recording, where the pump too is charted from it and its start may have been a physician's.
_RECORDED_SET_UP = frozenset({*SET_UP, *PUMP_ENTRIES, "checklist_answered"})
#: Entries of a run that a walk of it does not repeat: they are about the run itself.
_OF_THE_RUN = frozenset(
    {"run_joined", "run_forked", "session_closed", "session_signed", "run_remarked", "scenario_noted", "trainee_named"}
)


def for_trainee(scenario: Scenario, from_s: float) -> Scenario:
    """The scenario without the charting that is the trainee's own task from `from_s` on."""
    charting = tuple(entry for entry in scenario.charting if entry.type in SET_UP or entry.at_s < from_s)
    checks = tuple(at_s for at_s in scenario.consciousness_at_s if at_s < from_s)
    return scenario.model_copy(update={"charting": charting, "consciousness_at_s": checks})


def recorded_for_trainee(recording: Recording, from_s: float) -> Recording:
    """The recording without the charting that is the trainee's own task from `from_s` on. It names nobody as the one who charted."""
    kept = [entry for entry in recording.charted if entry["type"] in _RECORDED_SET_UP or entry["t_s"] < from_s]
    nameless = tuple({key: value for key, value in entry.items() if key != "by"} for entry in kept)
    return replace(recording, charted=nameless)


class RecordedPatient(Patient):
    """A recording in the patient's place: what is done in the room is recorded and changes no number. `truths`: what the monitor shows,
    for nobody knows more."""

    def __init__(self, run: ReplayRun) -> None:
        super().__init__(run)
        self.truths: list[tuple[float, Mapping[str, float]]] = []
        self._shown_s = 0.0

    def vitals(self, now_s: float) -> Vitals:
        with self._lock:
            while self._shown_s <= now_s:
                self._run.advance(self._shown_s)
                self.truths.append((self._shown_s, _shown(self._run.vitals())))
                self._shown_s += 1.0
            self._run.advance(now_s)
            return self._run.vitals()

    def waves(self, _since_s: float, _most_s: float) -> tuple[float, dict[str, Wave]]:
        """Waves are not among what is replayed."""
        return 0.0, {}

    def cues(self) -> dict[str, str]:
        return {}

    def lasts(self, _effect: Effect) -> bool:
        return False

    def ended(self) -> str | None:
        return None


class TrainingPatient(Patient):
    """`truths`: each whole second of the run, what no monitor shows (see `Run.truth`), and as `shown_…` what the monitor does."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._run: Run = run
        self.truths: list[tuple[float, Mapping[str, float]]] = []

    def vitals(self, now_s: float) -> Vitals:
        with self._lock:
            next_s = self.truths[-1][0] + 1.0 if self.truths else 0.0
            while next_s <= now_s:
                self._run.advance(next_s)
                self.truths.append((next_s, {**self._run.truth(), **_shown(self._run.vitals())}))
                next_s += 1.0
            self._run.advance(now_s)
            return self._run.vitals()

    def waves(self, since_s: float, most_s: float) -> tuple[float, dict[str, Wave]]:
        """Up to when, and signal -> its samples from `since_s` until then, the last `most_s` seconds at most. No signals: a run without."""
        with self._lock:
            waves = self._run.waves
            if waves is None:
                return self._run.now_s, {}
            to_s = waves.now_s
            return to_s, waves.span(min(to_s, max(since_s, to_s - most_s, 0.0)), to_s)

    def cues(self) -> dict[str, str]:
        """Kind -> what the scenario has to be seen or heard at the bed now."""
        with self._lock:
            return self._run.story.cues(self._run.now_s)

    def lasts(self, effect: Effect) -> bool:
        """Whether what such an effect set going still goes on."""
        with self._lock:
            return self._run.lasts(effect)

    def ended(self) -> str | None:
        """Why the scenario is over, by its own ends; None while it goes on."""
        with self._lock:
            return None if self._run.story.ended is None else self._run.story.ended[1]

    def hear(self, event: Event) -> None:
        at_s = math.floor(event.t_s) + 1.0
        with self._lock:
            if isinstance(event, Injected):
                self._run.do(effect_of(event.effect), at_s)
            elif isinstance(event, TraineeActed):
                if event.effect is not None:
                    self._run.do(effect_of(event.effect), at_s)
            else:
                fields = to_dict(event)
                self._run.apply(fields.pop("type"), fields, at_s)


@dataclass(frozen=True, slots=True)
class Fork:
    """The run that is gone on from: its session, its record, the moment, and when the trainee came."""

    session: str
    record: Sequence[Stored]
    at_s: float
    joined_s: float


class TrainingRun(DemoBed):
    """From `begin` to `end`, at a bed that has no session. `fork`: go on from another run instead of from the beginning. `recording`: what
    is replayed in the place of a virtual patient; `scenario` then only says what the session is opened with."""

    patient: TrainingPatient | RecordedPatient

    def __init__(
        self,
        bedside: Bedside,
        clock: BedClock,
        scenario: Scenario,
        seed: int,
        by: str,
        *,
        from_s: float = 0.0,
        fork: Fork | None = None,
        recording: Recording | None = None,
    ) -> None:
        self.joined_s = from_s if fork is None else fork.joined_s
        self.recording = recording
        patient: TrainingPatient | RecordedPatient
        if recording is None:
            patient, replay = TrainingPatient(Run(for_trainee(scenario, self.joined_s), seed, waves=True)), None
        else:
            replay = ReplayRun(recorded_for_trainee(recording, self.joined_s))
            patient = RecordedPatient(replay)
        super().__init__(bedside, clock, scenario, seed, recorded=replay, patient=patient, by=by, scribe=SCENARIO)
        self.patient = patient
        self.from_s = from_s if fork is None else fork.at_s
        self._fork = fork
        self._paced = 1.0  # what the record says of the pace, up to where the walk is
        self._again = [] if fork is None else [one for one in lived(fork.record) if one.event.t_s <= fork.at_s]

    @property
    def forked(self) -> bool:
        """It goes on from another one."""
        return self._fork is not None

    def open(self, stop: threading.Event) -> str:
        """The session, walked to `from_s`; the monitors are on their lines when it returns. The id of the session."""
        self.bedside.hold()
        if self.recording is not None:
            # What a physician had decided is charted again as decided; no page can enter anything in this name.
            self.bedside.roles[SCENARIO] = PHYSICIAN
        try:
            self._open_session()
            session = self.bedside.session
            assert session is not None
            self._note("run_joined", joined_s=self.joined_s)
            if self.recording is None:
                self._note("scenario_noted", digest=digest_of(self.scenario))
            if self._fork is not None:
                self._note("run_forked", from_session=self._fork.session, from_t_s=self._fork.at_s)
            self.bedside.heard.append(self._hear)
            self._make_past(lambda: self.from_s, stop)
            if self._paced != 1.0:
                self._note("run_paced", speed=1.0)  # the moment lay in a stretch at another pace, which ends here
            self.go_live()
        finally:
            self.bedside.release()
        return session.id

    def go_live(self) -> None:
        self.bedside.heard.remove(self._hear)  # joined again, once the lines are there
        super().go_live()

    def _redo(self, to_s: float) -> None:
        while self._again and self._again[0].event.t_s <= to_s:
            stored = self._again.pop(0)
            if stored.event.by != SCENARIO:
                self.clock.set(stored.event.t_s)
                self._repeat(stored.event)

    def _repeat(self, event: Event) -> None:
        kind, by = type_name(event), event.by
        entry = {key: value for key, value in to_dict(event).items() if key not in ("at", "t_s")}
        try:
            if kind in _OF_THE_RUN or by == SYSTEM:
                return
            if kind in TRAINER_TYPES | HUMAN_TYPES:
                self.bedside.record(entry, TRAINER_TYPES | HUMAN_TYPES)
                # Only said again, for the score: the walk goes at its own pace.
                self._paced = event.speed if isinstance(event, RunPaced) else self._paced
            elif kind in ("alarm_acknowledged", "alarm_reset"):
                self.bedside.acknowledge(entry["occurrence"], by)
            elif kind == "audio_paused":
                self.bedside.pause_audio(by)
            elif kind == "audio_resumed":
                self.bedside.resume_audio(by)
        except DashboardError as error:
            log.info("%s: not done again at %.0f s: %s", self.bedside.id, event.t_s, error)

    def _note(self, kind: str, **fields: Any) -> dict[str, Any]:
        return self.bedside.record({"type": kind, "by": self.by, **fields}, TRAINER_TYPES)

    def end(self, by: str, summary: str) -> None:
        """The session is closed and the lines are taken down. What still runs at the pump is recorded as stopped."""
        self.stop()
        self.bedside.roles.pop(SCENARIO, None)
        if self._hear in self.bedside.heard:
            self.bedside.heard.remove(self._hear)
        session = self.bedside.session
        if session is None:
            return
        if session.infusion.state in ("running", "paused"):
            self.bedside.record({"type": "infusion_stopped", "by": by, "reason": summary})
        self.bedside.record({"type": "session_closed", "by": by, "summary": summary})


def _shown(vitals: Vitals) -> dict[str, float]:
    seen = ((name, vitals.get(raw)) for name, raw in SHOWN.items())
    return {name: vital.value for name, vital in seen if vital is not None and vital.value is not None}
