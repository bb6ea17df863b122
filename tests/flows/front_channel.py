"""Clients that are answered with tokens at the authorization endpoint."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import requests

from tests.flows.relying_party import RelyingParty
from tests.running import Registered, Running

FRONT_TYPES = ("id_token", "id_token token", "code id_token", "code token", "code id_token token")
GIVEN = {
    "code": {"code"},
    "token": {"access_token", "token_type", "expires_in", "scope"},
    "id_token": {"id_token"},
}


def registered_for(provider: Running, response_type: str, **changed: object) -> Registered:
    words = response_type.split()
    grants = ["authorization_code"] * ("code" in words) + ["implicit"] * (words != ["code"])
    return provider.client(**{"response_types": [response_type], "grant_types": grants, **changed})


def asking(provider: Running, response_type: str, **changed: object) -> RelyingParty:
    return RelyingParty(provider, registered_for(provider, response_type, **changed))


def half_hash(value: str, algorithm: str = "sha256") -> str:
    digest = hashlib.new(algorithm, value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def error_of(rp: RelyingParty, browser: requests.Session, response_type: str, **changed: str | None) -> dict[str, str]:
    """The error of a request that passes but for the change; it has to be in the fragment."""
    location = urlsplit(rp.authorize(browser, response_type=response_type, **changed).headers["Location"])
    assert location.query == ""
    answer = {name: values[0] for name, values in parse_qs(location.fragment).items()}
    assert set(answer) == {"error", "error_description", "state", "iss"}
    assert answer["iss"] == rp.provider.issuer
    return answer
