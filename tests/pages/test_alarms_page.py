"""The alarm history without a browser: which sessions an address shows, rows, the line above the strip, the strip, the file."""

import csv
import dataclasses
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pages_fakes import OPENED, FakeHistories, FakeServices, record, script

from config.models.alarms import load_profile
from dashboard.bedside.errors import EntryRefused
from dashboard.figures.arrays import unpacked
from dashboard.figures.limits import rule_texts
from dashboard.figures.strip import Stretch, strip_figure
from dashboard.history.build import session_alarms
from dashboard.history.model import SessionAlarms
from dashboard.pages import _alarms_api, _alarms_export, alarms
from dashboard.pages._alarms_rows import rows_of
from dashboard.pages._alarms_scope import find
from dashboard.pages._alarms_strip import line, picked_of, show, worst_value
from dashboard.pages._csv import cell
from dashboard.session import events as ev
from dashboard.session.chain import chain
from dashboard.session.events import Event
from dashboard.session.fold import fold

HERE = datetime(2026, 11, 25, 12, tzinfo=UTC)


def told(*extra: Event, simulation: bool = False) -> SessionAlarms:
    found = FakeHistories({"made-up": record(extra=extra, simulation=simulation)}).one("made-up")
    assert found is not None
    return found


def said(cls: type[Event], t_s: float, by: str = "R. Nurse", **data: Any) -> Event:
    return cls(at=OPENED + timedelta(seconds=t_s), by=by, t_s=t_s, **data)


def row(history: SessionAlarms, number: int) -> dict[str, Any]:
    return next(one for one in rows_of([history]) if one["n"] == number)


# -- scope ----------------------------------------------------------------------------------------------------------


def both() -> FakeHistories:
    return FakeHistories({"made-up": record(), "drill": record(simulation=True)})


def test_nothing_asked_for_shows_the_last_patients_session() -> None:
    shown = find(both(), {}, HERE)
    assert (shown.store, shown.session, shown.problems) == ("live", "made-up", ())


def test_who_only_trains_finds_the_training() -> None:
    assert find(FakeHistories({"drill": record(simulation=True)}), {}, HERE).store == "simulation"


def test_a_session_brings_its_own_store() -> None:
    shown = find(both(), {"store": "live", "session": "drill"}, HERE)
    assert (shown.store, [one.id for one in shown.histories]) == ("simulation", ["drill"])


def test_all_sessions_are_those_of_one_store() -> None:
    assert [one.id for one in find(both(), {"session": "all"}, HERE).histories] == ["made-up"]
    assert [one.id for one in find(both(), {"session": "all", "store": "simulation"}, HERE).histories] == ["drill"]


def test_a_bed_means_all_its_sessions() -> None:
    assert [one.id for one in find(both(), {"bed": "bed-2"}, HERE).histories] == ["made-up"]
    assert find(both(), {"bed": "bed-7"}, HERE).histories == ()


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        ({"session": "no such"}, "There is no session 'no such'"),
        ({"from": "yesterday"}, "from='yesterday': expected a date"),
        ({"to": "2026-02-30"}, "to='2026-02-30'"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "wrong way round"),
        ({"store": "../etc"}, "store='../etc'"),
        ({"session": "x" * 500}, "…"),
    ],
)
def test_what_cannot_be_followed_is_said(ask: dict[str, str], words: str) -> None:
    assert words in " ".join(find(both(), ask, HERE).problems)


def test_a_day_runs_from_midnight_to_midnight_on_the_clinics_clock() -> None:
    asked: dict[str, Any] = {}

    class Asked(FakeHistories):
        def sessions(self, store: Any, **more: Any) -> list[SessionAlarms]:
            asked.update(more)
            return super().sessions(store)

    find(Asked({"made-up": record()}), {"from": "2026-11-21", "to": "2026-11-21"}, HERE)
    assert (asked["since"], asked["until"]) == (datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))


