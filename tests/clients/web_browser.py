"""A person's browser that follows redirections and answers the pages it is shown, until it is back at a client."""

from urllib.parse import urljoin

import requests

from tests.flows.people import FormBrowser, fields_of
from tests.running import Person, Running

_MOST_STEPS = 15


class WebBrowser:
    """Signs the person in where it is asked to, and allows what it is asked for."""

    def __init__(self, provider: Running, person: Person) -> None:
        self._forms = FormBrowser(provider)
        self._person = person
        self._issuer = provider.issuer
        self.seen: list[str] = []

    def visit(self, url: str) -> str:
        """Go there, and on; gives the address at which the browser leaves the provider, or where it is in the end."""
        for _ in range(_MOST_STEPS):
            if not url.startswith(f"{self._issuer}/"):
                return url
            answer = self._forms.get(url)
            while answer is not None and answer.status_code == 200:
                self.seen.append(url.removeprefix(self._issuer).partition("?")[0])
                form = self._answer(answer, url)
                if form is None:
                    return url
                answer = form
                if "<form" in answer.text and 'name="iss"' in answer.text:
                    raise AssertionError("answers by form_post are not followed here")
            assert answer.status_code == 303, (url, answer.status_code, answer.text[:2000])
            url = urljoin(url, answer.headers["Location"])
        raise AssertionError(f"no end of redirections: {url}")

    def _answer(self, page: requests.Response, url: str) -> requests.Response | None:
        """Send the form of a page as a person would; None where there is none to send."""
        person = self._person
        for action, typed in (
            ("/login", {"username": person.email, "password": person.password}),
            ("/consent", {"decision": "allow"}),
            ("/device", {}),
            ("/device/confirm", {"decision": "allow"}),
        ):
            if f'action="{action}"' in page.text:
                return self._forms.post(action, {**fields_of(page, action), **typed})
        return None
