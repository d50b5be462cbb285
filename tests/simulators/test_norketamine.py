"""Norketamine: the checks of section 1.3 of the ketamine reference, and what any linear one-way metabolite must satisfy."""

import numpy as np
import pytest

from config.models import ConfigError
from simulators.patient.norketamine import norketamine, note, spec
from simulators.patient.pk import Dose, drug_model, predict_csv

KAMP = drug_model("kamp2020").for_weight(70)
#: Of each mg eliminated, mg of norketamine: 0.45, mole for mole.
YIELD = 0.45 * 223.7 / 237.7
CLEARANCE_L_MIN = 73.5 * 90 / (73.5 + 90) / 60


def curve(events: list[Dose], times: list[float]) -> np.ndarray:
    return norketamine(KAMP, events, np.array(times, dtype=float))[1]


def test_forty_minutes() -> None:
    at_40, at_60, at_80 = curve([Dose(0, None, 52.5), Dose(40, None, 0)], [40, 60, 80])
    assert at_40 == pytest.approx(41, abs=0.5)
    assert (at_60, at_80) == pytest.approx((50, 50), abs=2)


def test_three_days_in_intensive_care() -> None:
    ketamine, metabolite = norketamine(KAMP, [Dose(0, None, 84)], np.array([72 * 60.0]))
    assert metabolite[0] == pytest.approx(
        878, rel=2e-3
    )  # with the clearance rounded to 40 L/h, as that section prints it: 889
    assert ketamine[0] == pytest.approx(1000, abs=1)


def test_a_bolus() -> None:
    assert curve([Dose(0, 10)], list(np.arange(0, 240, 0.5))).max() == pytest.approx(14, abs=0.5)


def test_all_that_is_formed_is_eliminated_again() -> None:
    times = np.arange(0, 9000, 0.5)
    area = np.trapezoid(curve([Dose(0, 50)], list(times)), times)
    assert area == pytest.approx(YIELD * 50 * 1000 / CLEARANCE_L_MIN, rel=1e-4)
    steady = curve([Dose(0, None, 60)], [60_000])[0]
    assert steady == pytest.approx(YIELD * 1000 / CLEARANCE_L_MIN, rel=1e-4)


@pytest.mark.parametrize("model", ["kamp2020", "domino1984", "clements1981", "hijazi2003"])
def test_the_parent_in_the_joint_system_is_the_parent_alone(model: str) -> None:
    kinetics = drug_model(model).for_weight(82)
    events = [Dose(3, 12), Dose(3, None, 40), Dose(33.3, None, 0), Dose(50, 5)]
    times = np.array([80.0, 0, 3, 10, 33.3, 49.999, 50, 400])  # in any order
    ketamine, metabolite = norketamine(kinetics, events, times)
    np.testing.assert_allclose(ketamine, kinetics.concentration(events, times)[0], rtol=1e-8, atol=1e-9)
    assert list(metabolite[1:3]) == [0, 0]
    assert (metabolite[[0, 3, 4, 5, 6, 7]] > 0).all()


def test_one_matrix_for_an_even_grid_gives_what_single_steps_give() -> None:
    events = [Dose(0.05, 10), Dose(7, None, 30)]
    grid = np.round(np.arange(0, 90, 0.1), 9)
    alone = [curve(events, [float(t)])[0] for t in grid[::60]]
    np.testing.assert_allclose(curve(events, list(grid))[::60], alone, rtol=1e-9)


REGIMEN = {"weight_kg": 70, "events": [{"t_min": 0, "rate_mg_h": 52.5}, {"t_min": 40, "rate_mg_h": 0}]}


def test_an_extra_column_only_when_asked_for() -> None:
    plain = list(predict_csv(REGIMEN, "kamp2020", at_min=[40, 20]))
    more = list(predict_csv(REGIMEN, "kamp2020", at_min=[40, 20], norketamine=True))
    assert more[0] == "t_min,cp_ng_ml,ce_ng_ml,norket_ng_ml"
    assert [line.rsplit(",", 1)[0] for line in more[1:]] == plain[1:]
    assert float(more[1].rsplit(",", 1)[1]) == pytest.approx(41, abs=0.5)
    no_site = list(predict_csv(REGIMEN, "clements1981", at_min=[40], norketamine=True))[1].split(",")
    assert (len(no_site), no_site[2]) == (4, "")
    for model in ("stanpumpR", "albrecht1999"):
        with pytest.raises(ConfigError, match=r"norketamine: .* no model of ketamine"):
            predict_csv({**REGIMEN, "age_y": 40}, model, at_min=[1], norketamine=True)


def test_its_data_say_how_rough_it_is() -> None:
    assert "llustrative" in note()
    assert "illustrative" in spec().title
    assert all(part.confidence == "low" for part in (spec().formation, spec().body, spec().elimination))
