"""When the page sounds and what it says of its sound: alarms, pauses, reminders, the sound test, the self-test, a blocked browser.

What the bursts themselves are like is measured in `test_live_page_bursts.py`.
"""

from typing import Any

import pytest
from browsing import open_live
from fake_feed import CO2_HIGH, SPO2_LOW, FakeFeed
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

SILENT_CONTEXT = """
window.AudioContext = class extends window.AudioContext {
  constructor() { super(); this.allowed = false; super.suspend(); }
  get state() { return this.allowed ? super.state : 'suspended'; }
  resume() { return this.allowed ? super.resume() : Promise.resolve(); }
};
"""


def told(feed: FakeFeed, do: str) -> list[dict[str, Any]]:
    return [ask for ask in feed.asks if ask["do"] == do]


def played(page: Page) -> list[str]:
    return page.evaluate("infusion.sound.played.map((p) => p.priority)")


def test_an_alarm_sounds_at_once_and_again_when_it_worsens(live: Page, feed: FakeFeed) -> None:
    live.mouse.click(700, 60)  # browsers hold sound back until a gesture
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    assert played(live) == []
    feed.set_alarms([CO2_HIGH], sounding="medium")
    live.wait_for_function("infusion.sound.played.length === 1")
    feed.set_alarms([SPO2_LOW, CO2_HIGH], sounding="high")
    live.wait_for_function("infusion.sound.played.length === 2")
    feed.set_alarms(
        [SPO2_LOW, CO2_HIGH], sounding="high"
    )  # a new occurrence of the same priority: the burst number rises
    live.wait_for_function("infusion.sound.played.length === 3")
    assert played(live) == ["medium", "high", "high"]
    feed.set_alarms([], sounding=None)
    live.wait_for_timeout(400)
    assert live.evaluate("infusion.app.speaker.playing") is None


def test_a_pause_is_silent_and_a_new_high_breaks_through(live: Page, feed: FakeFeed) -> None:
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    feed.set_alarms([CO2_HIGH], sounding="medium")
    live.wait_for_function("infusion.sound.played.length === 1")
    live.locator(".pause-audio").click()
    expect(live.locator(".pause-audio")).to_contain_text("Audio paused")
    live.wait_for_timeout(400)
    assert live.evaluate("infusion.app.speaker.playing") is None
    feed.set_alarms([SPO2_LOW, CO2_HIGH], sounding="high")
    live.wait_for_function("infusion.sound.played.at(-1).priority === 'high'")


def test_sound_is_unconfirmed_until_a_person_heard_it(live: Page, feed: FakeFeed) -> None:
    chip = live.locator("[data-el=chip-sound]")
    expect(chip).to_contain_text("SOUND NOT CONFIRMED")
    chip.click()
    live.locator("[data-play]").click()
    expect(live.locator(".sound-question")).to_contain_text("Did you hear")
    live.locator("[data-heard=no]").click()
    expect(live.locator(".dialog-sound")).to_contain_text("cannot alert by sound")
    expect(chip).to_be_visible()
    live.locator(".dialog-sound .choice-big").click()
    live.locator("[data-heard=yes]").click()
    expect(chip).to_be_hidden()
    expect(live.locator("[data-el=sound-state]")).to_contain_text("sound confirmed")
    live.wait_for_timeout(200)
    assert [p["type"] for p in feed.posts] == ["sound_confirmed"]
    assert told(feed, "present")[-1]["sound"] == "confirmed"


def test_a_blocked_browser_says_so_and_tells_the_server(page: Page, feed: FakeFeed) -> None:
    page.add_init_script(SILENT_CONTEXT)
    live = open_live(page, feed)
    expect(live.locator("[data-el=sound-state]")).to_contain_text("sound blocked")
    expect(live.locator("[data-el=chip-sound]")).to_be_visible()
    feed.set_alarms([SPO2_LOW], sounding="high")
    live.wait_for_timeout(400)
    assert played(live) == []
    assert told(feed, "present")[-1]["sound"] == "blocked"
    live.evaluate("infusion.app.speaker.ctx.allowed = true")
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.sound.played.length === 1")  # what was due sounds as soon as it may


def test_a_reminder_chirps_once_and_not_for_what_was_before(live: Page, feed: FakeFeed) -> None:
    feed.audio = {**feed.audio, "reminder": 3}
    feed.set_alarms([])
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running' && infusion.app.speaker.reminder === 3")
    live.evaluate("infusion.sound.played.length = 0")
    feed.audio = {**feed.audio, "reminder": 4}
    feed.set_alarms([])
    live.wait_for_function("infusion.app.speaker.reminder === 4")
    live.wait_for_timeout(300)
    assert played(live) == ["reminder"]


def test_the_self_test_passes_only_while_sound_leaves_the_page(live: Page, feed: FakeFeed) -> None:
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    live.evaluate("infusion.app.speaker.confirm(true)")
    assert live.evaluate("infusion.app.speaker.selfTest()") == {"ok": True, "detail": ""}
    assert played(live) == []  # nobody heard anything
    live.evaluate("infusion.app.speaker.gate.gain.value = 0")
    live.evaluate("infusion.app.selfTest()")
    chip = live.locator("[data-el=chip-sound]")
    expect(chip).to_have_text("** SOUND NOT WORKING")
    assert chip.evaluate("(n) => getComputedStyle(n).backgroundColor") in ("rgb(249, 168, 37)", "rgb(201, 130, 12)")
    expect(live.locator("[data-el=sound-state]")).to_have_text("sound not working")
    live.wait_for_timeout(200)
    failed = told(feed, "self_test")[-1]
    assert (failed["ok"], failed["detail"], failed["bed"]) == (False, "no sound comes out of the page", "bed-6")
    assert told(feed, "present")[-1]["sound"] == "blocked"
    live.evaluate("infusion.app.speaker.gate.gain.value = 1")
    live.evaluate("infusion.app.selfTest()")  # what is heard now counts, not what was heard before
    expect(chip).to_be_hidden()


def test_a_page_that_was_busy_listens_again(live: Page) -> None:
    """The ear holds a fraction of a second: what sounded while the page drew charts for longer is gone when it looks."""
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    found = live.evaluate(
        """() => { const test = infusion.app.speaker.selfTest();
        setTimeout(() => { for (const from = performance.now(); performance.now() - from < 2500;); }, 20);
        return test; }"""
    )
    assert found == {"ok": True, "detail": ""}


def test_the_self_test_comes_by_itself_at_least_every_minute(page: Page, feed: FakeFeed) -> None:
    page.add_init_script(
        "window.timers = []; const set = setInterval; window.setInterval = (run, ms) => { timers.push([String(run), ms]); return set(run, ms) }"
    )
    live = open_live(page, feed)
    periods = [ms for run, ms in live.evaluate("timers") if "selfTest" in run]
    assert len(periods) == 1
    assert 5_000 <= periods[0] <= 60_000
    for _ in range(100):  # the first one comes soon after the start
        if told(feed, "self_test"):
            break
        live.wait_for_timeout(100)
    assert told(feed, "self_test")
