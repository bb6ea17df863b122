"""A real browser, for what only script and frames can show."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from requests.cookies import RequestsCookieJar

from conformance_tests.browser import Arrival
from conformance_tests.page_reader import read_page

_CHROMIUM = Path("/usr/bin/chromium")
_PAUSE = 50
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    # A provider on loopback is framed by a page of somewhere else, which browsers would ask the person about first.
    "--disable-features=LocalNetworkAccessChecks",
]
_PRESS = """([form, button]) => {
    const chosen = document.forms[form];
    const buttons = [...chosen.elements].filter((element) => element.type === "submit");
    chosen.requestSubmit(buttons[button] ?? null);
}"""


class Chromium:
    """One browser profile, in which the relying party is found on this machine."""

    def __init__(self, context: BrowserContext, origin: str, patience: float) -> None:
        self.origin = origin
        self.page: Page = context.new_page()
        self._context = context
        self._patience = patience
        context.set_default_timeout(patience * 1000)

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
        pressed_at, give_up = "", time.monotonic() + self._patience
        self.page.goto(url, wait_until="commit")
        while not self.page.url.startswith(f"{self.origin}/"):
            if time.monotonic() > give_up:
                return None
            if self.page.url != pressed_at and self._press_on():
                pressed_at = self.page.url
            self.page.wait_for_timeout(_PAUSE)
        return Arrival(self.page.url, "GET", "", ())

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


@contextmanager
def opened(origin: str, address: str, patience: float) -> Iterator[Chromium]:
    """Open a fresh profile while the context lasts, in which an origin is found at an address of this machine."""
    # Redirects cannot be answered from outside of the browser, so it has to find a server where it is sent.
    rules = f"--host-resolver-rules=MAP {urlsplit(origin).hostname} {address}"
    with sync_playwright() as playwright, TemporaryDirectory() as profile:
        # Private windows, and the defaults of some builds, keep cookies from the frames of other sites.
        preferences = Path(profile, "Default", "Preferences")
        preferences.parent.mkdir()
        preferences.write_text(json.dumps({"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}))
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=_CHROMIUM, args=[*_ARGUMENTS, rules], ignore_https_errors=True
        )
        try:
            yield Chromium(context, origin, patience)
        finally:
            context.close()
