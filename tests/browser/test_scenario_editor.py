"""A trainer writes a scenario: a mistake is marked at its line, mended, previewed, saved, found in the room and begun."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from app_server import app_server
from browsing import Watched
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.long]

SIZES = ((1600, 940), (1280, 800))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("editor")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    with app_server("train_app.py", folder) as url:
        yield url


def test_from_a_mistake_to_a_run(page: Page, server: str, folder: Path, watched: Watched) -> None:
    watched.expected.append("409")
    page.on("dialog", lambda asked: asked.accept())
    own = folder / "scenarios"
    own.mkdir()
    (own / "broken.toml").write_text("id = = 1\n", encoding="utf-8")
    page.goto(f"{server}/train")
    page.locator(".train-pick").first.wait_for()  # the broken one does not take the room down
    page.click(".topbar-right >> text=Scenarios")
    expect(page.locator("[data-scenario=broken] .scenarios-problem")).to_contain_text("line 1: not valid TOML")
    page.click("[data-scenario=s02-central-apnoea] >> text=New from this")
    area, plot = page.locator(".scenario-area"), page.locator("[data-el=plot]")
    expect(page.locator("#scenario")).to_have_attribute("data-state", "right")
    expect(plot).to_have_attribute(
        "data-draws", re.compile(r"\d+"), timeout=60_000
    )  # worked out behind everything else
    expect(page.locator("[data-el=lane]")).to_contain_text("07:00 NO BREATH 20 s")
    # No room before the first bar, none after the last: the words stand on the widest.
    words = page.evaluate(
        """() => { const bar = (from_s, to_s) => ({ rule: 'A', from_s, to_s, text: 'NO BREATH', priority: 'high' });
          const [row] = infusion.scenarioLane({ alarms: [bar(30, 32), bar(34, 100)] }, [0, 100]);
          const { style, dataset } = row.querySelector('.scenario-lane-words'); return [style.left, style.maxWidth, dataset.on]; }"""
    )
    assert words == ["34%", "66%", "high"]
    expect(page.locator("[data-met=yes]").first).to_contain_text("APNOEA")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    good = area.input_value()
    line = good.split("\n").index("seed = 2") + 1
    area.fill(good.replace("seed = 2", "seed = two"))
    expect(page.locator(".scenario-number[data-wrong=true]")).to_have_text(str(line))
    expect(page.locator("[data-do=save]")).to_be_disabled()
    expect(page.locator("[data-do=try]")).to_be_disabled()
    page.locator(f".scenario-problem[data-line='{line}']").click()
    selected = page.evaluate("(() => { const a = document.querySelector('.scenario-area'); return a.value.slice(a.selectionStart, a.selectionEnd); })()")  # fmt: skip
    assert selected == "seed = two"

    draws = int(plot.get_attribute("data-draws") or 0)
    area.fill(good.replace("Central apnoea after", "Breathing stops after"))
    expect(page.locator(".scenario-number[data-wrong=true]")).to_have_count(0)
    page.wait_for_function("(n) => Number(document.querySelector('[data-el=plot]').dataset.draws) > n", arg=draws)
    page.locator(".scenario-name").fill("my-first")
    page.click("[data-do=save]")
    page.wait_for_url("**/train/scenarios/my-first")
    expect(page.locator("[data-do=save]")).to_have_text("Save")
    kept = own / "my-first.toml"
    assert 'id = "my-first"' in kept.read_text(encoding="utf-8")

    # Somebody else's change is not written over.
    changed = kept.read_text(encoding="utf-8") + "# from elsewhere\n"
    kept.write_text(changed, encoding="utf-8")
    expect(page.locator("#scenario")).to_have_attribute("data-state", "right")
    area.press("Control+End")
    area.type("# mine")
    expect(page.locator("[data-do=save]")).to_be_enabled()
    page.click("[data-do=save]")
    expect(page.locator("[data-el=said]")).to_contain_text("my-first.toml was changed on the disk")
    assert kept.read_text(encoding="utf-8") == changed

    page.reload()
    expect(page.locator("[data-do=try]")).to_be_enabled()
    page.click("[data-do=try]")
    page.wait_for_url("**/train**")
    expect(page.locator("[data-scenario=my-first]")).to_contain_text("Breathing stops after")
    expect(page.locator("[data-el=muted]")).to_contain_text("Say first who the trainer is")
    page.locator("[data-el=person] select").select_option("T. Trainer")
    page.wait_for_selector("#train[data-state=running]", timeout=60_000)
    expect(page.locator(".train-about h1")).to_contain_text("Breathing stops after")
    page.click("[data-do=end]")
    page.wait_for_selector("#debrief[data-state=ready]")

    page.goto(f"{server}/train/scenarios/my-first")
    page.click("[data-do=delete]")
    page.wait_for_url("**/train/scenarios")
    expect(page.locator("[data-scenario=my-first]")).to_have_count(0)
    assert (own / "my-first.toml.bak").read_text(encoding="utf-8") == changed


def test_an_answer_about_an_older_text_is_not_shown(page: Page, server: str) -> None:
    held: list[object] = []
    page.goto(f"{server}/train/scenarios/s02-central-apnoea")
    expect(page.locator("#scenario")).to_have_attribute("data-state", "right")
    page.route("**/scenarios/check", lambda route: held.append(route) if "nonsense" in (route.request.post_data or "") else route.continue_())  # fmt: skip
    area = page.locator(".scenario-area")
    good = area.input_value()
    with page.expect_request("**/scenarios/check"):
        area.fill(good + "\nnonsense")
    with page.expect_response("**/scenarios/check"):
        area.fill(good + "\n# fine")
    expect(page.locator("#scenario")).to_have_attribute("data-state", "right")
    with page.expect_response("**/scenarios/check") as late:
        held[0].continue_()  # type: ignore[attr-defined]
    assert late.value.json()["problems"]
    page.evaluate("() => new Promise((done) => setTimeout(done, 0))")
    expect(page.locator("#scenario")).to_have_attribute("data-state", "right")
    expect(page.locator(".scenario-problem")).to_have_count(0)
