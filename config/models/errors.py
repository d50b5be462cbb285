"""Errors that people can act on. Bad bytes are not errors but `Fault` values; a broken assumption of ours just fails."""


class DashboardError(Exception):
    """Base of every error that is shown as one line instead of a traceback."""


class ConfigError(DashboardError):
    """A setting or argument is wrong; the message names file, key or value, what was expected, and who can act."""
