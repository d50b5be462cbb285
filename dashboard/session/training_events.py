"""What a trainer does in a simulated session. Part of the record like all else, so that a run can be forked, taken up again after a
crash, and debriefed from facts; kept from the trainee's screen (`HIDDEN`) as long as the run goes on."""

from dataclasses import dataclass
from typing import Any

from dashboard.session.event_base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingEvent(Event):
    """Only in a session that is marked as simulation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunJoined(TrainingEvent):
    """The trainee takes over at `joined_s` from the scenario's virtual nurse, who charted what came before."""

    joined_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TraineeNamed(TrainingEvent):
    """`person` has said on the trainee's page that they are at the bed. Noted once in a run for each who did; `by` is the trainer."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioNoted(TrainingEvent):
    """What the scenario's content was when the run began: its SHA-256 (`dashboard.training.edition`). An entry of its own, as a new field
    of an old kind of entry would break the chain of every record that has one."""

    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunForked(TrainingEvent):
    """This run goes on from `from_t_s` of another one, which is kept: up to there the two are the same."""

    from_session: str
    from_t_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaced(TrainingEvent):
    """From now on the run's clock goes `speed` times as fast as real time; 0: the run stands still."""

    speed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSlowed(TrainingEvent):
    """The run went faster than real time and falls back to it by itself, because of `reason`. The pace is the entry after this one: a new
    field of `run_paced` would break the chain of every record that has one."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Injected(TrainingEvent):
    """`effect`: what befalls the patient or the equipment, as a row of a scenario file (`config.models.scenario`)."""

    label: str
    effect: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraineeActed(TrainingEvent):
    """The trainee did `action` at the patient or the pump. `effect`: what that does, as a row of a scenario file; None: nothing that
    the model knows (help was called)."""

    action: str
    effect: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CueShown(TrainingEvent):
    """What no monitor tells and the trainee is told: `cue` is where to look (chest, sound, eyes, skin, answers, mouth, pump)."""

    cue: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMarked(TrainingEvent):
    """A moment to come back to, by rewinding or in the debrief."""

    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerCommented(TrainingEvent):
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRemarked(TrainingEvent):
    """After the run: what the trainer says of a line of its score sheet, or of all of it. `about`: the id of the expected action, empty
    for the run as a whole. The last word about each counts; an empty text takes the one before back."""

    text: str
    about: str = ""


#: What the trainee's screen shows only when the run is over.
HIDDEN: tuple[type[TrainingEvent], ...] = (
    RunJoined,
    RunForked,
    RunPaced,
    RunSlowed,
    Injected,
    TraineeActed,
    RunMarked,
    TrainerCommented,
    RunRemarked,
    ScenarioNoted,
    TraineeNamed,
)
