"""An infusion that may not start: the page says why, in the server's own words, and keeps what was typed."""

import pytest
from browsing import Watched
from fake_feed import FakeFeed
from playwright.sync_api import Page, expect
from test_live_page_record import fill, open_panel, save, saved

from config.models.alarms import load_profile
from dashboard.session.gates import refusal

pytestmark = pytest.mark.browser


def test_a_refused_start_says_what_is_missing_and_who_can_act(live: Page, feed: FakeFeed, watched: Watched) -> None:
    words = refusal(load_profile("B-high-respiratory-risk"), ("etco2",))
    watched.expected.append("status of 409")
    feed.record_answer = lambda _: (409, {"ok": False, "error": words, "field": None})
    feed.infusion = {**feed.infusion, "state": "not_started", "rate_mg_h": 0, "given_mg": 0, "started_at": None}
    feed.tell_snapshot()
    expect(live.locator("[data-el=action-rate]")).to_have_text("Record start or bolus")
    open_panel(live, "rate")
    fill(live, "rate_mg_h", "20")
    save(live)
    shown = live.locator(".dialog-error")
    expect(shown).to_have_text(f"Not saved: {words}")
    expect(shown).to_contain_text("does not start without CO₂")
    assert shown.evaluate("(e) => e.scrollWidth <= e.clientWidth + 1")
    expect(live.locator(".dialog [data-field=rate_mg_h] input")).to_have_value("20")
    feed.record_answer = None
    save(live)
    saved(live)
