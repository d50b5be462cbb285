"""Rooms, sessions, review and set-up in a real browser, against made-up beds and a fake live socket."""

import re
from collections.abc import Iterator

import pytest
from app_server import get
from browsing import Watched
from pages_server import pages_server
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pages_server(tmp_path_factory.mktemp("pages")) as url:
        yield url


def card(page: Page, bed: int) -> str:
    return f'.bed-card[data-bed="bed-{bed}"]'


def overflowing(page: Page) -> list[str]:
    """Texts that are cut without an ellipsis, or smaller than 11 px."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('.sheet *')].flatMap((e) => {
            const style = getComputedStyle(e);
            const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
            if (!own || !e.offsetParent || e.closest('.ag-aria-description-container')) return [];
            const cut = e.scrollWidth > e.clientWidth + 1 && !['visible', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis';
            return cut || parseFloat(style.fontSize) < 11 ? [`${e.className}: ${e.textContent.slice(0, 40)}`] : [];
        })"""
    )
    return found


@pytest.fixture
def rooms(page: Page, server: str) -> Page:
    page.goto(f"{server}/")
    page.wait_for_selector(card(page, 2) + "[data-worst=high]")
    return page


def test_numbers_alarms_and_places(rooms: Page) -> None:
    two = rooms.locator(card(rooms, 2))
    expect(two.locator("[data-number=spo2] [data-role=value]")).to_have_text("84")
    expect(two.locator("[data-role=alarm]")).to_contain_text("*** SpO₂ LOW 84 %")
    expect(two.locator("[data-role=alarm]")).to_contain_text("+ 2 more")
    assert {b.get_attribute("data-number"): b.get_attribute("data-alarm") for b in two.locator("[data-number][data-alarm]").all()} == {
        "spo2": "high", "etco2": "medium", "rr": "medium",
    }  # fmt: skip
    assert [c.get_attribute("data-bed") for c in rooms.locator(".bed-card").all()] == [f"bed-{n}" for n in range(1, 7)]


def test_the_banner_is_sorted_by_severity_and_hides_none(rooms: Page) -> None:
    lines = rooms.locator(".rooms-line")
    expect(lines).to_have_count(3)
    words = [line.inner_text().replace("\n", " ") for line in lines.all()]
    assert words[0].startswith("*** Room 2") and words[1].startswith("*** Room 5") and words[2].startswith("** Room 2")
    expect(rooms.locator(".rooms-more")).to_have_text("+ 2 more")


@pytest.mark.parametrize("size", [(1600, 940), (1280, 800)])
def test_long_names_are_whole_in_the_banner(rooms: Page, size: tuple[int, int]) -> None:
    rooms.set_viewport_size({"width": size[0], "height": size[1]})
    found = rooms.evaluate(
        """() => { const page = infusion.roomsPage, room = page.rooms.get('bed-2'), row = { unanswered_s: 4000, arrived: performance.now(),
          call: 'Call the emergency number', sent: [{ channel: 'On-call physician', ok: false, detail: 'simulated: not sent' }] };
        room.state.simulation = true;
        const one = (occurrence, text) => ({ room, occurrence, priority: 'high', state: 'active', text, onset_t_s: occurrence, passedOn: row });
        page.alarms.paint([one(9, 'CONSCIOUSNESS CHECK OVERDUE'), one(8, 'DIASTOLIC VERY HIGH 119 mmHg'), one(7, 'CONSCIOUSNESS CHECK OVERDUE'), one(6, 'RR LOW 0')], '');
        const holder = document.querySelector('.rooms-banner-lines'), more = holder.querySelector('.rooms-more').getBoundingClientRect();
        const lines = [...holder.querySelectorAll('.rooms-line')], right = Math.max(...lines.map((n) => n.getBoundingClientRect().right));
        return { cut: [...holder.querySelectorAll('.rooms-text')].filter((n) => n.scrollWidth > n.clientWidth || n.scrollHeight > n.clientHeight + 1).map((n) => n.textContent),
          over: right > more.left || more.right > holder.getBoundingClientRect().right + 1 || holder.scrollWidth > holder.clientWidth } }"""
    )
    assert found == {"cut": [], "over": False}


