"""The virtual patient as a whole: one grid whatever the caller does, exact drug, and what the monitor shows of events."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.models import scenario as script
from simulators.patient.patient import VirtualPatient
from simulators.patient.pk import Dose, drug_model
from simulators.patient.variability import draw_person

ADULT = script.Patient(name="A", age_y=34, sex="F", weight_kg=70, hr=72, sbp=118, dbp=72, rr=14)
KAMP = drug_model("kamp2020").for_weight(70)


def patient(seed: int = 1, spec: script.Patient = ADULT, **setup: object) -> VirtualPatient:
    return VirtualPatient(spec, script.MonitorSetup.model_validate(setup), KAMP, seed)


def value(p: VirtualPatient, name: str) -> float | None:
    return p.vitals()[name].value


def run(p: VirtualPatient, until_s: float, chunk_s: float) -> list[object]:
    """Everything seen and true at whole seconds of interest, walking in chunks; hands act at fixed odd times."""
    acts = {
        12.34: lambda: p.set_rate_mg_h(60),
        33.0: lambda: p.bolus_mg(15),
        61.7: lambda: p.do(script.CentralApnoea(duration_s=25)),
        130.05: lambda: p.do(script.SensorOff(group="spo2", duration_s=20)),
        140.0: lambda: p.set_rate_mg_h(0),
    }
    looks = {float(t) for t in range(0, int(until_s) + 1, 20)}
    times = sorted(acts.keys() | looks | set(np.arange(0, until_s, chunk_s).tolist()))
    out: list[object] = []
    for t in times:
        p.advance(t)
        if t in acts:
            acts[t]()
        if t in looks:
            out.append((t, p.vitals(), p.truth()))
    return out


@pytest.mark.parametrize("chunk_s", [0.37, 20.0, 200.0])
def test_bit_identical_whatever_the_chunks(chunk_s: float) -> None:
    assert run(patient(), 200, chunk_s) == run(patient(), 200, 1.0)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 90), max_size=12))
def test_bit_identical_for_any_cuts(cuts: list[float]) -> None:
    whole, cut = patient(), patient()
    for t in sorted(cuts):
        cut.advance(t)
        cut.vitals()
        cut.truth()
    for p in (whole, cut):
        p.advance(90)
    assert (whole.vitals(), whole.truth()) == (cut.vitals(), cut.truth())


def test_seeds_differ_and_time_never_goes_back() -> None:
    a, b = patient(1), patient(2)
    for p in (a, b):
        p.advance(600)
    assert a.vitals() != b.vitals()
    before = a.vitals()
    a.advance(10)
    assert a.vitals() == before
    assert a.now_s == 600


def test_the_drug_is_exact_at_odd_times() -> None:
    p = patient()
    for t, rate in ((10.03, 52.5), (611.777, 0.0), (900.5, 30.0)):
        p.advance(t)
        p.set_rate_mg_h(rate)
    p.advance(1000.31)
    p.bolus_mg(5)
    p.advance(1500)
    events = [
        Dose(10.03 / 60, None, 52.5),
        Dose(611.777 / 60, None, 0),
        Dose(900.5 / 60, None, 30),
        Dose(1000.31 / 60, 5),
    ]
    cp, ce = KAMP.concentration(events, [25.0])
    assert ce is not None
    assert (p.truth()["cp"], p.truth()["ce"]) == pytest.approx((cp[0], ce[0]), rel=1e-9)
    assert p.truth()["given_mg"] == pytest.approx((52.5 * 601.747 + 30 * 599.5) / 3600 + 5)


def test_an_undisturbed_patient_stays_within_bounds_for_hours() -> None:
    p = patient()
    seen: dict[str, list[float]] = {}
    for t in range(0, 4 * 3600, 5):
        p.advance(t)
        for name, vital in p.vitals().items():
            if vital.value is not None:
                seen.setdefault(name, []).append(vital.value)
    bounds = {"hr": (60, 86), "pr": (60, 86), "spo2": (95, 99), "etco2": (34, 42), "rr_co2": (10, 18), "rr_imp": (10, 18),
              "temp": (36.2, 37.2), "pi": (1.5, 8), "nibp_sys": (100, 136), "nibp_dia": (58, 86), "no_breath": (0, 0)}  # fmt: skip
    for name, (low, high) in bounds.items():
        assert low <= min(seen[name]) <= max(seen[name]) <= high, name
    assert np.std(seen["hr"]) == pytest.approx(2.4, abs=0.8)
    assert np.std(seen["spo2"]) < 0.8
    assert p.truth()["sao2"] == pytest.approx(97.2, abs=0.2)
    assert "abp_sys" not in seen


def test_apnoea_on_the_wire() -> None:
    p = patient()
    p.advance(100)
    p.do(script.CentralApnoea(duration_s=60))
    held = {name: p.vitals()[name] for name in ("etco2", "rr_co2", "rr_imp")}
    for tenths in range(1001, 1200):  # until the monitor says so, the last numbers stand, and EtCO2 does not climb
        p.advance(tenths / 10)
        assert value(p, "no_breath") == 0
        assert all(value(p, name) == vital.value for name, vital in held.items())
    p.advance(120)
    assert [value(p, n) for n in ("no_breath", "etco2", "rr_co2", "rr_imp")] == [1, 0, 0, 0]
    assert p.truth()["paco2"] > 46
    p.advance(160)
    assert value(p, "no_breath") == 1
    p.advance(162)
    assert (value(p, "no_breath"), value(p, "rr_co2")) == (0, 0)
    assert (value(p, "etco2") or 0) >= 44
    p.advance(170)
    assert (value(p, "rr_co2") or 0) > 10
    p.advance(600)
    assert value(p, "etco2") == pytest.approx(38, abs=3)


@pytest.mark.parametrize("no_breath_s", [15.0, 30.0])
def test_the_monitors_own_apnoea_time(no_breath_s: float) -> None:
    p = patient(no_breath_s=no_breath_s)
    p.advance(50)
    p.do(script.CentralApnoea(duration_s=60))
    p.advance(50 + no_breath_s - 0.1)
    assert value(p, "no_breath") == 0
    p.advance(50 + no_breath_s)
    assert value(p, "no_breath") == 1


def test_impedance_is_fooled_by_obstruction_but_not_capnography() -> None:
    p = patient()
    p.advance(50)
    p.do(script.Obstruction(fraction=1.0, duration_s=60))
    p.advance(80)
    assert (value(p, "no_breath"), value(p, "rr_co2")) == (1, 0)
    assert (value(p, "rr_imp") or 0) > 10
    assert p.truth()["airway"] == 0
    assert p.truth()["sao2"] < patient().truth()["sao2"] - 1


def test_desaturation_shows_late_and_worse_behind_a_closed_airway() -> None:
    opened, closed = patient(), patient()
    for p, fraction in ((opened, 0.0), (closed, 1.0)):
        p.advance(60)
        p.do(script.CentralApnoea(duration_s=90))
        p.do(script.Obstruction(fraction=fraction, duration_s=90))
        p.advance(110)
        assert p.truth()["sao2"] < 91
        assert (value(p, "spo2") or 0) > p.truth()["sao2"] + 4
        p.advance(149)
    assert closed.truth()["sao2"] < opened.truth()["sao2"] - 3
    assert closed.truth()["hr"] > 78


def test_hands_of_the_team() -> None:
    p = patient()
    p.advance(60)
    p.do(script.CentralApnoea(duration_s=300))
    p.do(script.Obstruction(fraction=1.0, duration_s=300))
    p.advance(100)
    p.do(script.Ventilate(duration_s=60))
    p.advance(115)
    assert value(p, "no_breath") == 0
    assert p.truth()["airway"] == 1
    p.advance(159)
    assert p.truth()["sao2"] > 98.5
    p.advance(190)
    assert (value(p, "no_breath"), p.truth()["drive"]) == (1, 0)
    p.do(script.OpenAirway(duration_s=60))
    p.do(script.Stimulate())
    p.advance(200)
    assert value(p, "no_breath") == 0
    assert p.truth()["drive"] > 0.9


def test_stimulation_lifts_the_level_for_a_minute() -> None:
    p = patient()
    p.set_rate_mg_h(60)
    p.advance(1200)
    assert p.level == 3
    p.do(script.Stimulate())
    assert p.level == 4
    p.advance(1261)
    assert p.level == 3


def test_oxygen_delays_desaturation_and_hides_hypoventilation() -> None:
    air, oxygen = patient(), patient()
    oxygen.oxygen(4.0)
    for p in (air, oxygen):
        p.advance(300)
        p.do(script.Hypoventilation(drive=0.35, duration_s=900))
        p.advance(1150)
    assert (value(air, "spo2") or 0) <= 94
    assert (value(oxygen, "spo2") or 0) >= 98
    assert oxygen.truth()["paco2"] == pytest.approx(air.truth()["paco2"], abs=0.5)
    assert oxygen.truth()["paco2"] > 46


def test_partial_obstruction_gives_small_plateaus() -> None:
    p = patient()
    p.advance(60)
    p.do(script.Obstruction(fraction=0.5, duration_s=120))
    p.advance(100)
    assert (value(p, "etco2") or 0) < 36
    assert p.truth()["paco2"] > 42


def test_a_sensor_that_comes_off() -> None:
    p = patient()
    p.advance(60)
    p.do(script.SensorOff(group="spo2", duration_s=30, hold_s=8))
    last = p.vitals()["spo2"]
    p.advance(67.9)
    assert p.vitals()["spo2"] == last
    p.advance(68)
    assert [(p.vitals()[n].value, p.vitals()[n].status) for n in ("spo2", "pr", "pi")] == [(None, "sensor_off")] * 3
    assert p.vitals()["hr"].status == "ok"
    p.advance(90)
    assert p.vitals()["spo2"].status == "ok"


def test_no_breath_status_follows_the_sensor_that_is_left() -> None:
    p = patient()
    p.do(script.SensorOff(group="co2", duration_s=300))
    p.advance(60)
    assert p.vitals()["etco2"].status == "sensor_off"
    assert value(p, "no_breath") == 0
    p.do(script.CentralApnoea(duration_s=60))
    p.advance(81)
    assert value(p, "no_breath") == 1
    p.do(script.SensorOff(group="ecg", duration_s=60))
    p.advance(95)
    assert p.vitals()["no_breath"].value is None


def test_a_loose_sample_line_looks_like_apnoea_beside_a_breathing_chest() -> None:
    p = patient()
    p.advance(60)
    p.do(script.SampleLineOff(duration_s=60))
    p.advance(80)
    assert [value(p, n) for n in ("no_breath", "etco2", "rr_co2")] == [1, 0, 0]
    assert (value(p, "rr_imp") or 0) > 10
    assert p.truth()["paco2"] == pytest.approx(41, abs=0.5)
    p.advance(140)
    assert value(p, "no_breath") == 0


def test_a_drug_line_that_is_off_delivers_nothing() -> None:
    p = patient()
    p.set_rate_mg_h(60)
    p.advance(600)
    given = p.truth()["given_mg"]
    p.do(script.DrugLineOff(duration_s=300))
    p.bolus_mg(10)
    p.advance(899)
    assert p.truth()["given_mg"] == given
    assert p.truth()["rate_mg_h"] == 60
    p.advance(1200)
    assert p.truth()["given_mg"] == pytest.approx(given + 5)


def test_cuff_readings_are_events_with_their_own_time() -> None:
    p = patient(cuff=[{"from_s": 30, "every_s": 300}])
    p.advance(59)
    assert (p.vitals()["nibp_sys"].value, p.vitals()["nibp_sys"].status) == (None, "unavailable")
    p.advance(100)
    first = p.vitals()["nibp_sys"]
    assert first.at_s == 60
    assert first.value == pytest.approx(118, abs=16)
    p.do(script.CuffNow())
    p.advance(129)
    assert p.vitals()["nibp_sys"] == first
    p.advance(130)
    assert p.vitals()["nibp_map"].at_s == 130
    p.do(script.SensorOff(group="nibp", duration_s=400, hold_s=0))
    p.advance(365)
    assert (p.vitals()["nibp_sys"].value, p.vitals()["nibp_sys"].status) == (None, "invalid")
    assert p.vitals()["nibp_sys"].at_s == 360


def test_pressure_follows_the_drug_and_the_pressor_lever() -> None:
    plain, strong = patient(), patient()
    strong.do(script.Pressor(factor=3.4))
    for p in (plain, strong):
        p.set_rate_mg_h(52.5)
        p.advance(2400)
    assert plain.truth()["sbp"] - 118 == pytest.approx(13.7, abs=0.3)
    assert plain.truth()["dbp"] - 72 == pytest.approx(9.1, abs=0.3)
    assert strong.truth()["sbp"] - 118 == pytest.approx(3.4 * 13.7, abs=1.0)
    blocked = patient(spec=ADULT.model_copy(update={"beta_blocker": True}))
    blocked.set_rate_mg_h(4000)
    blocked.advance(120)
    free = patient()
    free.set_rate_mg_h(4000)
    free.advance(120)
    assert blocked.truth()["hr"] - 72 < 0.5 * (free.truth()["hr"] - 72)


def test_temperature_drifts_to_its_target() -> None:
    p = patient()
    p.do(script.TemperatureDrift(target_c=39.0, over_s=600))
    p.advance(300)
    assert value(p, "temp") == pytest.approx(36.7 + 1.15, abs=0.4)
    p.advance(1200)
    assert value(p, "temp") == pytest.approx(39.0, abs=0.4)


def test_optional_sensors() -> None:
    p = patient(arterial_line=True, capnography=False)
    p.advance(60)
    seen = p.vitals()
    assert "etco2" not in seen
    assert "rr_co2" not in seen
    assert seen["abp_sys"].value == pytest.approx(118, abs=20)
    p.do(script.CentralApnoea(duration_s=40))
    p.advance(80)
    assert value(p, "no_breath") == 1  # by impedance


def test_a_drawn_person_is_not_the_typical_one() -> None:
    person = draw_person(3)
    kinetics = drug_model("kamp2020").for_weight(70, person.factors)
    p = VirtualPatient(ADULT, script.MonitorSetup(), kinetics, 3, person)
    typical = patient(3)
    for x in (p, typical):
        x.set_rate_mg_h(50)
        x.advance(1200)
    assert abs(p.truth()["ce"] / typical.truth()["ce"] - 1) > 0.02
