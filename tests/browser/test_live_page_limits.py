"""Limits of this patient: seen, changed with a reason, badged, back to default; alarms off for a while, and on again."""

from typing import Any

import pytest
from browsing import Watched
from fake_feed import FakeFeed
from fake_session import settings_with
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def show(page: Page, tab: str) -> None:
    page.keyboard.press("t")
    page.wait_for_selector(".dialog-limits")
    page.locator(f".dialog-limits [data-tab={tab}]").click()


def save(page: Page) -> None:
    page.locator(".dialog .save").click()


def fill(page: Page, field: str, text: str) -> None:
    page.locator(f".dialog [data-field={field}] input").fill(text)


def entries(feed: FakeFeed) -> list[dict[str, Any]]:
    return [{k: v for k, v in post.items() if k not in ("id", "bed", "by")} for post in feed.posts]


def test_every_rule_shows_what_is_in_force_and_what_the_profile_says(live: Page, feed: FakeFeed) -> None:
    feed.scene("modified")
    feed.tell_snapshot()
    show(live, "spo2")
    rows = live.locator(".limit-table tbody tr")
    expect(rows).to_have_count(4)
    changed = live.locator("[data-rule=SPO2_LOW_2]")
    expect(changed).to_contain_text("≤ 86 %")
    expect(changed.locator(".limit-default")).to_have_text("≤ 89 % · 15 s · 2")
    expect(changed.locator(".badge")).to_have_text(["modified", "less safe than default"])
    expect(live.locator("[data-rule=SPO2_LOW_3] .limit-mark")).to_have_text("***")
    fixed = live.locator("[data-rule=SPO2_LOST]")
    expect(fixed).to_contain_text("fixed: a lost signal is never waited for longer")
    assert fixed.locator("button").count() == 0
    live.locator("[data-tab=changed]").click()
    expect(rows).to_have_count(2)
    assert (
        "current" not in live.locator(".dialog-limits").inner_text().lower()
    )  # nothing offers the numbers now as limits
    assert feed.posts == []


def test_a_limit_is_changed_with_a_reason_and_says_when_it_is_less_safe(live: Page, feed: FakeFeed) -> None:
    show(live, "spo2")
    live.locator("[data-change=SPO2_LOW_2]").click()
    live.wait_for_selector(".dialog-limit")
    save(live)
    expect(live.locator(".dialog-error")).to_have_text("Nothing is changed.")
    fill(live, "value", "91")
    expect(live.locator(".limit-effect p")).not_to_contain_text("LESS SAFE")
    fill(live, "value", "86")
    expect(live.locator(".limit-effect p")).to_contain_text(
        "≤ 86 % · after 15 s · default ≤ 89 % after 15 s · LESS SAFE"
    )
    live.get_by_role("button", name="Limit up").click()
    live.get_by_role("button", name="Delay up").click()
    save(live)
    expect(live.locator(".dialog-error")).to_have_text("Say why.")
    live.get_by_role("button", name="known lung disease").click()
    save(live)
    live.wait_for_selector(".dialog-limits")  # back where it came from
    expect(live.locator("[data-el=notice]")).to_contain_text("Saved")
    assert entries(feed) == [
        {
            "session": "0192-session", "type": "limit_changed", "rule": "SPO2_LOW_2", "old": {"value": 89, "delay_s": 15},
            "new": {"value": 87, "delay_s": 20}, "reason": "known lung disease",
        }
    ]  # fmt: skip
    expect(live.locator("[data-tab=spo2]")).to_have_attribute("aria-selected", "true")


def test_the_page_says_that_limits_are_modified(live: Page, feed: FakeFeed) -> None:
    chip = live.locator("[data-el=chip-modified]")
    badge = live.locator(".tile-spo2 .tile-badge")
    expect(chip).to_be_hidden()
    expect(badge).to_be_hidden()
    feed.scene("modified")
    feed.tell_snapshot()
    expect(chip).to_be_visible()
    expect(badge).to_have_text("MOD")
    expect(live.locator(".tile-rr .tile-badge")).to_be_hidden()
    chip.click()
    expect(live.locator("[data-tab=changed]")).to_have_attribute("aria-selected", "true")


