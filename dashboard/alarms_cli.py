"""The command `alarms`: recorded vitals and events through the engine of the live view, transitions out as JSON lines."""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from config.models.alarms import Profile, load_profile
from config.models.errors import ConfigError
from dashboard.alarms import line, replay
from dashboard.alarms.checks import check_baseline, check_fact
from dashboard.alarms.plan import PRESSURES, RAW_OF
from dashboard.alarms.values import SAMPLED, Fact, Tick
from dashboard.session.events import TYPES
from devices.signals import CUFF_SIGNALS, DERIVED, SIGNALS, plausible

#: Columns with a value only in the row of a measurement. A derived pressure is one too: repeated every second it would look
#: like a new reading that confirms the last.
_EVENTS = (*CUFF_SIGNALS, *PRESSURES)
_COLUMNS = tuple(dict.fromkeys((*SAMPLED, *DERIVED)))
DEFAULT_SCALE = "moaas"
#: A session lasts four days at most; a time beyond twice that is a mistake, and each second of it would be a tick.
MAX_SPAN_S = 8 * 86_400.0


def run_files(
    profile: str, vitals: Path, events: Path | None, *, baseline: str = "", limits: Sequence[str] = ()
) -> Iterator[str]:
    """As `run`, from a profile id or file and paths. ConfigError names file, line and column."""
    loaded = load_profile(profile)
    base = parse_baseline(baseline) if baseline else None
    try:
        with vitals.open(encoding="utf-8-sig", newline="") as rows:
            if events is None:
                yield from run(loaded, rows, None, base, limits, names=(str(vitals), ""))
                return
            with events.open(encoding="utf-8-sig") as facts:
                yield from run(loaded, rows, facts, base, limits, names=(str(vitals), str(events)))
    except OSError as error:
        raise ConfigError(f"{error.filename or vitals}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{vitals if events is None else f'{vitals} or {events}'}: not UTF-8: {error.reason}"
        ) from None


def run(
    profile: Profile,
    vitals: TextIO,
    events: TextIO | None,
    baseline: Mapping[str, float] | None,
    limits: Sequence[str] = (),
    *,
    names: tuple[str, str] = ("vitals", "events"),
) -> Iterator[str]:
    """JSON lines of every change. `limits`: what-if changes, `RULE=VALUE[,delay_s=…][,hysteresis=…]`."""
    for text in limits:
        profile = profile.with_limit(*parse_limit(text))
    facts = [] if events is None else read_events(events, names[1], profile)
    rows = read_vitals(vitals, names[0])
    if any("loc" in values for _, values in rows):
        spoken = [_spoken(t_s, values["loc"]) for t_s, values in rows if values.get("loc") is not None]
        facts = sorted([*facts, *spoken], key=lambda fact: fact.t_s)
    for change in replay(profile, baseline, ticks(rows), facts):
        yield line(change)


Row = tuple[float, dict[str, float | None]]


def ticks(rows: Iterable[Row]) -> Iterator[Tick]:
    """A tick each whole second from the first row to the last. A cell holds until the next row; a measurement counts once, in the
    first tick at or after its row."""
    rows = list(rows)
    if not rows:
        return
    bounds = [*pairwise(t_s for t_s, _ in rows), (rows[-1][0], math.ceil(rows[-1][0]) + 1.0)]
    readings: dict[str, float | None] = {}
    for (begin_s, end_s), (_, cells) in zip(bounds, rows, strict=True):
        held = {name: value for name, value in cells.items() if name not in _EVENTS and name != "loc"}
        nothing = {name: None for name in cells if name in _EVENTS}
        readings.update({name: cells[name] for name in nothing if cells[name] is not None})
        for second in range(math.ceil(begin_s), math.ceil(end_s)):
            yield Tick(float(second), {**held, **nothing, **readings})
            readings = {}


