"""A headless Chrome or Chromium, a page that fails its test on any console error or foreign request, and the fake feed."""

import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from browsing import Watched
from fake_feed import FakeFeed
from kept_page import KeptPage
from pages_server import pages_server
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

sys.path.append(str(Path(__file__).parents[1] / "history"))
from alarms_clinic import Clinic, clinic_server

from benchmarks._chrome import ARGS, find_chrome

#: A busy machine takes its time; what never comes fails all the same.
expect.set_options(timeout=10_000)
#: Tests that share one process of the browser.
PAGES_A_PROCESS = 30


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = find_chrome()
    if path is None:
        pytest.fail(
            "no Chrome or Chromium found: install one (Debian: apt-get install chromium-headless-shell) or set CHROME_PATH",
            pytrace=False,
        )
    return path


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Scripts that the one process has compiled are not parsed again beside it.
        args = [*ARGS, "--process-per-site", "--disable-features=ScriptStreaming"]
        running = playwright.chromium.launch(executable_path=chromium_path, args=args)
        yield running
        running.close()


@pytest.fixture
def watched() -> Watched:
    return Watched()


class Shared:
    """1600x940, dark. One context for all tests, with one process for all pages: scripts are compiled once instead of in every test.

    A page that stays open keeps that process. It is changed now and then, for what pages leave behind makes it slow.
    """

    def __init__(self, browser: Browser, feed: FakeFeed) -> None:
        self.context = browser.new_context(viewport={"width": 1600, "height": 940})
        self._asset, self._used = urljoin(feed.url, "/assets/00-tokens.css"), 0
        #: With charts, and without.
        self.live = {True: KeptPage(self.context, feed), False: KeptPage(self.context, feed)}
        self._keep()

    def _keep(self) -> None:
        self.context.new_page().goto(self._asset)

    def clear(self) -> None:
        """As a new one: whatever a test's pages kept is gone."""
        for one in self.live.values():
            one.rest()
        kept = [one.page for one in self.live.values()]
        for page in self.context.pages[1:]:
            if page in kept:
                continue
            url = urlsplit(page.url)
            if url.hostname:  # asked of the browser: the page itself may be busy with charts that nobody waits for
                origin = {"origin": f"{url.scheme}://{url.netloc}", "storageTypes": "local_storage"}
                self.context.new_cdp_session(page).send("Storage.clearDataForOrigin", origin)
            page.close()
        self.context.clear_cookies()
        self.context.clear_permissions()
        self.context.unroute_all()
        self._used += 1
        if self._used % PAGES_A_PROCESS == 0:
            for one in self.live.values():
                one.drop()
            self.context.pages[0].close()
            self._keep()


@pytest.fixture(scope="session")
def shared(browser: Browser, feed_server: FakeFeed) -> Iterator[Shared]:
    made = Shared(browser, feed_server)
    yield made
    made.context.close()


@pytest.fixture
def context(shared: Shared, watched: Watched) -> Iterator[BrowserContext]:
    """The test fails at its end for what `watched` saw."""
    yield shared.context
    shared.clear()
    assert watched.unexpected() == []


@pytest.fixture
def page(context: BrowserContext, watched: Watched) -> Page:
    made = context.new_page()
    watched.watch(made)
    made.set_default_timeout(15_000)
    return made


@pytest.fixture(scope="session")
def feed_server() -> Iterator[FakeFeed]:
    feed = FakeFeed()
    feed.start()
    yield feed
    feed.stop()


@pytest.fixture
def feed(feed_server: FakeFeed, request: pytest.FixtureRequest) -> FakeFeed:
    """A calm running session; whatever an earlier test did is undone. Drawing charts takes a third of what a live page costs: they are
    drawn for tests marked so."""
    feed_server.reset()
    feed_server.charts = request.node.get_closest_marker("charts") is not None
    return feed_server


@pytest.fixture
def live(context: BrowserContext, shared: Shared, feed: FakeFeed, watched: Watched) -> Page:
    """The live page with R. Nurse at the bed, after its first numbers; see `KeptPage`."""
    return shared.live[feed.charts].take(watched)


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the made-up pages, whose clock has run since the start: `GET /test/begin` sets it back."""
    with pages_server(tmp_path_factory.mktemp("pages")) as url:
        yield url


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """The alarm history's server: what one test judges or signs there the next one finds."""
    with clinic_server(tmp_path_factory) as made:
        yield made
