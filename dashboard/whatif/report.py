"""What other limits would have done over many sessions: rates before and after, and what changes, the worst first. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboard.alarms.values import Priority
from dashboard.session.numbers import num
from dashboard.whatif.compare import DEEP_PCT, DEEP_S, Deep, Row
from dashboard.whatif.spells import Spell

#: An alarm that is over sooner says little: half of all that need nobody last less than this (clinical/alarms.md section 4: the
#: median lasts 17 s, a delay of 14 s removes half).
SHORT_S = 15.0
PRIORITIES: tuple[Priority, ...] = ("high", "medium", "low")
Tone = Literal["bad", "good", "plain", "muted"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One session in both runs. `end_s`: last moment recorded; `hours` watched. `left_out`: limits changed at the bedside that stand in
    neither run. `other_version`: it ran with another version of the profile than the one that both runs start from."""

    session: str
    title: str
    hours: float
    end_s: float
    rows: tuple[Row, ...]
    before: tuple[Spell, ...]
    after: tuple[Spell, ...]
    deep: tuple[Deep, ...] = ()
    left_out: int = 0
    other_version: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A moment to look at: `at_s` on the session's clock; `occurrence` where the record has the alarm."""

    session: str
    title: str
    at_s: float
    rule: str
    priority: str
    words: str
    occurrence: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that changes, in words, and what it counts."""

    key: str
    tone: Tone
    text: str
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """Alarms of one run: by priority, all, and those over within 15 s."""

    by_priority: dict[Priority, int]
    short: int
    total: int

    @property
    def short_share(self) -> float | None:
        """0 to 1; None without alarms."""
        return self.short / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Report:
    sessions: int
    hours: float
    before: Tally
    after: Tally
    lines: tuple[Line, ...]
    left_out: int = 0
    other_version: int = 0
    numbers: dict[str, Any] = field(default_factory=dict)


def report(outcomes: Sequence[Outcome]) -> Report:
    hours = sum(one.hours for one in outcomes)
    before = _tally((s, one.end_s) for one in outcomes for s in one.before)
    after = _tally((s, one.end_s) for one in outcomes for s in one.after)
    worst = sorted((line for line in _worst(outcomes) if line is not None), key=lambda line: line.tone != "bad")
    lines = (*worst, *(line for line in _rest(outcomes) if line is not None))
    left_out, other = sum(one.left_out for one in outcomes), sum(one.other_version for one in outcomes)
    return Report(
        len(outcomes), hours, before, after, lines, left_out, other, _numbers(outcomes, hours, before, after, lines)
    )


def _tally(found: Iterable[tuple[Spell, float]]) -> Tally:
    counts: dict[Priority, int] = dict.fromkeys(PRIORITIES, 0)
    short = total = 0
    for spell, end_s in found:
        counts[spell.priority] += 1
        total += 1
        short += spell.ended_s is not None and spell.lasted_s(end_s) < SHORT_S
    return Tally(counts, short, total)


# -- the worst first ---------------------------------------------------------------------------------------------------


def _worst(outcomes: Sequence[Outcome]) -> Iterable[Line | None]:
    """What happens to true desaturations, then to every deep one whoever judged it, then to the other true alarms."""
    yield _later("later", "true desaturation", _rows(outcomes, lambda row: row.desaturation and row.true))
    yield _missed("missed", "true desaturation", _rows(outcomes, lambda row: row.desaturation and row.true))
    yield _weaker("weaker", "true desaturation", _rows(outcomes, lambda row: row.desaturation and row.true))
    yield from _deep(outcomes)
    others = _rows(outcomes, lambda row: not row.desaturation and row.true)
    for line in (_later("other-later", "other true alarm", others), _missed("other-missed", "other true alarm", others), _weaker("other-weaker", "other true alarm", others)):  # fmt: skip
        if line.tone == "bad":
            yield line
    yield _unjudged(outcomes)


Found = list[tuple[Outcome, Row]]


def _rows(outcomes: Sequence[Outcome], which: Callable[[Row], bool]) -> Found:
    return [(one, row) for one in outcomes for row in one.rows if which(row)]


def _later(key: str, what: str, found: Found) -> Line:
    late = sorted(((o, r) for o, r in found if r.later_s), key=lambda pair: -(pair[1].later_s or 0))
    seconds = ", ".join(f"{num(row.later_s or 0, 0)} s" for _, row in late[:8])
    more = f" and {len(late) - 8} more" if len(late) > 8 else ""
    tail = f": {seconds}{more}" if late else ""
    return _line(key, late, f"{_count(len(late), what)} announced later{tail}", lambda r: f"{num(r.later_s or 0, 0)} s later")  # fmt: skip


def _missed(key: str, what: str, found: Found) -> Line:
    gone = [(o, r) for o, r in found if r.fate == "vanishes"]
    return _line(key, gone, f"{_count(len(gone), what)} missed", lambda r: "not announced")


def _weaker(key: str, what: str, found: Found) -> Line:
    weak = [(o, r) for o, r in found if r.fate == "weaker"]
    words = f"{_count(len(weak), what)} announced at a lower priority only"
    return _line(key, weak, words, lambda r: f"not as {r.shown.priority}")


def _line(key: str, found: Found, text: str, words: Callable[[Row], str]) -> Line:
    return Line(key, "bad" if found else "good", text, tuple(_item(o, r, words(r)) for o, r in found))


def _deep(outcomes: Sequence[Outcome]) -> Iterable[Line | None]:
    found = [(one, deep) for one in outcomes for deep in one.deep]
    silent = [(o, d) for o, d in found if d.after_s is None]
    new = [(o, d) for o, d in silent if d.before_s is not None]
    what = f"SpO₂ below {num(DEEP_PCT, 0)} % for {num(DEEP_S, 0)} s or longer"
    text = f"{what}: {len(found) or 'none'} in the record"
    if found:
        text += f", {len(silent)} not announced by an SpO₂ alarm" if silent else ", all announced"
    if new:
        text += f" ({len(new)} of them announced now)"
    items = tuple(_deep_item(o, d, "not announced") for o, d in (new or silent))
    yield Line("deep", "bad" if new else "muted" if not found else "plain" if silent else "good", text, items)
    late = [
        (o, d, d.after_s - d.before_s)
        for o, d in found
        if d.before_s is not None and d.after_s is not None and d.after_s > d.before_s
    ]
    if late:
        late.sort(key=lambda one: -one[2])
        seconds = ", ".join(f"{num(by_s, 0)} s" for _, _, by_s in late[:8])
        text = f"{len(late)} of the {len(found)} below {num(DEEP_PCT, 0)} % announced later: {seconds}{'' if len(late) <= 8 else f' and {len(late) - 8} more'}"
        yield Line("deep-later", "bad", text, tuple(_deep_item(o, d, f"{num(s, 0)} s later") for o, d, s in late))


def _unjudged(outcomes: Sequence[Outcome]) -> Line | None:
    """What nobody has judged, or not all alike, may be true as well: it is counted, and never as nothing."""
    found = _rows(outcomes, lambda row: row.desaturation and row.before is not None and not row.true)
    open_ = [(o, r) for o, r in found if r.judged in ("", "differ") or r.judged == "true"]
    hit = [(o, r) for o, r in open_ if r.fate in ("vanishes", "weaker") or r.later_s]
    if not open_:
        return None
    text = f"{_count(len(open_), 'desaturation alarm')} not judged, judged differently or of poor signal"
    gone = sum(r.fate == "vanishes" for _, r in hit)
    late = sum(bool(r.later_s) for _, r in hit)
    if hit:
        text += f": {gone} vanish, {late} come later"
    return Line("open", "plain" if hit else "muted", text, tuple(_item(o, r, _fate_words(r)) for o, r in hit))


# -- the rest ----------------------------------------------------------------------------------------------------------


def _rest(outcomes: Sequence[Outcome]) -> Iterable[Line | None]:
    gone = _rows(outcomes, lambda row: row.fate == "vanishes")
    kinds = [("nuisance", "nuisance"), ("true", "true"), ("technical", "technical"), ("differ", "judged differently"), ("", "not judged")]  # fmt: skip
    counted = [(sum(r.judged == code for _, r in gone), words) for code, words in kinds]
    parts = ", ".join(f"{count} {words}" for count, words in counted if count)
    order = {code: i for i, code in enumerate(("true", "differ", "", "technical", "nuisance"))}
    gone.sort(key=lambda pair: order[pair[1].judged])
    yield Line(
        "vanish", "plain" if gone else "muted", f"− {_count(len(gone), 'alarm')} vanish{'' if len(gone) != 1 else 'es'}{f': {parts}' if parts else ''}",
        tuple(_item(o, r, r.judged or "not judged") for o, r in gone),
    )  # fmt: skip
    joined = _rows(outcomes, lambda row: row.fate == "joined")
    if joined:
        text = f"− {_count(len(joined), 'alarm')} run together with the one before"
        yield Line("joined", "plain", text, tuple(_item(o, r, "one alarm instead of two") for o, r in joined))
    new = _rows(outcomes, lambda row: row.fate == "appears")
    yield Line(
        "appear", "plain" if new else "muted", f"+ {_count(len(new), 'alarm')} appear{'' if len(new) != 1 else 's'}",
        tuple(_item(o, r, "new") for o, r in new),
    )  # fmt: skip
    moved = _rows(outcomes, lambda row: row.fate in ("moved", "weaker", "joined") and bool(row.moved_s))
    if moved:
        later = sum((r.moved_s or 0) > 0 for _, r in moved)
        text = f"{_count(len(moved), 'onset')} move: {later} later, {len(moved) - later} earlier"
        yield Line("moved", "plain", text, tuple(_item(o, r, _moved(r.moved_s or 0.0)) for o, r in moved))


def _fate_words(row: Row) -> str:
    if row.fate == "vanishes":
        return "vanishes"
    return f"not as {row.shown.priority}" if row.fate == "weaker" else f"{num(row.later_s or 0, 0)} s later"


def _moved(by_s: float) -> str:
    return f"{num(abs(by_s), 0)} s {'later' if by_s > 0 else 'earlier'}"


def _item(one: Outcome, row: Row, words: str) -> Item:
    spell = row.shown
    return Item(one.session, one.title, spell.onset_s, spell.rule, spell.priority, words, row.occurrence)


def _deep_item(one: Outcome, deep: Deep, words: str) -> Item:
    lowest = f"{num(deep.lowest, 0)} % for {num(deep.to_s - deep.from_s + 1, 0)} s, {words}"
    return Item(one.session, one.title, deep.from_s, "", "", lowest)


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


# -- numbers -----------------------------------------------------------------------------------------------------------


def _numbers(
    outcomes: Sequence[Outcome], hours: float, before: Tally, after: Tally, lines: Sequence[Line]
) -> dict[str, Any]:
    """What a proposal rests on, to be kept with it."""
    true = _rows(outcomes, lambda row: row.desaturation and row.true)
    deep = [d for one in outcomes for d in one.deep]
    return {
        "sessions": len(outcomes),
        "hours": round(hours, 2),
        "before": {**before.by_priority, "shorter than 15 s": before.short, "all": before.total},
        "after": {**after.by_priority, "shorter than 15 s": after.short, "all": after.total},
        "true desaturations": len(true),
        "true desaturations announced later, s": sorted((round(r.later_s, 1) for _, r in true if r.later_s), reverse=True),
        "true desaturations missed": sum(r.fate == "vanishes" for _, r in true),
        "true desaturations at a lower priority only": sum(r.fate == "weaker" for _, r in true),
        "deep desaturations": len(deep),
        "deep desaturations not announced before": sum(d.before_s is None for d in deep),
        "deep desaturations not announced after": sum(d.after_s is None for d in deep),
        "what changes": [line.text for line in lines],
    }  # fmt: skip
