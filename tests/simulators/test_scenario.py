"""Scenarios: files, the run, and the story that each shipped one promises."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from config.models import ConfigError
from config.models.scenario import OpenAirway, Scenario, Stimulate, Ventilate
from simulators.patient.pk import Dose, drug_model
from simulators.scenario import Run, find_scenario, load_scenario, scenario_names

NAMES = ["apnoea-desaturation", "crps-uneventful", "hypertensive-response"]


def small(**changes: Any) -> Scenario:
    base: dict[str, Any] = {
        "id": "small", "title": "Small", "protocol": "START-80-2H", "planned_mg": 80, "planned_min": 120, "concentration_mg_ml": 2,
        "seed": 1, "duration_s": 7200, "live_from_s": 600,
        "patient": {"name": "A", "age_y": 40, "sex": "F", "weight_kg": 70, "hr": 72, "sbp": 118, "dbp": 72, "rr": 14},
        "infusion": [{"at_s": 300, "action": "start", "rate_mg_h": 40}, {"at_s": 900, "action": "rate", "rate_mg_h": 20},
                     {"at_s": 1800, "action": "stop", "reason": "done"}],
    }  # fmt: skip
    return Scenario.model_validate(base | changes)


# -- files ----------------------------------------------------------------------------------------------------------------


def test_shipped_scenarios_carry_their_own_name() -> None:
    assert set(NAMES) <= set(scenario_names())
    for name in NAMES:
        scenario = find_scenario(name)
        assert scenario.id == name
        assert scenario.expected
        planned = sum((b.at_s - a.at_s) / 3600 * (a.rate_mg_h or 0) for a, b in pairwise(scenario.infusion))
        assert planned == pytest.approx(scenario.planned_mg)


@pytest.mark.parametrize(("short", "name"), [
    ("apnoea", NAMES[0]), ("crps", NAMES[1]), ("h", NAMES[2]), ("CRPS_uneventful", NAMES[1]), (NAMES[0], NAMES[0]),
])  # fmt: skip
def test_short_names(short: str, name: str) -> None:
    assert find_scenario(short).id == name


@pytest.mark.parametrize("name", ["sepsis", "", "apnoea-desaturation-2"])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(ConfigError, match=r"unknown scenario .*apnoea-desaturation, crps-uneventful"):
        find_scenario(name)


@pytest.mark.parametrize(("old", "new", "message"), [
    ("planned_mg = 84", "planned_mgg = 84", r"\b4: planned_mgg: unknown key"),
    ('action = "stop"', 'action = "halt"', r"infusion\.1\.action"),
    ("weight_kg = 60", "weight_kg = -6", r":[0-9]+: patient\.weight_kg: "),
    ("live_from_s = 1860", "live_from_s = 99999", "live_from_s must lie before duration_s"),
    ("rate_mg_h = 21", "", "start needs rate_mg_h"),
    ("at_s = 14700", "at_s = 200", "in order of time"),
])  # fmt: skip
def test_a_bad_file_names_file_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    from simulators import scenario as module

    text = (module._SCENARIOS / "crps-uneventful.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        load_scenario(path)
    assert str(path) in str(caught.value)


def test_an_unknown_effect_is_refused() -> None:
    with pytest.raises(ValueError, match="kind"):
        small(effects=[{"kind": "sneeze", "at_s": 5}])


# -- the run --------------------------------------------------------------------------------------------------------------


def test_charting_follows_the_script() -> None:
    run = Run(small(
        consciousness_at_s=[60, 1200],
        charting=[{"at_s": 200, "type": "baseline_taken"}, {"at_s": 1000, "type": "note", "fields": {"text": "calm"}},
                  {"at_s": 1100, "type": "oxygen_changed", "fields": {"flow_l_min": 2}}],
    ))  # fmt: skip
    run.advance(2000)
    charted = run.charted(0, 2000)
    assert [(e["t_s"], e["type"]) for e in charted] == [
        (60, "consciousness_assessed"), (200, "baseline_taken"), (300, "infusion_started"), (900, "infusion_rate_changed"),
        (1000, "note"), (1100, "oxygen_changed"), (1200, "consciousness_assessed"), (1800, "infusion_stopped"),
    ]  # fmt: skip
    assert charted[0] == {
        "t_s": 60,
        "type": "consciousness_assessed",
        "scale": "moaas",
        "level": "5",
        "dissociation": 0,
    }
    assert charted[1]["values"].keys() == {"rate", "sbp", "dbp", "map", "spo2", "etco2", "rr"}
    assert charted[1]["values"]["sbp"] == pytest.approx(118, abs=12)
    assert charted[2] == {"t_s": 300, "type": "infusion_started", "rate_mg_h": 40, "concentration_mg_ml": 2, "ordered_by": "", "reason": ""}  # fmt: skip
    assert charted[7] == {"t_s": 1800, "type": "infusion_stopped", "reason": "done"}
    assert run.truth()["fio2"] == pytest.approx(0.29)
    assert charted[6]["level"] == "4"  # what the patient is at that time
    # half open, so that consecutive spans give each entry once
    assert [e for a, b in pairwise([0, 60, 300, 301, 2000]) for e in run.charted(a, b)] == charted
    with pytest.raises(ValueError, match="run is at 2000"):
        run.charted(0, 2001)


def test_field_names_are_those_of_the_session_events() -> None:
    steps = [{"at_s": 10, "action": "start", "rate_mg_h": 40}, {"at_s": 20, "action": "bolus", "dose_mg": 5},
             {"at_s": 30, "action": "rate", "rate_mg_h": 20}, {"at_s": 40, "action": "pause"},
             {"at_s": 50, "action": "resume"}, {"at_s": 60, "action": "stop"}]  # fmt: skip
    # The uneventful hours are looked through to their end below, and their charting there.
    for run in (Run(small(infusion=steps)), *(Run(find_scenario(name)) for name in NAMES if name != "crps-uneventful")):
        run.advance(run.scenario.duration_s)
        assert_charted_as_events(run)


def assert_charted_as_events(run: Run) -> None:
    """What the virtual nurse charted in the whole of a scenario."""
    from dashboard.session.events import TYPES, from_dict

    entries = run.charted(0, run.scenario.duration_s)
    assert len(entries) >= 6
    for entry in entries:
        assert entry["type"] in TYPES
        from_dict(entry | {"at": "2025-01-01T00:00:00+00:00", "by": "nurse"})


def test_the_pump_script_reaches_the_patient_exactly() -> None:
    steps = [{"at_s": 10.5, "action": "start", "rate_mg_h": 40}, {"at_s": 100, "action": "bolus", "dose_mg": 5},
             {"at_s": 200.25, "action": "pause"}, {"at_s": 400, "action": "resume"}, {"at_s": 700, "action": "stop"}]  # fmt: skip
    run = Run(small(infusion=steps))
    run.advance(300)
    assert (run.rate_mg_h, run.truth()["rate_mg_h"]) == (0, 0)
    run.advance(1200)
    doses = [
        Dose(10.5 / 60, None, 40),
        Dose(100 / 60, 5),
        Dose(200.25 / 60, None, 0),
        Dose(400 / 60, None, 40),
        Dose(700 / 60, None, 0),
    ]
    cp = drug_model("kamp2020").for_weight(70).concentration(doses, [20])[0]
    assert run.truth()["cp"] == pytest.approx(cp[0], rel=1e-9)


def test_drugs_given_by_hand_act_whether_scripted_or_recorded() -> None:
    scripted = Run(small(effects=[{"kind": "drug", "at_s": 100.5, "drug": "midazolam", "dose_mg": 2}]))
    recorded = Run(small())
    charted = Run(
        small(charting=[{"at_s": 100, "type": "drug_given", "fields": {"drug": "midazolam", "dose": 2, "unit": "mg"}}])
    )
    recorded.apply("drug_given", {"drug": "Midazolam", "dose": 2, "unit": "mg", "route": "IV"}, 100.5)
    recorded.apply("drug_given", {"drug": "ondansetron", "dose": 4, "unit": "mg"}, 100.5)
    for run in (scripted, recorded, charted):
        run.advance(700.5)
    assert recorded.truth() == scripted.truth()
    assert scripted.truth()["cmid"] == pytest.approx(50, abs=2)  # ten minutes after 2 mg at 40 years
    assert charted.truth()["cmid"] == 0  # a record of the script is no dose
    assert recorded.rate_mg_h == 40  # the pump stays with its script


def test_the_pump_of_a_scenario_gives_ketamine() -> None:
    with pytest.raises(ConfigError, match="unknown drug model 'albrecht1999_young'"):
        Run(small(drug_model="albrecht1999_young"))


@pytest.mark.parametrize("change", [{"drug": "ketamine"}, {"dose_mg": 0}, {"dose_mg": 501}, {"dose_mg": float("nan")}])
def test_a_drug_that_is_not_known_or_not_a_dose(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        small(effects=[{"kind": "drug", "drug": "atropine", "dose_mg": 0.5} | change])


def test_what_a_person_records_acts_and_takes_the_pump_over() -> None:
    run = Run(small())
    run.advance(600)
    run.apply("infusion_paused", {"reason": "repeat pressure"}, 600.0)
    assert run.truth()["rate_mg_h"] == 0
    run.advance(1000)  # the script's change at 900 is gone
    assert run.rate_mg_h == 0
    run.apply("infusion_resumed", {"rate_mg_h": None}, 1000.0)
    assert run.rate_mg_h == 40
    run.apply("infusion_rate_changed", {"rate_mg_h": 25.0, "concentration_mg_ml": 2.0}, 1010.0)
    assert run.rate_mg_h == 40
    run.advance(1010)
    assert run.rate_mg_h == 25
    before = run.truth()["given_mg"]
    run.apply("bolus_given", {"dose_mg": 10.0}, 900.0)  # a time that has passed: now
    assert run.truth()["given_mg"] == pytest.approx(before + 10)
    run.apply("note", {"text": "x"}, 1010.0)
    run.apply("oxygen_changed", {"flow_l_min": 3.0, "device": "nasal"}, 1010.0)
    assert run.truth()["fio2"] == pytest.approx(0.33)
    run.advance(2000)
    assert run.rate_mg_h == 25  # nor does the script stop it
    run.apply("infusion_stopped", {"reason": "done"}, 2000.0)
    assert run.rate_mg_h == 0
    assert [e["type"] for e in run.charted(0, 2000)] == ["infusion_started"]


def test_applying_ahead_of_the_run_waits_for_it() -> None:
    run = Run(small())
    run.advance(500)
    run.apply("infusion_stopped", {}, 500.8)
    assert run.rate_mg_h == 40
    run.advance(501)
    assert run.rate_mg_h == 0
    run.advance(1000)
    assert run.rate_mg_h == 0


def seen(run: Run, until_s: int, chunk_s: float) -> list[object]:
    out: list[object] = []
    t, due = 0.0, 0
    while t < until_s:
        t = min(t + chunk_s, due + 100, until_s)
        run.advance(t)
        if t == due + 100:
            due += 100
            out.append((run.vitals(), run.truth()))
    return [*out, run.charted(0, until_s)]


@pytest.mark.parametrize("name", NAMES)
def test_a_run_is_bit_identical_at_any_speed(name: str) -> None:
    scenario = find_scenario(name)
    slow, odd, fast = (seen(Run(scenario), 2900, chunk) for chunk in (1.0, 0.37, 20.0))
    assert slow == odd == fast
    assert seen(Run(scenario, seed=99), 2900, 20.0) != fast
    assert seen(Run(scenario, seed=scenario.seed), 2900, 20.0) == fast


def test_variability_draws_a_person_by_seed() -> None:
    runs = [Run(small(variability=v), seed=s) for v, s in ((False, 5), (True, 5), (True, 5), (True, 6))]
    for run in runs:
        run.advance(1200)
    ce = [run.truth()["ce"] for run in runs]
    assert ce[1] == ce[2]
    assert len(set(ce)) == 3


# -- the stories ------------------------------------------------------------------------------------------------------------


def each_second(run: Run, from_s: int, until_s: int) -> Iterator[tuple[int, dict[str, float | None]]]:
    for t in range(from_s, until_s + 1):
        run.advance(t)
        yield t, {name: vital.value for name, vital in run.vitals().items()}


def held(values: list[tuple[int, float]], limit: float, delay_s: int) -> int:
    """First second at which the value has been `limit` or less for `delay_s`, without a break."""
    since = None
    for t, x in values:
        since = (t if since is None else since) if x <= limit else None
        if since is not None and t - since >= delay_s:
            return t
    raise AssertionError(f"never {limit} or less for {delay_s} s")


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_uneventful_means_no_medium_or_high_limit_in_four_hours(seed: int | None) -> None:
    run = Run(find_scenario("crps"), seed)
    run.advance(300)
    base = next(e["values"] for e in run.charted(0, 300) if e["type"] == "baseline_taken")
    last_cuff, cuffs = 0.0, []
    for t in range(300, int(run.scenario.duration_s) + 1):
        run.advance(t)
        shown = run.vitals()
        v = {name: vital.value for name, vital in shown.items()}
        assert (v["spo2"] or 0) >= 94, t
        assert 49 < (v["hr"] or 0) < 121, t
        assert 8 < (v["rr_co2"] or 0) < 25, t
        assert 25 < (v["etco2"] or 0) < min(50, base["etco2"] + 10), t
        assert v["no_breath"] == 0
        assert 35.0 < (v["temp"] or 0) < 39.1
        if (at := shown["nibp_sys"].at_s) != last_cuff:
            last_cuff = at
            cuffs.append(at)
            sys, dia, mean = (v[f"nibp_{x}"] or 0 for x in ("sys", "dia", "map"))
            assert not (sys >= 180 or (sys >= 1.3 * base["sbp"] and sys >= 140)), t
            assert sys > 90
            assert not (sys <= 0.8 * base["sbp"] and sys <= 110), t
            assert dia < 110
            assert 65 < mean < 130
    assert all(b - a <= (300 if a < 2100 else 600) for a, b in pairwise(cuffs))
    assert run.truth()["given_mg"] == pytest.approx(84)
    assert_charted_as_events(run)


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_apnoea_climbs_the_ladder(seed: int | None) -> None:
    run = Run(find_scenario("apnoea"), seed)
    live = int(run.scenario.live_from_s)
    quiet = [v for _, v in each_second(run, 320, live)]
    assert all(v["no_breath"] == 0 and (v["spo2"] or 0) >= 94 for v in quiet)
    rows = list(each_second(run, live + 1, live + 600))
    spo2 = [(t, v["spo2"] or 0.0) for t, v in rows]
    apnoea = next(t for t, v in rows if v["no_breath"] == 1)
    assert apnoea - live == 75 + 20  # it stops 75 s after the demo joins; the monitor says so 20 s later
    assert all((v["rr_co2"] or 0) > 0 for t, v in rows if t < apnoea)
    low, medium, high = held(spo2, 93, 60), held(spo2, 89, 15), held(spo2, 84, 5)
    assert apnoea + 60 < low < medium < high < live + 330
    assert min(x for _, x in spo2) >= 70
    assert all(v["no_breath"] == 0 and (v["spo2"] or 0) >= 95 for t, v in rows if t > live + 420)
    assert 20 < max(t for t, x in spo2 if x <= 84) - high < 45


def test_apnoea_can_be_helped() -> None:
    def low(help_at_s: int | None) -> float:
        run = Run(find_scenario("apnoea"))
        if help_at_s is not None:
            run.do(OpenAirway(duration_s=600), help_at_s)
            run.do(Stimulate(), help_at_s)
            run.do(Ventilate(duration_s=60), help_at_s + 20)
        run.advance(2400)
        return min(v["spo2"] or 0 for _, v in each_second(run, 2400, 2850))

    assert low(2500) > low(None) + 5


def test_hypertensive_response() -> None:
    run = Run(find_scenario("hyper"))
    live, sys, dia = run.scenario.live_from_s, {}, {}
    course = []
    for t in range(3001):
        run.advance(t)
        if t in (600, 900, 1200, 1800, 2700):  # minutes 5, 10, 15, 25 and 40 of the infusion
            course.append(run.truth()["sbp"])
        shown = run.vitals()
        high, low = shown["nibp_sys"], shown["nibp_dia"]
        if high.value is not None and low.value is not None:
            sys[high.at_s], dia[high.at_s] = high.value, low.value
    history = [x for at, x in sys.items() if at <= live]
    assert max(history) >= 160
    assert max(history) < 180
    assert max(x for at, x in dia.items() if at <= live) < 110
    ahead = [(at, x) for at, x in sys.items() if at > live]
    assert ahead[0][0] - live == 90
    assert ahead[0][1] >= 180
    assert ahead[1][0] - ahead[0][0] == 150  # the nurse repeats it two minutes later; a measurement takes 30 s
    assert ahead[1][1] >= 180
    assert course == pytest.approx([162, 175, 180, 187, 192], abs=2.5)


def test_pausing_lets_the_pressure_fall() -> None:
    run = Run(find_scenario("hyper"))
    run.advance(300 + 25 * 60)
    run.apply("infusion_paused", {}, run.now_s)
    start = run.truth()["sbp"]
    falls = []
    for minutes in (5, 10, 20):
        run.advance(300 + (25 + minutes) * 60)
        falls.append(start - run.truth()["sbp"])
    assert falls == pytest.approx([6, 13, 19], abs=4)  # "about", says the scenario
