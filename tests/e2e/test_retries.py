"""An entry whose answer was lost is sent again with its id: after a restart, after the session was closed, and while it hangs."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks._clinic import NURSE
from benchmarks.kill_nine import BED, open_session
from config.models.alarms import load_profile
from config.models.station import Bed
from dashboard.alarms.values import Tick
from dashboard.bedside.bedside import Bedside
from dashboard.bedside.errors import EntryRefused
from dashboard.session.events import SessionOpened
from dashboard.store import StoredTick, Stores
from devices.clock import SystemClock


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    open_session(tmp_path)
    with Stores(tmp_path) as both:
        yield both


def started(stores: Stores) -> Bedside:
    """The bed as a start of the program makes it."""
    bed = Bed(id=BED, title="Room 1")
    bedside = Bedside(bed, {}, SystemClock(), stores.live, lambda *_: None, people=(NURSE,), simulation=False)
    bedside.resume_open()
    return bedside


def entry(kind: str, **fields: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "by": NURSE, "type": kind, **fields}


def test_a_start_sent_again_is_no_second_start(stores: Stores) -> None:
    start = entry("infusion_started", rate_mg_h=200.0, concentration_mg_ml=10.0)
    bed = started(stores)
    first = bed.record(start)
    assert len(first["warnings"]) >= 2
    assert bed.record(start) == first
    assert started(stores).record(start) == first
    with pytest.raises(EntryRefused):
        bed.record({**start, "id": str(uuid.uuid4())})


def test_the_closing_entry_sent_again_stands(stores: Stores) -> None:
    closing = entry("session_closed", summary="went well")
    bed = started(stores)
    first = bed.record(closing)
    assert bed.session is None
    assert bed.record(closing) == first
    assert started(stores).record(closing) == first, "forgotten by a restart"
    with pytest.raises(EntryRefused) as refused:
        bed.record(entry("note", text="too late"))
    assert refused.value.status == 409


def test_a_note_is_recorded_in_the_session_it_was_written_for(stores: Stores, tmp_path: Path) -> None:
    """Its answer was lost, the session was closed meanwhile, and another patient lies in the bed now."""
    note = entry("note", text="drowsy")
    bed = started(stores)
    first = bed.record(note)
    old = bed.session
    bed.record(entry("session_closed"))
    assert old is not None and old.opened is not None
    bed.open(old.opened.__class__(**{**fields(old.opened), "patient": "N. X."}))
    assert bed.record(note) == first
    assert bed.session is not None
    assert not bed.session.notes


def test_an_entry_that_comes_late_does_not_go_to_the_next_patient(stores: Stores) -> None:
    """It never arrived while its own session was open; the page says which one it was written for."""
    bed = started(stores)
    old = bed.session
    assert old is not None and old.opened is not None
    assert bed.record(entry("note", text="in time", session=old.id))["text"] == "in time"
    bed.record(entry("session_closed"))
    bed.open(old.opened.__class__(**{**fields(old.opened), "patient": "N. X."}))
    with pytest.raises(EntryRefused) as refused:
        bed.record(entry("note", text="late", session=old.id))
    assert refused.value.status == 409
    assert bed.session is not None
    assert not bed.session.notes


def test_an_entry_of_the_first_moment_after_a_restart_lies_after_the_gap(tmp_path: Path) -> None:
    """Before the first tick: were it filed beside the last one, a rate would count from before the gap."""
    with Stores(tmp_path) as stores:
        at = datetime.now(UTC) - timedelta(seconds=100)
        opened = SessionOpened(
            at=at, by=NURSE, t_s=0.0, bed=BED, patient="T. N.", weight_kg=70, concentration_mg_ml=1, planned_mg=100, planned_min=60,
            profile="A-standard-adult", profile_version=load_profile("A-standard-adult").version,
        )  # fmt: skip
        stores.live.writer.open_session("s-1", opened).result(10)
        for t_s in range(1, 41):
            tick = Tick(float(t_s), {"spo2": 97.0})
            stores.live.writer.sample("s-1", StoredTick(at + timedelta(seconds=t_s), float(t_s), tick))
        stores.live.writer.flush()
        bed = started(stores)
        answer = bed.record(entry("infusion_started", rate_mg_h=36.0, concentration_mg_ml=1.0))
        assert answer["t_s"] == pytest.approx(100, abs=2)
        assert bed.session is not None
        assert bed.session.given_mg(answer["t_s"] + 100) == pytest.approx(1.0)


def fields(event: Any) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__dataclass_fields__}
