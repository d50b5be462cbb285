"""Fits without scrolling or overlap, digits as large as asked, nothing under 11 px, contrast, and room for fingers."""

from typing import Any

import pytest
from fake_feed import FakeFeed
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

SIZES = [(1280, 800), (1366, 768), (1600, 940), (1920, 1080)]
#: Each shows a pulse of its own.
SCENES = ("warnings", "many", "dead", "real")

VISIBLE = """[...document.querySelectorAll('.live *')].filter((n) => n.offsetParent && !n.closest('.sr-only, .plot')
  && [...n.childNodes].some((c) => c.nodeType === 3 && c.data.trim()))"""

CUT = f"""() => {VISIBLE}.filter((n) => {{ const s = getComputedStyle(n); if (n.closest('.log-lines')) return false;
  for (let box = n; box && !box.classList.contains('live'); box = box.parentElement) {{
    const b = getComputedStyle(box); if (b.overflowX === 'visible' && b.overflowY === 'visible') continue;
    const r = document.createRange(); r.selectNodeContents(n); const t = r.getBoundingClientRect(), o = box.getBoundingClientRect();
    if (t.right > o.right + 1 || t.left < o.left - 1) return true; }}
  return false; }}).map((n) => `${{n.className || n.dataset.el}}: ${{n.textContent.slice(0, 60)}}`)"""

OVERLAPS = """() => { const boxes = [...document.querySelectorAll('.tile .tile-label, .tile .tile-unit, .tile .tile-alarm, .tile .tile-source, .tile .tile-limits, .tile .tile-value')]
    .filter((n) => n.textContent.trim()).map((n) => { const r = document.createRange(); r.selectNodeContents(n); const b = r.getBoundingClientRect();
      // Line boxes are taller than the glyphs: capitals and digits fill 0.73 em around the middle.
      const em = parseFloat(getComputedStyle(n).fontSize), mid = (b.top + b.bottom) / 2;
      return { n, tile: n.closest('.tile'), l: b.left, r: b.right, t: mid - 0.37 * em, b: mid + 0.37 * em } });
  return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((c) => c.tile === a.tile && a.l < c.r - 1 && c.l < a.r - 1 && a.t < c.b - 1 && c.t < a.b - 1)
    .map((c) => `${a.n.textContent} / ${c.n.textContent}`)) }"""

CONTRAST = f"""() => {{
  const parse = (c) => {{ const m = c.match(/[\\d.]+/g).map(Number); return {{ rgb: m.slice(0, 3), a: m.length > 3 ? m[3] : 1 }} }};
  const lum = (rgb) => {{ const [r, g, b] = rgb.map((v) => {{ v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 }}); return 0.2126 * r + 0.7152 * g + 0.0722 * b }};
  // What is painted below: the banner's buttons stand over rows that are not their parents.
  const ground = (n) => {{ const r = n.getBoundingClientRect(); const under = document.elementsFromPoint(r.x + r.width / 2, r.y + r.height / 2); const from = under.indexOf(n);
    for (const box of from < 0 ? under : under.slice(from)) {{ const c = parse(getComputedStyle(box).backgroundColor); if (c.a > 0.95) return c.rgb }} return [0, 0, 0] }};
  return {VISIBLE}.filter((n) => !n.closest(':disabled')).map((n) => {{ const [a, b] = [lum(parse(getComputedStyle(n).color).rgb), lum(ground(n))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), `${{n.className}}: ${{n.textContent.slice(0, 40)}}`] }}).filter(([ratio]) => ratio < 4.5) }}"""

SMALL_TARGETS = """() => [...document.querySelectorAll('.live button')].filter((b) => b.offsetParent && !b.disabled).filter((b) => {
    const r = b.getBoundingClientRect(); const x = r.x + r.width / 2, y = r.y + r.height / 2;
    // 44 px centred on it, whatever the eye sees: an invisible rim counts, a neighbour's does not.
    return ![[0, -21], [0, 21], [-21, 0], [21, 0]].every(([dx, dy]) => { const hit = document.elementFromPoint(x + dx, y + dy); return hit && hit.closest('button') === b }) })
  .map((b) => `${b.className}: ${b.textContent} ${Math.round(b.getBoundingClientRect().width)}x${Math.round(b.getBoundingClientRect().height)}`)"""


def px(page: Page, selector: str) -> float:
    return float(page.locator(selector).first.evaluate("(n) => parseFloat(getComputedStyle(n).fontSize)"))


#: A change of size begins the charts anew: for a moment they hold nothing.
DRAWN = """(width) => { const { charts } = infusion.app, drawn = [...charts.plot.querySelectorAll('.main-svg')];
  return innerWidth === width && !charts.drawing && !charts.again && !charts.anew && drawn.length > 4
    && drawn.every((n) => n.clientWidth === charts.plot.clientWidth) }"""


