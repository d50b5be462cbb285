"""`predict` as scripts rely on it (design section 8): the reference tables of the pharmacokinetic reference, to the last digit."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

#: 80 mg over 2 h, 70 kg: minute -> Cp and Ce of Kamp, Domino; Cp of Clements, Hijazi (pharmacokinetic reference, table R1).
R1 = {
    5: (83.2949, 75.0939, 118.3519, 69.4306, 25.2938, 39.7646),
    15: (136.9893, 134.5967, 150.9562, 136.0442, 66.4791, 98.1667),
    30: (173.7250, 172.2285, 172.5489, 167.0146, 111.9109, 150.7910),
    60: (224.0994, 223.0964, 201.6706, 197.9210, 171.3483, 195.3430),
    90: (259.6976, 258.9562, 225.4673, 222.3491, 211.9991, 210.2566),
    120: (287.0050, 286.4171, 245.3104, 242.7096, 244.4806, 216.7802),
    125: (207.7095, 215.3420, 129.9295, 176.3276, 224.0976, 177.7902),
    135: (161.6381, 163.4969, 103.0046, 115.5414, 192.3887, 120.7935),
    150: (135.5126, 136.5197, 89.3122, 92.6772, 160.3957, 70.0252),
    180: (103.9578, 104.5409, 73.9951, 75.9354, 125.4371, 28.6687),
    240: (71.6869, 71.9512, 51.4732, 52.8152, 93.4137, 12.6409),
    300: (54.5792, 54.7437, 35.8094, 36.7431, 73.8054, 10.0440),
    360: (42.9272, 43.0477, 24.9123, 25.5618, 58.7394, 8.6579),
}  # fmt: skip
COLUMNS = {"kamp2020": (0, 1), "domino1984": (2, 3), "clements1981": (4, None), "hijazi2003": (5, None)}


@pytest.fixture
def regimen(tmp_path: Path) -> Path:
    path = tmp_path / "r1.json"
    events = [{"t_min": 0, "rate_mg_h": 40}, {"t_min": 120, "rate_mg_h": 0}]
    path.write_text(json.dumps({"weight_kg": 70, "events": events}))
    return path


@pytest.mark.parametrize("model", COLUMNS)
def test_predict_the_reference_table(run: Run, regimen: Path, model: str) -> None:
    done = run("predict", "--model", model, "--regimen", regimen, "--at", ",".join(map(str, R1)))
    assert (done.code, done.err, done.lines[0]) == (0, "", "t_min,cp_ng_ml,ce_ng_ml")
    plasma, effect = COLUMNS[model]
    table = list(csv.DictReader(io.StringIO(done.out)))
    assert [float(row["t_min"]) for row in table] == list(R1)
    for row, known in zip(table, R1.values(), strict=True):
        assert float(row["cp_ng_ml"]) == pytest.approx(known[plasma], abs=6e-5)
        if effect is None:
            assert row["ce_ng_ml"] == ""
        else:
            assert float(row["ce_ng_ml"]) == pytest.approx(known[effect], abs=6e-5)
        assert len(row["cp_ng_ml"].replace(".", "").lstrip("0")) >= 9


def test_predict_says_beside_norketamine_that_it_is_illustrative(run: Run, regimen: Path) -> None:
    done = run("predict", "--regimen", regimen, "--at", "60", "--norketamine")
    assert (done.code, done.lines[0]) == (0, "t_min,cp_ng_ml,ce_ng_ml,norket_ng_ml")
    assert "norket_ng_ml: Illustrative" in done.err
    plain = run("predict", "--regimen", regimen, "--at", "60")
    assert (plain.err, plain.lines[1]) == ("", done.lines[1].rsplit(",", 1)[0])


def test_predict_every_ends_240_min_after_the_last_event(run: Run, regimen: Path) -> None:
    done = run("predict", "--regimen", regimen, "--every", 30)
    assert [float(row.split(",")[0]) for row in done.lines[1:]] == [30.0 * i for i in range(13)]


def test_predict_is_right_continuous(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bolus.json"
    path.write_text(json.dumps({"weight_kg": 70, "events": [{"t_min": 10, "bolus_mg": 35}]}))
    before, at = (
        float(row.split(",")[1]) for row in run("predict", "--regimen", path, "--at", "9.999999,10").lines[1:]
    )
    assert before == 0
    assert at > 100
