"""Entries: explicit person, nothing preselected, durable before "Saved", once whatever happens on the way."""

import pytest
from browsing import Watched, open_live
from fake_feed import FakeFeed
from panels import fill, last, open_panel, save, saved
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_consciousness_check_starts_empty_and_is_saved_by_name(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "consciousness")
    assert live.locator(".dialog-body [aria-pressed=true]").count() == 0
    save(live)
    expect(live.locator(".dialog-error")).to_have_text("Choose a level.")
    assert feed.posts == []
    live.locator(".choice-big[data-value='4']").click()
    live.locator("[data-field=dissociation] [data-value='1']").click()
    save(live)
    saved(live)
    entry = feed.posts[0]
    assert (entry["bed"], entry["by"], len(entry["id"])) == ("bed-6", "R. Nurse", 36)
    assert last(feed) == {
        "type": "consciousness_assessed",
        "scale": "moaas",
        "level": "4",
        "dissociation": 1,
        "note": "",
    }


PANELS = (
    "consciousness", "rate", "pause", "drug", "side-effect", "vitals", "note", "phase", "close", "emergency", "limit",
    "handover",  # last: after it the page asks anew who is at the bed
)  # fmt: skip


def test_every_entry_says_for_which_session_it_was_written(live: Page, feed: FakeFeed) -> None:
    """The session that was open when the panel was opened: an entry that waited is not for the next patient."""
    was = "0192-session"
    for number, panel in enumerate(PANELS):
        feed.hold_records = True
        live.evaluate(
            "(panel) => infusion.app.dialogs.open(panel, panel === 'limit' ? 'SPO2_LOW_2' : undefined)", panel
        )
        live.evaluate(
            "() => { const form = infusion.app.dialogs.current.form; form.collect = () => ({ type: 'note', text: 'x' }) }"
        )
        after = f"0193-next-{number}"
        feed.session_more = {"id": after}
        feed.tell_snapshot()
        live.wait_for_function(f"infusion.app.bed.session.id === '{after}'")
        save(live)
        live.wait_for_timeout(150)
        feed.hold_records = False
        live.wait_for_function(f"document.querySelector('.dialogs').dataset.shown !== '{panel}'")
        assert [post["session"] for post in feed.posts][number:] == [was], panel
        was = after


def test_back_dating_is_at_most_ten_minutes(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "consciousness")
    live.locator(".choice-big[data-value='5']").click()
    choices = live.locator(".meta-back button")
    assert choices.all_text_contents() == ["now", "1", "2", "5", "10 min ago"]
    choices.last.click()
    save(live)
    saved(live)
    assert feed.posts[0]["back_s"] == 600


def test_without_a_person_nothing_is_saved(page: Page, feed: FakeFeed) -> None:
    live = open_live(page, feed, person=None)
    expect(live.locator(".dialog-person")).to_be_visible()  # the page asks first
    live.keyboard.press("Escape")
    live.wait_for_selector(".dialog", state="detached")
    open_panel(live, "note")
    fill(live, "text", "patient comfortable")
    save(live)
    expect(live.locator(".dialog-error")).to_contain_text("who is recording")
    assert feed.posts == []
    live.locator(".dialog [data-person='K. Second']").click()
    save(live)
    saved(live)
    assert feed.posts[0]["by"] == "K. Second"
    expect(live.locator("[data-el=person]")).to_have_text("K. Second")


def test_a_double_tap_records_once(live: Page, feed: FakeFeed) -> None:
    feed.hold_records = True
    open_panel(live, "note")
    fill(live, "text", "twice")
    live.evaluate(
        "() => { const b = document.querySelector('.dialog .save'); b.click(); b.click(); infusion.app.dialogs.save() }"
    )
    live.wait_for_timeout(200)
    feed.hold_records = False
    saved(live)
    assert len(feed.posts) == 1


def test_saved_is_said_only_after_the_answer(live: Page, feed: FakeFeed) -> None:
    feed.hold_records = True
    open_panel(live, "note")
    fill(live, "text", "slow disk")
    save(live)
    expect(live.locator(".dialog .save")).to_have_text("Saving …")
    expect(live.locator("[data-el=notice]")).to_have_text("")
    feed.hold_records = False
    saved(live)


