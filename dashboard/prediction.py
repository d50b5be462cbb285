"""The `predict` command: a regimen file in, concentrations as CSV out."""

import json
from collections.abc import Iterator
from pathlib import Path

from config.models import ConfigError
from simulators.patient.pk import predict_csv


def predict_file(
    regimen: Path, model: str, *, every_min: float | None, at: str | None, norketamine: bool = False
) -> Iterator[str]:
    """Lines of `t_min,cp_ng_ml,ce_ng_ml`, and of `norket_ng_ml` when asked for, which is illustrative. ConfigError names the file and what is wrong in it."""
    if every_min is not None and at is not None:
        raise ConfigError("--every and --at exclude each other")
    try:
        data = json.loads(regimen.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{regimen}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{regimen}: not valid JSON: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{regimen}: expected an object with weight_kg and events")
    times = None if at is None else _minutes(at)
    try:
        yield from predict_csv(data, model, every_min=every_min, at_min=times, norketamine=norketamine)
    except ConfigError as error:
        about, _, what = str(error).partition(": ")
        name = {"regimen": str(regimen), "at": "--at", "every": "--every", "norketamine": "--norketamine"}.get(about)
        raise ConfigError(f"{name}: {what}" if name else str(error)) from None


def _minutes(at: str) -> list[float]:
    try:
        return [float(part) for part in at.split(",") if part.strip()]
    except ValueError:
        raise ConfigError(f"--at {at}: expected minutes such as 0,5,10") from None
