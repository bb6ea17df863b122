"""Clients that sign their authorization requests, and what the answers to those have to be."""

from typing import Any
from urllib.parse import urlencode

import requests

from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.signing_client import SigningClient, jwks, key_for, public
from tests.running import Running

EXPLICIT = {"typ": "oauth-authz-req+jwt"}


def registered(provider: Running, alg: str = "ES256", **more: Any) -> SigningClient:
    given = {"jwks": jwks(public(key_for(alg)))} | more
    return SigningClient(provider, provider.client(**given), alg, key_for(alg))


def ask(
    rp: RelyingParty, browser: requests.Session, *, outer: dict[str, str] | None = None, **sent: str
) -> requests.Response:
    """A request with what OpenID Connect wants outside of the object, changed as asked."""
    outside = {"client_id": rp.client.client_id, "response_type": "code", "scope": "openid"}
    outside |= {"redirect_uri": rp.client.redirect_uri} if outer is None else outer
    query = urlencode({name: value for name, value in {**outside, **sent}.items() if value})
    return browser.get(f"{rp.provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20)


def accepted(response: requests.Response, *, state: str | None = "the-state") -> bool:
    answer = answer_in(response)
    assert "code" in answer, answer
    assert answer.get("state") == state
    return True


def refused(response: requests.Response, error: str = "invalid_request_object", words: str = "") -> bool:
    answer = answer_in(response)
    assert answer.get("error") == error, answer
    assert words in answer["error_description"]
    return True


def on_a_page(response: requests.Response) -> bool:
    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (400, "text/html")
    assert "Location" not in response.headers
    return True
