"""Many runs side by side: each one's score in short, and per scenario how often each target was met and how soon. Pure.

The verdicts are those of `dashboard.training.score`. Beyond them: what a fork only repeats from the run it was forked from is that
run's own deed, so it is shown as carried over and never counted a second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

from config.models.scenario import Scenario
from dashboard.session.chain import Stored
from dashboard.session.closing import RESTARTED
from dashboard.session.events import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmEscalated,
    AlarmRaised,
    AlarmReset,
    RunForked,
    RunPaced,
    SessionClosed,
    SessionOpened,
)
from dashboard.training.edition import noted_of
from dashboard.training.lived import began_of, lived_from_s, trainees_of
from dashboard.training.retrace import joined_s
from dashboard.training.score import ActionScore, fast_stretches, score

#: Of every scenario, beside its own expected actions: no target is set for it.
ACKNOWLEDGED, ACKNOWLEDGED_WORDS = (
    "acknowledged",
    "First medium or high alarm acknowledged, or another one while it stood",
)
FIRST, FIRST_WORDS = "first-right-action", "First right action, from the first cue"
#: With fewer a share is shown as a count alone: one run more or less would move it by a fifth and above.
LEAST_FOR_SHARE = 5


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a run's score. `target_s` None: no target is set. `latency_s`: from when it could be seen on the screen, below 0:
    before that. `carried`: done before this run was forked, so it belongs to the run that was forked."""

    id: str
    text: str
    target_s: float | None
    harmful: bool
    verdict: str
    cue_s: float | None = None
    done_s: float | None = None
    carried: bool = False

    @property
    def latency_s(self) -> float | None:
        return None if self.cue_s is None or self.done_s is None else self.done_s - self.cue_s

    @property
    def met(self) -> bool | None:
        """None where nothing can be said: not scored, carried over, not over yet, or without a target."""
        if self.carried or self.target_s is None:
            return None
        return True if self.verdict in ("done", "avoided") else False if self.verdict in _NOT_MET else None

    @property
    def time_s(self) -> float | None:
        """The seconds that count in a median; None for what was not done, must not be done, is carried over or is not scored."""
        return None if self.carried or self.harmful or self.verdict not in ("done", "late") else self.latency_s


_NOT_MET = ("late", "missed", "harmful")


@dataclass(frozen=True, slots=True)
class RunScore:
    """One run. `title` is the id of a scenario that is not here any more (`known` False: such a run has no score). `began_at`: when the
    trainee's part began, UTC. `trainees`: who was at the bed and is not the trainer. `from_s`: when the trainee came, or the moment of the fork. `top_speed`: the
    highest pace, times real time. `again_of`: the run before it, which was restarted with the same patient. `noted`: digest of the scenario
    as it was run, empty in older records; `changed`: it is scored with a scenario that was changed since."""

    session: str
    scenario: str
    title: str
    known: bool
    patient: str
    seed: int | None
    opened_at: datetime
    began_at: datetime
    by: str
    trainees: tuple[str, ...]
    forked_from: str | None
    again_of: str | None
    from_s: float
    to_s: float
    going: bool
    closed_as: str
    top_speed: float
    items: tuple[Item, ...]
    noted: str = ""
    changed: bool = False

    @property
    def lived_s(self) -> float:
        return max(0.0, self.to_s - self.from_s)

    @property
    def first(self) -> bool:
        """Neither forked nor restarted from another run."""
        return self.forked_from is None and self.again_of is None


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """One item over the runs of a scenario. `judged` runs met it or did not; `met` of them did. `times_s`: of those that did it, in
    time or late, rising. `fast`: not scored, above real time; `carried`: counted with the run that was forked."""

    id: str
    text: str
    target_s: float | None
    harmful: bool
    judged: int
    met: int
    times_s: tuple[float, ...]
    fast: int
    carried: int

    @property
    def median_s(self) -> float | None:
        return median(self.times_s) if self.times_s else None

    @property
    def share(self) -> float | None:
        """Of `judged`; None below `LEAST_FOR_SHARE`."""
        return self.met / self.judged if self.judged >= LEAST_FOR_SHARE else None


@dataclass(frozen=True, slots=True)
class Cohort:
    """The ended runs of one scenario; runs that go on are in no figure. `changed`: how many were run before it was changed."""

    scenario: str
    title: str
    runs: int
    forks: int
    again: int
    changed: int
    items: tuple[ItemFigures, ...]


def run_score(scenario: Scenario | None, record: Sequence[Stored], now_s: float | None = None) -> RunScore:
    """`record` begins with its opening. `scenario` None: it is not here any more. `now_s`: how far a run is that goes on."""
    opened = record[0].event
    assert isinstance(opened, SessionOpened)  # every record begins so
    events = [one.event for one in record]
    closed = next((event for event in events if isinstance(event, SessionClosed)), None)
    to_s = closed.t_s if closed is not None else max(events[-1].t_s, now_s or 0.0)
    fork = next((event for event in events if isinstance(event, RunForked)), None)
    from_s = joined_s(record)
    forked_s = -1.0 if fork is None else fork.from_t_s  # up to there the pace is the other run's
    items: list[Item] = []
    if scenario is not None:
        items = [_item(one, fork) for one in score(scenario, record, to_s)]
        items += _first(items)
        items.append(_acknowledged(record, from_s, to_s, fork, over=closed is not None))
    return RunScore(
        session=record[0].session,
        scenario=opened.scenario,
        title=opened.scenario if scenario is None else scenario.title,
        known=scenario is not None,
        patient=opened.patient,
        seed=opened.seed,
        opened_at=opened.at,
        began_at=began_of(record),
        by=opened.by,
        trainees=trainees_of(record),
        forked_from=None if fork is None else fork.from_session,
        again_of=None,
        from_s=lived_from_s(record),
        to_s=to_s,
        going=closed is None,
        closed_as="" if closed is None else closed.summary,
        top_speed=max((one.speed for one in events if isinstance(one, RunPaced) and one.t_s > forked_s), default=1.0),
        items=tuple(items),
        noted=noted_of(record),
    )


