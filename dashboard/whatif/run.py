"""One session in both runs: reading it from its store, and what of it can be kept from one question to the next."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from config.models.alarms import Profile
from dashboard.alarms.values import SAMPLED
from dashboard.session.facts import as_fact
from dashboard.store import Store
from dashboard.whatif import sparse
from dashboard.whatif.compare import DEEP_PCT, DEEP_S, Deep
from dashboard.whatif.limits import ladders
from dashboard.whatif.recording import Floats, Recording, told
from dashboard.whatif.spells import Spell, spells

#: A stretch goes on over a gap of so many seconds without a value: a probe that is touched.
GAP_S = 5.0
#: A signal counts as good when the oximeter was content for this long on both sides of the onset, at the least.
AROUND_S = 15.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a recording does not depend on any limits. `hours` of ticks; `bedside`: rules whose limits were changed at the bedside,
    and how often."""

    end_s: float
    deep: tuple[Deep, ...]
    bedside: Mapping[str, int]


def load(store: Store, session_id: str) -> Recording:
    """The whole session. StoreError when it cannot be read."""
    columns = store.samples(session_id)
    record = store.events(session_id)
    facts = [fact for stored in record if (fact := as_fact(stored.event, stored.seq)) is not None]
    values = {name: column for name, column in columns.values.items() if name in SAMPLED}
    return Recording(columns.t_s, values, columns.mask, tuple(facts), store.troubled(session_id, "spo2"))


def facts_of(recording: Recording) -> Facts:
    bedside: dict[str, int] = {}
    for fact in recording.facts:
        if fact.type == "limit_changed":
            bedside[str(fact.data.get("rule"))] = bedside.get(str(fact.data.get("rule")), 0) + 1
    ends = [*recording.times[-1:], *(fact.t_s for fact in recording.facts[-1:])]
    return Facts(max(ends, default=0.0), deep(recording.t_s, recording.column("spo2")), bedside)


def run(recording: Recording, profile: Profile, asked: frozenset[str]) -> tuple[Spell, ...]:
    """The alarms of `profile` over the recording. `asked`: the rules that the question is about."""
    changes = sparse.replay(profile, None, recording, told(recording.facts, asked))
    return spells(changes, ladders(profile))


def deep(t_s: Floats, spo2: Floats) -> tuple[Deep, ...]:
    """Every stretch of SpO₂ below 85 % that lasts 15 s or longer, by the numbers alone."""
    low = np.flatnonzero(~np.isnan(spo2) & (spo2 < DEEP_PCT))
    if not low.size:
        return ()
    valid = np.flatnonzero(~np.isnan(spo2))
    rank = np.searchsorted(valid, low)
    # A new stretch begins where a good value lies between, or where nothing was known for too long.
    breaks = np.flatnonzero((np.diff(rank) > 1) | (np.diff(t_s[low]) > GAP_S + 1)) + 1
    out = []
    for part in np.split(low, breaks):
        from_s, to_s = float(t_s[part[0]]), float(t_s[part[-1]])
        if to_s - from_s + 1 >= DEEP_S:
            out.append(Deep(from_s, to_s, float(np.min(spo2[part]))))
    return tuple(out)


def poor(recording: Recording, found: tuple[Spell, ...], desaturating: frozenset[str]) -> tuple[int, ...]:
    """Indices of the desaturations around whose onset the oximeter was not content, or had no value."""
    t_s, spo2 = recording.t_s, recording.column("spo2")
    at = np.searchsorted(t_s, recording.spo2_trouble)
    # A saturation below 50 is marked questionable for its depth alone (design section 3): that is no poor signal.
    trouble = np.zeros(len(t_s) + 1, bool)
    trouble[at] = True
    bad = np.isnan(spo2) | (trouble[:-1] & ~(spo2 < 50))
    out = []
    for index, spell in enumerate(found):
        if spell.ladder in desaturating:
            window = (t_s >= spell.onset_s - AROUND_S) & (t_s <= spell.onset_s + AROUND_S)
            if bool(np.any(bad[window])):
                out.append(index)
    return tuple(out)


def desaturating(profile: Profile) -> frozenset[str]:
    """Ladders that announce a low saturation."""
    ladder_of = ladders(profile)
    return frozenset(
        ladder_of[rule.id]
        for rule in profile.rules
        if rule.signals == ("spo2",) and rule.limits and rule.limits[0].side == "low"
    )
