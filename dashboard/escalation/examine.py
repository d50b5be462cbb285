"""What `doctor` says of the contacts of a station file. Sends nothing unless asked to."""

from collections.abc import Iterable
from datetime import UTC, datetime

from config.models.escalation import Contact
from dashboard.escalation.notice import trial
from dashboard.escalation.post import AddressError, address_of, deliver, reach


def examine_contacts(station: str, contacts: Iterable[Contact], *, send_test: bool) -> list[tuple[str, str, str]]:
    """(state, what, detail) for each contact. `send_test`: a trial notice goes to each, and its delivery is what counts."""
    return [(state, f"contact {c.name}", detail) for c in contacts for state, detail in [_look(station, c, send_test)]]


def _look(station: str, contact: Contact, send_test: bool) -> tuple[str, str]:
    try:
        address = address_of(contact)
    except AddressError as error:
        return "error", f"{error}; alarms will not reach it"
    if send_test:
        failed = deliver(address, trial(station, datetime.now(UTC)))
        return (
            ("error", f"the test was not delivered: {failed}")
            if failed
            else ("ok", "a test was sent: ask whether it arrived")
        )
    unreachable = reach(address)
    if unreachable is None:
        return "warning", "this kind can only be tried by sending: --send-test"
    if unreachable:
        return "error", f"unreachable: {unreachable}; check address and network"
    return "ok", "reachable; --send-test sends a test"
