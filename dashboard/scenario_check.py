"""Whether a scenario fits the rest of the program: its profile and that profile's rules, protocol, monitors, deeds, entries."""

from collections.abc import Iterator
from itertools import pairwise

from config.models import ConfigError
from config.models.alarms import Profile, load_profile
from config.models.protocols import shipped_protocols
from config.models.scenario import Scenario
from config.models.scenario_file import Places, Problem, read_scenario
from config.models.training import HANDS, OF_EVENTS
from dashboard.session.events import TYPES, from_dict
from devices.registry import load_monitors
from simulators.patient.pk import drug_model

_TruePath = tuple[str | int, ...]
_Found = Iterator[tuple[_TruePath, str]]


def check_text(text: str) -> tuple[Scenario | None, list[Problem]]:
    """All that is wrong with a scenario's text, by line; the scenario if it could be read at all."""
    scenario, problems = read_scenario(text)
    if scenario is None:
        return None, problems
    places = Places(text)
    found = {places.problem(path, said) for path, said in misfits(scenario)}
    return scenario, sorted(found, key=lambda problem: (problem.line, problem.key))


def misfits(scenario: Scenario) -> _Found:
    """(path of the key, what was expected)."""
    profile: Profile | None = None
    try:
        profile = load_profile(scenario.profile)
    except ConfigError as error:
        yield ("profile",), str(error)
    if scenario.protocol not in shipped_protocols():
        yield (
            ("protocol",),
            f"unknown protocol {scenario.protocol!r}; there are {', '.join(sorted(shipped_protocols()))}",
        )
    try:
        drug_model(scenario.drug_model, "ketamine")
    except ConfigError as error:
        yield ("drug_model",), str(error)
    monitors = load_monitors()
    for index, name in enumerate(scenario.monitors):
        if name not in monitors:
            yield ("monitors", index), f"unknown monitor {name!r}; there are {', '.join(sorted(monitors))}"
    yield from _alarms(scenario, profile)
    yield from _deeds(scenario)
    yield from _times(scenario)
    for index, entry in enumerate(scenario.charting):
        if entry.type in ("baseline_taken", "consciousness_assessed"):
            continue  # the patient fills these in
        try:
            from_dict(
                {
                    "type": entry.type,
                    "at": "2025-01-01T00:00:00+00:00",
                    "by": "nurse",
                    "t_s": entry.at_s,
                    **entry.fields,
                }
            )
        except Exception as error:  # whatever the event says of its fields
            yield ("charting", index, "fields"), f"{entry.type}: {error}"


def _alarms(scenario: Scenario, profile: Profile | None) -> _Found:
    if profile is None:
        return
    rules = {rule.id: rule for rule in profile.rules}
    for index, expected in enumerate(scenario.expected_alarms):
        rule = rules.get(expected.rule)
        if rule is None:
            yield ("expected_alarms", index, "rule"), f"{scenario.profile} has no rule {expected.rule!r}"
        elif rule.escalate is None and expected.priority != rule.priority:
            yield ("expected_alarms", index, "priority"), f"{expected.rule} is {rule.priority} in {scenario.profile}"
        if expected.latest_s > scenario.duration_s:
            yield ("expected_alarms", index, "latest_s"), f"lies after the end at {scenario.duration_s:g} s"
    for index, action in enumerate(scenario.actions):
        if action.cue.alarm is not None and action.cue.alarm not in rules:
            yield ("actions", index, "cue", "alarm"), f"{scenario.profile} has no rule {action.cue.alarm!r}"


def _deeds(scenario: Scenario) -> _Found:
    known = {*HANDS, *TYPES}
    named: list[tuple[_TruePath, tuple[str, ...]]] = [
        (("actions", index, key), tuple(name for name in names if name not in OF_EVENTS))
        for index, action in enumerate(scenario.actions)
        for key, names in (("done", action.done), ("also", action.also))
    ]
    for key in ("conditional", "cues", "ends"):
        for index, trigger in enumerate(getattr(scenario, key)):
            named += [((key, index, "done"), trigger.done), ((key, index, "not_done"), trigger.not_done)]
    for path, names in named:
        for name in names:
            if name not in known:
                yield (
                    path,
                    f"{name!r} is nothing that can be done; there are {', '.join(HANDS)}, and the events of a session",
                )
    for a, b in pairwise(sorted((action.id, index) for index, action in enumerate(scenario.actions))):
        if a[0] == b[0]:
            yield ("actions", b[1], "id"), f"there are two actions {b[0]!r}"


def _times(scenario: Scenario) -> _Found:
    for key in ("effects", "charting"):  # a pump may have its planned end after it
        for index, entry in enumerate(getattr(scenario, key)):
            if entry.at_s > scenario.duration_s:
                yield (key, index, "at_s"), f"lies after the end at {scenario.duration_s:g} s"
