"""What an alarm says: its value and limit as the record has them, and as a person reads them."""

import math

from config.models.alarms import Rule
from dashboard.alarms.conditions import Condition, Phase
from dashboard.alarms.course import RANKS, Course, fallen_from
from dashboard.alarms.gauges import Memory
from dashboard.alarms.plan import Plan, Step, Watch
from devices.signals import SIGNALS

#: Scales as people write them.
SCALES = {"moaas": "MOAA/S", "rass": "RASS", "acvpu": "ACVPU", "poss": "POSS", "ramsay": "Ramsay", "gcs": "GCS"}
#: Unit of what an operator compares, where it is not the signal's own.
_SECONDS = ("stale", "all_stale", "absent_s", "overdue")
_DISPLAY = {"rate": "hr", "sbp": "nibp_sys", "dbp": "nibp_dia", "map": "nibp_map", "rr": "rr_co2"}
Shown = float | str | None


def watch_of(plan: Plan, step: Step, conditions: tuple[Condition, ...]) -> Watch:
    """The limit that the step speaks of: the first that holds, else the one that held last."""
    watches = [plan.watches[index] for index in step.watches]
    for watch in watches:
        if conditions[watch.index].phase >= Phase.ON:
            return watch
    return max(watches, key=lambda watch: conditions[watch.index].off_s)


def value_of(plan: Plan, step: Step, conditions: tuple[Condition, ...], memory: Memory, course: Course) -> Shown:
    """The last known value: a number, the level of consciousness or the pump's state."""
    match step.rule.operator:
        case "level_table" | "combined":
            return course.assessments[-1].level if course.assessments else None
        case "finding_table":
            return course.last_found if course.worst_found is None else course.worst_found.effect
        case "state_table":
            code = memory.seen[_measured(plan, "pump_state")]
            state = None if code is None else plan.profile.pump_states.get(f"{code:g}")
            return f"{code:g}" if state is None and code is not None else None if state is None else state.label
        case "pct_from_order":
            return memory.seen[_measured(plan, step.rule.signals[0])]
    return memory.seen[watch_of(plan, step, conditions).gauge]


def limit_of(plan: Plan, step: Step, conditions: tuple[Condition, ...], course: Course) -> Shown:
    """The limit in the value's own unit; for percent limits the number that follows from the baseline. For consciousness the
    levels that alarm at this priority or worse; None where a state alarms by itself."""
    match step.rule.operator:
        case "level_table":
            return levels_of(plan, step, course)
        case "combined":
            scale = course.assessments[-1].scale if course.assessments else ""
            return ", ".join(plan.profile.obtunded.get(scale, ())) or None
        case "state_table" | "finding_table":
            return None
        case "pct_from_order":
            return course.order_ml_h
    trigger = watch_of(plan, step, conditions).trigger
    return trigger if math.isfinite(trigger) else None


def levels_of(plan: Plan, step: Step, course: Course) -> str | None:
    if not course.assessments:
        return None
    table = plan.profile.levels.get(course.depth, {}).get(course.assessments[-1].scale, {})
    return ", ".join(level for level, priority in table.items() if RANKS[priority] >= step.rank) or None


def unit_of(rule: Rule) -> str:
    if rule.operator in _SECONDS:
        return "s"
    if rule.operator in ("level_table", "combined", "finding_table", "state_table"):
        return ""
    row = SIGNALS.get(_DISPLAY.get(rule.signals[0], rule.signals[0]))
    return row.unit if row is not None else ""


def number(value: Shown, rule: Rule) -> str:
    """With the signal's decimals; a limit between two of them keeps what it needs."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    row = SIGNALS.get(_DISPLAY.get(rule.signals[0], rule.signals[0]))
    decimals = row.decimals if row is not None and rule.operator not in _SECONDS else 0
    return f"{value:.{decimals}f}" if abs(value - round(value, decimals)) < 1e-9 else f"{value:.{decimals + 1}f}"


def printed(limit: float, sense: int, rule: Rule) -> str:
    """A limit as what triggers on the numbers that a screen shows: of 101.6 a whole number triggers at 101 or below."""
    row = SIGNALS.get(_DISPLAY.get(rule.signals[0], rule.signals[0]))
    step = 10.0 ** -(row.decimals if row is not None and rule.operator not in _SECONDS else 0)
    whole = math.ceil(limit / step - 1e-9) if sense > 0 else math.floor(limit / step + 1e-9)
    return number(whole * step, rule)


def text_of(plan: Plan, step: Step, value: Shown, limit: Shown, course: Course, memory: Memory) -> str:
    """The rule's message with its numbers; for consciousness the scale too, the level before a fall, and the breathing that makes it
    worse."""
    shown = number(value, step.rule)
    if step.rule.operator in ("level_table", "combined") and course.assessments:
        last = course.assessments[-1]
        shown = f"{SCALES.get(last.scale, last.scale)} {shown}"
        fall = fallen_from(plan.profile, course.assessments)
        if fall is not None and fall[1] >= step.rank:
            shown += f", fell from {fall[0]}"
        if step.rule.operator == "combined":
            shown = ", ".join((shown, *_poor_breathing(plan, memory)))
    return step.rule.message.format(value=shown, limit=number(limit, step.rule))


def _poor_breathing(plan: Plan, memory: Memory) -> list[str]:
    """The signs of poor breathing as they were last seen: `SpO₂ 91 %`."""
    out = []
    for index, sense, edge in plan.combination:
        value = memory.seen[index]
        if value is not None and (value - edge) * sense >= 0:
            row = SIGNALS[_DISPLAY.get(name := plan.measured[index][0], name)]
            out.append(f"{row.label} {value:.{row.decimals}f}{' %' if row.unit == '%' else ''}")
    return out


def trigger_text(step: Step, sense: int, limit: Shown) -> str:
    """What triggers, as screens print it: `≤ 84`, `≥ 121`, `30 s`."""
    if limit is None:
        return ""
    if step.rule.operator in _SECONDS:
        return f"{number(limit, step.rule)} s"
    if isinstance(limit, str) or step.rule.operator == "pct_from_order":
        return f"not {number(limit, step.rule)}" if step.rule.operator == "pct_from_order" else str(limit)
    return f"{'≥' if sense > 0 else '≤'} {printed(limit, sense, step.rule)}"


def advice_of(plan: Plan, rule: Rule, value: Shown) -> str:
    """Of an extreme value it is not known whether patient or sensor is at fault: then the patient comes first, in words."""
    extreme = rule.extreme is not None and isinstance(value, float | int) and value <= rule.extreme
    return plan.profile.extreme_advice if extreme else rule.advice


def _measured(plan: Plan, name: str) -> int:
    return [signal for signal, _ in plan.measured].index(name)