def test_the_panel_follows_what_another_screen_changes(live: Page, feed: FakeFeed) -> None:
    show(live, "spo2")
    feed.scene("modified")
    feed.tell(
        "event", entry=feed._line(9, feed.t_s(), "limit_changed", "x"), session=feed.session(), infusion=feed.infusion
    )
    expect(live.locator("[data-rule=SPO2_LOW_2]")).to_contain_text("≤ 86 %")
    quiet = {key: value for key, value in feed.session().items() if key != "settings"}  # type: ignore[union-attr]
    feed.tell("event", entry=feed._line(10, feed.t_s(), "note", "x"), session=quiet, infusion=feed.infusion)
    expect(live.locator("[data-el=log]")).to_contain_text("x")
    expect(live.locator("[data-rule=SPO2_LOW_2]")).to_contain_text("≤ 86 %")  # what was not told again stays


def test_one_rule_and_all_go_back_to_the_default(live: Page, feed: FakeFeed, watched: Watched) -> None:
    watched.expected.append("status of 503")
    feed.scene("modified")
    feed.tell_snapshot()
    show(live, "spo2")
    live.locator("[data-change=SPO2_LOW_2]").click()
    live.locator("[data-default=SPO2_LOW_2]").click()
    expect(live.locator(".dialog [data-field=value] input")).to_have_value("89")
    save(live)
    live.wait_for_selector(".dialog-limits")
    assert entries(feed)[0] == {
        "session": "0192-session", "type": "limit_changed", "rule": "SPO2_LOW_2", "old": {"value": 86}, "new": {"value": 89}, "reason": "back to default",
    }  # fmt: skip
    live.locator("[data-all-default]").click()
    live.get_by_role("button", name="reason is over").click()
    feed.record_answer = lambda entry: (
        (200, {"ok": True, "seq": 1, "text": entry["rule"]})
        if entry["rule"] != "SPO2_LOW_2"
        else (503, {"ok": False, "error": "the disk is full"})
    )
    save(live)
    expect(live.locator(".dialog-error")).to_contain_text("the disk is full")
    feed.record_answer = None
    save(live)
    live.wait_for_selector(".dialog-limits")
    again = feed.posts[1:]
    assert [(p["rule"], p["new"]) for p in again if p["rule"] == "HR_HIGH_1"] == [("HR_HIGH_1", {"delay_s": 15})] * 2
    assert len({p["id"] for p in again if p["rule"] == "HR_HIGH_1"}) == 1  # asked again, recorded once
    assert len({p["id"] for p in again}) == 2


def test_an_alarm_is_off_only_where_the_profile_allows_it(live: Page, feed: FakeFeed) -> None:
    show(live, "hr")
    offered = live.evaluate("[...document.querySelectorAll('[data-off]')].map((n) => n.dataset.off)")
    assert offered == ["HR_TREND", "HR_HIGH_1"]
    live.locator("[data-off=HR_HIGH_1]").click()
    live.wait_for_selector(".dialog-alarm-off")
    assert live.locator("[data-field=duration_s] .choice").all_inner_texts() == [
        "1 min",
        "2 min",
        "3 min",
        "5 min",
        "10 min",
    ]
    save(live)
    expect(live.locator(".dialog-error")).to_have_text("Choose for how long.")
    live.locator("[data-field=duration_s] [data-value='300']").click()
    save(live)
    expect(live.locator(".dialog-error")).to_have_text("Say why.")
    live.get_by_role("button", name="known artefact").click()
    save(live)
    live.wait_for_selector(".dialog-limits")
    assert entries(feed) == [
        {
            "session": "0192-session",
            "type": "alarm_off",
            "rule": "HR_HIGH_1",
            "duration_s": 300,
            "reason": "known artefact",
        }
    ]


