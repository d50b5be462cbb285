"""What the engine learns from session events: infusion, order, baseline, assessments, and when the next check is due."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from config.models.alarms import Interval, Profile
from dashboard.alarms.values import Fact

NEVER_S = float("-inf")
RANKS = {"none": 0, "low": 1, "medium": 2, "high": 3}
#: A baseline may be given by raw names too.
BASELINE_NAMES = {
    "hr": "rate", "pr": "rate", "nibp_sys": "sbp", "nibp_dia": "dbp", "nibp_map": "map",
    "abp_sys": "sbp", "abp_dia": "dbp", "abp_map": "map", "rr_co2": "rr", "rr_imp": "rr",
}  # fmt: skip
#: Assessments kept: enough to undo the last one and still see a fall.
_KEPT = 4


@dataclass(frozen=True, slots=True)
class Timer:
    """When something is next due. The interval is fixed by the last check, so that a change of phase alone never makes an
    overdue check punctual; an event that asks for closer watching may bring `due_s` forward, never back."""

    interval_s: float | None = None
    due_s: float | None = None
    fast_until_s: float = NEVER_S


@dataclass(frozen=True, slots=True)
class Assessment:
    at_s: float
    scale: str
    level: str
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A side effect that alarms until the next assessment; `rank` as of `RANKS`."""

    at_s: float
    effect: str
    severity: str
    rank: int
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """`order_ml_h`: the rate that the pump should run at, None while nobody recorded one. `timers`: as `Profile.intervals`.
    `loc_latches`, `obtunded`: what the profile says of the last level. `found`: what people saw since the last assessment;
    `last_found` the last of these there ever was."""

    infusion: Literal["none", "running", "paused", "stopped"] = "none"
    rate_mg_h: float | None = None
    concentration_mg_ml: float | None = None
    phase: str = ""
    depth: Literal["minimal", "moderate"] = "minimal"
    assessments: tuple[Assessment, ...] = ()
    loc_rank: int | None = None
    loc_latches: bool = False
    obtunded: bool = False
    found: tuple[Found, ...] = ()
    last_found: str | None = None
    started_s: float | None = None
    planned_min: float | None = None
    baseline: tuple[tuple[str, float], ...] = ()
    timers: tuple[Timer, ...] = ()

    @property
    def worst_found(self) -> Found | None:
        """The worst of what was found, the last one of these; None: nothing since the last assessment."""
        return max(self.found, key=lambda found: (found.rank, found.at_s), default=None)

    @property
    def infusing(self) -> bool:
        """From start to stop: the drug acts on through a pause."""
        return self.infusion in ("running", "paused")

    @property
    def order_ml_h(self) -> float | None:
        if self.infusion == "paused":
            return 0.0
        if self.infusion != "running" or self.rate_mg_h is None or not self.concentration_mg_ml:
            return None
        return self.rate_mg_h / self.concentration_mg_ml


def level_code(level: object) -> str:
    """A level as the tables have it: `+2`, `2.0` and 2 are one level, and so are a minus and a hyphen."""
    text = str(level).strip().replace("\N{MINUS SIGN}", "-").removeprefix("+").upper()
    try:
        return f"{float(text) + 0:g}"
    except ValueError:
        return text


