"""Apple: a client secret that is signed anew each time, an answer by POST, and a name that is told once."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import GOOGLE
from idp.dev.upstreams.signing import SigningKeys
from idp.dev.upstreams.stage import App, form_of
from idp.federation.connector import Connector, UpstreamIdentity
from idp.federation.problems import UpstreamProblem
from idp.federation.response import code_of
from tests.federation.direct import CLIENT_ID, Direct, direct

TEAM_ID, KEY_ID = "DEF123GHIJ", "ABC123DEFG"
KEY, ANOTHER = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
HALF_A_YEAR = timedelta(days=183)


def pem(key: Any) -> str:
    return str(key.as_pem(private=True).decode())


@dataclass
class AppleStage(GoogleStage):
    """What of Apple differs from the simulator of Google: the token endpoint, and that there is no userinfo."""

    secrets: list[str] = field(default_factory=list)
    claims_more: dict[str, Any] = field(default_factory=dict)

    def application(self) -> Starlette:
        self.forge = self.signed
        # The first that fits answers.
        routes = [
            Route("/.well-known/openid-configuration", self._metadata),
            Route("/token", self._with_signed_secret, methods=["POST"]),
        ]
        return Starlette(routes=[*routes, *super().application().routes])

    def signed(self, claims: dict[str, Any], keys: SigningKeys) -> str:
        told = {**claims, "email_verified": "true", "auth_time": claims["iat"], **self.claims_more}
        return keys.sign({name: value for name, value in told.items() if name not in {"name", "picture"}})

    async def _metadata(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.origin,
                "authorization_endpoint": f"{self.origin}/o/oauth2/v2/auth",
                "token_endpoint": f"{self.origin}/token",
                "jwks_uri": f"{self.origin}/oauth2/v3/certs",
                "response_modes_supported": ["query", "fragment", "form_post"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        )

    async def _with_signed_secret(self, request: Request) -> Response:
        secret = (await form_of(request)).get("client_secret", "")
        self.secrets.append(secret)
        if not self._is_right(secret):
            return JSONResponse({"error": "invalid_client"}, 400)
        self.app = App(self.app.client_id, secret, self.app.redirect_uri)
        return await self._token(request)

    def _is_right(self, secret: str) -> bool:
        try:
            token = jwt.decode(secret, KEY, algorithms=["ES256"])
        except (JoseError, ValueError):
            return False
        now, claims = self.now().timestamp(), token.claims
        told = (token.header.get("kid"), claims["iss"], claims["sub"], claims["aud"])
        lives = (
            claims["exp"] - claims["iat"] <= HALF_A_YEAR.total_seconds() and claims["iat"] - 60 <= now < claims["exp"]
        )
        return lives and told == (KEY_ID, TEAM_ID, self.app.client_id, "https://appleid.apple.com")


@pytest.fixture
def there() -> Iterator[Direct[AppleStage]]:
    with direct("apple", AppleStage, GOOGLE) as started:
        yield started


def connector(there: Direct[AppleStage], **changed: Any) -> Connector:
    return there.connector(**{"client_secret": pem(KEY), "team_id": TEAM_ID, "key_id": KEY_ID, **changed})


def travel(there: Direct[AppleStage], user: str | None = None) -> UpstreamIdentity:
    """There and back, with what Apple posts beside the code the first time."""
    ours, opening = connector(there), there.opening()
    answer = there.answer(ours.authorization_url(opening), "alice")
    return ours.identity(answer | ({"user": user} if user is not None else {}), opening, now=there.clock())


def test_a_secret_is_signed_for_each_request(there: Direct[AppleStage]) -> None:
    there.travel(connector(there))
    there.travel(connector(there))

    assert len(set(there.stage.secrets)) == 2
    claims = jwt.decode(there.stage.secrets[0], KEY, algorithms=["ES256"]).claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == (TEAM_ID, CLIENT_ID, "https://appleid.apple.com")


@pytest.mark.parametrize(
    "changed",
    [
        {"client_secret": pem(ANOTHER)},
        {"team_id": "ABCDEFGHIJ"},
        {"key_id": "ABCDEFGHIJ"},
    ],
    ids=["key", "team", "key id"],
)
def test_what_is_not_ours_over_there_is_said_by_the_check(there: Direct[AppleStage], changed: dict[str, str]) -> None:
    ours = connector(there, **changed)

    assert there.fails(ours) == "misconfigured"
    assert ours.examine() == ["the provider does not accept client_id and client_secret"]
    assert connector(there).examine() == []


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "a secret",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        pem(RSAKey.generate_key(2048)),
        pem(ECKey.generate_key("P-384")),
    ],
    ids=["none", "text", "broken", "rsa", "p-384"],
)
def test_a_key_that_cannot_be_one_of_apples_is_said_and_never_shown(there: Direct[AppleStage], secret: str) -> None:
    ours = connector(there, client_secret=secret)

    (found,) = ours.examine()

    assert found == "the client secret is not the private key that Apple has given out for the key id, in PEM"
    assert there.fails(ours) == "misconfigured"
    assert "PRIVATE" not in repr(ours)


def test_the_answer_is_posted_since_a_name_is_asked_for(there: Direct[AppleStage]) -> None:
    asked = there.asked_for(connector(there), max_age=0, choose=True)

    assert (asked["response_mode"], asked["scope"]) == ("form_post", "openid email name")
    assert (asked["nonce"], asked["code_challenge_method"]) != ("", "plain")
    assert not asked.keys() & {"prompt", "max_age"}


def test_the_name_comes_once_beside_the_code(there: Direct[AppleStage]) -> None:
    user = {"name": {"firstName": "Alice", "lastName": "Adams"}, "email": "somebody@else.example"}

    first, later = travel(there, json.dumps(user)), travel(there)

    assert first.profile["name"] == "Alice Adams"
    assert (first.profile["given_name"], first.profile["family_name"]) == ("Alice", "Adams")
    assert "name" not in later.profile
    # What is not signed is believed for a name, and for nothing else.
    assert first.email == later.email == GOOGLE[0].email
    assert (first.issuer, first.subject) == (later.issuer, later.subject) == (there.stage.origin, GOOGLE[0].subject)


@pytest.mark.parametrize(
    "user",
    [
        "",
        "null",
        "[]",
        "{",
        "[" * 3000,
        '{"name": "Alice"}',
        '{"name": {"firstName": 7, "lastName": ["x"]}}',
        '{"name": {"firstName": "x\\u0000y"}}',
        json.dumps({"name": {"firstName": "x" * 200}}),
        json.dumps({"name": {"firstName": "x"}, "more": "y" * 5000}),
        '{"sub": "000", "name": {}}',
    ],
)
def test_what_is_no_name_is_left_out(there: Direct[AppleStage], user: str) -> None:
    identity = travel(there, user)

    assert (identity.subject, dict(identity.profile)) == (GOOGLE[0].subject, travel(there).profile)


@pytest.mark.parametrize(
    ("flag", "verified"), [("true", True), (True, True), ("false", False), (False, False), (1, False), ("True", False)]
)
def test_the_flag_is_a_text_at_times_and_never_proof(there: Direct[AppleStage], flag: object, verified: bool) -> None:
    there.stage.claims_more = {"email_verified": flag}

    identity = travel(there)

    assert (identity.email_verified, identity.is_authoritative) == (verified, False)


@pytest.mark.parametrize(("age", "because"), [(0, None), (600, "stale")])
def test_a_fresh_sign_in_is_held_to_though_it_cannot_be_asked_for(
    there: Direct[AppleStage], age: int, because: str | None
) -> None:
    there.stage.claims_more = {"auth_time": int(there.clock().timestamp()) - age}

    if because is None:
        assert there.travel(connector(there), max_age=0).subject
    else:
        assert there.fails(connector(there), max_age=0) == because


def test_who_cancels_has_cancelled() -> None:
    with pytest.raises(UpstreamProblem) as raised:
        code_of({"error": "user_cancelled_authorize"})

    assert raised.value.because == "cancelled"