def test_what_is_off_counts_down_on_the_page_and_goes_on_again(live: Page, feed: FakeFeed) -> None:
    feed.scene("off")
    feed.tell_snapshot()
    strip = live.locator("[data-el=strip-off]")
    expect(strip).to_contain_text("ALARM OFF EtCO₂ high 4:3")
    expect(live.locator(".tile-co2 .tile-badge")).to_have_text("OFF")
    expect(live.locator(".tile-spo2 .tile-badge")).to_have_text("MOD")
    before = strip.inner_text()
    expect(strip).not_to_have_text(before)  # it counts
    strip.click()
    expect(live.locator("[data-rule=ETCO2_HIGH_1] .badge-off")).to_contain_text("OFF 4:")
    live.locator("[data-on=ETCO2_HIGH_1]").click()
    expect(live.locator("[data-el=notice]")).to_contain_text("Saved")
    assert entries(feed) == [{"session": "0192-session", "type": "alarm_on", "rule": "ETCO2_HIGH_1", "reason": ""}]
    until_s = feed.t_s() + 1
    feed.session_more = {
        "settings": settings_with({"ETCO2_HIGH_1": {"off_until_s": until_s}}),
        "off": [{**feed.session_more["off"][0], "until_t_s": until_s}],
    }
    feed.tell_snapshot()
    expect(strip).to_be_hidden()  # it returns by itself, whether or not the server says so
    expect(live.locator(".tile-co2 .tile-badge")).to_be_hidden()


def test_a_refused_change_stays_with_the_reason(live: Page, feed: FakeFeed, watched: Watched) -> None:
    watched.expected.append("status of 409")
    feed.record_answer = lambda _: (
        409,
        {"ok": False, "error": "changed meanwhile, value is 88 now; look again", "field": "value"},
    )
    show(live, "spo2")
    live.locator("[data-change=SPO2_LOW_2]").click()
    fill(live, "value", "88")
    fill(live, "reason", "ordered")
    save(live)
    expect(live.locator(".dialog-error")).to_contain_text("changed meanwhile")
    expect(live.locator(".dialog [data-field=reason] input")).to_have_value("ordered")


def test_a_tap_on_a_number_shows_all_its_triggers(live: Page, feed: FakeFeed) -> None:
    live.locator(".tile-spo2").click()
    expect(live.locator("[data-tab=spo2]")).to_have_attribute("aria-selected", "true")
    assert live.locator(".limit-table td:nth-child(3)").all_inner_texts()[:3] == ["≤ 93 %", "≤ 89 %", "≤ 84 %"]
    assert live.locator(".tile-spo2").get_attribute("title") == "* ≤ 93   ** ≤ 89   *** ≤ 84"
    assert feed.posts == []


@pytest.mark.charts
def test_each_chart_prints_what_triggers_at_its_right_edge(live: Page, feed: FakeFeed) -> None:
    live.wait_for_selector(".limit-labels span")
    words = live.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-panel]')].map((p) => [p.dataset.panel, [...p.querySelectorAll('.limit-labels span')].map((n) => n.textContent)]))"
    )
    assert words["spo2"] == ["≤93*", "≤89**", "≤84***"]
    assert words["hr"] == ["≥131***", "≥121**", "≤49**", "≤40***"]
    assert words["bp"][:3] == ["≥200***", "≥180**", "≥160*"]
    apart = live.evaluate(
        """[...document.querySelectorAll('.limit-labels')].map((box) => { const y = [...box.children].map((n) => { const r = n.getBoundingClientRect(); return (r.top + r.bottom) / 2 });
          const area = box.parentElement.getBoundingClientRect(); return [Math.min(99, ...y.slice(1).map((v, i) => v - y[i])), Math.min(...y) - area.top, area.bottom - Math.max(...y)] })"""
    )
    for gap, above, below in apart:
        assert gap >= 8
        assert above >= 3
        assert below >= 3
    lines = live.evaluate("document.querySelectorAll('.plot .shapelayer path').length")
    assert lines >= 12
