"""Recordings that a simulated monitor can show again: sessions of our own stores, CSV, `.vital` files."""

from dashboard.recordings.case import JOIN_S, Case, open_case, replayed
from dashboard.recordings.values import PHYSICIAN

__all__ = ["JOIN_S", "PHYSICIAN", "Case", "open_case", "replayed"]
