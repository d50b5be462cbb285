"""Rooms, sessions, review and set-up in a real browser, against made-up beds and a fake live socket."""

import re
from pathlib import Path

import pytest
from app_server import get
from browsing import Watched, cut_or_small
from playwright.sync_api import Page, expect

from dashboard.alarms import load_profile

pytestmark = pytest.mark.browser


def card(page: Page, bed: int) -> str:
    return f'.bed-card[data-bed="bed-{bed}"]'


def small(page: Page) -> list[str]:
    """What is touched and has less than 44 px either way."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('.topbar a, .btn, .pills label, .field .dash-input-container, .rooms-line, .segments label, .ag-row')]
        .filter((e) => e.offsetParent).map((e) => [e, e.getBoundingClientRect(), getComputedStyle(e, '::after').content !== 'none' ? 8 : 0])
        .filter(([e, r, more]) => r.height + more < 43.5 || r.width < 43.5).map(([e, r]) => `${e.className} ${r.width}x${r.height}`)"""
    )
    return found


PROFILES = Path(__file__).parents[2] / "config" / "alarm_profiles"
#: Every name that an alarm of the shipped profiles has, each in a cell of the table.
LABELS = sorted({rule.label for path in PROFILES.glob("*.toml") for rule in load_profile(path.stem).rules})
CUT_LABELS = """(labels) => { const cell = document.querySelector('#review-alarms .ag-row [col-id=label]'), kept = [...cell.childNodes];
  const cut = labels.filter((words) => { cell.textContent = words; return cell.scrollWidth > cell.clientWidth + 1 || cell.scrollHeight > cell.clientHeight + 4; });
  cell.replaceChildren(...kept); return cut; }"""

#: An ellipsis may end an action; when it was, how large and how long is read whole.
CUT_TIMES = """() => [...document.querySelectorAll('#review-alarms .ag-cell')].filter((e) => ['onset_s', 'value', 'trigger', 'lasted_s'].includes(e.getAttribute('col-id')))
  .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => `${e.getAttribute('col-id')}: ${e.textContent}`)"""


@pytest.fixture
def rooms(page: Page, pages: str) -> Page:
    get(f"{pages}/test/begin")
    page.goto(f"{pages}/")
    page.wait_for_selector(card(page, 2) + "[data-worst=high]")
    return page