def test_a_lost_link_shows_dashes_with_their_age_and_no_number(rooms: Page) -> None:
    five = rooms.locator(card(rooms, 5))
    expect(five.locator("[data-role=alarm]")).to_have_text(
        re.compile(r"^\*\*\* NO DATA 0:\d\d  · audio paused 1:\d\d$")
    )
    for name in ("rate", "spo2", "etco2", "rr"):
        expect(five.locator(f"[data-number={name}]")).to_have_class("bed-number bed-number-dead")
        expect(five.locator(f"[data-number={name}] [data-role=value]")).to_have_text("– –")
        assert "ago" in five.locator(f"[data-number={name}] [data-role=note]").inner_text()
    expect(rooms.locator("[data-role=links]")).to_have_text("1 of 6 links lost")


def test_a_free_bed_leads_to_its_set_up_and_a_taken_one_to_its_page(rooms: Page) -> None:
    assert rooms.locator(card(rooms, 4)).get_attribute("href") == "/setup/bed-4"
    expect(rooms.locator(card(rooms, 4) + " .bed-free")).to_be_visible()
    assert rooms.locator(card(rooms, 2)).get_attribute("href") == "/live/bed-2"
    rooms.click(card(rooms, 2))
    rooms.wait_for_selector("#live-stub")


def test_without_a_heartbeat_the_page_says_not_live(rooms: Page, server: str) -> None:
    try:
        get(f"{server}/test/silence?on=true")
        expect(rooms.locator("[data-role=not-live]")).to_contain_text("NOT LIVE", timeout=6_000)
        expect(rooms.locator(".sheet")).to_have_class("sheet rooms-dead")
    finally:
        get(f"{server}/test/silence?on=false")
    expect(rooms.locator("[data-role=not-live]")).to_be_hidden(timeout=12_000)


def test_nothing_moves_when_numbers_change(rooms: Page) -> None:
    boxes = "() => [...document.querySelectorAll('.bed-number, .bed-alarm, .bed-strip')].map((e) => { const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height].map(Math.round).join(); })"
    before = rooms.evaluate(boxes)
    rooms.wait_for_timeout(2_200)
    assert rooms.evaluate(boxes) == before