def test_a_store_that_cannot_be_read_is_said_and_the_page_stands() -> None:
    class Broken(FakeServices):
        def histories(self) -> Any:
            raise EntryRefused("the database is damaged")

    data, scope, *_, problems, _sessions, _beds, _rules = alarms._read(Broken(), {})
    assert "the database is damaged" in str(problems) and scope["sessions"] == [] and json.loads(data)["rows"] == []


def test_whatever_goes_wrong_is_said_rather_than_waited_for() -> None:
    class Broken(FakeServices):
        def histories(self) -> Any:
            raise ZeroDivisionError

    assert "log says why" in str(alarms._read(Broken(), {})[4])


def test_nothing_recorded_yet_shows_an_empty_table() -> None:
    data, scope, top, *_ = alarms._read(FakeServices(), {})
    assert json.loads(data)["rows"] == [] and top is None and scope == {"store": "live", "sessions": []}


# -- rows -----------------------------------------------------------------------------------------------------------


def test_a_row_says_all_that_a_reviewer_asks() -> None:
    shown = row(told(), 5)
    assert {
        key: shown[key] for key in ("onset", "stars", "label", "value", "trigger", "lasted", "waited", "by", "repeats", "state", "verdict")
    } == {
        "onset": "14:25:56", "stars": "***", "label": "SpO₂ low", "value": "84 %", "trigger": "≤ 84", "lasted": "1:12", "waited": "0:07", "by": "R.N.",
        "repeats": "1 of 1", "state": "cleared", "verdict": "",
    }  # fmt: skip


def test_an_alarm_that_still_stands_says_so() -> None:
    assert row(told(), 8)["lasted"].endswith("…")


def test_verdicts_agree_or_differ() -> None:
    one, two = (
        said(ev.AlarmJudged, 13_900, "A", occurrence=5, verdict="true"),
        said(ev.AlarmJudged, 13_901, "B", occurrence=5, verdict="true"),
    )
    other = said(ev.AlarmJudged, 13_902, "C", occurrence=5, verdict="nuisance", note="cuff")
    assert row(told(one), 5)["verdict"] == "true"
    assert row(told(one, two), 5)["verdict"] == "true ×2"
    differs = row(told(one, two, other), 5)
    assert (differs["verdict"], differs["differ"], differs["who"]) == (
        "true ≠ nuisance",
        True,
        "A: true · B: true · C: nuisance (cuff)",
    )


def test_what_else_bears_on_the_alarms_has_rows_of_its_own() -> None:
    rows = [one for one in rows_of([told(said(ev.AudioPaused, 5_000, duration_s=120.0))]) if one["kind"] != "alarm"]
    assert [(one["label"], one["lasted"], one["by"]) for one in rows] == [
        ("Limit changed: SpO₂ low 89 → 91", "1:29:59", "A."),
        ("Audio paused", "2:00", "R.N."),
    ]


def test_dates_stand_where_there_are_several_sessions() -> None:
    assert rows_of([told(), told()])[0]["onset"].startswith("11-21 ")


def test_the_rows_of_ten_thousand_alarms_reach_the_browser_as_one_text() -> None:
    data = alarms.rows_data(find(both(), {"session": "made-up"}, HERE))
    assert isinstance(data, str) and len(json.loads(data)["rows"]) == 9


def test_a_check_that_is_late_is_less_than_a_patient_in_trouble_and_more_than_a_lost_signal() -> None:
    history = told()
    late = dataclasses.replace(
        history, rules={**history.rules, "spo2-low-high": rule_texts(load_profile("A-standard-adult"))["LOC_DUE"]}
    )
    assert {one["about"] for one in rows_of([history]) if one["rule"] == "spo2-low-high"} == {0}
    assert {one["about"] for one in rows_of([late]) if one["rule"] == "spo2-low-high"} == {1}
    assert {one["about"] for one in rows_of([history]) if one["technical"]} == {2}


# -- the strip ------------------------------------------------------------------------------------------------------


def words(parts: Any) -> str:
    return " ".join(str(part.children) for part in parts)


