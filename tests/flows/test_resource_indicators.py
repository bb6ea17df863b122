"""Resource indicators (RFC 8707): what may be asked for, how tokens are narrowed, and where they count."""

from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.flows.dpop_key import registered_resource_server
from tests.flows.people import FormBrowser, somebody
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Registered, Running

ONE, TWO, OTHER = "https://one.example", "https://two.example/api", "https://other.example"
SCOPE = "openid offline_access"


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client(resources=[ONE, TWO]))


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


def code_for(rp: RelyingParty, browser: requests.Session, *resources: str, **changed: str) -> str:
    query = urlencode([*rp.parameters(**changed).items(), *(("resource", each) for each in resources)])
    answer = answer_in(browser.get(f"{rp.provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20))
    assert "code" in answer, answer
    return answer["code"]


def redeem(rp: RelyingParty, code: str, *resources: str) -> requests.Response:
    form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", rp.client.redirect_uri),
        ("code_verifier", rp.verifier),
        *(("resource", each) for each in resources),
    ]
    return rp.provider.post("/token", form, auth=rp.client.basic)


def audience(rp: RelyingParty, response: requests.Response, *, by: Registered | None = None) -> Any:
    assert response.status_code == 200, response.text
    form = {"token": response.json()["access_token"]}
    return rp.provider.post("/introspect", form, auth=(by or rp.client).basic).json().get("aud")


def refused(response: requests.Response, error: str = "invalid_target") -> bool:
    assert (response.status_code, response.json()["error"]) == (400, error), response.text
    return True


def test_a_token_is_for_the_resources_that_were_asked_for(rp: RelyingParty, browser: requests.Session) -> None:
    assert audience(rp, redeem(rp, code_for(rp, browser, ONE))) == ONE
    assert audience(rp, redeem(rp, code_for(rp, browser, ONE, TWO, ONE))) == [ONE, TWO]
    assert audience(rp, redeem(rp, code_for(rp, browser))) is None


def test_a_token_request_narrows_what_was_granted_and_never_widens_it(
    rp: RelyingParty, browser: requests.Session
) -> None:
    assert audience(rp, redeem(rp, code_for(rp, browser, ONE, TWO), TWO)) == TWO
    code = code_for(rp, browser, ONE)

    assert refused(redeem(rp, code, TWO))
    assert refused(redeem(rp, code, ONE, TWO))

    # A refusal uses nothing up.
    assert audience(rp, redeem(rp, code, ONE)) == ONE


def test_a_grant_without_resources_leaves_the_choice_to_the_token_request(
    rp: RelyingParty, browser: requests.Session
) -> None:
    assert audience(rp, redeem(rp, code_for(rp, browser), TWO)) == TWO
    assert refused(redeem(rp, code_for(rp, browser), OTHER))


def test_a_refresh_chooses_anew_from_what_was_granted(rp: RelyingParty, browser: requests.Session) -> None:
    tokens = redeem(rp, code_for(rp, browser, ONE, TWO, scope=SCOPE), ONE).json()

    second = rp.refresh(tokens["refresh_token"], resource=TWO)
    assert audience(rp, second) == TWO
    third = rp.refresh(second.json()["refresh_token"])
    assert audience(rp, third) == [ONE, TWO]

    assert refused(rp.refresh(third.json()["refresh_token"], resource=OTHER))
    assert rp.refresh(third.json()["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    "resource",
    [OTHER, f"{ONE}/", f"{ONE}#fragment", "HTTPS://one.example", "one.example", "*", "javascript:alert(1)", "\u00e9"],
)
def test_a_resource_that_is_not_registered_for_the_client_is_refused_everywhere(
    rp: RelyingParty, browser: requests.Session, resource: str
) -> None:
    at_authorize = answer_in(rp.authorize(browser, resource=resource))

    assert at_authorize["error"] == "invalid_target"
    assert at_authorize["state"] == "the-state"
    assert refused(redeem(rp, code_for(rp, browser), resource))


def test_one_wrong_resource_among_right_ones_is_refused(rp: RelyingParty, browser: requests.Session) -> None:
    query = urlencode([*rp.parameters().items(), ("resource", ONE), ("resource", OTHER)])
    response = browser.get(f"{rp.provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20)

    assert answer_in(response)["error"] == "invalid_target"


def test_a_client_that_is_registered_for_none_may_ask_for_none(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, provider.client())

    assert answer_in(rp.authorize(browser, resource=ONE))["error"] == "invalid_target"
    assert refused(rp.redeem(rp.code(browser), resource=ONE))
    assert audience(rp, rp.redeem(rp.code(browser), resource=provider.issuer)) == provider.issuer


def test_a_client_asks_for_itself(provider: Running) -> None:
    client = provider.client(grant_types=["client_credentials"], scope="read", resources=[ONE])
    rp = RelyingParty(provider, client)

    assert audience(rp, rp.token(grant_type="client_credentials", resource=ONE)) == ONE
    assert refused(rp.token(grant_type="client_credentials", resource=TWO))


def test_userinfo_takes_no_token_that_is_meant_for_others_alone(rp: RelyingParty, browser: requests.Session) -> None:
    for_one = redeem(rp, code_for(rp, browser, ONE)).json()["access_token"]
    for_both = redeem(rp, code_for(rp, browser, ONE, rp.provider.issuer)).json()["access_token"]
    for_us = redeem(rp, code_for(rp, browser, ONE), rp.provider.issuer).json()["access_token"]

    response = rp.userinfo(for_one)

    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    assert rp.userinfo(for_both).status_code == 200
    assert rp.userinfo(for_us).status_code == 200


def test_a_resource_server_learns_of_tokens_for_what_it_serves_and_of_no_others(
    rp: RelyingParty, browser: requests.Session
) -> None:
    one = registered_resource_server(rp.provider, resources=[ONE])
    any_of_them = registered_resource_server(rp.provider)
    for_one, for_two = (redeem(rp, code_for(rp, browser, each)) for each in (ONE, TWO))
    for_anybody = redeem(rp, code_for(rp, browser))

    assert audience(rp, for_one, by=one) == ONE
    assert audience(rp, for_two, by=any_of_them) == TWO
    for unknown in (for_two, for_anybody):
        form = {"token": unknown.json()["access_token"]}
        assert rp.provider.post("/introspect", form, auth=one.basic).json() == {"active": False}


def test_all_resources_are_still_known_after_a_person_has_signed_in(rp: RelyingParty) -> None:
    person = somebody(rp.provider)
    browser = FormBrowser(rp.provider)
    query = urlencode([*rp.parameters().items(), ("resource", ONE), ("resource", TWO)])

    asked = browser.get(f"/authorize?{query}").headers["Location"]
    signed_in = browser.log_in(person, request=asked.partition("request=")[2])
    code = answer_in(browser.get(signed_in.headers["Location"]))["code"]

    assert audience(rp, redeem(rp, code)) == [ONE, TWO]
