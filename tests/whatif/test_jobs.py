"""Questions through real workers: the answer, what is remembered, what is called off, and nothing left running."""

import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from whatif_lab import record

from config.models import ConfigError
from config.models.alarms import load_profile
from dashboard.history.reader import HistoryReader
from dashboard.store import Stores
from dashboard.whatif.jobs import Job, Question, WhatIf

ADULT = load_profile("A-standard-adult")
WAIT_S = 60


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with Stores(tmp_path_factory.mktemp("whatif")) as made:
        record(made.simulation, "s1", judged="true")
        record(made.simulation, "s2", limit=True)
        record(made.simulation, "s3", profile="B-high-respiratory-risk")
        yield made


@pytest.fixture(scope="module")
def whatif(stores: Stores) -> Iterator[WhatIf]:
    made = WhatIf(HistoryReader(stores))
    made.warm()
    yield made
    made.close()


def question(*sessions: str, **change: float) -> Question:
    return Question("simulation", sessions, ADULT, {"SPO2_LOW_2": change or {"delay_s": 21.0}})


def answered(job: Job) -> Job:
    assert job.finished.wait(WAIT_S)
    assert job.state == "done", (job.state, job.message)
    return job


def test_a_question_over_several_sessions(whatif: WhatIf) -> None:
    job = answered(whatif.ask("a", question("s1", "s2", "s3")))
    assert (job.total, job.done, job.others) == (2, 2, 1)  # another profile judged the third
    assert job.report is not None
    said = {line.key: line for line in job.report.lines}
    assert said["later"].text == "1 true desaturation announced later: 6 s"
    [item] = said["later"].items
    assert (item.session, item.at_s, item.occurrence) == ("s1", 75.0, 1)
    assert said["open"].text.endswith("0 vanish, 1 come later")
    assert job.report.left_out == 1
    assert job.report.hours == pytest.approx(600 / 3600)


def test_what_was_worked_out_once_is_remembered(whatif: WhatIf, monkeypatch: pytest.MonkeyPatch) -> None:
    first = answered(whatif.ask("a", question("s1", "s2")))
    monkeypatch.setattr(whatif, "_submit", lambda task: pytest.fail("asked the workers again"))
    again = answered(whatif.ask("b", question("s1", "s2")))
    assert again.report == first.report


def test_the_run_before_is_not_made_again_for_another_number(whatif: WhatIf, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(whatif.ask("a", question("s1")))
    wanted = []
    submit = whatif._submit
    monkeypatch.setattr(whatif, "_submit", lambda task: (wanted.append(task.want_before), submit(task))[1])
    job = answered(whatif.ask("a", question("s1", value=70.0)))
    assert wanted == [False]
    assert job.report is not None
    assert job.report.lines[0].text == "1 true desaturation missed"  # red lines before green ones


def test_a_new_question_calls_the_old_one_off(whatif: WhatIf, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = threading.Event()
    submit = whatif._submit
    monkeypatch.setattr(whatif, "_submit", lambda task: (hold.wait(WAIT_S), submit(task))[1])
    old = whatif.ask("a", question("s1", delay_s=33.0))
    new = whatif.ask("a", question("s1", delay_s=34.0))
    other = whatif.ask("b", question("s1", delay_s=35.0))
    hold.set()
    assert old.finished.wait(WAIT_S)
    assert (old.state, old.report) == ("called off", None)
    answered(new)
    answered(other)
    assert whatif.job("a") is new
    assert whatif.job("nobody") is None


def test_limits_that_cannot_be_so_are_answered_at_once(whatif: WhatIf) -> None:
    with pytest.raises(ConfigError, match="SPO2_LOW_2"):
        whatif.ask("a", question("s1", delay_s=900.0))


def test_a_worker_that_dies_is_told_and_replaced(whatif: WhatIf) -> None:
    answered(whatif.ask("a", question("s1", delay_s=40.0)))
    for child in psutil.Process().children(recursive=True):
        if "spawn_main" in " ".join(child.cmdline()):
            child.kill()
    job = whatif.ask("a", question("s1", delay_s=41.0))
    assert job.finished.wait(WAIT_S)
    assert (job.state, job.message) == ("failed", "a worker process ended unexpectedly: ask again")
    answered(whatif.ask("a", question("s1", delay_s=41.0)))


def test_workers_do_not_outlive_the_server(stores: Stores, tmp_path: Path) -> None:
    import subprocess
    import sys

    script = (
        "import os, sys\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "from multiprocessing import get_context\n"
        "from dashboard.whatif import work\n"
        "if __name__ == '__main__':\n"
        "    pool = ProcessPoolExecutor(1, mp_context=get_context('spawn'), initializer=work.begin)\n"
        "    print(pool.submit(work.ready).result(), flush=True)\n"
        "    sys.stdin.read()\n"
    )
    path = tmp_path / "server.py"
    path.write_text(script)
    with subprocess.Popen([sys.executable, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        worker = psutil.Process(int(server.stdout.readline()))
        if sys.platform != "win32":
            assert worker.nice() > psutil.Process(server.pid).nice()
        server.kill()
    worker.wait(WAIT_S)
