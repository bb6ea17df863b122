"""A provider that lies about who has signed: whatever stands in the header of a token, nobody comes in by it."""

import hashlib
import hmac
import json

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import GOOGLE
from idp.dev.upstreams.signing import SigningKeys
from tests.federation.direct import CLIENT_ID, SECRET, Direct
from tests.federation.lies import ATTACKER, Claims, Lie, b64, by_attacker, claiming, fails, honest, signed, with_header


def _unsigned(claims: Claims, _keys: SigningKeys) -> str:
    return f"{b64(json.dumps({'alg': 'none'}).encode())}.{b64(json.dumps(claims).encode())}."


def _with_public_key_as_secret(claims: Claims, keys: SigningKeys) -> str:
    start = f"{b64(json.dumps({'alg': 'HS256', 'kid': keys.signing.kid}).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{start}.{b64(hmac.digest(keys.signing.as_pem(private=False), start.encode(), hashlib.sha256))}"


def _with_client_secret(claims: Claims, _keys: SigningKeys) -> str:
    secret = OctKey.import_key(SECRET)
    return jwt.encode({"alg": "HS256"}, claims, secret, algorithms=["HS256"])


def _with_other_curve(claims: Claims, keys: SigningKeys) -> str:
    return jwt.encode({"alg": "ES256", "kid": keys.signing.kid}, claims, ECKey.generate_key("P-256"))


def _changed_afterwards(claims: Claims, keys: SigningKeys) -> str:
    header, _, signature = keys.sign(claims).split(".")
    return f"{header}.{b64(json.dumps({**claims, 'sub': 'somebody-else'}).encode())}.{signature}"


def _header_twice(claims: Claims, keys: SigningKeys) -> str:
    start = b64(b'{"alg":"RS256","alg":"none"}') + "." + b64(json.dumps(claims).encode())
    return f"{start}.{keys.sign(claims).rpartition('.')[2]}"


WRONG_SIGNATURE: dict[str, Lie] = {
    "none": _unsigned,
    "hs256 with the public key": _with_public_key_as_secret,
    "hs256 with our secret": _with_client_secret,
    "es256 with the id of an rsa key": _with_other_curve,
    "changed afterwards": _changed_afterwards,
    "header members twice": _header_twice,
    "another key": by_attacker(kid="attacker"),
    "another key under a known id": lambda claims, keys: signed(
        {"alg": "RS256", "kid": keys.signing.kid}, claims, ATTACKER
    ),
    "no key id where there are two": by_attacker(),
    "a key that the token brings along": by_attacker(jwk=ATTACKER.as_dict(private=False)),
    "a key set to fetch": by_attacker(jku="http://127.0.0.1:1/keys"),
    "a certificate to fetch": by_attacker(x5u="http://127.0.0.1:1/cert"),
    "a certificate inside": by_attacker(x5c=["MIIB"]),
    "a key id that is a path": by_attacker(kid="../../../../dev/null"),
    "a key id that is sql": by_attacker(kid="' OR 1=1 --"),
    "a key id that is an address": by_attacker(kid="http://127.0.0.1:1/"),
    "a key id with a nul": by_attacker(kid="one\x00"),
    "a key id that is long": by_attacker(kid="k" * 10_000),
    "a key id that is a number": by_attacker(kid=1),
    "a key id that is a list": by_attacker(kid=["one"]),
    "an unknown extension": with_header(crit=["exp"], exp=1),
    "an empty crit": with_header(crit=[]),
    "crit that names nothing": with_header(crit=["absent"]),
    "unencoded payload": with_header(b64=False, crit=["b64"]),
    "kind of an access token": with_header(typ="at+jwt"),
    "kind of a logout token": with_header(typ="logout+jwt"),
    "kind that is no text": with_header(typ=["JWT"]),
    "alg that is no text": with_header(alg=["RS256"]),
}


NOT_A_TOKEN: dict[str, Lie] = {
    name: (lambda _claims, _keys, value=value: value)  # type: ignore[misc]
    for name, value in {
        "nothing": None,
        "a number": 1,
        "a list": ["a.b.c"],
        "an object": {"a": "b"},
        "empty": "",
        "one dot": "a.b",
        "four dots": "a.b.c.d.e",
        "not base64": "!!!.!!!.!!!",
        "no json": f"{b64(b'x')}.{b64(b'x')}.{b64(b'x')}",
        "a header that is a list": f"{b64(b'[]')}.e30.AAAA",
        "a header that is deep": f"{b64(b'[' * 100_000)}.e30.AAAA",
        "long": "a" * 200_000,
        "not ascii": "é.é.é",
        "null": "null",
    }.items()
}


def test_the_honest_token_comes_in(there: Direct[GoogleStage]) -> None:
    for lie in (None, honest, claiming(), with_header(), with_header(typ="JWT"), claiming(aud=[CLIENT_ID])):
        there.stage.forge = lie
        assert there.travel().subject == GOOGLE[0].subject


@pytest.mark.parametrize("name", WRONG_SIGNATURE)
def test_a_signature_that_is_not_the_providers_comes_to_nothing(there: Direct[GoogleStage], name: str) -> None:
    assert fails(there, WRONG_SIGNATURE[name]).because == "untrusted"


@pytest.mark.parametrize("name", NOT_A_TOKEN)
def test_what_is_no_token_comes_to_nothing(there: Direct[GoogleStage], name: str) -> None:
    assert fails(there, NOT_A_TOKEN[name]).because == "untrusted"


def test_algorithms_that_the_metadata_lists_cannot_add_weak_ones(there: Direct[GoogleStage]) -> None:
    there.stage.discovery_more = {"id_token_signing_alg_values_supported": ["none", "HS256", "RS256"]}

    for name in ("none", "hs256 with the public key", "hs256 with our secret"):
        assert fails(there, WRONG_SIGNATURE[name]).because == "untrusted"
