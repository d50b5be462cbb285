"""Bursts after IEC 60601-1-8 tables 3 and 4, measured on the samples; the sound test; what a blocked browser shows."""

from itertools import pairwise
from typing import Any

import pytest
from browsing import open_live
from fake_feed import CO2_HIGH, SPO2_LOW, FakeFeed
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

#: Rendered burst -> when the envelope stands above half of its peak: [start, end] in seconds; and levels at multiples of 500 Hz.
RENDER = """async (priority) => {
  const rate = 44100;
  const ctx = new OfflineAudioContext(1, 4 * rate, rate);
  const told = infusion.sound.schedule(priority, ctx);
  const x = (await ctx.startRendering()).getChannelData(0);
  const step = Math.round(rate / 500);  // one period of the fundamental
  const level = [];
  for (let i = 0; i + step <= x.length; i += step) { let m = 0; for (let k = i; k < i + step; k++) m = Math.max(m, Math.abs(x[k])); level.push(m); }
  const peak = Math.max(...level);
  const pulses = [];
  level.forEach((v, i) => {
    const on = v > 0.5 * peak;
    if (on && (!pulses.length || pulses.at(-1).open === false)) pulses.push({ from: i * step / rate, to: null, open: true, peak: 0 });
    const last = pulses.at(-1);
    if (on) { last.peak = Math.max(last.peak, v); last.to = (i + 1) * step / rate; } else if (last) last.open = false;
  });
  const from = Math.round(0.05 * rate), n = Math.round(0.1 * rate);  // the steady part of the first pulse
  const power = [1, 2, 3, 4, 5, 6].map((k) => { let re = 0, im = 0; for (let i = 0; i < n; i++) { const p = 2 * Math.PI * k * 500 * i / rate; re += x[from + i] * Math.cos(p); im += x[from + i] * Math.sin(p); } return Math.hypot(re, im) / n; });
  return { lengthS: told.lengthS, peak, pulses: pulses.map((p) => [p.from, p.to, p.peak]), power };
}"""

SILENT_CONTEXT = """
window.AudioContext = class extends window.AudioContext {
  constructor() { super(); this.allowed = false; super.suspend(); }
  get state() { return this.allowed ? super.state : 'suspended'; }
  resume() { return this.allowed ? super.resume() : Promise.resolve(); }
};
"""


def render(page: Page, priority: str) -> dict[str, Any]:
    return page.evaluate(RENDER, priority)


@pytest.mark.parametrize(
    ("priority", "starts", "pulse_s", "length_s"),
    [
        ("high", [0, 0.25, 0.5, 1.0, 1.25, 1.9, 2.15, 2.4, 2.9, 3.15], 0.15, 3.3),
        ("medium", [0, 0.4, 0.8], 0.2, 1.0),
        ("low", [0], 0.2, 0.2),
    ],
)
def test_pulses_and_spacings(live: Page, priority: str, starts: list[float], pulse_s: float, length_s: float) -> None:
    heard = render(live, priority)
    assert heard["lengthS"] == pytest.approx(length_s)
    assert [p[0] for p in heard["pulses"]] == pytest.approx(starts, abs=0.02)
    # Rise and fall take 15 % each: half of the peak is passed 7.5 % in from either end.
    assert [p[1] - p[0] for p in heard["pulses"]] == pytest.approx([0.85 * pulse_s] * len(starts), abs=0.012)
    peaks = [p[2] for p in heard["pulses"]]
    assert max(peaks) / min(peaks) < 3.16  # 10 dB
    assert all(a[1] < b[0] for a, b in pairwise(heard["pulses"]))


def test_four_harmonics_within_fifteen_decibels(live: Page) -> None:
    power = render(live, "high")["power"]
    assert all(1 / 5.62 <= p / power[0] <= 5.62 for p in power[1:5])
    assert power[5] < 0.02 * power[0]


