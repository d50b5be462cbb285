"""Two stores of one schema in one folder: `live.db` for patients, `simulation.db` for everything simulated. They never mix."""

from pathlib import Path

from dashboard.data_dir import default_data_dir
from dashboard.store.rows import SessionRow
from dashboard.store.store import LATEST, Store, one_of, open_store

NAMES = {False: "live.db", True: "simulation.db"}


class Stores:
    """Both stores of a data folder, each opened at first use. `live_url`: the patients' store on a server instead."""

    def __init__(self, data_dir: Path | None = None, live_url: str | None = None) -> None:
        self.data_dir = default_data_dir() if data_dir is None else data_dir
        self._live_url = live_url
        self._open: dict[bool, Store] = {}

    @property
    def live(self) -> Store:
        return self.of(False)

    @property
    def simulation(self) -> Store:
        return self.of(True)

    def of(self, simulation: bool) -> Store:
        """The store for sessions with that mark. StoreError as `open_store`."""
        if simulation not in self._open:
            target = self._live_url if self._live_url and not simulation else self.data_dir / NAMES[simulation]
            self._open[simulation] = open_store(target, simulation=simulation)
        return self._open[simulation]

    def existing(self) -> list[Store]:
        """The stores that are there, live first; looking makes none."""
        wanted = [s for s in (False, True) if s in self._open or self._is_there(s)]
        return [self.of(simulation) for simulation in wanted]

    def find(self, text: str) -> tuple[Store, SessionRow]:
        """The session of that id, unique prefix, or `latest`, and its store. ConfigError when none or several match."""
        found = [(store, row) for store in self.existing() for row in store.matching(text)]
        if text == LATEST:
            found = sorted(found, key=lambda pair: pair[1].opened_at)[-1:]
        row = one_of([row for _, row in found], text)
        return next((store, r) for store, r in found if r is row)

    def close(self) -> int:
        """Returns how many items could not be saved."""
        left = sum(store.close() for store in self._open.values())
        self._open.clear()
        return left

    def __enter__(self) -> "Stores":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _is_there(self, simulation: bool) -> bool:
        return bool(self._live_url and not simulation) or (self.data_dir / NAMES[simulation]).exists()
