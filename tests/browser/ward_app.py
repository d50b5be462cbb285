"""The real server over two beds whose monitors are lines on standard input: `python ward_app.py PORT DATABASE`.

`bed-1 spo2=80 hr=72`: what the monitor of that bed says from now on, once a second. Sessions are open from the start.
"""

import sys
import threading
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uvicorn

from config.models.escalation import Escalation, SecondScreen
from config.models.station import Bed, Device
from dashboard.app import make_app
from dashboard.bedside.bedside import Bedside
from dashboard.bedside.links import LinkView
from dashboard.bedside.ward import Ward
from dashboard.escalation.desk import Desk
from dashboard.escalation.screens import Screens
from dashboard.live.hub import Hub
from dashboard.services import PageServices
from dashboard.session.events import SessionOpened
from dashboard.store import Stores
from devices.clock import SystemClock
from devices.readings import Reading
from devices.registry import find_monitor

PEOPLE = ("R. Nurse", "C. Charge")
CALM = {"hr": 72.0, "spo2": 97.0, "rr_co2": 14.0, "etco2": 38.0}
#: Shorter than a station file allows: a test cannot wait for minutes.
SETTINGS = Escalation(call="Call 112").model_copy(
    update={
        "second_screen_after_s": SecondScreen.model_construct(high=2.0, medium=120.0),
        "call_after_s": 4.0,
        "no_screen_after_s": 3.0,
    }
)


def main(port: int, folder: Path) -> None:
    stores = Stores(folder)
    clock = SystemClock()
    hub = Hub(clock.utc)
    desk = Desk(
        SETTINGS, Screens(PEOPLE), publish=lambda rows: hub.publish("escalation", None, datetime.now(UTC), rows)
    )
    said = {f"bed-{n}": dict(CALM) for n in (1, 2)}
    beds = []
    for n, bed_id in enumerate(said, 1):
        bed = Bed(
            id=bed_id, title=f"Room {n}", devices=(Device(name="m", monitor="philips_intellivue", port=f"none-{n}"),)
        )
        monitors = {"m": find_monitor("philips_intellivue")}
        publish = partial(hub.publish)
        one = Bedside(
            bed, monitors, clock, stores.live, lambda kind, at, fields, bed_id=bed_id, publish=publish: publish(kind, bed_id, at, fields),
            people=PEOPLE, simulation=False, desk=desk,
        )  # fmt: skip
        one.links["m"] = lambda: LinkView("live", 0.0)
        one.open(
            SessionOpened(
                at=clock.utc(), by=PEOPLE[0], t_s=0.0, bed=bed_id, patient="T. T.", weight_kg=70.0, concentration_mg_ml=2.0,
                planned_mg=98.0, planned_min=240.0, profile="A-standard-adult", profile_version="0.1.0",
            )
        )  # fmt: skip
        beds.append(one)

    def speak() -> None:
        while True:
            for one in beds:
                values = said[one.id]
                one.take(
                    "m", [Reading(name, value, "", "ok") for name, value in values.items()], clock.mono(), clock.utc()
                )
            time.sleep(0.5)

    def listen() -> None:
        for line in sys.stdin:
            bed_id, *pairs = line.split()
            said[bed_id].update((name, float(value)) for name, value in (pair.split("=") for pair in pairs))

    for run in (speak, listen):
        threading.Thread(target=run, daemon=True).start()
    ward = Ward(beds, list, desk)
    ward.start()
    services = PageServices(ward, stores, PEOPLE, "Ward", "A-standard-adult", simulation=False)
    uvicorn.run(make_app(ward, hub, services), host="127.0.0.1", port=port, log_level="warning", ws="websockets-sansio")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
