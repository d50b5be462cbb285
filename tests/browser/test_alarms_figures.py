"""Tiles, trends and the comparison with plain limits in a real browser, over the real stores of a made-up clinic."""

import pytest
from alarms_clinic import Clinic, choose, open_page
from app_server import get
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_the_page_compares_with_plain_limits_by_itself_and_one_session_with_the_clinics_own_past(
    page: Page, clinic: Clinic
) -> None:
    get(f"{clinic.url}/test/plain?on=true")
    open_page(page, clinic, "?session=all")
    expect(page.locator("#alarms-plain-note")).to_contain_text("plain limits", timeout=60_000)
    said = page.locator("#alarms-plain")
    expect(said).to_contain_text(f"over {len(clinic.sessions)} recorded sessions")
    expect(said).to_contain_text("with the same limits without delay and hysteresis: 100 % fewer.")
    expect(said).to_contain_text("below 85 %")
    assert "done so far" not in said.inner_text()

    expect(page.locator("#alarms-trends-of")).to_contain_text(f"{len(clinic.sessions)} sessions")
    page.wait_for_selector("#alarms-trends .barlayer .point", state="attached")
    page.locator("#alarms-by label", has_text="By session").click()
    page.wait_for_function(
        f"document.querySelector('#alarms-trends .js-plotly-plot').data[0].x.length === {len(clinic.sessions)}"
    )
    page.wait_for_selector("#alarms-rules .barlayer .point", state="attached")

    # One session is held against those before it.
    choose(page, clinic.sessions[-1])
    tiles = page.locator("#alarms-tiles")
    expect(tiles).to_contain_text("clinic median")
    expect(tiles.locator(".stat")).to_have_count(8)
    expect(page.locator("#alarms-trends-of")).to_contain_text("of this clinic")
    line = page.locator("#alarms-look .look-line").first
    if line.count():
        line.click()
        page.wait_for_function("location.search.includes('pick=')")
