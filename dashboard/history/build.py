"""A folded session as its alarm history. Pure: the profile's words and the end of the record are handed in."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, cast

from dashboard.figures.occurrences import occurrences
from dashboard.figures.record import RuleText
from dashboard.history import actions
from dashboard.history.model import SessionAlarms, Verdict, Word
from dashboard.history.periods import periods
from dashboard.session.state import Session


def session_alarms(
    session: Session,
    *,
    bed_title: str,
    end_s: float,
    rules: Mapping[str, RuleText],
    approved: bool,
    utc_offset: timedelta,
) -> SessionAlarms:
    """`end_s`: the last moment that was watched, on the session clock."""
    opened = session.opened
    assert opened is not None
    alarms = tuple(occurrences(session.alarms))
    said = actions.noted(session)
    state: Literal["open", "closed", "signed"] = "signed" if session.signed else "closed" if session.closed else "open"
    return SessionAlarms(
        id=session.id, bed=opened.bed, bed_title=bed_title, patient=opened.patient, protocol=opened.protocol,
        profile=opened.profile, profile_version=opened.profile_version, opened_at=opened.at,
        utc_offset_s=utc_offset.total_seconds(), start_s=opened.t_s, end_s=end_s, state=state,
        simulation=opened.simulation, scenario=opened.scenario, approved=approved, occurrences=alarms,
        verdicts=verdicts(session), actions={**actions.derived(session, alarms, end_s), **said}, noted=frozenset(said),
        periods=periods(session, alarms, rules, end_s), signed_by=signed_by(session), rules=rules, folded=session,
    )  # fmt: skip


def verdicts(session: Session) -> dict[int, tuple[Verdict, ...]]:
    """Occurrence number -> the last word of each reviewer, in order of saying. A word that was taken back is not there."""
    signed = set(signed_by(session))
    last: dict[tuple[int, str], Verdict] = {}
    for entry in session.verdicts:
        event = entry.event
        last.pop((event.occurrence, event.by), None)  # said anew: it moves to the end
        if event.verdict:
            word = cast(Word, event.verdict)
            last[event.occurrence, event.by] = Verdict(
                event.occurrence, word, event.by, entry.t_s, event.note, event.by in signed, entry.at
            )
    out: dict[int, tuple[Verdict, ...]] = {}
    for (occurrence, _), verdict in last.items():
        out[occurrence] = (*out.get(occurrence, ()), verdict)
    return out


def signed_by(session: Session) -> tuple[str, ...]:
    """Who has signed the review of this session's alarms, in order."""
    return tuple(dict.fromkeys(entry.by for entry in session.review_signatures))
