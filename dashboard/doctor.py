"""What `doctor` and `ports` look at: this machine's ports, rights, disk, clock and databases. Changes nothing."""

import os
import shutil
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from serial.tools import list_ports as serial_ports

from config.models import ConfigError, DashboardError
from config.models.station import Device
from dashboard.escalation.examine import examine_contacts
from dashboard.stations import monitors_of, read_station
from dashboard.store import Stores, open_store
from dashboard.store.places import NAMES
from devices.clock import SystemClock
from devices.link import Link, LinkError, PortSettings, open_port
from devices.registry import Monitor, load_monitors

#: A listening probe hears a streaming monitor within its interval, and an IntelliVue's association within 3 s.
PROBE_S = 6.0
LOW_DISK_BYTES = 500_000_000
FULL_DISK_BYTES = 50_000_000

Finding = dict[str, str]


def examine(config: Path | None, data_dir: Path | None, *, send_test: bool = False) -> list[Finding]:
    """One finding a line: `state` (ok, warning, error), `what`, and `detail` with who can act. `send_test`: contacts of the station
    file get a trial notice."""
    findings = [_python(), _clock(), *_folder(data_dir), *_ports()]
    if config is not None:
        findings += _station(config, send_test=send_test)
    return findings


def list_ports(*, probe: bool) -> list[dict[str, Any]]:
    """Serial ports of this machine; with `probe`, which known monitor speaks on each."""
    rows: list[dict[str, Any]] = []
    for port in sorted(serial_ports.comports()):
        row: dict[str, Any] = {
            "port": port.device,
            "description": port.description,
            "usable": _rights(port.device) or "yes",
        }
        if probe:
            row["monitor"] = _probe(port.device)
        rows.append(row)
    return rows


def _probe(port: str) -> str | None:
    """The first monitor whose decoder finds good frames on the port. Only what its protocol asks for is sent."""
    for monitor in load_monitors().values():
        if monitor.transport != "serial":
            continue
        heard = threading.Event()
        link = Link(monitor, port, lambda *_, heard=heard: heard.set(), SystemClock())
        with link:
            heard.wait(PROBE_S)
            if link.status().frames:
                return monitor.name
    return None


def _python() -> Finding:
    return _finding("ok", "python", f"{sys.version.split()[0]} on {sys.platform}")


def _clock() -> Finding:
    now = datetime.now(UTC)
    if now.year < 2025:
        return _finding("error", "clock", f"says {now:%Y-%m-%d}: set this computer's clock before recording")
    local = now.astimezone()
    return _finding("ok", "clock", f"{local:%Y-%m-%d %H:%M:%S %Z}, {now:%H:%M:%S} UTC")


def _folder(data_dir: Path | None) -> list[Finding]:
    stores = Stores(data_dir)
    folder = stores.data_dir
    parent = next((p for p in (folder, *folder.parents) if p.exists()), folder)
    out = []
    if not parent.is_dir():
        out.append(_finding("error", "data folder", f"{parent}: is not a folder; give another --data-dir"))
    elif not os.access(parent, os.W_OK | os.X_OK):
        out.append(
            _finding("error", "data folder", f"{folder}: no right to write; give the user rights or another --data-dir")
        )
    else:
        out.append(_finding("ok", "data folder", f"{folder}"))
    free = shutil.disk_usage(parent).free
    state = "error" if free < FULL_DISK_BYTES else "warning" if free < LOW_DISK_BYTES else "ok"
    advice = "" if state == "ok" else ": free some space, entries are refused when the disk is full"
    out.append(_finding(state, "disk", f"{free / 1e9:.1f} GB free{advice}"))
    for simulation, name in NAMES.items():
        if (folder / name).exists():
            out.append(_database(folder / name, simulation))
    return out


def _database(path: Path, simulation: bool) -> Finding:
    try:
        with open_store(path, simulation=simulation) as store:
            rows = store.sessions()
            broken = [f"{row.id} {link}" for row in rows[:20] if (link := store.verify(row.id)) is not None]
    except DashboardError as error:
        return _finding("error", "database", str(error))
    if broken:
        return _finding(
            "error", "database", f"{path}: broken record in session {broken[0]}; keep the file and tell the maker"
        )
    return _finding("ok", "database", f"{path}: {len(rows)} sessions, records intact")


def _ports() -> list[Finding]:
    found = sorted(serial_ports.comports())
    if not found:
        return [
            _finding("warning", "serial ports", "none: plug in the adapter, or use socket:// or simulated monitors")
        ]
    out = []
    for port in found:
        trouble = _rights(port.device)
        out.append(
            _finding("error" if trouble else "ok", "serial port", f"{port.device} {trouble or port.description}")
        )
    return out


def _rights(device: str) -> str:
    if os.name == "posix" and not os.access(device, os.R_OK | os.W_OK):
        return "no rights: add the user to the dialout group and log in again"
    return ""


def _station(config: Path, *, send_test: bool) -> list[Finding]:
    try:
        station = read_station(config)
    except ConfigError as error:
        return [_finding("error", "station", str(error))]
    out = [_finding("ok", "station", f"{config}: {len(station.beds)} beds, {len(station.people)} people")]
    for bed in station.beds:
        monitors = monitors_of(bed)
        for device in bed.devices:
            state, detail = _port(device, monitors[device.name])
            out.append(_finding(state, f"bed {bed.id}", f"{device.name}: {detail}"))
    contacts = station.escalation.contacts
    if not contacts:
        out.append(_finding("warning", "contacts", "none: an unanswered alarm reaches the station's own screens only"))
    return out + [_finding(*row) for row in examine_contacts(station.name, contacts, send_test=send_test)]


def _port(device: Device, monitor: Monitor) -> tuple[str, str]:
    """Opened and closed again; nothing is sent."""
    try:
        open_port(device.port, PortSettings.of(monitor, baud=device.baud)).close()
    except LinkError as error:
        held = "holds the port" in str(error)
        return ("warning", f"{error}, unless it is this program at work") if held else ("error", str(error))
    return "ok", f"{device.port} can be opened; `ports --probe` tells whether a monitor speaks there"


def _finding(state: str, what: str, detail: str) -> Finding:
    return {"state": state, "what": what, "detail": detail}
