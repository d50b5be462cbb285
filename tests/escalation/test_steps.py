"""The plan over time: each step at its time, once, and none after an answer. Swept over every instant."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models.escalation import Contact, ContactWaits, Escalation
from dashboard.escalation.steps import RANK, SCREENS, State, Step, Waiting, next_in_s, plan_of, step

DOCTOR = Contact(name="On-call physician", url="json://localhost")
CHARGE = Contact(
    name="Charge nurse", url="json://localhost", priorities=("medium",), after_s=ContactWaits(medium=120.0)
)
#: The shipped times: alarm facts 1.10.
PLAN = plan_of(Escalation(contacts=(DOCTOR, CHARGE)))

Course = Iterable[tuple[int, str | None]]
Taken = list[tuple[int, str, int, str]]


#: Course so far -> state and what fell due, second by second of its last spell. The step is pure: courses with one beginning share it.
KNOWN: dict[tuple[bool, tuple[tuple[int, str | None], ...]], list[tuple[State, Taken]]] = {}


def walked(course: Course, *, until_s: int = 400, own_screens: bool = True) -> Taken:
    """(second, priority, step, channel) of all that fell due for one alarm. `course`: from which second on it has which priority; None:
    acknowledged or over."""
    spells = sorted({0: None, **dict(course)}.items())
    state, out = State(), []
    for number, (since_s, priority) in enumerate(spells, 1):
        end_s = min(until_s + 1, spells[number][0] if number < len(spells) else until_s + 1)
        if end_s <= since_s:
            break
        seconds = KNOWN.setdefault((own_screens, tuple(spells[:number])), [])
        state = seconds[-1][0] if seconds else state
        waiting = [Waiting(1, "RULE", priority, float(since_s), own_screens)] if priority else []
        for t_s in range(since_s + len(seconds), end_s):
            state, dues = step(PLAN, state, waiting, float(t_s))
            seconds.append((state, [(t_s, due.priority, due.step, due.channel) for due in dues]))
        state = seconds[end_s - since_s - 1][0]
        out += [row for _, rows in seconds[: end_s - since_s] if rows for row in rows]
    return out


HIGH = [(30, "high", 2, SCREENS), (60, "high", 3, SCREENS), (60, "high", 3, "On-call physician")]
MEDIUM = [(120, "medium", 2, SCREENS), (120, "medium", 3, "Charge nurse"), (300, "medium", 3, "On-call physician")]


def later(steps: Taken, by_s: int) -> Taken:
    return [(t_s + by_s, *rest) for t_s, *rest in steps]  # type: ignore[misc]


def before(steps: Taken, end_s: float) -> Taken:
    return [row for row in steps if row[0] < end_s]


def test_the_shipped_plan_is_that_of_the_alarm_facts() -> None:
    assert plan_of(Escalation()) == (
        Step(2, SCREENS, "high", 30.0), Step(3, SCREENS, "high", 60.0), Step(2, SCREENS, "medium", 120.0),
    )  # fmt: skip
    assert walked([(0, "high")]) == HIGH
    assert walked([(0, "medium")]) == MEDIUM
    assert walked([(0, "low")]) == []


def test_an_answer_at_any_instant_stops_what_has_not_fallen_due() -> None:
    """Acknowledged and cleared are the same here: the alarm no longer waits."""
    for answered_s in range(1, 131):
        assert walked([(0, "high"), (answered_s, None)]) == before(HIGH, answered_s), answered_s
    for answered_s in range(1, 331):
        assert walked([(0, "medium"), (answered_s, None)]) == before(MEDIUM, answered_s), answered_s


def test_an_answer_at_any_instant_begins_a_new_story_when_it_comes_again() -> None:
    for answered_s in range(1, 131):
        again_s = answered_s + 7
        expected = before(HIGH, answered_s) + later(HIGH, again_s)
        assert walked([(0, "high"), (answered_s, None), (again_s, "high")]) == expected, answered_s


def test_becoming_worse_at_any_instant_begins_again_and_tells_all_anew() -> None:
    for worse_s in range(1, 331):
        expected = before(MEDIUM, worse_s) + later(HIGH, worse_s)
        assert walked([(0, "medium"), (worse_s, "high")]) == expected, worse_s


def test_becoming_better_at_any_instant_repeats_nothing_that_was_told_as_worse() -> None:
    for better_s in range(1, 131):
        told = before(HIGH, better_s)
        who = {(number, channel) for _, _, number, channel in told}
        expected = told + [(max(row[0], better_s), *row[1:]) for row in MEDIUM if (row[2], row[3]) not in who]
        assert walked([(0, "high"), (better_s, "medium")]) == expected, better_s


def test_worse_at_every_instant_and_answered_at_every_later_one() -> None:
    for worse_s in range(1, 130, 4):
        for answered_s in range(worse_s + 1, worse_s + 70):
            expected = before(before(MEDIUM, worse_s) + later(HIGH, worse_s), answered_s)
            course = [(0, "medium"), (worse_s, "high"), (answered_s, None)]
            assert walked(course, until_s=answered_s + 1) == expected, (worse_s, answered_s)


def test_flapping_between_high_and_medium_cannot_put_the_call_off() -> None:
    course = [(20 * n, "high" if n % 2 == 0 else "medium") for n in range(20)]
    told = walked(course)
    assert (40, "high", 2, SCREENS) in told  # 30 s lie in the spell at medium
    assert (80, "high", 3, "On-call physician") in told
    assert len(told) == len({row[1:] for row in told})


def test_where_no_screen_of_the_bed_can_warn_the_others_do_so_at_once() -> None:
    assert walked([(5, "high")], own_screens=False) == [(5, "high", 2, SCREENS), *later(HIGH[1:], 5)]
    assert walked([(5, "medium")], own_screens=False) == [(5, "medium", 2, SCREENS), *later(MEDIUM[1:], 5)]


def test_occurrences_do_not_touch_each_other() -> None:
    state, told = State(), []
    for t_s in range(100):
        waiting = [Waiting(n, "RULE", "high", 0.0) for n in (1, 2) if not (n == 1 and t_s >= 20)]
        waiting += [Waiting(3, "OTHER", "high", 40.0)] if t_s >= 40 else []
        state, dues = step(PLAN, state, waiting, float(t_s))
        told += [(t_s, due.occurrence, due.rule) for due in dues if due.channel == SCREENS]
    assert told == [(30, 2, "RULE"), (60, 2, "RULE"), (70, 3, "OTHER")]


def test_a_late_look_takes_all_that_has_fallen_due_at_once() -> None:
    """After a restart, or a bed whose past was still being made."""
    _, dues = step(PLAN, State(), [Waiting(1, "RULE", "high", 10.0)], 1000.0)
    assert [(due.step, due.channel, due.since_s) for due in dues] == [(n, c, 10.0) for _, _, n, c in HIGH]


def test_how_long_until_the_next_step() -> None:
    one = Waiting(1, "RULE", "high", 100.0)
    state = State()
    assert next_in_s(PLAN, state, one, 112.0) == 18.0
    state, _ = step(PLAN, state, [one], 130.0)
    assert next_in_s(PLAN, state, one, 131.5) == 28.5
    state, _ = step(PLAN, state, [one], 160.0)
    assert next_in_s(PLAN, state, one, 161.0) is None
    assert next_in_s(PLAN, state, Waiting(2, "RULE", "low", 0.0), 161.0) is None


@given(st.lists(st.sampled_from([None, "low", "medium", "high"]), min_size=1, max_size=24))
def test_any_course_against_the_plain_reading_of_the_rule(spells: list[str | None]) -> None:
    """Written out the long way: a step is due in the first second in which the alarm has that priority and has been that bad or worse
    for as long as the step waits, since it was last answered; unless that channel heard of it as bad or worse before."""
    seconds = [priority for priority in spells for _ in range(17)]
    expected: Taken = []
    for t_s, priority in enumerate(seconds):
        answered = [n for n in range(t_s) if seconds[n] is None]
        begin = answered[-1] + 1 if answered else 0
        for row in PLAN:
            if row.priority != priority:
                continue
            bad_since = next(n for n in range(begin, t_s + 1) if RANK[seconds[n] or "low"] >= RANK[priority])
            heard = [e for e in expected if e[0] >= begin and e[2:] == (row.number, row.channel)]
            if t_s - bad_since >= row.after_s and not any(RANK[e[1]] >= RANK[priority] for e in heard):
                expected.append((t_s, priority, row.number, row.channel))
    course = [(17 * n, priority) for n, priority in enumerate(spells)]
    assert walked(course, until_s=len(seconds) - 1) == expected


@pytest.mark.parametrize("wait_s", [5, 44.5, 3600])
def test_times_are_data(wait_s: float) -> None:
    settings = Escalation.model_validate(
        {"second_screen_after_s": wait_s, "contacts": [{"name": "X", "url_env": "X", "after_s": wait_s}]}
    )
    assert {row.after_s for row in plan_of(settings) if row.channel == "X" or row.number == 2} == {wait_s}
