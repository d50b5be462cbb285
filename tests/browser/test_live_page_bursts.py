"""Bursts measured on the samples that the page renders, against IEC 60601-1-8 tables 3 and 4 (times in seconds, 90 % points)."""

import base64
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

RATE_HZ = 44_100
HOP_S = 0.0005
RENDER = """async ([priority, change]) => {
  const sound = infusion.sound;
  if (change) new Function('sound', change)(sound);
  const ctx = new OfflineAudioContext(1, 4 * 44100, 44100);
  sound.schedule(priority, ctx);
  const bytes = new Uint8Array((await ctx.startRendering()).getChannelData(0).buffer);
  let text = '';
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}"""

LENGTH = "(priority) => infusion.sound.lengthS(infusion.sound.BURSTS[priority])"

#: The table: pulses, pulse duration, spacing inside a group, and (high) the pause between the groups.
PULSES = {"high": (10, 10), "medium": (3, 3), "low": (1, 2)}
PULSE_S = {"high": (0.075, 0.200), "medium": (0.125, 0.250), "low": (0.125, 0.250)}
SPACING_S = {"high": (0.050, 0.125), "medium": (0.125, 0.250), "low": (0.125, 0.250)}
BETWEEN_GROUPS_S = (0.35, 1.30)
RISE = (0.10, 0.20)  # of the pulse
REPEAT_S = {"high": (2.5, 15.0), "medium": (2.5, 30.0), "low": (15.0, 1e9)}


@dataclass(frozen=True)
class Pulse:
    """Seconds at which the envelope passes 90 % upwards and downwards, how long it rose (10 to 90 %), and its peak."""

    up: float
    down: float
    rise: float
    peak: float

    @property
    def duration(self) -> float:
        return self.down - self.up


def rendered(page: Page, priority: str, change: str = "") -> np.ndarray:
    return np.frombuffer(base64.b64decode(page.evaluate(RENDER, [priority, change])), dtype=np.float32).astype(float)


def envelope(x: np.ndarray) -> np.ndarray:
    """The peak of each 2 ms (a period of the fundamental) at steps of HOP_S, stamped with the middle of its window."""
    size, hop = round(0.002 * RATE_HZ), HOP_S * RATE_HZ
    starts = (np.arange(int((len(x) - size) / hop)) * hop).astype(int)
    return np.max(np.abs(x[starts[:, None] + np.arange(size)]), axis=1)


def pulses(x: np.ndarray) -> list[Pulse]:
    level = envelope(x)
    sounding = level > 0.05 * level.max()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], sounding.astype(int), [0]])))
    out = []
    for begin, end in edges.reshape(-1, 2):
        part = level[begin:end]
        peak = float(part.max())
        time = lambda index, begin=begin: (begin + index) * HOP_S + 0.001  # noqa: E731
        loud, heard = np.flatnonzero(part >= 0.9 * peak), np.flatnonzero(part >= 0.1 * peak)
        out.append(Pulse(time(loud[0]), time(loud[-1]), (loud[0] - heard[0]) * HOP_S, peak))
    return out


def spectrum(x: np.ndarray, pulse: Pulse) -> dict[float, float]:
    """The partials of a pulse's steady part: frequency in Hz -> level in dB below the strongest; those above -30 dB."""
    part = x[round(pulse.up * RATE_HZ) + 200 : round(pulse.down * RATE_HZ) - 200]
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 17))
    level = 20 * np.log10(np.maximum(power / power.max(), 1e-9))
    tops = [i for i in np.flatnonzero(level > -30)[1:-1] if level[i] == level[max(0, i - 150) : i + 151].max()]
    return {i * RATE_HZ / (1 << 17): float(level[i]) for i in tops}


def inside(value: float, bounds: tuple[float, float], what: str) -> None:
    assert bounds[0] - 0.002 <= value <= bounds[1] + 0.002, f"{what}: {value:.4f} is not within {bounds}"


def check_burst(priority: str, x: np.ndarray) -> list[Pulse]:
    """Every row of the table that one burst can show; an AssertionError names the one that it breaks."""
    found = pulses(x)
    inside(len(found), PULSES[priority], "pulses")
    for pulse in found:
        inside(pulse.duration, PULSE_S[priority], "pulse duration")
        assert RISE[0] - 0.01 <= pulse.rise / pulse.duration <= RISE[1] + 0.01, (
            f"rise {pulse.rise / pulse.duration:.3f}"
        )
    gaps = [after.up - before.down for before, after in pairwise(found)]
    if priority == "high":
        for first in (0, 5):
            group = gaps[first : first + 4]
            for gap in (group[0], group[1], group[3]):
                inside(gap, SPACING_S[priority], "spacing")
            longer = 2 * group[0] + found[0].duration
            assert abs(group[2] - longer) < 0.005, f"between pulses 3 and 4: {group[2]:.4f}, not {longer:.4f}"
        inside(gaps[4], BETWEEN_GROUPS_S, "between the groups")
    else:
        for gap in gaps:
            inside(gap, SPACING_S[priority], "spacing")
    peaks = [pulse.peak for pulse in found]
    assert 20 * np.log10(max(peaks) / min(peaks)) <= 10, "level between two pulses"
    partials = spectrum(x, found[0])
    f0_hz = min(partials)
    assert 150 <= f0_hz <= 1000, f"fundamental {f0_hz:.0f} Hz"
    rich = [f for f, db in partials.items() if 300 <= f <= 4000 and abs(db - partials[f0_hz]) <= 15]
    assert len(rich) >= 4, f"partials {partials}"
    assert all(abs(f / f0_hz - round(f / f0_hz)) < 0.02 for f in rich), f"not harmonic: {rich}"
    assert max(peaks) <= 1.0, "clips"
    return found


