"""Proofs of possession (RFC 9449): the keys of a client, and what it signs with them for each request."""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from joserfc.jwk import ECKey

from conformance_tests.client_keys import SigningKey, new_ec_key, seconds_from_now


@dataclass(frozen=True, slots=True)
class ProofKey:
    """One key that tokens are bound to."""

    key: SigningKey = field(default_factory=lambda: new_ec_key("dpop"))

    @property
    def public(self) -> dict[str, Any]:
        """The JWK that stands in the header of a proof."""
        return self.key.key.as_dict(private=False)

    @property
    def thumbprint(self) -> str:
        """What a binding names the key by (RFC 7638)."""
        return ECKey.import_key(self.public).thumbprint()

    def proof(
        self,
        method: str,
        url: str,
        *,
        access_token: str | None = None,
        nonce: str | None = None,
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """A proof for one request (section 4.2); None takes a claim out."""
        claims = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url,
            "iat": seconds_from_now(),
            "ath": token_hash(access_token) if access_token is not None else None,
            "nonce": nonce,
            **changes,
        }
        given = {name: value for name, value in claims.items() if value is not None}
        return self.key.sign(given, **{"typ": "dpop+jwt", "jwk": self.public, "kid": None, **(header or {})})


def token_hash(access_token: str) -> str:
    """The hash that a proof names its access token by (section 4.2, `ath`)."""
    return urlsafe_b64encode(sha256(access_token.encode()).digest()).rstrip(b"=").decode()