def test_a_worse_alarm_is_at_least_as_loud_and_nothing_clips(live: Page) -> None:
    high, medium, low = (render(live, p)["peak"] for p in ("high", "medium", "low"))
    assert 1.0 >= high >= medium >= low > 0.05


def played(page: Page) -> list[str]:
    return page.evaluate("infusion.sound.played.map((p) => p.priority)")


def test_an_alarm_sounds_at_once_and_again_when_it_worsens(live: Page, feed: FakeFeed) -> None:
    live.mouse.click(700, 60)  # browsers hold sound back until a gesture
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    assert played(live) == []
    feed.set_alarms([CO2_HIGH], sounding="medium")
    live.wait_for_function("infusion.sound.played.length === 1")
    feed.set_alarms([SPO2_LOW, CO2_HIGH], sounding="high")
    live.wait_for_function("infusion.sound.played.length === 2")
    feed.set_alarms(
        [SPO2_LOW, CO2_HIGH], sounding="high"
    )  # a new occurrence of the same priority: the burst number rises
    live.wait_for_function("infusion.sound.played.length === 3")
    assert played(live) == ["medium", "high", "high"]
    feed.set_alarms([], sounding=None)
    live.wait_for_timeout(400)
    assert live.evaluate("infusion.app.speaker.playing") is None


def test_a_pause_is_silent_and_a_new_high_breaks_through(live: Page, feed: FakeFeed) -> None:
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    feed.set_alarms([CO2_HIGH], sounding="medium")
    live.wait_for_function("infusion.sound.played.length === 1")
    live.locator(".pause-audio").click()
    expect(live.locator(".pause-audio")).to_contain_text("Audio paused")
    live.wait_for_timeout(400)
    assert live.evaluate("infusion.app.speaker.playing") is None
    feed.set_alarms([SPO2_LOW, CO2_HIGH], sounding="high")
    live.wait_for_function("infusion.sound.played.at(-1).priority === 'high'")


def test_bursts_repeat_within_the_table(live: Page) -> None:
    bursts = live.evaluate("infusion.sound.BURSTS")
    assert 2.5 <= bursts["high"]["repeatS"] <= 15
    assert 2.5 <= bursts["medium"]["repeatS"] <= 30
    assert bursts["low"]["repeatS"] >= 15


def test_sound_is_unconfirmed_until_a_person_heard_it(live: Page, feed: FakeFeed) -> None:
    chip = live.locator("[data-el=chip-sound]")
    expect(chip).to_contain_text("SOUND NOT CONFIRMED")
    chip.click()
    live.locator("[data-play]").click()
    expect(live.locator(".sound-question")).to_contain_text("Did you hear")
    live.locator("[data-heard=no]").click()
    expect(live.locator(".dialog-sound")).to_contain_text("cannot alert by sound")
    expect(chip).to_be_visible()
    live.locator(".dialog-sound .choice-big").click()
    live.locator("[data-heard=yes]").click()
    expect(chip).to_be_hidden()
    expect(live.locator("[data-el=sound-state]")).to_contain_text("sound confirmed")
    live.wait_for_timeout(200)
    assert [p["type"] for p in feed.posts] == ["sound_confirmed"]
    assert feed.asks[-1]["sound"] == "confirmed"


def test_a_blocked_browser_says_so_and_tells_the_server(page: Page, feed: FakeFeed) -> None:
    page.add_init_script(SILENT_CONTEXT)
    live = open_live(page, feed)
    expect(live.locator("[data-el=sound-state]")).to_contain_text("sound blocked")
    expect(live.locator("[data-el=chip-sound]")).to_be_visible()
    feed.set_alarms([SPO2_LOW], sounding="high")
    live.wait_for_timeout(400)
    assert played(live) == []
    assert feed.asks[-1]["sound"] == "blocked"
    live.evaluate("infusion.app.speaker.ctx.allowed = true")
    live.mouse.click(700, 60)
    live.wait_for_function("infusion.sound.played.length === 1")  # what was due sounds as soon as it may
