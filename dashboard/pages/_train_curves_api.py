"""What the trainer's figures ask for: waveforms of the patient as he is, and how he would go on untouched. No trainee's page asks here."""

from typing import Any

import numpy as np
import orjson
from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from config.models import DashboardError
from dashboard.bedside.errors import EntryRefused
from dashboard.pages._json import refused
from dashboard.training.foresight import Foresight, NotOn, Worker
from dashboard.training.room import TrainingRoom

#: Signal -> decimals that its lane can show.
WAVES = {"ecg": 3, "pleth": 3, "capno": 1}
#: A page that was away gets so much, in seconds of the run: a sweep of the fast lanes.
MOST_S = 10.0


def router(room: TrainingRoom | None, worker: Worker) -> APIRouter:
    api = APIRouter(prefix="/train/api")
    foresight = Foresight(worker)

    def the_room() -> TrainingRoom:
        if room is None:
            raise EntryRefused("this station has no training room", status=404)
        return room

    @api.get("/untouched")
    async def untouched(session: str = "") -> Response:
        try:
            found = await to_thread.run_sync(foresight.of, the_room(), session)
        except NotOn:
            # No fault: a page asks about the run that it knows, and hears of the next one within a second.
            found = {"on": False}
        except DashboardError as error:
            return refused(error)
        return Response(orjson.dumps(found), media_type="application/json")

    @api.get("/waves")
    async def waves(request: Request, session: str = "") -> Response:
        try:
            since_s = float(request.query_params.get("since", "0"))
            found = await to_thread.run_sync(waves_of, the_room(), session, since_s)
        except ValueError:
            return JSONResponse({"ok": False, "error": "since: expected seconds"}, 400)
        except DashboardError as error:
            return refused(error)
        return Response(orjson.dumps(found, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")

    return api


def waves_of(room: TrainingRoom, session: str, since_s: float) -> dict[str, Any]:
    """Samples from `since_s` of the run's clock to `to_s`, from which to ask on: answers join without a sample twice or missing. Above
    real time `fast` and none, for nobody could follow them; none of a run that is on no more."""
    run, at_bed = room.run, room.bedside.session
    if run is None or at_bed is None or at_bed.id != session:
        return {"fast": False, "to_s": 0.0, "waves": {}}
    if room.clock.speed > 1:
        return {"fast": True, "to_s": 0.0, "waves": {}}
    to_s, found = run.patient.waves(since_s, MOST_S)
    return {
        "fast": False,
        "to_s": to_s,
        "waves": {
            name: {"t0_s": wave.t0_s, "rate_hz": wave.rate_hz, "samples": np.round(wave.samples, WAVES[name])}
            for name, wave in found.items()
            if name in WAVES
        },
    }  # fmt: skip
