"""What a simulated IntelliVue monitor puts into its objects: numerics, alerts, itself (the other direction of the tables in
`devices.monitors._intellivue_codes`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from struct import Struct
from typing import Final, NamedTuple

from devices.monitors import _intellivue_codes as code
from devices.monitors._intellivue_messages import MDS_OBJECT, operation
from devices.monitors._intellivue_types import (
    NO_TIME,
    PAIR,
    U16,
    U32,
    write_attributes,
    write_float,
    write_label,
    write_list,
    write_string,
    write_time,
)
from devices.readings import Status
from simulators.vitals import Vital, Vitals

_VALUE = Struct(">HHH")
_KPA_PER_MMHG: Final = 1 / 7.50062
_STATE: Final[dict[Status, int]] = {
    "ok": 0,
    "questionable": code.QUESTIONABLE,
    "invalid": code.INVALID,
    "sensor_off": code.UNAVAILABLE,
    "unavailable": code.UNAVAILABLE,
    "held": code.UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Site:
    """How this monitor is configured: what a hospital chooses, and what it prints on the label."""

    manufacturer: str = "Philips"
    model: str = "M8003A"
    bed_label: str = "BED 1"
    kpa: bool = False
    demo: bool = False
    standby: bool = False
    french: bool = False

    @property
    def operating_mode(self) -> int:
        if self.standby:
            return code.MODE_STANDBY
        return code.MODE_DEMO if self.demo else code.MODE_MONITORING


class Component(NamedTuple):
    signal: str
    physio: int
    unit: int
    decimals: int = 0


class Row(NamedTuple):
    """One numeric object. Two measurement modules (contexts) use the same handles, as on real monitors."""

    context: int
    handle: int
    label: int
    components: tuple[Component, ...]
    english: str
    french: str
    colour: int


def _pressures(base: int, prefix: str, order: str) -> tuple[Component, ...]:
    ids = {"sys": base + 1, "dia": base + 2, "map": base + 3}
    return tuple(Component(f"{prefix}_{part}", ids[part], code.MMHG) for part in order.split())


ROWS: Final = (
    Row(1, 0x8201, code.HR, (Component("hr", code.HR, code.BEATS),), "HR", "FC", 2),
    Row(1, 0x8202, code.SPO2, (Component("spo2", code.SPO2, code.PERCENT, 1),), "SpO₂", "SpO₂", 6),
    Row(1, 0x8203, code.PLETH_PULSE, (Component("pr", code.PLETH_PULSE, code.BEATS),), "Pulse", "Pouls", 6),
    Row(1, 0x8204, code.NBP, _pressures(code.NBP, "nibp", "sys dia map"), "NBP", "PNI", 1),
    Row(
        1,
        0x8205,
        code.CO2,
        (Component("etco2", code.ET_CO2, code.MMHG), Component("fico2", code.INSPIRED_CO2, code.MMHG)),
        "CO₂",
        "CO₂",
        3,
    ),
    Row(1, 0x8206, code.AIRWAY_RR, (Component("rr_co2", code.AIRWAY_RR, code.BREATHS),), "awRR", "FRva", 3),
    Row(1, 0x8207, code.PERFUSION, (Component("pi", code.PERFUSION, code.DIMENSIONLESS, 1),), "Perf", "Perf", 6),
    Row(2, 0x8201, code.ABP, _pressures(code.ABP, "abp", "map sys dia"), "ABP", "PAR", 1),
    Row(2, 0x8202, code.RESP, (Component("rr_imp", code.RESP, code.BREATHS),), "RR", "FR", 7),
    Row(2, 0x8203, code.TEMPERATURE, (Component("temp", code.TEMPERATURE, code.CELSIUS, 1),), "Temp", "Temp", 2),
)


def observed(physio: int, state: int, unit: int, number: bytes) -> bytes:
    return _VALUE.pack(physio, state, unit) + number


def numeric_attributes(
    handle: int,
    label: int,
    values: Sequence[bytes],
    *,
    label_string: str | None = None,
    colour: int | None = None,
    stamp: datetime | None = None,
) -> dict[int, bytes]:
    """All attributes of one numeric object: one value as such, several as a compound."""
    attributes = {
        code.HANDLE: U16.pack(handle),
        code.TYPE: PAIR.pack(code.PARTITION_OBJECTS, code.NUMERICS),
        code.LABEL: U32.pack(0x00020000 | label),
    }
    if label_string is not None:
        attributes[code.LABEL_STRING] = write_string(label_string)
    if colour is not None:
        attributes[code.COLOUR] = U16.pack(colour)
    if stamp is not None:
        attributes[code.STAMP_ABSOLUTE] = write_time(stamp)
    if len(values) == 1:
        attributes[code.OBSERVED] = values[0]
    else:
        attributes[code.COMPOUND] = write_list(values)
    return attributes


class CuffStamps:
    """The wall time of a cuff reading, worked out once: the same reading must carry the same stamp for ever."""

    def __init__(self) -> None:
        self._at_s: float | None = None
        self._stamp: datetime | None = None

    def stamp(self, at_s: float, now_s: float, wall: datetime) -> datetime:
        if self._stamp is None or at_s != self._at_s:
            self._at_s, self._stamp = at_s, wall - timedelta(seconds=max(0.0, now_s - at_s))
        return self._stamp


def numeric_objects(
    vitals: Vitals, site: Site, group: int, now_s: float, wall: datetime, cuff: CuffStamps
) -> list[tuple[int, int, bytes]]:
    """Context, handle and attribute list of every numeric whose sensor is plugged in; none in standby."""
    if site.standby:
        return []
    objects: list[tuple[int, int, bytes]] = []
    for row in ROWS:
        present = [(c, vitals[c.signal]) for c in row.components if c.signal in vitals]
        if not present:
            continue
        measured = [vital for _, vital in present if vital.value is not None]
        stamp = cuff.stamp(max(v.at_s for v in measured), now_s, wall) if row.label == code.NBP and measured else None
        attributes = numeric_attributes(
            row.handle,
            row.label,
            [_component(component, vital, site) for component, vital in present],
            label_string=f"{row.french if site.french else row.english:<6}",
            colour=row.colour,
            stamp=stamp,
        )
        objects.append((row.context, row.handle, write_attributes(_of_group(attributes, group))))
    return objects


def _of_group(attributes: dict[int, bytes], group: int) -> dict[int, bytes]:
    values = {code.OBSERVED, code.COMPOUND, code.STAMP_ABSOLUTE}
    if group == code.GROUP_OBSERVED:
        return {key: value for key, value in attributes.items() if key in values}
    if group == code.GROUP_ALL:
        return attributes
    return {key: value for key, value in attributes.items() if key not in values}


def _component(component: Component, vital: Vital, site: Site) -> bytes:
    state = _STATE[vital.status]
    value = None if state & (code.INVALID | code.UNAVAILABLE) else vital.value
    if value is None and not state:
        state = code.UNAVAILABLE
    unit, decimals = component.unit, component.decimals
    if site.kpa and unit == code.MMHG:
        unit, decimals = code.KPA, 1
        value = None if value is None else value * _KPA_PER_MMHG
    if site.demo:
        state |= code.DEMO_DATA
    return observed(component.physio, state, unit, write_float(value, decimals))


class Alarm(NamedTuple):
    """One entry of an alarm list. `handle`: the numeric it belongs to."""

    source: int
    event: int
    kind: int
    handle: int
    text: str


_NO_BREATH = ("*** APNEA", "*** APNEE")
_SENSOR_OFF: Final = {
    "hr": Alarm(code.HR, code.LEADS_OFF, code.ALERT_LOW_TECHNICAL, 0x8201, "ECG LEADS OFF"),
    "spo2": Alarm(code.SPO2, code.SENSOR_DISCONNECTED, code.ALERT_LOW_TECHNICAL, 0x8202, "SpO2 SENSOR OFF"),
    "etco2": Alarm(code.CO2, code.SENSOR_DISCONNECTED, code.ALERT_LOW_TECHNICAL, 0x8205, "CO2 SENSOR OFF"),
}


def alarms(vitals: Vitals, site: Site) -> tuple[tuple[Alarm, ...], tuple[Alarm, ...]]:
    """Patient and technical alarms. The vital `no_breath` with value 1 makes the monitor raise its apnoea alarm."""
    patient: tuple[Alarm, ...] = ()
    no_breath = vitals.get("no_breath")
    if no_breath is not None and no_breath.value:
        airway = "rr_co2" in vitals or "etco2" in vitals
        source, handle = (code.AIRWAY_RR, 0x8206) if airway else (code.RESP, 0x8202)
        patient = (Alarm(source, code.APNOEA, code.ALERT_HIGH_PATIENT, handle, _NO_BREATH[site.french]),)
    technical = tuple(
        alarm for signal, alarm in _SENSOR_OFF.items() if signal in vitals and vitals[signal].status == "sensor_off"
    )
    return patient, technical


def alert_entry(alarm: Alarm, state: int) -> bytes:
    """One entry with its text. The priority number and the object class are not documented; these are arbitrary."""
    info = U16.pack(1) + U32.pack(0) + PAIR.pack(0x0100, 0x4000) + write_string(alarm.text)
    head = (alarm.source, alarm.event, alarm.kind, state, code.ALERTS, 0, alarm.handle, code.INFO_WITH_TEXT, len(info))
    return Struct(">HHHHHHHHH").pack(*head) + info


def alert_attributes(
    patient: Iterable[Alarm],
    technical: Iterable[Alarm],
    *,
    changes: int,
    state: int = code.ALERT_NEW,
    device_state: int = 0,
) -> dict[int, bytes]:
    """The alert monitor object: condition, P-alarms, T-alarms."""
    patient, technical = list(patient), list(technical)
    worst_patient = max((alarm.kind for alarm in patient), default=0)
    worst_technical = max((alarm.kind for alarm in technical), default=0)
    audible = worst_patient or worst_technical
    condition = (device_state, changes, worst_patient, worst_technical, audible)
    return {
        code.ALERT_CONDITION: Struct(">HHHHH").pack(*condition),
        code.P_ALARMS: write_list(alert_entry(alarm, state) for alarm in patient),
        code.T_ALARMS: write_list(alert_entry(alarm, state) for alarm in technical),
    }


def mds_attributes(site: Site, association_number: int, ticks: int, wall: datetime) -> dict[int, bytes]:
    """The monitor itself, as in its create event and in a poll of its MDS object."""
    return {
        code.SYSTEM_ID: bytes.fromhex("00 06 00 09 FB 00 00 01"),
        code.SYSTEM_TYPE: PAIR.pack(1, 0x114D),
        code.ASSOCIATION_NUMBER: U16.pack(association_number & 0xFFFF),
        code.SYSTEM_MODEL: write_label(site.manufacturer) + write_label(site.model),
        code.NOMENCLATURE: U32.pack(0x00010000),
        code.OPERATING_MODE: U16.pack(site.operating_mode),
        code.APPLICATION_AREA: U16.pack(1),
        code.MDS_STATUS: U16.pack(6),
        code.BED_LABEL: write_string(site.bed_label),
        code.DATE_TIME: write_time(wall),
        code.RELATIVE_TIME: U32.pack(ticks),
    }


def mds_create_event(invoke_id: int, ticks: int, attributes: Mapping[int, bytes]) -> bytes:
    info = MDS_OBJECT + write_attributes(attributes)
    body = MDS_OBJECT + U32.pack(ticks) + PAIR.pack(code.MDS_CREATE, len(info)) + info
    return operation(code.ROIV, invoke_id, code.CONFIRMED_EVENT_REPORT, body)


class Reply(NamedTuple):
    """The head of a poll result; `sequence` is None for a single poll."""

    poll_number: int
    sequence: int | None
    ticks: int
    polled: int
    group: int


def poll_result(reply: Reply, objects: Sequence[tuple[int, int, bytes]]) -> bytes:
    """Result of a poll action. `objects`: context, handle and attribute list of each."""
    contexts: dict[int, list[bytes]] = {}
    for context, handle, attributes in objects:
        contexts.setdefault(context, []).append(U16.pack(handle) + attributes)
    body = U16.pack(reply.poll_number)
    if reply.sequence is not None:
        body += U16.pack(reply.sequence)
    body += U32.pack(reply.ticks) + NO_TIME + PAIR.pack(code.PARTITION_OBJECTS, reply.polled) + U16.pack(reply.group)
    parts = [U16.pack(context) + write_list(items) for context, items in contexts.items()]
    body += write_list(parts)
    action = code.SINGLE_POLL if reply.sequence is None else code.EXTENDED_POLL
    return MDS_OBJECT + PAIR.pack(action, len(body)) + body


def connect_indication(address: bytes, mac: bytes, mask: bytes = b"\xff\xff\xff\x00") -> bytes:
    """The broadcast of a monitor on a network that waits for a client (section 14), with the protocols of a real one."""
    protocols = ((1, 3, 24000), (2, 3, 24000), (1, 1, 24105), (5, 1, 24105), (8, 1, 33333))
    attributes = {
        code.SYSTEM_TYPE: PAIR.pack(1, 0x114D),
        code.NETWORK_PROTOCOLS: write_list(Struct(">HHHH").pack(*entry, 0) for entry in protocols),
        code.NETWORK_ADDRESS: mac + address + mask,
        code.LOCALISATION: bytes.fromhex("06 08 06 08 00 01 00 0B"),
    }
    info = write_attributes(attributes)
    body = bytes.fromhex("00 23 00 00 00 00") + U32.pack(0) + PAIR.pack(code.CONNECT_EVENT, len(info)) + info
    return b"\x00\x00\x01\x00" + operation(code.ROIV, 0, code.EVENT_REPORT, body)[4:]
