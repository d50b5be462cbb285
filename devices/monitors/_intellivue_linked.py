"""Completeness of IntelliVue results: linked series and sequence numbers (sections 9.2 and 9.3 of the protocol notes).

Values are used as their part arrives; this only notices what is missing. Nothing is interpolated.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from devices.monitors import _intellivue_codes as code
from devices.monitors._intellivue_messages import Operation, PollResult

END_WITHIN_S: Final = 2.0
_MAX_OPEN: Final = 16


@dataclass(slots=True)
class Series:
    sequence: int | None = None
    count: int = 0  # of the last linked part; 0 when no series is open
    since_s: float | None = None


class Linked:
    """One entry per invoke id, the oldest forgotten first."""

    def __init__(self) -> None:
        self._series: OrderedDict[int, Series] = OrderedDict()

    def clear(self) -> None:
        self._series.clear()

    def open(self, invoke_id: int) -> bool:
        """True between the first part of a linked result and its end."""
        series = self._series.get(invoke_id)
        return series is not None and series.count > 0

    def follow(self, op: Operation, result: PollResult, now_s: float | None) -> list[str]:
        """Take note of one part; what is found missing, in words."""
        missing = self._late(now_s)
        begins = not self._series  # a recording may begin in the middle of a series
        series = self._series.setdefault(op.invoke_id, Series())
        self._series.move_to_end(op.invoke_id)
        if len(self._series) > _MAX_OPEN:
            self._series.popitem(last=False)
        if result.sequence is not None:
            before, series.sequence = series.sequence, result.sequence
            if before is not None and result.sequence not in (before, before + 1, 0):
                missing.append(f"sequence jump: {before} to {result.sequence}")
            if before != result.sequence and series.count:
                missing.append("linked result without its end")
                series.count = 0
        if op.kind == code.ROLRS:
            if op.linked_count != (series.count + 1) & 0xFF and not begins:
                missing.append(f"linked part missing: {series.count} to {op.linked_count}")
            series.count = op.linked_count
            series.since_s = now_s
        else:
            series.count = 0
        return missing

    def _late(self, now_s: float | None) -> list[str]:
        missing = []
        for series in self._series.values():
            if series.count and now_s is not None and series.since_s is not None:
                late = now_s - series.since_s >= END_WITHIN_S
                if late:
                    series.count = 0
                    missing.append("linked result without its end")
        return missing
