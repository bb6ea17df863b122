"""Every JWT that we sign, in every place that takes a token: each is of use where it belongs, and nowhere else."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from idp.protocol.logout.logout_token import EVENT
from tests.flows.forging import id_token_claims, signed
from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.signing_client import ASSERTION_TYPE, jwks, key_for, public
from tests.running import Running

KINDS = ("ID token", "access token", "signed answer", "signed userinfo", "signed introspection", "logout token")
GOODBYE = "https://rp.example/goodbye"

Place = Callable[[RelyingParty, requests.Session, str], bool]


def as_hint(rp: RelyingParty, browser: requests.Session, token: str) -> bool:
    return "code" in answer_in(rp.authorize(browser, prompt="none", id_token_hint=token))


def as_hint_to_sign_out(rp: RelyingParty, browser: requests.Session, token: str) -> bool:
    query = urlencode({"id_token_hint": token, "post_logout_redirect_uri": GOODBYE})
    answer = browser.get(f"{rp.provider.issuer}/end_session?{query}", allow_redirects=False, timeout=20)
    return answer.status_code == 303


def as_request(rp: RelyingParty, browser: requests.Session, token: str) -> bool:
    return "code" in answer_in(rp.authorize(browser, request=token))


def as_bearer(rp: RelyingParty, _: requests.Session, token: str) -> bool:
    return rp.userinfo(token).status_code == 200


def as_registration_token(rp: RelyingParty, _: requests.Session, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return rp.provider.get(f"/register/{rp.client.client_id}", headers=headers).status_code == 200


def as_initial_token(rp: RelyingParty, _: requests.Session, token: str) -> bool:
    document, headers = {"redirect_uris": ["https://rp.example/"]}, {"Authorization": f"Bearer {token}"}
    return (
        requests.post(f"{rp.provider.issuer}/register", json=document, headers=headers, timeout=20).status_code == 201
    )


def as_assertion(rp: RelyingParty, _: requests.Session, token: str) -> bool:
    shown = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}
    return rp.provider.post("/par", {**rp.parameters(), **shown}).status_code == 201


def as_code(rp: RelyingParty, _: requests.Session, token: str) -> bool:
    return rp.redeem(token).status_code == 200


def as_refresh_token(rp: RelyingParty, _: requests.Session, token: str) -> bool:
    return rp.refresh(token).status_code == 200


def as_token_to_ask_about(rp: RelyingParty, _: requests.Session, token: str) -> bool:
    return bool(rp.provider.post("/introspect", {"token": token}, auth=rp.client.basic).json()["active"])


BELONGS: dict[Place, set[str]] = {
    as_hint: {"ID token"},
    as_hint_to_sign_out: {"ID token"},
    as_request: set(),
    as_bearer: {"access token"},
    as_registration_token: set(),
    as_initial_token: set(),
    as_assertion: set(),
    as_code: set(),
    as_refresh_token: set(),
    as_token_to_ask_about: {"access token"},
}


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    registered: dict[str, Any] = {
        "access_token_format": "jwt",
        "userinfo_signed_response_alg": "RS256",
        "introspection_signed_response_alg": "RS256",
        "post_logout_redirect_uris": [GOODBYE],
        "jwks": jwks(public(key_for("ES256"))),
    }
    return RelyingParty(provider, provider.client(**registered))


def made(rp: RelyingParty, browser: requests.Session) -> dict[str, str]:
    """One of each kind, as the provider hands them out."""
    provider, answer = rp.provider, answer_in(rp.authorize(browser, response_mode="jwt"))["response"]
    tokens = rp.redeem(rp.code(browser)).json()
    wanted = {"Accept": "application/token-introspection+jwt"}
    told = provider.post("/introspect", {"token": tokens["access_token"]}, auth=rp.client.basic, headers=wanted)
    claims = rp.claims(tokens["id_token"])
    ended = id_token_claims(provider, rp.client.client_id, claims["sub"], sid=claims["sid"], events={EVENT: {}})
    each = (tokens["id_token"], tokens["access_token"], answer, rp.userinfo(tokens["access_token"]).text, told.text)
    return dict(zip(KINDS, (*each, signed(ended, typ="logout+jwt")), strict=True))


@pytest.mark.parametrize("place", BELONGS, ids=lambda place: place.__name__)
def test_each_is_of_use_where_it_belongs_and_nowhere_else(
    rp: RelyingParty, browser: requests.Session, place: Place
) -> None:
    tokens = made(rp, browser)
    assert all(token.count(".") == 2 for token in tokens.values())
    # The one that may sign out comes last.
    in_turn = sorted(KINDS, key=lambda kind: kind in BELONGS[place])

    taken = {kind for kind in in_turn if place(rp, browser, tokens[kind])}

    assert taken == BELONGS[place]
