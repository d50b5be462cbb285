"""A run that is over, for the debrief page and its file."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from dashboard.alarms.values import Tick
from dashboard.bedside.errors import EntryRefused
from dashboard.bedside.resume import profile_of
from dashboard.pages._csv import table
from dashboard.pages._train_score_rows import score_row
from dashboard.recordings import SCENARIO as RECORDED
from dashboard.session.chain import Stored
from dashboard.session.describe import text as words_of
from dashboard.session.events import (
    Event,
    RunForked,
    RunMarked,
    SessionOpened,
    TrainerCommented,
)
from dashboard.training.again import moments, same_patient
from dashboard.training.breaths import breath_lines
from dashboard.training.checks import Checks, checks_of
from dashboard.training.clock import clock
from dashboard.training.debrief import Debrief, debrief
from dashboard.training.edition import noted_of
from dashboard.training.handled import Handled
from dashboard.training.happened import Line, happened
from dashboard.training.library import Library
from dashboard.training.lived import began_of, trainees_of
from dashboard.training.remarks import Remark, remarks_of, run_of
from dashboard.training.retrace import Truth, retrace
from dashboard.training.room import TrainingRoom
from dashboard.training.run import SHOWN
from dashboard.training.runs import today

#: Of the truth, what the page draws; `shown_…`: what the monitor showed.
DRAWN = ("sao2", "shown_spo2", "paco2", "shown_etco2", "ce", "moaas")
COLUMNS = ("section", "what", "t_s", "clock", "at", "seen", "target", "result", "why", "rule", "by")
WHOLE = "the run as a whole"
CHANGED = "THE SCENARIO WAS CHANGED AFTER THIS RUN: truth and scores are those of the changed one"
GONE = "THE SCENARIO OF THIS RUN IS NOT HERE ANY MORE: its truth and its scores cannot be worked out"
BROKEN = (
    "THE SCENARIO OF THIS RUN HAS MISTAKES NOW: until they are mended, its truth and its scores cannot be worked out"
)
MAX_POINTS = 20_000
#: What has an upright line of its own in the figure.
MARKED = ("acted", "injected")


def debrief_of(room: TrainingRoom, session: str, library: Library) -> dict[str, Any]:
    """EntryRefused when there is no such run, or when it is still going on. `gone`: its scenario is not here any more, and what needs it
    is empty; `notice`: what has to be said of the scenario first, also at the end of `about`."""
    store = room.bedside.store
    opened, record = run_of(store, room.bedside.id, session)
    recorded = opened.scenario == RECORDED
    now = today(opened.scenario, library.find, library.changed_at)
    scenario, notice = None if recorded else now.scenario, ""
    if scenario is None and not recorded:
        notice = GONE if library.changed_at(opened.scenario) is None else BROKEN
    elif now.changed(noted_of(record), opened.at):
        notice = CHANGED
    truth = [] if scenario is None else retrace(scenario, record)
    found = debrief(scenario, record, truth)
    profile = profile_of(store, opened)
    checks = checks_of(profile, record, found.from_s, found.to_s)
    labels = {rule.id: rule.label for rule in profile.rules}
    began_at = began_of(record)
    age = "age not told" if opened.age_y is None else f"{opened.age_y:g} y"
    events = [one.event for one in record]
    return {
        "session": session,
        "title": "Replay of a recording" if recorded else opened.scenario if scenario is None else scenario.title,
        "scenario": opened.scenario,
        "recorded": recorded,
        "gone": scenario is None and not recorded,
        "notice": notice,
        "about": f"{opened.patient} · {age} · {opened.weight_kg:g} kg · {opened.profile} · seed {opened.seed}{f' · {notice}' if notice else ''}",
        "began_at": began_at.isoformat(),
        "file": file_name(opened.scenario, began_at),
        "by": opened.by,
        "trainees": list(trainees_of(record)),
        "from_s": found.from_s,
        "to_s": found.to_s,
        "forked_from": next((one.from_session for one in events if isinstance(one, RunForked)), None),
        "go_on": _go_on(opened, record, library, idle=room.run is None),
        "scores": [score_row(one, found.to_s, over=True, labels=labels) for one in found.scores],
        "outcome": (care_rows if recorded else outcome_rows)(found, checks),
        "alarms": [
            {"rule": a.rule, "priority": a.priority, "text": a.text, "t_s": a.t_s, "waited_s": a.waited_s, "by": a.by, "beside": a.beside}
            for a in found.alarms
        ],
        "pump": [_handled(one) for one in found.pump],
        "calls": [_handled(one) for one in found.calls],
        "trainer": [_line(one) for one in events if isinstance(one, TrainerCommented | RunMarked)],
        "happened": _happened([*happened(record, found.from_s), *breath_lines([row for row in truth if row[0] >= found.from_s])]),
        "remarks": [remark_row(one) for one in remarks_of(record)],
        "points": [] if scenario is None else list(scenario.debrief),
        "truth": _monitor(store.ticks(session)) if scenario is None else _drawn(truth),
    }  # fmt: skip


def _go_on(opened: SessionOpened, record: Sequence[Stored], library: Library, *, idle: bool) -> dict[str, Any]:
    """Where a new run may go on from this one, and why it may not now."""
    refused = None if idle else "a run is on; end it first"
    try:
        same_patient(opened, record, library)
    except EntryRefused as error:
        refused = str(error)
    return {"moments": [{"t_s": t_s, "text": words} for t_s, words in moments(record)], "refused": refused}


def file_name(scenario: str, began_at: datetime) -> str:
    """Without ending: `debrief-s12-sleep-apnoea-2026-11-29-0338`, by the clock of this station."""
    name = re.sub(r"[^a-z0-9]+", "-", scenario.lower()).strip("-")[:60] or "run"
    return f"debrief-{name}-{began_at.astimezone():%Y-%m-%d-%H%M}"


def _happened(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """`mark`: the number under which the figure has it; None: it has no line there."""
    number = count(1)
    return [
        {"t_s": one.t_s, "text": one.text, "kind": one.kind, "by": one.by, "mark": next(number) if one.kind in MARKED else None}
        for one in sorted(lines, key=lambda one: one.t_s)
    ]  # fmt: skip


def _line(event: Event) -> dict[str, Any]:
    return {"t_s": event.t_s, "text": words_of(event), "kind": "said", "by": event.by}


def _handled(one: Handled) -> dict[str, Any]:
    return {"t_s": one.t_s, "text": one.text, "by": one.by, "tapped": one.tapped}


def remark_row(one: Remark) -> dict[str, Any]:
    return {"about": one.about, "text": one.text, "by": one.by, "at": one.at.isoformat()}


def _drawn(truth: Truth) -> dict[str, list[float | None]]:
    step = max(1, math.ceil(len(truth) / MAX_POINTS))
    rows = truth[::step]
    names = {name: [_short(values.get(name)) for _, values in rows] for name in DRAWN}
    return {"t_s": [t for t, _ in rows], **names}


def _monitor(ticks: Iterable[Tick]) -> dict[str, list[float | None]]:
    """What is drawn of a recording, and of a run whose scenario is gone: what the monitor showed is all that is known."""
    rows = list(ticks)
    rows = rows[:: max(1, math.ceil(len(rows) / MAX_POINTS))]
    return {
        "t_s": [one.t_s for one in rows],
        **{name: [None] * len(rows) for name in DRAWN},  # for a figure that has a place for the truth
        **{shown: [one.values.get(raw) for one in rows] for shown, raw in SHOWN.items()},
    }


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def outcome_rows(found: Debrief, checks: Checks) -> list[tuple[str, str]]:
    """What the patient went through and what was done, in words and figures."""
    return [*_patient_rows(found), *care_rows(found, checks)]


def _patient_rows(found: Debrief) -> list[tuple[str, str]]:
    out = found.outcome
    if out is None:
        return [("Ketamine given, by the record", f"{found.recorded_mg:.1f} of {found.planned_mg:g} mg")]
    over = f", {out.over_plan_mg:.1f} mg over the plan" if out.over_plan_mg > 0.05 else ""
    return [
        ("Lowest true saturation", "–" if math.isnan(out.lowest_sao2) else f"{out.lowest_sao2:.0f} %"),
        ("Below 90 %", f"{out.below_90_s:.0f} s"),
        ("Below 85 %", f"{out.below_85_s:.0f} s"),
        ("Area below 90 %", f"{out.area_below_90:.0f} %·s"),
        ("Systolic above 180", f"{out.sbp_above_180_s:.0f} s"),
        ("Lowest level (MOAA/S)", f"{out.lowest_level}"),
        ("Ketamine that reached the vein", f"{out.given_mg:.1f} of {out.planned_mg:g} mg{over}"),
    ]


def care_rows(found: Debrief, checks: Checks) -> list[tuple[str, str]]:
    """What was done, without what only a virtual patient tells."""
    waits = sorted(one.waited_s for one in found.alarms if one.waited_s is not None and one.priority != "low")
    median = f", median after {waits[len(waits) // 2]:.0f} s" if waits else ""
    asked = [one for one in found.alarms if one.priority != "low"]
    recorded, tapped = (sum(one.how == how for one in found.pump) for how in ("recorded", "tapped"))
    pump = f"{recorded or 'none'} recorded{f', {tapped} seen done by the trainer' if tapped else ''}"
    return [
        ("Medium and high alarms answered", f"{len(waits)} of {len(asked)}{median}" if asked else "none came"),
        ("Consciousness checks done in time", _checks(checks)),
        (
            "Longest without a check while the trainee was there",
            "–" if checks.longest_s is None else f"{checks.longest_s / 60:.1f} min",
        ),
        ("Changes at the pump", pump),
        ("Calls for help", f"{len(found.calls)}"),
    ]


def _checks(checks: Checks) -> str:
    words = [f"{checks.in_time} of {checks.due} due" if checks.due else "none was due"]
    told = (
        (checks.late, "late"),
        (checks.missed, "missed"),
        (checks.not_scored, "not scored (above 1x)"),
        (checks.unasked, "done unasked"),
    )
    words += [f"{count} {what}" for count, what in told if count]
    if checks.overdue_s is not None:
        words.append(f"one overdue by {clock(checks.overdue_s)} when the run ended")
    return ", ".join(words)


def sheet_of(data: Mapping[str, Any]) -> str:
    """The debrief as a table for a spreadsheet; it says SIMULATION in its first line. `t_s`: seconds of the scenario, `clock` the same as
    min:s; `at`: a time of day, ISO 8601."""
    rows: list[dict[str, object]] = [
        {"section": "SIMULATION", "what": data["title"], "at": data["began_at"], "result": data["about"], "by": data["by"]},
        *({"section": "trainee", "what": name} for name in data["trainees"]),
    ]  # fmt: skip
    for one in data["scores"]:
        line = {"section": "action", "what": one["text"], **_timed(one["done_s"]), "target": one["target"]}
        if one["cue_s"] is not None:
            line["seen"] = clock(one["cue_s"])
        rows.append({**line, "result": one["result"], "why": one["why"], "by": one["by"]})
    rows += [{"section": "outcome", "what": what, "result": words} for what, words in data["outcome"]]
    rows += [
        {"section": "alarm", "what": one["text"], **_timed(one["t_s"]), "rule": one["rule"], "by": one["by"],
         "result": "not acknowledged" if one["waited_s"] is None else f"acknowledged after {one['waited_s']:.0f} s" + (f", with {one['beside']}" if one["beside"] else "")}
        for one in data["alarms"]
    ]  # fmt: skip
    lines = {one["id"]: one["text"] for one in data["scores"]}
    rows += [
        {"section": "remark", "what": lines.get(one["about"], one["about"]) or WHOLE, "at": one["at"], "result": one["text"], "by": one["by"]}
        for one in data["remarks"]
    ]  # fmt: skip
    for section in ("pump", "calls", "happened", "trainer"):
        rows += [
            {"section": section, "what": one["text"], **_timed(one["t_s"]), "by": one["by"]} for one in data[section]
        ]
    return table(COLUMNS, rows)


def _timed(t_s: float | None) -> dict[str, object]:
    return {} if t_s is None else {"t_s": round(t_s, 1), "clock": clock(t_s)}
