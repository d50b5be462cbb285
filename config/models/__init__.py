"""Typed settings. Everything read from a file passes through `load_toml`, which names file, key and range on error."""

from config.models.base import Model, load_toml
from config.models.errors import ConfigError, DashboardError

__all__ = ["ConfigError", "DashboardError", "Model", "load_toml"]
