"""Invariants of the drug models (section 2.1 of the ketamine reference), the regimen file and the CSV."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.models import ConfigError
from simulators.patient.pk import Dose, Factors, Kinetics, band, drug_model, model_keys, predict_csv
from simulators.patient.pk_steps import Body, matrix_exponential, stepped

MODELS = ["kamp2020", "domino1984", "clements1981", "hijazi2003"]
KAMP = drug_model("kamp2020").for_weight(70)
TIMES = np.linspace(0, 600, 121)

amounts = st.floats(0, 200)
#: Eighths, so that shifting them is exact and no event slips past a sample.
times = st.integers(0, 3840).map(lambda eighths: eighths / 8)
regimens = st.lists(
    st.builds(Dose, times, amounts, st.none()) | st.builds(Dose, times, st.none(), amounts), min_size=1, max_size=8
).map(lambda events: sorted(events, key=lambda e: e.t_min))


def curves(kinetics: Kinetics, events: list[Dose], at: np.ndarray = TIMES) -> np.ndarray:
    cp, ce = kinetics.concentration(events, at)
    return np.stack([cp, cp if ce is None else ce])


def assert_same(a: np.ndarray, b: np.ndarray, rtol: float = 1e-9) -> None:
    np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-7)


def test_derived_constants_of_the_default_model() -> None:
    assert KAMP.k10_per_min == pytest.approx(0.056)
    assert KAMP.out_per_min == pytest.approx((0.107333, 0.052667), rel=1e-5)
    assert KAMP.back_per_min == pytest.approx((0.0479167, 0.00838641), rel=1e-6)
    assert KAMP.half_lives_min == pytest.approx((2.84, 28.4, 183.8), rel=2e-3)
    assert (KAMP.steady_volume_l, KAMP.clearance_l_min) == pytest.approx((238, 1.4))
    assert KAMP.ke0_per_min == pytest.approx(1.390, abs=5e-4)


@pytest.mark.parametrize(("model", "clearance", "volume"), [("clements1981", 19.1, 4.1), ("hijazi2003", 36.0, 4.25)])
def test_two_compartment_models_match_their_papers(model: str, clearance: float, volume: float) -> None:
    kinetics = drug_model(model).for_weight(70)
    assert kinetics.clearance_l_min * 1000 / 70 == pytest.approx(clearance, rel=0.01)
    assert kinetics.steady_volume_l / 70 == pytest.approx(volume, rel=0.02)
    assert kinetics.ke0_per_min is None


def test_every_shipped_model_is_here_and_an_unknown_one_is_refused() -> None:
    assert model_keys() == sorted(MODELS)
    with pytest.raises(ConfigError, match=r"unknown drug model 'kamp'; this version has: .*kamp2020"):
        drug_model("kamp")


def test_every_group_of_parameters_says_where_it_is_from_and_how_far_to_trust_it() -> None:
    for key in [*model_keys(), *model_keys("midazolam")]:
        spec = drug_model(key).spec
        assert spec.key == key
        groups = [g for g in (spec.flows, spec.rates, spec.fixed, spec.effect_site) if g is not None]
        assert len(groups) == 1 + (spec.effect_site is not None)
        assert all(len(group.source) > 20 for group in groups)
        assert spec.effect_site is None or spec.substance == "midazolam" or spec.effect_site.confidence == "low"


def test_peak_of_the_effect_site_after_a_bolus() -> None:
    for model, peak in (("domino1984", 1.61), ("kamp2020", 1.605)):
        at = np.arange(0, 5, 0.001)
        ce = curves(drug_model(model).for_weight(70), [Dose(0, bolus_mg=10)], at)[1]
        assert at[ce.argmax()] == pytest.approx(peak, abs=0.01)


@pytest.mark.parametrize(("model", "row"), [
    ("kamp2020", [8.7, 12.4, 24.6, 42.3, 59.9, 70.5]),
    ("domino1984", [1.7, 2.6, 6.7, 16.0, 26.6, 30.0]),
    ("clements1981", [36.6, 42.8, 64.1, 94.6, 115.4, 124.7]),
])  # fmt: skip
def test_time_to_half_after_stopping(model: str, row: list[float]) -> None:
    kinetics = drug_model(model).for_weight(70)
    for length, want in zip([40, 60, 120, 240, 480, 1440], row, strict=True):
        at = length + np.arange(0, 200, 0.01)
        cp = kinetics.concentration([Dose(0, None, 60), Dose(length, None, 0)], at)[0]
        assert at[np.argmax(cp <= cp[0] / 2)] - length == pytest.approx(want, abs=0.06)


@settings(max_examples=40, deadline=None)
@given(regimens, st.sampled_from(MODELS), st.floats(40, 140))
def test_the_two_paths_agree(events: list[Dose], model: str, kg: float) -> None:
    kinetics = drug_model(model).for_weight(kg)
    cp, ce = stepped(kinetics, events, TIMES)
    assert_same(curves(kinetics, events), np.stack([cp, cp if ce is None else ce]))


@settings(max_examples=40, deadline=None)
@given(regimens, times)
def test_double_dose_and_time_shift(events: list[Dose], shift: float) -> None:
    once = curves(KAMP, events)
    assert (once >= 0).all()
    double = [
        Dose(e.t_min, e.bolus_mg and 2 * e.bolus_mg, None if e.rate_mg_h is None else 2 * e.rate_mg_h) for e in events
    ]
    assert_same(curves(KAMP, double), 2 * once)
    later = [replace(e, t_min=e.t_min + shift) for e in events]
    assert_same(curves(KAMP, later, TIMES + shift), once, rtol=1e-7)


@given(st.floats(1, 239), st.floats(1, 100))
def test_splitting_an_infusion_or_adding_nothing_changes_nothing(cut: float, rate: float) -> None:
    whole = [Dose(0, None, rate), Dose(240, None, 0)]
    pieces = [
        Dose(0, None, rate),
        Dose(cut, None, 0),
        Dose(cut, None, 50),
        Dose(cut, None, rate),
        Dose(cut, 0.0),
        *whole[1:],
    ]
    assert_same(curves(KAMP, pieces), curves(KAMP, whole))
    assert_same(np.stack(stepped(KAMP, pieces, TIMES)), curves(KAMP, whole))  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 90), amounts, amounts), min_size=1, max_size=10), st.sampled_from(MODELS))
def test_mass_balance(script: list[tuple[float, float, float]], model: str) -> None:
    body = Body(drug_model(model).for_weight(70))
    for minutes, rate, bolus in script:
        body.set_rate_mg_h(rate)
        body.bolus_mg(bolus)
        body.step(minutes)
    given = sum(bolus + rate * minutes / 60 for minutes, rate, bolus in script)
    assert body.given_mg == pytest.approx(given)
    assert body.given_mg - body.eliminated_mg - body.in_body_mg == pytest.approx(0, abs=1e-9 * max(given, 1))


@pytest.mark.parametrize("model", MODELS)
def test_area_under_the_curve_and_steady_state(model: str) -> None:
    kinetics = drug_model(model).for_weight(80)
    at = np.linspace(0, 6000, 600_001)
    cp = kinetics.concentration([Dose(0, bolus_mg=50)], at)[0]
    assert np.trapezoid(cp, at) == pytest.approx(50 * 1000 / kinetics.clearance_l_min, rel=1e-4)
    steady = curves(kinetics, [Dose(0, None, 60)], np.array([30_000.0]))
    assert steady[:, 0] == pytest.approx(1000 / kinetics.clearance_l_min, rel=1e-9)


def test_concentration_is_right_continuous_and_knows_no_future() -> None:
    cp, ce = KAMP.concentration([Dose(10, bolus_mg=25)], [0, 9.999999, 10, 1e6])
    assert list(cp[:3]) == [0, 0, pytest.approx(1000)]
    assert ce is not None
    assert ce[2] == 0
    assert cp[3] >= 0


def test_an_effect_site_rate_equal_to_a_disposition_rate_loses_no_digits() -> None:
    resonant = replace(KAMP, ke0_per_min=float(KAMP._modes[0][1]) * (1 + 1e-13))
    near = replace(KAMP, ke0_per_min=float(KAMP._modes[0][1]) * (1 + 1e-5))
    got, beside = (curves(k, [Dose(0, bolus_mg=30)])[1] for k in (resonant, near))
    np.testing.assert_allclose(got, beside, rtol=1e-4, atol=1e-6)


def test_factors_change_what_they_name() -> None:
    model = drug_model("kamp2020")
    other = model.for_weight(70, Factors(clearance=2, flows=(3, 1), v1=0.5, outer_volumes=(1, 4), ke0=2))
    assert other.clearance_l_min == pytest.approx(2.8)
    assert other.v1_l == 12.5
    assert other.out_per_min[0] * other.v1_l == pytest.approx(3 * 161 / 60)
    assert other.steady_volume_l == pytest.approx(12.5 + 56 + 4 * 157)
    assert other.ke0_per_min == pytest.approx(2 * 1.39022, rel=1e-5)


@settings(max_examples=25)
@given(st.floats(0, 2000), st.integers(0, 5))
def test_matrix_exponential_against_an_eigendecomposition(scale: float, seed: int) -> None:
    rates = np.random.default_rng(seed).uniform(0, 1, (4, 4))
    np.fill_diagonal(rates, 0)
    m = (rates - np.diag(rates.sum(axis=0))) * scale  # as ours: nothing is created, so the result stays bounded
    values, vectors = np.linalg.eig(m)
    other = (vectors @ np.diag(np.exp(values)) @ np.linalg.inv(vectors)).real
    np.testing.assert_allclose(matrix_exponential(m), other, atol=1e-9)


def test_six_hours_at_ten_seconds_take_less_than_20_ms() -> None:
    events = [Dose(float(t), None, 20.0 + t % 7) for t in range(0, 240, 12)]
    at = np.arange(0, 360, 1 / 6)
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        KAMP.concentration(events, at)
        best = min(best, time.perf_counter() - start)
    assert best < 0.020


def test_band() -> None:
    assert list(band(140.0)) == pytest.approx([100, 196])


R9 = {
    "weight_kg": 70,
    "events": [{"t_min": 0, "bolus_mg": 20}, {"t_min": 0, "rate_mg_h": 15}, {"t_min": 60, "rate_mg_h": 0}],
}


def table(lines: list[str]) -> list[list[float | None]]:
    return [[float(cell) if cell else None for cell in line.split(",")] for line in lines[1:]]


def test_csv_at_given_times() -> None:
    lines = list(predict_csv(R9, "kamp2020", at_min=[0, 5, 65.0]))
    assert lines[0] == "t_min,cp_ng_ml,ce_ng_ml"
    assert lines[1] == "0,800.000000000,0.00000000000"
    assert table(lines)[1:] == [[5, pytest.approx(329.0029, abs=1e-4), pytest.approx(370.1981, abs=1e-4)],
                                [65, pytest.approx(94.5598, abs=1e-4), pytest.approx(97.5922, abs=1e-4)]]  # fmt: skip
    assert all(len(cell.replace(".", "").lstrip("0")) >= 9 for line in lines[2:] for cell in line.split(",")[1:])


def test_csv_on_a_grid_ends_240_min_after_the_last_event() -> None:
    rows = table(list(predict_csv(R9, "kamp2020", every_min=2.5)))
    assert [r[0] for r in rows] == [i * 2.5 for i in range(121)]
    tenths = table(list(predict_csv({**R9, "events": [{"t_min": 0.3, "bolus_mg": 25}]}, "kamp2020", every_min=0.1)))
    assert tenths[2][1] == 0
    assert tenths[3][:2] == [0.3, 1000]  # the step that meets the event shows it
    assert tenths[-1][0] == 240.3


def test_csv_leaves_the_effect_site_empty_where_none_is_published() -> None:
    lines = list(predict_csv(R9, "clements1981", at_min=[1]))
    assert lines[1].startswith("1,160.349")
    assert lines[1].endswith(",")


@pytest.mark.parametrize(("change", "key"), [
    ({"weight_kg": 0}, "weight_kg"),
    ({"weight_kg": "70"}, "weight_kg"),
    ({"weight_kg": float("nan")}, "weight_kg"),
    ({"mass": 3}, "unknown key 'mass'"),
    ({"events": []}, "events"),
    ({"events": [{"t_min": 0, "rate_mg_h": -1}]}, r"events\.0\.rate_mg_h"),
    ({"events": [{"t_min": -1, "bolus_mg": 1}]}, r"events\.0\.t_min"),
    ({"events": [{"t_min": 0, "bolus_mg": float("inf")}]}, r"events\.0\.bolus_mg"),
    ({"events": [{"t_min": 0}]}, "either bolus_mg or rate_mg_h"),
    ({"events": [{"t_min": 0, "bolus_mg": 1, "rate_mg_h": 1}]}, "either bolus_mg or rate_mg_h"),
    ({"events": [{"t_min": 5, "bolus_mg": 1}, {"t_min": 4, "bolus_mg": 1}]}, r"events\.1\.t_min: .*order"),
    ({"events": [{"t_min": 0, "dose": 1}]}, "unknown key 'events.0.dose'"),
])  # fmt: skip
def test_a_bad_regimen_is_named_before_the_first_line(change: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=key) as caught:
        predict_csv({**R9, **change}, "kamp2020", at_min=[0])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("arguments", [
    {"every_min": 0}, {"every_min": float("nan")}, {"every_min": 1e-9}, {"at_min": []}, {"at_min": [-1]}, {"every_min": 1, "at_min": [1]},
])  # fmt: skip
def test_bad_times_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"^(every|at)\b"):
        predict_csv(R9, "kamp2020", **arguments)
