"""The charts: gaps stay gaps, extremes survive, at most 2,400 points a trace, windows, due marks, and the theme."""

import re
from typing import Any

import pytest
from fake_feed import NOW_S, FakeFeed
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.charts]

TREND = """({points, from, to, buckets}) => {
  const trend = new infusion.Trend(['v']);
  for (const [t, v] of points) trend.append(t, () => v);
  const s = trend.slice('v', from, to, buckets);
  return s.x.map((x, i) => [x, s.y[i]]);
}"""

TRACES = "[...document.querySelectorAll('.plot-part')].flatMap((n) => n.data || [])"
LAYOUTS = "[...document.querySelectorAll('.plot-part')].map((n) => n.layout || {})"
TRACE = f"""(name) => {{ const t = {TRACES}.find((t) => t.name === name);
  return {{ x: [...t.x], y: [...t.y], connectgaps: t.connectgaps, dash: t.line && t.line.dash, symbol: t.marker && t.marker.symbol }} }}"""


def drawn(page: Page) -> Page:
    page.wait_for_selector(".plot[data-draws]")
    page.wait_for_function(f"{TRACES}.some((t) => t.x.length > 100)")
    return page


def trace(page: Page, name: str) -> dict[str, Any]:
    return page.evaluate(TRACE, name)


def slice_of(page: Page, points: list[tuple[int, float | None]], buckets: int = 800) -> list[tuple[int, float | None]]:
    ends = {"from": points[0][0], "to": points[-1][0]}
    return [tuple(p) for p in page.evaluate(TREND, {"points": points, **ends, "buckets": buckets})]


def test_a_gap_in_the_numbers_is_a_gap_in_the_line(live: Page) -> None:
    shown = trace(drawn(live), "spo2")
    assert shown["connectgaps"] is False
    gap = [x for x, y in zip(shown["x"], shown["y"], strict=True) if y is None]
    assert len(gap) == 1  # the probe was off once


def test_a_missing_stretch_breaks_the_line_and_a_late_sample_does_not(live: Page) -> None:
    points: list[tuple[int, float | None]] = [(t * 1000, 90.0) for t in (0, 1, 2, 3, 5, 6, 30, 31)]
    assert [y for _, y in slice_of(live, points)] == [90, 90, 90, 90, 90, 90, None, 90, 90]


def test_a_lone_sample_between_gaps_is_seen(live: Page) -> None:
    got = slice_of(live, [(0, 1.0), (1000, 1.0), (20_000, 2.0), (40_000, 1.0), (41_000, 1.0)])
    assert [p for p in got if p[1] == 2.0] == [(20_000, 2.0), (21_000, 2.0)]


def test_thinning_keeps_every_extreme_and_the_gap(live: Page) -> None:
    points: list[tuple[int, float | None]] = [(t * 1000, 97.0 + (t % 3) / 10) for t in range(28_800)]
    points[12_345] = (12_345_000, 71.0)  # one second of desaturation in eight hours
    points[20_000] = (20_000_000, 99.5)
    for t in range(5_000, 5_200):
        points[t] = (t * 1000, None)
    got = slice_of(live, points)
    assert len(got) <= 2_400
    assert (12_345_000, 71.0) in got
    assert (20_000_000, 99.5) in got
    assert [x for x, y in got if y is None] == [4_999_000]
    assert [x for x, _ in got] == sorted(x for x, _ in got)


def test_points_that_are_not_later_are_dropped(live: Page) -> None:
    assert slice_of(live, [(0, 1.0), (1000, 2.0), (1000, 9.0), (500, 9.0), (2000, 3.0)]) == [
        (0, 1.0),
        (1000, 2.0),
        (2000, 3.0),
    ]


def test_no_trace_has_more_than_2400_points_and_live_points_are_added(live: Page, feed: FakeFeed) -> None:
    drawn(live)
    live.locator("[data-window='15']").click()
    live.wait_for_function(
        "infusion.app.charts.range && infusion.app.charts.range[1] - infusion.app.charts.range[0] < 1e6"
    )
    first = trace(live, "hr")["x"][-1]
    live.wait_for_function(f"{TRACES}[0].x.at(-1) > {first + 1500}")
    assert max(live.evaluate(f"{TRACES}.map((t) => t.x.length)")) <= 2_400


def test_pressures_are_sticks_between_arrow_tips(live: Page) -> None:
    drawn(live)
    sys, dia, stick = trace(live, "sys"), trace(live, "dia"), trace(live, "stick")
    assert len(sys["x"]) == len(dia["x"]) > 10
    assert stick["y"][:3] == [sys["y"][0], dia["y"][0], None]


