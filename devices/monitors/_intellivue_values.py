"""Philips IntelliVue numeric objects to readings (sections 10 and 11 of the protocol notes)."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from struct import Struct
from typing import Final, NamedTuple

from devices.monitors import _intellivue_codes as code
from devices.monitors._intellivue_codes import CONVERSION, SOURCES, UNIT, Source
from devices.monitors._intellivue_messages import PolledObject, PollResult
from devices.monitors._intellivue_types import (
    PAIR,
    U16,
    U32,
    Clock,
    MalformedError,
    read_float,
    read_time,
    tick_difference,
)
from devices.readings import Fault, Reading, Status
from devices.signals import plausible

_VALUE = Struct(">HHHI")
#: A better source that had a value this recently keeps the others quiet (results come each 1.024 s, linked parts apart).
_SOURCE_HOLD_TICKS: Final = 3 * code.TICKS_PER_S
#: Cuff pressures without a time stamp are new when they differ by more than the rounding of a value shown in kPa.
_SAME_PRESSURE_MMHG: Final = 0.6


class Value(NamedTuple):
    physio: int
    state: int
    unit: int
    word: int


def read_values(attributes: dict[int, bytes]) -> list[Value]:
    """Simple and compound observed values. MalformedError when one is shorter than it says."""
    found: list[Value] = []
    single = attributes.get(code.OBSERVED)
    if single is not None:
        if len(single) < _VALUE.size:
            raise MalformedError("observed value cut off")
        found.append(Value._make(_VALUE.unpack_from(single)))
    compound = attributes.get(code.COMPOUND)
    if compound is not None:
        if len(compound) < 4:
            raise MalformedError("compound value cut off")
        count, length = PAIR.unpack_from(compound)
        if 4 + length > len(compound) or count * _VALUE.size > length:
            raise MalformedError("compound value longer than its attribute")
        found.extend(Value._make(_VALUE.unpack_from(compound, 4 + i * _VALUE.size)) for i in range(count))
    return found


def state_status(state: int) -> Status:
    """What the measurement state says about the value. Test and demonstration data are never patient data, so they count
    as invalid whatever else the monitor claims; so do bits of the high byte that have no published meaning."""
    if not state & code.STATE_HIGH_BYTE:
        return "ok"
    if state & (code.INVALID | code.TEST_DATA | code.DEMO_DATA):
        return "invalid"
    if state & (code.UNAVAILABLE | code.CALIBRATION):
        return "unavailable"
    return "questionable" if state & code.STATE_HIGH_BYTE == code.QUESTIONABLE else "invalid"


class UnknownUnitError(Exception):
    """A value in a unit that has no conversion: unusable, and said so."""


def measure(source: Source, value: Value) -> tuple[float | None, Status]:
    """The value in the signal's own unit with its status. UnknownUnitError when the unit code has no conversion."""
    status = state_status(value.state)
    if status not in ("ok", "questionable"):
        return None, status
    number = read_float(value.word)
    if not math.isfinite(number):
        return None, "unavailable" if math.isnan(number) else "invalid"
    try:
        scale, offset = CONVERSION[source.quantity][value.unit]
    except KeyError:
        raise UnknownUnitError(f"{source.signal}: unknown unit {value.unit:#06x}") from None
    if scale != 1.0 or offset:
        number = number * scale + offset
    if source.quantity == "co2" and value.unit == code.PERCENT:
        status = "questionable"
    judged = plausible(source.signal, number)
    if judged == "invalid":
        return None, judged
    return number, status if judged == "ok" else judged