def baseline_of(values: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """By derived name, sorted; raw names are understood."""
    return tuple(sorted((BASELINE_NAMES.get(name, name), float(value)) for name, value in values.items()))


def checked(profile: Profile, course: Course, name: str, at_s: float) -> Course:
    """The check `name` (`nibp`, `loc`) was made: its timer starts again with the interval now in force."""
    timers = tuple(
        _restarted(timer, profile.intervals[key], course, at_s) if key == name else timer
        for key, timer in zip(profile.intervals, course.timers, strict=True)
    )
    return replace(course, timers=timers)


def _restarted(timer: Timer, interval: Interval, course: Course, at_s: float) -> Timer:
    if course.infusion == "none":
        return timer
    if course.infusion == "stopped":
        every_s = interval.recovery_s
    else:
        every_s = interval.fast_s if at_s < timer.fast_until_s else _steady_s(interval, course, at_s)
    return _due(timer, interval, course, at_s, every_s)


def _due(timer: Timer, interval: Interval, course: Course, at_s: float, every_s: float) -> Timer:
    """Due after `every_s`, or at the next mark if that comes first. A check shortly before a mark was made for it."""
    start_s = at_s if course.started_s is None else course.started_s
    marks = [start_s + 60.0 * mark for mark in interval.marks_min]
    mark_s = next((mark for mark in marks if mark > at_s + interval.early_s), float("inf"))
    due_s = min(at_s + every_s, mark_s)
    return Timer(due_s - at_s, due_s, timer.fast_until_s)


def _steady_s(interval: Interval, course: Course, at_s: float) -> float:
    """The interval once nothing asks for closer watching: wider in the late hours of an infusion planned for long."""
    every_s, long = interval.steady_s, interval.long
    if long is not None and (course.planned_min or 0.0) > long.planned_over_min and course.started_s is not None:
        for step in long.steps:
            if at_s - course.started_s >= 60.0 * step.after_min:
                every_s = step.every_s
    return every_s


def learn(profile: Profile, course: Course, fact: Fact) -> Course:
    """The course after `fact`; what it does not know leaves it as it is. `back_s` counts."""
    data = fact.data
    at_s = fact.t_s - float(data.get("back_s") or 0.0)
    match fact.type:
        case "session_opened":
            depth = data.get("intended_depth")
            course = replace(
                course,
                depth="moderate" if depth == "moderate" else "minimal",
                concentration_mg_ml=data.get("concentration_mg_ml") or course.concentration_mg_ml,
                planned_min=data.get("planned_min") or course.planned_min,
            )
        case "baseline_taken":
            course = replace(course, baseline=baseline_of(data.get("values") or {}))
        case "infusion_started":
            course = replace(_ordered(course, data), infusion="running", started_s=at_s)
            course = replace(course, timers=tuple(_first(i, course, at_s) for i in profile.intervals.values()))
        case "infusion_rate_changed":
            before = course.rate_mg_h
            course = _ordered(course, data)
            rate = data.get("rate_mg_h")
            up = rate is not None and before is not None and rate > before
            course = _closer(profile, course, {fact.type, "rate_increased" if up else ""}, at_s)
        case "infusion_resumed":
            course = replace(_ordered(course, data), infusion="running")
            course = _closer(profile, course, {fact.type}, at_s)
        case "bolus_given" | "drug_given":
            course = _closer(profile, course, {fact.type}, at_s)
        case "infusion_paused":
            course = replace(course, infusion="paused")
        case "infusion_stopped":
            course = replace(course, infusion="stopped")
        case "bag_changed":
            course = replace(course, concentration_mg_ml=data.get("concentration_mg_ml") or course.concentration_mg_ml)
        case "phase_changed":
            course = replace(course, phase=str(data.get("phase", "")))
        case "consciousness_assessed":
            course = _assessed(profile, course, _assessment(data, at_s))
            course = checked(profile, course, "loc", at_s) if "loc" in profile.intervals else course
        case "side_effect":
            course = _noticed(profile, course, data, at_s)
        case "correction":
            course = _corrected(profile, course, data)
    return course


def _ordered(course: Course, data: Mapping[str, Any]) -> Course:
    """A rate that was only read from the pump is no order: a pump set wrong must not define what is right."""
    if data.get("source") == "pump" and not data.get("ordered_by"):
        return course
    rate, concentration = data.get("rate_mg_h"), data.get("concentration_mg_ml")
    return replace(
        course,
        rate_mg_h=course.rate_mg_h if rate is None else float(rate),
        concentration_mg_ml=float(concentration) if concentration else course.concentration_mg_ml,
    )


def _first(interval: Interval, course: Course, at_s: float) -> Timer:
    every_s = interval.fast_s if interval.first_for_s > 0 else interval.steady_s
    return _due(Timer(fast_until_s=at_s + interval.first_for_s), interval, course, at_s, every_s)


def _closer(profile: Profile, course: Course, names: set[str], at_s: float) -> Course:
    """Closer watching for a while after a change, where the interval asks for it."""
    if not course.infusing:
        return course
    timers = list(course.timers)
    for index, interval in enumerate(profile.intervals.values()):
        timer = timers[index]
        if names.isdisjoint(interval.after) or timer.due_s is None:
            continue
        until_s = max(timer.fast_until_s, at_s + interval.after_for_s)
        if at_s + interval.fast_s < timer.due_s:
            timer = Timer(interval.fast_s, at_s + interval.fast_s, until_s)
        timers[index] = replace(timer, fast_until_s=until_s)
    return replace(course, timers=tuple(timers))


def _assessment(data: Mapping[str, Any], at_s: float) -> Assessment:
    return Assessment(at_s, str(data.get("scale") or "moaas"), level_code(data.get("level")), data.get("seq"))


def _assessed(profile: Profile, course: Course, new: Assessment) -> Course:
    """A back-dated assessment takes its place in time: it cannot hide a later one, nor answer what was found after it."""
    kept = tuple(sorted((*course.assessments, new), key=lambda a: a.at_s))[-_KEPT:]
    found = tuple(one for one in course.found if one.at_s > new.at_s)
    return _judged(profile, replace(course, found=found), kept)


def _judged(profile: Profile, course: Course, kept: tuple[Assessment, ...]) -> Course:
    last = kept[-1] if kept else None
    return replace(
        course,
        assessments=kept,
        loc_rank=rank_of(profile, course.depth, kept),
        loc_latches=last is not None and last.level in profile.level_latches.get(last.scale, ()),
        obtunded=last is not None and last.level in profile.obtunded.get(last.scale, ()),
    )


def _noticed(profile: Profile, course: Course, data: Mapping[str, Any], at_s: float, seq: int | None = None) -> Course:
    """A side effect that the profile alarms; one that the last assessment came after has been answered."""
    effect, severity = plain_words(data.get("effect")), plain_words(data.get("severity"))
    finding = profile.findings.get(effect)
    if finding is None or (finding.severity and severity not in finding.severity):
        return course
    answered = bool(course.assessments) and course.assessments[-1].at_s > at_s
    if answered or (finding.when == "obtunded" and not course.obtunded):
        return course
    new = Found(at_s, effect, severity, RANKS[finding.priority], data.get("seq") if seq is None else seq)
    return replace(course, found=(*course.found, new), last_found=effect)


def plain_words(text: object) -> str:
    """What a person typed or picked, as the tables have it."""
    return " ".join(str(text or "").split()).lower()


def _corrected(profile: Profile, course: Course, data: Mapping[str, Any]) -> Course:
    """Strikes an assessment or a finding that still counts; a replacement stands at the same time. The check itself was made:
    the timer stays."""
    of, new = data.get("of"), data.get("replacement")
    kept = []
    for old in course.assessments:
        if old.seq is None or old.seq != of:
            kept.append(old)
        elif new:
            kept.append(_assessment({"scale": old.scale, **new, "seq": old.seq}, old.at_s))
    struck = [one for one in course.found if one.seq is not None and one.seq == of]
    course = _judged(profile, replace(course, found=tuple(o for o in course.found if o not in struck)), tuple(kept))
    for one in struck:
        if new:
            same = {"effect": one.effect, "severity": one.severity}
            course = _noticed(profile, course, {**same, **new}, one.at_s, one.seq)
    return course


def fallen_from(profile: Profile, assessments: tuple[Assessment, ...]) -> tuple[str, int] | None:
    """The level before a fall that the profile alarms, and its rank; None without one."""
    last = assessments[-1]
    before = next((a for a in reversed(assessments[:-1]) if a.scale == last.scale), None)
    for fall in profile.falls:
        if before is not None and fall.scale == last.scale:
            try:
                points = float(before.level) - float(last.level)
            except ValueError:
                continue
            if points >= fall.points:
                return before.level, RANKS[fall.priority]
    return None


def rank_of(profile: Profile, depth: Literal["minimal", "moderate"], assessments: tuple[Assessment, ...]) -> int | None:
    """0 no alarm to 3 high, of the last assessment; None without one. An unknown level alarms nothing by itself."""
    if not assessments:
        return None
    last = assessments[-1]
    rank = RANKS[profile.levels.get(depth, {}).get(last.scale, {}).get(last.level, "none")]
    fall = fallen_from(profile, assessments)
    return rank if fall is None else max(rank, fall[1])
