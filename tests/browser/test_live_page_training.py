"""The live page as a trainee's: nothing of other rooms, no way out, what the trainer tells, and calm between two exercises."""

from typing import Any

import pytest
from browsing import open_live
from fake_feed import SPO2_LOW, FakeFeed
from playwright.sync_api import Page, expect

from simulators.scenario import find_scenario, scenario_names

pytestmark = pytest.mark.browser

ELSEWHERE: dict[str, Any] = {
    "bed": "bed-3", "title": "Room 3", "simulation": False, "occurrence": 4, "priority": "high", "text": "NO BREATH 32 s",
    "unanswered_s": 32.0, "call": "Call 112",
}  # fmt: skip
SIZES = ((1600, 940), (1280, 800))
#: The longest that a shipped scenario has to tell.
LONGEST = max((f"{cue.kind}: {cue.text}" for name in scenario_names() for cue in find_scenario(name).cues), key=len)
PLACES = """() => [...document.querySelectorAll('.tile, .panel, .action, .window, .log, .alarm-row, .strip, .strip-item:not(:empty)')].map((n) => {
  const r = n.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom].map(Math.round); })"""


@pytest.fixture
def trainee(page: Page, feed: FakeFeed) -> Page:
    feed.training = True
    return open_live(page, feed)


def cue(feed: FakeFeed, seq: int, text: str) -> None:
    line = feed._line(seq, feed.t_s(), "cue_shown", text, by="T. Trainer")
    feed.tell("event", entry=line, session=feed.session(), infusion=feed.infusion, devices=feed.devices)


def test_it_shows_its_own_exercise_alone(trainee: Page) -> None:
    trainee.mouse.click(700, 60)
    trainee.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    told = {"type": "escalation", "bed": None, "rows": [ELSEWHERE], "burst": 1}
    trainee.evaluate("(m) => infusion.app.receive(m)", told)
    trainee.evaluate(
        "(m) => infusion.app.receive(m)", {"type": "heartbeat", "escalation": told, "recording": {"ok": True}}
    )
    expect(trainee.locator(".elsewhere")).to_be_hidden()
    assert trainee.evaluate("infusion.app.speaker.priority") is None
    assert trainee.locator("a[href]").count() == 0
    expect(trainee.locator("[data-window='15']")).to_have_attribute("aria-pressed", "true")
    expect(trainee.locator("[data-el=local-time]")).to_have_attribute("data-clock", "exercise")


def test_what_the_trainer_tells_stands_in_the_line_for_a_while(trainee: Page, feed: FakeFeed) -> None:
    bar = trainee.locator(".cue")
    feed.set_alarms([SPO2_LOW], sounding="high")
    trainee.evaluate("infusion.app.bed.pace = 0")  # the longest that stands beside it
    expect(trainee.locator("[data-el=strip-devices]")).to_contain_text("RUN PAUSED BY THE TRAINER")
    expect(trainee.locator("[data-el=strip-record]")).to_have_text("recording")
    trainee.evaluate(
        "window.before = infusion.app.bed.devices; infusion.app.bed.devices = [{ name: 'monitor', state: 'connecting' }]; infusion.app.tick()"
    )
    expect(trainee.locator("[data-el=strip-devices]")).to_have_text(
        "RUN PAUSED BY THE TRAINER · monitor goes on with the run"
    )
    trainee.evaluate("infusion.app.bed.devices = window.before; infusion.app.tick()")
    for number, (width, height) in enumerate(SIZES):
        trainee.set_viewport_size({"width": width, "height": height})
        expect(bar).to_be_hidden()
        trainee.wait_for_timeout(100)
        before = trainee.evaluate(PLACES)
        cue(feed, 90 + 2 * number, "answers: slowly")
        cue(feed, 91 + 2 * number, LONGEST)
        expect(bar).to_be_visible()  # first: of the size before, the words stand there still
        expect(bar.locator(".cue-words")).to_have_text(LONGEST)
        assert trainee.evaluate(PLACES) == before
        strip, box = (
            trainee.evaluate(f"document.querySelector('{one}').getBoundingClientRect().toJSON()")
            for one in (".strip", ".cue")
        )
        assert strip["top"] <= box["top"] and box["bottom"] <= strip["bottom"] and box["right"] <= strip["right"]
        assert bar.locator(".cue-words").evaluate(
            "(n) => n.scrollWidth <= n.clientWidth && n.scrollHeight <= n.parentElement.clientHeight"
        )
        expect(trainee.locator("[data-el=log]")).to_contain_text("answers: slowly · T.T.")
        trainee.evaluate("infusion.app.exercise.toldAt -= 19000")
        trainee.evaluate("infusion.app.tick()")
        assert bar.is_visible()
        trainee.evaluate("infusion.app.exercise.toldAt -= 1500")


def test_its_end_is_calm_and_the_next_exercise_comes_by_itself(trainee: Page, feed: FakeFeed) -> None:
    rest = trainee.locator(".exercise-rest")
    expect(rest).to_be_hidden()
    feed.set_alarms([SPO2_LOW], sounding="high")
    trainee.evaluate("infusion.app.setPerson(null); infusion.app.dialogs.open('person')")  # nobody has given a name
    expect(trainee.locator(".dialog-person")).to_be_visible()
    feed.devices = [{**feed.devices[0], "state": "lost", "age_s": 3.0}]
    feed.has_session, feed.alarms, feed.values, feed.infusion = False, [], {}, {}
    feed.audio = {**feed.audio, "sounding": None}
    feed.tell_snapshot()
    expect(rest).to_contain_text("The exercise has ended.")
    expect(trainee.locator(".dialog")).to_have_count(0)
    for spot in (".strip", ".banner", ".tiles", ".chart-area", ".log"):
        assert trainee.evaluate(
            """(spot) => { const r = document.querySelector(spot).getBoundingClientRect();
              return [[r.left + 9, r.top + 9], [r.right - 9, r.bottom - 9]].every(([x, y]) => document.elementFromPoint(x, y).closest('.exercise-rest')) }""",
            spot,
        )
    expect(trainee.locator("[data-el=local-time]")).not_to_have_attribute("data-clock", "exercise")
    trainee.keyboard.press("?")  # a panel that needs no session stands over it
    expect(trainee.locator(".dialog-keys")).to_be_visible()
    trainee.keyboard.press("Escape")
    trainee.evaluate("infusion.app.setLive('lost')")  # a page that nobody feeds is not calm
    expect(rest).to_be_hidden()
    trainee.evaluate("infusion.app.setLive('live')")
    expect(rest).to_be_visible()
    feed.preparing = True
    feed.tell_snapshot()
    expect(rest).to_be_hidden()
    expect(trainee.locator("[data-el=phase]")).to_have_text("PREPARING")
    feed.preparing, feed.has_session = False, True
    feed.tell_snapshot()
    expect(trainee.locator("#live")).to_have_attribute("data-session", "open")
    expect(rest).to_be_hidden()
    expect(trainee.locator(".dialog-person")).to_be_visible()  # and is asked again for the next exercise


def test_before_the_first_exercise_there_is_none(page: Page, feed: FakeFeed) -> None:
    feed.training, feed.has_session = True, False
    expect(open_live(page, feed).locator(".exercise-rest")).to_contain_text("No exercise is on.")
