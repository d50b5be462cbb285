"""Scenario files (`config/scenarios/*.toml`): a virtual patient and what happens, in seconds from session opening."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from config.models import effects as fx
from config.models.base import Model, describe
from config.models.effects import Fraction, NotNegative, OpenAirway, Positive, Stimulate, Timed, Ventilate
from config.models.errors import ConfigError
from config.models.training import End, ExpectedAction, ExpectedAlarm, PatientCue, Prior, Trigger

__all__ = [
    "AnyEffect", "CentralApnoea", "Charting", "Conditional", "Cuff", "CuffNow", "Drug", "DrugLineOff", "Effect", "Hypoventilation",
    "InfusionStep", "MonitorSetup", "Obstruction", "OpenAirway", "Oxygen", "Patient", "Pressor", "SampleLineOff", "Scenario",
    "SensorOff", "Stimulate", "TemperatureDrift", "Timed", "Ventilate",
]  # fmt: skip

Temperature = Annotated[float, Field(ge=25, le=45)]


class Patient(Model):
    """Who, and the resting values. Defaults are the 70 kg adult of the gas exchange tables; invented people only."""

    name: str
    age_y: Annotated[float, Field(ge=18, le=110)]
    sex: Literal["F", "M"]
    weight_kg: Annotated[float, Field(ge=30, le=250)]
    hr: Annotated[float, Field(ge=30, le=180)]
    sbp: Annotated[float, Field(ge=70, le=220)]
    dbp: Annotated[float, Field(ge=30, le=130)]
    rr: Annotated[float, Field(ge=6, le=40)]
    etco2: Annotated[float, Field(ge=20, le=70)] = 38
    co2_gap: Annotated[float, Field(ge=0, le=20)] = 3
    temp: Temperature = 36.7
    pi: Annotated[float, Field(gt=0, le=20)] = 4.0
    vo2_ml_min: Positive = 230
    frc_l: Positive = 2.5
    cardiac_output_l_min: Positive = 5.0
    shunt: Annotated[float, Field(ge=0, lt=0.5)] = 0.02
    arterial_pool_l: Positive = 1.25
    venous_pool_l: Positive = 3.5
    haemoglobin_g_dl: Positive = 14
    finger_delay_s: Annotated[float, Field(ge=0, le=60)] = 20
    hypertension: bool = False
    beta_blocker: bool = False
    pressor_sensitivity: NotNegative = 1.0  # s of the pressor equations; covariates come on top
    sedation_threshold: Positive = 1.0  # multiplies the concentrations at which the level falls
    prior_infusions: Annotated[int, Field(ge=0, le=1000)] = 1  # 0: the first dissociates more; 3 or more: less
    opioid_on_board: Fraction = 0.0  # 1: as after morphine 0.2 to 0.4 mg/kg; breathing rests at a higher CO2

    @model_validator(mode="after")
    def _pulse_pressure(self) -> Self:
        if self.sbp <= self.dbp:
            raise ValueError("sbp must exceed dbp")
        return self


class Cuff(Model):
    """Automatic cuff measurements: every `every_s` from `from_s` until the next row begins."""

    from_s: NotNegative
    every_s: Annotated[float, Field(ge=60, le=3600)]


class MonitorSetup(Model):
    """How the simulated monitor is set."""

    no_breath_s: Annotated[float, Field(ge=5, le=60)] = 20
    arterial_line: bool = False
    capnography: bool = True
    cuff: tuple[Cuff, ...] = (Cuff(from_s=30, every_s=300),)
    cuff_on_probe_arm: bool = False  # the finger's pulse is lost while it measures


class InfusionStep(Model):
    """The pump's script. `rate_mg_h` for `start`, `rate` and optionally `resume`; `dose_mg` for `bolus`."""

    at_s: NotNegative
    action: Literal["start", "rate", "bolus", "pause", "resume", "stop"]
    rate_mg_h: NotNegative | None = None
    dose_mg: Positive | None = None
    ordered_by: str = ""
    reason: str = ""

    @model_validator(mode="after")
    def _what_the_action_needs(self) -> Self:
        if self.action in ("start", "rate") and self.rate_mg_h is None:
            raise ValueError(f"{self.action} needs rate_mg_h")
        if (self.action == "bolus") != (self.dose_mg is not None):
            raise ValueError("dose_mg belongs to bolus, and bolus needs it")
        if self.rate_mg_h is not None and self.action not in ("start", "rate", "resume"):
            raise ValueError(f"{self.action} takes no rate_mg_h")
        return self


