"""What a screen calls the alarms that scenario files name by their rules."""

from collections.abc import Mapping
from functools import lru_cache

from config.models import ConfigError
from config.models.alarms import load_profile


@lru_cache(maxsize=8)
def labels_of(profile: str) -> Mapping[str, str]:
    """Rule -> label, of a shipped profile; empty for a profile that is none."""
    try:
        return {rule.id: rule.label for rule in load_profile(profile).rules}
    except ConfigError:
        return {}
