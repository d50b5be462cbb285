"""The alarm history in a real browser, over the real stores of a made-up clinic: filters, address, keys, verdicts, signing, file."""

import json
import re
from pathlib import Path

import pytest
from alarms_clinic import REVIEWER, SECOND, Clinic, choose, open_page, settled
from app_server import get
from browsing import Watched, cut_or_small
from playwright.sync_api import Page, expect

from dashboard.store import Stores

pytestmark = pytest.mark.browser


def shown(page: Page) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = page.evaluate(
        "() => { const out = []; infusion.alarms.api.forEachNodeAfterFilterAndSort((n) => out.push(n.data)); return out; }"
    )
    return rows


def picked(page: Page) -> str:
    text: str = page.evaluate("infusion.alarms.pick")
    return text


def strip_at(page: Page, clock: str) -> None:
    expect(page.locator("#alarms-line")).to_contain_text(clock)


def press(page: Page, key: str) -> None:
    """A key alone, as a hand presses it."""
    page.wait_for_timeout(200)
    page.keyboard.press(key)
    page.wait_for_timeout(250)


def cell(row: str, column: str) -> str:
    return f'[row-id="{row}"] [col-id="{column}"]'


def test_it_opens_on_the_last_session_and_a_closed_one_is_signed_by_one_reviewer_alone(
    page: Page, clinic: Clinic
) -> None:
    open_page(page, clinic)
    page.wait_for_function("infusion.alarms.pick")
    assert f"session={clinic.sessions[-1]}" in page.url
    rows = shown(page)
    assert len({row["s"] for row in rows}) == 1
    worst = min(rows, key=lambda row: (row["rank"], row["about"], -float(str(row["lasted_s"]))))
    assert picked(page) == worst["id"]
    strip_at(page, str(worst["onset"]))
    words = page.locator("#alarms-line").inner_text()
    for part in (r"\*\*|\*", r"infus", r"MOAA/S|LOC", r"O₂|room air", r"ack|not acknowledged"):
        assert re.search(part, words), words
    expect(page.locator("[data-do=sign]")).to_be_disabled()
    expect(page.locator("[data-do=sign]")).to_have_attribute("title", re.compile("still open"))

    # Signing is a second act, and locks only who has signed.
    choose(page, clinic.sessions[1])
    page.click("[data-judge=nuisance]")
    expect(page.locator("#alarms-line")).to_contain_text("nuisance")  # it is on the disk
    page.click("[data-do=sign]")
    expect(page.locator("[data-el=sign-what]")).to_contain_text(f"{REVIEWER}: 1 verdict")
    page.click("[data-do=sign-cancel]")
    expect(page.locator("[data-judge=nuisance]")).to_be_enabled()
    page.click("[data-do=sign]")
    page.click("[data-do=sign-now]")
    expect(page.locator("[data-el=sign]")).to_be_hidden()
    expect(page.locator("#alarms-line")).to_contain_text("nuisance, signed")
    expect(page.locator("[data-judge=true]")).to_be_disabled()
    press(page, "t")
    expect(page.locator("[data-el=failed]")).to_contain_text("has signed this review already")
    page.select_option("[data-el=reviewer]", SECOND)
    expect(page.locator("[data-judge=true]")).to_be_enabled()


