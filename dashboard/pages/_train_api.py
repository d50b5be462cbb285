"""The training page's questions and acts: thin, each act goes to the room, which records it first."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from config.models import ConfigError, DashboardError
from config.models.scenario import InfusionStep, Patient, Scenario
from dashboard.bedside.errors import EntryRefused
from dashboard.pages._json import asked as body_of
from dashboard.pages._json import refused, text
from dashboard.pages._train_debrief import debrief_of, sheet_of
from dashboard.pages._train_score_rows import score_row
from dashboard.pages._train_words import breathing
from dashboard.paper.process import debrief_paper
from dashboard.session.describe import row
from dashboard.session.events import TrainingEvent
from dashboard.training.cases import Cases
from dashboard.training.labels import labels_of
from dashboard.training.library import Library
from dashboard.training.room import TrainingRoom
from dashboard.training.score import score_sheet

#: Of the truth, what the page draws or tells; `shown_…`: what the monitor shows.
TRUTH = (
    "sao2", "shown_spo2", "paco2", "shown_etco2", "shown_hr", "ce", "moaas", "hr", "sbp", "dbp", "shown_rr", "fio2",
    "rate_mg_h", "delivered_mg_h", "given_mg", "dissociation",
)  # fmt: skip


def router(room: TrainingRoom | None, library: Library | None = None, cases: Cases | None = None) -> APIRouter:
    """`library`: what can be run; without it the shipped scenarios. `cases`: recordings that can be replayed, else none."""
    known = library or Library()
    api = APIRouter(prefix="/train/api")
    papers = CapacityLimiter(1)  # a second sheet waits for the first: the beds need the other core

    def the_room() -> TrainingRoom:
        if room is None:
            raise EntryRefused("this station has no training room", status=404)
        return room

    @api.get("/state")
    async def state(request: Request) -> Response:
        try:
            since = float(request.query_params.get("since", "-1"))
            data = await to_thread.run_sync(told, the_room(), since)
        except ValueError:
            return JSONResponse({"ok": False, "error": "since: expected seconds"}, 400)
        except DashboardError as error:
            return refused(error)
        return Response(orjson.dumps(data), media_type="application/json")

    @api.get("/cases")
    async def recorded() -> Response:
        try:
            the_room()
            found = [] if cases is None else await to_thread.run_sync(cases.choices)
        except DashboardError as error:
            return refused(error)
        return JSONResponse({"cases": [asdict(one) for one in found]})

    @api.get("/debrief")
    async def over(session: str = "") -> Response:
        try:
            data = await to_thread.run_sync(debrief_of, the_room(), session, known)
        except DashboardError as error:
            return refused(error)
        return Response(orjson.dumps(data), media_type="application/json")

    @api.get("/debrief.csv")
    async def sheet(session: str = "") -> Response:
        try:
            data = await to_thread.run_sync(debrief_of, the_room(), session, known)
        except DashboardError as error:
            return refused(error)
        name = f"{data['file']}.csv"
        return Response(
            sheet_of(data), media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    @api.get("/debrief.pdf")
    async def paper(session: str = "") -> Response:
        try:
            data = await to_thread.run_sync(debrief_of, the_room(), session, known)
            made = await to_thread.run_sync(partial(_paper, data), limiter=papers)
        except DashboardError as error:
            return refused(error)
        name = f"{data['file']}.pdf"
        return Response(
            made, media_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    @api.post("/do")
    async def do(request: Request) -> Response:
        try:
            asked = await body_of(request)
            done = await to_thread.run_sync(act, the_room(), asked, known, cases)
        except DashboardError as error:
            return refused(error)
        return JSONResponse({"ok": True, **done})

    return api


def _paper(data: Mapping[str, Any]) -> bytes:
    """Times as the clock of this station shows them."""
    began_at = datetime.fromisoformat(data["began_at"]).astimezone()
    return debrief_paper(data, began_at=began_at, made_at=datetime.now(UTC).astimezone())


def told(room: TrainingRoom, since_s: float) -> dict[str, Any]:
    """Everything that the page shows, truth only later than `since_s`."""
    now = room.state(since_s)
    session = room.bedside.session if now.state in ("running", "paused") else None
    rows = [] if session is None else [
        {**row(session, stored), "trainer": isinstance(stored.event, TrainingEvent)} for stored in session.record
    ]  # fmt: skip
    return {
        "state": now.state,
        "session": now.session,
        "scenario": None if now.scenario is None else {
            "id": now.scenario.id, "title": now.scenario.title, "profile": now.scenario.profile,
            "duration_s": now.scenario.duration_s, "patient": now.scenario.patient.name,
            "about": about(now.scenario.patient), "recorded": room.replays(), "tells": bool(now.scenario.cues),
        },
        "seed": now.seed,
        "t_s": round(now.t_s, 1),
        "speed": now.speed,
        "truth": {
            "t_s": [t for t, _ in now.truth],
            **{name: [_short(values.get(name)) for _, values in now.truth] for name in TRUTH},
        },
        "breathing": breathing(now.last) if "efforts" in now.last else "",
        "pinned": {
            name.removeprefix("override_"): _short(value) for name, value in now.last.items() if name.startswith("override_")
        },
        "script": [] if now.scenario is None else script(now.scenario),
        "rows": rows,
        "score": [] if session is None or now.scenario is None else [
            # What the trainer did last is what the trainee is looked at for now.
            score_row(one, now.t_s) for one in sorted(score_sheet(now.scenario, session.record, now.t_s), key=lambda one: -(one.injected_s or 0.0))
        ],
        "cues": room.cues(),
        "lasting": list(room.lasting()),
        "ended": room.ended(),
        "cut_off": None if now.cut_off is None else asdict(now.cut_off),
        "screen": None if session is None else screen(room),
    }  # fmt: skip


def about(patient: Patient) -> str:
    """Who it is, and what of a history the model knows."""
    age = "age not told" if patient.age_y is None else f"{patient.age_y:g} y"
    known = (
        ("hypertension", patient.hypertension),
        ("beta blocker", patient.beta_blocker),
        ("opioid on board", patient.opioid_on_board > 0),
    )
    history = [word for word, has in known if has]
    return " · ".join([age, patient.sex, f"{patient.weight_kg:g} kg", *history])


#: Tile -> label, signals, and the name of its colour.
_TILES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("HR", ("rate",), "hr"), ("SpO₂", ("spo2",), "spo2"), ("NIBP", ("sbp", "dbp"), "bp"), ("EtCO₂", ("etco2",), "co2"),
    ("RR", ("rr",), "co2"),
)  # fmt: skip


def screen(room: TrainingRoom) -> dict[str, Any]:
    """The trainee's screen in short: alarms as they stand there, numbers as they are shown, dashes for what is not."""
    told = room.bedside.snapshot()
    values = told["values"]

    def words(names: tuple[str, ...]) -> str:
        found = [values.get(name, {}).get("value") for name in names]
        return "– –" if None in found else "/".join(f"{value:g}" for value in found)

    level = (told["session"] or {}).get("loc") or {}
    return {
        "alarms": [{key: one[key] for key in ("text", "priority", "state")} for one in told["alarms"]],
        "numbers": [
            *((label, words(names), colour) for label, names, colour in _TILES), ("LOC", level.get("level") or "– –", "loc"),
        ],
        "watched": room.watched(),
    }  # fmt: skip


