"""The authorization code flow, from a session to the claims."""

import requests

from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Running


def test_a_signed_in_person_gets_from_the_request_to_the_claims_without_a_question(provider: Running) -> None:
    person = provider.person(name="Alice Example")
    rp = RelyingParty(provider, provider.client())

    answer = answer_in(rp.authorize(provider.session(person)))
    tokens = rp.redeem(answer["code"]).json()
    claims = rp.claims(tokens["id_token"])
    userinfo = rp.userinfo(tokens["access_token"])

    assert (answer["state"], answer["iss"]) == ("the-state", provider.issuer)
    assert claims["sub"] == person.id
    assert claims["nonce"] == "the-nonce"
    assert (claims["iss"], claims["aud"]) == (provider.issuer, rp.client.client_id)
    assert "email" not in claims
    assert userinfo.json()["sub"] == person.id
    assert userinfo.json()["email"] == person.email
    assert userinfo.json()["email_verified"] is True
    assert userinfo.json()["name"] == "Alice Example"
    assert "refresh_token" not in tokens


def test_a_person_who_is_not_signed_in_is_sent_to_the_sign_in_page(provider: Running) -> None:
    rp = RelyingParty(provider, provider.client())

    response = rp.authorize(requests.Session())

    assert response.status_code == 303
    assert response.headers["Location"].startswith("/login?request=")


def test_a_refresh_token_comes_with_offline_access_and_works_once(provider: Running) -> None:
    rp = RelyingParty(provider, provider.client())
    browser = provider.session(provider.person())
    tokens = rp.redeem(rp.code(browser, scope="openid offline_access")).json()

    second = rp.refresh(tokens["refresh_token"])
    repeated = rp.refresh(tokens["refresh_token"])
    third = rp.refresh(second.json()["refresh_token"])

    assert second.status_code == 200, second.text
    assert repeated.status_code == 400
    assert repeated.json()["error"] == "invalid_grant"
    assert third.status_code == 200
