"""Runs as rows of the table and of its file, and a scenario's figures in words."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from dashboard.pages import _csv
from dashboard.pages._grid import said
from dashboard.recordings import SCENARIO as RECORDED
from dashboard.training.clock import clock
from dashboard.training.cohort import Cohort, Item, ItemFigures, RunScore

#: What stands in a cell of the table, and how it is coloured, by verdict.
_WORDS = {"missed": "missed", "harmful": "done: harmful", "avoided": "not done", "waiting": "waiting", "not yet": "–"}
#: Of a run that is scored with another scenario than it was run with; the mark stands beside its figures, however narrow the page.
CHANGED, CHANGED_MARK = "the scenario was changed after this run: scored with the changed one", " ≠"
NO_BREAK = "\u00a0"
_CSV = (
    "simulation", "session", "began", "scenario", "title", "patient", "seed", "trainer", "trainees", "forked_from", "restarted_from",
    "from_s", "to_s", "lasted_s", "state", "highest_speed", "targets_met", "targets_judged", "scenario_changed",
)  # fmt: skip


def columns(scenario: Sequence[Item] | None) -> list[dict[str, Any]]:
    """`scenario`: the items of the one scenario that is shown, a column each; None: runs of several, whose items are no columns."""
    about = [] if scenario is not None else [
        {"field": "title", "headerName": "Scenario", "minWidth": 170, "flex": 3, "cellClass": "cell-two-lines", "tooltipField": "scenario"},
    ]  # fmt: skip
    fixed = [
        {
            "field": "began_ms", "headerName": "Began", "width": 154, "sort": "desc", "cellClass": "runs-open",
            "tooltipField": "id", **said("began"),
        },
        *about,
        {"field": "met", "headerName": "Targets met", "width": 104, "tooltipField": "met_tip", **said("met_words")},
        {"field": "patient", "headerName": "Patient", "width": 78},
        {"field": "seed", "headerName": "Seed", "width": 66},
        {"field": "by", "headerName": "Trainer", "width": 96, "tooltipField": "by"},
        {"field": "trainees", "headerName": "Trainee", "width": 96, "tooltipField": "trainees"},
        {"field": "lasted_s", "headerName": "Trainee’s part", "headerTooltip": "From the trainee’s coming, or the fork, to the end, min:s of the scenario", "width": 84, "wrapHeaderText": True, "type": "rightAligned", **said("lasted")},
    ]  # fmt: skip
    notes = {
        "field": "note", "headerName": "Notes", "minWidth": 160, "flex": 4, "cellClass": "cell-two-lines", "tooltipField": "note",
        "cellClassRules": {"cell-open": "params.data.going"},
    }  # fmt: skip
    items = [_item_column(i, one) for i, one in enumerate(scenario or ())]
    if not items:
        return [*fixed, notes]
    # What was forked is in sight beside the figures, however narrow the page.
    return [*fixed[:2], *items, notes, *fixed[2:]]


def _item_column(i: int, one: Item) -> dict[str, Any]:
    name = one.id.replace("-", " ")
    head = name if one.target_s is None else f"{name} {target(one).replace(' ', NO_BREAK)}"
    return {
        "field": f"item{i}", "headerName": head, "headerTooltip": f"{one.text}: {target(one)}", "minWidth": 106,
        "flex": 2, "wrapHeaderText": True, "cellClass": "cell-two-lines", **said(f"item{i}_words"),
        "cellClassRules": {
            "runs-met": f"params.data.item{i}_met === true", "runs-missed": f"params.data.item{i}_met === false",
            "runs-muted": f"params.data.item{i}_met === null",
        },
    }  # fmt: skip


def target(one: Item | ItemFigures) -> str:
    if one.target_s is None:
        return "no target"
    return "not to be done" if one.harmful else f"≤ {one.target_s:g} s"


def cell(one: Item) -> str:
    """`27 s`, `late, 41 s`, `missed`, `not scored`, `12 s, carried over`."""
    words = _WORDS.get(one.verdict, one.verdict)
    if one.verdict in ("done", "late") and one.latency_s is not None:
        words = f"{one.latency_s:.0f} s" if one.verdict == "done" else f"late, {one.latency_s:.0f} s"
    return f"{words}, carried over" if one.carried else words


def row(one: RunScore, others: Mapping[str, RunScore]) -> dict[str, Any]:
    """`others`: every run by its session, for what one was forked from."""
    told: dict[str, Any] = {
        "id": one.session, "began_ms": one.began_at.timestamp() * 1000, "began": began(one), "scenario": one.scenario,
        "title": one.title, "patient": one.patient, "seed": one.seed, "by": one.by, "trainees": ", ".join(one.trainees) or "–",
        "lasted_s": one.lived_s, "lasted": clock(one.lived_s), "met": _met(one)[0], "met_words": _met_words(one) + (CHANGED_MARK if one.changed else ""),
        "met_tip": CHANGED if one.changed else "",
        "note": note(one, others), "going": one.going,
    }  # fmt: skip
    for i, item in enumerate(one.items):
        sort = item.latency_s if item.verdict in ("done", "late") else _LAST.get(item.verdict, 1e8)
        told |= {f"item{i}": sort, f"item{i}_words": cell(item), f"item{i}_met": item.met}
    return told


#: Where a verdict without seconds stands when a column is sorted by them.
_LAST = {"avoided": -1e8, "harmful": 1e9, "missed": 1e9}


def note(one: RunScore, others: Mapping[str, RunScore]) -> str:
    parts = []
    if one.going:
        parts.append("going on")
    for what, session in (("forked from", one.forked_from), ("restarted from", one.again_of)):
        if session is not None:
            at = f" at {clock(one.from_s)}" if what == "forked from" else ""
            parts.append(f"{what} {_named(others[session], one) if session in others else session[:13]}{at}")
    if one.scenario == RECORDED:
        parts.append("a recording: no score")
    elif not one.known:
        parts.append("its scenario is not here any more: no score")
    if one.changed:
        parts.append("scenario changed since")
    if one.top_speed > 1:
        fast = sum(item.verdict == "not scored" for item in one.items)
        parts.append(f"up to {one.top_speed:g}x: {fast} not scored" if fast else f"up to {one.top_speed:g}x")
    return " · ".join(parts)


def began(one: RunScore) -> str:
    return f"{one.began_at.astimezone():%Y-%m-%d %H:%M}"


def _named(other: RunScore, beside: RunScore) -> str:
    """`11:00 run`, with its date where that is another day's."""
    words = began(other)
    return f"{words[11:] if words[:10] == began(beside)[:10] else words} run"


