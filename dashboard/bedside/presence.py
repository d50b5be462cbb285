"""Who is at the screens of a bed."""

from collections.abc import Mapping
from typing import Any

#: A screen tells every 5 s that it is alive; one that was not heard of for three times as long does not count.
PRESENT_FOR_S = 15.0


class Presence:
    """A screen counts while it is visible and one of `people` has said that they are at it."""

    def __init__(self, people: tuple[str, ...]) -> None:
        self._people = people
        self._seen: dict[int, float] = {}

    def told(self, viewer: int, screen: Mapping[str, Any], now_s: float) -> None:
        if screen.get("by") in self._people and screen.get("visible"):
            self._seen[viewer] = now_s
        else:
            self._seen.pop(viewer, None)

    def left(self, viewer: int) -> None:
        self._seen.pop(viewer, None)

    def anyone(self, now_s: float) -> bool:
        return any(now_s - seen_s <= PRESENT_FOR_S for seen_s in self._seen.values())
