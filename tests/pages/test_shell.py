"""What a browser gets before any page: one script and one style of ours, and nothing it has no use for."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pages_fakes import FakeServices

from dashboard.app import make_app
from dashboard.bedside.ward import Ward
from dashboard.live.hub import Hub
from dashboard.shell import ASSETS


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = make_app(Ward([], list), Hub(lambda: datetime.now(UTC)), FakeServices())
    with TestClient(app, base_url="http://127.0.0.1") as made:
        yield made


def sources(page: str) -> list[str]:
    return re.findall(r'<(?:script|link)[^>]*\b(?:src|href)="([^"]+)"', page)


def test_our_scripts_and_styles_are_one_file_each_kept_for_ever_under_the_name_of_their_content(
    client: TestClient,
) -> None:
    ours = [source for source in sources(client.get("/sessions").text) if source.startswith("/assets/all-")]
    assert [Path(source).suffix for source in ours] == [".css", ".js"]
    for source in ours:
        answer = client.get(source)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
        at = 0
        for file in sorted(ASSETS.glob(f"*{Path(source).suffix}")):
            found = answer.text.find(file.read_text(encoding="utf-8").strip(), at)
            assert found >= at, f"{file.name} is missing or out of order"
            at = found + 1
    # Fonts stand where the styles look for them.
    [font] = set(re.findall(r'url\("([^"]+)"\)', client.get(ours[0]).text))
    assert client.get(f"/assets/{font}").status_code == 200


def test_the_live_page_loads_neither_grid_nor_polyfill_and_the_others_both(client: TestClient) -> None:
    live, other = (sources(client.get(path).text) for path in ("/live/bed-1", "/alarms"))
    for unused in ("polyfill", "ag_grid"):
        assert not any(unused in source for source in live)
        assert any(unused in source for source in other)


def test_every_script_keeps_its_names_to_itself() -> None:
    """In one file, a name declared by one script would be every other's."""
    for file in ASSETS.glob("*.js"):
        text = file.read_text(encoding="utf-8")
        assert '"use strict";' in text, file.name
        assert not re.search(r"^(?:const|let|var|function|class|async function) ", text, re.M), file.name
