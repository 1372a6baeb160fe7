"""A visitor of the player in Debian's Chromium: `visit` opens pages, and hears all that they complain of."""

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
WAIT_MS = 30_000
NEEDS_CHROMIUM = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt install chromium")

RECORD_ACTIONS = """
window.mediaActions = {};
const set = navigator.mediaSession.setActionHandler.bind(navigator.mediaSession);
navigator.mediaSession.setActionHandler = (name, does) => { window.mediaActions[name] = does; set(name, does); };
const place = navigator.mediaSession.setPositionState.bind(navigator.mediaSession);
navigator.mediaSession.setPositionState = (state) => { window.mediaPlace = state; place(state); };
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


@dataclass
class Visit:
    """A page of a context of its own, and all that it complained of."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def go(self, route: str = "/") -> None:
        self.page.goto(f"{self.url}index.html#{route}")
        self.until("document.querySelector('.view:not([hidden])') !== null")

    def play(self, title: str = "The Long Way") -> None:
        """From the shelf to the sound, as one does."""
        self.go()
        self.page.locator(".card", has_text=title).click()
        self.page.locator(".primary").click()
        self.page.wait_for_selector(".sentence.now", timeout=WAIT_MS)

    def engine(self, expression: str) -> Any:
        return self.page.evaluate(f"narrate.engine.{expression}")

    def until(self, expression: str) -> None:
        """Wait until a JavaScript expression is true. Playwright's own way is `eval`, which the page forbids."""
        end = time.monotonic() + WAIT_MS / 1000
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            self.page.wait_for_timeout(30)

    def reload_until_seen(self, what: Locator) -> None:
        """Reload until `what` can be seen: a host looks at its shelf again only every few seconds."""
        end = time.monotonic() + WAIT_MS / 1000
        while True:
            self.page.reload()
            with contextlib.suppress(PlaywrightTimeoutError):
                what.wait_for(timeout=1000)
                return
            assert time.monotonic() < end, f"never seen: {what}"


Visits = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visits]:
    """Opens pages; at the end none may have logged an error or asked anybody else."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def opened(url: str, *, theme: str = "light", **options: Any) -> Visit:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        context.set_default_timeout(WAIT_MS)
        context.add_init_script(RECORD_ACTIONS)
        context.add_init_script(f"if (origin !== 'null') localStorage.setItem('narrate:theme', '{json.dumps(theme)}')")
        contexts.append(context)
        page = context.new_page()
        found = Visit(page=page, url=url)
        visits.append(found)
        page.on(
            "console", lambda each: found.complaints.append(each.text) if each.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: found.complaints.append(str(error)))
        page.on("request", lambda each: None if each.url.startswith((url, "data:")) else found.foreign.append(each.url))
        return found

    yield opened
    for context in contexts:
        context.close()
    for each in visits:
        assert each.complaints == [], each.complaints
        assert each.foreign == [], each.foreign
