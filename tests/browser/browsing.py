"""A browser as a person uses it, and as a strict observer watches it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, expect

from idp.dev.demo_clients import DemoApp
from tests.browser.playground import Playground
from tests.browser.pressing import follow
from tests.running import PASSWORD, Person

WITHOUT_SCRIPT = pytest.mark.parametrize("script", [False], ids=["no-script"], indirect=True)
"""For what no script of ours has a part in: seen in a browser that runs none."""


class Browsing:
    """One browser profile: its tabs share cookies with each other and with nobody else."""

    def __init__(self, context: BrowserContext, ground: Playground) -> None:
        self.context = context
        self.ground = ground
        self.complaints: list[str] = []
        self.shown: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def tab(self) -> Page:
        return self.context.new_page()

    def begin(self, app: DemoApp, page: Page | None = None, asking: str = "") -> Page:
        """Press the application's button, or go where one of its links with parameters goes; return on arrival."""
        page = page or self.tab()
        if asking:
            page.goto(f"{app.origin}/login?{asking}")
        else:
            page.goto(app.origin)
            follow(page.locator("#sign-in"))
        return page

    def sign_in(self, page: Page, person: Person, password: str = PASSWORD) -> None:
        """Fill in what the sign-in page asks for and send it; return on the page that answers."""
        page.get_by_label("E-mail address").fill(person.email)
        page.get_by_label("Password", exact=True).fill(password)
        follow(page.get_by_role("button", name="Sign in", exact=True))

    def arrive(self, app: DemoApp, person: Person) -> Page:
        """Sign in at an application, all the way."""
        page = self.begin(app)
        self.sign_in(page, person)
        if page.locator("#consent-allow").count():
            follow(page.locator("#consent-allow"))
        at_home(page, app)
        return page

    def arrive_again(self, app: DemoApp) -> Page:
        """Go to another application without being asked anything."""
        with self.seeing_no_page_of_the_provider():
            page = self.begin(app)
            at_home(page, app)
        return page

    def own_pages(self, person: Person) -> Page:
        """Sign in at the provider itself."""
        page = self.tab()
        page.goto(f"{self.ground.issuer}/account")
        self.sign_in(page, person)
        expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
        return page

    def newest_mail(self, to: str) -> str:
        """The text of the newest mail to an address, read on the mailbox page."""
        page = self.tab()
        page.goto(f"{self.ground.issuer}/dev/mailbox")
        follow(page.locator("#messages li", has_text=to).first.get_by_role("link"))
        text = page.locator("#message-text").inner_text()
        page.close()
        return text

    @contextmanager
    def seeing_no_page_of_the_provider(self) -> Iterator[None]:
        """Redirects may happen; documents may not."""
        before = len(self.shown)
        yield
        assert self.shown[before:] == []

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and f"{parts.scheme}://{parts.netloc}" not in self.ground.origins:
            self.complaints.append(f"third party: {request.url}")

    def _response(self, response: Response) -> None:
        is_document = response.request.resource_type == "document"
        if response.status >= 500 or (response.status >= 400 and not is_document):
            self.complaints.append(f"{response.status}: {response.url}")
        if is_document and response.url.startswith(self.ground.issuer) and not 300 <= response.status < 400:
            self.shown.append(urlsplit(response.url).path)

    def _console(self, message: ConsoleMessage) -> None:
        # A page that says what went wrong has a status to match, and the browser notes that; _response judges it.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")


def at_home(page: Page, app: DemoApp) -> None:
    """The browser is at the application, and the person is signed in there."""
    page.wait_for_url(f"{app.origin}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hello")


def heading(page: Page, words: str) -> None:
    """The page has this heading, and the tab says the same."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)
    expect(page).to_have_title(re.compile(re.escape(words)))


def fact(page: Page, section: str, name: str) -> str:
    """One line of a table that a demo application shows."""
    row = page.locator(f"#{section} tr", has=page.locator("th", has_text=re.compile(f"^{re.escape(name)}$")))
    return row.locator("td").inner_text()


def code_in(mail: str) -> str:
    found = re.search(r"\b\d{6}\b", mail)
    assert found, mail
    return found[0]


def link_in(mail: str) -> str:
    found = re.search(r"https?://\S+", mail)
    assert found, mail
    return found[0]
