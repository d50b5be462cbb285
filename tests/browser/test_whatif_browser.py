"""The panel "What if …" as a physician uses it: other numbers, what they would have done, a proposal, and its approval."""

import re
from collections.abc import Iterator

import pytest
from app_server import app_server
from browsing import Watched
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with app_server("whatif_app.py", tmp_path_factory.mktemp("clinic")) as url:
        yield url


def open_panel(page: Page, url: str, sessions: str) -> Page:
    """The panel open and its workers ready."""
    page.set_default_timeout(30_000)
    page.goto(url)
    expect(page.locator('[data-el="wi-about"]')).to_contain_text(sessions, timeout=30_000)
    return page


@pytest.fixture
def panel(page: Page, three: str) -> Page:
    """All three sessions."""
    return open_panel(page, f"{three}/alarms?session=all", "3 recorded sessions")


def number(page: Page, rule: str, name: str) -> str:
    return f'[data-rule="{rule}"] input[aria-label$="{name}"]'


def back(panel: Page) -> None:
    """To the profile's own numbers."""
    panel.click('[data-do="reset"]')
    assert panel.locator(number(panel, "SPO2_LOW_2", "delay in seconds")).input_value() == "15"


REFUSED = "400 (Bad Request)"


def test_other_numbers_and_what_they_would_have_done(panel: Page, watched: Watched) -> None:
    # True ones that come later stand first and in red.
    panel.fill(number(panel, "SPO2_LOW_2", "delay in seconds"), "21")
    panel.click('[data-do="run"]')
    first = panel.locator(".wi-line").first
    expect(first).to_have_text(re.compile("1 true desaturation announced later: 6 s"), timeout=30_000)
    assert first.get_attribute("data-tone") == "bad"
    red = first.evaluate("node => getComputedStyle(node).color")
    assert red == panel.evaluate("() => { const i = document.createElement('i'); i.style.color = 'var(--high-word)'; document.body.append(i); return getComputedStyle(i).color }")  # fmt: skip
    expect(panel.locator('[data-line="moved"]')).to_contain_text("onsets move: 2 later")
    expect(panel.locator('[data-el="wi-about"]')).to_contain_text("re-run over 3 recorded sessions")

    first.click()
    link = panel.locator('[data-el="wi-items"] a')
    expect(link).to_have_attribute("href", "/review/0197-first?at=75&occurrence=1")
    panel.click('[data-do="items-close"]')

    # One is missed; the bars.
    back(panel)
    panel.fill(number(panel, "SPO2_LOW_2", "limit"), "82")
    panel.click('[data-do="run"]')
    expect(panel.locator('[data-line="missed"]')).to_contain_text("1 true desaturation missed", timeout=30_000)
    expect(panel.locator('[data-line="vanish"]')).to_contain_text("1 nuisance, 1 true")
    medium = panel.locator('[data-bar="medium"]')
    before, after = (float(medium.locator(f'[data-run="{run}"] b').inner_text()) for run in ("before", "after"))
    assert before > after == 0

    # What delay and hysteresis are worth.
    back(panel)
    panel.click('[data-do="plain"]')
    expect(panel.locator('[data-line="moved"]')).to_contain_text("earlier", timeout=30_000)
    assert panel.locator(".wi-row").count() > 15
    expect(panel.locator('[data-line="later"]')).to_have_text("0 true desaturations announced later")

    # One of the sessions alone.
    back(panel)
    panel.click('[data-which="one"]')
    expect(panel.locator('[data-el="wi-about"]')).to_contain_text("re-run over 1 recorded session", timeout=30_000)
    panel.click('[data-which="all"]')

    # Limits that cannot be so are said where they are typed.
    watched.expected.append(REFUSED)
    panel.select_option('[data-el="wi-add"]', "HR_LOW_1")
    panel.fill(number(panel, "HR_LOW_1", "limit"), "125")
    panel.click('[data-do="run"]')
    expect(panel.locator('[data-el="wi-error"]')).to_contain_text("HR_LOW_1: low limit 125 is not below the high limit")