def test_a_refused_entry_stays_with_the_reason(live: Page, feed: FakeFeed, watched: Watched) -> None:
    for status, error in ((503, "the disk is full"), (409, "this bed has no open session"), (400, "text: too long")):
        watched.expected.append(f"status of {status}")
        refusal = (status, {"ok": False, "error": error, "field": "text"})
        feed.record_answer = lambda _, answer=refusal: answer
        open_panel(live, "note")
        fill(live, "text", "keep me")
        save(live)
        expect(live.locator(".dialog-error")).to_have_text(f"Not saved: {error}")
        expect(live.locator(".dialog textarea")).to_have_value("keep me")
        feed.record_answer = None
        save(live)
        saved(live)
        assert feed.posts[-2]["id"] == feed.posts[-1]["id"], error


def test_a_server_that_is_away_keeps_the_entry_and_its_id(live: Page, feed: FakeFeed, watched: Watched) -> None:
    watched.expected.append("ERR_FAILED")
    live.route("**/live/record", lambda route: route.abort())
    open_panel(live, "note")
    fill(live, "text", "written while away")
    save(live)
    expect(live.locator(".dialog-error")).to_contain_text("Your entry is kept here")
    first = live.evaluate("[...infusion.app.dialogs.current.ids.values()].map((v) => v.id)")
    live.unroute("**/live/record")
    save(live)
    saved(live)
    assert [p["id"] for p in feed.posts] == first


def test_another_text_after_a_failure_is_another_entry(live: Page, feed: FakeFeed, watched: Watched) -> None:
    watched.expected.append("status of 503")
    feed.record_answer = lambda _: (503, {"ok": False, "error": "not saved", "field": None})
    open_panel(live, "note")
    fill(live, "text", "one")
    save(live)
    expect(live.locator(".dialog-error")).not_to_be_empty()
    feed.record_answer = None
    fill(live, "text", "two")
    save(live)
    saved(live)
    assert feed.posts[0]["id"] != feed.posts[1]["id"]


def test_the_three_units_of_a_rate_agree(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "rate")
    box = {unit: live.locator(f".dialog [data-field=rate_{unit}] input") for unit in ("mg_h", "ml_h", "mg_kg_h")}
    box["mg_h"].fill("31")
    expect(box["ml_h"]).to_have_value("15.5")  # 2 mg/mL
    expect(box["mg_kg_h"]).to_have_value("0.5")  # 62 kg
    box["mg_kg_h"].fill("0,35")
    expect(box["mg_h"]).to_have_value("21.7")
    box["ml_h"].fill("10")
    expect(box["mg_h"]).to_have_value("20")
    fill(live, "concentration_mg_ml", "5")
    expect(box["mg_h"]).to_have_value("50")  # what was typed last holds
    expect(live.locator(".dialog")).to_contain_text("more than double")
    save(live)
    saved(live)
    assert last(feed) == {
        "type": "infusion_rate_changed", "rate_mg_h": 50, "concentration_mg_ml": 5, "source": "entered", "ordered_by": "", "reason": "",
    }  # fmt: skip


def test_before_the_start_the_rate_panel_records_the_start(live: Page, feed: FakeFeed) -> None:
    feed.infusion = {
        **feed.infusion,
        "state": "not_started",
        "rate_mg_h": 0,
        "given_mg": 0,
        "started_at": None,
        "concentration_mg_ml": None,
    }
    feed.tell_snapshot()
    expect(live.locator("[data-el=action-rate]")).to_have_text("Record start or bolus")
    open_panel(live, "rate")
    fill(live, "rate_mg_h", "21.7")
    save(live)
    expect(live.locator(".dialog-error")).to_contain_text("concentration on the bag")
    fill(live, "concentration_mg_ml", "2")
    save(live)
    saved(live)
    assert last(feed)["type"] == "infusion_started"


