"""The `[escalation]` table of a station file, and what `doctor` says of its contacts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from webhook import Webhook

from config.models import ConfigError
from config.models.station import Station
from dashboard.cli import app
from dashboard.doctor import examine
from dashboard.stations import read_station

STATION = """
[[people]]
name = "R. Nurse"
[[beds]]
id = "room-1"
title = "Room 1"
"""


def station(folder: Path, more: str) -> Path:
    path = folder / "station.toml"
    path.write_text(STATION + more)
    return path


def contacts(findings: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(f["state"], f["what"], f["detail"]) for f in findings if f["what"].startswith("contact")]


def test_the_example_reads_and_its_times_are_the_usual_ones() -> None:
    example = read_station(Path(__file__).parents[2] / "config" / "station.example.toml")
    usual = Station.model_validate(example.model_dump(exclude={"escalation"})).escalation
    assert example.escalation == usual.model_copy(update={"call": "Call 112"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[escalation]\nsecond_screen_after_s = 1\n", "escalation.second_screen_after_s.high"),
        ("[escalation]\nsecond_screen_after_s = { high = 30, low = 3 }\n", "unknown key 'escalation.second_screen_after_s.low'"),
        ("[[escalation.contacts]]\nname = 'A'\n", "give either url or url_env"),
        ("[[escalation.contacts]]\nname = 'A'\nurl = 'json://s3cret'\nurl_env = 'X'\n", "give either url or url_env"),
        ("[[escalation.contacts]]\nname = 'A'\nurl = 's3cret'\n", "expected an Apprise URL"),
        ("[[escalation.contacts]]\nname = 'A'\nurl = ['s3cret']\n", "escalation.contacts.0.url"),
        ("[escalation]\ncontacts = ['json://s3cret']\n", "escalation.contacts.0"),
        ("[[escalation.contacts]]\nname = 'A'\nurl = 'json://s3cret'\npriorities = ['low']\n", "escalation.contacts.0.priorities"),
        ("[[escalation.contacts]]\nname = 'screens'\nurl_env = 'X'\n", "called 'screens'"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused_by_key_and_without_the_address(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_station(station(tmp_path, text))
    assert told in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_doctor_says_of_each_contact_whether_it_can_be_reached(
    tmp_path: Path, webhook: Callable[..., Webhook], monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = webhook(200)
    monkeypatch.setenv("HOOK", hook.url())
    text = (
        "[[escalation.contacts]]\nname = 'Up'\nurl_env = 'HOOK'\n"
        "[[escalation.contacts]]\nname = 'Down'\nurl = 'json://s3cret:t0ken@127.0.0.1:9/x'\n"
        "[[escalation.contacts]]\nname = 'Unset'\nurl_env = 'NO_SUCH_VARIABLE'\n"
        "[[escalation.contacts]]\nname = 'Odd'\nurl = 'nonsense://s3cret'\n"
    )
    path = station(tmp_path, text)
    assert contacts(examine(path, tmp_path)) == [
        ("ok", "contact Up", "reachable; --send-test sends a test"),
        ("error", "contact Down", "unreachable: Connection refused; check address and network"),
        ("error", "contact Unset", "the environment variable NO_SUCH_VARIABLE is not set; alarms will not reach it"),
        (
            "error",
            "contact Odd",
            "the address is not understood: see the list of Apprise URLs; alarms will not reach it",
        ),
    ]
    assert hook.requests == []
    sent = contacts(examine(path, tmp_path, send_test=True))
    assert sent[0] == ("ok", "contact Up", "a test was sent: ask whether it arrived")
    assert sent[1] == ("error", "contact Down", "the test was not delivered: no connection")
    (request,) = hook.requests
    assert b"trial of the alarm contacts, no alarm" in request


def test_doctor_warns_of_a_station_that_tells_nobody(tmp_path: Path) -> None:
    assert contacts(examine(station(tmp_path, ""), tmp_path)) == [
        ("warning", "contacts", "none: an unanswered alarm reaches the station's own screens only")
    ]


def test_the_command(
    tmp_path: Path, webhook: Callable[..., Webhook], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    hook = webhook(500)
    monkeypatch.setenv("HOOK", hook.url())
    path = station(tmp_path, "[[escalation.contacts]]\nname = 'Up'\nurl_env = 'HOOK'\n")
    asked = ["doctor", "--config", str(path), "--data-dir", str(tmp_path), "--send-test", "--json"]
    with pytest.raises(SystemExit) as ended:
        app(asked)
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert ("error", "contact Up", "the test was not delivered: refused with status 500") in contacts(json.loads(out))
    assert "s3cret" not in out and "t0ken" not in out
