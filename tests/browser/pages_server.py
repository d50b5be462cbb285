"""The made-up pages (pages_app.py) in a process of their own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app_server import HERE, app_server

ASSETS = HERE.parents[1] / "dashboard" / "assets"


@contextmanager
def pages_server(folder: Path, beds: int = 6) -> Iterator[str]:
    """Its address. The assets are a copy, so that a file edited meanwhile changes no test that runs."""
    assets = folder / "assets"
    shutil.copytree(ASSETS, assets)
    with app_server("pages_app.py", beds, assets) as url:
        yield url
