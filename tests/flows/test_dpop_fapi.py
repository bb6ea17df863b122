"""Clients of the FAPI 2.0 profile and their keys: from the pushed request to the refresh token that stays."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.flows.dpop_key import DpopKey
from tests.flows.relying_party import answer_in
from tests.flows.signing_client import SigningClient, jwks, key_for, public
from tests.running import Running, s256

VERIFIER = "v" * 64


@dataclass
class FapiParty:
    """A client with a key for assertions and another one for its tokens."""

    client: SigningClient
    browser: requests.Session
    key: DpopKey = field(default_factory=DpopKey)

    def post(self, path: str, form: dict[str, str], key: DpopKey | None) -> requests.Response:
        """Ask an endpoint, with a proof where a key is given."""
        provider = self.client.provider
        headers = {} if key is None else {"DPoP": key.proof("POST", provider.issuer + path, iat=int(self.client.now))}
        return provider.post(path, {**form, **self.client.shown()}, headers=headers)

    def push(self, key: DpopKey | None = None, **changed: str) -> requests.Response:
        """Push a request."""
        parameters = {
            "response_type": "code",
            "client_id": self.client.client.client_id,
            "redirect_uri": self.client.client.redirect_uri,
            "scope": "openid offline_access",
            "code_challenge": s256(VERIFIER),
            "code_challenge_method": "S256",
            **changed,
        }
        return self.post("/par", parameters, key)

    def code(self, key: DpopKey | None = None, **changed: str) -> str:
        """A code for a pushed request."""
        pushed = self.push(key, **changed)
        assert pushed.status_code == 201, pushed.text
        query = {"client_id": self.client.client.client_id, "request_uri": pushed.json()["request_uri"]}
        address = f"{self.client.provider.issuer}/authorize?{urlencode(query)}"
        return answer_in(self.browser.get(address, allow_redirects=False, timeout=20))["code"]

    def redeem(self, code: str, key: DpopKey | None) -> requests.Response:
        """Redeem a code."""
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
        return self.post("/token", {**form, "redirect_uri": self.client.client.redirect_uri}, key)

    def refresh(self, token: str, key: DpopKey | None) -> requests.Response:
        """Use a refresh token."""
        return self.post("/token", {"grant_type": "refresh_token", "refresh_token": token}, key)


@pytest.fixture
def rp(provider: Running) -> FapiParty:
    key = key_for("ES256")
    registered: dict[str, Any] = {
        "security_profile": "fapi_2_0",
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": jwks(public(key)),
        "id_token_signed_response_alg": "RS256",
    }
    client = SigningClient(provider, provider.client(**registered), key=key)
    return FapiParty(client, provider.session(provider.person()))


def error(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json().get("error", "")


def test_a_proof_is_needed_although_nothing_of_it_is_registered(rp: FapiParty) -> None:
    code = rp.code()

    assert error(rp.redeem(code, None)) == (400, "invalid_dpop_proof")
    assert rp.redeem(code, rp.key).json()["token_type"] == "DPoP"


def test_rs256_is_no_signature_of_this_profile(rp: FapiParty) -> None:
    code = rp.code()

    refused = rp.redeem(code, DpopKey("RS256"))

    assert error(refused) == (400, "invalid_dpop_proof")
    assert "PS256" in refused.json()["error_description"]
    assert rp.redeem(code, DpopKey("PS256")).status_code == 200


def test_a_proof_with_the_pushed_request_binds_the_code_to_its_key(rp: FapiParty) -> None:
    code = rp.code(rp.key)

    assert error(rp.redeem(code, DpopKey())) == (400, "invalid_grant")

    assert rp.redeem(code, rp.key).status_code == 200


def test_a_proof_and_a_thumbprint_that_differ_are_refused(rp: FapiParty) -> None:
    assert rp.push(rp.key, dpop_jkt=rp.key.jkt).status_code == 201
    assert error(rp.push(rp.key, dpop_jkt=DpopKey().jkt)) == (400, "invalid_dpop_proof")


def test_a_proof_of_one_endpoint_is_none_of_another(rp: FapiParty) -> None:
    provider = rp.client.provider
    proof = rp.key.proof("POST", f"{provider.issuer}/token")

    refused = provider.post("/par", {**rp.client.shown(), "response_type": "code"}, headers={"DPoP": proof})

    assert refused.status_code == 400


def test_a_refresh_token_stays_as_it_is(rp: FapiParty) -> None:
    first = rp.redeem(rp.code(), rp.key).json()

    second = rp.refresh(first["refresh_token"], rp.key).json()
    third = rp.refresh(first["refresh_token"], rp.key).json()

    assert second["refresh_token"] == third["refresh_token"] == first["refresh_token"]
    assert len({first["access_token"], second["access_token"], third["access_token"]}) == 3
    assert "id_token" in third
    assert error(rp.refresh(first["refresh_token"], None)) == (400, "invalid_dpop_proof")


def test_a_refresh_token_that_stays_ends_with_its_family(rp: FapiParty) -> None:
    code = rp.code()
    tokens = rp.redeem(code, rp.key).json()

    assert error(rp.redeem(code, rp.key)) == (400, "invalid_grant")

    assert error(rp.refresh(tokens["refresh_token"], rp.key)) == (400, "invalid_grant")
