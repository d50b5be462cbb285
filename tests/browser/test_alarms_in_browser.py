"""The alarm history in a real browser, over the real stores of a made-up clinic: filters, address, keys, verdicts, signing, file."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from app_server import app_server, get
from browsing import Watched
from playwright.sync_api import Page, expect

from dashboard.store import Stores

pytestmark = pytest.mark.browser

REVIEWER = "Dr. A. Reviewer"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clinic")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    with app_server("alarms_app.py", folder, 24, 3) as url:
        yield url


@pytest.fixture(scope="module")
def sessions(server: str, folder: Path) -> list[str]:
    """Ids of the patients' sessions, oldest first; the last one is still open."""
    with Stores(folder) as stores:
        return [row.id for row in reversed(stores.live.sessions())]


def open_page(page: Page, server: str, query: str = "", reviewer: str | None = REVIEWER) -> Page:
    if reviewer:
        page.add_init_script(f"sessionStorage.setItem('infusion.reviewer', {reviewer!r})")
    page.set_default_timeout(20_000)  # a busy machine: what is slow is measured elsewhere
    page.goto(f"{server}/alarms{query}")
    page.wait_for_selector(".sheet:not([data-loading]) #alarms-grid .ag-root", state="attached")
    page.wait_for_function("infusion.alarms.data && !document.querySelector('.sheet').hasAttribute('data-loading')")
    return page


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


def test_it_opens_on_the_last_session_with_its_worst_alarm_told(page: Page, server: str, sessions: list[str]) -> None:
    open_page(page, server)
    page.wait_for_function("infusion.alarms.pick")
    assert f"session={sessions[-1]}" in page.url
    rows = shown(page)
    assert len({row["s"] for row in rows}) == 1
    worst = min(rows, key=lambda row: (row["rank"], row["about"], -float(str(row["lasted_s"]))))
    assert picked(page) == worst["id"]
    strip_at(page, str(worst["onset"]))
    words = page.locator("#alarms-line").inner_text()
    for part in (r"\*\*|\*", r"infus", r"MOAA/S|LOC", r"O₂|room air", r"ack|not acknowledged"):
        assert re.search(part, words), words


def test_filters_stand_in_the_address_and_the_back_button_takes_them_back(page: Page, server: str) -> None:
    open_page(page, server, "?session=all&store=live")
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


def test_a_filter_that_takes_the_selected_alarm_away_selects_another(page: Page, server: str) -> None:
    """Else a verdict would go to an alarm that nobody sees in the list."""
    open_page(page, server, "?session=all&store=live")
    page.wait_for_function("infusion.alarms.pick")
    gone = picked(page)
    priority = next(row["priority"] for row in shown(page) if row["id"] == gone)
    other = next(row["priority"] for row in shown(page) if row["priority"] != priority)
    page.click(f'[data-filter="priority"][data-value="{other}"]')
    assert picked(page) in {row["id"] for row in shown(page)}
    assert gone not in {row["id"] for row in shown(page)}


def test_an_address_shows_what_it_says(page: Page, server: str, sessions: list[str]) -> None:
    open_page(page, server, f"?session={sessions[0]}&priority=medium,low&only=technical")
    assert all(row["s"] == sessions[0] and row["technical"] for row in shown(page))
    assert page.locator("#alarms-session").input_value() == sessions[0]
    expect(page.locator('[data-value="technical"][data-filter="only"]')).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?session=nothing", "There is no session 'nothing'"),
        ("?session=all&from=2026-13-99", "expected a date such as"),
        ("?session=all&from=2026-11-20&to=2026-11-01", "wrong way round"),
        ("?store=cellar", "expected live or simulation"),
        ("?session=all&priority=urgent", "expected high, medium, low"),
    ],
)
def test_a_bad_address_is_said_in_a_line(page: Page, server: str, query: str, words: str) -> None:
    open_page(page, server, query)
    expect(page.locator("#alarms-problems, [data-el=failed]").filter(has_text=words)).to_be_visible()


def test_patients_and_simulations_are_never_shown_together(page: Page, server: str, sessions: list[str]) -> None:
    open_page(page, server, "?session=all&store=live")
    assert {row["s"] for row in shown(page)} <= set(sessions)
    expect(page.locator(".alarms-marks .mark-simulation")).to_have_count(0)
    page.click('[data-filter="store"][data-value="simulation"]')
    expect(page.locator(".alarms-marks .mark-simulation")).to_be_visible()
    expect(page.locator(".alarms-page")).to_have_class(re.compile("pane-simulation"))
    assert shown(page) and not {row["s"] for row in shown(page)} & set(sessions)
    page.go_back()
    expect(page.locator(".alarms-marks .mark-live")).to_be_visible()


