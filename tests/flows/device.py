"""A device without a browser, as tests need one."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.flows.people import FormBrowser
from tests.running import Registered, Running

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "openid email offline_access"


@dataclass
class Device:
    """A television, say. Its client is public, as most of them are."""

    provider: Running
    client: Registered

    def begin(self, **changed: str | None) -> requests.Response:
        """Ask for codes."""
        return self._post("/device_authorization", {"scope": SCOPE, **changed})

    def poll(self, device_code: str, **changed: str | None) -> requests.Response:
        """Ask whether the person has decided."""
        return self._post("/token", {"grant_type": DEVICE_CODE, "device_code": device_code, **changed})

    def codes(self, **changed: str | None) -> dict[str, Any]:
        """The codes of a request that passes."""
        answer = self.begin(**changed)
        assert answer.status_code == 200, answer.text
        codes: dict[str, Any] = answer.json()
        return codes

    def _post(self, path: str, fields: dict[str, str | None]) -> requests.Response:
        given = {"client_id": self.client.client_id, **fields}
        return self.provider.post(path, {name: value for name, value in given.items() if value is not None})


def television(provider: Running, **registered: Any) -> Device:
    """A device whose client is registered for the grant."""
    metadata = {
        "client_name": "Living Room TV",
        "redirect_uris": [],
        "response_types": [],
        "grant_types": [DEVICE_CODE, "refresh_token"],
        "token_endpoint_auth_method": "none",
        "first_party": False,
        **registered,
    }
    return Device(provider, provider.client(**metadata))


def type_code(browser: FormBrowser, user_code: str) -> requests.Response:
    """Open the page and send the code; gives what comes next."""
    return browser.send(browser.get("/device"), "/device", user_code=user_code)


def question(browser: FormBrowser, user_code: str) -> requests.Response:
    """The page that asks, for somebody who is signed in."""
    answer = type_code(browser, user_code)
    assert answer.status_code == 303, answer.text
    page = browser.get(answer.headers["Location"])
    assert page.status_code == 200, (page.status_code, page.headers.get("Location"))
    return page


def decide(browser: FormBrowser, user_code: str, decision: str = "allow", **ticked: str) -> requests.Response:
    """Answer the question, and give the page that follows."""
    sent = browser.send(question(browser, user_code), "/device/confirm", decision=decision, **ticked)
    assert sent.status_code == 303, sent.text
    return browser.get(sent.headers["Location"])


def request_in(location: str) -> str:
    """The transaction that an address names."""
    return parse_qs(urlsplit(location).query)["request"][0]


def pending(device: Device, codes: dict[str, str]) -> str:
    """What the device hears when it asks for its tokens too early."""
    error: str = device.poll(codes["device_code"]).json()["error"]
    return error
