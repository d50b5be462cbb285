"""How the devices of a bed are connected, as the bed looks at it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from devices.link import Link
from devices.registry import Monitor

#: A link whose silence is 5 s, on the shifted scale of the `link` signal, is lost (design section 3).
LOST_S = 5.0


@dataclass(frozen=True, slots=True)
class LinkView:
    """`state`: connecting, live or lost; `age_s` of the last good frame; `detail`: what is wrong and who can act."""

    state: str
    age_s: float | None
    detail: str = ""


def link_view(link: Link) -> Callable[[], LinkView]:
    """A port's link as a bed looks at it."""

    def view() -> LinkView:
        status = link.status()
        state = "connecting" if status.state in ("connecting", "open") else "live" if status.state == "live" else "lost"
        return LinkView(state, status.age_s, status.detail)

    return view


class Links(dict[str, Callable[[], LinkView]]):
    """Device name -> its link as it stands. Remembers what was last told, so that each change is told once."""

    def __init__(self, monitors: Mapping[str, Monitor]) -> None:
        super().__init__()
        self._monitors = monitors
        self._told: dict[str, str] = {}

    def forget(self) -> None:
        """A new session hears of every device anew."""
        self._told.clear()

    def changes(self) -> list[tuple[str, LinkView]]:
        """Devices that became live, or were lost after being live, since the last call."""
        out = []
        for device, look in self.items():
            view, old = look(), self._told.get(device)
            if view.state in (old, "connecting"):
                continue
            self._told[device] = view.state
            if view.state == "live" or old == "live":
                out.append((device, view))
        return out

    def note(self, append: Callable[[str, Mapping[str, str]], None]) -> None:
        """Record what changed since the last call."""
        for device, view in self.changes():
            if view.state == "live":
                append("device_connected", {"device": device, "monitor": self._monitors[device].name})
            else:
                append("device_lost", {"device": device, "reason": view.detail})

    def silence_s(self, since_s: float) -> float:
        """Silence of the worst device, shifted so that 5 means lost whatever the device's own interval.

        A device that has not spoken yet has been silent for `since_s`.
        """
        worst = 0.0
        for device, look in self.items():
            age_s = look().age_s
            worst = max(worst, (since_s if age_s is None else age_s) - (self._monitors[device].lost_after_s - LOST_S))
        return round(worst, 3)

    def all_lost(self) -> bool:
        return bool(self) and all(look().state == "lost" for look in self.values())