def read_vitals(file: TextIO, name: str) -> list[Row]:
    """Rows of `t_s` and values by column. An empty cell, or an impossible number, is no value.

    ConfigError names file, line and column: unknown or repeated columns, text that is no number, time that does not rise.
    """
    reader = csv.reader(file)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, name)
        rows: list[Row] = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            where = f"{name}, line {reader.line_num}"
            if len(cells) != len(header):
                raise ConfigError(f"{where}: {len(cells)} cells, the header has {len(header)}")
            values = {column: _cell(cell.strip(), column, where) for column, cell in zip(header, cells, strict=True)}
            t_s = values.pop("t_s")
            if t_s is None:
                raise ConfigError(f"{where}, column t_s: empty; seconds are needed")
            if rows and t_s <= rows[-1][0]:
                raise ConfigError(f"{where}, column t_s: {t_s:g} does not come after {rows[-1][0]:g}")
            if rows and t_s - rows[0][0] > MAX_SPAN_S:
                span = f"{t_s:g} is more than {MAX_SPAN_S / 86_400:g} days after the first row ({rows[0][0]:g})"
                raise ConfigError(f"{where}, column t_s: {span}")
            rows.append((t_s, values))
    except csv.Error as error:
        raise ConfigError(f"{name}, line {reader.line_num}: {error}") from None
    return rows


def _check_header(header: list[str], name: str) -> None:
    if "t_s" not in header:
        raise ConfigError(f"{name}, line 1: no column t_s")
    if twice := sorted({column for column in header if header.count(column) > 1}):
        raise ConfigError(f"{name}, line 1: column {', '.join(twice)} is there twice")
    if unknown := [column for column in header if column not in (*_COLUMNS, "t_s")]:
        raise ConfigError(f"{name}, line 1: unknown column {', '.join(unknown)}; there are {', '.join(_COLUMNS)}")


def _cell(text: str, column: str, where: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(f"{where}, column {column}: {text!r} is not a number")
    signal = RAW_OF.get(column, (column,))[-1]
    if signal in SIGNALS and plausible(signal, value) == "invalid":
        return None  # as a bed does with what a monitor cannot have measured
    return value


def _spoken(t_s: float, level: float | None) -> Fact:
    """A cell of the column `loc`: a level of the default scale, assessed in that second."""
    return Fact(t_s, "consciousness_assessed", {"scale": DEFAULT_SCALE, "level": level, "by": ""})


def read_events(file: TextIO, name: str, profile: Profile) -> list[Fact]:
    """Session events, one JSON object a line: `t_s`, `type` and the event's fields. They are put in order of time; lines
    of the same time keep theirs. ConfigError names file, line and key."""
    facts = []
    for number, text in enumerate(file, start=1):
        if not text.strip():
            continue
        where = f"{name}, line {number}"
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ConfigError(f"{where}: not JSON: {error.msg}") from None
        if not isinstance(data, dict):
            raise ConfigError(f"{where}: an object with t_s and type is needed")
        t_s, kind = data.pop("t_s", None), data.pop("type", None)
        if isinstance(t_s, bool) or not isinstance(t_s, int | float) or not math.isfinite(t_s):
            raise ConfigError(f"{where}, t_s: a number of seconds is needed (got {t_s!r})")
        if kind not in TYPES:
            raise ConfigError(f"{where}, type: unknown event {kind!r}")
        fact = Fact(float(t_s), kind, data)
        try:
            check_fact(profile, fact)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None
        facts.append(fact)
    return sorted(facts, key=lambda fact: fact.t_s)


def parse_baseline(text: str) -> dict[str, float]:
    """`hr=75,sbp=120`. ConfigError names the part that is wrong."""
    values = dict(_pair(part, "--baseline") for part in text.split(","))
    check_baseline(values)
    return values


def parse_limit(text: str) -> tuple[str, dict[str, float]]:
    """`RULE=VALUE[,delay_s=…][,hysteresis=…]`; the value may be left out: `RULE,delay_s=30`."""
    first, *rest = text.split(",")
    change: dict[str, float] = {}
    if "=" in first:
        rule, change["value"] = _pair(first, "--limit")
    else:
        rule = first.strip()
    change.update(_pair(part, "--limit") for part in rest)
    if not rule or not change:
        raise ConfigError(f"--limit: {text!r} should read RULE=VALUE[,delay_s=…][,hysteresis=…]")
    return rule, change


def _pair(part: str, where: str) -> tuple[str, float]:
    name, _, number = part.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not name.strip() or not math.isfinite(value):
        raise ConfigError(f"{where}: {part!r} should read name=number")
    return name.strip(), value