def test_a_new_cuff_reading_is_one_stick(live: Page, feed: FakeFeed) -> None:
    drawn(live)
    live.wait_for_timeout(1200)
    live.evaluate("infusion.app.charts.redraw()")
    live.wait_for_timeout(800)
    before = len(trace(live, "sys")["x"])
    for name, number in (("sbp", 151), ("dbp", 90), ("map", 110)):
        feed.values[name] = {**feed.values[name], "value": number, "age_s": 2.0 - (feed.t_s() - NOW_S)}
    for late_s in (0.0, 0.4, -0.3, 0.8):  # the age is told in tenths and travels: its moment wobbles
        values = feed._aged()
        values["sbp"] = {**values["sbp"], "age_s": values["sbp"]["age_s"] - late_s}
        feed.tell("vitals", values=values, t_s=feed.t_s(), tick=True)
        live.wait_for_timeout(100)
    live.evaluate("infusion.app.charts.redraw()")
    live.wait_for_timeout(800)
    assert trace(live, "sys")["y"][before:] == [151]


def test_what_lies_ahead_is_dashed_and_what_is_due_is_hollow(live: Page) -> None:
    drawn(live)
    now = live.evaluate("infusion.app.bed.nowMs()")
    live.wait_for_function(f"{TRACES}.filter((t) => t.line && t.line.dash).every((t) => t.x.length > 0)")
    for name in ("rateAhead", "cpAhead"):
        shown = trace(live, name)
        assert shown["dash"] in ("dash", "dot")
        assert max(shown["x"]) > now + 600_000
    assert max(trace(live, "cp")["x"]) <= now + 5_000
    due = trace(live, "locDue")
    assert due["symbol"] == "circle-open"
    assert due["x"][0] > now
    expect(live.locator("[data-el=prediction-text]")).to_contain_text("predicted plasma")
    expect(live.locator("[data-el=prediction-text]")).to_contain_text("not measured")


def test_the_prediction_in_numbers_and_without_its_band(live: Page, feed: FakeFeed) -> None:
    """The panel opens by K and writes nothing; the band can be put away on this screen and stays away."""
    drawn(live)
    live.wait_for_function(
        f"{TRACES}.filter((t) => ['low', 'ce', 'ceAhead'].includes(t.name) && t.x.length > 1).length === 3"
    )
    live.keyboard.press("k")
    panel = live.locator(".dialog-prediction")
    expect(panel).to_contain_text("Predicted, not measured")
    expect(panel).to_contain_text("60.5 mg to go of 86.8 mg, in at ")
    expect(panel).to_contain_text("Kamp 2020: A population estimate, not a measurement")
    live.set_viewport_size({"width": 1280, "height": 800})
    cut = panel.locator(".dialog-body").evaluate("(n) => n.scrollHeight - n.clientHeight")
    assert cut <= 1, "nobody scrolls to read how wrong it may be"
    rows = panel.locator("tbody tr")
    expect(rows.nth(0)).to_have_text(re.compile(r"^now16\d \(11\d – 22\d\)15\d120126$"))
    expect(rows.nth(2)).to_have_text(re.compile(r"^in 10 min16\d \(.*\)16\d8\d8\d$"))
    panel.get_by_role("button", name="Band and effect site").click()
    live.wait_for_function(
        f"{TRACES}.filter((t) => ['low', 'high', 'ce', 'ceAhead'].includes(t.name)).every((t) => t.x.length === 0)"
    )
    live.wait_for_function(f"{TRACES}.some((t) => t.name === 'cp' && t.x.length > 0)")
    expect(live.locator("[data-el=prediction-text]")).to_have_text(
        re.compile(r"^predicted plasma 16\d ng/mL · Kamp 2020 · not measured$")
    )
    live.reload()
    drawn(live)
    live.wait_for_function(
        f"{TRACES}.some((t) => t.name === 'cp' && t.x.length > 0) && {TRACES}.find((t) => t.name === 'low').x.length === 0"
    )
    live.locator(".tile-ketamine .tile-open").click()
    expect(panel.get_by_role("button", name="Band and effect site")).to_have_attribute("aria-pressed", "false")
    feed.infusion = {**feed.infusion, "state": "paused", "given_mg": 90.0}
    feed.tell_snapshot()
    expect(panel).to_contain_text("planned 86.8 mg are in; 3.2 mg more than planned")
    assert feed.posts == []


def test_limits_are_dotted_and_every_quantity_has_a_scale(live: Page) -> None:
    drawn(live)
    shapes = live.evaluate(f"{LAYOUTS}.flatMap((l) => l.shapes.map((s) => [s.yref, s.y0, s.line.dash]))")
    for row in (["y2", 93, "1px,5px"], ["y2", 89, "2px,3px"], ["y2", 84, "4px,3px"], ["y", 121, "2px,3px"]):
        assert row in shapes  # the worse, the heavier
    ticks = live.evaluate(
        f"['yaxis', 'yaxis2', 'yaxis3', 'yaxis4', 'yaxis5', 'yaxis6', 'yaxis7', 'yaxis10'].map((a) => {LAYOUTS}.find((l) => l[a] && l[a].tickvals)[a].tickvals.length)"
    )
    assert min(ticks) >= 1
    expect(live.locator(".legend")).to_have_text(
        "gap: no data · dotted: alarm limit · dashed: predicted or planned · hollow: due"
    )


