"""Checks that are due, by phase: cuff readings and assessments of consciousness."""

import pytest
from alarm_lab import Lab, Said, relaxed, told

from config.models.alarms import Interval, load_profile
from dashboard.alarms import Due, due

MIN = 60


def only(bed: Lab, rule: str) -> list[Said]:
    return [said for said in bed.said if said[2] == rule]


def read(bed: Lab, *at_s: int, until_s: int) -> None:
    """A bed with a cuff that measures at these seconds."""
    begin = 0 if bed.state.t_s is None else int(bed.state.t_s) + 1
    for second in range(begin, until_s + 1):
        bed.tick(second, nibp_sys=120 if second in at_s else None)


def test_nothing_is_due_before_the_infusion() -> None:
    bed = Lab()
    read(bed, 0, until_s=3000)
    assert bed.said == []
    assert due(bed.profile, bed.state) == Due()


def test_nothing_is_due_of_what_is_not_measured() -> None:
    bed = Lab().infuse()
    bed.hold(range(3000), spo2=97)
    assert only(bed, "NIBP_STALE") == []


def test_first_cuff_reading_is_due_five_minutes_after_the_start() -> None:
    bed = Lab().infuse()
    read(bed, until_s=700)
    assert only(bed, "NIBP_STALE") == [(420, "raised", "NIBP_STALE"), (600, "escalated", "NIBP_STALE")]
    assert [(c.priority, c.kind, c.value, c.limit) for c in bed.changes if c.rule == "NIBP_STALE"] == [
        ("low", "technical", 120, 120),
        ("medium", "technical", 2, 2),
    ]
    read(bed, 701, until_s=701)
    assert only(bed, "NIBP_STALE")[2:] == [(701, "cleared", "NIBP_STALE")]


@pytest.mark.parametrize(
    ("last_s", "low_s", "medium_s"),
    [
        (900, 900 + 420, 900 + 600),
        (1799, 1799 + 420, 1799 + 600),  # the last within the first 30 min
        (1800, 1800 + 720, 1800 + 1200),  # steady: 10 min
    ],
)
def test_cuff_interval_in_the_first_half_hour_and_after(last_s: int, low_s: int, medium_s: int) -> None:
    bed = Lab().infuse()
    read(bed, *range(300, last_s, 300), last_s, until_s=medium_s)
    assert only(bed, "NIBP_STALE") == [(low_s, "raised", "NIBP_STALE"), (medium_s, "escalated", "NIBP_STALE")]


@pytest.mark.parametrize("event", ["infusion_rate_changed", "bolus_given", "drug_given", "infusion_resumed"])
def test_closer_watching_for_fifteen_minutes_after_a_change(event: str) -> None:
    bed = Lab().infuse()
    read(bed, *range(300, 3001, 300), until_s=3100)
    bed.tell(3100, event)
    assert due(bed.profile, bed.state).nibp_due_s == 3400
    read(bed, 3400, 3700, 3999, until_s=3999)  # the window closes at 4000
    assert due(bed.profile, bed.state).nibp_due_s == 3999 + 300
    read(bed, 4000, until_s=4000)
    assert due(bed.profile, bed.state).nibp_due_s == 4000 + 600
    assert only(bed, "NIBP_STALE") == []


def test_a_change_never_puts_a_check_off() -> None:
    bed = Lab().infuse()
    read(bed, 300, until_s=500)
    bed.tell(500, "bolus_given", dose_mg=5)
    assert due(bed.profile, bed.state).nibp_due_s == 600


def test_leaving_the_first_half_hour_does_not_make_an_overdue_check_punctual() -> None:
    bed = Lab().infuse()
    read(bed, *range(300, 1300, 300), until_s=2000)
    assert only(bed, "NIBP_STALE") == [(1620, "raised", "NIBP_STALE"), (1800, "escalated", "NIBP_STALE")]


def test_fifteen_minutes_after_the_stop() -> None:
    bed = Lab().infuse()
    read(bed, *range(300, 3001, 300), until_s=3000)
    bed.tell(3000.5, "infusion_stopped")
    read(bed, 3001, until_s=5000)
    assert only(bed, "NIBP_STALE") == [(3001 + 1020, "raised", "NIBP_STALE"), (3001 + 1800, "escalated", "NIBP_STALE")]


def test_changes_after_the_stop_ask_for_nothing_closer() -> None:
    bed = Lab().infuse()
    read(bed, 0, until_s=10)
    bed.tell(11, "infusion_stopped")
    read(bed, 20, until_s=20)
    bed.tell(21, "drug_given", drug="ondansetron", dose=4, unit="mg")
    assert due(bed.profile, bed.state).nibp_due_s == 20 + 900


