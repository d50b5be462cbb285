"""The training room of this program: one bed, one run at a time, steered by a trainer.

Every act of the trainer is an entry in the run's record first; what it does follows from that entry. Runs are never rewritten:
rewinding and restarting close the one that is and open another.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from config.models import ConfigError, DashboardError
from config.models.scenario import Scenario, effect_of
from dashboard.bed_clock import BedClock
from dashboard.bedside.bedside import Bedside
from dashboard.bedside.entries import TRAINER_TYPES, check_person
from dashboard.bedside.errors import EntryRefused
from dashboard.demo import close_forgotten
from dashboard.session.closing import ENDED, PROGRAM_STOPPED, RESTARTED, REWOUND
from dashboard.training.again import CutOff, cut_off, fork_of
from dashboard.training.clock import clock
from dashboard.training.due import came_due
from dashboard.training.lasting import ENDED as ENDED_INJECT
from dashboard.training.lasting import ending, lasting
from dashboard.training.library import Library
from dashboard.training.run import Fork, TrainingRun
from dashboard.training.score import SCENARIO
from simulators.replay import Recording

log = logging.getLogger(__name__)

#: Times real time that a trainer may choose; above 1 the sound is off and nothing is scored.
SPEEDS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
CHART_EVERY_S, CHART_FAST_EVERY_S = 0.25, 0.05
#: Whose name the trainee sees where the scenario charted: that it was one would give it away.
WARD_STAFF = "Ward staff"
#: A run begins at most so far into its scenario: what came before is walked through first, some 100 times real time.
DEEPEST_S = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class RunState:
    """What the trainer's page asks for each second. `truth`: rows of (t_s, truth) later than it was asked for."""

    state: str  # idle, making, running, paused
    session: str | None = None
    scenario: Scenario | None = None
    seed: int | None = None
    t_s: float = 0.0
    speed: float = 1.0
    truth: tuple[tuple[float, Mapping[str, float]], ...] = ()
    last: Mapping[str, float] = field(default_factory=dict)  # the newest truth, also when there is no later one
    cut_off: CutOff | None = None  # what a stop or crash of the program ended, until another run begins


