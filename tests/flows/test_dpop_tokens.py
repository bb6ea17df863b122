"""Tokens that are bound to the key of a client, from the token endpoint (RFC 9449 sections 5 and 10)."""

from typing import Any

import pytest
import requests

from tests.flows.device import DEVICE_CODE, decide, television
from tests.flows.dpop_key import BoundParty, DpopKey
from tests.flows.people import FormBrowser, somebody
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Running, running_provider

SCOPE = "openid offline_access"


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


def introspected(rp: RelyingParty, token: str) -> dict[str, Any]:
    answer: dict[str, Any] = rp.provider.post("/introspect", {"token": token}, auth=rp.client.basic).json()
    return answer


def error(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json().get("error", "")


def test_a_proof_binds_the_access_token_to_its_key(provider: Running, browser: requests.Session) -> None:
    rp = BoundParty.confidential(provider)

    tokens = rp.redeem(rp.code(browser, scope=SCOPE)).json()

    assert tokens["token_type"] == "DPoP"
    about = introspected(rp, tokens["access_token"])
    assert about["token_type"] == "DPoP"
    assert about["cnf"] == {"jkt": rp.key.jkt}
    assert rp.userinfo(tokens["access_token"]).status_code == 200


def test_without_a_proof_nothing_is_bound(provider: Running, browser: requests.Session) -> None:
    rp = BoundParty.confidential(provider)

    tokens = rp.redeem(rp.code(browser), proof="").json()

    assert tokens["token_type"] == "Bearer"
    assert "cnf" not in introspected(rp, tokens["access_token"])


def test_a_refresh_token_of_a_public_client_is_bound_to_the_key(provider: Running, browser: requests.Session) -> None:
    rp = BoundParty.public(provider)
    tokens = rp.redeem(rp.code(browser, scope=SCOPE)).json()
    thief = BoundParty(provider, rp.client, key=DpopKey(), is_public=True)

    assert error(thief.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert error(rp.refresh(tokens["refresh_token"], proof="")) == (400, "invalid_grant")
    assert "DPoP key" in thief.refresh(tokens["refresh_token"]).json()["error_description"]

    # Neither has used it up or ended anything.
    again = rp.refresh(tokens["refresh_token"]).json()
    assert again["token_type"] == "DPoP"
    assert rp.userinfo(again["access_token"]).status_code == 200
    assert error(thief.refresh(again["refresh_token"])) == (400, "invalid_grant")


def test_a_refresh_token_of_a_confidential_client_is_held_by_its_authentication(
    provider: Running, browser: requests.Session
) -> None:
    rp = BoundParty.confidential(provider)
    tokens = rp.redeem(rp.code(browser, scope=SCOPE)).json()
    rp.key = DpopKey()

    again = rp.refresh(tokens["refresh_token"]).json()

    assert introspected(rp, again["access_token"])["cnf"] == {"jkt": rp.key.jkt}
    assert "cnf" not in introspected(rp, again["refresh_token"])
    assert rp.refresh(again["refresh_token"], proof="").json()["token_type"] == "Bearer"


def test_a_client_that_gets_bound_tokens_only_has_to_send_a_proof(provider: Running, browser: requests.Session) -> None:
    registered = {
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "scope": "openid things",
    }
    rp = BoundParty.confidential(provider, dpop_bound_access_tokens=True, **registered)
    code = rp.code(browser)

    refused = [rp.redeem(code, proof=""), rp.token(grant_type="client_credentials", proof="")]

    assert [error(each) for each in refused] == [(400, "invalid_dpop_proof")] * 2
    assert rp.redeem(code).json()["token_type"] == "DPoP"
    assert rp.token(grant_type="client_credentials").json()["token_type"] == "DPoP"


def test_a_token_of_the_client_itself_is_bound_as_well(provider: Running) -> None:
    rp = BoundParty.confidential(provider, grant_types=["client_credentials"], scope="things")

    answer = rp.token(grant_type="client_credentials").json()

    assert introspected(rp, answer["access_token"])["cnf"] == {"jkt": rp.key.jkt}


def test_a_code_that_is_bound_to_a_key_is_redeemed_by_that_key_alone(
    provider: Running, browser: requests.Session
) -> None:
    rp = BoundParty.confidential(provider)
    code = rp.code(browser, dpop_jkt=rp.key.jkt)
    other = BoundParty(provider, rp.client, rp.verifier, key=DpopKey())

    assert error(other.redeem(code)) == (400, "invalid_grant")
    assert error(rp.redeem(code, proof="")) == (400, "invalid_grant")

    assert rp.redeem(code).json()["token_type"] == "DPoP"


def test_whoever_presents_a_used_code_without_its_key_ends_nothing(
    provider: Running, browser: requests.Session
) -> None:
    rp = BoundParty.confidential(provider)
    code = rp.code(browser, dpop_jkt=rp.key.jkt)
    tokens = rp.redeem(code).json()
    other = BoundParty(provider, rp.client, rp.verifier, key=DpopKey())

    assert error(other.redeem(code)) == (400, "invalid_grant")

    assert rp.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.parametrize("jkt", ["x", "a" * 44, "a" * 42 + "=", "é" * 43])
def test_a_binding_that_names_no_key_is_refused(provider: Running, browser: requests.Session, jkt: str) -> None:
    rp = BoundParty.confidential(provider)

    assert answer_in(rp.authorize(browser, dpop_jkt=jkt))["error"] == "invalid_request"


def test_a_proof_is_good_once_whatever_it_is_used_for(provider: Running) -> None:
    rp = BoundParty.confidential(provider, grant_types=["client_credentials"], scope="things")
    proof = rp.proof("POST", "/token")

    first = rp.token(grant_type="client_credentials", proof=proof)
    second = rp.token(grant_type="client_credentials", proof=proof)

    assert first.status_code == 200
    assert error(second) == (400, "invalid_dpop_proof")


def test_two_keys_may_choose_the_same_identifier(provider: Running) -> None:
    rp = BoundParty.confidential(provider, grant_types=["client_credentials"], scope="things")
    address = f"{provider.issuer}/token"

    answers = [
        rp.token(grant_type="client_credentials", proof=DpopKey().proof("POST", address, jti="the-same"))
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_a_bad_proof_uses_up_neither_code_nor_refresh_token(provider: Running, browser: requests.Session) -> None:
    rp = BoundParty.confidential(provider)
    code = rp.code(browser, scope=SCOPE)
    bad = rp.proof("GET", "/token")

    assert error(rp.redeem(code, proof=bad)) == (400, "invalid_dpop_proof")
    tokens = rp.redeem(code).json()
    assert error(rp.refresh(tokens["refresh_token"], proof=bad)) == (400, "invalid_dpop_proof")
    assert rp.refresh(tokens["refresh_token"]).status_code == 200


def test_a_proof_is_looked_at_after_the_client_is_known(provider: Running, browser: requests.Session) -> None:
    rp = BoundParty.confidential(provider)

    assert error(rp.redeem(rp.code(browser), auth=(rp.client.client_id, "wrong"))) == (401, "invalid_client")


def test_a_proof_for_another_host_is_refused_whatever_host_is_asked(
    provider: Running, browser: requests.Session
) -> None:
    rp = BoundParty.confidential(provider)
    form = {"grant_type": "authorization_code", "code": rp.code(browser)}
    headers = {"Host": "evil.example", "DPoP": rp.key.proof("POST", "http://evil.example/token")}

    response = provider.post("/token", form, auth=rp.client.basic, headers=headers)

    assert response.status_code >= 400
    assert "access_token" not in response.text


def test_a_client_that_gets_bound_tokens_only_gets_none_from_the_authorization_endpoint(
    database_url: str,
) -> None:
    with running_provider(database_url, implicit_and_hybrid=True) as provider:
        registered = {"response_types": ["code id_token token"], "grant_types": ["authorization_code", "implicit"]}
        rp = BoundParty.confidential(provider, dpop_bound_access_tokens=True, **registered)
        browser = provider.session(provider.person())

        answer = answer_in(rp.authorize(browser, response_type="code id_token token"))

        assert answer["error"] == "unauthorized_client"


def test_a_device_gets_tokens_bound_to_its_key(provider: Running) -> None:
    device, key, person = television(provider), DpopKey(), FormBrowser(provider)
    rp = BoundParty(provider, device.client, key=key, is_public=True)
    person.log_in(somebody(provider))
    codes = device.codes()
    decide(person, codes["user_code"])
    form = {"grant_type": DEVICE_CODE, "device_code": codes["device_code"]}

    # The nonce is asked for first, and the device code is not used up by it.
    tokens = rp.token(**form).json()

    assert tokens["token_type"] == "DPoP"
    assert rp.userinfo(tokens["access_token"]).status_code == 200
    thief = BoundParty(provider, device.client, key=DpopKey(), is_public=True)
    assert error(thief.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert rp.refresh(tokens["refresh_token"]).status_code == 200
