"""The pump's line, and what a monitor is made to show: dead space, occlusion, overrides, a cuff that lies."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.models import effects as fx
from config.models import scenario as script
from config.models.training import Prior
from simulators.patient.line import InfusionLine
from simulators.patient.patient import VirtualPatient
from simulators.patient.pk import Dose, drug_model, midazolam

P1 = script.Patient(name="A", age_y=34, sex="F", weight_kg=70, hr=72, sbp=118, dbp=72, rr=14)
KAMP = drug_model("kamp2020").for_weight(70)


def patient(**setup: object) -> VirtualPatient:
    return VirtualPatient(P1, script.MonitorSetup.model_validate(setup), KAMP, 1)


# -- the line -------------------------------------------------------------------------------------------------------------


def test_dead_space_delays_the_drug_as_long_as_it_takes_to_sweep_it() -> None:
    # Section 2.1: a 1.5 mL extension at 5 mL/h is 18 min of delay.
    line = InfusionLine(KAMP, concentration_mg_ml=10, dead_space_ml=1.5)
    line.set_rate_mg_h(50, 60)
    line.to(60 + 18 * 60)
    assert line.body.given_mg == pytest.approx(0, abs=1e-9)
    line.to(60 + 28 * 60)
    assert line.body.given_mg == pytest.approx(50 * 10 / 60)
    cp = KAMP.concentration([Dose(19, None, 50)], [29])[0][0]
    assert line.body.cp_ng_ml == pytest.approx(cp, rel=1e-9)


def test_a_flush_gives_what_the_line_holds_as_a_bolus() -> None:
    line = InfusionLine(KAMP, concentration_mg_ml=10, dead_space_ml=1.5)
    line.set_rate_mg_h(50, 0)
    line.to(540)  # half of it is drug: 0.75 mL
    line.flush(540)
    assert line.body.given_mg == pytest.approx(7.5)
    assert line.body.cp_ng_ml == pytest.approx(7.5 / 25 * 1000)
    line.to(540 + 18 * 60 - 1)
    assert line.body.given_mg == pytest.approx(7.5)  # saline again


def test_a_bolus_pushes_the_line_on() -> None:
    line = InfusionLine(KAMP, concentration_mg_ml=10, dead_space_ml=1.5)
    line.bolus_mg(20, 0)  # 2 mL into 1.5 mL of saline
    assert line.body.given_mg == pytest.approx(5)
    line.set_rate_mg_h(50, 10)
    line.to(370)
    assert line.body.given_mg == pytest.approx(10)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 600), st.floats(0, 400)), min_size=1, max_size=8), st.floats(0, 3))
@example([(60.0, 400.0)], 5e-324)  # once walked for ever: a plug too small to take any time
@example([(0.1, 400.0), (60.0, 400.0)], 1e-17)
def test_what_is_pumped_is_in_the_line_or_in_the_patient(steps: list[tuple[float, float]], dead_ml: float) -> None:
    line, now, pumped = InfusionLine(KAMP, 10.0, dead_ml), 0.0, 0.0
    for span_s, rate in steps:
        line.set_rate_mg_h(rate, now)
        now += span_s
        line.to(now)
        pumped += rate * span_s / 3600
    held = max(0.0, pumped - dead_ml * 10)
    assert line.body.given_mg == pytest.approx(held, abs=1e-6)


def test_an_occlusion_stores_and_then_gives_a_bolus_unless_pressure_is_let_off() -> None:
    def opened(relieve: bool) -> VirtualPatient:
        p = patient()
        p.set_rate_mg_h(48)
        p.advance(1200)
        p.do(fx.Occlusion(duration_s=630, stored_mg=8))
        p.advance(1799)
        assert p.truth()["delivered_mg_h"] == 0
        given = p.truth()["given_mg"]
        assert given == pytest.approx(16)
        if relieve:
            p.do(fx.RelievePressure())
        p.advance(1829.9)
        before = p.truth()["cp"]
        p.set_rate_mg_h(0)
        p.advance(1830)
        # S17: 8 mg into 25 L make 320 ng/mL.
        assert p.truth()["cp"] - before == pytest.approx(0 if relieve else 320, abs=2)
        assert p.truth()["given_mg"] - given == pytest.approx(0 if relieve else 8, abs=1e-6)
        ce = p.truth()["ce"]
        p.advance(1830 + 96)
        assert p.truth()["ce"] - ce == pytest.approx(0 if relieve else 215, abs=25)  # "+230 at 1.6 min"
        return p

    opened(False)
    opened(True)


def test_no_more_is_stored_than_was_pumped() -> None:
    p = patient()
    p.set_rate_mg_h(48)
    p.do(fx.Occlusion(duration_s=60, stored_mg=8))
    p.advance(60)
    assert p.truth()["given_mg"] == pytest.approx(48 * 60 / 3600)


def test_a_misprogrammed_pump_gives_ten_times_what_is_charted() -> None:
    p = patient()
    p.do(fx.PumpFactor(factor=10, duration_s=600))
    p.set_rate_mg_h(52.5)
    p.advance(240)
    assert (p.truth()["rate_mg_h"], p.truth()["delivered_mg_h"]) == (52.5, 525)
    assert p.truth()["ce"] == pytest.approx(821.5, abs=0.6)  # table R10
    p.do(fx.StopPump())
    p.advance(300)
    assert p.truth()["ce"] == pytest.approx(836.7, abs=0.6)
    assert p.truth()["given_mg"] == pytest.approx(35)


def test_a_line_is_connected_again_by_hand() -> None:
    p = patient()
    p.set_rate_mg_h(60)
    p.do(script.DrugLineOff(duration_s=3600))
    p.advance(600)
    assert p.truth()["delivered_mg_h"] == 0
    p.do(fx.Fix(what="drug_line"))
    p.advance(660)
    assert p.truth()["given_mg"] == pytest.approx(1)


def test_what_was_given_before_is_on_board_at_0() -> None:
    p = patient()
    p.earlier(
        [
            Prior(drug="ketamine", dose_mg=35, before_s=6000, over_s=2400),
            Prior(drug="midazolam", dose_mg=3, before_s=180),
        ]
    )
    doses = [Dose(0, None, 52.5), Dose(40, None, 0)]
    cp, ce = KAMP.concentration(doses, [100])
    assert ce is not None
    assert (p.truth()["cp"], p.truth()["ce"]) == pytest.approx((cp[0], ce[0]), rel=1e-9)
    assert p.truth()["given_mg"] == 0
    other = midazolam(34).concentration([Dose(0, 3)], [3])[1]
    assert other is not None
    assert p.truth()["cmid"] == pytest.approx(other[0], rel=1e-9)


# -- the screen -----------------------------------------------------------------------------------------------------------


def test_an_override_ramps_and_is_marked_and_is_given_back() -> None:
    p = patient()
    p.advance(60)
    before = p.vitals()["spo2"].value or 0
    p.do(fx.Override(signal="spo2", value=80, over_s=20))
    p.advance(70)
    assert p.vitals()["spo2"].value == pytest.approx((before + 80) / 2, abs=1)
    p.advance(90)
    assert p.vitals()["spo2"].value == 80
    assert p.truth()["override_spo2"] == 80
    assert p.truth()["sao2"] > 97
    p.do(fx.Release(signal="spo2", over_s=10))
    p.advance(95)
    assert 85 <= (p.vitals()["spo2"].value or 0) <= 92
    p.advance(100)
    assert (p.vitals()["spo2"].value or 0) >= 96
    assert "override_spo2" not in p.truth()


def test_an_overridden_pressure_is_what_the_cuff_measures() -> None:
    p = patient(cuff=[{"from_s": 30, "every_s": 60}], arterial_line=True)
    p.do(fx.Override(signal="sbp", value=200))
    p.do(fx.Override(signal="dbp", value=120))
    p.advance(61)
    assert p.vitals()["nibp_sys"].value == pytest.approx(200, abs=18)
    assert p.vitals()["nibp_sys"].at_s == 60
    assert p.vitals()["abp_dia"].value == pytest.approx(120, abs=15)
    assert p.truth()["sbp"] == pytest.approx(118, abs=2)


@pytest.mark.parametrize(("signal", "names", "to"), [
    ("hr", ("hr", "pr"), 140), ("rr", ("rr_co2", "rr_imp"), 30), ("etco2", ("etco2",), 60), ("temp", ("temp",), 39.5),
])  # fmt: skip
def test_each_signal_can_be_overridden(signal: str, names: tuple[str, ...], to: float) -> None:
    p = patient()
    p.advance(30)
    p.do(fx.Override.model_validate({"signal": signal, "value": to}))
    p.advance(31)
    assert [p.vitals()[name].value for name in names] == [to] * len(names)


def test_a_cuff_that_lies_and_then_fails() -> None:
    p = patient(cuff=[{"from_s": 30, "every_s": 60}])
    p.do(fx.CuffArtefact(sys=188, dia=120))
    p.advance(61)
    assert [p.vitals()[f"nibp_{n}"].value for n in ("sys", "dia", "map")] == [188, 120, 144]
    p.advance(121)
    assert p.vitals()["nibp_sys"].value == pytest.approx(118, abs=18)
    p.do(fx.CuffArtefact(count=2))
    for at_s, works in ((181, False), (241, False), (301, True)):
        p.advance(at_s)
        assert (p.vitals()["nibp_sys"].status == "ok") is works


def test_a_cuff_on_the_arm_of_the_probe_takes_its_pulse() -> None:
    other, same = (patient(cuff=[{"from_s": 30, "every_s": 300}], cuff_on_probe_arm=on) for on in (False, True))
    other.advance(55)
    assert other.vitals()["spo2"].status == "ok"
    same.advance(43.9)  # tight at 34 s; the value stands for 10 s more
    frozen = same.vitals()["spo2"]
    assert (frozen.status, same.vitals()["pi"].value) == ("questionable", 0.1)
    same.advance(44)
    assert (same.vitals()["spo2"].value, same.vitals()["spo2"].status) == (None, "invalid")
    same.advance(62)
    assert same.vitals()["spo2"].status == "ok"


def test_a_leaking_sample_line_halves_the_plateau_and_counts_on() -> None:
    p = patient()
    p.do(fx.SampleLineLeak(duration_s=300))
    p.advance(60)
    assert p.vitals()["etco2"].value == pytest.approx(19, abs=2)
    assert p.vitals()["rr_co2"].value == pytest.approx(14, abs=3)
    assert p.vitals()["no_breath"].value == 0
    p.do(fx.Fix(what="co2"))
    p.advance(75)
    assert p.vitals()["etco2"].value == pytest.approx(38, abs=3)


def test_sensors_are_put_back() -> None:
    p = patient()
    p.do(script.SensorOff(group="spo2", duration_s=600, hold_s=0))
    p.do(script.SampleLineOff(duration_s=600))
    p.do(fx.CuffArtefact(count=3))
    p.advance(25)
    assert p.vitals()["spo2"].value is None
    assert p.vitals()["no_breath"].value == 1
    for what in ("spo2", "co2", "nibp"):
        p.do(fx.Fix.model_validate({"what": what}))
    p.advance(61)
    assert [p.vitals()[name].status for name in ("spo2", "nibp_sys")] == ["ok", "ok"]
    assert p.vitals()["no_breath"].value == 0
