"""Clients that show themselves by a signed assertion (RFC 7523 section 3, OpenID Connect Core 1.0 section 9)."""

import json
import secrets
from typing import Any

import pytest
import requests

from tests.flows.asserting import asked, refused, registered
from tests.flows.relying_party import RelyingParty
from tests.flows.signing_client import (
    SigningClient,
    jwks,
    key_for,
    new_key,
    public,
)
from tests.running import Registered, Running

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")


@pytest.fixture
def signer(provider: Running) -> SigningClient:
    return registered(provider)


def code_for(signer: SigningClient) -> tuple[RelyingParty, str]:
    rp = RelyingParty(signer.provider, signer.client)
    return rp, rp.code(signer.provider.session(signer.provider.person()))


def redeem(signer: SigningClient, rp: RelyingParty, code: str, **shown: str) -> requests.Response:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": rp.client.redirect_uri,
        "code_verifier": rp.verifier,
        **shown,
    }
    return signer.provider.post("/token", fields)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_client_shows_itself_with_each_algorithm(provider: Running, alg: str) -> None:
    signer = registered(provider, alg)
    rp, code = code_for(signer)

    tokens = redeem(signer, rp, code, **signer.shown())

    assert tokens.status_code == 200, tokens.text
    assert rp.claims(tokens.json()["id_token"])["aud"] == rp.client.client_id


@pytest.mark.parametrize("path", ["/revoke", "/introspect"])
def test_every_endpoint_takes_an_assertion(signer: SigningClient, path: str) -> None:
    assert asked(signer, path=path).status_code == 200
    assert asked(signer, signer.assertion(aud=signer.provider.issuer + path), path=path).status_code == 200
    assert asked(signer, path=path, client_id=signer.client.client_id).status_code == 200


@pytest.mark.parametrize(
    ("registered_alg", "used", "fits"),
    [
        ("RS256", "RS256", True),
        ("RS256", "PS256", False),
        ("PS256", "PS256", True),
        ("PS256", "RS256", False),
        ("EdDSA", "Ed25519", True),
        ("Ed25519", "EdDSA", True),
        ("ES256", "EdDSA", False),
        (None, "PS256", True),
    ],
)
def test_a_client_is_held_to_the_algorithm_it_is_registered_with(
    provider: Running, registered_alg: str | None, used: str, fits: bool
) -> None:
    signer = registered(provider, used, token_endpoint_auth_signing_alg=registered_alg)
    if registered_alg in {"RS256", "PS256"}:
        signer.key = key_for("RS256")
        signer = SigningClient(
            provider,
            registered(provider, "RS256", token_endpoint_auth_signing_alg=registered_alg).client,
            used,
            key_for("RS256"),
        )

    response = asked(signer)

    assert response.status_code == 200 if fits else refused(response)


@pytest.mark.parametrize(
    "aud",
    ["{issuer}", "{issuer}/token", "{issuer}/revoke", ["{issuer}"], ["{issuer}", "{issuer}/token"]],
)
def test_the_issuer_and_the_endpoints_are_audiences(signer: SigningClient, aud: Any) -> None:
    ours = json.loads(json.dumps(aud).replace("{issuer}", signer.provider.issuer))

    assert asked(signer, signer.assertion(aud=ours)).status_code == 200


