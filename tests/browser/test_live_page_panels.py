"""A panel shows what the server warns of, loses nothing to a tap beside it, and covers neither numbers nor alarms."""

import pytest
from fake_feed import FakeFeed
from panels import fill, last, open_panel, save, saved
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_warnings_of_the_server_are_shown(live: Page, feed: FakeFeed) -> None:
    feed.record_answer = lambda _: (
        200,
        {"ok": True, "seq": 9, "text": "bolus 50 mg", "warnings": ["above the planned dose"]},
    )
    open_panel(live, "note")
    fill(live, "text", "x")
    save(live)
    live.wait_for_selector(".dialog", state="detached")
    expect(live.locator("[data-el=notice]")).to_have_text("Saved · bolus 50 mg · above the planned dose")


def test_end_of_session_warns_while_the_infusion_runs(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "close")
    expect(live.locator(".warn-line")).to_contain_text("recorded as running")
    save(live)
    saved(live)
    assert last(feed)["type"] == "session_closed"


def test_a_tap_beside_the_panel_loses_nothing(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "note")
    fill(live, "text", "half written")
    live.locator(".dialog-veil").click(position={"x": 5, "y": 5})
    expect(live.locator(".dialog textarea")).to_have_value("half written")


def test_numbers_and_alarms_stay_in_sight_beside_a_panel(live: Page, feed: FakeFeed) -> None:
    feed.scene("three")
    live.set_viewport_size({"width": 1280, "height": 800})
    open_panel(live, "consciousness")
    covered = live.evaluate(
        """() => [...document.querySelectorAll('.tile, .alarm-row')].filter((n) => { const r = n.getBoundingClientRect();
          return [[r.x + 4, r.y + r.height / 2], [r.right - 4, r.y + r.height / 2]].some(([x, y]) => document.elementFromPoint(x, y)?.closest('.dialog-veil')) }).length"""
    )
    assert covered == 0
