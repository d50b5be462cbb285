"""What a simulated monitor measures at one instant, before it is put into bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from devices.readings import Status


@dataclass(frozen=True, slots=True)
class Vital:
    """One measured value. `at_s`: when it was measured, on the run's clock; only a cuff reading is ever old."""

    value: float | None
    status: Status = "ok"
    at_s: float = 0.0


#: Raw signal name (`devices.signals`) -> what the monitor shows. A signal that is absent has no sensor attached.
Vitals = Mapping[str, Vital]


class SimulatedMonitor(Protocol):
    """A monitor's side of the cable, sans-IO and deterministic: no port, no clock, no randomness of its own.

    `receive` takes what the client sent; `send` is called at least ten times a second of the run's clock `now_s` and returns
    the bytes that are due (often empty); `wall` is the monitor's own clock, local and naive. `abort` ends an
    association from the monitor's side, where the protocol has one.
    """

    def receive(self, data: bytes, now_s: float) -> None: ...

    def send(self, vitals: Vitals, now_s: float, wall: datetime) -> bytes: ...

    def abort(self) -> None: ...


class PatientRun(Protocol):
    """What a simulated bed asks of a virtual patient, or of a recording that stands in for one. Time only goes forward."""

    def advance(self, to_s: float) -> None: ...

    def vitals(self) -> Mapping[str, Vital]:
        """What the monitor shows at the time last advanced to."""
        ...

    @property
    def cable_out(self) -> bool:
        """Whether the monitor's data cable is pulled at that time."""
        ...

    def charted(self, from_s: float, to_s: float) -> list[dict[str, Any]]:
        """What was recorded at the bed with from_s <= t_s < to_s: `t_s`, `type` (session event), its fields."""
        ...

    def apply(self, event_type: str, fields: Mapping[str, Any], t_s: float) -> None:
        """What a person recorded just now."""
        ...
