"""Bounded line splitting."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from devices.lines import Line, LineSplitter

LIMIT = 8
STREAM = st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b"abc", b"x" * 9, b"12345678", b"\x00\xff"])).map(b"".join)


def test_cr_lf_or_both_end_a_line_and_empty_lines_vanish() -> None:
    assert [line.raw for line in LineSplitter(LIMIT).feed(b"a\r\nb\nc\rd\r\n\r\n\re")] == [b"a", b"b", b"c", b"d"]


def test_only_the_first_line_may_have_been_opened_in_the_middle() -> None:
    assert LineSplitter(LIMIT).feed(b"a\nb\n") == [Line(b"a", first=True), Line(b"b")]


def test_an_overlong_line_is_told_once_and_the_next_one_is_whole() -> None:
    splitter = LineSplitter(LIMIT)
    assert splitter.feed(b"ok\n" + b"x" * 9) == [Line(b"ok", first=True), Line(b"x" * 8, overlong=True)]
    assert splitter.feed(b"y" * 1000) == []
    assert splitter.feed(b"y\nok\n") == [Line(b"ok")]


@given(STREAM, st.lists(st.integers(min_value=0, max_value=200)))
def test_cut_anywhere_gives_the_same_lines(stream: bytes, cuts: list[int]) -> None:
    whole = LineSplitter(LIMIT).feed(stream)
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    splitter = LineSplitter(LIMIT)
    pieces = [line for a, b in itertools.pairwise(places) for line in splitter.feed(stream[a:b])]
    assert pieces == whole
    assert all(len(line.raw) <= LIMIT for line in whole)
    assert len(splitter._tail) <= LIMIT
