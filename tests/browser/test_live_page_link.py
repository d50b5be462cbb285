"""What is not live must not look live: dead values, old cuff readings, a silent server, a missing message, a failing record."""

import json
import re
import time

import pytest
from browsing import Watched, open_live
from fake_feed import BED, SPO2_LOW, FakeFeed, iso
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

REFUSED = ("WebSocket", "ERR_")


def value(page: Page, tile: str) -> str:
    return page.locator(f".tile-{tile} .tile-value").inner_text()


def test_dead_values_are_grey_dashes_with_their_age(live: Page, feed: FakeFeed) -> None:
    feed.scene("dead")
    feed.tell_snapshot()
    feed.tell_values()
    for tile, words in (("spo2", r"sensor off \d:\d\d"), ("rr", r"no signal 1:\d\d"), ("co2", r"no link \d:\d\d")):
        expect(live.locator(f".tile-{tile}")).to_have_attribute("data-dead", "true")
        expect(live.locator(f".tile-{tile} .tile-source")).to_have_text(re.compile(words))
        assert value(live, tile) == "– –"
    assert value(live, "hr") == "92"
    live_colour, dead_colour = (
        live.locator(f".tile-{t} .tile-value").evaluate("(n) => getComputedStyle(n).color") for t in ("hr", "spo2")
    )
    assert live_colour != dead_colour
    expect(live.locator("[data-el=strip-devices]")).to_contain_text("capnograph LOST 0:09: check the cable on port 2")


def test_a_cuff_reading_shows_its_age_and_greys_out(live: Page, feed: FakeFeed) -> None:
    source = live.locator(".tile-bp .tile-source")
    expect(source).to_contain_text("2:1")
    expect(source).to_contain_text("every 5:00")
    expect(live.locator(".tile-bp")).not_to_have_attribute("data-grey", "true")
    for name in ("sbp", "dbp", "map"):
        feed.values[name]["age_s"] = 451
    feed.tell_values()
    expect(live.locator(".tile-bp")).to_have_attribute("data-grey", "true")
    expect(source).to_contain_text("7:3")
    assert value(live, "bp") == "148/86"


def test_a_run_that_a_trainer_paces_tells_it_and_ages_at_its_pace(live: Page, feed: FakeFeed) -> None:
    devices = live.locator("[data-el=strip-devices]")
    expect(devices).not_to_contain_text("RUN")
    for pace, quiet, words, aged_s in (
        (0, False, "RUN PAUSED BY THE TRAINER · ", 0.0), (20, True, "RUN AT 20x, sound off · ", 4.0), (5, False, "RUN AT 5x · ", 1.0),
    ):  # fmt: skip
        feed.tell("snapshot", **feed.snapshot(), pace=pace, quiet=quiet)
        expect(devices).to_contain_text(words)
        # In one turn of the page: no message comes between.
        since_s = live.evaluate(
            "() => { const { bed } = infusion.app; bed.arrived = performance.now() - 200; return bed.sinceS(); }"
        )
        assert since_s == pytest.approx(aged_s, abs=0.2)


def test_a_doubtful_low_is_shown_and_flagged(live: Page, feed: FakeFeed) -> None:
    feed.values["spo2"] = {**feed.values["spo2"], "value": 41, "status": "questionable"}
    feed.tell_values()
    expect(live.locator(".tile-spo2 .tile-value")).to_have_text("41")
    expect(live.locator(".tile-spo2 .tile-source")).to_contain_text("check patient, then sensor")


def test_a_sensor_that_settles_says_that_nothing_alarms_yet(live: Page, feed: FakeFeed) -> None:
    feed.values["spo2"] = {**feed.values["spo2"], "settling_s": 12.0}
    feed.tell_values()
    expect(live.locator(".tile-spo2 .tile-source")).to_contain_text("settling 0:1")
    del feed.values["spo2"]["settling_s"]
    feed.tell_values()
    expect(live.locator(".tile-spo2 .tile-source")).to_have_text("PI 3.1 · O₂ 2 L/min nasal")


