"""Clients that show themselves by assertions, and the cheapest request that needs one."""

from typing import Any

import requests

from tests.flows.signing_client import (
    SigningClient,
    jwks,
    key_for,
    public,
)
from tests.running import Running


def registered(provider: Running, alg: str = "ES256", *, kid: str | None = None, **more: Any) -> SigningClient:
    key = key_for(alg)
    given = {"jwks": jwks(public(key, **({"kid": kid} if kid else {})))} if "jwks_uri" not in more else {}
    client = provider.client(token_endpoint_auth_method="private_key_jwt", **{**given, **more})
    return SigningClient(provider, client, alg, key, kid)


def asked(signer: SigningClient, assertion: str | None = None, path: str = "/revoke", **form: str) -> requests.Response:
    """The cheapest request that needs authentication."""
    return signer.provider.post(path, {"token": "x", **signer.shown(assertion), **form})


def refused(response: requests.Response, error: str = "invalid_client", *, words: str = "") -> bool:
    body = response.json()
    assert response.headers["Cache-Control"] == "no-store"
    assert body["error"] == error, response.text
    assert response.status_code == (401 if error == "invalid_client" else 400)
    assert words in body["error_description"]
    return True
