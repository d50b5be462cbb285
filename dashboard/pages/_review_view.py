"""Where the review figure goes after what a person did. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dashboard import ids
from dashboard.figures.record import SessionRecord
from dashboard.figures.session import Window

#: Shown on each side of an alarm that was selected.
AROUND_S = 300.0
WHOLE = "Whole session"
LEAST_WINDOW_S = 20.0


def view_of(
    record: SessionRecord, window: Window, focus: Mapping[str, Any] | None = None, title: str = WHOLE
) -> dict[str, Any]:
    return {"from_s": window[0], "to_s": window[1], "focus": dict(focus) if focus else None, "title": title}


def next_view(
    record: SessionRecord,
    old: Mapping[str, Any],
    cause: str | None,
    picked: list[dict[str, Any]] | None,
    width: str | None,
    drag: Mapping[str, Any] | None,
    at: Mapping[str, Any] | None = None,
) -> dict[str, Any] | None:
    """What to show after what a person did; None when nothing changes. `cause`: id of the element that was used. `at`: the moment
    that the address names."""
    start_s, end_s = record.start_s, record.end_s
    whole = view_of(record, (start_s, end_s))
    if cause == ids.REVIEW_ALARMS:
        if not picked:
            return None
        row = picked[0]
        from_s, to_s = float(row["from_s"]), float(row["to_s"])
        band = {"from_s": from_s, "to_s": to_s, "priority": row["priority"]}
        words = f"{row['stars']} {row['message']}" + ("" if row["trigger"] == "–" else f" ({row['trigger']})")
        return view_of(record, (from_s - AROUND_S, from_s + AROUND_S), band, f"{row['onset']} {words} · ± 5 min")
    if cause == ids.REVIEW_AT:
        at_s = at.get("at_s") if at else None
        if not isinstance(at_s, int | float) or not start_s <= at_s <= end_s:
            return None
        around = (at_s - AROUND_S, at_s + AROUND_S)
        return view_of(
            record, around, {"from_s": at_s, "to_s": at_s, "priority": "low"}, f"{record.clock(at_s)} · ± 5 min"
        )
    if cause == ids.REVIEW_WINDOW:
        if width is None:
            return None
        if width == "all":
            return whole
        half_s = float(width) / 2
        focus = old.get("focus")
        middle_s = float(focus["from_s"]) if focus else (float(old["from_s"]) + float(old["to_s"])) / 2
        return _clipped(record, middle_s - half_s, middle_s + half_s, focus)
    if cause == ids.REVIEW_CHART and drag:
        if drag.get("xaxis.autorange"):
            return whole
        try:
            low, high = (seconds_of(record, str(drag[f"xaxis.range[{i}]"])) for i in (0, 1))
        except (KeyError, ValueError):
            return None  # a resize, or something else than a new range
        return _clipped(record, low, high, old.get("focus"))
    return None


def _clipped(record: SessionRecord, from_s: float, to_s: float, focus: Mapping[str, Any] | None) -> dict[str, Any]:
    if to_s - from_s < LEAST_WINDOW_S:
        middle_s = (from_s + to_s) / 2
        from_s, to_s = middle_s - LEAST_WINDOW_S / 2, middle_s + LEAST_WINDOW_S / 2
    from_s, to_s = max(from_s, record.start_s), min(to_s, record.end_s)
    if to_s <= from_s:
        return view_of(record, (record.start_s, record.end_s))
    return view_of(record, (from_s, to_s), focus, f"{record.clock(from_s)} – {record.clock(to_s)}")


def seconds_of(record: SessionRecord, wall: str) -> float:
    """Seconds on the session clock of what plotly says of its time axis, `2026-11-21 14:25:56.123`. ValueError otherwise."""
    at = datetime.fromisoformat(wall).replace(tzinfo=UTC)
    return (at.timestamp() * 1000 - record.wall_ms(0.0)) / 1000


def picked_id(rows: Any) -> str | None:
    return str(rows[0]["id"]) if rows else None


def cause_of(told: set[str], picked: Any, old: Mapping[str, Any]) -> str:
    """What a person did, where several changes arrive at once: on a busy computer a picked row, the theme and a resize may. A row
    that the view does not know yet counts even when it is not told: a newer request takes the place of one under way,
    and what that one was for would be lost."""
    if picked and (ids.REVIEW_ALARMS in told or picked_id(picked) != old.get("picked")):
        return ids.REVIEW_ALARMS
    return next(
        (one for one in (ids.REVIEW_AT, ids.REVIEW_WINDOW, ids.REVIEW_CHART, ids.REVIEW_THEME) if one in told),
        ids.REVIEW_ALARMS,
    )
