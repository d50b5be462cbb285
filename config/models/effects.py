"""Effects of a scenario that befall the airway, the circulation, the pump's line or the monitor, and what a team does by hand."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.models.base import Model

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Timed(Model):
    at_s: NotNegative = 0.0


# -- airway ---------------------------------------------------------------------------------------------------------------


class Laryngospasm(Timed):
    """The glottis closes; the chest goes on working. `breaks`: what ends it. `cpap` (in a partial spasm also the jaw thrust of
    `open_airway`) takes 15 s, `propofol` 30 s, `relaxant` 45 s, and whatever is stronger ends it too; `chance`: CPAP in 80 % of
    seeds, propofol in the others. After `duration_s` it ends by itself."""

    kind: Literal["laryngospasm"] = "laryngospasm"
    degree: Literal["partial", "complete"]
    duration_s: Positive
    breaks: Literal["cpap", "propofol", "relaxant", "chance"] = "chance"


class Bronchospasm(Timed):
    """Slow breathing out (a shark fin), faster breaths that move less, and blood that passes unaired lung: at 1 about 88 % on air."""

    kind: Literal["bronchospasm"] = "bronchospasm"
    severity: Fraction
    duration_s: Positive


class SleepApnoea(Timed):
    """Dozing: obstructions of `shortest_s` to `longest_s`, each followed by breathing of `breathing_s`, until roused, supported or over. The pulse
    falls in the obstruction and jumps after it."""

    kind: Literal["sleep_apnoea"] = "sleep_apnoea"
    duration_s: Positive
    shortest_s: Annotated[float, Field(ge=10, le=120)] = 25.0
    longest_s: Annotated[float, Field(ge=10, le=120)] = 40.0
    breathing_s: Annotated[float, Field(ge=10, le=120)] = 30.0

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.longest_s < self.shortest_s:
            raise ValueError("longest_s must not be below shortest_s")
        return self


class Vomiting(Timed):
    """Retching and coughing: breaths that the capnograph hardly sees, saturation a little down. Suction halves what is left of it."""

    kind: Literal["vomiting"] = "vomiting"
    duration_s: Positive = 40.0


class Cough(Timed):
    kind: Literal["cough"] = "cough"
    duration_s: Positive = 20.0


# -- circulation and mind -------------------------------------------------------------------------------------------------


class Vasovagal(Timed):
    """After a prodrome of 7 s pulse and pressure fall to `hr` and `sbp`; the finger's pulse is lost at the bottom, with one pause
    of `pause_s` between beats. Goes on until legs up (pressure and pulse) or atropine (pulse), or for `duration_s`."""

    kind: Literal["vasovagal"] = "vasovagal"
    duration_s: Positive = 120.0
    hr: Annotated[float, Field(ge=20, le=60)] = 38.0
    sbp: Annotated[float, Field(ge=40, le=90)] = 68.0
    pause_s: Annotated[float, Field(ge=0, le=15)] = 6.0


class Agitation(Timed):
    """Fear and restlessness: at 1 pulse +36, systolic +30, breathing half as fast again, and motion on probe and electrodes.
    Midazolam takes up to 60 % of it, a calm voice (`reassure`) 30 %."""

    kind: Literal["agitation"] = "agitation"
    level: Fraction
    duration_s: Positive


class Motion(Timed):
    """Moves without distress: the probe reads towards 85 % and says so, the ECG is noisy."""

    kind: Literal["motion"] = "motion"
    level: Fraction
    duration_s: Positive


class Arrhythmia(Timed):
    """A rhythm of its own at `hr`, at once; pressure changes by `sbp_change` with it. `irregular`: as in atrial fibrillation."""

    kind: Literal["arrhythmia"] = "arrhythmia"
    hr: Annotated[float, Field(ge=25, le=220)]
    sbp_change: Annotated[float, Field(ge=-80, le=60)] = 0.0
    irregular: bool = False
    duration_s: Positive


class StandUp(Timed):
    """Pressure falls by `sbp_fall` within half a minute and the pulse rises by `hr_rise`, until lying again."""

    kind: Literal["stand_up"] = "stand_up"
    duration_s: Positive
    sbp_fall: Annotated[float, Field(ge=0, le=80)] = 24.0
    hr_rise: Annotated[float, Field(ge=0, le=60)] = 12.0


# -- monitor and pump -----------------------------------------------------------------------------------------------------


class CuffArtefact(Timed):
    """The next `count` measurements read `sys`/`dia`; without these they fail."""

    kind: Literal["cuff_artefact"] = "cuff_artefact"
    count: Annotated[int, Field(ge=1, le=10)] = 1
    sys: Annotated[float, Field(ge=30, le=270)] | None = None
    dia: Annotated[float, Field(ge=10, le=225)] | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.sys is None) != (self.dia is None):
            raise ValueError("give sys and dia, or neither for measurements that fail")
        if self.sys is not None and self.dia is not None and self.sys <= self.dia:
            raise ValueError("sys must exceed dia")
        return self

    @property
    def reads(self) -> tuple[float, float] | None:
        return None if self.sys is None or self.dia is None else (self.sys, self.dia)


class SampleLineLeak(Timed):
    """The CO2 line draws room air: plateaus of half the height, breaths counted as before."""

    kind: Literal["sample_line_leak"] = "sample_line_leak"
    duration_s: Positive


class CableOut(Timed):
    """The monitor's data cable is pulled: it goes on measuring and showing, and nothing of it comes through."""

    kind: Literal["cable_out"] = "cable_out"
    duration_s: Positive


