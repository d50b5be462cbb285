"""What reaches the trainee's page: nothing of the scenario, no way out of the exercise."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from training_world import PEOPLE, Training

from dashboard.app import _routes
from dashboard.bedside.ward import Ward
from dashboard.pages import review, sessions
from dashboard.services import PageServices
from dashboard.store import Stores
from dashboard.training.score import SCENARIO
from simulators.scenario import find_scenario

APNOEA = find_scenario("s02-central-apnoea")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[tuple[Training, Ward, PageServices]]:
    with Stores(tmp_path) as stores:
        training = Training(stores.simulation)
        ward = Ward([], list, training=(training.room.bedside,))
        services = PageServices(ward, stores, PEOPLE, "Clinic", APNOEA.profile, simulation=True)
        yield training, ward, services
        services.close()
        training.room.close()


def drawn(page: object) -> str:
    return json.dumps(page, default=lambda part: part.to_plotly_json())


def test_what_the_scenario_charted_is_signed_by_the_ward(room: tuple[Training, Ward, PageServices]) -> None:
    training, _, _ = room
    session = training.room.start(APNOEA, "T. Trainer", from_s=220.0)
    by = {stored.event.by for stored in training.store.events(session)}
    assert SCENARIO in by  # the record keeps who it was, and so does the debrief
    bed = training.room.bedside
    entry = bed.snapshot()["session"]["loc"]
    assert entry["by"] == "Ward staff"
    seen = json.dumps([bed.snapshot(), bed.history(), [fields for _, fields in training.told]])
    assert "Ward staff" in seen and SCENARIO not in seen


def test_a_run_that_is_on_does_not_name_its_scenario(room: tuple[Training, Ward, PageServices]) -> None:
    training, _, services = room
    session = training.room.start(APNOEA, "T. Trainer", from_s=5.0)
    for page in (sessions.layout(services), review.layout(services, session=session)):
        assert "training, running" in drawn(page)
        assert APNOEA.id not in drawn(page) and APNOEA.title not in drawn(page)
    training.room.end("T. Trainer")
    assert APNOEA.id in drawn(sessions.layout(services))
    (row,) = services.sessions("simulation")
    assert (row.scenario, row.state) == (APNOEA.id, "closed")


def test_the_trainees_page_leads_nowhere(room: tuple[Training, Ward, PageServices]) -> None:
    _, ward, services = room
    page = drawn(_routes(ward, services)["train"]("trainee"))
    assert '"href"' not in page and 'setup_href\\": null' in page
    assert 'training\\": true' in page


def test_a_new_run_is_told_of_before_it_is_made(room: tuple[Training, Ward, PageServices]) -> None:
    """So that the page says that it prepares, not that the exercise has ended."""
    training, _, _ = room
    training.room.start(APNOEA, "T. Trainer", from_s=5.0)
    training.told.clear()
    training.room.restart("T. Trainer")
    seen = [(fields["preparing"], bool(fields["session"])) for kind, fields in training.told if kind == "snapshot"]
    assert seen[:3] == [(False, False), (True, False), (False, True)]
