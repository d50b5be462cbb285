"""Runs a scenario: the virtual patient, the pump's script, what befalls the patient, and the virtual nurse's charting.

Everything is on the scenario's clock: seconds from session opening.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from heapq import heapify, heappop, heappush
from pathlib import Path
from statistics import fmean as mean
from typing import Any

import config
from config.models import ConfigError
from config.models import effects as fx
from config.models.scenario import Charting, Drug, Effect, InfusionStep, Oxygen, Scenario
from config.models.scenario_file import load_scenario as load_scenario
from simulators.artefacts import Artefacts
from simulators.patient import effects
from simulators.patient.drugs import recognised
from simulators.patient.line import InfusionLine
from simulators.patient.patient import VirtualPatient
from simulators.patient.pk import drug_model
from simulators.patient.variability import TYPICAL_PERSON, draw_person
from simulators.patient.waves import Waves
from simulators.story import Story, deed
from simulators.vitals import Vital

_SCENARIOS = Path(config.__file__).parent / "scenarios"
#: Derived signal of a baseline <- raw signal of the monitor.
_BASELINE = {
    "rate": "hr", "sbp": "nibp_sys", "dbp": "nibp_dia", "map": "nibp_map", "spo2": "spo2", "etco2": "etco2", "rr": "rr_co2",
}  # fmt: skip
_CHARTED_AS = {
    "start": "infusion_started", "rate": "infusion_rate_changed", "bolus": "bolus_given",
    "pause": "infusion_paused", "resume": "infusion_resumed", "stop": "infusion_stopped",
}  # fmt: skip
_ACTIONS = {event: action for action, event in _CHARTED_AS.items()}


def scenario_path(name: str) -> Path:
    """Where a shipped scenario stands; it need not be there."""
    return _SCENARIOS / f"{name}.toml"


def scenario_names(own: Path | None = None) -> list[str]:
    """The shipped ones; with the folder `own` also what stands there, whether it can be read or not."""
    return sorted({path.stem for folder in (_SCENARIOS, own) if folder is not None for path in folder.glob("*.toml")})


def find_scenario(name: str, own: Path | None = None) -> Scenario:
    """The scenario of that name or unique beginning, shipped or in the folder `own`; an underscore counts as a hyphen. A name that ends
    in .toml is a file. ConfigError lists the names."""
    if name.endswith(".toml"):
        return load_scenario(Path(name))
    wanted, known = name.strip().lower().replace("_", "-"), scenario_names(own)
    found = [wanted] if wanted in known else [k for k in known if wanted and k.startswith(wanted)]
    if len(found) != 1:
        problem = "unknown scenario" if not found else "more than one scenario begins with"
        raise ConfigError(f"{problem} {name!r}; this version has: {', '.join(known)}")
    shipped = scenario_path(found[0])
    return load_scenario(shipped if shipped.exists() or own is None else own / shipped.name)


@dataclass(frozen=True, order=True, slots=True)
class _Due:
    """Something that happens at `at_s`; `order` keeps entries of one instant as they stand in the file."""

    at_s: float
    order: int
    act: Callable[[float], None] = field(compare=False)
    pump_script: bool = field(default=False, compare=False)


class Run:
    """One run of a scenario. The same scenario, seed and hands give the same bits, however time is cut."""

    def __init__(self, scenario: Scenario, seed: int | None = None, *, waves: bool = False) -> None:
        """`waves`: draw waveforms too, to be read from `waves`; the numbers stay the same to the bit."""
        self.scenario = scenario
        self.seed = scenario.seed if seed is None else seed
        person = draw_person(self.seed) if scenario.variability else TYPICAL_PERSON
        kinetics = drug_model(scenario.drug_model, "ketamine").for_weight(scenario.patient.weight_kg, person.factors)
        line = InfusionLine(kinetics, scenario.concentration_mg_ml, scenario.dead_space_ml)
        self.patient = VirtualPatient(scenario.patient, scenario.setup, kinetics, self.seed, person, line)
        self.patient.earlier(scenario.prior)
        self.story = Story(scenario)
        #: What was done by hand or recorded by a person: name -> when first; `deeds` has each time, in order.
        self.done: dict[str, float] = {}
        self.deeds: list[tuple[float, str]] = []
        self._judged_s = -1.0
        self._artefacts = Artefacts(self.seed, scenario.artefacts) if scenario.artefacts > 0 else None
        #: None unless asked for.
        self.waves = (
            Waves(self.patient, scenario.patient, scenario.setup, self.seed, self._artefacts) if waves else None
        )
        self._rate_mg_h = self._before_pause_mg_h = 0.0
        self._charted: list[dict[str, Any]] = []
        self._asked_s = 0.0
        self._cable_out_until_s = 0.0
        self._agenda: list[_Due] = []
        self._planned = 0
        for effect in scenario.effects:
            self._plan(effect.at_s, partial(self._befall, effect))
        for step in scenario.infusion:
            self._plan(step.at_s, partial(self._script_pump, step), pump_script=True)
        for entry in scenario.charting:
            self._plan(entry.at_s, partial(self._script_chart, entry))
        for at_s in scenario.consciousness_at_s:
            self._plan(at_s, self._check_consciousness)
        self.advance(0.0)

    @property
    def now_s(self) -> float:
        return self._asked_s

    @property
    def rate_mg_h(self) -> float:
        """What the pump is set to."""
        return self._rate_mg_h

    def advance(self, to_s: float) -> None:
        """Run on to `to_s`, doing what falls due on the way. A time that has passed changes nothing."""
        while not self.story.silent and self._judged_s + 1.0 <= to_s:
            self._judged_s += 1.0
            self._walk(self._judged_s)
            for effect in self.story.second(self._judged_s, self.truth(), self.done):
                self._plan(self._judged_s + effect.at_s, partial(self._befall, effect))
        self._walk(to_s)
        self._asked_s = max(self._asked_s, to_s)

    def _walk(self, to_s: float) -> None:
        while self._agenda and self._agenda[0].at_s <= to_s:
            due = heappop(self._agenda)
            self.patient.advance(due.at_s)
            due.act(due.at_s)
        self.patient.advance(to_s)

    def vitals(self) -> dict[str, Vital]:
        """What the monitor shows now; see `VirtualPatient.vitals`."""
        seen = self.patient.vitals()
        return seen if self._artefacts is None else self._artefacts.over(seen, self.patient.now_s)

    @property
    def cable_out(self) -> bool:
        """Nothing of what the monitor says comes through now."""
        return self._asked_s < self._cable_out_until_s

    def truth(self) -> dict[str, float]:
        return self.patient.truth()

    def charted(self, from_s: float, to_s: float) -> list[dict[str, Any]]:
        """What the virtual nurse recorded with from_s <= t_s < to_s, in order: `t_s`, `type` (session event), its fields.

        These have acted already: hand to `apply` only what a person recorded. ValueError when the run is not that far.
        """
        if to_s > self._asked_s:
            raise ValueError(f"charted up to {to_s:g} s, but the run is at {self._asked_s:g} s")
        return [dict(entry) for entry in self._charted if from_s <= entry["t_s"] < to_s]

    def apply(self, event_type: str, fields: Mapping[str, Any], t_s: float) -> None:
        """What a person recorded acts on the patient at `t_s`, or now when that has passed: the virtual pump follows the
        record, and a drug given by hand acts when name, dose and unit say which it is. Other events do nothing. The first
        entry about the infusion takes the pump out of the script's hands: its remaining steps fall away, in the patient and in
        the charting."""
        at_s = max(t_s, self._asked_s)
        self._plan(at_s, partial(self._note, event_type))
        if event_type == "oxygen_changed":
            oxygen = Oxygen(flow_l_min=float(fields["flow_l_min"]), device=str(fields.get("device", "")))
            self._plan(at_s, partial(self._lay_hands, oxygen))
        elif event_type == "drug_given":
            given = recognised(
                str(fields["drug"]), float(fields["dose"]), str(fields["unit"]), str(fields.get("route", ""))
            )
            if given is not None:
                drug, dose_mg = given
                self._plan(at_s, partial(self._lay_hands, Drug(drug=drug, dose_mg=dose_mg)))
        elif (action := _ACTIONS.get(event_type)) is not None:
            self._leave_pump()
            rate, dose = fields.get("rate_mg_h"), fields.get("dose_mg")
            self._plan(at_s, lambda _: self._pump(action, rate, dose))
        self.advance(self._asked_s)

    def do(self, effect: Effect, t_s: float) -> None:
        """A trainer's hand: `effect` befalls the patient at `t_s`, or now when that has passed; what a team does is noted as done."""
        self._plan(max(t_s, self._asked_s), partial(self._lay_hands, effect))
        self.advance(self._asked_s)

    def lasts(self, effect: Effect) -> bool:
        """Whether what such an effect set going still goes on; see `VirtualPatient.lasts`."""
        return self.cable_out if isinstance(effect, fx.CableOut) else self.patient.lasts(effect)

    # -- what falls due -----------------------------------------------------------------------------------------------

    def _plan(self, at_s: float, act: Callable[[float], None], *, pump_script: bool = False) -> None:
        heappush(self._agenda, _Due(at_s, self._planned, act, pump_script))
        self._planned += 1

    def _chart(self, at_s: float, kind: str, fields: Mapping[str, Any]) -> None:
        self._charted.append({"t_s": at_s, "type": kind, **fields})

    def _befall(self, effect: Effect, at_s: float) -> None:
        if isinstance(effect, fx.CableOut):
            self._cable_out_until_s = at_s + effect.duration_s
            return
        if isinstance(effect, fx.Fix) and effect.what == "cable":
            self._cable_out_until_s = at_s
            return
        if isinstance(effect, fx.StopPump):
            self._leave_pump()
            self._pump("stop", None, None)
        self.patient.do(effect)

    def _lay_hands(self, effect: Effect, at_s: float) -> None:
        self._befall(effect, at_s)
        if (name := deed(effect)) is not None:
            self._note(name, at_s)

    def _note(self, name: str, at_s: float) -> None:
        self.done.setdefault(name, at_s)
        self.deeds.append((at_s, name))

    def _leave_pump(self) -> None:
        """The pump is in a person's hands: what the script still meant to do with it falls away."""
        self._agenda = [due for due in self._agenda if not due.pump_script]
        heapify(self._agenda)

    def _pump(self, action: str, rate_mg_h: float | None, dose_mg: float | None) -> None:
        if action == "bolus":
            if dose_mg:
                self.patient.bolus_mg(dose_mg)
            return
        if action in ("pause", "stop"):
            self._before_pause_mg_h = self._rate_mg_h or self._before_pause_mg_h
            rate_mg_h = 0.0
        elif rate_mg_h is None:
            rate_mg_h = self._before_pause_mg_h if action == "resume" else self._rate_mg_h
        self._rate_mg_h = rate_mg_h
        self.patient.set_rate_mg_h(rate_mg_h)

    def _script_pump(self, step: InfusionStep, at_s: float) -> None:
        self._pump(step.action, step.rate_mg_h, step.dose_mg)
        fields: dict[str, Any] = {"reason": step.reason}
        if step.action in ("start", "rate"):
            fields |= {"rate_mg_h": step.rate_mg_h, "concentration_mg_ml": self.scenario.concentration_mg_ml}
        if step.action in ("start", "rate", "bolus"):
            fields["ordered_by"] = step.ordered_by
        if step.action == "bolus":
            fields["dose_mg"] = step.dose_mg
        if step.action == "resume":
            fields["rate_mg_h"] = step.rate_mg_h
        self._chart(at_s, _CHARTED_AS[step.action], fields)

    def _script_chart(self, entry: Charting, at_s: float) -> None:
        fields = dict(entry.fields)
        if entry.type == "baseline_taken":
            fields.setdefault("values", self._baseline())
        elif entry.type == "consciousness_assessed":
            fields = self._consciousness() | fields
        elif entry.type == "oxygen_changed":
            self.patient.oxygen(fields["flow_l_min"], fields.get("device", ""))
        self._chart(at_s, entry.type, fields)

    def _check_consciousness(self, at_s: float) -> None:
        self._chart(at_s, "consciousness_assessed", self._consciousness())

    def _consciousness(self) -> dict[str, Any]:
        rating = effects.nurse_rating(self.truth()["dissociation"])
        return {"scale": "moaas", "level": str(self.patient.level), "dissociation": rating}

    def _baseline(self) -> dict[str, float]:
        """What the monitor shows; pressures as the mean of the last two cuff readings."""
        vitals = self.vitals()
        shown = {name: vitals[raw].value for name, raw in _BASELINE.items() if raw in vitals}
        cuff = [r for r in self.patient.cuff_readings if r.sys is not None]
        if cuff:
            shown |= {
                n: mean([getattr(r, a) for r in cuff]) for n, a in (("sbp", "sys"), ("dbp", "dia"), ("map", "map"))
            }
        return {name: value for name, value in shown.items() if value is not None}