def _met(one: RunScore) -> tuple[int, int]:
    judged = [item.met for item in one.items if item.met is not None]
    return sum(judged), len(judged)


def _met_words(one: RunScore) -> str:
    met, judged = _met(one)
    if judged:
        return f"{met} of {judged}"
    return "not scored" if any(item.verdict == "not scored" for item in one.items) else "–"


def cohort_data(one: Cohort) -> dict[str, Any]:
    runs = f"{one.runs} run{'' if one.runs == 1 else 's'}"
    of_them = [
        f"{count} {words}"
        for count, words in (
            (one.forks, "forked"),
            (one.again, "restarted"),
            (one.changed, "before the scenario was changed"),
        )
        if count
    ]
    return {
        "scenario": one.scenario, "title": one.title, "runs": one.runs, "words": " · ".join([runs, *of_them]),
        "items": [_figures_data(item) for item in one.items],
    }  # fmt: skip


def _figures_data(one: ItemFigures) -> dict[str, Any]:
    apart = [f"{count} {words}" for count, words in ((one.fast, "not scored"), (one.carried, "carried over")) if count]
    return {
        "id": one.id, "text": one.text, "target": target(one), "target_s": None if one.harmful else one.target_s,
        "met": met_words(one), "time": time_words(one), "apart": " · ".join(apart), "times_s": one.times_s,
        "harmful": one.harmful,
    }  # fmt: skip


def met_words(one: ItemFigures) -> str:
    """`75 % (6 of 8)`; below five runs only `3 of 4`."""
    if one.target_s is None or not one.judged:
        return "–"
    counts = f"{one.met} of {one.judged}"
    return counts if one.share is None else f"{100 * one.share:.0f} % ({counts})"


def time_words(one: ItemFigures) -> str:
    """`24 s (8 to 51), n = 7`."""
    if one.harmful or one.median_s is None:
        return "–"
    spread = f" ({one.times_s[0]:.0f} to {one.times_s[-1]:.0f})" if len(one.times_s) > 1 else ""
    return f"{one.median_s:.0f} s{spread}, n = {len(one.times_s)}"


def sheet(runs: Sequence[RunScore]) -> str:
    """One line a run in the order given; its items in columns of their own, of several scenarios each with the scenario's id."""
    several = len({one.scenario for one in runs}) > 1
    names = {
        (one.scenario, item.id): f"{one.scenario}/{item.id}" if several else item.id
        for one in runs
        for item in one.items
    }
    parts = ("verdict", "s", "target_s", "met", "carried_over")
    heads = [*_CSV, *(f"{name} {part}" for name in names.values() for part in parts)]
    return _csv.table(heads, [_line(one, names) for one in runs])  # fmt: skip


def _line(one: RunScore, names: Mapping[tuple[str, str], str]) -> dict[str, object]:
    met, judged = _met(one)
    line: dict[str, object] = {
        "simulation": True, "session": one.session, "began": one.began_at.astimezone(UTC).isoformat(), "scenario": one.scenario,
        "title": one.title, "patient": one.patient, "seed": one.seed, "trainer": one.by, "trainees": "; ".join(one.trainees),
        "forked_from": one.forked_from, "restarted_from": one.again_of, "from_s": one.from_s, "to_s": one.to_s,
        "lasted_s": one.lived_s, "state": "going on" if one.going else "ended", "highest_speed": one.top_speed,
        "targets_met": met, "targets_judged": judged, "scenario_changed": one.changed if one.known else None,
    }  # fmt: skip
    for item in one.items:
        name = names[one.scenario, item.id]
        line |= {
            f"{name} verdict": item.verdict, f"{name} s": item.latency_s, f"{name} target_s": item.target_s,
            f"{name} met": item.met, f"{name} carried_over": item.carried,
        }  # fmt: skip
    return line
