"""A folded session as an alarm history: spells and steps, verdicts, actions, and what else bears on the alarms."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from pages_fakes import OPENED, RULES, Script, script

from dashboard.figures.occurrences import Occurrence, occurrences
from dashboard.figures.record import RuleText
from dashboard.history.build import session_alarms
from dashboard.history.model import SessionAlarms
from dashboard.session import events as ev
from dashboard.session.chain import chain
from dashboard.session.fold import fold
from dashboard.session.state import Session

END_S = 14_400.0
LOW = {
    "rule": "spo2-low-medium",
    "priority": "medium",
    "kind": "physiological",
    "value": 88.0,
    "limit": 89.0,
    "message": "SpO₂ LOW 88 %",
}
VERY_LOW = {
    **LOW,
    "rule": "spo2-low-high",
    "priority": "high",
    "value": 84.0,
    "limit": 84.0,
    "message": "SpO₂ LOW 84 %",
}
R = ev.AlarmRaised
E, D, A = ev.AlarmEscalated, ev.AlarmDemoted, ev.AlarmAcknowledged
C, L, X = ev.AlarmCleared, ev.AlarmLatched, ev.AlarmReset


def folded(made: Script) -> Session:
    return fold(chain("0193-made-up", made.in_order()))


def history(made: Script) -> SessionAlarms:
    return session_alarms(
        folded(made), bed_title="Room 2", end_s=END_S, rules=RULES, approved=False, utc_offset=timedelta(hours=1)
    )


def opened() -> Script:
    made = script()
    made.events = made.events[:1]
    return made


def one(*told: tuple[type[ev.Event], float, dict[str, object]]) -> Occurrence:
    made = opened()
    for cls, t_s, data in told:
        by = "R. Nurse" if cls in (A, X) else "system"
        made.add(cls, t_s, by, occurrence=1, **data)
    (row,) = occurrences(folded(made).alarms)
    return row


def test_a_latched_alarm_that_comes_back_is_one_row_with_its_spells() -> None:
    row = one((R, 100, VERY_LOW), (L, 130, VERY_LOW), (R, 200, VERY_LOW), (L, 210, VERY_LOW), (X, 260, VERY_LOW))
    assert row.spells == ((100, 130), (200, 210))
    assert (row.onset_s, row.ended_s, row.state, row.lasted_s(1_000)) == (100, 210, "reset", 40)
    assert row.waited_s == 160  # it asked since its first onset, and nobody came before


def test_a_latched_alarm_that_came_back_is_not_over() -> None:
    row = one((R, 100, VERY_LOW), (L, 130, VERY_LOW), (R, 200, VERY_LOW))
    assert (row.state, row.ended_s, row.spells, row.lasted_s(220)) == ("active", None, ((100, 130), (200, None)), 50)


def test_it_may_come_back_worse() -> None:
    row = one((R, 100, LOW), (L, 130, LOW), (R, 200, VERY_LOW))
    assert (row.rule, row.priority, row.value, row.asked_s) == ("spo2-low-high", "high", 84, 200)


def test_every_step_that_spoke_is_kept() -> None:
    row = one((R, 100, LOW), (E, 110, VERY_LOW), (D, 140, LOW), (C, 150, LOW))
    assert row.steps == (
        (100, "spo2-low-medium", "medium", 88, 89), (110, "spo2-low-high", "high", 84, 84), (140, "spo2-low-medium", "medium", 88, 89),
    )  # fmt: skip
    assert (row.rule, row.state, row.spells) == ("spo2-low-high", "cleared", ((100, 150),))


def test_time_to_acknowledge_counts_from_the_step_that_was_acknowledged() -> None:
    assert one((R, 100, LOW), (E, 160, VERY_LOW), (A, 167, VERY_LOW)).waited_s == 7
    assert one((R, 100, LOW), (A, 104, LOW), (C, 150, LOW)).waited_s == 4
    assert one((R, 100, LOW), (C, 150, LOW)).waited_s is None


def test_a_worse_step_asks_anew_although_the_lesser_one_was_acknowledged() -> None:
    row = one((R, 100, LOW), (A, 104, LOW), (E, 160, VERY_LOW), (C, 190, VERY_LOW))
    assert (row.waited_s, row.acknowledged_by, row.state) == (None, "", "cleared")


def judged(*told: tuple[str, int, str]) -> SessionAlarms:
    made = script()
    for i, (by, occurrence, word) in enumerate(told):
        made.add(ev.AlarmJudged, 14_000 + i, by, occurrence=occurrence, verdict=word)
    return history(made)


def test_each_reviewers_last_word_counts_and_may_be_taken_back() -> None:
    found = judged(("A", 5, "true"), ("B", 5, "nuisance"), ("A", 5, "technical"), ("B", 3, "true"), ("B", 3, ""))
    assert [(v.by, v.word) for v in found.verdicts[5]] == [("B", "nuisance"), ("A", "technical")]
    assert 3 not in found.verdicts
    assert found.agreed(5) is None


def test_two_who_agree_agree() -> None:
    assert judged(("A", 5, "true"), ("B", 5, "true")).agreed(5) == "true"


def test_a_signature_stands_on_that_reviewers_verdicts_alone() -> None:
    made = script()
    made.add(ev.AlarmJudged, 14_000, "A", occurrence=5, verdict="true").add(
        ev.AlarmJudged, 14_001, "B", occurrence=5, verdict="true"
    )
    made.add(ev.SessionClosed, 14_100).add(ev.AlarmReviewSigned, 14_100, "A")
    found = history(made)
    assert {v.by: v.signed for v in found.verdicts[5]} == {"A": True, "B": False}
    assert found.signed_by == ("A",)


def test_a_noted_action_stands_before_what_was_recorded_around_the_alarm() -> None:
    made = script()
    made.add(ev.OxygenChanged, 4_930, flow_l_min=4)
    assert history(made).actions[5] == "O₂ 4 L" and 5 not in history(made).noted
    made.add(ev.AlarmActionNoted, 4_950, occurrence=5, action="airway").add(
        ev.AlarmActionNoted, 4_960, occurrence=5, action="woken"
    )
    assert history(made).actions[5] == "airway; woken" and 5 in history(made).noted


@pytest.mark.parametrize(
    ("t_s", "told"),
    [(4_915.9, False), (4_916, True), (4_988 + 120, True), (4_988 + 120.1, False)],
)
def test_an_action_belongs_to_an_alarm_from_its_onset_to_two_minutes_after_its_end(t_s: float, told: bool) -> None:
    made = script()
    made.add(ev.DrugGiven, t_s, drug="midazolam", dose=1, unit="mg")
    assert ("midazolam" in history(made).actions.get(5, "")) is told


def test_more_than_three_actions_are_counted() -> None:
    made = script()
    for i, effect in enumerate((2, 4, 6, 8, 10)):
        made.add(ev.OxygenChanged, 4_920 + i, flow_l_min=effect)
    assert history(made).actions[5] == "O₂ 2 L, O₂ 4 L, O₂ 6 L +2"


def test_a_limit_changed_for_another_rule_is_no_answer_to_this_alarm() -> None:
    made = script()
    for rule in ("spo2-low-high", "rr-low"):
        made.add(ev.LimitChanged, 4_930, rule=rule, old={"value": 84.0}, new={"value": 82.0}, reason="x")
    assert history(made).actions[5] == "limit to 82"


def spans(made: Script, *kinds: str) -> list[tuple[str, float, float, str]]:
    return [(p.kind, p.from_s, p.to_s, p.what) for p in history(made).periods if p.kind in kinds]


def test_a_pause_ends_by_itself_or_when_it_is_taken_back_or_renewed() -> None:
    made = opened()
    made.add(ev.AudioPaused, 100, duration_s=120.0).add(ev.AudioPaused, 400, duration_s=120.0).add(ev.AudioResumed, 430)
    made.add(ev.AudioPaused, 600, duration_s=120.0).add(ev.AudioPaused, 650, duration_s=120.0)
    assert [(a, b) for _, a, b, _ in spans(made, "audio paused")] == [(100, 220), (400, 430), (600, 650), (650, 770)]


def test_a_pause_does_not_outlast_the_session() -> None:
    made = opened()
    made.add(ev.AudioPaused, END_S - 20, duration_s=120.0)
    assert [(a, b) for _, a, b, _ in spans(made, "audio paused")] == [(END_S - 20, END_S)]


def test_an_alarm_that_is_off_returns_by_itself() -> None:
    made = opened()
    made.add(ev.AlarmOff, 100, rule="sbp-high-medium", duration_s=600.0, reason="cuff on the drip arm")
    made.add(ev.AlarmOff, 1_000, rule="sbp-high-medium", duration_s=600.0, reason="again").add(
        ev.AlarmOn, 1_100, rule="sbp-high-medium"
    )
    made.add(ev.AlarmOff, END_S - 10, rule="hr-rise-low", duration_s=600.0, reason="late")
    assert spans(made, "alarm off") == [
        ("alarm off", 100, 700, "SBP high"), ("alarm off", 1_000, 1_100, "SBP high"), ("alarm off", END_S - 10, END_S, "HR above baseline"),
    ]  # fmt: skip


def test_devices_screens_and_the_program_that_were_away() -> None:
    made = opened()
    made.add(ev.DeviceConnected, 5, "system", device="monitor").add(
        ev.DeviceLost, 100, "system", device="monitor", reason="unplugged"
    )
    made.add(ev.DeviceConnected, 160, "system", device="monitor")
    made.add(ev.ScreenLost, 200, "system", screen="s1", reason="hidden", person="R. Nurse").add(
        ev.ScreenBack, 230, "system", screen="s1"
    )
    made.add(ev.ScreenLost, 300, "system", screen="s2", reason="silent")
    made.add(ev.ServiceResumed, 500, "system", gap_s=42.0)
    assert spans(made, "device lost", "screen lost", "program away") == [
        ("device lost", 100, 160, "monitor"), ("screen lost", 200, 230, "s1"), ("screen lost", 300, END_S, "s2"), ("program away", 458, 500, ""),
    ]  # fmt: skip


def test_a_changed_limit_stands_until_it_is_changed_again_and_not_once_it_is_the_profiles_own() -> None:
    made = opened()
    for t_s, old, new in ((100, 89.0, 91.0), (200, 91.0, 93.0), (300, 93.0, 89.0)):
        made.add(
            ev.LimitChanged,
            t_s,
            "Dr. A",
            rule="spo2-low-medium",
            old={"value": old},
            new={"value": new},
            reason="apnoea",
        )
    assert spans(made, "limit changed") == [
        ("limit changed", 100, 200, "SpO₂ low 89 → 91"), ("limit changed", 200, 300, "SpO₂ low 91 → 93"), ("limit changed", 300, 300, "SpO₂ low 93 → 89"),
    ]  # fmt: skip


def test_a_signal_that_was_lost_is_a_time_without_data() -> None:
    assert spans(script(), "no data") == [("no data", 2_712, 2_756, "No SpO₂ signal")]


def test_nobody_at_the_bed_is_no_lost_signal() -> None:
    made = opened()
    made.alarm("nobody", "medium", 100, 200, 300, 300, "Nobody at the bed", kind="technical")
    rules = {"nobody": RuleText("Nobody at the bed", "", "s", "nurse_present")}
    found = session_alarms(
        folded(made), bed_title="", end_s=END_S, rules=rules, approved=False, utc_offset=timedelta(0)
    )
    assert found.periods == ()


def test_the_clock_on_the_wall() -> None:
    found = history(script())
    assert found.wall(4_916) == (OPENED + timedelta(seconds=4_916, hours=1)).replace(tzinfo=None)
    assert (found.bed_title, found.state, found.patient_hours) == ("Room 2", "open", 4.0)


def numbers(rows: Iterable[Occurrence]) -> list[int]:
    return [row.number for row in rows]


def test_every_alarm_of_the_record_is_there_in_order_of_onset() -> None:
    assert numbers(history(script()).occurrences) == [1, 2, 3, 4, 5, 6, 7, 8]
