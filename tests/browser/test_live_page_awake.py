"""Hidden and sleeping screens: told to the server, said on waking, and shown of the bed's other screens."""

from typing import Any

import pytest
from fake_feed import FakeFeed
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

#: Stops every timer and socket of the page for a while, as the sleep of a computer does, by the page's own wall clock.
SLEEP = "(s) => { const now = Date.now.bind(Date); Date.now = () => now() + s * 1000 }"


def told(feed: FakeFeed, do: str) -> list[dict[str, Any]]:
    return [ask for ask in feed.asks if ask["do"] == do]


def hide(page: Page, hidden: bool) -> None:
    page.evaluate(
        "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')) }",
        hidden,
    )


def test_a_hidden_page_tells_at_once(live: Page, feed: FakeFeed) -> None:
    feed.asks.clear()
    hide(live, True)
    live.wait_for_timeout(200)
    assert told(feed, "present")[0]["visible"] is False
    feed.asks.clear()
    hide(live, False)
    live.wait_for_timeout(200)
    assert told(feed, "present")[0]["visible"] is True


def test_a_frozen_page_is_not_seen_by_anybody(live: Page, feed: FakeFeed) -> None:
    feed.asks.clear()
    live.evaluate("document.dispatchEvent(new Event('freeze'))")
    live.wait_for_timeout(200)
    assert told(feed, "present")[0]["visible"] is False
    feed.asks.clear()
    live.evaluate("document.dispatchEvent(new Event('resume'))")
    live.wait_for_timeout(200)
    assert told(feed, "present")[0]["visible"] is True


def test_a_page_that_slept_says_so_and_starts_afresh(live: Page, feed: FakeFeed) -> None:
    words = live.locator("[data-el=slept]")
    live.evaluate(SLEEP, 4)
    live.wait_for_timeout(600)
    expect(words).to_be_hidden()  # a busy second is no sleep
    feed.asks.clear()
    live.evaluate(SLEEP, 42)
    expect(words).to_contain_text("This screen slept for 0:4")
    expect(words).to_contain_text("could not warn")
    for _ in range(50):  # whether it can sound is looked at again
        if told(feed, "self_test"):
            break
        live.wait_for_timeout(100)
    assert [ask["slept_s"] >= 42 for ask in told(feed, "present") if "slept_s" in ask] == [True]
    assert told(feed, "self_test")
    live.locator(".tile-loc").click()
    expect(words).to_be_hidden()


def test_an_alarm_sounds_again_after_a_sleep(live: Page, feed: FakeFeed) -> None:
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    feed.scene("one")
    live.wait_for_function("infusion.sound.played.length === 1")
    live.evaluate(SLEEP, 20)
    live.wait_for_function("infusion.sound.played.length === 2", timeout=4_000)  # long before its next turn


def test_a_hidden_page_repeats_its_sound_with_the_messages(live: Page, feed: FakeFeed) -> None:
    """Timers of a hidden tab come once a minute; numbers come each second."""
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    live.evaluate("infusion.app.timers.forEach(clearInterval)")
    hide(live, True)
    feed.scene("one")
    live.wait_for_function("infusion.sound.played.length === 1")
    live.evaluate("infusion.app.speaker.nextAt = 0")
    live.wait_for_function("infusion.sound.played.length === 2", timeout=4_000)


def test_other_screens_in_trouble_come_first(live: Page, feed: FakeFeed) -> None:
    strip = live.locator("[data-el=strip-screens]")
    feed.scene("screens")
    expect(strip).to_have_text("screen of R. Nurse is hidden · 1 more screen: K. Second")
    expect(strip).to_have_attribute("data-tone", "bad")
    for trouble, words in (("silent", "screen of R. Nurse cannot sound"), ("gone", "screen of R. Nurse is gone")):
        feed.screens = [{**feed.screens[0], "trouble": trouble}]  # type: ignore[index]
        expect(strip).to_have_text(words)
    feed.screens = [{**feed.screens[0], "trouble": None, "visible": True}]
    expect(strip).to_have_text("1 more screen: R. Nurse")
    expect(strip).not_to_have_attribute("data-tone", "bad")
