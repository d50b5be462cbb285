"""Midazolam beside ketamine: the reference values of section 1.6 of the ketamine reference, and age in between.

That table carries two decimals, so its smallest value (8.55) stands for anything within 0.06 %; both of our paths must lie
within half a unit of its last digit, which is at most 6e-4 relative.
"""

import numpy as np
import pytest

from config.models import ConfigError
from simulators.patient.pk import Dose, Kinetics, drug_model, midazolam, model_keys, predict_csv
from simulators.patient.pk_steps import stepped

#: After 2 mg intravenously: t min, Cp, Ce in ng/mL.
YOUNG = [(1, 187.73, 22.71), (3, 108.39, 46.29), (5, 68.27, 54.00), (10, 33.81, 50.24), (20, 23.27, 34.08),
         (30, 19.98, 25.51), (60, 13.85, 15.59), (120, 8.55, 9.09)]  # fmt: skip
ELDERLY = [(5, 89.36, 47.34), (10, 43.87, 51.81), (30, 18.19, 28.60), (60, 12.00, 14.97)]
LAST_DIGIT = 0.005 + 1e-9


def rates(kinetics: Kinetics) -> list[float | None]:
    return [
        kinetics.v1_l,
        kinetics.clearance_l_min,
        *kinetics.out_per_min,
        *kinetics.back_per_min,
        kinetics.ke0_per_min,
    ]


@pytest.mark.parametrize("kinetics", [drug_model("albrecht1999_young").for_weight(70), midazolam(26.0)])
def test_the_young_table(kinetics: Kinetics) -> None:
    meets(kinetics, YOUNG)


@pytest.mark.parametrize("kinetics", [drug_model("albrecht1999_elderly").for_weight(55), midazolam(71.0)])
def test_the_elderly_table(kinetics: Kinetics) -> None:
    meets(kinetics, ELDERLY)


def meets(kinetics: Kinetics, table: list[tuple[int, float, float]]) -> None:
    times = np.array([row[0] for row in table], dtype=float)
    for cp, ce in (kinetics.concentration([Dose(0, 2.0)], times), stepped(kinetics, [Dose(0, 2.0)], times)):
        assert ce is not None
        np.testing.assert_allclose(cp, [row[1] for row in table], rtol=0, atol=LAST_DIGIT)
        np.testing.assert_allclose(ce, [row[2] for row in table], rtol=0, atol=LAST_DIGIT)


def test_age_in_between_is_linear_and_ends_at_the_groups() -> None:
    middle = [8.2, 0.3935, 0.145, 0.0655, 0.0555, 0.0076, 0.095]  # 48.5 years: half of each pair
    assert rates(midazolam(48.5)) == pytest.approx(middle)
    assert rates(midazolam(35.0)) == pytest.approx([8.02, 0.3968, 0.172, 0.0652, 0.0582, 0.00802, 0.104])  # one fifth
    assert midazolam(18.0) == midazolam(26.0)
    assert midazolam(90.0) == midazolam(71.0)


def test_the_set_of_stanpump() -> None:
    kinetics = drug_model("stanpumpR").for_weight(94)
    assert kinetics.ke0_per_min is None
    assert kinetics.clearance_l_min == pytest.approx(0.5351973, rel=1e-12)
    assert kinetics.steady_volume_l == pytest.approx(3.3 + 17.56348 + 96.75715, rel=1e-12)
    assert kinetics.out_per_min == pytest.approx((2.014531 / 3.3, 0.8321115 / 3.3), rel=1e-12)
    steady = kinetics.concentration([Dose(0, None, 6.0)], [30_000.0])[0]
    assert steady[0] == pytest.approx(0.1 / 0.5351973 * 1000)


def test_prediction_of_midazolam_by_age() -> None:
    regimen = {"weight_kg": 70, "age_y": 71, "events": [{"t_min": 0, "bolus_mg": 2}]}
    line = list(predict_csv(regimen, "albrecht1999", at_min=[10]))[1]
    assert [float(cell) for cell in line.split(",")] == pytest.approx([10, 43.87, 51.81], abs=LAST_DIGIT)
    with pytest.raises(ConfigError, match=r"regimen: age_y: the model albrecht1999 needs it"):
        predict_csv({key: value for key, value in regimen.items() if key != "age_y"}, "albrecht1999", at_min=[10])
    with pytest.raises(ConfigError, match="age_y"):
        predict_csv({**regimen, "age_y": 0}, "albrecht1999", at_min=[10])


def test_a_model_of_midazolam_is_none_of_ketamine() -> None:
    assert model_keys("midazolam") == ["albrecht1999_elderly", "albrecht1999_young", "stanpumpR"]
    with pytest.raises(ConfigError, match=r"unknown drug model 'stanpumpR'; this version has: clements1981.*kamp2020$"):
        drug_model("stanpumpR", "ketamine")
    with pytest.raises(ConfigError, match="midazolam: albrecht1999, albrecht1999_elderly"):
        drug_model("nope")
