"""A training room over a real store and real pseudo-terminals, whose real time is set by hand."""

from config.models.station import Bed, Device
from dashboard.bed_clock import BedClock
from dashboard.bedside.bedside import Bedside
from dashboard.escalation.desk import Desk
from dashboard.store import Store
from dashboard.training.room import TrainingRoom
from devices.registry import find_monitor

PEOPLE = ("T. Trainer", "R. Nurse")


class Training:
    """`room`, and `pass_s` to let that much real time go by."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.told: list[tuple[str, dict[str, object]]] = []
        self.real_s = 1000.0
        self.room = TrainingRoom(self._bedside, real=lambda: self.real_s)

    @classmethod
    def over(cls, other: "Training") -> "Training":
        """The program started again over the same store."""
        return cls(other.store)

    def _bedside(self, clock: BedClock) -> Bedside:
        device = Device(name="monitor", monitor="philips_intellivue", port="simulated-train")
        return Bedside(
            Bed(id="train-1", title="Training", devices=(device,)),
            {"monitor": find_monitor("philips_intellivue")},
            clock,
            self.store,
            lambda kind, at, fields: self.told.append((kind, dict(fields))),
            people=PEOPLE,
            simulation=True,
            desk=Desk(alone=True),
        )

    def pass_s(self, seconds: float) -> None:
        """The patient lives through it second by second, as the wire would ask."""
        for _ in range(int(seconds)):
            self.real_s += 1.0
            run = self.room.run
            assert run is not None
            run.patient.vitals(self.room.clock.mono())
            self.room.bedside.poll()