def test_arrows_select_and_enter_jumps_to_the_session_at_that_moment(
    page: Page, server: str, sessions: list[str]
) -> None:
    open_page(page, server, f"?session={sessions[0]}")
    rows = shown(page)
    page.locator(f'[row-id="{rows[0]["id"]}"] .ag-cell').first.click()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("(id) => infusion.alarms.pick === id", arg=rows[1]["id"])
    strip_at(page, str(rows[1]["onset"]))
    press(page, "Enter")
    page.wait_for_url(f"**/review/{sessions[0]}?at=*")
    expect(page.locator("#review-title")).to_contain_text(str(rows[1]["onset"]), timeout=20_000)
    expect(page.locator(f'#review-alarms [row-id="{rows[1]["n"]}"]')).to_have_class(re.compile("ag-row-selected"))


def test_a_verdict_is_on_the_disk_before_it_is_shown_and_can_be_taken_back(
    page: Page, server: str, folder: Path, sessions: list[str]
) -> None:
    open_page(page, server, f"?session={sessions[0]}")
    page.wait_for_function("infusion.alarms.pick")
    row = page.locator(f'[row-id="{picked(page)}"] [col-id="verdict"]')
    press(page, "n")
    expect(row).to_have_text("nuisance")
    number = int(picked(page).rpartition(":")[2])
    with Stores(folder) as stores:
        last = stores.live.events(sessions[0])[-1].event
    assert (last.by, last.occurrence, last.verdict) == (REVIEWER, number, "nuisance")  # type: ignore[attr-defined]
    expect(page.locator("#alarms-line")).to_contain_text(f"{REVIEWER}: nuisance")
    page.click('[data-filter="only"][data-value="nuisance"]')
    assert [one["n"] for one in shown(page)] == [number]
    page.click('[data-filter="only"][data-value="nuisance"]')
    press(page, "u")
    expect(row).to_have_text("")


def test_a_second_reviewer_may_differ_and_both_are_shown(page: Page, server: str, sessions: list[str]) -> None:
    open_page(page, server, f"?session={sessions[0]}")
    page.wait_for_function("infusion.alarms.pick")
    row = page.locator(f'[row-id="{picked(page)}"] [col-id="verdict"]')
    page.click("[data-judge=true]")
    expect(row).to_have_text("true")
    page.select_option("[data-el=reviewer]", "Dr. B. Second")
    page.locator("[data-el=note] input").fill("probe was on the drip arm")
    page.click("[data-judge=technical]")
    expect(row).to_have_text("true ≠ technical")
    expect(row).to_have_class(re.compile("cell-differ"))
    expect(page.locator("#alarms-line")).to_contain_text("Dr. B. Second: technical (probe was on the drip arm)")
    press(page, "t")
    expect(row).to_have_text("true ×2")


def test_nobody_judges_without_a_name(page: Page, server: str, sessions: list[str]) -> None:
    open_page(page, server, f"?session={sessions[0]}", reviewer=None)
    page.wait_for_function("infusion.alarms.pick")
    press(page, "t")
    expect(page.locator("[data-el=failed]")).to_have_text("Choose first who is reviewing.")


def test_a_badge_scanner_judges_nothing(page: Page, server: str, folder: Path, sessions: list[str]) -> None:
    open_page(page, server, f"?session={sessions[1]}")
    page.wait_for_function("infusion.alarms.pick")
    page.wait_for_timeout(200)
    page.keyboard.type("TNX0042U\n", delay=8)
    page.wait_for_timeout(500)
    assert "/alarms" in page.url
    with Stores(folder) as stores:
        assert not any(stored.event.by == REVIEWER for stored in stores.live.events(sessions[1]))


def test_its_keys_go_with_the_page(page: Page, server: str, folder: Path, sessions: list[str]) -> None:
    open_page(page, server, f"?session={sessions[1]}")
    page.wait_for_function("infusion.alarms.pick")
    page.click(".topbar-link >> text=Rooms")
    page.wait_for_selector(".rooms-page, .rooms")
    press(page, "t")
    with Stores(folder) as stores:
        assert not any(stored.event.by == REVIEWER for stored in stores.live.events(sessions[1]))


def test_letters_typed_into_a_field_judge_nothing(page: Page, server: str, folder: Path, sessions: list[str]) -> None:
    open_page(page, server, f"?session={sessions[1]}")
    page.wait_for_function("infusion.alarms.pick")
    page.locator("[data-el=note] input").focus()
    press(page, "t")
    with Stores(folder) as stores:
        assert not any(stored.event.by == REVIEWER for stored in stores.live.events(sessions[1]))


