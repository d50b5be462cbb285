"""What stands before the start of an infusion, and what only a physician may do. Pure: what is measured now is handed in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from config.models import ConfigError
from config.models.alarms import Profile
from dashboard.session.events import BaselineTaken, ChecklistAnswered, Event, EventError
from dashboard.session.numbers import num
from dashboard.session.state import Session

PHYSICIAN = "physician"
#: Checklist item with which a physician lets an infusion start without a signal that the profile requires; the note says why.
WITHOUT = "start_without_"
OVERRIDE = "override"
#: Checklist item with which a clinician sets SpO2 scale 2 of NEWS2 (answer `2`).
NEWS2_SCALE = "news2_spo2_scale"
NAMES = {"etco2": "CO₂", "spo2": "SpO₂", "rate": "HR", "sbp": "blood pressure", "rr": "RR", "breath": "breathing", "temp": "temperature"}  # fmt: skip


def overridden(session: Session, signal: str) -> bool:
    """A physician has decided to start without that signal."""
    answered = session.checklist.get(f"{WITHOUT}{signal}")
    return answered is not None and answered.event.answer == OVERRIDE


def missing(session: Session, requires: Collection[str], seen: Collection[str]) -> tuple[str, ...]:
    """Signals that the profile requires, that nobody measures now, and that no physician has waived."""
    return tuple(name for name in requires if name not in seen and not overridden(session, name))


def refusal(profile: Profile, names: Collection[str]) -> str:
    """Why the infusion cannot start, and who can act."""
    words = " and ".join(NAMES.get(name, name) for name in names)
    return (
        f"profile {profile.title} does not start without {words}, and none is measured. Connect it, "
        "or have a physician record on the set-up page why the infusion starts without it"
    )


def check_role(session: Session, event: Event, role: str | None) -> None:
    """EventError where only a physician may enter this, or where the reason is missing."""
    match event:
        case ChecklistAnswered() if event.item.startswith(WITHOUT) and event.answer == OVERRIDE:
            _physician(role, "a start without what the profile requires")
            if not event.note.strip():
                raise EventError("note: say why the infusion starts without it", "note")
        case ChecklistAnswered() if event.item == NEWS2_SCALE and event.answer == "2":
            _physician(role, "SpO₂ scale 2")
        case BaselineTaken() if session.infusion.started_s is not None:
            _physician(role, "a baseline after the start of the infusion")
            if not event.reason.strip():
                raise EventError("reason: the baseline is frozen since the start; say why it changes", "reason")


def _physician(role: str | None, what: str) -> None:
    if role != PHYSICIAN:
        raise EventError(f"by: {what} is a physician's decision", "by")


@dataclass(frozen=True, slots=True)
class Inside:
    """A baseline that already lies inside a low-priority step. `offered`: that step one point further out, or None where the profile
    cannot have that, or where it was moved already: one point and no more, or a sick patient's values would become normal.
    `helps`: the baseline then lies outside."""

    rule: str
    label: str
    signal: str
    operator: str
    value: float
    limit: float
    offered: float | None
    helps: bool

    @property
    def reason(self) -> str:
        """What the record says of why the step was moved."""
        return f"baseline {self.label.split()[0]} {num(self.value)} lies inside the low step {self.operator} {num(self.limit)}"


def inside_low_steps(now: Profile, default: Profile, baseline: Mapping[str, float]) -> list[Inside]:
    """`now`: the limits in force at the bed; `default`: those of the profile. Only fixed limits of low rules: a percent limit cannot
    be reached by the baseline itself."""
    found = []
    for rule in now.rules:
        branch = next((one for one in rule.limits if one.value is not None), None)
        value = baseline.get(rule.signals[0])
        if rule.priority != "low" or branch is None or branch.value is None or value is None:
            continue
        if branch.operator not in ("<=", ">="):
            continue
        sense = -1.0 if branch.operator == "<=" else 1.0
        if (value - branch.value) * sense < 0:
            continue
        offered: float | None = branch.value + sense
        if not _is_default(default, rule.id, branch.value) or not _fits(now, rule.id, branch.value + sense):
            offered = None
        helps = offered is not None and (value - offered) * sense < 0
        operator = "≤" if branch.operator == "<=" else "≥"
        found.append(Inside(rule.id, rule.label, rule.signals[0], operator, value, branch.value, offered, helps))
    return found


def _is_default(default: Profile, rule_id: str, value: float) -> bool:
    try:
        limits = default.rule(rule_id).limits
    except ConfigError:
        return False
    return next((one.value for one in limits if one.value is not None), None) == value


def _fits(profile: Profile, rule_id: str, value: float) -> bool:
    try:
        profile.with_limit(rule_id, {"value": value})
    except ConfigError:
        return False
    return True
