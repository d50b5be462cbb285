"""Two runs over one session, spell by spell: what is as it was, what vanishes, appears, comes later or speaks less loudly. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

from dashboard.figures.occurrences import Occurrence
from dashboard.history.model import SessionAlarms
from dashboard.whatif.spells import RANK, Spell

#: `joined`: the spell before it goes on instead of ending between, so that two became one. `weaker`: it still speaks, but its worst
#: step does not.
Fate = Literal["same", "moved", "weaker", "joined", "vanishes", "appears"]
#: What the reviewers say of the alarm: their one verdict, that they differ, or nothing yet.
Judged = Literal["true", "nuisance", "technical", "differ", ""]
#: Below this saturation for this long is a desaturation whoever judged it: 85 % is the lowest default limit of an oximeter
#: (clinical/default-alarm-limits.md A3), and 15 s the delay of the rule before it.
DEEP_PCT, DEEP_S = 85.0, 15.0
MEDIUM = RANK["medium"]


@dataclass(frozen=True, slots=True)
class Row:
    """One alarm in both runs. `moved_s`: onset after minus before. `later_s`: seconds by which its onset or its worst step comes later,
    0 where neither does, None where it never comes. `occurrence`: its number in the record, None where the record has none."""

    fate: Fate
    before: Spell | None
    after: Spell | None
    moved_s: float | None = None
    later_s: float | None = None
    occurrence: int | None = None
    judged: Judged = ""
    desaturation: bool = False
    good_signal: bool = True

    @property
    def true(self) -> bool:
        """A true alarm: the reviewers agree, and for a saturation the oximeter was content."""
        return self.judged == "true" and (self.good_signal or not self.desaturation)

    @property
    def shown(self) -> Spell:
        spell = self.before or self.after
        assert spell is not None
        return spell


@dataclass(frozen=True, slots=True)
class Deep:
    """SpO₂ below 85 % for 15 s or longer, `lowest` %. When an alarm of the saturation of medium or high priority first spoke in it, seconds
    after its start (0: it spoke already); None: none did."""

    from_s: float
    to_s: float
    lowest: float
    before_s: float | None = None
    after_s: float | None = None


def compare(
    before: Sequence[Spell],
    after: Sequence[Spell],
    *,
    desaturating: frozenset[str],
    record: SessionAlarms | None = None,
    ladder_of: Mapping[str, str] | None = None,
    poor: Iterable[int] = (),
) -> tuple[Row, ...]:
    """Every spell of either run once, in order of onset. `desaturating`: ladders that announce a low saturation. `record`: what was
    recorded and judged; `ladder_of`: rule -> ladder, to find it there. `poor`: indices of `before` without a good signal."""
    used: set[int] = set()
    rows: list[Row] = []
    bad = frozenset(poor)
    meeting = _by_ladder(after)
    recorded = _recorded_by_ladder(record, ladder_of or {})
    for index, spell in enumerate(before):
        meets = _meeting(spell, meeting.get(spell.ladder, ()))
        partner = next((i for i, _ in meets if i not in used), None)
        used.update(() if partner is None else (partner,))
        number, judged = _recorded(spell, record, recorded.get(spell.ladder, ()))
        fate, moved_s, later_s = _fate(spell, [other for _, other in meets], joined=partner is None)
        rows.append(
            Row(
                fate=fate, before=spell, after=after[partner] if partner is not None else meets[0][1] if meets else None,
                moved_s=moved_s, later_s=later_s, occurrence=number, judged=judged, desaturation=spell.ladder in desaturating,
                good_signal=index not in bad,
            )
        )  # fmt: skip
    rows.extend(
        Row("appears", None, spell, desaturation=spell.ladder in desaturating)
        for index, spell in enumerate(after)
        if index not in used
    )
    return tuple(sorted(rows, key=lambda row: (row.shown.onset_s, row.shown.ladder)))


def announced(deep: Sequence[Deep], before: Sequence[Spell], after: Sequence[Spell]) -> tuple[Deep, ...]:
    """The stretches with when either run spoke in them; both runs are those of the saturation's alarms alone."""
    return tuple(Deep(d.from_s, d.to_s, d.lowest, _first_s(d, before), _first_s(d, after)) for d in deep)


def _first_s(deep: Deep, spells: Sequence[Spell]) -> float | None:
    """A low priority is a prompt to look when there is time: it announces nothing so deep."""
    moments = [s.reached_s(MEDIUM) for s in spells if s.overlaps(deep.from_s, deep.to_s)]
    return min((max(0.0, t_s - deep.from_s) for t_s in moments if t_s is not None and t_s <= deep.to_s), default=None)


_Numbered = tuple[int, Spell]


def _by_ladder(spells: Sequence[Spell]) -> dict[str, list[_Numbered]]:
    out: dict[str, list[_Numbered]] = {}
    for numbered in enumerate(spells):
        out.setdefault(numbered[1].ladder, []).append(numbered)
    return out


def _meeting(spell: Spell, others: Sequence[_Numbered]) -> list[_Numbered]:
    """Those that overlap it. A ladder speaks with one voice: its spells follow each other, so their ends rise too."""
    begin = bisect_left(others, spell.onset_s, key=lambda one: inf if one[1].ended_s is None else one[1].ended_s)
    end = bisect_right(others, inf if spell.ended_s is None else spell.ended_s, key=lambda one: one[1].onset_s)
    return list(others[begin:end])


def _fate(spell: Spell, met: list[Spell], *, joined: bool) -> tuple[Fate, float | None, float | None]:
    """Its fate, how far its onset moved, and by how much it is announced later."""
    if not met:
        return "vanishes", None, None
    moved_s = met[0].onset_s - spell.onset_s
    reached = [t_s for other in met if (t_s := other.reached_s(spell.rank)) is not None]
    if not reached:
        return "weaker", moved_s, None
    later_s = max(0.0, moved_s, min(reached) - spell.worst_s)
    if joined:
        return "joined", moved_s, later_s
    return ("moved" if moved_s or later_s else "same"), moved_s, later_s


def _recorded_by_ladder(record: SessionAlarms | None, ladder_of: Mapping[str, str]) -> dict[str, list[Occurrence]]:
    out: dict[str, list[Occurrence]] = {}
    for one in record.occurrences if record is not None else ():
        if (ladder := ladder_of.get(one.rule)) is not None:
            out.setdefault(ladder, []).append(one)
    return out


def _recorded(
    spell: Spell, record: SessionAlarms | None, candidates: Sequence[Occurrence]
) -> tuple[int | None, Judged]:
    """The recorded alarm that this is, and what was said of it: the one whose onset is nearest among those that overlap."""
    fitting = [] if record is None else [one for one in candidates if _covers(one, spell, record.end_s)]
    if not fitting or record is None:
        return None, ""
    nearest = min(fitting, key=lambda one: abs(one.onset_s - spell.onset_s))
    said = record.verdicts.get(nearest.number, ())
    agreed = record.agreed(nearest.number)
    return nearest.number, agreed if agreed is not None else "differ" if said else ""


def _covers(occurrence: Occurrence, spell: Spell, end_s: float) -> bool:
    parts = occurrence.spells or ((occurrence.onset_s, occurrence.ended_s),)
    return any(spell.overlaps(from_s, end_s if to_s is None else to_s) for from_s, to_s in parts)
