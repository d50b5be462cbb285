"""What a start of the server must not cost."""

from datetime import UTC, datetime

import dash.backends
import pytest
from pages_fakes import FakeServices

from dashboard.app import make_app
from dashboard.bedside.ward import Ward
from dashboard.live.hub import Hub


def test_no_other_framework_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked which server it was given, Dash imports Flask to find out: a third of a second of every start."""

    def asked(_: object) -> str:
        raise AssertionError("Dash was given a server to look at")

    monkeypatch.setattr(dash.backends, "get_server_type", asked)
    assert make_app(Ward([], list), Hub(lambda: datetime.now(UTC)), FakeServices()).title == "Infusion Dashboard"
