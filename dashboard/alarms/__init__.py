"""The alarm engine: pure, the same code for live, simulated and replayed data."""

from config.models.alarms import Profile, load_profile
from dashboard.alarms.engine import EngineState, start, step, tell
from dashboard.alarms.replay import catch_up, line, replay, resume
from dashboard.alarms.values import Change, Fact, Tick
from dashboard.alarms.view import ActiveAlarm, Due, Sound, Trigger, active, due, limits, message, sound

__all__ = [
    "ActiveAlarm", "Change", "Due", "EngineState", "Fact", "Profile", "Sound", "Tick", "Trigger", "active", "catch_up", "due", "limits", "line",
    "load_profile", "message", "replay", "resume", "sound", "start", "step", "tell",
]  # fmt: skip