def test_each_burst_is_within_the_table(live: Page) -> None:
    for priority in PULSES:
        x = rendered(live, priority)
        found = check_burst(priority, x)
        told_s = live.evaluate(LENGTH, priority)
        assert np.flatnonzero(np.abs(x) > 1e-4)[-1] / RATE_HZ == pytest.approx(told_s, abs=0.005), priority
        assert min(spectrum(x, found[0])) == pytest.approx(500, abs=3), priority


#: What a slip of the hand could make of the recipe; each must be noticed.
SLIPS = {
    "a pulse less": ("high", "sound.BURSTS.high.starts.pop()", "pulses"),
    "a pulse more": ("medium", "sound.BURSTS.medium.starts.push(1.2)", "pulses"),
    "too short": ("high", "sound.BURSTS.high.pulseS = 0.09", "pulse duration"),
    "too long": ("low", "sound.BURSTS.low.pulseS = 0.4", "pulse duration"),
    "too wide": ("medium", "sound.BURSTS.medium.starts = [0, 0.42, 0.8]", "spacing"),
    "too close": ("high", "sound.BURSTS.high.starts[1] = 0.16", "spacing"),
    "no rhythm": ("high", "sound.BURSTS.high.starts[3] += 0.03; sound.BURSTS.high.starts[4] += 0.03", "between pulses 3 and 4"),
    "groups apart": ("high", "sound.BURSTS.high.starts = sound.BURSTS.high.starts.map((t, i) => (i < 5 ? t : t - 0.3))", "between the groups"),
    "a hard edge": ("low", "sound.VOICE.edge = 0.04", "rise"),
    "a soft edge": ("medium", "sound.VOICE.edge = 0.25", "rise|pulse duration|spacing"),
    "a thin sound": ("high", "sound.VOICE.partials = [1, 0.8, 0.6]", "partials"),
    "faint overtones": ("high", "sound.VOICE.partials = [1, 0.1, 0.1, 0.1, 0.1]", "partials"),
    "too deep": ("low", "sound.VOICE.f0Hz = 120", "fundamental|pulses"),
    "too high": ("medium", "sound.VOICE.f0Hz = 1200", "fundamental"),
}  # fmt: skip


def test_a_slip_of_the_hand_is_noticed(live: Page) -> None:
    keep = "window.recipe = JSON.stringify([infusion.sound.BURSTS, infusion.sound.VOICE])"
    back = "([b, v] = JSON.parse(window.recipe)) => { Object.assign(infusion.sound.BURSTS, b); Object.assign(infusion.sound.VOICE, v) }"
    live.evaluate(keep)
    for name, (priority, change, broken) in SLIPS.items():
        with pytest.raises(AssertionError, match=broken):
            check_burst(priority, rendered(live, priority, change))
            pytest.fail(f"{name}: not noticed")
        live.evaluate(f"({back})()")
    check_burst("high", rendered(live, "high"))


def test_the_worse_the_louder_and_a_reminder_is_no_alarm(live: Page) -> None:
    """Of a pulse's steady part, so that longer pulses do not count as louder ones. Nobody takes a reminder for a burst: it is shorter
    than any pulse of the table."""

    def loudness(priority: str) -> float:
        x = rendered(live, priority)
        first = pulses(x)[0]
        return float(np.sqrt(np.mean(x[round(first.up * RATE_HZ) : round(first.down * RATE_HZ)] ** 2)))

    high, medium, low, reminder = (loudness(p) for p in ("high", "medium", "low", "reminder"))
    assert high >= medium >= low > reminder > 0.02
    assert all(pulse.duration < 0.075 for pulse in pulses(rendered(live, "reminder")))


#: Bursts over 100 s of the speaker's own clock, asked at the page's own pace of 4 a second.
REPEATS = """async (priority) => {
  const speaker = new infusion.sound.Speaker(() => {});
  speaker.wake();
  for (let i = 0; i < 100 && speaker.ctx.state !== 'running'; i++) await new Promise((go) => setTimeout(go, 50));
  speaker.gate.gain.value = 0;
  const real = performance.now.bind(performance);
  let now = real();
  const from = now, at = [];
  performance.now = () => now;
  try {
    for (; now < from + 100000; now += 250) { const before = speaker.nextAt; speaker.want(priority, 0); if (speaker.nextAt !== before) at.push((now - from) / 1000) }
  } finally { performance.now = real; }
  speaker.close();
  return at;
}"""


def test_each_burst_comes_again_in_time(live: Page) -> None:
    live.mouse.click(700, 60)
    for priority in PULSES:
        starts: list[Any] = live.evaluate(REPEATS, priority)
        length_s = live.evaluate(LENGTH, priority)
        pauses = [after - before - length_s for before, after in pairwise(starts)]
        assert len(pauses) >= 2, priority
        for pause in pauses:
            inside(pause, REPEAT_S[priority], f"between bursts, {priority}")