def test_what_could_not_be_saved_is_said_and_can_be_tried_again(
    page: Page, server: str, watched: Watched, sessions: list[str]
) -> None:
    watched.expected.append("503")
    open_page(page, server, f"?session={sessions[1]}")
    page.wait_for_function("infusion.alarms.pick")
    row = page.locator(f'[row-id="{picked(page)}"] [col-id="verdict"]')
    try:
        get(f"{server}/test/broken?on=true")
        press(page, "x")
        expect(page.locator("[data-el=failed]")).to_contain_text("NOT SAVED: technical")
        expect(page.locator("[data-el=failed]")).to_contain_text("disk full")
        expect(row).to_have_text("")
    finally:
        get(f"{server}/test/broken?on=false")
    page.click("[data-el=failed] >> text=Try again")
    expect(row).to_have_text("technical")
    expect(page.locator("[data-el=failed]")).to_be_hidden()
    press(page, "u")
    expect(row).to_have_text("")


def test_signing_is_a_second_act_and_locks_that_reviewer_alone(page: Page, server: str, sessions: list[str]) -> None:
    open_page(page, server, f"?session={sessions[-1]}")
    page.wait_for_function("infusion.alarms.pick")
    expect(page.locator("[data-do=sign]")).to_be_disabled()
    expect(page.locator("[data-do=sign]")).to_have_attribute("title", re.compile("still open"))
    open_page(page, server, f"?session={sessions[1]}")
    page.wait_for_function("infusion.alarms.pick")
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
    page.select_option("[data-el=reviewer]", "Dr. B. Second")
    expect(page.locator("[data-judge=true]")).to_be_enabled()


def test_what_else_bears_on_the_alarms_can_be_shown(page: Page, server: str) -> None:
    open_page(page, server, "?session=all")
    assert {row["kind"] for row in shown(page)} == {"alarm"}
    page.click('[data-filter="also"]')
    assert "audio paused" in {row["kind"] for row in shown(page)}
    assert "also=1" in page.url


def test_the_file_holds_what_the_table_shows(page: Page, server: str) -> None:
    open_page(page, server, "?store=simulation&session=all&priority=medium")
    count = len(shown(page))
    with page.expect_download() as download:
        page.click("[data-do=csv]")
    name = download.value.suggested_filename
    text = Path(str(download.value.path())).read_bytes()
    lines = text.decode("utf-8").strip().split("\r\n")
    assert name.startswith("SIMULATION-alarms-") and name.endswith(".csv")
    assert text.startswith(b"\xef\xbb\xbf") and len(lines) == count + 1
    assert all(line.startswith("true,") for line in lines[1:])


def test_a_light_page_gets_a_light_strip(page: Page, server: str, sessions: list[str]) -> None:
    page.add_init_script("localStorage.setItem('infusion.theme', 'light')")
    open_page(page, server, f"?session={sessions[0]}")
    page.wait_for_function(
        "document.querySelector('#alarms-strip .js-plotly-plot')?.layout.paper_bgcolor === '#ffffff'"
    )


@pytest.mark.parametrize("size", [(1600, 940), (1280, 800)])
def test_nothing_is_cut_or_too_small(page: Page, server: str, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_page(page, server, "?session=all&also=1")
    page.wait_for_selector("#alarms-strip .scatterlayer path.js-line", state="attached")
    for theme in ("dark", "light"):
        page.evaluate(f"infusion.theme.set('{theme}')")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") == size[0]
        found = page.evaluate(
            """() => [...document.querySelectorAll('.sheet *')].flatMap((e) => {
                const style = getComputedStyle(e);
                const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
                if (!own || !e.offsetParent || e.closest('.ag-aria-description-container, option, .sr-only')) return [];
                const cut = e.scrollWidth > e.clientWidth + 1 && !['visible', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis';
                return cut || parseFloat(style.fontSize) < 11 ? [`${e.className}: ${e.textContent.slice(0, 40)}`] : [];
            })"""
        )
        assert found == []
        small = page.evaluate(
            """() => [...document.querySelectorAll('.topbar a, .btn, .toggle, .pick, .ag-row')].filter((e) => e.offsetParent)
            .map((e) => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.height < 43.5 || r.width < 43.5).map(([e, r]) => `${e.className} ${r.width}x${r.height}`)"""
        )
        assert small == []
        # An ellipsis may end an action; what alarmed, where, when and how long is read whole.
        cut = page.evaluate(
            """() => [...document.querySelectorAll('.ag-cell')].filter((e) => ['at_ms', 'bed', 'label', 'lasted_s', 'value', 'trigger'].includes(e.getAttribute('col-id')))
            .filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 4).map((e) => `${e.getAttribute('col-id')}: ${e.textContent}`)"""
        )
        assert cut == []


def test_ten_thousand_rows_are_filtered_at_once(page: Page, server: str) -> None:
    """Within 200 ms, painted. The best of six counts here: a machine that runs other tests beside this one is late by its own."""
    open_page(page, server, "?session=all")
    took = page.evaluate(
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
    print("10,000 rows filtered and painted, ms:", json.dumps([round(t) for t in took]))
    assert min(took) < 200
