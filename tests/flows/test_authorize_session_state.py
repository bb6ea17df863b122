"""`session_state` in answers: what the framed page will compare, where session management is switched on."""

from collections.abc import Iterator

import pytest
import requests

from idp.protocol.logout.session_state import session_state
from idp.web.cookies import browser_state_of
from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.test_authorize_responses import fields_of
from tests.running import Running, running_provider


@pytest.fixture
def managed(database_url: str) -> Iterator[Running]:
    with running_provider(database_url, session_management=True, implicit_and_hybrid=True) as running:
        yield running


def expected_state(rp: RelyingParty, browser: requests.Session, told: str) -> str:
    state = browser_state_of(browser.cookies["op_sid"])
    return session_state(rp.client.client_id, rp.client.redirect_uri, state, salt=told.rpartition(".")[2])


def test_every_answer_that_grants_something_carries_it(managed: Running) -> None:
    client = managed.client(response_types=["code", "code id_token"], grant_types=["authorization_code", "implicit"])
    rp, browser = RelyingParty(managed, client), managed.session(managed.person())

    answers = [
        answer_in(rp.authorize(browser)),
        answer_in(rp.authorize(browser, response_type="code id_token")),
        fields_of(rp.authorize(browser, response_mode="form_post"))[1],
        rp.claims(answer_in(rp.authorize(browser, response_mode="jwt"))["response"]),
    ]

    for answer in answers:
        assert answer["session_state"] == expected_state(rp, browser, answer["session_state"])
    assert len({answer["session_state"] for answer in answers}) == len(answers)


def test_a_browser_without_the_cookie_that_the_frame_reads_is_given_it(managed: Running) -> None:
    rp, browser = RelyingParty(managed, managed.client()), managed.session(managed.person())

    rp.authorize(browser)

    assert browser.cookies["op_bs"] == browser_state_of(browser.cookies["op_sid"])
    assert "Set-Cookie" not in rp.authorize(browser).headers


def test_a_refusal_does_not_carry_it(managed: Running) -> None:
    rp = RelyingParty(managed, managed.client())

    assert set(answer_in(rp.authorize(prompt="none"))) == {"error", "error_description", "state", "iss"}


def test_an_application_that_is_no_web_page_has_nothing_to_ask_from(managed: Running) -> None:
    uri = "com.example.app:/callback"
    client = managed.client(application_type="native", redirect_uris=[uri], token_endpoint_auth_method="none")
    rp = RelyingParty(managed, client)

    answer = answer_in(rp.authorize(managed.session(managed.person()), response_mode="fragment"))

    assert set(answer) == {"code", "state", "iss"}


def test_where_it_is_switched_off_nothing_changes(provider: Running) -> None:
    rp, browser = RelyingParty(provider, provider.client()), provider.session(provider.person())

    response = rp.authorize(browser)

    assert set(answer_in(response)) == {"code", "state", "iss"}
    assert "op_bs" not in browser.cookies
