"""A headless Chrome or Chromium, a page that fails its test on any console error or foreign request, and the fake feed."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from fake_feed import FakeFeed
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from benchmarks._chrome import ARGS, find_chrome


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = find_chrome()
    if path is None:
        pytest.fail(
            "no Chrome or Chromium found: install one (Debian: apt-get install chromium) or set CHROME_PATH to it",
            pytrace=False,
        )
    return path


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium_path, args=list(ARGS))
        yield running
        running.close()


class Watched:
    """What a page did that no page of ours may do."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        #: Console errors that a test provokes on purpose (a refused save is logged by the browser itself).
        self.expected: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.hostname != "127.0.0.1":
            self.errors.append(f"request left this machine: {request.url}")

    def unexpected(self) -> list[str]:
        return [error for error in self.errors if not any(words in error for words in self.expected)]


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def context(browser: Browser, watched: Watched) -> Iterator[BrowserContext]:
    """1600x940, dark. The test fails at its end for what `watched` saw."""
    opened = browser.new_context(viewport={"width": 1600, "height": 940})
    yield opened
    opened.close()
    assert watched.unexpected() == []


@pytest.fixture
def page(context: BrowserContext, watched: Watched) -> Page:
    made = context.new_page()
    watched.watch(made)
    made.set_default_timeout(8_000)
    return made


@pytest.fixture(scope="session")
def feed_server() -> Iterator[FakeFeed]:
    feed = FakeFeed()
    feed.start()
    yield feed
    feed.stop()


@pytest.fixture
def feed(feed_server: FakeFeed) -> FakeFeed:
    """A calm running session; whatever an earlier test did is undone."""
    feed_server.reset()
    return feed_server


@pytest.fixture
def live(page: Page, feed: FakeFeed) -> Page:
    """The live page with R. Nurse at the bed, after its first numbers."""
    return open_live(page, feed)


def open_live(page: Page, feed: FakeFeed, person: str | None = "R. Nurse") -> Page:
    if person:
        page.add_init_script(f"sessionStorage.setItem('infusion.person.bed-6', {person!r})")
    page.goto(feed.url)
    page.wait_for_selector("#live[data-state=live][data-at]")
    return page
