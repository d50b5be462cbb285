"""What happens to alarms in a session: what the engine tells, what people do about it, and who else was told."""

from dataclasses import dataclass

from dashboard.session.event_base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent(Event):
    """`occurrence` numbers the alarm within the session: raised to cleared (or reset) is one. `value` and `limit` as
    judged at that tick; `message` is what the screen said."""

    rule: str
    occurrence: int
    priority: str
    kind: str
    value: float | str | None = None
    limit: float | str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised(AlarmEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEscalated(AlarmEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDemoted(AlarmEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmAcknowledged(AlarmEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCleared(AlarmEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLatched(AlarmEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmReset(AlarmEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioPaused(Event):
    duration_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioResumed(Event):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundConfirmed(Event):
    """A person heard the test sound on that screen."""

    screen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChanged(Event):
    """`old` and `new`: setting -> number, of `value`, `delay_s`, `hysteresis`."""

    rule: str
    old: dict[str, float]
    new: dict[str, float]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOff(Event):
    """One rule is switched off for `duration_s`, with a reason; it returns by itself. Only rules whose row allows it."""

    rule: str
    duration_s: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOn(Event):
    """A rule that was off is on again before its time."""

    rule: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmActionNoted(Event):
    """What was done about an occurrence, in a few words ("O₂ 4 L, airway")."""

    occurrence: int
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmJudged(Event):
    """A reviewer's verdict on an occurrence: `true`, `nuisance`, `technical`; empty takes the reviewer's own back. Each
    reviewer's last word counts; two may differ."""

    occurrence: int
    verdict: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmReviewSigned(Event):
    """The reviewer's verdicts stand from here on: whoever signed changes none of them any more."""

    statement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationSent(Event):
    """One delivery of an unanswered alarm to somebody else: best effort, never the only path, no patient identifiers. `step`: 2 or 3
    (the bed's own screens are 1). `channel`: `screens`, or the name of a contact in the station file. `ok` False: `detail` says why."""

    occurrence: int
    rule: str
    priority: str
    step: int
    channel: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenLost(Event):
    """A screen of the bed can warn nobody: `reason` is `hidden`, `silent` (no sound comes out of it), or `gone`."""

    screen: str
    reason: str
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenBack(Event):
    """A screen that was lost warns again."""

    screen: str
    person: str = ""
