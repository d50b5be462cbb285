"""The alarm history over a made-up clinic's real stores, for browser tests: `python alarms_app.py PORT DIR [MINUTES SESSIONS]`.

Nothing is faked but the clinic: stores, services and the whole application are the product's own. DIR is filled when it is empty.
`GET /test/broken?on=true` makes every save fail, as a full disk would. The comparison with plain limits, a process of its own that is
busy for many seconds, begins with `GET /test/plain?on=true`: until then no session is compared.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

sys.path.insert(0, str(Path(__file__).parents[1] / "history"))
import made_clinic

from dashboard.app import make_app
from dashboard.bedside.errors import EntryRefused
from dashboard.bedside.ward import Ward
from dashboard.live.hub import Hub
from dashboard.services import PageServices
from dashboard.store import Stores


def application(stores: Stores) -> FastAPI:
    rooms = [made_clinic.Room(stores.live, n, made_clinic.FIRST) for n in (1, 2)]
    ward = Ward([room.bed for room in rooms], list)
    services = PageServices(
        ward,
        stores,
        made_clinic.PEOPLE,
        "Made-up clinic",
        "A-standard-adult",
        simulation=False,
        roles={made_clinic.PEOPLE[-1]: "physician"},
    )
    asked = {"broken": False, "plain": False}
    review, plain_limits = services.review, services.plain_limits

    def breakable(*args: Any) -> Any:
        if asked["broken"]:
            raise EntryRefused("not saved: disk full: free some space", status=503)
        return review(*args)

    services.review = breakable  # type: ignore[method-assign]
    services.plain_limits = lambda sessions: plain_limits(sessions if asked["plain"] else ())  # type: ignore[method-assign]
    app = make_app(ward, Hub(lambda: datetime.now(UTC)), services)

    @app.middleware("http")
    async def switches(request: Any, call_next: Any) -> Any:
        _, _, name = request.url.path.partition("/test/")
        if name in asked:
            asked[name] = request.query_params.get("on") == "true"
        return await call_next(request)

    return app


if __name__ == "__main__":
    port, folder, *rest = sys.argv[1:]
    with Stores(Path(folder)) as opened:
        if not list(Path(folder).glob("*.db")):
            made_clinic.build(opened, *(float(rest[0]), int(rest[1])) if rest else ())
        uvicorn.run(application(opened), host="127.0.0.1", port=int(port), log_level="warning")
