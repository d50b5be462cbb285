"""Which screens there are, and whether they can warn: on a hand-set clock."""

from typing import Any

import pytest

from dashboard.escalation.screens import GONE_S, LISTED_S, MOST, Screens, Told


class Hall:
    """A station with one clock. `said`: what each screen says until it says something else."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.screens = Screens(("R. Nurse", "C. Charge"), lambda: self.now_s)
        self.alive: dict[int, tuple[str | None, dict[str, Any]]] = {}

    def says(self, viewer: int, bed: str | None = "bed-1", **said: Any) -> None:
        known = self.alive.get(
            viewer, (bed, {"screen": f"s{viewer}", "by": None, "visible": True, "sound": "confirmed"})
        )
        self.alive[viewer] = (bed, {**known[1], **said})
        self.screens.told(bed, viewer, self.alive[viewer][1])

    def pass_s(self, seconds: float) -> None:
        """Time goes by; every screen alive speaks each 5 s."""
        end = self.now_s + seconds
        while self.now_s < end:
            self.now_s = min(end, self.now_s + 5)
            for viewer, (bed, said) in self.alive.items():
                self.screens.told(bed, viewer, said)

    def trouble(self, bed: str = "bed-1") -> dict[str, str | None]:
        return {row["screen"]: row["trouble"] for row in self.screens.rows().get(bed, [])}


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_a_screen_that_speaks_is_no_trouble_and_somebody_is_there(hall: Hall) -> None:
    hall.says(1, by="R. Nurse")
    hall.pass_s(60)
    assert hall.trouble() == {"s1": None}
    assert hall.screens.anyone("bed-1") and not hall.screens.anyone("bed-2")
    assert len(hall.screens.people("bed-1")) == 1 and hall.screens.people("bed-2") == ()
    assert hall.screens.changes("bed-1") == []
    assert hall.screens.rows()["bed-1"] == [
        {"by": "R. Nurse", "screen": "s1", "visible": True, "sound": "confirmed", "heard_s": 0.0, "trouble": None, "self_test": None}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "reason"),
    [({"visible": False}, "hidden"), ({"sound": "blocked"}, "silent"), ({"sound": "nonsense"}, "silent")],
)
def test_trouble_is_told_after_ten_seconds_once_and_taken_back(hall: Hall, said: dict[str, Any], reason: str) -> None:
    hall.says(1, by="R. Nurse")
    hall.pass_s(20)
    hall.says(1, **said)
    hall.pass_s(9.9)
    assert (hall.screens.changes("bed-1"), hall.trouble()) == ([], {"s1": None})
    hall.pass_s(0.2)
    assert hall.screens.changes("bed-1") == [Told("s1", "R. Nurse", reason)]
    assert (hall.screens.changes("bed-1"), hall.trouble()) == ([], {"s1": reason})
    hall.says(1, visible=True, sound="confirmed")
    assert hall.screens.changes("bed-1") == [Told("s1", "R. Nurse", None)]
    assert hall.trouble() == {"s1": None}


def test_a_glance_elsewhere_is_no_trouble(hall: Hall) -> None:
    hall.says(1)
    for _ in range(10):
        hall.says(1, visible=False)
        hall.pass_s(8)
        hall.says(1, visible=True)
        assert hall.screens.changes("bed-1") == []


def test_a_failed_self_test_is_silence_until_one_succeeds(hall: Hall) -> None:
    hall.says(1)
    hall.screens.tested(1, ok=False, detail="nothing measured")
    hall.pass_s(11)
    assert hall.trouble() == {"s1": "silent"}
    assert hall.screens.rows()["bed-1"][0]["self_test"] == {"ok": False, "detail": "nothing measured"}
    hall.screens.tested(1, ok=True, detail="")
    assert hall.trouble() == {"s1": None}


def test_a_screen_that_falls_silent_is_gone_after_fifteen_seconds_and_stays_listed(hall: Hall) -> None:
    hall.says(1, by="R. Nurse")
    hall.screens.left(1, goodbye=False)
    hall.alive.clear()
    hall.pass_s(GONE_S)
    assert hall.trouble() == {"s1": None}
    hall.pass_s(0.1)
    assert hall.trouble() == {"s1": "gone"}
    assert hall.screens.changes("bed-1") == [Told("s1", "R. Nurse", "gone")]
    hall.pass_s(LISTED_S - GONE_S - 0.2)
    assert hall.trouble() == {"s1": "gone"}
    hall.pass_s(1)
    assert hall.trouble() == {}
    assert hall.screens.changes("bed-1") == []


def test_a_frozen_page_whose_line_stays_open_is_gone_too(hall: Hall) -> None:
    hall.says(1)
    hall.alive.clear()
    hall.pass_s(GONE_S + 0.1)
    assert hall.trouble() == {"s1": "gone"}


def test_goodbye_is_no_loss(hall: Hall) -> None:
    hall.says(1)
    hall.alive.clear()
    hall.screens.left(1, goodbye=True)
    hall.pass_s(60)
    assert (hall.trouble(), hall.screens.changes("bed-1")) == ({}, [])


def test_a_page_that_connects_anew_is_the_same_screen(hall: Hall) -> None:
    hall.says(1, screen="abc")
    hall.alive.clear()
    hall.says(2, screen="abc")  # the new connection speaks before the old one is known to be down
    hall.screens.left(1, goodbye=False)
    hall.pass_s(60)
    assert hall.trouble() == {"abc": None}
    hall.screens.left(2, goodbye=True)
    assert hall.trouble() == {}


def test_a_gone_screen_is_let_go_once_its_person_is_at_another_of_the_bed(hall: Hall) -> None:
    hall.says(1, by="R. Nurse")
    hall.screens.left(1, goodbye=False)
    hall.alive.clear()
    hall.pass_s(20)
    hall.says(2, by="C. Charge")
    hall.says(3, "bed-2", by="R. Nurse")
    assert hall.trouble() == {"s1": "gone", "s2": None}
    hall.says(2, by="R. Nurse")
    assert hall.trouble() == {"s2": None}


def test_who_can_warn(hall: Hall) -> None:
    """Visible, or known to be heard: in the background, a sound that nobody has confirmed does not count."""
    can = {
        (True, "confirmed"): True, (True, "unconfirmed"): True, (True, "blocked"): True,
        (False, "confirmed"): True, (False, "unconfirmed"): False, (False, "blocked"): False,
    }  # fmt: skip
    for (visible, sound), expected in can.items():
        hall.says(1, None, visible=visible, sound=sound)
        assert hall.screens.elsewhere("bed-1") == int(expected), (visible, sound)
    hall.says(1, None, visible=False, sound="confirmed")
    hall.screens.tested(1, ok=False, detail="")
    assert hall.screens.elsewhere("bed-1") == 0


def test_screens_elsewhere_are_rooms_pages_and_other_beds(hall: Hall) -> None:
    hall.says(1, "bed-1")
    assert hall.screens.elsewhere("bed-1") == 0
    hall.says(2, "bed-2")
    hall.says(3, None)
    assert [hall.screens.elsewhere(bed) for bed in ("bed-1", "bed-2", "bed-3")] == [2, 2, 3]
    assert set(hall.screens.rows()) == {"bed-1", "bed-2", "*"}


def test_how_long_nobody_can_be_warned(hall: Hall) -> None:
    assert hall.screens.nobody_s("bed-1") == 0.0
    hall.pass_s(12)
    assert hall.screens.nobody_s("bed-1") == 12.0
    hall.says(1)
    assert hall.screens.nobody_s("bed-1") == 0.0
    hall.alive.clear()
    hall.pass_s(GONE_S)
    assert hall.screens.nobody_s("bed-1") == 0.0
    hall.pass_s(5)
    assert hall.screens.nobody_s("bed-1") == 5.0
    hall.screens.forget("bed-1")
    assert hall.screens.nobody_s("bed-1") == 0.0


def test_a_new_session_hears_of_old_trouble(hall: Hall) -> None:
    hall.says(1, visible=False)
    hall.pass_s(20)
    assert len(hall.screens.changes("bed-1")) == 1
    hall.screens.forget("bed-1")
    assert hall.screens.changes("bed-1") == [Told("s1", "", "hidden")]


@pytest.mark.parametrize(
    "said", [{}, {"screen": 7, "by": ["x"], "visible": "yes", "sound": None}, {"screen": "x" * 9999, "by": "Eve"}]
)
def test_whatever_a_page_says_of_itself_is_taken_with_care(hall: Hall, said: dict[str, Any]) -> None:
    hall.screens.told("bed-1", 1, said)
    (row,) = hall.screens.rows()["bed-1"]
    assert (row["by"], row["visible"], row["sound"]) == (None, False, "blocked")
    assert len(row["screen"]) <= 60


def test_no_page_can_fill_the_memory(hall: Hall) -> None:
    for n in range(3 * MOST):
        hall.screens.told("bed-1", 1, {"screen": f"name-{n}"})
    assert len(hall.screens.rows()["bed-1"]) == 1
    for n in range(3 * MOST):
        hall.now_s += 0.01
        hall.screens.told("bed-1", n, {"screen": f"name-{n}"})
    assert len(hall.screens.rows()["bed-1"]) == MOST


def test_a_trainee_is_counted_on_for_no_patient() -> None:
    hall = Hall()
    hall.screens = Screens(("R. Nurse",), lambda: hall.now_s, apart=("train-1",))
    hall.says(1, bed="train-1", by="R. Nurse")
    assert hall.screens.elsewhere("bed-1") == 0
    assert hall.screens.anyone("train-1")  # the trainer is still told whether somebody watches
    hall.says(2, bed=None)
    hall.says(3, bed="bed-2")
    assert hall.screens.elsewhere("bed-1") == 2
