"""Midazolam, opioid, labetalol and atropine beside ketamine, and injections that are too fast (sections 3.2, 3.4, 3.5 and
4.5 of the ketamine reference)."""

from collections.abc import Callable

import pytest

from config.models import scenario as script
from simulators.patient import effects
from simulators.patient.drugs import Drugs, FastInjection, recognised
from simulators.patient.line import InfusionLine
from simulators.patient.patient import VirtualPatient
from simulators.patient.pk import Dose, drug_model, midazolam
from simulators.patient.variability import Person, stream

ADULT = script.Patient(name="A", age_y=34, sex="F", weight_kg=70, hr=72, sbp=118, dbp=72, rr=14)
KAMP = drug_model("kamp2020").for_weight(70)


def patient(seed: int = 1, person: Person | None = None, **changes: object) -> VirtualPatient:
    spec = ADULT.model_copy(update=changes)
    return VirtualPatient(spec, script.MonitorSetup(), KAMP, seed, person or Person())


def given(drug: str, dose_mg: float) -> script.Drug:
    return script.Drug.model_validate({"drug": drug, "dose_mg": dose_mg})


# -- the equations --------------------------------------------------------------------------------------------------------


def test_midazolam_dampens_dissociation() -> None:
    assert effects.dissociation(200, 30) == pytest.approx(50 * (1 - 0.35 / 2))
    assert effects.dissociation(200, 1e9) == pytest.approx(50 * 0.65)
    assert effects.dissociation(300, c50=1.5) == pytest.approx(50)
    assert effects.dissociation(200, emax=1.2) == pytest.approx(60)
    assert effects.dissociation(5000, emax=1.6) == 100


@pytest.mark.parametrize(("prior", "factor"), [(0, 1.2), (1, 1.0), (2, 1.0), (3, 0.8), (12, 0.8)])
def test_the_first_session_dissociates_more_and_later_ones_less(prior: int, factor: float) -> None:
    p = patient(prior_infusions=prior)
    p.set_rate_mg_h(52.5)
    p.advance(1200)
    assert p.truth()["dissociation"] == pytest.approx(factor * effects.dissociation(p.truth()["ce"]))
    assert p.truth()["dissociation"] == pytest.approx(factor * 49, abs=0.6)


def test_breathing_drive_with_midazolam() -> None:
    assert effects.breathing_drive(0, 90) == pytest.approx(1 - 0.225)
    ketamine = 1 + 0.05 * 400**2 / (150**2 + 400**2) - 0.40 * 400**1.5 / (2500**1.5 + 400**1.5)
    both = ketamine - 0.45 * 40**2 / (90**2 + 40**2) - 0.25 * 0.5 * 0.5
    assert effects.breathing_drive(400, 40) == pytest.approx(both)
    assert effects.breathing_drive(3000, 1000) == pytest.approx(1.05 - 0.40 * 0.568 - 0.45 - 0.25, abs=0.01)
    assert effects.breathing_drive(1e9, 1e9) == 0


def test_midazolam_sedates_with_ketamine() -> None:
    assert effects.sedating(300, 60) == 450
    asleep = patient()
    asleep.do(given("midazolam", 8))
    alone = patient()
    for p in (asleep, alone):
        p.set_rate_mg_h(60)
        p.advance(1200)
    assert (alone.level, asleep.level) == (3, 2)
    assert effects.sedating(asleep.truth()["ce"], asleep.truth()["cmid"]) > 400 > asleep.truth()["ce"]


def test_the_opioid_shift_and_what_ketamine_does_to_it() -> None:
    assert effects.opioid_shift(1, 0) == 10
    assert effects.opioid_shift(1, 254) == 5
    assert effects.opioid_shift(0, 100) == 0
    rest = effects.resting_paco2(40, 10, 0.06)
    assert rest * (1 + 0.06 * (rest - 50)) == pytest.approx(40)
    assert rest == pytest.approx(47.4, abs=0.05)
    assert effects.resting_paco2(38, 0, 0.06) == pytest.approx(38)


# -- the patient ----------------------------------------------------------------------------------------------------------


def test_midazolam_is_exact_at_odd_times_and_leaves_ketamine_alone() -> None:
    p = patient(age_y=50)
    p.advance(33.33)
    p.do(given("midazolam", 2))
    p.set_rate_mg_h(52.5)
    p.advance(400.7)
    p.do(given("midazolam", 1))
    p.advance(1200)
    doses = [Dose(33.33 / 60, 2), Dose(400.7 / 60, 1)]
    ce = midazolam(50).concentration(doses, [20.0])[1]
    ketamine = KAMP.concentration([Dose(33.33 / 60, None, 52.5)], [20.0])[1]
    assert ce is not None
    assert ketamine is not None
    assert p.truth()["cmid"] == pytest.approx(ce[0], rel=1e-9)
    assert p.truth()["ce"] == pytest.approx(ketamine[0], rel=1e-9)


