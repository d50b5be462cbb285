"""Whether the scenario of a run is still the one that it was run with. Pure.

A run's record holds a digest of the scenario's content. Records from before that was kept have none: of those only the date of the
scenario's file can tell, which also changes when nothing but a blank was added.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from config.models.base import Model
from config.models.scenario import Scenario
from dashboard.session.chain import Stored
from dashboard.session.events import ScenarioNoted


@dataclass(frozen=True, slots=True)
class Today:
    """A scenario as it is now; None when it is not here any more. `file_changed_at`: of an own one's file, as far as its date tells."""

    scenario: Scenario | None
    file_changed_at: datetime | None = None
    digest: str = ""

    def changed(self, noted: str, opened_at: datetime) -> bool:
        """Whether it is another one than when a run was opened; False for one that is not here. `noted`: as of `noted_of`."""
        if self.scenario is None:
            return False
        if noted:
            return noted != (self.digest or digest_of(self.scenario))
        return self.file_changed_at is not None and self.file_changed_at > opened_at


def digest_of(scenario: Scenario) -> str:
    """SHA-256, hexadecimal, of all that the scenario says. A key at its default counts as not said, so that a version of this program that
    knows more keys finds its old scenarios unchanged."""
    text = json.dumps(_said(scenario), sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return sha256(text.encode("utf-8")).hexdigest()


def noted_of(record: Iterable[Stored]) -> str:
    """The digest that was noted when the run began; empty in older records."""
    return next((one.event.digest for one in record if isinstance(one.event, ScenarioNoted)), "")


def _said(value: Any) -> Any:
    if isinstance(value, Model):
        fields = type(value).model_fields
        return {
            name: _said(found)
            for name, found in value
            if name == "kind" or found != fields[name].get_default(call_default_factory=True)
        }
    if isinstance(value, list | tuple):
        return [_said(one) for one in value]
    return value
