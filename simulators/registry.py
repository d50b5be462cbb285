"""A module in `simulators.monitors` that defines `make` is the whole registration, as in `devices.registry`."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from config.models import ConfigError
from simulators.vitals import SimulatedMonitor

#: `make(**options)`; every option has a default. ConfigError for a value that the model does not have.
Factory = Callable[..., SimulatedMonitor]


@cache
def load_simulated() -> dict[str, Factory]:
    """Monitor name (as in `devices.registry`) -> factory."""
    package = import_module("simulators.monitors")
    names = sorted(m.name for m in iter_modules(package.__path__) if not m.name.startswith("_"))
    modules = ((name, import_module(f"{package.__name__}.{name}")) for name in names)
    return {name: module.make for name, module in modules if hasattr(module, "make")}


def make_simulated(name: str, **options: Any) -> SimulatedMonitor:
    """A simulated monitor; a hyphen is accepted for an underscore. ConfigError for an unknown name or option."""
    known = load_simulated()
    factory = known.get(name.strip().lower().replace("-", "_"))
    if factory is None:
        raise ConfigError(f"no simulated monitor {name!r}; this version simulates: {', '.join(sorted(known))}")
    try:
        return factory(**options)
    except TypeError:
        raise ConfigError(f"{name}: unknown option among {', '.join(sorted(options))}") from None
