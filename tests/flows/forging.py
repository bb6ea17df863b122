"""Makes tokens that are almost, but not quite, ID tokens of the provider under test."""

import base64
import json
from typing import Any

from joserfc import jws

from keys.keypair import import_private
from tests.running import Running, keypair


def encoded(part: bytes | dict[str, Any]) -> str:
    """One part of a compact JWS."""
    octets = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def id_token_claims(provider: Running, client_id: str, subject: str, **changed: Any) -> dict[str, Any]:
    """What an ID token of the provider says; a change to None leaves the claim out."""
    now = int(provider.clock().timestamp())
    claims = {
        "iss": provider.issuer,
        "sub": subject,
        "aud": client_id,
        "iat": now,
        "exp": now + 300,
        "auth_time": now - 10,
        "sid": "a-session",
        **changed,
    }
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: dict[str, Any] | bytes, **header: Any) -> str:
    """A JWS over the claims by the provider's own signing key, with any header."""
    pair = keypair()
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    full = {name: value for name, value in {"alg": "RS256", "kid": pair.kid, **header}.items() if value is not None}
    key = import_private(pair.private_der, kid=pair.kid, algorithm=pair.algorithm)
    # Signed by hand, since a library would refuse most of these headers.
    signing_input = f"{encoded(full)}.{encoded(payload)}"
    signature = jws.JWSRegistry.algorithms["RS256"].sign(signing_input.encode(), key)
    return f"{signing_input}.{encoded(signature)}"
