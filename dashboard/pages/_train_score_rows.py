"""A line of the trainee against the script, in words: on the trainer's page, in the debrief and in its files."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.training.clock import clock
from dashboard.training.score import ActionScore, Fast

#: Of a run that is over: what a line says of what was never asked, or was asked so late that the run ended first.
NO_CUE, CUT_SHORT = "no cue", "cut short"


def score_row(
    one: ActionScore, now_s: float, *, over: bool = False, labels: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """`words` is the verdict as it is shown beside its colour, `result` the same where there is none, `why` what has to be said of it.
    `over`: nothing is to come any more; `labels`: rule -> what the screen calls its alarm."""
    target = "not to be done" if one.action.harmful else f"≤ {one.action.within_s:g} s"
    words, why = _words(one, now_s, over=over), _why(one, now_s, over=over, labels=labels or {})
    plain = words.startswith(one.verdict) or words in (NO_CUE, CUT_SHORT)
    return {
        "id": one.action.id, "text": one.action.text, "cue_s": one.cue_s, "done_s": one.done_s, "target": target,
        "verdict": one.verdict, "words": words, "result": words if plain else f"{one.verdict}, {words}", "why": why, "by": one.by,
    }  # fmt: skip


def fast_words(fast: Sequence[Fast]) -> str:
    """`it ran at 5x from 05:40 to 06:10`."""
    told = [f"at {one.speed:g}x from {clock(one.from_s)} to {clock(one.to_s)}" for one in fast]
    return f"it ran {' and '.join(told)}"


def _words(one: ActionScore, now_s: float, *, over: bool) -> str:
    if one.verdict == "waiting" and one.cue_s is not None:
        return f"waiting {now_s - one.cue_s:.0f} s"
    if one.latency_s is not None and one.verdict in ("done", "late"):
        return f"{one.latency_s:.0f} s" if one.verdict == "done" else f"late, {one.latency_s:.0f} s"
    if one.verdict == "not yet" and over:
        return NO_CUE if one.cue_s is None else CUT_SHORT
    return one.verdict


def _why(one: ActionScore, now_s: float, *, over: bool, labels: Mapping[str, str]) -> str:
    if one.fast:
        return fast_words(one.fast)
    if one.part_s is not None and one.verdict in ("waiting", "missed", "not yet"):
        return f"only one of the two was done, at {clock(one.part_s)}"
    if one.verdict != "not yet" or not over:
        return ""
    if one.cue_s is not None:
        return f"the run ended {now_s - one.cue_s:.0f} s after the cue, before its time was up"
    cue = one.action.cue
    if cue.alarm is not None:
        return f"its alarm did not come: {labels.get(cue.alarm, cue.alarm)}"
    return f"the run ended before its moment, {clock(cue.at_s or 0.0)}"
