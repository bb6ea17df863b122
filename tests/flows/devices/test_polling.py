"""What a device hears while it asks for its tokens (RFC 8628 sections 3.4 and 3.5)."""

from datetime import timedelta

import pytest

from idp.store import clients, grants
from idp.store.base import digest_of
from idp.store.tokens import find_access
from tests.flows.device import DEVICE_CODE, Device, decide, television
from tests.flows.people import FormBrowser
from tests.flows.relying_party import RelyingParty
from tests.running import Person, Running


def test_the_device_is_told_to_wait_while_nobody_has_decided(device: Device) -> None:
    codes = device.codes()

    answer = device.poll(codes["device_code"])

    assert (answer.status_code, answer.json()["error"]) == (400, "authorization_pending")


def test_who_asks_too_often_has_to_wait_longer_from_then_on(device: Device) -> None:
    codes, clock = device.codes(), device.provider.clock
    code = codes["device_code"]
    heard = []
    try:
        for seconds in (0, 1, 9, 10, 5, 15):
            clock.ahead += timedelta(seconds=seconds)
            heard.append(device.poll(code).json()["error"])
    finally:
        clock.ahead = timedelta()

    # 5 s at first; the second question came after one: 10 s from there on, then 15 after the one that came too early.
    assert heard == [
        "authorization_pending",
        "slow_down",
        "authorization_pending",
        "authorization_pending",
        "slow_down",
        "authorization_pending",
    ]


def test_a_device_gets_tokens_for_what_the_person_allowed(device: Device, browser: FormBrowser, person: Person) -> None:
    codes = device.codes()
    decide(browser, codes["user_code"], scope="offline_access")

    answer = device.poll(codes["device_code"])

    tokens = answer.json()
    assert answer.status_code == 200, tokens
    assert (tokens["token_type"], tokens["scope"]) == ("Bearer", "openid email offline_access")
    rp = RelyingParty(device.provider, device.client)
    claims = rp.claims(tokens["id_token"])
    assert (claims["sub"], claims["aud"]) == (person.id, device.client.client_id)
    assert "nonce" not in claims
    assert rp.userinfo(tokens["access_token"]).json()["email"] == person.email


def test_the_time_of_sign_in_is_that_of_the_person_and_not_of_the_poll(device: Device, person: Person) -> None:
    browser, clock = FormBrowser(device.provider), device.provider.clock
    clock.ahead = timedelta(minutes=-30)
    try:
        browser.log_in(person)
    finally:
        clock.ahead = timedelta()
    codes = device.codes()
    decide(browser, codes["user_code"], scope="offline_access")

    tokens = device.poll(codes["device_code"]).json()

    claims = RelyingParty(device.provider, device.client).claims(tokens["id_token"])
    assert 1790 <= claims["iat"] - claims["auth_time"] <= 1830


def test_a_device_renews_its_tokens(device: Device, browser: FormBrowser) -> None:
    codes = device.codes()
    decide(browser, codes["user_code"], scope="offline_access")
    tokens = device.poll(codes["device_code"]).json()

    renewed = device._post("/token", {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})

    assert renewed.status_code == 200, renewed.text
    assert renewed.json()["scope"] == "openid email offline_access"


def test_lasting_access_can_be_left_out(device: Device, browser: FormBrowser) -> None:
    codes = device.codes()
    # A box that is not ticked sends nothing: the form's own fields are given, the box is named by another value.
    decide(browser, codes["user_code"], scope="")

    tokens = device.poll(codes["device_code"]).json()

    assert tokens["scope"] == "openid email"
    assert "refresh_token" not in tokens


def test_a_device_code_is_redeemed_once(device: Device, browser: FormBrowser) -> None:
    codes = device.codes()
    decide(browser, codes["user_code"], scope="offline_access")
    tokens = device.poll(codes["device_code"]).json()

    again = device.poll(codes["device_code"])

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    # A device asks again when an answer was lost: that is no theft.
    assert RelyingParty(device.provider, device.client).userinfo(tokens["access_token"]).status_code == 200


def test_a_device_that_was_refused_hears_it_every_time(device: Device, browser: FormBrowser) -> None:
    codes = device.codes()
    decide(browser, codes["user_code"], "deny")

    heard = [device.poll(codes["device_code"]) for _ in range(3)]

    assert [(answer.status_code, answer.json()["error"]) for answer in heard] == [(400, "access_denied")] * 3


def test_a_code_expires(device: Device) -> None:
    codes, clock = device.codes(), device.provider.clock
    clock.ahead = timedelta(minutes=10, seconds=1)
    try:
        answer = device.poll(codes["device_code"])
    finally:
        clock.ahead = timedelta()

    assert (answer.status_code, answer.json()["error"]) == (400, "expired_token")


