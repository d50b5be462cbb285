"""Limits of the shipped profiles as lines through a session."""

import numpy as np
import pytest
from pages_fakes import Script

from config.models.alarms import FOLDER, load_profile
from dashboard.figures.limits import limit_lines, rule_texts
from dashboard.figures.record import LimitLine
from dashboard.session import events as ev
from dashboard.session.chain import chain
from dashboard.session.fold import fold
from dashboard.session.state import Session

PROFILES = sorted(path.stem for path in FOLDER.glob("*.toml"))


def session(*changes: tuple[float, float, float]) -> Session:
    """`changes`: time, old and new value of SPO2_LOW_2."""
    script = Script().add(
        ev.SessionOpened, 0, bed="b", patient="T", weight_kg=70, concentration_mg_ml=1, planned_mg=50, planned_min=60, profile="A", profile_version="1"
    )  # fmt: skip
    for t_s, old, new in changes:
        script.add(ev.LimitChanged, t_s, rule="SPO2_LOW_2", old={"value": old}, new={"value": new}, reason="ordered")
    return fold(chain("s", script.in_order()))


def line(lines: tuple[LimitLine, ...], signal: str, operator: str) -> LimitLine:
    (found,) = [one for one in lines if (one.signal, one.operator) == (signal, operator)]
    return found


def test_the_line_is_the_nearest_limit_that_asks_for_a_person() -> None:
    """Profile A, rows A1 to A3: 93 only prompts (low), 89 is medium, 84 high."""
    found = line(limit_lines(load_profile("A-standard-adult"), session()), "spo2", "≤")
    assert (found.priority, found.steps) == ("medium", ((0.0, 89.0),))


def test_both_sides_of_a_signal_have_a_line() -> None:
    lines = limit_lines(load_profile("A-standard-adult"), session())
    assert line(lines, "rate", "≤").steps[0][1] == 49
    assert line(lines, "rate", "≥").steps[0][1] == 121


def test_a_change_is_a_step_and_what_stood_before_comes_from_the_record() -> None:
    found = line(
        limit_lines(load_profile("A-standard-adult"), session((600.0, 88.0, 91.0), (900.0, 91.0, 90.0))), "spo2", "≤"
    )
    assert found.steps == ((0.0, 88.0), (600.0, 91.0), (900.0, 90.0))


@pytest.mark.parametrize("name", PROFILES)
def test_every_rule_reads_and_every_line_is_a_number(name: str) -> None:
    profile = load_profile(name)
    texts = rule_texts(profile)
    assert set(texts) == {rule.id for rule in profile.rules}
    for text in texts.values():
        assert text.label and text.operator in ("", "≤", "≥")
    for one in limit_lines(profile, session()):
        assert np.isfinite([value for _, value in one.steps]).all()
