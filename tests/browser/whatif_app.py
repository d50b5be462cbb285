"""The alarm page over a few recorded sessions with one desaturation each, for browser tests: `python whatif_app.py PORT DIR`.

Nothing is faked but the clinic: stores, services, workers and the whole application are the product's own.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

sys.path.insert(0, str(Path(__file__).parents[1] / "whatif"))
from whatif_lab import record

from dashboard.app import make_app
from dashboard.bedside.ward import Ward
from dashboard.live.hub import Hub
from dashboard.services import PageServices
from dashboard.store import Stores

PEOPLE = ("R. Nurse", "Dr. A. Reviewer", "Dr. C. Chief")

if __name__ == "__main__":
    with Stores(Path(sys.argv[2])) as stores:
        record(stores.live, "0197-first", judged="true")
        record(stores.live, "0197-second", bottom=80.0, judged="true")
        record(stores.live, "0197-third", judged="nuisance")
        services = PageServices(
            Ward([], list),
            stores,
            PEOPLE,
            "Made-up clinic",
            "A-standard-adult",
            simulation=False,
            roles={PEOPLE[-1]: "physician"},
        )
        app = make_app(Ward([], list), Hub(lambda: datetime.now(UTC)), services)
        uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
        services.close()
