"""A recorded session as the engine needs it: ticks as columns, and what it was told between them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dashboard.alarms.values import SAMPLED, Fact, Tick

Floats = NDArray[np.float64]
#: A person's answers and pauses change no onset and no end (docs/decisions/0020-what-if.md).
_ANSWERS = ("alarm_acknowledged", "alarm_reset", "audio_paused", "audio_resumed")


@dataclass(frozen=True)
class Recording:
    """`t_s` rises; `columns` by signal, NaN without a valid value; `mask`: bit i set where `SAMPLED[i]` was monitored. `facts` in order
    of entry. `spo2_trouble`: ticks at which the oximeter itself was not content."""

    t_s: Floats
    columns: Mapping[str, Floats]
    mask: NDArray[np.int64]
    facts: tuple[Fact, ...] = ()
    spo2_trouble: Floats = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return len(self.t_s)

    @cached_property
    def times(self) -> list[float]:
        return [float(t_s) for t_s in self.t_s]

    def tick(self, index: int) -> Tick:
        names = self._names[int(self.mask[index])]
        return Tick(self.times[index], {name: self._cells[name][index] for name in names})

    def ticks(self) -> Iterator[Tick]:
        return (self.tick(index) for index in range(len(self)))

    def monitored(self, signal: str) -> NDArray[np.bool_]:
        """Where the signal was watched, with a value or without."""
        watched: NDArray[np.bool_] = np.not_equal(self.mask & (1 << SAMPLED.index(signal)), 0)
        return watched

    def column(self, signal: str) -> Floats:
        found = self.columns.get(signal)
        return np.full(len(self), np.nan) if found is None else found

    @cached_property
    def _cells(self) -> dict[str, list[float | None]]:
        out: dict[str, list[float | None]] = {}
        for name, column in self.columns.items():
            cells = column.astype(object)
            cells[np.isnan(column)] = None
            out[name] = cells.tolist()
        return out

    @cached_property
    def _names(self) -> dict[int, tuple[str, ...]]:
        return {
            int(mask): tuple(name for i, name in enumerate(SAMPLED) if mask & (1 << i) and name in self.columns)
            for mask in np.unique(self.mask)
        }


def told(facts: Collection[Fact], asked: Collection[str]) -> tuple[Fact, ...]:
    """What both runs of a question about the rules `asked` are told."""
    return tuple(
        fact
        for fact in facts
        if fact.type not in _ANSWERS and not (fact.type == "limit_changed" and fact.data.get("rule") in asked)
    )


def left_out(facts: Collection[Fact], asked: Collection[str]) -> int:
    """How many limits changed at the bedside are left out of both runs."""
    return sum(fact.type == "limit_changed" and fact.data.get("rule") in asked for fact in facts)
