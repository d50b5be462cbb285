"""`simulate --replay` and `demo --replay`: what they refuse, in one line and before anything is made."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard import runtime
from devices.clock import speed_of

Run = Callable[..., Any]
SIMULATE = ("simulate", "--monitor", "masimo_ascii")
ROWS = "t_s,spo2,pr\n" + "".join(f"{t},97,{60 + t}\n" for t in range(30))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("case.csv").write_text(ROWS, encoding="utf-8")
    Path("case.txt").touch()
    Path("bad.vital").write_bytes(b"VITA")
    return tmp_path


@pytest.mark.parametrize("command", [SIMULATE, ("demo", "--no-browser", "--port", "0")], ids=["simulate", "demo"])
@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--replay", "case.csv", "--scenario", "apnoea"], "--replay and --scenario exclude each other"),
        (["--replay", "none.csv"], "none.csv: No such file"),
        (["--replay", "case.txt"], "case.txt: a recording is a .csv or a .vital file, or a session"),
        (["--replay", "bad.vital"], "bad.vital: not a .vital file (not packed by gzip)"),
        (["--replay", "latest"], "no session is recorded"),
        (["--replay", "case.csv", "--start", "40"], "--start 40: case.csv ends after 31.5 s"),
        (["--replay", "case.csv", "--start", "inf"], "--start inf: case.csv ends after 31.5 s"),
        (["--replay", "case.csv", "--start", "-1"], "--start"),
        (["--replay", "case.csv", "--speed", "0"], "--speed"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_refused(run: Run, folder: Path, command: tuple[str, ...], args: list[str], told: str) -> None:
    done = run(*command, *args, "--data-dir", "data")
    assert (done.code, told in done.complaint) == (2, True), done
    assert not Path("data").exists()


def test_what_belongs_to_one_of_the_two(run: Run, folder: Path) -> None:
    done = run("demo", "--replay", "case.csv", "--seed", "3")
    assert (done.code, done.complaint) == (2, "--replay and --seed exclude each other: a recording has its own patient")
    done = run("demo", "--start", "30")
    assert (done.code, done.complaint) == (2, "--start needs --replay: a scenario has its own beginning")


def test_simulate_ends_with_the_recording(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From its second, at its speed, on the recording's clock; `--duration` ends it sooner."""
    calls: list[tuple[float, float, float | None, float | None]] = []

    def simulate(monitor: str, link: str, vitals: Any, *, clock: Any, duration_s: float | None, **_: Any) -> None:
        now_s = clock.mono()
        calls.append((round(now_s), speed_of(clock), duration_s, vitals(now_s)["pr"].value))

    monkeypatch.setattr(runtime, "simulate", simulate)
    given: dict[str, Any] = {"scenario": None, "seed": None, "faults": (), "replay": "case.csv"}
    runtime.run_simulator("masimo_ascii", "pty", **given, duration_s=None, start_s=None)
    runtime.run_simulator("masimo_ascii", "pty", **given, duration_s=None, start_s=10.0, speed=0.1)
    runtime.run_simulator("masimo_ascii", "pty", **given, duration_s=3.0, start_s=10.0, speed=0.1)
    assert calls == [(0, 1.0, 31.5, 60), (10, 0.1, 21.5, 70), (10, 0.1, 3.0, 70)]