def test_numbers_alarms_and_places_and_the_banner_that_hides_none(rooms: Page) -> None:
    two = rooms.locator(card(rooms, 2))
    expect(two.locator("[data-number=spo2] [data-role=value]")).to_have_text("84")
    expect(two.locator("[data-role=alarm]")).to_contain_text("*** SpO₂ LOW 84 %")
    expect(two.locator("[data-role=alarm]")).to_contain_text("+ 2 more")
    assert {b.get_attribute("data-number"): b.get_attribute("data-alarm") for b in two.locator("[data-number][data-alarm]").all()} == {
        "spo2": "high", "etco2": "medium", "rr": "medium",
    }  # fmt: skip
    assert [c.get_attribute("data-bed") for c in rooms.locator(".bed-card").all()] == [f"bed-{n}" for n in range(1, 7)]

    # The banner is sorted by severity.
    lines = rooms.locator(".rooms-line")
    expect(lines).to_have_count(3)
    words = [line.inner_text().replace("\n", " ") for line in lines.all()]
    assert words[0].startswith("*** Room 2") and words[1].startswith("*** Room 5") and words[2].startswith("** Room 2")
    expect(rooms.locator(".rooms-more")).to_have_text("+ 2 more")

    # A lost link shows dashes with their age and no number.
    five = rooms.locator(card(rooms, 5))
    expect(five.locator("[data-role=alarm]")).to_have_text(
        re.compile(r"^\*\*\* NO DATA 0:\d\d  · audio paused 1:\d\d$")
    )
    for name in ("rate", "spo2", "etco2", "rr"):
        expect(five.locator(f"[data-number={name}]")).to_have_class("bed-number bed-number-dead")
        expect(five.locator(f"[data-number={name}] [data-role=value]")).to_have_text("– –")
        assert "ago" in five.locator(f"[data-number={name}] [data-role=note]").inner_text()
    expect(rooms.locator("[data-role=links]")).to_have_text("1 of 6 links lost")

    # Of one room as its server has put them: no breath before the low rate that came of it; rooms among each other the newest first.
    assert rooms.evaluate(
        """() => { const [a, b] = ['bed-1', 'bed-2'].map((id) => infusion.roomsPage.rooms.get(id));
          const one = (room, text, onset_t_s, priority = 'high') => ({ room, text, onset_t_s, priority, state: 'active' });
          const told = [one(a, 'NO BREATH', 60), one(a, 'RR LOW 0', 70), one(a, 'HR LOW', 90, 'medium'), one(b, 'SpO₂ LOW', 65), one(b, 'HR LOW', 20)];
          return infusion.sortedAlarms(told).map((alarm) => alarm.text); }"""
    ) == ["SpO₂ LOW", "NO BREATH", "RR LOW 0", "HR LOW", "HR LOW"]
    # One that is over and was not seen is not said as if it were still so: the number beside it is well again.
    assert (
        rooms.evaluate(
            """() => { const { rooms } = infusion.roomsPage, room = rooms.get('bed-2');
          room.state.alarms = [{ occurrence: 1, priority: 'high', state: 'latched', text: 'RR LOW 0', kind: 'physiological', onset_t_s: 1 }];
          room.render(); return document.querySelector('.bed-card[data-bed="bed-2"] [data-role=alarm]').innerText; }"""
        )
        == "*** RR LOW 0, over"
    )

    # A patient who got a bolus alone; a simulated bed that makes its past. Read at once: the server's next message is about the real ones.
    assert rooms.evaluate(
        """() => { const { rooms } = infusion.roomsPage, room = rooms.get('bed-1'); room.state.session = { ...room.state.session, started_at: null };
          room.state.infusion = { ...room.state.infusion, state: 'not_started', given_mg: 60, rate_mg_h: 0, concentration_mg_ml: 10 };
          room.render(); rooms.get('bed-3').take({ type: 'snapshot', bed: 'bed-3', preparing: true });
          const words = (bed, role) => document.querySelector(`.bed-card[data-bed="${bed}"] [data-role=${role}]`).innerText;
          return [words('bed-1', 'rate'), words('bed-1', 'clock'), words('bed-3', 'patient')]; }"""
    ) == ["bolus only · 10 mg/mL", "bolus only", "simulated session: its past is being made …"]


def test_nothing_moves_when_numbers_change_and_without_a_heartbeat_the_page_says_not_live(
    rooms: Page, pages: str
) -> None:
    boxes = "() => [...document.querySelectorAll('.bed-number, .bed-alarm, .bed-strip')].map((e) => { const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height].map(Math.round).join(); })"
    before = rooms.evaluate(boxes)
    told_s = rooms.evaluate("infusion.roomsPage.rooms.get('bed-6').t")  # the last bed that is told of
    rooms.wait_for_function(
        "(t) => infusion.roomsPage.rooms.get('bed-6').t > t + 1.5", arg=told_s
    )  # two more numbers each
    assert rooms.evaluate(boxes) == before

    try:
        get(f"{pages}/test/silence?on=true")
        expect(rooms.locator("[data-role=not-live]")).to_contain_text("NOT LIVE", timeout=6_000)
        expect(rooms.locator(".sheet")).to_have_class("sheet rooms-dead")
    finally:
        get(f"{pages}/test/silence?on=false")
    expect(rooms.locator("[data-role=not-live]")).to_be_hidden(timeout=12_000)

    # A free bed leads to its set-up and a taken one to its page.
    assert rooms.locator(card(rooms, 4)).get_attribute("href") == "/setup/bed-4"
    expect(rooms.locator(card(rooms, 4) + " .bed-free")).to_be_visible()
    assert rooms.locator(card(rooms, 2)).get_attribute("href") == "/live/bed-2"
    rooms.click(card(rooms, 2))
    rooms.wait_for_selector("#live-stub")


