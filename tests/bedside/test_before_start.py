"""A bed before its start: no infusion without what the profile requires, unless a physician says why."""

import pytest
from bed_world import World

from config.models.alarms import load_profile
from dashboard.bedside.before_start import preparation
from dashboard.bedside.errors import EntryRefused

CALM = {"hr": 72.0, "spo2": 97.0, "rr_imp": 14.0}
START = {"rate_mg_h": 20.0, "concentration_mg_ml": 2.0}


@pytest.fixture
def strict(world: World) -> World:
    """A bed with profile B, which requires CO2; C. Charge is the physician here."""
    world.bed.roles = {"R. Nurse": "nurse", "C. Charge": "physician"}
    profile = load_profile("B-high-respiratory-risk")
    world.open(profile=profile.id, profile_version=profile.version)
    return world


def test_no_start_without_co2_and_the_refusal_says_what_to_do(strict: World) -> None:
    strict.advance(40, **CALM)
    with pytest.raises(EntryRefused, match="does not start without CO₂") as refused:
        strict.record("infusion_started", **START)
    assert refused.value.status == 409 and "a physician" in str(refused.value)
    strict.settle()
    assert strict.bed.session is not None and strict.bed.session.infusion.state == "not_started"


def test_with_co2_it_starts_and_a_lost_cannula_later_stops_nothing(strict: World) -> None:
    strict.advance(40, **CALM, etco2=38.0, rr_co2=14.0)
    strict.record("infusion_started", **START)
    strict.advance(60, **CALM)
    strict.record("infusion_paused", reason="cannula")
    strict.record("infusion_resumed")


def test_co2_that_was_lost_half_a_minute_ago_is_not_there(strict: World) -> None:
    strict.advance(5, **CALM, etco2=38.0)
    strict.advance(20, **CALM, etco2=None)
    assert preparation(strict.bed, strict.store).absent == ()  # type: ignore[union-attr]
    strict.advance(20, **CALM, etco2=None)
    with pytest.raises(EntryRefused, match="CO₂"):
        strict.record("infusion_started", **START)


def test_only_a_physician_waives_it_and_says_why(strict: World) -> None:
    strict.advance(40, **CALM)
    waiver = {"item": "start_without_etco2", "answer": "override"}
    with pytest.raises(EntryRefused, match="physician's decision") as refused:
        strict.record("checklist_answered", **waiver, note="no line")
    assert refused.value.field == "by"
    with pytest.raises(EntryRefused, match="say why"):
        strict.record("checklist_answered", **waiver, by="C. Charge")
    strict.record("checklist_answered", **waiver, by="C. Charge", note="capnograph broken, I stay")
    strict.record("infusion_started", **START)
    assert "start without CO₂, a physician's decision · capnograph broken, I stay" in " ".join(strict.log())


def test_the_baseline_is_frozen_at_the_start(strict: World) -> None:
    strict.advance(40, **CALM, etco2=38.0)
    strict.record("baseline_taken", values={"rate": 72.0})
    strict.record("infusion_started", **START)
    strict.advance(5, **CALM, etco2=38.0)
    with pytest.raises(EntryRefused, match="physician"):
        strict.record("baseline_taken", values={"rate": 90.0}, reason="looks better")
    with pytest.raises(EntryRefused, match="frozen"):
        strict.record("baseline_taken", by="C. Charge", values={"rate": 90.0})
    strict.record("baseline_taken", by="C. Charge", values={"rate": 90.0}, reason="taken while anxious")
    strict.settle()
    assert strict.bed.session.baseline.event.values == {"rate": 90.0}  # type: ignore[union-attr]


def test_what_is_there_and_what_is_missing(strict: World) -> None:
    strict.advance(130, **CALM)
    strict.settle()
    made = preparation(strict.bed, strict.store)
    assert made is not None
    assert (made.absent, set(made.seen), made.started) == (("etco2",), {"spo2", "rate"}, False)
    assert made.readings.values == {"rate": 72, "spo2": 97, "rr": 14}
    assert made.readings.why_not["etco2"] == "no reading for a minute"
    strict.record("baseline_taken", values={"spo2": 94.0})
    strict.settle()
    made = preparation(strict.bed, strict.store)
    assert made is not None
    assert [(one.rule, one.offered) for one in made.inside] == [("SPO2_LOW_1", 93)]
    strict.record(
        "limit_changed", rule="SPO2_LOW_1", old={"value": 94.0}, new={"value": 93.0}, reason=made.inside[0].reason
    )
    strict.settle()
    assert preparation(strict.bed, strict.store).inside == ()  # type: ignore[union-attr]


def test_without_a_session_there_is_nothing_to_prepare(world: World) -> None:
    assert preparation(world.bed, world.store) is None


def test_the_standard_profile_requires_nothing(world: World) -> None:
    world.open()
    world.advance(5, **CALM)
    world.record("infusion_started", **START)