def test_invasive_pressure_is_never_overdue() -> None:
    bed = Lab().infuse()
    bed.hold(range(1000), abp_sys=120, nibp_sys=None)
    assert only(bed, "NIBP_STALE") == []


def test_a_reading_by_hand_is_a_reading() -> None:
    bed = Lab().infuse()
    read(bed, until_s=400)
    bed.tell(400.5, "manual_vitals", values={"nibp_sys": 118.0, "nibp_dia": 70.0})
    read(bed, until_s=401)
    assert due(bed.profile, bed.state).nibp_due_s == 701


def assess(bed: Lab, t_s: float, level: str = "5", **more: object) -> None:
    bed.tell(t_s, "consciousness_assessed", scale="moaas", level=level, by="RN Ito", **more)


def test_assessment_overdue_by_two_minutes_is_low_and_by_five_medium() -> None:
    bed = Lab().infuse()
    bed.hold(range(700), spo2=97)
    assert only(bed, "LOC_DUE") == [(420, "raised", "LOC_DUE"), (600, "escalated", "LOC_DUE")]
    assert [(c.priority, c.value, c.limit) for c in bed.changes] == [("low", 120, 120), ("medium", 300, 300)]
    assess(bed, 700)
    bed.tick(700, spo2=97)
    assert only(bed, "LOC_DUE")[2:] == [(700, "cleared", "LOC_DUE")]


def test_assessment_interval_by_phase() -> None:
    bed = Lab().infuse()
    bed.tick(0, spo2=97)
    for at_s in range(300, 1801, 300):
        assess(bed, at_s)
    assert due(bed.profile, bed.state).loc_due_s == 1800 + 900
    bed.tell(2000, "infusion_rate_changed", rate_mg_h=10)  # the rate before is not known: not an increase
    assert due(bed.profile, bed.state).loc_due_s == 2700
    bed.tell(2100, "infusion_rate_changed", rate_mg_h=8)
    assert due(bed.profile, bed.state).loc_due_s == 2700
    bed.tell(2200, "infusion_rate_changed", rate_mg_h=12)
    assert due(bed.profile, bed.state).loc_due_s == 2500
    assess(bed, 2500)
    assert due(bed.profile, bed.state) == Due(300, 300, 2800, 300)  # no cuff reading yet
    bed.tell(2600, "infusion_stopped")
    assess(bed, 2600)
    assert due(bed.profile, bed.state).loc_due_s == 3500


def test_a_back_dated_assessment_counts_from_when_it_was_made() -> None:
    bed = Lab().infuse()
    assess(bed, 400, back_s=60)
    assert due(bed.profile, bed.state).loc_due_s == 640


def test_at_discharge_nothing_is_due_any_more() -> None:
    bed = Lab().infuse()
    bed.hold(range(450), spo2=97, nibp_sys=None)
    assert {said[2] for said in bed.said} == {"NIBP_STALE", "LOC_DUE"}
    bed.tell(450, "phase_changed", phase="discharge")
    bed.tick(450, spo2=97, nibp_sys=None)
    assert sorted(said[1:] for said in bed.said[2:]) == [("cleared", "LOC_DUE"), ("cleared", "NIBP_STALE")]
    assert due(bed.profile, bed.state) == Due()


def test_intervals_are_the_profiles() -> None:
    close = Interval(fast_s=60, first_for_s=0, after_for_s=0, steady_s=90, recovery_s=120)
    bed = Lab(profile=relaxed(intervals={"nibp": close, "loc": close})).infuse()
    read(bed, 60, until_s=400)
    # Twice 90 s comes before 90 s and 2 min: medium at once.
    assert [(c.t_s, c.change, c.priority) for c in bed.changes if c.rule == "NIBP_STALE"] == [(240, "raised", "medium")]


def test_a_profile_without_intervals_has_nothing_due() -> None:
    rules = tuple(rule for rule in relaxed().rules if rule.operator != "overdue")
    bed = Lab(profile=relaxed(intervals={}, rules=rules)).infuse()
    read(bed, 0, until_s=900)
    assess(bed, 900)
    assert (bed.said, due(bed.profile, bed.state)) == ([], Due())


def test_an_overdue_rule_may_have_one_step_only() -> None:
    rules = tuple(r.model_copy(update={"escalate": None}) if r.escalate else r for r in relaxed().rules)
    bed = Lab(profile=relaxed(rules=rules)).infuse()
    bed.hold(range(700), nibp_sys=None, link=20.0)
    assert bed.said == [(0, "raised", "LINK_LOST"), (420, "raised", "NIBP_STALE"), (420, "raised", "LOC_DUE")]


# -- a third step, minutes from the start, long infusions --------------------------------------------------------------


