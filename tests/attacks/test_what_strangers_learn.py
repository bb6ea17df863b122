"""What a client that nobody has allowed anything learns of whoever comes along."""

import json
from urllib.parse import urlencode

import pytest

from tests.flows.registrar import register
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Person, Registered, Running

GOODBYE = "https://rp.example/goodbye"


def guesses(person: Person) -> list[dict[str, str]]:
    wanted = {"sub": {"value": person.id}}
    return [
        {"login_hint": person.email},
        {"claims": json.dumps({"id_token": wanted})},
        {"claims": json.dumps({"userinfo": wanted})},
    ]


def test_a_silent_request_of_a_stranger_does_not_tell_who_is_here(provider: Running) -> None:
    here, elsewhere = provider.person(), provider.person()
    browser = provider.session(here)
    stranger = RelyingParty(provider, register(provider).at_authorize)
    guessed = [{}, *guesses(here), *guesses(elsewhere)]

    answers = {answer_in(stranger.authorize(browser, prompt="none", **guess)).get("error") for guess in guessed}

    assert answers == {"consent_required"}


@pytest.mark.parametrize("number", range(3), ids=["login_hint", "id_token", "userinfo"])
def test_a_client_that_is_trusted_learns_that_it_is_somebody_else(provider: Running, number: int) -> None:
    here, elsewhere = provider.person(), provider.person()
    rp = RelyingParty(provider, provider.client())

    answer = answer_in(rp.authorize(provider.session(here), prompt="none", **guesses(elsewhere)[number]))

    assert answer["error"] == "login_required"


def asked_to_sign_out(provider: Running, client: Registered) -> str | None:
    query = urlencode({"client_id": client.client_id, "post_logout_redirect_uri": GOODBYE, "state": "s"})
    return provider.get(f"/end_session?{query}").headers.get("Location")


def test_nobody_is_sent_on_to_a_strangers_address_by_a_link(provider: Running) -> None:
    stranger = register(provider, post_logout_redirect_uris=[GOODBYE])

    assert asked_to_sign_out(provider, stranger.at_authorize) is None


def test_the_operators_own_addresses_are_gone_to_where_nobody_is_signed_in_any_more(provider: Running) -> None:
    client = provider.client(post_logout_redirect_uris=[GOODBYE])

    assert asked_to_sign_out(provider, client) == f"{GOODBYE}?state=s"