def test_who_says_yes_in_the_last_second_is_in_time(device: Device, browser: FormBrowser) -> None:
    codes, clock = device.codes(), device.provider.clock
    try:
        clock.ahead = timedelta(minutes=9, seconds=55)
        decide(browser, codes["user_code"], scope="offline_access")
        clock.ahead = timedelta(minutes=10, seconds=10)
        answer = device.poll(codes["device_code"])
    finally:
        clock.ahead = timedelta()

    assert answer.status_code == 200, answer.text


def test_another_clients_device_code_is_an_unknown_one(device: Device, browser: FormBrowser) -> None:
    codes = device.codes()
    decide(browser, codes["user_code"], scope="offline_access")

    stolen = television(device.provider).poll(codes["device_code"])
    own = device.poll(codes["device_code"])

    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert own.status_code == 200


@pytest.mark.parametrize("code", ["unknown", "op_dc_" + "A" * 43, "x" * 5000, "é"])
def test_an_unknown_device_code_is_an_invalid_grant(device: Device, code: str) -> None:
    answer = device.poll(code)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_missing_device_code_is_an_invalid_request(device: Device) -> None:
    answer = device.provider.post("/token", {"grant_type": DEVICE_CODE, "client_id": device.client.client_id})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("redirect_uri", ["https://rp.example/callback", "", " ", "urn:ietf:wg:oauth:2.0:oob"])
def test_a_device_code_is_no_authorization_code(provider: Running, person: Person, redirect_uri: str) -> None:
    device = television(
        provider,
        grant_types=["authorization_code", "refresh_token", DEVICE_CODE],
        redirect_uris=["https://rp.example/callback"],
        response_types=["code"],
        token_endpoint_auth_method="client_secret_post",
        require_pkce=False,
    )
    secret = device.client.secret
    codes = device.codes(client_secret=secret)
    browser = FormBrowser(provider)
    browser.log_in(person)
    decide(browser, codes["user_code"], scope="offline_access")
    form = {"grant_type": "authorization_code", "redirect_uri": redirect_uri, "client_secret": secret}

    for code in (codes["device_code"], f"device_code\0{codes['device_code']}", codes["user_code"]):
        answer = device._post("/token", {**form, "code": code})
        assert answer.status_code == 400, answer.text

    with provider.database.autocommit() as db:
        # Nor would it be found as one if the redirect URI fitted.
        assert grants.find_by_code(db, digest_of(codes["device_code"])) is None
    assert device.poll(codes["device_code"], client_secret=secret).status_code == 200


def test_an_authorization_code_is_no_device_code(provider: Running, person: Person) -> None:
    rp = RelyingParty(provider, provider.client(grant_types=["authorization_code", "refresh_token", DEVICE_CODE]))
    code = rp.code(provider.session(person))

    answer = rp.token(grant_type=DEVICE_CODE, device_code=code)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert rp.redeem(code).status_code == 200


def test_a_person_who_is_disabled_meanwhile_lets_no_device_in(
    device: Device, browser: FormBrowser, person: Person
) -> None:
    from idp.store import accounts

    codes, running = device.codes(), device.provider
    decide(browser, codes["user_code"], scope="offline_access")
    with running.database.transaction() as db:
        accounts.set_disabled(db, person.id, running.clock(), now=running.clock())

    answer = device.poll(codes["device_code"])

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_what_was_allowed_stays_as_it_was_when_the_registration_grows(device: Device, browser: FormBrowser) -> None:
    codes, running = device.codes(scope="openid profile"), device.provider
    decide(browser, codes["user_code"])
    with running.database.transaction() as db:
        stored = clients.find(db, device.client.client_id)
        assert stored is not None
        grown = {**stored.metadata, "scope": "openid profile email phone"}
        clients.replace_metadata(db, device.client.client_id, grown, now=running.clock())

    assert device.poll(codes["device_code"]).json()["scope"] == "openid profile"


def test_tokens_are_for_the_resources_that_the_device_named(provider: Running, browser: FormBrowser) -> None:
    device = television(provider, resources=["https://films.example/", "https://music.example/"])
    codes = device.codes(resource="https://films.example/")
    decide(browser, codes["user_code"], scope="offline_access")

    more = device.poll(codes["device_code"], resource="https://music.example/")
    tokens = device.poll(codes["device_code"])

    assert (more.status_code, more.json()["error"]) == (400, "invalid_target")
    assert tokens.status_code == 200
    with provider.database.autocommit() as db:
        token = find_access(db, digest_of(tokens.json()["access_token"]), now=provider.clock())
    assert token is not None
    assert token.resources == ("https://films.example/",)
