"""Deliveries over the network: accepted, refused, hanging, and what of all that comes out again. Nothing of an address ever does."""

import io
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

import pytest
from webhook import Webhook

from config.models.escalation import Contact
from dashboard.escalation.courier import MOST_WAITING, Courier, Parcel, couriers
from dashboard.escalation.notice import Notice, trial
from dashboard.escalation.post import Address, AddressError, address_of, deliver, reach

AT = datetime(2026, 3, 1, 23, 59, 10, tzinfo=UTC)
NOTICE = Notice("Room 3", "No breath", "high", AT, 62.0)
Make = Callable[..., Webhook]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Told:
    """What a courier said in the end."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[bool, str]] = []
        self.event = threading.Event()

    def __call__(self, ok: bool, detail: str) -> None:
        self.outcomes.append((ok, detail))
        self.event.set()

    def wait(self) -> tuple[bool, str]:
        assert self.event.wait(15)
        return self.outcomes[-1]


def parcel(told: Told, wanted: Callable[[], bool] = lambda: True) -> Parcel:
    return Parcel(NOTICE, wanted, told)


def courier(url: str, **more: object) -> Courier:
    settings = {"again_s": (0.01, 0.01), **more}
    return Courier("doctor", partial(deliver, Address(url), timeout_s=0.3), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", ["json", "form"])
def test_a_notice_arrives(webhook: Make, scheme: str) -> None:
    hook, told = webhook(200), Told()
    courier(hook.url(scheme)).offer(parcel(told))
    assert told.wait() == (True, "")
    (request,) = hook.requests
    assert request.startswith(b"POST /hook/t0ken")
    assert b"No breath" in request.replace(b"+", b" ")


def test_what_a_notice_says(webhook: Make) -> None:
    hook = webhook(200)
    assert deliver(Address(hook.url()), NOTICE) == ""
    sent = json.loads(hook.requests[0][hook.requests[0].index(b"{") :])
    assert sent["title"] == "Room 3: *** high alarm unanswered"
    since = AT.astimezone()
    assert (
        sent["message"] == f"Room 3: *** No breath, unanswered for 1:02 min since {since:%H:%M:%S %Z}. Go to the bed."
    )
    assert sent["attachments"] == []
    assert sent["type"] == "failure"
    assert "no alarm" in trial("Infusion clinic", AT).body


def test_a_server_that_refuses_twice_gets_it_the_third_time(webhook: Make) -> None:
    hook, told = webhook(503, 500, 200), Told()
    one = courier(hook.url())
    one.offer(parcel(told))
    assert told.wait() == (True, "")
    assert len(hook.requests) == 3
    assert (one.ok, one.detail) == (True, "")


@pytest.mark.parametrize(
    ("answer", "detail"),
    [(500, "refused with status 500"), (404, "refused with status 404"), ("hang", "no answer within 0.3 s")],
)
def test_a_server_that_fails_for_good(webhook: Make, answer: int | str, detail: str) -> None:
    hook, told = webhook(answer), Told()
    one = courier(hook.url())
    one.offer(parcel(told))
    assert told.wait() == (False, detail)
    assert len(hook.requests) == 3
    assert (one.ok, one.detail) == (False, detail)


def test_nobody_listens() -> None:
    told = Told()
    courier(f"json://127.0.0.1:{free_port()}/x").offer(parcel(told))
    assert told.wait() == (False, "no connection")


def test_an_offer_never_waits_even_where_the_network_hangs(webhook: Make) -> None:
    hook = webhook("hang")
    timeout_s = 2.0
    slow = Courier("doctor", partial(deliver, Address(hook.url()), timeout_s=timeout_s), again_s=())
    told = [Told() for _ in range(MOST_WAITING + 5)]
    begin = time.perf_counter()
    for one in told:
        slow.offer(parcel(one))
    assert time.perf_counter() - begin < timeout_s / 2  # one that waited would take a whole one
    full = [one.outcomes for one in told if one.outcomes]
    assert 4 <= len(full) <= 5 and all(found == [(False, "too many deliveries are waiting")] for found in full)
    slow.stop()


def test_one_that_hangs_for_good_is_told_of_rather_than_waited_for() -> None:
    release = threading.Event()
    stuck = Courier("doctor", lambda _: str(release.wait(10) and ""), stuck_s=0.05)
    first, second = Told(), Told()
    stuck.offer(parcel(first))
    time.sleep(0.2)
    stuck.offer(parcel(second))
    assert second.outcomes == [(False, "an earlier delivery hangs")]
    release.set()
    first.wait()


def test_a_contact_that_hangs_holds_up_no_other(webhook: Make) -> None:
    slow, quick = courier(webhook("hang").url()), courier(webhook(200).url())
    hanging, told = Told(), Told()
    slow.offer(parcel(hanging))
    quick.offer(parcel(told))
    assert told.wait() == (True, "")
    assert hanging.outcomes == []


def test_an_answer_at_the_bed_calls_further_tries_off(webhook: Make) -> None:
    hook, told = webhook(500), Told()
    courier(hook.url()).offer(parcel(told, wanted=lambda: not hook.requests))
    assert told.wait() == (False, "answered before it was delivered")
    assert len(hook.requests) == 1


def test_a_record_that_cannot_be_made_does_not_end_the_courier(webhook: Make) -> None:
    def broken(ok: bool, detail: str) -> None:
        raise OSError("disk")

    one, told = courier(webhook(200).url()), Told()
    one.offer(Parcel(NOTICE, lambda: True, broken))
    one.offer(parcel(told))
    assert told.wait() == (True, "")


def test_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ON_CALL", "json://127.0.0.1:9/x")
    assert address_of(Contact(name="X", url_env="ON_CALL")).url == "json://127.0.0.1:9/x"
    monkeypatch.delenv("ON_CALL")
    with pytest.raises(AddressError, match="ON_CALL is not set"):
        address_of(Contact(name="X", url_env="ON_CALL"))
    with pytest.raises(AddressError, match="not understood") as refused:
        address_of(Contact(name="X", url="nonsense://s3cret-word"))
    assert "s3cret-word" not in str(refused.value)


def test_a_contact_without_an_address_says_so_at_once_and_at_each_delivery() -> None:
    (one,) = couriers([Contact(name="X", url_env="NO_SUCH_VARIABLE")]).values()
    assert (one.ok, one.detail) == (False, "the environment variable NO_SUCH_VARIABLE is not set")
    told = Told()
    one.offer(parcel(told))
    assert told.wait() == (False, "the environment variable NO_SUCH_VARIABLE is not set")


def test_reach_sends_nothing(webhook: Make) -> None:
    hook = webhook(200)
    assert reach(Address(hook.url()), 1.0) == ""
    assert reach(Address(f"json://127.0.0.1:{free_port()}/x"), 1.0) == "Connection refused"
    assert reach(Address("json://no-such-host.invalid/x"), 1.0) == "its host is not known to the network"
    assert hook.requests == []


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that reaches the program's own log, at every level."""
    text, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(level)
    root.removeHandler(handler)


def test_nothing_of_an_address_is_logged_or_printed(
    webhook: Make, logged: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    urls = [webhook(500).url(), webhook("hang").url(), f"json://someone:s3cret-word@127.0.0.1:{free_port()}/t0ken"]
    details = [deliver(Address(url), NOTICE, 0.2) for url in urls]
    details.append(deliver(Address("json://someone:s3cret-word@no-such-host.invalid/t0ken"), NOTICE, 0.2))
    told = Told()
    courier(urls[0]).offer(parcel(told))
    told.wait()
    out, err = capfd.readouterr()
    shown = "\n".join(
        [*details, repr(Address(urls[0])), logged.getvalue(), out, err, repr(Contact(name="X", url=urls[0]))]
    )
    assert all(details)
    assert "contact doctor: not delivered: refused with status 500" in shown
    for secret in ("s3cret-word", "t0ken", "someone", "127.0.0.1", "no-such-host"):
        assert secret not in shown