class CentralApnoea(Timed):
    """No breathing effort. The breath under way is finished at `at_s`, so that the monitor counts from there."""

    kind: Literal["central_apnoea"] = "central_apnoea"
    duration_s: Positive


class Obstruction(Timed):
    """`fraction` of the airway is closed; 1 is complete: the chest moves, no gas does."""

    kind: Literal["obstruction"] = "obstruction"
    fraction: Fraction
    duration_s: Positive


class Hypoventilation(Timed):
    """Breathing effort falls to `drive` of normal, the rate to `rate` of what the effort makes of it."""

    kind: Literal["hypoventilation"] = "hypoventilation"
    drive: Annotated[float, Field(ge=0, le=3)]
    rate: Annotated[float, Field(gt=0, le=3)] = 1.0
    duration_s: Positive


class Oxygen(Timed):
    """0 is room air. `device`: nasal cannula unless the text says mask or reservoir."""

    kind: Literal["oxygen"] = "oxygen"
    flow_l_min: Annotated[float, Field(ge=0, le=15)]
    device: str = ""


class Pressor(Timed):
    """Multiplies the drug's effect on pressure and pulse from then on: fright, pain, a sensitive patient."""

    kind: Literal["pressor"] = "pressor"
    factor: Annotated[float, Field(ge=0, le=10)]


class TemperatureDrift(Timed):
    kind: Literal["temperature"] = "temperature"
    target_c: Temperature
    over_s: Positive = 600.0


class SensorOff(Timed):
    """The monitor repeats the last value for `hold_s`, then reports the sensor as off."""

    kind: Literal["sensor_off"] = "sensor_off"
    group: Literal["spo2", "ecg", "co2", "nibp", "temp", "abp"]
    duration_s: Positive
    hold_s: Annotated[float, Field(ge=0, le=10)] = 8.0


class SampleLineOff(Timed):
    """The CO2 line is off or kinked: a flat trace, which the monitor cannot tell from apnoea."""

    kind: Literal["sample_line_off"] = "sample_line_off"
    duration_s: Positive


class DrugLineOff(Timed):
    """The pump runs, but nothing reaches the patient."""

    kind: Literal["drug_line_off"] = "drug_line_off"
    duration_s: Positive


class Drug(Timed):
    """Given by hand, intravenously, at once. Labetalol lowers pressure and pulse, atropine raises the pulse, propofol
    and suxamethonium act on the larynx alone; the charting is an entry of its own, which does not act."""

    kind: Literal["drug"] = "drug"
    drug: Literal["midazolam", "labetalol", "atropine", "propofol", "suxamethonium"]
    dose_mg: Annotated[float, Field(gt=0, le=500, allow_inf_nan=False)]


class CuffNow(Timed):
    """The nurse presses start on the monitor."""

    kind: Literal["cuff"] = "cuff"


Effect = (
    CentralApnoea
    | Obstruction
    | Hypoventilation
    | fx.Laryngospasm
    | fx.Bronchospasm
    | fx.SleepApnoea
    | fx.Vomiting
    | fx.Cough
    | fx.Vasovagal
    | fx.Agitation
    | fx.Motion
    | fx.Arrhythmia
    | fx.StandUp
    | Pressor
    | TemperatureDrift
    | SensorOff
    | SampleLineOff
    | fx.SampleLineLeak
    | fx.CuffArtefact
    | fx.CableOut
    | DrugLineOff
    | fx.PumpFactor
    | fx.Occlusion
    | fx.Flush
    | fx.Override
    | fx.Release
    | Stimulate
    | OpenAirway
    | Ventilate
    | fx.Cpap
    | Oxygen
    | Drug
    | fx.Suction
    | fx.LegsUp
    | fx.Reassure
    | fx.StopPump
    | fx.RelievePressure
    | fx.Fix
    | fx.CallHelp
    | fx.Look
    | CuffNow
)
AnyEffect = Annotated[Effect, Field(discriminator="kind")]
_EFFECT: TypeAdapter[Effect] = TypeAdapter(AnyEffect)


