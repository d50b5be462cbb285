"""What browser tests share: a watch over what a page does, and the live page with somebody at the bed."""

from urllib.parse import urlsplit

from fake_feed import FakeFeed
from playwright.sync_api import ConsoleMessage, Error, Page, Request


class Watched:
    """What a page did that no page of ours may do."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        #: Console errors that a test provokes on purpose (a refused save is logged by the browser itself).
        self.expected: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", self._uncaught)
        page.on("request", self._request)

    def leave(self, page: Page) -> None:
        page.remove_listener("console", self._console)
        page.remove_listener("pageerror", self._uncaught)
        page.remove_listener("request", self._request)

    def _uncaught(self, error: Error) -> None:
        self.errors.append(f"uncaught: {error}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.hostname != "127.0.0.1":
            self.errors.append(f"request left this machine: {request.url}")

    def unexpected(self) -> list[str]:
        return [error for error in self.errors if not any(words in error for words in self.expected)]


def cut_or_small(page: Page, besides: str = ".ag-aria-description-container") -> list[str]:
    """Texts of the sheet that are cut without an ellipsis, or smaller than 11 px; not of what is within `besides`."""
    found: list[str] = page.evaluate(
        """(besides) => [...document.querySelectorAll('.sheet *')].flatMap((e) => {
            const style = getComputedStyle(e);
            const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
            if (!own || !e.offsetParent || e.closest(besides)) return [];
            const cut = e.scrollWidth > e.clientWidth + 1 && !['visible', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis';
            return cut || parseFloat(style.fontSize) < 11 ? [`${e.className}: ${e.textContent.slice(0, 40)}`] : [];
        })""",
        besides,
    )
    return found


def open_live(page: Page, feed: FakeFeed, person: str | None = "R. Nurse") -> Page:
    if person:
        page.add_init_script(f"sessionStorage.setItem('infusion.person.bed-6', {person!r})")
    page.goto(feed.url)
    page.wait_for_selector("#live[data-state=live][data-at]")
    return page
