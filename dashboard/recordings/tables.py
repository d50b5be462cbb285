"""A CSV of vitals as a recording: the columns and cells of the `alarms` command (design section 8)."""

from pathlib import Path
from typing import Any

from config.models import ConfigError
from dashboard.alarms_cli import DEFAULT_SCALE, read_vitals
from devices.signals import CUFF_SIGNALS, SIGNALS
from simulators.replay import Recording, Track, cuff_events, sample, track

#: Derived column -> raw signals that a monitor could show it as. A pressure is a cuff measurement: a level would be a column of its own.
_SHOWN_AS = {"rate": "hr", "sbp": "nibp_sys", "dbp": "nibp_dia", "map": "nibp_map"}
#: About the bed, not the patient.
_IGNORED = frozenset({"t_s", "loc", "link", "nurse_present"})
_STATES = frozenset({"breath", "no_breath"})


def read_csv(path: Path) -> Recording:
    """Second 0 is the first row. ConfigError names file, line and column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = read_vitals(file, str(path))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8: {error.reason}") from None
    if not rows:
        raise ConfigError(f"{path}: no row of values")
    zero_s = rows[0][0]
    shifted = [(t_s - zero_s, values) for t_s, values in rows]
    names = _names(shifted[0][1])
    tracks: dict[str, Track] = {}
    for column, name in names.items():
        if name in CUFF_SIGNALS:
            continue
        cells = [(t_s, values[column]) for t_s, values in shifted]
        if name in _STATES:
            tracks[name] = track((t_s, value, "ok") for t_s, value in cells)
        else:
            tracks[name] = track(sample(name, t_s, value) for t_s, value in cells)
    pressures = {column: name for column, name in names.items() if name in CUFF_SIGNALS}
    measured = [(t_s, {name: values[column] for column, name in pressures.items()}) for t_s, values in shifted]
    cuff = cuff_events(measured)
    if not cuff and all(value is None for one in tracks.values() for value in one.values):
        raise ConfigError(f"{path}: no value of a vital sign in it")
    levels = [(t_s, level) for t_s, values in shifted if (level := values.get("loc")) is not None]
    charted = tuple(_assessed(t_s, level) for t_s, level in levels)
    return Recording(tracks, cuff, has_cuff=bool(pressures), charted=charted)


def _names(columns: dict[str, float | None]) -> dict[str, str]:
    """Column -> signal of a monitor; a raw column wins over a derived one of the same signal."""
    names: dict[str, str] = {}
    for column in columns:
        if column in _IGNORED:
            continue
        name = _SHOWN_AS.get(column, column)
        if column == "rr":
            name = "rr_co2" if "etco2" in columns else "rr_imp"
        if (name in SIGNALS or name in _STATES) and (name == column or name not in columns):
            names[column] = name
    return names


def _assessed(t_s: float, level: float) -> dict[str, Any]:
    return {"t_s": t_s, "type": "consciousness_assessed", "scale": DEFAULT_SCALE, "level": f"{level:g}"}
