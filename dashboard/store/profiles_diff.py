"""What differs between two versions of an alarm profile, setting by setting. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.models.alarms import Profile

_ASIDE = ("id", "version", "approved_by", "approved_at", "rules")


@dataclass(frozen=True, slots=True)
class Difference:
    """`rule` empty: of the profile as a whole. `before` or `after` empty: it is not there."""

    rule: str
    label: str
    setting: str
    before: str
    after: str


def differences(before: Profile, after: Profile) -> list[Difference]:
    """In the order of the rules; of the whole profile last."""
    old = {rule.id: rule for rule in before.rules}
    new = {rule.id: rule for rule in after.rules}
    out: list[Difference] = []
    for rule_id in dict.fromkeys((*old, *new)):
        one, other = old.get(rule_id), new.get(rule_id)
        label = (other or one).label  # type: ignore[union-attr]
        if one is None or other is None:
            out.append(
                Difference(rule_id, label, "rule", "" if one is None else "there", "" if other is None else "new")
            )
            continue
        for setting, was, is_ in _changed(one.model_dump(mode="json"), other.model_dump(mode="json")):
            out.append(Difference(rule_id, label, setting, was, is_))
    old_whole, new_whole = (profile.model_dump(mode="json", exclude=set(_ASIDE)) for profile in (before, after))
    out.extend(Difference("", "", setting, was, is_) for setting, was, is_ in _changed(old_whole, new_whole))
    return out


def _changed(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str, str]]:
    out: list[tuple[str, str, str]] = []
    for key in dict.fromkeys((*old, *new)):
        was, is_ = old.get(key), new.get(key)
        if was == is_:
            continue
        if isinstance(was, dict) and isinstance(is_, dict):
            out.extend(_changed(was, is_, f"{prefix}{key}."))
        elif isinstance(was, list) and isinstance(is_, list) and len(was) == len(is_) and all(isinstance(one, dict) for one in (*was, *is_)):  # fmt: skip
            for number, (one, other) in enumerate(zip(was, is_, strict=True), 1):
                out.extend(_changed(one, other, f"{prefix}{key} {number}."))
        else:
            out.append((f"{prefix}{key}", _shown(was), _shown(is_)))
    return out


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