def long_names(rooms: Page) -> dict[str, object]:
    """Which words of the banner are cut, and whether it runs over, with names as long as they come."""
    found: dict[str, object] = rooms.evaluate(
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
    return found


def turn_to(page: Page, path: str) -> None:
    """As a link inside the application does."""
    page.evaluate(
        "(path) => { history.pushState({}, '', path); window.dispatchEvent(new CustomEvent('_dashprivate_pushstate')); }",
        path,
    )


SHOWN = {"/": ".sheet .bed-card[data-worst]", "/sessions": "#sessions-live-grid .ag-row", "/review/made-up": "#review-alarms .ag-row", "/setup/bed-3": ".setup-open"}  # fmt: skip


@pytest.mark.parametrize("paths", [("/setup/bed-3", "/"), ("/review/made-up", "/sessions")])
def test_nothing_is_cut_or_too_small(page: Page, pages: str, paths: tuple[str, ...]) -> None:
    page.goto(pages + paths[0])
    for path in paths:
        if path != paths[0]:
            turn_to(page, path)
        page.wait_for_selector(SHOWN[path])
        at_both_sizes(page, path)


def at_both_sizes(page: Page, path: str) -> None:
    for width, height in ((1600, 940), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(f"innerWidth === {width}")
        page.wait_for_timeout(300)
        assert small(page) == [], f"what is touched is large enough, {width}"
        for theme in ("dark", "light"):
            page.evaluate(f"infusion.theme.set('{theme}')")
            page.wait_for_timeout(300)
            assert page.evaluate("document.documentElement.scrollWidth") == width, theme
            assert cut_or_small(page) == [], (width, theme)
        if path == "/review/made-up":
            assert page.evaluate(CUT_LABELS, LABELS) == [], width
            assert page.evaluate(CUT_TIMES) == [], width
        if path == "/":
            page.wait_for_selector(card(page, 2) + "[data-worst=high]")
            assert long_names(page) == {"cut": [], "over": False}, width


def test_review_filters_and_jumps_to_the_alarm_and_zooms(page: Page, pages: str) -> None:
    page.goto(f"{pages}/review/made-up")
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

    # What nobody answered, and what is technical.
    page.locator("#review-priority label").first.click()
    expect(page.locator("#review-shown")).to_have_text(re.compile("^8 alarms"))
    page.locator("#review-flags label", has_text="Unacknowledged").click()
    expect(page.locator("#review-shown")).to_contain_text("3 of 8")
    page.locator("#review-flags label", has_text="Unacknowledged").click()
    page.locator("#review-flags label", has_text="Technical").click()
    expect(page.locator("#review-shown")).to_contain_text("1 of 8")
    page.locator("#review-flags label", has_text="Technical").click()

    # NEWS2 is folded away and scores when asked.
    page.wait_for_selector("#review-alarms .ag-row")
    expect(page.locator("#review-news2")).to_be_hidden()
    page.click("#review-news2-ask")
    expect(page.locator("#review-news2")).to_contain_text("Partial: no temperature")
    page.wait_for_selector("#review-news2-chart .js-line", state="attached")
    page.wait_for_selector("#review-news2-minutes .ag-row")
    assert page.evaluate("document.documentElement.scrollWidth") == 1600
    assert cut_or_small(page) == []

    # The log has the struck entry.
    page.locator("#review-tabs label", has_text="Log").click()
    expect(page.locator("#review-log .cell-struck")).to_contain_text("struck by entry")

    # Dragging over the figure zooms it.
    expect(page.locator("#review-title")).to_have_text("Whole session")
    page.wait_for_selector("#review-chart .nsewdrag")
    box = page.locator("#review-chart .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 250, box["y"] + 20, steps=5)
    page.mouse.up()
    expect(page.locator("#review-title")).not_to_have_text("Whole session")


def test_a_figure_is_as_light_as_its_page(page: Page, pages: str) -> None:
    page.add_init_script("localStorage.setItem('infusion.theme', 'light')")
    page.goto(f"{pages}/review/made-up")
    page.wait_for_function(
        "document.querySelector('#review-chart .js-plotly-plot')?.layout.paper_bgcolor === '#ffffff'"
    )
    page.click("[data-theme-toggle]")
    page.wait_for_function("document.querySelector('#review-chart .js-plotly-plot').layout.paper_bgcolor === '#121820'")
    page.wait_for_selector("#review-chart .scatterlayer path.js-line", state="attached")

    # A theme told beside a resize: a newer request takes the place of one under way; what the first was for must not be lost.
    paper = "(wanted) => document.querySelector('#review-chart .js-plotly-plot').layout.paper_bgcolor === wanted"
    for later_ms in (0, 5, 40):
        page.evaluate(
            """(later) => {
                window.dash_clientside.set_props('review-theme', { data: 'light' });
                const resize = () => window.dash_clientside.set_props('review-chart', { relayoutData: { autosize: true, at: Math.random() } });
                later ? setTimeout(resize, later) : resize();
            }""",
            later_ms,
        )
        page.wait_for_function(paper, arg="#ffffff")
        page.evaluate("window.dash_clientside.set_props('review-theme', { data: 'dark' })")
        page.wait_for_function(paper, arg="#121820")


def test_sessions_keep_simulations_apart_and_open_the_review(page: Page, pages: str) -> None:
    page.goto(f"{pages}/sessions")
    page.wait_for_selector("#sessions-live-grid .ag-row")
    expect(page.locator("#sessions-simulation-grid-pane")).to_be_hidden()
    page.locator("#sessions-tabs label", has_text="Simulations").click()
    expect(page.locator("#sessions-simulation-grid-pane .mark-simulation")).to_be_visible()
    expect(page.locator("#sessions-live-grid-pane")).to_be_hidden()
    page.locator("#sessions-simulation-grid .ag-row .ag-cell").first.click()
    page.wait_for_url("**/review/*")


def test_an_eight_hour_session_opens_quickly(page: Page, pages: str) -> None:
    """Design section 10: usable within 1 s of the click (0.76 s measured on two busy cores). The bound here leaves room for a
    machine that runs other tests beside this one; the better of two tries counts."""
    page.goto(f"{pages}/review/made-up")  # once, so that plotly and the table are loaded, as after a first look
    page.wait_for_selector("#review-chart .scatterlayer path.js-line", state="attached")
    took_ms: list[float] = []
    while len(took_ms) < 2 and min(took_ms, default=1e9) >= 4_000:
        turn_to(page, "/sessions")
        page.wait_for_selector("#sessions-live-grid .ag-row")
        took_ms.append(page.evaluate(OPENED))
    print("an 8 h session, ms:", [round(one) for one in took_ms])
    assert min(took_ms) < 4_000


#: Milliseconds from the click to its figure and its alarms.
OPENED = """() => new Promise((done) => {
    const start = performance.now();
    history.pushState({}, '', '/review/long');
    window.dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
    const look = () => document.querySelector('#review-chart .scatterlayer path.js-line') && document.querySelector('#review-alarms .ag-row')
        ? done(performance.now() - start) : requestAnimationFrame(look);
    look();
})"""


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"#setup-{name.replace('_', '-')}", value)


def test_set_up_from_the_protocol_to_what_is_missing_and_to_the_bed(page: Page, pages: str) -> None:
    page.goto(f"{pages}/setup/bed-1")
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
    assert cut_or_small(page) == []
    outside = """() => [...document.querySelectorAll('.before-main .pills label, .before-main .btn')].filter((e) => e.offsetParent
        && e.getBoundingClientRect().right > e.closest('fieldset').getBoundingClientRect().right - 12).length"""
    assert page.evaluate(outside) == 0
    page.locator("a", has_text="Go to the bed").click()
    page.wait_for_selector("#live-stub")


def test_set_up_is_reached_by_keyboard_names_each_field_and_opens_nothing(
    page: Page, pages: str, watched: Watched
) -> None:
    page.goto(f"{pages}/setup/bed-3")
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

    # An approved profile takes the mark away.
    expect(page.locator(".mark-limits")).to_be_visible()
    page.locator("#setup-profile label", has_text="cardiac").click()
    expect(page.locator(".mark-limits")).to_be_hidden()

    # What is wrong is said at its field.
    fill(page, weight="0", weight_again="62", concentration="2", concentration_again="20")
    expect(page.locator("#setup-weight-error")).to_have_text("Weight: must be more than 0 kg")
    expect(page.locator("#setup-concentration-again-error")).to_contain_text("a factor of ten")
    page.click("#setup-open")
    expect(page.locator("#setup-errors")).to_contain_text("Not opened")
    expect(page.locator("#setup-patient-error")).to_have_text("Patient initials: still empty")
    assert page.url.endswith("/setup/bed-3")
