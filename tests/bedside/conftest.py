"""The world of one bed, fresh for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bed_world import World

from dashboard.store import open_store


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_store(tmp_path / "live.db", simulation=False) as store:
        made = World(store)
        made.folder = tmp_path
        yield made
