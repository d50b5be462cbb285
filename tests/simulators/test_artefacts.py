"""A restless patient: the noise is the same for a seed whenever it is looked at, and leaves a still patient's numbers alone."""

from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.artefacts import CUFF_FAILS, KINDS, MOTION, Artefacts, Episodes
from simulators.scenario import Run, find_scenario
from simulators.vitals import Vital

SHOWN = {
    "hr": Vital(80.0), "pr": Vital(80.0), "spo2": Vital(97.0), "pi": Vital(4.0), "etco2": Vital(38.0), "rr_co2": Vital(14.0), "temp": Vital(36.6),
    "nibp_sys": Vital(120.0, at_s=30.0), "nibp_dia": Vital(75.0, at_s=30.0), "nibp_map": Vital(90.0, at_s=30.0), "no_breath": Vital(0.0),
}  # fmt: skip


@settings(max_examples=30)
@given(st.lists(st.floats(0, 20_000), max_size=10), st.integers(0, 5))
def test_the_same_at_any_time_in_any_order(times: list[float], seed: int) -> None:
    asked_once = Artefacts(seed, 1.0)
    found = {t_s: asked_once.over(SHOWN, t_s) for t_s in times}
    for t_s in reversed(times):
        assert Artefacts(seed, 1.0).over(SHOWN, t_s) == found[t_s]


def test_episodes_last_as_long_as_their_kind_and_leave_pauses() -> None:
    for kind in KINDS:
        episodes = Episodes(kind, 7, 1.0)
        episodes.at(400_000.0)
        drawn = episodes._drawn
        assert all(kind.low_s <= one.to_s - one.from_s <= kind.high_s for one in drawn)
        assert median(one.to_s - one.from_s for one in drawn) == pytest.approx(kind.median_s, rel=0.25)
        assert 400_000 / len(drawn) == pytest.approx(kind.every_s + kind.median_s, rel=0.3)


def test_motion_reads_low_and_never_high() -> None:
    noise = Artefacts(3, 1.0)
    moved = [t for t in range(20_000) if noise._episodes[MOTION].at(float(t))]
    shown = [noise.over(SHOWN, float(t))["spo2"] for t in moved]
    values = [one.value for one in shown if one.value is not None]
    assert len(values) > 100 and max(values) < 97 and min(values) >= 97 - 16
    assert {one.status for one in shown if one.value is not None} == {"questionable"}


def test_no_breath_stays_no_breath_and_a_lost_probe_stays_lost() -> None:
    noise = Artefacts(1, 5.0)
    silent = SHOWN | {"rr_co2": Vital(0.0), "etco2": Vital(0.0), "spo2": Vital(None, "sensor_off")}
    for t in range(0, 5_000, 3):
        out = noise.over(silent, float(t))
        assert (out["rr_co2"].value, out["etco2"].value, out["no_breath"].value, out["spo2"].value) == (0, 0, 0, None)


def test_a_spoilt_cuff_reading_is_spoilt_whenever_it_is_looked_at() -> None:
    noise = Artefacts(2, 1.0)
    failed = 0
    for at_s in range(0, 300_000, 300):
        shown = SHOWN | {
            name: Vital(value, at_s=float(at_s))
            for name, value in (("nibp_sys", 120.0), ("nibp_dia", 75.0), ("nibp_map", 90.0))
        }
        first, later = noise.over(shown, at_s + 1.0), noise.over(shown, at_s + 200.0)
        assert [first[n] for n in ("nibp_sys", "nibp_dia", "nibp_map")] == [
            later[n] for n in ("nibp_sys", "nibp_dia", "nibp_map")
        ]
        failed += first["nibp_sys"].value is None
    assert failed / 1000 == pytest.approx(CUFF_FAILS, abs=0.02)


def test_a_scenario_is_still_unless_it_says_otherwise() -> None:
    scenario = find_scenario("crps-uneventful")
    assert scenario.artefacts == 0
    still, restless = Run(scenario, 1), Run(scenario.model_copy(update={"artefacts": 1.0}), 1)
    different = 0
    for t in range(0, 1_500, 10):
        still.advance(float(t))
        restless.advance(float(t))
        assert restless.patient.vitals() == still.vitals(), "the noise lies over the patient and does not touch him"
        different += restless.vitals() != still.vitals()
    assert 5 < different < 75
    with pytest.raises(ValueError, match="above 0"):
        Artefacts(1, 0.0)