def test_filters_stand_in_the_address_and_are_quick_and_the_back_button_takes_them_back(
    page: Page, clinic: Clinic
) -> None:
    open_page(page, clinic, "?session=all&store=live")
    total = len(shown(page))
    page.click('[data-filter="priority"][data-value="medium"]')
    assert {row["priority"] for row in shown(page)} == {"medium"}
    assert "priority=medium" in page.url
    page.click('[data-filter="only"][data-value="unacknowledged"]')
    rows = shown(page)
    assert all(row["waited_s"] is None for row in rows) and len(rows) < total
    page.go_back()
    page.wait_for_function("!location.search.includes('unacknowledged')")
    assert {row["priority"] for row in shown(page)} == {"medium"}
    page.go_back()
    page.wait_for_function("!location.search.includes('priority')")
    assert len(shown(page)) == total
    expect(page.locator('[data-value="medium"]')).to_have_attribute("aria-pressed", "false")

    # A filter that takes the selected alarm away selects another: else a verdict would go to one that nobody sees in the list.
    page.click("[data-do=worst]")
    page.wait_for_function("infusion.alarms.pick")
    gone = picked(page)
    priority = next(row["priority"] for row in shown(page) if row["id"] == gone)
    other = next(row["priority"] for row in shown(page) if row["priority"] != priority)
    page.click(f'[data-filter="priority"][data-value="{other}"]')
    assert picked(page) in {row["id"] for row in shown(page)}
    assert gone not in {row["id"] for row in shown(page)}
    page.click(f'[data-filter="priority"][data-value="{other}"]')

    # What else bears on the alarms is shown when asked for.
    assert {row["kind"] for row in shown(page)} == {"alarm"}
    page.click('[data-filter="also"]')
    assert "audio paused" in {row["kind"] for row in shown(page)}
    assert "also=1" in page.url
    page.click('[data-filter="also"]')

    took = ten_thousand_rows_filtered_ms(page)
    print("10,000 rows filtered and painted, ms:", json.dumps([round(t) for t in took]))
    assert min(took) < 200


def ten_thousand_rows_filtered_ms(page: Page) -> list[float]:
    """Within 200 ms, painted. The best of six counts: a machine that runs other tests beside this one is late by its own."""
    took: list[float] = page.evaluate(
        """async () => {
            const page = infusion.alarms, base = page.data.rows, rows = [];
            for (let i = 0; i < 10000; i += 1) rows.push({ ...base[i % base.length], id: `${base[i % base.length].s}:${1000 + i}` });
            page.data.rows = rows;
            page.api.setGridOption('rowData', rows);
            await new Promise((done) => setTimeout(done, 800));
            const times = [];
            for (const value of ['high', 'medium', 'low', 'high', 'medium', 'low']) {
                const start = performance.now();
                document.querySelector(`[data-filter="priority"][data-value="${value}"]`).click();
                await new Promise((done) => requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = done; c.port2.postMessage(0); }));
                times.push(performance.now() - start);
            }
            return times;
        }"""
    )
    return took


def test_an_address_shows_what_it_says_and_enter_jumps_to_the_session_at_that_moment(
    page: Page, clinic: Clinic
) -> None:
    first = clinic.sessions[0]
    open_page(page, clinic, f"?session={first}&priority=medium,low&only=technical")
    assert all(row["s"] == first and row["technical"] for row in shown(page))
    assert page.locator("#alarms-session").input_value() == first
    technical = page.locator('[data-value="technical"][data-filter="only"]')
    expect(technical).to_have_attribute("aria-pressed", "true")

    # Arrows select, Enter jumps.
    technical.click()
    for priority in ("medium", "low"):
        page.click(f'[data-filter="priority"][data-value="{priority}"]')
    rows = shown(page)
    page.locator(f'[row-id="{rows[0]["id"]}"] .ag-cell').first.click()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("(id) => infusion.alarms.pick === id", arg=rows[1]["id"])
    strip_at(page, str(rows[1]["onset"]))
    press(page, "Enter")
    page.wait_for_url(f"**/review/{first}?at=*")
    expect(page.locator("#review-title")).to_contain_text(str(rows[1]["onset"]), timeout=20_000)
    expect(page.locator(f'#review-alarms [row-id="{rows[1]["n"]}"]')).to_have_class(re.compile("ag-row-selected"))


def test_a_bad_address_is_said_in_a_line(page: Page, clinic: Clinic) -> None:
    """As it opens, and as the back button comes upon it. What is bad and how it is said: tests/pages/test_alarms_page.py."""

    def said(query: str, words: str) -> None:
        line = page.locator("#alarms-problems, [data-el=failed]").filter(has_text=words)
        expect(line, f"{query} is told of").to_be_visible()

    opened = "?store=cellar&session=all&from=2026-13-99&priority=urgent"
    open_page(page, clinic, opened)
    for words in ("expected live or simulation", "expected a date such as", "expected high, medium, low"):
        said(opened, words)
    for query, words in (
        ("?session=nothing", "There is no session 'nothing'"),
        ("?session=all&from=2026-11-20&to=2026-11-01", "wrong way round"),
    ):
        page.evaluate(
            "(query) => { history.pushState({}, '', query); window.dispatchEvent(new PopStateEvent('popstate')); }",
            query,
        )
        said(query, words)
        settled(page)


