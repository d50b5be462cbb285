"""Which part of the patient an effect acts on, where it acts on one part alone."""

from dataclasses import dataclass
from typing import assert_never

from config.models import effects as fx
from config.models import scenario as script
from simulators.patient.airway import Airway
from simulators.patient.line import InfusionLine
from simulators.patient.reflexes import Reflexes
from simulators.patient.screen import Screen

OnOnePart = (
    script.Obstruction
    | script.SensorOff
    | script.SampleLineOff
    | script.DrugLineOff
    | script.CuffNow
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
    | fx.CuffArtefact
    | fx.SampleLineLeak
    | fx.PumpFactor
    | fx.Occlusion
    | fx.Flush
    | fx.Override
    | fx.Release
    | fx.OpenAirway
    | fx.Ventilate
    | fx.Cpap
    | fx.Suction
    | fx.LegsUp
    | fx.Reassure
    | fx.RelievePressure
    | fx.Fix
)


@dataclass(frozen=True, slots=True)
class Parts:
    airway: Airway
    reflexes: Reflexes
    line: InfusionLine
    screen: Screen


def lay(effect: OnOnePart, now: float, at_s: float, on: Parts) -> None:
    """`now`: the grid instant walked last; `at_s`: the exact time, which the drug keeps."""
    airway, reflexes, line, screen = on.airway, on.reflexes, on.line, on.screen
    match effect:
        case script.Obstruction():
            airway.obstruct(effect.fraction, now + effect.duration_s)
        case fx.Laryngospasm():
            airway.spasm(effect, now)
        case fx.Bronchospasm():
            airway.bronchi(effect.severity, now + effect.duration_s)
        case fx.SleepApnoea():
            airway.doze(effect, now)
        case fx.Vomiting():
            airway.vomit(now + effect.duration_s)
        case fx.Cough():
            airway.cough(now + effect.duration_s)
        case fx.OpenAirway():
            airway.open(now + effect.duration_s, now)
        case fx.Ventilate():
            airway.bag(now + effect.duration_s)
        case fx.Cpap():
            airway.cpap(now + effect.duration_s, now)
        case fx.Suction():
            airway.suction(now)
        case fx.Vasovagal():
            reflexes.vasovagal(effect, now)
        case fx.Agitation():
            reflexes.agitate(effect.level, now + effect.duration_s)
        case fx.Motion():
            reflexes.move(effect.level, now + effect.duration_s)
        case fx.Arrhythmia():
            reflexes.rhythm(effect, now)
        case fx.StandUp():
            reflexes.stand(effect, now)
        case fx.LegsUp():
            reflexes.legs_up(now)
        case fx.Reassure():
            reflexes.reassure()
        case script.DrugLineOff():
            line.comes_off(at_s, now + effect.duration_s)
        case fx.PumpFactor():
            line.misprogram(effect.factor, at_s, now + effect.duration_s)
        case fx.Occlusion():
            line.occlude(effect.stored_mg, at_s, now + effect.duration_s)
        case fx.RelievePressure():
            line.relieve(at_s)
        case fx.Flush():
            line.flush(at_s)
        case fx.Fix():
            if effect.what == "drug_line":
                line.connect(at_s)
            else:
                screen.fix(effect.what, now)
        case script.SensorOff():
            screen.take_off(effect, now)
        case script.SampleLineOff():
            screen.sample_line_until = now + effect.duration_s
            screen.capnograph.ends(now)
        case fx.SampleLineLeak():
            screen.leak_until = now + effect.duration_s
        case script.CuffNow():
            screen.cuff.start(now)
        case fx.CuffArtefact():
            screen.cuff.spoil(effect.count, effect.reads)
        case fx.Override():
            screen.override(effect, now)
        case fx.Release():
            screen.release(effect.signal, effect.over_s, now)
        case _:
            assert_never(effect)
