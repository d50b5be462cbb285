"""Invented people, and what 0.5 mg/kg over 40 minutes does to one of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from config.models.scenario import Cuff, MonitorSetup, Patient
from simulators.patient.drugs import Drugs
from simulators.patient.line import InfusionLine
from simulators.patient.patient import VirtualPatient
from simulators.patient.pk import Kinetics, drug_model
from simulators.patient.variability import Person, draw_person, stream

MG_KG, OVER_MIN, UNTIL_MIN = 0.5, 40, 100
#: Rest before the infusion, in the run with a monitor: cuff readings each 2 min then, each 10 min from the start on.
REST_S = 600
SETUP = MonitorSetup(cuff=(Cuff(from_s=60, every_s=120), Cuff(from_s=REST_S + 570, every_s=600)))
CALM = 5


@dataclass(frozen=True, slots=True)
class Member:
    seed: int
    spec: Patient
    person: Person

    @property
    def kinetics(self) -> Kinetics:
        return drug_model("kamp2020").for_weight(self.spec.weight_kg, self.person.factors)

    @property
    def rate_mg_h(self) -> float:
        return MG_KG * self.spec.weight_kg * 60.0 / OVER_MIN


def people(count: int, hypertensive: float = 0.0) -> Iterator[Member]:
    """The same people each time. Adults of 18 to 65 years, 40 on average, as trials take them; `hypertensive`: share with treated high
    pressure, who are up to 70, 54 on average, and start higher."""
    for seed in range(count):
        random = stream(seed, "population")
        ill = random.random() < hypertensive
        age_y = min(70.0 if ill else 65.0, max(18.0, random.gauss(54.0 if ill else 40.0, 12.0)))
        weight_kg = min(120.0, max(48.0, random.gauss(77.0, 15.0)))
        sbp = min(165.0, max(95.0, random.gauss(136.0 if ill else 120.0, 9.0)))
        spec = Patient(
            name="invented",
            age_y=age_y,
            sex=random.choice(("F", "M")),
            weight_kg=weight_kg,
            hr=min(95.0, max(52.0, random.gauss(72.0, 8.0))),
            sbp=sbp,
            dbp=0.5 * sbp + 13.0,
            rr=14,
            hypertension=ill,
            prior_infusions=random.randrange(7),
        )
        yield Member(seed, spec, draw_person(seed))


@dataclass(frozen=True, slots=True)
class Course:
    """Rises above the resting values in mmHg and 1/min, by minute from the start of the infusion, minute 0 first. `level_min`: until
    the level first fell; `oriented_min`: until it was back for good; None: never fell, or not back in time. `cuff_peak`: highest
    of the readings each 10 min during and just after the infusion above the mean before it (None without a monitor)."""

    sbp: list[float]
    dbp: list[float]
    hr: list[float]
    dissociation: list[float]
    level: list[int]
    cuff_peak: tuple[float, float] | None = None

    @property
    def level_min(self) -> int | None:
        return next((t for t, level in enumerate(self.level) if level < CALM), None)

    @property
    def oriented_min(self) -> int | None:
        if self.level_min is None or self.level[-1] < CALM:
            return None
        return max(t for t, level in enumerate(self.level) if level < CALM) + 1


def simulated(member: Member, until_min: int = UNTIL_MIN) -> Course:
    """The whole virtual patient with its monitor."""
    spec = member.spec
    patient = VirtualPatient(spec, SETUP, member.kinetics, member.seed, member.person)
    before, during = [], []
    course = Course([], [], [], [], [])
    for minute in range(1, REST_S // 60 + until_min + 1):
        at_s = minute * 60
        patient.advance(at_s)
        if at_s < REST_S:
            before = patient.cuff_readings
            continue
        if at_s == REST_S:
            patient.set_rate_mg_h(member.rate_mg_h)
        if at_s == REST_S + OVER_MIN * 60:
            patient.set_rate_mg_h(0.0)
        if at_s <= REST_S + (OVER_MIN + 1) * 60:
            during += [r for r in patient.cuff_readings[-1:] if r.at_s > REST_S and r not in during]
        truth = patient.truth()
        course.sbp.append(truth["sbp"] - spec.sbp)
        course.dbp.append(truth["dbp"] - spec.dbp)
        course.hr.append(truth["hr"] - spec.hr)
        course.dissociation.append(truth["dissociation"])
        course.level.append(patient.level)
    rest = [sum(getattr(r, name) or 0.0 for r in before) / len(before) for name in ("sys", "dia")]
    peak = [max(getattr(r, name) or 0.0 for r in during) for name in ("sys", "dia")]
    return Course(
        course.sbp, course.dbp, course.hr, course.dissociation, course.level, (peak[0] - rest[0], peak[1] - rest[1])
    )


def quick(member: Member, until_min: int = UNTIL_MIN) -> Course:
    """The drugs alone: neither gas exchange, noise, reflex nor the lag of pulse and pressure. A hundred times as fast."""
    line = InfusionLine(member.kinetics)
    drugs = Drugs(member.spec, line, member.person, member.seed)
    course = Course([], [], [], [], [])
    line.set_rate_mg_h(member.rate_mg_h, 0.0)
    for minute in range(until_min + 1):
        drugs.second(minute * 60.0)
        if minute == OVER_MIN:
            line.set_rate_mg_h(0.0, minute * 60.0)
        sbp, dbp, hr = drugs.rises(1.0)
        course.sbp.append(sbp)
        course.dbp.append(dbp)
        course.hr.append(hr)
        course.dissociation.append(drugs.dissociation)
        course.level.append(drugs.level)
    return course
