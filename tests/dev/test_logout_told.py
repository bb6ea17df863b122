"""The demo applications sign people out when the provider says so, and at nobody else's word."""

import re
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.dev.conftest import Playground
from tests.dev.test_relying_party import sign_in
from tests.flows.forging import id_token_claims, signed
from tests.flows.logout_receiver import until

EVENTS = {"http://schemas.openid.net/event/backchannel-logout": {}}


def is_signed_in(browser: requests.Session, origin: str) -> bool:
    return 'id="sign-in"' not in browser.get(f"{origin}/", timeout=20).text


def test_signing_out_at_one_application_signs_out_of_the_other(playground: Playground) -> None:
    browser = playground.browser(playground.person())
    sign_in(browser, playground.bookings)
    sign_in(browser, playground.photos)
    assert is_signed_in(browser, playground.photos.origin)

    browser.post(f"{playground.bookings.origin}/logout", timeout=20)

    until(lambda: not is_signed_in(browser, playground.photos.origin))


@pytest.fixture
def told(playground: Playground) -> dict[str, Any]:
    """The claims of a logout token for somebody who is signed in at the application."""
    person = playground.person()
    browser = playground.browser(person)
    home = sign_in(browser, playground.bookings)
    sid = re.search(r"<th scope='row'>sid</th><td>(.*?)</td>", home.text)
    assert sid is not None
    claims = id_token_claims(playground.provider, playground.bookings.client_id, person.id, sid=sid[1])
    claims.pop("auth_time")
    return claims | {"events": EVENTS, "jti": uuid4().hex, "browser": browser}


def send(playground: Playground, claims: dict[str, Any], **header: Any) -> int:
    token = signed({name: value for name, value in claims.items() if value is not None}, **header)
    answer = requests.post(playground.bookings.told, data={"logout_token": token}, timeout=20)
    return answer.status_code


def test_a_logout_token_ends_the_session_it_names_and_works_once(playground: Playground, told: dict[str, Any]) -> None:
    browser = told.pop("browser")

    first, second = (send(playground, told, typ="logout+jwt") for _ in range(2))

    assert (first, second) == (200, 400)
    assert not is_signed_in(browser, playground.bookings.origin)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://other.example"},
        {"aud": "acme-photos"},
        {"events": None},
        {"events": {"http://schemas.openid.net/event/other": {}}},
        {"nonce": "n"},
        {"jti": None},
        {"sid": None},
        {"exp": 1},
    ],
    ids=str,
)
def test_what_is_no_logout_token_for_it_ends_nothing(
    playground: Playground, told: dict[str, Any], change: dict[str, Any]
) -> None:
    browser = told.pop("browser")

    status = send(playground, told | change, typ="logout+jwt")

    assert (status, is_signed_in(browser, playground.bookings.origin)) == (400, True)


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"typ": "logout+jwt", "alg": "none"}], ids=str)
def test_another_kind_of_token_ends_nothing(
    playground: Playground, told: dict[str, Any], header: dict[str, Any]
) -> None:
    browser = told.pop("browser")

    status = send(playground, told, **header)

    assert (status, is_signed_in(browser, playground.bookings.origin)) == (400, True)


def test_garbage_ends_nothing(playground: Playground) -> None:
    for data in ({}, {"logout_token": "x"}, {"logout_token": "a.b.c"}):
        assert requests.post(playground.bookings.told, data=data, timeout=20).status_code == 400
