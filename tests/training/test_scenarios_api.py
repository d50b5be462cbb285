"""The editor's questions over HTTP: check, preview, save, delete."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from dashboard.pages._scenarios_api import router
from dashboard.training.library import Library
from dashboard.training.preview import LONGEST_S, PreviewError, Previews
from dashboard.training.untouched import Untouched, course
from simulators.scenario import scenario_path

SHORT = scenario_path("s02-central-apnoea").read_text(encoding="utf-8")
LONG = scenario_path("crps-uneventful").read_text(encoding="utf-8")
MINE = SHORT.replace('id = "s02-central-apnoea"', 'id = "mine"')


class Station:
    """What the router needs of the pages' services."""

    def __init__(self, folder: Path, previews: Previews, bed: str | None = "train-1") -> None:
        self._library, self._previews, self._bed = Library(folder), previews, bed

    def training_bed(self) -> str | None:
        return self._bed

    def scenarios(self) -> Library:
        return self._library

    def previews(self) -> Previews:
        return self._previews


@pytest.fixture(scope="module")
def previews() -> Iterator[Previews]:
    made = Previews()
    yield made
    made.close()


@pytest.fixture
def client(tmp_path: Path, previews: Previews) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router(Station(tmp_path / "scenarios", previews)))  # type: ignore[arg-type]
    with TestClient(app) as running:
        yield running


def ask(client: TestClient, what: str, status: int = 200, **asked: Any) -> dict[str, Any]:
    answer = client.post(f"/train/api/scenarios/{what}", json=asked)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    assert told["ok"] == (status == 200)
    return told


def test_each_problem_has_its_line(client: TestClient) -> None:
    assert ask(client, "check", text=SHORT)["problems"] == []
    wrong = SHORT.replace("seed = 2", 'seed = 2\nprofil = "X"').replace("duration_s = 900", "duration_s = 0")
    told = [(one["line"], one["key"]) for one in ask(client, "check", text=wrong)["problems"]]
    assert told == [(9 + 1, "profil"), (10 + 1, "duration_s")]
    assert "text is missing" in ask(client, "check", status=400)["error"]
    assert "longer than" in ask(client, "check", text="#" * 100_001)["problems"][0]["text"]
    assert "kB" in ask(client, "check", status=400, text="#" * 140_000)["error"]


def test_the_preview_tells_the_story(client: TestClient) -> None:
    """S02: breathing stops at 400 s, and the monitor says so 20 s later; the air is gone at 493 s or so, as the file expects."""
    told = ask(client, "preview", owner="a", text=SHORT)
    assert (told["to_s"], told["whole"], told["dropped"], told["unexpected"]) == (900, True, False, [])
    curves = told["curves"]
    assert curves["t_s"] == list(range(901))
    assert {len(values) for values in curves.values()} == {901}
    assert curves["rr"][395] > 8 and curves["rr"][410] == 0
    assert min(curves["sao2"][400:600]) < 85 < curves["sao2"][390]
    assert curves["cp"][355] == 0 < curves["cp"][365]
    apnoea = next(one for one in told["alarms"] if one["rule"] == "APNOEA")
    assert apnoea["text"] == "NO BREATH 20 s" and apnoea["from_s"] == pytest.approx(420, abs=3)
    assert {one["rule"]: one["met"] for one in told["expected"]}["APNOEA"] == "yes"
    for bar in told["alarms"]:
        assert 0 <= bar["from_s"] <= bar["to_s"] <= 900


def test_alarms_that_do_not_come_and_others_that_do_are_told(client: TestClient) -> None:
    healed = SHORT.replace("earliest_s = 400\nlatest_s = 440", "earliest_s = 100\nlatest_s = 140")
    assert healed != SHORT
    told = ask(client, "preview", owner="a", text=healed)
    assert {one["rule"]: one["met"] for one in told["expected"]}["APNOEA"] == "no"
    assert [one["rule"] for one in told["unexpected"]] == ["APNOEA"]


def test_a_text_with_mistakes_has_no_preview(client: TestClient) -> None:
    told = ask(client, "preview", status=400, owner="a", text=SHORT.replace("seed = 2", "seed = = 2"))
    assert told["error"].startswith("line 9: not valid TOML")


def test_a_preview_is_called_off_by_the_next_text(previews: Previews) -> None:
    answers: list[object] = []
    asking = threading.Thread(target=lambda: answers.append(previews.ask("a", LONG)))
    asking.start()
    while "a" not in previews._newest:
        pass
    told = previews.ask("a", SHORT)
    asking.join(20)
    assert answers == [None] and told is not None and told["to_s"] == 900
    # A run's untouched course comes from the same process.
    asked = Untouched(Library().find("s02-central-apnoea"), 7, 300.0)
    assert previews.untouched("room", asked) == course(asked, lambda _second: True)


def test_hours_are_cut_and_patience_ends() -> None:
    made = Previews(patience_s=0.05)
    try:
        told = made.ask("a", LONG)
        assert told is not None and not told["whole"] and told["to_s"] < LONGEST_S
        assert told["duration_s"] == 18_000
        made._process.kill()  # type: ignore[union-attr]
        made._process.join()  # type: ignore[union-attr]
        assert made.ask("a", SHORT) is not None  # another worker
    finally:
        made.close()
    assert made.ask("a", SHORT) is None


def test_a_worker_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Previews()
    try:
        worker = made._worker

        def dying() -> Any:
            line = worker()
            made._process.kill()  # type: ignore[union-attr]
            return line

        monkeypatch.setattr(made, "_worker", dying)
        with pytest.raises(PreviewError, match="broke off"):
            made.ask("a", SHORT)
    finally:
        made.close()


def test_saved_changed_elsewhere_deleted(client: TestClient, tmp_path: Path) -> None:
    file = tmp_path / "scenarios" / "mine.toml"
    first = ask(client, "save", id="mine", text=MINE, seen=None)
    assert file.read_text(encoding="utf-8") == MINE
    second = ask(client, "save", id="mine", text=MINE + "# two\n", seen=first["digest"])
    assert "changed on the disk" in ask(client, "save", status=409, id="mine", text=MINE, seen=first["digest"])["error"]
    assert "already" in ask(client, "save", status=409, id="mine", text=MINE)["error"]
    assert "shipped" in ask(client, "save", status=409, id="s02-central-apnoea", text=SHORT)["error"]
    for name in ("../mine", "..%2fmine", "Mine", "mine.toml"):
        assert "cannot be an id" in ask(client, "save", status=400, id=name, text=MINE)["error"]
    assert "not saved: line" in ask(client, "save", status=400, id="mine", text=MINE.replace("seed = 2", "seed = = 2"), seen=second["digest"])["error"]  # fmt: skip
    assert file.read_text(encoding="utf-8") == MINE + "# two\n"
    assert ask(client, "delete", id="mine", seen=second["digest"])["kept"] == "mine.toml.bak"
    assert not file.exists()


def test_a_station_without_a_training_room_keeps_none(tmp_path: Path, previews: Previews) -> None:
    app = FastAPI()
    app.include_router(router(Station(tmp_path, previews, bed=None)))  # type: ignore[arg-type]
    for what in ("check", "preview", "save", "delete"):
        ask(TestClient(app), what, status=404, text=MINE, id="mine", owner="a")
    assert list(tmp_path.iterdir()) == []
