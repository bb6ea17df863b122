"""Verifying tokens that another provider has signed (OpenID Connect Core 1.0 section 3.1.3.7, RFC 8725).

Nothing in a token chooses how it is verified: keys come from the provider's own key set and nowhere else, algorithms
are those of public keys, and whom the token is for, and from, is compared with what the operator has configured.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwk, jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError

from idp.federation.connector import seconds_of
from idp.federation.problems import UpstreamProblem, untrusted

_FAMILIES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
ASYMMETRIC = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
_HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}

SKEW = timedelta(seconds=60)
"""How far the clock of the other side may be off."""
_LONGEST_TOKEN = 32 * 1024
_PLAIN = "jwt"
_SMALLEST_RSA = 2048

KeySource = Callable[[bool], list[dict[str, Any]]]
"""The provider's JWKs; called with True to look again because the right one was not among them."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token has to say. `issuers` are the spellings that the provider is known to use for itself."""

    issuers: Container[str]
    client_id: str
    algorithms: frozenset[str]


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A token of this provider, for us, that is good now. `key` is the JWK that it was verified with."""

    algorithm: str
    claims: Mapping[str, Any]
    key: Mapping[str, Any]


def verified(
    token: object, expected: Expected, keys: KeySource, *, now: datetime, kinds: Collection[str] = (_PLAIN,)
) -> SignedToken:
    """Verify signature, kind, issuer, audience and times of a token.

    Args:
        kinds: The `typ` it may have in its header, in lower case. ID tokens have `JWT` or none.

    Raises:
        UpstreamProblem: One of these is not as it has to be.
    """
    signed = _signed(token, expected.algorithms, keys, kinds)
    claims = signed.claims
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer not in expected.issuers:
        raise untrusted("the token names another issuer")
    # Further audiences would be parties that nobody here has decided to trust; `azp` cannot make up for that.
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise untrusted("the token is for another audience")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise untrusted("the token was issued to another client")
    _check_times(claims, now)
    return signed


def check_nonce(claims: Mapping[str, Any], nonce: str) -> None:
    """Compare the nonce with ours; a token without one is not the answer to our request, whatever it may say."""
    found = claims.get("nonce")
    if not isinstance(found, str) or not hmac.compare_digest(found.encode(), nonce.encode()):
        raise untrusted("the token has another nonce than the request")


def check_access_token(signed: SignedToken, access_token: str) -> None:
    """Compare `at_hash`, where there is one (OpenID Connect Core 1.0 section 3.1.3.8)."""
    stated = signed.claims.get("at_hash")
    if stated is None:
        return
    digest = _HASHES.get(signed.algorithm[-3:], hashlib.sha512)(access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
    if not isinstance(stated, str) or not hmac.compare_digest(stated.encode(), half.encode()):
        raise untrusted("the access token is not the one that the token was made with")


def check_freshness(claims: Mapping[str, Any], max_age: int | None, *, opened_at: datetime) -> None:
    """Compare `auth_time` with the age that was asked for (OpenID Connect Core 1.0 section 3.1.2.1).

    Raises:
        UpstreamProblem: The sign-in over there is older, or its time is not told although it was asked for.
    """
    if max_age is None:
        return
    auth_time = seconds_of(claims.get("auth_time"))
    if auth_time is None:
        raise UpstreamProblem("stale", "the provider does not tell when the person signed in, although it was asked")
    if auth_time < opened_at - timedelta(seconds=max_age) - SKEW:
        raise UpstreamProblem("stale", "the sign-in at the provider is older than was asked for")


def _signed(token: object, algorithms: frozenset[str], keys: KeySource, kinds: Collection[str]) -> SignedToken:
    if not isinstance(token, str) or len(token) > _LONGEST_TOKEN:
        raise untrusted("there is no token where one has to be")
    header = _header_of(token)
    algorithm, kid, typ = header.get("alg"), header.get("kid"), header.get("typ", _PLAIN)
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise untrusted("the token is signed with an algorithm that is not accepted")
    if "crit" in header or "b64" in header:
        raise untrusted("the token demands an extension that is not understood")
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in kinds:
        raise untrusted("the token is of another kind")
    jwk_found, key = _key_for(algorithm, kid, keys)
    try:
        payload = jws.deserialize_compact(token, key, registry=_registry(algorithm)).payload
        claims = json.loads(payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise untrusted("the signature of the token does not verify") from None
    if not isinstance(claims, dict):
        raise untrusted("the token holds no claims")
    return SignedToken(algorithm, claims, jwk_found)


class _OneAlgorithm(jws.JWSRegistry):
    """Takes the algorithm that has been decided on, without a warning about the old name of Ed25519."""

    def get_alg(self, name: str) -> Any:
        """The algorithm, if it is that one."""
        if self.allowed is None or name not in self.allowed:
            raise UnsupportedAlgorithmError("not the algorithm that was decided on")
        return self.algorithms[name]


def _registry(algorithm: str) -> jws.JWSRegistry:
    registry = _OneAlgorithm(algorithms=[algorithm], strict_check_header=False)
    # Some providers add a certificate's thumbprints and names of their own to the header.
    registry.max_header_length = 8192
    return registry


def _header_of(token: str) -> Mapping[str, Any]:
    """The header, read by ourselves: only to know which key to take, and refused where it is not plain."""
    first, _, rest = token.partition(".")
    try:
        header = json.loads(base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or rest.count(".") != 1:
        raise untrusted("the token is no signed token")
    return header


def _key_for(algorithm: str, kid: object, keys: KeySource) -> tuple[Mapping[str, Any], Any]:
    """The provider's key for this token. An unknown key id makes us look once more, but not as often as it comes."""
    found = _matching(keys(False), algorithm, kid)
    if len(found) != 1:
        found = _matching(keys(True), algorithm, kid)
    if len(found) != 1:
        raise untrusted("the token is signed with a key that is not one of the provider's")
    if found[0]["kty"] == "RSA" and _bits(found[0].get("n")) < _SMALLEST_RSA:
        raise untrusted("the provider's key is too short")
    try:
        return found[0], jwk.import_key(found[0])
    except (JoseError, ValueError, TypeError, KeyError):
        raise untrusted("the provider's key cannot be read") from None


def _bits(modulus: object) -> int:
    """How long an RSA key is, before anything is made of it."""
    try:
        number = base64.urlsafe_b64decode(f"{modulus}==") if isinstance(modulus, str) else b""
    except ValueError:
        return 0
    return int.from_bytes(number, "big").bit_length()


def _matching(keys: list[dict[str, Any]], algorithm: str, kid: object) -> list[dict[str, Any]]:
    family = _FAMILIES[algorithm[:2]]
    return [
        {name: value for name, value in key.items() if name not in {"use", "key_ops", "d"}}
        for key in keys
        if key.get("kty") == family
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    expires, issued = seconds_of(claims.get("exp")), seconds_of(claims.get("iat"))
    if expires is None or issued is None:
        raise untrusted("the token has no times that can be read")
    if expires <= now - SKEW:
        raise untrusted("the token has expired")
    if issued > now + SKEW:
        raise untrusted("the token comes from the future; one of the two clocks is wrong")
    not_before = claims.get("nbf")
    starts = seconds_of(not_before) if not_before is not None else now
    if starts is None or starts > now + SKEW:
        raise untrusted("the token is not good yet")
