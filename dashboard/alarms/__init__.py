"""The alarm engine: pure, the same code for live, simulated and replayed data."""

from config.models.alarms import Profile, load_profile
from dashboard.alarms.engine import start, step, tell
from dashboard.alarms.patient_limits import OffRule, Setting, off, settings, settling
from dashboard.alarms.replay import catch_up, line, replay, resume
from dashboard.alarms.state import EngineState
from dashboard.alarms.values import Change, Fact, Tick
from dashboard.alarms.view import (
    ActiveAlarm,
    Due,
    Sound,
    Trigger,
    active,
    breathless_since,
    due,
    limits,
    message,
    sound,
)

__all__ = [
    "ActiveAlarm", "Change", "Due", "EngineState", "Fact", "OffRule", "Profile", "Setting", "Sound", "Tick", "Trigger", "active",
    "breathless_since", "catch_up", "due", "limits", "line", "load_profile", "message", "off", "replay", "resume", "settings", "settling", "sound", "start",
    "step", "tell",
]  # fmt: skip
