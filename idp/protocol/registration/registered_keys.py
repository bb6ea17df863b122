"""The public keys that a client registers by value (RFC 7517): ours to check, never ours to keep secret."""

import json
import re
from collections.abc import Mapping
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import import_key
from joserfc.util import urlsafe_b64decode

MOST_KEYS = 10
_LARGEST_SET = 32 * 1024
_SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# What verifying a signature takes. Certificates and members of others' making are left out of what is kept.
_KEPT = ("kty", "use", "key_ops", "alg", "kid", "n", "e", "crv", "x", "y")
_KEY_ID = re.compile(r"[\x20-\x7e]{1,200}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_CURVES = (("EC", "P-256"), ("OKP", "Ed25519"))
_SMALLEST_MODULUS, _LARGEST_MODULUS = 2048, 8192
_LARGEST_EXPONENT_BITS = 32


class UnusableKeysError(ValueError):
    """Keys that must not be registered. The message is a fixed sentence."""


def checked_jwks(value: object) -> dict[str, Any]:
    """The key set, reduced to what is understood.

    RSA keys of 2048 to 8192 bits, P-256 and Ed25519. One key may do without a `kid`; where there are several, each
    needs one of its own (OpenID Connect Core 1.0 section 10.1).

    Raises:
        UnusableKeysError: Says what is wrong, without repeating anything of it.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("keys"), list):
        raise UnusableKeysError("must be a JSON object whose member keys is a list")
    given = value["keys"]
    if not 1 <= len(given) <= MOST_KEYS:
        raise UnusableKeysError(f"must hold 1 to {MOST_KEYS} keys")
    keys = [_checked_key(key) for key in given]
    ids = [key.get("kid") for key in keys]
    if len(keys) > 1 and (None in ids or len(set(ids)) < len(ids)):
        raise UnusableKeysError("must give each of several keys a kid of its own")
    if len(json.dumps(keys)) > _LARGEST_SET:
        raise UnusableKeysError(f"must not be larger than {_LARGEST_SET // 1024} KiB")
    return {"keys": keys}


def _checked_key(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise UnusableKeysError("must hold keys that are JSON objects")
    if _SECRET_MEMBERS & value.keys() or value.get("kty") == "oct":
        raise UnusableKeysError("must hold public keys only; take the private part for lost, it has been sent")
    key = {name: value[name] for name in _KEPT if value.get(name) is not None}
    if "kid" in key and not (isinstance(key["kid"], str) and _KEY_ID.fullmatch(key["kid"])):
        raise UnusableKeysError("must have kids of 1 to 200 printable ASCII characters")
    if not isinstance(key.get("alg", ""), str) or len(key.get("alg", "")) > 40:
        raise UnusableKeysError("must hold keys whose alg is the name of an algorithm")
    if key.get("kty") == "RSA":
        _check_rsa(key)
    elif (key.get("kty"), key.get("crv")) not in _CURVES:
        raise UnusableKeysError("must hold RSA, P-256 or Ed25519 keys")
    elif not all(_is_base64url(key[name]) for name in ("x", "y") if name in key):
        raise UnusableKeysError("must hold keys in the encoding of RFC 7518")
    try:
        # Reads the numbers as well: a point that is not on its curve is found here.
        _ = import_key(key).raw_value
    except (JoseError, ValueError, TypeError, KeyError, OverflowError):
        raise UnusableKeysError("must hold keys in the encoding of RFC 7518") from None
    return key


def _check_rsa(key: Mapping[str, Any]) -> None:
    modulus, exponent = key.get("n"), key.get("e")
    if not (_is_base64url(modulus) and _is_base64url(exponent)):
        raise UnusableKeysError("must hold keys in the encoding of RFC 7518")
    if not _SMALLEST_MODULUS <= _bits(modulus) <= _LARGEST_MODULUS:
        raise UnusableKeysError(f"must hold RSA keys of {_SMALLEST_MODULUS} to {_LARGEST_MODULUS} bits")
    if _bits(exponent) > _LARGEST_EXPONENT_BITS:
        raise UnusableKeysError("must hold RSA keys with a small public exponent, 65537 as a rule")


def _is_base64url(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 2000 and _BASE64URL.fullmatch(value) is not None


def _bits(encoded: Any) -> int:
    try:
        return int.from_bytes(urlsafe_b64decode(str(encoded).encode()), "big").bit_length()
    except ValueError:
        raise UnusableKeysError("must hold keys in the encoding of RFC 7518") from None