def test_a_pulse_is_not_called_heart_rate(live: Page, feed: FakeFeed) -> None:
    feed.values["rate"] = {**feed.values["rate"], "signal": "pr"}
    feed.tell_values()
    expect(live.locator(".tile-hr .tile-label")).to_have_text("Pulse")


def test_a_silent_server_is_not_live_after_three_seconds(live: Page, feed: FakeFeed) -> None:
    live.mouse.click(700, 60)
    # A busy machine may hold the page up: as long as it stood still, it could not look.
    live.evaluate(
        """() => { const root = document.querySelector('#live'); let before = performance.now(); window.stood = 0;
          const look = () => { const now = performance.now(); window.stood = Math.max(window.stood, now - before - 50); before = now };
          setInterval(look, 50);
          new MutationObserver(() => { look(); window.silent ??= infusion.app.socket.silentS() })
            .observe(root, { attributes: true, attributeFilter: ['data-state'] }) }"""
    )
    feed.silent = True
    live.wait_for_selector("#live[data-state=lost]", timeout=15_000)
    assert 3.0 <= live.evaluate("window.silent") < 3.6 + live.evaluate("2 * window.stood / 1000")
    expect(live.locator("[data-el=strip-alert]")).to_contain_text("NOT LIVE")
    expect(live.locator("[data-el=strip-alert]")).to_be_visible()
    assert [value(live, t) for t in ("hr", "spo2", "bp", "co2", "rr")] == ["– –"] * 5
    live.wait_for_function("infusion.sound.played.length > 0 && infusion.sound.played[0].priority === 'medium'")
    expect(live.locator(".alarm-row[data-row='0']")).to_contain_text("Not live")
    feed.silent = False
    live.wait_for_selector("#live[data-state=live]", timeout=15_000)
    expect(live.locator(".tile-hr .tile-value")).to_have_text("92")
    expect(live.locator("[data-el=strip-alert]")).to_be_hidden()


def test_p_quiets_the_page_that_is_not_live_by_itself(live: Page, feed: FakeFeed) -> None:
    live.mouse.click(700, 60)
    feed.silent = True
    live.wait_for_selector("#live[data-state=lost]", timeout=15_000)
    live.keyboard.press("p")
    expect(live.locator(".pause-audio")).to_contain_text("Audio paused 1:5")
    assert [a for a in feed.asks if a["do"] == "pause_audio"] == []
    assert live.evaluate("infusion.app.speaker.priority") is None


@pytest.mark.charts
def test_a_reconnect_brings_a_fresh_snapshot_and_history(live: Page, feed: FakeFeed) -> None:
    live.wait_for_selector(".plot[data-draws]")
    before = feed.histories
    feed.alarms = [{**SPO2_LOW, "onset_at": iso(feed.at(feed.t_s()))}]
    feed.drop()
    expect(live.locator(".alarm-row[data-row='0']")).to_contain_text("SpO₂ LOW")
    live.wait_for_function("document.querySelector('#live').dataset.state === 'live'")
    assert feed.histories == before + 1


def test_a_hole_in_the_numbers_of_messages_reconnects(live: Page, feed: FakeFeed) -> None:
    (socket, count) = feed._sockets[0]
    count[0] += 1  # one message lost
    feed.tell_values()
    deadline = time.monotonic() + 15
    while not feed._sockets or feed._sockets[-1][0] is socket:
        assert time.monotonic() < deadline, "the page went on with a hole in its messages"
        live.wait_for_timeout(50)
    expect(live.locator("#live")).to_have_attribute("data-state", "live")


def test_a_failing_record_is_told_in_red(live: Page, feed: FakeFeed) -> None:
    feed.scene("record")
    expect(live.locator("[data-el=strip-alert]")).to_contain_text(
        "RECORDING FAILED · the disk is full · keep notes on paper"
    )
    expect(live.locator("[data-el=strip-alert]")).to_be_visible()
    assert value(live, "hr") == "92"


