"""Requests to the token endpoint, and what every refusal there has to be."""

import requests

from tests.flows.relying_party import RelyingParty


def form_for(rp: RelyingParty, code: str, **changed: str | None) -> dict[str, str]:
    fields: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": rp.client.redirect_uri,
        "code_verifier": rp.verifier,
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


def refused(response: requests.Response, status: int, error: str) -> bool:
    """The refusal is an OAuth error that nobody stores and that echoes nothing."""
    body = response.json()
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"].startswith("application/json")
    assert "access_token" not in body
    assert (response.status_code, body["error"]) == (status, error), response.text
    return True
