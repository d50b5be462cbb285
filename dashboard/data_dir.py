"""Where this program keeps what is its user's. Nothing heavy is imported here: a demo is planned before the stores are loaded."""

from pathlib import Path

import platformdirs


def default_data_dir() -> Path:
    """Where this platform keeps the data of a program for its user."""
    return Path(platformdirs.user_data_dir("infusion-dashboard", appauthor=False))


def own_cases(data_dir: Path | None = None) -> Path:
    """The folder of the recordings that can be chosen as cases; it need not be there."""
    return (default_data_dir() if data_dir is None else data_dir) / "cases"


def own_scenarios(data_dir: Path | None = None) -> Path:
    """The folder of the scenarios that were written here; it need not be there."""
    return (default_data_dir() if data_dir is None else data_dir) / "scenarios"
