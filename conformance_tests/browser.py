"""A browser that follows redirects, fills in forms and presses buttons, and stops at the relying party's door."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit

import requests
from requests.cookies import RequestsCookieJar

from conformance_tests.page import Button, Control, Form, Page
from conformance_tests.page_reader import read_page

_MOST_HOPS = 20
_MOST_PAGES = 8
_MOST_QUESTIONS = 2
_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class LostError(AssertionError):
    """The browser was led where it cannot go on: a redirect without end, a sign-in that is never accepted."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the End-User types on a sign-in page."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request to an address of the relying party, which is answered by the test and never sent."""

    url: str
    method: str
    content_type: str
    form: tuple[tuple[str, str], ...]

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters of the query, in order and repeated ones included."""
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def fragment(self) -> list[tuple[str, str]]:
        """The parameters of the fragment."""
        return parse_qsl(urlsplit(self.url).fragment, keep_blank_values=True)


class ScriptedBrowser:
    """One browser with an empty cookie jar, working the pages of a provider like a person with script switched off.

    The one script it does understand is a page that submits its only, hidden form (`response_mode=form_post`).
    Navigation headers (`Origin`, `Sec-Fetch-*`) are those a current browser sends, because providers judge by them.
    """

    def __init__(self, credentials: Credentials, watched: Sequence[str], *, verify: bool | str, timeout: float) -> None:
        """Make a browser that stops at every address beginning with one of those watched."""
        self.credentials = credentials
        self.watched = tuple(watched)
        self.logins_shown = 0
        self.questions_shown = 0
        self.trail: list[str] = []
        self.pages: list[Page] = []
        self._timeout = timeout
        self._session = requests.Session()
        self._session.verify = verify
        self._session.trust_env = False
        self._session.headers.update(
            {"Accept": _ACCEPT, "Accept-Language": "en-GB,en;q=0.8", "User-Agent": "conformance-tests"}
        )

    @property
    def cookies(self) -> RequestsCookieJar:
        """Everything that providers have stored here."""
        return self._session.cookies

    def visit(self, url: str) -> Page | Arrival:
        """Follow a link on a page of the relying party, and the redirects after it."""
        return self._go("GET", url, (), origin=self._relying_party_origin)

    def post(self, url: str, fields: Sequence[tuple[str, str]]) -> Page | Arrival:
        """Submit a form on a page of the relying party to the provider."""
        return self._go("POST", url, fields, origin=self._relying_party_origin)

    def carry_on(self, place: Page | Arrival) -> Page | Arrival:
        """Sign in and agree until the relying party is reached, an error is shown or nothing is left to press."""
        attempts = 0
        for _ in range(_MOST_PAGES):
            if isinstance(place, Arrival) or place.status >= 400:
                return place
            login, name, question = place.login_form, place.name_form, place.question
            if login is not None or name is not None:
                attempts += login is not None
                if attempts > 2:
                    raise LostError(f"the sign-in page came back after it was filled in: {place.description}")
                self.logins_shown += login is not None
                place = self._sign_in(place, login or name)
            elif question is not None:
                self.questions_shown += 1
                place = self.press(place, question)
            else:
                return place
        raise LostError(
            f"still asked after {_MOST_PAGES} pages: {place.description if isinstance(place, Page) else place.url}"
        )

    def decline(self, place: Page | Arrival) -> Page | Arrival:
        """Say no as soon as a page lets one, signing in where that comes first."""
        for _ in range(_MOST_PAGES):
            if isinstance(place, Arrival) or place.status >= 400:
                break
            form = next((form for form in place.forms if form.way_back is not None), None)
            link = next((link for link in place.links if link.declines), None)
            if form is not None:
                return self.press(place, form, form.way_back)
            if link is not None:
                return self._go("GET", link.url, (), origin=origin_of(place.url), page=place.url)
            if place.login_form is None and place.name_form is None:
                break
            place = self._sign_in(place, place.login_form or place.name_form)
        return place

    def confirm(self, place: Page | Arrival) -> Page | Arrival:
        """Answer the questions of a sign-out with yes, and rest where nothing more is asked; never sign in again."""
        for _ in range(_MOST_QUESTIONS):
            if (
                isinstance(place, Arrival)
                or place.status >= 400
                or place.login_form is not None
                or place.question is None
            ):
                break
            self.questions_shown += 1
            place = self.press(place, place.question)
        return place

    def press(self, page: Page, form: Form, button: Button | None = None) -> Page | Arrival:
        """Submit a form by one of its buttons; the first that does not turn away, unless one is named."""
        button = button or form.way_on
        action = button.action if button is not None and button.action else form.action
        # A POST from a page under `no-referrer` carries the origin "null" (Fetch, section 3.2).
        origin = "null" if "no-referrer" in page.referrer_policy.split(",")[-1].split() else origin_of(page.url)
        values = form.values(button)
        if form.method == "get":
            return self._go("GET", f"{action.partition('?')[0]}?{urlencode(values)}", (), origin=origin, page=page.url)
        return self._go("POST", action, values, origin=origin, page=page.url)

    @property
    def _relying_party_origin(self) -> str:
        return origin_of(self.watched[0]) if self.watched else "null"

    def _sign_in(self, page: Page, form: Form | None) -> Page | Arrival:
        assert form is not None
        for control in form.controls:
            if control.kind == "password":
                control.value = self.credentials.password
        name = _name_control(form)
        if name is not None:
            name.value = self.credentials.username
        return self.press(page, form)

    def _go(
        self, method: str, url: str, fields: Sequence[tuple[str, str]], *, origin: str, page: str | None = None
    ) -> Page | Arrival:
        site = "same-origin" if page is not None and origin_of(page) == origin_of(url) else "cross-site"
        fragment = ""
        for _ in range(_MOST_HOPS):
            if any(url.startswith(address) for address in self.watched):
                content_type = "application/x-www-form-urlencoded" if method == "POST" else ""
                return Arrival(url, method, content_type, tuple(fields))
            headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
            if method == "POST":
                headers["Origin"] = origin
            self.trail.append(f"{method} {url.partition('?')[0]}")
            response = self._session.request(
                method,
                urldefrag(url).url,
                data=list(fields) if method == "POST" else None,
                headers=headers,
                allow_redirects=False,
                timeout=self._timeout,
            )
            if response.is_redirect:
                location = urljoin(url, _as_sent(response.headers["Location"]))
                # A fragment outlives a redirect that names none (Fetch, section 4.4).
                fragment = urlsplit(location).fragment or fragment
                url = location if urlsplit(location).fragment or not fragment else f"{location}#{fragment}"
                if response.status_code not in {307, 308}:
                    method, fields = "GET", ()
                site = site if origin_of(location) == origin_of(response.url) else "cross-site"
                continue
            shown = read_page(
                url,
                response.status_code,
                response.headers.get("Content-Type", ""),
                response.text,
                response.headers.get("Referrer-Policy", ""),
            )
            if shown.refresh_to is not None:
                method, fields, url = "GET", (), shown.refresh_to
                continue
            hop = shown.self_submitting
            if hop is None:
                self.pages.append(shown)
                return shown
            method, fields, origin = hop.method.upper(), hop.values(None), origin_of(url)
            site = "same-origin" if origin_of(hop.action) == origin_of(url) else "cross-site"
            url = hop.action
        raise LostError(f"redirected more than {_MOST_HOPS} times; the last hop was {self.trail[-1]}")


def _name_control(form: Form) -> Control | None:
    for control in form.controls:
        if control.names_a_person:
            return control
    return next((control for control in form.controls if control.kind in {"text", "email"}), None)


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as browsers write an origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _as_sent(location: str) -> str:
    """The header's octets as UTF-8, which is how browsers read them; the client library decodes Latin-1."""
    return location.encode("latin-1").decode("utf-8", "replace")