@pytest.mark.parametrize("chunk_s", [0.37, 7.0, 300.0])
def test_bit_identical_with_every_drug_on_board(chunk_s: float) -> None:
    def run(chunk: float) -> list[object]:
        p = patient(seed=11, opioid_on_board=0.5)
        hands: dict[float, Callable[[], None]] = {
            12.34: lambda: p.do(given("midazolam", 3)),
            40.0: lambda: p.bolus_mg(120),
            90.1: lambda: p.do(given("labetalol", 20)),
            200.0: lambda: p.do(given("atropine", 0.5)),
        }
        out: list[object] = []
        for t in sorted({n * chunk for n in range(int(300 / chunk) + 1)} | hands.keys() | {100.0, 299.0}):
            p.advance(t)
            if t in hands:
                hands[t]()
            if t in (100.0, 299.0):
                out.append((p.vitals(), p.truth()))
        return out

    assert run(chunk_s) == run(1.0)


def test_midazolam_takes_three_tenths_of_the_systolic_rise_alone() -> None:
    calm, plain = patient(), patient()
    calm.do(given("midazolam", 5))
    for p in (calm, plain):
        p.set_rate_mg_h(52.5)
        p.advance(1200)
    assert calm.truth()["cmid"] > 60
    assert calm.truth()["sbp"] - 118 == pytest.approx(0.7 * (plain.truth()["sbp"] - 118), rel=0.05)
    assert calm.truth()["dbp"] == pytest.approx(plain.truth()["dbp"], abs=0.3)
    assert effects.calmed(15) == pytest.approx(0.85)


def test_midazolam_and_ketamine_hold_more_carbon_dioxide_than_either() -> None:
    def paco2(midazolam_mg: float, rate_mg_h: float) -> float:
        p = patient()
        if midazolam_mg:
            p.do(given("midazolam", midazolam_mg))
        p.set_rate_mg_h(rate_mg_h)
        p.advance(900)
        return p.truth()["paco2"]

    neither, ketamine, sedated, both = paco2(0, 0), paco2(0, 80), paco2(6, 0), paco2(6, 80)
    assert ketamine <= neither + 0.1
    assert both > sedated + 0.5 > neither + 5


def test_carbon_dioxide_calls_half_as_loud_under_much_midazolam() -> None:
    p = patient()
    p.do(given("midazolam", 12))
    p.advance(300)
    truth = p.truth()
    assert truth["cmid"] > 90
    over = truth["paco2"] - 41  # 38 at the mouth and 3 above it in the artery
    resting = 0.863 * 200 / 41
    assert truth["va_l_min"] == pytest.approx(resting * truth["drive"] * (1 + 0.03 * over), rel=0.01)


def test_an_opioid_rests_higher_from_the_start_and_ketamine_brings_some_breathing_back() -> None:
    p = patient(opioid_on_board=1.0)
    p.advance(60)
    before = p.truth()["paco2"]
    assert before == pytest.approx(48.3, abs=0.2)  # P·(1 + 0.06·(P - 51)) = 41
    p.advance(1200)
    assert p.truth()["paco2"] == pytest.approx(before, abs=0.05)
    p.set_rate_mg_h(52.5)
    p.advance(3600)
    assert p.truth()["paco2"] < before - 2


def apart(drug: str, dose_mg: float, times_s: list[float], **changes: object) -> list[dict[str, float]]:
    """How treated differs from untreated, as a factor for pressures and a difference for the pulse."""
    treated, plain = patient(**changes), patient(**changes)
    treated.do(given(drug, dose_mg))
    out = []
    for t in times_s:
        for p in (treated, plain):
            p.advance(t)
        a, b = treated.truth(), plain.truth()
        out.append(
            {
                "sbp": a["sbp"] / b["sbp"],
                "dbp": a["dbp"] / b["dbp"],
                "hr": a["hr"] / b["hr"],
                "beats": a["hr"] - b["hr"],
            }
        )
    return out


def test_labetalol() -> None:
    at_5 = apart("labetalol", 10, [300])[0]
    assert (at_5["sbp"], at_5["dbp"], at_5["hr"]) == pytest.approx((0.90, 0.90, 0.92), abs=0.006)
    assert apart("propofol", 35, [60])[0] == {"sbp": 1, "dbp": 1, "hr": 1, "beats": 0}


def test_labetalol_adds_up_and_fades_over_two_to_four_hours() -> None:
    drugs = Drugs(ADULT, InfusionLine(KAMP), Person(), 1)
    drugs.give("labetalol", 10, 0)
    assert drugs.lowered(300) == pytest.approx((0.90, 0.92))
    (at_2h, _), (at_4h, _) = drugs.lowered(7200), drugs.lowered(14400)
    assert 0.94 < at_2h < 0.97 < at_4h < 1
    drugs.give("labetalol", 10, 0)
    assert drugs.lowered(300) == pytest.approx((0.80, 0.84))
    drugs.give("labetalol", 300, 0)
    assert drugs.lowered(300) == pytest.approx((0.60, 0.68))  # and no further
    assert (drugs.since_s("labetalol", 70), drugs.since_s("propofol", 70)) == (70, float("inf"))