def test_patients_and_simulations_are_never_shown_together_nor_saved_under_one_name(page: Page, clinic: Clinic) -> None:
    open_page(page, clinic, "?session=all&store=live")
    assert {row["s"] for row in shown(page)} <= set(clinic.sessions)
    expect(page.locator(".alarms-marks .mark-simulation")).to_have_count(0)
    page.click('[data-filter="store"][data-value="simulation"]')
    expect(page.locator(".alarms-marks .mark-simulation")).to_be_visible()
    expect(page.locator(".alarms-page")).to_have_class(re.compile("pane-simulation"))
    assert shown(page) and not {row["s"] for row in shown(page)} & set(clinic.sessions)

    # The file holds what the table shows.
    page.select_option("#alarms-session", "all")
    settled(page)
    priority = shown(page)[0]["priority"]
    page.click(f'[data-filter="priority"][data-value="{priority}"]')
    rows = shown(page)
    assert rows and {row["priority"] for row in rows} == {priority}
    with page.expect_download() as download:
        page.click("[data-do=csv]")
    name = download.value.suggested_filename
    text = Path(str(download.value.path())).read_bytes()
    lines = text.decode("utf-8").strip().split("\r\n")
    assert name.startswith("SIMULATION-alarms-") and name.endswith(".csv")
    assert text.startswith(b"\xef\xbb\xbf") and len(lines) == len(rows) + 1
    assert all(line.startswith("true,") for line in lines[1:])

    for _ in range(3):
        page.go_back()
    expect(page.locator(".alarms-marks .mark-live")).to_be_visible()


def test_a_verdict_needs_a_name_is_on_the_disk_before_it_is_shown_and_a_second_reviewer_may_differ(
    page: Page, clinic: Clinic
) -> None:
    first = clinic.sessions[0]
    open_page(page, clinic, f"?session={first}", reviewer=None)
    page.wait_for_function("infusion.alarms.pick")
    row = page.locator(cell(picked(page), "verdict"))
    press(page, "t")
    expect(page.locator("[data-el=failed]")).to_have_text("Choose first who is reviewing.")
    expect(row).to_have_text("")

    page.select_option("[data-el=reviewer]", REVIEWER)
    row.click()
    press(page, "n")
    expect(row).to_have_text("nuisance")
    number = int(picked(page).rpartition(":")[2])
    with Stores(clinic.folder) as stores:
        last = stores.live.events(first)[-1].event
    assert (last.by, last.occurrence, last.verdict) == (REVIEWER, number, "nuisance")  # type: ignore[attr-defined]
    expect(page.locator("#alarms-line")).to_contain_text(f"{REVIEWER}: nuisance")
    page.click('[data-filter="only"][data-value="nuisance"]')
    assert [one["n"] for one in shown(page)] == [number]
    page.click('[data-filter="only"][data-value="nuisance"]')
    press(page, "u")  # it can be taken back
    expect(row).to_have_text("")

    page.click("[data-judge=true]")
    expect(row).to_have_text("true")
    page.select_option("[data-el=reviewer]", SECOND)
    page.locator("[data-el=note] input").fill("probe was on the drip arm")
    page.click("[data-judge=technical]")
    expect(row).to_have_text("true ≠ technical")
    expect(row).to_have_class(re.compile("cell-differ"))
    expect(page.locator("#alarms-line")).to_contain_text(f"{SECOND}: technical (probe was on the drip arm)")
    press(page, "t")
    expect(row).to_have_text("true ×2")