class PumpFactor(Timed):
    """The pump is programmed wrongly: it gives `factor` times what it is charted to give (10: mg/h entered as mL/h)."""

    kind: Literal["pump_factor"] = "pump_factor"
    factor: Annotated[float, Field(ge=0, le=100)]
    duration_s: Positive


class Occlusion(Timed):
    """Nothing passes; the line stores up to `stored_mg`. Opened after `duration_s`, that goes in within 2 s, unless the pressure was
    let off before (`relieve_pressure`)."""

    kind: Literal["occlusion"] = "occlusion"
    duration_s: Positive
    stored_mg: NotNegative = 0.0


class Flush(Timed):
    """Pushes what the line holds into the vein, in 2 s."""

    kind: Literal["flush"] = "flush"


class Override(Timed):
    """The monitor shows `value` instead of the model's, reached over `over_s` in a straight line. `sbp`, `dbp`: what a cuff or
    arterial line measures. The truth goes on underneath and says what is overridden."""

    kind: Literal["override"] = "override"
    signal: Literal["hr", "spo2", "rr", "etco2", "sbp", "dbp", "temp"]
    value: Annotated[float, Field(ge=0, le=300)]
    over_s: NotNegative = 0.0


class Release(Timed):
    """Back to the model over `over_s`."""

    kind: Literal["release"] = "release"
    signal: Literal["hr", "spo2", "rr", "etco2", "sbp", "dbp", "temp"]
    over_s: NotNegative = 10.0


# -- what a team does -----------------------------------------------------------------------------------------------------


class Stimulate(Timed):
    """Voice and touch: a central apnoea ends within 3 s, and the level is one better for a minute."""

    kind: Literal["stimulate"] = "stimulate"


class OpenAirway(Timed):
    """Chin lift or jaw thrust: no obstruction while it is held."""

    kind: Literal["open_airway"] = "open_airway"
    duration_s: Positive = 60.0


class Ventilate(Timed):
    """Bag and mask: 12 breaths a minute at 1.2 times the resting ventilation, FiO2 0.9, through an open airway."""

    kind: Literal["ventilate"] = "ventilate"
    duration_s: Positive


class Cpap(Timed):
    """A tight mask with pressure: splints the throat while it is held, FiO2 0.9; no breaths of its own."""

    kind: Literal["cpap"] = "cpap"
    duration_s: Positive = 120.0


class Suction(Timed):
    kind: Literal["suction"] = "suction"


class LegsUp(Timed):
    """Flat with legs raised: a vasovagal spell or a fall on standing recovers."""

    kind: Literal["legs_up"] = "legs_up"


class Reassure(Timed):
    """A calm voice and dim light."""

    kind: Literal["reassure"] = "reassure"


class StopPump(Timed):
    """The pump is stopped, whatever is charted."""

    kind: Literal["stop_pump"] = "stop_pump"


class RelievePressure(Timed):
    """The line is opened to air before the clamp is: what an occlusion stored is gone."""

    kind: Literal["relieve_pressure"] = "relieve_pressure"


class Fix(Timed):
    """A sensor or line is put back: ends `sensor_off`, `sample_line_off`, `sample_line_leak`, `drug_line_off`, `cuff_artefact` or `cable_out`."""

    kind: Literal["fix"] = "fix"
    what: Literal["spo2", "ecg", "co2", "nibp", "temp", "abp", "drug_line", "cable"]


class CallHelp(Timed):
    """Changes nothing in the patient; it is noted."""

    kind: Literal["call_help"] = "call_help"


class Look(Timed):
    """Looked, listened and felt: nothing changes, it is noted."""

    kind: Literal["look"] = "look"
