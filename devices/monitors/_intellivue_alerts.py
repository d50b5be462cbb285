"""Philips IntelliVue alert monitor object (section 15 of the protocol notes)."""

from struct import Struct
from typing import Final, NamedTuple

from devices.monitors import _intellivue_codes as code
from devices.monitors._intellivue_messages import PolledObject
from devices.monitors._intellivue_types import PAIR, U16, MalformedError, read_string
from devices.readings import Reading

_ENTRY = Struct(">HHHHHHHHH")
_NO_PATIENT_DATA: Final = code.ALERT_TEST | code.ALERT_DEMO


class DeviceAlert(NamedTuple):
    """One alarm that the monitor itself shows. `event` is the code without its wording bit; `text` as on the monitor."""

    source: int
    event: int
    raw_code: int
    kind: int
    state: int
    handle: int
    text: str

    @property
    def from_patient(self) -> bool:
        """False while the monitor plays a demonstration or tests itself."""
        return not self.state & _NO_PATIENT_DATA


class Alerts(NamedTuple):
    patient: tuple[DeviceAlert, ...]
    technical: tuple[DeviceAlert, ...]
    demo: bool


def read_alerts(objects: list[PolledObject]) -> Alerts:
    """The snapshot of both alarm lists. MalformedError when an entry overruns its list."""
    patient: list[DeviceAlert] = []
    technical: list[DeviceAlert] = []
    demo = False
    for thing in objects:
        condition = thing.attributes.get(code.ALERT_CONDITION, b"")
        if len(condition) >= 2:
            demo |= bool(U16.unpack_from(condition)[0] & code.ALERT_DEMO)
        patient += _read_list(thing.attributes.get(code.P_ALARMS, b""))
        technical += _read_list(thing.attributes.get(code.T_ALARMS, b""))
    return Alerts(tuple(patient), tuple(technical), demo)


def _read_list(data: bytes) -> list[DeviceAlert]:
    if not data:
        return []
    if len(data) < 4:
        raise MalformedError("alert list cut off")
    count, length = PAIR.unpack_from(data)
    end = 4 + length
    if end > len(data):
        raise MalformedError("alert list longer than its attribute")
    alerts: list[DeviceAlert] = []
    at = 4
    for _ in range(count):
        if at + _ENTRY.size > end:
            raise MalformedError("alert cut off")
        source, raw, kind, state, _, _, handle, info, size = _ENTRY.unpack_from(data, at)
        at += _ENTRY.size
        if at + size > end:
            raise MalformedError("alert longer than its list")
        text = read_string(data[at + 10 : at + size]) if info == code.INFO_WITH_TEXT else ""
        alerts.append(DeviceAlert(source, raw & ~1, raw, kind, state, handle, text))
        at += size
    return alerts


class BreathWatch:
    """The device's own apnoea alert as the pseudo signal `no_breath`: 1 with each result while it is listed, 0 once when
    it is gone. Alerts of a demonstration or a self test say nothing about a patient."""

    def __init__(self) -> None:
        self._active = False

    def read(self, alerts: Alerts) -> list[Reading]:
        was = self._active
        self._active = not alerts.demo and any(a.event == code.APNOEA and a.from_patient for a in alerts.patient)
        if self._active:
            return [Reading("no_breath", 1.0, "")]
        return [Reading("no_breath", 0.0, "")] if was else []
