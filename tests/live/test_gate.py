"""Only this machine, only our own pages."""

import pytest

from config.models import ConfigError
from dashboard.live.gate import is_ours, require_loopback


@pytest.mark.parametrize(
    ("host", "origin", "ours"),
    [
        ("127.0.0.1:8050", None, True),
        ("localhost:8050", "http://localhost:8050", True),
        ("[::1]:8050", "http://[::1]:8050", True),
        ("127.0.0.1:8050", "http://evil.example", False),
        ("127.0.0.1:8050", "http://127.0.0.1:9000", False),  # another program's page on this machine
        ("127.0.0.1:8050", "null", False),  # a sandboxed frame or a file
        ("evil.example:8050", "http://evil.example:8050", False),  # a rebound name
        ("127.0.0.1.evil.example", None, False),
        (None, None, False),
    ],
)
def test_foreign_hosts_and_origins_are_told_apart(host: str | None, origin: str | None, ours: bool) -> None:
    assert is_ours(host, origin) is ours


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "clinic.example"])
def test_any_other_address_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match="this machine only"):
        require_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]"])
def test_loopback_is_accepted(host: str) -> None:
    assert require_loopback(host) == host.strip("[]")
