"""On which line of a TOML text a key stands. The standard parser does not say; this reads only as much as places need."""

import re
from collections.abc import Mapping

Path = tuple[str | int, ...]
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_REST = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_PLAIN = re.compile(r"[^,\]}\n#]*")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def key_lines(text: str) -> dict[Path, int]:
    """Path of every key, table, and element of an array -> its line, from 1. `text` must be valid TOML: else anything comes out,
    but something always does."""
    scan = _Scan(text)
    scan.whole()
    return scan.lines


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """Of the key, or of the nearest table around it when it is not there; 1 for the whole file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Scan:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._counted_to, self._line = 0, 1
        self._rows: dict[Path, int] = {}  # array of tables -> index of its latest
        self.lines: dict[Path, int] = {}

    def whole(self) -> None:
        table: Path = ()
        while True:
            self._skip(_REST)
            if self._at >= len(self._text):
                return
            before = self._at
            if self._is("[["):
                self._at += 2
                table = self._next_row(self._key())
                self._at += 2
            elif self._is("["):
                self._at += 1
                table = self._resolved(self._key())
                self._at += 1
            else:
                self._pair(table)
            if self._at == before:  # not TOML: never stand still
                self._at += 1

    # -- tables -------------------------------------------------------------------------------------------------------

    def _resolved(self, parts: Path) -> Path:
        path: Path = ()
        for part in parts:
            path = (*path, part)
            self._mark(path)
            if path in self._rows:
                path = (*path, self._rows[path])
        return path

    def _next_row(self, parts: Path) -> Path:
        path = (*self._resolved(parts[:-1]), *parts[-1:])
        self._mark(path)
        self._rows[path] = self._rows.get(path, -1) + 1
        # What belonged to the row before does not belong to this one.
        self._rows = {k: v for k, v in self._rows.items() if k == path or k[: len(path)] != path}
        row = (*path, self._rows[path])
        self._mark(row)
        return row

    # -- keys and values ----------------------------------------------------------------------------------------------

    def _pair(self, table: Path) -> None:
        at_line = self._here()
        path = table
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, at_line)
        if self._is("="):
            self._at += 1
            self._value(path)

    def _key(self) -> Path:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            if self._is('"') or self._is("'"):
                parts.append(self._string())
            elif (found := _BARE.match(self._text, self._at)) is not None:
                parts.append(found[0])
                self._at = found.end()
            else:
                return tuple(parts)
            self._skip(_SPACE)
            if not self._is("."):
                return tuple(parts)
            self._at += 1

    def _value(self, path: Path) -> None:
        self._skip(_SPACE)
        if self._is('"') or self._is("'"):
            self._string()
        elif self._is("["):
            self._at += 1
            index = 0
            while self._more("]"):
                before = self._at
                self._mark((*path, index))
                self._value((*path, index))
                self._at += self._at == before  # not TOML, as `[}`: never stand still
                index += 1
        elif self._is("{"):
            self._at += 1
            while self._more("}"):
                before = self._at
                self._pair(path)
                self._at += self._at == before
        else:
            self._skip(_PLAIN)

    def _more(self, closing: str) -> bool:
        """Whether another element follows; past commas, comments, and the closing bracket."""
        self._skip(_REST)
        while self._is(","):
            self._at += 1
            self._skip(_REST)
        if self._at >= len(self._text):
            return False
        if self._is(closing):
            self._at += 1
            return False
        return True

    def _string(self) -> str:
        quote = self._text[self._at]
        fence = quote * 3 if self._is(quote * 3) else quote
        start = self._at = self._at + len(fence)
        while self._at < len(self._text) and not self._is(fence):
            self._at += 2 if quote == '"' and self._text[self._at] == "\\" else 1
        body = self._text[start : self._at]
        self._at += len(fence)
        if len(fence) == 3:  # up to two quotes may stand before the closing three
            while self._is(quote):
                self._at += 1
        return _ESCAPE.sub(_unescaped, body) if quote == '"' else body

    # -- places -------------------------------------------------------------------------------------------------------

    def _is(self, token: str) -> bool:
        return self._text.startswith(token, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line

    def _mark(self, path: Path) -> None:
        self.lines.setdefault(path, self._here())


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    return chr(int(code[1:], 16)) if code[0] in "uU" and len(code) > 1 else _ESCAPED.get(code, code)
