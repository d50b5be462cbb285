"""A bed's state as the messages of docs/live-protocol.md. Pure reading: nothing here changes anything."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from config.models.scales import shipped_scales
from dashboard import alarms
from dashboard.alarms.values import Change
from dashboard.bedside.limits import TOUCHES_SETTINGS, modified, off_rows, settings_rows
from dashboard.bedside.sources import Current
from dashboard.session.chain import Stored
from dashboard.session.describe import log_rows, row, scale_title
from dashboard.session.events import type_name
from dashboard.session.state import Session
from devices.clock import speed_of
from devices.signals import CUFF_SIGNALS, SIGNALS

if TYPE_CHECKING:
    from dashboard.bedside.bedside import Bedside

LOG_ROWS = 50
SHOWN = tuple(
    name
    for name, row in SIGNALS.items()
    if row.kind == "numeric" and name not in CUFF_SIGNALS and not name.startswith("pump")
)
#: A derived signal and the raw ones it takes, preferred first (design section 3).
CHOICES = {"rate": ("hr", "pr"), "rr": ("rr_co2", "rr_imp")}
PRESSURES = {"sbp": ("abp_sys", "nibp_sys"), "dbp": ("abp_dia", "nibp_dia"), "map": ("abp_map", "nibp_map")}


def snapshot(bed: "Bedside") -> dict[str, Any]:
    """A bed that makes its own past has nothing to show yet: what it holds is neither now nor whole."""
    session = None if bed.held else bed.session
    now, t_s = bed.clock.utc(), bed.t_s()
    return {
        "preparing": bed.held,
        "values": {} if bed.held else values(bed, bed.clock.mono()),
        "t_s": round(t_s, 3),
        "tick": False,
        **alarm_state(bed),
        "infusion": infusion(session, t_s),
        "session": session_row(bed, session, now, t_s, with_settings=True),
        "log": [_signed_row(bed, line) for line in log_rows(session, LOG_ROWS)] if session else [],
        "simulation": bed.simulation,
        "pace": speed_of(bed.clock),
        "quiet": bed.quiet,
        "devices": [] if bed.held else devices(bed),
        "people": list(bed.people),
        "title": bed.title,
    }


def entry(bed: "Bedside", stored: Stored) -> dict[str, Any]:
    """An entry that became durable, and what it changed."""
    session, t_s = bed.session, bed.t_s()
    settings = type_name(stored.event) in TOUCHES_SETTINGS
    return {
        "entry": _signed_row(bed, row(session, stored)) if session else None,
        "session": session_row(bed, session, bed.clock.utc(), t_s, with_settings=settings),
        "infusion": infusion(session, t_s),
        "devices": devices(bed),
    }


def signed(bed: "Bedside", by: str) -> str:
    """Whose name screens show for who entered something."""
    return bed.signs.get(by, by)


def _signed_row(bed: "Bedside", line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "by": signed(bed, line["by"])}


def values(bed: "Bedside", now_s: float) -> dict[str, dict[str, Any]]:
    """Raw signals that any device has spoken of, and the derived ones."""
    lost, sources = bed.links.all_lost(), bed.sampler.sources
    known = set(sources.signals())
    out = {name: _value(sources.current(name, now_s), lost) for name in SHOWN if name in known}
    for name, choices in CHOICES.items():
        picked = next((c for c in choices if out.get(c, {}).get("value") is not None), None)
        picked = picked or next((c for c in choices if c in out), None)
        if picked is not None:
            out[name] = {**out[picked], "signal": picked}
    cuff = sources.cuff
    if cuff is not None:
        for name in CUFF_SIGNALS:
            if name in cuff.values:
                out[name] = {
                    "value": cuff.values[name],
                    "status": cuff.status,
                    "age_s": round(now_s - cuff.mono_s, 1),
                    "source": cuff.source,
                }
    for name, pair in PRESSURES.items():
        picked = next((c for c in pair if out.get(c, {}).get("value") is not None), None)
        if picked is not None:
            out[name] = {**out[picked], "signal": picked}
    age_s = _breath_s(bed, out.get("rr"), now_s)
    if age_s is not None:
        out["breath"] = {"value": round(age_s, 1), "status": "ok", "age_s": round(age_s, 1), "source": None}
    if bed.engine is not None:
        for name, until_s in alarms.settling(bed.engine).items():
            if name in out and until_s > bed.t_s():
                out[name] = {**out[name], "settling_s": round(until_s - bed.t_s(), 1)}
    return out


def _breath_s(bed: "Bedside", rate: Mapping[str, Any] | None, now_s: float) -> float | None:
    """Seconds since the last breath, from the clock that the alarm goes by, so that tile and alarm never differ; a breath that has come
    since the last tick ends the count at once."""
    age_s = bed.sampler.breath_age_s(now_s)
    silent_s = None if bed.engine is None else alarms.breathless_since(bed.engine)
    breathes = rate is not None and rate["value"] and not bed.sampler.no_breath_told(now_s)
    if age_s is None or silent_s is None or breathes:
        return age_s
    return max(0.0, bed.t_s() - silent_s)


def _value(current: Current, lost: bool) -> dict[str, Any]:
    return {
        "value": current.value,
        "status": "lost" if lost and current.value is None else current.status,
        "age_s": None if current.age_s is None else round(current.age_s, 1),
        "source": current.source,
        **({} if current.value is not None else {"last": current.last}),
    }


def devices(bed: "Bedside") -> list[dict[str, Any]]:
    rows = []
    for name, link in bed.links.items():
        view = link()
        age_s = None if view.age_s is None else round(view.age_s, 1)
        rows.append(
            {
                "name": name,
                "monitor": bed.monitors[name].name,
                "state": view.state,
                "age_s": age_s,
                "detail": view.detail,
            }
        )
    return rows


def alarm_state(bed: "Bedside") -> dict[str, Any]:
    session = None if bed.held else bed.session
    if session is None or bed.profile is None or bed.engine is None:
        return {
            "alarms": [],
            "recent": [],
            "audio": {"paused_until_t_s": None, "paused_s_left": 0, "sounding": None, "burst": 0, "reminder": 0},
        }
    now_s = max(0.0, bed.last_tick_s)
    sound = alarms.sound(bed.profile, bed.engine, now_s)
    left = 0.0 if sound.paused_until_s is None else max(0.0, sound.paused_until_s - bed.t_s())
    return {
        "alarms": [{**alarm(a, session), "escalation": bed.unanswered.row(a.occurrence, now_s)} for a in bed.alarms()],
        "recent": [{**row, "cleared_at": _iso(session.at_of(row["cleared_t_s"]))} for row in bed.recent()],
        "audio": {
            "paused_until_t_s": sound.paused_until_s,
            "paused_s_left": round(left, 1),
            "sounding": None if bed.quiet else sound.sounding,
            "burst": sound.burst,
            "reminder": sound.reminder,
        },
    }


def fingerprint(fields: dict[str, Any]) -> tuple[Any, ...]:
    """What a screen shows of the alarms, without what merely counts on."""
    audio = fields["audio"]
    shown = tuple((a["occurrence"], a["rule"], a["state"], a["acknowledged_by"], a["text"]) for a in fields["alarms"])
    passed_on = tuple(str((e["step"], e["sent"])) for a in fields["alarms"] if (e := a["escalation"]) is not None)
    recent = tuple(a["occurrence"] for a in fields["recent"])
    sound = (audio["paused_until_t_s"], audio["sounding"], audio["burst"], audio["reminder"])
    return (shown, passed_on, recent, *sound)


def alarm(active: alarms.ActiveAlarm, session: Session) -> dict[str, Any]:
    return {
        "occurrence": active.occurrence,
        "rule": active.rule,
        "priority": active.priority,
        "kind": active.kind,
        "signal": active.signal,
        "label": active.label,
        "text": active.text,
        "value": active.value,
        "unit": active.unit,
        "trigger": active.trigger,
        "advice": active.advice,
        "onset_t_s": active.onset_t_s,
        "since_t_s": active.since_t_s,
        "recovering": active.recovering,
        "prompt_repeat": active.prompt_repeat,
        "group": active.group,
        "onset_at": _iso(session.at_of(active.onset_t_s)),
        "state": active.phase,
        "acknowledged_by": active.acknowledged_by or None,
        "acknowledged_at": _iso(session.at_of(active.acknowledged_t_s))
        if active.acknowledged_t_s is not None
        else None,
    }


def change(change: Change) -> dict[str, Any]:
    return {
        "t_s": change.t_s,
        "rule": change.rule,
        "priority": change.priority,
        "change": change.change,
        "occurrence": change.occurrence,
        "by": change.by or None,
    }


def infusion(session: Session | None, t_s: float) -> dict[str, Any] | None:
    if session is None or session.opened is None:
        return None
    now = session.infusion
    return {
        "state": now.state,
        "rate_mg_h": _round(session.rate_mg_h, 4),
        "set_rate_mg_h": _round(now.set_rate_mg_h, 4),
        "rate_mg_kg_h": _round(session.rate_mg_kg_h, 5),
        "rate_ml_h": _round(session.rate_ml_h, 4),
        "concentration_mg_ml": now.concentration_mg_ml or session.opened.concentration_mg_ml,
        "given_mg": _round(session.given_mg(t_s), 6),
        "planned_mg": session.planned_mg,
        "minutes_left": _round(session.minutes_left(t_s), 2),
        "started_at": _iso(session.at_of(now.started_s)) if now.started_s is not None else None,
        "source": now.source,
    }


def session_row(
    bed: "Bedside", session: Session | None, now: datetime, t_s: float, *, with_settings: bool
) -> dict[str, Any] | None:
    """`with_settings`: the rules of the limits dialog too, which are most of the bytes and seldom change."""
    if session is None or session.opened is None or bed.profile is None or bed.engine is None:
        return None
    opened = session.opened
    scale = shipped_scales()[opened.scale]
    due = alarms.due(bed.profile, bed.engine)
    last = session.last_assessment
    started_s = session.infusion.started_s
    return {
        "id": session.id,
        "bed": bed.id,
        "title": bed.title,
        "patient": opened.patient,
        "age_y": opened.age_y,
        "weight_kg": opened.weight_kg,
        "protocol": opened.protocol,
        "phase": session.phase,
        "opened_at": _iso(opened.at),
        "started_at": _iso(session.at_of(started_s)) if started_s is not None else None,
        "planned_min": opened.planned_min,
        "t_s": round(t_s, 3),
        "profile": opened.profile,
        "approved": bed.profile.approved,
        "limits_modified": modified(bed.engine),
        "scale": opened.scale,
        "scale_label": scale_title(opened.scale),
        "levels": [{"code": level.code, "label": level.label} for level in scale.levels],
        "loc": {"level": last.event.level, "scale": last.event.scale, "at": _iso(last.at), "by": signed(bed, last.by)}
        if last
        else None,
        "loc_due_t_s": due.loc_due_s,
        "nibp_due_t_s": due.nibp_due_s,
        "nibp_interval_s": due.nibp_interval_s,
        "oxygen": {"flow_l_min": session.oxygen.flow_l_min, "device": session.oxygen.device}
        if session.oxygen
        else None,
        "has_co2": bed.sampler.has_co2(bed.clock.mono()),
        "emergency_since": _iso(session.emergency_since),
        "limits": {
            signal: {side: [[step.text, step.value, step.priority] for step in steps] for side, steps in sides.items()}
            for signal, sides in alarms.limits(bed.profile, bed.engine).items()
        },
        "off": off_rows(bed.engine),
        "open": session.is_open,
        **({"settings": settings_rows(bed.engine)} if with_settings else {}),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds")


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, digits)


def at_ms(session: Session, t_s: float) -> int:
    """UTC milliseconds of an instant on the session's clock."""
    assert session.opened is not None
    return round((session.opened.at + timedelta(seconds=t_s - session.opened.t_s)).timestamp() * 1000)
