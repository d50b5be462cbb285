"""The rooms page warns: by sound, of what nobody answers, and by itself when it has lost the server."""

import json
from collections.abc import Iterator

import pytest
from app_server import get
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

#: A browser that holds sound back until a gesture: headless ones do not.
BLOCKED = """(() => { const Real = window.AudioContext; let touched = false;
  document.addEventListener('pointerdown', () => { touched = true; }, true);
  window.AudioContext = class extends Real {
    get state() { return touched ? super.state : 'suspended'; }
    resume() { return touched ? super.resume() : new Promise(() => {}); }
  }; })()"""
PLAYED = "infusion.sound.played.map((one) => one.priority)"


@pytest.fixture
def server(pages: str) -> str:
    get(f"{pages}/test/begin")
    return pages


@pytest.fixture
def rooms(page: Page, server: str) -> Iterator[Page]:
    page.set_default_timeout(20_000)
    page.goto(f"{server}/")
    page.wait_for_selector('.bed-card[data-bed="bed-2"][data-worst=high]')
    yield page
    get(f"{server}/test/silence?on=false")
    get(f"{server}/test/unanswered?on=false")


def test_the_worst_of_all_beds_sounds_and_a_paused_bed_does_not(rooms: Page) -> None:
    """Room 5 has a high alarm whose sound is paused; room 2 sounds medium, room 1 low."""
    rooms.wait_for_function(f"{PLAYED}.length > 0")
    assert set(rooms.evaluate(PLAYED)[-1:]) == {"medium"}
    expect(rooms.locator("[data-role=sound]")).to_have_attribute("data-sounding", "medium")
    expect(rooms.locator('.bed-card[data-bed="bed-5"] [data-role=alarm]')).to_contain_text("audio paused 1:3")


def test_what_nobody_answers_is_said_and_sounds_at_once_and_a_bed_without_screens_is_an_alarm_of_its_own(
    rooms: Page, server: str
) -> None:
    rooms.wait_for_function(f"{PLAYED}.length > 0")
    before = rooms.evaluate("performance.now()")
    get(f"{server}/test/unanswered?on=true")
    first = rooms.locator(".rooms-banner .rooms-line").first
    expect(first).to_contain_text("Room 2")
    expect(first.locator("[data-role=below]")).to_contain_text("· Call 112 · Physician NOT REACHED")
    expect(first).to_have_attribute("data-tone", "call")
    rooms.wait_for_function(
        f"infusion.sound.played.some((one) => one.priority === 'high' && one.at > {before})", timeout=15_000
    )
    expect(rooms.locator("[data-role=contacts]")).to_have_text("CONTACT FAILED")

    three = rooms.locator('.bed-card[data-bed="bed-3"]')
    expect(three.locator("[data-role=alarm]")).to_contain_text("** NO SCREEN HERE CAN WARN")
    expect(three).to_have_attribute("data-worst", "medium")
    expect(three.locator("[data-role=screens]")).to_have_text("no screen at the bed")
    expect(rooms.locator('.bed-card[data-bed="bed-1"] [data-role=screens]')).to_have_text("1 screen")
    expect(rooms.locator('.bed-card[data-bed="bed-2"] [data-role=screens]')).to_have_text(
        "screen in the background (C.C.)"
    )

    # Every alarm is in the list, worst first.
    rooms.locator("button.rooms-more", has_text="+ 3 more").click()
    listed = rooms.locator(".rooms-list .rooms-line")
    expect(listed).to_have_count(6)
    words = [line.inner_text().replace("\n", " ") for line in listed.all()]
    assert [word.split(" ")[0] for word in words] == ["***", "***", "**", "**", "**", "*"]
    assert "✓ R. Nurse" in words[4]  # what somebody has accepted comes after what nobody has
    assert not any("cknowledge" in text for text in rooms.locator("button").all_inner_texts())
    rooms.keyboard.press("Escape")
    expect(rooms.locator(".rooms-dialog")).to_have_count(0)
    get(f"{server}/test/unanswered?on=false")
    expect(first.locator("[data-role=below]")).to_have_text("")


def test_sound_stays_unconfirmed_until_somebody_heard_it(rooms: Page, server: str) -> None:
    button = rooms.locator("[data-role=sound]")
    expect(button).to_have_text("SOUND NOT CONFIRMED")
    button.click()
    rooms.click("[data-play]")
    rooms.click("[data-heard=no]")
    expect(rooms.locator(".rooms-dialog .warn-words")).to_contain_text("cannot alert by sound")
    expect(button).to_have_text("SOUND NOT CONFIRMED")
    rooms.click(".rooms-dialog .btn:has-text('Close')")
    button.click()
    rooms.click("[data-play]")
    rooms.click("[data-heard=yes]")
    expect(button).to_contain_text("Sound heard")
    said = [one for one in json.loads(get(f"{server}/test/said")) if one["do"] == "present"]
    states = [one["sound"] for one in said]
    # A browser that has not woken its sound yet says so first.
    first = states.index("confirmed")
    assert "unconfirmed" in states[:first] and set(states[:first]) <= {"blocked", "unconfirmed"}
    assert set(states[first:]) == {"confirmed"}
    assert said[-1]["bed"] is None and said[-1]["visible"] is True and len(said[-1]["screen"]) == 8


