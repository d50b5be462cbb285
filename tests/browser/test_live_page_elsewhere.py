"""An alarm of another bed that nobody answers, on the page of this one: shown, sounded, and gone when it is answered."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

ROW: dict[str, Any] = {
    "bed": "bed-3", "title": "Room 3", "simulation": False, "occurrence": 4, "rule": "APNOEA_2", "priority": "high", "kind": "physiological",
    "label": "No breath", "text": "NO BREATH 32 s", "trigger": "≥ 30", "step": 2, "at": None, "since_at": None, "unanswered_s": 32.0, "sent": [],
    "next_step_in_s": 28.0, "call": None,
}  # fmt: skip


def tell(page: Page, *rows: dict[str, Any], burst: int = 1) -> None:
    page.evaluate("(m) => infusion.app.receive(m)", {"type": "escalation", "bed": None, "rows": rows, "burst": burst})


def test_another_bed_s_alarm_is_shown_and_sounds_until_it_is_answered(live: Page) -> None:
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    bar = live.locator(".elsewhere")
    expect(bar).to_be_hidden()
    tell(live, ROW)
    expect(bar.locator(".elsewhere-link")).to_contain_text("Room 3: *** NO BREATH 32 s, unanswered 0:3")
    expect(bar.locator(".elsewhere-link")).to_have_attribute("href", "/live/bed-3")
    live.wait_for_function("infusion.sound.played.some((one) => one.priority === 'high')", timeout=15_000)
    tell(
        live,
        {**ROW, "step": 3, "call": "Call 112", "unanswered_s": 62.0},
        {**ROW, "bed": "bed-2", "priority": "medium"},
        burst=2,
    )
    expect(bar.locator(".elsewhere-words")).to_contain_text("unanswered 1:0")
    expect(bar.locator(".elsewhere-words")).to_contain_text("Call 112")
    expect(bar.locator(".elsewhere-more")).to_have_text("+1 more")
    tell(live, burst=2)
    expect(bar).to_be_hidden()
    assert live.evaluate("infusion.app.speaker.priority") is None


def test_the_bar_moves_nothing_and_covers_nothing(live: Page) -> None:
    places = """() => [...document.querySelectorAll('.tile, .panel, .action, .window, .log, .alarm-row, .strip, .strip-item:not(:empty)')].map((n) => {
      const r = n.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom].map(Math.round); })"""
    for size in ((1600, 940), (1280, 800)):
        live.set_viewport_size({"width": size[0], "height": size[1]})
        tell(live)
        live.wait_for_timeout(400)  # what ticks has ticked
        before = live.evaluate(places)
        tell(live, {**ROW, "simulation": True, "call": "Call the emergency number"}, {**ROW, "bed": "bed-2"})
        expect(live.locator(".elsewhere")).to_be_visible()
        assert live.evaluate(places) == before
        left, top, right, bottom = live.evaluate(
            "(() => { const r = document.querySelector('.elsewhere').getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom] })()"
        )
        strip = live.evaluate("document.querySelector('.strip').getBoundingClientRect().toJSON()")
        assert strip["top"] <= top and bottom <= strip["bottom"] and right <= strip["right"]
        items = live.evaluate(
            "[...document.querySelectorAll('.strip-item:not(:empty)')].map((n) => n.getBoundingClientRect().right)"
        )
        assert max(items) <= left
        assert live.locator(".elsewhere-words").evaluate("(n) => n.scrollWidth <= n.clientWidth")


def test_this_bed_s_own_row_is_no_news_here(live: Page) -> None:
    tell(live, {**ROW, "bed": live.evaluate("infusion.app.bed.id")})
    expect(live.locator(".elsewhere")).to_be_hidden()
    assert live.evaluate("infusion.app.speaker.priority") is None
