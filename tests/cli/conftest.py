"""Commands run in this process, as the shell would run them."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from dashboard.cli import main


@dataclass(frozen=True, slots=True)
class Done:
    """Exit status, standard output and standard error of one command."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def complaint(self) -> str:
        """The one line that a refused command says; nothing was printed besides."""
        assert self.out == "", self.out
        [line] = self.err.splitlines()
        assert line.startswith("error: ")
        return line.removeprefix("error: ")


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def command(*args: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["infusion-dashboard", *map(str, args)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, said.out, said.err)

    return command
