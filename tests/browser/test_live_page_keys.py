"""Letters open panels and never write; scanners, palms, held keys and typing do nothing."""

import pytest
from fake_feed import SPO2_LOW, FakeFeed
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PANELS = {
    "l": "consciousness", "r": "rate", "i": "pause", "d": "drug", "e": "side-effect", "v": "vitals", "n": "note", "t": "limits", "?": "keys",
}  # fmt: skip


def dialog(page: Page) -> str | None:
    return page.evaluate("document.querySelector('.dialogs').dataset.shown ?? null")


def writes(feed: FakeFeed) -> list[str]:
    return [a["do"] for a in feed.asks if a["do"] not in ("present", "self_test")] + [p["type"] for p in feed.posts]


def test_each_letter_opens_its_panel_and_writes_nothing(live: Page, feed: FakeFeed) -> None:
    for key, name in PANELS.items():
        live.keyboard.press(key)
        live.wait_for_selector(f".dialog-{name}")
        live.wait_for_timeout(160)
        live.keyboard.press("Escape")
        live.wait_for_selector(".dialog", state="detached")
        live.wait_for_timeout(160)
    assert writes(feed) == []


#: Keys down and up with a wait between; timers of one page keep their order however busy the machine is.
BURST = """async ([keys, gap]) => { for (const key of keys) {
  for (const kind of ['keydown', 'keyup']) document.activeElement.dispatchEvent(new KeyboardEvent(kind, { key, code: key, bubbles: true, cancelable: true }));
  await new Promise((go) => setTimeout(go, gap)); } }"""


def test_a_scanner_burst_does_nothing(live: Page, feed: FakeFeed) -> None:
    feed.set_alarms([SPO2_LOW], sounding="high")
    for gap_ms in (0, 10, 50, 100):
        for scan in (["lra0pidevna", "Enter"], ["la"], ["al"], ["pp"], ["4na", "Enter"]):
            live.wait_for_timeout(700)
            live.evaluate(BURST, [[*scan[0], *scan[1:]], gap_ms])
            live.wait_for_timeout(400)
            assert dialog(live) is None, (gap_ms, scan)
            assert writes(feed) == [], (gap_ms, scan)


def test_the_enter_of_a_scan_does_not_press_the_button_that_has_the_focus(live: Page, feed: FakeFeed) -> None:
    live.locator(".action-note").focus()
    live.evaluate(BURST, [["1", "2", " ", "3", "Enter"], 5])
    live.wait_for_timeout(300)
    assert dialog(live) is None
    live.keyboard.press("Enter")  # alone, it does
    live.wait_for_selector(".dialog-note")


def test_a_palm_on_the_keyboard_does_nothing(live: Page, feed: FakeFeed) -> None:
    feed.set_alarms([SPO2_LOW], sounding="high")
    live.wait_for_timeout(700)
    for key in ("a", "s", "d", "p"):
        live.keyboard.down(key)
    live.wait_for_timeout(300)
    live.keyboard.down("l")  # one more while the others are held
    live.wait_for_timeout(300)
    for key in ("a", "s", "d", "p", "l"):
        live.keyboard.up(key)
    live.wait_for_timeout(300)
    assert dialog(live) is None
    assert writes(feed) == []


def test_a_held_key_acts_once(live: Page, feed: FakeFeed) -> None:
    live.keyboard.down("p")
    for _ in range(6):
        live.wait_for_timeout(60)
        live.keyboard.down("p")  # auto-repeat
    live.keyboard.up("p")
    live.wait_for_timeout(300)
    assert writes(feed) == ["pause_audio"]


def test_a_modifier_makes_it_another_key(live: Page) -> None:
    # Keeps the browser's own shortcuts out.
    live.evaluate("""() => { window.chords = new AbortController();
      document.addEventListener('keydown', (e) => e.preventDefault(), { capture: true, signal: chords.signal }) }""")
    for chord in ("Control+l", "Alt+l", "Meta+l", "Shift+l"):
        live.keyboard.press(chord)
        live.wait_for_timeout(300)
        assert dialog(live) is None, chord
    live.evaluate("chords.abort()")


def test_letters_typed_in_a_field_are_text(live: Page, feed: FakeFeed) -> None:
    feed.set_alarms([SPO2_LOW], sounding="high")
    live.wait_for_timeout(600)
    live.keyboard.press("n")
    live.wait_for_selector(".dialog-note")
    live.locator(".dialog-note textarea").click()
    for key in "lap":
        live.keyboard.press(key)
        live.wait_for_timeout(200)
    expect(live.locator(".dialog-note textarea")).to_have_value("lap")
    assert dialog(live) == "note"
    assert writes(feed) == []


def test_enter_in_a_field_never_saves(live: Page, feed: FakeFeed) -> None:
    live.keyboard.press("d")
    live.wait_for_selector(".dialog-drug")
    live.locator(".dialog [data-field=drug] input").fill("ondansetron")
    live.locator(".dialog [data-field=drug] input").press("Enter")
    live.wait_for_timeout(300)
    assert dialog(live) == "drug"
    assert writes(feed) == []


def test_hot_keys_rest_while_a_panel_is_open(live: Page, feed: FakeFeed) -> None:
    feed.set_alarms([SPO2_LOW], sounding="high")
    live.wait_for_timeout(600)
    live.keyboard.press("l")
    live.wait_for_selector(".dialog-consciousness")
    live.wait_for_timeout(200)
    for key in ("a", "p", "n"):
        live.keyboard.press(key)
        live.wait_for_timeout(300)
    assert dialog(live) == "consciousness"
    assert writes(feed) == []


def test_p_pauses_this_bed_and_counts_down(live: Page, feed: FakeFeed) -> None:
    live.keyboard.press("p")
    expect(live.locator(".pause-audio")).to_contain_text("Audio paused 1:5")
    live.wait_for_timeout(200)
    live.keyboard.press("p")
    expect(live.locator(".pause-audio")).to_contain_text("Pause audio 2:00")
    assert [(a["do"], a["bed"]) for a in feed.asks if a["do"] not in ("present", "self_test")] == [
        ("pause_audio", "bed-6"),
        ("resume_audio", "bed-6"),
    ]