def test_windows_and_the_session_from_its_opening_to_the_end_of_the_plan(live: Page, feed: FakeFeed) -> None:
    drawn(live)
    for minutes, width_s in ((15, 900), (60, 3600), (120, 7200)):
        live.locator(f"[data-window='{minutes}']").click()
        expect(live.locator(f"[data-window='{minutes}']")).to_have_attribute("aria-pressed", "true")
        live.wait_for_function(
            f"Math.abs(infusion.app.charts.range[1] - infusion.app.charts.range[0] - {width_s * 1000}) < 2000"
        )
    live.locator("[data-window='0']").click()
    live.wait_for_function("infusion.app.charts.range[1] - infusion.app.charts.range[0] > 4 * 3600e3")
    start, end = live.evaluate("infusion.app.charts.range")
    assert start <= feed.began.timestamp() * 1000
    assert end >= feed.at(720 + 240 * 60).timestamp() * 1000


def test_the_theme_changes_both_page_and_charts(live: Page) -> None:
    drawn(live)
    dark = live.evaluate(f"[getComputedStyle(document.body).backgroundColor, {TRACES}[0].line.color]")
    live.locator("[data-theme-toggle]").click()
    live.wait_for_function(f"{TRACES}.length && {TRACES}[0].line.color !== {dark[1]!r}")
    light = live.evaluate("[getComputedStyle(document.body).backgroundColor, document.documentElement.dataset.theme]")
    assert light[0] != dark[0]
    assert light[1] == "light"


def test_history_that_cannot_be_loaded_is_told_and_tried_again(page: Page, feed: FakeFeed, watched: Any) -> None:
    from browsing import open_live

    watched.expected.append("status of 503")
    feed.history_fails = True
    live = open_live(page, feed)
    expect(live.locator("[data-el=chart-message]")).to_contain_text("could not be loaded")
    expect(live.locator(".tile-hr .tile-value")).to_have_text("92")
    feed.history_fails = False
    expect(live.locator("[data-el=chart-message]")).to_be_hidden()


def test_a_moment_can_be_read_off(live: Page) -> None:
    drawn(live)
    box = live.locator(".chart-area").bounding_box()
    assert box
    live.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 60)
    expect(live.locator("[data-el=readout]")).to_contain_text("SpO₂")
    expect(live.locator("[data-el=readout]")).to_contain_text("BP 1")


def test_what_changes_while_the_charts_are_drawn_is_drawn_next(live: Page) -> None:
    drawn(live)
    draws = live.evaluate(
        """async () => {
  const charts = infusion.app.charts, turn = () => new Promise((go) => setTimeout(go, 1)), began = performance.now();
  while (charts.drawing || charts.queued) await turn();
  const before = charts.draws;
  charts.redraw();
  while (!charts.drawing) await turn();
  charts.redraw();
  while (charts.draws < before + 2 && performance.now() - began < 3500) await turn();
  return charts.draws - before;
}"""
    )
    assert draws >= 2  # by itself the next one would come after 4 s


def test_a_bed_that_makes_its_own_past_looks_like_nothing_yet(page: Page, feed: FakeFeed) -> None:
    feed.preparing = True
    page.goto(feed.url)
    expect(page.locator("[data-el=phase]")).to_have_text("PREPARING")
    expect(page.locator("[data-el=chart-message]")).to_contain_text("is being made")
    expect(page.locator("[data-el=chart-message] a")).to_have_count(0)  # nobody shall open another session here
    assert not re.search(r"\d", "".join(page.locator(".tile-value").all_inner_texts()))
    expect(page.locator(".action").first).to_be_disabled()
    feed.preparing = False
    feed.tell_snapshot()
    expect(page.locator(".tile-spo2 .tile-value")).to_have_text("97")
    drawn(page)
    expect(page.locator("[data-el=chart-message]")).to_be_hidden()


#: The very first drawing on a slow machine, and a turn of the tablet in the middle of it. No later drawing by the clock mends it.
TURNED = """async () => { const { charts } = infusion.app, { area, plots } = charts;
  clearInterval(charts.timer);
  const rest = (ms) => new Promise((go) => setTimeout(go, ms)), draw = plots.draw.bind(plots);
  while (charts.drawing) await rest(5);
  plots.forget(window.Plotly); charts.draws = 0;
  plots.draw = async (...what) => { await rest(60); return draw(...what); };
  charts.redraw();
  while (!charts.drawing) await rest(1);
  area.style.width = `${area.clientWidth - 200}px`; }"""
WIDTHS = "[infusion.app.charts.plot.clientWidth, ...[...document.querySelectorAll('.plot .main-svg')].map((n) => n.clientWidth)]"


def test_a_size_that_changes_while_the_charts_are_drawn_is_taken_up(live: Page) -> None:
    drawn(live)
    live.evaluate(TURNED)
    live.wait_for_function(f"infusion.app.charts.draws > 1 && new Set({WIDTHS}).size === 1 && {WIDTHS}.length > 4")
