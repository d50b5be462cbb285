"""Named states of the fake bed, for looking at and for screenshots."""

from datetime import datetime
from typing import Any

from fake_session import CO2_HIGH, MODIFIED, NOW_S, OVERDUE, RR_LOW, SBP_HIGH, SPO2_LOW, TEMP_LOW, iso, settings_with


class Scenes:
    """What a feed looks like in each of them; `scene` sets it, before the page or while it is open."""

    session_more: dict[str, Any]
    devices: list[dict[str, Any]]
    recording: dict[str, Any]
    alarms: list[dict[str, Any]]
    audio: dict[str, Any]
    has_session: bool
    simulation: bool
    values: dict[str, dict[str, Any]]
    screens: list[dict[str, Any]] | None

    def t_s(self) -> float: ...
    def at(self, t_s: float) -> datetime: ...
    def set_values(self, **numbers: float | None) -> None: ...
    def set_dead(self, name: str, status: str, age_s: float) -> None: ...
    def set_alarms(
        self, alarms: list[dict[str, Any]], sounding: str | None = None, burst: int | None = None
    ) -> None: ...

    def scene(self, name: str) -> None:
        getattr(self, f"_{name.replace('-', '_')}")()

    def _calm(self) -> None:
        pass

    def _three(self) -> None:
        self.set_values(spo2=84, etco2=52, rr=8, breath=7)
        self.set_alarms([SPO2_LOW, CO2_HIGH, self._acked(RR_LOW)], sounding="high")

    def _acked(self, alarm: dict[str, Any]) -> dict[str, Any]:
        at = iso(self.at(self.t_s() - 15))
        return {**alarm, "state": "acknowledged", "acknowledged_by": "R. Nurse", "acknowledged_at": at}

    def _many(self) -> None:
        self._three()
        self.set_alarms([*self.alarms, TEMP_LOW, OVERDUE], sounding="high")

    def _one(self) -> None:
        self.set_values(etco2=52)
        self.set_alarms([CO2_HIGH], sounding="medium")

    def _low(self) -> None:
        self.set_alarms([TEMP_LOW])

    def _high(self) -> None:
        self.set_values(spo2=84)
        self.set_alarms([SPO2_LOW], sounding="high")

    def _paused(self) -> None:
        self._three()
        self.audio = {**self.audio, "paused_until_t_s": NOW_S + 107, "paused_s_left": 107, "sounding": None}

    def _latched(self) -> None:
        self.set_alarms([{**SPO2_LOW, "state": "latched"}, CO2_HIGH], sounding="medium")
        self.set_values(etco2=52)

    def _cuff(self) -> None:
        self.set_values(sbp=188, dbp=104, map=132)
        self.set_alarms([SBP_HIGH], sounding="medium")

    def _technical(self) -> None:
        self._dead()
        lost = {
            **SPO2_LOW,
            "occurrence": 11,
            "rule": "SPO2_LOST",
            "priority": "medium",
            "kind": "technical",
            "text": "SpO₂ SIGNAL LOST",
        }
        self.set_alarms([{**lost, "value": None, "trigger": "30 s without a value"}], sounding="medium")

    def _escalated(self) -> None:
        self._three()
        at = iso(self.at(self.t_s() - 20))
        sent = [{"channel": "second screen", "ok": True}, {"channel": "on-call", "ok": False}]
        high = {"step": 3, "at": at, "sent": sent, "next_step_in_s": None}
        medium = {"step": 2, "at": at, "sent": [{"channel": "charge nurse", "ok": True}], "next_step_in_s": 30.0}
        self.set_alarms(
            [{**SPO2_LOW, "escalation": high}, {**CO2_HIGH, "escalation": medium}, self.alarms[2]], sounding="high"
        )

    def _off(self) -> None:
        until_s = self.t_s() + 272
        off = {
            "rule": "ETCO2_HIGH_1",
            "label": "EtCO₂ high",
            "until_t_s": until_s,
            "by": "R. Nurse",
            "reason": "mouth care",
        }
        settings = settings_with({**MODIFIED, "ETCO2_HIGH_1": {"off_until_s": until_s}})
        self.session_more = {"settings": settings, "off": [off], "limits_modified": True}

    def _modified(self) -> None:
        self.session_more = {"settings": settings_with(MODIFIED), "limits_modified": True}

    def _screens(self) -> None:
        more = {"visible": True, "sound": "confirmed", "trouble": None}
        self.screens = [
            {"by": "R. Nurse", "screen": "other001", **more, "trouble": "hidden", "visible": False},
            {"by": "K. Second", "screen": "other002", **more},
        ]

    def _dead(self) -> None:
        self.set_dead("spo2", "sensor_off", 42)
        self.set_dead("rr", "stale", 65)
        self.set_dead("etco2", "lost", 9)
        self.devices[1] = {**self.devices[1], "state": "lost", "age_s": 9, "detail": "check the cable on port 2"}

    def _no_co2(self) -> None:
        for gone in ("etco2", "rr", "breath"):
            self.values.pop(gone, None)
        self.session_more = {"has_co2": False}

    def _warnings(self) -> None:
        self._off()
        self.session_more = {**self.session_more, "has_co2": False}

    def _no_session(self) -> None:
        self.has_session = False

    def _real(self) -> None:
        self.simulation = False

    def _record(self) -> None:
        self.recording = {"ok": False, "message": "the disk is full"}
