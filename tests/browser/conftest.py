"""A headless Chrome or Chromium, a page that fails its test on any console error or foreign request, and the fake feed."""

from collections.abc import Iterator

import pytest
from browsing import Watched, open_live
from fake_feed import FakeFeed
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from benchmarks._chrome import ARGS, find_chrome

#: A busy machine takes its time; what never comes fails all the same.
expect.set_options(timeout=10_000)


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
    made.set_default_timeout(15_000)
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