def test_a_page_that_never_gets_through_says_so(page: Page, feed: FakeFeed, watched: Watched) -> None:
    watched.expected.extend(REFUSED)
    feed.refuse_sockets = True
    page.add_init_script("sessionStorage.setItem('infusion.person.bed-6', 'R. Nurse')")
    page.goto(feed.url)
    page.wait_for_selector("#live[data-state=lost]", timeout=8_000)
    feed.refuse_sockets = False
    page.wait_for_selector("#live[data-state=live]", timeout=10_000)


def test_without_co2_the_page_says_that_apnoea_goes_unseen(live: Page, feed: FakeFeed) -> None:
    chip = live.locator("[data-el=chip-no-co2]")
    expect(chip).to_be_hidden()
    feed.scene("no-co2")
    feed.tell_snapshot()
    expect(chip).to_have_text("NO APNOEA DETECTION")
    expect(chip).to_be_visible()
    expect(live.locator(".tile-co2 .tile-source")).to_have_text("no sensor")


def test_lasting_warnings(live: Page, feed: FakeFeed) -> None:
    expect(live.locator("[data-el=mode]")).to_have_text("SIMULATION")
    expect(live.locator("[data-el=chip-unapproved]")).to_be_visible()
    expect(live.locator("[data-el=chip-modified]")).to_be_hidden()
    feed.simulation = False
    feed.session_more = {"approved": True, "limits_modified": True}
    feed.tell_snapshot()
    expect(live.locator("[data-el=mode]")).to_have_text("LIVE")
    expect(live.locator("[data-el=chip-unapproved]")).to_be_hidden()
    expect(live.locator("[data-el=chip-modified]")).to_be_visible()


def test_a_bed_without_a_session(page: Page, feed: FakeFeed) -> None:
    feed.scene("no-session")
    live = open_live(page, feed)
    expect(live.locator("[data-el=chart-message]")).to_contain_text("No session is open at this bed.")
    expect(live.locator(".alarm-row[data-row='0']")).to_contain_text("No open session")
    expect(live.locator(".tile-hr .tile-value")).to_have_text("92")
    assert live.locator(".action:disabled").count() == 7
    live.wait_for_timeout(200)
    live.keyboard.press("l")
    live.wait_for_timeout(400)
    assert live.locator(".dialog").count() == 0


def test_the_page_tells_who_is_there_and_whether_it_sounds(live: Page, feed: FakeFeed) -> None:
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    live.wait_for_timeout(300)
    present = [a for a in feed.asks if a["do"] == "present"][-1]
    assert {k: present[k] for k in ("bed", "by", "visible", "sound")} == {
        "bed": BED, "by": "R. Nurse", "visible": True, "sound": "unconfirmed",
    }  # fmt: skip
    assert len(present["screen"]) == 8


def test_a_second_tab_is_mentioned(live: Page, feed: FakeFeed) -> None:
    other = live.context.new_page()
    open_live(other, feed)
    other.evaluate("infusion.app.present()")
    expect(live.locator("[data-el=strip-screens]")).to_have_text("1 more tab of this bed here")


def test_numbers_carry_the_stamp_of_their_message(live: Page, feed: FakeFeed) -> None:
    """The benchmark from byte to paint waits for this attribute."""
    stamp = live.evaluate(
        """() => new Promise((done) => { const root = document.querySelector('#live');
          new MutationObserver(() => done([root.dataset.at, document.querySelector('.tile-hr .tile-value').textContent]))
            .observe(root, { attributes: true, attributeFilter: ['data-at'] }) })"""
    )
    assert stamp[1] == "92"
    assert stamp[0].endswith("+00:00")
    assert json.loads(live.locator("#live").get_attribute("data-config") or "{}")["bed"] == BED
