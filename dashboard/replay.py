"""Recorded sessions from the command line: listing them, and running the alarm engine over one again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.models import ConfigError
from dashboard import alarms
from dashboard.alarms.values import Change
from dashboard.alarms_cli import parse_limit
from dashboard.session.events import AlarmEvent, type_name
from dashboard.session.facts import as_fact
from dashboard.session.fold import fold
from dashboard.store import Store, Stores


def list_sessions(data_dir: Path | None, *, simulated: bool) -> list[dict[str, Any]]:
    """Newest first; live and simulated sessions never in one list."""
    with _stores(data_dir) as stores:
        found = [store for store in stores.existing() if store.simulation is simulated]
        return [_row(store, row.id) for store in found for row in store.sessions()]


def recorded_lines(session: str, data_dir: Path | None) -> Iterator[str]:
    """The alarm transitions that the record holds, as the `alarms` command prints them."""
    with _stores(data_dir) as stores:
        store, row = stores.find(session)
        for stored in store.events(row.id):
            event = stored.event
            if isinstance(event, AlarmEvent):
                yield alarms.line(
                    Change(
                        t_s=event.t_s,
                        rule=event.rule,
                        priority=event.priority,  # type: ignore[arg-type]
                        kind=event.kind,  # type: ignore[arg-type]
                        change=type_name(event).removeprefix("alarm_"),  # type: ignore[arg-type]
                        value=event.value,
                        limit=event.limit,
                        occurrence=event.occurrence,
                        by=event.by,
                    )
                )


def rerun_lines(session: str, data_dir: Path | None, limits: tuple[str, ...] = ()) -> Iterator[str]:
    """The same session through the engine again, from its ticks and entries alone; `limits`: what if they had been these."""
    with _stores(data_dir) as stores:
        store, row = stores.find(session)
        record = store.events(row.id)
        profile = store.profiles.resolve(row.profile, row.profile_version)
        for text in limits:
            profile = profile.with_limit(*parse_limit(text))
        facts = [fact for stored in record if (fact := as_fact(stored.event, stored.seq)) is not None]
        for change in alarms.replay(profile, None, store.ticks(row.id), facts):
            yield alarms.line(change)


def _stores(data_dir: Path | None) -> Stores:
    if data_dir is not None and data_dir.exists() and not data_dir.is_dir():
        raise ConfigError(f"{data_dir}: is not a folder; --data-dir names the folder that holds the sessions")
    return Stores(data_dir)


def _row(store: Store, session_id: str) -> dict[str, Any]:
    session = fold(store.events(session_id))
    opened = session.opened
    assert opened is not None
    last = store.last_tick(session_id)
    end_s = last[0] if last else session.record[-1].event.t_s
    return {
        "id": session_id,
        "opened": opened.at.isoformat(timespec="seconds"),
        "bed": opened.bed,
        "patient": opened.patient,
        "minutes": round(end_s / 60, 1),
        "given_mg": round(session.given_mg(end_s), 2),
        "planned_mg": opened.planned_mg,
        "alarms": sum(type_name(entry.event) == "alarm_raised" for entry in session.alarms),
        "state": "signed" if session.signed else "closed" if session.closed else "open",
        "simulation": opened.simulation,
    }
