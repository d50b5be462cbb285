"""What a concentration does: pure functions of section 3.2 and 3.4 of the ketamine reference (choices calibrated there on
published means, not clinical facts). Concentrations in ng/mL; `cmid` is midazolam at its effect site, 0 without it. `c50` and
`emax` multiply the typical values of one person."""

from math import sqrt

from simulators.patient.pk import hill

#: Lag of the cardiovascular effect behind plasma, 1/min (half-time 2.28 min).
CARDIOVASCULAR_KE0_PER_MIN = 0.304
#: MOAA/S-like level and the concentration up to which it holds, for a threshold of 1; above the last: 0.
LEVELS = ((5, 100.0), (4, 200.0), (3, 400.0), (2, 640.0), (1, 1200.0))
#: A level is only regained when the concentration is this much below its edge, so that it does not flicker.
HYSTERESIS = 0.10


def dissociation(ce: float, cmid: float = 0.0, c50: float = 1.0, emax: float = 1.0) -> float:
    """0 to 100. Midazolam takes up to 35 % of it."""
    return min(100.0, 100.0 * emax * hill(ce, 200.0 * c50, 1.6) * (1.0 - 0.35 * hill(cmid, 30.0)))


def familiarity(prior_infusions: int) -> float:
    """Multiplies dissociation: 1.2 in the first session, 0.8 from the fourth on (that it falls is published, how far is a
    choice)."""
    if prior_infusions == 0:
        return 1.2
    return 0.8 if prior_infusions >= 3 else 1.0


def nurse_rating(score: float) -> int:
    """A nurse's global rating of dissociation, 0 to 4, from the 0 to 100 score."""
    return sum(score >= edge for edge in (12.0, 40.0, 70.0, 90.0))


def systolic_rise(ccv: float, c50: float = 1.0) -> float:
    return 36.0 * hill(ccv, 400.0 * c50)


def diastolic_rise(ccv: float, c50: float = 1.0) -> float:
    return 24.0 * hill(ccv, 400.0 * c50)


def pulse_rise(ccv: float, c50: float = 1.0) -> float:
    return 40.0 * hill(ccv, 2000.0 * c50)


def pressor_covariates(age_y: float, hypertension: bool) -> float:
    """Multiplies the three rises: 1.5 with treated hypertension, and 1 % a year above 45."""
    return (1.5 if hypertension else 1.0) * (1.0 + 0.01 * max(0.0, age_y - 45.0))


def calmed(cmid: float) -> float:
    """What midazolam leaves of the systolic rise: 0.7 of it. Full from 30 ng/mL on, and less below, so that a trace of it does
    not switch anything (where it is full is a choice: that concentration dampened perception in volunteers)."""
    return 1.0 - 0.3 * min(1.0, cmid / 30.0)


def sedating(ce: float, cmid: float) -> float:
    """Ketamine that would sedate as the two do together."""
    return ce * (1.0 + cmid / 120.0)


def unresponsive(ce: float) -> float:
    """Probability of no answer to voice."""
    return hill(ce, 640.0, 3.7)


def breathing_drive(ce: float, cmid: float = 0.0) -> float:
    """Relative to rest: ketamine slightly up at low concentrations, down towards anaesthetic ones; midazolam down, and more
    with ketamine than alone."""
    alone = 1.0 + 0.05 * hill(ce, 150.0, 2.0) - 0.40 * hill(ce, 2500.0, 1.5)
    return max(0.0, alone - 0.45 * hill(cmid, 90.0, 2.0) - 0.25 * hill(ce, 400.0, 2.0) * hill(cmid, 40.0, 2.0))


def opioid_shift(on_board: float, ce: float) -> float:
    """mmHg by which an opioid moves the CO2 response: 10 at 1, as measured after morphine 0.2 to 0.4 mg/kg with ketamine, slope
    unchanged (Bourke 1987). Ketamine works against it: S-ketamine 127 ng/mL, which is about 254 of the racemate, doubled
    what an opioid needs (Jonkman 2018)."""
    return 10.0 * on_board / (1.0 + ce / 254.0)


def resting_paco2(paco2: float, shift: float, gain: float) -> float:
    """Where carbon dioxide comes to rest when the response is moved by `shift` mmHg: ventilation times carbon dioxide stays,
    P·(1 + gain·(P - paco2 - shift)) = paco2."""
    b = 1.0 - gain * (paco2 + shift)
    return (-b + sqrt(b * b + 4.0 * gain * paco2)) / (2.0 * gain)


def respiratory_sway(age_y: float, ce: float) -> float:
    """How far the pulse rises and falls with each breath, 1/min: 3 in the young, half at 60 years, 0.4 times that above 200 ng/mL
    (section 4.6). In between straight lines."""
    aged = min(1.0, max(0.25, 1.0 - (age_y - 20.0) / 80.0))
    return 3.0 * aged * (1.0 - 0.6 * min(1.0, max(0.0, (ce - 100.0) / 100.0)))


def level(ce: float, threshold: float, before: int) -> int:
    """MOAA/S-like level for a person whose edges lie at `threshold` times the typical ones, coming from level `before`."""
    for value, edge in LEVELS:
        if ce <= edge * threshold * (1.0 - HYSTERESIS if value > before else 1.0):
            return value
    return 0


def hypoxic_pulse(pulse: float, saturation: float) -> float:
    """Pulse under hypoxia: +1 for each % below 90 down to 75, then falling to 45 at 60 % and below."""
    if saturation >= 90.0:
        return pulse
    if saturation >= 75.0:
        return pulse + 90.0 - saturation
    fallen = min(1.0, (75.0 - saturation) / 15.0)
    return pulse + 15.0 + (45.0 - (pulse + 15.0)) * fallen
