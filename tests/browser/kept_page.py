"""A live page that is loaded once for many tests: its skeleton is taken out and put in afresh, as Dash does when somebody turns from page
to page. A page that is loaded anew costs a second of the machine, nearly all of it for what no test of the live page looks at."""

from browsing import Watched, open_live
from fake_feed import FakeFeed
from playwright.sync_api import BrowserContext, Page

#: Keeps the skeleton as the server sent it, before the page fills it.
KEEP = """new MutationObserver((_, watch) => { const root = document.getElementById('live');
  if (!root || !root.dataset.config) return;
  watch.disconnect();
  window.kept = { skeleton: root.outerHTML, parent: root.parentElement, title: document.title, theme: { ...document.documentElement.dataset } }; })
  .observe(document, { childList: true, subtree: true })"""
#: What a test has left in the page is gone with its skeleton; the page stops what it ran.
TAKE_OUT = """async () => { const { kept } = window;
  kept.names ??= new Set([...Object.keys(window), 'Plotly', 'kept']);
  document.getElementById('live').remove();
  while (infusion.app) await new Promise((go) => setTimeout(go, 1));
  for (const name of Object.keys(window)) if (!kept.names.has(name)) delete window[name];
  infusion.sound.played.length = 0;
  localStorage.clear(); sessionStorage.clear();
  if (document.activeElement) document.activeElement.blur();
  const { dataset } = document.documentElement;
  for (const name of Object.keys(dataset)) delete dataset[name];
  Object.assign(dataset, kept.theme);
  document.title = kept.title; }"""
PUT_IN = """(person) => { sessionStorage.setItem('infusion.person.bed-6', person);
  kept.parent.insertAdjacentHTML('beforeend', kept.skeleton);
  getSelection().collapse(document.body, 0); }"""  # from there Tab goes on
SIZE = {"width": 1600, "height": 940}
PERSON = "R. Nurse"


class KeptPage:
    """One for pages that draw charts, one for those that do not. Between tests it shows nothing and has no line to the server."""

    def __init__(self, context: BrowserContext, feed: FakeFeed) -> None:
        self._context, self._feed = context, feed
        self.page: Page | None = None
        self._watched: Watched | None = None

    def take(self, watched: Watched) -> Page:
        """With R. Nurse at the bed, after its first numbers."""
        self._watched = watched
        if self.page is None:
            self.page = self._context.new_page()
            self.page.add_init_script(KEEP)
            watched.watch(self.page)
            self.page.set_default_timeout(15_000)
            return open_live(self.page, self._feed)
        watched.watch(self.page)
        self.page.evaluate(PUT_IN, PERSON)
        self.page.wait_for_selector("#live[data-state=live][data-at]")
        return self.page

    def rest(self) -> None:
        """After a test. A page whose requests failed on purpose is not kept: what still comes of them would be the next test's."""
        if self.page is None or self._watched is None:
            return
        watched, self._watched = self._watched, None
        if watched.expected or watched.errors or self.page.is_closed():
            self.drop()
            return
        self.page.unroute_all()
        self.page.mouse.move(0, 0)
        if self.page.viewport_size != SIZE:
            self.page.set_viewport_size(SIZE)  # type: ignore[arg-type]
        self.page.evaluate(TAKE_OUT)
        watched.leave(self.page)

    def drop(self) -> None:
        if self.page is not None:
            self.page.close()
        self.page = None
