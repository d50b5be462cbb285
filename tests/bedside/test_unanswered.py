"""Alarms of a bed that nobody answers: rows for the other screens, notices to contacts, and all of it in the record."""

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bed_world import World

from config.models.escalation import Contact, Escalation
from dashboard.alarms import catch_up, load_profile
from dashboard.bedside.unanswered import NO_SCREEN, NO_SCREEN_LABEL
from dashboard.escalation.courier import Courier
from dashboard.escalation.notice import Notice
from dashboard.escalation.post import Address, deliver
from dashboard.session.chain import Stored
from dashboard.session.events import AlarmEvent, EscalationSent, ScreenBack, ScreenLost
from dashboard.session.facts import as_fact
from dashboard.store import open_store

CALM = {"hr": 72.0, "spo2": 97.0, "rr_co2": 14.0, "etco2": 38.0}
#: High from the fifth second on.
LOW = {**CALM, "spo2": 80.0}
#: Medium.
SLOW = {**CALM, "hr": 45.0}
CONTACTS = (
    Contact(name="Physician", url_env="X"),
    Contact(name="Charge", url_env="X", priorities=("medium",), after_s={"high": 60, "medium": 120}),
)


class Post:
    """Couriers that deliver to a list. `answer`: what each delivery says went wrong."""

    def __init__(self) -> None:
        self.notices: list[tuple[str, Notice]] = []
        self.answer = ""
        self.couriers = {
            contact.name: Courier(contact.name, partial(self._take, contact.name), again_s=()) for contact in CONTACTS
        }

    def _take(self, name: str, notice: Notice) -> str:
        self.notices.append((name, notice))
        return self.answer


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def manned(world: World, post: Post) -> Iterator[World]:
    """A bed whose own screen and a rooms page are there, and two contacts."""
    world.desk = world.make_desk(settings=Escalation(contacts=CONTACTS), couriers=post.couriers)
    world.bed = world.make()
    world.open()
    yield world
    world.desk.stop()


def advance(world: World, seconds: int, *, at_bed: bool = True, rooms: bool = True, **values: float | None) -> None:
    for _ in range(seconds):
        if at_bed:
            world.desk.screens.told(
                "bed-1", 1, {"screen": "here", "by": "R. Nurse", "visible": True, "sound": "confirmed"}
            )
        if rooms:
            world.desk.screens.told(None, 2, {"screen": "rooms", "visible": True, "sound": "confirmed"})
        world.advance(1, **values)
        deadline = time.monotonic() + 5
        while any(e["ok"] is None for r in rows(world) for e in r["sent"]) and time.monotonic() < deadline:
            time.sleep(0.002)


