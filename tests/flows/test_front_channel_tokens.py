"""What a token from the authorization endpoint is good for, and what ends it."""

import pytest
import requests
from joserfc import jws

from idp.store import session_endings
from idp.store.base import digest_of
from idp.store.tokens import access_tokens
from tests.flows.front_channel import FRONT_TYPES, asking, error_of, half_hash
from tests.flows.relying_party import answer_in
from tests.running import Running


@pytest.fixture
def browser(full_provider: Running) -> requests.Session:
    return full_provider.session(full_provider.person(name="Ada Lovelace"))


@pytest.mark.parametrize("response_type", ["id_token token", "code token", "code id_token token"])
def test_the_access_token_works_until_it_expires(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, response_type)
    answer = answer_in(rp.authorize(browser, response_type=response_type))
    assert answer["token_type"] == "Bearer"
    assert answer["scope"] == "openid email profile"
    assert int(answer["expires_in"]) == 3600

    told = rp.userinfo(answer["access_token"])
    assert told.status_code == 200
    assert told.json()["name"] == "Ada Lovelace"
    if "id_token" in answer:
        assert told.json()["sub"] == rp.claims(answer["id_token"])["sub"]

    with full_provider.database.transaction() as db:
        mine = access_tokens.c.digest == digest_of(answer["access_token"])
        db.execute(access_tokens.update().where(mine).values(expires_at=full_provider.clock()))
    assert rp.userinfo(answer["access_token"]).status_code == 401


def test_an_access_token_that_is_a_jwt_comes_from_the_front_as_well_and_is_no_hint(
    full_provider: Running, browser: requests.Session
) -> None:
    rp = asking(full_provider, "id_token token", access_token_format="jwt")

    answer = answer_in(rp.authorize(browser, response_type="id_token token"))

    assert jws.extract_compact(answer["access_token"].encode()).headers()["typ"] == "at+jwt"
    assert rp.claims(answer["id_token"])["at_hash"] == half_hash(answer["access_token"])
    assert rp.userinfo(answer["access_token"]).status_code == 200
    hinted = error_of(rp, browser, "id_token token", id_token_hint=answer["access_token"], prompt="none")
    assert hinted["error"] == "invalid_request"


def test_a_token_of_the_front_is_meant_for_the_resource_that_was_named_and_in_its_format(
    full_provider: Running, browser: requests.Session
) -> None:
    api = "https://api.example/front"
    full_provider.client(resource_server=True, access_token_format="jwt", resources=[api])
    rp = asking(full_provider, "code token", resources=[api])

    answer = answer_in(rp.authorize(browser, response_type="code token", resource=api))
    refused = error_of(rp, browser, "code token", resource="https://other.example/")

    assert rp.claims(answer["access_token"])["aud"] == api
    assert refused["error"] == "invalid_target"


def test_an_id_token_opens_no_door(full_provider: Running, browser: requests.Session) -> None:
    rp = asking(full_provider, "id_token")
    id_token = answer_in(rp.authorize(browser, response_type="id_token"))["id_token"]

    assert rp.userinfo(id_token).status_code == 401


def test_the_access_token_ends_with_the_session(full_provider: Running, browser: requests.Session) -> None:
    rp = asking(full_provider, "id_token token")
    answer = answer_in(rp.authorize(browser, response_type="id_token token"))
    assert rp.userinfo(answer["access_token"]).status_code == 200

    with full_provider.database.transaction() as db:
        sid = rp.claims(answer["id_token"])["sid"]
        assert session_endings.end(db, sid, because="signed_out", now=full_provider.clock())

    assert rp.userinfo(answer["access_token"]).status_code == 401


@pytest.mark.parametrize("response_type", ["code id_token", "code token", "code id_token token"])
def test_a_hybrid_code_is_redeemed_once_and_a_replay_ends_the_token_of_the_front_too(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, response_type)
    answer = answer_in(rp.authorize(browser, response_type=response_type))

    tokens = rp.redeem(answer["code"]).json()

    claims = rp.claims(tokens["id_token"])
    assert claims["nonce"] == "the-nonce"
    assert "c_hash" not in claims
    if "id_token" in answer:
        front = rp.claims(answer["id_token"])
        assert {name: claims[name] for name in ("iss", "sub", "aud", "sid", "auth_time")} == {
            name: front[name] for name in ("iss", "sub", "aud", "sid", "auth_time")
        }
    assert rp.userinfo(tokens["access_token"]).status_code == 200
    replay = rp.redeem(answer["code"])
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    for dead in filter(None, (tokens["access_token"], answer.get("access_token"))):
        assert rp.userinfo(dead).status_code == 401


@pytest.mark.parametrize("response_type", FRONT_TYPES)
def test_no_refresh_token_ever_comes_from_the_front(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, response_type, grant_types=["authorization_code", "implicit", "refresh_token"])

    answer = answer_in(rp.authorize(browser, response_type=response_type, scope="openid offline_access"))

    assert "refresh_token" not in answer
    assert ("offline_access" in answer.get("scope", "")) is ({"code", "token"} <= set(response_type.split()))
    if "code" in answer:
        assert "refresh_token" in rp.redeem(answer["code"]).json()
