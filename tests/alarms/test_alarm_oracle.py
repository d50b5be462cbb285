"""A thousand generated sessions against an oracle that knows nothing of the engine: it works on the continuous signal, segment by
segment, with interval arithmetic, while the engine sees one value a second.

Drawn: side, limit, delay, hysteresis, clearing time, priority, and a signal that jumps at fractions of a second. A case in which some
decision hangs on less than a second (the alarm would just be reached, or just not) says nothing about the onset and is drawn again.
"""

import random
from dataclasses import dataclass
from itertools import pairwise

import pytest

from config.models.alarms import Profile
from dashboard.alarms import Tick, replay

CASES, SEED = 1000, 20261125
REARM_S = 10.0
#: Less than this between "just so" and "just not so" is no case.
MARGIN_S = 1.05


@dataclass(frozen=True)
class Case:
    low: bool
    limit: float
    delay_s: float
    hysteresis: float
    clear_after_s: float
    priority: str
    segments: tuple[tuple[float, float, float], ...]  # from, to (s), value

    @property
    def end_s(self) -> float:
        return self.segments[-1][1]

    def depth(self, value: float) -> float:
        """How far out of the limit; 0 is on it, and on it is out."""
        return self.limit - value if self.low else value - self.limit

    def profile(self) -> Profile:
        rule = {
            "id": "X", "signal": "rate", "operator": "<=" if self.low else ">=", "value": self.limit, "priority": self.priority,
            "delay_s": self.delay_s, "hysteresis": self.hysteresis, "clear_after_s": self.clear_after_s, "label": "x", "message": "x",
        }  # fmt: skip
        return Profile.model_validate({"id": "x", "title": "x", "version": "1", "rearm_s": REARM_S, "rules": [rule]})


def drawn(rng: random.Random) -> Case:
    low, limit, hysteresis = rng.random() < 0.5, 100.0, rng.choice([0.0, 1.0, 3.0])
    segments, t_s = [], 0.0
    for _ in range(rng.randint(6, 16)):
        lasts_s = rng.choice([rng.uniform(2, 8), rng.uniform(8, 45)])
        out = rng.choice([-8.0, -4.0, -hysteresis, -hysteresis / 2, 0.0, 1.0, 2.0, 6.0])
        segments.append((t_s, t_s + lasts_s, limit - out if low else limit + out))
        t_s += lasts_s
    return Case(
        low,
        limit,
        rng.choice([0.0, 0.0, 5.0, 10.0, 15.0, 30.0]),
        hysteresis,
        rng.choice([0.0, 0.0, 0.0, 10.0]),
        rng.choice(["low", "medium", "high"]),
        tuple(segments),
    )


def expected(case: Case) -> list[tuple[str, float]] | None:
    """Onsets and ends on the continuous signal; None where one of them hangs on less than a second."""
    out: list[tuple[str, float]] = []
    alarmed = False
    out_since = inside_since = None
    ended_s, worst_before, worst = float("-inf"), float("inf"), 0.0
    for begin_s, end_s, value in case.segments:
        depth = case.depth(value)
        if depth >= 0:
            inside_since = None
            out_since = begin_s if out_since is None else out_since
            if alarmed:
                worst = max(worst, depth)
                continue
            due_s = max(begin_s, out_since + case.delay_s)
            rests = case.priority != "high" and depth <= worst_before
            due_s = max(due_s, ended_s + REARM_S) if rests else due_s
            if abs(due_s - end_s) < MARGIN_S:
                return None
            if due_s < end_s:
                out.append(("raised", due_s))
                alarmed, worst = True, depth
        else:
            out_since = None
            if depth > -case.hysteresis:
                inside_since = None
            elif alarmed:
                inside_since = begin_s if inside_since is None else inside_since
                due_s = max(begin_s, inside_since + case.clear_after_s)
                if abs(due_s - end_s) < MARGIN_S:
                    return None
                if due_s < end_s:
                    out.append(("cleared", due_s))
                    alarmed, ended_s, worst_before, inside_since = False, due_s, worst, None
    return out


def engine(case: Case) -> list[tuple[str, float]]:
    ticks, second = [], 0
    for begin_s, end_s, value in case.segments:
        while second < end_s:
            assert second >= begin_s
            ticks.append(Tick(float(second), {"rate": value}))
            second += 1
    return [(change.change, change.t_s) for change in replay(case.profile(), None, ticks, [])]


@pytest.fixture(scope="module")
def cases() -> list[tuple[Case, list[tuple[str, float]]]]:
    rng, found = random.Random(SEED), []
    while len(found) < CASES:
        case = drawn(rng)
        if (wanted := expected(case)) is not None:
            found.append((case, wanted))
    return found


def test_onset_and_end_are_at_most_a_second_late_and_never_early(
    cases: list[tuple[Case, list[tuple[str, float]]]],
) -> None:
    late_s: list[float] = []
    for case, wanted in cases:
        found = engine(case)
        assert [name for name, _ in found] == [name for name, _ in wanted], case
        late_s += [t_s - due_s for (_, t_s), (_, due_s) in zip(found, wanted, strict=True)]
        assert min(late_s) >= 0 and max(late_s) <= 1.0, case
    assert len(cases) == CASES
    assert len(late_s) > 2 * CASES


def test_the_cases_are_worth_their_name(cases: list[tuple[Case, list[tuple[str, float]]]]) -> None:
    """Each thing that is claimed occurs often enough among them to be proved by them."""
    onsets = [t for _, wanted in cases for name, t in wanted if name == "raised"]
    ends = [t for _, wanted in cases for name, t in wanted if name == "cleared"]
    assert min(len(onsets), len(ends)) > 1000
    held = [
        (end, again)
        for _, wanted in cases
        for (_, end), (name, again) in pairwise(wanted)
        if name == "raised" and again - end < REARM_S + 1
    ]
    assert sum(abs(again - end - REARM_S) < 1e-6 for end, again in held) > 20  # waited for the re-arm time
    assert sum(again - end < REARM_S - 1 for end, again in held) > 20  # did not have to: high, or worse
    for low in (True, False):
        assert sum(case.low is low for case, _ in cases) > 400