def effect_of(row: Mapping[str, Any]) -> Effect:
    """One effect as it stands in a scenario file or in the record of a run. ConfigError, in one line, names the key."""
    try:
        return _EFFECT.validate_python(dict(row))
    except ValidationError as error:
        raise ConfigError(f"effect: {describe(error)}") from None


class Charting(Model):
    """One entry of the virtual nurse, in the field names of the session event. `baseline_taken` takes its values, and
    `consciousness_assessed` its level, from the patient at that time; `oxygen_changed` also acts on the patient;
    `drug_given` does not (that is the effect `drug`), so that a record and what was given may differ."""

    at_s: NotNegative
    type: Literal[
        "baseline_taken", "checklist_answered", "consciousness_assessed", "oxygen_changed", "side_effect",
        "drug_given", "manual_vitals", "note", "handover", "phase_changed",
    ]  # fmt: skip
    fields: dict[str, Any] = Field(default_factory=dict)


class Conditional(Trigger):
    """`effects` once the trigger is true, once in a run; their `at_s` counts from then."""

    effects: Annotated[tuple[AnyEffect, ...], Field(min_length=1)]


class Scenario(Model):
    """`live_from_s`: where the demo joins. `consciousness_at_s`: the nurse's checks. `variability`: draw a person around the
    typical one (seeded) instead of the typical one. `artefacts`: how restless the patient is, 0 lies still and 1 is restless: motion, probes
    that come off, talking. `dead_space_ml`: between pump and vein. `prior`: given before. `conditional`: what befalls the patient when
    something comes true. `expected`: what the alarms should do, for people; `expected_alarms`: the same, checked by running it."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    version: int = 1
    title: str
    patient: Patient
    profile: str = "A-standard-adult"
    protocol: str
    planned_mg: Positive
    planned_min: Positive
    concentration_mg_ml: Positive
    seed: int
    duration_s: Positive
    live_from_s: NotNegative
    variability: bool = False
    artefacts: Annotated[float, Field(ge=0, le=5)] = 0.0
    drug_model: str = "kamp2020"
    monitors: tuple[str, ...] = ("philips_intellivue",)
    setup: MonitorSetup = MonitorSetup()
    infusion: tuple[InfusionStep, ...] = ()
    dead_space_ml: Annotated[float, Field(ge=0, le=20)] = 0.0
    prior: tuple[Prior, ...] = ()
    effects: tuple[AnyEffect, ...] = ()
    conditional: tuple[Conditional, ...] = ()
    charting: tuple[Charting, ...] = ()
    consciousness_at_s: tuple[NotNegative, ...] = ()
    cues: tuple[PatientCue, ...] = ()
    expected: tuple[str, ...] = ()
    expected_alarms: tuple[ExpectedAlarm, ...] = ()
    actions: tuple[ExpectedAction, ...] = ()
    levers: tuple[str, ...] = ()
    debrief: tuple[str, ...] = ()
    ends: tuple[End, ...] = ()

    @model_validator(mode="after")
    def _story(self) -> Self:
        if self.live_from_s >= self.duration_s:
            raise ValueError("live_from_s must lie before duration_s")
        times = [step.at_s for step in self.infusion]
        if times != sorted(times):
            raise ValueError("infusion: steps must be in order of time")
        if Counter(step.action for step in self.infusion)["start"] > 1:
            raise ValueError("infusion: only one start; a second one is a resume")
        if self.infusion and self.infusion[0].action not in ("start", "bolus"):
            raise ValueError("infusion: the first step must be a start or a bolus")
        if [c.from_s for c in self.setup.cuff] != sorted(c.from_s for c in self.setup.cuff):
            raise ValueError("setup.cuff: rows must be in order of time")
        return self
