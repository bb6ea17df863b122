"""The keys of relying parties, and the assertions and requests that are signed with them."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key, RSAKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the algorithm it signs by; without a kid, since a lone key needs none."""

    key: Key
    algorithm: str
    kid: str | None = None

    @property
    def public(self) -> dict[str, Any]:
        """The JWK to register."""
        known = {name: value for name, value in self.key.as_dict(private=False).items() if name != "kid"}
        return {**known, "use": "sig", "alg": self.algorithm} | ({"kid": self.kid} if self.kid else {})

    @property
    def key_set(self) -> dict[str, Any]:
        """The JWK Set with this key alone."""
        return {"keys": [self.public]}

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        """Sign claims; None takes a member out of the header."""
        members = {"alg": self.algorithm, "kid": self.kid, **header}
        kept = {name: value for name, value in members.items() if value is not None}
        # The registry of the library keeps to recommended algorithms unless told which one is meant.
        return jws.serialize_compact(kept, json.dumps(claims), self.key, algorithms=[kept["alg"]])


@cache
def rsa_key() -> SigningKey:
    """The RS256 key of most clients; made once, since making one is slow and nothing depends on it being fresh."""
    return SigningKey(RSAKey.generate_key(2048), "RS256")


@cache
def fapi_key(kid: str) -> SigningKey:
    """A PS256 key of a client under FAPI 2.0; that it is RSA lets RS256 be tried with it, where only that is wrong."""
    return SigningKey(RSAKey.generate_key(2048), "PS256", kid)


def new_rsa_key(kid: str) -> SigningKey:
    """A fresh RS256 key, for the modules that replace one."""
    return SigningKey(RSAKey.generate_key(2048), "RS256", kid)


def new_ec_key(kid: str) -> SigningKey:
    """A fresh ES256 key."""
    return SigningKey(ECKey.generate_key("P-256"), "ES256", kid)


def seconds_from_now(**offset: float) -> int:
    """A moment before or after now, as JWTs tell time."""
    return int((datetime.now(UTC) + timedelta(**offset)).timestamp())


def assertion_claims(client_id: str, audience: str, **changes: Any) -> dict[str, Any]:
    """The claims of a client assertion (RFC 7523 section 3), good for a minute; None takes one out."""
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": secrets.token_urlsafe(16),
        "iat": seconds_from_now(),
        "nbf": seconds_from_now(),
        "exp": seconds_from_now(minutes=1),
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}