def related(runs: Sequence[RunScore]) -> list[RunScore]:
    """Newest first, with `again_of` told: the run of the bed before it was closed as restarted, with the same patient."""
    ordered = sorted(runs, key=lambda one: (one.began_at, one.session))
    out = []
    for before, one in zip([None, *ordered], ordered, strict=False):
        same = before is not None and (before.scenario, before.seed) == (one.scenario, one.seed)
        again = before is not None and same and before.closed_as == RESTARTED and one.forked_from is None
        out.append(replace(one, again_of=before.session) if before is not None and again else one)
    return out[::-1]


def cohorts(runs: Sequence[RunScore], *, first_only: bool = False) -> list[Cohort]:
    """By title. `first_only`: without runs that were forked or restarted from another one."""
    by_scenario: dict[str, list[RunScore]] = {}
    for one in runs:
        if one.known and not one.going and (one.first or not first_only):
            by_scenario.setdefault(one.scenario, []).append(one)
    found = [_cohort(mine) for mine in by_scenario.values()]
    return sorted(found, key=lambda one: one.title)


def _cohort(runs: Sequence[RunScore]) -> Cohort:
    return Cohort(
        scenario=runs[0].scenario,
        title=runs[0].title,
        runs=len(runs),
        forks=sum(one.forked_from is not None for one in runs),
        again=sum(one.again_of is not None for one in runs),
        changed=sum(one.changed for one in runs),
        items=tuple(_figures([one.items[i] for one in runs]) for i in range(len(runs[0].items))),
    )


def _figures(items: Sequence[Item]) -> ItemFigures:
    met = [one.met for one in items]
    return ItemFigures(
        id=items[0].id,
        text=items[0].text,
        target_s=items[0].target_s,
        harmful=items[0].harmful,
        judged=sum(one is not None for one in met),
        met=sum(one is True for one in met),
        times_s=tuple(sorted(one.time_s for one in items if one.time_s is not None)),
        fast=sum(one.verdict == "not scored" for one in items),
        carried=sum(one.carried for one in items),
    )


def _item(one: ActionScore, fork: RunForked | None) -> Item:
    harmful = one.action.harmful
    # Of what must not be done, the whole time in which it counts lies before the fork, or it was done there.
    until_s = one.done_s if one.done_s is not None else None if one.cue_s is None else one.cue_s + one.action.within_s
    carried = fork is not None and until_s is not None and until_s <= fork.from_t_s
    return Item(
        one.action.id, one.action.text, one.action.within_s, harmful, one.verdict, one.cue_s, one.done_s, carried
    )


def _first(items: Sequence[Item]) -> list[Item]:
    """Of the actions that should be done, the earliest, counted from the first moment at which one of them was called for."""
    wanted = [one for one in items if not one.harmful]
    if not wanted:
        return []
    cues = [one.cue_s for one in wanted if one.cue_s is not None]
    if not cues:
        return [Item(FIRST, FIRST_WORDS, None, False, "not yet")]
    done = [one for one in wanted if one.done_s is not None]
    if not done:
        open_words = ("not scored", "waiting", "not yet")
        verdict = next((word for word in open_words if any(one.verdict == word for one in wanted)), "missed")
        return [Item(FIRST, FIRST_WORDS, None, False, verdict, min(cues))]
    first = min(done, key=lambda one: one.done_s or 0.0)
    verdict = "not scored" if first.verdict == "not scored" else "done"
    return [Item(FIRST, FIRST_WORDS, None, False, verdict, min(cues), first.done_s, first.carried)]


def _acknowledged(record: Sequence[Stored], from_s: float, to_s: float, fork: RunForked | None, *, over: bool) -> Item:
    """How soon the first alarm was answered that asked for it after the trainee had come. Of several that stand, people acknowledge the
    one that they look at: that answers the first one too, as long as it stands."""
    first: AlarmRaised | AlarmEscalated | None = None
    answered_s: float | None = None
    low: set[int] = set()  # occurrences that ask nobody for an answer
    stands = True
    for stored in record:
        event = stored.event
        if isinstance(event, AlarmRaised | AlarmEscalated):
            (low.add if event.priority == "low" else low.discard)(event.occurrence)
        if first is None:
            asks = isinstance(event, AlarmRaised | AlarmEscalated) and event.priority != "low"
            if asks and event.t_s >= from_s and isinstance(event, AlarmRaised | AlarmEscalated):
                first = event
        elif isinstance(event, AlarmCleared | AlarmReset) and event.occurrence == first.occurrence:
            stands = False
        elif isinstance(event, AlarmAcknowledged) and (
            event.occurrence == first.occurrence or (stands and event.occurrence not in low)
        ):
            answered_s = event.t_s
            break
    if first is None:
        return Item(ACKNOWLEDGED, ACKNOWLEDGED_WORDS, None, False, "not yet")
    until_s = to_s if answered_s is None else answered_s
    if any(one.from_s < until_s and one.to_s > first.t_s for one in fast_stretches(record, to_s)):
        verdict = "not scored"
    else:
        verdict = "done" if answered_s is not None else "missed" if over else "waiting"
    carried = fork is not None and answered_s is not None and answered_s <= fork.from_t_s
    return Item(ACKNOWLEDGED, ACKNOWLEDGED_WORDS, None, False, verdict, first.t_s, answered_s, carried)
