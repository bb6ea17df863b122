"""Introspection answers as JWTs (RFC 9701), and what resource servers learn that ask more of a sign-in."""

from typing import Any

import pytest
import requests
from joserfc import jws

from tests.flows.dpop_key import registered_resource_server
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Registered, Running

JWT = "application/token-introspection+jwt"


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def token(rp: RelyingParty) -> str:
    return str(rp.redeem(rp.code(rp.provider.session(rp.provider.person()))).json()["access_token"])


def ask(provider: Running, server: Registered, token: str, accept: str = JWT) -> requests.Response:
    return provider.post("/introspect", {"token": token}, auth=server.basic, headers={"Accept": accept})


def test_the_answer_is_a_jwt_for_the_resource_server_that_asks_for_one(rp: RelyingParty, token: str) -> None:
    server = registered_resource_server(rp.provider)

    response = ask(rp.provider, server, token)

    header, claims = jws.extract_compact(response.content).headers(), rp.claims(response.text)
    assert response.headers["Content-Type"] == JWT
    assert response.headers["Cache-Control"] == "no-store"
    assert header["typ"] == "token-introspection+jwt"
    assert claims["iat"] == pytest.approx(rp.provider.clock().timestamp(), abs=5)
    assert set(claims) == {"iss", "aud", "iat", "token_introspection"}
    assert (claims["iss"], claims["aud"]) == (rp.provider.issuer, server.client_id)
    assert claims["token_introspection"] == ask(rp.provider, server, token, "application/json").json()


@pytest.mark.parametrize("accept", ["*/*", "", "application/json", "application/jwt", "text/html"])
def test_whoever_does_not_ask_for_one_gets_json(rp: RelyingParty, token: str, accept: str) -> None:
    response = ask(rp.provider, rp.client, token, accept)

    assert response.headers["Content-Type"].startswith("application/json")
    assert response.json()["active"] is True


@pytest.mark.parametrize("algorithm", ["PS256", "ES256", "EdDSA"])
def test_it_is_signed_as_the_resource_server_is_registered(full_provider: Running, algorithm: str) -> None:
    rp = RelyingParty(full_provider, full_provider.client())
    token = rp.redeem(rp.code(full_provider.session(full_provider.person()))).json()["access_token"]
    server = registered_resource_server(full_provider, introspection_signed_response_alg=algorithm)

    claims = rp.claims(ask(full_provider, server, token).text, algorithm)

    assert claims["token_introspection"]["active"] is True


def test_a_token_that_is_not_live_is_said_to_be_inactive_under_signature(rp: RelyingParty) -> None:
    for unknown in ("x", "a" * 9_000):
        claims = rp.claims(ask(rp.provider, rp.client, unknown).text)

        assert claims["token_introspection"] == {"active": False}


def test_who_may_not_ask_gets_no_signature(rp: RelyingParty, token: str) -> None:
    wrong = Registered(rp.client.client_id, "wrong", "")

    response = ask(rp.provider, wrong, token)

    assert response.status_code == 401
    assert response.json()["error"] == "invalid_client"


def test_without_a_key_to_sign_with_it_says_so(rp: RelyingParty, token: str) -> None:
    # This provider has an RS256 key only.
    server = registered_resource_server(rp.provider, introspection_signed_response_alg="ES256")

    response = ask(rp.provider, server, token)

    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")


def test_it_is_neither_a_hint_nor_an_access_token(rp: RelyingParty, token: str) -> None:
    answer = ask(rp.provider, rp.client, token).text

    hinted = answer_in(rp.authorize(id_token_hint=answer, prompt="none"))

    assert hinted["error"] == "invalid_request"
    assert rp.userinfo(answer).status_code == 401


def test_a_resource_server_sees_when_and_how_the_person_signed_in(rp: RelyingParty, token: str) -> None:
    server = registered_resource_server(rp.provider)

    about: dict[str, Any] = ask(rp.provider, server, token, "application/json").json()

    assert about["auth_time"] <= about["iat"]
    assert about["acr"]
    assert about["amr"] == ["pwd"]
    assert not {"username", "email", "name"} & about.keys()