def test_a_bolus_alone_is_not_nothing_and_a_closed_session_leaves_none_of_it(live: Page, feed: FakeFeed) -> None:
    tile = live.locator(".tile-ketamine")
    feed.session_more = {"started_at": None}
    feed.infusion = {
        **feed.infusion,
        "state": "not_started",
        "rate_mg_h": 0,
        "given_mg": 0,
        "planned_mg": 60,
        "started_at": None,
    }
    for given_mg, words in ((0, "not started"), (60, "bolus only")):
        feed.infusion["given_mg"] = given_mg
        feed.tell_snapshot()
        expect(tile).to_contain_text(f"{given_mg:.1f} of 60 mg")
        expect(live.locator(".ketamine-rate")).to_have_text(words)
        expect(live.locator("[data-el=planned]")).to_have_text(words)
    feed.has_session = False
    feed.tell_snapshot()
    expect(tile).not_to_contain_text("60")
    assert live.evaluate("document.querySelector('.tile-ketamine [data-el=bar]').getBoundingClientRect().width") == 0


def test_bolus_and_bag(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "rate")
    live.locator("[data-tab=bolus]").click()
    fill(live, "dose_mg", "5")
    save(live)
    saved(live)
    assert last(feed)["type"] == "bolus_given"
    assert last(feed)["dose_mg"] == 5
    open_panel(live, "rate")
    live.locator("[data-tab=bag]").click()
    live.locator(".dialog [data-field=concentration_mg_ml]:visible input").fill("1")
    save(live)
    saved(live)
    assert last(feed) == {"type": "bag_changed", "concentration_mg_ml": 1, "volume_ml": None, "reason": ""}


def test_pause_stop_and_resume_say_why(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "pause")
    expect(live.locator(".dialog-hint")).to_contain_text("does not control the pump")
    save(live)
    expect(live.locator(".dialog-error")).to_have_text("Say why.")
    live.get_by_role("button", name="respiratory").first.click()
    save(live)
    saved(live)
    assert last(feed) == {"type": "infusion_paused", "reason": "respiratory", "source": "entered"}
    feed.infusion = {**feed.infusion, "state": "paused", "rate_mg_h": 0, "set_rate_mg_h": 21.7}
    feed.tell_snapshot()
    expect(live.locator(".ketamine-rate")).to_have_text("paused")
    open_panel(live, "pause")
    save(live)
    saved(live)
    assert last(feed) == {"type": "infusion_resumed", "rate_mg_h": 21.7, "reason": "", "source": "entered"}


def test_a_drug_from_the_list_has_no_dose_until_one_is_typed(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "drug")
    live.get_by_role("button", name="midazolam").click()
    save(live)
    expect(live.locator(".dialog-error")).to_have_text("Enter the dose.")
    fill(live, "dose", "1,5")
    save(live)
    saved(live)
    assert last(feed) == {
        "type": "drug_given",
        "drug": "midazolam",
        "dose": 1.5,
        "unit": "mg",
        "route": "IV",
        "note": "",
    }


def test_oxygen_needs_a_device_unless_it_is_room_air(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "drug")
    live.locator("[data-tab=oxygen]").click()
    expect(live.locator(".dialog")).to_contain_text("Now: O₂ 2 L/min nasal")
    fill(live, "flow_l_min", "4")
    save(live)
    expect(live.locator(".dialog-error")).to_have_text("Choose the device.")
    live.get_by_role("button", name="simple mask").click()
    save(live)
    saved(live)
    assert last(feed) == {"type": "oxygen_changed", "flow_l_min": 4, "device": "simple mask"}


def test_manual_vitals_are_checked(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "vitals")
    save(live)
    expect(live.locator(".dialog-error")).to_have_text("Enter at least one value.")
    fill(live, "nibp_sys", "120")
    save(live)
    expect(live.locator(".dialog-error")).to_contain_text("both numbers")
    fill(live, "nibp_dia", "130")
    save(live)
    expect(live.locator(".dialog-error")).to_contain_text("above diastolic")
    fill(live, "nibp_dia", "70")
    fill(live, "spo2", "120")
    save(live)
    expect(live.locator(".dialog-error")).to_contain_text("from 0 to 100 %")
    fill(live, "spo2", "96")
    save(live)
    saved(live)
    assert last(feed) == {"type": "manual_vitals", "values": {"spo2": 96, "nibp_sys": 120, "nibp_dia": 70}, "note": ""}


