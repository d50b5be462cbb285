"""Property tests take as long as a busy machine needs: slowness is not a failure, and CI runs must agree with one another."""

import os
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings
from webhook import Webhook

# Dozens of servers are started: the first one leaves its bytecode for the others, also where the surroundings ask for none.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("ci", settings.get_profile("patient"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def webhook() -> Iterator[Callable[..., Webhook]]:
    """Makes a web hook that answers as asked; see there."""
    made: list[Webhook] = []

    def make(*answers: int | str) -> Webhook:
        made.append(Webhook(*answers))
        return made[-1]

    yield make
    for hook in made:
        hook.close()
