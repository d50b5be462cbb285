"""What the whole station knows of alarms that nobody answers: the plan, the screens, the contacts, and the rows that every screen shows."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from config.models.escalation import Escalation
from dashboard.escalation.courier import Courier
from dashboard.escalation.screens import Screens
from dashboard.escalation.steps import RANK, SCREENS, Step, plan_of

#: Fields of a row that count on by themselves; a change in them alone is no news.
COUNTING = ("unanswered_s", "next_step_in_s")


class Desk:
    """One for the whole program. `publish(fields)` tells every screen; `couriers`: contact name -> who carries notices to it.
    `more`: steps beside those of the settings (a demo's contact that is never sent to). `alone`: of the training room, which calls nobody:
    nothing is passed on, and of the plan only the call for help is left, which the alarm itself says."""

    def __init__(
        self,
        settings: Escalation | None = None,
        screens: Screens | None = None,
        couriers: Mapping[str, Courier] | None = None,
        publish: Callable[[Mapping[str, Any]], None] = lambda _: None,
        *,
        more: Sequence[Step] = (),
        alone: bool = False,
    ) -> None:
        settings = settings or Escalation()
        self.alone = alone
        plan = (*plan_of(settings), *more)
        self.plan = tuple(row for row in plan if row.number == 3 and row.channel == SCREENS) if alone else plan
        self.call = settings.call
        self.no_screen_after_s = settings.no_screen_after_s
        self.screens = screens or Screens()
        self.couriers = dict(couriers or {})
        self._publish = publish
        self._lock = threading.Lock()
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._burst = 0

    def put(self, bed: str, rows: list[dict[str, Any]], *, sounds: bool = False) -> None:
        """The rows of one bed as they stand; told to every screen when they say something new. `sounds`: and must sound at once."""
        with self._lock:
            news = _said(rows) != _said(self._rows.get(bed, []))
            self._rows[bed] = rows
            self._burst += sounds
            if news or sounds:
                self._publish(self._message())

    def message(self) -> dict[str, Any]:
        """Every alarm at step 2 or 3, worst first, and of these the one that has waited longest."""
        with self._lock:
            return self._message()

    def contacts(self) -> list[dict[str, Any]]:
        """Whether the last delivery to each contact got through."""
        return [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in self.couriers.values()]

    def stop(self) -> None:
        for courier in self.couriers.values():
            courier.stop()

    def _message(self) -> dict[str, Any]:
        rows = [row for of_bed in self._rows.values() for row in of_bed]
        rows.sort(key=lambda row: (-RANK[row["priority"]], -row["unanswered_s"]))
        return {"rows": rows, "burst": self._burst}


def _said(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in COUNTING} for row in rows]
