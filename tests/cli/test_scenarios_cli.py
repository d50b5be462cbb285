"""`scenario list` and `scenario check`: every mistake with its line, and nothing to say about the shipped files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import config
from config.models import ConfigError
from dashboard.demo_plan import plan_demo
from simulators.scenario import scenario_names

Run = Callable[..., Any]
SCENARIOS = Path(config.__file__).parent / "scenarios"
GOOD = (SCENARIOS / "crps-uneventful.toml").read_text(encoding="utf-8")


def line(text: str, wanted: str) -> int:
    return next(i for i, row in enumerate(text.split("\n"), 1) if wanted in row)


def test_list_tells_every_scenario(run: Run, tmp_path: Path) -> None:
    rows = json.loads(run("scenario", "list", "--json", "--data-dir", tmp_path).out)
    assert [row["id"] for row in rows] == scenario_names()
    assert {"version", "title", "patient", "profile", "minutes", "actions"} <= rows[0].keys()


def test_own_scenarios_are_listed_and_can_be_named(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "scenarios"
    own.mkdir()
    (own / "mine.toml").write_text(GOOD.replace('id = "crps-uneventful"', 'id = "mine"'), encoding="utf-8")
    (own / "broken.toml").write_text("id = = 1\n", encoding="utf-8")
    done = run("scenario", "list", "--json", "--data-dir", tmp_path)
    assert done.code == 0 and "broken: line 1: not valid TOML" in done.err
    rows = json.loads(done.out)
    assert [(row["id"], row["own"]) for row in rows[:2]] == [("mine", True), (scenario_names()[0], False)]

    class Pasts:
        def make(self, jobs: dict[str, Any]) -> None:
            self.scenarios = [job.scenario.id for job in jobs.values()]

    pasts: Any = Pasts()
    plan = plan_demo(beds=1, scenario="min", seed=None, speed=1.0, data_dir=tmp_path, pasts=pasts)
    assert [one.scenario.id for one in plan.beds] == pasts.scenarios == ["mine"]
    for name, says in (("broken", "not valid TOML"), ("nothing", "unknown scenario 'nothing'; this version has: ")):
        with pytest.raises(ConfigError, match=says):
            plan_demo(beds=1, scenario=name, seed=None, speed=1.0, data_dir=tmp_path, pasts=pasts)


def test_shipped_scenarios_fit(run: Run) -> None:
    done = run("scenario", "check", *sorted(SCENARIOS.glob("*.toml")))
    assert (done.code, len(done.lines)) == (0, len(scenario_names())), done.out


@pytest.mark.parametrize(("old", "new", "at", "says"), [
    ("planned_mg = 84", "planned_mgg = 84", "planned_mgg = 84", "planned_mgg: unknown key"),
    ("planned_mg = 84", "planned_mgg = 84", "id =", "planned_mg: missing key"),
    ("weight_kg = 60", "weight_kg = 600", "weight_kg = 600", "patient.weight_kg: Input should be less than or equal to 250"),
    ('action = "stop"', 'action = "halt"', 'action = "halt"', "infusion.1.action: "),
    ("at_s = 14700", "at_s = 200", "[[infusion]]", "infusion: steps must be in order of time"),
    ('protocol = "CRPS-10x4H"', 'protocol = "X"', 'protocol = "X"', "protocol: unknown protocol 'X'"),
    ("seed = 20", 'seed = 20\nprofile = "Z"', 'profile = "Z"', "profile: no alarm profile 'Z'"),
    ("[setup]", '[setup]\n[[effects]]\nkind = "motion"\nlevel = 2\nduration_s = 5', "level = 2", "effects.0.level: "),
    ("[setup]", '[setup]\n[[effects]]\nkind = "motion"\nduration_s = 5', "[[effects]]", "effects.0.level: missing key"),
    ("[setup]", '[setup]\n[[effects]]\nkind = "sneeze"', "[[effects]]", "effects.0: "),
    ("[setup]", '[setup]\n[[conditional]]\nwhen = "spo3 < 1"\neffects = [{kind = "suction"}]', "spo3", "conditional.0.when: 'spo3' is nothing"),
    ("[setup]", '[setup]\n[[cues]]\nwhen = "sao2 < "\nkind = "chest"\ntext = "x"', "sao2 <", "cues.0.when: a comparison such as"),
    ("[setup]", '[setup]\n[[ends]]\ndone = "dance"\nreason = "x"', "dance", "ends.0.done: 'dance' is nothing that can be done"),
    ("[setup]", '[setup]\n[[expected_alarms]]\nrule = "NONE"\npriority = "low"\nearliest_s = 1\nlatest_s = 2', '"NONE"', "has no rule 'NONE'"),
    ("[setup]", '[setup]\n[[expected_alarms]]\nrule = "APNOEA"\npriority = "low"\nearliest_s = 1\nlatest_s = 2', 'priority = "low"', "APNOEA is high"),
    ("at_s = 1320", "at_s = 99999", "at_s = 99999", "charting.2.at_s: lies after the end"),
    ('effect = "dizziness", ', "", "fields = {severity", "charting.2.fields: side_effect: "),
    ("seed = 20", "seed = = 20", "seed = = 20", "not valid TOML"),
])  # fmt: skip
def test_each_mistake_has_its_line(run: Run, tmp_path: Path, old: str, new: str, at: str, says: str) -> None:
    assert old in GOOD
    if old == "[setup]":  # another table, before that one
        new = f"{new.removeprefix(old)}\n{old}"
    text = GOOD.replace(old, new)
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    done = run("scenario", "check", str(path))
    assert done.code == 1
    found = [told for told in done.lines if says in told]
    assert found, done.out
    assert found[0].startswith(f"{path}:{line(text, at)}: "), found[0]


PATIENT = GOOD[GOOD.index("[patient]") : GOOD.index("[setup]")]


@pytest.mark.parametrize(("patient", "says"), [
    ('patient = "p9"', "patient: unknown patient 'p9'; there are p1-healthy,"),
    ('patient = {preset = "p9"}', "patient.preset: unknown patient 'p9'"),
    ('patient = {preset = "p1-healthy", hr = 900}', "patient.hr: "),
])  # fmt: skip
def test_presets_are_checked(run: Run, tmp_path: Path, patient: str, says: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(patient + "\n" + GOOD.replace(PATIENT, ""), encoding="utf-8")
    done = run("scenario", "check", str(path))
    assert (done.code, done.lines[0].startswith(f"{path}:1: {says}")) == (1, True), done.out


def test_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    done = run("scenario", "check", str(tmp_path / "none.toml"))
    assert (done.code, "no such file" in done.err) == (2, True)


def test_the_how_tos_example_fits(run: Run, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "writing-a-scenario.md").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    done = run("scenario", "check", str(path))
    assert (done.code, done.lines) == (0, [f"{path}: my-first 1: fits"])
