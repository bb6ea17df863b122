"""A real browser, for what only script and frames can show; the relying party's pages are made up inside it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Request, Route, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from requests.cookies import RequestsCookieJar

from conformance_tests.browser import Arrival
from conformance_tests.page_reader import read_page

_CHROMIUM = Path("/usr/bin/chromium")
_PAUSE = 50
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_PRESS = """([form, button]) => {
    const chosen = document.forms[form];
    const buttons = [...chosen.elements].filter((element) => element.type === "submit");
    chosen.requestSubmit(buttons[button] ?? null);
}"""


class Chromium:
    """One browser profile in which every address of the relying party is answered here, and remembered."""

    def __init__(self, context: BrowserContext, origin: str, patience: float) -> None:
        self.page: Page = context.new_page()
        self.arrivals: list[Arrival] = []
        self.framed: list[str] = []
        self._context = context
        self._pages: dict[str, str] = {}
        self._patience = patience
        context.set_default_timeout(patience * 1000)
        context.route(f"{origin}/**", self._answer)

    def put(self, url: str, html: str) -> None:
        """Say what is shown at an address of the relying party."""
        self._pages[url] = html

    def take_cookies(self, jar: RequestsCookieJar, origin: str) -> None:
        """Replace all cookies by those that another browser has of a provider."""
        self._context.clear_cookies()
        for cookie in jar:
            rest: Mapping[str, str] = getattr(cookie, "_rest", {})
            same_site = {"none": "None", "strict": "Strict"}.get(str(rest.get("SameSite", "")).lower(), "Lax")
            self._context.add_cookies(
                [
                    {
                        "name": cookie.name,
                        "value": cookie.value or "",
                        "url": f"{origin}{cookie.path.removesuffix('/')}/",
                        "secure": cookie.secure,
                        "httpOnly": any(name.lower() == "httponly" for name in rest),
                        "sameSite": same_site,  # type: ignore[typeddict-item]
                    }
                ]
            )

    def show(self, url: str) -> None:
        """Go to a page of the relying party, and wait until its frames are there."""
        self.page.goto(url, wait_until="load")

    def eventually(self, expression: str) -> bool:
        """Wait until an expression of script is true on the page; false when it never becomes so."""
        try:
            self.page.wait_for_function(expression)
        except PlaywrightTimeoutError:
            return False
        return True

    def travel(self, url: str) -> Arrival | None:
        """Go to the provider, answer with yes what it asks, and wait to be sent back; nothing when that never comes."""
        seen, pressed_at, give_up = len(self.arrivals), "", time.monotonic() + self._patience
        self.page.goto(url, wait_until="commit")
        while len(self.arrivals) == seen and time.monotonic() < give_up:
            if self.page.url != pressed_at and self._press_on():
                pressed_at = self.page.url
            self.page.wait_for_timeout(_PAUSE)
        return self.arrivals[-1] if len(self.arrivals) > seen else None

    def _press_on(self) -> bool:
        """Press the button that goes on, if the page asks a question and has no frames to wait for."""
        try:
            shown = read_page(self.page.url, 200, "text/html", self.page.content())
            form = None if shown.frames else shown.question
            button = form.way_on if form is not None else None
            if form is None or button is None:
                return False
            self.page.evaluate(_PRESS, [shown.forms.index(form), form.buttons.index(button)])
        except PlaywrightError:
            # The page went away while it was looked at, and there will be another.
            return False
        return True

    def _answer(self, route: Route, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self.page.main_frame:
            self.arrivals.append(Arrival(request.url, request.method, "", ()))
        elif request.is_navigation_request():
            self.framed.append(request.url)
        html = self._pages.get(request.url.partition("?")[0], "<!doctype html><title>Relying party</title>")
        route.fulfill(status=200, content_type="text/html", body=html)


@contextmanager
def opened(origin: str, patience: float) -> Iterator[Chromium]:
    """Open a fresh profile while the context lasts; certificates are not its matter."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        try:
            yield Chromium(browser.new_context(ignore_https_errors=True), origin, patience)
        finally:
            browser.close()