def test_atropine() -> None:
    early, peak = apart("atropine", 0.5, [30, 180])
    assert 5 < early["beats"] < 0.7 * peak["beats"]
    assert peak["beats"] == pytest.approx(14, abs=1)
    drugs = Drugs(ADULT, InfusionLine(KAMP), Person(), 1)
    drugs.give("atropine", 0.5, 0)
    assert 0 < drugs.quickened(3600) < 5
    assert apart("atropine", 3, [180])[0]["beats"] == pytest.approx(40, abs=0.5)


def test_a_person_whose_pressure_needs_more() -> None:
    p, typical = patient(person=Person(pressor_c50=2.0, c50=2.0)), patient()
    for x in (p, typical):
        x.set_rate_mg_h(52.5)
        x.advance(2400)
    rise, usual = p.truth()["sbp"] - 118, typical.truth()["sbp"] - 118
    assert usual == pytest.approx(13.7, abs=0.3)
    ccv = p.truth()["ccv"]
    assert rise == pytest.approx(36 * ccv / (800 + ccv), abs=0.3)
    assert p.truth()["dissociation"] == pytest.approx(100 / (1 + (400 / p.truth()["ce"]) ** 1.6))


# -- too fast -------------------------------------------------------------------------------------------------------------


def pauses(seed: int, ce: Callable[[int], float], sedated: bool, until_s: int = 400) -> list[tuple[int, float]]:
    hazard = FastInjection(stream(seed, "fast injection"))
    steps = ((t, hazard.step(ce(t), sedated, float(t))) for t in range(until_s))
    return [(t, length) for t, length in steps if length is not None]


def push(peak: float, over_s: float) -> Callable[[int], float]:
    return lambda t: peak * t / over_s if t <= over_s else peak * 0.99 ** (t - over_s)


@pytest.mark.parametrize(("sedated", "share"), [(False, 0.05), (True, 0.30)])
def test_how_often_breathing_stops_after_a_fast_injection(sedated: bool, share: float) -> None:
    found = [pauses(seed, push(1500, 60), sedated) for seed in range(1000)]
    hit = [p for p in found if p]
    assert len(hit) / len(found) == pytest.approx(share, abs=3 * (share * (1 - share) / 1000) ** 0.5)
    assert all(len(p) == 1 for p in hit)
    onset = [p[0][0] for p in hit]
    assert all(40 + 30 <= t <= 41 + 61 for t in onset)  # 1000 ng/mL is passed at 40 s
    assert all(20 <= p[0][1] <= 90 for p in hit)
    assert max(onset) - min(onset) > 20


def test_no_hazard_when_slow_or_low_and_one_draw_for_each_rise() -> None:
    assert not any(pauses(seed, push(2000, 301), True) for seed in range(200))  # 399 ng/mL a minute
    assert not any(pauses(seed, push(999, 20), True) for seed in range(200))
    saw = lambda t: push(1500, 60)(t % 130)  # noqa: E731 - three pushes
    assert max(len(pauses(seed, saw, True)) for seed in range(200)) > 1
    again = [pauses(seed, saw, True, 130) for seed in range(200)]
    assert again == [pauses(seed, saw, True, 130) for seed in range(200)]
    assert sum(map(bool, again)) < 200


def test_a_patient_whose_breathing_stops_after_a_flush() -> None:
    def drawn(seed: int) -> bool:
        fate = stream(seed, "fast injection").random()
        return 0.05 < fate < 0.30

    seed = next(s for s in range(100) if drawn(s))
    sedated, opioid, alone = patient(seed), patient(seed, opioid_on_board=1.0), patient(seed)
    sedated.do(given("midazolam", 3))
    quiet = {id(p): 0 for p in (sedated, opioid, alone)}
    for p in (sedated, opioid, alone):
        p.advance(180)
        p.bolus_mg(60)
        for t in range(181, 360):
            p.advance(t)
            quiet[id(p)] += p.truth()["drive"] == 0
    assert 20 <= quiet[id(sedated)] <= 91
    assert 20 <= quiet[id(opioid)] <= 91
    assert quiet[id(alone)] == 0


# -- what a record says ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("record", "means"), [
    (("midazolam", 2, "mg", "IV"), ("midazolam", 2)),
    (("Midazolam 1 mg/mL", 1.5, "mg", ""), ("midazolam", 1.5)),
    (("Dormicum", 2000, "µg", "i.v."), ("midazolam", 2)),
    (("labetalol", 10, "mg", "IV push"), ("labetalol", 10)),
    (("ATROPINE", 500, "mcg", "intravenous"), ("atropine", 0.5)),
    (("propofol", 0.03, "g", "IV"), ("propofol", 30)),
    (("midazolam", 2, "mL", "IV"), None),
    (("midazolam", 7.5, "mg", "PO"), None),
    (("midazolam", 5, "mg", "intranasal"), None),
    (("midazolam", 2000, "mg", "IV"), None),
    (("midazolam", 0, "mg", "IV"), None),
    (("ondansetron", 4, "mg", "IV"), None),
    (("", 4, "mg", "IV"), None),
])  # fmt: skip
def test_what_a_record_means(record: tuple[str, float, str, str], means: tuple[str, float] | None) -> None:
    assert recognised(*record) == (means and (means[0], pytest.approx(means[1])))