def test_what_is_typed_elsewhere_judges_nothing_and_what_could_not_be_saved_is_said(
    page: Page, clinic: Clinic, watched: Watched
) -> None:
    second = clinic.sessions[1]
    before = clinic.said_by(SECOND, second)
    open_page(page, clinic, f"?session={second}", SECOND)
    page.wait_for_function("infusion.alarms.pick")
    page.wait_for_timeout(200)
    page.keyboard.type("TNX0042U\n", delay=8)
    page.wait_for_timeout(500)
    assert "/alarms" in page.url, "the line that a badge scanner ends with went to the review"
    assert clinic.said_by(SECOND, second) == before, "a badge scanner judged"
    page.locator("[data-el=note] input").focus()
    press(page, "t")
    assert clinic.said_by(SECOND, second) == before, "a letter typed into a field judged"

    other = next(one["id"] for one in shown(page) if not one["words"] and one["id"] != picked(page))
    row = page.locator(cell(str(other), "verdict"))
    row.click()
    watched.expected.append("503")
    try:
        get(f"{clinic.url}/test/broken?on=true")
        press(page, "x")
        expect(page.locator("[data-el=failed]")).to_contain_text("NOT SAVED: technical")
        expect(page.locator("[data-el=failed]")).to_contain_text("disk full")
        expect(row).to_have_text("")
    finally:
        get(f"{clinic.url}/test/broken?on=false")
    page.click("[data-el=failed] >> text=Try again")
    expect(row).to_have_text("technical")
    expect(page.locator("[data-el=failed]")).to_be_hidden()
    press(page, "u")
    expect(row).to_have_text("")

    # Its keys go with the page.
    before = clinic.said_by(SECOND, second)
    page.click(".topbar-link >> text=Rooms")
    page.wait_for_selector(".rooms-page, .rooms")
    press(page, "t")
    assert clinic.said_by(SECOND, second) == before, "a key judged on another page"


PAPER = {"dark": "#121820", "light": "#ffffff"}
SMALL = """() => [...document.querySelectorAll('.topbar a, .btn, .toggle, .pick, .ag-row')].filter((e) => e.offsetParent)
    .map((e) => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.height < 43.5 || r.width < 43.5).map(([e, r]) => `${e.className} ${r.width}x${r.height}`)"""
#: An ellipsis may end an action; what alarmed, where, when and how long is read whole.
CUT_CELLS = """() => [...document.querySelectorAll('.ag-cell')].filter((e) => ['at_ms', 'bed', 'label', 'lasted_s', 'value', 'trigger'].includes(e.getAttribute('col-id')))
    .filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 4).map((e) => `${e.getAttribute('col-id')}: ${e.textContent}`)"""
COLUMNS_FIT = "(() => { const n = document.querySelector('.alarms-table .ag-center-cols-viewport'); return n.scrollWidth <= n.clientWidth + 1; })()"


def test_nothing_is_cut_or_too_small_and_the_strip_is_as_light_as_the_page(page: Page, clinic: Clinic) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.add_init_script("localStorage.setItem('infusion.theme', 'light')")
    open_page(page, clinic, "?session=all&also=1")
    page.wait_for_selector("#alarms-strip .scatterlayer path.js-line", state="attached")
    for size, themes in (((1280, 800), ("light", "dark")), ((1600, 940), ("dark", "light"))):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for theme in themes:
            page.evaluate(f"infusion.theme.set('{theme}')")
            page.wait_for_function(
                "(paper) => document.querySelector('#alarms-strip .js-plotly-plot')?.layout.paper_bgcolor === paper",
                arg=PAPER[theme],
            )
            page.wait_for_function(COLUMNS_FIT)
            assert page.evaluate("document.documentElement.scrollWidth") == size[0]
            assert cut_or_small(page, ".ag-aria-description-container, option, .sr-only") == [], (size, theme)
            for what in (SMALL, CUT_CELLS):
                assert page.evaluate(what) == [], (size, theme)
    # Made another size, all columns are still in sight, in all sessions and in one; the dates say which is which; the bars are the page's.
    for session in ("all", clinic.sessions[-1]):
        page.select_option("#alarms-session", session)
        settled(page)
        page.wait_for_selector(".alarms-table .ag-row")
        for size in ((1280, 800), (1600, 940)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.wait_for_function(COLUMNS_FIT)
            assert page.evaluate("document.documentElement.scrollWidth") == size[0]
            assert page.locator(".alarms-dates").inner_text().split() == ["From", "to"]
    assert page.evaluate("getComputedStyle(document.querySelector('.ag-center-cols-viewport')).colorScheme") == "light"
