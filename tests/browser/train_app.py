"""The application with a training room and no rooms, for browser tests: `python train_app.py PORT DIR [RUNS]`, with runs in its store
that are made up by `RUNS` of `train_runs.py`."""

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import train_runs
import uvicorn

from config.models.station import Bed, Device
from dashboard.app import make_app
from dashboard.bed_clock import BedClock
from dashboard.bedside.bedside import Bedside
from dashboard.bedside.ward import Ward
from dashboard.escalation.desk import Desk
from dashboard.live.hub import Hub
from dashboard.services import PageServices
from dashboard.store import Stores
from dashboard.training.room import TrainingRoom
from devices.registry import find_monitor

PEOPLE = ("T. Trainer", "R. Nurse")


def main(port: int, folder: Path, runs: str = "") -> None:
    (folder / "cases").mkdir()
    rows = (f"{t},{70 + t % 3},97,14,38" for t in range(600))
    (folder / "cases" / "steady.csv").write_text("\n".join(["t_s,hr,spo2,rr_co2,etco2", *rows]), "utf-8")
    hub = Hub(lambda: datetime.now(UTC), apart=("train-1",))
    with Stores(folder) as stores:
        if runs:
            train_runs.RUNS[runs](stores)

        def publish(kind: str, at: datetime, fields: Any) -> None:
            hub.publish(kind, "train-1", at, fields)

        def bedside(clock: BedClock) -> Bedside:
            device = Device(name="monitor", monitor="philips_intellivue", port="simulated")
            bed = Bed(id="train-1", title="Training", devices=(device,))
            monitors = {"monitor": find_monitor("philips_intellivue")}
            desk = Desk(alone=True)
            return Bedside(bed, monitors, clock, stores.simulation, publish, people=PEOPLE, simulation=True, desk=desk)

        room = TrainingRoom(bedside)
        ward = Ward([], list, training=(room.bedside,))
        room.watched = partial(ward.desk.screens.anyone, "train-1")
        room.at_bed = partial(ward.desk.screens.people, "train-1")
        services = PageServices(ward, stores, PEOPLE, "Training clinic", "A-standard-adult", simulation=True)
        room.start_up()
        ward.start()
        uvicorn.run(make_app(ward, hub, services, room), host="127.0.0.1", port=port, log_level="warning")
        room.close()
        ward.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
