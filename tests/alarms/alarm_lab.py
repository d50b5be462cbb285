"""A bed on the bench: values in by the second, changes out as (t_s, change, rule)."""

from collections.abc import Iterable, Mapping
from typing import Any

from dashboard.alarms import Change, Fact, Profile, Tick, load_profile, start, step, tell

PROFILE = load_profile("A-standard-adult")
Said = tuple[float, str, str]


class Lab:
    def __init__(self, baseline: Mapping[str, float] | None = None, profile: Profile = PROFILE) -> None:
        self.profile = profile
        self.state = start(profile, baseline)
        self.changes: list[Change] = []

    def tick(self, t_s: float, **values: float | None) -> list[Change]:
        self.state, changes = step(self.profile, self.state, Tick(float(t_s), values))
        self.changes += changes
        return list(changes)

    def hold(self, seconds: Iterable[int], **values: float | None) -> list[Change]:
        """The same values in each of these seconds."""
        return [change for t_s in seconds for change in self.tick(t_s, **values)]

    def tell(self, t_s: float, kind: str, **data: Any) -> list[Change]:
        self.state, changes = tell(self.profile, self.state, Fact(float(t_s), kind, data))
        self.changes += changes
        return list(changes)

    def infuse(self, t_s: float = 0.0, **data: Any) -> "Lab":
        self.tell(t_s, "infusion_started", **data)
        return self

    @property
    def said(self) -> list[Said]:
        return told(self.changes)


def told(changes: Iterable[Change]) -> list[Said]:
    return [(change.t_s, change.change, change.rule) for change in changes]


def relaxed(**changes: Any) -> Profile:
    """Profile A with top-level settings changed."""
    return PROFILE.model_copy(update=changes)
