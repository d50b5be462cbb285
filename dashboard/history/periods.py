"""What else bears on a session's alarms: times in which sound, a rule, a device, a screen or the program itself was away, and
limits that were other than the profile's. Pure, from the folded record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dashboard.figures.occurrences import Occurrence
from dashboard.figures.record import RuleText
from dashboard.history.model import Period
from dashboard.session.events import (
    AlarmOff,
    AudioPaused,
    DeviceConnected,
    DeviceLost,
    LimitChanged,
    ScreenLost,
)
from dashboard.session.numbers import num
from dashboard.session.state import Entry, Session

_SETTINGS = {"value": "", "delay_s": "delay ", "hysteresis": "hysteresis "}
_UNITS = {"delay_s": " s"}
#: Watched by rules in seconds, and yet no signal of the patient that can be lost; a device has periods of its own.
_NO_SIGNAL = frozenset({"nurse_present", "link", "loc", "sbp", "breath", "pump_state"})
_SCREEN = {"hidden": "hidden or asleep", "silent": "cannot sound", "gone": "gone"}


def periods(
    session: Session, alarms: Sequence[Occurrence], rules: Mapping[str, RuleText], end_s: float
) -> tuple[Period, ...]:
    """In order of beginning; what was not over lasts until `end_s`."""
    found = [
        *_paused(session, end_s),
        *_off(session, rules, end_s),
        *_devices(session, end_s),
        *_screens(session, end_s),
        *(Period("program away", max(0.0, e.t_s - e.event.gap_s), e.t_s) for e in session.gaps),
        *_limits(session.limits_changed, rules, end_s),
        *_no_data(alarms, rules, end_s),
    ]
    return tuple(sorted(found, key=lambda one: (one.from_s, one.to_s, one.kind)))


def _paused(session: Session, end_s: float) -> Iterator[Period]:
    """A pause ends by itself, at the next pause, or when somebody takes it back."""
    for i, entry in enumerate(session.audio_log):
        if isinstance(entry.event, AudioPaused):
            ends = [
                entry.t_s + entry.event.duration_s,
                end_s,
                *(later.t_s for later in session.audio_log[i + 1 : i + 2]),
            ]
            yield Period("audio paused", entry.t_s, max(entry.t_s, min(ends)), by=entry.by)


def _off(session: Session, rules: Mapping[str, RuleText], end_s: float) -> Iterator[Period]:
    for i, entry in enumerate(session.off_log):
        event = entry.event
        if isinstance(event, AlarmOff):
            later = (one.t_s for one in session.off_log[i + 1 :] if one.event.rule == event.rule)
            to_s = min(entry.t_s + event.duration_s, end_s, next(later, end_s))
            yield Period(
                "alarm off",
                entry.t_s,
                max(entry.t_s, to_s),
                _label(rules, event.rule),
                entry.by,
                event.reason,
                event.rule,
            )


def _devices(session: Session, end_s: float) -> Iterator[Period]:
    lost: dict[str, tuple[float, str]] = {}
    for stored in session.record:
        match stored.event:
            case DeviceLost(device=device, reason=reason, t_s=t_s):
                lost.setdefault(device, (t_s, reason))
            case DeviceConnected(device=device, t_s=t_s) if device in lost:
                from_s, why = lost.pop(device)
                yield Period("device lost", from_s, t_s, device, why=why)
    for device, (from_s, why) in lost.items():
        yield Period("device lost", from_s, max(from_s, end_s), device, why=why)


def _screens(session: Session, end_s: float) -> Iterator[Period]:
    lost: dict[str, tuple[float, ScreenLost]] = {}

    def over(screen: str, to_s: float) -> Period:
        from_s, event = lost.pop(screen)
        words = _SCREEN.get(event.reason, event.reason)
        return Period("screen lost", from_s, max(from_s, to_s), screen, event.person, words)

    for entry in session.screens:
        if entry.event.screen in lost:
            yield over(entry.event.screen, entry.t_s)
        if isinstance(entry.event, ScreenLost):
            lost[entry.event.screen] = (entry.t_s, entry.event)
    for screen in list(lost):
        yield over(screen, end_s)


def _limits(changes: Iterable[Entry[LimitChanged]], rules: Mapping[str, RuleText], end_s: float) -> Iterator[Period]:
    """Each change until the next one of its rule. One that brings the profile's own settings back has no length."""
    by_rule: dict[str, list[Entry[LimitChanged]]] = {}
    for entry in changes:
        by_rule.setdefault(entry.event.rule, []).append(entry)
    for rule, entries in by_rule.items():
        own: dict[str, float] = {}
        now: dict[str, float] = {}
        for i, entry in enumerate(entries):
            event = entry.event
            own = {**event.old, **own}
            now = {**now, **event.new}
            to_s = entries[i + 1].t_s if i + 1 < len(entries) else end_s
            if all(own.get(key) == value for key, value in now.items()):
                to_s = entry.t_s
            what = f"{_label(rules, rule)} {change_words(event)}"
            yield Period("limit changed", entry.t_s, max(entry.t_s, to_s), what, entry.by, event.reason, rule)


def change_words(event: LimitChanged) -> str:
    """`89 → 91, delay 10 → 15 s`."""
    parts = []
    for key, new in event.new.items():
        old = event.old.get(key)
        before = "" if old is None else f"{num(old)} → "
        parts.append(f"{_SETTINGS.get(key, key + ' ')}{before}{num(new)}{_UNITS.get(key, '')}")
    return ", ".join(parts)


def _no_data(alarms: Iterable[Occurrence], rules: Mapping[str, RuleText], end_s: float) -> Iterator[Period]:
    """A signal that was lost, for as long as its technical alarm stood."""
    for one in alarms:
        text = rules.get(one.rule)
        if one.kind != "technical" or text is None or text.signal in _NO_SIGNAL:
            continue
        if text.unit == "s" and not text.operator:
            for from_s, to_s in one.spells:
                yield Period("no data", from_s, end_s if to_s is None else to_s, text.label, rule=one.rule)


def _label(rules: Mapping[str, RuleText], rule: str) -> str:
    text = rules.get(rule)
    return text.label if text else rule
