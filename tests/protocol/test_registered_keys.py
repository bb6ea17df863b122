"""Public keys that clients register by value."""

from typing import Any

import pytest

from idp.protocol.registration.registered_keys import UnusableKeysError, checked_jwks
from keys.keypair import generate

RSA = dict(generate("RS256").public_jwk)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_lone_key_may_do_without_a_kid(algorithm: str) -> None:
    key = dict(generate(algorithm).public_jwk)
    key.pop("kid", None)

    assert checked_jwks({"keys": [key]}) == {"keys": [key]}


def test_several_keys_are_told_apart_by_their_kids() -> None:
    first, second = RSA | {"kid": "a"}, dict(generate("ES256").public_jwk) | {"kid": "b"}

    assert checked_jwks({"keys": [first, second]}) == {"keys": [first, second]}
    for kids in (("a", "a"), ("a", None), (None, None)):
        with pytest.raises(UnusableKeysError, match="kid"):
            checked_jwks({"keys": [first | {"kid": kids[0]}, second | {"kid": kids[1]}]})


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_a_private_part_is_never_taken(member: str) -> None:
    with pytest.raises(UnusableKeysError, match="public keys only"):
        checked_jwks({"keys": [RSA | {member: "AQAB"}]})


def test_what_is_not_needed_to_verify_a_signature_is_left_out() -> None:
    kept = checked_jwks({"keys": [RSA | {"x5u": "http://169.254.169.254/", "x5c": ["MII"], "note": "\x00"}], "more": 1})

    assert kept == {"keys": [RSA]}


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "oct"},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43},
        {"kty": "EC", "crv": "P-256", "x": "A" * 43},
        {"kty": "OKP", "crv": "Ed448", "x": "A" * 76},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "\u00e9"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"n": RSA["n"][:80]},
        {"n": RSA["n"] * 8},
        {"n": 5},
        {"n": None},
        {"n": RSA["n"] + "="},
        {"n": RSA["n"] + "AAA"},
        {"e": "AQ"},
        {"e": "Ag"},
        {"e": RSA["n"]},
        {"kid": ""},
        {"kid": 7},
        {"kid": "a\nb"},
        {"kid": "x" * 1000},
        {"alg": ["RS256"]},
        {"use": "both"},
        {"key_ops": "verify"},
        {"kty": ["RSA"]},
        {"kty": None},
    ],
)
def test_other_keys_are_refused(changes: dict[str, Any]) -> None:
    base = RSA if {"n", "e", "kid", "alg", "use", "key_ops"} & set(changes) or len(changes) == 1 else {}

    with pytest.raises(UnusableKeysError):
        checked_jwks({"keys": [{**base, **changes}]})


@pytest.mark.parametrize(
    "value", [None, [], {}, "x", {"keys": {}}, {"keys": []}, {"keys": [1]}, {"keys": [RSA] * 11}, {"keys": None}]
)
def test_a_key_set_has_one_to_ten_keys(value: object) -> None:
    with pytest.raises(UnusableKeysError):
        checked_jwks(value)
