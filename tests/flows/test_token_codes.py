"""Redeeming a code: once, in time, by its client with its verifier and redirect URI (RFC 6749 4.1.3, RFC 7636)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from tests.flows.relying_party import RelyingParty
from tests.running import Running


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


@pytest.fixture
def later(provider: Running) -> Iterator[Running]:
    """The provider, whose clock a test may move; it is put back afterwards."""
    yield provider
    provider.clock.ahead = timedelta()


def errors(*responses: requests.Response) -> list[str]:
    assert all(response.status_code == 400 for response in responses), [r.text for r in responses]
    return [response.json()["error"] for response in responses]


@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        (None, "invalid_grant"),
        ("", "invalid_grant"),
        ("wrong" * 10, "invalid_grant"),
        ("a" * 42, "invalid_grant"),
        ("a" * 129, "invalid_grant"),
        ("a" * 42 + "é", "invalid_grant"),
        ("a" * 43 + "\n", "invalid_grant"),
        ("a" * 42 + " ", "invalid_grant"),
        ("a" * 42 + "+", "invalid_grant"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_wrong_verifier_gets_nothing_and_leaves_the_code_to_its_owner(
    rp: RelyingParty, browser: requests.Session, verifier: str | None, error: str
) -> None:
    code = rp.code(browser)

    assert errors(rp.redeem(code, code_verifier=verifier)) == [error]
    assert rp.redeem(code).status_code == 200


def test_the_challenge_itself_is_no_verifier(rp: RelyingParty, browser: requests.Session) -> None:
    from tests.running import s256

    code = rp.code(browser)

    assert errors(rp.redeem(code, code_verifier=s256(rp.verifier))) == ["invalid_grant"]


def test_a_public_client_without_verifier_is_told_what_is_missing(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, provider.client(token_endpoint_auth_method="none"))
    fields = {
        "grant_type": "authorization_code",
        "code": rp.code(browser),
        "redirect_uri": rp.client.redirect_uri,
        "client_id": rp.client.client_id,
    }

    assert errors(provider.post("/token", fields)) == ["invalid_request"]
    assert provider.post("/token", {**fields, "code_verifier": rp.verifier}).status_code == 200


def test_a_verifier_without_a_challenge_is_refused(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, provider.client(require_pkce=False))
    code = rp.code(browser, code_challenge=None, code_challenge_method=None)

    assert errors(rp.redeem(code)) == ["invalid_grant"]
    assert rp.redeem(code, code_verifier=None).status_code == 200


@pytest.mark.parametrize(
    ("redirect_uri", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("https://rp.example/other", "invalid_grant"),
        ("https://rp.example/callback/", "invalid_grant"),
        ("HTTPS://rp.example/callback", "invalid_grant"),
        ("https://rp.example/callback ", "invalid_grant"),
        ("é" * 3000, "invalid_grant"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_the_redirect_uri_has_to_be_repeated_exactly(
    provider: Running, browser: requests.Session, redirect_uri: str | None, error: str
) -> None:
    uris = ["https://rp.example/callback", "https://rp.example/other"]
    rp = RelyingParty(provider, provider.client(redirect_uris=uris))
    code = rp.code(browser)

    assert errors(rp.redeem(code, redirect_uri=redirect_uri)) == [error]
    assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize(
    "wrong", ["", "x", "op_ac_", "' OR 1=1 --", "é", "a" * 60_000, "{}", "op_ac_{}", "{} ", "{}x", "{}\n", "{}A"]
)
def test_a_code_is_itself_or_nothing(rp: RelyingParty, browser: requests.Session, wrong: str) -> None:
    code = rp.code(browser)
    tried = wrong.replace("{}", code.lower() if wrong == "{}" else code)

    response = rp.redeem(tried)

    assert response.status_code == 400
    assert response.json()["error"] in {"invalid_grant", "invalid_request"}
    assert rp.redeem(code).status_code == 200


def test_a_code_with_more_behind_it_is_another_code_however_long(rp: RelyingParty, browser: requests.Session) -> None:
    code = rp.code(browser)

    answers = [rp.redeem(code + "\x01" * count) for count in (1, 50, 85, 128, 500)]

    assert errors(*answers) == ["invalid_grant"] * 5
    assert rp.redeem(code).status_code == 200


def test_a_code_of_another_client_is_refused_and_stays_usable(rp: RelyingParty, browser: requests.Session) -> None:
    code = rp.code(browser)
    thief = RelyingParty(rp.provider, rp.provider.client(), verifier=rp.verifier)

    assert errors(thief.redeem(code)) == ["invalid_grant"]
    assert rp.redeem(code).status_code == 200


def test_a_code_that_is_injected_into_another_sign_in_does_not_fit_its_verifier(
    rp: RelyingParty, browser: requests.Session
) -> None:
    victim = RelyingParty(rp.provider, rp.client)

    assert errors(victim.redeem(rp.code(browser))) == ["invalid_grant"]


def test_a_second_redemption_ends_the_whole_family(rp: RelyingParty, browser: requests.Session) -> None:
    code = rp.code(browser, scope="openid offline_access")
    first = rp.redeem(code).json()
    refreshed = rp.refresh(first["refresh_token"]).json()

    replay = rp.redeem(code)

    assert errors(replay) == ["invalid_grant"]
    assert [rp.userinfo(tokens["access_token"]).status_code for tokens in (first, refreshed)] == [401, 401]
    assert errors(rp.refresh(refreshed["refresh_token"])) == ["invalid_grant"]
    for token in (first["access_token"], refreshed["access_token"], refreshed["refresh_token"]):
        told = rp.provider.post("/introspect", {"token": token}, auth=rp.client.basic)
        assert told.json() == {"active": False}


def test_only_who_could_have_redeemed_the_code_can_end_its_family(rp: RelyingParty, browser: requests.Session) -> None:
    code = rp.code(browser)
    tokens = rp.redeem(code).json()
    thief = RelyingParty(rp.provider, rp.provider.client(), verifier=rp.verifier)

    refused = [
        thief.redeem(code),
        rp.redeem(code, code_verifier="w" * 43),
        rp.redeem(code, redirect_uri="https://rp.example/other"),
        rp.redeem(code, auth=(rp.client.client_id, "wrong")),
    ]

    assert [answer.status_code for answer in refused] == [400, 400, 400, 401]
    assert rp.userinfo(tokens["access_token"]).status_code == 200


def test_a_replay_long_after_the_code_expired_still_ends_the_family(
    later: Running, rp: RelyingParty, browser: requests.Session
) -> None:
    code = rp.code(browser)
    tokens = rp.redeem(code).json()
    later.clock.ahead = timedelta(minutes=30)

    assert errors(rp.redeem(code)) == ["invalid_grant"]
    assert rp.userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize(("seconds", "status"), [(58, 200), (61, 400)])
def test_a_code_lives_a_minute(
    later: Running, rp: RelyingParty, browser: requests.Session, seconds: int, status: int
) -> None:
    code = rp.code(browser)
    later.clock.ahead = timedelta(seconds=seconds)

    assert rp.redeem(code).status_code == status


def test_the_answer_has_everything_a_client_needs(rp: RelyingParty, browser: requests.Session) -> None:
    response = rp.redeem(rp.code(browser, scope="email openid offline_access"))
    tokens = response.json()

    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    assert tokens["scope"] == "email openid offline_access"
    assert (response.headers["Cache-Control"], response.headers["Pragma"]) == ("no-store", "no-cache")
    assert response.headers["Content-Type"] == "application/json"


def test_without_openid_there_is_no_id_token(rp: RelyingParty, browser: requests.Session) -> None:
    tokens = rp.redeem(rp.code(browser, scope="email")).json()

    assert "id_token" not in tokens
    refused = rp.userinfo(tokens["access_token"])
    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]
    assert 'scope="openid"' in refused.headers["WWW-Authenticate"]


def test_the_access_token_hash_is_that_of_the_access_token(rp: RelyingParty, browser: requests.Session) -> None:
    import base64
    import hashlib

    tokens = rp.redeem(rp.code(browser)).json()
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]

    assert rp.claims(tokens["id_token"])["at_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")


def test_a_client_whose_algorithm_has_no_key_loses_no_code(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, provider.client(id_token_signed_response_alg="ES256"))
    code = rp.code(browser)

    answer = rp.redeem(code)

    assert answer.status_code == 503
    assert answer.json()["error"] == "temporarily_unavailable"
    with provider.database.autocommit() as db:
        from idp.store import grants
        from idp.store.base import digest_of

        found = grants.find_by_code(db, digest_of(code))
    assert found is not None
    assert found[0].redeemed_at is None
