"""Log lines as the drawings show them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.session import events as ev
from dashboard.session.chain import chain
from dashboard.session.describe import log_rows, text
from dashboard.session.fold import fold
from dashboard.session.numbers import num
from dashboard.session.views import infusion_view

START = datetime(2026, 3, 2, 13, 11, tzinfo=UTC)


def make(cls: type[ev.Event], t_s: float = 0, **values: Any) -> ev.Event:
    return cls(**{"at": START + timedelta(seconds=t_s), "by": "R.N.", "t_s": t_s, **values})


def alarm(cls: type[ev.Event], **values: Any) -> ev.Event:
    told = {"rule": "SPO2_LOW_3", "occurrence": 1, "priority": "high", "kind": "physiological"}
    return make(cls, **{**told, **values})


OPENED = make(
    ev.SessionOpened, bed="bed-1", patient="T.N.", weight_kg=62, concentration_mg_ml=2.0, planned_mg=86.8, planned_min=240,
    profile="B-high-respiratory-risk", profile_version="0.1.0",
)  # fmt: skip
STARTED = make(ev.InfusionStarted, 180, rate_mg_h=10.8, concentration_mg_ml=2)
FASTER = make(ev.InfusionRateChanged, 1800, rate_mg_h=21.7, concentration_mg_ml=2)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (STARTED, "infusion started 10.8 mg/h · 2 mg/mL"),
        (FASTER, "rate 21.7 mg/h"),
        (
            make(ev.InfusionRateChanged, rate_mg_h=5.0, concentration_mg_ml=2, source="pump"),
            "rate 5 mg/h (read from the pump)",
        ),
        (make(ev.InfusionPaused, reason="nausea"), "infusion paused · nausea"),
        (make(ev.InfusionResumed), "infusion resumed"),
        (make(ev.InfusionResumed, rate_mg_h=5.5), "infusion resumed 5.5 mg/h"),
        (make(ev.InfusionStopped, reason="complete"), "infusion stopped · complete"),
        (make(ev.BolusGiven, dose_mg=0.5), "bolus 0.5 mg"),
        (make(ev.BagChanged, concentration_mg_ml=1, volume_ml=250), "bag changed 1 mg/mL · 250 mL"),
        (make(ev.ConsciousnessAssessed, scale="moaas", level="4"), "MOAA/S 4"),
        (
            make(ev.ConsciousnessAssessed, scale="rass", level="-1", dissociation=2, note="calm"),
            "RASS -1 · dissociation 2 · calm",
        ),
        (make(ev.OxygenChanged, flow_l_min=2, device="nasal"), "O₂ 2 L/min nasal"),
        (make(ev.OxygenChanged, flow_l_min=0), "O₂ off, room air"),
        (make(ev.DrugGiven, drug="ondansetron", dose=4, unit="mg", route="IV"), "ondansetron 4 mg IV"),
        (make(ev.SideEffect, effect="nausea", severity="mild"), "nausea mild"),
        (
            make(ev.ManualVitals, values={"temp": 36.6, "spo2": 97, "nibp_sys": 148, "nibp_dia": 86, "nibp_map": 107}),
            "by hand: NIBP 148/86 (107), SpO₂ 97, Temp 36.6",
        ),
        (make(ev.BaselineTaken, values={"sbp": 120, "dbp": 70, "rate": 75}), "baseline: BP 120/70, HR 75"),
        (make(ev.Note, text="two\nlines"), "two lines"),
        (make(ev.Handover, to="B.C.", note="stable"), "handover to B.C. · stable"),
        (make(ev.EmergencyDeclared, reason="apnoea"), "EMERGENCY · apnoea"),
        (make(ev.EmergencyEnded, summary="breathing"), "emergency over · breathing"),
        (make(ev.AudioPaused), "audio paused 120 s"),
        (make(ev.ChecklistAnswered, item="psychosis", answer="no"), "psychosis: no"),
        (make(ev.DischargeScored, scale="aldrete", score=9), "Aldrete 9"),
        (make(ev.PhaseChanged, phase="steady"), "phase: steady"),
        (make(ev.ServiceResumed, gap_s=95), "recording resumed after a gap of 1.6 min"),
        (make(ev.DeviceLost, device="monitor", reason="unplugged"), "monitor lost · unplugged"),
        (
            make(
                ev.LimitChanged, rule="SPO2_LOW_2", old={"value": 89}, new={"value": 88, "delay_s": 10}, reason="COPD"
            ),
            "limit SPO2_LOW_2: limit 89 → 88, delay s 10 · COPD",
        ),
        (alarm(ev.AlarmRaised, message="SpO2 low 84 %", value=84, limit="≤ 84"), "*** SpO2 low 84 % (≤ 84)"),
        (alarm(ev.AlarmEscalated, message="RR low 8", priority="medium", limit="≤ 9"), "** RR low 8 (≤ 9)"),
        (alarm(ev.AlarmRaised, message="SpO₂ probe off", priority="low"), "* SpO₂ probe off"),
        (alarm(ev.AlarmDemoted, message="SpO2 low 89 %", priority="medium"), "** SpO2 low 89 % · demoted"),
        (alarm(ev.AlarmAcknowledged, message="SpO2 low 84 %"), "SpO2 low 84 % · acknowledged"),
        (alarm(ev.AlarmCleared, message="SpO2 low"), "SpO2 low · cleared"),
        (alarm(ev.AlarmRaised, value=84.0), "*** SPO2_LOW_3 84"),
        (make(ev.Note, text="x", back_s=240), "x (back-dated 4 min)"),
        (make(ev.Note, text="x", back_s=30), "x (back-dated 30 s)"),
        (make(ev.SessionSigned, statement="seen"), "session signed · seen"),
        (make(ev.Injected, label="laryngospasm", effect={}), "trainer: laryngospasm"),
        (make(ev.TraineeActed, action="opened airway"), "trainee: opened airway"),
        (make(ev.CueShown, cue="chest", text="moves, no air"), "chest: moves, no air"),
        (make(ev.RunPaced, speed=5), "run at 5x"),
        (make(ev.RunPaced, speed=0), "run paused by the trainer"),
        (make(ev.RunForked, from_session="s", from_t_s=90), "run goes on from 1.5 min of an earlier one"),
        (make(ev.RunMarked, label="second look"), "★ second look"),
        (make(ev.RunRemarked, about="look", text="slow"), "remark on look: slow"),
        (make(ev.RunRemarked, text="calm"), "remark on the run: calm"),
        (make(ev.TraineeNamed, person="R. Nurse"), "R. Nurse is at the bed"),
        (make(ev.ScenarioNoted, digest="0123456789abcdef"), "content of the scenario noted: 0123456789ab"),
        (make(ev.RunRemarked, text=""), "remark on the run taken back"),
    ],
)
def test_lines(event: ev.Event, line: str) -> None:
    assert text(event) == line


def test_every_kind_of_entry_has_a_line() -> None:
    import dataclasses
    from typing import get_type_hints

    sample: dict[Any, Any] = {
        str: "word",
        float: 1.5,
        int: 2,
        bool: False,
        dict[str, float]: {"hr": 1.0},
        dict[str, Any]: {},
    }
    for cls in ev.TYPES.values():
        hints = get_type_hints(cls)
        needed = {
            f.name: sample[hints[f.name]]
            for f in dataclasses.fields(cls)
            if f.default is dataclasses.MISSING
            and f.default_factory is dataclasses.MISSING
            and f.name not in ("at", "by", "t_s")
        }
        line = text(make(cls, **needed))
        assert line.strip()
        assert "\n" not in line


def test_a_log_shows_old_rates_corrections_and_what_they_struck() -> None:
    wrong = make(ev.InfusionRateChanged, 2000, rate_mg_h=217, concentration_mg_ml=2)
    fixed = make(ev.Correction, 2100, of=4, reason="typing error", replacement={"rate_mg_h": 22.0})
    struck = make(ev.Correction, 2200, of=6, reason="wrong patient")
    entries = [OPENED, STARTED, FASTER, wrong, fixed, make(ev.BolusGiven, 2150, dose_mg=5), struck]
    rows = log_rows(fold(chain("s", entries)))
    assert [(row["seq"], row["text"], row["struck"]) for row in rows[:-2]] == [
        (7, "entry 6 struck: “bolus 5 mg” · wrong patient", False),
        (6, "bolus 5 mg", True),
        (5, "entry 4 corrected: “rate 217 mg/h” → “rate 22 mg/h” · typing error", False),
        (4, "rate 21.7 → 217 mg/h", True),
        (3, "rate 10.8 → 21.7 mg/h", False),
    ]


def test_a_row_has_what_the_live_protocol_promises() -> None:
    raised = alarm(ev.AlarmRaised, at=START, message="SpO2 low 84 %")
    late = make(ev.ConsciousnessAssessed, 700, scale="moaas", level="4", back_s=300)
    rows = log_rows(fold(chain("s", [OPENED, raised, late])), last=2)
    assert rows == [
        {
            "seq": 3, "at": "2026-03-02T13:17:40.000+00:00", "t_s": 400, "type": "consciousness_assessed",
            "text": "MOAA/S 4 (back-dated 5 min)", "by": "R.N.", "priority": None, "struck": False,
        },
        {
            "seq": 2, "at": "2026-03-02T13:11:00.000+00:00", "t_s": 0, "type": "alarm_raised", "text": "*** SpO2 low 84 %",
            "by": "R.N.", "priority": "high", "struck": False,
        },
    ]  # fmt: skip
    assert len(log_rows(fold(chain("s", [OPENED, raised, late])), last=None)) == 3
    assert log_rows(fold(chain("s", [OPENED])), last=0) == []


def test_the_infusion_as_told_live() -> None:
    session = fold(chain("s", [OPENED, STARTED, FASTER]))
    view = infusion_view(session, 4500)
    assert view["state"] == "running"
    assert view["rate_mg_h"] == 21.7
    assert view["rate_mg_kg_h"] == pytest.approx(0.35)
    assert view["rate_ml_h"] == pytest.approx(10.85)
    assert view["given_mg"] == pytest.approx(21.135)
    assert view["started_at"] == "2026-03-02T13:14:00.000+00:00"
    assert infusion_view(session, 100)["state"] == "not_started"
    assert infusion_view(session, 100)["rate_mg_h"] == 0
    assert infusion_view(session, 1000)["rate_mg_h"] == 10.8


@pytest.mark.parametrize(
    ("value", "written"),
    [(5, "5"), (5.0, "5"), (0.5, "0.5"), (10.85, "10.85"), (100, "100"), (0, "0"), (-0.001, "-0.001"), (0.0042, "0.0042"), (1200.0, "1200")],
)  # fmt: skip
def test_numbers(value: float, written: str) -> None:
    assert num(value) == written