def test_one_session_answers_while_one_types(page: Page, three: str) -> None:
    panel = open_panel(page, f"{three}/alarms?session=0197-first", "re-run over 1 recorded session")
    box = panel.locator(number(panel, "SPO2_LOW_2", "delay in seconds"))
    box.fill("25")
    expect(panel.locator('[data-line="moved"]')).to_contain_text("1 onset move", timeout=30_000)
    box.press("ArrowUp")
    assert box.input_value() == "26"
    box.fill("x")
    assert "wi-wrong" in (box.get_attribute("class") or "")
    assert panel.locator('[data-do="run"]').is_disabled()
    panel.click('[data-do="reset"]')
    assert panel.locator(number(panel, "SPO2_LOW_2", "delay in seconds")).input_value() == "15"


def test_nothing_is_cut_and_from_a_proposal_to_the_sites_approval(panel: Page, watched: Watched) -> None:
    """Two people, two acts each; the limits of new sessions change with the last one only."""
    panel.click('[data-do="run"]')
    expect(panel.locator('[data-line="appear"]')).to_be_visible(timeout=30_000)
    for width, height in ((1600, 940), (1280, 800)):
        panel.set_viewport_size({"width": width, "height": height})
        # Table and strip follow the window in a moment of their own.
        panel.wait_for_function("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        cut = panel.evaluate(
            """() => [...document.querySelectorAll('.whatif .wi-step, .whatif .btn, .whatif .wi-line, .whatif .wi-bar-row, .whatif h3')]
            .filter(node => node.offsetParent && node.scrollWidth > node.clientWidth + 1).map(node => node.textContent)"""
        )
        assert cut == [], width
        small = panel.evaluate(
            """() => [...document.querySelectorAll('.whatif *')].filter(node => node.offsetParent && node.textContent.trim()
            && parseFloat(getComputedStyle(node).fontSize) < 11).map(node => node.outerHTML.slice(0, 80))"""
        )
        assert small == [], width

    watched.expected.append(REFUSED)
    panel.fill(number(panel, "SPO2_LOW_2", "hysteresis"), "3")
    panel.click('[data-do="run"]')
    expect(panel.locator('[data-do="propose"]')).to_be_enabled(timeout=30_000)
    panel.click('[data-do="propose"]')
    panel.click('[data-do="propose-now"]')
    expect(panel.locator('[data-el="wi-propose-error"]')).to_have_text(re.compile("Say"))
    panel.select_option('[data-el="wi-by"]', "Dr. A. Reviewer")
    panel.fill("#whatif-reason", "fewer that come back at once")
    panel.click('[data-do="propose-now"]')
    entry = panel.locator('.pv-entry[data-version="v1"]')
    expect(entry).to_contain_text("proposed", timeout=30_000)
    expect(panel.locator('[data-el="pv-one"]')).to_contain_text("Proposed by Dr. A. Reviewer")
    expect(panel.locator('[data-el="pv-one"] tbody tr')).to_have_text("SpO₂ low (SPO2_LOW_2)hysteresis23")

    panel.click('[data-do="pv-approve"]')
    expect(panel.locator('[data-el="pv-approve"]')).to_contain_text("cannot be taken back")
    panel.click('[data-do="pv-approve-now"]')
    expect(panel.locator('[data-el="pv-error"]')).to_have_text("Say who approves it.")
    panel.select_option('[data-el="pv-by"]', "Dr. C. Chief")
    panel.click('[data-do="pv-approve-now"]')
    expect(entry).to_contain_text("approved, in force", timeout=30_000)
    assert panel.locator('[data-do="pv-approve"]').is_disabled()
    expect(panel.locator('[data-el="pv-one"]')).not_to_contain_text("LIMITS NOT SITE APPROVED")