def test_one_line_says_everything_about_the_worst_alarm() -> None:
    history = told(said(ev.OxygenChanged, 4_800, flow_l_min=2.0))
    one = next(o for o in history.occurrences if o.number == 5)
    assert words(line(history, one, at_s=one.onset_s)) == (
        "14:25:56 *** SpO₂ low 84 % (≤ 84) infusing 21.7 mg/h · MOAA/S 4 at 14:24 · O₂ 2 L/min · ack R.N. after 0:07"
    )


def test_an_alarm_that_went_on_to_others_says_to_whom_and_what_failed() -> None:
    base = {"occurrence": 5, "rule": "spo2-low-high", "priority": "high", "by": "system"}
    history = told(
        said(ev.EscalationSent, 13_900, step=2, channel="screens", ok=True, **base),
        said(ev.EscalationSent, 13_901, step=3, channel="pager", ok=False, detail="no answer", **base),
    )
    one = next(o for o in history.occurrences if o.number == 5)
    assert "sent on: screens, pager (failed: no answer)" in words(line(history, one, at_s=one.onset_s))
    assert "sent on" not in words(line(history, history.occurrences[0], at_s=0))


def test_how_far_it_went_is_told_where_that_is_worse_than_the_value_that_spoke() -> None:
    history = told()
    one = next(o for o in history.occurrences if o.number == 5)
    made = record()
    column = made.columns["spo2"].copy()
    column[(made.t_s >= 4_916) & (made.t_s <= 4_988)] = 84.0
    at = dataclasses.replace(made, columns={**made.columns, "spo2": column})
    assert worst_value(history, one, at) == ""
    column[np.searchsorted(made.t_s, 4_950)] = 77.0
    column[np.searchsorted(made.t_s, 5_100)] = 60.0  # after its end
    assert worst_value(history, one, at) == "lowest 77 at 14:26:30"
    column[:] = np.nan
    assert worst_value(history, one, at) == ""


def test_nothing_is_made_up_where_nothing_was_recorded() -> None:
    made = script()
    made.events = made.events[:1]
    made.alarm("spo2-low-high", "high", 30, 60, 84, 84, "SpO₂ LOW 84 %")
    history = session_alarms(
        fold(chain("x", made.in_order())), bed_title="", end_s=100, rules={}, approved=False, utc_offset=timedelta(0)
    )
    assert "no infusion yet · no LOC check yet · O₂ not recorded · not acknowledged" in words(
        line(history, history.occurrences[0], at_s=30)
    )


def figure(number: int | None = 5, at_s: float = 4_916, **more: Any) -> dict[str, Any]:
    history, made = told(), record()
    one = next((o for o in history.occurrences if o.number == number), None)
    return strip_figure(made, at_s, one, **more)


def test_the_strip_counts_from_the_onset() -> None:
    axis = figure()["layout"]["xaxis"]
    assert axis["ticktext"][0] == "−5 min" and axis["ticktext"][5] == "onset" and axis["ticktext"][-1] == "+5 min"
    assert axis["tickvals"][5] == record().wall_ms(4_916)
    assert axis["tickvals"][-1] - axis["tickvals"][0] == 600_000
    assert axis["range"] == [record().wall_ms(4_916 - 300.5), record().wall_ms(4_916 + 300.5)]


def test_the_limit_that_spoke_is_drawn_as_it_was_in_force_then() -> None:
    lines = [t for t in figure()["data"] if t.get("line", {}).get("dash") == "dot" and t["name"].startswith("≤ 84")]
    assert lines and set(unpacked(lines[0]["y"])) == {84.0}
    assert any(a["text"] == "≤ 84" and a["y"] == 84 for a in figure()["layout"]["annotations"])


def test_the_alarms_own_band_and_its_acknowledgement_are_marked() -> None:
    shapes = figure(acknowledged_by="R.N.")["layout"]["shapes"]
    made = record()
    band = next(s for s in shapes if s["type"] == "rect" and s.get("layer") == "below")
    assert (band["x0"], band["x1"]) == (made.wall_ms(4_916), made.wall_ms(4_988))
    assert any(s["type"] == "line" and s["x0"] == made.wall_ms(4_923) for s in shapes)
    assert any(a["text"] == "ack R.N. after 0:07" for a in figure(acknowledged_by="R.N.")["layout"]["annotations"])


