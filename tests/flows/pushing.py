"""Clients that push their authorization requests."""

from urllib.parse import urlencode

import requests

from tests.flows.relying_party import RelyingParty
from tests.running import Registered

PREFIX = "urn:ietf:params:oauth:request_uri:"


def push(rp: RelyingParty, *, auth: tuple[str, str] | None = None, **changed: str | None) -> requests.Response:
    return rp.provider.post("/par", rp.parameters(**changed), auth=auth or rp.client.basic)


def pushed(rp: RelyingParty, **changed: str | None) -> str:
    response = push(rp, **changed)
    assert response.status_code == 201, response.text
    reference: str = response.json()["request_uri"]
    return reference


def bring(
    rp: RelyingParty, browser: requests.Session, reference: str, *, client: Registered | None = None, **more: str
) -> requests.Response:
    query = urlencode({"client_id": (client or rp.client).client_id, "request_uri": reference, **more})
    return browser.get(f"{rp.provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20)


def refused(response: requests.Response, error: str = "invalid_request", *, status: int = 400, words: str = "") -> bool:
    body = response.json()
    assert (response.status_code, body["error"]) == (status, error), response.text
    assert "request_uri" not in body
    assert response.headers["Cache-Control"] == "no-store"
    assert words in body["error_description"]
    return True