class Numerics:
    """Polled numeric objects in, readings out. Remembers which source feeds each signal and the last cuff result."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cuff = Cuff()
        self._feeding: dict[str, tuple[int, int]] = {}  # group -> rank with a value, and its ticks
        self.demo = False

    def forget_patient(self) -> None:
        """A different monitor answers: nothing shown so far says anything about its results."""
        self._cuff = Cuff()
        self._feeding.clear()

    def read(self, result: PollResult, raw: bytes) -> list[Reading | Fault]:
        """Readings of one result. MalformedError, and no reading at all, when any value in it is cut off."""
        parsed = [
            (thing, values)
            for thing in result.objects
            if (values := read_values(thing.attributes)) and _is_measured(thing)
        ]
        wall = result.absolute or self._clock.at(result.ticks)
        out: list[Reading | Fault] = []
        offers: dict[str, dict[int, dict[str, Reading]]] = {}
        for thing, values in parsed:
            off = _is_off(thing)
            cuff: dict[str, Reading] = {}
            early = False
            for value in values:
                if value.state & (code.DEMO_DATA | code.TEST_DATA):
                    self.demo = True
                source = SOURCES.get(value.physio)
                if source is None:
                    continue
                try:
                    number, status = (None, "unavailable") if off else measure(source, value)
                except UnknownUnitError as error:
                    out.append(Fault(str(error), raw))
                    continue
                reading = Reading(source.signal, number, UNIT[source.quantity], status, wall)
                if source.group == "nibp":
                    cuff[source.signal] = reading
                    early |= bool(value.state & code.EARLY_INDICATION)
                    early |= number is None and bool(value.state & code.MEASURING)
                    continue
                line = offers.setdefault(source.group, {}).setdefault(source.rank, {})
                known = line.get(source.signal)
                if known is None or (known.value is None and number is not None):
                    line[source.signal] = reading
            if cuff and not early:
                out.extend(self._cuff.read(thing, cuff, result.ticks, wall))
        for group, lines in offers.items():
            out.extend(self._choose(group, lines, result.ticks))
        return out

    def _choose(self, group: str, lines: dict[int, dict[str, Reading]], ticks: int) -> Iterator[Reading]:
        """The readings of the preferred source: one with a value before one without, then by rank."""
        has_value = {rank: any(r.value is not None for r in line.values()) for rank, line in lines.items()}
        rank = min(lines, key=lambda r: (not has_value[r], r))
        feeding = self._feeding.get(group)
        if feeding is not None and feeding[0] != rank and abs(tick_difference(ticks, feeding[1])) < _SOURCE_HOLD_TICKS:
            # The feeding source is in another part of a linked result, unless this message shows that it lost its value.
            elsewhere = feeding[0] not in lines
            if elsewhere and (rank > feeding[0] or not has_value[rank]):
                return
        if has_value[rank]:
            self._feeding[group] = (rank, ticks)
        yield from lines[rank].values()


def _is_measured(thing: PolledObject) -> bool:
    """False for alarm limits and settings, which use the same ids as measurements."""
    specification = thing.attributes.get(code.METRIC_SPECIFICATION, b"")
    return len(specification) < 6 or U16.unpack_from(specification, 4)[0] not in code.SETTING_CATEGORIES


def _is_off(thing: PolledObject) -> bool:
    state = thing.attributes.get(code.METRIC_STATE, b"")
    return len(state) >= 2 and bool(U16.unpack_from(state)[0] & code.METRIC_OFF)


class Cuff:
    """The monitor repeats its last cuff result each second; only a new one is a measurement."""

    def __init__(self) -> None:
        self._stamp: datetime | None = None
        self._shown: dict[str, float | None] = {}

    def read(self, thing: PolledObject, parts: dict[str, Reading], ticks: int, wall: datetime | None) -> list[Reading]:
        """`parts`: one complete set. New: the time stamp changed, or values changed where there is none; a component that
        was missing before under the same stamp is new by itself."""
        stamp = read_time(thing.attributes.get(code.STAMP_ABSOLUTE, b""))
        changed = {s: r for s, r in parts.items() if self._differs(s, r.value)}
        if stamp is None:
            fresh = dict(parts) if changed else {}
        elif stamp == self._stamp:
            fresh = {s: r for s, r in changed.items() if self._shown.get(s) is None}
        elif self._stamp is None and self._shown and not changed:
            fresh = {}  # shown already, without the stamp that is known now
            self._stamp = stamp
        else:
            fresh = dict(parts)
        if not fresh:
            return []
        if len(fresh) == len(parts):
            self._shown = {}
            self._stamp = stamp
        self._shown.update({s: r.value for s, r in fresh.items()})
        age_s = self._age_s(thing, stamp, ticks, wall)
        measured = stamp or (wall - timedelta(seconds=age_s) if wall else None)
        return [Reading(r.signal, r.value, r.unit, r.status, measured, age_s) for r in fresh.values()]

    def _differs(self, signal: str, value: float | None) -> bool:
        shown = self._shown.get(signal)
        return value is not None and (shown is None or abs(value - shown) > _SAME_PRESSURE_MMHG)

    @staticmethod
    def _age_s(thing: PolledObject, stamp: datetime | None, ticks: int, wall: datetime | None) -> float:
        """By the tick stamp, else by the monitor's wall clock; 0 when it tells neither."""
        relative = thing.attributes.get(code.STAMP_RELATIVE, b"")
        if len(relative) >= 4:
            return max(0.0, tick_difference(ticks, U32.unpack_from(relative)[0]) / code.TICKS_PER_S)
        if stamp is None or wall is None:
            return 0.0
        return max(0.0, (wall - stamp).total_seconds())
