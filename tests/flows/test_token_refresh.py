"""Refresh tokens: each once, never wider, never longer, and a reuse ends the family (RFC 6749 6, RFC 9700 4.14)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from starlette.routing import Route

from idp.house import House
from idp.store import clients
from tests.flows.relying_party import RelyingParty
from tests.running import Running, running_provider


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def tokens(rp: RelyingParty) -> dict[str, Any]:
    browser = rp.provider.session(rp.provider.person())
    return dict(rp.redeem(rp.code(browser, scope="openid email offline_access")).json())


@pytest.fixture
def later(provider: Running) -> Iterator[Running]:
    """The provider, whose clock a test may move; it is put back afterwards."""
    yield provider
    provider.clock.ahead = timedelta()


def refused(response: requests.Response, error: str = "invalid_grant") -> bool:
    assert (response.status_code, response.json()["error"]) == (400, error), response.text
    return True


def test_a_refresh_answers_with_everything_and_the_same_sign_in(rp: RelyingParty, tokens: dict[str, Any]) -> None:
    second = rp.refresh(tokens["refresh_token"]).json()
    first_claims, second_claims = rp.claims(tokens["id_token"]), rp.claims(second["id_token"])

    assert set(second) == set(tokens)
    assert second["scope"] == tokens["scope"]
    assert second["refresh_token"] != tokens["refresh_token"]
    for name in ("iss", "sub", "aud", "auth_time", "amr", "sid", "acr"):
        assert second_claims[name] == first_claims[name]
    assert "nonce" not in second_claims
    assert rp.userinfo(second["access_token"]).status_code == 200
    assert rp.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("openid email offline_access", "openid email offline_access"),
        ("offline_access openid", "offline_access openid"),
        ("openid", "openid"),
        ("email email", "email"),
        ("", "openid email offline_access"),
    ],
)
def test_whatever_was_granted_can_be_asked_for_again(
    rp: RelyingParty, tokens: dict[str, Any], asked: str, granted: str
) -> None:
    second = rp.refresh(tokens["refresh_token"], scope=asked).json()

    assert second["scope"] == granted
    assert ("id_token" in second) is ("openid" in granted)
    assert "refresh_token" in second


def test_a_narrowed_access_token_tells_less_and_the_family_keeps_its_scope(
    rp: RelyingParty, tokens: dict[str, Any]
) -> None:
    narrow = rp.refresh(tokens["refresh_token"], scope="openid").json()
    wide = rp.refresh(narrow["refresh_token"]).json()

    assert set(rp.userinfo(narrow["access_token"]).json()) == {"sub"}
    assert "email" in rp.userinfo(wide["access_token"]).json()


@pytest.mark.parametrize("scope", ["openid profile", "admin", "OPENID", "*", 'a"b', "é"])
def test_nothing_that_was_not_granted_can_be_added(rp: RelyingParty, tokens: dict[str, Any], scope: str) -> None:
    assert refused(rp.refresh(tokens["refresh_token"], scope=scope), "invalid_scope")
    assert rp.refresh(tokens["refresh_token"]).status_code == 200


def test_a_reuse_within_the_window_is_refused_and_harms_nobody(rp: RelyingParty, tokens: dict[str, Any]) -> None:
    second = rp.refresh(tokens["refresh_token"]).json()

    assert refused(rp.refresh(tokens["refresh_token"]))
    assert rp.refresh(second["refresh_token"]).status_code == 200


def test_a_reuse_after_the_window_ends_the_family(later: Running, rp: RelyingParty, tokens: dict[str, Any]) -> None:
    second = rp.refresh(tokens["refresh_token"]).json()
    later.clock.ahead = later.settings.refresh_repeat_window + timedelta(seconds=2)

    assert refused(rp.refresh(tokens["refresh_token"]))
    assert refused(rp.refresh(second["refresh_token"]))
    assert [rp.userinfo(each["access_token"]).status_code for each in (tokens, second)] == [401, 401]


def test_a_refresh_token_of_another_client_ends_its_family(rp: RelyingParty, tokens: dict[str, Any]) -> None:
    thief = RelyingParty(rp.provider, rp.provider.client())

    assert refused(thief.refresh(tokens["refresh_token"]))
    assert refused(rp.refresh(tokens["refresh_token"]))
    assert rp.userinfo(tokens["access_token"]).status_code == 401


def test_without_authentication_nothing_happens_to_the_token(rp: RelyingParty, tokens: dict[str, Any]) -> None:
    fields = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}

    answers = [
        rp.provider.post("/token", fields),
        rp.provider.post("/token", {**fields, "client_id": rp.client.client_id}),
        rp.provider.post("/token", fields, auth=(rp.client.client_id, "wrong")),
    ]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert rp.refresh(tokens["refresh_token"]).status_code == 200


def test_one_secret_signs_in_by_header_and_refreshes_in_the_body(rp: RelyingParty, tokens: dict[str, Any]) -> None:
    fields = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    identified = {"client_id": rp.client.client_id, "client_secret": rp.client.secret}

    assert rp.provider.post("/token", {**fields, **identified}).status_code == 200


@pytest.mark.parametrize("more", [" {}", "{}\n", "{}=", "{}A", "{}{}", "op_at_{}", "{}\x01", "\u200b{}"])
def test_nothing_may_stand_around_a_refresh_token(rp: RelyingParty, tokens: dict[str, Any], more: str) -> None:
    assert refused(rp.refresh(more.replace("{}", tokens["refresh_token"])))
    assert rp.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    "wrong", ["", "op_rt_", "eyJhbGciOiJub25lIn0.e30.", "x" * 60_000, "\u00e9\u202e", "' OR 1=1 --", "lower", "short"]
)
def test_a_refresh_token_is_itself_or_nothing(rp: RelyingParty, tokens: dict[str, Any], wrong: str) -> None:
    right = tokens["refresh_token"]

    answer = rp.refresh({"lower": right.lower(), "short": right[:-1]}.get(wrong, wrong))

    assert answer.status_code == 400
    assert answer.json()["error"] in {"invalid_grant", "invalid_request"}
    assert rp.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("kind", ["access_token", "id_token"])
def test_no_other_token_refreshes(rp: RelyingParty, tokens: dict[str, Any], kind: str) -> None:
    assert refused(rp.refresh(tokens[kind]))


def test_a_code_is_no_refresh_token_and_the_other_way_round(rp: RelyingParty, tokens: dict[str, Any]) -> None:
    code = rp.code(rp.provider.session(rp.provider.person()))

    assert refused(rp.refresh(code))
    assert refused(rp.redeem(tokens["refresh_token"]))


def test_a_refresh_token_is_no_bearer_token(rp: RelyingParty, tokens: dict[str, Any]) -> None:
    assert rp.userinfo(tokens["refresh_token"]).status_code == 401


def test_idle_refresh_tokens_end(later: Running, rp: RelyingParty, tokens: dict[str, Any]) -> None:
    later.clock.ahead = later.settings.lifetimes.refresh_token_idle + timedelta(minutes=1)

    assert refused(rp.refresh(tokens["refresh_token"]))


def test_however_often_it_is_used_a_family_ends_at_its_absolute_limit(
    later: Running, rp: RelyingParty, tokens: dict[str, Any]
) -> None:
    idle, absolute = later.settings.lifetimes.refresh_token_idle, later.settings.lifetimes.refresh_token
    step, token, passed = idle - timedelta(minutes=5), tokens["refresh_token"], timedelta()
    while passed + step < absolute:
        passed += step
        later.clock.ahead = passed
        token = rp.refresh(token).json()["refresh_token"]
    later.clock.ahead = absolute - timedelta(minutes=1)
    token = rp.refresh(token).json()["refresh_token"]

    later.clock.ahead = absolute + timedelta(seconds=5)

    assert refused(rp.refresh(token))


def test_a_client_that_has_lost_the_grant_type_cannot_refresh(database_url: str) -> None:
    houses: list[House] = []

    def keep(house: House) -> list[Route]:
        houses.append(house)
        return []

    with running_provider(database_url, development=keep) as provider:
        rp = RelyingParty(provider, provider.client())
        code = rp.code(provider.session(provider.person()), scope="openid offline_access")
        tokens = rp.redeem(code).json()
        with provider.database.transaction() as db:
            stored = clients.find(db, rp.client.client_id)
            assert stored is not None
            narrowed = {**stored.metadata, "grant_types": ["authorization_code"]}
            clients.replace_metadata(db, rp.client.client_id, narrowed, now=provider.clock())
        # What happens by itself within five seconds, the life of the cache.
        houses[0].provider.registry.forget(rp.client.client_id)

        assert refused(rp.refresh(tokens["refresh_token"]), "unauthorized_client")
