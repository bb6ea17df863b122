"""Logout tokens of another provider: what ends by an honest one, and that nothing ends by any other."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import GOOGLE
from idp.federation.logout import read_logout_token
from idp.federation.oidc import OidcConnector
from idp.federation.problems import UpstreamProblem
from tests.federation.direct import CLIENT_ID, Direct, direct
from tests.federation.world import Traveller, World

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture(scope="module")
def there() -> Iterator[Direct[GoogleStage]]:
    with direct("oidc", GoogleStage, GOOGLE) as started:
        yield started


def token(stage: GoogleStage, audience: str = CLIENT_ID, typ: str | None = "logout+jwt", **changed: Any) -> str:
    now = int(stage.now().timestamp())
    claims = {
        "iss": stage.origin,
        "aud": audience,
        "iat": now,
        "exp": now + 120,
        "jti": secrets.token_urlsafe(16),
        "events": {EVENT: {}},
        "sub": "7",
        **changed,
    }
    header = {"typ": typ} if typ else {}
    return stage.keys.sign({name: value for name, value in claims.items() if value is not None}, **header)


def read(there: Direct[GoogleStage], logout_token: object) -> Any:
    connector = there.connector()
    assert isinstance(connector, OidcConnector)
    return read_logout_token(connector, logout_token, now=there.clock())


@pytest.mark.parametrize(("subject", "sid"), [("7", None), (None, "s"), ("7", "s")])
@pytest.mark.parametrize("typ", ["logout+jwt", "JWT", "application/logout+jwt"])
def test_an_honest_token_says_whose_session_ended(
    there: Direct[GoogleStage], subject: str | None, sid: str | None, typ: str
) -> None:
    ended = read(there, token(there.stage, typ=typ, sub=subject, sid=sid))

    assert (ended.issuer, ended.subject, ended.sid) == (there.stage.origin, subject, sid)


@pytest.mark.parametrize(
    "changed",
    [
        {"events": None},
        {"events": {}},
        {"events": {EVENT: True}},
        {"events": [EVENT]},
        {"nonce": "n"},
        {"jti": None},
        {"jti": 1},
        {"sub": None, "sid": None},
        {"sub": 7},
        {"aud": "another-app"},
        {"iss": "https://evil.example"},
        {"exp": None},
        {"exp": 1},
        {"iat": None},
        {"typ": "at+jwt"},
    ],
    ids=str,
)
def test_any_other_token_ends_nothing(there: Direct[GoogleStage], changed: dict[str, Any]) -> None:
    with pytest.raises(UpstreamProblem):
        read(there, token(there.stage, **changed))


@pytest.mark.parametrize("value", [None, "", "a.b.c", 7])
def test_what_is_no_token_ends_nothing(there: Direct[GoogleStage], value: object) -> None:
    with pytest.raises(UpstreamProblem):
        read(there, value)


def test_an_id_token_is_no_logout_token(there: Direct[GoogleStage]) -> None:
    now = int(there.clock().timestamp())
    claims = {"iss": there.stage.origin, "aud": CLIENT_ID, "sub": "7", "iat": now, "exp": now + 60, "nonce": "n"}

    with pytest.raises(UpstreamProblem):
        read(there, there.stage.keys.sign(claims))


def test_a_logout_there_ends_what_came_of_it_and_nothing_else(world: World, traveller: Traveller) -> None:
    alice, walt = world.meet("google", "alice"), world.meet("google", "walt")
    traveller.become("google", alice.key)
    other = Traveller(world)
    other.become("google", walt.key)
    logout_token = token(world.google, "google-app", sub=alice.subject)

    answers = [
        world.provider.post("/social/google/logout", {"logout_token": logout_token}).status_code for _ in range(2)
    ]

    assert answers == [200, 400]  # it comes once
    assert traveller.who() is None
    assert other.who() == walt.email
    assert world.events(event="session_ended", because="upstream_logout", connector="google")


def test_a_token_that_is_not_right_ends_nothing_and_says_nothing(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    traveller.become("google", alice.key)
    forged = token(world.google, "another-app", sub=alice.subject)

    answer = world.provider.post("/social/google/logout", {"logout_token": forged})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert traveller.who() == alice.email
    assert world.provider.post("/social/x/logout", {"logout_token": forged}).status_code == 404
