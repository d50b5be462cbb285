"""The phases of a session, suggested from what was recorded. A suggestion: the recorded phase is a `PhaseChanged`."""

from typing import Literal

from dashboard.session.state import Session

Phase = Literal["setup", "titration", "steady", "recovery", "discharge", "emergency"]

#: Titration ends after this long without a change of what the patient gets (session workflow, phase 4).
STABLE_S = 30 * 60.0
#: Both scores at 9 or more of 10: fit to leave (modified Aldrete; modified PADSS, Chung).
FIT_SCORE = 9
DISCHARGE_SCALES = ("aldrete", "padss")


def suggest_phase(session: Session, t_s: float) -> Phase:
    """The phase at `t_s` on the session clock. A restart or a change of rate leads back to titration; leaving an emergency
    leads back to where the infusion stands."""
    if session.emergency is not None:
        return "emergency"
    infusion = session.infusion
    match infusion.state_at(t_s):
        case "not_started":
            return "setup"
        case "stopped":
            return "discharge" if fit_to_leave(session) else "recovery"
    changed_s = infusion.changed_s
    return "titration" if changed_s is None or t_s - changed_s < STABLE_S else "steady"


def fit_to_leave(session: Session) -> bool:
    """The last score of each discharge scale since the stop reaches its threshold."""
    stopped_s = session.infusion.stopped_s
    if stopped_s is None:
        return False
    last = {entry.event.scale: entry.event.score for entry in session.discharge_scores if entry.t_s >= stopped_s}
    return all(last.get(scale, 0) >= FIT_SCORE for scale in DISCHARGE_SCALES)
