"""What is heard: bursts, pauses, the chatter guard, and the reminder of what stays silent for long."""

from dataclasses import replace

from dashboard.alarms import ladder
from dashboard.alarms.course import NEVER_S, RANKS
from dashboard.alarms.ladder import Alarm
from dashboard.alarms.state import Audio, EngineState, Off

HIGH = RANKS["high"]
#: A pause that is pressed again within this time after the last one ended goes on with it, for the reminder; ours.
REPRESSED_S = 60.0


def paused(audio: Audio, t_s: float) -> bool:
    return audio.paused_until_s is not None and t_s < audio.paused_until_s


def pause(audio: Audio, t_s: float, duration_s: float) -> Audio:
    """Sound paused from `t_s` on; what asks for attention until now is not new any more."""
    last_s = audio.paused_until_s
    goes_on = audio.quiet_since_s is not None and last_s is not None and t_s - last_s <= REPRESSED_S
    since_s = audio.quiet_since_s if goes_on else t_s
    return replace(audio, paused_until_s=t_s + duration_s, paused_turn=audio.turn, quiet_since_s=since_s)


def unpause(audio: Audio) -> Audio:
    return replace(audio, paused_until_s=None, quiet_since_s=None)


def reminded(audio: Audio, off: tuple[Off, ...], every_s: float, t_s: float) -> Audio:
    """A chirp when sound has been paused, or a rule off, for `every_s` since it began or since the last chirp."""
    began = [one.since_s for one in off]
    if audio.quiet_since_s is not None and paused(audio, t_s):
        began.append(audio.quiet_since_s)
    if not began or t_s - max(min(began), audio.reminded_s) < every_s:
        return audio
    return replace(audio, reminder=audio.reminder + 1, reminded_s=t_s)


def audible(state: EngineState, t_s: float) -> list[Alarm]:
    """The occurrences that sound at `t_s`. Through a pause only what is high and newer than the pause."""
    quiet = paused(state.audio, t_s)
    heard = []
    for alarm in state.alarms:
        if alarm.phase is ladder.Phase.LATCHED:
            sounds = alarm.ended_s is not None and t_s - alarm.ended_s < state.plan.profile.latched_sound_s
        else:
            sounds = alarm.phase is ladder.Phase.ACTIVE and t_s >= alarm.hushed_until_s
        new_high = state.plan.steps[alarm.step].rank == HIGH and alarm.turn > state.audio.paused_turn
        if sounds and (new_high or not quiet):
            heard.append(alarm)
    return heard


def sounded(state: EngineState, alarm: Alarm, worse: bool, t_s: float) -> tuple[Audio, Alarm]:
    """An alarm asks for attention: whether it sounds at once, or stays quiet because its rule sounded a moment ago."""
    audio, speaking = state.audio, state.plan.steps[alarm.step]
    last_s = dict(audio.sounded).get(speaking.rule.id)
    again_s = None if last_s is None else last_s + state.plan.profile.resound_s
    if speaking.rank < HIGH and not worse and again_s is not None and t_s < again_s:
        turn = audio.turn + 1
        return replace(audio, turn=turn), replace(alarm, turn=turn, hushed_until_s=again_s)
    louder = max((state.plan.steps[a.step].rank for a in audible(state, t_s)), default=0)
    starts = louder <= speaking.rank and (speaking.rank == HIGH or not paused(audio, t_s))
    audio = replace(
        audio,
        turn=audio.turn + 1,
        burst=audio.burst + starts,
        sounded=(*((rule, at) for rule, at in audio.sounded if rule != speaking.rule.id), (speaking.rule.id, t_s)),
    )
    return audio, replace(alarm, turn=audio.turn, hushed_until_s=NEVER_S)
