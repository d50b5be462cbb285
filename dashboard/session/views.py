"""The session as the live protocol tells it: the parts that need nothing but the folded record."""

from typing import Any

from dashboard.session.state import Session


def infusion_view(session: Session, t_s: float) -> dict[str, Any]:
    """`infusion` of the live protocol as of `t_s` on the session clock: recorded rates, and the dose that follows from them."""
    infusion = session.infusion
    segment = infusion.segment_at(t_s)
    rate_mg_h = segment.rate_mg_h if segment else 0.0
    started_at = None if infusion.started_s is None else session.at_of(infusion.started_s)
    return {
        "state": infusion.state_at(t_s),
        "rate_mg_h": rate_mg_h,
        "rate_mg_kg_h": rate_mg_h / session.weight_kg if session.weight_kg > 0 else None,
        "rate_ml_h": segment.rate_ml_h if segment else 0.0,
        "set_rate_mg_h": infusion.set_rate_mg_h,
        "concentration_mg_ml": infusion.concentration_mg_ml,
        "given_mg": session.given_mg(t_s),
        "given_ml": session.given_ml(t_s),
        "planned_mg": session.planned_mg,
        "minutes_left": session.minutes_left(t_s),
        "started_at": started_at.isoformat(timespec="milliseconds") if started_at else None,
        "source": infusion.source,
    }
