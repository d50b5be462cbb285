"""Hidden and sleeping screens: told to the server, said on waking, and shown of the bed's other screens."""

from typing import Any

import pytest
from fake_feed import FakeFeed
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

#: A sleep of so many seconds by the page's own wall clock, between two of its turns; in one turn of the test's, so that a busy
#: machine adds none of its own. Gives what the page says and has played then.
SLEEP = """(s) => { const app = infusion.app, now = Date.now.bind(Date);
  app.awake.last = now(); Date.now = () => now() + s * 1000; app.awake.beat();
  const words = document.querySelector('[data-el=slept]');
  return { words: words.hidden ? '' : words.textContent, played: infusion.sound.played.length }; }"""


def told(feed: FakeFeed, do: str) -> list[dict[str, Any]]:
    return [ask for ask in feed.asks if ask["do"] == do]


def first(page: Page, feed: FakeFeed, do: str) -> dict[str, Any]:
    """The first that came since the last look was cleared; a busy machine takes its time over it."""
    for _ in range(100):
        if asked := told(feed, do):
            return asked[0]
        page.wait_for_timeout(50)
    raise AssertionError(f"the page did not ask for {do!r}")


def hide(page: Page, hidden: bool) -> None:
    page.evaluate(
        "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')) }",
        hidden,
    )


def test_a_hidden_page_tells_at_once(live: Page, feed: FakeFeed) -> None:
    feed.asks.clear()
    hide(live, True)
    assert first(live, feed, "present")["visible"] is False
    feed.asks.clear()
    hide(live, False)
    assert first(live, feed, "present")["visible"] is True


def test_a_frozen_page_is_not_seen_by_anybody(live: Page, feed: FakeFeed) -> None:
    feed.asks.clear()
    live.evaluate("document.dispatchEvent(new Event('freeze'))")
    assert first(live, feed, "present")["visible"] is False
    feed.asks.clear()
    live.evaluate("document.dispatchEvent(new Event('resume'))")
    assert first(live, feed, "present")["visible"] is True


def test_a_page_that_slept_says_so_and_starts_afresh(live: Page, feed: FakeFeed) -> None:
    assert live.evaluate(SLEEP, 4)["words"] == ""  # a busy second is no sleep
    feed.asks.clear()
    words = live.evaluate(SLEEP, 42)["words"]
    assert words.startswith("This screen slept for 0:42 until ")
    assert "could not warn" in words
    first(live, feed, "self_test")  # whether it can sound is looked at again
    assert 42 in [ask.get("slept_s") for ask in told(feed, "present")]
    tap = "document.querySelector('.tile-loc').dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))"
    assert live.evaluate(f"{tap}, document.querySelector('[data-el=slept]').hidden") is True


def test_an_alarm_sounds_again_after_a_sleep(live: Page, feed: FakeFeed) -> None:
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    feed.scene("one")
    live.wait_for_function("infusion.sound.played.length > 0")
    before = live.evaluate("infusion.app.speaker.nextAt = Infinity, infusion.sound.played.length")
    assert live.evaluate(SLEEP, 20)["played"] == before + 1  # long before its next turn


def test_a_hidden_page_repeats_its_sound_with_the_messages(live: Page, feed: FakeFeed) -> None:
    """Timers of a hidden tab come once a minute; numbers come each second."""
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    live.evaluate("infusion.app.timers.forEach(clearInterval)")
    hide(live, True)
    feed.scene("one")
    live.wait_for_function("infusion.sound.played.length === 1")
    live.evaluate("infusion.app.speaker.nextAt = 0")
    live.wait_for_function("infusion.sound.played.length === 2")


def test_other_screens_in_trouble_come_first(live: Page, feed: FakeFeed) -> None:
    strip = live.locator("[data-el=strip-screens]")
    feed.scene("screens")
    feed.beat()
    expect(strip).to_have_text("screen of R. Nurse is hidden · 1 more screen: K. Second")
    expect(strip).to_have_attribute("data-tone", "bad")
    for trouble, words in (
        ("silent", "screen of R. Nurse cannot sound"),
        ("gone", "screen of R. Nurse no longer answers"),
    ):
        feed.screens = [{**feed.screens[0], "trouble": trouble}]  # type: ignore[index]
        feed.beat()
        expect(strip).to_have_text(words)
    named = feed.screens[0]["by"]
    feed.screens = [{**feed.screens[0], "by": ""}]
    feed.beat()
    expect(strip).to_have_text("a screen where nobody said a name no longer answers")
    feed.screens = [{**feed.screens[0], "by": named, "trouble": None, "visible": True}]
    feed.beat()
    expect(strip).to_have_text("1 more screen: R. Nurse")
    expect(strip).not_to_have_attribute("data-tone", "bad")
