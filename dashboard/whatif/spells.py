"""Transitions gathered into spells: one alarm from raised until it is over, whatever latched or was answered. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dashboard.alarms.values import Change, Kind, Priority

RANK: dict[Priority, int] = {"high": 3, "medium": 2, "low": 1}


@dataclass(frozen=True, slots=True)
class Spell:
    """`rule`, `priority`, `value`, `limit`: of its worst step, which spoke first at `worst_s`. `ended_s` None: it goes on. `steps`: the
    ranks (1 low to 3 high) and from when each spoke."""

    ladder: str
    rule: str
    priority: Priority
    kind: Kind
    onset_s: float
    ended_s: float | None
    worst_s: float
    value: float | str | None
    limit: float | str | None
    steps: tuple[tuple[float, int], ...]

    @property
    def rank(self) -> int:
        return RANK[self.priority]

    def reached_s(self, rank: int) -> float | None:
        """When it first spoke with that rank or more."""
        return next((t_s for t_s, reached in self.steps if reached >= rank), None)

    def overlaps(self, from_s: float, to_s: float | None) -> bool:
        """Whether any moment of it lies between the two, both counted; `to_s` None: to the end."""
        return (to_s is None or self.onset_s <= to_s) and (self.ended_s is None or self.ended_s >= from_s)

    def lasted_s(self, end_s: float) -> float:
        """`end_s`: the end of the recording."""
        return max(0.0, (end_s if self.ended_s is None else self.ended_s) - self.onset_s)


def spells(changes: Iterable[Change], ladder_of: Mapping[str, str]) -> tuple[Spell, ...]:
    """In order of onset. `ladder_of`: rule -> ladder; a rule that is not in it is left out."""
    live: dict[int, Spell] = {}
    done: list[Spell] = []
    for change in changes:
        spell = live.get(change.occurrence)
        match change.change:
            case "raised" | "escalated" | "demoted":
                if change.rule in ladder_of:
                    live[change.occurrence] = _begun(change, ladder_of) if spell is None else _stepped(spell, change)
            case "cleared" | "latched" | "reset":
                if spell is not None:
                    done.append(replace(live.pop(change.occurrence), ended_s=change.t_s))
    return tuple(sorted((*done, *live.values()), key=lambda spell: (spell.onset_s, spell.ladder)))


def _begun(change: Change, ladder_of: Mapping[str, str]) -> Spell:
    return Spell(
        ladder=ladder_of[change.rule], rule=change.rule, priority=change.priority, kind=change.kind, onset_s=change.t_s,
        ended_s=None, worst_s=change.t_s, value=change.value, limit=change.limit, steps=((change.t_s, RANK[change.priority]),),
    )  # fmt: skip


def _stepped(spell: Spell, change: Change) -> Spell:
    steps = (*spell.steps, (change.t_s, RANK[change.priority]))
    if RANK[change.priority] <= spell.rank:
        return replace(spell, steps=steps)
    return replace(
        spell, rule=change.rule, priority=change.priority, worst_s=change.t_s, value=change.value, limit=change.limit, steps=steps
    )  # fmt: skip
