"""A sheet made in a process of its own: the libraries take a second of the interpreter and tens of megabytes, which beds would miss.

Nothing heavy is imported here, or that would be for nothing.
"""

import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from config.models import DashboardError

#: -P: not beside a folder of the same name in which the person happens to stand. An interrupt is for the program that asked.
COMMAND = (
    sys.executable,
    "-P",
    "-c",
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); from dashboard.paper.debrief import main; main()",
)
#: A sheet takes two seconds or three; a run with a thousand lines ten.
MOST_S = 90.0


class PaperFailed(DashboardError):
    """The sheet could not be made."""


def debrief_paper(
    data: Mapping[str, Any], *, began_at: datetime, made_at: datetime, command: tuple[str, ...] = COMMAND, most_s: float = MOST_S
) -> bytes:  # fmt: skip
    """The PDF of `debrief_of`'s data. Waits for it; raises PaperFailed. `command`: replaceable in tests."""
    asked = orjson.dumps({"data": data, "began_at": began_at.isoformat(), "made_at": made_at.isoformat()})
    try:
        done = subprocess.run(command, input=asked, capture_output=True, timeout=most_s, check=False)
    except subprocess.TimeoutExpired:
        raise PaperFailed(f"the PDF was not ready after {most_s:g} s") from None
    except OSError as error:
        raise PaperFailed(f"the PDF could not be made: {error}") from None
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise PaperFailed(f"the PDF could not be made: {said[-1] if said else f'exit status {done.returncode}'}")
    return done.stdout