def test_ten_minutes_overdue_goes_on_to_the_second_nurse() -> None:
    bed = Lab().infuse()
    bed.hold(range(1000), spo2=97)
    assert only(bed, "LOC_DUE") == [
        (420, "raised", "LOC_DUE"),
        (600, "escalated", "LOC_DUE"),
        (900, "escalated", "LOC_DUE"),
    ]
    assert [(c.priority, c.value, c.limit) for c in bed.changes] == [
        ("low", 120, 120),
        ("medium", 300, 300),
        ("high", 600, 600),
    ]
    assess(bed, 1000)
    assert told(bed.tick(1000, spo2=97)) == [(1000, "cleared", "LOC_DUE")]


def mood(planned_min: float = 40) -> Lab:
    bed = Lab(profile=load_profile("D-mood-40min"))
    bed.tell(0, "session_opened", planned_min=planned_min)
    return bed.infuse(0)


def loc_due(bed: Lab) -> float | None:
    return due(bed.profile, bed.state).loc_due_s


@pytest.mark.parametrize(
    ("checks_min", "due_min"),
    [
        ([], 10),
        ([3], 10),
        ([8.9], 10),  # too early for the check at 10
        ([9], 20),  # a minute before counts for it
        ([10], 20),
        ([10, 20, 30], 40),
        ([10, 35], 40),
        ([10, 20, 30, 40], 55),
        ([10, 20, 30, 40, 55], 70),
        ([39, 52], 67),
    ],
)
def test_checks_at_listed_minutes_and_then_every_fifteen(checks_min: list[float], due_min: float) -> None:
    bed = mood()
    for minute in checks_min:
        assess(bed, minute * MIN)
    assert loc_due(bed) == due_min * MIN


@pytest.mark.parametrize(("readings_min", "due_min"), [([], 10), ([35], 40), ([38], 40), ([39], 54), ([40], 55)])
def test_pressure_is_forced_at_forty_minutes(readings_min: list[int], due_min: int) -> None:
    bed = mood()
    read(bed, *(m * MIN for m in readings_min), until_s=(readings_min or [0])[-1] * MIN)
    assert due(bed.profile, bed.state).nibp_due_s == due_min * MIN


def test_a_mark_holds_though_the_infusion_has_stopped() -> None:
    bed = mood()
    bed.tell(30 * MIN, "infusion_stopped")
    assess(bed, 32 * MIN)
    assert loc_due(bed) == 40 * MIN
    assess(bed, 40 * MIN)
    assert loc_due(bed) == 55 * MIN


def test_marks_count_from_the_start_and_a_change_still_brings_a_check_forward() -> None:
    bed = Lab(profile=load_profile("D-mood-40min")).infuse(600, rate_mg_h=10.0)
    assert loc_due(bed) == 600 + 10 * MIN
    bed.tell(660, "infusion_rate_changed", rate_mg_h=20.0)
    assert loc_due(bed) == 660 + 300
    assess(bed, 960)
    assert loc_due(bed) == 600 + 10 * MIN  # 5 min later would be 1260: the mark comes first


def test_an_overdue_mark_alarms_in_its_own_interval() -> None:
    bed = mood()
    bed.tick(0, spo2=97)
    assess(bed, 9 * MIN)
    found = due(bed.profile, bed.state)
    assert (found.loc_due_s, found.loc_interval_s) == (20 * MIN, 11 * MIN)


@pytest.mark.parametrize(
    ("planned_min", "at_h", "every_s"),
    [
        (480, 5, 900),
        (481, 0.9, 900),
        (481, 1, 1800),
        (481, 2.9, 1800),
        (481, 3, 3600),
        (3000, 40, 3600),
        (None, 5, 900),
    ],
)
def test_long_infusions_are_checked_less_often_in_late_hours(
    planned_min: float | None, at_h: float, every_s: float
) -> None:
    bed = Lab()
    bed.tell(0, "session_opened", planned_min=planned_min)
    bed.infuse(100)
    assess(bed, 100 + at_h * 3600)
    assert due(bed.profile, bed.state).loc_interval_s == every_s
    bed.tell(100 + at_h * 3600 + 1, "bolus_given", dose_mg=5)
    assess(bed, 100 + at_h * 3600 + 2)
    assert due(bed.profile, bed.state).loc_interval_s == 300


def test_high_risk_is_checked_every_five_minutes_throughout() -> None:
    bed = Lab(profile=load_profile("B-high-respiratory-risk"))
    bed.tell(0, "session_opened", planned_min=600)
    bed.infuse(0)
    assess(bed, 5 * 3600)
    assert loc_due(bed) == 5 * 3600 + 300
    bed.tell(5 * 3600 + 10, "infusion_stopped")
    assess(bed, 5 * 3600 + 20)
    assert loc_due(bed) == 5 * 3600 + 20 + 300
