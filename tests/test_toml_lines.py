"""Lines of keys in a TOML text: held against the standard parser for what there is, and by hand for where it is."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.models.toml_lines import key_lines, line_of

TEXT = '''\
# a comment = "no key"
title = "x = 1 # not a comment"
"quoted key" = 'a "b" [c]'
a.b . c = [1, 2, # one
  { x = 1, y = [ "]" ] },
  3]
long = """
[not.a.table]
key = 1
"quotes \\""""" # end
raw = \'\'\'
x = \'\'\'
[table]
k = 1979-05-27T07:32:00Z
[[rows]]
n = 1
[rows.sub]
m = 2
[[rows]]
n = 2
[[rows.deep]]
z = 1
[[rows.deep]]
z = [ [1, 2], [3] ]
'''


@pytest.mark.parametrize(("path", "line"), [
    (("title",), 2), (("quoted key",), 3), (("a",), 4), (("a", "b", "c"), 4), (("a", "b", "c", 2, "y"), 5), (("a", "b", "c", 3), 6),
    (("long",), 7), (("raw",), 11), (("table",), 13), (("table", "k"), 14), (("rows", 0, "n"), 16), (("rows", 0, "sub", "m"), 18),
    (("rows", 1), 19), (("rows", 1, "n"), 20), (("rows", 1, "deep", 0, "z"), 22), (("rows", 1, "deep", 1, "z", 1, 0), 24),
])  # fmt: skip
def test_where_keys_stand(path: tuple[str | int, ...], line: int) -> None:
    assert key_lines(TEXT)[path] == line


def test_a_missing_key_is_placed_at_its_table() -> None:
    lines = key_lines(TEXT)
    assert line_of(lines, ("rows", 1, "missing", "deeper")) == 19
    assert line_of(lines, ("nothing",)) == 1


def paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path} - {()} | {p for key, inner in below for p in paths(inner, (*path, key))}


SHIPPED = [
    p
    for folder in ("scenarios", "alarm_profiles", "protocols", "patients", "drug_models")
    for p in Path("config", folder).glob("*.toml")
]


@pytest.mark.parametrize("text", [TEXT, *(p.read_text(encoding="utf-8") for p in sorted(SHIPPED))])
def test_the_same_keys_as_the_parser_and_each_on_a_line_that_holds_it(text: str) -> None:
    lines = key_lines(text)
    assert set(lines) == paths(tomllib.loads(text))
    rows = text.split("\n")
    for path, line in lines.items():
        if isinstance(path[-1], str):
            assert path[-1] in rows[line - 1]


@example("1=[}")
@example("1=[{]}")
@given(st.text(alphabet="ab=[]{}\"'\n#., \\1", max_size=60))
def test_any_text_ends(text: str) -> None:
    key_lines(text)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(key_lines(text)) == paths(data)
