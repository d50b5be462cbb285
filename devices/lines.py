"""Bytes to lines, for the protocols that send text: bounded, and the same lines however the bytes were cut."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its terminator, never empty.

    `overlong`: the line passed the limit; `raw` is its beginning, the rest is dropped up to the next terminator.
    `first`: the port may have been opened in the middle of this one.
    """

    raw: bytes
    overlong: bool = False
    first: bool = False


class LineSplitter:
    """Splits on CR, LF or both; empty lines vanish. Holds at most `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tail = b""
        self._dropping = False
        self._first = True

    def feed(self, data: bytes) -> list[Line]:
        """The lines that `data` completes, in order. Never raises."""
        *complete, tail = (self._tail + data).replace(b"\r", b"\n").split(b"\n")
        out: list[Line] = []
        for part in complete:
            self._emit(part, out)
            self._dropping = self._first = False
        self._tail = tail
        if len(tail) > self._limit:
            self._emit(tail, out)
            self._dropping = True
        if self._dropping:
            self._tail = b""
        return out

    def _emit(self, part: bytes, out: list[Line]) -> None:
        if part and not self._dropping:
            overlong = len(part) > self._limit
            out.append(Line(part[: self._limit], overlong, self._first))