def rows(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.desk.message()["rows"]
    return found


def sent(world: World) -> list[tuple[float, str, int, str, bool, str]]:
    """(second, priority, step, channel, ok, detail) of each recorded delivery."""
    world.settle()
    record = world.store.events(world.store.sessions(limit=1)[0].id)
    found = [stored.event for stored in record if isinstance(stored.event, EscalationSent)]
    return [(math.floor(e.t_s), e.priority, e.step, e.channel, e.ok, e.detail) for e in found]


def test_a_high_alarm_goes_to_other_screens_then_to_the_physician(manned: World, post: Post) -> None:
    advance(manned, 5, **CALM)
    advance(manned, 8, **LOW)
    (alarm,) = manned.bed.snapshot()["alarms"]
    raised_s = alarm["since_t_s"]
    assert (alarm["priority"], alarm["escalation"]) == ("high", None)
    advance(manned, int(raised_s + 29 - manned.bed.last_tick_s), **LOW)
    assert rows(manned) == []
    advance(manned, 1, **LOW)
    (row,) = rows(manned)
    assert {k: row[k] for k in ("bed", "title", "simulation", "priority", "kind", "step", "call", "unanswered_s", "next_step_in_s")} == {
        "bed": "bed-1", "title": "Room 1", "simulation": False, "priority": "high", "kind": "physiological", "step": 2, "call": None,
        "unanswered_s": 30.0, "next_step_in_s": 30.0,
    }  # fmt: skip
    assert (row["text"], row["trigger"], row["occurrence"]) == (alarm["text"], alarm["trigger"], alarm["occurrence"])
    assert row["sent"] == [{"channel": "screens", "ok": True, "detail": ""}]
    shown = manned.of("alarm")[-1]["alarms"][0]["escalation"]
    assert shown == {k: row[k] for k in ("step", "at", "sent", "next_step_in_s")}
    advance(manned, 30, **LOW)
    (row,) = rows(manned)
    assert (row["step"], row["call"], row["next_step_in_s"]) == (3, "Call the emergency number", None)
    assert {"channel": "Physician", "ok": True, "detail": ""} in row["sent"]
    ((name, notice),) = post.notices
    assert (name, notice.bed, notice.priority, notice.unanswered_s) == ("Physician", "Room 1", "high", 60.0)
    assert sent(manned) == [
        (raised_s + 30, "high", 2, "screens", True, ""),
        (raised_s + 60, "high", 3, "screens", True, ""),
        (raised_s + 60, "high", 3, "Physician", True, ""),
    ]
    assert any("Physician told" in line for line in manned.log())


def test_the_rows_are_told_when_they_change_and_their_burst_rises_with_each_step(manned: World) -> None:
    advance(manned, 80, **LOW)
    told = [(len(m["rows"]), m["rows"][0]["step"] if m["rows"] else 0, m["burst"]) for m in manned.rows]
    assert told[0] == (1, 2, 1)
    assert told[-1] == (1, 3, 2)
    assert len(told) <= 4  # and not each second
    manned.bed.acknowledge(manned.bed.alarms()[0].occurrence, "C. Charge")
    advance(manned, 1, **LOW)
    assert manned.rows[-1] == {"rows": [], "burst": 2}
    assert manned.bed.snapshot()["alarms"][0]["escalation"] is None


def test_an_answer_stops_it_and_a_pause_of_the_sound_does_not(manned: World) -> None:
    advance(manned, 20, **LOW)
    manned.bed.pause_audio("R. Nurse")
    advance(manned, 20, **LOW)
    assert [row["step"] for row in rows(manned)] == [2]
    manned.bed.acknowledge(manned.bed.alarms()[0].occurrence, "R. Nurse")
    advance(manned, 60, **LOW)
    assert rows(manned) == []
    assert [step for _, _, step, *_ in sent(manned)] == [2]


def test_a_latched_alarm_that_nobody_saw_goes_on(manned: World) -> None:
    advance(manned, 10, **LOW)
    advance(manned, 40, **CALM)
    assert manned.bed.alarms()[0].phase == "latched"
    assert [row["step"] for row in rows(manned)] == [2]


def test_one_that_becomes_worse_begins_again(manned: World, post: Post) -> None:
    advance(manned, 5, **CALM)
    advance(manned, 150, **SLOW)
    assert [(s, p, n, c) for s, p, n, c, *_ in sent(manned)][:2] == [
        (sent(manned)[0][0], "medium", 2, "screens"), (sent(manned)[0][0], "medium", 3, "Charge"),
    ]  # fmt: skip
    advance(manned, 100, **{**CALM, "hr": 35.0})
    assert [n.priority for name, n in post.notices if name == "Physician"] == ["high"]
    assert [(p, n) for _, p, n, c, *_ in sent(manned) if c == "screens"] == [("medium", 2), ("high", 2), ("high", 3)]


def test_a_delivery_that_fails_is_recorded_and_shown(manned: World, post: Post) -> None:
    post.answer = "refused with status 500"
    advance(manned, 80, **LOW)
    assert sent(manned)[-1][2:] == (3, "Physician", False, "refused with status 500")
    assert {"channel": "Physician", "ok": False, "detail": "refused with status 500"} in rows(manned)[0]["sent"]
    assert manned.desk.contacts()[0] == {"name": "Physician", "ok": False, "detail": "refused with status 500"}
    assert any("Physician NOT TOLD: " in line and "refused with status 500" in line for line in manned.log())


def test_no_other_screen_is_a_failed_delivery_too(manned: World) -> None:
    advance(manned, 45, rooms=False, **LOW)
    assert sent(manned)[0][2:] == (2, "screens", False, "no other screen can warn")


def test_a_simulated_bed_shows_it_and_sends_nothing(tmp_path: Path, post: Post) -> None:
    with open_store(tmp_path / "simulation.db", simulation=True) as store:
        _simulated(World(store), post)


def _simulated(world: World, post: Post) -> None:
    world.desk = world.make_desk(settings=Escalation(contacts=CONTACTS), couriers=post.couriers)
    world.bed = world.make(simulation=True)
    world.open(simulation=True)
    advance(world, 80, at_bed=False, **LOW)
    assert rows(world)[0]["simulation"] is True
    assert sent(world)[-1][2:] == (3, "Physician", False, "simulated: not sent")
    assert post.notices == []
    assert all(row["rule"] != NO_SCREEN for row in rows(world))


def test_a_network_that_hangs_delays_no_tick(world: World) -> None:
    release = threading.Event()
    hanging = {name: Courier(name, lambda _: str(release.wait(20) and "")) for name in ("Physician", "Charge")}
    world.desk = world.make_desk(settings=Escalation(contacts=CONTACTS), couriers=hanging)
    world.bed = world.make()
    world.open()
    slowest = 0.0
    for _ in range(400):
        begin = time.perf_counter()
        world.advance(1, **LOW)
        slowest = max(slowest, time.perf_counter() - begin)
    assert slowest < 5  # the delivery itself hangs for 20 s
    assert {"channel": "Physician", "ok": None, "detail": ""} in rows(world)[0]["sent"]
    release.set()


def test_after_a_restart_nobody_is_told_twice(manned: World, post: Post) -> None:
    advance(manned, 50, **LOW)
    before = sent(manned)
    manned.clock.now_s += 3
    manned.bed = manned.make()
    assert manned.bed.resume_open()
    advance(manned, 5, **LOW)
    assert sent(manned) == before
    assert rows(manned)[0]["sent"] == [{"channel": "screens", "ok": True, "detail": ""}]
    advance(manned, 30, **LOW)
    assert [name for name, _ in post.notices] == ["Physician"]


def test_after_a_restart_an_answered_one_that_comes_again_is_told_anew(manned: World) -> None:
    advance(manned, 50, **SLOW)
    advance(manned, 100, **SLOW)
    manned.bed.acknowledge(manned.bed.alarms()[0].occurrence, "R. Nurse")
    advance(manned, 2, **SLOW)
    manned.settle()
    manned.bed = manned.make()
    manned.bed.resume_open()
    advance(manned, 60, **{**CALM, "hr": 35.0})
    assert [(p, n) for _, p, n, c, *_ in sent(manned) if c == "screens"] == [("medium", 2), ("high", 2)]


def test_the_engine_gives_the_same_transitions_with_and_without(manned: World, post: Post) -> None:
    post.answer = "refused with status 500"
    advance(manned, 20, **CALM)
    advance(manned, 90, **LOW)
    advance(manned, 40, at_bed=False, **CALM)
    manned.settle()
    session = manned.store.sessions(limit=1)[0].id
    record: list[Stored] = manned.store.events(session)
    told = [(e.t_s, e.rule, e.occurrence, type(e).__name__) for s in record if isinstance(e := s.event, AlarmEvent)]
    facts = [fact for s in record if (fact := as_fact(s.event, s.seq)) is not None]
    _, again = catch_up(load_profile("A-standard-adult"), None, manned.store.ticks(session), facts)
    names = {
        "AlarmRaised": "raised",
        "AlarmEscalated": "escalated",
        "AlarmLatched": "latched",
        "AlarmCleared": "cleared",
    }
    assert [(t, r, o, names.get(n, n)) for t, r, o, n in told] == [
        (c.t_s, c.rule, c.occurrence, c.change) for c in again
    ]
    assert sent(manned) != []


# -- screens of the bed ----------------------------------------------------------------------------------------------


def screens_told(world: World) -> list[tuple[str, str]]:
    world.settle()
    record = world.store.events(world.store.sessions(limit=1)[0].id)
    return [
        (e.screen, e.reason if isinstance(e, ScreenLost) else "back")
        for stored in record
        if isinstance(e := stored.event, ScreenLost | ScreenBack)
    ]


def test_a_bed_without_a_screen_that_can_warn_is_told_to_all_others(manned: World, post: Post) -> None:
    advance(manned, 20, **CALM)
    advance(manned, 43, at_bed=False, **CALM)  # gone for 15 s, then 29 s without any
    assert rows(manned) == []
    advance(manned, 2, at_bed=False, **CALM)
    (row,) = rows(manned)
    assert (row["rule"], row["priority"], row["kind"], row["occurrence"], row["step"]) == (
        NO_SCREEN,
        "medium",
        "technical",
        0,
        2,
    )
    assert screens_told(manned) == [("here", "gone")]
    advance(manned, 119, at_bed=False, **CALM)
    assert [(name, n.label) for name, n in post.notices] == [("Charge", NO_SCREEN_LABEL)]
    advance(manned, 1, **CALM)
    assert rows(manned) == []
    assert screens_told(manned) == [("here", "gone"), ("here", "back")]
    assert [(p, n, c) for _, p, n, c, *_ in sent(manned)] == [("medium", 2, "screens"), ("medium", 3, "Charge")]


def test_an_alarm_at_such_a_bed_goes_to_the_others_at_once(manned: World) -> None:
    advance(manned, 60, at_bed=False, **CALM)
    advance(manned, 6, at_bed=False, **LOW)
    worst = rows(manned)[0]
    assert (worst["priority"], worst["step"], worst["unanswered_s"] < 2) == ("high", 2, True)


def test_a_hidden_screen_is_recorded_once_and_when_it_is_back(manned: World) -> None:
    for visible, seconds in ((True, 5), (False, 9), (True, 5), (False, 20), (True, 5)):
        for _ in range(seconds):
            manned.desk.screens.told("bed-1", 1, {"screen": "here", "visible": visible, "sound": "confirmed"})
            manned.advance(1, **CALM)
    assert screens_told(manned) == [("here", "hidden"), ("here", "back")]


# -- nothing of the patient -------------------------------------------------------------------------------------------


def test_no_payload_holds_anything_of_the_patient(world: World, webhook: Callable[..., Any]) -> None:
    hook = webhook(200)
    contacts = (Contact(name="Physician", url_env="X", after_s=5),)
    carrier = Courier("Physician", partial(deliver, Address(f"json://127.0.0.1:{hook.port}/x")), again_s=())
    world.desk = world.make_desk(
        settings=Escalation(contacts=contacts, second_screen_after_s=5), couriers={"Physician": carrier}
    )
    world.bed = world.make()
    world.open(patient="Zy. Qx.", age_y=61.0, weight_kg=83.7)
    world.record("note", text="Zy. Qx. is the mayor")
    odd = {"hr": 33.25, "spo2": 76.5, "rr_co2": 3.75, "etco2": 77.25, "temp": 41.35}
    world.say(nibp_sys=233.0, nibp_dia=144.0, nibp_map=177.0)
    advance(world, 60, **odd)
    world.settle()
    bodies = [json.loads(r[r.index(b"{") :]) for r in hook.requests]
    told = [
        body["title"] + " " + body["message"].split(" since ")[0] for body in bodies
    ]  # what follows is the time of day
    raised = {a.label for a in world.bed.alarms() if a.priority != "low"}
    assert len(raised) >= 4 and all(any(label in words for words in told) for label in raised)
    for secret in ("Zy", "Qx", "mayor", "83", "61", "33", "76", "77", "41", "233", "144", "177", "3.75"):
        assert not any(secret in words for words in told), secret
    assert all(set(body) == {"version", "title", "message", "attachments", "type"} for body in bodies)


@pytest.mark.parametrize("profile", ["A-standard-adult"])
def test_no_rule_s_label_can_carry_a_value(profile: str) -> None:
    """A notice holds the label alone: a fixed text of the rule table, while the message beside it has places for numbers."""
    for rule in load_profile(profile).rules:
        assert "{" not in rule.label, rule.id


def test_a_training_bed_passes_nothing_on_and_only_says_to_call(world: World) -> None:
    world.desk = world.make_desk(settings=Escalation(contacts=CONTACTS), alone=True)
    world.bed = world.make(simulation=True)
    session = world.open()
    advance(world, 64, **LOW)  # the alarm comes at 5 s; the plan is 30 s to other screens, 60 s to the call
    assert world.bed.snapshot()["alarms"][0]["escalation"] is None
    advance(world, 3, **LOW)
    assert world.bed.snapshot()["alarms"][0]["escalation"]["step"] == 3
    assert world.bed.snapshot()["alarms"][0]["escalation"]["sent"] == []
    world.settle()
    assert not any(isinstance(stored.event, EscalationSent) for stored in world.store.events(session))
    assert not any("unanswered" in line for line in world.log())
