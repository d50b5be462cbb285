from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dashboard.session.chain import GENESIS, Stored, chain, hash_of, verify
from dashboard.session.events import Note

AT = datetime(2026, 3, 2, 13, 11, tzinfo=UTC)


def record() -> list[Stored]:
    return chain("s", [Note(at=AT, by="R.N.", t_s=float(i), text=f"note {i}") for i in range(5)])


def test_a_whole_record_holds() -> None:
    assert verify([]) is None
    assert verify(record()) is None
    assert verify(record(), record()[-1].hash) is None
    assert record()[0].prev_hash == GENESIS


def test_the_hash_is_a_fixed_one() -> None:
    """Written down once: another version of the program must find the same."""
    stored = record()[0]
    assert stored.hash == hash_of("s", 1, GENESIS, stored.event)
    assert stored.hash == "5f8a921159a9db1c8b5b98daf1a19a51183be8eba10f8474c180e959d260718b"


@pytest.mark.parametrize(
    ("tamper", "seq", "reason"),
    [
        (lambda r: [*r[:2], replace(r[2], event=replace(r[2].event, text="other")), *r[3:]], 3, "was changed"),
        (lambda r: [*r[:2], replace(r[2], event=replace(r[2].event, by="X")), *r[3:]], 3, "was changed"),
        (lambda r: [*r[:2], *r[3:]], 3, "is missing"),
        (lambda r: r[1:], 1, "is missing"),
        (lambda r: [r[0], r[2], r[1], *r[3:]], 2, "is missing"),
        (lambda r: [*r, replace(r[4], seq=6)], 6, "does not follow"),
        (lambda r: [*r[:3], replace(r[3], prev_hash=GENESIS), r[4]], 4, "does not follow"),
        (lambda r: [*r[:3], replace(r[3], session="other"), r[4]], 4, "belongs to session"),
    ],
)
def test_the_first_broken_link_is_named(tamper, seq: int, reason: str) -> None:  # type: ignore[no-untyped-def]
    broken = verify(tamper(record()))
    assert broken is not None
    assert broken.seq == seq
    assert reason in str(broken)


def test_a_lost_end_shows_against_the_head() -> None:
    broken = verify(record()[:-1], record()[-1].hash)
    assert broken is not None
    assert broken.seq == 5


def test_a_rewritten_entry_breaks_the_next_link() -> None:
    r = record()
    forged = replace(r[1], event=replace(r[1].event, by="X"))
    forged = replace(forged, hash=hash_of("s", 2, forged.prev_hash, forged.event))
    broken = verify([r[0], forged, *r[2:]])
    assert broken is not None
    assert broken.seq == 3
