"""The alarm history's made-up clinic (tests/history/made_clinic.py), written once for a whole run, and its page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import made_clinic
import pytest
from app_server import app_server
from filelock import FileLock
from playwright.sync_api import Page

from dashboard.store import Stores

REVIEWER, SECOND = made_clinic.PEOPLE[2:]
MINUTES, SESSIONS = 24, 3


@dataclass(frozen=True)
class Clinic:
    """A server over its own copy of the clinic. `sessions`: ids of the patients' ones, oldest first; the last one is still open."""

    url: str
    folder: Path
    sessions: list[str]

    def said_by(self, person: str, session: str) -> int:
        """Entries of this person on the disk."""
        with Stores(self.folder) as stores:
            return sum(stored.event.by == person for stored in stores.live.events(session))


def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Second by second through the real bedside takes its time: the workers of one run share what the first of them wrote."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made-clinic"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            half = tmp_path_factory.mktemp("clinic-being-written")
            with Stores(half) as stores:
                made_clinic.build(stores, MINUTES, SESSIONS)
            half.rename(folder)
    return folder


@contextmanager
def clinic_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    folder = tmp_path_factory.mktemp("clinic") / "data"
    shutil.copytree(written(tmp_path_factory), folder)
    with app_server("alarms_app.py", folder) as url:
        with Stores(folder) as stores:
            sessions = [row.id for row in reversed(stores.live.sessions())]
        yield Clinic(url, folder, sessions)


def open_page(page: Page, clinic: Clinic, query: str = "", reviewer: str | None = REVIEWER) -> Page:
    if reviewer:
        page.add_init_script(f"sessionStorage.setItem('infusion.reviewer', {reviewer!r})")
    page.set_default_timeout(20_000)  # a busy machine: what is slow is measured elsewhere
    page.goto(f"{clinic.url}/alarms{query}")
    page.wait_for_selector(".sheet:not([data-loading]) #alarms-grid .ag-root", state="attached")
    return settled(page)


def settled(page: Page) -> Page:
    page.wait_for_function("infusion.alarms.data && !document.querySelector('.sheet').hasAttribute('data-loading')")
    return page


def choose(page: Page, session: str) -> None:
    """Another session on the page that is open, by its list: no load of a page."""
    page.select_option("#alarms-session", session)
    settled(page)
    page.wait_for_function("(id) => infusion.alarms.pick.startsWith(id)", arg=session)
