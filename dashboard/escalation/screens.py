"""The screens of the station: who is at them, and whether they can warn anybody."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: A screen speaks every 5 s; one that was not heard of for three times as long is gone.
GONE_S = 15.0
#: Hidden, or without sound, for this long: a glance at another tab is no trouble yet.
TROUBLE_S = 10.0
#: A screen that is gone without goodbye stays listed for this long.
LISTED_S = 600.0
#: Screens of one bed that are kept; far above any real number.
MOST = 50
WORDS = 60  # characters of a text that a screen says of itself
SOUNDS = ("confirmed", "unconfirmed", "blocked")

#: What the rooms pages, which belong to no bed, are listed under.
ROOMS = "*"


@dataclass(slots=True)
class Screen:
    """What one screen last said of itself. Times in seconds of a monotonic clock; `viewer` None: its connection is down."""

    name: str
    viewer: int | None
    heard_s: float
    by: str | None = None
    visible: bool = False
    sound: str = "blocked"
    hidden_since_s: float | None = None
    silent_since_s: float | None = None
    self_test: tuple[bool, str] | None = None

    def trouble(self, now_s: float) -> str | None:
        """Why nobody may be warned by it: `gone`, `hidden`, `silent`; None when all is well."""
        if now_s - self.heard_s > GONE_S:
            return "gone"
        if self.hidden_since_s is not None and now_s - self.hidden_since_s >= TROUBLE_S:
            return "hidden"
        if self.silent_since_s is not None and now_s - self.silent_since_s >= TROUBLE_S:
            return "silent"
        return None

    def can_warn(self, now_s: float) -> bool:
        """Visible, or known to be audible: in the background only a sound that somebody has heard counts."""
        alive = now_s - self.heard_s <= GONE_S
        return alive and (self.visible or (self.sound == "confirmed" and self.silent_since_s is None))


@dataclass(frozen=True, slots=True)
class Told:
    """A screen that was lost (`reason`: `hidden`, `silent`, `gone`), or that is back (`reason` None)."""

    screen: str
    person: str
    reason: str | None


class Screens:
    """All screens of a station, by bed. Asked from the event loop and the engine's thread; a lock of its own, held for no longer than a
    look, so that neither waits for the other. `mono`: real seconds, also where a bed's own clock runs fast. `apart`: beds of the training
    room: whoever is there is busy with a patient who is not real, and is counted on for nobody else."""

    def __init__(
        self, people: Iterable[str] = (), mono: Callable[[], float] = time.monotonic, apart: Collection[str] = ()
    ) -> None:
        self._people = tuple(people)
        self._apart = frozenset(apart)
        self._mono = mono
        self._lock = threading.Lock()
        self._beds: dict[str, dict[str, Screen]] = {}
        self._told: dict[str, dict[str, str]] = {}
        self._warned_s: dict[str, float] = {}

    # -- what screens say --------------------------------------------------------------------------------------------

    def told(self, bed: str | None, viewer: int, said: Mapping[str, Any]) -> None:
        """A screen is alive and says of itself what it can do. What it does not know to say counts as trouble."""
        now_s = self._mono()
        name = _words(said.get("screen")) or f"viewer {viewer}"
        with self._lock:
            screens = self._beds.setdefault(bed or ROOMS, {})
            for other in [s for s in screens.values() if s.viewer == viewer and s.name != name]:
                del screens[other.name]
            screen = screens.setdefault(name, Screen(name, viewer, now_s))
            screen.viewer, screen.heard_s = viewer, now_s
            screen.by = said["by"] if said.get("by") in self._people else None
            screen.visible = said.get("visible") is True
            screen.sound = said["sound"] if said.get("sound") in SOUNDS else "blocked"
            _note(screen, now_s)
            while len(screens) > MOST:
                del screens[min(screens.values(), key=lambda s: s.heard_s).name]

    def tested(self, viewer: int, *, ok: bool, detail: str) -> None:
        """What a screen's own test of its sound found."""
        now_s = self._mono()
        with self._lock:
            for screen in self._of_viewer(viewer):
                screen.heard_s, screen.self_test = now_s, (ok, _words(detail))
                _note(screen, now_s)

    def left(self, viewer: int, *, goodbye: bool) -> None:
        """Its connection is down. Without goodbye it may come back at once, or its laptop has been shut: it stays listed."""
        with self._lock:
            for screens in self._beds.values():
                for screen in [s for s in screens.values() if s.viewer == viewer]:
                    if goodbye:
                        del screens[screen.name]
                    else:
                        screen.viewer = None

    # -- what the station knows --------------------------------------------------------------------------------------

    def anyone(self, bed: str) -> bool:
        """Whether somebody of the station has said that they are at a visible screen of the bed."""
        now_s = self._mono()
        with self._lock:
            screens = self._beds.get(bed, {}).values()
            return any(s.by is not None and s.visible and now_s - s.heard_s <= GONE_S for s in screens)

    def people(self, bed: str) -> tuple[str, ...]:
        """Who has said that they are at a visible screen of the bed, each once."""
        now_s = self._mono()
        with self._lock:
            screens = self._beds.get(bed, {}).values()
            alive = [s.by for s in screens if s.by is not None and s.visible and now_s - s.heard_s <= GONE_S]
        return tuple(dict.fromkeys(alive))

    def elsewhere(self, bed: str) -> int:
        """How many screens that can warn show something else than this bed: rooms pages and other beds' pages,
        but no trainee's."""
        now_s = self._mono()
        with self._lock:
            others = [
                s for name, screens in self._beds.items() if name not in (bed, *self._apart) for s in screens.values()
            ]
            return sum(s.can_warn(now_s) for s in others)

    def nobody_s(self, bed: str) -> float:
        """For how many seconds none of the bed's screens has been able to warn; counted from the first question on."""
        now_s = self._mono()
        with self._lock:
            if any(s.can_warn(now_s) for s in self._beds.get(bed, {}).values()):
                self._warned_s[bed] = now_s
            return now_s - self._warned_s.setdefault(bed, now_s)

    def forget(self, bed: str) -> None:
        """A new session at the bed: whatever is wrong with its screens is told anew, and counted from now on."""
        with self._lock:
            self._told.pop(bed, None)
            self._warned_s.pop(bed, None)

    def changes(self, bed: str) -> list[Told]:
        """Screens of the bed that were lost, or are back, since the last call."""
        now_s = self._mono()
        with self._lock:
            told = self._told.setdefault(bed, {})
            screens = self._beds.get(bed, {})
            out = []
            for screen in screens.values():
                trouble, before = screen.trouble(now_s), told.get(screen.name)
                if trouble == before:
                    continue
                out.append(Told(screen.name, screen.by or "", trouble))
                if trouble is None:
                    del told[screen.name]
                else:
                    told[screen.name] = trouble
            for name in [name for name in told if name not in screens]:
                del told[name]
            return out

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Bed -> its screens as the heartbeat tells of them (docs/live-protocol.md)."""
        now_s = self._mono()
        with self._lock:
            self._tidy(now_s)
            return {
                bed: [_row(screen, now_s) for screen in screens.values()]
                for bed, screens in self._beds.items()
                if screens
            }

    def _of_viewer(self, viewer: int) -> list[Screen]:
        return [s for screens in self._beds.values() for s in screens.values() if s.viewer == viewer]

    def _tidy(self, now_s: float) -> None:
        """Let go of screens that have been gone for long, or whose person sits at another one by now."""
        for screens in self._beds.values():
            here = {s.by for s in screens.values() if s.by is not None and now_s - s.heard_s <= GONE_S}
            for screen in [s for s in screens.values() if s.viewer is None and now_s - s.heard_s > GONE_S]:
                if screen.by in here or now_s - screen.heard_s > LISTED_S:
                    del screens[screen.name]


def _note(screen: Screen, now_s: float) -> None:
    silent = screen.sound == "blocked" or (screen.self_test is not None and not screen.self_test[0])
    screen.hidden_since_s = _since(screen.hidden_since_s, not screen.visible, now_s)
    screen.silent_since_s = _since(screen.silent_since_s, silent, now_s)


def _since(since_s: float | None, so: bool, now_s: float) -> float | None:
    return None if not so else now_s if since_s is None else since_s


def _row(screen: Screen, now_s: float) -> dict[str, Any]:
    test = screen.self_test
    return {
        "by": screen.by,
        "screen": screen.name,
        "visible": screen.visible,
        "sound": screen.sound,
        "heard_s": round(now_s - screen.heard_s, 1),
        "trouble": screen.trouble(now_s),
        "self_test": None if test is None else {"ok": test[0], "detail": test[1]},
    }


def _words(said: object) -> str:
    return said[:WORDS] if isinstance(said, str) else ""
