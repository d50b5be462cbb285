"""All runs and two of them, through the real pages: figures as they stand there, two ticks, and the comparison they open."""

import re
from collections.abc import Iterator

import pytest
from app_server import app_server
from playwright.sync_api import Page, Route, expect
from train_runs import FAST, FORK, OTHER, A, B, C

pytestmark = pytest.mark.browser

SIZES = ((1600, 940), (1280, 800))
#: The bar stays where it is: what is under it scrolls, and nothing scrolls around that.
WIDE = "((root) => root.scrollWidth <= innerWidth && root.scrollHeight <= innerHeight)(document.documentElement)"
SMALL = """(root) => [...document.querySelectorAll(`${root} button, ${root} select, ${root} .btn`)]
  .filter((n) => n.offsetParent && !n.closest('.ag-root') && n.getBoundingClientRect().height < 43.5).map((n) => n.textContent)"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with app_server("train_app.py", tmp_path_factory.mktemp("runs"), "few") as url:
        yield url


def test_figures_of_all_runs_and_two_that_are_compared(page: Page, server: str) -> None:
    page.goto(f"{server}/train")
    page.get_by_role("link", name="Runs").click()
    page.wait_for_selector("#train-runs[data-state=ready]")
    expect(page.locator("[data-el=count]")).to_have_text("6 runs")
    expect(page.locator(f".ag-row[row-id='{FAST}']")).to_contain_text("up to 5x")
    page.locator("[data-el=scenario]").select_option("s02-central-apnoea")
    expect(page.locator("[data-el=count]")).to_have_text("6 runs in this period · 5 shown")
    airway = page.locator("[data-scenario=s02-central-apnoea] [data-item=open-airway]")
    # 20, 26 and 44 s, and 10 s in the fork; the fast run is not scored.
    expect(airway).to_contain_text("3 of 4")
    expect(airway).to_contain_text("23 s (10 to 44), n = 4")
    expect(airway).to_contain_text("1 not scored")
    assert airway.locator("circle").count() == 4 and airway.locator(".runs-dot-late").count() == 1
    expect(page.locator(f".ag-row[row-id='{C}']")).to_contain_text("late, 44 s")
    expect(page.locator(f".ag-row[row-id='{FAST}']")).not_to_contain_text("missed")
    expect(page.locator(f".ag-row[row-id='{FORK}']")).to_contain_text("forked from")
    page.locator("[data-do=first]").click()
    expect(airway).to_contain_text("2 of 3")
    expect(page).to_have_url(re.compile("scenario=s02-central-apnoea&first=1$"))
    page.locator("[data-do=first]").click()
    expect(airway).to_contain_text("3 of 4")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(WIDE) and page.evaluate(SMALL, "#train-runs") == [], (width, height)
    with page.expect_download() as sent:
        page.locator("[data-do=csv]").click()
    lines = sent.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 6 and sent.value.suggested_filename == "SIMULATION-runs.csv"

    compare = page.locator("[data-do=compare]")
    for n, session in enumerate((B, C, FORK)):  # a third tick takes the first one's place
        expect(compare).to_be_enabled() if n == 2 else expect(compare).to_be_disabled()
        page.locator(f".ag-row[row-id='{session}'] .ag-checkbox-input").click()
    expect(page.locator(".ag-center-cols-container .ag-row-selected")).to_have_count(2)
    compare.click()
    page.wait_for_url(f"**/train/compare?a={C}&b={FORK}")
    expect(page.locator(".topbar-right [aria-current=page]")).to_have_text("Compare")
    page.wait_for_selector("#train-compare[data-truth=ready] [data-el=figure][data-draws]")
    row = page.locator("[data-el=pairs] [data-item=open-airway] td")
    expect(row).to_have_text(["Opens the airway", "≤ 30 s", "late, 44 s", "10 s", "−34 s"])
    expect(page.locator("[data-side=b]")).to_contain_text(re.compile(r"forked from \d\d:04 run at 07:01"))
    expect(page.locator("[data-el=figure]")).to_contain_text("B forked 07:01")
    expect(page.locator("[data-el=acts-b]")).to_contain_text("forked at 07:01: above is carried over")
    drawn = page.evaluate(
        """() => Object.fromEntries(document.querySelector('[data-el=figure]').data.map((one) => [one.name, [one.x, one.y, one.line]]))"""
    )
    assert {
        "a sao2",
        "b sao2",
        "a spo2",
        "b spo2",
        "a etco2",
        "b rr",
        "a hr",
        "b sbp_cuff",
        "a alarms",
        "b acts",
    } <= set(drawn)
    x, y, line = drawn["a spo2"]
    assert {v for v in y if v is not None} == {91} and None in y  # a hole of 20 s from 08:20 on
    assert not [t for t, v in zip(x, y, strict=True) if v is not None and 500 <= t < 520]
    assert drawn["b spo2"][2]["dash"] and not line.get("dash")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(WIDE) and page.evaluate(SMALL, "#train-compare") == [], (width, height)
    assert "SIMULATION" in page.locator(".topbar").inner_text()


def test_two_scenarios_share_vitals_alone(page: Page, server: str) -> None:
    page.goto(f"{server}/train/compare?a={A}&b={OTHER}")
    page.wait_for_selector("#train-compare[data-state=ready] [data-el=figure][data-draws]")
    expect(page.locator("[data-el=say]")).to_contain_text("runs of different scenarios")
    expect(page.locator("[data-el=pairs]")).to_be_hidden()
    names = page.evaluate("document.querySelector('[data-el=figure]').data.map((one) => one.name)")
    assert "b spo2" in names and not [name for name in names if "alarms" in name or "acts" in name]


def test_a_comparison_of_nothing_says_what_to_do(page: Page, server: str) -> None:
    page.goto(f"{server}/train/compare")
    page.wait_for_selector("#train-compare[data-state=failed]")
    expect(page.locator("[data-el=sides]")).to_contain_text("tick two in the list of all runs")
    page.get_by_role("link", name="Choose two runs").click()
    page.wait_for_url("**/train/runs")


def test_a_debrief_can_send_here_with_its_run_ticked(page: Page, server: str) -> None:
    page.goto(f"{server}/train/runs?with={B}")
    expect(page.locator(f".ag-center-cols-container .ag-row-selected[row-id='{B}']")).to_have_count(1)
    page.locator(f".ag-row[row-id='{A}'] .ag-checkbox-input").click()
    page.locator("[data-el=scenario]").select_option(
        "s02-central-apnoea"
    )  # a filter keeps what is ticked and still shown
    page.wait_for_selector("[col-id=item0]")
    expect(page.locator(".ag-center-cols-container .ag-row-selected")).to_have_count(2)
    page.locator("[data-do=compare]").click()
    page.wait_for_url(f"**/train/compare?a={A}&b={B}")


def test_runs_are_no_rooms(page: Page, server: str) -> None:
    page.goto(server)
    page.wait_for_selector(".sheet")
    assert page.locator("[data-bed=train-1]").count() == 0
    assert "train-1" not in page.content()


def test_a_remark_that_was_not_saved_stays_and_is_sent_again_as_the_same(page: Page, server: str) -> None:
    """Its answer is lost on the way; then the page is opened anew. Two seconds are the page's own tries."""
    sent: list[str] = []

    def lost(route: Route) -> None:
        sent.append(route.request.post_data_json["id"])
        route.fetch()  # it is recorded all the same
        route.fulfill(status=200, body="")

    page.route("**/train/api/remark", lost)
    page.on("dialog", lambda asked: asked.accept())  # leaving with something unsaved is asked about
    page.goto(f"{server}/train/{A}")
    page.wait_for_selector("#debrief[data-state=ready]")
    page.locator("[data-el=who] select").select_option("T. Trainer")
    page.get_by_label("Comment on “Opens the airway”").click()
    remark = page.locator(".remark[data-about=open-airway]")
    remark.locator("textarea").fill("slow to look")
    remark.get_by_role("button", name="Save").click()
    expect(remark.locator(".remark-say")).to_have_text("NOT SAVED: the server does not answer", timeout=10_000)
    expect(remark.locator("textarea")).to_have_value("slow to look")
    page.reload()
    page.wait_for_selector("#debrief[data-state=ready]")
    expect(remark.locator("textarea")).to_have_value("slow to look")
    page.unroute("**/train/api/remark")
    page.on(
        "request",
        lambda asked: (
            sent.append(asked.post_data_json["id"]) if asked.method == "POST" and "remark" in asked.url else None
        ),
    )
    remark.get_by_role("button", name="Save").click()  # it is on the disk: there is nothing to send
    expect(remark.locator(".remark-text")).to_have_text("slow to look")
    expect(remark.locator(".train-by")).to_contain_text("T. Trainer")
    assert len(sent) == 3 and len(set(sent)) == 1
    page.get_by_label("Comment on “Opens the airway”").click()
    remark.locator("textarea").press("End")
    remark.locator("textarea").press_sequentially(" first")
    remark.get_by_role("button", name="Save").click()
    expect(remark.locator(".remark-text")).to_have_text("slow to look first")
    assert len(set(sent)) == 2, "other words are another entry"
