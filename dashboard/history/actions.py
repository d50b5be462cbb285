"""What was done about an alarm: what somebody noted about it, else what was recorded while it stood and shortly after."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

from config.models.scales import shipped_scales
from dashboard.figures.occurrences import Occurrence
from dashboard.figures.words import short
from dashboard.session.closing import closing
from dashboard.session.events import SYSTEM, AlarmOff
from dashboard.session.numbers import num
from dashboard.session.state import Session

#: What follows the end of an alarm within this time may belong to it.
AFTER_S = 120.0
#: More than this many would be a log, not an answer.
MOST = 3

#: (when, rule it is about or empty, words)
Done = tuple[float, str, str]


def noted(session: Session) -> dict[int, str]:
    """Occurrence number -> what people wrote about that very alarm, in order."""
    out: dict[int, str] = {}
    for entry in session.actions:
        before = out.get(entry.event.occurrence)
        out[entry.event.occurrence] = f"{before}; {entry.event.action}" if before else entry.event.action
    return out


def derived(session: Session, alarms: Iterable[Occurrence], end_s: float) -> dict[int, str]:
    """Occurrence number -> what was recorded between its onset and two minutes after its end. A cuff that measured by itself is
    nobody's action; a pressure typed in is."""
    done = _done(session)
    times = [t_s for t_s, _, _ in done]
    out = {}
    for one in alarms:
        until_s = (end_s if one.ended_s is None else one.ended_s) + AFTER_S
        window = done[bisect_left(times, one.onset_s) : bisect_right(times, until_s)]
        rules = {rule for _, rule, _, _, _ in one.steps} | {one.rule}
        if words := _few([text for _, rule, text in window if not rule or rule in rules]):
            out[one.number] = words
    return out


def _few(words: Sequence[str]) -> str:
    told = list(dict.fromkeys(words))
    more = f" +{len(told) - MOST}" if len(told) > MOST else ""
    return ", ".join(told[:MOST]) + more


def _done(session: Session) -> list[Done]:
    """Everything a person recorded that can be an answer to an alarm, in order of happening, as corrected."""
    titles: Mapping[str, str] = {scale.id: scale.title for scale in shipped_scales().values()}
    written = closing(session.record)
    out: list[Done] = [
        (one.t_s, "", short(one.event)) for one in session.happened if one.event.by != SYSTEM and one.seq not in written
    ]
    out += [(e.t_s, "", short(e.event)) for e in session.oxygen_log]
    out += [(e.t_s, "", short(e.event)) for e in session.drugs]
    out += [(e.t_s, "", "BP repeated") for e in session.manual_vitals if "nibp_sys" in e.event.values]
    out += [(e.t_s, "", f"{titles.get(e.event.scale, e.event.scale)} {e.event.level}") for e in session.assessments]
    out += [
        (
            e.t_s,
            e.event.rule,
            f"limit to {num(value)}" if (value := e.event.new.get("value")) is not None else "limit changed",
        )
        for e in session.limits_changed
    ]
    out += [(e.t_s, e.event.rule, "alarm off") for e in session.off_log if isinstance(e.event, AlarmOff)]
    if session.emergency is not None:
        out.append((session.emergency.t_s, "", "EMERGENCY"))
    return sorted(out, key=lambda one: one[0])