def script(scenario: Scenario) -> list[dict[str, Any]]:
    """What the scenario does by itself, and the alarms it expects of an untouched run, in order of time."""
    steps = [(step.at_s, _pump_words(step), False) for step in scenario.infusion]
    steps += [(effect.at_s, effect.kind.replace("_", " "), False) for effect in scenario.effects]
    labels = labels_of(scenario.profile)
    steps += [
        (one.earliest_s, f"expected: {labels.get(one.rule, one.rule)}", True)
        for one in scenario.expected_alarms
        if not one.optional
    ]
    return [{"t_s": at_s, "text": words, "expected": expected} for at_s, words, expected in sorted(steps)]


def act(room: TrainingRoom, asked: Mapping[str, Any], library: Library, cases: Cases | None = None) -> dict[str, Any]:
    """One act of the trainer. EntryRefused names what is wrong."""
    by, what = str(asked.get("by") or ""), asked.get("do")
    acts: dict[str, Callable[[], Any]] = {
        "start": lambda: _start(room, asked, by, library, cases),
        "pause": lambda: room.pace(0.0, by),
        "resume": lambda: room.resume(by),
        "speed": lambda: room.pace(_number(asked, "speed"), by),
        "rewind": lambda: room.rewind(_number(asked, "to_s"), by),
        "go_on": lambda: room.go_on(
            text(asked, "session"), by, library, at_s=_number(asked, "at_s") if "at_s" in asked else None
        ),
        "restart": lambda: room.restart(by),
        "end": lambda: room.end(by),
        "inject": lambda: room.inject(text(asked, "label"), _row(asked), by),
        "end_inject": lambda: room.end_inject(text(asked, "label"), by),
        "act": lambda: room.act(text(asked, "action"), _row(asked) if asked.get("effect") else None, by),
        "cue": lambda: room.cue(text(asked, "cue"), text(asked, "text"), by),
        "mark": lambda: room.mark(str(asked.get("label") or ""), by),
        "comment": lambda: room.comment(text(asked, "text"), by),
    }
    if what not in acts:
        raise EntryRefused(f"unknown act {what!r}", field="do")
    done = acts[str(what)]()
    return {"session": done} if isinstance(done, str) else dict(done or {})


def _start(room: TrainingRoom, asked: Mapping[str, Any], by: str, library: Library, cases: Cases | None) -> str:
    from_s = _number(asked, "from_s", 0.0)
    if "case" not in asked:
        return room.start(_scenario(asked, library), by, seed=_seed(asked), from_s=from_s)
    if cases is None:
        raise EntryRefused("there are no recordings here", field="case")
    scenario, recording = cases.open(text(asked, "case"), from_s)
    return room.start(scenario, by, from_s=from_s, recording=recording)


def _scenario(asked: Mapping[str, Any], library: Library) -> Scenario:
    try:
        return library.find(text(asked, "scenario"))
    except ConfigError as error:
        raise EntryRefused(str(error), field="scenario") from None


def _row(asked: Mapping[str, Any]) -> dict[str, Any]:
    effect = asked.get("effect")
    if not isinstance(effect, dict):
        raise EntryRefused("effect: expected a row of a scenario", field="effect")
    return effect


def _number(asked: Mapping[str, Any], name: str, default: float | None = None) -> float:
    value = asked.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EntryRefused(f"{name}: expected a number", field=name)
    return float(value)


def _seed(asked: Mapping[str, Any]) -> int | None:
    value = asked.get("seed")
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31):
        return value
    raise EntryRefused("seed: expected a whole number from 0", field="seed")


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _pump_words(step: InfusionStep) -> str:
    amount = (
        f" {step.rate_mg_h:g} mg/h" if step.rate_mg_h is not None else f" {step.dose_mg:g} mg" if step.dose_mg else ""
    )
    return f"pump: {step.action}{amount}"