class TrainingRoom:
    """`make_bedside`: the bed on the clock that the room steers. `watched`: whether somebody is at the trainee's page; `at_bed`: who said so there. Methods that steer may take seconds: call them off the event loop."""

    def __init__(
        self,
        make_bedside: Callable[[BedClock], Bedside],
        *,
        watched: Callable[[], bool] = lambda: True,
        at_bed: Callable[[], Collection[str]] = tuple,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self.watched, self.at_bed = watched, at_bed
        self._named: set[str] = set()  # whom the run has noted as being at the bed
        self.clock = BedClock(datetime.now(UTC), 1.0, real=real)
        self.bedside = make_bedside(self.clock)
        self.bedside.signs = {SCENARIO: WARD_STAFF}
        self.run: TrainingRun | None = None
        self._session: str | None = None
        self._cut_off: CutOff | None = None
        self._making = False
        self._speed = 1.0  # what a resumed run goes on with
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._chart, name="training", daemon=True)

    # -- life ---------------------------------------------------------------------------------------------------------

    def start_up(self) -> None:
        """What a stop or crash left open is closed, and told of: its record stays, and a new run can go on from it."""
        for row in self.bedside.store.open_sessions(self.bedside.id):
            close_forgotten(self.bedside.store, row.id)
            self._cut_off = cut_off(self.bedside.store.events(row.id)) or self._cut_off
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        with self._lock:
            if self.run is not None:
                with suppress(DashboardError):
                    self.run.end(self.run.by, PROGRAM_STOPPED)
                self.run = None

    def _chart(self) -> None:
        while not self._stop.wait(CHART_FAST_EVERY_S if self.clock.speed > 1 else CHART_EVERY_S):
            self.turn()

    def turn(self) -> None:
        """Record what the scenario itself did since the last turn. At its end the run stands still; a fast one falls back to real time
        when something comes due that nobody should miss."""
        if (run := self.run) is None or self._making:
            return
        try:
            run.chart_script()
        except DashboardError as error:
            log.info("training: scripted entry left out: %s", error)
        self._name()
        if self.clock.speed > 0 and self.clock.mono() >= run.scenario.duration_s:
            with suppress(DashboardError):
                self.pace(0.0, run.by)
        self._fall_back(run)

    def _fall_back(self, run: TrainingRun) -> None:
        with self._lock:
            session = self.bedside.session
            if self.run is not run or session is None or self.clock.speed <= 1:
                return
            why = came_due(run.scenario, session.record, run.joined_s, self.clock.mono())
            if why is not None:
                with suppress(DashboardError):
                    self._enter("run_slowed", run.by, reason=why)
                    self.pace(1.0, run.by)

    # -- steering -----------------------------------------------------------------------------------------------------

    def start(
        self,
        scenario: Scenario,
        by: str,
        *,
        seed: int | None = None,
        from_s: float = 0.0,
        recording: Recording | None = None,
    ) -> str:
        """A new run; the session's id. `recording`: what it replays, with the scenario that `Cases.open` gave. EntryRefused while
        another one is on."""
        check_person(self.bedside.people, by)
        if not 0 <= from_s < min(scenario.duration_s, DEEPEST_S):
            raise EntryRefused(f"expected a time from 0 to {scenario.duration_s:g} s", field="from_s")
        with self._lock:
            if self.run is not None:
                raise EntryRefused("a run is on; end it first", status=409)
            own = scenario.seed if seed is None else seed
            return self._begin(
                TrainingRun(self.bedside, self.clock, scenario, own, by, from_s=from_s, recording=recording)
            )

    def rewind(self, to_s: float, by: str) -> str:
        """Close the run and go on from that moment of it in a new one, which stands still until somebody resumes it; the new session's id."""
        with self._lock:
            run, session = self._going()
            check_person(self.bedside.people, by)
            if not 0 <= to_s <= self.clock.mono():
                raise EntryRefused("expected a moment of this run that has been", field="to_s")
            run.end(by, f"{REWOUND}{clock(to_s)}")
            record = self.bedside.store.events(session)
            fork = Fork(session, record, to_s, run.joined_s)
            return self._begin(
                TrainingRun(self.bedside, self.clock, run.scenario, run.seed, by, fork=fork, recording=run.recording)
            )

    def go_on(self, session: str, by: str, library: Library, *, at_s: float | None = None) -> str:
        """A new run from `at_s` of one that is over, None for its last second, standing still; the new session's id. EntryRefused while a
        run is on."""
        check_person(self.bedside.people, by)
        with self._lock:
            if self.run is not None:
                raise EntryRefused("a run is on; end it first", status=409)
            scenario, seed, fork = fork_of(self.bedside.store, self.bedside.id, session, library, at_s)
            return self._begin(TrainingRun(self.bedside, self.clock, scenario, seed, by, fork=fork))

    def restart(self, by: str) -> str:
        """Close the run and begin anew with the same patient."""
        with self._lock:
            run, _ = self._going()
            check_person(self.bedside.people, by)
            run.end(by, RESTARTED)
            return self._begin(
                TrainingRun(
                    self.bedside, self.clock, run.scenario, run.seed, by, from_s=run.joined_s, recording=run.recording
                )
            )

    def end(self, by: str) -> str:
        """Close the run; its session's id, for the debrief."""
        with self._lock:
            run, session = self._going()
            check_person(self.bedside.people, by)
            self.run, self._session = None, None
            run.end(by, ENDED)
            return session

    def pace(self, speed: float, by: str) -> None:
        """0 pauses; else one of SPEEDS."""
        if speed not in (0.0, *SPEEDS):
            raise EntryRefused(f"expected 0 or one of {', '.join(f'{s:g}' for s in SPEEDS)}", field="speed")
        with self._lock:
            self._going()
            self._enter("run_paced", by, speed=speed)
            self.clock.pace(speed)
            self._speed = speed or self._speed
            self.bedside.paced(quiet=speed > 1)

    def resume(self, by: str) -> None:
        self.pace(self._speed, by)

    # -- what is done in a run ----------------------------------------------------------------------------------------

    def inject(self, label: str, effect: Mapping[str, Any], by: str) -> dict[str, Any]:
        """EntryRefused (409) where a recording is replayed."""
        if self.replays():
            raise EntryRefused("a recording cannot be changed: what was measured was measured", status=409)
        row = _checked(effect)
        return self._enter("injected", by, label=label, effect=row)

    def end_inject(self, label: str, by: str) -> dict[str, Any]:
        """What was injected under that name and lasts is over. EntryRefused (409) when nothing of that name lasts."""
        effect = self.lasting().get(label)
        over = None if effect is None else ending(effect)
        if over is None:
            raise EntryRefused(f"{label}: nothing of that name lasts", field="label", status=409)
        return self._enter("injected", by, label=f"{label}{ENDED_INJECT}", effect=over)

    def act(self, action: str, effect: Mapping[str, Any] | None, by: str) -> dict[str, Any]:
        """One tap: the trainee did that."""
        return self._enter("trainee_acted", by, action=action, effect=None if effect is None else _checked(effect))

    def cue(self, cue: str, text: str, by: str) -> dict[str, Any]:
        return self._enter("cue_shown", by, cue=cue, text=text)

    def mark(self, label: str, by: str) -> dict[str, Any]:
        return self._enter("run_marked", by, label=label)

    def comment(self, text: str, by: str) -> dict[str, Any]:
        return self._enter("trainer_commented", by, text=text)

    # -- what the trainer sees ----------------------------------------------------------------------------------------

    def state(self, since_s: float = -1.0) -> RunState:
        """Takes no lock that steering holds: the page stays alive while a past is made."""
        run = self.run
        if run is None:
            return RunState("idle", cut_off=self._cut_off)
        state = "making" if self._making else "paused" if self.clock.speed == 0 else "running"
        rows = run.patient.truths
        truth = tuple(rows[max(0, int(since_s) + 1) :]) if not self._making else ()
        last = rows[-1][1] if rows and not self._making else {}
        return RunState(state, self._session, run.scenario, run.seed, self.clock.mono(), self.clock.speed, truth, last)

    def replays(self) -> bool:
        """Whether the run that is on replays a recording."""
        run = self.run
        return run is not None and run.recording is not None

    def cues(self) -> dict[str, str]:
        """Kind -> what the scenario would have the trainer tell now."""
        run = self.run
        return {} if run is None or self._making else run.patient.cues()

    def lasting(self) -> dict[str, dict[str, Any]]:
        """Label -> effect of what was injected and still lasts."""
        run, session = self.run, self.bedside.session
        if run is None or session is None or self._making:
            return {}
        return lasting(session.record, self.clock.mono(), run.patient.lasts)

    def ended(self) -> str | None:
        run = self.run
        return None if run is None or self._making else run.patient.ended()

    # -- within -------------------------------------------------------------------------------------------------------

    def _going(self) -> tuple[TrainingRun, str]:
        if self.run is None or self._session is None:
            raise EntryRefused("no run is on; start one first", status=409)
        return self.run, self._session

    def _begin(self, run: TrainingRun) -> str:
        self._making, self.run = True, run
        self.clock.pace(1.0)
        self.bedside.quiet = False
        self._speed = 1.0
        self._named = set()
        self.clock.set(0.0, datetime.now(UTC) - timedelta(seconds=run.from_s))
        try:
            self._session = run.open(self._stop)
        except BaseException:
            self.run, self._session = None, None
            raise
        finally:
            self._making = False
        self._cut_off = None
        if run.forked:
            # Whoever goes back wants to say why first.
            with suppress(DashboardError):
                self.pace(0.0, run.by)
        return self._session

    def _name(self) -> None:
        """Who has come to the bed since the last turn: a debrief says whose run it was, also of one who recorded nothing."""
        for person in self.at_bed():
            if person in self._named:
                continue
            self._named.add(person)
            with suppress(DashboardError), self._lock:
                run, _ = self._going()
                self._enter("trainee_named", run.by, person=person)

    def _enter(self, kind: str, by: str, **fields: Any) -> dict[str, Any]:
        with self._lock:
            _, session = self._going()
            return self.bedside.record({"type": kind, "by": by, "session": session, **fields}, TRAINER_TYPES)


def _checked(effect: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return effect_of(effect).model_dump()
    except ConfigError as error:
        raise EntryRefused(str(error), field="effect") from None
