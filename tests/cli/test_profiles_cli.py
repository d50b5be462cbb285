"""`profiles`: listing, showing, taking a version from one store to another, and who may approve."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.models.alarms import load_profile
from dashboard.store import Stores

Run = Callable[..., Any]
ADULT = "A-standard-adult"
STATION = """
[[people]]
name = "R. Nurse"

[[people]]
name = "Dr. Chief"
role = "physician"

[[beds]]
id = "bed-1"
title = "Room 1"
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A proposal that came out of simulations."""
    with Stores(tmp_path / "data") as stores:
        later = load_profile(ADULT).with_limit("SPO2_LOW_2", {"delay_s": 20.0})
        evidence = {"sessions": 3, "what changes": ["− 2 alarms vanish"]}
        stores.simulation.profiles.propose(later, "A. Physician", "fewer short ones", evidence)
    return tmp_path / "data"


@pytest.fixture
def station(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    path.write_text(STATION)
    return path


def test_from_a_simulated_proposal_to_the_patients_limits(run: Run, data: Path, station: Path, tmp_path: Path) -> None:
    where = ("--data-dir", data)
    rows = json.loads(run("profiles", "--simulated", "--json", *where).out)
    assert next((r["version"], r["state"], r["in_force"]) for r in rows if r["profile"] == ADULT) == (
        "v1",
        "proposed",
        False,
    )
    assert all(r["version"] != "v1" for r in json.loads(run("profiles", "--json", *where).out))

    shown = run("profiles", "show", ADULT, "--version", "v1", "--simulated", *where).lines
    assert shown[1].startswith("proposed by A. Physician on 20")
    assert shown[2] == "LIMITS NOT SITE APPROVED"
    assert shown[3] == "  − 2 alarms vanish"
    assert shown[-1] == "  SPO2_LOW_2 delay_s: 15 -> 20"

    file = tmp_path / "site.toml"
    assert run("profiles", "export", ADULT, "--version", "v1", "--simulated", "-o", file, *where).code == 0
    assert load_profile(str(file)).rule("SPO2_LOW_2").delay_s == 20
    done = run("profiles", "import", file, "--by", "R. Nurse", "--reason", "staff meeting", *where)
    assert done.lines[0].startswith(f"{ADULT} v1: proposed;")
    with Stores(data) as stores:
        assert stores.live.profiles.current(ADULT).version == load_profile(ADULT).version

    refused = run("profiles", "approve", ADULT, "v1", "--by", "R. Nurse", "--config", station, *where)
    assert (refused.code, refused.complaint) == (2, "--by 'R. Nurse' may not approve alarm limits; Dr. Chief may")
    done = run("profiles", "approve", ADULT, "v1", "--by", "Dr. Chief", "--config", station, "--json", *where)
    assert json.loads(done.out)["approved_by"] == "Dr. Chief"
    with Stores(data) as stores:
        assert stores.live.profiles.current(ADULT).version == "v1"
        assert not stores.simulation.profiles.current(ADULT).approved
    shown = json.loads(run("profiles", "show", ADULT, "--json", *where).out)
    assert (shown["version"], shown["state"], shown["toml"].count("approved_by")) == ("v1", "approved", 0)


def test_the_demos_physician_approves_simulated_limits(run: Run, data: Path) -> None:
    where = ("--simulated", "--data-dir", data)
    assert "A. Physician may" in run("profiles", "approve", ADULT, "v1", "--by", "R. Nurse", *where).complaint
    assert run("profiles", "approve", ADULT, "v1", "--by", "A. Physician", *where).code == 0
    assert (
        "was approved by A. Physician"
        in run("profiles", "approve", ADULT, "v1", "--by", "A. Physician", *where).complaint
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "Z"), "no alarm profile 'Z'"),
        (("show", ADULT, "--version", "v9"), "no version 'v9'; there are"),
        (("export", ADULT, "--version", "v9"), "no version 'v9'"),
        (("approve", ADULT, "v9", "--by", "Dr. Chief"), "there is no version v9"),
        (("approve", ADULT, "v1"), "'--by'"),
        (("import", "missing.toml", "--by", "x", "--reason", "y"), "no such file"),
        (("import", "missing.txt", "--by", "x", "--reason", "y"), "ends in .toml"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(run: Run, data: Path, words: tuple[str, ...], said: str) -> None:
    done = run("profiles", *words, "--data-dir", data)
    assert done.code == 2
    assert said in done.complaint


@pytest.mark.parametrize("command", ["show", "export", "import", "approve"])
def test_each_has_help_with_an_example(run: Run, command: str) -> None:
    text = " ".join(run("profiles", command, "--help").out.split())
    assert f"Example: infusion-dashboard profiles {command} " in text
