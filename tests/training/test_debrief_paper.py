"""A run's debrief asked for as a PDF over HTTP, and what is said when there is none."""

import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pypdf import PdfReader
from recorded_runs import JOINED_S, Recorded, answered
from training_world import Training

from dashboard.pages import _train_api
from dashboard.paper.process import PaperFailed

RUN = "01a224f4-1a09-70a0-a72c-8ef8b2287271"


@pytest.fixture
def client(training: Training) -> TestClient:
    answered(RUN, 20.0).save(training.store)
    assert training.store.writer.flush(5.0)
    app = FastAPI()
    app.include_router(_train_api.router(training.room))
    return TestClient(app)


@pytest.fixture
def in_warsaw(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("this system's zone cannot be set for one process")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Warsaw")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_warsaw")
def test_a_real_run(client: TestClient) -> None:
    told = client.get(f"/train/api/debrief?session={RUN}").json()
    answer = client.get(f"/train/api/debrief.pdf?session={RUN}")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    assert (
        answer.headers["content-disposition"] == 'attachment; filename="debrief-s02-central-apnoea-2026-11-02-1004.pdf"'
    )
    pages = PdfReader(io.BytesIO(answer.content)).pages
    text = " ".join(" ".join(page.extract_text().split()) for page in pages)
    assert text.startswith("SIMULATION ") and told["title"] in text and "2026-11-02 10:04 UTC+01:00" in text
    assert "Opens the airway ≤ 30 s 07:00 → 07:20 done, 20 s T. Trainer" in text  # the alarm was at 07:00
    assert "Calls for help ≤ 60 s 07:00 → 07:30 done, 30 s T. Trainer" in text
    assert "07:00 high No breath after 10 s R. Nurse" in text
    for words in [*told["points"], *(f"{what} {found}" for what, found in told["outcome"])]:
        assert words in text
    assert told["from_s"] == JOINED_S
    drawn = b"".join(page.get_contents().get_data() for page in pages)
    assert b"0.5216 0.3412 0.1098 RG" in drawn  # the colour of the level's curve, #85571c, stands nowhere else


@pytest.mark.parametrize("form", ["csv", "pdf"])
def test_what_is_no_run_is_said(client: TestClient, form: str) -> None:
    answer = client.get(f"/train/api/debrief.{form}?session=nothing")
    assert answer.status_code == 404 and "no run" in answer.json()["error"]


def test_a_sheet_that_cannot_be_made_is_one_line(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any, **__: Any) -> bytes:
        raise PaperFailed("the PDF was not ready after 90 s")

    monkeypatch.setattr(_train_api, "debrief_paper", failing)
    answer = client.get(f"/train/api/debrief.pdf?session={RUN}")
    assert answer.status_code == 503 and answer.json()["error"] == "the PDF was not ready after 90 s"


def test_a_run_ended_before_the_trainee_came_has_no_lowest_saturation(training: Training, client: TestClient) -> None:
    short = "01a224f4-0000-70a0-a72c-8ef8b2287271"
    Recorded(short).closed(JOINED_S - 100).save(training.store)
    assert training.store.writer.flush(5.0)
    told = client.get(f"/train/api/debrief?session={short}").json()
    assert ["Lowest true saturation", "–"] in told["outcome"]
