"""A relying party as tests need one: it speaks the protocol, and says what it expects."""

import http.client
import json
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet

from tests.running import Registered, Running, s256


@dataclass
class RelyingParty:
    """A client of a running provider with one verifier."""

    provider: Running
    client: Registered
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def parameters(self, **changed: str | None) -> dict[str, str]:
        """A request that passes; changes replace, None removes."""
        given: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "scope": "openid email profile",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": s256(self.verifier),
            "code_challenge_method": "S256",
            **changed,
        }
        return {name: value for name, value in given.items() if value is not None}

    def authorize(self, browser: requests.Session | None = None, **changed: str | None) -> requests.Response:
        """Send the browser to the authorization endpoint."""
        browser = browser or requests.Session()
        query = urlencode(self.parameters(**changed))
        return browser.get(f"{self.provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20)

    def code(self, browser: requests.Session, **changed: str | None) -> str:
        """A code, given without any question."""
        answer = answer_in(self.authorize(browser, **changed))
        assert "code" in answer, answer
        return answer["code"]

    def redeem(self, code: str, *, auth: tuple[str, str] | None = None, **changed: str | None) -> requests.Response:
        """Redeem a code with Basic authentication."""
        return self.token(
            auth=auth,
            **{
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.client.redirect_uri,
                "code_verifier": self.verifier,
                **changed,
            },
        )

    def refresh(self, refresh_token: str, **changed: str | None) -> requests.Response:
        """Use a refresh token."""
        return self.token(**{"grant_type": "refresh_token", "refresh_token": refresh_token, **changed})

    def token(self, *, auth: tuple[str, str] | None = None, **form: str | None) -> requests.Response:
        """Ask the token endpoint."""
        fields = {name: value for name, value in form.items() if value is not None}
        return self.provider.post("/token", fields, auth=auth or self.client.basic)

    def userinfo(self, access_token: str) -> requests.Response:
        """Ask who that is."""
        return self.provider.get("/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    def claims(self, id_token: str, algorithm: str = "RS256") -> dict[str, Any]:
        """The claims of an ID token, or of another JWT, whose signature verifies against the published keys."""
        keys = KeySet.import_key_set(json.loads(self.provider.get("/jwks").text))
        # joserfc warns of EdDSA, the name that relying parties know.
        with warnings.catch_warnings(action="ignore", category=SecurityWarning):
            return dict(jwt.decode(id_token, keys, algorithms=[algorithm]).claims)


def answer_in(response: requests.Response) -> dict[str, str]:
    """The authorization response in a redirection, from its query or its fragment."""
    assert response.status_code == 303, (response.status_code, response.text[:500])
    parts = urlsplit(response.headers["Location"])
    return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}


def raw(provider: Running, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
    """A request whose target nobody tidies up on the way."""
    parts = urlsplit(provider.issuer)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        return response.status, {n.lower(): v for n, v in response.getheaders()}, response.read().decode()
    finally:
        connection.close()