@pytest.mark.parametrize(
    "aud",
    [
        "https://other.example",
        "{issuer}/",
        "{issuer}/userinfo",
        "{issuer}/introspect",
        ["{issuer}", "https://other.example"],
        [],
        "",
        None,
        1,
        {"iss": "{issuer}"},
        ["{issuer}", 1],
    ],
)
def test_any_other_audience_is_refused(signer: SigningClient, aud: Any) -> None:
    given = json.loads(json.dumps(aud).replace("{issuer}", signer.provider.issuer))

    assert refused(asked(signer, signer.assertion(aud=given)), words="aud")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"iss": "another"}, "iss"),
        ({"iss": None}, "iss"),
        ({"sub": None}, "sub"),
        ({"sub": 1}, "sub"),
        ({"iss": "a\0b", "sub": "a\0b"}, "JSON"),
        ({"iss": "\ud800", "sub": "\ud800"}, "JSON"),
        ({"jti": "a\0b"}, "JSON"),
        ({"iss": ["{client}"]}, "iss"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": 10**30}, "exp"),
        ({"exp": -1}, "exp"),
        ({"exp": "+-300"}, "expired"),
        ({"exp": "+-11"}, "expired"),
        ({"exp": "+86400"}, "too late"),
        ({"nbf": "+60"}, "nbf"),
        ({"iat": "+60"}, "iat"),
        ({"nbf": [1]}, "nbf"),
        ({"jti": None}, "jti"),
        ({"jti": ["a"]}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": "x" * 600}, "jti"),
    ],
    ids=ascii,
)
def test_each_claim_is_looked_at(signer: SigningClient, changed: dict[str, Any], words: str) -> None:
    def value(given: Any) -> Any:
        if isinstance(given, str) and given.startswith("+"):
            return int(signer.now) + int(given[1:])
        return json.loads(json.dumps(given).replace("{client}", signer.client.client_id))

    response = asked(signer, signer.assertion(**{name: value(given) for name, given in changed.items()}))

    assert refused(response, words=words)
    assert asked(signer).status_code == 200


@pytest.mark.parametrize("ahead", [{"nbf": 8}, {"iat": 8}, {"exp": 3600}, {"exp": -5}, {"nbf": -3600, "iat": -3600}])
def test_clocks_may_be_a_little_apart(signer: SigningClient, ahead: dict[str, int]) -> None:
    claims = {name: int(signer.now) + seconds for name, seconds in ahead.items()}

    assert asked(signer, signer.assertion(**claims)).status_code == 200


@pytest.mark.parametrize(
    "typ", [None, "JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"]
)
def test_an_assertion_may_say_what_it_is(signer: SigningClient, typ: str | None) -> None:
    assert asked(signer, signer.assertion(header={"typ": typ})).status_code == 200


@pytest.mark.parametrize("typ", ["oauth-authz-req+jwt", "dpop+jwt", "at+jwt", "logout+jwt", "JOSE"])
def test_another_kind_of_jwt_is_no_assertion(signer: SigningClient, typ: str) -> None:
    assert refused(asked(signer, signer.assertion(header={"typ": typ})), words="typ")


def test_a_jti_is_good_for_one_client_once(signer: SigningClient, provider: Running) -> None:
    other, jti = registered(provider), secrets.token_urlsafe(16)

    assert asked(signer, signer.assertion(jti=jti)).status_code == 200
    assert refused(asked(signer, signer.assertion(jti=jti)), words="used before")
    assert asked(other, other.assertion(jti=jti)).status_code == 200


def test_a_refused_assertion_uses_nothing_up(signer: SigningClient) -> None:
    rp, code = code_for(signer)
    jti = secrets.token_urlsafe(16)

    for wrong in ({"aud": "https://other.example"}, {"exp": 1}, {"nbf": int(signer.now) + 60}):
        assert refused(redeem(signer, rp, code, **signer.shown(jti=jti, **wrong)))

    assert redeem(signer, rp, code, **signer.shown(jti=jti)).status_code == 200


def test_nothing_about_a_client_is_told_before_its_signature_is_seen(signer: SigningClient, provider: Running) -> None:
    stranger = SigningClient(provider, signer.client, "ES256", new_key("ES256"))
    nobody = SigningClient(provider, Registered("nobody", "", ""), "ES256", new_key("ES256"))
    by_secret = SigningClient(provider, provider.client(jwks=jwks(public(key_for("ES256")))))
    expired = stranger.assertion(exp=1, aud="https://other.example")

    answers = [asked(each) for each in (stranger, nobody, by_secret)] + [asked(stranger, expired)]

    assert all(refused(answer) for answer in answers)
    assert len({answer.content for answer in answers}) == 1
