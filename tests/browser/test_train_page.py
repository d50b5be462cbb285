"""A trainer's run through the real page, over the real serial path, with the trainee's live page beside it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from app_server import app_server
from browsing import Watched
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.long]

SIZES = ((1600, 940), (1280, 800))
CUT = """() => [...document.querySelectorAll('#train .btn, #train h1, #train h2, #train .train-pin-row *')]
  .filter((n) => n.offsetParent && (n.scrollWidth > n.clientWidth + 1 || n.scrollHeight > n.clientHeight + 2) && n.tagName !== 'INPUT')
  .map((n) => n.textContent)"""
SMALL = """() => [...document.querySelectorAll('#train button')].filter((n) => n.offsetParent && !n.classList.contains('train-rewind'))
  .filter((n) => n.getBoundingClientRect().height < 43.5).map((n) => n.textContent)"""

#: Where everything is that can be tapped, and how much of what must be seen at once is.
LOOK = """(told) => {
  if (told) infusion.trainRoom.show(told);
  const places = {};
  for (const n of document.querySelectorAll('#train button, #train input, #train a')) {
    const { x, y } = n.getBoundingClientRect();
    if (n.offsetParent && !n.matches('.train-cue-now, .train-rewind')) places[n.textContent + (n.dataset.pin || n.dataset.signal || n.dataset.el || '')] = [x, y];
  }
  const whole = (box, rows) => {
    const edge = document.querySelector(box).getBoundingClientRect().bottom + 0.5;
    return [...document.querySelectorAll(rows)].filter((n) => n.getBoundingClientRect().bottom <= edge).length;
  };
  const field = document.querySelector('[data-el=comment]').getBoundingClientRect();
  return {
    places, scored: whole('[data-el=score]', '.train-score-row'), due: whole('[data-el=cues-now]', '.train-cue-now[data-state=due]'),
    pins: Math.min(...[...document.querySelectorAll('.train-pin-value')].map((n) => n.clientWidth)),
    field: document.elementFromPoint(field.x + 20, field.y + 20).dataset.el,
    two: document.querySelector('.train-wide').scrollHeight - document.querySelector('.train-wide').clientHeight,
    bars: [...new Set([...document.querySelectorAll('*')].map((n) => getComputedStyle(n).scrollbarWidth))],
  };
}"""
#: As LOOK, of a moment at which everything comes at once: alarms, nobody at the trainee's page, a longer script, cues, a long score sheet.
BUSY = """() => {
  const told = structuredClone(infusion.trainRoom.last);
  told.screen.alarms = Array.from({ length: 5 }, (_, i) => ({ text: `SpO₂ LOW ${70 + i} %`, priority: 'high', state: 'active' }));
  told.screen.watched = false;
  told.script = Array.from({ length: 30 }, (_, i) => ({ t_s: i, text: `something that the script does ${i}`, expected: false }));
  told.scenario.tells = true;
  told.cues = { chest: 'Works against something; then a snort and deep breaths.', eyes: 'Closed.' };
  told.score = Array.from({ length: 5 }, (_, i) => ({ text: `action ${i}`, done_s: null, target: '≤ 30 s', verdict: 'waiting', words: 'waiting 3 s' }));
  return told;
}"""


def calm_and_busy(page: Page) -> tuple[dict[str, Any], dict[str, Any]]:
    """How the page looks now and in a busy moment, in one turn of its script."""
    calm, busy = page.evaluate(
        f"() => {{ const look = {LOOK}; "
        "const calm = structuredClone(infusion.trainRoom.last); calm.scenario.tells = true; "
        f"return [look(calm), look(({BUSY})())]; }}"
    )
    return calm, busy


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with app_server("train_app.py", tmp_path_factory.mktemp("train")) as url:
        yield url


@pytest.mark.timeout(240)
def test_a_run_from_choosing_to_the_debrief(page: Page, context: BrowserContext, server: str, watched: Watched) -> None:
    page.on("dialog", lambda asked: asked.accept())
    page.goto(f"{server}/train")
    page.locator(".train-scenario-pick").first.wait_for()
    # Nobody has said who the trainer is: nothing begins.
    page.click("[data-scenario=apnoea-desaturation] + .train-from-0")
    expect(page.locator("[data-el=muted]")).to_have_text("Say first who the trainer is.")
    page.locator("[data-el=person] select").select_option("T. Trainer")
    page.click("[data-scenario=apnoea-desaturation] + .train-from-0")
    page.wait_for_selector("#train[data-state=running]", timeout=60_000)
    expect(page.locator(".train-about h1")).to_contain_text("Apnoea with obstruction")
    page.wait_for_selector("[data-el=plot][data-draws]")

    trainee = context.new_page()
    watched.watch(trainee)
    trainee.add_init_script("sessionStorage.setItem('infusion.person.train-1', 'R. Nurse')")
    trainee.goto(f"{server}/train/trainee")
    trainee.wait_for_selector("#live[data-state=live][data-at]")
    expect(trainee.locator(".tile-spo2 .tile-value")).to_have_text(re.compile(r"^9\d$"), timeout=20_000)
    expect(trainee.locator("body")).to_contain_text("SIMULATION")

    page.click("[data-do=inject][data-label='Motion']")
    expect(page.locator("[data-do=inject][aria-pressed=true]")).to_have_text("Motion")
    page.click("[data-do=inject][data-label='Motion']")
    expect(page.locator("[data-do=inject][aria-pressed=true]")).to_have_count(0)
    page.click("[data-do=cue][data-text=snoring]")
    page.click("[data-do=act][data-label='opened airway']")
    page.locator("[data-el=comment]").fill("before the rate error")
    page.click("[data-do=mark]")
    expect(page.locator("[data-el=marks]")).to_contain_text("★ before the rate error")
    expect(page.locator("[data-el=comment]")).to_have_value("")
    page.locator("[data-el=comment]").fill("looks at the patient first")
    page.click("[data-do=comment]")
    rows = page.locator("[data-el=rows]")
    for words in (
        "trainer: Motion",
        "trainer: Motion ended",
        "sound: snoring",
        "trainee: opened airway",
        "comment: looks at the patient first",
    ):
        expect(rows).to_contain_text(words)
    expect(trainee.locator("[data-el=log]")).to_contain_text("sound: snoring")
    assert "Motion" not in trainee.locator("body").inner_text()
    expect(page.locator("[data-el=mirror]")).to_contain_text("SpO₂")
    expect(page.locator("[data-cue=sound][aria-pressed=true]")).to_have_text("snoring")
    # What is to come is the trainer's alone; the patient's waves go on.
    # Worked out behind everything else on purpose: on a machine that is full of tests its turn comes late.
    expect(page.locator("[data-el=untouched]")).to_have_text("untouched: dashed", timeout=60_000)
    expect(page.locator("[data-el=script]")).to_contain_text("untouched: SaO₂ < 80 %")
    assert "untouched" not in trainee.locator("body").inner_text()
    head = page.evaluate("infusion.trainRoom.waves.sweep.headS")
    page.wait_for_function("(head) => infusion.trainRoom.waves.sweep.headS > head + 1", arg=head)
    assert page.evaluate(
        "document.querySelector('[data-el=plot]').data.some((line) => line.name === 'sao2 untouched' && line.x.at(-1) > infusion.trainRoom.last.t_s + 100)"
    )

    page.locator("[data-pin=hr]").fill("44")
    page.click("[data-do=pin][data-signal=hr]")
    expect(trainee.locator(".tile-hr .tile-value")).to_have_text("44", timeout=25_000)
    expect(page.locator("[data-el=pin-hr]")).to_have_text("pinned 44")

    page.click("[data-do=pace]")
    page.wait_for_selector("#train[data-state=paused]")
    expect(trainee.locator("[data-el=strip-devices]")).to_contain_text("RUN PAUSED BY THE TRAINER")
    page.click("[data-do=cue]:has-text('moves')")
    expect(page.locator("[data-el=muted]")).to_have_text(re.compile(r"Kept for \d+:\d\d: the run stands still"))
    page.wait_for_function("infusion.trainRoom.waves.sweep.waiting")
    stands = page.evaluate("infusion.trainRoom.waves.sweep.headS")
    page.click("[data-do=act]:has-text('calmed')")  # asked, and said yes: nobody acts while time stands
    page.wait_for_selector("#train[data-state=running]")
    page.wait_for_function("(head) => infusion.trainRoom.waves.sweep.headS > head", arg=stands)
    page.click("[data-speed='5']")
    expect(page.locator(".train-fast")).to_be_visible()
    expect(page.locator(".train-lanes")).to_be_hidden()
    page.click("[data-speed='1']")
    expect(page.locator(".train-lanes")).to_be_visible()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(CUT) == [], (width, height)
        assert page.evaluate(SMALL) == [], (width, height)
        assert page.evaluate(
            "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
        )
        expect(page.locator(".train-tell")).to_be_hidden()  # this scenario has nothing to be told by itself
        calm, busy = calm_and_busy(page)
        assert calm["places"] == busy["places"], "what can be tapped moved by itself"
        assert (busy["scored"], busy["due"], busy["field"], busy["two"]) == (5, 2, "comment", 0)
        assert busy["pins"] >= 50 and calm["bars"] == ["thin"]
    # Told, a cue keeps its place and needs no second tap.
    page.evaluate("infusion.trainRoom.stopped = true")
    told = page.evaluate(BUSY)
    page.evaluate("(told) => infusion.trainRoom.show(told)", told)
    told["rows"].append(
        {
            "t_s": told["t_s"],
            "type": "cue_shown",
            "text": "eyes: Closed.",
            "by": "T. Trainer",
            "trainer": True,
            "priority": "",
        }
    )
    page.evaluate("(told) => infusion.trainRoom.show(told)", told)
    expect(page.locator(".train-cue-now")).to_have_text([re.compile("^chest: Works"), "✓ told · eyes: Closed."])
    expect(page.locator(".train-cue-now").nth(1)).to_be_disabled()
    expect(page.locator("[data-el=tell-head]")).to_have_text("To be told now: 1, one tap each")
    page.evaluate("infusion.trainRoom.stopped = false")

    before = page.evaluate("infusion.trainRoom.session")
    page.locator(".train-rewind").first.click()
    page.wait_for_function("(old) => infusion.trainRoom.session && infusion.trainRoom.session !== old", arg=before)
    expect(page.locator("[data-el=rows]")).to_contain_text("run goes on from")
    expect(page.locator("[data-do=pace]")).to_have_text("Go on")
    page.click("[data-do=end]")
    page.wait_for_url("**/train/*")
    page.wait_for_selector("#debrief[data-state=ready]")
    page.wait_for_selector(".debrief-figure[data-draws]")
    happened = page.locator("[data-el=happened]")
    expect(happened).to_contain_text("trainer: Motion")
    expect(happened).not_to_contain_text(
        "looks at the patient first"
    )  # said after the mark: that belongs to the other run
    expect(page.locator("[data-el=about] a")).to_have_text("forked from an earlier run: its debrief")
    expect(page.locator("[data-el=about] a")).to_have_attribute("href", f"/train/{before}")
    expect(page.locator("[data-el=outcome]")).to_contain_text("Lowest true saturation")
    assert "SIMULATION" in page.locator(".topbar").inner_text()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    # A recording instead of a virtual patient: nothing can be done to it, and nobody knows more than its monitor.
    page.goto(f"{server}/train")
    page.locator("[data-el=case-minute]").fill("2")
    page.click("[data-case='file:steady.csv']")
    page.wait_for_selector("#train[data-state=running]", timeout=60_000)
    expect(page.locator(".train-about h1")).to_have_text("steady.csv")
    expect(page.locator("[data-el=clock]")).to_contain_text("02:0")
    expect(page.locator("[data-el=why]")).to_contain_text("cannot be changed")
    assert page.locator("[data-do=inject]:enabled, [data-do=pin]:enabled").count() == 0
    expect(page.locator("[data-el=now]")).to_contain_text("SpO₂ 97 % · EtCO₂ 38 mmHg · RR 14")
    expect(page.locator(".train-strip")).to_be_hidden()
    page.click("[data-do=act][data-label='called help']")
    expect(page.locator("[data-el=rows]")).to_contain_text("trainee: called help")
    page.click("[data-do=end]")
    page.wait_for_url("**/train/*")
    page.wait_for_selector(".debrief-figure[data-draws]")
    expect(page.locator("[data-el=about]")).to_contain_text("a recording, so without truth")
    expect(page.locator("[data-el=happened]")).to_contain_text("trainee: called help")
    expect(page.locator("[data-el=outcome]")).not_to_contain_text("true saturation")
