"""A training room for each test; see training_world.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from training_world import Training

from dashboard.store import Stores


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Training]:
    with Stores(tmp_path) as stores:
        made = Training(stores.simulation)
        yield made
        made.room.close()
