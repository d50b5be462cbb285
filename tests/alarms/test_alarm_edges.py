"""Where a number, a second or an order just touches an edge: what sounds, what is shown first, and what the pump may do."""

from alarm_lab import PROFILE, Lab, relaxed, told

from dashboard.alarms import active, message, sound


def test_a_value_at_its_trigger_is_not_coming_back() -> None:
    bed = Lab()
    bed.hold(range(6), spo2=80)
    bed.tick(6, spo2=84)
    (alarm,) = active(bed.profile, bed.state, 6)
    assert (alarm.value, alarm.recovering) == (84, False)
    bed.tick(7, spo2=83.5)  # less than one beyond it
    (alarm,) = active(bed.profile, bed.state, 7)
    assert (alarm.value, alarm.recovering) == (83.5, False)


def test_what_is_so_now_stands_before_what_is_over_and_that_before_what_is_answered() -> None:
    bed = Lab()
    bed.hold(range(6), nibp_sys=70)
    bed.hold(range(6, 12), nibp_sys=70, spo2=80)
    bed.tick(12, nibp_sys=70, spo2=97)
    assert [(a.rule, a.phase) for a in active(bed.profile, bed.state, 12)] == [
        ("SBP_LOW_2", "active"),
        ("SPO2_LOW_3", "latched"),  # newer, but over
    ]
    bed.hold(range(13, 20), nibp_sys=70, spo2=97, hr=38)
    bed.tell(20, "alarm_acknowledged", rule="HR_LOW_2", by="RN Ito")
    assert [(a.rule, a.phase) for a in active(bed.profile, bed.state, 20)] == [
        ("SBP_LOW_2", "active"),
        ("SPO2_LOW_3", "latched"),
        ("HR_LOW_2", "acknowledged"),  # the newest
    ]


def test_a_latched_level_is_shown_as_a_level() -> None:
    bed = Lab()
    bed.tell(10, "consciousness_assessed", scale="moaas", level="1", by="RN Ito")
    bed.tick(10, spo2=97)
    bed.tell(60, "consciousness_assessed", scale="moaas", level="5", by="RN Ito")
    bed.tick(60, spo2=97)
    alarm = next(a for a in active(bed.profile, bed.state, 60) if a.signal == "loc")
    assert (alarm.phase, alarm.value) == ("latched", "5")


def test_another_rule_in_between_does_not_end_the_quiet_minute() -> None:
    bed = Lab()
    bed.tick(0, temp=39.5)
    bed.tick(1, temp=38)
    bed.hold(range(2, 20), temp=38, pump_state=7)  # medium too, and sounds
    assert sound(bed.profile, bed.state, 19).sounding == "medium"
    bed.tick(20, temp=38, pump_state=1)
    bed.tick(21, temp=39.5, pump_state=1)
    assert sound(bed.profile, bed.state, 21).sounding is None


def test_a_pump_that_creeps_on_through_a_pause_is_told() -> None:
    bed = Lab().infuse(rate_mg_h=20.0, concentration_mg_ml=2.0)
    bed.tick(0, pump_rate_ml_h=10)
    bed.tell(0.5, "infusion_paused")
    bed.hold(range(1, 62), pump_rate_ml_h=0.5)
    assert told(bed.changes) == [(61, "raised", "PUMP_RATE_DIFF")]


def test_a_state_that_no_table_knows_alarms_nothing() -> None:
    states = {
        code: state.model_copy(update={"priority": "low"} if code == "8" else {})
        for code, state in PROFILE.pump_states.items()
    }
    bed = Lab(profile=relaxed(pump_states=states))
    bed.hold(range(30), pump_state=42)
    assert bed.said == []
    bed.hold(range(30, 60), pump_state=8)
    assert [change for _, change, _ in bed.said] == ["raised"]


def test_a_pressure_that_a_second_reading_confirmed_speaks_until_it_is_ten_below_its_limit() -> None:
    bed = Lab()
    bed.hold(range(300), nibp_sys=184)
    bed.tick(300, nibp_sys=182)
    speaking = [active(bed.profile, bed.state, 300)[0].rule]
    for t_s, mmhg in ((600, 175), (900, 171), (1200, 170)):
        bed.tick(t_s, nibp_sys=mmhg)
        speaking.append(active(bed.profile, bed.state, t_s)[0].rule)
    assert speaking == ["SBP_CRIT", "SBP_CRIT", "SBP_CRIT", "SBP_WATCH"]


def test_what_the_screen_said_of_a_pump_names_both_rates() -> None:
    bed = Lab().infuse(rate_mg_h=20.0, concentration_mg_ml=2.0)
    (raised,) = bed.hold(range(61), pump_rate_ml_h=15)
    assert message(bed.profile, raised) == "PUMP RATE 15.0 mL/h, NOT AS RECORDED (10.0 mL/h)"
