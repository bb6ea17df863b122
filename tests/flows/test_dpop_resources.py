"""Bound tokens at a protected resource, the userinfo endpoint: with their proof, and in no other way (RFC 9449 7)."""

from typing import Any

import pytest
import requests

from tests.flows.dpop_key import BoundParty, DpopKey
from tests.flows.relying_party import RelyingParty
from tests.running import Running


@pytest.fixture
def rp(provider: Running) -> BoundParty:
    return BoundParty.confidential(provider)


@pytest.fixture
def token(rp: BoundParty) -> str:
    return str(rp.redeem(rp.code(rp.provider.session(rp.provider.person()))).json()["access_token"])


def refused(response: requests.Response, error: str, *, scheme: str = "DPoP", status: int = 401) -> bool:
    challenge = response.headers["WWW-Authenticate"]
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert challenge.startswith(f'{scheme} error="{error}", error_description="')
    assert ('algs="ES256 EdDSA Ed25519 PS256 RS256"' in challenge) == (scheme == "DPoP")
    assert response.headers["Cache-Control"] == "no-store"
    return True


def test_get_and_post_are_answered_with_a_proof(rp: BoundParty, token: str) -> None:
    provider, headers = rp.provider, {"Authorization": f"dPoP {token}"}

    answers = [
        rp.userinfo(token),
        provider.get("/userinfo", headers={**headers, "DPOP": rp.proof("GET", "/userinfo", access_token=token)}),
        provider.post("/userinfo", {}, headers={**headers, "DPoP": rp.proof("POST", "/userinfo", access_token=token)}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


def test_a_bound_token_is_not_taken_as_bearer(rp: BoundParty, token: str) -> None:
    provider, bearer = rp.provider, {"Authorization": f"Bearer {token}"}

    answers = [
        RelyingParty.userinfo(rp, token),
        provider.get("/userinfo", headers={**bearer, "DPoP": rp.proof("GET", "/userinfo", access_token=token)}),
        provider.post("/userinfo", {"access_token": token}),
    ]

    assert all(refused(answer, "invalid_token") for answer in answers)


def test_a_token_that_is_not_bound_is_not_taken_with_a_proof(rp: BoundParty) -> None:
    browser = rp.provider.session(rp.provider.person())
    token = rp.redeem(rp.code(browser), proof="").json()["access_token"]

    assert refused(rp.userinfo(token), "invalid_token", scheme="Bearer")
    assert RelyingParty.userinfo(rp, token).status_code == 200


def test_a_bound_token_without_its_proof_is_refused(rp: BoundParty, token: str) -> None:
    response = rp.provider.get("/userinfo", headers={"Authorization": f"DPoP {token}"})

    assert refused(response, "invalid_dpop_proof")


def test_a_proof_by_another_key_is_refused(rp: BoundParty, token: str) -> None:
    thief = BoundParty(rp.provider, rp.client, key=DpopKey())

    assert refused(thief.userinfo(token), "invalid_token")


@pytest.mark.parametrize(
    "changed",
    [
        {"ath": None},
        {"ath": "another"},
        {"htm": "POST"},
        {"htu": "https://elsewhere.example/userinfo"},
        {"htu": None},
        {"jti": None},
        {"iat": 1},
        {"header": {"typ": "JWT"}},
        {"header": {"alg": "none"}},
    ],
    ids=str,
)
def test_a_proof_that_is_not_for_this_request_is_refused(rp: BoundParty, token: str, changed: dict[str, Any]) -> None:
    assert refused(rp.userinfo(token, **changed), "invalid_dpop_proof")


def test_a_proof_is_good_once(rp: BoundParty, token: str) -> None:
    headers = {"Authorization": f"DPoP {token}", "DPoP": rp.proof("GET", "/userinfo", access_token=token)}

    first, second = (rp.provider.get("/userinfo", headers=headers) for _ in range(2))

    assert first.status_code == 200
    assert refused(second, "invalid_dpop_proof")


def test_two_proofs_or_two_schemes_are_a_bad_request(rp: BoundParty, token: str) -> None:
    from tests.races.wire import Line, request

    port = int(rp.provider.issuer.rpartition(":")[2])
    proofs = [rp.proof("GET", "/userinfo", access_token=token) for _ in range(2)]
    line = Line(port)
    lines = request("GET", "/userinfo", headers={"Authorization": f"DPoP {token}", "DPoP": proofs[0]})
    twice = lines.replace(b"\r\n\r\n", f"\r\nDPoP: {proofs[1]}\r\n\r\n".encode())
    both = lines.replace(b"\r\n\r\n", f"\r\nAuthorization: Bearer {token}\r\n\r\n".encode())

    assert [line.ask(octets).status for octets in (twice, both)] == [400, 400]
    line.close()


def test_a_token_in_header_and_form_is_a_bad_request(rp: BoundParty, token: str) -> None:
    headers = {"Authorization": f"DPoP {token}", "DPoP": rp.proof("POST", "/userinfo", access_token=token)}

    response = rp.provider.post("/userinfo", {"access_token": token}, headers=headers)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("wrong", ["x", "op_at_x", "a" * 9_000, "", 'a"b'])
def test_a_wrong_token_is_refused_before_its_proof_is_looked_at(rp: BoundParty, wrong: str) -> None:
    headers = {"Authorization": f"DPoP {wrong}", "DPoP": rp.proof("GET", "/userinfo", access_token=wrong)}

    response = rp.provider.get("/userinfo", headers=headers)

    assert response.status_code == 401
    assert response.json()["error"] == "invalid_token"


def test_without_a_token_both_schemes_are_offered(provider: Running) -> None:
    challenge = provider.get("/userinfo").headers["WWW-Authenticate"]

    assert challenge == 'Bearer, DPoP algs="ES256 EdDSA Ed25519 PS256 RS256"'


def test_a_revoked_token_is_no_longer_taken_with_its_proof(rp: BoundParty, token: str) -> None:
    assert rp.provider.post("/revoke", {"token": token}, auth=rp.client.basic).status_code == 200

    assert refused(rp.userinfo(token), "invalid_token")


def test_scripts_of_other_sites_may_send_proofs_and_read_nonces(provider: Running) -> None:
    asked = {"Origin": "https://spa.example", "Access-Control-Request-Method": "GET"}

    response = requests.options(f"{provider.issuer}/userinfo", headers=asked, timeout=20)

    assert "DPoP" in response.headers["Access-Control-Allow-Headers"]
    assert "DPoP-Nonce" in provider.get("/userinfo").headers["Access-Control-Expose-Headers"]
    assert "WWW-Authenticate" in provider.get("/userinfo").headers["Access-Control-Expose-Headers"]
