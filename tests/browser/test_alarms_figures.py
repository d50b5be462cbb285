"""Tiles, trends and the comparison with plain limits in a real browser, over the real stores of a made-up clinic."""

import pytest
from playwright.sync_api import Page, expect
from test_alarms_in_browser import folder, open_page, server, sessions  # noqa: F401 - its clinic is this one too

pytestmark = pytest.mark.browser


def test_the_page_compares_with_plain_limits_by_itself(page: Page, server: str, sessions: list[str]) -> None:  # noqa: F811
    open_page(page, server, "?session=all")
    expect(page.locator("#alarms-plain-note")).to_contain_text("plain limits", timeout=60_000)
    said = page.locator("#alarms-plain")
    expect(said).to_contain_text(f"over {len(sessions)} recorded sessions")
    expect(said).to_contain_text("with the same limits without delay and hysteresis: 100 % fewer.")
    expect(said).to_contain_text("below 85 %")
    assert "done so far" not in said.inner_text()

    expect(page.locator("#alarms-trends-of")).to_contain_text(f"{len(sessions)} sessions")
    page.wait_for_selector("#alarms-trends .barlayer .point", state="attached")
    page.locator("#alarms-by label", has_text="By session").click()
    page.wait_for_function(
        f"document.querySelector('#alarms-trends .js-plotly-plot').data[0].x.length === {len(sessions)}"
    )
    page.wait_for_selector("#alarms-rules .barlayer .point", state="attached")


def test_one_session_is_held_against_the_clinics_own_past(page: Page, server: str, sessions: list[str]) -> None:  # noqa: F811
    open_page(page, server, f"?session={sessions[-1]}")
    tiles = page.locator("#alarms-tiles")
    expect(tiles).to_contain_text("clinic median")
    expect(tiles.locator(".stat")).to_have_count(8)
    expect(page.locator("#alarms-trends-of")).to_contain_text("of this clinic")
    line = page.locator("#alarms-look .look-line").first
    if line.count():
        line.click()
        page.wait_for_function("location.search.includes('pick=')")