def test_a_gap_stays_a_gap() -> None:
    spo2 = next(t for t in figure(None, 6_960)["data"] if t["name"] == "SpO₂")
    x, y = unpacked(spo2["x"]), unpacked(spo2["y"])
    inside = (x > record().wall_ms(6_905)) & (x < record().wall_ms(7_015))
    assert np.isnan(y[inside]).all() and spo2["connectgaps"] is False


def test_what_else_happened_has_a_lane() -> None:
    data = figure(also=[Stretch(4_900, 5_020, "Audio paused")])["data"]
    assert any("Audio paused" in str(t.get("customdata")) for t in data)
    assert not any(t["name"] == "Also" for t in figure()["data"] if "name" in t)


@pytest.mark.parametrize(
    "data",
    [None, 5, {}, {"session": 1, "t_s": 3}, {"session": "made-up", "t_s": "x"}, {"session": "made-up", "t_s": 1e99}],
)
def test_what_no_table_of_ours_sends_is_passed_over(data: Any) -> None:
    assert picked_of(data) is None


def test_a_session_that_is_gone_is_said() -> None:
    picked = picked_of({"session": "gone", "number": 1, "t_s": 5})
    assert picked is not None
    assert "no longer" in words(show(FakeServices(), picked, "dark")[1])


# -- the file -------------------------------------------------------------------------------------------------------


def read_back(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_the_file_has_the_rows_shown_in_their_order_and_no_others() -> None:
    history = told(simulation=True)
    rows = read_back(
        _alarms_export.csv([history], ["made-up:5", "made-up:p1", "made-up:1", "made-up:99", "other:1", "nonsense"])
    )
    assert [(one["rule"], one["kind"]) for one in rows] == [
        ("spo2-low-high", "physiological"), (history.periods[0].rule, history.periods[0].kind), ("hr-rise-low", "physiological"),
    ]  # fmt: skip
    assert {one["simulation"] for one in rows} == {"true"}
    assert _alarms_export.name([history], "simulation") == "SIMULATION-alarms-made-up.csv"


def test_a_cell_never_runs_as_a_formula() -> None:
    assert [cell(text) for text in ("=1+1", "+1", "-1", "@x", "\tx", "x=1", -5, None)] == [
        "'=1+1",
        "'+1",
        "'-1",
        "'@x",
        "'\tx",
        "x=1",
        -5,
        "",
    ]
    noted = said(ev.AlarmActionNoted, 13_900, occurrence=5, action='=HYPERLINK("http://x")')
    assert read_back(_alarms_export.csv([told(noted)], ["made-up:5"]))[0]["action"].startswith("'=")


# -- saving ---------------------------------------------------------------------------------------------------------


def client(error: EntryRefused | None = None) -> TestClient:
    def review(session: str, fields: Any, request_id: str) -> SessionAlarms:
        if error is not None:
            raise error
        assert (session, request_id, fields["by"]) == ("made-up", "r1", "A")
        return told(said(ev.AlarmJudged, 13_900, "A", occurrence=5, verdict="true"))

    app = FastAPI()
    app.include_router(_alarms_api.router(review))
    return TestClient(app)


def test_an_entry_is_answered_with_what_the_table_shows_anew() -> None:
    answer = (
        client()
        .post("/history/record", json={"id": "r1", "session": "made-up", "type": "alarm_judged", "by": "A"})
        .json()
    )
    assert answer["ok"] and next(one for one in answer["rows"] if one["id"] == "made-up:5")["verdict"] == "true"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nonsense", b"{}", b'{"id": 5, "session": "x"}', b'{"id": "r", "session": 1}', b" " * 20_000]
)
def test_what_is_no_entry_is_refused(body: bytes) -> None:
    answer = client().post("/history/record", content=body)
    assert answer.status_code == 400 and not answer.json()["ok"]


def test_a_disk_that_fails_is_told() -> None:
    answer = client(EntryRefused("not saved: disk full", status=503)).post(
        "/history/record", json={"id": "r1", "session": "made-up"}
    )
    assert (answer.status_code, answer.json()["error"]) == (503, "not saved: disk full")
