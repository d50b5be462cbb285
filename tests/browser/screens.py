"""Screenshots of every alarm state: `python tests/browser/screens.py FOLDER [STATE ...]`.

Each state at 1600x940 and 1280x800 in both themes; at 1600x940 also in greyscale and as seen with protanopia and deuteranopia
(simulated by the browser), where colour alone must not carry the meaning. Look at them after a change of looks.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from fake_feed import FakeFeed
from playwright.sync_api import Page, sync_playwright

from benchmarks._chrome import ARGS, find_chrome

SIZES = ((1600, 940), (1280, 800))
VISION = {"": "none", "-grey": "achromatopsia", "-protan": "protanopia", "-deutan": "deuteranopia"}


def _open(panel: str, argument: str = "undefined") -> Callable[[Page], object]:
    return lambda page: page.evaluate(f"infusion.app.dialogs.open('{panel}', {argument})")


def _confirmed(page: Page) -> None:
    page.evaluate("infusion.app.speaker.wake()")
    page.wait_for_function("infusion.app.speaker.ctx.state === 'running'")
    page.evaluate("infusion.app.speaker.confirm(true)")


def _broken(page: Page) -> None:
    page.evaluate("infusion.app.speaker.gate.disconnect(); infusion.app.selfTest()")
    page.wait_for_selector("#live[data-sound=failed]")


#: State -> scene of the feed, and what is done on the page then.
STATES: dict[str, tuple[str, Callable[[Page], object] | None]] = {
    "none": ("calm", None),
    "low": ("low", None),
    "medium": ("one", None),
    "high": ("high", None),
    "three": ("three", None),
    "many": ("many", None),
    "cuff": ("cuff", None),
    "paused": ("paused", None),
    "latched": ("latched", None),
    "technical": ("technical", None),
    "escalated": ("escalated", None),
    "off": ("off", None),
    "screens": ("screens", None),
    "warnings": ("warnings", None),
    "sound-not-confirmed": ("three", lambda page: page.evaluate("infusion.app.speaker.confirm(false)")),
    "sound-not-working": ("calm", _broken),
    "limits": ("off", _open("limits")),
    "limits-spo2": ("modified", _open("limits", "'spo2'")),
    "limit": ("modified", _open("limit", "'SPO2_LOW_2'")),
    "limits-default": ("modified", _open("limits-default")),
    "alarm-off": ("three", _open("alarm-off", "'ETCO2_HIGH_1'")),
    "respiratory": ("three", _open("respiratory")),
    "slept": ("calm", lambda page: page.evaluate("infusion.app.slept(42)")),
    "not-live": ("three", None),
}


def shoot(folder: Path, wanted: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    feed = FakeFeed()
    feed.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chrome(), args=list(ARGS))
        for theme in ("dark", "light"):
            for size in SIZES:
                context = browser.new_context(viewport={"width": size[0], "height": size[1]})
                context.add_init_script(
                    f"localStorage.setItem('infusion.theme', '{theme}'); sessionStorage.setItem('infusion.person.bed-6', 'R. Nurse')"
                )
                for state in wanted:
                    _shoot(context.new_page(), feed, folder / f"{state}-{theme}-{size[0]}", state, size == SIZES[0])
                context.close()
        browser.close()
    feed.stop()


def _shoot(page: Page, feed: FakeFeed, path: Path, state: str, visions: bool) -> None:
    scene, then = STATES[state]
    feed.reset()
    feed.scene(scene)
    page.goto(feed.url)
    page.wait_for_selector("#live[data-state=live][data-at]")
    page.wait_for_selector(".plot[data-draws]")
    _confirmed(page)
    if then is not None:
        then(page)
    if state == "not-live":
        feed.silent = True
        page.wait_for_selector("#live[data-state=lost]", timeout=15_000)
    page.wait_for_timeout(400)
    session = page.context.new_cdp_session(page)
    for suffix, kind in VISION.items() if visions else [("", "none")]:
        session.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
        page.screenshot(path=f"{path}{suffix}.png")
    page.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    shoot(Path(sys.argv[1]), sys.argv[2:] or list(STATES))
