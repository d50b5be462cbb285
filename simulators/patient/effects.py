"""What a concentration does: pure functions of section 3.2 and 3.4 of the ketamine reference (choices calibrated there on
published means, not clinical facts). Concentrations in ng/mL."""

from simulators.patient.pk import hill

#: Lag of the cardiovascular effect behind plasma, 1/min (half-time 2.28 min).
CARDIOVASCULAR_KE0_PER_MIN = 0.304
#: MOAA/S-like level and the concentration up to which it holds, for a threshold of 1; above the last: 0.
LEVELS = ((5, 100.0), (4, 200.0), (3, 400.0), (2, 640.0), (1, 1200.0))
#: A level is only regained when the concentration is this much below its edge, so that it does not flicker.
HYSTERESIS = 0.10


def dissociation(ce: float) -> float:
    """0 to 100."""
    return 100.0 * hill(ce, 200.0, 1.6)


def nurse_rating(score: float) -> int:
    """A nurse's global rating of dissociation, 0 to 4, from the 0 to 100 score."""
    return sum(score >= edge for edge in (12.0, 40.0, 70.0, 90.0))


def systolic_rise(ccv: float) -> float:
    return 36.0 * hill(ccv, 400.0)


def diastolic_rise(ccv: float) -> float:
    return 24.0 * hill(ccv, 400.0)


def pulse_rise(ccv: float) -> float:
    return 40.0 * hill(ccv, 2000.0)


def pressor_covariates(age_y: float, hypertension: bool) -> float:
    """Multiplies the three rises: 1.5 with treated hypertension, and 1 % a year above 45."""
    return (1.5 if hypertension else 1.0) * (1.0 + 0.01 * max(0.0, age_y - 45.0))


def unresponsive(ce: float) -> float:
    """Probability of no answer to voice."""
    return hill(ce, 640.0, 3.7)


def breathing_drive(ce: float) -> float:
    """Relative to rest: slightly up at low concentrations, down towards anaesthetic ones."""
    return max(0.0, 1.0 + 0.05 * hill(ce, 150.0, 2.0) - 0.40 * hill(ce, 2500.0, 1.5))


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