def test_side_effect(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "side-effect")
    live.get_by_role("button", name="nausea").click()
    live.get_by_role("button", name="mild").click()
    save(live)
    saved(live)
    assert last(feed) == {"type": "side_effect", "effect": "nausea", "severity": "mild", "note": ""}


def test_an_entry_is_corrected_from_the_log_with_a_reason(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "log")
    expect(live.locator(".dialog-log .log-row")).to_have_count(7)
    assert live.locator(".dialog-log [data-type=alarm_raised] button").count() == 0  # alarms are nobody's to correct
    live.locator(".log-correct[data-seq='4']").click()
    live.wait_for_selector(".dialog-correct")
    save(live)
    expect(live.locator(".dialog-error")).to_have_text("Say why.")
    live.locator("[data-tab=replace]").click()
    live.get_by_role("button", name="ondansetron").click()
    fill(live, "dose", "8")
    live.get_by_role("button", name="wrong value").click()
    save(live)
    saved(live)
    assert last(feed) == {
        "type": "correction", "of": 4, "reason": "wrong value",
        "replacement": {"type": "drug_given", "drug": "ondansetron", "dose": 8, "unit": "mg", "route": "IV", "note": ""},
    }  # fmt: skip


def test_an_entry_is_struck(live: Page, feed: FakeFeed) -> None:
    live.locator("[data-el=log]").click()
    live.locator(".log-correct[data-seq='5']").click()
    live.get_by_role("button", name="entered in error").click()
    save(live)
    saved(live)
    assert last(feed) == {"type": "correction", "of": 5, "reason": "entered in error", "replacement": None}


def test_emergency_is_a_clock_and_marks_and_never_a_stop(live: Page, feed: FakeFeed) -> None:
    open_panel(live, "emergency")
    expect(live.locator(".dialog")).to_contain_text("not a stop button")
    assert feed.posts == []
    save(live)
    live.wait_for_selector(".dialog", state="detached")
    feed.session_more = {"emergency_since": feed.at(feed.t_s() - 61).isoformat()}
    feed.tell(
        "event",
        entry=feed._line(8, feed.t_s(), "emergency_declared", "EMERGENCY"),
        session=feed.session(),
        infusion=feed.infusion,
    )
    expect(live.locator(".emergency-clock")).to_contain_text("1:0")  # the panel opens by itself
    expect(live.locator(".emergency-word")).to_contain_text("EMERGENCY 1:0")
    expect(live.locator("[data-el=phase]")).to_have_text("EMERGENCY")
    live.get_by_role("button", name="airway opened").click()
    expect(live.locator(".dialog [data-done]")).to_have_count(1)
    assert {post["session"] for post in feed.posts} == {"0192-session"}
    assert [p["type"] for p in feed.posts] == ["emergency_declared", "note"]
    assert feed.posts[1]["text"] == "Emergency: airway opened"
    save(live)
    expect(live.locator(".dialog-error")).to_contain_text("needs a summary")
    fill(live, "summary", "woke on stimulation")
    save(live)
    saved(live)
    assert last(feed) == {"type": "emergency_ended", "summary": "woke on stimulation"}


def test_a_handover_changes_the_person_once_it_is_saved(live: Page, feed: FakeFeed) -> None:
    live.locator("[data-el=person-button]").click()
    live.get_by_role("button", name="Record a handover").click()
    live.wait_for_selector(".dialog-handover")
    live.locator(".dialog [data-value='K. Second']").click()
    save(live)
    saved(live)
    assert last(feed) == {"type": "handover", "to": "K. Second", "note": ""}
    assert feed.posts[0]["by"] == "R. Nurse"
    expect(live.locator("[data-el=person]")).to_have_text("K. Second")
