"""The debrief of a training run as a PDF of A4 pages. Pure: what the debrief page is told goes in, bytes come out."""

import io
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import matplotlib

from dashboard.paper.figure import clock, figure_svg
from dashboard.paper.sheet import BAD, GOOD, MUTED, TEXT, VIOLET, WARN, Cell, Column, Sheet

VERDICTS = {
    "done": GOOD, "avoided": GOOD, "waiting": WARN, "late": WARN, "missed": BAD, "harmful": BAD, "not yet": MUTED, "not scored": MUTED,
}  # fmt: skip
PRIORITIES = {"high": BAD, "medium": WARN, "low": MUTED}
KINDS = {"acted": GOOD, "injected": VIOLET, "script": VIOLET, "paced": MUTED, "forked": MUTED}
FIGURE_MM = 118.0
SAID = (Column("At", 9), Column("What", 71), Column("By", 20))


def debrief_pdf(data: Mapping[str, Any], *, began_at: datetime, made_at: datetime) -> bytes:
    """`data`: what `debrief_of` gives. Times are printed in the zones of `began_at` and `made_at`, with their offset."""
    sheet = Sheet(f"Debrief: {data['title']}", f"SIMULATION · run {data['session'][:13]} · {data['title']}", made_at)
    sheet.title_line(f"Debrief: {data['title']}")
    sheet.grid((Column("", 24), Column("", 76)), _about(data, began_at, made_at), heads=False)
    sheet.heading("Trainee against the script")
    sheet.grid(
        (Column("Action", 41), Column("Target", 11), Column("Seen → done", 15), Column("Result", 16), Column("By", 17)),
        [_score(one) for one in data["scores"]],
        "This scenario expects no actions by name, and nothing was injected that asks for some.",
    )  # fmt: skip
    sheet.heading("What the patient went through, and what was done")
    outcome = [[Cell(what), Cell(words, bold=True)] for what, words in data["outcome"]]
    sheet.grid((Column("", 45), Column("", 55)), outcome, "Nothing was measured.", heads=False)
    sheet.heading("Truth, what the monitor showed, alarms and what was done", keep=FIGURE_MM)
    sheet.image(
        io.BytesIO(figure_svg(data, sheet.epw, FIGURE_MM)),
        w=sheet.epw,
        h=FIGURE_MM,
        alt_text="SpO₂, CO₂, effect site and level over the run",
    )
    sheet.set_y(sheet.get_y() + 1)
    sheet.heading("Alarms and who answered")
    sheet.grid(
        (Column("At", 9), Column("Priority", 12), Column("Alarm", 42), Column("Acknowledged", 17), Column("By", 20)),
        [_alarm(one) for one in data["alarms"]],
        "No alarm in this run.",
    )
    for name, title in (("pump", "The pump"), ("calls", "Calls for help, and who answered")):
        if data.get(name):
            sheet.heading(title)
            sheet.grid(SAID, _lines(data[name]))
    sheet.heading("What happened, with the trainer’s marks and comments")
    lines = _lines(sorted([*data["happened"], *data["trainer"]], key=lambda one: float(one["t_s"])))
    sheet.grid(SAID, lines, "Nothing was injected, told or done.")
    if data.get("remarks"):
        sheet.heading("The trainer’s comments on this debrief")
        columns = (Column("About", 20), Column("Comment", 44), Column("By", 18), Column("Written", 18))
        lines_of_sheet = {one["id"]: one["text"] for one in data["scores"]}
        sheet.grid(columns, [_remark(one, lines_of_sheet, made_at) for one in data["remarks"]])
    sheet.heading("To talk about")
    points = [[Cell(f"{n}."), Cell(words)] for n, words in enumerate(data["points"], 1)]
    sheet.grid((Column("", 5), Column("", 95)), points, "The scenario names no points to talk about.", heads=False)
    return bytes(sheet.output())


def _about(data: Mapping[str, Any], began_at: datetime, made_at: datetime) -> list[list[Cell]]:
    rows = [
        ("Patient and settings", data["about"]),
        ("Scenario", data["scenario"]),
        ("Trainer", data["by"]),
        ("Trainee", ", ".join(data.get("trainees", ())) or "nobody gave a name at the bed"),
        ("Began", _local(began_at)),
        (
            "The trainee’s part",
            f"{clock(data['from_s'])} to {clock(max(data['from_s'], data['to_s']))} of the scenario (min:s)",
        ),
        ("Forked from", f"run {data['forked_from']}" if data.get("forked_from") else ""),
        ("Run", data["session"]),
        ("This sheet made", _local(made_at)),
    ]
    return [[Cell(what, MUTED), Cell(words)] for what, words in rows if words]


def _local(at: datetime) -> str:
    offset = f"{at:%z}"
    return f"{at:%Y-%m-%d %H:%M} UTC{offset[:3]}:{offset[3:5]}"


def _score(one: Mapping[str, Any]) -> list[Cell]:
    verdict, words = one["verdict"], str(one["words"])
    result = one.get("result") or (words if words.startswith(verdict) else f"{verdict}, {words}")
    why = f"\n{one['why']}" if one.get("why") else ""
    return [
        Cell(f"{one['text']}{why}"), Cell(one["target"], MUTED), Cell(f"{clock(one['cue_s'])} → {clock(one['done_s'])}"),
        Cell(result.replace("-", "−"), VERDICTS[verdict], bold=True), Cell(one["by"], MUTED),
    ]  # fmt: skip


def _alarm(one: Mapping[str, Any]) -> list[Cell]:
    colour = PRIORITIES.get(one["priority"], MUTED)
    waited = (
        Cell("never", BAD, bold=True)
        if one["waited_s"] is None
        else Cell(f"after {one['waited_s']:.0f} s{_beside(one)}")
    )
    return [
        Cell(clock(one["t_s"])), Cell(one["priority"], colour, bold=True), Cell(one["text"] or one["rule"]), waited, Cell(one["by"], MUTED)
    ]  # fmt: skip


def _beside(one: Mapping[str, Any]) -> str:
    return f", with {one['beside']}" if one.get("beside") else ""


def _lines(lines: Sequence[Mapping[str, Any]]) -> list[list[Cell]]:
    """Their words say already who did it: the colour only repeats it."""
    return [
        [
            Cell(clock(one["t_s"])),
            Cell(
                f"{one['mark']} · {one['text']}" if one.get("mark") else one["text"],
                KINDS.get(one.get("kind", ""), TEXT),
            ),
            Cell(one.get("by", ""), MUTED),
        ]
        for one in lines
    ]


def _remark(one: Mapping[str, Any], lines: Mapping[str, str], made_at: datetime) -> list[Cell]:
    """`lines`: id -> text of the score sheet's; a remark on one that is not there any more keeps its id."""
    about = lines.get(one["about"], one["about"].replace("-", " ")) or "the run as a whole"
    written = _local(datetime.fromisoformat(one["at"]).astimezone(made_at.tzinfo))
    return [Cell(about), Cell(one["text"]), Cell(one["by"], MUTED), Cell(written, MUTED)]


def main() -> None:
    """One sheet: JSON on standard input, the PDF on standard output."""
    matplotlib.rcdefaults()  # whatever a person's own matplotlibrc says
    asked = json.load(sys.stdin.buffer)
    began_at, made_at = (datetime.fromisoformat(asked[name]) for name in ("began_at", "made_at"))
    sys.stdout.buffer.write(debrief_pdf(asked["data"], began_at=began_at, made_at=made_at))
