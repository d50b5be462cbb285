"""Where the debrief page sends what a trainer remarks: one POST a remark, answered once it is on the disk."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from config.models import DashboardError
from dashboard.bedside.errors import EntryRefused
from dashboard.pages._json import asked as body_of
from dashboard.pages._json import refused
from dashboard.pages._train_debrief import remark_row
from dashboard.store.tables import REQUEST_ID_LENGTH
from dashboard.training.library import Library
from dashboard.training.remarks import RemarkBook
from dashboard.training.room import TrainingRoom


def router(room: TrainingRoom | None, library: Library | None = None) -> APIRouter:
    """`library`: whose scenarios the runs are of; without it the shipped ones."""
    api = APIRouter(prefix="/train/api")
    find = (library or Library()).find
    book = None if room is None else RemarkBook(room.bedside.store, room.bedside.id, room.bedside.people, find)

    @api.post("/remark")
    async def remark(request: Request) -> JSONResponse:
        try:
            if book is None:
                raise EntryRefused("this station has no training room", status=404)
            asked = await body_of(request)
            session, about, text, by = (_text(asked, key) for key in ("session", "about", "text", "by"))
            told = await to_thread.run_sync(partial(book.record, session, about, text, by, _request_id(asked)))
        except DashboardError as error:
            return refused(error)
        return JSONResponse({"ok": True, "remarks": [remark_row(one) for one in told]})

    return api


def _text(asked: Mapping[str, Any], key: str) -> str:
    """It may be empty: a remark on the whole run is about nothing by name, and one that is taken back has no words."""
    found = asked.get(key)
    if not isinstance(found, str):
        raise EntryRefused(f"{key}: expected text", field=key)
    return found


def _request_id(asked: Mapping[str, Any]) -> str:
    found = _text(asked, "id")
    if not 0 < len(found) <= REQUEST_ID_LENGTH:
        raise EntryRefused(f"id: expected a text of 1 to {REQUEST_ID_LENGTH} characters", field="id")
    return found