@pytest.mark.parametrize("size", [(1600, 940), (1280, 800)])
@pytest.mark.parametrize("path", ["/", "/sessions", "/review/made-up", "/setup/bed-3"])
def test_nothing_is_cut_or_too_small(page: Page, server: str, path: str, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(server + path)
    page.wait_for_selector(".sheet .bed-card[data-worst], .ag-row, .setup-open")
    for theme in ("dark", "light"):
        page.evaluate(f"infusion.theme.set('{theme}')")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") == size[0], theme
        assert overflowing(page) == [], theme


def test_review_filters_and_jumps_to_the_alarm(page: Page, server: str) -> None:
    page.goto(f"{server}/review/made-up")
    expect(page.locator("#review-shown")).to_contain_text("8 alarms")
    page.locator("#review-priority label").first.click()
    expect(page.locator("#review-shown")).to_contain_text("1 of 8")
    page.locator('[row-id="5"] .ag-cell').first.click()
    expect(page.locator("#review-title")).to_have_text("14:25:56 *** SpO₂ LOW 84 % (≤ 84) · ± 5 min")
    page.wait_for_function("document.querySelector('#review-chart .js-plotly-plot').layout.shapes[0].layer === 'below'")
    shown = page.evaluate("document.querySelector('#review-chart .js-plotly-plot').layout.xaxis.range")
    assert shown[1] - shown[0] == 600_000
    page.locator("#review-window label", has_text="Whole").click()
    expect(page.locator("#review-title")).to_have_text("Whole session")


def test_review_filters_what_nobody_answered_and_what_is_technical(page: Page, server: str) -> None:
    page.goto(f"{server}/review/made-up")
    page.locator("#review-flags label", has_text="Unacknowledged").click()
    expect(page.locator("#review-shown")).to_contain_text("3 of 8")
    page.locator("#review-flags label", has_text="Unacknowledged").click()
    page.locator("#review-flags label", has_text="Technical").click()
    expect(page.locator("#review-shown")).to_contain_text("1 of 8")


def test_news2_is_folded_away_and_scores_when_asked(page: Page, server: str) -> None:
    page.goto(f"{server}/review/made-up")
    page.wait_for_selector("#review-alarms .ag-row")
    expect(page.locator("#review-news2")).to_be_hidden()
    page.click("#review-news2-ask")
    expect(page.locator("#review-news2")).to_contain_text("Partial: no temperature")
    page.wait_for_selector("#review-news2-chart .js-line", state="attached")
    page.wait_for_selector("#review-news2-minutes .ag-row")
    assert page.evaluate("document.documentElement.scrollWidth") == 1600
    assert overflowing(page) == []


def test_review_log_opens_with_the_struck_entry(page: Page, server: str) -> None:
    page.goto(f"{server}/review/made-up")
    page.locator("#review-tabs label", has_text="Log").click()
    expect(page.locator("#review-log .cell-struck")).to_contain_text("struck by entry")


def test_dragging_over_the_figure_zooms_it(page: Page, server: str) -> None:
    page.goto(f"{server}/review/made-up")
    page.wait_for_selector("#review-chart .nsewdrag")
    box = page.locator("#review-chart .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 250, box["y"] + 20, steps=5)
    page.mouse.up()
    expect(page.locator("#review-title")).not_to_have_text("Whole session")


def test_a_light_page_gets_a_light_figure(page: Page, server: str) -> None:
    page.add_init_script("localStorage.setItem('infusion.theme', 'light')")
    page.goto(f"{server}/review/made-up")
    page.wait_for_function(
        "document.querySelector('#review-chart .js-plotly-plot')?.layout.paper_bgcolor === '#ffffff'"
    )
    page.click("[data-theme-toggle]")
    page.wait_for_function("document.querySelector('#review-chart .js-plotly-plot').layout.paper_bgcolor === '#121820'")


@pytest.mark.parametrize("later_ms", [0, 5, 40])
def test_a_theme_told_beside_a_resize_is_drawn_all_the_same(page: Page, server: str, later_ms: int) -> None:
    """A newer request takes the place of one under way: what the first was for must not be lost with it."""
    page.goto(f"{server}/review/made-up")
    page.wait_for_selector("#review-chart .scatterlayer path.js-line", state="attached")
    page.evaluate(
        """(later) => {
            window.dash_clientside.set_props('review-theme', { data: 'light' });
            const resize = () => window.dash_clientside.set_props('review-chart', { relayoutData: { autosize: true, at: Math.random() } });
            later ? setTimeout(resize, later) : resize();
        }""",
        later_ms,
    )
    page.wait_for_function("document.querySelector('#review-chart .js-plotly-plot').layout.paper_bgcolor === '#ffffff'")


def test_an_eight_hour_session_opens_quickly(page: Page, server: str) -> None:
    """Design section 10: usable within 1 s of the click (0.76 s measured on two busy cores). The bound here leaves room for a
    machine that runs other tests beside this one."""
    page.goto(f"{server}/review/made-up")  # once, so that plotly and the table are loaded, as after a first look
    page.wait_for_selector("#review-chart .scatterlayer path.js-line", state="attached")
    page.goto(f"{server}/sessions")
    page.wait_for_selector("#sessions-live-grid .ag-row")
    took_ms = page.evaluate(
        """() => new Promise((done) => {
            const start = performance.now();
            history.pushState({}, '', '/review/long');
            window.dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
            const look = () => document.querySelector('#review-chart .scatterlayer path.js-line') && document.querySelector('#review-alarms .ag-row')
                ? done(performance.now() - start) : requestAnimationFrame(look);
            look();
        })"""
    )
    print(f"an 8 h session: {took_ms:.0f} ms")
    assert took_ms < 4_000


def test_sessions_keep_simulations_apart_and_open_the_review(page: Page, server: str) -> None:
    page.goto(f"{server}/sessions")
    page.wait_for_selector("#sessions-live-grid .ag-row")
    expect(page.locator("#sessions-simulation-grid-pane")).to_be_hidden()
    page.locator("#sessions-tabs label", has_text="Simulations").click()
    expect(page.locator("#sessions-simulation-grid-pane .mark-simulation")).to_be_visible()
    expect(page.locator("#sessions-live-grid-pane")).to_be_hidden()
    page.locator("#sessions-simulation-grid .ag-row .ag-cell").first.click()
    page.wait_for_url("**/review/*")


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"#setup-{name.replace('_', '-')}", value)


def test_set_up_from_the_protocol_to_what_is_missing_and_to_the_bed(page: Page, server: str) -> None:
    page.goto(f"{server}/setup/bed-1")
    fill(page, patient="T.N.", weight="62", weight_again="62", concentration="2", concentration_again="2")
    page.locator("#setup-protocol label", has_text="0.35 mg/kg/h").click()
    expect(page.locator("#setup-planned-mg")).to_have_value("86.8")
    expect(page.locator("#setup-dose")).to_contain_text("21.7")
    page.locator("#setup-risk-copd label", has_text="yes").click()
    expect(page.locator("#setup-suggested")).to_contain_text("B · high respiratory risk suggested: COPD")
    expect(page.locator("#setup-profile-reason")).to_be_visible()
    page.locator("#setup-profile label", has_text="respiratory").click()
    expect(page.locator("#setup-profile-reason")).to_be_hidden()
    page.locator("#setup-by label", has_text="R. Nurse").click()
    page.click("#setup-open")
    expect(page.locator("#before-needs")).to_contain_text("CO₂: the infusion will not start without it")

    page.click("#before-take")
    expect(page.locator("#before-said")).to_contain_text("Systolic: one cuff reading: a second one after 2 min")
    page.locator("#before-by label", has_text="R. Nurse").click()
    page.click("#before-record")
    expect(page.locator("#before-said")).to_contain_text("Recorded · baseline")
    expect(page.locator("#before-inside")).to_contain_text("the baseline of 93 % lies inside the low step ≤ 93")
    page.locator("#before-inside button", has_text="Use ≤ 92 for this patient").click()
    expect(page.locator("#before-inside")).to_be_empty()

    page.fill("#before-waive-reason", "capnograph broken, I stay")
    page.click("#before-waive-record")
    expect(page.locator("#before-said")).to_contain_text("physician's decision")
    page.locator("#before-waive-by label", has_text="Reviewer").click()
    page.click("#before-waive-record")
    expect(page.locator("#before-needs")).to_contain_text("Start without CO₂ decided by Dr. A. Reviewer")
    expect(page.locator("#before-waive")).to_be_hidden()
    assert overflowing(page) == []
    outside = """() => [...document.querySelectorAll('.before-main .pills label, .before-main .btn')].filter((e) => e.offsetParent
        && e.getBoundingClientRect().right > e.closest('fieldset').getBoundingClientRect().right - 12).length"""
    assert page.evaluate(outside) == 0
    page.locator("a", has_text="Go to the bed").click()
    page.wait_for_selector("#live-stub")


def test_set_up_names_each_field_and_opens_nothing(page: Page, server: str) -> None:
    page.goto(f"{server}/setup/bed-3")
    fill(page, weight="0", weight_again="62", concentration="2", concentration_again="20")
    expect(page.locator("#setup-weight-error")).to_have_text("Weight: must be more than 0 kg")
    expect(page.locator("#setup-concentration-again-error")).to_contain_text("a factor of ten")
    page.click("#setup-open")
    expect(page.locator("#setup-errors")).to_contain_text("Not opened")
    expect(page.locator("#setup-patient-error")).to_have_text("Patient initials: still empty")
    assert page.url.endswith("/setup/bed-3")


def test_an_approved_profile_takes_the_mark_away(page: Page, server: str) -> None:
    page.goto(f"{server}/setup/bed-3")
    expect(page.locator(".mark-limits")).to_be_visible()
    page.locator("#setup-profile label", has_text="cardiac").click()
    expect(page.locator(".mark-limits")).to_be_hidden()


def test_everything_is_reached_by_keyboard(page: Page, server: str, watched: Watched) -> None:
    page.goto(f"{server}/setup/bed-3")
    page.wait_for_selector("#setup-patient")
    page.focus("#setup-patient")
    reached = set()
    for _ in range(40):
        reached.add(
            page.evaluate("document.activeElement.id || document.activeElement.name || document.activeElement.tagName")
        )
        page.keyboard.press("Tab")
    assert {"setup-weight", "setup-concentration-again", "setup-protocol", "setup-by", "setup-open"} <= reached
    assert watched.errors == []


def test_what_is_touched_is_large_enough(page: Page, server: str) -> None:
    for path in ("/", "/sessions", "/review/made-up", "/setup/bed-3"):
        page.goto(server + path)
        page.wait_for_selector(".sheet .bed-card[data-worst], .ag-row, .setup-open")
        small = page.evaluate(
            """() => [...document.querySelectorAll('.topbar a, .btn, .pills label, .field .dash-input-container, .rooms-line, .segments label, .ag-row')]
            .filter((e) => e.offsetParent).map((e) => [e, e.getBoundingClientRect(), getComputedStyle(e, '::after').content !== 'none' ? 8 : 0])
            .filter(([e, r, more]) => r.height + more < 43.5 || r.width < 43.5).map(([e, r]) => `${e.className} ${r.width}x${r.height}`)"""
        )
        assert small == [], path
