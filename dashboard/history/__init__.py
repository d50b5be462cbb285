"""Alarm histories of recorded sessions: what alarmed, what was in force, who answered, and what reviewers thought of it."""

from dashboard.history.model import PERIODS, Period, PeriodKind, SessionAlarms, Verdict

__all__ = ["PERIODS", "Period", "PeriodKind", "SessionAlarms", "Verdict"]
