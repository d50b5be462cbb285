"""Reading a clinic's station file: what the typed model cannot know of itself is checked here, before anything starts."""

from collections.abc import Mapping
from pathlib import Path

import serial

from config.models import ConfigError, load_toml
from config.models.station import Bed, Device, Station
from dashboard.alarms import load_profile
from devices.link import normal_url
from devices.registry import Monitor, find_monitor
from devices.signals import SIGNALS

#: Alarm limits are a physician's to approve; a small clinic's physician may be its administrator.
APPROVING = ("physician", "administrator")


def read_station(path: Path) -> Station:
    """ConfigError, in one line, names file and place of what is wrong, also of what nothing could ever answer to: a profile, a
    monitor, a signal or a kind of port that does not exist."""
    station = load_toml(path, Station)
    try:
        load_profile(station.profile)
    except ConfigError as error:
        raise ConfigError(f"{path}: profile: {error}") from None
    for bed in station.beds:
        try:
            _check(bed)
        except ConfigError as error:
            raise ConfigError(f"{path}: bed {bed.id!r}: {error}") from None
    return station


def monitors_of(bed: Bed) -> Mapping[str, Monitor]:
    """Device name -> what it is. ConfigError for a monitor that this version does not read."""
    return {device.name: find_monitor(device.monitor) for device in bed.devices}


def _check(bed: Bed) -> None:
    if unknown := sorted(set(bed.prefer) - set(SIGNALS)):
        raise ConfigError(f"prefer: no signal {', '.join(unknown)}; there are {', '.join(SIGNALS)}")
    monitors_of(bed)
    for device in bed.devices:
        _check_port(device)


def _check_port(device: Device) -> None:
    """Only its kind: whether it can be opened now is the link's business, and may change."""
    try:
        serial.serial_for_url(normal_url(device.port), do_not_open=True)
    except ValueError as error:
        raise ConfigError(f"device {device.name!r}: port {device.port}: {error}") from None
