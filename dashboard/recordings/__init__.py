"""Recordings that a simulated monitor can show again: sessions of our own stores, CSV, `.vital` files."""

from dashboard.recordings.case import (
    JOIN_S,
    READERS,
    SCENARIO,
    Case,
    open_case,
    read_file,
    read_session_case,
    replayed,
)
from dashboard.recordings.values import PHYSICIAN

__all__ = [
    "JOIN_S", "PHYSICIAN", "READERS", "SCENARIO", "Case", "open_case", "read_file", "read_session_case", "replayed",
]  # fmt: skip
