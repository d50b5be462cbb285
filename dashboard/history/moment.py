"""What stood at the moment of an alarm, beside it: infusion, consciousness, oxygen, who answered. Pure, from the folded record."""

from bisect import bisect_right

from config.models.scales import shipped_scales
from dashboard.figures.occurrences import Occurrence
from dashboard.history.model import SessionAlarms
from dashboard.session.events import OxygenChanged
from dashboard.session.numbers import num
from dashboard.session.state import Entry, Session


def infusion_at(session: Session, t_s: float) -> str:
    """`infusing 21.7 mg/h`, `infusion paused`, `infusion stopped`, `no infusion yet`."""
    segment = session.infusion.segment_at(t_s)
    if segment is None or segment.state == "not_started":
        return "no infusion yet"
    if segment.state == "running":
        return f"infusing {num(segment.rate_mg_h, 1)} mg/h"
    return f"infusion {segment.state}"


def consciousness_at(session: Session, t_s: float, clock: str = "") -> str:
    """`MOAA/S 4`: the last assessment at or before `t_s`; `clock` is put behind it. `no LOC check yet` where there is none."""
    before = [entry for entry in session.assessments if entry.t_s <= t_s]
    if not before:
        return "no LOC check yet"
    scales = shipped_scales()
    event = before[-1].event
    title = scales[event.scale].title if event.scale in scales else event.scale
    return f"{title} {event.level}{f' at {clock}' if clock else ''}"


def assessed_s(session: Session, t_s: float) -> float | None:
    """When that assessment was made."""
    return max((entry.t_s for entry in session.assessments if entry.t_s <= t_s), default=None)


def oxygen_at(session: Session, t_s: float) -> str:
    """`O₂ 2 L/min`, `room air`; `O₂ not recorded` where nobody said what the patient breathes."""
    entry = _last_oxygen(session, t_s)
    if entry is None:
        return "O₂ not recorded"
    return f"O₂ {num(entry.event.flow_l_min)} L/min" if entry.event.flow_l_min > 0 else "room air"


def _last_oxygen(session: Session, t_s: float) -> Entry[OxygenChanged] | None:
    at = bisect_right([entry.t_s for entry in session.oxygen_log], t_s)
    return session.oxygen_log[at - 1] if at else None


def facts(session: SessionAlarms, one: Occurrence) -> tuple[str, str, str]:
    """Infusion, consciousness and oxygen at the onset of what stood in red."""
    t_s = one.onset_s if one.asked_s is None else one.asked_s
    folded = session.folded
    checked_s = assessed_s(folded, t_s)
    clock = "" if checked_s is None else f"{session.wall(checked_s):%H:%M}"
    return infusion_at(folded, t_s), consciousness_at(folded, t_s, clock), oxygen_at(folded, t_s)


def sent(session: SessionAlarms, one: Occurrence) -> str:
    """To whom the alarm went on because nobody answered: `sent on: screens, on-call physician (failed: no answer)`; empty where it
    did not."""
    tried: dict[str, str] = {}
    for entry in session.folded.escalations:
        event = entry.event
        if event.occurrence == one.number and tried.get(event.channel) != "":
            tried[event.channel] = "" if event.ok else f" (failed: {event.detail})" if event.detail else " (failed)"
    names = ", ".join(f"{channel}{how}" for channel, how in tried.items())
    return f"sent on: {names}" if names else ""