def resize(page: Page, size: tuple[int, int], *, charts: bool = False) -> None:
    """And once more laid out and painted; `charts`: of a page that draws them."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_function(f"innerWidth === {size[0]} && innerHeight === {size[1]}")
    page.wait_for_timeout(300)
    if charts:
        page.wait_for_function(DRAWN, arg=size[0])


def show(page: Page, feed: FakeFeed, scene: str) -> None:
    """Another scene with wide numbers on the page that is open, and painted: each has a pulse of its own."""
    rate = SCENES.index(scene) + 132
    feed.show(scene, sbp=188, dbp=110, rate=rate, map=136)
    expect(page.locator(".tile-hr .tile-value")).to_have_text(str(rate))


@pytest.mark.charts
def test_fits_without_scrolling_cutting_or_overlap(live: Page, feed: FakeFeed) -> None:
    for scene in ("warnings", "many", "dead"):
        show(live, feed, scene)
        for size in SIZES:
            resize(live, size, charts=True)
            whole = live.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
            assert whole == list(size), scene
            assert live.evaluate(CUT) == [], (scene, size)
            assert live.evaluate(OVERLAPS) == [], (scene, size)


def test_sizes_at_1600(live: Page) -> None:
    assert min(px(live, f".tile-{t} .tile-value") for t in ("hr", "spo2", "co2", "rr", "loc")) >= 90
    assert px(live, ".tile-bp .tile-value") >= 54
    assert px(live, ".alarm-title") >= 22


@pytest.mark.charts
def test_nothing_is_under_11_px(live: Page, feed: FakeFeed) -> None:
    feed.show("many")
    expect(live.locator(".more-alarms")).to_have_text("+2 more")
    live.wait_for_selector(".plot[data-draws]")
    for size in ((1280, 800), (1600, 940), (1024, 768)):
        resize(live, size, charts=True)
        for texts in (VISIBLE, "[...document.querySelectorAll('.plot text')]"):
            smallest = live.evaluate(f"Math.min(...{texts}.map((n) => parseFloat(getComputedStyle(n).fontSize)))")
            assert 11 <= smallest < 100, size


def test_digits_are_tabular(live: Page, feed: FakeFeed) -> None:
    widths = set()
    for number in (11, 88, 47):
        feed.set_values(rate=number)
        feed.tell_values()
        live.wait_for_function(f"document.querySelector('.tile-hr .tile-value').textContent === '{number}'")
        widths.add(
            live.evaluate(
                "(() => { const r = document.createRange(); r.selectNodeContents(document.querySelector('.tile-hr .tile-value')); return Math.round(r.getBoundingClientRect().width) })()"
            )
        )
    assert len(widths) == 1


def test_the_font_is_our_own(live: Page) -> None:
    assert live.evaluate(
        "document.fonts.ready.then(() => [...document.fonts].some((f) => f.family.includes('Inter') && f.status === 'loaded'))"
    )


@pytest.mark.charts
def test_contrast(live: Page, feed: FakeFeed) -> None:
    for scene in SCENES:
        show(live, feed, scene)
        for theme in ("dark", "light"):
            live.evaluate(f"infusion.theme.set('{theme}')")
            live.wait_for_timeout(300)  # longer than any colour takes to change
            assert live.evaluate(CONTRAST) == [], (scene, theme)


def test_everything_to_touch_has_44_px(live: Page, feed: FakeFeed) -> None:
    feed.show("many")
    expect(live.locator(".more-alarms")).to_have_text("+2 more")
    for size in ((1280, 800), (1600, 940)):
        resize(live, size)
        assert live.evaluate(SMALL_TARGETS) == [], size


PANELS = (
    "consciousness", "rate", "pause", "drug", "side-effect", "vitals", "note", "emergency", "close", "log", "person", "keys", "sound",
    "limits", "respiratory", "limits-default",
)  # fmt: skip


def test_panels_fit_and_can_be_touched(live: Page) -> None:
    live.set_viewport_size({"width": 1280, "height": 800})
    for panel in PANELS:
        live.evaluate(f"infusion.app.dialogs.open('{panel}')")
        box: Any = live.locator(".dialog").bounding_box()
        assert box["x"] >= 0, panel
        assert box["x"] + box["width"] <= 1280, panel
        assert box["y"] + box["height"] <= 800, panel
        wider, higher = live.locator(".dialog-body").evaluate(
            "(n) => [n.scrollWidth - n.clientWidth, n.scrollHeight - n.clientHeight]"
        )
        assert wider <= 0, panel
        assert higher <= 0 or panel in ("log", "limits"), panel
        small = live.evaluate(
            "[...document.querySelectorAll('.dialog button')].filter((b) => b.offsetParent && b.getBoundingClientRect().height < 44).map((b) => b.textContent)"
        )
        assert small == [], panel
        live.evaluate("infusion.app.dialogs.close()")
        live.wait_for_selector(".dialog", state="hidden")


def test_focus_can_be_seen(live: Page) -> None:
    live.keyboard.press("Tab")
    outline = live.evaluate(
        "(() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth)] })()"
    )
    assert outline[0] == "solid"
    assert outline[1] >= 2


@pytest.mark.charts
def test_a_tablet_scrolls_down_only_and_keeps_the_alarms_in_sight(live: Page, feed: FakeFeed) -> None:
    feed.show("many")
    expect(live.locator(".more-alarms")).to_have_text("+2 more")
    for size in ((1024, 768), (820, 1180)):
        resize(live, size, charts=True)
        live.wait_for_function(f"document.documentElement.scrollWidth === {size[0]}")
        live.evaluate("window.scrollTo(0, 600)")
        live.wait_for_timeout(100)
        assert live.evaluate("scrollY") > 0, size
        assert live.locator(".alarm-row[data-row='0']").bounding_box()["y"] >= 0, size  # type: ignore[index]