BOXES = "() => [...document.querySelectorAll('.bed-card, .bed-number')].map((e) => { const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height].map(Math.round).join(); })"


def test_a_page_that_lost_the_server_sounds_by_itself_within_five_seconds_and_nothing_moves(
    rooms: Page, server: str
) -> None:
    rooms.wait_for_function(f"{PLAYED}.length > 0")
    before = rooms.evaluate(BOXES)
    last = rooms.evaluate("performance.now() - 1000 * infusion.roomsPage.link.silentS()")
    get(f"{server}/test/silence?on=true")
    rooms.wait_for_function("document.querySelector('.sheet').dataset.live === 'no'", timeout=15_000)
    last = max(last, rooms.evaluate("performance.now() - 1000 * infusion.roomsPage.link.silentS()"))
    rooms.wait_for_function(f"infusion.sound.played.some((one) => one.at > {last} + 2900)", timeout=15_000)
    at = rooms.evaluate(f"infusion.sound.played.find((one) => one.at > {last} + 2900).at - {last}")
    assert 3_000 <= at <= 5_000
    expect(rooms.locator("[data-role=not-live]")).to_contain_text("NOT LIVE for 0:0")
    assert rooms.evaluate(BOXES) == before
    bar, under = (rooms.locator(name).bounding_box() for name in ("[data-role=not-live]", "#rooms"))
    assert bar is not None and under is not None
    assert bar["y"] <= under["y"] and bar["y"] + bar["height"] >= under["y"] + under["height"]
    rooms.click("[data-role=pause]")
    expect(rooms.locator("[data-role=pause]")).to_contain_text("Audio paused 1:5")
    assert rooms.evaluate("infusion.roomsPage.sound.speaker.priority") is None
    get(f"{server}/test/silence?on=false")
    rooms.wait_for_function("document.querySelector('.sheet').dataset.live === 'yes'", timeout=12_000)
    expect(rooms.locator("[data-role=not-live]")).to_be_hidden()


def test_a_browser_that_holds_sound_back_says_so_until_a_touch(page: Page, server: str) -> None:
    page.add_init_script(BLOCKED)
    page.goto(f"{server}/")
    page.wait_for_selector('.bed-card[data-bed="bed-2"][data-worst=high]')
    button = page.locator("[data-role=sound]")
    expect(button).to_have_attribute("data-state", "blocked")
    expect(button).to_have_text("SOUND NOT CONFIRMED")
    page.wait_for_timeout(1_000)
    assert page.evaluate(PLAYED) == []
    page.mouse.click(700, 20)
    page.wait_for_function(f"{PLAYED}.length > 0", timeout=15_000)
    expect(button).to_have_attribute("data-state", "unconfirmed", timeout=15_000)


def test_a_page_that_slept_knows_at_once_that_what_it_shows_is_old(rooms: Page, server: str) -> None:
    """A computer that sleeps stops `performance.now()` but not the time of day."""
    shown = "document.querySelector('.sheet').dataset.live"
    rooms.wait_for_function(f"{shown} === 'yes'")
    rooms.evaluate(
        """() => { const real = Date.now; Date.now = () => real() + 600_000; window.states = [];
          const sheet = document.querySelector('.sheet'); let from = performance.now();
          new MutationObserver(() => window.states.push([sheet.dataset.live, performance.now() - from])).observe(sheet, { attributes: true, attributeFilter: ['data-live'] }); }"""
    )
    rooms.wait_for_function("window.states.length >= 2", timeout=15_000)
    (first, after_ms), (second, _) = rooms.evaluate("window.states.slice(0, 2)")
    assert (first, second) == ("no", "yes")
    assert after_ms < 1_500  # the very next look, and not 3 s of old numbers first


def test_old_heartbeats_that_a_frozen_page_finds_when_it_thaws_prove_nothing(rooms: Page, server: str) -> None:
    """The server fell silent while the page stood still: what had come in before must not make it look live for 3 s more."""
    rooms.wait_for_function("document.querySelector('.sheet').dataset.live === 'yes'")
    rooms.evaluate(
        """() => { window.lostAfterMs = null; const sheet = document.querySelector('.sheet'); let thawed = Infinity;
          new MutationObserver(() => { if (sheet.dataset.live === 'no') window.lostAfterMs ??= performance.now() - thawed; })
            .observe(sheet, { attributes: true, attributeFilter: ['data-live'] });
          setTimeout(() => { const until = performance.now() + 7500; while (performance.now() < until) {} thawed = performance.now(); }, 0); }"""
    )
    get(f"{server}/test/silence?on=true")
    rooms.wait_for_function("window.lostAfterMs !== null", timeout=15_000)
    assert rooms.evaluate("window.lostAfterMs") < 1_500
